"""What the rules need to know of a crossing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from crossings.domain.fields import Fields
from crossings.domain.vocabulary import Precision, Traffic

Lane = tuple[Traffic, str]
"""One traffic in one direction; the direction is named by the country entered."""


@dataclass(frozen=True, slots=True)
class Side:
    country: str
    place: str
    timezone: str

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


@dataclass(frozen=True)
class Border:
    """A crossing as the timeline sees it.

    `must_speak` names the sides that have to be heard before a lane counts as open. `hours` is the list of
    opening hours as crossings.domain.hours reads them.
    """

    slug: str
    sides: tuple[Side, Side]
    traffic: tuple[Traffic, ...]
    must_speak: tuple[str, ...]
    fresh_for: timedelta = timedelta(hours=24)
    forget_after: timedelta = timedelta(days=60)
    hours: tuple[Any, ...] = field(default=(), hash=False)

    @cached_property
    def countries(self) -> tuple[str, str]:
        return self.sides[0].country, self.sides[1].country

    @cached_property
    def lanes(self) -> tuple[Lane, ...]:
        return tuple((traffic, to) for traffic in self.traffic for to in self.countries)

    def side_named(self, read: Fields, key: str) -> str:
        """The country in that field, which must be one of the two sides; "" where it is left out."""
        country = read.country(key)
        if country and country not in self.countries:
            sides = " and ".join(self.countries)
            read.fault(key, "not_a_side", f"{country} is not a side of {self.slug}; its sides are {sides}.")
            return ""
        return country

    def time_named(self, read: Fields, key: str, precision: Precision, side: str) -> datetime | None:
        """The time in that field: a full one, or a date (month) alone where the precision says so."""
        at = read.moment_or_date(key, month=precision is Precision.MONTH)
        if at is None:
            return None
        try:
            if isinstance(at, datetime):
                return self.stand_in(at, precision, side)
            if precision in (Precision.DAY, Precision.MONTH):
                return self.noon(at.replace(day=15) if precision is Precision.MONTH else at, side)
        except (ValueError, OverflowError):
            read.fault(key, "invalid_timestamp", "There is no such time.")
            return None
        read.fault(key, "timezone_required", "A date alone needs `precision` day or month.")
        return None

    def zone(self, side: str) -> ZoneInfo:
        """The zone a date given for that side is read in; with no side named, the first side's."""
        for each in self.sides:
            if each.country == side:
                return each.zone
        return self.sides[0].zone

    def other(self, side: str) -> str:
        first, second = self.countries
        return second if side == first else first

    def noon(self, day: date, side: str) -> datetime:
        return datetime.combine(day, time(12), self.zone(side)).astimezone(UTC)

    def stand_in(self, at: datetime, precision: Precision, side: str) -> datetime:
        """The instant that stands for a time known only to the day (local noon) or month (noon of its 15th)."""
        if precision not in (Precision.DAY, Precision.MONTH):
            return at
        day = at.astimezone(self.zone(side)).date()
        return self.noon(day.replace(day=15) if precision is Precision.MONTH else day, side)

    def end_of_day(self, day: date, side: str) -> datetime:
        return datetime.combine(day + timedelta(days=1), time(0), self.zone(side)).astimezone(UTC)
