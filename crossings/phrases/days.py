"""The last days of a crossing's first traffic, a mark a day: as a strip is drawn, a sentence says and a table lists."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from django.utils.translation import gettext, ngettext

from crossings.domain.vocabulary import STRICTNESS, State
from crossings.phrases import words
from crossings.phrases.lanes import ordered, sides_of
from crossings.phrases.text import apart, capital, listed, spaced
from crossings.phrases.times import Clock, moment

Json = dict[str, Any]
Lane = tuple[str, str]

DAYS = 90


@dataclass(frozen=True, slots=True)
class Strip:
    """One direction, or both where all their days were alike: the state of each day, the oldest first."""

    name: str
    days: tuple[str, ...]
    sentence: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days in a row on which nothing differed: their dates, how many, and of each strip the mark and the word."""

    dates: str
    days: str
    cells: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Days:
    strips: tuple[Strip, ...]
    stretches: tuple[Stretch, ...]
    first: str
    last: str


def last_days(crossing: Json, periods: Sequence[Json], clock: Clock, *, more: bool) -> Days | None:
    """`periods` newest first; with `more` there are older ones, and the days begin with the oldest given.

    None where nothing was known of these days at all.
    """
    today = clock.local(clock.now).date()
    oldest = moment(periods[-1]["start"]) if periods and more else None
    count = min(DAYS, (today - clock.local(oldest).date()).days) if oldest else DAYS
    dates = [today - timedelta(days=count - 1 - i) for i in range(count)]
    alike: dict[tuple[str, ...], list[Lane]] = {}
    for to in sides_of(crossing):
        lanes = ordered([lane for lane in crossing["status"]["lanes"] if lane["to"] == to])
        if lanes:
            lane = lanes[0]["traffic"], to
            alike.setdefault(tuple(_states(periods, lane, dates, clock)), []).append(lane)
    if not any(state != State.UNKNOWN for states in alike for state in states):
        return None
    strips = tuple(_strip(states, lanes) for states, lanes in alike.items())
    told = clock.short_day(dates[0]), clock.short_day(dates[-1])
    return Days(strips, tuple(_stretches(strips, dates, clock)), *told)


def _states(periods: Sequence[Json], lane: Lane, dates: Sequence[date], clock: Clock) -> Iterator[str]:
    """The strictest state of each local day; what nobody reported is unknown."""
    facts = [
        (moment(period["start"]), moment(period["end"]), fact["state"])
        for period in periods
        for fact in period["lanes"]
        if (fact["traffic"], fact["to"]) == lane and words.reported(fact)
    ]
    for day in dates:
        start, end = clock.midnight(day), min(clock.midnight(day + timedelta(days=1)), clock.now)
        found = [State(state) for begun, ended, state in facts if _overlap(begun, ended, start, end)]
        yield max(found, key=STRICTNESS.__getitem__, default=State.UNKNOWN).value


def _overlap(begun: datetime | None, ended: datetime | None, start: datetime, end: datetime) -> bool:
    return begun is not None and begun < end and (ended is None or ended > start)


def _strip(states: tuple[str, ...], lanes: Sequence[Lane]) -> Strip:
    what = words.traffic_named([lanes[0][0]])
    way = gettext("both ways") if len(lanes) > 1 else words.directions_named([lanes[0][1]])
    name = capital(spaced(what, way))
    found = {state: states.count(state) for state in (State.CLOSED, State.RESTRICTED, State.UNKNOWN, State.OPEN)}
    told = [_told(state, n) for state, n in found.items() if n]
    form = ngettext("%(name)s, the last %(n)s day: %(told)s.", "%(name)s, the last %(n)s days: %(told)s.", len(states))
    return Strip(name, states, form % {"name": name, "n": apart(len(states)), "told": listed(told)})


def _told(state: State, n: int) -> str:
    form = {
        State.CLOSED: ngettext("closed on all or part of %(n)s day", "closed on all or part of %(n)s days", n),
        State.RESTRICTED: ngettext("on conditions on %(n)s day", "on conditions on %(n)s days", n),
        State.UNKNOWN: ngettext("not known on %(n)s day", "not known on %(n)s days", n),
        State.OPEN: ngettext("reported open throughout %(n)s day", "reported open throughout %(n)s days", n),
    }[state]
    return form % {"n": apart(n)}


def _stretches(strips: Sequence[Strip], dates: Sequence[date], clock: Clock) -> Iterator[Stretch]:
    """The newest first."""
    columns = list(zip(dates, zip(*(strip.days for strip in strips), strict=True), strict=True))
    for states, run in groupby(reversed(columns), key=lambda column: column[1]):
        days = [day for day, _ in run]
        first, last = clock.short_day(days[-1]), clock.short_day(days[0])
        told = first if len(days) == 1 else gettext("%(first)s to %(last)s") % {"first": first, "last": last}
        n = ngettext("%(n)s day", "%(n)s days", len(days)) % {"n": apart(len(days))}
        yield Stretch(told, n, tuple((state, words.state_word(state)) for state in states))
