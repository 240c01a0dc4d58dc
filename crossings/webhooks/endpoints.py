"""The life of an endpoint: made, proven, failing, paused, taken up again, switched off."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from crossings import bell
from crossings.domain.vocabulary import Scope
from crossings.models import Delivery, Endpoint
from crossings.webhooks.asking import forget_challenges, turn_of
from crossings.webhooks.sign import new_secret, replace_secret

log = logging.getLogger(__name__)

DUE = "deliver.due"
"""The task that sends what is due."""
WAITS_FOR = timedelta(days=7)
"""How long what could not be delivered is kept for its receiver."""
KEPT = timedelta(days=30)
"""How long the log of what was delivered or given up is."""
AT_ONCE = 5000
MAIL_AGAIN = timedelta(hours=1)
State = Endpoint.State


class HeldByStaff(Exception):
    """Only our staff take it up again. Its text is the reason they gave."""


def entitled(now: datetime) -> Q:
    """Of endpoints: their key is good, may have webhooks, and its source is active."""
    good = Q(key__expires_at=None) | Q(key__expires_at__gt=now)
    return good & Q(key__revoked_at=None, key__source__active=True, key__scopes__contains=[Scope.WEBHOOK.value])


def with_waiting(endpoints: QuerySet[Endpoint]) -> QuerySet[Endpoint]:
    """Each with `waiting`, how many deliveries wait for it."""
    rows = Delivery.objects.filter(endpoint=OuterRef("pk"), state=Delivery.State.WAITING).order_by()
    counted = rows.values("endpoint").annotate(count=Count("pk")).values("count")
    return endpoints.annotate(waiting=Coalesce(Subquery(counted), 0))


def made(endpoint: Endpoint, now: datetime) -> Endpoint:
    """Store a new one with its secret, and ask it whether it is its owner's. In a transaction; raises AskedTooOften."""
    endpoint.secret, endpoint.state = new_secret(), State.UNPROVEN
    endpoint.since, endpoint.challenge_at = now, turn_of(endpoint, now)
    endpoint.save()
    bell.ring_on_commit(DUE)
    return endpoint


def change(endpoint: Endpoint, given: dict[str, Any], now: datetime) -> None:
    """Set these columns of a row that is locked. At another address it has to prove itself anew.

    Raises AskedTooOften, and HeldByStaff for one that was to be moved.
    """
    changed = {name: value for name, value in given.items() if getattr(endpoint, name) != value}
    if not changed:
        return
    Endpoint.objects.filter(pk=endpoint.pk).update(**changed)
    if "url" in changed:
        if endpoint.held:
            raise HeldByStaff(endpoint.detail)
        endpoint.url = changed["url"]
        ask_again(endpoint, now)


def ask_again(endpoint: Endpoint, now: datetime) -> None:
    """The challenge, once more; until it is answered nothing else is sent. The row is locked; raises AskedTooOften."""
    at = turn_of(endpoint, now)
    Endpoint.objects.filter(pk=endpoint.pk).update(
        state=State.UNPROVEN, since=now, challenge_at=at, rests_until=None, detail=""
    )
    bell.ring_on_commit(DUE)


def rotate(endpoint: Endpoint, now: datetime) -> None:
    """A new secret, of a row that is locked; those before sign too, each for BOTH_FOR."""
    replace_secret(endpoint, now)
    endpoint.save(update_fields=["secret", "old_secrets", "old_secret_until"])


def take_up(endpoint: Endpoint, now: datetime, *, by_staff: bool = False) -> bool:
    """Send again at once what waits: after a pause, a 410, or while it rests. False: it has to prove itself first.
    Raises HeldByStaff where it is not for its owner to do.
    """
    if endpoint.held and not by_staff:
        raise HeldByStaff(endpoint.detail)
    changed = Endpoint.objects.filter(pk=endpoint.pk).exclude(state__in=[State.UNPROVEN, State.OFF])
    found = (changed if by_staff else changed.filter(held=False)).update(
        state=State.ACTIVE, held=False, since=now, failures=0, failing_since=None, rests_until=None,
        tell_owner_at=None, detail="",
    )  # fmt: skip
    if found:
        Delivery.objects.filter(endpoint=endpoint.pk, state=Delivery.State.WAITING).update(due_at=now)
        bell.ring_on_commit(DUE)
    return bool(found)


def pause(endpoint: Endpoint, detail: str, now: datetime) -> bool:
    """Send nothing until it is taken up again; what changes meanwhile goes on being kept for it."""
    return bool(
        Endpoint.objects.filter(pk=endpoint.pk, state=State.ACTIVE).update(
            state=State.PAUSED, since=now, tell_owner_at=now, detail=detail
        )
    )


