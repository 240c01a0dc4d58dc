"""From what changed to what is to be told: reads the changes in their order and notes it for every subscriber."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from crossings.domain import alerting
from crossings.domain.vocabulary import ChangeType, State
from crossings.models import Change, Feed, Notice, Period, Subscription, Told

Json = dict[str, Any]

MOVES = (ChangeType.LANES_CHANGED, ChangeType.CONDITIONS_CHANGED)
TYPES = (*MOVES, ChangeType.ANNOUNCEMENT_MADE)
AT_ONCE = 500
"""Changes of one run, and rows of one statement."""
PERIODS_READ = 100
TIMES_KEPT = 10
PLANNED = ["due_at", "sure_from", "urgent"]
FOLLOWED = ["state", "terms", "position", "changed_at", "turned_at", "turns", "shut_since", "changes", "announced",
            *PLANNED]  # fmt: skip


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
    traffic, to = lane["traffic"], lane["to"]
    if change.type == ChangeType.ANNOUNCEMENT_MADE:
        if lane["after"] == State.CLOSED:
            _write(_heard(change, traffic, to), change)
        return
    after = _lane_of(change.body["status"]["lanes"], traffic, to)
    if after is None or (change.type == ChangeType.CONDITIONS_CHANGED and after["state"] != State.RESTRICTED):
        return
    shut = shut_since(change, traffic, to)
    rows = list(_heard(change, traffic, to, lane))
    for row in rows:
        move(row, State(after["state"]), terms(after), change.recorded_at, shut)
    _write(rows, change)


def _lane_of(lanes: Iterable[Json], traffic: str, to: str) -> Json | None:
    return next((each for each in lanes if (each["traffic"], each["to"]) == (traffic, to)), None)


def terms(lane: Json) -> str:
    """The conditions of a restricted lane and who set them, as a number that tells nobody what they say."""
    if lane["state"] != State.RESTRICTED:
        return ""
    told = json.dumps([lane["conditions"], lane["held_by"]], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()


def _heard(change: Change, traffic: str, to: str, moved: Json | None = None) -> Iterable[Notice]:
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
    before: tuple[State, str] | None = None
    for pk in wanted.order_by("pk").values_list("pk", flat=True):
        row = known.get(pk)
        if row is None:
            before = before or (_before(moved) if moved else _stands(change, traffic, to))
            row = Notice(subscription_id=pk, traffic=traffic, to=to, position=0, changed_at=change.recorded_at)
            row.told = row.state = before[0]
            row.told_terms = row.terms = before[1]
        if row.position < change.position:
            yield row


def _before(moved: Json) -> tuple[State, str]:
    """How a lane stood before it changed. Of one whose state changed nothing tells its conditions any more."""
    if isinstance(moved["before"], str):
        return State(moved["before"]), ""
    return State.RESTRICTED, terms({"state": State.RESTRICTED, **moved["before"]})


def _stands(change: Change, traffic: str, to: str) -> tuple[State, str]:
    """How the lane stood when something was announced; what was published with it may tell of it only afterwards."""
    later = Change.objects.filter(
        crossing=change.crossing_id, recorded_at=change.recorded_at, type__in=MOVES, position__gt=change.position
    ).order_by("position")
    for body in later.values_list("body", flat=True):
        moved = _lane_of(body["lanes"], traffic, to)
        if moved is None:
            continue
        lane = _lane_of(body["status"]["lanes"], traffic, to)
        if isinstance(moved["before"], str) or (lane and lane["state"] == State.RESTRICTED):
            return _before(moved)
    lane = _lane_of(change.body["status"]["lanes"], traffic, to)
    return (State(lane["state"]), terms(lane)) if lane else (State.UNKNOWN, "")


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


def move(row: Notice, state: State, terms_: str, at: datetime, shut: datetime | None) -> None:
    """The lane came to stand so."""
    told = State(row.told)
    row.state, row.terms, row.changed_at, row.changes = state, terms_, at, row.changes + 1
    row.turns = [*row.turns, at][-TIMES_KEPT:]
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
    found = planned(row, State(row.state), row.terms)
    times = [found.due_at] if found else []
    if row.announced:
        times.append(alerting.news_due(at, row.letters, row.turns))
    row.due_at = min(times, default=None)
    row.sure_from = found.sure_from if found else None
    row.urgent = bool(row.announced or (found and found.urgent))


def planned(row: Notice, state: State, terms_: str) -> alerting.Plan | None:
    known = alerting.Memory(
        State(row.told), row.changed_at, row.turned_at, row.shut_since, row.letters, row.turns, row.told_terms != terms_
    )
    return alerting.plan(known, state)


def told(row: Notice, state: State, terms_: str, now: datetime) -> None:
    """A letter said that the lane stands so."""
    row.told, row.told_terms = state, terms_
    row.letters = [*row.letters, now][-TIMES_KEPT:]
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
