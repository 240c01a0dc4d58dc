"""Reads what bears on crossings at given moments: always a fixed number of queries, however many crossings.

Everything here is for public eyes: claims that only staff may see are left out and move nothing.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import OuterRef, Q, Subquery

from crossings.domain.border import Border
from crossings.domain.claims import lanes_from_stored
from crossings.domain.said import LAPSE_UNDATED, Said
from crossings.domain.status import ENDED_SHOWN_FOR, Status, status_at
from crossings.domain.timeline import Period as Stretch
from crossings.domain.timeline import Standing, ended, in_order, walk
from crossings.domain.vocabulary import Basis, By, Precision, SourceKind, State, Where
from crossings.models import Confirmation, Reading, Report
from crossings.serializers import Card, Json, fact_from_json, queue_json, reports_shown, status_json

PAGE = 48
"""Words read at a time after a checkpoint: some times the distance between checkpoints."""
MOST_WITNESSES = 200
MOST_ANNOUNCED = 40
MOST_QUEUES = 20
QUEUE_SHOWN_FOR = timedelta(hours=72)
EPOCH = datetime(1, 1, 2, tzinfo=UTC)

WORD = """
    w.id, s.slug, s.kind, w.lanes::text, w.effective_at, w.reported_at, w.recorded_at, w.precision, w.until,
    w.until_date IS NOT NULL, w.declared_by, w.one_gate, w.basis, w."where", w.by,
    CASE WHEN s.kind = 'authority' THEN s.country ELSE '' END,
    (SELECT c.confirmed_at FROM crossings_confirmation c WHERE c.report_id = w.id
        ORDER BY c.confirmed_at DESC LIMIT 1),
    EXISTS (SELECT 1 FROM crossings_retraction x WHERE x.report_id = w.id), w.crossing_id
