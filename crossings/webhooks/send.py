"""One try: a message to a receiver, and what came back. Run in threads: it knows no database."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from datetime import datetime

from crossings import outbound
from crossings.models import Delivery, Endpoint
from crossings.webhooks.sign import signed

log = logging.getLogger(__name__)

MOST_KEPT = 200


@dataclass(frozen=True, slots=True)
class Job:
    """A message to an endpoint: of a delivery, or a challenge. `doubtful`: it may be long in answering."""

    endpoint: Endpoint
    keys: list[str] = field(repr=False)
    message_id: str
    body: bytes = field(repr=False)
    at: datetime
    doubtful: bool
    delivery: Delivery | None = None
    token: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """`status` is None where there was no answer. `echoed`: the token of a challenge came back."""

    status: int | None
    detail: str
    took: float
    said: str = ""
    retry_after: str = ""
    echoed: bool = False


def send(job: Job) -> Sent:
    """Never raises: whatever goes wrong is an outcome."""
    begun = time.monotonic()
    try:
        answer = outbound.post(job.endpoint.url, job.body, signed(job.message_id, job.body, job.keys, job.at))
    except outbound.OutboundError as error:
        return Sent(None, error.detail[:MOST_KEPT], time.monotonic() - begun)
    except Exception as error:
        log.exception("Sending to endpoint %s failed", job.endpoint.pk)
        return Sent(None, f"It could not be sent: {type(error).__name__}.", time.monotonic() - begun)
    return Sent(
        answer.status,
        "" if 200 <= answer.status < 300 else _told(answer.status),
        time.monotonic() - begun,
        "" if 200 <= answer.status < 300 else _printable(answer.body),
        answer.retry_after,
        bool(job.token) and job.token.encode() in answer.body,
    )


def _told(status: int) -> str:
    more = "; redirects are not followed" if 300 <= status < 400 else ""
    return f"It answered {status}{more}."


def _printable(body: bytes) -> str:
    text = body[: MOST_KEPT * 4].decode("utf-8", "replace")
    return "".join(c if c.isprintable() else " " for c in text)[:MOST_KEPT].strip()
