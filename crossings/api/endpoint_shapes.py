"""The shapes of webhooks for the OpenAPI document: what an endpoint chooses, what its log tells, and the message."""

from __future__ import annotations

from crossings.api.inputs import needs
from crossings.api.shapes import COUNTRY, FLAG, MOMENT, TEXT, WHOLE, Shape, many, maybe, ref, thing, words
from crossings.domain import vocabulary as v
from crossings.models import Delivery, Endpoint

URL: Shape = {**TEXT, "description": "https on port 443 or 8443, at an address of the public internet."}
SECRET: Shape = {
    **TEXT,
    "pattern": "^whsec_",
    "description": "Signs the messages; shown once, and to a retry under its Idempotency-Key.",
}
LEAST = "The least sure that is told, from current, single, assumed, stale to disputed; what turns tighter always is."
CHOSEN: dict[str, Shape] = {
    "crossings": many({**TEXT, "description": "A slug; sent, any name or code."}),
    "countries": {**many(COUNTRY), "description": "Crossings with a side in one of these."},
    "traffic": many(words(v.Traffic)),
    "to": {**many(COUNTRY), "description": "The countries entered."},
    "types": many(words(v.ChangeType)),
    "turn": {**maybe(words(v.Turn)), "description": "Only lanes whose state turned that way."},
    "least_confidence": {**maybe(words(v.Confidence)), "description": LEAST},
}
SENT = {name: shape if name in ("turn", "least_confidence") else maybe(shape) for name, shape in CHOSEN.items()}
STATE: Shape = {"type": "string", "enum": [each.value for each in Endpoint.State if each != Endpoint.State.OFF]}
WEBHOOK: dict[str, Shape] = {
    "id": WHOLE,
    "url": URL,
    "state": {
        **STATE,
        "description": "Told are active ones. unproven: it has yet to answer its challenge; paused: it failed for 3 "
        "days, or our staff paused it; gone: it answered 410.",
    },
    "detail": {**TEXT, "description": "What went wrong last, or why our staff paused it; or empty."},
    "paused_by_staff": {**FLAG, "description": "Only they take it up again."},
    **CHOSEN,
    "waiting": {**WHOLE, "description": "Deliveries that wait."},
    "failing_since": maybe(MOMENT),
    "rests_until": {**maybe(MOMENT), "description": "Could not be reached, and is not asked again before."},
    "old_secret_until": {
        **maybe(MOMENT),
        "description": "Until then secrets before this one sign too, each for a day after it was replaced.",
    },
    "created_at": MOMENT,
}
ENDPOINTS: dict[str, Shape] = {
    "WebhookSent": needs(("url",), url=URL, **SENT),
    "WebhookChanged": needs((), url=URL, **SENT),
    "Webhook": thing("Where a key's holder is told of changes. An empty list chooses everything.", **WEBHOOK),
    "WebhookMade": thing("With its secret.", **WEBHOOK, secret=SECRET),
    "Webhooks": thing(webhooks=many(ref("Webhook"))),
    "WebhookDeliveries": thing(
        deliveries=many(ref("WebhookDelivery")),
        next={**maybe(TEXT), "description": "The address of the next page."},
    ),
    "WebhookDelivery": thing(
        "That an endpoint is to be told of a change, and what came of it.",
        position=WHOLE,
        id={**TEXT, "description": "The `webhook-id`: the same for every attempt."},
        type=words(v.ChangeType),
        crossing=TEXT,
        state={"type": "string", "enum": Delivery.State.values},
        queued_at=MOMENT,
        due_at={**maybe(MOMENT), "description": "Of one that waits: not before that."},
        ended_at=maybe(MOMENT),
        attempts=many(
            thing(
                at=MOMENT,
                took_ms=WHOLE,
                status={**maybe(WHOLE), "description": "Of HTTP; null: there was no answer."},
                detail=TEXT,
            )
        ),
    ),
    "WebhookMessage": thing(
        "What is posted to an endpoint. Keep the ids you had: a message may come twice.",
        type=words(v.ChangeType),
        timestamp={**MOMENT, "description": "When the change was recorded."},
        data=ref("Change"),
    ),
    "WebhookChallenge": thing(
        "What an endpoint is asked first: answer 2xx with the challenge in the body.",
        type={"type": "string", "const": "endpoint.challenge"},
        timestamp=MOMENT,
        challenge=TEXT,
    ),
}


def _message(shape: str, summary: str, told: str) -> Shape:
    names = {
        "webhook-id": "Of the message: the same each time it is sent.",
        "webhook-timestamp": "Of this try, in seconds of Unix time: refuse what is older than five minutes.",
        "webhook-signature": "`v1,` and the base64 HMAC-SHA256 of `id.timestamp.body`, one or more, spaces between.",
    }
    headers = [
        {"name": name, "in": "header", "required": True, "schema": TEXT, "description": about}
        for name, about in names.items()
    ]
    return {
        "post": {
            "summary": summary,
            "description": "As Standard Webhooks has it: https://www.standardwebhooks.com/",
            "parameters": headers,
            "requestBody": {"required": True, "content": {"application/json": {"schema": ref(shape)}}},
            "responses": {
                "2XX": {"description": told},
                "410": {"description": "Send nothing more to this address."},
            },
            "tags": ["being told"],
        }
    }


MESSAGES: Shape = {
    "change": _message("WebhookMessage", "Something was announced", "Taken. Anything else: it is sent again later."),
    "challenge": _message("WebhookChallenge", "Is this address yours?", "With the challenge in the body: it is."),
}
