"""What is due, taken under a lease: one message an endpoint at a time, in the order of the changes."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from crossings.models import Delivery, Endpoint
from crossings.webhooks.endpoints import entitled, pause
from crossings.webhooks.send import Job
from crossings.webhooks.sign import body_of, challenge_body, id_of, secrets_of

LEASE = timedelta(seconds=30)
"""Longer than any try lasts; what a killed worker had taken is taken anew after that."""
State = Endpoint.State
DOUBTFUL = Q(state=State.UNPROVEN) | Q(failing_since__isnull=False) | Q(slow=True)


def due(now: datetime) -> QuerySet[Endpoint]:
    """The endpoints to which something can be sent now; `head` is the delivery that is next."""
    waiting = Delivery.objects.filter(endpoint=OuterRef("pk"), state=Delivery.State.WAITING, due_at__lte=now)
    return (
        Endpoint.objects.filter(entitled(now))
        .filter(Q(rests_until=None) | Q(rests_until__lte=now), Q(leased_until=None) | Q(leased_until__lte=now))
        .annotate(head=Subquery(waiting.order_by("change").values("pk")[:1]))
        .filter(Q(state=State.ACTIVE, head__isnull=False) | Q(state=State.UNPROVEN, challenge_at__lte=now))
    )


def take(now: datetime, most: int, *, doubtful: bool) -> list[Job]:
    """Up to so many, those that waited longest first. The doubtful ones have places of their own, and no others."""
    if most <= 0:
        return []
    kind = DOUBTFUL if doubtful else ~DOUBTFUL
    with transaction.atomic():
        # Without the key: the ledger may be queueing for the very same endpoints.
        locked = due(now).filter(kind).select_for_update(skip_locked=True, of=("self",), no_key=True)
        found = list(locked.order_by(F("tried_at").asc(nulls_first=True), "pk")[:most])
        if not found:
            return []
        taken = Endpoint.objects.filter(pk__in=[each.pk for each in found])
        taken.update(leased_until=now + LEASE, tried_at=now)
        heads = Delivery.objects.select_related("change").in_bulk(
            [each.head for each in found if each.head]  # type: ignore[attr-defined]
        )
    jobs = [_job(each, heads.get(each.head), now, doubtful) for each in found]  # type: ignore[attr-defined]
    return [job for job in jobs if job]


def _job(endpoint: Endpoint, head: Delivery | None, now: datetime, doubtful: bool) -> Job | None:
    keys = secrets_of(endpoint, now)
    if not all(keys):
        pause(endpoint, "Its secret cannot be read here any more: rotate it, then take it up again.", now)
        return None
    if endpoint.state == State.UNPROVEN:
        token = secrets.token_urlsafe(24)
        name, body = f"challenge-{token[:8]}", challenge_body(token, now)
        return Job(endpoint, keys, name, body, now, doubtful, token=token)
    if head is None:
        return None
    return Job(endpoint, keys, id_of(head.change_id), body_of(head.change), now, doubtful, head)
