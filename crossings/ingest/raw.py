"""What came in is kept as it came before anything is made of it; what a dead worker left is taken up again."""

from __future__ import annotations

import logging
import zlib
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from crossings.ingest.folder import Arrival
from crossings.models import Alarm, Poll, RawBatch, Source
from crossings.phrases.text import plain
from crossings.phrases.times import Clock

log = logging.getLogger(__name__)

MOST_TRIES = 5
LEFT_ALONE = timedelta(seconds=20)
"""A batch this young is still in the hands of whoever fetched it."""
BETWEEN_TRIES = timedelta(seconds=30)
KEPT = timedelta(days=90)
AT_ONCE = 200
SET_ASIDE = (RawBatch.State.DEAD, RawBatch.State.FAILED)
"""What no worker tries any more: only a person lets it be tried anew."""


def store(row: Poll, arrival: Arrival, now: datetime) -> RawBatch:
    return RawBatch.objects.create(
        poll=row,
        source=row.source,
        body=zlib.compress(arrival.body, 1),
        received_at=now,
        etag=arrival.etag,
        last_modified=arrival.last_modified,
    )


def arrival_of(batch: RawBatch) -> Arrival:
    body = zlib.decompress(batch.body)
    row = batch.poll
    return Arrival(body, row.sha256, row.file_name, batch.etag, batch.last_modified)


def left_behind(now: datetime) -> list[int]:
    """The batches that wait though nobody may be at work on them: the caller asks the source's lock for certainty.

    A time ahead of `now` was written while our clock was wrong, and holds nothing back.
    """
    waiting = RawBatch.objects.filter(state=RawBatch.State.WAITING, source__active=True)
    arrived = waiting.filter(Q(received_at__lte=now - LEFT_ALONE) | Q(received_at__gt=now))
    rested = arrived.filter(Q(tried_at=None) | Q(tried_at__lte=now - BETWEEN_TRIES) | Q(tried_at__gt=now))
    return list(rested.order_by("received_at").values_list("pk", flat=True)[:200])


def try_again(batch: RawBatch, now: datetime) -> bool:
    """Count one more try before it begins, so that one that kills its worker is counted too. False: set aside."""
    if batch.attempts >= MOST_TRIES:
        batch.state = RawBatch.State.DEAD
        batch.save(update_fields=["state"])
        came = plain(Clock(now, ("UTC",)).when(batch.received_at))
        detail = f"Batch {batch.pk} of {came}: {MOST_TRIES} tries, none came to an end."
        Alarm.sound(Alarm.Kind.POISON, batch.source, detail, now, batch)
        return False
    batch.attempts += 1
    batch.tried_at = now
    batch.save(update_fields=["attempts", "tried_at"])
    return True


def begin_anew(ids: Iterable[int], now: datetime) -> list[int]:
    """Let batches that were set aside, or could not be used, be tried again from the first try: which of them there
    were. The caller rings the worker; each of their items still counts once.
    """
    with transaction.atomic():
        rows = RawBatch.objects.select_for_update(of=("self",)).filter(pk__in=ids, state__in=SET_ASIDE)
        found = list(rows.defer("body").select_related("source").order_by("pk"))
        chosen = RawBatch.objects.filter(pk__in=[row.pk for row in found])
        chosen.update(state=RawBatch.State.WAITING, attempts=0, tried_at=None)
        for source in {row.source for row in found}:
            if not RawBatch.objects.filter(source=source, state=RawBatch.State.DEAD).exists():
                Alarm.clear(Alarm.Kind.POISON, source, now)
    return [row.pk for row in found]


def not_counted(batch: RawBatch) -> None:
    """Take back a try that could not succeed yet."""
    batch.attempts -= 1
    batch.save(update_fields=["attempts"])


def older_waits(batch: RawBatch) -> bool:
    return RawBatch.objects.filter(source=batch.source, state=RawBatch.State.WAITING, pk__lt=batch.pk).exists()


def kept_already(source: Source, sha256: str) -> tuple[int, str] | None:
    """The batch and state in which these very bytes wait, or were set aside: to try them anew would kill anew."""
    unfinished = RawBatch.objects.filter(source=source, state__in=[RawBatch.State.WAITING, RawBatch.State.DEAD])
    return unfinished.filter(poll__sha256=sha256).order_by("pk").values_list("pk", "state").first()


def settle_batch(batch: RawBatch, state: RawBatch.State) -> None:
    batch.state = state
    batch.save(update_fields=["state"])


def forget_old(now: datetime) -> int:
    """Delete what was kept long enough. What still waits is not: it was never made into anything."""
    old = RawBatch.objects.filter(received_at__lt=now - KEPT).exclude(state=RawBatch.State.WAITING)
    count = 0
    # A few at a time and without their bodies: after a long rest there may be gigabytes.
    while some := list(old.values_list("pk", flat=True)[:AT_ONCE]):
        RawBatch.objects.filter(pk__in=some).defer("body").delete()
        count += len(some)
    if count:
        log.info("Deleted %s raw batches older than %s days", count, KEPT.days)
    return count
