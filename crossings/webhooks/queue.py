"""Who is to be told of new changes: in the transaction that makes them, a row for each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from crossings import bell
from crossings.domain.wishes import Wish, wants
from crossings.models import Change, Delivery, Endpoint
from crossings.webhooks.endpoints import DUE, entitled

TOLD = (Endpoint.State.ACTIVE, Endpoint.State.PAUSED, Endpoint.State.UNPROVEN)
"""One that is paused or has yet to prove itself misses nothing: it gets it afterwards."""


def queue(changes: Sequence[Change], now: datetime) -> None:
    """One query where nobody wants to be told, two else, however many changes and endpoints."""
    if not changes:
        return
    rows = [
        Delivery(endpoint_id=endpoint.pk, change_id=change.position, due_at=now, created_at=now)
        for endpoint in Endpoint.objects.filter(entitled(now), state__in=TOLD).defer("secret", "old_secrets", "detail")
        for wish in [wish_of(endpoint)]
        for change in changes
        if wants(wish, change.body)
    ]
    if rows:
        Delivery.objects.bulk_create(rows, batch_size=2000)
        bell.ring_on_commit(DUE)


def wish_of(endpoint: Endpoint) -> Wish:
    return Wish(
        crossings=frozenset(endpoint.crossings),
        countries=frozenset(endpoint.countries),
        traffic=frozenset(endpoint.traffic),
        to=frozenset(endpoint.to),
        types=frozenset(endpoint.types),
        turn=endpoint.turn,
        least_confidence=endpoint.least_confidence,
    )
