"""Laws of passage, on conditions and travellers made at random: what any gate refuses is never let through."""

from __future__ import annotations

import os
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from crossings.domain.passage import Answer, Coming, ComingKind, GateSeen, Passage
from crossings.domain.vocabulary import Confidence, Document, Goods, Passing, Precision, State, Traffic, Vehicle, Who
from tests.passages import CLOSED, NOON, OPEN, RESTRICTED, UNKNOWN, Json, asked, gate

pytestmark = pytest.mark.fuzz
COUNTRIES = ["AF", "PK", "FR"]
WHO = [Who.NATIONALS, Who.FOREIGNERS, Who.FAMILY, Who.PATIENTS, Who.DRIVERS, Who.VISA_HOLDERS]
GOODS = [Goods.FOOD, Goods.PERISHABLES, Goods.COAL, Goods.TRANSIT]
VEHICLES = [Vehicle.LOADED, Vehicle.CONTAINER, Vehicle.BUS, Vehicle.EMPTY]
DOCUMENTS = [Document.PASSPORT, Document.VISA]
HS = ["08", "0806", "27"]
UNJUDGEABLE: list[Json] = [
    {"text": "emergencies"},
    {"limit": {"count": 40, "per": "day"}},
    {"fee": {"amount": 600, "currency": "PKR"}},
    {"how": "convoy"},
]


def few(examples: int) -> settings:
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=os.environ.get("CI") == "true",
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )


def some(words: list[Any], most: int = 2) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from([str(word) for word in words]), max_size=most, unique=True)


@st.composite
def conditions(draw: st.DrawFn, more: bool = True) -> Json:
    """One to three parts; with `more` sometimes one that nobody can judge, or hours."""
    parts: Json = {
        "who": draw(some(WHO)), "goods": draw(some(GOODS)), "vehicle": draw(some(VEHICLES, 1)),
        "documents": draw(some(DOCUMENTS)), "hs": draw(some(HS, 1)), "country": draw(st.sampled_from(COUNTRIES)),
    }  # fmt: skip
    kept = draw(st.sets(st.sampled_from(sorted(parts)), min_size=1, max_size=2))
    found = {part: parts[part] for part in sorted(kept) if parts[part]}
    if "country" in found and draw(st.booleans()):
        found["country_of"] = draw(st.sampled_from(["person", "vehicle", "origin", "destination"]))
    if more and (not found or draw(st.integers(0, 4)) == 0):
        found |= draw(st.sampled_from([*UNJUDGEABLE, {"hours": ["06:00", "09:00"]}, {"days": ["fri"]}]))
    assume(found)
    return {"effect": draw(st.sampled_from(["allow", "allow", "deny", "priority"])), **found}


@st.composite
def tellers(draw: st.DrawFn) -> Json:
    """Somebody who tells all there is to tell, and does not contradict themselves."""
    family, goods, vehicle = draw(some(COUNTRIES)), draw(some(GOODS)), draw(some(VEHICLES))
    bears = [
        each
        for each in HS
        if ("coal" if each == "27" else "food") in goods or (each != "27" and "perishables" in goods)
    ]
    hs = draw(some(bears)) if bears and not ("coal" in goods and len(bears) > 1) else []
    if "empty" in vehicle:
        goods, hs, vehicle = [], [], [each for each in vehicle if each != "loaded"]
    return {
        "traffic": draw(st.sampled_from(Traffic.words())),
        "who": draw(some(WHO, 3)) + (["family"] if family else []), "family_in": family,
        "nationality": draw(st.sampled_from(COUNTRIES)), "documents": draw(some(DOCUMENTS)), "goods": goods,
        **({"hs": hs} if hs else {}), "vehicle": vehicle,
        **{field: draw(st.sampled_from(COUNTRIES)) for field in ("vehicle_country", "origin", "destination")},
    }  # fmt: skip


