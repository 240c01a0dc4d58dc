"""Redis and PostgreSQL refused, frozen, emptied and restarted under real workers, which find back by themselves."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import redis as client
from django.db import Error as DatabaseError
from django.db import connection
from django.utils import timezone

from crossings import bell, ingest
from crossings.models import Poll, RawBatch, Report, Source
from tests.factories import claim, make_source, say
from tests.faults import House, a_folder, a_house, a_postgres, drop, gates, many_claims, ndjson, nothing_amiss
from tracker.embedded import Postgres

pytestmark = pytest.mark.faults


@pytest.fixture
def house(tmp_path: Path, transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    with a_house(tmp_path, monkeypatch) as house:
        gates()
        yield house


def recorded(count: int) -> bool:
    return Report.objects.count() == count and not Poll.objects.filter(finished_at=None).exists()


def test_while_redis_is_frozen_or_gone_people_and_commands_go_on_and_then_the_worker_does(
    house: House, tmp_path: Path
) -> None:
    source = a_folder("broker", tmp_path, ndjson(many_claims(10, "before")), interval=timedelta(seconds=1))
    house.start("worker")
    house.tick()
    house.until(lambda: recorded(10))
    assert house.redis.child is not None
    os.kill(house.redis.child.pid, signal.SIGSTOP)
    drop(tmp_path / "broker", "2.ndjson", ndjson(many_claims(10, "frozen")))
    begun = time.monotonic()
    house.tick(timedelta(minutes=1))
    assert time.monotonic() - begun < 1.5  # and it is left to the next tick
    ingest.ingest_source(source)
    assert recorded(20)
    os.kill(house.redis.child.pid, signal.SIGCONT)
    drop(tmp_path / "broker", "3.ndjson", ndjson(many_claims(10, "thawed")))
    house.until(lambda: recorded(30), meanwhile=house.tick)
    house.redis.stop()
    drop(tmp_path / "broker", "4.ndjson", ndjson(many_claims(10, "gone")))
    bell.breaker.closed_until = 0.0
    assert bell.ring("ops.heartbeat") is False
    time.sleep(3)  # the worker, too, finds that it is gone
    house.redis.start()
    house.until(lambda: recorded(40), meanwhile=house.tick)
    nothing_amiss()


def test_what_an_emptied_redis_forgot_is_found_in_the_database(house: House, tmp_path: Path) -> None:
    source = a_folder("broker", tmp_path, ndjson(many_claims(3000)), interval=timedelta(seconds=5))
    redis = client.Redis.from_url(house.redis.url())
    house.tick()  # rung, with nobody to hear it
    assert redis.dbsize() > 0
    redis.flushall()
    worker = house.start("worker")
    beat = house.start("beat")
    house.until(lambda: RawBatch.objects.filter(done__gt=0).exists())
    # Emptied again with a task on its way, and its worker killed: nothing is delivered a second time.
    redis.flushall()
    house.kill(worker)
    house.kill(beat)
    assert Report.objects.count() < 3000
    drop(tmp_path / "broker", "2.ndjson", ndjson(many_claims(10, "more")))
    house.start("worker")
    house.until(lambda: recorded(3010), meanwhile=house.nudge)
    # And once more under a worker that only waits.
    redis.flushall()
    drop(tmp_path / "broker", "3.ndjson", ndjson(many_claims(10, "last")))
    house.until(lambda: recorded(3020), meanwhile=house.tick)
    assert Source.objects.get(pk=source.pk).state.failures == 0
    nothing_amiss()


# PostgreSQL of our own


@pytest.fixture
def postgres(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[Postgres]:
    with django_db_blocker.unblock(), a_postgres() as service:  # type: ignore[attr-defined]
        yield service


class Pushing(threading.Thread):
    """Pushes one claim after another, as a partner does, and keeps those that were acknowledged."""

    def __init__(self, source: Source) -> None:
        super().__init__(daemon=True)
        self.source, self.refused, self.over = source, 0, threading.Event()
        self.acknowledged: list[str] = []

    def run(self) -> None:
        number = 0
        while not self.over.is_set():
            number += 1
            now = timezone.now()
            each = claim(id=f"push-{number}", crossing=f"gate-{number % 7}", effective_at=now.isoformat())
            try:
                say(self.source, {**each, "lanes": [{"traffic": "all", "state": "closed"}]}, now=now)
                self.acknowledged.append(f"push-{number}")
            except DatabaseError:
                self.refused += 1
                connection.close()
                time.sleep(0.1)
        connection.close()


def test_postgresql_that_falls_over_under_load_loses_nothing_it_acknowledged(
    postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with a_house(tmp_path, monkeypatch) as house:
        gates()
        for slug in ("one", "two", "three"):
            a_folder(slug, tmp_path, ndjson(many_claims(1500, slug)), interval=timedelta(seconds=2))
        pushing = Pushing(make_source("pusher"))
        pushing.start()
        house.start("worker")
        house.start("beat")
        house.tick()
        house.until(lambda: RawBatch.objects.filter(done__gt=0).exists())
        assert postgres.child is not None
        postgres.child.send_signal(signal.SIGQUIT)  # "immediate": nothing is written out, nobody is asked
        postgres.child.wait()
        time.sleep(3)
        postgres.start()
        connection.close()
        half = len(pushing.acknowledged)
        house.until(
            lambda: Report.objects.exclude(source=pushing.source).count() == 4500,
            60,
            house.nudge,
        )
        house.until(lambda: not RawBatch.objects.filter(state="waiting").exists(), meanwhile=house.sweep)
        house.until(lambda: not Poll.objects.filter(finished_at=None).exists(), meanwhile=house.sweep)
        pushing.over.set()
        pushing.join(10)
        assert pushing.refused > 0
        assert len(pushing.acknowledged) > half > 0
        house.end_all(patience=10)
        nothing_amiss(*pushing.acknowledged)
