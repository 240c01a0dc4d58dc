"""Claims over time -> periods (rules 8 to 10): a fold that can be taken up at any checkpoint."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from crossings.domain.border import Border, Lane
from crossings.domain.gates import Holder, LaneAt, Term, lane_at, look
from crossings.domain.said import Said
from crossings.domain.vocabulary import FINENESS, Precision, State


@dataclass(frozen=True, slots=True)
class LaneFact:
    """A lane through a stretch of time. `gates` are as they stood when the stretch began."""

    state: State
    since: datetime
    since_precision: Precision
    gates: tuple[tuple[str, State], ...] = ()
    holders: tuple[Holder, ...] = ()
    terms: tuple[Term, ...] = ()
    last_known: State | None = None
    reported: bool = True

    @property
    def key(self) -> tuple[State, frozenset[Term], frozenset[Holder], bool]:
        """What a period is split by (rule 9)."""
        return self.state, frozenset(self.terms), frozenset(self.holders), self.reported


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch [start, end) in which no lane's state, conditions or holders changed. `end` None: it lasts."""

    start: datetime
    start_precision: Precision
    state: State
    since: datetime
    since_precision: Precision
    lanes: dict[Lane, LaneFact]
    reports: tuple[int, ...]
    end: datetime | None = None


@dataclass(slots=True)
class Standing:
    """Where the fold stands after all that happened up to and at `at`: enough to go on from there."""

    at: datetime | None = None
    words: dict[Lane, list[Said]] = field(default_factory=dict)
    period: Period | None = None
    seen: dict[Lane, LaneAt] = field(default_factory=dict)
    """Each lane as it was last looked at: untouched since."""

    def reports(self) -> list[int]:
        return sorted({word.report for words in self.words.values() for word in words})


def unheard(lane_since: datetime) -> LaneFact:
    """A lane of which nobody has spoken yet."""
    return LaneFact(State.UNKNOWN, lane_since, Precision.EXACT, reported=False)


def walk(border: Border, standing: Standing, later: list[Said], now: datetime) -> Iterator[Standing]:
    """Go on from `standing` through `later` (sorted by effective_at, all after standing.at) until `now`.

    Yields after each moment at which something began or ended; the same object, moved on. Its `period` is the one
    then current; a new Period object means that the one before ended at its start.
    """
    lanes = border.lanes
    index = 0
    while True:
        at = _next_moment(border, standing, later[index].effective_at if index < len(later) else None)
        if at is None or at > now:
            return
        touched: set[Lane] = set()
        begins: list[Said] = []
        while index < len(later) and (later[index].effective_at or now) <= at:
            word = later[index]
            index += 1
            begins.append(word)
            for lane in word.lanes:
                if lane in lanes:
                    standing.words.setdefault(lane, []).append(word)
                    touched.add(lane)
        for lane, words in standing.words.items():
            if lane not in touched and any(at in (word.until, word.forgotten_at(border)) for word in words):
                touched.add(lane)
        standing.at = at
        _settle_lanes(border, standing, touched, at)
        yield standing


def _next_moment(border: Border, standing: Standing, begins: datetime | None) -> datetime | None:
    moments = [] if begins is None else [begins]
    for words in standing.words.values():
        for word in words:
            ends = word.ends_at(border)
            if standing.at is not None and ends > standing.at:
                moments.append(ends)
    return min(moments, default=None)


