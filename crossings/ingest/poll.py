"""Polls: one per source and interval whoever asks, each leaving a row, none keeping the others waiting."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.db import Error as DatabaseError
from django.db import IntegrityError, connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from crossings import outbound
from crossings.domain.claims import sha256_of, stamp
from crossings.domain.vocabulary import Word
from crossings.feeds import FORMATS, Context, FeedError
from crossings.ingest import raw
from crossings.ingest.folder import Arrival, files, read_file
from crossings.ingest.outcome import Taken, Tally, storable
from crossings.ingest.take import NOBODYS_FAULT, Taking, TooEarly
from crossings.ingest.watch import massive_closures, unlike_before
from crossings.models import Alarm, Poll, RawBatch, Source, SourceState

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]
ONE_AT_A_TIME = 0x494E474E
FAILURES_THAT_ALARM = 3
CLOCKS_MAY_DIFFER = timedelta(minutes=5)


class Busy(Exception):
    """Somebody else is taking this source at this moment."""


def due(now: datetime) -> list[tuple[int, int]]:
    """The sources whose time has come, each with its slot."""
    rows = Source.objects.filter(active=True).exclude(address="").exclude(format="")
    # Farther off than its interval: the interval was shortened, or our clock was ahead when it was written.
    wrong = Q(state__next_due_at__gt=now + F("interval"))
    rows = rows.filter(Q(state__next_due_at__isnull=True) | Q(state__next_due_at__lte=now) | wrong)
    return [(source.pk, slot_of(source, now)) for source in rows]


def slot_of(source: Source, now: datetime) -> int:
    """The interval now running for this source, as the second it began; each source begins at another one."""
    length = max(1, int(source.interval.total_seconds()))
    offset = source.pk * 7 % length
    return (int(now.timestamp()) - offset) // length * length + offset


def poll(source_id: int, slot: int, clock: Clock = timezone.now) -> list[Poll]:
    """The poll of one slot: done once, however often it is asked for. Its rows; none where it was not ours to do."""
    source = Source.objects.filter(pk=source_id, active=True).exclude(address="").first()
    if source is None:
        return []
    try:
        with only_one(source):
            row = _take_slot(source, slot, clock())
            return [] if row is None else _poll(source, row, clock)
    except Busy:
        return []


def ingest_source(source: Source, clock: Clock = timezone.now, *, trial: bool = False) -> list[Poll]:
    """Poll now, whatever the timetable says. Raises Busy. `trial`: as for ingest_file."""
    with only_one(source):
        return _poll(source, Poll.objects.create(source=source, started_at=clock()), clock, trial=trial)


def ingest_file(source: Source, path: Path, clock: Clock = timezone.now, *, trial: bool = False) -> Poll:
    """Take one file given by hand. Raises Busy.

    `trial`: within the caller's transaction, which it rolls back; what is recorded is undone chunk by chunk, so that
    nobody waits for the locks of the whole.
    """
    with only_one(source):
        row = Poll.objects.create(source=source, started_at=clock())
        _take(row, read_file(path), clock, by_hand=True, trial=trial)
        return row


@contextmanager
def only_one(source: Source) -> Iterator[None]:
    """No two take the same source at once; a process that dies lets go."""
    keys = [ONE_AT_A_TIME, source.pk]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", keys)
        if not cursor.fetchone()[0]:
            raise Busy(f"{source.slug} is being taken at this moment.")
    try:
        yield
    finally:
        # Where the connection is broken the lock is gone with it.
        with suppress(DatabaseError), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", keys)


def _take_slot(source: Source, slot: int, now: datetime) -> Poll | None:
    ends = datetime.fromtimestamp(slot, UTC) + source.interval
    try:
        with transaction.atomic():
            row = Poll.objects.create(source=source, slot=slot, started_at=now)
            SourceState.objects.update_or_create(source=source, defaults={"next_due_at": ends})
    except IntegrityError:
        return None
    return row


def _poll(source: Source, row: Poll | None, clock: Clock, *, trial: bool = False) -> list[Poll]:
    rows: list[Poll] = []
    try:
        for arrival in _arrivals(source):
            row = row or Poll.objects.create(source=source, started_at=clock())
            rows.append(row)
            _take(row, arrival, clock, trial=trial)
            row = None
    except (FeedError, outbound.OutboundError) as error:
        row = row or Poll.objects.create(source=source, started_at=clock())
        rows.append(row)
        _fail(row, error.code, error.detail, clock())
    except NOBODYS_FAULT:
        raise  # the sweeps find what is left
    except Exception as error:
        log.exception("Source %s: a fault of ours while it was asked", source.slug)
        row = row or Poll.objects.create(source=source, started_at=clock())
        rows.append(row)
        _fail(row, "internal_error", f"A fault of ours, see the log: {error!r}", clock())
    if row is not None and not rows:
        rows.append(row)
        _finish(row, Tally(), clock(), detail="Nothing new.")
    return rows


def _arrivals(source: Source) -> Iterator[Arrival]:
    if source.address.startswith("file:"):
        yield from files(source)
        return
    state = _state(source)
    as_before = _asked_as_before(source, state)
    etag, last_modified = (state.etag, state.last_modified) if as_before else ("", "")
    reply = outbound.get(source.address, more=source.headers, etag=etag, last_modified=last_modified)
    if isinstance(reply, outbound.NotModified):
        yield Arrival(b"", "")
        return
    digest = hashlib.sha256(reply.body).hexdigest()
    yield Arrival(reply.body, digest, etag=reply.etag, last_modified=reply.last_modified)


def _state(source: Source) -> SourceState:
    return SourceState.objects.get_or_create(source=source)[0]


def _way_of_asking(source: Source) -> str:
    """Changes with all that decides what comes and how it is read: what was known of the old way no longer holds."""
    return sha256_of([source.address, source.format, source.options, source.headers])


def _asked_as_before(source: Source, state: SourceState) -> bool:
    return state.asked_as == _way_of_asking(source)


def _take(row: Poll, arrival: Arrival, clock: Clock, by_hand: bool = False, *, trial: bool = False) -> None:
    """Into the ledger, whatever it is; the row tells what came of it."""
    row.file_name, row.bytes, row.sha256 = arrival.file_name, len(arrival.body), arrival.sha256
    row.save()
    if arrival.error is not None:
        _fail(row, arrival.error.code, arrival.error.detail, clock())
    elif _same_as_last(row):
        _finish(row, _whole(Taken.UNCHANGED), clock(), arrival)
    elif not by_hand and (kept := raw.kept_already(row.source, row.sha256)):
        _leave_to(row, *kept, clock())
    else:
        if arrival.written_at:  # unless it says a time of its own
            row.reply_at = min(arrival.written_at, row.started_at)
            row.save()
        work_off(raw.store(row, arrival, clock()), clock, trial=trial)


def _leave_to(row: Poll, batch: int, state: str, now: datetime) -> None:
    """End a poll that brought what a batch holds already."""
    if state == RawBatch.State.DEAD:
        _fail(row, "poison_batch", f"The same bytes were set aside as batch {batch}: a person may try that again.", now)
        return
    row.sha256 = ""  # these bytes are not yet a success that others could be the same as
    _finish(row, _whole(Taken.UNCHANGED), now, detail=f"The same bytes wait as batch {batch}.")


def take_left_behind(batch_id: int, clock: Clock = timezone.now) -> bool:
    """Take up a raw batch that a dead worker left. False where there is nothing to do, or somebody is at it."""
    waiting = RawBatch.objects.filter(pk=batch_id, state=RawBatch.State.WAITING)
    source = Source.objects.filter(batches__in=waiting, active=True).first()
    if source is None:
        return False
    try:
        with only_one(source):
            batch = waiting.select_related("poll__source", "source").first()  # the body only once it is ours
            return batch is not None and work_off(batch, clock)
    except Busy:
        return False


def close_interrupted(now: datetime) -> int:
    """End the polls whose worker died before anything was stored, and free their slots; how many there were.

    The source is then due at once, but after several failures in a row only at its next slot.
    """
    found = 0
    open_rows = Poll.objects.filter(finished_at=None, batch=None).select_related("source")
    for row in open_rows.filter(Q(started_at__lte=now - raw.LEFT_ALONE) | Q(started_at__gt=now))[:200]:
        with suppress(Busy), only_one(row.source), transaction.atomic():
            if not open_rows.filter(pk=row.pk).exists():
                continue
            slot, row.slot = row.slot, None
            _fail(row, "interrupted", "The worker ended before anything was stored.", now)
            if slot is not None and _state(row.source).failures <= raw.MOST_TRIES:
                SourceState.objects.filter(source=row.source).update(next_due_at=now)
            found += 1
    return found


def work_off(batch: RawBatch, clock: Clock, *, trial: bool = False) -> bool:
    """Make reports of a raw batch, each item once however often this is begun. False: it was set aside."""
    row = batch.poll
    with transaction.atomic():
        if not raw.try_again(batch, clock()):
            _fail(row, "poison_batch", f"Set aside after {raw.MOST_TRIES} tries that came to no end.", clock())
            return False
    arrival = raw.arrival_of(batch)
    try:
        tally = _taken(row, batch, arrival, clock, trial)
    except FeedError as error:
        with transaction.atomic():
            raw.settle_batch(batch, RawBatch.State.FAILED)
            _fail(row, error.code, error.detail, clock())
    except TooEarly:
        raw.not_counted(batch)
    except NOBODYS_FAULT:
        raise  # it waits, and is taken up again
    except Exception as error:
        log.exception("Source %s: a fault of ours in batch %s", row.source.slug, batch.pk)
        _fail(row, "internal_error", f"A fault of ours, see the log; it is tried again: {error!r}", clock())
    else:
        if tally.new_reports and not trial:
            massive_closures(clock(), row.source)
        if arrival.body and not trial:
            unlike_before(row, tally, clock())
        with transaction.atomic():
            raw.settle_batch(batch, RawBatch.State.TAKEN)
            _finish(row, tally, clock(), arrival)
            if batch.alarms.filter(kind=Alarm.Kind.POISON, cleared_at=None).exists():
                Alarm.clear(Alarm.Kind.POISON, row.source, clock())
    return True


def _taken(row: Poll, batch: RawBatch, arrival: Arrival, clock: Clock, trial: bool) -> Tally:
    source, state = row.source, _state(row.source)
    form = FORMATS.get(source.format)
    if form is None:
        raise FeedError("unknown_format", f'"{source.format}" is none of {", ".join(FORMATS)}.')
    parsed = form.parse(arrival.body, Context(row.reply_at or row.started_at, source.options))
    row.reply_at = parsed.reply_at or row.reply_at
    if form.state_feed and parsed.reply_at is not None:
        if parsed.reply_at > clock() + CLOCKS_MAY_DIFFER:
            raise FeedError("future_timestamp", f"It says it is from {stamp(parsed.reply_at)}, ahead of our clock.")
        last = state.last_reply_at if _asked_as_before(source, state) else None
        if last is not None and parsed.reply_at < last:
            return _whole(Taken.OLDER)

    def progress(done: int) -> None:
        RawBatch.objects.filter(pk=batch.pk).update(done=done)

    return Taking(
        source,
        clock,
        state_feed=form.state_feed,
        polled=not arrival.file_name,
        older_waits=raw.older_waits(batch),
        trial=trial,
        progress=progress,
    ).take(parsed)


def _same_as_last(row: Poll) -> bool:
    """Whether these are the bytes of the last success, and nothing of them waits to be understood."""
    if not row.sha256:
        return True
    if not _asked_as_before(row.source, _state(row.source)):
        return False
    last = (
        Poll.objects.filter(source=row.source, error="", finished_at__isnull=False)
        .exclude(sha256="")
        .order_by("-pk")
        .first()
    )
    return last is not None and last.sha256 == row.sha256 and not last.counts.get(Taken.REFUSED.value)


def _whole(outcome: Word) -> Tally:
    tally = Tally()
    tally.counts[outcome.value] = 1
    return tally


def _finish(row: Poll, tally: Tally, now: datetime, arrival: Arrival | None = None, detail: str = "") -> None:
    row.finished_at, row.counts, row.items, row.error = now, dict(tally.counts), tally.items, ""
    row.detail = storable(detail or (f"First refused: {tally.first_fault()}" if tally.refused else ""))
    row.save()
    if tally.refused:
        total = sum(tally.counts.values())
        log.warning("Source %s: %s of %s items refused. %s", row.source.slug, tally.refused, total, row.detail)
    state = _state(row.source)
    state.last_polled_at = now
    if arrival is not None and tally.refused and tally.refused == sum(tally.counts.values()):
        _one_more_failure(state, f"All {tally.refused} items were refused. {row.detail}", now)
    elif arrival is not None and not tally.counts[Taken.OLDER.value]:
        state.last_success_at, state.failing_since, state.failures = now, None, 0
        way = _way_of_asking(row.source)
        newest = state.last_reply_at if state.asked_as == way else None
        state.asked_as = way
        for kind in (Alarm.Kind.FAILING, Alarm.Kind.QUIET):
            Alarm.clear(kind, row.source, now)
        if not tally.refused and arrival.sha256:
            state.etag, state.last_modified = arrival.etag, arrival.last_modified
        if row.reply_at is not None and FORMATS[row.source.format].state_feed:
            state.last_reply_at = max(row.reply_at, newest or row.reply_at)
    state.save()


def _fail(row: Poll, code: str, detail: str, now: datetime) -> None:
    row.finished_at, row.error, row.detail = now, code, storable(detail)
    row.save()
    log.warning("Source %s%s: %s. %s", row.source.slug, f", {row.file_name}" if row.file_name else "", code, row.detail)
    state = _state(row.source)
    state.last_polled_at = now
    _one_more_failure(state, f"{code}. {row.detail}", now)
    state.save()


def _one_more_failure(state: SourceState, why: str, now: datetime) -> None:
    state.failures += 1
    state.failing_since = state.failing_since or now
    if state.failures >= FAILURES_THAT_ALARM:
        Alarm.sound(Alarm.Kind.FAILING, state.source, f"{state.failures} failures in a row: {why}", now)
