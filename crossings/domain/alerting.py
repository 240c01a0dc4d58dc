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
APART, SURE_APART = timedelta(minutes=30), timedelta(minutes=10)
"""Between a letter and the loosening after it; and where that is sure."""
MANY, LATELY = 3, timedelta(hours=1)
"""A lane flaps that turned so many times within that time."""
BUNDLED = timedelta(hours=2)
"""Between a letter and the loosening after it, while the lane flaps."""
NEWS_APART = timedelta(minutes=10)
"""Between a letter and what follows it that is neither tighter nor looser, while the lane flaps."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What a subscriber knows of a lane. `letters` are the times of the last ones that told of it, the newest last,
    `turns` those at which it last changed.

    `changed_at` is when we learned of the last change, `turned_at` of the one that left what was told to the looser
    side; `shut_since` is since when it has been shut, none where it was not. `other_terms`: it is restricted on other
    conditions, or by others, than was told.
    """

    told: State
    changed_at: datetime
    turned_at: datetime | None = None
    shut_since: datetime | None = None
    letters: Sequence[datetime] = ()
    turns: Sequence[datetime] = ()
    other_terms: bool = False


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
    """When the lane's state is to be told; None where it is what was told last.

    What is tighter than that goes out at once, whatever came before.
    """
    if tighter(known.told, state):
        return Plan(known.changed_at, urgent=True)
    if state is not known.told:
        return _loosening(known)
    if state is State.RESTRICTED and known.other_terms:
        return Plan(news_due(known.changed_at, known.letters, known.turns), urgent=True)
    return None


def news_due(at: datetime, letters: Sequence[datetime], turns: Sequence[datetime]) -> datetime:
    """Of other conditions and of announced closings: at once; a flapping lane lets some minutes pass after a letter."""
    return max(at, letters[-1] + NEWS_APART) if letters and flapping(turns, at) else at


def _loosening(known: Memory) -> Plan:
    turned = known.turned_at or known.changed_at
    long = known.shut_since is not None and turned - known.shut_since >= LONG
    settled = turned if long else known.changed_at + SETTLES
    if flapping(known.turns, known.changed_at):
        sure_from = anyhow = _after(known.letters, BUNDLED, settled)
    else:
        sure_from = _after(known.letters, SURE_APART, settled)
        anyhow = _after(known.letters, APART, settled)
    if long:
        anyhow = max(anyhow, turned + WAITS)
    return Plan(anyhow, sure_from=sure_from if sure_from < anyhow else None)


def _after(letters: Sequence[datetime], pause: timedelta, at: datetime) -> datetime:
    return max(at, letters[-1] + pause) if letters else at


def flapping(turns: Sequence[datetime], at: datetime) -> bool:
    return sum(at - turn < LATELY for turn in turns) >= MANY


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
