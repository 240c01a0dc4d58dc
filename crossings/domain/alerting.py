"""When a subscriber is to hear of a lane: closures run, openings walk. Pure functions; every time is given.

What counts is the difference from what the subscriber was told last, not from the change before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from crossings.domain.vocabulary import STRICTNESS, Confidence, State

LONG = timedelta(hours=24)
"""After so long a closure an opening has to be sure, or to wait."""
WAITS = timedelta(hours=2)
"""So long it waits for that; then it is told as reported, not confirmed."""
SETTLES = timedelta(minutes=5)
"""So long any other loosening has to last."""
APART = timedelta(minutes=30)
"""Between a letter and the loosening after it."""
MANY, LATELY = 3, timedelta(hours=6)
"""A lane flaps of which so many letters were sent within that time."""
BUNDLED = timedelta(hours=2)
"""Between a letter and the loosening after it, while the lane flaps."""
TIGHTER_APART = timedelta(minutes=10)
"""Between a letter and the tightening after it, while the lane flaps."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What a subscriber knows of a lane. `letters` are the times of the last ones that told of it, the newest last.

    `changed_at` is when we learned of the last change, `turned_at` of the one that left what was told to the looser
    side; `shut_since` is since when it has been shut, none where it was not.
    """

    told: State
    changed_at: datetime
    turned_at: datetime | None = None
    shut_since: datetime | None = None
    letters: Sequence[datetime] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """It is told at `due_at`, however sure it is by then; from `sure_from` on as soon as it is sure."""

    due_at: datetime
    sure_from: datetime | None = None
    urgent: bool = False

    def due(self, now: datetime, *, sure: bool) -> bool:
        return self.due_at <= now or (sure and self.sure_from is not None and self.sure_from <= now)


def tighter(told: State, state: State) -> bool:
    return STRICTNESS[state] > STRICTNESS[told]


def plan(known: Memory, state: State) -> Plan | None:
    """When the lane's state is to be told; None where it is what was told last."""
    if state is known.told:
        return None
    if tighter(known.told, state):
        return Plan(tightening_due(known.changed_at, known.letters), urgent=True)
    return _loosening(known)


def tightening_due(at: datetime, letters: Sequence[datetime]) -> datetime:
    """At once, also for an announced closing; a flapping lane lets some minutes pass between two letters."""
    return max(at, letters[-1] + TIGHTER_APART) if flapping(letters, at) else at


def _loosening(known: Memory) -> Plan:
    turned = known.turned_at or known.changed_at
    earliest = turned
    if known.letters:
        pause = BUNDLED if flapping(known.letters, known.changed_at) else APART
        earliest = max(earliest, known.letters[-1] + pause)
    if known.shut_since is not None and turned - known.shut_since >= LONG:
        return Plan(max(turned + WAITS, earliest), sure_from=earliest)
    return Plan(max(known.changed_at + SETTLES, earliest))


def flapping(letters: Sequence[datetime], at: datetime) -> bool:
    return sum(at - letter < LATELY for letter in letters) >= MANY


def sure(lane: Mapping[str, Any]) -> bool:
    """Whether a lane of a status (serializers) is confirmed as it stands: what is open, by every gate."""
    gates = lane["gates"].values()
    all_open = lane["state"] != State.OPEN or all(state == State.OPEN for state in gates)
    return bool(lane["confidence"] == Confidence.CURRENT and all_open)


def shut_since(states: Sequence[tuple[datetime, State]]) -> datetime | None:
    """Since when a lane has been shut, from the beginnings and states of its periods, the newest first.

    An opening that it may have ended with is left aside. What was not known after a closure prolongs it: nobody said
    that it opened. None where nothing says that it was shut.
    """
    found = None
    ended_open = True
    for start, state in states:
        if state is State.OPEN:
            if not ended_open:
                break
            continue
        ended_open = False
        if state is not State.UNKNOWN:
            found = start
    return found
