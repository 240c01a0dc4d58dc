"""Asking to be told, confirming it, and leaving. An address is never logged and never shown."""

from __future__ import annotations

import hashlib
import logging
import re
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.crypto import salted_hmac

from crossings.models import Crossing, Current, Subscription

log = logging.getLogger(__name__)

UNCONFIRMED_KEPT = timedelta(days=2)
LONGEST = 254
PLAIN = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[^@\[\]\s]+\Z")
"""Of what mail allows, all that people have: no quotes, no comments, no numbers of machines."""


def usable(given: str) -> str:
    """The address as mail is sent to it; empty where it is none."""
    given = given.strip()
    if len(given) > LONGEST or not PLAIN.match(given):
        return ""
    local, _, domain = given.partition("@")
    try:
        address = f"{local}@{domain.encode('idna').decode('ascii').lower()}"
        validate_email(address)
    except (UnicodeError, ValidationError):
        return ""
    return address if len(address) <= LONGEST and "." in address.partition("@")[2] else ""


def hashes(address: str) -> list[str]:
    """Under our key, and under those it had before."""
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return [salted_hmac("subscriber", address.lower(), secret=key, algorithm="sha256").hexdigest() for key in keys]


def mailbox(address: str) -> str:
    """Whose it is, whatever word they put behind a plus: karim+torkham@ and Karim@ are one mailbox."""
    local, _, domain = address.lower().partition("@")
    return f"{local.partition('+')[0] or local}@{domain}"


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


@transaction.atomic
def ask(address: str, crossing: Crossing, traffic: str, to: str, language: str, now: datetime) -> None:
    """Remember the wish; a letter with its link goes out soon, whether it is new or known.

    `address` is one that `usable` gave. Of a confirmed subscription nothing is changed: anybody can ask in its name.
    """
    known = Subscription.objects.filter(
        address_hash__in=hashes(address), crossing=crossing, traffic=traffic, to=to
    ).first()
    if known is not None:
        known.asked_at = known.letter_due_at = now
        known.language = known.language if known.confirmed_at else language
        known.save(update_fields=["asked_at", "letter_due_at", "language"])
        return
    token = secrets.token_urlsafe(24)
    row = Subscription(
        address=address,
        address_hash=hashes(address)[0],
        crossing=crossing,
        traffic=traffic,
        to=to,
        language=language,
        token=token,
        token_hash=token_hash(token),
        asked_at=now,
        letter_due_at=now,
    )
    Subscription.objects.bulk_create([row], ignore_conflicts=True)  # two at once ask for the same


def found(token: str, now: datetime) -> Subscription | None:
    """The subscription that this token opens; none where it was not confirmed in time."""
    row = Subscription.objects.select_related("crossing").filter(token_hash=token_hash(token)).first()
    return None if row is None or _forgotten(row, now) else row


def _forgotten(row: Subscription, now: datetime) -> bool:
    return row.confirmed_at is None and row.asked_at <= now - UNCONFIRMED_KEPT


@transaction.atomic
def confirm(token: str, now: datetime) -> Subscription | None:
    """From the crossing's next change on, its owner is told."""
    row = found(token, now)
    if row is None or row.confirmed_at:
        return row
    # The crossing's lock: a change is either committed, and known to whoever confirms, or will find them confirmed.
    current = Current.objects.select_for_update().filter(crossing=row.crossing_id).first()
    row.confirmed_at = now
    row.position = current.position if current else 0
    row.letter_due_at = None
    row.failures = 0
    row.save(update_fields=["confirmed_at", "position", "letter_due_at", "failures"])
    return row


def leave(token: str) -> bool:
    """Delete the subscription and the address with it; whether there was one."""
    count, _ = Subscription.objects.filter(token_hash=token_hash(token)).delete()
    return count > 0


def forget_unconfirmed(now: datetime) -> int:
    count, _ = Subscription.objects.filter(confirmed_at=None, asked_at__lte=now - UNCONFIRMED_KEPT).delete()
    if count:
        log.info("Forgot %s subscriptions that nobody confirmed", count)
    return count
