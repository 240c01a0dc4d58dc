"""Would one be let through? A traveller or a load against one lane as it stands: what the sources' words come to.

It is never "let through" where any gate is unknown, or not sure (stale, single, disputed, assumed, loosened by what was
seen to pass), where a limit, a fee or a text cannot be judged, outside hours, or with a closing near at hand.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import IntEnum

from crossings.domain.announcements import Announcement
from crossings.domain.border import Border, Lane
from crossings.domain.conditions import Condition
from crossings.domain.confidence import trust_in
from crossings.domain.fitting import SOON, Fit, Fitted, NeedKind, Spot, at_odds, fitted
from crossings.domain.gates import Gate
from crossings.domain.hours import Now, hours_now
from crossings.domain.said import Said, newest
from crossings.domain.status import LaneStatus
from crossings.domain.traveller import Traveller
from crossings.domain.vocabulary import STRICTNESS, Confidence, Effect, Passing, Precision, State, Word

LAST_CALL = timedelta(hours=2)
"""Before the hour at which a crossing shuts nobody is sure to come through any more."""
UNTOLD_PARTS = {"limit", "fee", "text"}
"""What is said of some may hold for all who pass."""


class Answer(Word):
    LET_THROUGH = "let_through", "reported to be let through"
    ONLY_WITH = "only_with", "only with…"
    TURNED_BACK = "turned_back", "reported to be turned back"
    NOT_KNOWN = "not_known", "not known"


class Doubt(Word):
    """Why it is not known, or not sure."""

    NOT_HEARD = "not_heard", "nothing is known of a gate"
    TERMS_UNKNOWN = "terms_unknown", "on conditions not known to us"
    UNJUDGED = "unjudged", "somebody may not pass, in words that cannot be judged"
    LOOSENED = "loosened", "a gate of which nobody said so: traffic was seen to pass"
    SINGLE = Confidence.SINGLE.value, Confidence.SINGLE.label
    ASSUMED = Confidence.ASSUMED.value, Confidence.ASSUMED.label
    STALE = Confidence.STALE.value, Confidence.STALE.label
    DISPUTED = Confidence.DISPUTED.value, Confidence.DISPUTED.label
    CLOSING = "closing", "it may close, or change, soon"


BLINDING = {Doubt.NOT_HEARD, Doubt.TERMS_UNKNOWN, Doubt.UNJUDGED}


class Level(IntEnum):
    """How far it goes; the gate that goes least far decides. Something missing is told before a mere doubt."""

    PASSES = 0
    DOUBTFUL = 1
    WANTING = 2
    BLIND = 3
    REFUSED = 4

    @property
    def answer(self) -> Answer:
        return ANSWERS[self]


ANSWERS = {
    Level.PASSES: Answer.LET_THROUGH,
    Level.DOUBTFUL: Answer.NOT_KNOWN,
    Level.WANTING: Answer.ONLY_WITH,
    Level.BLIND: Answer.NOT_KNOWN,
    Level.REFUSED: Answer.TURNED_BACK,
}


class ComingKind(Word):
    ANNOUNCED = "announced"
    ORDERED = "ordered"
    ENDS = "ends", "what holds was said to last until then"


@dataclass(frozen=True, slots=True)
class Coming:
    """A closing, or other conditions, near at hand. `at` None: no time was named. `side` "" where nobody was."""

    kind: ComingKind
    state: State
    at: datetime | None
    precision: Precision
    side: str
    report: int


@dataclass(frozen=True, slots=True)
class GateSeen:
    """One gate of a lane, as far as passing it goes. `said_by` is the side that set its conditions; "" where none was
    named. `against` are the claims of other sources that say otherwise."""

    key: str
    state: State
    confidence: Confidence = Confidence.CURRENT
    confirmed_at: datetime | None = None
    conditions: tuple[Condition, ...] = ()
    said_by: str = ""
    loosened: bool = False
    reports: tuple[int, ...] = ()
    against: tuple[int, ...] = ()

    @property
    def side(self) -> str:
        return self.key.partition(":")[0]


@dataclass(frozen=True, slots=True)
class LaneSeen:
    lane: Lane
    gates: tuple[GateSeen, ...]
    now: Now
    confidence: Confidence = Confidence.CURRENT
    coming: tuple[Coming, ...] = ()


@dataclass(frozen=True, slots=True)
class AtGate:
    """What one gate comes to. `ways` are the permissions that fit, or may; `refused_by` the denials that fit; `unless`
    those that may."""

    gate: GateSeen
    level: Level
    doubts: tuple[Doubt, ...] = ()
    ways: tuple[Fitted, ...] = ()
    refused_by: tuple[Condition, ...] = ()
    unless: tuple[Fitted, ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    level: Level
    lane: LaneSeen
    gates: tuple[AtGate, ...]
    doubts: tuple[Doubt, ...]

    @property
    def answer(self) -> Answer:
        return self.level.answer

    @property
    def reports(self) -> list[int]:
        """The claims it rests on, gate by gate, then those against it and those of what is to come."""
        gates = self.lane.gates
        found = [report for gate in gates for report in gate.reports]
        found += [report for gate in gates for report in gate.against]
        return list(dict.fromkeys([*found, *(each.report for each in self.lane.coming)]))


def passage(border: Border, lane: LaneSeen, told: Traveller, at: datetime) -> Passage:
    """What the lane comes to at `at` for whoever told this of themselves."""
    gates = tuple(at_gate(gate, told, Spot(border, lane.lane, gate.side, at)) for gate in lane.gates)
    level = max((each.level for each in gates), default=Level.BLIND)
    doubts = [*_unsure(lane.confidence)] if level < Level.BLIND else []
    shuts = shuts_at(border, lane.lane, lane.now)
    if lane.coming or (shuts and shuts <= at + LAST_CALL):
        doubts.append(Doubt.CLOSING)
    if doubts:
        level = max(level, Level.DOUBTFUL)
    if lane.now.passing is Passing.OUTSIDE_HOURS:
        level = max(level, Level.WANTING)
    of_gates = [doubt for each in gates for doubt in each.doubts]
    return Passage(level, lane, gates, tuple(dict.fromkeys([*of_gates, *doubts])))


def shuts_at(border: Border, lane: Lane, now: Now) -> datetime | None:
    """When the lane's own hours end, where they let pass now and that is the next that happens to them."""
    if not now.until or now.passing is Passing.OUTSIDE_HOURS:
        return None
    return now.until if hours_now(border, lane, now.until).passing is Passing.OUTSIDE_HOURS else None