def _settle_lanes(border: Border, standing: Standing, touched: set[Lane], at: datetime) -> None:
    before = standing.period
    facts = dict(before.lanes) if before else {lane: unheard(at) for lane in border.lanes}
    precisions: list[Precision] = []
    looked: dict[tuple[object, ...], tuple[list[Said], LaneAt]] = {}
    for lane in touched:
        words, seen = _look(border, lane, standing.words[lane], at, looked)
        standing.words[lane] = words
        standing.seen[lane] = seen
        precision = _boundary_precision(words, at)
        fact = _moved(facts[lane], seen, at, precision)
        if fact.key != facts[lane].key:
            precisions.append(precision)
            facts[lane] = fact
    if before is not None and not precisions:
        return
    for lane in standing.words.keys() - standing.seen.keys():
        standing.seen[lane] = lane_at(border, lane, standing.words[lane], at)
    for lane, seen in standing.seen.items():
        facts[lane] = _with_gates(facts[lane], seen)
    start_precision = max(precisions, key=FINENESS.__getitem__, default=Precision.EXACT)
    state = one_word(facts)
    same = before is not None and before.state is state
    standing.period = Period(
        start=at,
        start_precision=start_precision,
        state=state,
        since=before.since if before and same else at,
        since_precision=before.since_precision if before and same else start_precision,
        lanes=facts,
        reports=tuple(sorted({report for seen in standing.seen.values() for report in seen.reports})),
    )


def _moved(fact: LaneFact, seen: LaneAt, at: datetime, precision: Precision) -> LaneFact:
    if seen.state is not fact.state or not fact.reported:
        last = None
        if seen.state is State.UNKNOWN:
            last = fact.state if fact.state is not State.UNKNOWN else fact.last_known
        return LaneFact(seen.state, at, precision, seen.states, seen.holders, seen.terms, last, seen.reported)
    return replace(fact, gates=seen.states, holders=seen.holders, terms=seen.terms)


def _look(
    border: Border,
    lane: Lane,
    words: list[Said],
    at: datetime,
    looked: dict[tuple[object, ...], tuple[list[Said], LaneAt]],
) -> tuple[list[Said], LaneAt]:
    """What still bears on a lane, and how it stands. Most claims say the same of several lanes: those are one look."""
    alike = tuple((word.report, word.lanes[lane].state, word.lanes[lane].conditions) for word in words)
    if alike not in looked:
        looked[alike] = look(border, lane, words, at)
    kept, seen = looked[alike]
    return list(kept), seen


def _with_gates(fact: LaneFact, seen: LaneAt) -> LaneFact:
    """The gates as they stand when a period begins, though nothing else of the lane may have changed."""
    return fact if seen.states == fact.gates else replace(fact, gates=seen.states)


def _boundary_precision(words: list[Said], at: datetime) -> Precision:
    """How well the moment of a change is known: as well as what began or ended then."""
    begun = [word.precision for word in words if word.effective_at == at]
    if begun:
        return max(begun, key=FINENESS.__getitem__)
    dated = [word for word in words if word.until == at and word.until_dated]
    return Precision.DAY if dated else Precision.EXACT


def one_word(facts: dict[Lane, LaneFact]) -> State:
    """The crossing's one word (rule 8), over the lanes of which anything was ever reported."""
    states = {fact.state for fact in facts.values() if fact.reported}
    if not states or states == {State.UNKNOWN}:
        return State.UNKNOWN
    if len(states) == 1:
        return states.pop()
    return State.UNKNOWN if states == {State.OPEN, State.UNKNOWN} else State.RESTRICTED


def in_order(said: Iterable[Said]) -> list[Said]:
    """The claims that move gates, as walk() takes them."""
    moving = [word for word in said if word.moves_gates()]
    return sorted(moving, key=lambda word: (word.rank[0], word.recorded_at, word.report))


def ended(found: list[Period]) -> list[Period]:
    """Periods in order, each ended where the next begins."""
    ends = [period.start for period in found[1:]]
    return [replace(period, end=end) for period, end in zip(found, [*ends, None], strict=True)] if found else []


def periods(border: Border, said: Iterable[Said], now: datetime) -> list[Period]:
    """All periods until `now`, oldest first, from nothing but the claims."""
    found: list[Period] = []
    for step in walk(border, Standing(), in_order(said), now):
        if step.period and (not found or found[-1] is not step.period):
            found.append(step.period)
    return ended(found)
