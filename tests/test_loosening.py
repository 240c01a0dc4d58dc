"""What lets more pass than before, as a table: what one person may not do alone at a sensitive crossing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from crossings.domain.claims import Claim, LaneState
from crossings.domain.loosening import Parts, closings, loosened, not_closed
from crossings.domain.vocabulary import Basis, State, Traffic

Json = dict[str, Any]
PATIENTS = {"effect": "allow", "who": ["patients"]}
FAMILY = {"effect": "allow", "who": ["family"]}
BOTH = {"effect": "allow", "who": ["patients", "family"]}
PERMIT = {**PATIENTS, "documents": ["permit"]}
NO_FUEL = {"effect": "deny", "goods": ["fuel"]}
NO_FUEL_OR_COAL = {"effect": "deny", "goods": ["fuel", "coal"]}


def limit(count: int, per: str = "day") -> Json:
    return {"effect": "allow", "goods": ["food"], "limit": {"count": count, "per": per}}


def fee(amount: int) -> Json:
    return {"effect": "allow", "goods": ["food"], "fee": {"amount": amount, "currency": "PKR"}}


def lane(state: str, af: str = "", pk: str = "", terms: list[Json] | None = None, **more: Any) -> Json:
    gates = {"AF": af or state, "PK": pk or state}
    return {"traffic": "cargo", "to": "PK", "state": state, "gates": gates, "conditions": terms or [], **more}


def of(side: str | None, *terms: Json) -> list[Json]:
    return [{"side": side, **term} for term in terms]


OPEN, CLOSED, UNKNOWN = lane("open"), lane("closed"), lane("unknown")
STATES = [
    ("a reopening", CLOSED, OPEN, True),
    ("a first word that it is open", None, OPEN, True),
    ("a first word that it is closed", None, CLOSED, False),
    ("a closure", OPEN, CLOSED, False),
    ("a closure of what was not known", UNKNOWN, CLOSED, False),
    ("a closure forgotten or taken back", CLOSED, UNKNOWN, True),
    ("an opening taken back", OPEN, UNKNOWN, False),
    ("conditions where it was closed", CLOSED, lane("restricted"), True),
    ("conditions where it was open", OPEN, lane("restricted"), False),
    ("the same again", CLOSED, CLOSED, False),
    ("one gate of two", CLOSED, lane("closed", af="open"), True),
    ("the other gate closes, too", lane("closed", af="open"), CLOSED, False),
    ("one gate opens and the other closes", lane("closed", pk="open"), lane("closed", af="open"), True),
]


def terms(before: list[Json], after: list[Json]) -> tuple[Json, Json]:
    return lane("restricted", terms=before), lane("restricted", terms=after)


TERMS = [
    ("others may pass, too", of("PK", PATIENTS), of("PK", PATIENTS, FAMILY), True),
    ("others may pass by the same condition", of("PK", PATIENTS), of("PK", BOTH), True),
    ("fewer may pass", of("PK", BOTH), of("PK", PATIENTS), False),
    ("fewer may pass, told one by one", of("PK", BOTH), of("PK", PATIENTS, FAMILY), False),
    ("a permit more is asked", of("PK", PATIENTS), of("PK", PERMIT), False),
    ("a permit is asked no more", of("PK", PERMIT), of("PK", PATIENTS), True),
    ("fewer trucks a day", of("PK", limit(500)), of("PK", limit(200)), False),
    ("more trucks a day", of("PK", limit(200)), of("PK", limit(500)), True),
    ("as many, but an hour", of("PK", limit(200)), of("PK", limit(200, "hour")), True),
    ("no limit any more", of("PK", limit(200)), of("PK", {"effect": "allow", "goods": ["food"]}), True),
    ("a higher fee", of("PK", fee(600)), of("PK", fee(900)), False),
    ("a lower fee", of("PK", fee(900)), of("PK", fee(600)), True),
    ("a denial less", of("PK", NO_FUEL_OR_COAL), of("PK", NO_FUEL), True),
    ("a denial more", of("PK", NO_FUEL), of("PK", NO_FUEL_OR_COAL), False),
    ("terms named where none were known", [], of("PK", PATIENTS), True),
    ("terms not known any more", of("PK", PATIENTS), [], False),
    ("all but some, where it was none but some", of("PK", PATIENTS), of("PK", NO_FUEL), True),
    ("none but some, where it was all but some", of("PK", NO_FUEL), of("PK", PATIENTS), False),
    ("the same terms by nobody named", of("PK", PATIENTS), of(None, PATIENTS), False),
    ("some go first", of("PK", PATIENTS), of("PK", PATIENTS, {"effect": "priority", "who": ["family"]}), False),
]


def loosens(before: Json | None, after: Json) -> bool:
    found = loosened({"lanes": [before]} if before else {}, {"lanes": [after]})
    assert found in ([], ["cargo>PK"])
    return bool(found)


@pytest.mark.parametrize(("before", "after", "expected"), [each[1:] for each in STATES], ids=[s[0] for s in STATES])
def test_a_lane_is_looser_by_its_state_or_that_of_a_gate(before: Json | None, after: Json, expected: bool) -> None:
    assert loosens(before, after) is expected


@pytest.mark.parametrize(("before", "after", "expected"), [each[1:] for each in TERMS], ids=[t[0] for t in TERMS])
def test_a_lane_is_looser_by_its_terms(before: list[Json], after: list[Json], expected: bool) -> None:
    assert loosens(*terms(before, after)) is expected


def test_a_second_gate_that_sets_terms_of_its_own_loosens_nothing() -> None:
    before = lane("restricted", pk="open", terms=of("AF", PATIENTS))
    assert not loosens(before, lane("restricted", terms=of("AF", PATIENTS) + of("PK", FAMILY)))
    passed = lane("restricted", terms=of("AF", PATIENTS), loosened=["PK"])
    assert not loosens(passed, lane("restricted", terms=of("AF", PATIENTS) + of("PK", FAMILY)))


def test_a_road_that_was_blocked_and_is_not_spoken_of_any_more_is_looser() -> None:
    blocked = {**CLOSED, "gates": {**CLOSED["gates"], "PK:road": "closed"}}
    assert loosens(blocked, CLOSED) and not loosens(CLOSED, blocked)


def test_each_lane_that_is_looser_is_named() -> None:
    other = {**CLOSED, "traffic": "people", "to": "AF"}
    before = {"lanes": [CLOSED, other]}
    assert loosened(before, {"lanes": [CLOSED, {**other, **{k: OPEN[k] for k in ("state", "gates")}}]}) == ["people>AF"]


def test_what_begins_later_is_weighed_by_its_own_lanes_whatever_stands() -> None:
    said = [{"traffic": each, "to": "PK", "state": state} for each, state in zip("abc", LATER, strict=True)]
    assert not_closed(said) == ["a>PK", "b>PK"] and not_closed([CLOSED]) == []


LATER = ("open", "restricted", "closed")


@pytest.mark.parametrize(
    ("last_known", "after", "expected"),
    [
        ("closed", "restricted", True),
        ("closed", "open", True),
        ("closed", "closed", False),
        ("closed", "unknown", False),
        ("restricted", "restricted", False),
        ("restricted", "open", True),
        ("open", "restricted", False),
        (None, "restricted", False),
    ],
)
def test_a_lane_that_fell_silent_is_weighed_by_how_it_stood_before(
    last_known: str | None, after: str, expected: bool
) -> None:
    assert loosens({**UNKNOWN, "last_known": last_known}, lane(after)) is expected


@pytest.mark.parametrize(("state", "expected"), [("closed", True), ("restricted", True), ("open", False)])
def test_a_lane_that_is_carried_no_more_is_looser_where_it_was_held_back(state: str, expected: bool) -> None:
    other = {**OPEN, "traffic": "people"}
    assert loosened({"lanes": [lane(state), other]}, {"lanes": [other]}) == (["cargo>PK"] if expected else [])


def a_claim(external_id: str = "x", **states: State) -> Claim:
    lanes = tuple(LaneState(Traffic(traffic), "PK", state) for traffic, state in states.items())
    return Claim("torkham", lanes, datetime(2026, 1, 1, tzinfo=UTC), external_id=external_id)


MIXED = a_claim(cargo=State.CLOSED, people=State.OPEN, vehicles=State.RESTRICTED)


def test_of_an_act_only_the_lanes_that_are_named_wait() -> None:
    parts = Parts([MIXED])
    parts.hold("torkham", ["people>PK"])
    parts.hold("torkham", ["vehicles>PK"])
    [now], [later] = parts.all_at_once(), parts.waiting("torkham")
    assert isinstance(now, Claim) and isinstance(later, Claim)
    assert ([each.traffic for each in now.lanes], now.external_id) == (["cargo"], "x")
    assert ([each.traffic for each in later.lanes], later.external_id) == (["people", "vehicles"], "x:second")


def test_what_waits_whole_keeps_its_id_and_is_known_when_the_act_comes_again() -> None:
    whole = a_claim("y", people=State.OPEN)
    parts, again = Parts([MIXED, whole]), Parts([MIXED, whole])
    parts.hold("torkham", ["people>PK"])
    assert [each.external_id for each in parts.waiting("torkham")] == ["x:second", "y"]
    again.hold_as_before("torkham", [each.as_json() for each in parts.waiting("torkham")])
    assert again.all_at_once() == parts.all_at_once() and again.waiting("torkham") == parts.waiting("torkham")


def test_a_closed_lane_waits_only_where_nothing_else_is_left_to_hold() -> None:
    parts = Parts([a_claim("a", cargo=State.CLOSED), a_claim("b", cargo=State.OPEN), a_claim("c", people=State.OPEN)])
    held = []
    for _ in range(3):
        parts.hold("torkham", ["cargo>PK"])
        held.append([each.external_id for each in parts.waiting("torkham")])
    assert held == [["b"], ["a", "b"], ["a", "b", "c"]]
    with pytest.raises(ValueError, match="left to be held"):
        parts.hold("torkham", [])


def test_a_closing_is_what_closes_a_lane_that_stands_looser_and_is_not_excepted() -> None:
    said = a_claim(cargo=State.CLOSED, people=State.CLOSED, vehicles=State.OPEN)
    stands = {"torkham": {"lanes": [{**OPEN}, {**CLOSED, "traffic": "people"}]}}
    [found] = closings([said], stands, {}).all_at_once()
    assert isinstance(found, Claim) and [each.traffic for each in found.lanes] == ["cargo"]
    assert not closings([said], stands, {"torkham": ["cargo>PK"]}).all_at_once()
    assert not closings([replace(said, basis=Basis.ANNOUNCED)], stands, {}).all_at_once()
