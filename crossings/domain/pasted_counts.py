"""How many wait, as a message tells it: "more than 1,400 trucks" has only a low, "up to 6,000" only a high."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from crossings.domain import pasted_words as w
from crossings.domain.pasted_found import Clause, Found, Why, not_sure
from crossings.domain.pasted_sides import ON_SIDE
from crossings.domain.vocabulary import Method, Traffic, Unit

NUMBER = r"\d{1,3}(?:,\d{3})+|\d{1,6}"
RANGE = re.compile(
    rf"(?<![\w:/.\-])(?:between |from |له |از |بین )?({NUMBER})(?: ?(?:-|to|and|څخه تر|تر|تا|سے) ?)({NUMBER})\s+"
)
ONE = re.compile(rf"(?<![\w:/.,\-])({NUMBER})\s*\+?\s+")
JUST_BEFORE = 26
LARGEST = 200_000


@dataclass(frozen=True, slots=True)
class Count:
    low: int | None
    high: int | None
    unit: Unit
    traffic: Traffic | None
    start: int
    end: int
    about: bool


def counts(clauses: Sequence[Clause], sides: tuple[str, str], traffic: Sequence[str]) -> Iterator[Found]:
    """The fields of the backlog, where the clauses tell of one only."""
    told = [(count, clause) for clause in clauses for count in _within(clause)]
    if not told:
        return
    if len({(each.low, each.high, each.unit) for each, _ in told}) > 1:
        yield not_sure("queue_low", told[0][0].start, told[0][0].end, Why.TWO_WAYS)
        return
    count, clause = told[0]
    span = count.start, count.end
    for name, value in (("queue_low", count.low), ("queue_high", count.high)):
        if value is not None:
            yield Found(name, str(value), *span, Why.COUNT)
    yield Found("queue_unit", count.unit.value, *span, Why.COUNT)
    if count.traffic and count.traffic.value in traffic:
        yield Found("queue_traffic", count.traffic.value, *span, Why.COUNT)
    if count.about:
        yield Found("queue_method", Method.ESTIMATED.value, *span, Why.COUNT)
    on = {code: match for code in sides if (pattern := ON_SIDE.get(code)) and (match := pattern.search(clause.text))}
    if len(on) == 1:
        code, match = next(iter(on.items()))
        yield Found("queue_side", code, *clause.at(match), Why.SIDE)


def spans(text: str) -> list[tuple[int, int]]:
    """Where numbers of something stand in a flat text, with what is counted."""
    return [(start, end) for start, end, *_ in _numbers(text)]


def _within(clause: Clause) -> Iterator[Count]:
    if not w.WAITING.search(clause.text) or w.NEGATED.search(clause.text):
        return
    for start, end, low, high, unit, traffic in _numbers(clause.text):
        before = clause.text[max(0, start - JUST_BEFORE) : start]
        around = before + clause.text[start:end]
        about = bool(w.ABOUT.search(around))
        if low == high and _last(w.MORE_THAN, before):
            high = None
        elif low == high and _last(w.UP_TO, before):
            low = None
        yield Count(low, high, unit, traffic, clause.start + start, clause.start + end, about)


def _last(pattern: re.Pattern[str], before: str) -> bool:
    """Whether one of these words stands right before the number, or but a word away."""
    return any(not before[match.end() :].strip(" :") for match in pattern.finditer(before))


Number = tuple[int, int, int | None, int | None, Unit, Traffic | None]


def _numbers(text: str) -> Iterator[Number]:
    taken = 0
    for match in sorted([*RANGE.finditer(text), *ONE.finditer(text)], key=lambda each: (each.start(), -each.end())):
        if match.start() < taken:
            continue
        for unit, traffic, pattern in w.UNITS:
            named = pattern.match(text, match.end()) or _after_words(pattern, text, match.end())
            if named:
                low, high = _value(match[1]), _value(match[match.lastindex or 1])
                if low <= high <= LARGEST:
                    taken = named.end()
                    yield match.start(), named.end(), low, high, unit, traffic
                break


OF = re.compile(w.flat_pattern(r"(?:of |سے زائد |سے زیادہ |څخه زیات |نه زیات |څخه ډېر |عراده |د بار |(?:\w+ )?)"))


def _after_words(pattern: re.Pattern[str], text: str, at: int) -> re.Match[str] | None:
    between = OF.match(text, at)
    return pattern.match(text, between.end()) if between and between.end() > at else None


def _value(digits: str) -> int:
    return int(digits.replace(",", ""))
