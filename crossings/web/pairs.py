"""The board as it is laid out: crossings as cards, grouped by their two countries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext

from crossings.domain.claims import stamp
from crossings.domain.vocabulary import Measure, Traffic
from crossings.phrases.countries import country
from crossings.phrases.lanes import Way, ways
from crossings.phrases.queues import Queue, queue
from crossings.phrases.times import Clock, Stamped

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Card:
    name: str
    names: tuple[tuple[str, str], ...]
    url: str
    ways: tuple[Way, ...]
    queue: Queue | None
    queues_left: int


@dataclass(frozen=True, slots=True)
class Pair:
    """Two countries and their crossings. `now` only where all of them keep the same two times; `silent` are those
    of which nothing was ever reported."""

    name: str
    anchor: str
    now: Stamped | None = None
    cards: tuple[Card, ...] = ()
    silent: tuple[Card, ...] = ()


def zones(crossing: Json) -> tuple[str, ...]:
    return tuple(side["timezone"] for side in crossing["sides"])


def names(crossing: Json) -> tuple[tuple[str, str], ...]:
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
    cards = [card(each, now) for each in group]
    told = tuple(each for each in cards if each.ways or each.queue)
    return Pair(pair.name, pair.anchor, _now(group, now), told, tuple(each for each in cards if each not in told))


def _now(group: list[Json], now: datetime) -> Stamped | None:
    kept = {zones(crossing) for crossing in group}
    minute = stamp(now.replace(second=0, microsecond=0))
    return Clock(now, kept.pop()).stamped(minute, brief=True) if len(kept) == 1 else None


def card(crossing: Json, now: datetime) -> Card:
    clock = Clock(now, zones(crossing))
    waiting = [each for each in crossing["queues"] if each["measure"] == Measure.WAITING]
    first = next((each for each in waiting if each["traffic"] == Traffic.CARGO), waiting[0] if waiting else None)
    return Card(
        name=crossing["name"],
        names=names(crossing),
        url=reverse("web:crossing", args=[crossing["slug"]]),
        ways=tuple(ways(crossing, clock, brief=True)),
        queue=queue(first, clock) if first else None,
        queues_left=len(crossing["queues"]) - 1,
    )
