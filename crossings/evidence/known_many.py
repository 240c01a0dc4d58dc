"""How many crossings stood at one moment, as was known then: what known_status() tells of one, in a fixed number of
queries.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from crossings.domain.border import Border
from crossings.domain.status import Status, status_at
from crossings.domain.timeline import Period, Standing, ended, in_order, walk
from crossings.evidence.around import announced, cards, confirmed_by_then, spanned, witnesses
from crossings.evidence.known import CHECKPOINT, MOVES
from crossings.evidence.words import EPOCH, KNOWN_WORD, Point, read_rows, said_from, stretch_from
from crossings.serializers import Json, reports_shown, status_json

OF_EACH = {"%(crossing)s": "r.crossing_id", "%(before)s": "r.before", "%(heard_since)s": "r.heard_since"}


def known_statuses(borders: Mapping[int, Border], at: datetime) -> dict[int, tuple[Status, Json]]:
    """By the crossings' ids, each status at `at` as it was known at that moment."""
    ats = dict.fromkeys(borders, at)
    pledges = announced(ats, at)
    points = known_points(borders, at, {pk: spanned(pledges.get(pk, [])) for pk in borders})
    histories = {pk: _walked(borders[pk], point, at) for pk, point in points.items()}
    heard = witnesses(ats, {pk: border.fresh_for for pk, border in borders.items()}, at)
    bearing = {
        pk: [*heard.get(pk, []), *(word for words in point.standing.words.values() for word in words)]
        for pk, point in points.items()
    }
    confirmed_by_then(bearing, ats, at)
    found = {
        pk: status_at(
            border, points[pk].standing.period, points[pk].standing.words, heard.get(pk, []), pledges.get(pk, []),
            histories[pk], at,
        )
        for pk, border in borders.items()
    }  # fmt: skip
    shown = cards(report for status in found.values() for report in reports_shown(status))
    return {pk: (status, status_json(borders[pk], status, shown)) for pk, status in found.items()}


def _walked(border: Border, point: Point, until: datetime) -> list[Period]:
    standing = point.standing
    found = [standing.period] if standing.period else []
    for step in walk(border, standing, point.later, until):
        if step.period and (not found or found[-1] is not step.period):
            found.append(step.period)
    return ended(found)


def known_points(borders: Mapping[int, Border], at: datetime, since: Mapping[int, datetime | None]) -> dict[int, Point]:
    """known_point() of each crossing, `since` the moment of its own. Two queries."""
    params = {
        "ids": list(borders), "before": [min(since[pk] or at, at) for pk in borders], "known": at, "until": at,
        "heard_since": [at - border.forget_after for border in borders.values()],
    }  # fmt: skip
    points = {pk: Point(Standing()) for pk in borders}
    marks = dict.fromkeys(borders, EPOCH)
    reports: list[int] = []
    for pk, mark, resting_on, *stretch in read_rows(CHECKPOINTS, params):
        marks[pk] = mark
        points[pk] = Point(Standing(at=mark, period=stretch_from(tuple(stretch))))
        reports += resting_on
    params |= {"reports": reports, "marks": list(marks.values())}
    for row in read_rows(WORDS, params):
        pk, word = row[-1], said_from(row)
        if word.rank[0] > marks[pk]:
            points[pk].later.append(word)
        elif word.moves_gates():
            for lane in word.lanes:
                points[pk].standing.words.setdefault(lane, []).append(word)
    for point in points.values():
        point.later = in_order(point.later)
    return points


def _of_each(sql: str) -> str:
    for name, column in OF_EACH.items():
        sql = sql.replace(name, column)
    return sql


CHECKPOINTS = f"""
    SELECT r.crossing_id, k.* FROM unnest(%(ids)s::bigint[], %(before)s::timestamptz[], %(heard_since)s::timestamptz[])
        AS r(crossing_id, before, heard_since)
    CROSS JOIN LATERAL ({_of_each(CHECKPOINT)}) k
    """  # noqa: S608
WORDS = f"""
    SELECT {KNOWN_WORD} FROM (
        SELECT * FROM crossings_report w WHERE w.id = ANY(%(reports)s::bigint[])
        UNION ALL
        SELECT w.* FROM unnest(%(ids)s::bigint[], %(marks)s::timestamptz[]) AS r(crossing_id, mark)
        CROSS JOIN LATERAL (SELECT * FROM crossings_report w WHERE {_of_each(MOVES)} AND w.recorded_at <= %(known)s
            AND w.effective_at > r.mark AND w.effective_at <= %(until)s) w
    ) w JOIN crossings_source s ON s.id = w.source_id
    """  # noqa: S608
