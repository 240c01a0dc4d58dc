"""The Celery doors and the bell, with a real worker, a real beat and a Redis that freezes."""

from __future__ import annotations

import json
import logging
import os
import signal
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from crossings import bell, tasks
from crossings.feeds import FORMATS
from crossings.ledger import rebuild
from crossings.management.commands.ingest import make_source as make_source_for
from crossings.models import Confirmation, Crossing, Current, Poll, Report, Source
from tests.factories import claim, make_crossing, make_source
from tracker.celery import app
from tracker.embedded import Valkey
from tracker.process import end, spawn
from tracker.roles import STOP_SIGNALS, commands

CBP = Path(__file__).parent / "fixtures" / "cbp_bwtnew_2022-06-29.json"


def drop(folder: Path, name: str, body: bytes) -> None:
    path = folder / name
    path.write_bytes(body)
    os.utime(path, (time.time() - 60,) * 2)


# The tasks, called as they are


def waiting(queue: str) -> list[Any]:
    """The messages in a queue, by task and arguments, in the order sent; taken out."""
    with app.connection_for_read() as line, line.channel() as channel:
        found = []
        while (message := channel.basic_get(f"{queue}", no_ack=True)) is not None:
            found.append((message.headers["task"], json.loads(message.body)[0]))
        return found


@pytest.fixture(autouse=True)
def an_open_line() -> Iterator[None]:
    bell.breaker.closed_until = 0.0
    waiting("ingest")
    yield
    waiting("ingest")


@pytest.mark.django_db
def test_each_source_that_is_due_is_rung_for_itself(tmp_path: Path) -> None:
    sources = [make_source(slug, format="partner", address=f"file:{tmp_path}") for slug in ("one", "two")]
    tasks.poll_due()
    rung = waiting("ingest")
    assert [(name, arguments[0]) for name, arguments in rung] == [("ingest.poll", each.pk) for each in sources]
    for _, arguments in rung * 2:
        tasks.poll(*arguments)
    assert [(row.source_id, row.slot) for row in Poll.objects.order_by("pk")] == [tuple(each) for _, each in rung]
    tasks.poll_due()
    assert waiting("ingest") == []


@pytest.mark.django_db
def test_the_clock_brings_crossings_up_to_now() -> None:
    crossing = make_crossing()
    Current.objects.update(settle_at=timezone.now() - timedelta(minutes=1))
    tasks.settle_due()
    assert Current.objects.get(crossing=crossing).settle_at is None


def test_the_heartbeat_can_be_seen() -> None:
    cache.delete("heartbeat")
    tasks.heartbeat()
    assert timezone.now() - datetime.fromisoformat(cache.get("heartbeat")) < timedelta(seconds=5)


def test_every_task_of_the_timetable_exists() -> None:
    app.loader.import_default_modules()
    assert {entry["task"] for entry in app.conf.beat_schedule.values()} <= app.tasks.keys()
    ours = {name.split(".")[0] for name in app.tasks if not name.startswith("celery.")}
    assert {f"{queue}.*" for queue in ours} <= app.conf.task_routes.keys()


# The bell


@pytest.mark.django_db(transaction=True)
def test_the_bell_rings_on_commit_and_not_before() -> None:
    with transaction.atomic():
        bell.ring_on_commit("ingest.poll", 1, 2)
        assert waiting("ingest") == []
    assert waiting("ingest") == [("ingest.poll", [1, 2])]
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        bell.ring_on_commit("ingest.poll", 3, 4)
        raise ZeroDivisionError
    assert waiting("ingest") == []


@pytest.fixture
def redis(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Valkey]:
    """A Redis of our own, to be ill-treated."""
    service = Valkey(tmp_path / "state")
    monkeypatch.setitem(app.conf, "broker_write_url", service.start())
    yield service
    service.stop()


def timed(task: str = "ops.heartbeat") -> tuple[bool, float]:
    started = time.monotonic()
    return bell.ring(task), time.monotonic() - started


