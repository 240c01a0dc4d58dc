"""record_many(): the one way in for claims and readings, whatever door they came by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from django.contrib.auth.models import User

from crossings.domain.claims import Claim, is_ours
from crossings.domain.holds import Why, tightens, why_held
from crossings.domain.readings import Reading as Count
from crossings.ledger.brake import Brake
from crossings.ledger.bulk import insert, insert_new
from crossings.ledger.guard import Guard
from crossings.ledger.odd_times import at_once, tell, told_to_its_sender
from crossings.ledger.outcome import Outcome, Result
from crossings.ledger.publish import publish
from crossings.ledger.repeats import LastWords
from crossings.ledger.rows import begins, reading_row, report_row
from crossings.ledger.transaction import Touched, in_transaction, lane_states, lock_crossings
from crossings.ledger.turned_down import TurnedDown
from crossings.ledger.undo import touch_revived
from crossings.models import Confirmation, Crossing, Draft, Reading, Report, Source

Item = Claim | Count
AT_MOST = 500
"""Items a transaction."""


@dataclass(slots=True)
class Batch:
    """One transaction's items and how they came."""

    source: Source
    now: datetime
    by: User | None = None
    how_known: str = ""
    backfilled: bool = False
    repeats_confirm: bool = False
    polled: bool = False
    vouched: bool = False
    backfills: bool = True
    guard: Guard | None = None
    reports: list[tuple[Result, Report]] = field(default_factory=list)
    readings: list[tuple[Result, Reading]] = field(default_factory=list)
    drafts: list[tuple[Result, Draft]] = field(default_factory=list)
    confirmations: list[Confirmation] = field(default_factory=list)


def record_many(
    source: Source,
    items: Sequence[Item],
    *,
    now: datetime,
    by: User | None = None,
    how_known: str = "",
    backfilled: bool = False,
    repeats_confirm: bool = False,
    polled: bool = False,
    vouched: bool = False,
    backfills: bool = True,
    guard: Guard | None = None,
) -> list[Result]:
    """Record what a source says, each item once; the results stand in the order of the items.

    `repeats_confirm`: a state feed, whose repeats confirm (rule 6). `polled`: nobody chose to send just this, so old
    claims are held. `backfills`: who pushes it may bring old ones. `vouched`: a person accepted it. `backfilled`:
    recorded as of the day its source said it; nothing is held then. `guard`: what a person's act must not do unseen.
    Every item needs its `external_id`. Raises KeyError for a crossing that does not exist; Overtaken and NeedsSecond
    where `guard` forbids it.
    """
    results: list[Result] = []
    for start in range(0, len(items), AT_MOST):
        chunk = items[start : start + AT_MOST]

        def work(chunk: Sequence[Item] = chunk) -> list[Result]:
            batch = Batch(source, now, by, how_known, backfilled, repeats_confirm, polled, vouched, backfills, guard)
            return _record(batch, chunk)

        results += in_transaction(work)
    return results


def _record(batch: Batch, items: Sequence[Item]) -> list[Result]:
    Source.objects.select_for_update(no_key=True).get(pk=batch.source.pk)
    ids = dict(Crossing.objects.filter(slug__in={item.crossing for item in items}).values_list("slug", "pk"))
    touched = lock_crossings(ids.values())
    if batch.guard is not None:
        for each in touched.values():
            batch.guard.check_seen(each)
    seen = _Seen(batch.source, items, vouched=batch.vouched)
    brake = Brake(batch.source, [] if batch.backfilled or batch.vouched else items, touched)
    words = LastWords(batch.source, items, ids) if batch.repeats_confirm else None
    down = TurnedDown(batch.source, touched, batch.now) if batch.polled else None
    results = []
    for item in items:
        each = touched[ids[item.crossing]]
        result = seen.again(item)
        if result is not None and result.outcome is Outcome.CONFLICT and is_ours(item.external_id):
            item = _another_word(item)
            result = seen.again(item)
        if result is None and words is not None and isinstance(item, Claim):
            result = words.repeats(item, each, batch.confirmations, batch.now)
        if result is None:
            result = _take(batch, item, each, brake, down)
            seen.add(item, result)
        results.append(result)
    new = [] if batch.backfilled or batch.vouched else [row for _, row in batch.reports]
    odd = at_once(new, batch.now, polled=batch.polled, backfills=batch.backfills)
    told = {id(each[0]): told_to_its_sender(*each) for each in odd}
    for result, report in batch.reports:
        result.detail = told.get(id(report), "")
    _write(batch, touched)
    seen.number_twins()
    tell(batch.source, odd, touched, batch.now)
    moved = _moved(batch)
    if moved:
        publish({pk: each for pk, each in touched.items() if pk in moved}, batch.now, batch.guard)
        if batch.guard is not None:
            for pk in moved:
                rows = [row for _, row in batch.reports if row.crossing_id == pk]
                batch.guard.check_orders(touched[pk], rows, batch.now)
    return results


def _moved(batch: Batch) -> set[int]:
    """The crossings of which something new was recorded."""
    rows: list[Report | Reading | Confirmation] = [row for _, row in batch.reports]
    rows += [row for _, row in batch.readings]
    rows += batch.confirmations
    return {row.crossing_id for row in rows}