def hold(endpoint: Endpoint, reason: str, now: datetime) -> bool:
    """A pause by our staff: its owner is told the reason, and cannot lift it."""
    stands = Endpoint.objects.filter(pk=endpoint.pk, state__in=[State.ACTIVE, State.PAUSED, State.GONE])
    detail = f"Paused by our staff: {reason}"
    return bool(stands.update(state=State.PAUSED, held=True, since=now, tell_owner_at=now, detail=detail))


@transaction.atomic
def switch_off(endpoint: Endpoint, now: datetime) -> None:
    Endpoint.objects.filter(pk=endpoint.pk).update(state=State.OFF, since=now, secret="", old_secrets="")
    Delivery.objects.filter(endpoint=endpoint.pk, state=Delivery.State.WAITING).update(
        state=Delivery.State.GIVEN_UP, ended_at=now
    )


def again(delivery: Delivery, now: datetime) -> None:
    """Send it once more, under the same id."""
    waiting = {"state": Delivery.State.WAITING, "refusals": 0, "due_at": now, "created_at": now, "ended_at": None}
    Delivery.objects.filter(pk=delivery.pk).update(**waiting)
    bell.ring_on_commit(DUE)


# Those who have to know


def tell_owners(now: datetime) -> int:
    """A letter to those whose endpoint is sent nothing any more. One that cannot be sent is tried again in an hour."""
    told = 0
    due = Endpoint.objects.filter(tell_owner_at__lte=now, state__in=[State.PAUSED, State.GONE])
    for endpoint in due.select_related("key__source"):
        # Before it is sent: a mail server that hangs does not get it anew every minute.
        Endpoint.objects.filter(pk=endpoint.pk).update(tell_owner_at=now + MAIL_AGAIN)
        if endpoint.key.contact and not _letter(endpoint):
            continue
        Endpoint.objects.filter(pk=endpoint.pk).update(tell_owner_at=None)
        told += bool(endpoint.key.contact)
    return told


def _letter(endpoint: Endpoint) -> bool:
    why = "it answered 410 Gone" if endpoint.state == State.GONE else endpoint.detail or "it failed"
    again = f"POST /api/v1/webhooks/{endpoint.pk}/resumption/ with your key takes it up again."
    lines = [
        f"Nothing is sent any more to your webhook endpoint {endpoint.pk}, {endpoint.url}",
        f"since {endpoint.since:%Y-%m-%d %H:%M} UTC: {why}",
        "",
        "Only our staff take it up again: write to them." if endpoint.held else again,
        *_kept(endpoint),
    ]
    try:
        send_mail(
            f"Your webhook endpoint {endpoint.pk} is {endpoint.state}",
            "\n".join(lines),
            settings.DEFAULT_FROM_EMAIL,
            [endpoint.key.contact],
        )
    except Exception:  # of the mail server, the network, the address: none of them is ours to end on
        log.exception("The owner of endpoint %s could not be told", endpoint.pk)
        return False
    return True


def _kept(endpoint: Endpoint) -> list[str]:
    if endpoint.state != State.PAUSED:
        return ["What changes until then is not sent: read it with GET /api/v1/changes/?after=POSITION."]
    return [f"What changes until then is kept for {WAITS_FOR.days} days and then sent, in order."]


# What is no longer needed


def forget_old(now: datetime) -> int:
    """Give up what waited too long, and delete the old log. How many deliveries were deleted."""
    waiting = Delivery.objects.filter(state=Delivery.State.WAITING, created_at__lt=now - WAITS_FOR)
    given_up = waiting.update(state=Delivery.State.GIVEN_UP, ended_at=now)
    if given_up:
        log.warning("%s deliveries waited for more than %s days and were given up", given_up, WAITS_FOR.days)
    Endpoint.objects.filter(state=State.UNPROVEN, since__lt=now - WAITS_FOR).update(state=State.OFF, since=now)
    old = Delivery.objects.filter(created_at__lt=now - KEPT).exclude(state=Delivery.State.WAITING)
    forget_challenges(now)
    count = 0
    while some := list(old.values_list("pk", flat=True)[:AT_ONCE]):
        Delivery.objects.filter(pk__in=some).delete()
        count += len(some)
    for endpoint in Endpoint.objects.filter(state=State.OFF, since__lt=now - KEPT):
        endpoint.delete()
    return count
