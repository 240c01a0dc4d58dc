"""Rules 1 to 4: claims -> the gates of a lane -> the lane, at one moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from crossings.domain.border import Border, Lane
from crossings.domain.conditions import Condition
from crossings.domain.said import Rank, Said, newer, newest
from crossings.domain.vocabulary import STRICTNESS, By, State, Where


@dataclass(frozen=True, slots=True)
class Gate:
    """One gate of one lane at one moment. `ruling` gives it its state: a loosened gate's is what loosened it."""

    state: State
    base: Said | None = None
    ruling: Said | None = None
    loosened: bool = False
    assumed: bool = False


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lane shut or on conditions; `side` is "" where nobody was named."""

    side: str
    where: Where
    by: By


Term = tuple[str, Condition]
"""A condition and the side whose gate it is; "" for a claim that names no side."""


@dataclass(frozen=True, slots=True)
class LaneAt:
    """One lane at one moment. `states` are its gates' states, `reports` those that rule them, in order."""

    state: State
    gates: dict[str, Gate]
    states: tuple[tuple[str, State], ...]
    reports: tuple[int, ...]
    holders: tuple[Holder, ...]
    terms: tuple[Term, ...]
    reported: bool

    def holding(self) -> list[Gate]:
        """The gates that give the lane its state."""
        return [gate for gate in self.gates.values() if gate.state is self.state]

    def rulings(self) -> list[Said]:
        return [gate.ruling for gate in self.gates.values() if gate.ruling]


def lane_at(border: Border, lane: Lane, begun: list[Said], at: datetime) -> LaneAt:
    """The lane at `at`, from the claims about it that have begun by then and move gates."""
    begun = last_words(border, begun)
    return _lane(border, lane, begun, gate_keys(border, begun), at)


def look(border: Border, lane: Lane, begun: list[Said], at: datetime) -> tuple[list[Said], LaneAt]:
    """Of the claims that have begun those that can still bear on the lane, and the lane at `at`."""
    begun = last_words(border, begun)
    keys = gate_keys(border, begun)
    kept = _material(border, lane, begun, keys, at)
    return kept, _lane(border, lane, kept, keys, at)


def _lane(border: Border, lane: Lane, begun: list[Said], keys: list[str], at: datetime) -> LaneAt:
    gates = {key: gate_at(border, lane, key, begun, at) for key in keys}
    state = max((gate.state for gate in gates.values()), key=STRICTNESS.__getitem__)
    strict = state in (State.RESTRICTED, State.CLOSED)
    holding = [gate.ruling for gate in gates.values() if gate.state is state and gate.ruling] if strict else []
    holders = dict.fromkeys(Holder(word.side, word.where, word.by) for word in holding)
    terms: dict[Term, None] = {}
    if state is State.RESTRICTED:
        for gate in gates.values():
            if gate.state is state and gate.ruling and not gate.loosened:
                terms.update(dict.fromkeys((gate.ruling.side, term) for term in gate.ruling.lanes[lane].conditions))
    states = tuple((key, gate.state) for key, gate in gates.items())
    reports = sorted({gate.ruling.report for gate in gates.values() if gate.ruling})
    return LaneAt(state, gates, states, tuple(reports), tuple(sorted(holders, key=_by_name)), tuple(terms), bool(begun))


def last_words(border: Border, begun: list[Said]) -> list[Said]:
    """Without what its own source took back at the same instant: a later word on the same gates (rule 10)."""
    said: dict[tuple[str, Rank], list[Said]] = {}
    for word in begun:
        said.setdefault((word.source, word.rank), []).append(word)
    if len(said) == len(begun):
        return begun
    return [
        word
        for word in begun
        if not any(
            (other.recorded_at, other.report) > (word.recorded_at, word.report)
            and set(other.gates(border)) >= set(word.gates(border))
            for other in said[word.source, word.rank]
        )
    ]


def _by_name(holder: Holder) -> tuple[str, str, str]:
    return holder.side, holder.where, holder.by


