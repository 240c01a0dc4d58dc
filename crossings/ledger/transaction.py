"""One transaction of the ledger: which crossings it locks, what it touched, and its end under the feed's lock."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from django.db import OperationalError, transaction

from crossings.domain.border import Border
from crossings.domain.vocabulary import State, Traffic
from crossings.models import Crossing, Current
from crossings.serializers import Json

log = logging.getLogger(__name__)
T = TypeVar("T")
TRIES = 5
TRY_AGAIN = {"40P01", "40001"}  # deadlock detected, serialization failure


@dataclass(slots=True)
class Touched:
    """A crossing under our lock. `since` and `until` span the moments at which periods may have to change.

    `lengthened` are reports whose life a confirmation prolonged, `reports` those recorded now, `notices` changes that
    are announced whatever the derivation finds.
    """

    crossing: Crossing
    current: Current
    border: Border
    since: datetime | None = None
    until: datetime | None = None
    lengthened: set[int] = field(default_factory=set)
    reports: list[int] = field(default_factory=list)
    notices: list[Json] = field(default_factory=list)
    corrected: tuple[datetime, datetime | None] | None = None

    def touch(self, at: datetime) -> None:
        self.since = at if self.since is None else min(self.since, at)
        self.until = at if self.until is None else max(self.until, at)


def lock_crossings(ids: Iterable[int]) -> dict[int, Touched]:
    """Lock crossings in the order of their keys, so that no two transactions wait for each other."""
    wanted = sorted(set(ids))
    rows = {row.crossing_id: row for row in _locked(wanted)}
    missing = [Current(crossing_id=pk) for pk in wanted if pk not in rows]
    if missing:
        Current.objects.bulk_create(missing, ignore_conflicts=True)
        rows = {row.crossing_id: row for row in _locked(wanted)}
    return {pk: Touched(rows[pk].crossing, rows[pk], rows[pk].crossing.border()) for pk in wanted if pk in rows}


def _locked(ids: list[int]) -> Iterable[Current]:
    rows = list(Current.objects.filter(crossing__in=ids).order_by("crossing_id").select_for_update())
    # Read after the lock was had: a join would give the crossing as it was when we began to wait.
    crossings = Crossing.objects.in_bulk([row.crossing_id for row in rows])
    for row in rows:
        row.crossing = crossings[row.crossing_id]
    return rows


def in_transaction(work: Callable[[], T]) -> T:
    """Run it in a transaction, again where the database gave way to another."""
    for attempt in range(1, TRIES + 1):
        try:
            with transaction.atomic():
                return work()
        except OperationalError as error:
            state = getattr(error.__cause__, "sqlstate", None)
            if state not in TRY_AGAIN or attempt == TRIES or transaction.get_connection().in_atomic_block:
                raise
            log.info("The database gave way (%s); trying again, attempt %s", state, attempt + 1)
            time.sleep(0.05 * attempt)
    raise AssertionError("unreachable")


def lane_states(each: Touched, by: datetime | None = None) -> dict[tuple[Traffic, str], State]:
    """How the crossing's lanes stand, by its stored status; with `by` only those that stood so by then."""
    lanes = each.current.status.get("lanes", [])
    return {
        (Traffic(lane["traffic"]), lane["to"]): State(lane["state"])
        for lane in lanes
        if by is None or lane["since"] is None or datetime.fromisoformat(lane["since"]) <= by
    }
