"""What an act of staff must not do: overrule unseen what was said meanwhile, or loosen a sensitive crossing alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from crossings.domain.claims import sha256_of
from crossings.domain.loosening import loosened, not_closed
from crossings.domain.vocabulary import Basis
from crossings.evidence import current_status, points_before
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
    `alone`: nobody else has agreed. `now`: when the act is done.
    """

    seen: Mapping[str, str] = field(default_factory=dict)
    alone: bool = True
    now: datetime | None = None
    _by_time: dict[int, Json] = field(default_factory=dict)

    def check_seen(self, each: Touched) -> None:
        """Under the crossing's lock, before anything is written. Raises Overtaken."""
        slug = each.crossing.slug
        if slug in self.seen and self.seen[slug] != stands(each.current.status):
            raise Overtaken(slug)
        if self.alone and each.crossing.sensitive and self.now:
            self._by_time[each.crossing.pk] = by_time(each, self.now)

    def check_orders(self, each: Touched, reports: list[Report], now: datetime) -> None:
        """What begins later may loosen later, whatever stands now, unless it closes. Raises NeedsSecond."""
        if not (self.alone and each.crossing.sensitive):
            return
        for report in reports:
            if report.basis != Basis.ANNOUNCED and report.effective_at and report.effective_at > now:
                lanes = not_closed(report.lanes)
                if lanes:
                    raise NeedsSecond(each.crossing.slug, lanes)

    def check_moved(self, each: Touched, before: Json, after: Json) -> None:
        """Before the changes are numbered. Raises NeedsSecond."""
        if self.alone and each.crossing.sensitive:
            lanes = loosened(self._by_time.get(each.crossing.pk, before), after)
            if lanes:
                raise NeedsSecond(each.crossing.slug, lanes)


def by_time(each: Touched, now: datetime) -> Json:
    """How it stands at `now` with nobody saying anything: what time alone has loosened is nobody's act, and holds no
    closing up.
    """
    row, pk = each.current, each.crossing.pk
    if row.settle_at is None or row.settle_at > now:
        return dict(row.status)
    at = {pk: now}
    return current_status({pk: each.border}, points_before(at, inclusive=True), at)[pk][1]
