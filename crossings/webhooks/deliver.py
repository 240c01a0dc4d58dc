"""Sending what is due: threads for HTTP alone, the database in this one, and never two runs at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from datetime import datetime

from django.db import DatabaseError, connection
from django.utils import timezone

from crossings import bell
from crossings.webhooks.endpoints import DUE
from crossings.webhooks.record import record
from crossings.webhooks.send import Job, Sent, send
from crossings.webhooks.take import due, take

PLACES, DOUBTFUL_PLACES = 48, 16
"""How many are sent to at once; those that failed or were slow the last time have the few places of their own."""
TURN = 240.0
"""Seconds after which a run hands over to the next."""
LOOK = 0.1
"""Seconds after which it looks for what became due while it waits for answers."""
GATHER = 0.01
"""Seconds for which answers that come together are gathered, to be recorded together."""
ONE_RUN = 0x77686B
Clock = Callable[[], datetime]


def deliver_due(clock: Clock = timezone.now, seconds: float = TURN) -> None:
    """Send all that is due, and what becomes due meanwhile. Where another run is at it, that one does."""
    end = time.monotonic() + seconds
    run = Run(clock)
    try:
        while time.monotonic() < end:
            with _alone() as alone:
                if not alone:
                    return
                run.work(end)
            # Whoever was turned away while this one ended relied on it.
            if not due(clock()).exists():
                return
            time.sleep(GATHER)
        bell.ring(DUE)
    finally:
        run.finish()


class Run:
    """What is under way."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.flying: dict[Future[Sent], Job] = {}
        self.threads = ThreadPoolExecutor(PLACES + DOUBTFUL_PLACES, "webhook")

    def work(self, end: float) -> None:
        """Until nothing is due and nothing under way, or it is `end` by time.monotonic()."""
        while time.monotonic() < end:
            now = self.clock()
            slow = sum(job.doubtful for job in self.flying.values())
            jobs = take(now, PLACES - (len(self.flying) - slow), doubtful=False)
            jobs += take(now, DOUBTFUL_PLACES - slow, doubtful=True)
            for job in jobs:
                self.flying[self.threads.submit(send, job)] = job
            if not self.flying:
                return
            self._gather(LOOK)

    def finish(self) -> None:
        """Wait for what is under way; another run may have begun."""
        while self.flying:
            self._gather(LOOK)
        self.threads.shutdown()

    def _gather(self, patience: float) -> None:
        if wait(self.flying, patience, FIRST_COMPLETED).done:
            time.sleep(GATHER)
        done = [future for future in self.flying if future.done()]
        record([(self.flying.pop(future), future.result()) for future in done], self.clock())


@contextmanager
def _alone() -> Iterator[bool]:
    """Whether no other run is at it; a process that dies lets go."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, 0)", [ONE_RUN])
        alone = bool(cursor.fetchone()[0])
    try:
        yield alone
    finally:
        # Where the connection is broken the lock is gone with it.
        if alone:
            with suppress(DatabaseError), connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, 0)", [ONE_RUN])