def at_gate(gate: GateSeen, told: Traveller, spot: Spot) -> AtGate:
    doubts = (*_unsure(gate.confidence), *((Doubt.LOOSENED,) if gate.loosened else ()))
    match gate.state:
        case State.CLOSED:
            return AtGate(gate, Level.REFUSED, doubts)
        case State.UNKNOWN:
            return AtGate(gate, Level.BLIND, (Doubt.NOT_HEARD,))
        case State.RESTRICTED if not gate.loosened:
            return _on_conditions(gate, told, spot, doubts)
    return AtGate(gate, Level.DOUBTFUL if doubts else Level.PASSES, doubts)


def _unsure(confidence: Confidence) -> tuple[Doubt, ...]:
    return () if confidence is Confidence.CURRENT else (Doubt(confidence.value),)


def _on_conditions(gate: GateSeen, told: Traveller, spot: Spot, doubts: tuple[Doubt, ...]) -> AtGate:
    """With any `allow` only those pass, less what is denied; with denials alone, everybody else. `priority` alone
    neither opens nor shuts: then what it is that restricts the gate is not known."""
    allows = [fitted(each, told, spot) for each in gate.conditions if each.effect is Effect.ALLOW]
    denies = [fitted(each, told, spot) for each in gate.conditions if each.effect is Effect.DENY]
    if not allows and not denies:
        return AtGate(gate, Level.BLIND, (Doubt.TERMS_UNKNOWN, *doubts))
    ways = tuple(sorted((each for each in allows if each.fit is not Fit.NO), key=_nearness))
    refused_by = tuple(each.condition for each in denies if each.fit is Fit.YES)
    unless = tuple(each for each in denies if each.fit is Fit.MAYBE)
    if any(_unjudged(each) for each in unless) or _may_concern(gate, told, spot):
        doubts = (Doubt.UNJUDGED, *doubts)
    if any(need.kind is NeedKind.MISSING for each in unless for need in each.needs):
        doubts = (*doubts, Doubt.CLOSING)
    if refused_by or (allows and not ways):
        level = Level.REFUSED
    elif Doubt.UNJUDGED in doubts:
        level = Level.BLIND
    elif any(_open_question(each) for each in unless) or (allows and not _free(ways)):
        level = Level.WANTING
    else:
        level = Level.DOUBTFUL if doubts else Level.PASSES
    return AtGate(gate, level, doubts, ways, refused_by, unless)


def _free(ways: tuple[Fitted, ...]) -> bool:
    """Whether one of them is open as it stands; a limit on another that fits as well may hold for all who pass."""
    limited = any(need.part in UNTOLD_PARTS for each in ways for need in each.needs)
    return not limited and any(each.fit is Fit.YES for each in ways)


def _may_concern(gate: GateSeen, told: Traveller, spot: Spot) -> bool:
    """Whether there is more to it than can be judged: a limit, a text or a manner (a convoy) of those who go first, a
    load at odds.
    """
    if at_odds(told) and any(each.goods or each.hs for each in gate.conditions):
        return True
    firsts = [fitted(each, told, spot) for each in gate.conditions if each.effect is Effect.PRIORITY]
    return any(need.part in {*UNTOLD_PARTS, "how"} for each in firsts for need in each.needs)


