"""Passage out of what was said: the week of DESIGN §1, closings to come, each condition of the reference history."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from crossings.domain.announcements import to_come
from crossings.domain.claims import claim_from_json
from crossings.domain.fitting import SOON
from crossings.domain.passage import Answer, ComingKind, Doubt, Passage, lane_seen, passage
from crossings.domain.said import Said
from crossings.domain.traveller import asking_from_json
from crossings.domain.vocabulary import SourceKind
from tests.factories import SEED_WEEK, lanes, utc
from tests.passages import RESTRICTED, TORKHAM, Json, asked, gate, reference_conditions
from tests.test_timeline_rules import status

THROUGH, WITH, BACK, NOT_KNOWN = Answer
HOUR = timedelta(hours=1)
PRESS: dict[str, Any] = {"source": "amu", "kind": SourceKind.PRESS}
SECOND: dict[str, Any] = {"source": "tnn", "kind": SourceKind.PRESS}
CUSTOMS: dict[str, Any] = {"source": "customs", "kind": SourceKind.AUTHORITY, "speaks_for": "PK"}
KABUL: dict[str, Any] = {"source": "kabul", "kind": SourceKind.AUTHORITY, "speaks_for": "AF"}


def said(*claims: tuple[Json, dict[str, Any]], now: datetime) -> list[Said]:
    """Claims as their sources said them, all received at `now` at the latest."""
    return [
        Said.of(claim_from_json(data, TORKHAM), number, recorded_at=now, **by)
        for number, (data, by) in enumerate(claims, 1)
    ]


def answered(words: list[Said], told: Json, at: datetime) -> Passage:
    """The answer at `at` from these claims alone."""
    asking = asking_from_json({"to": "PK", **told}, TORKHAM)
    lane = next(each for each in status(TORKHAM, words, at).lanes if each.lane == asking.lane)
    promised = to_come([word for word in words if word.announced or word.basis == "ordered"], [], at)
    return passage(TORKHAM, lane_seen(TORKHAM, lane, words, promised, at), asking.traveller, at)


# The week, told by one newspaper, by two, and by both sides

WEEK_OF = [
    utc("2023-02-20 07:30"),
    utc("2023-02-23 07:30"),
    utc("2023-02-23 12:00"),
    utc("2023-02-24 10:00"),
    utc("2023-02-25 06:00"),
    utc("2023-05-20 07:30"),
]
CITIZEN: Json = {"nationality": "PK", "who": [], "documents": []}
KIN: Json = {"nationality": "AF", "family_in": ["PK"], "who": ["family"]}
PATIENT: Json = {"nationality": "AF", "who": ["patients"], "documents": []}
WITH_PERMIT: Json = {**PATIENT, "documents": ["permit"]}
STUDENT: Json = {"nationality": "AF", "who": ["students"]}
STRANGER: Json = {}
GRAPES: Json = {"goods": ["perishables", "food"], "vehicle": ["loaded"], "nationality": "AF"}
BUS: Json = {"vehicle": ["bus"]}

WEEK: list[tuple[str, Json, list[Answer]]] = [
    ("a citizen of Pakistan", CITIZEN, [BACK, NOT_KNOWN, BACK, NOT_KNOWN, NOT_KNOWN, NOT_KNOWN]),
    ("with family in Pakistan", KIN, [BACK, NOT_KNOWN, BACK, NOT_KNOWN, NOT_KNOWN, NOT_KNOWN]),
    ("a patient without permit", PATIENT, [BACK, NOT_KNOWN, BACK, WITH, WITH, NOT_KNOWN]),
    ("a patient with permit", WITH_PERMIT, [BACK, NOT_KNOWN, BACK, NOT_KNOWN, NOT_KNOWN, NOT_KNOWN]),
    ("a student from Afghanistan", STUDENT, [BACK, NOT_KNOWN, BACK, BACK, BACK, NOT_KNOWN]),
    ("somebody who tells nothing", STRANGER, [BACK, NOT_KNOWN, BACK, WITH, WITH, NOT_KNOWN]),
    ("a truck of grapes", GRAPES, [BACK, NOT_KNOWN, BACK, BACK, NOT_KNOWN, NOT_KNOWN]),
    ("a bus", BUS, [BACK, NOT_KNOWN, BACK, BACK, NOT_KNOWN, NOT_KNOWN]),
]


@pytest.mark.parametrize("moment", range(6))
@pytest.mark.parametrize(("told", "answers"), [case[1:] for case in WEEK], ids=[case[0] for case in WEEK])
def test_the_week_by_its_five_reports_from_one_newspaper(told: Json, answers: list[Answer], moment: int) -> None:
    at = WEEK_OF[moment]
    words = said(*((each, PRESS) for each in SEED_WEEK), now=utc("2023-02-25 06:00"))
    assert answered(words, told, at).answer is answers[moment]


def test_on_friday_the_three_conditions_are_named_and_the_permit_is_what_the_patient_lacks() -> None:
    words = said(*((each, PRESS) for each in SEED_WEEK), now=WEEK_OF[3])
    found = answered(words, PATIENT, WEEK_OF[3])
    [theirs, ours] = found.gates
    assert len(ours.gate.conditions) == 3 and ours.gate.said_by == "PK"
    assert [(need.part, need.words) for need in ours.ways[0].needs] == [("documents", ("permit",))]
    assert (theirs.doubts, ours.doubts) == ((Doubt.STALE,), (Doubt.SINGLE,))
    assert found.reports == [2, 4]


def test_two_newspapers_and_both_gates_heard_of_lately_let_a_patient_through() -> None:
    again = {**SEED_WEEK[1], "effective_at": "2023-02-24T06:00:00Z", "reported_at": "2023-02-24T09:00:00Z"}
    twice = [*((each, PRESS) for each in SEED_WEEK[:4]), (again, PRESS), (again, SECOND), (SEED_WEEK[3], SECOND)]
    words = said(*twice, now=WEEK_OF[3])
    assert answered(words, WITH_PERMIT, WEEK_OF[3]).answer is THROUGH
    assert answered(words, CITIZEN, WEEK_OF[3]).answer is THROUGH
    assert answered(words, PATIENT, WEEK_OF[3]).answer is WITH
    assert answered(words, STUDENT, WEEK_OF[3]).answer is BACK


def test_a_restricted_lane_does_not_hide_that_its_other_gate_is_long_unheard_of() -> None:
    twice = [(each, by) for each in SEED_WEEK[:4] for by in (PRESS, SECOND)]
    at = utc("2023-02-24 10:00")
    found = answered(said(*twice, now=at), WITH_PERMIT, at)
    assert found.lane.confidence == "current" and found.gates[0].doubts == (Doubt.STALE,)
    assert found.answer is NOT_KNOWN


# Sources that name other conditions

COAL: Json = {"goods": ["coal"]}
ALLOW_COAL, ALLOW_FUEL = {"effect": "allow", **COAL}, {"effect": "allow", "goods": ["fuel"]}
DENY_COAL, DENY_FUEL = {"effect": "deny", **COAL}, {"effect": "deny", "goods": ["fuel"]}
TERMS: list[tuple[str, list[Json], list[Json], bool]] = [
    ("other denials", [DENY_COAL], [DENY_FUEL], False),
    ("other permissions", [ALLOW_FUEL], [ALLOW_COAL], False),
    ("no terms, and some", [], [ALLOW_COAL], False),
    ("one more denial", [DENY_FUEL], [DENY_FUEL, DENY_COAL], False),
    ("the same", [ALLOW_COAL], [ALLOW_COAL], True),
    ("the same in another order", [ALLOW_COAL, ALLOW_FUEL], [ALLOW_FUEL, ALLOW_COAL], True),
]


def of_pakistan(terms: list[Json], **more: Any) -> Json:
    lane = {"traffic": "cargo", "state": "restricted", "conditions": terms}
    return {"effective_at": "2023-02-24T07:00:00Z", "declared_by": "PK", "lanes": [lane], **more}


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize(("one", "other", "agree"), [case[1:] for case in TERMS], ids=[case[0] for case in TERMS])
def test_two_sources_that_name_other_conditions_let_nobody_through(
    one: list[Json], other: list[Json], agree: bool, swapped: bool
) -> None:
    first, second = (SECOND, PRESS) if swapped else (PRESS, SECOND)
    words = said(BOTH_OPEN[0], (of_pakistan(one), first), (of_pakistan(other), second), now=AT)
    found = answered(words, COAL, AT)
    assert (found.answer is THROUGH) is agree
    assert (found.gates[1].gate.confidence == "disputed") is not agree
    assert set(found.reports) >= ({1, 3} if swapped else {1, 2}) or agree


def test_who_named_other_conditions_before_is_overtaken_and_seconds_nobody() -> None:
    before = of_pakistan([ALLOW_COAL], effective_at="2023-02-24T06:00:00Z", reported_at="2023-02-24T06:00:00Z")
    words = said(BOTH_OPEN[0], (before, PRESS), (of_pakistan([ALLOW_COAL, ALLOW_FUEL]), SECOND), now=AT)
    found = answered(words, COAL, AT)
    assert found.answer is NOT_KNOWN and found.gates[1].doubts == (Doubt.SINGLE,)


# What was seen to pass, and what is to come

BOTH_OPEN = [
    ({"effective_at": "2023-02-24T06:00:00Z", "declared_by": side, "lanes": lanes("open")}, by)
    for side, by in (("AF", KABUL), ("PK", CUSTOMS))
]
AT = utc("2023-02-24 10:00")


def closing(hours: float | None, **more: Any) -> Json:
    due = None if hours is None else (AT + hours * HOUR).isoformat()
    given = {"basis": "announced", "declared_by": "PK", "effective_at": due, "lanes": lanes("closed")}
    return {**given, "reported_at": "2023-02-24T09:00:00Z", **more}


def test_both_sides_own_words_let_a_truck_through() -> None:
    found = answered(said(*BOTH_OPEN, now=AT), GRAPES, AT)
    assert (found.answer, found.doubts) == (THROUGH, ())


def test_a_gate_that_was_only_seen_to_let_pass_lets_nobody_through() -> None:
    then = "2023-02-22T05:00:00Z"
    shut = ({**BOTH_OPEN[0][0], "lanes": lanes("closed"), "effective_at": then, "reported_at": then}, KABUL)
    seen = ({**BOTH_OPEN[1][0], "reported_at": "2023-02-24T07:00:00Z"}, {"source": "desk", "kind": SourceKind.STAFF})
    found = answered(said(shut, seen, now=AT), GRAPES, AT)
    assert found.answer is NOT_KNOWN and found.doubts == (Doubt.LOOSENED,)
    assert found.reports == [2, 1]  # what loosened it, and the closure of which nobody took anything back


def test_a_gate_loosened_to_conditions_has_none_of_its_own_and_hides_none_of_the_others() -> None:
    shut = ({**SEED_WEEK[0], "declared_by": "AF"}, KABUL)
    [theirs, ours] = answered(said(shut, (SEED_WEEK[3], PRESS), now=AT), PATIENT, AT).gates
    assert theirs.gate.state is RESTRICTED and theirs.gate.loosened and theirs.gate.conditions == ()
    assert len(ours.gate.conditions) == 3
    assert answered(said(shut, (SEED_WEEK[3], PRESS), now=AT), PATIENT, AT).answer is WITH
    assert answered(said(shut, (SEED_WEEK[3], PRESS), now=AT), WITH_PERMIT, AT).answer is NOT_KNOWN


COMING: list[tuple[str, Json, Answer]] = [
    ("a closing in a few hours", closing(5), NOT_KNOWN),
    ("a closing without a time", closing(None), NOT_KNOWN),
    ("an order to close", closing(5, basis="ordered"), NOT_KNOWN),
    ("new conditions", closing(5, lanes=lanes("restricted")), NOT_KNOWN),
    ("a closing of other traffic", closing(5, lanes=lanes("closed", "people")), THROUGH),
    ("a closing far ahead", closing(SOON / HOUR + 1), THROUGH),
    ("an order far ahead", closing(SOON / HOUR + 1, basis="ordered"), THROUGH),
    ("an opening", closing(5, lanes=lanes("open")), THROUGH),
]


@pytest.mark.parametrize(("word", "answer"), [case[1:] for case in COMING], ids=[case[0] for case in COMING])
def test_what_is_announced_or_ordered_soon_is_a_warning(word: Json, answer: Answer) -> None:
    found = answered(said(*BOTH_OPEN, (word, CUSTOMS), now=AT), GRAPES, AT)
    assert found.answer is answer
    assert [each.report for each in found.lane.coming] == ([3] if answer is NOT_KNOWN else [])


def test_an_opening_that_was_said_to_last_until_tonight_is_a_warning() -> None:
    until = ({**BOTH_OPEN[1][0], "until": "2023-02-24T15:00:00Z"}, CUSTOMS)
    found = answered(said(BOTH_OPEN[0], until, now=AT), GRAPES, AT)
    assert found.answer is NOT_KNOWN and [each.kind for each in found.lane.coming] == [ComingKind.ENDS]


def test_a_closed_lane_has_nothing_to_warn_of() -> None:
    shut = ({**BOTH_OPEN[1][0], "lanes": lanes("closed")}, CUSTOMS)
    found = answered(said(BOTH_OPEN[0], shut, (closing(5), CUSTOMS), now=AT), GRAPES, AT)
    assert found.answer is BACK and not found.lane.coming


# Each condition of the reference history

NEVER_PLAIN = ("text", "limit", "fee")
REFERENCE = reference_conditions()


def made_for(condition: Json, traffic: str) -> Json:
    """Somebody in whom all parts of the condition hold that can hold in anybody."""
    country = condition.get("country", "")
    of = condition.get("country_of", "person")
    who = condition.get("who", [])
    abroad = "FR" if "foreigners" in who else "PK"
    told: Json = {
        "traffic": traffic, "who": who, "documents": condition.get("documents", []),
        "goods": condition.get("goods", []), "vehicle": condition.get("vehicle", []),
        "nationality": country if country and of == "person" else abroad,
        "vehicle_country": country if of == "vehicle" else "UZ", "origin": country if of == "origin" else "UZ",
        "destination": country if of == "destination" else "UZ",
    }  # fmt: skip
    return {**told, "family_in": [country]} if "family" in who else told


@pytest.mark.parametrize(("traffic", "condition"), REFERENCE, ids=[str(each) for _, each in REFERENCE])
def test_each_condition_of_the_reference_history_is_judged_as_it_reads(traffic: str, condition: Json) -> None:
    at_noon = gate("PK", RESTRICTED, condition)
    perfect = asked(gate("AF"), at_noon, told=made_for(condition, traffic)).answer
    denies = condition.get("effect") == "deny"
    plain = not any(part in condition for part in NEVER_PLAIN) and condition.get("how", "on_foot") == "on_foot"
    if denies:
        assert perfect is (BACK if plain else NOT_KNOWN)
    elif condition.keys() & {"days", "hours"} or not plain:
        assert perfect is WITH
    else:
        assert perfect is THROUGH
    of_nobody_in_particular = condition.keys() <= {"days", "hours"}
    assert asked(gate("AF"), at_noon, told={"traffic": traffic}).answer is not THROUGH or of_nobody_in_particular


def test_the_reference_history_has_conditions_of_every_kind() -> None:
    assert len(REFERENCE) >= 80
    parts = {part for _, each in REFERENCE for part in each}
    assert parts >= {"who", "goods", "vehicle", "country", "country_of", "documents", "limit", "how", "days", "hours"}
