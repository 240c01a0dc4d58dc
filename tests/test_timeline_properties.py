"""The timeline against tests/oracle.py and against its own laws, on claims made to tie, run out and contradict."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from types import SimpleNamespace

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from crossings.domain.border import Border, Lane, Side
from crossings.domain.claims import LaneState
from crossings.domain.conditions import Condition
from crossings.domain.said import Said
from crossings.domain.timeline import LaneFact, Period, Standing, periods, walk
from crossings.domain.vocabulary import Basis, By, Precision, SourceKind, State, Traffic, Where, Who
from tests.oracle import lane_at

START = datetime(2023, 2, 19, 7, 30, tzinfo=UTC)
GRID = [START + timedelta(hours=6 * step) for step in range(9)]
NEVER = START + timedelta(days=400)
SECOND = timedelta(seconds=1)
SIDES = (Side("AF", "Torkham", "Asia/Kabul"), Side("PK", "Torkham", "Asia/Karachi"))
CONDITIONS = (Condition(who=(Who.PATIENTS,)), Condition(who=(Who.FAMILY,), country="PK"))
SOURCES = {
    "amu": (SourceKind.PRESS, ""),
    "desk": (SourceKind.STAFF, ""),
    "kabul-customs": (SourceKind.AUTHORITY, "AF"),
}


def few(examples: int) -> settings:
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=os.environ.get("CI") == "true",
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


@dataclass(frozen=True)
class World:
    border: Border
    said: tuple[Said, ...]

    @property
    def reported(self) -> set[Lane]:
        return {lane for word in self.said if word.moves_gates() for lane in word.lanes}


borders = st.builds(
    Border,
    slug=st.just("torkham"),
    sides=st.just(SIDES),
    traffic=st.sampled_from([tuple(Traffic)[:count] for count in (1, 1, 1, 2, 3)]),
    must_speak=st.sampled_from([("AF", "PK"), ("AF", "PK"), ("PK",)]),
    forget_after=st.sampled_from([timedelta(hours=18), timedelta(hours=36), timedelta(days=60), timedelta(days=60)]),
)


@st.composite
def lane_states(draw: st.DrawFn, border: Border) -> dict[Lane, LaneState]:
    """Mostly one word for all lanes or for one: many claims about the same lane are what tries the rules."""
    lanes = draw(st.sampled_from([border.lanes, border.lanes, border.lanes[:1], border.lanes[1:]]))
    apart = draw(st.sampled_from([False, False, True]))
    states = [draw(st.sampled_from(State)) for _ in (lanes if apart else lanes[:1])] * len(lanes)
    conditions = draw(st.sampled_from([CONDITIONS, CONDITIONS[:1], ()]))
    return {
        lane: LaneState(*lane, state, conditions if state is State.RESTRICTED else ())
        for lane, state in zip(lanes, states, strict=False)
    }


@st.composite
def words(draw: st.DrawFn, border: Border, report: int) -> Said:
    source = draw(st.sampled_from(sorted(SOURCES)))
    kind, speaks_for = SOURCES[source]
    side = draw(st.sampled_from(["AF", "PK", ""] if not speaks_for else [speaks_for, speaks_for, "PK"]))
    basis = draw(st.sampled_from([Basis.OBSERVED] * 10 + [Basis.ORDERED, Basis.ANNOUNCED]))
    begins = None if basis is Basis.ANNOUNCED and draw(st.booleans()) else draw(st.sampled_from(GRID[:6]))
    recorded = draw(st.sampled_from(GRID))
    until = draw(st.sampled_from([None, None, 6, 12, 24]))
    confirmations = draw(st.sampled_from([(), (), (), *((later,) for later in GRID)]))
    return Said(
        report=report,
        source=source,
        kind=kind,
        lanes=draw(lane_states(border)),
        effective_at=begins,
        reported_at=draw(st.sampled_from([recorded, begins or recorded, GRID[0]])),
        recorded_at=recorded,
        precision=draw(st.sampled_from([Precision.EXACT, Precision.EXACT, Precision.HOUR, Precision.DAY])),
        until=(begins or recorded) + timedelta(hours=until) if until else None,
        until_dated=draw(st.booleans()),
        side=side,
        one_gate=bool(side) and draw(st.sampled_from([False, False, True])),
        basis=basis,
        where=draw(st.sampled_from([Where.GATE] * 4 + [Where.ROAD])),
        by=draw(st.sampled_from([By.AUTHORITY, By.AUTHORITY, By.PROTEST])),
        speaks_for=speaks_for,
        confirmations=confirmations,
        retracted=draw(st.sampled_from([False] * 15 + [True])),
    )


@st.composite
def worlds(draw: st.DrawFn) -> World:
    border = draw(borders)
    count = draw(st.sampled_from([1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9]))
    said = tuple(draw(words(border, report)) for report in range(1, count + 1))
    assume(any(word.moves_gates() for word in said))
    return World(border, said)


def plain(word: Said, lane: Lane) -> SimpleNamespace:
    """A recorded claim as the oracle takes it: about one lane, in plain strings."""
    return SimpleNamespace(
        report=word.report, source=word.source, authority=word.kind == "authority", recorded_at=word.recorded_at,
        reported_at=word.reported_at, confirmations=word.confirmations, effective_at=word.effective_at,
        precision=word.precision.value, until=word.until, side=word.side, one_gate=word.one_gate,
        basis=word.basis.value, where=word.where.value, by=word.by.value, retracted=word.retracted,
        state=word.lanes[lane].state.value, conditions=word.lanes[lane].conditions,
    )  # fmt: skip


def expected(world: World, lane: Lane, at: datetime) -> tuple[str, dict[str, str], set, set]:
    claims = [plain(word, lane) for word in world.said if lane in word.lanes]
    border = world.border
    return lane_at(claims, at, border.countries, border.must_speak, border.forget_after)


def answered(fact: LaneFact) -> tuple[str, set, set]:
    return fact.state.value, {(each.side, each.where, each.by) for each in fact.holders}, set(fact.terms)


def boundaries(world: World, history: list[Period]) -> list[datetime]:
    found = {period.start for period in history}
    for word in world.said:
        found |= {each for each in (word.effective_at, word.until) if each}
        found.add(max([*word.confirmations, word.reported_at, word.effective_at or START]) + world.border.forget_after)
    return sorted(found)


def period_at(history: list[Period], at: datetime) -> Period | None:
    return next((each for each in history if each.start <= at and (each.end is None or at < each.end)), None)


def visible(period: Period) -> list[tuple]:
    return [(lane, *answered(fact)) for lane, fact in sorted(period.lanes.items())]


@few(400)
@given(worlds())
def test_every_lane_is_at_every_moment_what_the_rules_say(world: World):
    history = periods(world.border, list(world.said), NEVER)
    for boundary in boundaries(world, history):
        for at in (boundary - SECOND, boundary, boundary + SECOND):
            period = period_at(history, at)
            for lane in sorted(world.reported):
                state, _, holders, conditions = expected(world, lane, at)
                got = answered(period.lanes[lane]) if period else ("unknown", set(), set())
                assert got == (state, holders, conditions), (lane, at)


@few(150)
@given(worlds())
def test_a_period_carries_the_gates_as_they_stood_at_its_start(world: World):
    history = periods(world.border, list(world.said), NEVER)
    for period in history:
        for lane, fact in period.lanes.items():
            gates = {key: state.value for key, state in fact.gates}
            _, right, _, _ = expected(world, lane, period.start)
            assert gates == (right if fact.reported else {}), (lane, period.start)


@few(100)
@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(world: World, chance: random.Random):
    shuffled = list(world.said)
    chance.shuffle(shuffled)
    assert periods(world.border, shuffled, NEVER) == periods(world.border, list(world.said), NEVER)


@few(100)
@given(worlds())
def test_periods_tile_and_neighbours_differ(world: World):
    history = periods(world.border, list(world.said), NEVER)
    assert history[0].start == min(word.rank[0] for word in world.said if word.moves_gates())
    assert history[-1].end is None
    for earlier, later in pairwise(history):
        assert earlier.end == later.start > earlier.start
        assert (earlier.state, visible(earlier)) != (later.state, visible(later)) or heard(earlier) != heard(later)


def heard(period: Period) -> set[Lane]:
    return {lane for lane, fact in period.lanes.items() if fact.reported}


@few(100)
@given(worlds())
def test_since_is_when_the_present_state_began(world: World):
    lanes: dict[Lane, LaneFact] = {}
    for period in periods(world.border, list(world.said), NEVER):
        for lane, fact in period.lanes.items():
            before = lanes.get(lane)
            lasts = before and (before.state, before.reported) == (fact.state, fact.reported)
            assert fact.since == (before.since if before and lasts else period.start)
        lanes = period.lanes


@few(150)
@given(worlds(), st.sampled_from(GRID))
def test_walking_on_from_any_moment_gives_the_same_periods_as_from_scratch(world: World, cut: datetime):
    said = sorted(
        (word for word in world.said if word.moves_gates()),
        key=lambda word: (word.rank[0], word.recorded_at, word.report),
    )
    standing = Standing()
    for step in walk(world.border, standing, [word for word in said if word.rank[0] <= cut], cut):
        standing = kept(step)
    assume(standing.at is not None)
    later = [word for word in said if word.rank[0] > cut]
    found = [standing.period]
    for step in walk(world.border, kept(standing), later, NEVER):
        if step.period is not found[-1]:
            found.append(step.period)
    whole = [replace(period, end=None) for period in periods(world.border, said, NEVER)]
    assert found == whole[len(whole) - len(found) :]


def kept(standing: Standing) -> Standing:
    """A checkpoint as it is stored: the walk goes on changing the one it yields."""
    words = {lane: list(words) for lane, words in standing.words.items()}
    return Standing(at=standing.at, words=words, period=standing.period)