"""


@dataclass(slots=True)
class Point:
    """Where to take up the derivation of a crossing: the standing there, and what was said after it."""

    standing: Standing
    later: list[Said] = field(default_factory=list)
    page_end: datetime | None = None
    """The last instant of the page, where more was said after it."""


def said_from(row: tuple[Any, ...]) -> Said:
    return Said(
        report=row[0],
        source=row[1],
        kind=SourceKind(row[2]),
        lanes=lanes_from_stored(row[3]),
        effective_at=row[4],
        reported_at=row[5],
        recorded_at=row[6],
        precision=Precision(row[7]),
        until=row[8],
        until_dated=row[9],
        side=row[10],
        one_gate=row[11],
        basis=Basis(row[12]),
        where=Where(row[13]),
        by=By(row[14]),
        speaks_for=row[15],
        confirmations=(row[16],) if row[16] else (),
        retracted=row[17],
    )


def _rows(sql: str, params: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def points_before(moments: dict[int, datetime], *, inclusive: bool = False) -> dict[int, Point]:
    """For each crossing (by id) the newest checkpoint before its moment, with what was said after it (one page)."""
    if not moments:
        return {}
    ids, ats = list(moments), list(moments.values())
    sign = "<=" if inclusive else "<"
    found = _rows(
        f"""
        SELECT r.crossing_id, k.at, k.reports, p.start, p.start_precision, p."end", p.state, p.since,
               p.since_precision, p.lanes, p.reports
        FROM unnest(%s::bigint[], %s::timestamptz[]) AS r(crossing_id, at)
        CROSS JOIN LATERAL (SELECT at, reports FROM crossings_checkpoint k
            WHERE k.crossing_id = r.crossing_id AND k.at {sign} r.at ORDER BY k.at DESC LIMIT 1) k
        CROSS JOIN LATERAL (SELECT * FROM crossings_period p
            WHERE p.crossing_id = r.crossing_id AND p.start <= k.at ORDER BY p.start DESC LIMIT 1) p
        """,  # noqa: S608
        [ids, ats],
    )
    starts = {row[0]: row[1] for row in found}
    words = _words_by_id([report for row in found for report in row[2]])
    points = {crossing: Point(Standing()) for crossing in ids}
    for row in found:
        standing = points[row[0]].standing
        standing.at, standing.period = row[1], stretch_from(row[3:])
        for report in row[2]:
            if (word := words.get(report)) and word.moves_gates():
                for lane in word.lanes:
                    standing.words.setdefault(lane, []).append(word)
    read_on(points, {crossing: starts.get(crossing, EPOCH) for crossing in ids})
    return points


def read_on(points: dict[int, Point], after: dict[int, datetime]) -> None:
    """Fill each point's `later` with one page of what was said after that moment.

    A page never ends in the middle of an instant: the words of its last instant are left for the next one.
    """
    rows = _rows(
        f"""
        SELECT {WORD} FROM unnest(%s::bigint[], %s::timestamptz[]) AS r(crossing_id, at)
        CROSS JOIN LATERAL (SELECT * FROM crossings_report w WHERE w.crossing_id = r.crossing_id
            AND w.effective_at > r.at AND w.basis <> 'announced' AND w.visibility = 'public'
            ORDER BY w.effective_at, w.id LIMIT {PAGE}) w
        JOIN crossings_source s ON s.id = w.source_id ORDER BY w.effective_at, w.recorded_at, w.id
        """,  # noqa: S608
        [list(after), list(after.values())],
    )
    pages: dict[int, list[Said]] = defaultdict(list)
    for row in rows:
        pages[row[-1]].append(said_from(row))
    for crossing in after:
        words = pages[crossing]
        full = len(words) == PAGE and words[0].effective_at != words[-1].effective_at
        if full:
            words = [word for word in words if word.effective_at != words[-1].effective_at]
        points[crossing].page_end = words[-1].effective_at if full else None
        points[crossing].later = [word for word in words if word.moves_gates()]


def advance(border: Border, crossing: int, point: Point, until: datetime) -> Iterator[Standing]:
    """Walk a point on to a moment, reading further pages where there are more."""
    while True:
        end = point.page_end
        yield from walk(border, point.standing, point.later, min(until, end) if end else until)
        if end is None or end >= until:
            return
        read_on({crossing: point}, {crossing: end})


def _words_by_id(ids: Iterable[int]) -> dict[int, Said]:
    wanted = list(set(ids))
    if not wanted:
        return {}
    rows = _rows(
        f"SELECT {WORD} FROM crossings_report w JOIN crossings_source s ON s.id = w.source_id "  # noqa: S608
        "WHERE w.id = ANY(%s)",
        [wanted],
    )
    return {row[0]: said_from(row) for row in rows}


def stretch_from(row: tuple[Any, ...]) -> Stretch:
    """A domain Period out of the columns start … reports of a row."""
    start, start_precision, end, state, since, since_precision, lanes, reports = row
    lanes = _json(lanes)
    return Stretch(
        start=start,
        start_precision=Precision(start_precision),
        state=State(state),
        since=since,
        since_precision=Precision(since_precision),
        lanes=dict(fact_from_json(lane, start) for lane in lanes),
        reports=tuple(reports),
        end=end,
    )


def _json(value: Any) -> Any:
    # Raw cursors hand jsonb over as text: Django turns its own loader off.
    return json.loads(value) if isinstance(value, str) else value


def witnesses(at: dict[int, datetime], windows: dict[int, timedelta]) -> dict[int, list[Said]]:
    """The claims heard within each crossing's `fresh_for` before its moment: for agreement and dispute."""
    rows = _rows(
        f"""
        SELECT {WORD}
        FROM unnest(%s::bigint[], %s::timestamptz[], %s::interval[]) AS r(crossing_id, at, fresh_for)
        CROSS JOIN LATERAL (
            (SELECT id FROM crossings_report h WHERE h.crossing_id = r.crossing_id
                AND h.reported_at > r.at - r.fresh_for AND h.reported_at <= r.at
                ORDER BY h.reported_at DESC LIMIT {MOST_WITNESSES})
            UNION
            (SELECT report_id FROM crossings_confirmation c WHERE c.crossing_id = r.crossing_id
                AND c.confirmed_at > r.at - r.fresh_for AND c.confirmed_at <= r.at
                ORDER BY c.confirmed_at DESC LIMIT {MOST_WITNESSES})
        ) heard
        JOIN crossings_report w ON w.id = heard.id JOIN crossings_source s ON s.id = w.source_id
        WHERE w.effective_at <= r.at AND w.basis <> 'announced' AND w.visibility = 'public'
        """,  # noqa: S608
        [list(at), list(at.values()), [windows[crossing] for crossing in at]],
    )
    found: dict[int, list[Said]] = defaultdict(list)
    for row in rows:
        word = said_from(row)
        if word.moves_gates():
            found[row[-1]].append(word)
    return found


