"""Reads what surrounds a crossing at a moment: witnesses, announcements, counts, and what was known then."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import OuterRef, Q, Subquery

from crossings.domain.claims import lanes_from_stored
from crossings.domain.said import LAPSE_UNDATED, Said
from crossings.domain.status import ENDED_SHOWN_FOR
from crossings.domain.timeline import Period as Stretch
from crossings.domain.vocabulary import Basis, By, Precision, SourceKind, Where
from crossings.evidence.words import WORD, read_rows, said_from, stretch_from
from crossings.models import Confirmation, Reading, Report
from crossings.serializers import Card, Json, queue_json

LANES_NAMED = """
    jsonb_path_query_array(w.lanes, '$[*].traffic')::text || jsonb_path_query_array(w.lanes, '$[*].to')::text"""
"""The lanes a report speaks of, whatever it says of them."""


MOST_WITNESSES = 200
MOST_ANNOUNCED = 40
MOST_QUEUES = 20
QUEUE_SHOWN_FOR = timedelta(hours=72)


def witnesses(at: dict[int, datetime], windows: dict[int, timedelta]) -> dict[int, list[Said]]:
    """The claims heard within each crossing's `fresh_for` before its moment: for agreement and dispute."""
    rows = read_rows(
        f"""
        WITH heard AS MATERIALIZED (
            SELECT r.crossing_id, r.at, id
            FROM unnest(%s::bigint[], %s::timestamptz[], %s::interval[]) AS r(crossing_id, at, fresh_for)
            CROSS JOIN LATERAL (
                (SELECT id FROM crossings_report h WHERE h.crossing_id = r.crossing_id
                    AND h.reported_at > r.at - r.fresh_for AND h.reported_at <= r.at
                    ORDER BY h.reported_at DESC LIMIT {MOST_WITNESSES})
                UNION
                (SELECT report_id FROM crossings_confirmation c WHERE c.crossing_id = r.crossing_id
                    AND c.confirmed_at > r.at - r.fresh_for AND c.confirmed_at <= r.at
                    ORDER BY c.confirmed_at DESC LIMIT {MOST_WITNESSES})
            ) h
        ), latest AS MATERIALIZED (
            -- Of what a source said of the same lanes of the same gate only the newest can bear witness.
            SELECT DISTINCT ON (w.crossing_id, w.source_id, w.declared_by, w."where", w.one_gate, {LANES_NAMED}) w.*
            FROM heard JOIN crossings_report w ON w.id = heard.id
            WHERE w.effective_at <= heard.at AND w.basis <> 'announced' AND w.visibility = 'public'
                AND NOT EXISTS (SELECT 1 FROM crossings_retraction x WHERE x.report_id = w.id)
            ORDER BY w.crossing_id, w.source_id, w.declared_by, w."where", w.one_gate, {LANES_NAMED},
                w.effective_at DESC, w.recorded_at DESC, w.id DESC
        )
        SELECT {WORD} FROM latest w JOIN crossings_source s ON s.id = w.source_id
        """,  # noqa: S608
        [list(at), list(at.values()), [windows[crossing] for crossing in at]],
    )
    found: dict[int, list[Said]] = defaultdict(list)
    for row in rows:
        word = said_from(row)
        if word.moves_gates():
            found[row[-1]].append(word)
    return found


def confirmed_by_then(bearing: dict[int, list[Said]], at: dict[int, datetime]) -> None:
    """Where a claim was confirmed after the moment asked, also give it its latest confirmation by that moment."""
    late = [
        (word, at[crossing])
        for crossing, words in bearing.items()
        for word in words
        if word.confirmations and max(word.confirmations) > at[crossing]
    ]
    if not late:
        return
    rows = read_rows(
        """
        SELECT r.report_id, c.confirmed_at FROM unnest(%s::bigint[], %s::timestamptz[]) AS r(report_id, at)
        CROSS JOIN LATERAL (SELECT confirmed_at FROM crossings_confirmation c WHERE c.report_id = r.report_id
            AND c.confirmed_at <= r.at ORDER BY c.confirmed_at DESC LIMIT 1) c
        """,
        [[word.report for word, _ in late], [moment for _, moment in late]],
    )
    by_then = dict(rows)
    for word, _ in late:
        if word.report in by_then:
            word.confirmations = (*word.confirmations, by_then[word.report])


def announced(at: dict[int, datetime]) -> dict[int, list[Said]]:
    """The announcements that are pending or ended lately at each crossing's moment."""
    span = ENDED_SHOWN_FOR + LAPSE_UNDATED
    rows = read_rows(
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
    ids = read_rows(
        f"""
        SELECT q.id FROM unnest(%s::bigint[], %s::timestamptz[]) AS r(crossing_id, at)
        CROSS JOIN LATERAL (SELECT id FROM crossings_reading q WHERE q.crossing_id = r.crossing_id
            AND q.observed_at <= r.at AND q.observed_at > r.at - %s::interval
            ORDER BY q.observed_at DESC LIMIT {MOST_WITNESSES}) q
        """,  # noqa: S608
        [list(at), list(at.values()), QUEUE_SHOWN_FOR],
    )
    rows = Reading.objects.filter(pk__in=[row[0] for row in ids])
    if known_at is None:
        rows = rows.filter(retraction=None)
    else:
        rows = rows.filter(recorded_at__lte=known_at).exclude(retraction__recorded_at__lte=known_at)
    return rows.select_related("source").order_by("-observed_at", "-pk")


def known_at(crossing_id: int, moment: datetime, asked: datetime | None = None) -> list[Said]:
    """Every public claim about a crossing as it was known at a moment: what was recorded, confirmed and retracted
    later is left out. With its latest confirmation, and its latest by the moment `asked`."""
    confirmed = Confirmation.objects.filter(report=OuterRef("pk"), recorded_at__lte=moment).order_by("-confirmed_at")
    rows = (
        Report.objects.filter(crossing=crossing_id, visibility="public", recorded_at__lte=moment)
        .annotate(
            confirmed=Subquery(confirmed.values("confirmed_at")[:1]),
            by_then=Subquery(confirmed.filter(confirmed_at__lte=asked or moment).values("confirmed_at")[:1]),
        )
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
            confirmations=tuple(each for each in (row.confirmed, row.by_then) if each),
        )
        for row in rows
    ]  # fmt: skip
