"""What lets more pass than before, as a table: what one person may not do alone at a sensitive crossing."""

from __future__ import annotations

from typing import Any

import pytest

from crossings.domain.loosening import loosened, ordered_looser

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


@pytest.mark.parametrize(
    ("now", "ordered", "expected"),
    [
        (CLOSED, "open", True),
        (CLOSED, "restricted", True),
        (CLOSED, "closed", False),
        (OPEN, "closed", False),
        (UNKNOWN, "open", True),
        (lane("restricted", terms=of("PK", PERMIT)), "restricted", True),
        (lane("restricted", terms=of("PK", BOTH)), "restricted", False),
    ],
)
def test_what_begins_later_is_weighed_against_how_it_stands(now: Json, ordered: str, expected: bool) -> None:
    conditions = [PATIENTS] if ordered == "restricted" else []
    said = {"traffic": "cargo", "to": "PK", "state": ordered, "conditions": conditions}
    assert bool(ordered_looser({"lanes": [now]}, [said])) is expected