def announced(at: dict[int, datetime]) -> dict[int, list[Said]]:
    """The announcements that are pending or ended lately at each crossing's moment."""
    span = ENDED_SHOWN_FOR + LAPSE_UNDATED
    rows = _rows(
        f"""
        SELECT {WORD} FROM unnest(%s::bigint[], %s::timestamptz[]) AS r(crossing_id, at)
        CROSS JOIN LATERAL (SELECT * FROM crossings_report w WHERE w.crossing_id = r.crossing_id
            AND w.basis = 'announced' AND w.visibility = 'public' AND w.reported_at <= r.at
            AND (w.reported_at > r.at - %s::interval OR w.effective_at > r.at - %s::interval)
            ORDER BY w.reported_at DESC LIMIT {MOST_ANNOUNCED}) w
        JOIN crossings_source s ON s.id = w.source_id
        """,  # noqa: S608
        [list(at), list(at.values()), span, span],
    )
    found: dict[int, list[Said]] = defaultdict(list)
    for row in rows:
        found[row[-1]].append(said_from(row))
    return found


def history_since(earliest: dict[int, datetime]) -> dict[int, list[Stretch]]:
    """Each crossing's periods from the one current at its moment on, oldest first."""
    rows = _rows(
        """
        SELECT r.crossing_id, p.start, p.start_precision, p."end", p.state, p.since, p.since_precision, p.lanes,
               p.reports
        FROM unnest(%s::bigint[], %s::timestamptz[]) AS r(crossing_id, at)
        JOIN crossings_period p ON p.crossing_id = r.crossing_id AND (p."end" IS NULL OR p."end" > r.at)
        ORDER BY p.start
        """,
        [list(earliest), list(earliest.values())],
    )
    found: dict[int, list[Stretch]] = defaultdict(list)
    for row in rows:
        found[row[0]].append(stretch_from(row[1:]))
    return found


def cards(reports: Iterable[int]) -> dict[int, Card]:
    """What the public may know of these reports."""
    wanted = set(reports)
    if not wanted:
        return {}
    rows = Report.objects.filter(pk__in=wanted).values_list(
        "pk", "source__public_label", "source__kind", "url", "reason", "note", "reported_at"
    )
    return {row[0]: Card(*row[1:]) for row in rows}


def queues(at: dict[int, datetime], known_at: datetime | None = None) -> dict[int, list[Json]]:
    """The newest count of each kind by each source, for each crossing at its moment; the newest first."""
    latest: dict[tuple[Any, ...], Reading] = {}
    for reading in _recent_readings(at, known_at):
        kind = (
            reading.crossing_id, reading.source_id, reading.side, reading.traffic, reading.to, reading.measure,
            reading.unit, reading.place, reading.loaded,
        )  # fmt: skip
        latest.setdefault(kind, reading)
    found: dict[int, list[Json]] = defaultdict(list)
    for reading in latest.values():
        if len(found[reading.crossing_id]) < MOST_QUEUES:
            found[reading.crossing_id].append(queue_json(reading, reading.source.public_label))
    return found


