"""Whether a change of a crossing's status lets more pass than before: what one member of staff may not do alone at a
sensitive crossing. What of an act waits for a second person, and what is recorded at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from crossings.domain.claims import Claim
from crossings.domain.readings import Reading
from crossings.domain.vocabulary import STRICTNESS, Basis, Effect, State

Json = dict[str, Any]
Item = Claim | Reading
HELD_BACK = (State.RESTRICTED, State.CLOSED)
SECOND = ":second"
"""Ends the id of the part of a claim that waits for a second person, while the other was recorded at once."""
MOST_OF_AN_ID = 200
CHOICES = ("who", "goods", "hs", "vehicle", "days")
"""Parts of a condition of which any one is enough: the fewer, the narrower."""
ALIKE = ("country", "country_of", "how", "hours", "text")
"""Parts that either stand alike or are not compared."""


def loosened(before: Json, after: Json) -> list[str]:
    """The lanes, as "cargo>PK", that stand looser in the status `after` than in `before`: by their own state, by
    that of a gate, or by their conditions. What was not heard of is unknown; what was restricted or closed and is
    carried no more is looser.
    """
    was = {_name(lane): lane for lane in before.get("lanes", [])}
    now = {_name(lane): lane for lane in after.get("lanes", [])}
    gone = [name for name, lane in was.items() if name not in now and lane["state"] in HELD_BACK]
    return [*(name for name, lane in now.items() if _looser(was.get(name), lane)), *gone]


def not_closed(lanes: Iterable[Json]) -> list[str]:
    """Of a claim's lanes those that it does not close. Whatever stands when it is said, one that begins later may come
    to loosen what was closed in between.
    """
    return [_name(lane) for lane in lanes if lane["state"] != State.CLOSED]


def lets_pass_later(lanes: Iterable[Json], begins: datetime, instead: Iterable[Item]) -> bool:
    """Whether what these lanes were to close or restrict from then on would be so no more, or later, with these items
    instead.
    """
    stricter = {
        _name_of(lane): lane.state.value
        for item in instead
        if isinstance(item, Claim) and item.effective_at and item.effective_at <= begins
        for lane in item.lanes
    }
    return any(lane["state"] in HELD_BACK and is_looser(stricter.get(_name(lane)), lane["state"]) for lane in lanes)


def _name(lane: Json) -> str:
    return f"{lane['traffic']}>{lane['to']}"


def _stood(lane: Json, new: Json) -> str:
    """Its state; of one that fell silent, or whose stated end has passed, the one before where more may pass now."""
    last, state = lane.get("last_known"), str(lane["state"])
    silent = state == State.UNKNOWN and last in HELD_BACK
    return str(last) if silent and new["state"] in (State.RESTRICTED, State.OPEN) else state


def _looser(old: Json | None, new: Json) -> bool:
    old = old or {"state": State.UNKNOWN, "gates": {}, "conditions": []}
    was, now = old.get("gates", {}), new.get("gates", {})
    states = [(_stood(old, new), new["state"]), *((was.get(gate), now.get(gate)) for gate in {*was, *now})]
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


# What of an act waits


@dataclass(slots=True)
class Parts:
    """The items of one act: which lanes of its claims wait for a second person. The others are recorded at once."""

    items: Sequence[Item]
    held: list[set[str]] = field(init=False)

    def __post_init__(self) -> None:
        self.held = [set() for _ in self.items]

    def hold(self, slug: str, lanes: Iterable[str]) -> None:
        """These lanes of that crossing wait: as they are not closed, else even so, and if that is none, all it says."""
        named = set(lanes)
        tests: list[Callable[[str, State | None], bool]] = [
            lambda name, state: name in named and state is not State.CLOSED,
            lambda name, state: name in named,
            lambda name, state: True,
        ]
        for test in tests:
            found = [
                {name for name, state in _states(item).items() if item.crossing == slug and test(name, state)} - held
                for item, held in zip(self.items, self.held, strict=True)
            ]
            if any(found):
                self.held = [held | more for held, more in zip(self.held, found, strict=True)]
                return
        raise ValueError(f"Nothing of {slug} is left to be held.")

    def hold_as_before(self, slug: str, proposed: Sequence[Json]) -> None:
        """What waits, or waited, since the same act was sent before: as Parts.waiting() had it, in JSON."""
        known = {each["id"]: each.get("lanes", []) for each in proposed}
        for item, held in zip(self.items, self.held, strict=True):
            if item.crossing == slug and isinstance(item, Claim):
                lanes = known.get(_second(item.external_id)) or known.get(item.external_id, [])
                before = {(_name(lane), lane["state"]) for lane in lanes}
                held |= {name for name, state in _states(item).items() if (name, state) in before}

    def at_once(self, index: int) -> Item | None:
        """What of this item is recorded at once; None where all of it waits."""
        item, held = self.items[index], self.held[index]
        if not held or not isinstance(item, Claim):
            return None if held else item
        lanes = tuple(lane for lane in item.lanes if _name_of(lane) not in held)
        return replace(item, lanes=lanes) if lanes else None

    def all_at_once(self) -> list[Item]:
        return [each for each in map(self.at_once, range(len(self.items))) if each is not None]

    def waiting(self, slug: str) -> list[Item]:
        """What is proposed of that crossing."""
        found: list[Item] = []
        for index, (item, held) in enumerate(zip(self.items, self.held, strict=True)):
            if item.crossing != slug or not held:
                continue
            if isinstance(item, Claim) and self.at_once(index) is not None:
                lanes = tuple(lane for lane in item.lanes if _name_of(lane) in held)
                item = replace(item, lanes=lanes, external_id=_second(item.external_id))
            found.append(item)
        return found

    @property
    def crossings(self) -> list[str]:
        """Those where something waits, in the order of the act."""
        return list(dict.fromkeys(item.crossing for item, held in zip(self.items, self.held, strict=True) if held))


def closings(items: Iterable[Item], stands: Mapping[str, Json], but: Mapping[str, Sequence[str]]) -> Parts:
    """Of these the lanes that close one which stands looser in the status `stands` of its crossing, without those that
    `but` names by crossing; the others are held.
    """
    parts = Parts(list(items))
    for item, held in zip(parts.items, parts.held, strict=True):
        status = stands.get(item.crossing, {})
        closed = {_name(lane) for lane in status.get("lanes", []) if lane["state"] == State.CLOSED}
        left = {*closed, *but.get(item.crossing, ())}
        moves = isinstance(item, Claim) and item.basis is not Basis.ANNOUNCED
        held |= {
            name for name, state in _states(item).items() if not moves or state is not State.CLOSED or name in left
        }
    return parts


def _second(external_id: str) -> str:
    return external_id[: MOST_OF_AN_ID - len(SECOND)] + SECOND


def _name_of(lane: Any) -> str:
    return f"{lane.traffic.value}>{lane.to}"


def _states(item: Item) -> dict[str, State | None]:
    """By name of the lane; a reading is held whole."""
    return {_name_of(lane): lane.state for lane in item.lanes} if isinstance(item, Claim) else {"": None}
