"""The items of a batch -> the ledger, in order, each for itself."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime

from celery.exceptions import SoftTimeLimitExceeded
from django.db import InterfaceError, OperationalError, connection, transaction

from crossings.domain.claims import Claim
from crossings.domain.faults import Fault, Refused
from crossings.domain.readings import Reading as Count
from crossings.feeds import Batch, Item, Kind, Place
from crossings.ingest.outcome import Taken, Tally
from crossings.ingest.read import read_claim, read_reading
from crossings.ingest.take_back import read_retraction, take_back
from crossings.ledger import Outcome, Result, hold_entry, record_many, touch_crossing
from crossings.matching import Names
from crossings.models import Crossing, Source

log = logging.getLogger(__name__)

AT_MOST = 500
"""Items handed to the ledger at once: it makes one transaction of them."""
PLACES_LOCK = 0x43524F53
NOBODYS_FAULT = (OperationalError, InterfaceError, SoftTimeLimitExceeded)


class TooEarly(Exception):
    """It takes back what an older batch of its source may hold, which itself waits: after that one."""


class Taking:
    """One batch of one source on its way into the ledger. `older_waits`: another of the source is not yet taken."""

    def __init__(
        self,
        source: Source,
        clock: Callable[[], datetime],
        *,
        state_feed: bool,
        polled: bool,
        older_waits: bool = False,
        trial: bool = False,
        progress: Callable[[int], None] = lambda done: None,
    ) -> None:
        self.source, self.clock = source, clock
        self.state_feed, self.polled = state_feed, polled
        self.older_waits, self.trial, self.progress = older_waits, trial, progress
        self.names = Names.load()
        self.tally = Tally()
        self.waiting: list[tuple[Item, Claim | Count]] = []
        self.too_early: list[Item] = []

    def take(self, batch: Batch) -> Tally:
        for place in batch.places:
            self._know(place)
        for item in batch.items:
            if item.faults:
                self.tally.refuse(item.at, item.faults)
            elif item.kind is Kind.ENTRY:
                self._flush()
                with self._kept():
                    self.tally.result(item.at, hold_entry(self.source, item.data, now=self.clock()))
            elif item.kind is Kind.RETRACTION:
                self._flush()
                self._retract(item)
            else:
                self._read(item)
            if len(self.waiting) == AT_MOST:
                self._flush()
        self._flush()
        for item in self.too_early:
            self._retract(item, last_chance=True)
        return self.tally

    def _read(self, item: Item) -> None:
        read = read_claim if item.kind is Kind.REPORT else read_reading
        try:
            self.waiting.append((item, read(item.data, self.names, self.source)))
        except Refused as refused:
            self.tally.refuse(item.at, refused.faults)

    def _flush(self) -> None:
        waiting, self.waiting = self.waiting, []
        if not waiting:
            return
        try:
            results = self._record([said for _, said in waiting])
        except NOBODYS_FAULT:
            raise
        except Exception as error:
            log.warning("Source %s: taking %s items singly: %r", self.source.slug, len(waiting), error)
            results = [self._record_alone(said) for _, said in waiting]
        for (item, _), result in zip(waiting, results, strict=True):
            if result is None:
                self.tally.refuse(item.at, [Fault("", "not_recordable", "A fault of ours: see the log.")])
            else:
                self.tally.result(item.at, result)
        self.progress(sum(self.tally.counts.values()))

    def _record(self, said: list[Claim | Count]) -> list[Result | None]:
        with self._kept():
            return [*self._record_all(said)]

    def _record_all(self, said: list[Claim | Count]) -> list[Result]:
        now = self.clock()
        return record_many(self.source, said, now=now, repeats_confirm=self.state_feed, polled=self.polled)

    @contextmanager
    def _kept(self) -> Iterator[None]:
        """On trial nothing is, nor any lock."""
        with transaction.atomic() if self.trial else nullcontext():
            yield
            if self.trial:
                transaction.set_rollback(True)

    def _record_alone(self, said: Claim | Count) -> Result | None:
        try:
            return self._record([said])[0]
        except NOBODYS_FAULT:
            raise
        except Exception:
            log.exception("Source %s: %s cannot be recorded", self.source.slug, said.external_id)
            return None

    def _retract(self, item: Item, *, last_chance: bool = False) -> None:
        """Take back what the source sent by that id. What is not there yet may follow in the same batch."""
        try:
            external_id, reason = read_retraction(item.data)
        except Refused as refused:
            self.tally.refuse(item.at, refused.faults)
            return
        with self._kept():
            told = take_back(self.source, external_id, reason=reason, now=self.clock())
        if told is not None:
            numbers = {"report": told.report, "reading": told.reading, "draft": told.draft}
            outcome = Taken.RETRACTED if told.new else Outcome.SAME
            self.tally.add(item.at, outcome, **{key: pk for key, pk in numbers.items() if pk})
        elif not last_chance:
            self.too_early.append(item)
        elif self.older_waits:
            raise TooEarly
        else:
            detail = f'Nothing with the id "{external_id}" has come from this source.'
            self.tally.refuse(item.at, [Fault("/id", "unknown_report", detail)])

    def _know(self, place: Place) -> None:
        """Make the crossing where it is new: only a trusted source, that may speak of all, adds to what is public."""
        try:
            self.names.find(place.code)
        except Refused:
            if self.source.trusted and self.names.speaks_of_all(self.source):
                self.names.add(made(place, self.clock()))


def made(place: Place, now: datetime) -> Crossing:
    """The crossing of that code, made where it is new. Two who make it at once make one."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [PLACES_LOCK])
        found = Crossing.objects.filter(codes__contains=[place.code]).first()
        if found is not None:
            return found
        crossing = _crossing(place)
        crossing.save()
        touch_crossing(crossing, now=now)
    return crossing


def _crossing(place: Place) -> Crossing:
    slugs = (place.slug, f"{place.slug}-{place.code.split(':')[-1]}", *(f"{place.slug}-{n}" for n in range(2, 1000)))
    slug = next(slug for slug in slugs if not Crossing.objects.filter(slug=slug).exists())
    here, there = place.sides
    return Crossing(
        slug=slug, name=place.name, aliases=list(place.aliases), codes=[place.code],
        traffic=[traffic.value for traffic in place.traffic],
        country_a=here.country, place_a=here.place, timezone_a=here.timezone,
        country_b=there.country, place_b=there.place, timezone_b=there.timezone,
        must_speak=list(place.must_speak), fresh_for=place.fresh_for, hours_note=place.hours_note,
    )  # fmt: skip
