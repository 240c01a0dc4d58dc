"""The end of every transaction: current statuses, versions, and the changes, numbered under the feed's lock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import orjson
from django.db import connection

from crossings import webhooks
from crossings.domain.claims import stamp
from crossings.domain.status import Status
from crossings.domain.vocabulary import ChangeType, Precision
from crossings.evidence import QUEUE_SHOWN_FOR, Point, ahead, points_before, queues, statuses
from crossings.evidence import advance as walk_on
from crossings.ledger.bulk import insert
from crossings.ledger.derive import derive
from crossings.ledger.guard import Guard
from crossings.ledger.transaction import Touched
from crossings.models import Change, Current, Feed
from crossings.serializers import Json, lanes_by_name

MOST_REPORTS_NAMED = 50


def publish(touched: dict[int, Touched], now: datetime, guard: Guard | None = None) -> None:
    """Derive what was touched, store how each crossing stands now, and announce what changed.

    Raises NeedsSecond where `guard` forbids what it finds.
    """
    for each in touched.values():
        if each.current.settle_at is not None and each.current.settle_at <= now:
            # What time alone did since then is written now: the settling that would have done it comes too late.
            each.touch(each.current.settle_at)
    points = derive(touched, now)
    points |= points_before({pk: now for pk in touched if pk not in points}, inclusive=True)
    borders = {pk: each.border for pk, each in touched.items()}
    for pk, border in borders.items():
        for _ in walk_on(border, pk, points[pk], now):
            pass
    at = dict.fromkeys(touched, now)
    found = statuses(borders, {pk: points[pk].standing for pk in touched}, at)
    counts, known_ahead = queues(at), ahead(at)
    pending: list[tuple[Touched, list[Json]]] = []
    for pk, each in touched.items():
        status, status_json = found[pk]
        before, before_queues = each.current.status, each.current.queues
        if guard is not None:
            guard.check_moved(each, before, status_json)
        each.current.queues = counts.get(pk, [])
        each.current.settle_at = _settle_at(each, points[pk], [status.changes_at, known_ahead.get(pk)], now)
        each.current.status, each.current.state = status_json, status.state
        changes = list(_changes(each, before, status, status_json))
        moved = changes or before != status_json or before_queues != each.current.queues
        pending.append((each, changes if moved else []))
        ahead_of_us = each.current.updated_at is not None and each.current.updated_at > now
        if moved or ahead_of_us:
            each.current.version += 1
            each.current.updated_at = now
    _number(pending, now)


def _settle_at(each: Touched, point: Point, known: list[datetime | None], now: datetime) -> datetime | None:
    """When time alone may change something next: a claim begins or ends, trust goes stale, a count grows old."""
    moments = [*known, *(word.effective_at for word in point.later)]
    for words in point.standing.words.values():
        moments += [word.ends_at(each.border) for word in words]
    moments += [datetime.fromisoformat(count["observed_at"]) + QUEUE_SHOWN_FOR for count in each.current.queues]
    return min((moment for moment in moments if moment and moment > now), default=None)


def _changes(each: Touched, before: Json, status: Status, after: Json) -> Iterator[Json]:
    yield from each.notices
    yield from _announcement_changes(before, status)
    yield from _lane_changes(before, after)
    if each.corrected:
        start, end = each.corrected
        yield {
            "type": ChangeType.HISTORY_CORRECTED,
            "at": stamp(start),
            "range": {"from": stamp(start), "to": stamp(end)},
        }


def _lane_changes(before: Json, after: Json) -> Iterator[Json]:
    """Each lane that moved, in one change: of states, else of conditions or holders, else of confidence. So whoever
    follows one lane hears of it, whatever befell the others at the same time.
    """
    old, new = lanes_by_name(before.get("lanes", [])), lanes_by_name(after["lanes"])
    told: set[str] = set()
    for kind, keys in (
        (ChangeType.LANES_CHANGED, ("state",)),
        (ChangeType.CONDITIONS_CHANGED, ("conditions", "held_by")),
        (ChangeType.CONFIDENCE_CHANGED, ("confidence",)),
    ):
        moved = [
            name for name, lane in new.items() if name not in told and _part(old.get(name), keys) != _part(lane, keys)
        ]
        told.update(moved)
        if moved:
            latest = max((new[name] for name in moved), key=lambda lane: lane["since"] or "")
            states = kind is ChangeType.LANES_CHANGED
            yield {
                "type": kind,
                "at": latest["since"] if states else None,
                "at_precision": latest["since_precision"] if states else Precision.EXACT,
                "lanes": [_before_after(old.get(name), new[name], keys) for name in moved],
            }


UNHEARD: Json = {"state": "unknown", "conditions": [], "held_by": [], "confidence": "stale"}


def _part(lane: Json | None, keys: tuple[str, ...]) -> Any:
    return [(lane or UNHEARD)[key] for key in keys]


def _before_after(old: Json | None, new: Json, keys: tuple[str, ...]) -> Json:
    """A state stands for itself; what else changed is given by its name."""
    sides = [
        (lane or UNHEARD)[keys[0]] if len(keys) == 1 else {k: (lane or UNHEARD)[k] for k in keys} for lane in (old, new)
    ]
    return {"traffic": new["traffic"], "to": new["to"], "before": sides[0], "after": sides[1]}


def _announcement_changes(before: Json, status: Status) -> Iterator[Json]:
    """Of all that were made, though the status shows only the last few that ended."""
    old = {each["report"]: each["outcome"] for each in before.get("announced", [])}
    for each in status.pledges:
        word = each.said
        made = word.report not in old and each.outcome is None
        if made or (word.report in old and old[word.report] is None and each.outcome):
            yield {
                "type": ChangeType.ANNOUNCEMENT_MADE if made else ChangeType.ANNOUNCEMENT_ENDED,
                "at": stamp(word.effective_at if made else each.ended_at),
                "at_precision": word.precision if made else Precision.EXACT,
                "lanes": [{**put.as_json(), "before": None, "after": put.state.value} for put in word.lanes.values()],
                "reports": [word.report],
            }


def _number(pending: list[tuple[Touched, list[Json]]], now: datetime) -> None:
    """Take the feed's one row, give the changes their positions, and hold it until the commit."""
    moved = [(each, changes) for each, changes in pending if changes or each.current.updated_at == now]
    if moved:
        feed, _ = Feed.objects.select_for_update().get_or_create(pk=1)
        feed.version += 1
        feed.updated_at = now
        rows = []
        for each, changes in moved:
            for change in changes:
                feed.position += 1
                each.current.position = feed.position
                rows.append(_row(each, change, feed.position, now))
        feed.save()
        insert(rows)
        webhooks.queue(rows, now)
    _store([each.current for each, _ in pending])


