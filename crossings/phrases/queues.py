"""Queues and flows in words: a count is a range, and says who counted and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext, ngettext

from crossings.domain.vocabulary import Measure, Method, Per, QueuePlace, State, Traffic, Unit
from crossings.phrases.countries import country
from crossings.phrases.labels import label
from crossings.phrases.text import apart, capital
from crossings.phrases.times import DAY, Clock, Stamped, moment, span
from crossings.phrases.words import directions_named, traffic_named

Json = dict[str, Any]

COUNTED = (Method.COUNTED, Method.SENSOR)


@dataclass(frozen=True, slots=True)
class Queue:
    """`brief` is for the board; `how` says how the number came about; `dated`: its age says no more than its time."""

    words: str
    place: str
    brief: str
    how: str
    source: str
    at: Stamped | None
    age: str
    dated: bool = False


def queue(reading: Json, clock: Clock) -> Queue:
    at = moment(reading["observed_at"])
    words, place = _measure(reading), _place(reading)
    return Queue(
        words=capital(words),
        place=place,
        brief=" ".join(part for part in (words, place) if part),
        how=label(Method(reading["method"])),
        source=apart(reading["source"]),
        at=clock.stamped(reading["observed_at"], reading["precision"], brief=True),
        age=clock.age(at, reading["precision"]) if at else "",
        dated=clock.is_dated(reading["observed_at"], reading["precision"]),
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


def brief_count(reading: Json, clock: Clock) -> str:
    """ "Up to 6,000 trucks waiting in Pakistan, 2 hours ago (Dawn)" """
    told = queue(reading, clock)
    form = gettext("%(queue)s, %(age)s (%(who)s)")
    return form % {"queue": capital(told.brief), "age": told.age, "who": told.source}


def important_first(readings: Sequence[Json]) -> list[Json]:
    """Goods trucks first, and what waits before what passed; among these the newest first, as they come."""
    order = {Traffic.CARGO: 0, None: 1, Traffic.VEHICLES: 2, Traffic.PEOPLE: 3}
    return sorted(readings, key=lambda each: (order[each["traffic"]], each["measure"] != Measure.WAITING))


def waiting(readings: Sequence[Json], lane: Json, countries: Sequence[str]) -> list[Json]:
    """What waits for that lane and no other: that way, or on the side it leaves; the newest first."""
    sides = [side for side in countries if side != lane["to"]]
    return [
        each
        for each in readings
        if each["measure"] == Measure.WAITING
        and each["traffic"] == lane["traffic"]
        and (each["to"] == lane["to"] or (each["to"] is None and each["side"] in sides))
    ]


def waiting_somewhere(readings: Sequence[Json], traffic: str) -> list[Json]:
    """What waits of that traffic where neither side nor way was said; the newest first."""
    found = [each for each in readings if each["measure"] == Measure.WAITING and each["traffic"] == traffic]
    return [each for each in found if each["to"] is None and each["side"] is None]


def pace(crossing: Json, lane: Json, clock: Clock) -> str:
    """How long the queue takes at the pace last counted, where both were counted on one side, the pace within a day.

    Nothing of a closed lane: its queue does not move, whatever passed this morning.
    """
    if lane["state"] == State.CLOSED:
        return ""
    passed = [each for each in crossing["queues"] if each["measure"] == Measure.PASSED and _lately(each, clock)]
    for queue_ in waiting(crossing["queues"], lane, crossing["countries"]):
        for flow in passed:
            if queue_["side"] and _same_stream(queue_, flow, lane) and (queue_["high"] or queue_["low"]):
                known = {"flow": _flow(flow), "time": _clearing(queue_, flow)}
                return gettext("at the pace last counted, %(flow)s: %(time)s") % known
    return ""


def _lately(reading: Json, clock: Clock) -> bool:
    at = moment(reading["observed_at"])
    return at is not None and clock.now - at < DAY and bool(reading["low"] or reading["high"])


def _same_stream(queue_: Json, flow: Json, lane: Json) -> bool:
    alike = all(queue_[key] == flow[key] for key in ("side", "traffic", "unit"))
    return alike and flow["to"] in (None, lane["to"]) and flow["loaded"] in (None, queue_["loaded"])


def _flow(flow: Json) -> str:
    unit = _unit(flow, flow["high"] if flow["high"] is not None else flow["low"] or 0)
    return gettext("%(amount)s %(unit)s %(per)s") % {
        "amount": amount(flow["low"], flow["high"], Method.COUNTED),
        "unit": unit,
        "per": label(Per(flow["per"])),
    }


def _clearing(queue_: Json, flow: Json) -> str:
    """The shortest and the longest it can take, as far as the two ranges have ends."""
    period = DAY if flow["per"] == Per.DAY else timedelta(hours=1)
    least = queue_["low"] / flow["high"] * period if queue_["low"] and flow["high"] else None
    most = queue_["high"] / flow["low"] * period if queue_["high"] and flow["low"] else None
    if least is None and most is None:
        return gettext("no telling how long")
    if least is None or most is None:
        form = gettext("more than %(span)s") if most is None else gettext("at most %(span)s")
        return form % {"span": span(least or most or period)}
    short, long = span(least), span(most)
    return (
        gettext("about %(span)s") % {"span": short}
        if short == long
        else gettext("%(short)s to %(long)s") % {"short": short, "long": long}
    )


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
    given["per"] = label(Per(reading["per"])) if reading["per"] else ""
    if reading["measure"] == Measure.PASSED:
        return gettext("%(amount)s %(unit)s passed %(per)s") % given
    return gettext("%(amount)s %(unit)s turned back %(per)s") % given


def unit_named(unit: str, n: int) -> str:
    return {
        Unit.TRUCKS: ngettext("truck", "trucks", n),
        Unit.VEHICLES: ngettext("vehicle", "vehicles", n),
        Unit.CONTAINERS: ngettext("container", "containers", n),
        Unit.PEOPLE: ngettext("person", "people", n),
        Unit.KM: gettext("km of queue"),
        Unit.MINUTES: ngettext("minute", "minutes", n),
    }[Unit(unit)]


def _unit(reading: Json, n: int) -> str:
    unit = unit_named(reading["unit"], n)
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
        parts.append(label(QueuePlace(reading["place"])))
    if reading["side"]:
        parts.append(gettext("in %(country)s") % {"country": country(reading["side"])})
    elif reading["unit"] != Unit.MINUTES:
        parts.append(gettext("on both sides, or side not said"))
    return gettext(", ").join(parts)
