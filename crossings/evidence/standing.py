"""How crossings stand at given moments, as a status and as its JSON."""

from __future__ import annotations

from datetime import datetime

from crossings.domain.border import Border
from crossings.domain.status import Status, status_at
from crossings.domain.timeline import Period as Stretch
from crossings.domain.timeline import Standing, ended
from crossings.evidence.around import announced, cards, confirmed_by_then, history_since, spanned, witnesses
from crossings.evidence.words import Point, advance
from crossings.serializers import Json, reports_shown, status_json


def statuses(
    borders: dict[int, Border],
    standings: dict[int, Standing],
    at: dict[int, datetime],
    walked: dict[int, list[Stretch]] | None = None,
) -> dict[int, tuple[Status, Json]]:
    """Each crossing's status, and its JSON, at its moment, given the standing then.

    `walked` are the last periods up to it, of which some may not be stored yet.
    """
    heard = witnesses(at, {crossing: border.fresh_for for crossing, border in borders.items()})
    bearing = {
        crossing: [*heard.get(crossing, []), *(word for words in standing.words.values() for word in words)]
        for crossing, standing in standings.items()
    }
    confirmed_by_then(bearing, at)
    pledges = announced(at)
    spans = {crossing: since for crossing, words in pledges.items() if (since := spanned(words))}
    histories = history_since(spans) if spans else {}
    found = {
        crossing: status_at(
            border,
            standings[crossing].period,
            standings[crossing].words,
            heard.get(crossing, []),
            pledges.get(crossing, []),
            _until(at[crossing], histories.get(crossing, []), (walked or {}).get(crossing, [])),
            at[crossing],
        )
        for crossing, border in borders.items()
    }
    known = cards(report for status in found.values() for report in reports_shown(status))
    return {crossing: (status, status_json(borders[crossing], status, known)) for crossing, status in found.items()}


def _until(at: datetime, stored: list[Stretch], walked: list[Stretch]) -> list[Stretch]:
    found = [period for period in stored if period.start <= at]
    fresh = [period for period in walked if not found or period.start > found[-1].start]
    return ended([*found, *fresh]) if fresh else found


def current_status(
    borders: dict[int, Border], points: dict[int, Point], at: dict[int, datetime]
) -> dict[int, tuple[Status, Json]]:
    """Walk each point to its moment and say how the crossing stands there."""
    walked: dict[int, list[Stretch]] = {crossing: [] for crossing in borders}
    for crossing, border in borders.items():
        found = walked[crossing]
        for step in advance(border, crossing, points[crossing], at[crossing]):
            if step.period and (not found or found[-1] is not step.period):
                found.append(step.period)
    return statuses(borders, {crossing: points[crossing].standing for crossing in borders}, at, walked)
