"""For the fault tests: services to ill-treat, real workers to kill, a partner that misbehaves, and the checker."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import environ
import psutil
import psycopg
import pytest
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from crossings import bell, ingest, ledger
from crossings.feeds import FORMATS, Context, Kind
from crossings.ingest.poll import ONE_AT_A_TIME
from crossings.models import Change, Current, Draft, Poll, RawBatch, Reading, Report, Source
from tests.factories import claim, lanes, make_crossing, make_source
from tests.receivers import serving
from tracker.celery import app
from tracker.embedded import Postgres, Valkey
from tracker.process import Child, end, spawn
from tracker.roles import STOP_SIGNALS, commands
from tracker.state import BASE_DIR

Json = dict[str, Any]
LATER = timedelta(minutes=1)
"""How much later the sweeps are told it is: a test does not wait for a batch to have rested."""


class House:
    """A Redis of its own, and workers and beats on it and on the database of this test."""

    def __init__(self, folder: Path, redis: Valkey) -> None:
        self.folder, self.redis = folder, redis
        self.children: list[tuple[str, Child]] = []

    # Its processes

    def start(self, role: str) -> Child:
        where = connection.settings_dict
        address = f"{where['USER']}:{where['PASSWORD']}@{where['HOST']}:{where['PORT']}/{where['NAME']}"
        env = os.environ | {
            "DATABASE_URL": f"postgres://{address}",
            "REDIS_URL": self.redis.url(),
            "TRACKER_ALLOWED_ADDRESSES": "127.0.0.0/8",
        }
        log = self.folder / f"{role}-{len(self.children)}.log"
        child = spawn(commands("127.0.0.1", 0)[role], env=env, log=log)
        self.children.append((role, child))
        return child

    def kill(self, child: Child) -> None:
        """As a power cut does: the worker and all its children, at once."""
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()

    def end_all(self, patience: float = 0) -> None:
        for role, child in self.children:
            end(child, STOP_SIGNALS.get(role, signal.SIGTERM), patience)

    def family(self) -> list[psutil.Process]:
        found = []
        for _, child in self.children:
            if child.poll() is None:
                found += psutil.Process(child.pid).children(recursive=True)
        return found

    def kill_who_takes(self, source: Source) -> bool:
        """Kill the one process that is taking this source at this moment. False: there was none."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT a.client_port FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
                " WHERE l.locktype = 'advisory' AND l.classid = %s AND l.objid = %s AND l.granted",
                [ONE_AT_A_TIME, source.pk],
            )
            ports = {port for (port,) in cursor.fetchall()}
        for process in self.family():
            try:
                if ports & {line.laddr.port for line in process.net_connections() if line.laddr}:
                    process.kill()
                    return True
            except psutil.NoSuchProcess:
                continue
        return False

    # Its clock

    def tick(self, later: timedelta = timedelta(0)) -> None:
        """What the timetable rings for every few seconds."""
        bell.breaker.closed_until = 0.0
        now = timezone.now() + later
        for source, slot in ingest.due(now):
            bell.ring("ingest.poll", source, slot)

    def sweep(self, later: timedelta = LATER) -> None:
        bell.breaker.closed_until = 0.0
        now = timezone.now() + later
        ingest.close_interrupted(now)
        for batch in ingest.left_behind(now):
            bell.ring("ingest.take", batch)

    def nudge(self) -> None:
        self.sweep()
        self.tick()

    def until(self, check: Callable[[], Any], seconds: float = 45, meanwhile: Callable[[], Any] | None = None) -> None:
        """Wait for it; `meanwhile` is done every second."""
        begun = done = time.monotonic()
        while not check():
            if time.monotonic() - begun > seconds:
                logs = "\n".join(f"{path.name}: {path.read_text()[-2000:]}" for path in self.folder.glob("*.log"))
                pytest.fail(f"It did not happen within {seconds} s.\n{logs}")
            if meanwhile is not None and time.monotonic() - done > 1:
                done = time.monotonic()
                meanwhile()
            time.sleep(0.02)


