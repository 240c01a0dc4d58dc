"""Where else a lane's traffic may pass, in words: what is reported of other crossings, and never that they are safe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext, ngettext

from crossings.phrases import words
from crossings.phrases.countries import country
from crossings.phrases.queues import brief_count
from crossings.phrases.text import apart, capital
from crossings.phrases.times import Clock

Json = dict[str, Any]
MOST_TOLD = 4


@dataclass(frozen=True, slots=True)
class Option:
    name: str
    slug: str
    mark: str
    word: str
    details: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """`none` is said where there is no option."""

    heading: str
    options: tuple[Option, ...]
    none: str


def elsewhere(crossing: Json, lane: Json, found: Sequence[Any], clock: Clock) -> Elsewhere:
    """`found` are board.Other, the nearest first."""
    traffic = words.traffic_named([lane["traffic"]])
    way = words.directions_named([lane["to"]])
    named = {
        "traffic": traffic,
        "way": way,
        "one": country(crossing["countries"][0]),
        "other": country(crossing["countries"][1]),
    }
    return Elsewhere(
        heading=gettext("Open elsewhere for %(traffic)s %(way)s") % named,
        options=tuple(_option(each, clock) for each in found[:MOST_TOLD]),
        none=gettext("No other crossing between %(one)s and %(other)s is known to be open for %(traffic)s %(way)s.")
        % named,
    )


def _option(other: Any, clock: Clock) -> Option:
    there = Clock(clock.now, tuple(side["timezone"] for side in other.crossing["sides"]))
    details = []
    if other.km is not None:
        details.append(gettext("%(n)s km away in a straight line") % {"n": apart(round(other.km))})
    if words.shut_at_this_hour(other.lane):
        details.append(words.hours_now(other.lane, there))
    details.append(words.freshness(other.lane, there))
    if other.passed:
        details.append(brief_count(other.passed, there))
    details.append(open_then(other.open_then))
    return Option(
        name=other.crossing["name"],
        slug=other.crossing["slug"],
        mark=words.mark(other.lane),
        word=words.word(other.lane, there),
        details=tuple(capital(each) for each in details if each),
    )


def open_then(then: Sequence[bool | None]) -> str:
    """Whether it was open as the last closures here began; empty where there were none."""
    if not then:
        return ""
    if not any(each is not None for each in then):
        return gettext("not known whether it was open as the last closures here began")
    form = ngettext(
        "open as the last closure here began: %(yes)s of %(n)s",
        "open as the last %(n)s closures here began: %(yes)s of %(n)s",
        len(then),
    )
    told = form % {"n": apart(len(then)), "yes": apart(sum(each is True for each in then))}
    unknown = sum(each is None for each in then)
    if unknown:
        return gettext("%(told)s, not known of %(unknown)s") % {"told": told, "unknown": apart(unknown)}
    return told