def _store(rows: list[Current]) -> None:
    """One statement with one parameter, however many rows: Django's own bulk_update grows with rows times columns."""
    documents = [{column: getattr(row, column) for column in STORED} for row in rows]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE crossings_current c SET state = r.state, version = r.version, position = r.position,
                updated_at = r.updated_at, settle_at = r.settle_at, status = r.status, queues = r.queues
            FROM jsonb_to_recordset(%s::jsonb) AS r(crossing_id bigint, state text, version bigint, position bigint,
                updated_at timestamptz, settle_at timestamptz, status jsonb, queues jsonb)
            WHERE c.crossing_id = r.crossing_id
            """,
            [orjson.dumps(documents, default=str).decode()],
        )


STORED = ("crossing_id", "state", "version", "position", "updated_at", "settle_at", "status", "queues")


def _row(each: Touched, change: Json, position: int, now: datetime) -> Change:
    body = {
        "position": position,
        "type": str(change["type"]),
        "crossing": each.crossing.slug,
        "at": change.get("at") or stamp(now),
        "at_precision": str(change.get("at_precision") or Precision.EXACT),
        "recorded_at": stamp(now),
        "lanes": change.get("lanes", []),
        "range": change.get("range"),
        "reports": change.get("reports", each.reports[:MOST_REPORTS_NAMED]),
        "status": each.current.status,
    }
    return Change(position=position, type=change["type"], crossing_id=each.crossing.pk, recorded_at=now, body=body)
