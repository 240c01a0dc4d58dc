"""Reads claims, and takes up the derivation of crossings at given moments: a fixed number of queries for any number.

Everything here is for public eyes: claims that only staff may see are left out and move nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
from django.db import connection

from crossings.domain.border import Border
from crossings.domain.claims import lanes_from_stored
from crossings.domain.said import Said
from crossings.domain.timeline import Period as Stretch
from crossings.domain.timeline import Standing, walk
from crossings.domain.vocabulary import Basis, By, Precision, SourceKind, State, Where
from crossings.serializers import fact_from_json

PAGE = 48
"""Words read at a time after a checkpoint: some times the distance between checkpoints."""
EPOCH = datetime(1, 1, 2, tzinfo=UTC)


def _word(confirmed: str = "", retracted: str = "") -> str:
    return f"""
    w.id, s.slug, s.kind, w.lanes::text, w.effective_at, w.reported_at, w.recorded_at, w.precision, w.until,
    w.until_date IS NOT NULL, w.declared_by, w.one_gate, w.basis, w."where", w.by,
    CASE WHEN s.kind = 'authority' THEN s.country ELSE '' END,
    (SELECT c.confirmed_at FROM crossings_confirmation c WHERE c.report_id = w.id {confirmed}
        ORDER BY c.confirmed_at DESC LIMIT 1),
    EXISTS (SELECT 1 FROM crossings_retraction x WHERE x.report_id = w.id {retracted}),
    (SELECT c.source_id <> w.source_id FROM crossings_confirmation c WHERE c.report_id = w.id {confirmed}
        ORDER BY c.confirmed_at DESC, c.id DESC LIMIT 1), w.crossing_id
    """  # noqa: S608


WORD = _word()
"""The columns that said_from() reads."""
KNOWN_WORD = _word("AND c.recorded_at <= %(known)s", "AND x.recorded_at <= %(known)s")
"""The same as they were known at the moment that is the parameter `known`."""


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
        seconded=bool(row[18]),
    )


def read_rows(sql: str, params: list[Any] | dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def points_before(
    moments: dict[int, datetime], *, inclusive: bool = False, more: dict[int, int] | None = None
) -> dict[int, Point]:
    """For each crossing (by id) the newest checkpoint before its moment, with what was said after it (one page).

    `more`: how many words beyond the usual page are known to come after it.
    """
    if not moments:
        return {}
    ids, ats = list(moments), list(moments.values())
    sign = "<=" if inclusive else "<"
    found = read_rows(
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
    limits = {crossing: PAGE + extra for crossing, extra in (more or {}).items()}
    read_on(points, {crossing: starts.get(crossing, EPOCH) for crossing in ids}, limits)
    return points


def read_on(points: dict[int, Point], after: dict[int, datetime], limits: dict[int, int] | None = None) -> None:
    """Fill each point's `later` with one page (of PAGE words, or as many as `limits` says) of what was said after it.

    A page never ends in the middle of an instant: the words of its last instant are left for the next one.
    """
    sizes = {crossing: (limits or {}).get(crossing, PAGE) for crossing in after}
    rows = read_rows(
        f"""
        SELECT {WORD} FROM unnest(%s::bigint[], %s::timestamptz[], %s::int[]) AS r(crossing_id, at, size)
        CROSS JOIN LATERAL (SELECT * FROM crossings_report w WHERE w.crossing_id = r.crossing_id
            AND w.effective_at > r.at AND w.basis <> 'announced' AND w.visibility = 'public'
            ORDER BY w.effective_at, w.id LIMIT r.size) w
        JOIN crossings_source s ON s.id = w.source_id ORDER BY w.effective_at, w.recorded_at, w.id
        """,  # noqa: S608
        [list(after), list(after.values()), list(sizes.values())],
    )
    pages: dict[int, list[Said]] = defaultdict(list)
    for row in rows:
        pages[row[-1]].append(said_from(row))
    for crossing in after:
        words = pages[crossing]
        full = len(words) == sizes[crossing]
        if full and words[0].effective_at == words[-1].effective_at:
            # A whole page of one instant: only a longer one says whether that is all of it.
            read_on({crossing: points[crossing]}, {crossing: after[crossing]}, {crossing: 8 * sizes[crossing]})
            continue
        if full:
            words = [word for word in words if word.effective_at != words[-1].effective_at]
        points[crossing].page_end = words[-1].effective_at if full else None
        points[crossing].later = [word for word in words if word.moves_gates()]


def advance(border: Border, crossing: int, point: Point, until: datetime) -> Iterator[Standing]:
    """Walk a point on to a moment, reading further pages where there are more."""
    while True:
        end = point.page_end
        upto = min(until, end) if end else until
        yield from walk(border, point.standing, point.later, upto)
        point.later = [word for word in point.later if word.effective_at and word.effective_at > upto]
        if end is None or end >= until:
            return
        read_on({crossing: point}, {crossing: end})


def _words_by_id(ids: Iterable[int]) -> dict[int, Said]:
    wanted = list(set(ids))
    if not wanted:
        return {}
    rows = read_rows(
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
    return orjson.loads(value) if isinstance(value, str) else value
