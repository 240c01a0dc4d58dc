"""Opening hours typed one a line: `PK 07:00-19:00 mon-fri cargo to AF except 2026-08-14`."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext

from crossings.admin.fields import LinesField
from crossings.domain.vocabulary import Traffic, Weekday

Json = dict[str, Any]

CLOCKS = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)[-–]([01]?\d|2[0-4]):([0-5]\d)\Z")
DAYS = re.compile(r"[a-z]{3}([-–][a-z]{3})?\Z")
WEEK = Weekday.words()


def line_of(opening: Json) -> str:
    parts = [opening["side"], f"{opening['opens']}-{opening['closes']}"]
    parts += opening.get("days") or []
    parts += opening.get("traffic") or []
    parts += ["to", opening["to"]] if opening.get("to") else []
    parts += ["except", *opening["holidays"]] if opening.get("holidays") else []
    return " ".join(parts)


def read_line(line: str) -> Json:
    """The opening that a line says; raises ValidationError that quotes it."""
    words = line.replace(",", " ").split()
    clocks = CLOCKS.match(words[1]) if len(words) > 1 else None
    if not clocks:
        raise _bad(line)
    opens, closes = (f"{int(clocks[n]):02}:{clocks[n + 1]}" for n in (1, 3))
    found: Json = {"side": words[0].upper(), "opens": opens, "closes": closes}
    rest = iter(words[2:])
    for word in rest:
        if word.lower() == "to":
            found["to"] = next(rest, "").upper()
        elif word.lower() == "except":
            found["holidays"] = [_day(each, line) for each in rest]
        elif word.lower() in Traffic.words():
            found.setdefault("traffic", []).append(word.lower())
        else:
            found.setdefault("days", []).extend(_days(word.lower(), line))
    return found


def _days(word: str, line: str) -> list[str]:
    first, _, last = word.replace("–", "-").partition("-")
    if not DAYS.match(word) or first not in WEEK or (last or first) not in WEEK:
        raise _bad(line)
    start, end = WEEK.index(first), WEEK.index(last or first)
    return [WEEK[n % 7] for n in range(start, end + 1 if end >= start else end + 8)]


def _day(word: str, line: str) -> str:
    try:
        return date.fromisoformat(word).isoformat()
    except ValueError:
        raise _bad(line) from None


def _bad(line: str) -> ValidationError:
    form = gettext(
        "“%(line)s” is not understood. A line is written: PK 07:00-19:00 mon-fri cargo to AF except 2026-08-14"
    )
    return ValidationError(form % {"line": line})


class HoursField(LinesField):
    def prepare_value(self, value: Any) -> Any:
        return "\n".join(line_of(each) for each in value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        return [read_line(each) for each in super().to_python(value)]
