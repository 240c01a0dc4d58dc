"""How often a key may call, and how often an address may come with one that is none: counted in Redis by the minute.

A Redis that is dead or frozen holds nobody up: then nobody is counted, and one request in ten seconds finds it out.
"""

from __future__ import annotations

import logging
import time

from django.core.cache import cache
from django.views import View
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from crossings.api.problems import Problem
from crossings.bell import breaker
from crossings.domain.network import house
from crossings.models import ApiKey

log = logging.getLogger(__name__)

MINUTE = 60
WRONG_KEYS = 60
"""A minute, from one address."""


class KeyRate(BaseThrottle):
    """At most `rate` requests a minute with one key; a batch counts as one. Asked by every view that takes keys."""

    def allow_request(self, request: Request, view: View) -> bool:
        if isinstance(request.auth, ApiKey):
            key = request.auth
            _at_most(key.rate, f"key:{key.pk}", "requests a minute with this key")
        return True


def a_wrong_key(request: Request) -> None:
    """Count one. Raises Problem 429 where the client's address has come with too many."""
    _at_most(WRONG_KEYS, f"wrong:{house(BaseThrottle().get_ident(request) or '')}", "wrong keys a minute")


def _at_most(most: int, name: str, what: str) -> None:
    now = int(time.time())
    if _counted(f"rate:{name}:{now // MINUTE}") <= most:
        return
    wait = MINUTE - now % MINUTE
    detail = f"At most {most:,} {what}: send it again in {wait} s."
    raise Problem("too-many-requests", detail, headers={"Retry-After": str(wait)})


def _counted(name: str) -> int:
    """How many there were in that minute, this one included; 0 where Redis does not answer."""
    if not breaker.lets_through():
        return 0
    try:
        return _one_more(name)
    except (RedisError, OSError) as error:
        breaker.failed()
        log.warning("Redis cannot be reached, no key is throttled for the moment: %s", error)
        return 0


def _one_more(name: str) -> int:
    try:
        return cache.incr(name)
    except ValueError:  # there is none yet
        return 1 if cache.add(name, 1, 2 * MINUTE) else cache.incr(name)
