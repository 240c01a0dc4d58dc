"""Would one be let through? Cases at a gate: what the gates say, conditions of every kind."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta

import pytest

from crossings.domain.hours import Opening, hours_now
from crossings.domain.passage import Coming, ComingKind, Doubt, GateSeen, LaneSeen, Passage, passage
from crossings.domain.traveller import asking_from_json
from crossings.domain.vocabulary import Confidence, Passing, Precision
from tests.passages import (
    CLOSED,
    NOON,
    RESTRICTED,
    TORKHAM,
    UNKNOWN,
    Json,
    asked,
    behind_an_open_gate,
    gate,
    on,
)

THROUGH, WITH, BACK, NOT_KNOWN = "let_through", "only_with", "turned_back", "not_known"
ANYBODY: Json = {}
AFGHAN, PAKISTANI = {"nationality": "AF"}, {"nationality": "PK"}
GRAPES = {"goods": ["perishables", "food", "bilateral"], "vehicle": ["loaded"]}
PATIENTS = {"who": ["patients"], "country": "AF", "documents": ["permit"]}
HOUR = timedelta(hours=1)


def needs(found: Passage) -> set[str]:
    fits = [fit for each in found.gates for fit in (*each.ways, *each.unless)]
    return {f"{need.part} {need.kind}" for fit in fits for need in fit.needs}


# What the gates say, whoever asks

GATES: list[tuple[str, list[GateSeen], str]] = [
    ("both open, confirmed", [gate("AF"), gate("PK")], THROUGH),
    ("theirs closed", [gate("AF"), gate("PK", CLOSED)], BACK),
    ("ours closed", [gate("AF", CLOSED), gate("PK")], BACK),
    ("the road closed", [gate("AF"), gate("PK"), gate("PK:road", CLOSED)], BACK),
    ("one not known", [gate("AF"), gate("PK", UNKNOWN)], NOT_KNOWN),
    ("one not known and one closed", [gate("AF", UNKNOWN), gate("PK", CLOSED)], BACK),
    ("closed, by stale word", [gate("AF"), gate("PK", CLOSED, confidence=Confidence.STALE)], BACK),
    ("closed, though some disagree", [gate("AF"), gate("PK", CLOSED, confidence=Confidence.DISPUTED)], BACK),
    ("one open by a single source", [gate("AF", confidence=Confidence.SINGLE), gate("PK")], NOT_KNOWN),
    ("one open, long unconfirmed", [gate("AF"), gate("PK", confidence=Confidence.STALE)], NOT_KNOWN),
    ("one open, disputed", [gate("AF"), gate("PK", confidence=Confidence.DISPUTED)], NOT_KNOWN),
    ("one open, assumed", [gate("AF"), gate("PK", confidence=Confidence.ASSUMED)], NOT_KNOWN),
    ("one open by what was seen to pass", [gate("AF", loosened=True), gate("PK")], NOT_KNOWN),
    ("one on conditions by what was seen", [gate("AF", RESTRICTED, loosened=True), gate("PK")], NOT_KNOWN),
    ("on conditions nobody told", [gate("AF"), on()], NOT_KNOWN),
    ("some pass first", [gate("AF"), on({"effect": "priority", "goods": ["perishables"]})], NOT_KNOWN),
    (
        "a convoy goes first, and Iranians may not",
        [gate("AF"), on({"effect": "priority", "how": "convoy"}, {"effect": "deny", "country": "IR"})],
        NOT_KNOWN,
    ),
    ("no gate at all", [], NOT_KNOWN),
]


@pytest.mark.parametrize(("gates", "answer"), [case[1:] for case in GATES], ids=[case[0] for case in GATES])
def test_every_gate_has_to_let_pass_and_to_be_sure(gates: list[GateSeen], answer: str) -> None:
    assert asked(*gates, told=AFGHAN).answer == answer


# Conditions of one gate, the other being open

CASES: list[tuple[str, list[Json], Json, str, set[str]]] = [
    # Persons
    ("a citizen", [{"who": ["nationals"], "country": "PK"}], PAKISTANI, THROUGH, set()),
    ("another's citizen", [{"who": ["nationals"], "country": "PK"}], AFGHAN, BACK, set()),
    ("of a nation not told", [{"who": ["nationals"], "country": "PK"}], ANYBODY, WITH, {"nationality asked"}),
    ("from a country", [{"country": "AF", "text": "x"}], PAKISTANI, BACK, set()),
    ("citizens, of whom is not said", [{"who": ["nationals"]}], PAKISTANI, WITH, {"who unjudged"}),
    ("citizens, and one of neither side", [{"who": ["nationals"]}], {"nationality": "FR"}, BACK, set()),
    ("a foreigner to both", [{"who": ["foreigners"]}], {"nationality": "FR"}, THROUGH, set()),
    ("a foreigner to this gate alone", [{"who": ["foreigners"]}], AFGHAN, WITH, {"who unjudged"}),
    ("no foreigner here", [{"who": ["foreigners"]}], PAKISTANI, BACK, set()),
    ("foreigners of one country", [{"who": ["foreigners"], "country": "FR"}], {"nationality": "DE"}, BACK, set()),
    ("family there", [{"who": ["family"], "country": "PK"}], {**AFGHAN, "family_in": ["PK"]}, THROUGH, set()),
    ("family elsewhere", [{"who": ["family"], "country": "PK"}], {**AFGHAN, "family_in": ["AF"]}, BACK, set()),
    ("family, where not told", [{"who": ["family"], "country": "PK"}], {"who": ["family"]}, WITH, {"family_in asked"}),
    ("no family among what one is", [{"who": ["family"], "country": "PK"}], {"who": ["traders"]}, BACK, set()),
    ("family anywhere", [{"who": ["family"]}], {"family_in": ["AF"]}, THROUGH, set()),
    ("a returnee", [{"who": ["returnees"]}], {"who": ["returnees"]}, THROUGH, set()),
    ("not a returnee", [{"who": ["returnees"]}], {"who": ["tourists"]}, BACK, set()),
    ("none of the words", [{"who": ["returnees"]}], {"who": []}, BACK, set()),
    ("untold whether a returnee", [{"who": ["returnees"]}], AFGHAN, WITH, {"who asked"}),
    ("stranded citizens: a citizen", [{"who": ["nationals", "stranded"], "country": "PK"}],
     {**PAKISTANI, "who": ["traders"]}, BACK, set()),
    ("stranded citizens: both", [{"who": ["nationals", "stranded"], "country": "PK"}],
     {**PAKISTANI, "who": ["stranded"]}, THROUGH, set()),
    ("foreigners on a list", [{"who": ["foreigners", "listed"]}], {"nationality": "FR", "who": []}, BACK, set()),
    ("a visa makes a visa holder", [{"who": ["visa_holders"]}], {"documents": ["visa"]}, THROUGH, set()),
    ("no visa", [{"who": ["visa_holders"]}], {"documents": [], "who": []}, BACK, set()),
    # Documents
    ("all papers", [{"documents": ["passport", "visa"]}], {"documents": ["visa", "passport"]}, THROUGH, set()),
    ("one paper short", [{"documents": ["passport", "visa"]}], {"documents": ["passport"]}, WITH,
     {"documents missing"}),
    ("no papers", [{"documents": ["passport"]}], {"documents": []}, WITH, {"documents missing"}),
    ("papers not told", [{"documents": ["passport"]}], AFGHAN, WITH, {"documents asked"}),
    ("a patient with permit", [PATIENTS], {**AFGHAN, "who": ["patients"], "documents": ["permit"]}, THROUGH, set()),
    ("a patient without", [PATIENTS], {**AFGHAN, "who": ["patients"], "documents": []}, WITH, {"documents missing"}),
    ("a permit, but no patient", [PATIENTS], {**AFGHAN, "who": [], "documents": ["permit"]}, BACK, set()),
    ("one of two alternatives", [{"who": ["nationals"], "country": "PK"}, PATIENTS], PAKISTANI, THROUGH,
     set()),
    # Limits, rules, texts: nobody can say of oneself that they hold
    ("a quota", [{"limit": {"count": 40, "per": "day"}}], AFGHAN, WITH, {"limit bound"}),
    ("a quota beside a free way", [{"limit": {"count": 40, "per": "day"}, "who": ["patients"]}, {"country": "AF"}],
     {**AFGHAN, "who": ["patients"]}, WITH, {"limit bound"}),
    ("a quota for others", [{"limit": {"count": 40, "per": "day"}, "who": ["patients"]}, {"country": "AF"}],
     {**AFGHAN, "who": ["traders"]}, THROUGH, set()),
    ("a fee", [{"fee": {"amount": 600, "currency": "PKR"}}], AFGHAN, WITH, {"fee bound"}),
    ("a convoy", [{"how": "convoy"}], GRAPES, WITH, {"how bound"}),
    ("on foot, and on foot", [{"how": "on_foot"}], AFGHAN, THROUGH, set()),
    ("on foot, but with a truck", [{"how": "on_foot"}], GRAPES, WITH, {"how bound"}),
    ("in words", [{"text": "emergency cases"}], AFGHAN, WITH, {"text unjudged"}),
    ("in words, for others", [{"who": ["patients"], "text": "wounded"}], {"who": ["traders"]}, BACK, set()),
    # Days and hours: it is Friday noon in Karachi
    ("on its day, which ends", [{"days": ["fri"]}], AFGHAN, WITH, {"days bound"}),
    ("on every day", [{"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]}], AFGHAN, THROUGH, set()),
    ("on another day", [{"days": ["mon", "tue"]}], AFGHAN, WITH, {"days missing"}),
    ("in its hours, which end", [{"hours": ["08:00", "17:00"]}], AFGHAN, WITH, {"hours bound"}),
    ("around the clock", [{"hours": ["00:00", "24:00"]}], AFGHAN, THROUGH, set()),
    ("in its last minutes", [{"goods": ["coal"], "hours": ["06:00", "12:03"]}], {"goods": ["coal"]}, WITH,
     {"hours bound"}),
    ("in its hours, beside a free way", [{"hours": ["08:00", "17:00"]}, {"country": "AF"}], AFGHAN, THROUGH,
     {"hours bound"}),
    ("after its hours", [{"hours": ["06:00", "12:00"]}], AFGHAN, WITH, {"hours missing"}),
    ("through the night", [{"hours": ["22:00", "12:30"]}], AFGHAN, WITH, {"hours bound"}),
    ("until midnight", [{"hours": ["08:00", "24:00"]}], AFGHAN, WITH, {"hours bound"}),
    ("a night that began on a day named", [{"hours": ["22:00", "12:30"], "days": ["thu"]}], AFGHAN, WITH,
     {"hours bound"}),
    # Loads
    ("grapes", [{"goods": ["perishables"]}], GRAPES, THROUGH, set()),
    ("coal where grapes pass", [{"goods": ["perishables"]}], {"goods": ["coal"]}, BACK, set()),
    ("both at once", [{"goods": ["perishables", "transit"]}], GRAPES, BACK, set()),
    ("transit, not told", [{"goods": ["transit"]}], {"goods": ["perishables"]}, WITH, {"goods asked"}),
    ("food that may perish", [{"goods": ["perishables"]}], {"goods": ["food"]}, WITH, {"goods asked"}),
    ("a mixed load", [{"goods": ["food"]}], {"goods": ["food", "coal"]}, WITH, {"goods unjudged"}),
    ("aid", [{"goods": ["humanitarian"]}], {"goods": ["humanitarian"]}, THROUGH, set()),
    ("no aid", [{"goods": ["humanitarian"]}], {"goods": ["bilateral"]}, BACK, set()),
    ("a load of which nothing is told", [{"goods": ["humanitarian"]}], {"vehicle": ["loaded"]}, WITH, {"goods asked"}),
    ("a code within a range", [{"hs": ["01-24"]}], {"hs": ["0806"]}, THROUGH, set()),
    ("a code outside", [{"hs": ["01-24"]}], {"hs": ["2701"]}, BACK, set()),
    ("one code of two outside", [{"hs": ["01-24"]}], {"hs": ["0806", "2701"]}, BACK, set()),
    ("too coarse a code", [{"hs": ["0806"]}], {"hs": ["08"]}, WITH, {"hs asked"}),
    ("a code not told", [{"hs": ["0806"]}], GRAPES, WITH, {"hs asked"}),
    ("an empty truck and a code", [{"hs": ["0806"]}], {"vehicle": ["empty"]}, BACK, set()),
    ("from its country", [{"country": "AF", "country_of": "origin"}], {**GRAPES, "origin": "AF"}, THROUGH, set()),
    ("from elsewhere", [{"country": "AF", "country_of": "origin"}], {**GRAPES, "origin": "UZ"}, BACK, set()),
    ("for its country", [{"country": "IN", "country_of": "destination"}], GRAPES, WITH, {"destination asked"}),
    ("the truck's country, not the driver's", [{"country": "PK", "country_of": "vehicle"}],
     {**GRAPES, **PAKISTANI, "vehicle_country": "AF"}, BACK, set()),
    # Vehicles
    ("loaded by its goods", [{"vehicle": ["loaded"]}], {"goods": ["coal"]}, THROUGH, set()),
    ("empty where loaded ones pass", [{"vehicle": ["loaded"]}], {"vehicle": ["empty"]}, BACK, set()),
    ("loaded where empty ones pass", [{"vehicle": ["empty"]}], GRAPES, BACK, set()),
    ("a container, laden or not", [{"vehicle": ["container", "empty"]}], {"vehicle": ["container"]}, WITH,
     {"vehicle asked"}),
    ("a bus", [{"vehicle": ["bus"]}], {"vehicle": ["bus"]}, THROUGH, set()),
    ("a car where buses pass", [{"vehicle": ["bus"]}], {"vehicle": ["car"]}, BACK, set()),
    ("a truck has a driver", [{"who": ["drivers"], "documents": ["passport", "visa"]}],
     {**GRAPES, "documents": ["passport"]}, WITH, {"documents missing"}),
    # Denials
    ("denied", [{"effect": "deny", "who": ["tourists"]}], {"who": ["tourists"]}, BACK, set()),
    ("not denied", [{"effect": "deny", "who": ["tourists"]}], {"who": ["traders"]}, THROUGH, set()),
    ("untold whether denied", [{"effect": "deny", "who": ["tourists"]}], AFGHAN, WITH, {"who asked"}),
    ("allowed, less what is denied", [{"goods": ["food"]}, {"effect": "deny", "country": "AF",
     "country_of": "vehicle"}], {**GRAPES, "vehicle_country": "AF"}, BACK, set()),
    ("neither allowed nor denied", [{"who": ["students"]}, {"effect": "deny", "who": ["tourists"]}],
     {"who": ["traders"]}, BACK, set()),
    ("denied in words", [{"effect": "deny", "text": "heavy trucks"}], GRAPES, NOT_KNOWN, {"text unjudged"}),
    ("denied in words, to others", [{"effect": "deny", "goods": ["coal"], "text": "wet"}], GRAPES, THROUGH, set()),
    ("denied with papers that one lacks", [{"effect": "deny", "documents": ["permit"]}], {"documents": []}, THROUGH,
     set()),
    ("denied on another day", [{"effect": "deny", "days": ["mon"]}], AFGHAN, THROUGH, set()),
    ("denied from tomorrow", [{"effect": "deny", "days": ["sat"]}], AFGHAN, NOT_KNOWN, {"days missing"}),
    ("denied in four minutes", [{"effect": "deny", "goods": ["coal"], "hours": ["12:04", "16:00"]}],
     {"goods": ["coal"]}, NOT_KNOWN, {"hours missing"}),
    ("denied in four minutes, to others", [{"effect": "deny", "goods": ["coal"], "hours": ["12:04", "16:00"]}],
     {"goods": ["food"]}, THROUGH, set()),
    ("denied today", [{"effect": "deny", "days": ["fri"]}], AFGHAN, BACK, set()),
    ("denied a part of the load", [{"effect": "deny", "hs": ["27"]}], {"hs": ["0806", "2701"]}, BACK, set()),
    ("denied on foot, with a truck", [{"effect": "deny", "how": "on_foot"}], GRAPES, THROUGH, set()),
    ("denied on foot", [{"effect": "deny", "how": "on_foot"}], AFGHAN, BACK, set()),
    ("priority opens nothing", [{"effect": "priority", "goods": ["food"]}, {"goods": ["coal"]}], GRAPES, BACK, set()),
    ("priority shuts nothing", [{"effect": "priority", "goods": ["coal"]}, {"goods": ["food"]}], GRAPES, THROUGH,
     set()),
    ("a limit on who goes first", [{"effect": "priority", "limit": {"count": 40, "per": "day"}}, {"goods": ["food"]}],
     GRAPES, NOT_KNOWN, set()),
    ("a fee of who goes first", [{"effect": "priority", "fee": {"amount": 600, "currency": "PKR"}}, {"country": "AF"}],
     AFGHAN, NOT_KNOWN, set()),
    ("words on who goes first", [{"effect": "priority", "text": "only on Monday"}, {"country": "AF"}], AFGHAN,
     NOT_KNOWN, set()),
    ("words on others who go first", [{"effect": "priority", "goods": ["coal"], "text": "wet"}, {"goods": ["food"]}],
     GRAPES, THROUGH, set()),
    ("words beside a free way", [{"text": "emergency cases"}, {"country": "AF"}], AFGHAN, WITH, {"text unjudged"}),
    # Loads that contradict themselves
    ("aid of two trades", [{"goods": ["humanitarian"]}], {"goods": ["humanitarian", "bilateral", "transit"]},
     NOT_KNOWN, set()),
    ("two trades", [{"goods": ["bilateral"]}], {"goods": ["bilateral", "transit"]}, NOT_KNOWN, set()),
    ("grapes with the code of coal", [{"goods": ["perishables"]}], {"goods": ["perishables"], "hs": ["2701"]},
     NOT_KNOWN, set()),
    ("food with the code of fuel", [{"effect": "deny", "goods": ["fuel"]}], {"goods": ["food"], "hs": ["2710"]},
     NOT_KNOWN, set()),
    ("coal with the code of grapes", [{"effect": "deny", "hs": ["2701"]}], {"goods": ["coal"], "hs": ["0806"]},
     NOT_KNOWN, set()),
    ("no goods, and a code", [{"effect": "deny", "goods": ["fuel"]}], {"goods": [], "hs": ["2710"]}, NOT_KNOWN,
     set()),
    ("grapes with their code", [{"goods": ["perishables"]}], {**GRAPES, "hs": ["0806"]}, THROUGH, set()),
    ("transit with a code", [{"goods": ["transit"]}], {"goods": ["transit"], "hs": ["8703"]}, THROUGH, set()),
    # Loaded or empty does not say of what kind
    ("loaded where tankers are denied", [{"effect": "deny", "vehicle": ["tanker"]}],
     {"goods": ["fuel"], "vehicle": ["loaded"]}, WITH, {"vehicle asked"}),
    ("empty where tankers are denied", [{"effect": "deny", "vehicle": ["tanker"]}], {"vehicle": ["empty"]}, WITH,
     {"vehicle asked"}),
    ("a container where tankers are denied", [{"effect": "deny", "vehicle": ["tanker"]}],
     {"goods": ["food"], "vehicle": ["loaded", "container"]}, THROUGH, set()),
]  # fmt: skip


@pytest.mark.parametrize(
    ("conditions", "told", "answer", "wanting"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_each_condition_is_held_against_what_was_told(
    conditions: list[Json], told: Json, answer: str, wanting: set[str]
) -> None:
    found = behind_an_open_gate(on(*conditions), told)
    assert found.answer == answer
    if answer in (WITH, NOT_KNOWN):
        assert needs(found) == wanting


def test_there_are_sixty_cases_and_more() -> None:
    assert len(CASES) >= 60 and len({case[0] for case in CASES}) == len(CASES)


# More than one gate, hours, what is to come

PERMIT = {"documents": ["permit"]}


def test_something_missing_is_told_before_a_mere_doubt_but_not_before_ignorance() -> None:
    held: Json = {"documents": ["permit"]}
    lacking: Json = {"documents": []}
    single = on(PERMIT, confidence=Confidence.SINGLE)
    assert asked(gate("AF"), single, told=lacking).answer == WITH
    assert asked(gate("AF"), single, told=held).answer == NOT_KNOWN
    assert asked(gate("AF", UNKNOWN), single, told=lacking).answer == NOT_KNOWN
    assert Doubt.SINGLE in asked(gate("AF"), single, told=lacking).doubts


def test_each_gate_has_its_own_conditions_and_all_must_let_pass() -> None:
    theirs = gate("AF", RESTRICTED, {"who": ["nationals"], "country": "AF"})
    ours = on(PERMIT)
    assert asked(theirs, ours, told={**AFGHAN, **PERMIT}).answer == THROUGH
    assert asked(theirs, ours, told={**AFGHAN, "documents": []}).answer == WITH
    assert asked(theirs, ours, told={**PAKISTANI, **PERMIT}).answer == BACK


def test_hours_are_those_of_the_side_whose_gate_it_is() -> None:
    until_noon: Json = {"hours": ["06:00", "12:00"]}
    assert asked(gate("AF", RESTRICTED, until_noon), gate("PK"), told=AFGHAN).gates[0].ways[0].needs[0].kind == "bound"
    assert (
        asked(gate("AF"), gate("PK", RESTRICTED, until_noon), told=AFGHAN).gates[1].ways[0].needs[0].kind == "missing"
    )


@pytest.mark.parametrize(("closes", "answer"), [(13, NOT_KNOWN), (14, NOT_KNOWN), (15, THROUGH), (12, WITH)])
def test_shortly_before_the_crossing_shuts_nobody_is_let_through_for_sure(closes: int, answer: str) -> None:
    hours = tuple(Opening(side, time(6), time(closes)) for side in ("PK",))
    border = replace(TORKHAM, hours=hours)
    asking = asking_from_json({"to": "PK", **AFGHAN}, border)
    lane = LaneSeen(asking.lane, (gate("AF"), gate("PK")), hours_now(border, asking.lane, NOON))
    assert passage(border, lane, asking.traveller, NOON).answer == answer


@pytest.mark.parametrize(
    ("now", "answer"),
    [(Passing.PASSING, THROUGH), (Passing.HOURS_UNKNOWN, THROUGH), (Passing.OUTSIDE_HOURS, WITH)],
)
def test_at_night_nobody_is_let_through_and_unknown_hours_forbid_nothing(now: Passing, answer: str) -> None:
    assert asked(gate("AF"), gate("PK"), told=AFGHAN, now=now).answer == answer
    assert asked(gate("AF"), gate("PK", CLOSED), told=AFGHAN, now=now).answer == BACK


def test_a_lane_that_is_assumed_lets_nobody_through_though_its_gates_seem_sure() -> None:
    found = asked(gate("AF"), gate("PK"), told=AFGHAN, confidence=Confidence.ASSUMED)
    assert found.answer == NOT_KNOWN and found.doubts == (Doubt.ASSUMED,)


def test_a_closing_near_at_hand_lets_nobody_through() -> None:
    closing = Coming(ComingKind.ORDERED, CLOSED, NOON + HOUR, Precision.EXACT, "PK", 7)
    found = asked(gate("AF"), gate("PK"), told=AFGHAN, coming=(closing,))
    assert (found.answer, found.doubts, found.reports) == (NOT_KNOWN, (Doubt.CLOSING,), [1, 2, 7])


def test_the_claims_it_rests_on_are_those_of_each_gate_and_those_against_them() -> None:
    found = asked(gate("AF", reports=(5, 3)), gate("PK", CLOSED, reports=(5,), against=(9,)), told=AFGHAN)
    assert found.reports == [5, 3, 9]
