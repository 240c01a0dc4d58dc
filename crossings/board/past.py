"""The history of a crossing: its periods, the newest first, and from when each source said that they began."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import QuerySet

from crossings.board.edition import outrun, row_of
from crossings.board.now import not_ahead
from crossings.board.paging import Page, cursor_of, read_moment
from crossings.domain.claims import stamp
from crossings.domain.said import Said
from crossings.domain.timeline import Period as Stretch
from crossings.domain.timeline import ended, periods
from crossings.evidence import advance, known_at, points_before, stretch_from
from crossings.models import Crossing, Period
from crossings.serializers import Json, period_json

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
    """The periods that overlap [start, end), the newest first. Raises Crossing.DoesNotExist and Refused."""
    not_ahead(now, as_known_at=as_known_at)
    before = read_moment(cursor) if cursor else None
    crossing = Crossing.objects.select_related("current").get(slug=slug)
    said = known_at(crossing.pk, as_known_at) if as_known_at else None
    if said is not None:
        found = _known(crossing, said, as_known_at or now)
        found = [each for each in found if (not before or each.start < before) and (not end or each.start < end)]
    else:
        found = _stored(crossing, start, end, before, limit, now)
    wanted = [_wanted(each, found[i + 1] if i + 1 < len(found) else None) for i, each in enumerate(found)]
    wanted = [each for each in wanted if not start or not each.stretch.end or each.stretch.end > start]
    page, more = wanted[:limit], len(wanted) > limit
    if said is not None:
        _begun_by(page, said)
    else:
        _read_beginnings(crossing, page)
    content = {"crossing": slug, "periods": [each.json() for each in page]}
    return Page(content, cursor_of(page[-1].stretch.start) if more else None)


def _known(crossing: Crossing, said: list[Said], as_known_at: datetime) -> list[Stretch]:
    return periods(crossing.border(), said, as_known_at)[::-1]


def _stored(
    crossing: Crossing, start: datetime | None, end: datetime | None, before: datetime | None, limit: int, now: datetime
) -> list[Stretch]:
    """One more than the page holds, and one older than asked for, to tell what changed."""
    rows = Period.objects.filter(crossing=crossing).order_by("-start")
    later = _not_yet_stored(crossing, rows, now)
    if before:
        rows = rows.filter(start__lt=before)
    if end:
        rows = rows.filter(start__lt=end)
    if start:
        # Periods lie end to end: all that overlap begin with the last that began by `start`.
        first = rows.filter(start__lte=start).values_list("start", flat=True)[1:2]
        rows = rows.filter(start__gte=next(iter(first), start))
    stored = [_stretch(row) for row in rows[: limit + 1]]
    if later and stored and stored[0].end is None:
        stored[0] = replace(stored[0], end=later[-1].start)
    return [each for each in later if (not before or each.start < before) and (not end or each.start < end)] + stored


def _stretch(row: Period) -> Stretch:
    columns = (row.start, row.start_precision, row.end, row.state, row.since, row.since_precision)
    return stretch_from((*columns, row.lanes, row.reports))


def _not_yet_stored(crossing: Crossing, rows: QuerySet[Period], now: datetime) -> list[Stretch]:
    """What time alone has begun since the worker last looked, the newest first."""
    if not outrun(row_of(crossing), now):
        return []
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


def _begun_by(page: Iterable[Wanted], said: list[Said]) -> None:
    moving = sorted((word for word in said if word.moves_gates()), key=lambda word: (word.rank[0], word.report))
    for each in page:
        for word in moving:
            at = word.effective_at
            if at and each.stretch.start <= at < each.stop and _states(word, each.changed):
                each.add(word.source, at, word.precision.value, word.report)


def _states(word: Said, changed: list[Json]) -> bool:
    said = [{"traffic": s.traffic.value, "to": s.to, "state": s.state.value} for s in word.lanes.values()]
    return any(lane in said for lane in changed)


def _read_beginnings(crossing: Crossing, page: list[Wanted]) -> None:
    """One query for the page."""
    asked = [
        {"i": i, "start": stamp(each.stretch.start), "stop": stamp(each.stop), "changed": each.changed}
        for i, each in enumerate(page)
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT r.i, w.source_id, w.effective_at, w.precision, w.id
            FROM jsonb_to_recordset(%s::jsonb) AS r(i int, start timestamptz, stop timestamptz, changed jsonb)
            CROSS JOIN LATERAL (SELECT * FROM crossings_report w WHERE w.crossing_id = %s
                AND w.effective_at >= r.start AND w.effective_at < r.stop
                AND w.basis <> 'announced' AND w.visibility = 'public'
                AND NOT EXISTS (SELECT 1 FROM crossings_retraction x WHERE x.report_id = w.id)
                ORDER BY w.effective_at, w.id LIMIT {MOST_LOOKED_AT}) w
            WHERE EXISTS (SELECT 1 FROM jsonb_array_elements(r.changed) c WHERE w.lanes @> jsonb_build_array(c))
            ORDER BY w.effective_at, w.id
            """,  # noqa: S608
            [json.dumps(asked), crossing.pk],
        )
        for i, source, at, precision, report in cursor.fetchall():
            page[i].add(str(source), at, precision, report)
