"""An endpoint and its log as their owner sees them."""

from __future__ import annotations

from crossings import webhooks
from crossings.domain.claims import stamp
from crossings.models import Delivery, Endpoint
from crossings.serializers import Json


def endpoint_json(endpoint: Endpoint) -> Json:
    """Of a row that webhooks.with_waiting gave. Its secret is told where it is made, and never again."""
    return {
        "id": endpoint.pk,
        "url": endpoint.url,
        "state": endpoint.state,
        "detail": endpoint.detail,
        "paused_by_staff": endpoint.held,
        "crossings": endpoint.crossings,
        "countries": endpoint.countries,
        "traffic": endpoint.traffic,
        "to": endpoint.to,
        "types": endpoint.types,
        "turn": endpoint.turn or None,
        "least_confidence": endpoint.least_confidence or None,
        "waiting": endpoint.waiting,  # type: ignore[attr-defined]
        "failing_since": stamp(endpoint.failing_since),
        "rests_until": stamp(endpoint.rests_until),
        "old_secret_until": stamp(endpoint.old_secret_until),
        "created_at": stamp(endpoint.created_at),
    }


def delivery_json(delivery: Delivery) -> Json:
    waits = delivery.state == Delivery.State.WAITING
    return {
        "position": delivery.change_id,
        "id": webhooks.id_of(delivery.change_id),
        "type": delivery.change.type,
        "crossing": delivery.change.crossing.slug,
        "state": delivery.state,
        "queued_at": stamp(delivery.created_at),
        "due_at": stamp(delivery.due_at) if waits else None,
        "ended_at": stamp(delivery.ended_at),
        "attempts": [
            {"at": stamp(each.at), "took_ms": each.took_ms, "status": each.status, "detail": each.detail}
            for each in delivery.tries.all()
        ],
    }
