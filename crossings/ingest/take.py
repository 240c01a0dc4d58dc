"""The items of a batch -> the ledger, in order, each for itself."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from celery.exceptions import SoftTimeLimitExceeded
from django.db import InterfaceError, OperationalError, connection, transaction

from crossings.domain.claims import Claim
from crossings.domain.faults import Fault, Refused
from crossings.domain.fields import Fields
from crossings.domain.readings import Reading as Count
from crossings.feeds import Batch, Item, Kind, Place
from crossings.ingest.outcome import Taken, Tally
from crossings.ingest.read import read_claim, read_reading
from crossings.ledger import Outcome, Result, hold_entry, record_many, retract, touch_crossing
from crossings.matching import Names
from crossings.models import Crossing, Draft, Reading, Report, Source

log = logging.getLogger(__name__)

AT_MOST = 500
"""Items handed to the ledger at once: it makes one transaction of them."""
PLACES_LOCK = 0x43524F53
NOBODYS_FAULT = (OperationalError, InterfaceError, SoftTimeLimitExceeded)
UNSAID = "Taken back by its source."


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
        progress: Callable[[int], None] = lambda done: None,
    ) -> None:
        self.source, self.clock = source, clock
        self.state_feed, self.polled = state_feed, polled
        self.older_waits, self.progress = older_waits, progress
        self.names = Names.load()
        self.tally = Tally()
        self.waiting: list[tuple[Item, Claim | Count]] = []

    def take(self, batch: Batch) -> Tally:
        for place in batch.places:
            self._know(place)
        for item in batch.items:
            if item.faults:
                self.tally.refuse(item.at, item.faults)
            elif item.kind is Kind.ENTRY:
                self._flush()
                self.tally.result(item.at, hold_entry(self.source, item.data, now=self.clock()))
            elif item.kind is Kind.RETRACTION:
                self._flush()
                self._retract(item)
            else:
                self._read(item)
            if len(self.waiting) == AT_MOST:
                self._flush()
        self._flush()
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
        now = self.clock()
        return [*record_many(self.source, said, now=now, repeats_confirm=self.state_feed, polled=self.polled)]

    def _record_alone(self, said: Claim | Count) -> Result | None:
        try:
            return self._record([said])[0]
        except NOBODYS_FAULT:
            raise
        except Exception:
            log.exception("Source %s: %s cannot be recorded", self.source.slug, said.external_id)
            return None

    def _retract(self, item: Item) -> None:
        faults: list[Fault] = []
        read = Fields(item.data, "", faults)
        external_id, reason = read.text("id", 200), read.text("reason", 500)
        read.no_others()
        if not external_id and not faults:
            read.fault("id", "required", "Say which report or reading is taken back.")
        if faults:
            self.tally.refuse(item.at, faults)
            return
        if not self._taken_back(item.at, external_id, reason):
            if self.older_waits:
                raise TooEarly
            detail = f'Nothing with the id "{external_id}" has come from this source.'
            self.tally.refuse(item.at, [Fault("/id", "unknown_report", detail)])

    def _taken_back(self, at: str, external_id: str, reason: str) -> bool:
        """Take back what the source sent by that id: a report, a reading, or what waits as a draft."""
        sent = {"source": self.source, "external_id": external_id}
        rows: list[Report | Reading] = [*Report.objects.filter(**sent), *Reading.objects.filter(**sent)]
        for row in rows:
            new = retract(row, reason=reason or UNSAID, now=self.clock(), source=self.source)
            self.tally.add(at, Taken.RETRACTED if new else Outcome.SAME, **{row._meta.model_name or "": row.pk})
        drafts = Draft.objects.filter(**sent, decision="")
        withdrawn = drafts.update(
            decision=Draft.Decision.REJECTED, decided_at=self.clock(), decision_reason=reason or UNSAID
        )
        if withdrawn:
            self.tally.add(at, Taken.RETRACTED)
        return bool(rows or withdrawn or Draft.objects.filter(**sent).exists())

    def _know(self, place: Place) -> None:
        try:
            self.names.find(place.code)
        except Refused:
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
    slug = place.slug
    if Crossing.objects.filter(slug=slug).exists():
        slug = f"{slug}-{place.code.split(':')[-1]}"
    here, there = place.sides
    return Crossing(
        slug=slug, name=place.name, aliases=list(place.aliases), codes=[place.code],
        traffic=[traffic.value for traffic in place.traffic],
        country_a=here.country, place_a=here.place, timezone_a=here.timezone,
        country_b=there.country, place_b=there.place, timezone_b=there.timezone,
        must_speak=list(place.must_speak), fresh_for=place.fresh_for, hours_note=place.hours_note,
    )  # fmt: skip
