"""How a crossing stood as it was known at a moment: what was recorded, confirmed or retracted later is left out.

Whatever was learned later speaks of something that began at some time, and moves nothing before it. Until the earliest
such time all stood as it is stored now, so the derivation is taken up at the last checkpoint before it. A claim that
was only confirmed later, and counted as it was known until the moment asked, counts as it is stored all the while.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from crossings.domain.border import Border
from crossings.domain.said import Said
from crossings.domain.status import Status, status_at
from crossings.domain.timeline import Period as Stretch
from crossings.domain.timeline import Standing, ended, in_order, walk
from crossings.evidence.around import announced, cards, confirmed_by_then, spanned, witnesses
from crossings.evidence.words import EPOCH, KNOWN_WORD, Point, read_rows, said_from, stretch_from
from crossings.serializers import Json, reports_shown, status_json


def known_status(crossing: int, border: Border, known: datetime, at: datetime) -> tuple[Status, Json]:
    """The status at `at` as it was known at the moment `known`."""
    pledges = announced({crossing: at}, known).get(crossing, [])
    point = known_point(crossing, border, known, at, since=spanned(pledges))
    history = _walked(border, point, at)
    heard = witnesses({crossing: at}, {crossing: border.fresh_for}, known).get(crossing, [])
    standing = point.standing
    bearing = [*heard, *(word for words in standing.words.values() for word in words)]
    confirmed_by_then({crossing: bearing}, {crossing: at}, known)
    status = status_at(border, standing.period, standing.words, heard, pledges, history, at)
    return status, status_json(border, status, cards(reports_shown(status)))


def known_periods(crossing: int, border: Border, known: datetime, until: datetime) -> tuple[list[Stretch], bool]:
    """The periods until then as they were known at the moment `known`, oldest first; and whether the stored ones that
    began before the first of them go before it.
    """
    point = known_point(crossing, border, known, until)
    goes_on = point.standing.period is not None
    return _walked(border, point, until), goes_on


def _walked(border: Border, point: Point, until: datetime) -> list[Stretch]:
    standing = point.standing
    found = [standing.period] if standing.period else []
    for step in walk(border, standing, point.later, until):
        if step.period and (not found or found[-1] is not step.period):
            found.append(step.period)
    return ended(found)


def known_point(
    crossing: int, border: Border, known: datetime, until: datetime, *, since: datetime | None = None
) -> Point:
    """Where to take up the derivation: the last checkpoint by `until`, or `since`, before which nothing was learned
    later, and what was said after it until `until`.
    """
    params: dict[str, Any] = {
        "crossing": crossing,
        "known": known,
        "until": until,
        "before": min(since or until, until),
    }
    params |= {"heard_since": until - border.forget_after}
    marks = read_rows(CHECKPOINT, params)
    params |= {"mark": EPOCH, "reports": []}
    standing = Standing()
    if marks:
        params |= {"mark": marks[0][0], "reports": marks[0][1]}
        standing = Standing(at=marks[0][0], period=stretch_from(marks[0][2:]))
    said = [said_from(row) for row in read_rows(WORDS, params)]
    later: list[Said] = []
    for word in said:
        if word.rank[0] > params["mark"]:
            later.append(word)
        elif word.moves_gates():
            for lane in word.lanes:
                standing.words.setdefault(lane, []).append(word)
    return Point(standing, in_order(later))


MOVES = "w.crossing_id = %(crossing)s AND w.basis <> 'announced' AND w.visibility = 'public'"
CHECKPOINT = f"""
    WITH learned AS MATERIALIZED (
        SELECT min(began) AS began FROM (
            SELECT min(w.effective_at) AS began FROM crossings_report w WHERE {MOVES} AND w.recorded_at > %(known)s
            UNION ALL
            SELECT min(w.effective_at) FROM crossings_retraction x JOIN crossings_report w ON w.id = x.report_id
            WHERE {MOVES} AND x.recorded_at > %(known)s
            UNION ALL
            SELECT min(w.effective_at) FROM crossings_report w WHERE {MOVES} AND w.id IN (
                SELECT c.report_id FROM crossings_confirmation c
                WHERE c.crossing_id = %(crossing)s AND c.recorded_at > %(known)s)
            AND NOT (coalesce(w.until, 'infinity') > %(until)s AND (
                greatest(w.effective_at, w.reported_at) > %(heard_since)s OR EXISTS (
                    SELECT 1 FROM crossings_confirmation c WHERE c.report_id = w.id
                    AND c.confirmed_at > %(heard_since)s AND c.recorded_at <= %(known)s)))
        ) each
    )
    SELECT k.at, k.reports, p.start, p.start_precision, p."end", p.state, p.since, p.since_precision, p.lanes, p.reports
    FROM learned CROSS JOIN LATERAL (SELECT at, reports FROM crossings_checkpoint k
        WHERE k.crossing_id = %(crossing)s AND k.at <= %(before)s AND k.at < coalesce(learned.began, 'infinity')
        ORDER BY k.at DESC LIMIT 1) k
    CROSS JOIN LATERAL (SELECT * FROM crossings_period p WHERE p.crossing_id = %(crossing)s AND p.start <= k.at
        ORDER BY p.start DESC LIMIT 1) p
    """  # noqa: S608
WORDS = f"""
    SELECT {KNOWN_WORD} FROM (
        SELECT * FROM crossings_report w WHERE w.id = ANY(%(reports)s::bigint[])
        UNION ALL
        SELECT * FROM crossings_report w WHERE {MOVES} AND w.recorded_at <= %(known)s
            AND w.effective_at > %(mark)s AND w.effective_at <= %(until)s
    ) w JOIN crossings_source s ON s.id = w.source_id
    """  # noqa: S608
