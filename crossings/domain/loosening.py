"""Whether a change of a crossing's status lets more pass than before: what one member of staff may not do alone at a
sensitive crossing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from crossings.domain.vocabulary import STRICTNESS, Effect, State

Json = dict[str, Any]
CHOICES = ("who", "goods", "hs", "vehicle", "days")
"""Parts of a condition of which any one is enough: the fewer, the narrower."""
ALIKE = ("country", "country_of", "how", "hours", "text")
"""Parts that either stand alike or are not compared."""


def loosened(before: Json, after: Json) -> list[str]:
    """The lanes, as "cargo>PK", that stand looser in the status `after` than in `before`: by their own state, by
    that of a gate, or by their conditions. What was not heard of is unknown.
    """
    was = {_name(lane): lane for lane in before.get("lanes", [])}
    return [_name(lane) for lane in after.get("lanes", []) if _looser(was.get(_name(lane)), lane)]


def ordered_looser(status: Json, lanes: Sequence[Json]) -> list[str]:
    """Of a claim's lanes, which begin later, those that would then be looser than they stand in this status."""
    now = {_name(lane): lane for lane in status.get("lanes", [])}
    return [_name(lane) for lane in lanes if _order_looser(now.get(_name(lane)), lane)]


def _name(lane: Json) -> str:
    return f"{lane['traffic']}>{lane['to']}"


def _order_looser(now: Json | None, lane: Json) -> bool:
    now = now or {"state": State.UNKNOWN, "conditions": []}
    if is_looser(lane["state"], now["state"]):
        return True
    restricted = lane["state"] == now["state"] == State.RESTRICTED
    return restricted and _lets_more_pass(now.get("conditions", []), lane.get("conditions", []))


def _looser(old: Json | None, new: Json) -> bool:
    old = old or {"state": State.UNKNOWN, "gates": {}, "conditions": []}
    was, now = old.get("gates", {}), new.get("gates", {})
    states = [(old["state"], new["state"]), *((was.get(gate), now.get(gate)) for gate in {*was, *now})]
    if any(is_looser(after, before) for before, after in states):
        return True
    if not old["state"] == new["state"] == State.RESTRICTED:
        return False
    # A gate that was open, or on another's terms, lets no more pass by terms of its own.
    held = [gate for gate in now if was.get(gate) == now[gate] == State.RESTRICTED]
    held = [gate for gate in held if gate not in old.get("loosened", [])]
    told = old.get("conditions", [])  # of a gate that named none, those of the lane are known
    return any(_lets_more_pass(_terms(old, gate) or told, _terms(new, gate)) for gate in held)


def is_looser(state: str | None, than: str | None) -> bool:
    """A gate of which nothing is known any more is unknown."""
    return STRICTNESS[State(state or State.UNKNOWN)] < STRICTNESS[State(than or State.UNKNOWN)]


def _terms(lane: Json, gate: str) -> list[Json]:
    """The conditions of one gate of the lane; those that name no side are every gate's."""
    side = gate.partition(":")[0]
    return [term for term in lane.get("conditions", []) if term.get("side") in (None, side)]


def _lets_more_pass(before: list[Json], after: list[Json]) -> bool:
    """Strictest is what is on no terms known to us: it holds back whatever is named later. Then comes what is closed
    but to those named, then what is open but to those named.
    """
    if not after:
        return False
    if not before:
        return True
    allowed, now_allowed = _of(before, Effect.ALLOW), _of(after, Effect.ALLOW)
    if bool(allowed) != bool(now_allowed):
        return bool(allowed)
    denied, now_denied = _of(before, Effect.DENY), _of(after, Effect.DENY)
    permits = any(not any(_within(term, known) for known in allowed) for term in now_allowed)
    return permits or any(not any(_within(term, still) for still in now_denied) for term in denied)


def _of(conditions: list[Json], effect: Effect) -> list[Json]:
    return [term for term in conditions if term.get("effect", Effect.ALLOW) == effect]


def _within(term: Json, wider: Json) -> bool:
    """Whether everybody whom `term` names is named by `wider`, too, as far as that can be told from their parts."""
    chosen = all(not wider.get(part) or (term.get(part) and set(term[part]) <= set(wider[part])) for part in CHOICES)
    alike = all(not wider.get(part) or term.get(part) == wider[part] for part in ALIKE)
    papers = set(wider.get("documents", ())) <= set(term.get("documents", ()))
    return chosen and alike and papers and _no_more(term, wider) and _no_cheaper(term, wider)


def _no_more(term: Json, wider: Json) -> bool:
    most, mine = wider.get("limit"), term.get("limit")
    return not most or bool(mine and mine["per"] == most["per"] and mine["count"] <= most["count"])


def _no_cheaper(term: Json, wider: Json) -> bool:
    fee, mine = wider.get("fee"), term.get("fee")
    return not fee or bool(mine and mine["currency"] == fee["currency"] and mine["amount"] >= fee["amount"])