@st.composite
def gates(draw: st.DrawFn, key: str, more: bool = True) -> GateSeen:
    state = draw(st.sampled_from([OPEN, RESTRICTED, RESTRICTED, RESTRICTED, CLOSED, UNKNOWN]))
    on = draw(st.lists(conditions(more), min_size=1, max_size=3)) if state is RESTRICTED else []
    return gate(key, state, *on)


both = st.tuples(gates("AF"), gates("PK"))


def answer(pair: tuple[GateSeen, ...], told: Json, **how: Any) -> Answer:
    return asked(*pair, told=told, **how).answer


def keep(told: Json, hidden: set[str]) -> Json:
    return {field: value for field, value in told.items() if field not in hidden}


hidings = st.sets(
    st.sampled_from(["who", "family_in", "nationality", "documents", "goods", "vehicle", "origin", "vehicle_country"])
)


# A second reading of the conditions, which shares nothing with the first: for those who tell all


def surely_holds(condition: Json, told: Json, side: str) -> bool:
    """Whether each part that is given holds of them, read as laxly as it may be where the words leave it open."""
    of = str(condition.get("country_of", "person"))
    named: str = {"person": "nationality", "vehicle": "vehicle_country"}.get(of, of)
    about_person = condition.get("country") if of == "person" else None
    takes_country = about_person and {"nationals", "family"} & {*condition.get("who", ())}
    checks = [is_one(word, about_person, told, side) for word in condition.get("who", ())]
    if condition.get("country") and not takes_country:
        checks.append(told[named] == condition["country"])
    checks += [word in told["goods"] for word in condition.get("goods", ())]
    if condition.get("hs"):
        pick = any if condition["effect"] == "deny" else all
        codes = told.get("hs", ())
        checks.append(bool(codes) and pick(any(code.startswith(each) for each in condition["hs"]) for code in codes))
    laden = bool(told["goods"])
    checks += [word in told["vehicle"] or (word == "loaded" and laden) for word in condition.get("vehicle", ())]
    checks += [word in told["documents"] for word in condition.get("documents", ())]
    return all(checks)


def is_one(word: str, country: str | None, told: Json, side: str) -> bool:
    match word:
        case "nationals":
            return told["nationality"] == country if country else told["nationality"] in ("AF", "PK")
        case "foreigners":
            return bool(told["nationality"] != side)
        case "family":
            return country in told["family_in"] if country else "family" in told["who"]
        case "visa_holders":
            return "visa" in told["documents"] or word in told["who"]
        case "drivers" if told["traffic"] == "cargo":
            return True
    return word in told["who"]


def refuses(seen: GateSeen, told: Json) -> bool:
    on = [each.as_json() for each in seen.conditions]
    allows = [each for each in on if each["effect"] == "allow"]
    denied = any(each["effect"] == "deny" and surely_holds(each, told, seen.key) for each in on)
    none = bool(allows) and not any(surely_holds(each, told, seen.key) for each in allows)
    return seen.state is CLOSED or (seen.state is RESTRICTED and (denied or none))


@few(250)
@given(gates("AF", more=False), gates("PK", more=False), tellers())
def test_what_any_gate_refuses_is_never_let_through(ours: GateSeen, theirs: GateSeen, told: Json) -> None:
    if refuses(ours, told) or refuses(theirs, told):
        assert answer((ours, theirs), told) is not Answer.LET_THROUGH
    if CLOSED in (ours.state, theirs.state):
        assert answer((ours, theirs), told) is Answer.TURNED_BACK


@few(150)
@given(st.lists(conditions(more=False), min_size=1, max_size=3), tellers())
def test_who_fits_a_permission_and_no_denial_is_not_turned_back(on: list[Json], told: Json) -> None:
    seen = gate("PK", RESTRICTED, *on)
    if not refuses(seen, told):
        assert answer((gate("AF"), seen), told) is not Answer.TURNED_BACK