def gate_keys(border: Border, begun: list[Said]) -> list[str]:
    """Every gate that must speak, and every other of which a claim has ever been heard."""
    heard = {key for word in begun for key in word.gates(border)} | set(border.must_speak)
    order = [*border.countries, *(f"{side}:road" for side in border.countries)]
    return [key for key in order if key in heard]


def gate_at(border: Border, lane: Lane, key: str, begun: list[Said], at: datetime) -> Gate:
    """One gate: its base, what the base has become by now, loosened by what was seen to pass."""
    setting = [word for word in begun if key in word.gates(border)]
    passed = [word for word in begun if word.loosens(key, lane) and word.ends_at(border) > at]
    strictest_that_ran_out = -1
    top: Said | None = None
    while setting:
        base = newest(setting, lane)
        top = top or base
        if base.ends_at(border) > at:
            gate = _loosened(Gate(base.lanes[lane].state, base, base, assumed=base is not top), lane, passed)
            if STRICTNESS[gate.state] <= strictest_that_ran_out:
                break
            return gate
        if not base.runs_out(border):
            break  # Forgotten: no older claim steps in.
        # The end of a closure is a promise, that of a permission is not: older claims show through only where
        # they are stricter than everything that has run out above them.
        strictest_that_ran_out = max(strictest_that_ran_out, base.strictness(lane))
        setting.remove(base)
    return _loosened(Gate(State.UNKNOWN, top), lane, passed)


def _loosened(gate: Gate, lane: Lane, passed: list[Said]) -> Gate:
    looser = [
        word
        for word in passed
        if word.strictness(lane) < STRICTNESS[gate.state] and (gate.base is None or newer(word, gate.base, lane))
    ]
    if not looser:
        return gate
    loosest = min(word.strictness(lane) for word in looser)
    ruling = newest([word for word in looser if word.strictness(lane) == loosest], lane)
    return Gate(ruling.lanes[lane].state, gate.base, ruling, loosened=True, assumed=gate.assumed)


def _material(border: Border, lane: Lane, begun: list[Said], keys: list[str], at: datetime) -> list[Said]:
    """The claims among these that can still bear on the lane from `at` on, whatever is said later.

    A base that does not run out hides all older claims for that gate for good. One that has run out matters only
    where it is stricter than those above it. What loosens matters until it ends, unless a newer claim as loose
    outlives it. A confirmation can lengthen a claim's life: the ledger then derives anew from where that claim
    began (ledger.derive), so this holds for the ends known now.
    """
    kept: dict[int, Said] = {}
    for key in keys:
        setting = [word for word in begun if key in word.gates(border)]
        floor: Said | None = None
        strictest = -1
        while setting:
            base = newest(setting, lane)
            setting.remove(base)
            if base.until is not None:  # forgotten sooner perhaps, but a confirmation may make it run out after all
                gone = base.runs_out(border) and base.until <= at
                if gone and base.strictness(lane) <= strictest:
                    continue
                strictest = max(strictest, base.strictness(lane)) if gone else strictest
                kept[base.report] = base
                continue
            kept[base.report] = floor = base
            break
        for word in _outliving(border, lane, key, begun, floor, at):
            kept[word.report] = word
    # Of a tie all are kept: which of them rules depends on the others.
    ties = {word.rank for word in kept.values()}
    return [word for word in begun if word.report in kept or word.rank in ties]


def _outliving(border: Border, lane: Lane, key: str, begun: list[Said], floor: Said | None, at: datetime) -> list[Said]:
    passed = [
        word
        for word in begun
        if word.loosens(key, lane) and word.ends_at(border) > at and (floor is None or word.rank >= floor.rank)
    ]
    passed.sort(key=lambda word: word.rank, reverse=True)
    out: list[Said] = []
    for word in passed:
        hidden = any(
            other.rank > word.rank
            and other.strictness(lane) <= word.strictness(lane)
            and other.ends_at(border) >= word.ends_at(border)
            for other in out
        )
        if not hidden:
            out.append(word)
    return out
