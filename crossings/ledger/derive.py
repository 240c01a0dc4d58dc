"""Derives the periods of the touched crossings anew, from the earliest moment touched until they agree again."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from crossings.domain.border import Lane
from crossings.domain.timeline import LaneFact, Standing
from crossings.domain.timeline import Period as Stretch
from crossings.evidence import EPOCH, Point, advance, points_before
from crossings.ledger.bulk import insert
from crossings.ledger.transaction import Touched
from crossings.models import Checkpoint, Period
from crossings.serializers import Json, fact_json

STEPS_BETWEEN_CHECKPOINTS = 8
CHECKPOINTS_AHEAD = 4
"""Read at first; each further reading takes four times as many, so what is read follows what has to change."""


@dataclass(slots=True)
class Rewriting:
    """The rows of one crossing: those there from the point of resumption on, and those they become."""

    old: list[Period] = field(default_factory=list)
    old_checkpoints: dict[datetime, Checkpoint] = field(default_factory=dict)
    horizon: datetime | None = None
    """How far ahead the old rows were read, where there are more."""
    new: list[Period] = field(default_factory=list)
    checkpoints: list[Checkpoint] = field(default_factory=list)
    agreed_at: datetime | None = None


def derive(touched: dict[int, Touched], now: datetime) -> dict[int, Point]:
    """Rewrite periods and checkpoints. Returns the points that were walked all the way to `now`."""
    moments = {pk: min(each.since, now) for pk, each in touched.items() if each.since is not None}
    points = points_before(moments, more={pk: len(touched[pk].reports) for pk in moments})
    rewritings = _read_old(points)
    for pk, point in points.items():
        _rewrite(pk, touched[pk], point, rewritings[pk], now)
    _write(touched, rewritings)
    return {pk: point for pk, point in points.items() if rewritings[pk].agreed_at is None}


def _read_old(points: dict[int, Point]) -> dict[int, Rewriting]:
    found = {pk: Rewriting() for pk in points}
    starts = {pk: point.standing.period.start if point.standing.period else EPOCH for pk, point in points.items()}
    _read_ahead(found, {pk: point.standing.at or EPOCH for pk, point in points.items()}, starts, CHECKPOINTS_AHEAD)
    return found


def _read_ahead(
    found: dict[int, Rewriting], marks_after: dict[int, datetime], periods_from: dict[int, datetime], count: int
) -> None:
    """Read the next `count` checkpoints of each crossing and the periods up to the last of them."""
    ids = list(found)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT k.id, k.crossing_id, k.at, k.reports
            FROM unnest(%s::bigint[], %s::timestamptz[]) AS r(crossing_id, at)
            CROSS JOIN LATERAL (SELECT * FROM crossings_checkpoint k WHERE k.crossing_id = r.crossing_id
                AND k.at > r.at ORDER BY k.at LIMIT %s) k ORDER BY k.at
            """,
            [ids, [marks_after[pk] for pk in ids], count],
        )
        marks: dict[int, list[Checkpoint]] = defaultdict(list)
        for row in cursor.fetchall():
            marks[row[1]].append(Checkpoint(id=row[0], crossing_id=row[1], at=row[2], reports=row[3]))
    for pk in ids:
        found[pk].old_checkpoints |= {mark.at: mark for mark in marks[pk]}
        found[pk].horizon = marks[pk][-1].at if len(marks[pk]) == count else None
    rows = Period.objects.raw(
        """
        SELECT p.* FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[]) AS r(crossing_id, start, horizon)
        JOIN crossings_period p ON p.crossing_id = r.crossing_id AND p.start >= r.start
            AND (r.horizon IS NULL OR p.start <= r.horizon)
        ORDER BY p.start
        """,
        [ids, [periods_from[pk] for pk in ids], [found[pk].horizon for pk in ids]],
    )
    for row in rows:
        found[row.crossing_id].old.append(row)


def _rewrite(pk: int, touched: Touched, point: Point, rewriting: Rewriting, now: datetime) -> None:
    standing = point.standing
    current = standing.period
    facts: dict[int, tuple[LaneFact, Json]] = {}
    if current is not None:
        rewriting.new.append(_row(pk, current, facts))
    for steps, _ in enumerate(advance(touched.border, pk, point, now), 1):
        if standing.period is not None and standing.period is not current:
            current = standing.period
            rewriting.new.append(_row(pk, current, facts))
        if steps % STEPS_BETWEEN_CHECKPOINTS == 0:
            rewriting.checkpoints.append(_mark(pk, standing))
        if _agrees(touched, point, rewriting):
            rewriting.agreed_at = standing.at
            return
        while rewriting.horizon is not None and standing.at is not None and standing.at >= rewriting.horizon:
            _read_further(pk, rewriting)
    while rewriting.horizon is not None:
        _read_further(pk, rewriting)


