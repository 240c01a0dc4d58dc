"""The clock's door: what begins, ends, grows stale or falls due with nobody saying anything."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import InterfaceError, OperationalError
from django.db.models import Q

from crossings.domain.vocabulary import ChangeType
from crossings.ledger.guard import Guard
from crossings.ledger.publish import publish
from crossings.ledger.transaction import Touched, in_transaction, lock_crossings
from crossings.models import Crossing, Current, Source

log = logging.getLogger(__name__)
CLOCKS_DIFFER = timedelta(minutes=5)


def settle(now: datetime, limit: int = 200) -> int:
    """Bring the crossings whose time has come up to `now`; how many there were.

    One that cannot be derived is logged as an error and left; the others are settled without it.
    """
    rows = Current.objects.filter(Q(settle_at__lte=now) | Q(updated_at__gt=now + CLOCKS_DIFFER))
    due = list(rows.order_by("settle_at").values_list("crossing_id", flat=True)[:limit])
    try:
        return _settle(due, now) if due else 0
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        return sum(_settle_alone(pk, now) for pk in due)


def _settle(due: Sequence[int], now: datetime) -> int:
    def work() -> int:
        touched = {pk: each for pk, each in lock_crossings(due).items() if _is_due(each.current, now)}
        for each in touched.values():
            each.touch(min(each.current.settle_at or now, now))
        if touched:
            publish(touched, now)
        return len(touched)

    return in_transaction(work)


def _is_due(row: Current, now: datetime) -> bool:
    """Also what was derived when our clock was ahead: it tells of a time to come."""
    return (row.settle_at or now) <= now or (row.updated_at is not None and row.updated_at > now + CLOCKS_DIFFER)


def _settle_alone(pk: int, now: datetime) -> int:
    try:
        return _settle([pk], now)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("%s cannot be settled", Crossing.objects.get(pk=pk).slug)
        return 0


def touch_crossing(crossing: Crossing, *, now: datetime, by: User | None = None, guard: Guard | None = None) -> None:
    """After a crossing was made or edited: derive it anew and announce it. Raises NeedsSecond as `guard` says."""

    def work() -> None:
        touched = lock_crossings([crossing.pk])
        each = touched[crossing.pk]
        first = crossing.reports.order_by("effective_at").values_list("effective_at", flat=True).first()
        _derive_all(each, first, now)
        each.notices.append({"type": ChangeType.CROSSING_CHANGED, "reports": []})
        publish(touched, now, guard)

    in_transaction(work)


def touch_source(source: Source, *, now: datetime, guard: Guard | None = None) -> None:
    """After a source's label, kind, country, trust or activity was edited: what it said is weighed and shown anew.

    Raises NeedsSecond as `guard` says.
    """
    spoken_of = source.reports.order_by("crossing").values_list("crossing", flat=True).distinct()
    for pk in list(spoken_of):

        def work(pk: int = pk) -> None:
            touched = lock_crossings([pk])
            first = source.reports.filter(crossing=pk).order_by("effective_at")
            _derive_all(touched[pk], first.values_list("effective_at", flat=True).first(), now)
            publish(touched, now, guard)

        in_transaction(work)


def _derive_all(each: Touched, since: datetime | None, now: datetime) -> None:
    """From that moment to now: no agreement with what was derived before ends it sooner."""
    if since is not None:
        each.touch(since)
        each.touch(now)