def _unjudged(fit: Fitted) -> bool:
    """Whether nobody can answer it, and it may hold already."""
    return not _open_question(fit) and any(need.kind is NeedKind.UNJUDGED for need in fit.needs)


def _open_question(fit: Fitted) -> bool:
    """Whether the traveller can answer it, rather than nobody."""
    return any(need.kind is NeedKind.ASKED for need in fit.needs)


def _nearness(fit: Fitted) -> tuple[bool, int]:
    """What hangs on what one is before what only hangs on papers and rules."""
    return _open_question(fit), len(fit.needs)


# From the status


def lane_seen(
    border: Border, status: LaneStatus, witnesses: Iterable[Said], announced: Iterable[Announcement], at: datetime
) -> LaneSeen:
    """The lane of a status at `at`, gate by gate. `witnesses` are the claims heard within `fresh_for` before then,
    `announced` what is announced or ordered to come."""
    lane = status.lane
    heard = [word for word in witnesses if lane in word.lanes and word.moves_gates() and word.rank[0] <= at]
    gates = tuple(_gate_seen(border, status, key, gate, heard, at) for key, gate in status.seen.gates.items())
    coming = [] if status.seen.state is State.CLOSED else _coming(status, announced, at)
    return LaneSeen(lane, gates, status.now, status.trust.confidence, tuple(coming))


def _gate_seen(border: Border, status: LaneStatus, key: str, gate: Gate, heard: list[Said], at: datetime) -> GateSeen:
    # How sure this one gate is: as sure as a lane that had no other.
    alone = replace(status.seen, state=gate.state, gates={key: gate})
    others = _of_other_terms(border, status.lane, key, gate, heard, at)
    sources = {word.source for word in others}
    trust = trust_in(border, status.lane, alone, [word for word in heard if word.source not in sources], at)
    contrary = [word.report for word in others if _contradicts(gate, word, at)]
    words = [word for word in (gate.ruling, gate.base) if word]
    return GateSeen(
        key=key,
        state=gate.state,
        confidence=Confidence.DISPUTED if contrary else trust.confidence,
        confirmed_at=trust.confirmed_at,
        conditions=gate.ruling.lanes[status.lane].conditions if gate.ruling and not gate.loosened else (),
        said_by=gate.ruling.side if gate.ruling else "",
        loosened=gate.loosened,
        reports=tuple(dict.fromkeys(word.report for word in words)),
        against=tuple(dict.fromkeys([*(word.report for _, word in trust.against), *contrary])),
    )


def _of_other_terms(border: Border, lane: Lane, key: str, gate: Gate, heard: list[Said], at: datetime) -> list[Said]:
    """The last words of other sources that restrict that gate as well, but on other conditions."""
    ruling = gate.ruling
    if ruling is None or gate.loosened or gate.state is not State.RESTRICTED:
        return []
    by_source: dict[str, list[Said]] = {}
    for word in heard:
        if word.source != ruling.source and (key in word.gates(border) or word.loosens(key, lane)):
            by_source.setdefault(word.source, []).append(word)
    last = [newest(words, lane) for _, words in sorted(by_source.items())]
    terms = set(ruling.lanes[lane].conditions)
    return [
        word
        for word in last
        if word.lanes[lane].state is State.RESTRICTED
        and set(word.lanes[lane].conditions) != terms
        and key in word.gates(border)
        and at - word.confirmed_at(at) <= border.fresh_for
        and word.ends_at(border) > at
    ]


def _contradicts(gate: Gate, word: Said, at: datetime) -> bool:
    """Whether it was still said when what rules the gate had begun; before, it was only overtaken."""
    ruling = gate.ruling
    return ruling is not None and word.confirmed_at(at) >= (ruling.effective_at or ruling.confirmed_at(at))


def _coming(status: LaneStatus, announced: Iterable[Announcement], at: datetime) -> list[Coming]:
    lane, stands = status.lane, status.seen.state
    found = []
    for each in announced:
        word = each.said
        if each.outcome is not None or lane not in word.lanes or (each.due and each.due > at + SOON):
            continue
        state = word.lanes[lane].state
        if state in (State.RESTRICTED, State.CLOSED) and STRICTNESS[state] >= STRICTNESS[stands]:
            found.append(Coming(ComingKind(word.basis.value), state, each.due, word.precision, word.side, word.report))
    for gate in status.seen.gates.values():
        ruling = gate.ruling
        if ruling and ruling.until and gate.state is not State.CLOSED and at < ruling.until <= at + SOON:
            known = Precision.DAY if ruling.until_dated else Precision.EXACT
            found.append(Coming(ComingKind.ENDS, gate.state, ruling.until, known, ruling.side, ruling.report))
    return list(dict.fromkeys(found))
