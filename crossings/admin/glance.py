"""What the page of all sources shows of each: how its polling goes, what came of it, and what needs somebody.

A fixed number of queries, whatever the number of sources, polls and batches.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext

from crossings.admin import wording
from crossings.models import Alarm, Poll, RawBatch, Source, SourceState

DAY = timedelta(hours=24)
NOTHING = "–"


@dataclass(slots=True)
class Glance:
    source: Source
    last: Poll | None = None
    day: dict[str, int] = field(default_factory=dict)
    alarms: list[Alarm] = field(default_factory=list)
    waiting: list[RawBatch] = field(default_factory=list)
    aside: list[RawBatch] = field(default_factory=list)

    @property
    def state(self) -> SourceState | None:
        return getattr(self.source, "state", None)

    @property
    def polled(self) -> bool:
        return bool(self.source.active and self.source.address and self.source.format)

    @property
    def mark(self) -> str:
        if self.alarms or self.aside or (self.state and self.state.failing_since):
            return "failing"
        return "fine" if self.state and self.state.last_success_at else "idle"

    @property
    def last_counts(self) -> str:
        if self.last is None:
            return NOTHING
        if self.last.error:
            return f"{self.last.error}: {self.last.detail}"
        return counted(self.last.counts) if self.last.finished_at else gettext("not finished")

    @property
    def day_counts(self) -> str:
        return counted(self.day)

    @property
    def progress(self) -> list[str]:
        form = gettext("batch %(n)s, received %(at)s: %(done)s items worked off, try %(tries)s")
        return [form % told_of(batch) for batch in self.waiting]


def told_of(batch: RawBatch) -> dict[str, object]:
    at = wording.when(None, batch.received_at, timezone.now())
    return {"n": batch.pk, "at": at, "done": f"{batch.done:,}", "tries": batch.attempts}


def counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{outcome} {n:,}" for outcome, n in sorted(counts.items(), key=lambda each: -each[1])) or NOTHING


def glances(rows: QuerySet[Source], now: datetime) -> list[Glance]:
    """Those that are polled first, and of them those that need somebody."""
    newest = Poll.objects.filter(source=OuterRef("pk")).order_by("-started_at", "-pk").values("pk")[:1]
    found = {source.pk: Glance(source) for source in rows.select_related("state")}
    last = [pk for pk in rows.annotate(last_poll=Subquery(newest)).values_list("last_poll", flat=True) if pk]
    for row in Poll.objects.filter(pk__in=last or [0]).defer("items"):
        found[row.source_id].last = row
    for source, outcome, n in _of_the_day(now):
        if source in found:
            found[source].day[outcome] = n
    for alarm in Alarm.objects.filter(cleared_at=None).order_by("raised_at"):
        if alarm.source_id in found:
            found[alarm.source_id].alarms.append(alarm)
    for source, batches in _batches().items():
        if source in found:
            found[source].waiting = [batch for batch in batches if batch.state == RawBatch.State.WAITING]
            found[source].aside = [batch for batch in batches if batch.state == RawBatch.State.DEAD]
    return sorted(found.values(), key=lambda each: (not each.polled, each.mark != "failing", each.source.name))


def _of_the_day(now: datetime) -> list[tuple[int, str, int]]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT s.id, c.key, sum(c.value::bigint) FROM crossings_source s
            CROSS JOIN LATERAL (SELECT p.counts FROM crossings_poll p
                WHERE p.source_id = s.id AND p.started_at >= %s) p
            CROSS JOIN LATERAL jsonb_each_text(p.counts) c GROUP BY 1, 2
            """,
            [now - DAY],
        )
        return [(source, outcome, int(n)) for source, outcome, n in cursor.fetchall()]


def _batches() -> dict[int, list[RawBatch]]:
    """What waits and what was set aside, without what it holds."""
    found: dict[int, list[RawBatch]] = defaultdict(list)
    for batch in unfinished(RawBatch.objects.all()):
        found[batch.source_id].append(batch)
    return found


def unfinished(rows: QuerySet[RawBatch]) -> Iterable[RawBatch]:
    states = (RawBatch.State.WAITING, RawBatch.State.DEAD)
    return rows.filter(state__in=states).defer("body").order_by("received_at", "pk")
