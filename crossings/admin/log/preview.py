"""What the board would say: the words shown before anything is saved."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext, gettext_lazy, ngettext

from crossings import ledger
from crossings.admin import wording
from crossings.admin.log.entry import Entry
from crossings.admin.wording import Json, Step
from crossings.domain.claims import Claim
from crossings.domain.readings import Reading as Count
from crossings.domain.vocabulary import ChangeType, Visibility
from crossings.ledger import Outcome
from crossings.models import Change, Crossing, Feed, Source

SECOND = gettext_lazy(
    "Here a second person has to agree to what lets more pass: it waits for that. Once agreed, it says this:"
)


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

    @property
    def changes(self) -> bool:
        """More than how sure one is of it."""
        return bool(self.announced or self.counts or self.past) or any(step.kind == "changes" for step in self.steps)

    @property
    def in_short(self) -> str:
        """For a folded line."""
        if told := wording.all_that_changes(self.steps):
            return gettext("; ").join(told)
        return gettext("changes") if self.changes else gettext("already so")


@dataclass(frozen=True, slots=True)
class Many:
    """One act at several crossings: what it does at each, and those it says nothing of."""

    each: list[tuple[Crossing, Shown]]
    left_out: list[Crossing]

    @property
    def summary(self) -> str:
        moving = sum(shown.changes for _, shown in self.each)
        told = [ngettext("%(n)s changes", "%(n)s change", moving) % {"n": moving}]
        if same := len(self.each) - moving:
            told.append(ngettext("%(n)s is already so", "%(n)s are already so", same) % {"n": same})
        if self.left_out:
            told.append(gettext("left out: %(names)s") % {"names": gettext(", ").join(map(str, self.left_out))})
        return gettext("; ").join(told)


def of_entry(entry: Entry) -> Shown:
    """An entry that was read without fault."""
    return of_entries(entry)[entry.crossing.slug]


def of_entries(entry: Entry) -> dict[str, Shown]:
    """By slug, what it does at each of its crossings."""
    source = entry.source
    assert source is not None
    notes: dict[str, list[str]] = {crossing.slug: _notes(entry, crossing, source) for crossing in entry.crossings}

    def work() -> None:
        for slug, why in _record(entry, source).items():
            notes[slug].append(why)

    label = {"source": source.public_label}
    counted = [{**item.as_json(), **label} for item in entry.items if isinstance(item, Count)]
    return of_acts(entry.crossings, entry.now, work, notes=notes, counted=counted)


def _notes(entry: Entry, crossing: Crossing, source: Source) -> list[str]:
    notes, items = [], [item for item in entry.items if item.crossing == crossing.slug]
    if not source.trusted:
        notes.append(gettext("This source is not trusted: the update waits as a draft. Once accepted, it says this:"))
    if not any(isinstance(item, Claim) for item in items):
        notes.append(gettext("No lane was chosen: only the backlog is recorded, nothing of the lanes."))
    if any(isinstance(item, Claim) and item.visibility is Visibility.STAFF for item in items):
        notes.append(gettext("For staff only: the public sees none of it."))
    return notes


def _record(entry: Entry, source: Source) -> dict[str, str]:
    """Record it all, as if it were agreed to. By slug, why it would not stand on the board at once."""
    found: dict[str, str] = {}
    left = list(entry.items)
    while left:
        try:
            with transaction.atomic():
                results = ledger.record_many(source, left, now=entry.now, by=entry.user, guard=ledger.Guard())
                held = [(item, each) for item, each in zip(left, results, strict=True) if each.outcome is Outcome.DRAFT]
                transaction.set_rollback(bool(found or held))
            break
        except ledger.NeedsSecond as needs:
            found[needs.slug] = str(SECOND)
            left = [item for item in left if item.crossing != needs.slug]
    else:
        held = []
    if found or held:
        ledger.record_many(source, entry.items, now=entry.now, by=entry.user, vouched=True)
    words = gettext("It waits as a draft (%(why)s). Once accepted, it says this:")
    return found | {item.crossing: words % {"why": each.detail} for item, each in held if source.trusted}


def of_act(
    crossing: Crossing,
    now: datetime,
    work: Callable[[], object],
    *,
    notes: Sequence[str] = (),
    counted: Sequence[Json] = (),
) -> Shown:
    """What an act of the ledger at one crossing would do."""
    return of_acts([crossing], now, work, notes={crossing.slug: list(notes)}, counted=counted)[crossing.slug]


def of_acts(
    crossings: Sequence[Crossing],
    now: datetime,
    work: Callable[[], object],
    *,
    notes: Mapping[str, Sequence[str]],
    counted: Sequence[Json] = (),
) -> dict[str, Shown]:
    """What an act of the ledger would do at each crossing; it is done, looked at, and undone.

    `counted`: the counts it records, which are told though they may be too old for the board of this day. `work` may
    add to the notes.
    """
    before = {crossing.slug: wording.as_it_stands(crossing, now) for crossing in crossings}
    with transaction.atomic():
        position = Feed.objects.values_list("position", flat=True).first() or 0
        work()
        after = {crossing.slug: wording.as_it_stands(crossing, now) for crossing in crossings}
        rewritten: dict[int, list[Change]] = {crossing.pk: [] for crossing in crossings}
        for change in Change.objects.filter(
            position__gt=position, crossing__in=rewritten, type=ChangeType.HISTORY_CORRECTED
        ):
            rewritten[change.crossing_id].append(change)
        transaction.set_rollback(True)
    return {
        crossing.slug: _shown(
            crossing, now, before[crossing.slug], after[crossing.slug], rewritten[crossing.pk],
            notes.get(crossing.slug, ()), counted,
        )
        for crossing in crossings
    }  # fmt: skip


def _shown(
    crossing: Crossing, now: datetime, before: Json, after: Json, rewritten: Sequence[Change], notes: Sequence[str],
    counted: Sequence[Json],
) -> Shown:  # fmt: skip
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
