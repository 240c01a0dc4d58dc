"""Reads what one crossing's own page tells beside the status: claims of a stretch, counts by day, promises of old.

Each takes one query, promises two, and each reads no more rows than its limit says.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from crossings.domain.announcements import Announcement, announcements, lapses_at, said_at
from crossings.domain.said import Said
from crossings.domain.timeline import Period as Stretch
from crossings.evidence.words import WORD, read_rows, said_from, stretch_from
from crossings.serializers import Json

MOST_CLAIMS = 200
MOST_PROMISES = 30
MOST_PERIODS = 40
"""Periods looked at for one promise."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A public claim with its source's label. `retracted_at` is when it was taken back, as far as that was known."""

    report: int
    source: str
    label: str
    kind: str
    url: str
    effective_at: datetime | None
    precision: str
    reported_at: datetime
    recorded_at: datetime
    backfilled: bool
    basis: str
    side: str
    where: str
    by: str
    lanes: tuple[Json, ...]
    retracted_at: datetime | None

    @property
    def states(self) -> dict[tuple[str, str], str]:
        return {(lane["traffic"], lane["to"]): lane["state"] for lane in self.lanes}

    @property
    def heard_at(self) -> datetime:
        return max(self.effective_at or self.reported_at, self.reported_at)


@dataclass(frozen=True, slots=True)
class DayCount:
    """What was counted on one local day of one queue: from the least to the most that anybody said.

    `floor` and `ceiling` say whether all that was said had one: "up to 6,000" has no floor.
    """

    day: date
    side: str
    unit: str
    low: int
    high: int
    floor: bool
    ceiling: bool
    counts: int
    method: str
    labels: tuple[str, ...]


def claims(
    crossing: int, reports: Iterable[int], start: datetime, end: datetime, known_at: datetime
) -> dict[int, Claimed]:
    """These public claims, and the newest of those that took effect in the stretch, as they were known."""
    rows = read_rows(
        """
        SELECT w.id, s.slug, s.public_label, s.kind, w.url, w.effective_at, w.precision, w.reported_at, w.recorded_at,
               w.backfilled, w.basis, w.declared_by, w."where", w.by, w.lanes::text,
               (SELECT x.recorded_at FROM crossings_retraction x WHERE x.report_id = w.id AND x.recorded_at <= %s)
        FROM (SELECT unnest(%s::bigint[]) AS id UNION
              (SELECT id FROM crossings_report h WHERE h.crossing_id = %s AND h.effective_at >= %s
                  AND h.effective_at <= %s ORDER BY h.effective_at DESC, h.id DESC LIMIT %s)) found
        JOIN crossings_report w ON w.id = found.id JOIN crossings_source s ON s.id = w.source_id
        WHERE w.visibility = 'public' AND w.recorded_at <= %s
        """,
        [known_at, list(reports), crossing, start, end, MOST_CLAIMS, known_at],
    )
    return {row[0]: Claimed(*(*row[:14], tuple(json.loads(row[14])), row[15])) for row in rows}


def counts_by_day(
    crossing: int, zone: str, start: datetime, end: datetime, known_at: datetime, traffic: str, measure: str
) -> list[DayCount]:
    """The counts of one traffic in (start, end], by the local day of that zone, the oldest first."""
    rows = read_rows(
        """
        SELECT (q.observed_at AT TIME ZONE %s)::date AS day, q.side, q.unit, min(LEAST(q.low, q.high)),
               max(GREATEST(q.low, q.high)), bool_and(q.low IS NOT NULL), bool_and(q.high IS NOT NULL), count(*),
               min(q.method), array_agg(DISTINCT s.public_label ORDER BY s.public_label)
        FROM crossings_reading q JOIN crossings_source s ON s.id = q.source_id
        WHERE q.crossing_id = %s AND q.observed_at > %s AND q.observed_at <= %s AND q.recorded_at <= %s
            AND q.traffic = %s AND q.measure = %s
            AND NOT EXISTS (SELECT 1 FROM crossings_retraction x WHERE x.reading_id = q.id AND x.recorded_at <= %s)
        GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
        """,
        [zone, crossing, start, end, known_at, traffic, measure, known_at],
    )
    return [DayCount(*(*row[:9], tuple(row[9]))) for row in rows]


def promises(crossing: int, at: datetime) -> list[Announcement]:
    """The last announcements said by that moment, however long ago, with how each had ended by then."""
    rows = read_rows(
        f"""
        SELECT {WORD} FROM (SELECT * FROM crossings_report h WHERE h.crossing_id = %s AND h.basis = 'announced'
            AND h.visibility = 'public' AND h.reported_at <= %s ORDER BY h.reported_at DESC LIMIT {MOST_PROMISES}) w
        JOIN crossings_source s ON s.id = w.source_id
        """,  # noqa: S608
        [crossing, at],
    )
    said = [said_from(row) for row in rows]
    return announcements(said, _history_around(crossing, said, at) if said else [], at)


def _history_around(crossing: int, said: list[Said], at: datetime) -> list[Stretch]:
    """The periods from the one in which each was said until it lapsed, oldest first."""
    rows = read_rows(
        f"""
        SELECT DISTINCT ON (p.start) p.start, p.start_precision, p."end", p.state, p.since, p.since_precision,
               p.lanes::text, p.reports
        FROM unnest(%s::timestamptz[], %s::timestamptz[]) AS r(said, lapsed)
        CROSS JOIN LATERAL (SELECT * FROM crossings_period p WHERE p.crossing_id = %s AND p.start <= r.lapsed
            AND p.start >= COALESCE((SELECT max(start) FROM crossings_period b
                WHERE b.crossing_id = %s AND b.start <= r.said), '-infinity')
            ORDER BY p.start LIMIT {MOST_PERIODS}) p
        ORDER BY p.start
        """,  # noqa: S608
        [[said_at(word) for word in said], [min(at, lapses_at(word)) for word in said], crossing, crossing],
    )
    return [stretch_from(row) for row in rows]
