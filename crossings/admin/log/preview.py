"""What the board would say: the words shown before anything is saved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from crossings import ledger
from crossings.admin import wording
from crossings.admin.log.entry import Entry
from crossings.admin.wording import Json, Step
from crossings.domain.claims import Claim
from crossings.domain.readings import Reading as Count
from crossings.domain.vocabulary import ChangeType, Visibility
from crossings.models import Change, Crossing, Feed


@dataclass(frozen=True, slots=True)
class Shown:
    """`past` says what of the history is written anew, `warnings` what may not be meant, `notes` what else there is."""

    steps: list[Step]
    announced: list[str]
    counts: list[str]
    past: list[str]
    warnings: list[str]
    notes: list[str]

    @property
    def moves(self) -> bool:
        return bool(self.announced or self.counts or self.past) or any(step.kind != "same" for step in self.steps)


def of_entry(entry: Entry) -> Shown:
    """An entry that was read without fault."""
    source = entry.source
    assert source is not None
    notes = []
    if not source.trusted:
        notes.append(gettext("This source is not trusted: the update waits as a draft. Once accepted, it says this:"))
    if not any(isinstance(item, Claim) for item in entry.items):
        notes.append(gettext("No lane was chosen: only the backlog is recorded, nothing of the lanes."))
    if any(isinstance(item, Claim) and item.visibility is Visibility.STAFF for item in entry.items):
        notes.append(gettext("For staff only: the public sees none of it."))

    def work() -> None:
        ledger.record_many(source, entry.items, now=entry.now, by=entry.user, vouched=True)

    counted = [item.as_json() for item in entry.items if isinstance(item, Count)]
    label = {"source": source.public_label}
    return of_act(entry.crossing, entry.now, work, notes=notes, counted=[{**each, **label} for each in counted])


def of_act(
    crossing: Crossing,
    now: datetime,
    work: Callable[[], object],
    *,
    notes: Sequence[str] = (),
    counted: Sequence[Json] = (),
) -> Shown:
    """What an act of the ledger would do; it is done, looked at, and undone.

    `counted`: the counts it records, which are told though they may be too old for the board of this day.
    """
    before = wording.as_it_stands(crossing, now)
    with transaction.atomic():
        position = Feed.objects.values_list("position", flat=True).first() or 0
        work()
        after = wording.as_it_stands(crossing, now)
        rewritten = list(
            Change.objects.filter(position__gt=position, crossing=crossing, type=ChangeType.HISTORY_CORRECTED)
        )
        transaction.set_rollback(True)
    clock = wording.clock_at(crossing, now)
    shown = Shown(
        wording.steps(before, after, clock),
        wording.announced_anew(before, after, clock),
        wording.counted_anew(before, after, counted, clock),
        [wording.rewritten(change.body["range"], clock) for change in rewritten],
        wording.loosened_anew(before, after, clock),
        list(notes),
    )
    if not shown.moves and not notes:
        shown.notes.append(
            gettext("Nothing changes, now or in the history: something newer rules, or it says the same.")
        )
    return shown


def standing(crossing: Crossing, now: datetime) -> list[wording.Standing]:
    """How it stands now, for the head of an empty form."""
    return wording.standings(wording.as_it_stands(crossing, now), wording.clock_at(crossing, now))
