"""Which changes a receiver wants to be told of: a rule on the JSON of a change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crossings.domain.vocabulary import STRICTNESS, ChangeType, Confidence, State, Turn

Json = Mapping[str, Any]
SURENESS = {confidence: rank for rank, confidence in enumerate(reversed(Confidence))}
"""The surer, the higher: disputed, stale, assumed, single, current."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What was chosen; an empty part chooses everything."""

    crossings: frozenset[str] = frozenset()
    countries: frozenset[str] = frozenset()
    traffic: frozenset[str] = frozenset()
    to: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()
    turn: str = ""
    least_confidence: str = ""


def wants(wish: Wish, change: Json) -> bool:
    """Whether this change is to be told. `change` is its frozen JSON.

    Traffic, direction, turn and confidence have to fit one and the same lane. A change that names no lane (a
    retraction, a correction) is of the crossing as a whole, and so of all its lanes.
    """
    lanes = change["status"].get("lanes", [])
    if wish.crossings and change["crossing"] not in wish.crossings:
        return False
    if wish.countries and not wish.countries & {lane["to"] for lane in lanes}:  # both sides are entered somewhere
        return False
    if wish.types and change["type"] not in wish.types:
        return False
    if not change["lanes"]:
        return not wish.turn
    now = {(lane["traffic"], lane["to"]): lane for lane in lanes}
    return any(_fits(wish, change["type"], lane, now.get((lane["traffic"], lane["to"]))) for lane in change["lanes"])


def _fits(wish: Wish, kind: str, lane: Json, now: Json | None) -> bool:
    if wish.traffic and lane["traffic"] not in wish.traffic:
        return False
    if wish.to and lane["to"] not in wish.to:
        return False
    turn = turn_of(kind, lane)
    if wish.turn and turn != wish.turn:
        return False
    # Closures run: nobody who was told of an opening is left with it because its end is less sure than it was.
    return not wish.least_confidence or turn is Turn.TIGHTER or _sure_enough(wish.least_confidence, kind, lane, now)


def turn_of(kind: str, lane: Json) -> Turn | None:
    """Which way the state of a lane changed; None: it did not, or that is only announced."""
    if kind != ChangeType.LANES_CHANGED:
        return None
    before, after = (STRICTNESS[State(lane[name])] for name in ("before", "after"))
    return Turn.TIGHTER if after > before else Turn.LOOSER if after < before else None


def _sure_enough(least: str, kind: str, lane: Json, now: Json | None) -> bool:
    """It is, or it was until this very change: whoever was told of it hears that it is no longer so."""
    found = [now["confidence"]] if now else []
    if kind == ChangeType.CONFIDENCE_CHANGED:
        found += [lane["before"], lane["after"]]
    return any(SURENESS[Confidence(each)] >= SURENESS[Confidence(least)] for each in found)
