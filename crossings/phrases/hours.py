"""Opening hours in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext

from crossings.domain.hours import WEEKDAYS
from crossings.phrases.countries import country
from crossings.phrases.labels import label
from crossings.phrases.text import apart, capital, listed
from crossings.phrases.words import directions_named, traffic_named

Json = dict[str, Any]


def hours_lines(openings: Sequence[Json]) -> list[str]:
    """A line for each opening, in the local time of its side: "Pakistan: goods trucks, Monday to Friday, 07:00 …"."""
    return [_line(each) for each in openings]


def _line(opening: Json) -> str:
    lane = " ".join(
        part
        for part in (
            traffic_named(opening.get("traffic") or ()) or gettext("all traffic"),
            directions_named([opening["to"]]) if opening.get("to") else "",
        )
        if part
    )
    hours = gettext("%(opens)s to %(closes)s local time") % {
        "opens": apart(opening["opens"]),
        "closes": apart(opening["closes"]),
    }
    parts = [lane, _days(opening.get("days") or list(WEEKDAYS)), hours]
    if opening.get("holidays"):
        days = listed([apart(day) for day in opening["holidays"]])
        parts.append(gettext("not on %(days)s") % {"days": days})
    side = capital(gettext("gate of %(country)s") % {"country": country(opening["side"])})
    return gettext("%(side)s: %(hours)s") % {"side": side, "hours": gettext(", ").join(parts)}


def _days(days: Sequence[str]) -> str:
    given = [day for day in WEEKDAYS if day in days]
    if len(given) == len(WEEKDAYS):
        return gettext("every day")
    first, last = WEEKDAYS.index(given[0]), WEEKDAYS.index(given[-1])
    if len(given) > 2 and last - first == len(given) - 1:
        return gettext("%(first)s to %(last)s") % {"first": label(given[0]), "last": label(given[-1])}
    return listed([label(day) for day in given])