def _take(batch: Batch, item: Item, each: Touched, brake: Brake, down: TurnedDown | None) -> Result:
    """Make the row of a new item: a report, a reading, or the draft that waits; none for what was turned down."""
    recorded_at = (item.reported_at or batch.now) if batch.backfilled else batch.now
    why = None if batch.backfilled or batch.vouched else _why_held(batch, item, each, brake)
    if why is not None and down is not None and isinstance(item, Claim):
        noted = down.repeats(item, each.crossing.pk)
        if noted is not None:
            return noted
    if down is not None and isinstance(item, Claim):
        down.add(item, each.crossing.pk)
    if why is not None:
        result = Result(Outcome.DRAFT, detail=why.label)
        batch.drafts.append((result, _draft(batch, item, each, why)))
    elif isinstance(item, Claim):
        brake.passed(item)
        result = Result(Outcome.RECORDED)
        row = report_row(item, each.crossing.pk, batch.source, recorded_at, batch.by, batch.how_known)
        row.backfilled = batch.backfilled
        batch.reports.append((result, row))
    else:
        result = Result(Outcome.RECORDED)
        count = reading_row(item, each.crossing.pk, batch.source, recorded_at, batch.by)
        count.backfilled = batch.backfilled
        batch.readings.append((result, count))
    return result


def _why_held(batch: Batch, item: Item, each: Touched, brake: Brake) -> Why | None:
    held = partial(
        why_held, now=batch.now, trusted=batch.source.trusted, polled=batch.polled, backfills=batch.backfills
    )
    if isinstance(item, Claim):
        why = held(begins(item, batch.now), basis=item.basis)
        if why is not Why.UNTRUSTED and tightens(item, lane_states(each)):
            return None
        return why or brake.why(item)
    return held(item.observed_at)


def _draft(batch: Batch, item: Item, each: Touched, why: Why) -> Draft:
    return Draft(
        source=batch.source,
        crossing=each.crossing,
        kind=Draft.Kind.REPORT if isinstance(item, Claim) else Draft.Kind.READING,
        external_id=item.external_id,
        digest=item.digest(),
        content=item.as_json(),
        why=why,
        created_at=batch.now,
    )


def _write(batch: Batch, touched: dict[int, Touched]) -> None:
    insert([row for _, row in batch.reports])
    insert([row for _, row in batch.readings])
    insert([row for _, row in batch.drafts])
    insert_new(batch.confirmations)
    for result, report in batch.reports:
        result.report = report.pk
        if report.visibility == "public":
            each = touched[report.crossing_id]
            each.reports.append(report.pk)
            if report.effective_at and report.basis != "announced":
                each.touch(report.effective_at)
    for confirmation in batch.confirmations:
        touch_revived(touched[confirmation.crossing_id], confirmation.report)
    for result, reading in batch.readings:
        result.reading = reading.pk
    for result, draft in batch.drafts:
        result.draft = draft.pk


def _another_word(item: Item) -> Item:
    """Where its source gave no id, other content for the same time is no contradiction in terms: it is its next word
    on that time, and of one source the last word counts.
    """
    return replace(item, external_id=f"{item.external_id}:{item.digest()[:12]}")


class _Seen:
    """What this source sent before: the same again, or the same id with other content.

    What a person vouches for is not the same again as the draft it comes from.
    """

    def __init__(self, source: Source, items: Sequence[Item], *, vouched: bool) -> None:
        items = [*items, *(_another_word(item) for item in items if is_ours(item.external_id))]
        claims = [item.external_id for item in items if isinstance(item, Claim)]
        counts = [item.external_id for item in items if isinstance(item, Count)]
        self.known: dict[tuple[bool, str], dict[str, Result]] = defaultdict(dict)
        self.now: dict[tuple[bool, str], list[tuple[Item, Result]]] = defaultdict(list)
        self.twins: list[tuple[Result, Result]] = []
        for pk, key, digest in _rows(Report, source, claims):
            self.known[True, key][digest] = Result(Outcome.SAME, report=pk)
        for pk, key, digest in _rows(Reading, source, counts):
            self.known[False, key][digest] = Result(Outcome.SAME, reading=pk)
        drafts = Draft.objects.none() if vouched else Draft.objects.filter(source=source).exclude(kind=Draft.Kind.ENTRY)
        for draft in drafts.filter(external_id__in=[*claims, *counts]):
            self.known[draft.kind == Draft.Kind.REPORT, draft.external_id][draft.digest] = _of_draft(draft)

    def again(self, item: Item) -> Result | None:
        """What became of it before; None where it is new."""
        key = isinstance(item, Claim), item.external_id
        stored, lately = self.known.get(key, {}), self.now.get(key, [])
        if not stored and not lately:
            return None
        found = next((result for said, result in lately if said == item), None) or stored.get(item.digest())
        if found is None:
            first = next(iter(stored.values()), None) or lately[0][1]
            detail = "The same id was sent before with other content: retract that and use another id."
            return self._twin(first, Result(Outcome.CONFLICT, first.report, first.reading, first.draft, detail))
        if found.outcome is Outcome.RECORDED:
            return self._twin(found, Result(Outcome.SAME))
        return found

    def add(self, item: Item, result: Result) -> None:
        self.now[isinstance(item, Claim), item.external_id].append((item, result))

    def _twin(self, first: Result, again: Result) -> Result:
        self.twins.append((first, again))
        return again

    def number_twins(self) -> None:
        """Give those sent twice within one transaction the keys that the first of them got."""
        for first, again in self.twins:
            again.report, again.reading, again.draft = first.report, first.reading, first.draft


def _of_draft(draft: Draft) -> Result:
    if draft.decision in (Draft.Decision.ACCEPTED, Draft.Decision.MERGED):
        return Result(Outcome.SAME, draft.report_id, draft.reading_id, draft.pk)
    rejected = draft.decision == Draft.Decision.REJECTED
    return Result(Outcome.NOTED if rejected else Outcome.DRAFT, draft=draft.pk, detail=Why(draft.why).label)


def _rows(model: type[Report] | type[Reading], source: Source, keys: list[str]) -> list[tuple[int, str, str]]:
    if not keys:
        return []
    rows = model._default_manager.filter(source=source, external_id__in=keys)
    return list(rows.values_list("pk", "external_id", "digest"))
