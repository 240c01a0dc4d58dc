"""The board as it is laid out: crossings as cards, grouped by their two countries or in the order of one lane."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext

from crossings.board import Filters
from crossings.domain.claims import stamp
from crossings.domain.vocabulary import Measure, State, Traffic
from crossings.matching import key
from crossings.phrases.countries import country
from crossings.phrases.lanes import Way, ordered, ways
from crossings.phrases.names import Name, own_name
from crossings.phrases.queues import Queue, queue, waiting
from crossings.phrases.times import Clock, Stamped, moment
from crossings.phrases.words import SHUT, mark

Json = dict[str, Any]

BEST_FIRST = {each: rank for rank, each in enumerate((State.OPEN, SHUT, State.RESTRICTED, State.UNKNOWN, State.CLOSED))}
"""Marks as one lane is sorted by them."""
NEVER = float("inf")
NAMES_SHOWN = 2


@dataclass(frozen=True, slots=True)
class Card:
    """`mark` is that of its leading lane that stands worst; `ways` is empty where nothing was ever reported."""

    name: Name
    names: tuple[Name, ...]
    pair: str
    url: str
    mark: str
    ways: tuple[Way, ...]
    queue: Queue | None
    queues_left: int


@dataclass(frozen=True, slots=True)
class Pair:
    """Two countries and their crossings; `silent` are those of which nothing was ever reported."""

    name: str
    anchor: str
    cards: tuple[Card, ...] = ()
    silent: tuple[Card, ...] = ()


def zones(crossing: Json) -> tuple[str, ...]:
    return tuple(side["timezone"] for side in crossing["sides"])


def names(crossing: Json) -> tuple[Name, ...]:
    """Its names in its own scripts with their languages, each told once."""
    found: dict[str, str] = {}
    for code, name in crossing["names"].items():
        if name and name != crossing["name"]:
            found.setdefault(name, code)
    return tuple((code, name) for name, code in found.items())


def pair_of(crossing: Json) -> Pair:
    """The two countries, in the alphabet's order, whichever is the crossing's first side."""
    codes = sorted(crossing["countries"], key=country)
    name = gettext("%(one)s – %(other)s") % {"one": country(codes[0]), "other": country(codes[1])}
    return Pair(name, "-".join(codes).lower())


def pairs(crossings: Iterable[Json], now: datetime) -> list[Pair]:
    groups: dict[Pair, list[Json]] = {}
    for crossing in crossings:
        groups.setdefault(pair_of(crossing), []).append(crossing)
    return [_filled(pair, group, now) for pair, group in sorted(groups.items(), key=lambda item: item[0].name)]


def _filled(pair: Pair, group: list[Json], now: datetime) -> Pair:
    cards = [card(each, each["status"]["lanes"], now) for each in group]
    told = tuple(each for each in cards if each.ways or each.queue)
    return Pair(pair.name, pair.anchor, told, tuple(each for each in cards if each not in told))


def as_of(crossings: Iterable[Json], now: datetime) -> Stamped | None:
    """The moment of the page, to the minute, in the two times that most of its crossings keep."""
    kept = Counter(zones(crossing) for crossing in crossings).most_common(1)
    minute = stamp(now.replace(second=0, microsecond=0))
    return Clock(now, kept[0][0] if kept else ("UTC",)).stamped(minute, brief=True)


def picked(crossing: Json, filters: Filters) -> list[Json]:
    """The lanes that are asked for, cargo first."""
    return ordered(
        [
            lane
            for lane in crossing["status"]["lanes"]
            if filters.traffic in ("", lane["traffic"]) and filters.to in ("", lane["to"])
        ]
    )


def leading(lanes: Sequence[Json]) -> list[Json]:
    """Those of the traffic that comes first, each way."""
    return [lane for lane in lanes if lane["traffic"] == lanes[0]["traffic"]]


def least(lanes: Sequence[Json]) -> str:
    """The mark of the leading lane that stands worst: one mark must not promise what one way does not hold."""
    return max((mark(lane) for lane in leading(lanes)), key=BEST_FIRST.__getitem__, default=State.UNKNOWN.value)


def by_lane(crossings: Iterable[Json], filters: Filters) -> list[tuple[Json, list[Json]]]:
    """The crossings with the lanes that are asked for: open for sure first, then on conditions, not known, closed;
    then the last confirmed first, then by name."""
    found = [(crossing, picked(crossing, filters)) for crossing in crossings]
    return sorted(
        [each for each in found if each[1]],
        key=lambda each: (*_standing(leading(each[1])), own_name(each[0])[1].casefold(), each[0]["slug"]),
    )


def _standing(lanes: Sequence[Json]) -> tuple[list[int], float]:
    heard = [moment(lane["confirmed_at"] or lane["since"]) for lane in lanes]
    return sorted(BEST_FIRST[mark(lane)] for lane in lanes), min(-at.timestamp() if at else NEVER for at in heard)


def card(crossing: Json, lanes: Sequence[Json], now: datetime) -> Card:
    clock = Clock(now, zones(crossing))
    counts = _counts(crossing, lanes)
    own = own_name(crossing)
    return Card(
        name=own,
        names=_other_names(crossing, own[1]),
        pair=pair_of(crossing).name,
        url=reverse("web:crossing", args=[crossing["slug"]]),
        mark=least(lanes),
        ways=tuple(ways({**crossing, "status": {**crossing["status"], "lanes": lanes}}, clock)),
        queue=queue(counts[0], clock) if counts else None,
        queues_left=len(counts) - 1,
    )


def _counts(crossing: Json, lanes: Sequence[Json]) -> list[Json]:
    """What is told of queues, the one to be shown first: on a card of some lanes, what waits for those."""
    if len(lanes) < len(crossing["status"]["lanes"]):
        found = [each for lane in lanes for each in waiting(crossing["queues"], lane, crossing["countries"])]
        return [each for index, each in enumerate(found) if each not in found[:index]]
    counts = [each for each in crossing["queues"] if each["measure"] == Measure.WAITING]
    first = next((each for each in counts if each["traffic"] == Traffic.CARGO), counts[0] if counts else None)
    return [first, *(each for each in crossing["queues"] if each is not first)] if first else []


def _other_names(crossing: Json, own: str) -> tuple[Name, ...]:
    """Few, none of which reads like another: those who share a phone may read another script."""
    found = {key(own): ("", own)}
    for code, name in (("en", crossing["name"]), *names(crossing)):
        found.setdefault(key(name), (code, name))
    return tuple(found.values())[1 : NAMES_SHOWN + 1]
