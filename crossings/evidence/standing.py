"""How crossings stand at given moments, as a status and as its JSON."""

from __future__ import annotations

from datetime import datetime

from crossings.domain.border import Border
from crossings.domain.said import Said
from crossings.domain.status import Status, status_at
from crossings.domain.timeline import Period as Stretch
from crossings.domain.timeline import Standing, ended, in_order, walk
from crossings.evidence.around import announced, cards, confirmed_by_then, history_since, witnesses
from crossings.evidence.words import Point, advance
from crossings.serializers import Json, reports_shown, status_json


def statuses(
    borders: dict[int, Border], standings: dict[int, Standing], at: dict[int, datetime]
) -> dict[int, tuple[Status, Json]]:
    """Each crossing's status, and its JSON, at its moment, given the standing then."""
    heard = witnesses(at, {crossing: border.fresh_for for crossing, border in borders.items()})
    bearing = {
        crossing: [*heard.get(crossing, []), *(word for words in standing.words.values() for word in words)]
        for crossing, standing in standings.items()
    }
    confirmed_by_then(bearing, at)
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
