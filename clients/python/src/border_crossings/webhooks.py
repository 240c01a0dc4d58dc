"""Webhooks: signed to the Standard Webhooks specification."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError


class NotGenuine(Exception):
    """It was not sent by whoever has the secret, not just now, or not with this body."""


def verify(headers: Mapping[str, str], body: bytes | str, secret: str | Sequence[str]) -> Any:
    """The content of a genuine webhook. Raises NotGenuine.

    `body` is what came, byte for byte. While a secret is rotated both may be given. Keep each `webhook-id` for a
    while: a delivery whose answer was lost comes again under the same one.
    """
    given = dict(headers.items())
    for each in [secret] if isinstance(secret, str) else secret:
        try:
            Webhook(each).verify(body, given, json_parse=False)
            return json.loads(body)
        except (WebhookVerificationError, ValueError):
            continue
    raise NotGenuine("The signature, its time or its headers are not right.")
