"""Keeps watch for the web process: whether anything public has changed since an answer was made."""

from __future__ import annotations

import logging
import time
from datetime import datetime
from threading import Event, Lock, Thread

import psycopg
from django.db import Error, connection
from django.db.models import Max
from django.utils import timezone

from crossings.board import edition
from crossings.models import Redaction

log = logging.getLogger(__name__)

CHANNEL = "crossings_feed"
"""A trigger of the database speaks on it whenever the version of everything public moves."""
EVERY_S = 0.5
"""What time alone does is told by nobody, and a word may be lost: so often it is asked for in any case."""
AWAY_AFTER_S, GONE_AFTER_S = 2.0, 8.0
"""Of silence. A busy machine may be silent for a while, and then a slow answer is better than none."""
REST_S = 0.02
"""Between two looks: a flood of changes must not become a flood of queries."""


class Lookout:
    """One thread with a connection of its own. `tag` names the public state last seen; None: not known now.
    `redactions` is the last of them: what was kept before it may hold the words that were taken away.
    """

    def __init__(self) -> None:
        self.tag: str | None = None
        self.last_tag = ""
        self.seen_at: datetime | None = None
        self.redactions: int | None = None
        self._looked = 0.0
        self._failed = False
        self._one_at_a_time = Lock()
        self._started = Lock()
        self._over = Event()
        self._thread: Thread | None = None

    def start(self) -> None:
        """Once per process, and not before the first request: a thread does not live through a fork."""
        if self._thread is None and self._started.acquire(blocking=False):
            self._thread = Thread(target=self._run, name="lookout", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        self._over.set()
        if self._thread is not None:
            self._thread.join(5)

    @property
    def away(self) -> bool:
        """Whether the database cannot be asked now, though it could before."""
        return self._failed or self._silent_for(AWAY_AFTER_S)

    @property
    def gone(self) -> bool:
        """Whether nobody should even try to ask it: each who tries waits, and keeps others waiting."""
        return self._failed or self._silent_for(GONE_AFTER_S)

    def _silent_for(self, seconds: float) -> bool:
        return self.seen_at is not None and time.monotonic() - self._looked > seconds

    def look(self) -> None:
        """Also after each write of this very process, so that its next answer is not from before it."""
        # One after the other: whoever looks later sees at least as much, and has the last word.
        with self._one_at_a_time:
            tag = edition(timezone.now()).tag
            if tag != self.last_tag:
                self.redactions = Redaction.objects.aggregate(last=Max("pk"))["last"]
            self.tag = self.last_tag = tag
            self._looked, self.seen_at = time.monotonic(), timezone.now()
        if self._failed:
            log.warning("The database can be asked again")
            self._failed = False

    def _run(self) -> None:
        while not self._over.is_set():
            try:
                self._watch()
            except (Error, psycopg.Error, OSError) as error:
                self._lost(error)
            except Exception:
                log.exception("The lookout stumbled; answers are made anew for each request until it stands again")
                self.tag = None
            finally:
                connection.close()
            self._over.wait(EVERY_S)

    def _lost(self, error: Exception) -> None:
        if not self._failed:
            log.warning("The database cannot be asked; the last good answers are given: %s", error)
        self._failed, self.tag = True, None

    def _watch(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"LISTEN {CHANNEL}")
        while not self._over.is_set():
            self.look()
            time.sleep(REST_S)
            for _ in connection.connection.notifies(timeout=EVERY_S, stop_after=1):
                pass
