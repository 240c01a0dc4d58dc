"""Real parallel transactions: pollers miss nothing, batches never deadlock, twice sent is once recorded."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest
from django.db import connection

from crossings import ledger
from crossings.domain.claims import claim_from_json
from crossings.ledger import Outcome
from crossings.models import Change, Current, Report
from tests.factories import make_crossing, make_source

T = TypeVar("T")
pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2024, 1, 2, tzinfo=UTC)


def in_threads(count: int, work: Callable[[int], T]) -> list[T]:
    start = threading.Barrier(count)

    def run(number: int) -> T:
        try:
            start.wait(10)
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def claims(borders, rng, key):
    at = NOW - timedelta(minutes=rng.randrange(1, 600))
    return [
        claim_from_json(
            {
                "id": f"{key}-{border.slug}",
                "effective_at": at.isoformat(),
                "lanes": [{"traffic": "all", "state": rng.choice(["open", "closed"])}],
            },
            border,
        )
        for border in rng.sample(borders, len(borders))
    ]


def test_batches_over_many_crossings_in_any_order_never_deadlock_and_number_changes_without_gaps():
    borders = [make_crossing(slug=f"gate-{n}").border() for n in range(8)]
    sources = [make_source(slug=f"s{n}") for n in range(4)]
    seen: list[int] = []
    done = threading.Event()

    def poll() -> None:
        position = 0
        while True:
            last_round = done.is_set()
            for change in Change.objects.filter(position__gt=position).order_by("position"):
                seen.append(change.position)
                position = change.position
            if last_round:
                connection.close()
                return

    poller = threading.Thread(target=poll)
    poller.start()

    def write(number: int) -> None:
        rng = random.Random(number)
        for turn in range(6):
            ledger.record_many(sources[number], claims(borders, rng, f"{number}-{turn}"), now=NOW, vouched=True)

    in_threads(4, write)
    done.set()
    poller.join(30)
    positions = list(Change.objects.order_by("position").values_list("position", flat=True))
    assert positions == list(range(1, len(positions) + 1))
    assert seen == positions
    assert Report.objects.count() == 4 * 6 * 8
    assert ledger.rebuild(check=True, now=NOW) == []


def test_the_same_claim_pushed_four_times_at_once_is_recorded_once():
    border, source = make_crossing().border(), make_source()
    claim = claim_from_json(
        {"id": "a", "effective_at": "2024-01-01T10:00:00Z", "lanes": [{"traffic": "all", "state": "closed"}]}, border
    )
    results = in_threads(4, lambda _: ledger.record_many(source, [claim], now=NOW)[0].outcome)
    assert sorted(results) == [Outcome.RECORDED, Outcome.SAME, Outcome.SAME, Outcome.SAME]
    assert Report.objects.count() == 1


def test_a_report_a_retraction_and_the_clock_at_once_leave_what_a_rebuild_gives():
    border, source = make_crossing().border(), make_source()
    for number in range(6):
        ledger.record_many(source, claims([border], random.Random(number), f"first-{number}"), now=NOW)
    reports = list(Report.objects.order_by("pk"))
    Current.objects.update(settle_at=NOW)

    def act(number: int) -> None:
        if number == 0:
            ledger.settle(NOW + timedelta(hours=1))
        elif number == 1:
            ledger.retract(reports[0], reason="a mistake", now=NOW)
        else:
            ledger.record_many(source, claims([border], random.Random(number), f"second-{number}"), now=NOW)

    in_threads(5, act)
    assert ledger.rebuild(check=True, now=NOW + timedelta(hours=1)) == []
