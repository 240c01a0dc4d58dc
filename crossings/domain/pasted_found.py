"""What is found in a pasted text: a value for a field of the log form, where it stands, and why."""

from __future__ import annotations

import re
from dataclasses import dataclass

from crossings.domain.vocabulary import State, Traffic, Word


class Why(Word):
    """Why a value is suggested, or why none is."""

    OPEN = "open", "says that it is open"
    CLOSED = "closed", "says that it is closed"
    CONDITIONS = "conditions", "says who or what may pass"
    TRAFFIC = "traffic", "names the traffic"
    ACTED = "acted", "names the side that acted"
    AHEAD = "ahead", "says what will be: announced"
    TIME = "time", "names a time"
    TIME_ZONE = "time_zone", "names a time; of which side is not said, so only to the hour"
    SENT = "sent", "when the message was sent, by the telephone’s clock"
    COUNT = "count", "names a number that waits"
    SIDE = "side", "names the side on which they wait"
    DENIED = "denied", "not sure: a word of denial stands beside it"
    ASKED = "asked", "not sure: it is a question"
    MAYBE = "maybe", "not sure: hoped, demanded, heard of, or only possible"
    PAST = "past", "not sure: it speaks of another time"
    LATER = "later", "left out: what will be, beside what is"
    TWO_WAYS = "two_ways", "not sure: it can be read in two ways"
    TWO_TIMES = "two_times", "not sure: several times are named"
    BOTH = "both", "not sure: both sides are named"
    NARROWED = "narrowed", "not sure: it says that of some only, or who may pass"
    NOT_YET = "not_yet", "not sure: that time had not come when it was said"
    SIDE_ZONE = "side_zone", "not sure: the sides’ clocks differ, and none is named"


@dataclass(frozen=True, slots=True)
class Found:
    """`value` is "" where nothing is filled in because it is not sure. It stands at text[start:end]."""

    field: str
    value: str
    start: int
    end: int
    why: Why


def not_sure(field: str, start: int, end: int, why: Why) -> Found:
    return Found(field, "", start, end, why)


@dataclass(frozen=True, slots=True)
class Place:
    """The crossing of which something is sought: its two sides, and what it and others in the text are called."""

    sides: tuple[str, str]
    zones: tuple[str, str]
    traffic: tuple[str, ...] = tuple(Traffic.words())
    called: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Clause:
    """A stretch of the text; `state` where it says one, at `span`."""

    start: int
    text: str
    state: State | None = None
    span: tuple[int, int] = (0, 0)
    ahead: bool = False

    @property
    def end(self) -> int:
        return self.start + len(self.text)

    def at(self, match: re.Match[str]) -> tuple[int, int]:
        return self.start + match.start(), self.start + match.end()
