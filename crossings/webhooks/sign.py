"""What is sent, byte for byte, and its signatures."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

import orjson
from standardwebhooks.webhooks import Webhook

from crossings.domain.claims import stamp
from crossings.models import Change, Endpoint

BOTH_FOR = timedelta(hours=24)
"""How long the old secret signs beside the new one."""
MOST_OLD = 4
"""Of more that were replaced within that time, the oldest end early: the header stays short."""


def new_secret() -> str:
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"


def id_of(position: int) -> str:
    """The same for every try and every receiver: by it a receiver knows what it had before."""
    return f"change-{position}"


def body_of(change: Change) -> bytes:
    """Made of the frozen change whenever it is sent: what was redacted since is redacted here."""
    return orjson.dumps({"type": change.type, "timestamp": stamp(change.recorded_at), "data": change.body})


def challenge_body(token: str, now: datetime) -> bytes:
    return orjson.dumps({"type": "endpoint.challenge", "timestamp": stamp(now), "challenge": token})


def secrets_of(endpoint: Endpoint, now: datetime) -> list[str]:
    """Those that sign now, the newest first."""
    return [endpoint.secret, *(secret for secret, _ in _old_ones(endpoint, now))]


def replace_secret(endpoint: Endpoint, now: datetime) -> None:
    """Put a new one in its place, unsaved; what signed until now goes on for its day."""
    old = [(endpoint.secret, now + BOTH_FOR)] if endpoint.secret else []
    old = [*old, *_old_ones(endpoint, now)][:MOST_OLD]
    endpoint.secret = new_secret()
    endpoint.old_secrets = "\n".join(f"{secret} {until.isoformat()}" for secret, until in old)
    endpoint.old_secret_until = old[0][1] if old else None


def _old_ones(endpoint: Endpoint, now: datetime) -> list[tuple[str, datetime]]:
    lines = (line.split(" ") for line in endpoint.old_secrets.splitlines())
    old = [(secret, datetime.fromisoformat(until)) for secret, until in lines]
    return [(secret, until) for secret, until in old if until > now]


def signed(message_id: str, body: bytes, keys: Sequence[str], at: datetime) -> dict[str, str]:
    """The headers of the specification; `at` is the time of this try, in UTC."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(Webhook(key).sign(message_id, at, body.decode()) for key in keys),
    }
