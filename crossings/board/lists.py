"""What was said and counted of a crossing, and what was announced of all: lists by cursor. Public rows alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import DateTimeField, Exists, F, OuterRef, Q, QuerySet
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from crossings.board.edition import feed
from crossings.board.paging import Page, cursor_of, read_moment, read_moment_and_id
from crossings.domain.claims import stamp
from crossings.domain.vocabulary import ChangeType, Visibility
from crossings.models import Change, Crossing, Reading, Report, Retraction
from crossings.serializers import Json, reading_json, report_json

OLD_NEWS = timedelta(days=30)
BUCKETS = {"hour": (timedelta(hours=1), timedelta(days=7)), "day": (timedelta(days=1), timedelta(days=62))}
"""The length of each bucket, and what one page of them spans."""


def public_reports() -> QuerySet[Report]:
    rows = Report.objects.filter(visibility=Visibility.PUBLIC)
    return rows.select_related("source", "crossing", "retraction")


def public_report_json(report: Report) -> Json:
    return report_json(report, report.source.public_label, hasattr(report, "retraction"))


def public_readings() -> QuerySet[Reading]:
    # Not "retraction is null": the planner then expects few rows, and sorts all instead of walking the index.
    taken_back = Retraction.objects.filter(reading=OuterRef("pk"))
    return Reading.objects.filter(~Exists(taken_back)).select_related("source", "crossing")


def _counts(crossing: Crossing) -> QuerySet[Reading]:
    return public_readings().filter(crossing=crossing).order_by("-observed_at", "-pk")


def reports(slug: str, *, cursor: str = "", limit: int = 50) -> Page:
    """The public claims about a crossing, the last recorded first. Raises Crossing.DoesNotExist and Refused."""
    crossing = Crossing.objects.get(slug=slug)
    rows = public_reports().filter(crossing=crossing).order_by("-recorded_at", "-pk")
    if cursor:
        at, pk = read_moment_and_id(cursor)
        rows = rows.filter(recorded_at__lte=at).exclude(recorded_at=at, pk__gte=pk)
    found = list(rows[: limit + 1])
    more = cursor_of(found[limit - 1].recorded_at, found[limit - 1].pk) if len(found) > limit else None
    return Page({"crossing": slug, "reports": [public_report_json(row) for row in found[:limit]]}, more)


def report(pk: int) -> Json:
    """One public claim. Raises Report.DoesNotExist, for staff's too."""
    return public_report_json(public_reports().get(pk=pk))


def named(numbers: Iterable[int]) -> dict[int, Json]:
    """The public claims among these, by number."""
    return {row.pk: public_report_json(row) for row in public_reports().filter(pk__in=set(numbers))}


def readings(
    slug: str,
    start: datetime | None = None,
    end: datetime | None = None,
    bucket: str = "",
    *,
    now: datetime,
    cursor: str = "",
    limit: int = 100,
) -> Page:
    """Counts observed in [start, end), the newest first; with `bucket` their ranges by hour or day, in UTC.

    Retracted ones are left out. Raises Crossing.DoesNotExist and Refused.
    """
    crossing = Crossing.objects.get(slug=slug)
    if bucket:
        return _bucketed(crossing, start, end or now, bucket, cursor)
    rows = _counts(crossing)
    if start:
        rows = rows.filter(observed_at__gte=start)
    if end:
        rows = rows.filter(observed_at__lt=end)
    if cursor:
        at, pk = read_moment_and_id(cursor)
        rows = rows.filter(observed_at__lte=at).exclude(observed_at=at, pk__gte=pk)
    found = list(rows[: limit + 1])
    more = cursor_of(found[limit - 1].observed_at, found[limit - 1].pk) if len(found) > limit else None
    content = [reading_json(row, row.source.public_label) for row in found[:limit]]
    return Page({"crossing": slug, "readings": content}, more)


def _bucketed(crossing: Crossing, start: datetime | None, end: datetime, bucket: str, cursor: str) -> Page:
    """A page spans a fixed stretch of time, so that its cost does not grow with the history. It ends with the newest
    count that there is, so that none is empty but where there is nothing at all.
    """
    length, span = BUCKETS[bucket]
    stop = min(end, read_moment(cursor)) if cursor else end
    newest = _counts(crossing).filter(observed_at__lt=stop).values_list("observed_at", flat=True).first()
    if newest:
        stop = min(stop, _floor(newest, bucket) + length)
    first = _floor(stop - span, bucket)
    if start:
        first = max(first, start)
    rows = _ranges(crossing.pk, bucket, first, stop)
    older = _counts(crossing).filter(observed_at__lt=first)
    if start:
        older = older.filter(observed_at__gte=start)
    last = older.values_list("observed_at", flat=True).first()
    content = [_range_json(row, length) for row in rows]
    next_stop = cursor_of(_floor(last, bucket) + length) if last else None
    return Page({"crossing": crossing.slug, "bucket": bucket, "readings": content}, next_stop)


def _floor(moment: datetime, bucket: str) -> datetime:
    moment = moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return moment.replace(hour=0) if bucket == "day" else moment


def _ranges(crossing: int, bucket: str, start: datetime, stop: datetime) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT date_trunc(%s, observed_at, 'UTC') AS began, side, traffic, "to", measure, unit, per, place, loaded,
                   min(low), max(high), count(*)
            FROM crossings_reading q
            WHERE crossing_id = %s AND observed_at >= %s AND observed_at < %s
                AND NOT EXISTS (SELECT 1 FROM crossings_retraction x WHERE x.reading_id = q.id)
            GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
            ORDER BY 1 DESC, 5, 3, 2, 4, 6, 7, 8, 9
            """,
            [bucket, crossing, start, stop],
        )
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def _range_json(row: tuple[Any, ...], length: timedelta) -> Json:
    start, side, traffic, to, measure, unit, per, place, loaded, low, high, count = row
    return {
        "start": stamp(start),
        "end": stamp(start + length),
        "side": side or None,
        "traffic": traffic or None,
        "to": to or None,
        "measure": measure,
        "unit": unit,
        "per": per or None,
        "place": place,
        "loaded": loaded,
        "low": low,
        "high": high,
        "count": count,
    }


def changes(after: int, limit: int) -> Json:
    """What was announced after that position, in order, as it was sent. `position` is where to go on."""
    last = feed().position
    rows = list(Change.objects.filter(position__gt=after).order_by("position")[: limit + 1])
    found = rows[:limit]
    # A poller that is ahead of us read another life of this database: it is told where ours ends.
    position = found[-1].position if found else min(after, last)
    return {"changes": [row.body for row in found], "position": position, "more": len(rows) > limit}


def latest(types: Sequence[str], limit: int, *, slug: str = "", country: str = "") -> list[Change]:
    """The last changes of these types, the newest first, each with its crossing: of one, of a country, or of all.

    Corrections that reach far back are left out: a load of old papers would leave no room for news. Where one changes
    how things stand now, that is a change of its own.
    """
    told = Change.objects.annotate(start=Cast(KT("body__range__from"), DateTimeField()))
    fresh = ~Q(type=ChangeType.HISTORY_CORRECTED) | Q(start__gte=F("recorded_at") - OLD_NEWS)
    rows = told.filter(fresh, type__in=types).select_related("crossing").order_by("-position")
    if slug:
        rows = rows.filter(crossing__slug=slug)
    if country:
        of = Crossing.objects.filter(Q(country_a=country) | Q(country_b=country))
        rows = rows.filter(crossing__in=of.values("pk"))
    return list(rows[:limit])
