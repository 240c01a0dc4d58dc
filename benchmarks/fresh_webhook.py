"""From the commit of a change to the body at the receiver: 200 endpoints, of which ten are dead and ten never answer.

A real worker, and a real beat, send to one receiver on this machine; the time of arrival is taken in its threads.
"""

from __future__ import annotations

import os
import selectors
import signal
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread

from django.db import connection
from django.utils import timezone

from benchmarks.fresh import crossing, empty_database, source
from crossings import bell, pulse
from crossings.ingest import read_claim
from crossings.ledger import record_many
from crossings.matching import Names
from crossings.models import ApiKey, Change, Delivery, Endpoint, Source
from crossings.webhooks.sign import new_secret
from tracker.process import end, spawn
from tracker.roles import STOP_SIGNALS, commands

ENDPOINTS, DEAD, SLOW = 200, 10, 10
CHANGES = 20
SPACED = 1.5
"""Seconds from one change to the next."""
PATIENCE = 60.0
HERE = "127.0.0.0/8"
SLOW_PATH = b"/slow"


class Receiver:
    """One thread that reads what comes, notes when, and answers; on the slow path it never does."""

    def __init__(self) -> None:
        self.door = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.door.setblocking(False)
        self.port = self.door.getsockname()[1]
        self.came: dict[tuple[str, str], float] = {}
        self.over = Event()
        self.thread = Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        eyes = selectors.DefaultSelector()
        eyes.register(self.door, selectors.EVENT_READ)
        while not self.over.is_set():
            for seen, _ in eyes.select(0.1):
                if seen.fileobj is self.door:
                    line, _ = self.door.accept()
                    line.setblocking(False)
                    eyes.register(line, selectors.EVENT_READ, bytearray())
                else:
                    self._read(eyes, seen)

    def _read(self, eyes: selectors.BaseSelector, seen: selectors.SelectorKey) -> None:
        line, held = seen.fileobj, seen.data
        assert isinstance(line, socket.socket)
        try:
            more = line.recv(65_536)
        except OSError:
            more = b""
        held += more
        head, found, body = bytes(held).partition(b"\r\n\r\n")
        path, message, length = _told(head) if found else (b"", "", 0)
        if found and len(body) >= length and path != SLOW_PATH:
            self.came.setdefault((path.decode(), message), time.time())
            line.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
            more = b""
        if not more:
            eyes.unregister(line)
            line.close()


def _told(head: bytes) -> tuple[bytes, str, int]:
    """The path, the id of the message, and the length of the body."""
    first, *lines = head.split(b"\r\n")
    fields = {name.lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines)}
    return first.split(b" ")[1], fields[b"webhook-id"].decode(), int(fields[b"content-length"])


def run() -> Iterator[dict[str, object]]:
    empty_database()
    receiver, partner = Receiver(), source()
    crossing("gate")
    _endpoints(receiver.port, partner)
    with _workers():
        committed = _commits(partner)
        healthy = [f"/{number}" for number in range(DEAD + SLOW, ENDPOINTS)]
        wanted = [(path, message) for message in committed for path in healthy]
        patience = time.monotonic() + PATIENCE
        while not receiver.came.keys() >= set(wanted) and time.monotonic() < patience:
            time.sleep(0.1)
    receiver.over.set()
    missing = [each for each in wanted if each not in receiver.came]
    assert not missing, (
        f"{len(missing)} of {len(wanted)} never came; {Delivery.objects.filter(state='waiting').count()}"
    )
    took = sorted(receiver.came[path, message] - committed[message] for path, message in wanted)
    yield {
        "name": "fresh_webhook_p99_s",
        "value": round(took[int(len(took) * 0.99)], 2),
        "unit": "s",
        "goal": 2,
        "better": "lower",
    }


def _endpoints(port: int, partner: Source) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        closed = door.getsockname()[1]
    key = ApiKey.objects.create(prefix="bench", hash="", source=partner)
    now = timezone.now()
    for number in range(ENDPOINTS):
        at, path = (closed, number) if number < DEAD else (port, "slow" if number < DEAD + SLOW else number)
        Endpoint.objects.create(
            key=key, url=f"http://127.0.0.1:{at}/{path}", secret=new_secret(), state="active", since=now
        )


def _commits(partner: Source) -> dict[str, float]:
    """When the transaction of each message was over."""
    names = Names.load()
    committed: dict[str, float] = {}
    begun = timezone.now() - timedelta(days=1)
    for turn in range(CHANGES):
        said = {
            "crossing": "gate",
            "effective_at": (begun + turn * timedelta(hours=1)).isoformat(),
            "lanes": [{"traffic": "all", "state": "open" if turn % 2 else "closed"}],
        }
        last = Change.objects.count()
        record_many(partner, [read_claim(said, names, partner)], now=timezone.now())  # type: ignore[arg-type]
        at = time.time()
        committed |= {f"change-{row.pk}": at for row in Change.objects.filter(position__gt=last)}
        time.sleep(SPACED)
    return committed


def _wait_for_the_worker() -> None:
    """Until it works tasks off: loading takes it some seconds."""
    patience = time.monotonic() + PATIENCE
    while not pulse.answers(timezone.now()):
        assert time.monotonic() < patience, "The worker does not answer."
        bell.ring("ops.heartbeat")
        time.sleep(0.5)


@contextmanager
def _workers() -> Iterator[None]:
    where = connection.settings_dict
    assert where["NAME"]
    with tempfile.TemporaryDirectory() as folder:
        env = os.environ | {"TRACKER_ALLOWED_ADDRESSES": HERE}
        roles = [
            (role, spawn(commands("127.0.0.1", 0)[role], env=env, log=Path(folder) / role))
            for role in ("worker", "courier", "beat")
        ]
        try:
            _wait_for_the_worker()
            yield
        finally:
            for role, child in roles:
                end(child, STOP_SIGNALS.get(role, signal.SIGTERM), 12)
