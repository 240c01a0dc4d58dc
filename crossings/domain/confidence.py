"""Rule 7: how far a lane's state can be trusted. An axis of its own beside the state."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from crossings.domain.border import Border, Lane
from crossings.domain.gates import Gate, LaneAt
from crossings.domain.said import Said, newest
from crossings.domain.vocabulary import Confidence, SourceKind, State

INSTANT = timedelta(microseconds=1)
"""What is fresh for a day is so at the very end of it: it is stale only after."""

# Best last: a lane is as sure as its least sure gate where all are needed, as its surest where one is enough.
SURENESS = {
    confidence: rank
    for rank, confidence in enumerate(
        [Confidence.DISPUTED, Confidence.ASSUMED, Confidence.STALE, Confidence.SINGLE, Confidence.CURRENT]
    )
}


@dataclass(frozen=True, slots=True)
class Trust:
    """`against` are the claims of other sources that say otherwise, with the gate each speaks of."""

    confidence: Confidence
    confirmed_at: datetime | None
    against: tuple[tuple[str, Said], ...] = ()
    changes_at: datetime | None = None


def trust_in(
    border: Border, lane: Lane, seen: LaneAt, witnesses: list[Said], at: datetime, *, assumed: bool = False
) -> Trust:
    """`witnesses` are the lane's claims heard within `fresh_for` before `at`, at least the newest of each source.

    A lane of which nobody ever spoke is `stale` too: of the five words it alone claims nothing but that no word is
    fresh. That it was never heard of is told by its `since` and `confirmed_at`, which are null.
    """
    looks = [_gate_trust(border, lane, key, gate, witnesses, at) for key, gate in seen.gates.items()]
    bearing = [look for look, gate in zip(looks, seen.gates.values(), strict=True) if _bears(seen, gate)]
    times = [look.confirmed_at for look in bearing if look.confirmed_at]
    pick, moment = (min, min) if seen.state is State.OPEN else (max, max)
    confidence = pick((look.confidence for look in bearing), key=SURENESS.__getitem__, default=Confidence.STALE)
    if assumed and SURENESS[confidence] > SURENESS[Confidence.ASSUMED]:
        confidence = Confidence.ASSUMED
    return Trust(
        confidence,
        moment(times, default=None),
        tuple(pair for look in looks for pair in look.against),
        min((look.changes_at for look in looks if look.changes_at), default=None),
    )


def _bears(seen: LaneAt, gate: Gate) -> bool:
    return seen.state is State.OPEN or gate.state is seen.state


def _gate_trust(border: Border, lane: Lane, key: str, gate: Gate, witnesses: list[Said], at: datetime) -> Trust:
    ruling = gate.ruling
    if ruling is None:
        ran_out = gate.base is not None and gate.base.runs_out(border)
        return Trust(Confidence.ASSUMED if ran_out else Confidence.STALE, None)
    confirmed_at = ruling.confirmed_at(at)
    others = _newest_of_each_source(border, lane, key, ruling, witnesses, at)
    against = [word for word in others if word.lanes[lane].state is not ruling.lanes[lane].state]
    against = [word for word in against if word.confirmed_at(at) >= (ruling.effective_at or confirmed_at)]
    relevant = _relevant(border, lane, key, ruling, witnesses)
    edges = [word.confirmed_at(at) + border.fresh_for + INSTANT for word in (*relevant, ruling)]
    edges += [word.ends_at(border) for word in relevant]
    changes_at = min((edge for edge in edges if edge > at), default=None)
    if against:
        confidence = Confidence.DISPUTED
    elif gate.assumed:
        confidence = Confidence.ASSUMED
    elif at - confirmed_at > border.fresh_for:
        confidence = Confidence.STALE
    elif official(ruling, key) or ruling.seconded or _agreed(border, lane, ruling, relevant, at):
        confidence = Confidence.CURRENT
    else:
        confidence = Confidence.SINGLE
    return Trust(confidence, confirmed_at, tuple((key, word) for word in against), changes_at)


def _newest_of_each_source(
    border: Border, lane: Lane, key: str, ruling: Said, witnesses: list[Said], at: datetime
) -> list[Said]:
    """What each other source last said of that gate, where it was heard within `fresh_for` and still counts."""
    by_source: dict[str, list[Said]] = {}
    for word in witnesses:
        if word.source != ruling.source and lane in word.lanes and key in word.gates(border):
            by_source.setdefault(word.source, []).append(word)
    found = [newest(words, lane) for _, words in sorted(by_source.items())]
    return [w for w in found if at - w.confirmed_at(at) <= border.fresh_for and w.ends_at(border) > at]


def _relevant(border: Border, lane: Lane, key: str, ruling: Said, witnesses: list[Said]) -> list[Said]:
    """What other sources said of that gate, or saw pass through it."""
    return [
        word
        for word in witnesses
        if word.source != ruling.source
        and lane in word.lanes
        and (key in word.gates(border) or word.loosens(key, lane))
    ]


def _agreed(border: Border, lane: Lane, ruling: Said, relevant: list[Said], at: datetime) -> bool:
    """Whether another source's last word is the same, within `fresh_for`."""
    by_source: dict[str, list[Said]] = {}
    for word in relevant:
        by_source.setdefault(word.source, []).append(word)
    return any(
        word.lanes[lane].state is ruling.lanes[lane].state
        and at - word.confirmed_at(at) <= border.fresh_for
        and word.ends_at(border) > at
        for word in (newest(words, lane) for words in by_source.values())
    )


def official(word: Said, gate: str) -> bool:
    """Whether it comes from our staff or from that gate's own authority."""
    return word.kind is SourceKind.STAFF or (word.speaks_for != "" and word.speaks_for == gate.split(":")[0])
