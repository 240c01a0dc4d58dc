"""From what changed to what is to be told: reads the changes in their order and notes it for every subscriber."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from crossings.domain import alerting
from crossings.domain.vocabulary import ChangeType, State
from crossings.models import Change, Feed, Notice, Period, Subscription, Told

Json = dict[str, Any]

TYPES = (ChangeType.LANES_CHANGED, ChangeType.ANNOUNCEMENT_MADE)
AT_ONCE = 500
"""Changes of one run, and rows of one statement."""
PERIODS_READ = 100
LETTERS_KEPT = 10
PLANNED = ["due_at", "sure_from", "urgent"]
FOLLOWED = ["state", "position", "changed_at", "turned_at", "shut_since", "changes", "announced", *PLANNED]


def follow(limit: int = AT_ONCE) -> int:
    """Note so many changes at most; how many there were. Each in a transaction: what is cut off goes on from there."""
    return next((n for n in range(limit) if not _next()), limit)


@transaction.atomic
def _next() -> bool:
    """Whether there was a change to note. False also where another worker is at it."""
    Told.objects.get_or_create(pk=1)
    told = Told.objects.select_for_update(skip_locked=True).first()
    # Positions are given under the lock of this row, held until the commit: up to here nothing is yet to come.
    upto = Feed.objects.filter(pk=1).values_list("position", flat=True).first() or 0
    if told is None or told.position >= upto:
        return False
    heard = Subscription.objects.filter(confirmed_at__isnull=False).values("crossing")
    change = (
        Change.objects.filter(position__gt=told.position, position__lte=upto, type__in=TYPES, crossing__in=heard)
        .order_by("position")
        .first()
    )
    if change is not None:
        for lane in change.body["lanes"]:
            _note(change, lane)
    told.position = change.position if change else upto
    told.save()
    return change is not None


def _note(change: Change, lane: Json) -> None:
    if change.type == ChangeType.ANNOUNCEMENT_MADE:
        if lane["after"] == State.CLOSED:
            _write(_heard(change, lane["traffic"], lane["to"]), change)
        return
    shut = shut_since(change, lane["traffic"], lane["to"])
    rows = list(_heard(change, lane["traffic"], lane["to"], State(lane["before"])))
    for row in rows:
        move(row, State(lane["after"]), change.recorded_at, shut)
    _write(rows, change)


def _heard(change: Change, traffic: str, to: str, before: State | None = None) -> Iterable[Notice]:
    """A row for each who wants to hear of that lane and has not heard of this change; new ones are not saved yet.

    Of a new one, what held before the change is what its subscriber knew when they confirmed.
    """
    wanted = Subscription.objects.filter(
        Q(traffic="") | Q(traffic=traffic),
        Q(to="") | Q(to=to),
        crossing=change.crossing_id,
        confirmed_at__isnull=False,
        position__lt=change.position,
    )
    known = {
        row.subscription_id: row
        for row in Notice.objects.filter(subscription__in=wanted, traffic=traffic, to=to)
        .order_by("pk")
        .select_for_update(of=("self",))
    }
    for pk in wanted.order_by("pk").values_list("pk", flat=True):
        row = known.get(pk)
        if row is None:
            before = before or _stands(change, traffic, to)
            row = Notice(subscription_id=pk, traffic=traffic, to=to, told=before, state=before, position=0)
            row.changed_at = change.recorded_at
        if row.position < change.position:
            yield row


def _stands(change: Change, traffic: str, to: str) -> State:
    """How the lane stood when something was announced; what was published with it may tell of it only afterwards."""
    moved = Change.objects.filter(
        crossing=change.crossing_id, recorded_at=change.recorded_at, type=ChangeType.LANES_CHANGED
    ).filter(position__gt=change.position)
    lanes = [each for body in moved.values_list("body", flat=True)[:1] for each in body["lanes"]]
    stood = [(each, each["before"]) for each in lanes]
    stood += [(each, each["state"]) for each in change.body["status"]["lanes"]]
    return next((State(word) for each, word in stood if (each["traffic"], each["to"]) == (traffic, to)), State.UNKNOWN)


def _write(rows: Iterable[Notice], change: Change) -> None:
    rows = list(rows)
    for row in rows:
        if change.type == ChangeType.ANNOUNCEMENT_MADE:
            row.announced = [*row.announced, *change.body["reports"]]
            row.changed_at = max(row.changed_at, change.recorded_at)
        row.position = change.position
        plan(row, change.recorded_at)
    Notice.objects.bulk_create([row for row in rows if row.pk is None], batch_size=AT_ONCE)
    Notice.objects.bulk_update([row for row in rows if row.pk is not None], FOLLOWED, batch_size=AT_ONCE)


def move(row: Notice, state: State, at: datetime, shut: datetime | None) -> None:
    """The lane came to stand so."""
    told = State(row.told)
    row.state, row.changed_at, row.changes = state, at, row.changes + 1
    if row.shut_since is None or (shut is not None and shut < row.shut_since):
        row.shut_since = shut
    if state is told is State.OPEN:
        row.shut_since = None
    if state is told or alerting.tighter(told, state):
        row.turned_at = None
    else:
        row.turned_at = row.turned_at or at


def plan(row: Notice, at: datetime) -> None:
    """Set when it is to be told, of its state and of what was announced."""
    found = planned(row, State(row.state))
    times = [found.due_at] if found else []
    if row.announced:
        times.append(alerting.tightening_due(at, row.letters))
    row.due_at = min(times, default=None)
    row.sure_from = found.sure_from if found else None
    row.urgent = bool(row.announced or (found and found.urgent))


def planned(row: Notice, state: State) -> alerting.Plan | None:
    known = alerting.Memory(State(row.told), row.changed_at, row.turned_at, row.shut_since, row.letters)
    return alerting.plan(known, state)


def told(row: Notice, state: State, now: datetime) -> None:
    """A letter said that the lane stands so."""
    row.told = state
    row.letters = [*row.letters, now][-LETTERS_KEPT:]
    row.turned_at = None
    if state is State.OPEN:
        row.shut_since = None


def shut_since(change: Change, traffic: str, to: str) -> datetime | None:
    """Since when that lane has been shut, as of the change."""
    periods = Period.objects.filter(crossing=change.crossing_id, start__lte=change.recorded_at).order_by("-start")
    return alerting.shut_since(
        [
            (start, State(lane["state"]))
            for start, lanes in periods.values_list("start", "lanes")[:PERIODS_READ]
            for lane in lanes
            if (lane["traffic"], lane["to"]) == (traffic, to)
        ]
    )
