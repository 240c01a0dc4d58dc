"""What the board would say: the words shown before anything is saved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from crossings import ledger
from crossings.admin import wording
from crossings.admin.log.entry import Entry
from crossings.admin.wording import Json, Step
from crossings.domain.claims import Claim
from crossings.domain.vocabulary import Visibility
from crossings.models import Crossing


@dataclass(frozen=True, slots=True)
class Shown:
    """`notes` say what the lanes do not."""

    steps: list[Step]
    announced: list[str]
    counts: list[str]
    notes: list[str]

    @property
    def moves(self) -> bool:
        return bool(self.announced or self.counts) or any(step.kind != "same" for step in self.steps)


def of_entry(entry: Entry) -> Shown:
    """An entry that was read without fault."""
    assert entry.source is not None
    before = wording.as_it_stands(entry.crossing, entry.now)
    after = ledger.preview(entry.source, entry.items, now=entry.now, by=entry.user)[entry.crossing.slug]
    notes = []
    if not entry.source.trusted:
        notes.append(gettext("This source is not trusted: the update waits as a draft. Once accepted, it says this:"))
    if not any(isinstance(item, Claim) for item in entry.items):
        notes.append(gettext("No lane was chosen: only the backlog is recorded, nothing of the lanes."))
    if any(isinstance(item, Claim) and item.visibility is Visibility.STAFF for item in entry.items):
        notes.append(gettext("For staff only: the public sees none of it."))
    return _shown(entry.crossing, before, after, entry.now, notes)


def of_act(crossing: Crossing, now: datetime, work: Callable[[], object]) -> Shown:
    """What an act of the ledger would do; it is done, looked at, and undone."""
    before = wording.as_it_stands(crossing, now)
    with transaction.atomic():
        work()
        after = wording.as_it_stands(crossing, now)
        transaction.set_rollback(True)
    return _shown(crossing, before, after, now, [])


def _shown(crossing: Crossing, before: Json, after: Json, now: datetime, notes: list[str]) -> Shown:
    clock = wording.clock_at(crossing, now)
    shown = Shown(
        wording.steps(before, after, clock),
        wording.announced_anew(before, after, clock),
        wording.counted_anew(before, after, clock),
        notes,
    )
    if not shown.moves and not notes:
        notes.append(
            gettext(
                "Nothing on the board changes now: something newer rules, or it says the same. The history may change."
            )
        )
    return shown


def standing(crossing: Crossing, now: datetime) -> list[wording.Standing]:
    """How it stands now, for the head of an empty form."""
    return wording.standings(wording.as_it_stands(crossing, now), wording.clock_at(crossing, now))