@few(150)
@given(both, tellers(), st.sampled_from(["unknown", "loosened", *Confidence.words()[1:]]), st.booleans())
def test_no_gate_that_is_not_sure_lets_anybody_through(
    pair: tuple[GateSeen, GateSeen], told: Json, why: str, first: bool
) -> None:
    key = "AF" if first else "PK"
    if why == "unknown":
        weak = gate(key, UNKNOWN)
    elif why == "loosened":
        weak = gate(key, OPEN, loosened=True)
    else:
        weak = gate(key, OPEN, confidence=Confidence(why))
    other = pair[1] if first else pair[0]
    assert answer((weak, other), told) is not Answer.LET_THROUGH


@few(150)
@given(
    st.lists(conditions(), max_size=2),
    tellers(),
    st.sampled_from(UNJUDGEABLE),
    st.sampled_from(["allow", "deny", "priority"]),
)
def test_no_limit_fee_rule_or_text_lets_anybody_through_plainly(
    on: list[Json], told: Json, words: Json, effect: str
) -> None:
    others = [each for each in on if each["effect"] != "allow"]
    seen = gate("PK", RESTRICTED, {"effect": effect, **words}, *others)
    assert answer((gate("AF"), seen), told) is not Answer.LET_THROUGH


@few(100)
@given(both, tellers())
def test_nobody_is_let_through_outside_hours_or_with_a_closing_near(
    pair: tuple[GateSeen, GateSeen], told: Json
) -> None:
    closing = Coming(ComingKind.ANNOUNCED, State.CLOSED, NOON, Precision.EXACT, "PK", 9)
    assert answer(pair, told, now=Passing.OUTSIDE_HOURS) is not Answer.LET_THROUGH
    assert answer(pair, told, coming=(closing,)) is not Answer.LET_THROUGH
    assert answer(pair, told, confidence=Confidence.ASSUMED) is not Answer.LET_THROUGH


@few(250)
@given(both, tellers(), hidings)
def test_who_is_let_through_on_half_the_story_is_let_through_on_the_whole(
    pair: tuple[GateSeen, GateSeen], told: Json, hidden: set[str]
) -> None:
    if answer(pair, keep(told, hidden)) is Answer.LET_THROUGH:
        assert answer(pair, told) is Answer.LET_THROUGH


@few(250)
@given(both, tellers(), hidings)
def test_who_is_turned_back_on_half_the_story_is_not_let_through_on_the_whole(
    pair: tuple[GateSeen, GateSeen], told: Json, hidden: set[str]
) -> None:
    if answer(pair, keep(told, hidden)) is Answer.TURNED_BACK:
        assert answer(pair, told) is Answer.TURNED_BACK


@few(100)
@given(both, tellers(), st.sampled_from([("who", WHO), ("documents", DOCUMENTS), ("vehicle", VEHICLES[:3])]), st.data())
def test_no_further_word_undoes_a_denial(
    pair: tuple[GateSeen, GateSeen], told: Json, field: tuple[str, list[Any]], data: st.DataObject
) -> None:
    name, words = field
    assume("empty" not in told["vehicle"])
    if denied(asked(*pair, told=told)):
        more = {**told, name: [*told[name], data.draw(st.sampled_from([str(word) for word in words]))]}
        assert answer(pair, more) is Answer.TURNED_BACK


def denied(found: Passage) -> bool:
    return any(each.refused_by for each in found.gates)


@few(150)
@given(both, gates("PK:road"), tellers(), st.randoms(use_true_random=False))
def test_another_gate_or_denial_only_makes_it_harder_and_order_does_not_matter(
    pair: tuple[GateSeen, GateSeen], road: GateSeen, told: Json, chance: random.Random
) -> None:
    before, after = asked(*pair, told=told), asked(*pair, road, told=told)
    assert after.level >= before.level
    shuffled = [*pair, road]
    chance.shuffle(shuffled)
    assert asked(*shuffled, told=told).level == after.level
