"""Whom a challenge may be sent, and when: no key may have a stranger flooded with them."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.db import connection
from django.db.models import Max

from crossings.models import ApiKey, Challenge, Endpoint

HOST_EVERY = timedelta(seconds=10)
"""One host is asked no more often, whoever asks for it: the next ones wait for their turn."""
MOST_OF_A_KEY, WITHIN = 30, timedelta(hours=1)
ONE_HOST = 0x77686C


class AskedTooOften(Exception):
    """Of the challenges of a key; `wait` in whole seconds."""

    def __init__(self, wait: timedelta) -> None:
        self.wait = math.ceil(wait.total_seconds())
        super().__init__(f"A key has {MOST_OF_A_KEY} challenges sent an hour at most: wait {self.wait} s.")


def turn_of(endpoint: Endpoint, now: datetime) -> datetime:
    """From when on its host may be asked; counted, for its key. In a transaction. Raises AskedTooOften."""
    # One after the other, so that two at once are counted.
    ApiKey.objects.select_for_update(no_key=True).get(pk=endpoint.key_id)
    asked = Challenge.objects.filter(key=endpoint.key_id, asked_at__gt=now - WITHIN).order_by("-asked_at")
    latest = list(asked.values_list("asked_at", flat=True)[:MOST_OF_A_KEY])
    if len(latest) == MOST_OF_A_KEY:
        raise AskedTooOften(latest[-1] + WITHIN - now)
    host = host_of(endpoint.url)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [ONE_HOST, host])
    last = Challenge.objects.filter(host=host).aggregate(last=Max("at"))["last"]
    at = max(now, last + HOST_EVERY) if last else now
    Challenge.objects.create(key_id=endpoint.key_id, host=host, asked_at=now, at=at)
    return at


def host_of(url: str) -> str:
    """However it is spelt."""
    host = (urlsplit(url).hostname or "").rstrip(".")
    return host if host.isascii() else host.encode("idna").decode()


def forget_challenges(now: datetime) -> None:
    Challenge.objects.filter(asked_at__lte=now - WITHIN, at__lte=now - WITHIN).delete()
