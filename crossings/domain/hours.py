"""Opening hours (rule 13): they split no period, they only say whether a lane passes now and when it opens next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from crossings.domain.border import Border, Lane
from crossings.domain.faults import Fault, Refused
from crossings.domain.fields import Fields
from crossings.domain.vocabulary import Passing, Traffic, Weekday

LOOK_AHEAD_DAYS = 14
WEEKDAYS = tuple(Weekday)


@dataclass(frozen=True, slots=True)
class Opening:
    """One side's hours on some weekdays, for some traffic and direction; local times of that side.

    A `closes` not after `opens` means the next morning. Empty `traffic` means all, empty `to` both directions.
    """

    side: str
    opens: time
    closes: time
    days: tuple[Weekday, ...] = WEEKDAYS
    traffic: tuple[Traffic, ...] = ()
    to: str = ""
    holidays: tuple[date, ...] = ()

    def speaks_of(self, lane: Lane) -> bool:
        return (not self.traffic or lane[0] in self.traffic) and self.to in ("", lane[1])

    def stretch(self, border: Border, day: date) -> tuple[datetime, datetime] | None:
        if WEEKDAYS[day.weekday()] not in self.days or day in self.holidays:
            return None
        zone = border.zone(self.side)
        closing = day if self.closes > self.opens else day + timedelta(days=1)
        return datetime.combine(day, self.opens, zone), datetime.combine(closing, self.closes, zone)


@dataclass(frozen=True, slots=True)
class Now:
    """`next_opening` is in UTC and only given outside hours; `until` is when this answer may change."""

    passing: Passing
    next_opening: datetime | None = None
    until: datetime | None = None


def hours_now(border: Border, lane: Lane, at: datetime) -> Now:
    by_side = {
        side: [each for each in border.hours if each.side == side and each.speaks_of(lane)] for side in border.countries
    }
    if not any(by_side.values()):
        return Now(Passing.HOURS_UNKNOWN)
    stretches = {side: _stretches(border, hours, at) for side, hours in by_side.items() if hours}
    edges = sorted({edge for found in stretches.values() for stretch in found for edge in stretch if edge > at})
    until = edges[0] if edges else None
    if all(_within(found, at) for found in stretches.values()):
        known = all(by_side[side] for side in border.must_speak)
        return Now(Passing.PASSING if known else Passing.HOURS_UNKNOWN, until=until)
    opening = next((edge for edge in edges if all(_within(found, edge) for found in stretches.values())), None)
    return Now(Passing.OUTSIDE_HOURS, opening.astimezone(UTC) if opening else None, until)


def _stretches(border: Border, hours: list[Opening], at: datetime) -> list[tuple[datetime, datetime]]:
    today = at.astimezone(border.zone(hours[0].side)).date()
    days = [today + timedelta(days=n) for n in range(-1, LOOK_AHEAD_DAYS)]
    return [found for day in days for opening in hours if (found := opening.stretch(border, day))]


def _within(stretches: list[tuple[datetime, datetime]], at: datetime) -> bool:
    return any(start <= at < end for start, end in stretches)


def openings_from_json(data: Any, sides: tuple[str, ...]) -> tuple[Opening, ...]:
    """[{"side": "PK", "opens": "07:00", "closes": "19:00", "days": ["mon"], "traffic": ["cargo"], "to": "AF",
    "holidays": ["2026-08-14"]}]; raises Refused with every fault found."""
    if not isinstance(data, list):
        raise Refused.one("", "not_a_list", "A list of opening hours is expected.")
    faults: list[Fault] = []
    found = [_opening(Fields(each, f"/{index}", faults), sides) for index, each in enumerate(data)]
    if faults:
        raise Refused(faults)
    return tuple(each for each in found if each is not None)


def _opening(read: Fields, sides: tuple[str, ...]) -> Opening | None:
    side, to = read.country("side"), read.country("to")
    for key, country in (("side", side), ("to", to)):
        if (country or key == "side") and country not in sides:
            read.fault(key, "not_a_side", f"One of {', '.join(sides)} is expected.")
    clocks = [_clock(read, key) for key in ("opens", "closes")]
    days_off = read.get("holidays")
    if not isinstance(days_off, list | None):
        read.fault("holidays", "not_a_list", "A list of days such as 2026-08-14 is expected.")
        days_off = None
    holidays = [read_day(read, index, each) for index, each in enumerate(days_off or [])]
    days, traffic = read.words("days", Weekday) or WEEKDAYS, read.words("traffic", Traffic)
    read.no_others()
    if clocks[0] is None or clocks[1] is None:
        return None
    return Opening(side, clocks[0], clocks[1], days, traffic, to, tuple(day for day in holidays if day))


def read_day(read: Fields, index: int, value: Any) -> date | None:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        read.fault(f"holidays/{index}", "invalid_timestamp", "A day such as 2026-08-14 is expected.")
        return None


def _clock(read: Fields, key: str) -> time | None:
    value = read.get(key)
    try:
        clock = time(0) if value == "24:00" else time.fromisoformat(value)
        if clock.tzinfo is not None:
            raise ValueError
        return clock
    except (TypeError, ValueError):
        read.fault(key, "invalid_hours", "A local time such as 07:00 is expected.")
        return None
