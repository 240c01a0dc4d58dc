"""Ring a Celery task: a hint that there is work. Never blocks for long, never raises: sweeps find what it misses."""

from __future__ import annotations

import logging
import time
from functools import partial
from typing import Any

from django.db import transaction
from kombu import Connection
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from tracker.celery import app

log = logging.getLogger(__name__)

PATIENCE = 0.3
"""Seconds for each step of reaching Redis; a frozen one costs about three of them."""
REST = 10.0
"""Seconds in which nobody tries again after a failure."""


class Breaker:
    """Keeps a dead Redis from slowing every request: after a failure only one try every few seconds."""

    def __init__(self) -> None:
        self.closed_until = 0.0

    def lets_through(self) -> bool:
        return time.monotonic() >= self.closed_until

    def failed(self) -> None:
        self.closed_until = time.monotonic() + REST


breaker = Breaker()


def ring(task: str, *args: Any, expires: float = 60.0) -> bool:
    """Send the task by its name, to be forgotten after `expires` seconds. False: it was not sent."""
    if not breaker.lets_through():
        return False
    try:
        with _line() as line:
            app.send_task(task, args, connection=line, retry=False, expires=expires, ignore_result=True)
        return True
    except (OperationalError, RedisError, OSError) as error:
        breaker.failed()
        log.warning("Redis cannot be reached, %s is left to the next sweep: %s", task, error)
        return False


def ring_on_commit(task: str, *args: Any) -> None:
    """Ring once what was written is there to be found."""
    transaction.on_commit(partial(ring, task, *args), robust=True)


def _line() -> Connection:
    options = app.conf.broker_transport_options | {
        "socket_timeout": PATIENCE,
        "socket_connect_timeout": PATIENCE,
        "retry_on_timeout": False,
        "max_retries": 0,
    }
    return app.connection_for_write(transport_options=options, connect_timeout=PATIENCE)
