"""Derive everything anew from nothing but what was said, and compare."""

from __future__ import annotations

from datetime import datetime, timedelta

from crossings.domain.timeline import Period as Stretch
from crossings.domain.timeline import Standing, ended
from crossings.evidence import EPOCH, Point, advance, queues, read_on, statuses, stretch_from
from crossings.ledger.publish import publish
from crossings.ledger.transaction import Touched, in_transaction, lock_crossings
from crossings.models import Checkpoint, Crossing, Period
from crossings.serializers import Json, period_json

INSTANT = timedelta(microseconds=1)


def rebuild(slug: str | None = None, *, check: bool = False, now: datetime) -> list[str]:
    """Derive one crossing, or all, anew: the periods and how it stands; with `check` only compare.

    Returns the differences, in words.
    """
    found: list[str] = []
    crossings = Crossing.objects.filter(slug=slug) if slug else Crossing.objects.order_by("pk")
    for crossing in crossings.iterator():

        def work(crossing: Crossing = crossing) -> list[str]:
            return _rebuild(crossing, check, now)

        found += in_transaction(work)
    return found


def _rebuild(crossing: Crossing, check: bool, now: datetime) -> list[str]:
    touched = lock_crossings([crossing.pk])
    each = touched[crossing.pk]
    # What time alone did since the last settling is not yet written, and no difference.
    settle_at = each.current.settle_at
    moment = settle_at - INSTANT if settle_at and settle_at <= now else now
    fresh, standing = _derive_all(each, moment)
    stored = [
        stretch_from((p.start, p.start_precision, p.end, p.state, p.since, p.since_precision, p.lanes, p.reports))
        for p in Period.objects.filter(crossing=crossing).order_by("start")
    ]
    differences = _differences(crossing.slug, ended(stored), ended(fresh)) + _standing_otherwise(each, standing, moment)
    if not check:
        Checkpoint.objects.filter(crossing=crossing).delete()
        Period.objects.filter(crossing=crossing).delete()
        each.touch(EPOCH)
        publish(touched, now)
    return differences


def _derive_all(each: Touched, now: datetime) -> tuple[list[Stretch], Standing]:
    pk = each.crossing.pk
    point = Point(Standing())
    read_on({pk: point}, {pk: EPOCH})
    found: list[Stretch] = []
    for step in advance(each.border, pk, point, now):
        if step.period and (not found or found[-1] is not step.period):
            found.append(step.period)
    return found, point.standing


def _standing_otherwise(each: Touched, standing: Standing, at: datetime) -> list[str]:
    """What of the stored status and queues is not as they are at that moment."""
    pk = each.crossing.pk
    if not each.current.status:
        return []
    _, status = statuses({pk: each.border}, {pk: standing}, {pk: at})[pk]
    parts = [part for part in status if status[part] != each.current.status.get(part)]
    if queues({pk: at}).get(pk, []) != each.current.queues:
        parts.append("queues")
    return [f"{each.crossing.slug}: it stands otherwise than stored in: {', '.join(parts)}"] if parts else []


def _differences(slug: str, stored: list[Stretch], fresh: list[Stretch]) -> list[str]:
    found = []
    for index in range(max(len(stored), len(fresh))):
        have, want = (_line(rows[index]) if index < len(rows) else None for rows in (stored, fresh))
        if have != want:
            found.append(f"{slug}: period {index + 1} is {_short(have)}, derived anew it is {_short(want)}")
    return found


def _line(period: Stretch) -> Json:
    return {**period_json(period), "since": period.since, "since_precision": period.since_precision}


def _short(period: Json | None) -> str:
    if period is None:
        return "missing"
    lanes = ", ".join(f"{lane['traffic']}>{lane['to']} {lane['state']}" for lane in period["lanes"])
    return f"{period['state']} from {period['start']} to {period['end']} ({lanes}; reports {period['reports']})"
