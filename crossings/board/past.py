"""The history of a crossing: its periods, the newest first, and from when each source said that they began."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import QuerySet

from crossings.board.edition import OUTAGE, outrun, row_of
from crossings.board.now import not_ahead
from crossings.board.paging import Page, cursor_of, read_moment
from crossings.domain.claims import stamp
from crossings.domain.timeline import Period as Stretch
from crossings.domain.timeline import ended
from crossings.evidence import advance, known_periods, points_before, stretch_from
from crossings.models import Crossing, Period
from crossings.serializers import Json, period_json

log = logging.getLogger(__name__)
BEGINS_WITHIN = timedelta(hours=72)
MOST_BEGINNINGS = 10
MOST_LOOKED_AT = 40
"""Claims read for one period: some times the sources that speak of a crossing within three days."""


@dataclass(slots=True)
class Wanted:
    """Which claims say of a period that it began: `changed` are the lanes that changed as it did."""

    stretch: Stretch
    changed: list[Json]
    found: dict[str, Json] = field(default_factory=dict)

    @property
    def stop(self) -> datetime:
        latest = self.stretch.start + BEGINS_WITHIN
        return min(latest, self.stretch.end) if self.stretch.end else latest

    def add(self, source: str, at: datetime, precision: str, report: int) -> None:
        if source not in self.found and len(self.found) < MOST_BEGINNINGS:
            self.found[source] = {"at": stamp(at), "precision": precision, "report": report}

    def json(self) -> Json:
        return {**period_json(self.stretch), "said_to_begin": list(self.found.values())}


def history(
    slug: str,
    start: datetime | None = None,
    end: datetime | None = None,
    as_known_at: datetime | None = None,
    *,
    now: datetime,
    cursor: str = "",
    limit: int = 50,
) -> Page:
    """The periods that overlap [start, end), the newest first. Raises Crossing.DoesNotExist and Refused.

    As known at a moment they end with that moment, or where a later `end` is asked for, with what was then expected to
    have begun or run out by `end`.
    """
    not_ahead(now, as_known_at=as_known_at)
    before = read_moment(cursor) if cursor else None
    crossing = Crossing.objects.select_related("current").get(slug=slug)
    rows = Period.objects.filter(crossing=crossing).order_by("-start")
    if as_known_at:
        until = max(as_known_at, min(end, now)) if end else as_known_at
        known, goes_on = known_periods(crossing.pk, crossing.border(), as_known_at, until)
        later, rows = known[::-1], rows.filter(start__lt=known[0].start) if goes_on else rows.none()
    else:
        later = _not_yet_stored(crossing, rows, now)
    found = _older(later, rows, start, min(filter(None, (before, end)), default=None), limit)
    wanted = [_wanted(each, found[i + 1] if i + 1 < len(found) else None) for i, each in enumerate(found)]
    wanted = [each for each in wanted if not start or not each.stretch.end or each.stretch.end > start]
    page, more = wanted[:limit], len(wanted) > limit
    _read_beginnings(crossing, page, as_known_at)
    content = {"crossing": slug, "periods": [each.json() for each in page]}
    return Page(content, cursor_of(page[-1].stretch.start) if more else None)


def _older(
    later: list[Stretch], rows: QuerySet[Period], start: datetime | None, before: datetime | None, limit: int
) -> list[Stretch]:
    """Those that begin before a moment: `later` and the stored rows that go before it, the newest first. One more than
    the page holds, and one older than asked for, to tell what changed.
    """
    if before:
        rows = rows.filter(start__lt=before)
    if start:
        # Periods lie end to end: all that overlap begin with the last that began by `start`.
        begun = list(rows.filter(start__lte=start).values_list("start", flat=True)[:2])
        rows = rows.filter(start__gte=begun[-1]) if begun else rows
    stored = [_stretch(row) for row in rows[: limit + 1]]
    if later and stored and stored[0].end is None:
        stored[0] = replace(stored[0], end=later[-1].start)
    return [each for each in later if not before or each.start < before] + stored


def _stretch(row: Period) -> Stretch:
    columns = (row.start, row.start_precision, row.end, row.state, row.since, row.since_precision)
    return stretch_from((*columns, row.lanes, row.reports))


def _not_yet_stored(crossing: Crossing, rows: QuerySet[Period], now: datetime) -> list[Stretch]:
    """What time alone has begun since the worker last looked, the newest first; nothing where that cannot be told."""
    try:
        return _begun_since(crossing, rows, now) if outrun(row_of(crossing), now) else []
    except OUTAGE:
        raise
    except Exception as error:
        log.warning("%s cannot be derived and its history is told as stored: %r", crossing.slug, error)
        return []


def _begun_since(crossing: Crossing, rows: QuerySet[Period], now: datetime) -> list[Stretch]:
    point = points_before({crossing.pk: now}, inclusive=True)[crossing.pk]
    last = rows.values_list("start", flat=True).first()
    found: list[Stretch] = []
    for step in advance(crossing.border(), crossing.pk, point, now):
        new = step.period is not None and (last is None or step.period.start > last)
        if step.period and new and (not found or found[-1] is not step.period):
            found.append(step.period)
    return ended(found)[::-1]


def _wanted(period: Stretch, before: Stretch | None) -> Wanted:
    changed = [
        {"traffic": lane[0].value, "to": lane[1], "state": fact.state.value}
        for lane, fact in period.lanes.items()
        if before is None or lane not in before.lanes or fact.key != before.lanes[lane].key
    ]
    return Wanted(period, changed)


def _read_beginnings(crossing: Crossing, page: list[Wanted], known: datetime | None) -> None:
    """One query for the page. With `known` only what had been recorded by then."""
    asked = [
        {"i": i, "start": stamp(each.stretch.start), "stop": stamp(each.stop), "changed": each.changed}
        for i, each in enumerate(page)
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT r.i, w.source_id, w.effective_at, w.precision, w.id
            FROM (SELECT coalesce(%s::timestamptz, 'infinity') AS moment) k,
                jsonb_to_recordset(%s::jsonb) AS r(i int, start timestamptz, stop timestamptz, changed jsonb)
            CROSS JOIN LATERAL (SELECT * FROM crossings_report w WHERE w.crossing_id = %s
                AND w.effective_at >= r.start AND w.effective_at < r.stop
                AND w.basis <> 'announced' AND w.visibility = 'public' AND w.recorded_at <= k.moment
                AND NOT EXISTS (SELECT 1 FROM crossings_retraction x
                    WHERE x.report_id = w.id AND x.recorded_at <= k.moment)
                ORDER BY w.effective_at, w.id LIMIT {MOST_LOOKED_AT}) w
            WHERE EXISTS (SELECT 1 FROM jsonb_array_elements(r.changed) c WHERE w.lanes @> jsonb_build_array(c))
            ORDER BY w.effective_at, w.id
            """,  # noqa: S608
            [known, json.dumps(asked), crossing.pk],
        )
        for i, source, at, precision, report in cursor.fetchall():
            page[i].add(str(source), at, precision, report)
