"""Whether a change of a crossing's status lets more pass than before: what one member of staff may not do alone at a
sensitive crossing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from crossings.domain.vocabulary import STRICTNESS, Effect, State

Json = dict[str, Any]


def loosened(before: Json, after: Json) -> list[str]:
    """The lanes, as "cargo>PK", that stand looser in the status `after` than in `before`: by their own state, by
    that of a gate, or by their conditions. What was not heard of is unknown.
    """
    was = {_name(lane): lane for lane in before.get("lanes", [])}
    return [_name(lane) for lane in after.get("lanes", []) if _looser(was.get(_name(lane)), lane)]


def _name(lane: Json) -> str:
    return f"{lane['traffic']}>{lane['to']}"


def _looser(old: Json | None, new: Json) -> bool:
    old = old or {"state": State.UNKNOWN, "gates": {}, "conditions": []}
    gates = {*old.get("gates", {}), *new.get("gates", {})}
    pairs = [(old.get("gates", {}).get(gate), new.get("gates", {}).get(gate)) for gate in gates]
    if any(is_looser(after, before) for before, after in [(old["state"], new["state"]), *pairs]):
        return True
    restricted = old["state"] == new["state"] == State.RESTRICTED
    return restricted and _lets_more_pass(old.get("conditions", []), new.get("conditions", []))


def is_looser(state: str | None, than: str | None) -> bool:
    """A gate of which nothing is known any more is unknown."""
    return STRICTNESS[State(state or State.UNKNOWN)] < STRICTNESS[State(than or State.UNKNOWN)]


def _lets_more_pass(before: list[Json], after: list[Json]) -> bool:
    """A permission more, or a denial less; what is on no terms known to us holds back whatever is named later."""
    allowed, denied = _of(before, Effect.ALLOW), _of(before, Effect.DENY)
    new_allowed, new_denied = list(_of(after, Effect.ALLOW)), list(_of(after, Effect.DENY))
    known_before = list(allowed)
    return any(term not in known_before for term in new_allowed) or any(term not in new_denied for term in denied)


def _of(conditions: list[Json], effect: Effect) -> Iterator[Json]:
    for term in conditions:
        if term.get("effect", Effect.ALLOW) == effect:
            yield term
