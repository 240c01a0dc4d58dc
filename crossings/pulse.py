"""Whether a worker works: it notes the time each half minute, as a task like any other (tasks.heartbeat)."""

from __future__ import annotations

from datetime import datetime

from django.core.cache import cache
from redis.exceptions import RedisError

KEY = "heartbeat"
LATE_S = 90.0
"""Seconds after which nobody can be said to answer: three beats missed."""


KEPT_S = 600


def beat(now: datetime) -> None:
    """Note that a worker works. Raises where the cache does not answer: the task then fails, and is seen to."""
    cache.set(KEY, now.isoformat(), KEPT_S)


def heartbeat_age(now: datetime) -> float | None:
    """Seconds since a worker last answered; None: not for ten minutes, or the cache itself does not answer."""
    try:
        beat = cache.get(KEY)
        return max(0.0, (now - datetime.fromisoformat(beat)).total_seconds()) if beat else None
    except (RedisError, OSError, ValueError, TypeError):
        return None


def answers(now: datetime) -> bool:
    """Whether a worker answered of late."""
    age = heartbeat_age(now)
    return age is not None and age <= LATE_S