@contextmanager
def a_house(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    redis = Valkey(folder / "state")
    monkeypatch.setitem(app.conf, "broker_write_url", redis.start())
    bell.breaker.closed_until = 0.0
    house = House(folder, redis)
    try:
        yield house
    finally:
        house.end_all()
        redis.stop()
        bell.breaker.closed_until = 0.0


@contextmanager
def a_postgres() -> Iterator[Postgres]:
    """A durable PostgreSQL of the test's own, with our tables; Django looks at it meanwhile."""
    state = Path(tempfile.mkdtemp(prefix="tracker-faults-"))
    state.chmod(0o711)
    service = Postgres(state)
    env = os.environ | {"DATABASE_URL": service.start()}
    subprocess.run([sys.executable, "manage.py", "migrate", "-v", "0"], cwd=BASE_DIR, env=env, check=True)
    here = dict(connection.settings_dict)
    connection.close()
    connection.settings_dict.update(environ.Env.db_url_config(service.url()))
    try:
        yield service
    finally:
        connection.close()
        connection.settings_dict.update(here)
        service.stop()
        shutil.rmtree(service.home, ignore_errors=True)
        shutil.rmtree(state, ignore_errors=True)


@contextmanager
def locked(table: str, pk: int) -> Iterator[None]:
    """Hold a row: who wants to write it waits for up to 3 s, which is when a test can see it and kill it."""
    where = connection.settings_dict
    names = {"user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT", "dbname": "NAME"}
    with psycopg.connect(**{key: where[name] for key, name in names.items()}) as line:
        line.execute(f"SELECT 1 FROM {table} WHERE id = %s FOR NO KEY UPDATE", [pk])
        yield


# A partner and what it says

GATES = 30
BEGUN = timedelta(days=50)


def gates(count: int = GATES) -> None:
    for number in range(count):
        make_crossing(f"gate-{number}")


def many_claims(count: int, key: str = "c") -> list[Json]:
    """A claim every quarter of an hour until now, so that none is held; no two of the same time."""
    start = timezone.now().replace(microsecond=0) - timedelta(minutes=15) * count
    return [
        claim(
            id=f"{key}-{number}",
            crossing=f"gate-{number % GATES}",
            effective_at=(start + number * timedelta(minutes=15)).isoformat(),
            lanes=lanes("open" if number // GATES % 2 else "closed"),
        )
        for number in range(count)
    ]


def ndjson(claims: list[Json]) -> bytes:
    return b"".join(json.dumps({"kind": "report", **each}).encode() + b"\n" for each in claims)


def drop(folder: Path, name: str, body: bytes) -> None:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_bytes(body)
    os.utime(path, (time.time() - 60,) * 2)


def a_folder(slug: str, parent: Path, body: bytes = b"", **fields: Any) -> Source:
    """A source that drops files; its first file."""
    (parent / slug).mkdir(exist_ok=True)
    if body:
        drop(parent / slug, "1.ndjson", body)
    return make_source(slug, format="partner", address=f"file:{parent / slug}", **fields)


Behaviour = Callable[[BaseHTTPRequestHandler], None]


class Partner(ThreadingHTTPServer):
    """A web server that does at each path as it is told."""

    daemon_threads = True

    def __init__(self) -> None:
        self.pages: dict[str, Behaviour] = {}
        self.asked: Counter[str] = Counter()
        super().__init__(("127.0.0.1", 0), _Handler)

    def address(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_port}{path}"

    def source(self, path: str, behaviour: Behaviour, **fields: Any) -> Source:
        self.pages[path] = behaviour
        return make_source(path.strip("/"), **{"format": "partner", "address": self.address(path), **fields})


class _Handler(BaseHTTPRequestHandler):
    server: Partner

    def do_GET(self) -> None:
        self.server.asked[self.path] += 1
        self.close_connection = True
        with suppress(OSError):  # hung up on: that was the test
            self.server.pages[self.path](self)

    def log_message(self, *_: Any) -> None: ...


@contextmanager
def a_partner() -> Iterator[Partner]:
    with serving(Partner()) as server:
        yield server


def sends(body: bytes | Json, length: int | None = None, **headers: str) -> Behaviour:
    """The whole body, announced as of that length."""
    content = body if isinstance(body, bytes) else json.dumps(body, default=str).encode()

    def page(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(content) if length is None else length))
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(content)

    return page


def drips(piece: bytes, pause: float) -> Behaviour:
    """The same piece again and again, without end."""

    def page(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        while True:
            handler.wfile.write(piece)
            handler.wfile.flush()
            time.sleep(pause)

    return page


# The checker


def said_in(batch: RawBatch) -> list[str]:
    """The ids of what a taken batch holds, but for what was refused by name or, from a state feed, adds no row."""
    row = batch.poll
    if "older" in row.counts:
        return []
    refused = {item["at"] for item in row.items if item["outcome"] in ("refused", "conflict", "confirmed")}
    context = Context(row.started_at, batch.source.options)
    items = FORMATS[batch.source.format].parse(zlib.decompress(batch.body), context).items
    return [
        item.data["id"]
        for item in items
        if item.kind in (Kind.REPORT, Kind.READING) and item.at not in refused and "id" in (item.data or {})
    ]


def nothing_waits(rows: QuerySet[Any]) -> None:
    """Those that are open now come to an end: a living worker may just be at them, and may begin others meanwhile."""
    seen, patience = list(rows.values_list("pk", flat=True)), time.monotonic() + 10
    while rows.filter(pk__in=seen).exists() and time.monotonic() < patience:
        time.sleep(0.05)
    assert list(rows.filter(pk__in=seen)) == []


def nothing_amiss(*acknowledged: str, now: datetime | None = None) -> None:
    """After whatever happened: all that was acknowledged is in the ledger once, and nothing waits for ever."""
    now = now or timezone.now()
    nothing_waits(Poll.objects.filter(finished_at=None))
    nothing_waits(RawBatch.objects.filter(state=RawBatch.State.WAITING))
    taken = list(RawBatch.objects.filter(state=RawBatch.State.TAKEN).select_related("poll", "source"))
    kept: Counter[tuple[int, str]] = Counter()
    for model in (Report, Reading):
        kept.update(model._default_manager.values_list("source_id", "external_id"))
    held = set(Draft.objects.values_list("source_id", "external_id"))
    assert [key for key, count in kept.items() if count > 1] == []
    for batch in taken:
        lost = [key for key in said_in(batch) if (batch.source_id, key) not in kept.keys() | held]
        assert lost == [], f"{batch.source.slug}, {batch}"
    assert set(acknowledged) <= {key for _, key in kept}
    positions = list(Change.objects.order_by("position").values_list("position", flat=True))
    assert positions == list(range(1, len(positions) + 1))
    # A transaction that waited for its lock may have left for the clock what a later one had said; beat has been ended.
    ledger.settle(now)
    differences = ledger.rebuild(check=True, now=now)
    assert differences == [], differences
    told_as_it_stands()


def told_as_it_stands() -> None:
    """Whoever followed the changes from the first one knows how each crossing stands by its stored status."""
    told: dict[tuple[str, str, str], str] = {}
    for change in Change.objects.filter(type="lanes.changed").order_by("position"):
        for lane in change.body["lanes"]:
            key = change.body["crossing"], lane["traffic"], lane["to"]
            assert lane["before"] == told.get(key, "unknown"), change.body
            told[key] = lane["after"]
    for row in Current.objects.select_related("crossing"):
        for lane in row.status.get("lanes", []):
            key = row.crossing.slug, lane["traffic"], lane["to"]
            assert lane["state"] == told.get(key, "unknown"), key
