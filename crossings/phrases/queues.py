"""Queues and flows in words: a count is a range, and says who counted and when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext, ngettext

from crossings.domain.vocabulary import Measure, Method, Per, QueuePlace, Traffic, Unit
from crossings.phrases.countries import country
from crossings.phrases.text import apart, capital
from crossings.phrases.times import Clock, Stamped, moment
from crossings.phrases.words import directions_named, traffic_named

Json = dict[str, Any]

COUNTED = (Method.COUNTED, Method.SENSOR)


@dataclass(frozen=True, slots=True)
class Queue:
    """`brief` is for the board; `how` says how the number came about."""

    words: str
    place: str
    brief: str
    how: str
    source: str
    at: Stamped | None
    age: str


def queue(reading: Json, clock: Clock) -> Queue:
    at = moment(reading["observed_at"])
    words, place = _measure(reading), _place(reading)
    return Queue(
        words=capital(words),
        place=place,
        brief=" ".join(part for part in (words, place) if part),
        how=gettext(Method(reading["method"]).label),
        source=apart(reading["source"]),
        at=clock.stamped(reading["observed_at"], reading["precision"]),
        age=clock.age(at, reading["precision"]) if at else "",
    )


def amount(low: int | None, high: int | None, method: str) -> str:
    """ "up to 6,000", "more than 5,000", "about 1,400", "1,800 to 2,500"."""
    if low is None:
        return gettext("up to %(n)s") % {"n": number(high or 0)}
    if high is None:
        return gettext("more than %(n)s") % {"n": number(low)}
    if low != high:
        return gettext("%(low)s to %(high)s") % {"low": number(low), "high": number(high)}
    if high == 0:
        return gettext("no")
    return number(high) if method in COUNTED else gettext("about %(n)s") % {"n": number(high)}


def number(n: int) -> str:
    return apart(f"{n:,}")


def _measure(reading: Json) -> str:
    low, high = reading["low"], reading["high"]
    given = {"amount": amount(low, high, reading["method"])}
    if reading["measure"] == Measure.WAITING and reading["unit"] == Unit.MINUTES:
        if high == 0:
            return gettext("no waiting")
        return ngettext("%(amount)s minute of waiting", "%(amount)s minutes of waiting", high or low or 0) % given
    given["unit"] = _unit(reading, high if high is not None else low or 0)
    if reading["measure"] == Measure.WAITING:
        return gettext("%(amount)s %(unit)s waiting") % given
    given["per"] = gettext(Per(reading["per"]).label) if reading["per"] else ""
    if reading["measure"] == Measure.PASSED:
        return gettext("%(amount)s %(unit)s passed %(per)s") % given
    return gettext("%(amount)s %(unit)s turned back %(per)s") % given


def _unit(reading: Json, n: int) -> str:
    names = {
        Unit.TRUCKS: ngettext("truck", "trucks", n),
        Unit.VEHICLES: ngettext("vehicle", "vehicles", n),
        Unit.CONTAINERS: ngettext("container", "containers", n),
        Unit.PEOPLE: ngettext("person", "people", n),
        Unit.KM: gettext("km of queue"),
        Unit.MINUTES: ngettext("minute", "minutes", n),
    }
    unit = names[Unit(reading["unit"])]
    if reading["loaded"] is None:
        return unit
    form = gettext("loaded %(unit)s") if reading["loaded"] else gettext("empty %(unit)s")
    return form % {"unit": unit}


def _place(reading: Json) -> str:
    """Of whom, which way, on which side: as far as it was said."""
    told = reading["unit"] == Unit.TRUCKS and reading["traffic"] == Traffic.CARGO
    told = told or (reading["unit"] == Unit.PEOPLE and reading["traffic"] == Traffic.PEOPLE)
    parts = []
    if reading["traffic"] and not told:
        parts.append(gettext("for %(traffic)s") % {"traffic": traffic_named([reading["traffic"]])})
    if reading["to"]:
        parts.append(directions_named([reading["to"]]))
    if reading["place"] != QueuePlace.GATE:
        parts.append(gettext(QueuePlace(reading["place"]).label))
    if reading["side"]:
        parts.append(gettext("in %(country)s") % {"country": country(reading["side"])})
    elif reading["unit"] != Unit.MINUTES:
        parts.append(gettext("on both sides, or side not said"))
    return gettext(", ").join(parts)
