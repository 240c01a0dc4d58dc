"""Reads what surrounds a crossing at a moment: witnesses, announcements, counts, and what was known then."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F

from crossings.domain.said import LAPSE_UNDATED, Said
from crossings.domain.status import ENDED_SHOWN_FOR
from crossings.domain.timeline import Period as Stretch
from crossings.domain.vocabulary import FINENESS, Precision
from crossings.evidence.words import KNOWN_WORD, WORD, read_rows, said_from, stretch_from
from crossings.models import Reading, Report
from crossings.serializers import Card, Json, queue_json

LANES_NAMED = """
    jsonb_path_query_array(w.lanes, '$[*].traffic')::text || jsonb_path_query_array(w.lanes, '$[*].to')::text"""
"""The lanes a report speaks of, whatever it says of them."""


MOST_WITNESSES = 200
MOST_ANNOUNCED = 40
MOST_QUEUES = 20
QUEUE_SHOWN_FOR = timedelta(hours=72)


def witnesses(
    at: dict[int, datetime], windows: dict[int, timedelta], known: datetime | None = None
) -> dict[int, list[Said]]:
    """The claims heard within each crossing's `fresh_for` before its moment: for agreement and dispute.

    With `known` only what had been recorded by then.
    """
    word, learned = (WORD, "true") if known is None else (KNOWN_WORD, "{}.recorded_at <= %(known)s")
    rows = read_rows(
        f"""
        WITH heard AS MATERIALIZED (
            SELECT r.crossing_id, r.at, id
            FROM unnest(%(ids)s::bigint[], %(at)s::timestamptz[], %(windows)s::interval[]) r(crossing_id, at, fresh_for)
            CROSS JOIN LATERAL (
                (SELECT id FROM crossings_report h WHERE h.crossing_id = r.crossing_id
                    AND h.reported_at >= r.at - r.fresh_for AND h.reported_at <= r.at
                    ORDER BY h.reported_at DESC LIMIT {MOST_WITNESSES})
                UNION
                (SELECT id FROM crossings_report h WHERE h.crossing_id = r.crossing_id
                    AND h.effective_at >= r.at - r.fresh_for AND h.effective_at <= r.at
                    ORDER BY h.effective_at DESC LIMIT {MOST_WITNESSES})
                UNION
                (SELECT report_id FROM crossings_confirmation c WHERE c.crossing_id = r.crossing_id
                    AND c.confirmed_at >= r.at - r.fresh_for AND c.confirmed_at <= r.at
                    AND {learned.format("c")} ORDER BY c.confirmed_at DESC LIMIT {MOST_WITNESSES})
            ) h
        ), latest AS MATERIALIZED (
            -- Of what a source said of the same lanes of the same gate only the newest can bear witness.
            SELECT DISTINCT ON (w.crossing_id, w.source_id, w.declared_by, w."where", w.one_gate, {LANES_NAMED}) w.*
            FROM heard JOIN crossings_report w ON w.id = heard.id
            WHERE w.effective_at <= heard.at AND w.basis <> 'announced' AND w.visibility = 'public'
                AND {learned.format("w")}
                AND NOT EXISTS (SELECT 1 FROM crossings_retraction x WHERE x.report_id = w.id
                    AND {learned.format("x")})
            ORDER BY w.crossing_id, w.source_id, w.declared_by, w."where", w.one_gate, {LANES_NAMED},
                w.effective_at DESC, array_position(%(finer)s::text[], w.precision::text) DESC, w.recorded_at DESC,
                w.id DESC
        )
        SELECT {word} FROM latest w JOIN crossings_source s ON s.id = w.source_id
        """,  # noqa: S608
        {
            "ids": list(at), "at": list(at.values()), "windows": [windows[crossing] for crossing in at],
            "known": known, "finer": [each.value for each in sorted(Precision, key=FINENESS.__getitem__)],
        },
    )  # fmt: skip
    found: dict[int, list[Said]] = defaultdict(list)
    for row in rows:
        said = said_from(row)
        if said.moves_gates():
            found[row[-1]].append(said)
    return found


def confirmed_by_then(bearing: dict[int, list[Said]], at: dict[int, datetime], known: datetime | None = None) -> None:
    """Where a claim was confirmed after the moment asked, also give it its latest confirmation by that moment."""
    late = [
        (word, at[crossing])
        for crossing, words in bearing.items()
        for word in words
        if word.confirmations and max(word.confirmations) > at[crossing]
    ]
    if not late:
        return
    learned = "true" if known is None else "c.recorded_at <= %(known)s"
    rows = read_rows(
        f"""
        SELECT r.report_id, c.confirmed_at, c.source_id <> w.source_id
        FROM unnest(%(ids)s::bigint[], %(at)s::timestamptz[]) AS r(report_id, at)
        JOIN crossings_report w ON w.id = r.report_id
        CROSS JOIN LATERAL (SELECT confirmed_at, source_id FROM crossings_confirmation c
            WHERE c.report_id = r.report_id AND c.confirmed_at <= r.at AND {learned}
            ORDER BY c.confirmed_at DESC, c.id DESC LIMIT 1) c
        """,  # noqa: S608
        {"ids": [word.report for word, _ in late], "at": [moment for _, moment in late], "known": known},
    )
    by_then = {report: (confirmed_at, by_another) for report, confirmed_at, by_another in rows}
    for word, _ in late:
        confirmed_at, word.seconded = by_then.get(word.report, (None, False))
        if confirmed_at:
            word.confirmations = (*word.confirmations, confirmed_at)


def announced(at: dict[int, datetime], known: datetime | None = None) -> dict[int, list[Said]]:
    """The announcements that are pending or ended lately at each crossing's moment, and the orders that have yet to
    take effect then. With `known` only what had been recorded by then.
    """
    word, learned = (WORD, "true") if known is None else (KNOWN_WORD, "w.recorded_at <= %(known)s")
    rows = read_rows(
        f"""
        SELECT {word} FROM unnest(%(ids)s::bigint[], %(at)s::timestamptz[]) AS r(crossing_id, at)
        CROSS JOIN LATERAL (
            (SELECT * FROM crossings_report w WHERE w.crossing_id = r.crossing_id
                AND w.basis = 'announced' AND w.visibility = 'public' AND w.reported_at <= r.at AND {learned}
                AND (w.reported_at > r.at - %(span)s::interval OR w.effective_at > r.at - %(span)s::interval)
                ORDER BY w.reported_at DESC LIMIT {MOST_ANNOUNCED})
            UNION ALL
            (SELECT * FROM crossings_report w WHERE w.crossing_id = r.crossing_id
                AND w.basis = 'ordered' AND w.visibility = 'public' AND w.reported_at <= r.at AND {learned}
                AND w.effective_at > r.at ORDER BY w.effective_at LIMIT {MOST_ANNOUNCED})
        ) w JOIN crossings_source s ON s.id = w.source_id
        """,  # noqa: S608
        {"ids": list(at), "at": list(at.values()), "known": known, "span": ENDED_SHOWN_FOR + LAPSE_UNDATED},
    )
    found: dict[int, list[Said]] = defaultdict(list)
    for row in rows:
        found[row[-1]].append(said_from(row))
    return found


def spanned(pledges: list[Said]) -> datetime | None:
    """From when on the periods are wanted that tell how these announcements ended; orders need none."""
    return min((word.reported_at for word in pledges if word.announced), default=None)


def history_since(earliest: dict[int, datetime]) -> dict[int, list[Stretch]]:
    """Each crossing's periods from the one current at its moment on, oldest first."""
    rows = read_rows(
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
    found: dict[int, list[Json]] = defaultdict(list)
    for reading in _newest_readings(at, known_at):
        if len(found[reading.crossing_id]) < MOST_QUEUES:
            found[reading.crossing_id].append(queue_json(reading, reading.label))
    return found


def ahead(at: dict[int, datetime]) -> dict[int, datetime | None]:
    """When the next count or confirmation takes place that a clock ahead of ours gave for after each moment."""
    rows = read_rows(
        """
        SELECT r.crossing_id, least(
            (SELECT min(q.observed_at) FROM crossings_reading q
                WHERE q.crossing_id = r.crossing_id AND q.observed_at > r.at),
            (SELECT min(c.confirmed_at) FROM crossings_confirmation c
                WHERE c.crossing_id = r.crossing_id AND c.confirmed_at > r.at))
        FROM unnest(%s::bigint[], %s::timestamptz[]) AS r(crossing_id, at)
        """,
        [list(at), list(at.values())],
    )
    return dict(rows)


NOT_SHOWN = (
    "external_id", "digest", "note", "attribution", "url", "reported_at", "recorded_at", "recorded_by", "backfilled"
)  # fmt: skip
OF_A_KIND = 'q.crossing_id, q.source_id, q.side, q.traffic, q."to", q.measure, q.unit, q.place, q.loaded'
KIND_AND_TIME = """q.crossing_id, q.id, q.source_id, q.side, q.traffic, q."to", q.measure, q.unit, q.place, q.loaded,
    q.observed_at"""


def _newest_readings(at: dict[int, datetime], known_at: datetime | None) -> Iterable[Any]:
    """Chosen by the database: a feed that counts every few minutes has hundreds of them in three days."""
    learned, retracted = ("true", "true") if known_at is None else ("q.recorded_at <= %s", "x.recorded_at <= %s")
    known = [] if known_at is None else [known_at]
    ids = read_rows(
        f"""
        SELECT DISTINCT ON ({OF_A_KIND}) q.id
        FROM unnest(%s::bigint[], %s::timestamptz[]) AS r(crossing_id, at)
        CROSS JOIN LATERAL (SELECT {KIND_AND_TIME} FROM crossings_reading q WHERE q.crossing_id = r.crossing_id
            AND q.observed_at <= r.at AND q.observed_at > r.at - %s::interval AND {learned}
            AND NOT EXISTS (SELECT 1 FROM crossings_retraction x WHERE x.reading_id = q.id AND {retracted})
            ORDER BY q.observed_at DESC, q.id DESC LIMIT {MOST_WITNESSES}) q
        ORDER BY {OF_A_KIND}, q.observed_at DESC, q.id DESC
        """,  # noqa: S608
        [list(at), list(at.values()), QUEUE_SHOWN_FOR, *known, *known],
    )
    rows = Reading.objects.filter(pk__in=[row[0] for row in ids]).annotate(label=F("source__public_label"))
    return rows.defer(*NOT_SHOWN).order_by("-observed_at", "-pk")
