"""When a subscriber hears of a lane: the rules as tables."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from crossings.domain.alerting import Memory, Plan, flapping, plan, shut_since, sure, tighter
from crossings.domain.vocabulary import Confidence, State
from tests.factories import utc

NOON = utc("2026-11-20 12:00")
OPEN, UNKNOWN, RESTRICTED, CLOSED = State.OPEN, State.UNKNOWN, State.RESTRICTED, State.CLOSED


def ago(**how: float) -> datetime:
    return NOON - timedelta(**how)


def after(**how: float) -> datetime:
    return NOON + timedelta(**how)


TIGHTER = [(OPEN, UNKNOWN), (OPEN, RESTRICTED), (OPEN, CLOSED), (UNKNOWN, RESTRICTED), (UNKNOWN, CLOSED),
           (RESTRICTED, CLOSED)]  # fmt: skip
CALM = [
    (),
    (ago(minutes=1),),
    (ago(days=3), ago(minutes=2)),
    (ago(hours=7), ago(hours=6), ago(hours=1), ago(minutes=1)),
]
LETTER = (ago(minutes=4),)
CALM_TURNS = [(NOON,), (ago(minutes=60), ago(minutes=59), NOON)]
FLAP = (ago(minutes=59), ago(minutes=30), NOON)


@pytest.mark.parametrize(("told", "state"), TIGHTER)
@pytest.mark.parametrize("letters", CALM)
@pytest.mark.parametrize("shut", [None, ago(days=3)])
@pytest.mark.parametrize("turns", [*CALM_TURNS, FLAP])
def test_a_tightening_is_due_at_once_whatever_came_before(
    told: State, state: State, letters: Any, shut: Any, turns: Any
) -> None:
    assert tighter(told, state)
    assert plan(Memory(told, NOON, shut_since=shut, letters=letters, turns=turns), state) == Plan(NOON, urgent=True)


@pytest.mark.parametrize("turns", CALM_TURNS)
def test_other_conditions_are_told_at_once(turns: Any) -> None:
    known = Memory(RESTRICTED, NOON, letters=LETTER, turns=turns, other_terms=True)
    assert plan(known, RESTRICTED) == Plan(NOON, urgent=True)


def test_other_conditions_of_a_flapping_lane_wait_ten_minutes_from_the_last_letter_at_most() -> None:
    known = Memory(RESTRICTED, NOON, letters=LETTER, turns=FLAP, other_terms=True)
    assert plan(known, RESTRICTED) == Plan(after(minutes=6), urgent=True)
    assert plan(replace(known, letters=()), RESTRICTED) == Plan(NOON, urgent=True)


@pytest.mark.parametrize("state", [OPEN, UNKNOWN, CLOSED])
def test_conditions_are_of_restricted_lanes_alone(state: State) -> None:
    assert plan(Memory(state, NOON, other_terms=True), state) is None


@pytest.mark.parametrize("state", State)
def test_what_was_told_already_is_not_told_again(state: State) -> None:
    assert plan(Memory(state, NOON, letters=LETTER, turns=FLAP, shut_since=ago(days=9)), state) is None


LOOSER: list[tuple[str, dict[str, Any], Plan]] = [
    ("a short closure settles", {"shut_since": ago(hours=23, minutes=59)}, Plan(after(minutes=5))),
    ("what was never shut settles", {}, Plan(after(minutes=5))),
    ("a day of closure waits two hours for certainty", {"shut_since": ago(hours=24)}, Plan(after(hours=2), NOON)),
    ("each further change settles anew", {"changed_at": after(minutes=3), "turned_at": NOON},
     Plan(after(minutes=8))),
    ("the wait of two hours is not prolonged", {"changed_at": after(hours=1), "turned_at": NOON,
     "shut_since": ago(days=4)}, Plan(after(hours=2), NOON)),
    ("half an hour lies between a letter and an opening, ten minutes where it is sure", {"letters": (ago(minutes=2),)},
     Plan(after(minutes=28), after(minutes=8))),
    ("it settles also where it is sure", {"letters": (ago(minutes=8),)}, Plan(after(minutes=22), after(minutes=5))),
    ("ten minutes also after a long closure", {"letters": (ago(minutes=2),), "shut_since": ago(days=2)},
     Plan(after(hours=2), after(minutes=8))),
    ("an old letter holds up nothing", {"letters": (ago(hours=5),)}, Plan(after(minutes=5))),
    ("a flapping lane is bundled", {"letters": LETTER, "turns": FLAP}, Plan(after(minutes=116))),
    ("so is one that was shut for long", {"letters": LETTER, "turns": FLAP, "shut_since": ago(days=2)},
     Plan(after(hours=2), after(minutes=116))),
    ("three turns in more than an hour are no flap", {"letters": LETTER, "turns": CALM_TURNS[1]},
     Plan(after(minutes=26), after(minutes=6))),
]  # fmt: skip


@pytest.mark.parametrize(("name", "given", "expected"), LOOSER, ids=[each[0] for each in LOOSER])
@pytest.mark.parametrize(("state", "told"), TIGHTER)
def test_a_loosening_walks(name: str, given: dict[str, Any], expected: Plan, state: State, told: State) -> None:
    assert plan(Memory(told, **{"changed_at": NOON, **given}), state) == expected


@pytest.mark.parametrize(
    ("now", "is_sure", "due"),
    [(ago(minutes=1), True, False), (NOON, False, False), (NOON, True, True),
     (after(hours=1, minutes=59), False, False), (after(hours=2), False, True)],
)  # fmt: skip
def test_an_opening_is_due_once_it_is_sure_and_after_its_wait_whatever_it_is(
    now: datetime, is_sure: bool, due: bool
) -> None:
    assert Plan(after(hours=2), NOON).due(now, sure=is_sure) is due
    assert not Plan(after(hours=2)).due(after(hours=1), sure=True)


def test_three_turns_in_an_hour_are_a_flap() -> None:
    assert flapping(FLAP, NOON)
    assert not flapping(FLAP[1:], NOON)
    assert not flapping(FLAP, after(minutes=1))


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("confidence", Confidence)
def test_only_what_is_current_is_sure(state: State, confidence: Confidence) -> None:
    lane = {"state": state.value, "confidence": confidence.value, "gates": {"AF": state.value, "PK": state.value}}
    assert sure(lane) is (confidence is Confidence.CURRENT)


@pytest.mark.parametrize("gate", [UNKNOWN, RESTRICTED, CLOSED])
def test_an_opening_is_not_sure_while_a_gate_does_not_say_so(gate: State) -> None:
    assert not sure({"state": "open", "confidence": "current", "gates": {"AF": "open", "PK": gate.value}})


HISTORIES: list[tuple[list[State], int | None]] = [
    ([], None),
    ([OPEN], None),
    ([UNKNOWN], None),
    ([CLOSED], 0),
    ([OPEN, CLOSED, OPEN], 1),
    ([OPEN, CLOSED, RESTRICTED, CLOSED, OPEN, CLOSED], 3),
    ([OPEN, UNKNOWN, CLOSED, OPEN], 2),
    ([UNKNOWN, CLOSED, UNKNOWN, CLOSED, UNKNOWN], 3),
    ([OPEN, UNKNOWN, OPEN, CLOSED], None),
    ([RESTRICTED, CLOSED, OPEN], 1),
]


@pytest.mark.parametrize(("states", "begins"), HISTORIES)
def test_a_closure_lasts_until_somebody_says_that_it_opened(states: list[State], begins: int | None) -> None:
    periods = [(ago(hours=n), state) for n, state in enumerate(states)]
    assert shut_since(periods) == (None if begins is None else ago(hours=begins))


def test_a_flap_of_twenty_changes_in_an_hour_makes_few_letters_and_every_tightening_after_open_is_told() -> None:
    letters: list[tuple[datetime, State]] = []
    known = Memory(OPEN, NOON)
    changes = {after(minutes=3 * n): CLOSED if n % 2 == 0 else OPEN for n in range(20)}
    state = OPEN
    for minute in range(12 * 60):
        now = after(minutes=minute)
        if now in changes:
            state = changes[now]
            turned = None if state is known.told or tighter(known.told, state) else known.turned_at or now
            known = replace(known, changed_at=now, turned_at=turned, turns=(*known.turns, now))
        due = plan(known, state)
        if due and due.due(now, sure=True):
            letters.append((now, state))
            known = Memory(state, now, letters=(*known.letters, now), turns=known.turns)
    assert letters == [(NOON, CLOSED), (after(hours=2), OPEN)]
    assert all(later - earlier >= timedelta(minutes=10) for (earlier, _), (later, _) in pairwise(letters))