@pytest.mark.faults
def test_a_redis_that_is_gone_or_frozen_delays_nobody(redis: Valkey, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "crossings.bell")
    assert redis.child is not None
    assert timed()[0] is True
    os.kill(redis.child.pid, signal.SIGSTOP)
    sent, took = timed()
    assert (sent, took < 1.2) == (False, True)
    sent, took = timed()  # nobody else waits for it in the next seconds
    assert (sent, took < 0.05) == (False, True)
    os.kill(redis.child.pid, signal.SIGCONT)
    assert timed()[0] is False
    bell.breaker.closed_until = 0.0
    assert timed()[0] is True
    redis.stop()
    sent, took = timed()
    assert (sent, took < 1.2) == (False, True)
    assert len([line for line in caplog.messages if "Redis cannot be reached" in line]) == 2


# All of it


@pytest.fixture
def crew(tmp_path: Path, transactional_db: None) -> Iterator[Path]:
    """A worker and a beat on this test's database; yields the folder of their logs."""
    database = os.environ["DATABASE_URL"].rsplit("/", 1)[0] + f"/{connection.settings_dict['NAME']}"
    environment = {**os.environ, "DATABASE_URL": database}
    children = {
        role: spawn(commands("127.0.0.1", 0)[role], env=environment, log=tmp_path / f"{role}.log")
        for role in ("worker", "beat")
    }
    yield tmp_path
    for role, child in children.items():
        end(child, STOP_SIGNALS.get(role, signal.SIGTERM), 10)


def until(check: Callable[[], Any], crew: Path, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not check():
        if time.monotonic() > deadline:
            logs = "\n".join(path.read_text()[-3000:] for path in crew.glob("*.log"))
            pytest.fail(f"It did not happen within {seconds} s.\n{logs}")
        time.sleep(0.2)


def confirmed_at(slug: str, moment: str) -> str:
    answer = Client().get(f"/api/v1/crossings/{slug}/", {"at": moment}).json()
    return next(
        lane["confirmed_at"]
        for lane in answer["status"]["lanes"]
        if (lane["to"], lane["traffic"]) == ("US", "vehicles")
    )


@pytest.mark.faults
def test_the_real_worker_polls_a_drop_folder(tmp_path: Path, crew: Path) -> None:
    drops = tmp_path / "drops"
    drops.mkdir()
    source: Source = make_source_for("us-cbp", FORMATS["cbp"])
    source.address, source.interval = f"file:{drops}", timedelta(seconds=2)
    source.save()
    make_source("gone", format="partner", address="file:/nowhere", interval=timedelta(seconds=2))
    drop(drops, "1.json", CBP.read_bytes())
    until(lambda: Poll.objects.filter(counts={"recorded": 265}).exists(), crew)
    assert Crossing.objects.count() == 76
    assert confirmed_at("san-ysidro", "2022-06-29T17:25:16Z") == "2022-06-29T17:25:16Z"
    drop(drops, "2.json", CBP.read_bytes())
    until(lambda: Poll.objects.filter(file_name="2.json", finished_at__isnull=False).exists(), crew)
    assert Poll.objects.get(file_name="2.json").counts == {"unchanged": 1}
    assert (Report.objects.count(), Confirmation.objects.count()) == (141, 0)
    drop(drops, "3.json", CBP.read_bytes().replace(b":25:16", b":55:16"))
    until(lambda: Poll.objects.filter(file_name="3.json", finished_at__isnull=False).exists(), crew)
    assert confirmed_at("san-ysidro", "2022-06-29T17:56:00Z") == "2022-06-29T17:55:16Z"
    assert Poll.objects.filter(source__slug="gone", error="folder_unreadable").exists()
    until(lambda: not Current.objects.filter(settle_at__lte=timezone.now()).exists(), crew)
    assert rebuild(check=True, now=timezone.now()) == []


@pytest.mark.faults
def test_what_is_dropped_while_no_worker_runs_is_taken_by_the_next(
    tmp_path: Path, transactional_db: None, request: Any
) -> None:
    make_crossing()
    make_source(format="partner", address=f"file:{tmp_path}/drops", interval=timedelta(seconds=2))
    (tmp_path / "drops").mkdir()
    for number in range(3):
        body = {"reports": [claim(id=f"{number}", effective_at=f"2023-02-2{number}T05:00:00Z")]}
        drop(tmp_path / "drops", f"{number}.json", json.dumps(body).encode())
    crew = request.getfixturevalue("crew")
    until(lambda: Report.objects.count() == 3, crew)
    assert Poll.objects.exclude(file_name="").count() == 3
