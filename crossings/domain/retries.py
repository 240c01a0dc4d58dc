"""When a message is sent again, and when its receiver is asked again: pure rules of the answers and the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import Enum

SCHEDULE = (
    timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=5),
    timedelta(hours=10), timedelta(hours=14), timedelta(hours=20), timedelta(hours=24),
)  # fmt: skip
"""Between the tries of a message that is refused, as Standard Webhooks has it: some three days in all."""
FIRST_RESTS = (timedelta(seconds=5), timedelta(seconds=15), timedelta(seconds=30))
RESTS = (
    (timedelta(hours=1), timedelta(minutes=1)),
    (timedelta(days=1), timedelta(minutes=5)),
    (timedelta.max, timedelta(minutes=30)),
)
"""While it has failed for less than the first, it rests the second, and is asked with one message: closures wait."""
LONGEST_ASKED = timedelta(hours=1)
"""The most that a Retry-After is heeded."""
JITTER = 0.1
"""A wait is longer by up to this part of it, so that not all come back at once."""
PAUSED_AFTER = timedelta(days=3)
"""Of failures alone: shorter than the schedule, so that nothing is given up before."""


class Verdict(Enum):
    DELIVERED = "delivered"
    REFUSED = "refused"
    """This message; the next ones are sent."""
    AWAY = "away"
    """The receiver itself: it rests, and all its messages with it."""
    GONE = "gone"


def verdict(status: int | None) -> Verdict:
    """`status` of HTTP; None: there was no answer."""
    if status is None or status in (429, 502, 503, 504):
        return Verdict.AWAY
    if status == 410:
        return Verdict.GONE
    return Verdict.DELIVERED if 200 <= status < 300 else Verdict.REFUSED


def sent_again_after(refusals: int, luck: float) -> timedelta | None:
    """How long after the refusal of that number, from 1; None: it is given up. `luck` is from 0 to 1."""
    if refusals > len(SCHEDULE):
        return None
    return SCHEDULE[refusals - 1] * (1 + JITTER * luck)


def rest_after(failures: int, failing_for: timedelta, luck: float, asked: timedelta | None = None) -> timedelta:
    """How long a receiver rests after the failure of that number in a row, from 1, at least as long as it asked for."""
    if failures <= len(FIRST_RESTS):
        rest = FIRST_RESTS[failures - 1]
    else:
        rest = next(rest for within, rest in RESTS if failing_for < within)
    return max(rest * (1 + JITTER * luck), min(asked or timedelta(0), LONGEST_ASKED))


def paused(failing_since: datetime | None, now: datetime) -> bool:
    return failing_since is not None and now - failing_since >= PAUSED_AFTER


def read_retry_after(text: str, now: datetime) -> timedelta | None:
    """Seconds, or a date of HTTP; None for what is neither."""
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:9]), 10**9))
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(timedelta(0), (at if at.tzinfo else at.replace(tzinfo=UTC)) - now)
