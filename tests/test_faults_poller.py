"""A poller, killed and restarted at random against concurrent writers, ends with exactly the changes there are."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from crossings.ledger import retract, settle
from crossings.models import Change, Report, Source
from tests.factories import claim, lanes, make_crossing, make_source, say
from tracker.state import BASE_DIR

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]
WRITERS, GATES, KILLS = 4, 6, 25
PATIENCE_S = 60

POLLER = """
import os, sys
from border_crossings import Client, Follower
base, place, log = sys.argv[1:]
out = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
def handle(change):
    os.write(out, b"%d\\n" % change["position"])
    os.fsync(out)
Follower(Client(base), place, every=0.01, limit=7).run(handle)
"""


class Poller:
    """Its process, its place and what it handled."""

    def __init__(self, base: str, folder: Path) -> None:
        self.base, self.place, self.log = base, folder / "place.json", folder / "handled"
        self.errors = folder / "errors"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        env = os.environ | {"PYTHONPATH": str(BASE_DIR / "clients/python/src")}
        command = [sys.executable, "-c", POLLER, self.base, str(self.place), str(self.log)]
        with self.errors.open("ab") as errors:
            self.process = subprocess.Popen(command, env=env, stderr=errors)

    def kill(self) -> None:
        assert self.process is not None
        assert self.process.poll() is None, self.errors.read_text()
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def handled(self) -> list[int]:
        return [int(line) for line in self.log.read_text().split()] if self.log.exists() else []


@pytest.fixture
def poller(live_server: Any, tmp_path: Path) -> Iterator[Poller]:
    made = Poller(live_server.url, tmp_path)
    yield made
    if made.process is not None and made.process.poll() is None:
        made.kill()


def write(source: Source, seed: int, stop: Event) -> None:
    """Each says now this, now that of any gate, and takes some of it back; together they contend for all locks."""
    chance = random.Random(seed)
    try:
        number = 0
        while not stop.is_set():
            number += 1
            now = timezone.now()
            at = now - timedelta(seconds=chance.randrange(1, 40_000))
            gate = f"gate-{chance.randrange(GATES)}"
            state = chance.choice(["open", "closed"])
            say(source, claim(id=str(number), crossing=gate, effective_at=at.isoformat(), lanes=lanes(state)), now=now)
            if chance.random() < 0.2:
                last = Report.objects.filter(source=source, retraction=None).order_by("-pk").first()
                if last:
                    retract(last, reason="mistaken", now=timezone.now())
            if chance.random() < 0.1:
                settle(timezone.now())
    finally:
        connection.close()


def test_it_ends_with_exactly_the_changes_there_are(poller: Poller) -> None:
    for number in range(GATES):
        make_crossing(f"gate-{number}")
    stop, chance = Event(), random.Random(7)
    sources = [make_source(f"writer-{number}") for number in range(WRITERS)]
    writers = [Thread(target=write, args=(source, number, stop)) for number, source in enumerate(sources)]
    for writer in writers:
        writer.start()
    try:
        for _ in range(KILLS):
            poller.start()
            time.sleep(chance.uniform(0.15, 0.8))
            poller.kill()
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    before = len(set(poller.handled()))
    poller.start()
    there_are = list(Change.objects.order_by("position").values_list("position", flat=True))
    until = time.monotonic() + PATIENCE_S
    while there_are[-1] not in poller.handled()[-1:] and time.monotonic() < until:
        time.sleep(0.05)
    poller.kill()
    handled = poller.handled()
    assert len(there_are) > 100 and before > 50  # they did overlap
    assert sorted(set(handled)) == there_are == list(range(1, len(there_are) + 1))
    _never_skips(handled)


def _never_skips(handled: list[int]) -> None:
    """In order; after a kill at most the one change in hand comes again."""
    again = 0
    for before, after in zip([0, *handled], handled, strict=False):
        assert after in (before, before + 1), (before, after)
        again += after == before
    assert again <= KILLS + 1
