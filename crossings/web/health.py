"""For those who watch the site: /healthz, whether the process is up, and /readyz, whether its services answer.

Both are bounded in time: a frozen database or broker must not freeze the answer that says so.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

import redis
from django.conf import settings
from django.db import Error, connection
from django.db.models import Min
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from crossings.domain.claims import stamp
from crossings.models import Current, Source
from crossings.pulse import heartbeat_age

Json = dict[str, Any]
PATIENCE_S = 3.0


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """503 where the database or the broker does not answer. Late polls, workers and settling are told, not judged."""
    now = timezone.now()
    database = in_time(lambda: _database(now))
    broker = in_time(lambda: _broker(now))
    up = "fault" not in database and "fault" not in broker
    content = {"ready": up, "database": database.pop("state", "down"), "broker": broker.pop("state", "down")}
    return JsonResponse({**content, **database, **broker}, status=200 if up else 503)


def in_time(check: Callable[[], Json]) -> Json:
    """The check's answer, or a fault. A check that hangs is left behind in its thread, which ends with the process."""
    answers: SimpleQueue[Json] = SimpleQueue()
    Thread(target=lambda: answers.put(check()), daemon=True).start()
    try:
        return answers.get(timeout=PATIENCE_S)
    except Empty:
        return {"fault": f"no answer within {PATIENCE_S:g} s"}


def _database(now: datetime) -> Json:
    """On a connection of this thread's own: an old one may lead to a server that is gone."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = '2s'")
        polled = Source.objects.filter(active=True).exclude(address="").select_related("state").order_by("pk")
        overdue = Current.objects.filter(settle_at__lte=now).aggregate(oldest=Min("settle_at"))["oldest"]
        return {
            "state": "up",
            "polls": [_poll(source) for source in polled],
            "settle_overdue_since": stamp(overdue),
        }
    except Error:
        return {"fault": "database"}
    finally:
        connection.close()


def _poll(source: Source) -> Json:
    state = getattr(source, "state", None)
    return {
        "source": source.public_label,
        "last_polled_at": stamp(state.last_polled_at) if state else None,
        "last_success_at": stamp(state.last_success_at) if state else None,
        "failing_since": stamp(state.failing_since) if state else None,
        "next_due_at": stamp(state.next_due_at) if state else None,
    }


def _broker(now: datetime) -> Json:
    """And how long ago, in seconds, a worker last answered over it; null where none did for ten minutes."""
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1) as client:
            client.ping()
        age = heartbeat_age(now)
        return {"state": "up", "worker_seen_s_ago": None if age is None else round(age, 1)}
    except (redis.RedisError, OSError):
        return {"fault": "broker"}
