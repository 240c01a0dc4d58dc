"""What an act of staff must not do: overrule unseen what was said meanwhile, or loosen a sensitive crossing alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from crossings.domain.claims import sha256_of
from crossings.domain.loosening import is_looser, loosened
from crossings.domain.vocabulary import Basis
from crossings.ledger.transaction import Touched
from crossings.models import Report

Json = dict[str, Any]
MOVES = ("state", "conditions", "held_by", "gates")


class Overtaken(Exception):
    """The crossing of this slug stands otherwise than the person saw it. Nothing was written."""

    def __init__(self, slug: str) -> None:
        super().__init__(slug)
        self.slug = slug


class NeedsSecond(Exception):
    """At the sensitive crossing of this slug these lanes would be loosened: a second person has to agree. Nothing was
    written.
    """

    def __init__(self, slug: str, lanes: list[str]) -> None:
        super().__init__(slug)
        self.slug, self.lanes = slug, lanes


def stands(status: Json) -> str:
    """A digest of how a stored status stands and on whose words: it moves with every report that bears on it, not with
    a confirmation or with time that passes.
    """
    lanes = [[lane["traffic"], lane["to"], *(lane[key] for key in MOVES)] for lane in status.get("lanes", [])]
    words = sorted(
        [source["report"] for source in status.get("sources", [])]
        + [each["report"] for each in status.get("announced", []) if not each.get("outcome")]
    )
    return sha256_of([lanes, words])


@dataclass(frozen=True, slots=True)
class Guard:
    """`seen`: by slug, the stands() of each crossing as it was when the person looked; what is not named is not asked.
    `alone`: nobody else has agreed.
    """

    seen: Mapping[str, str] = field(default_factory=dict)
    alone: bool = True

    def check_seen(self, each: Touched) -> None:
        """Under the crossing's lock, before anything is written. Raises Overtaken."""
        slug = each.crossing.slug
        if slug in self.seen and self.seen[slug] != stands(each.current.status):
            raise Overtaken(slug)

    def check_orders(self, each: Touched, reports: list[Report], now: datetime) -> None:
        """What was ordered and begins later loosens later. Raises NeedsSecond."""
        if not (self.alone and each.crossing.sensitive):
            return
        states = {f"{lane['traffic']}>{lane['to']}": lane["state"] for lane in each.current.status.get("lanes", [])}
        for report in reports:
            ordered = report.basis == Basis.ORDERED and report.effective_at and report.effective_at > now
            lanes = [f"{lane['traffic']}>{lane['to']}" for lane in report.lanes] if ordered else []
            looser = [
                name
                for name, lane in zip(lanes, report.lanes, strict=False)
                if is_looser(lane["state"], states.get(name))
            ]
            if looser:
                raise NeedsSecond(each.crossing.slug, looser)

    def check_moved(self, each: Touched, before: Json, after: Json) -> None:
        """Before the changes are numbered. Raises NeedsSecond."""
        if self.alone and each.crossing.sensitive:
            lanes = loosened(before, after)
            if lanes:
                raise NeedsSecond(each.crossing.slug, lanes)