def _read_further(pk: int, rewriting: Rewriting) -> None:
    after = rewriting.horizon or EPOCH
    from_then_on = after + timedelta(microseconds=1)
    count = 4 * len(rewriting.old_checkpoints)
    _read_ahead({pk: rewriting}, {pk: after}, {pk: from_then_on}, count)


def _mark(pk: int, standing: Standing) -> Checkpoint:
    assert standing.at is not None
    return Checkpoint(crossing_id=pk, at=standing.at, reports=standing.reports())


def _agrees(touched: Touched, point: Point, rewriting: Rewriting) -> bool:
    """Whether we stand as we stood before at an old checkpoint: then all that follows is as it was."""
    at = point.standing.at
    mark = rewriting.old_checkpoints.get(at) if at else None
    if mark is None or at is None or (touched.until is not None and at <= touched.until):
        return False
    standing = point.standing.reports()
    if mark.reports != standing or touched.lengthened.intersection(standing):
        return False
    covering = next((row for row in reversed(rewriting.old) if row.start <= at), None)
    return covering is not None and bool(rewriting.new) and _content(covering) == _content(rewriting.new[-1])


def _row(pk: int, period: Stretch, facts: dict[int, tuple[LaneFact, Json]]) -> Period:
    return Period(
        crossing_id=pk,
        start=period.start,
        start_precision=period.start_precision.value,
        state=period.state.value,
        since=period.since,
        since_precision=period.since_precision.value,
        lanes=[_fact(lane, fact, facts) for lane, fact in period.lanes.items()],
        reports=list(period.reports),
    )


def _fact(lane: Lane, fact: LaneFact, facts: dict[int, tuple[LaneFact, Json]]) -> Json:
    """The fact's JSON, made once: most lanes pass from period to period as the same object, kept alive in `facts`."""
    if id(fact) not in facts:
        facts[id(fact)] = fact, fact_json(lane, fact)
    return facts[id(fact)][1]


def _content(row: Period) -> tuple[Any, ...]:
    return row.start, row.start_precision, row.state, row.since, row.since_precision, row.lanes, row.reports


def _write(touched: dict[int, Touched], rewritings: dict[int, Rewriting]) -> None:
    gone: list[int] = []
    fresh: list[Period] = []
    moved: list[Period] = []
    stale_marks: list[int] = []
    marks: list[Checkpoint] = []
    for pk, each in rewritings.items():
        removed, added, ended = _differences(touched[pk], each)
        gone += [row.pk for row in removed]
        fresh += added
        moved += ended
        old_marks, new_marks = _checkpoint_differences(each)
        stale_marks += old_marks
        marks += new_marks
    if gone:
        Period.objects.filter(pk__in=gone).delete()
    if moved:
        Period.objects.bulk_update(moved, ["end"])
    insert(fresh)
    _write_checkpoints(stale_marks, marks)


def _differences(touched: Touched, each: Rewriting) -> tuple[list[Period], list[Period], list[Period]]:
    """Rows to remove, to add, and to give another end; notes on `touched` what of the past was corrected."""
    if each.agreed_at is None:
        old, last_end = each.old, None
    else:
        old = [row for row in each.old if row.start <= each.agreed_at]
        last_end = old[-1].end
    for row, end in zip(each.new, [*(row.start for row in each.new[1:]), last_end], strict=False):
        row.end = end
    new_by_start = {row.start: row for row in each.new}
    kept = {
        row.start for row in old if row.start in new_by_start and _content(row) == _content(new_by_start[row.start])
    }
    removed = [row for row in old if row.start not in kept]
    added = [row for row in each.new if row.start not in kept]
    ended = []
    for row in old:
        if row.start in kept and row.end != new_by_start[row.start].end:
            row.end = new_by_start[row.start].end
            ended.append(row)
    touched.corrected = _corrected(old, removed, added)
    return removed, added, ended


def _corrected(
    old: list[Period], removed: list[Period], added: list[Period]
) -> tuple[datetime, datetime | None] | None:
    """The range of the past that reads differently now; one new period at the end is no correction."""
    if not removed and (len(added) < 2 and all(row.start > old[-1].start for row in added if old)):
        return None
    rows = [*removed, *added]
    ends = [row.end for row in rows]
    return min(row.start for row in rows), None if None in ends else max(end for end in ends if end)


def _checkpoint_differences(each: Rewriting) -> tuple[list[int], list[Checkpoint]]:
    limit = each.agreed_at
    old = {at: mark for at, mark in each.old_checkpoints.items() if limit is None or at < limit}
    new = {mark.at: mark for mark in each.checkpoints if limit is None or mark.at < limit}
    same = {at for at in old if at in new and old[at].reports == new[at].reports}
    return [mark.pk for at, mark in old.items() if at not in same], [m for at, m in new.items() if at not in same]


def _write_checkpoints(stale: list[int], marks: list[Checkpoint]) -> None:
    if stale:
        Checkpoint.objects.filter(pk__in=stale).delete()
    insert(marks)
