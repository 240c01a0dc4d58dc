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
    both = endpoint.old_secret and endpoint.old_secret_until is not None and endpoint.old_secret_until > now
    return [endpoint.secret, *([endpoint.old_secret] if both else [])]


def signed(message_id: str, body: bytes, keys: Sequence[str], at: datetime) -> dict[str, str]:
    """The headers of the specification; `at` is the time of this try, in UTC."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(Webhook(key).sign(message_id, at, body.decode()) for key in keys),
    }
