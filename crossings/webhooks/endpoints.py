"""The life of an endpoint: made, proven, failing, paused, taken up again, switched off."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import send_mail
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from crossings import bell
from crossings.domain.vocabulary import Scope
from crossings.models import Delivery, Endpoint
from crossings.webhooks.sign import BOTH_FOR, new_secret

log = logging.getLogger(__name__)

DUE = "deliver.due"
"""The task that sends what is due."""
WAITS_FOR = timedelta(days=7)
"""How long what could not be delivered is kept for its receiver."""
KEPT = timedelta(days=30)
"""How long the log of what was delivered or given up is."""
ASKED_EVERY = timedelta(seconds=10)
AT_ONCE = 5000
MAIL_AGAIN = timedelta(hours=1)
State = Endpoint.State


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
    """Store a new one with its secret, and ask it whether it is its owner's."""
    endpoint.secret, endpoint.state = new_secret(), State.UNPROVEN
    endpoint.since = endpoint.challenge_at = now
    endpoint.save()
    bell.ring_on_commit(DUE)
    return endpoint


def ask_again(endpoint: Endpoint, now: datetime) -> None:
    """The challenge, once more; until it is answered nothing else is sent. Nobody is asked again within ASKED_EVERY."""
    at = max(now, endpoint.tried_at + ASKED_EVERY) if endpoint.tried_at else now
    Endpoint.objects.filter(pk=endpoint.pk).update(
        state=State.UNPROVEN, since=now, challenge_at=at, rests_until=None, detail=""
    )
    bell.ring_on_commit(DUE)


def rotate(endpoint: Endpoint, now: datetime) -> None:
    """A new secret; the one before signs too, for BOTH_FOR."""
    endpoint.secret, endpoint.old_secret, endpoint.old_secret_until = new_secret(), endpoint.secret, now + BOTH_FOR
    endpoint.save(update_fields=["secret", "old_secret", "old_secret_until"])


def take_up(endpoint: Endpoint, now: datetime) -> bool:
    """Send again at once what waits: after a pause, a 410, or while it rests. False: it has to prove itself first."""
    changed = Endpoint.objects.filter(pk=endpoint.pk).exclude(state__in=[State.UNPROVEN, State.OFF])
    found = changed.update(
        state=State.ACTIVE, since=now, failures=0, failing_since=None, rests_until=None, tell_owner_at=None, detail=""
    )
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


def switch_off(endpoint: Endpoint, now: datetime) -> None:
    Endpoint.objects.filter(pk=endpoint.pk).update(state=State.OFF, since=now, secret="", old_secret="")
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
    why = "it answered 410 Gone" if endpoint.state == State.GONE else endpoint.detail or "it was paused by our staff"
    lines = [
        f"Nothing is sent any more to your webhook endpoint {endpoint.pk}, {endpoint.url}",
        f"since {endpoint.since:%Y-%m-%d %H:%M} UTC: {why}",
        "",
        f"POST /api/v1/webhooks/{endpoint.pk}/resumption/ with your key takes it up again.",
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
    count = 0
    while some := list(old.values_list("pk", flat=True)[:AT_ONCE]):
        Delivery.objects.filter(pk__in=some).delete()
        count += len(some)
    for endpoint in Endpoint.objects.filter(state=State.OFF, since__lt=now - KEPT):
        endpoint.delete()
    return count