def _recent_readings(at: dict[int, datetime], known_at: datetime | None) -> Iterable[Reading]:
    ids = _rows(
        f"""
        SELECT q.id FROM unnest(%s::bigint[], %s::timestamptz[]) AS r(crossing_id, at)
        CROSS JOIN LATERAL (SELECT id FROM crossings_reading q WHERE q.crossing_id = r.crossing_id
            AND q.observed_at <= r.at AND q.observed_at > r.at - %s::interval
            ORDER BY q.observed_at DESC LIMIT {MOST_WITNESSES}) q
        """,  # noqa: S608
        [list(at), list(at.values()), QUEUE_SHOWN_FOR],
    )
    rows = Reading.objects.filter(pk__in=[row[0] for row in ids], retraction__isnull=True)
    if known_at is not None:
        rows = rows.filter(recorded_at__lte=known_at)
    return rows.select_related("source").order_by("-observed_at", "-pk")


def known_at(crossing_id: int, moment: datetime) -> list[Said]:
    """Every public claim about a crossing as it was known at a moment: what was recorded, confirmed and retracted
    later is left out."""
    confirmed = Confirmation.objects.filter(report=OuterRef("pk"), recorded_at__lte=moment).order_by("-confirmed_at")
    rows = (
        Report.objects.filter(crossing=crossing_id, visibility="public", recorded_at__lte=moment)
        .annotate(confirmed=Subquery(confirmed.values("confirmed_at")[:1]))
        .exclude(Q(retraction__recorded_at__lte=moment))
        .select_related("source")
    )
    return [
        Said(
            report=row.pk, source=row.source.slug, kind=SourceKind(row.source.kind),
            lanes={(state.lane): state for state in lanes_from_stored(json.dumps(row.lanes)).values()},
            effective_at=row.effective_at, reported_at=row.reported_at, recorded_at=row.recorded_at,
            precision=Precision(row.precision), until=row.until, until_dated=row.until_date is not None,
            side=row.declared_by, one_gate=row.one_gate, basis=Basis(row.basis), where=Where(row.where),
            by=By(row.by), speaks_for=row.source.speaks_for,
            confirmations=(row.confirmed,) if row.confirmed else (),
        )
        for row in rows
    ]  # fmt: skip


def statuses(
    borders: dict[int, Border], standings: dict[int, Standing], at: dict[int, datetime]
) -> dict[int, tuple[Status, Json]]:
    """Each crossing's status, and its JSON, at its moment, given the standing then."""
    heard = witnesses(at, {crossing: border.fresh_for for crossing, border in borders.items()})
    pledges = announced(at)
    spans = {crossing: min(word.reported_at for word in words) for crossing, words in pledges.items()}
    histories = history_since(spans) if spans else {}
    found = {
        crossing: status_at(
            border,
            standings[crossing].period,
            standings[crossing].words,
            heard.get(crossing, []),
            pledges.get(crossing, []),
            _until(histories.get(crossing, []), at[crossing]),
            at[crossing],
        )
        for crossing, border in borders.items()
    }
    known = cards(report for status in found.values() for report in reports_shown(status))
    return {crossing: (status, status_json(borders[crossing], status, known)) for crossing, status in found.items()}


def _until(history: list[Stretch], at: datetime) -> list[Stretch]:
    return [period for period in history if period.start <= at]


def current_status(
    borders: dict[int, Border], points: dict[int, Point], at: dict[int, datetime]
) -> dict[int, tuple[Status, Json]]:
    """Walk each point to its moment and say how the crossing stands there."""
    for crossing, border in borders.items():
        for _ in advance(border, crossing, points[crossing], at[crossing]):
            pass
    return statuses(borders, {crossing: points[crossing].standing for crossing in borders}, at)


def known_status(border: Border, said: list[Said], at: datetime) -> tuple[Status, Json]:
    """The status at `at` from nothing but these claims, all in memory: for what was known at a moment."""
    history: list[Stretch] = []
    standing = Standing()
    later = in_order(said)
    for step in walk(border, standing, later, at):
        if step.period and (not history or history[-1] is not step.period):
            history.append(step.period)
    heard = [w for w in said if w.moves_gates() and at - w.confirmed_at(at) <= border.fresh_for]
    pledges = [word for word in said if word.announced]
    status = status_at(border, standing.period, standing.words, heard, pledges, ended(history), at)
    return status, status_json(border, status, cards(reports_shown(status)))
