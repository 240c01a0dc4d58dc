"""A source that has gone quiet raises one alarm; its lanes go stale by themselves."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from crossings.models import Alarm, Source

INTERVALS_OF_SILENCE = 3
AT_LEAST = timedelta(minutes=15)


def quiet_sources(now: datetime | None = None) -> list[Source]:
    """The polled sources from which nothing usable came for several intervals; each raises one alarm."""
    now = now or timezone.now()
    rows = Source.objects.filter(active=True, state__isnull=False).exclude(address="").exclude(format="")
    found = []
    for source in rows.select_related("state"):
        heard = source.state.last_success_at or source.created_at
        if now - heard > max(INTERVALS_OF_SILENCE * source.interval, AT_LEAST):
            Alarm.sound(Alarm.Kind.QUIET, source, f"Nothing usable since {heard:%d %b %H:%M} UTC.", now)
            found.append(source)
    return found
