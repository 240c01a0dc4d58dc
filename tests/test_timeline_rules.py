"""The rules of DESIGN §3, one sentence a test."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import permutations
from typing import Any

import pytest

from crossings.domain.announcements import Announcement, announcements
from crossings.domain.border import Border, Lane, Side
from crossings.domain.claims import LaneState
from crossings.domain.conditions import Condition
from crossings.domain.confidence import Trust
from crossings.domain.faults import Refused
from crossings.domain.gates import Gate, LaneAt, lane_at
from crossings.domain.hours import Now, Opening, hours_now, openings_from_json
from crossings.domain.said import Said
from crossings.domain.status import LaneStatus, Status, status_at
from crossings.domain.timeline import Period, periods
from crossings.domain.vocabulary import (
    Basis,
    By,
    Confidence,
    Document,
    Outcome,
    Passing,
    Precision,
    SourceKind,
    State,
    Traffic,
    Weekday,
    Where,
    Who,
)

OPEN, UNKNOWN, RESTRICTED, CLOSED = State
PEOPLE, VEHICLES, CARGO = Traffic
SIDES = (Side("AF", "Torkham", "Asia/Kabul"), Side("PK", "Torkham", "Asia/Karachi"))
TORKHAM = Border("torkham", SIDES, tuple(Traffic), ("AF", "PK"))
FOOTPATH = Border("footpath", SIDES, (PEOPLE,), ("AF", "PK"))
LANE: Lane = (PEOPLE, "PK")
PATIENTS = Condition(who=(Who.PATIENTS,), country="AF", documents=(Document.PERMIT,))
NATIONALS = Condition(who=(Who.NATIONALS,), country="PK")
FAMILY = Condition(who=(Who.FAMILY,), country="PK")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def feb(day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2023, 2, day, hour, minute, tzinfo=UTC)


NOON = feb(20, 12)


def lanes(states: dict[Traffic, State], conditions: tuple[Condition, ...] = ()) -> dict[Lane, LaneState]:
    return {
        (traffic, to): LaneState(traffic, to, state, conditions if state is RESTRICTED else ())
        for traffic, state in states.items()
        for to in ("AF", "PK")
    }


class Notebook:
    """Writes claims down in order; times are hours from noon, most claims come from one newspaper."""

    def __init__(self) -> None:
        self.said: list[Said] = []

    def says(self, side: str, state: State, hour: float | None = 0, **more: Any) -> Said:
        begins = None if hour is None else NOON + hour * HOUR
        conditions = more.pop("conditions", ())
        told = more.pop("told", None)
        until, confirmed = more.pop("until", None), more.pop("confirmed", ())
        defaults: dict[str, Any] = {
            "report": len(self.said) + 1,
            "source": "amu",
            "kind": SourceKind.PRESS,
            "lanes": lanes({PEOPLE: state}, conditions),
            "effective_at": begins,
            "reported_at": (begins or NOON) if told is None else NOON + told * HOUR,
            "recorded_at": begins or NOON,
            "until": None if until is None else NOON + until * HOUR,
            "confirmations": tuple(NOON + each * HOUR for each in confirmed),
            "side": side,
        }
        word = Said(**(defaults | more))
        self.said.append(word)
        return word

    def announces(self, side: str, state: State, due: float | None, told: float, **more: Any) -> Said:
        return self.says(side, state, due, told=told, basis=Basis.ANNOUNCED, **more)

    def history(self, hour: float, border: Border = FOOTPATH) -> list[Period]:
        return periods(border, self.said, NOON + hour * HOUR)

    def seen(self, hour: float, border: Border = FOOTPATH) -> LaneAt:
        at = NOON + hour * HOUR
        begun = [word for word in self.said if word.moves_gates() and word.rank[0] <= at]
        return lane_at(border, LANE, [word for word in begun if LANE in word.lanes], at)

    def gates(self, hour: float, border: Border = FOOTPATH) -> dict[str, State]:
        return {key: gate.state for key, gate in self.seen(hour, border).gates.items()}

    def gate(self, key: str, hour: float) -> Gate:
        return self.seen(hour).gates[key]

    def state(self, hour: float, border: Border = FOOTPATH) -> State:
        return self.seen(hour, border).state

    def status(self, hour: float, border: Border = FOOTPATH) -> Status:
        return status(border, self.said, NOON + hour * HOUR)

    def lane(self, hour: float) -> LaneStatus:
        return next(each for each in self.status(hour).lanes if each.lane == LANE)

    def trust(self, hour: float) -> Trust:
        return self.lane(hour).trust

    def confidence(self, hour: float) -> Confidence:
        return self.trust(hour).confidence

    def pledges(self, hour: float) -> list[Announcement]:
        at = NOON + hour * HOUR
        return announcements(self.said, periods(FOOTPATH, self.said, at), at)

    def outcomes(self, hour: float) -> list[Outcome | None]:
        return [each.outcome for each in self.pledges(hour)]


def status(border: Border, said: list[Said], at: datetime) -> Status:
    begun = [word for word in said if word.moves_gates() and word.rank[0] <= at]
    standing = {lane: [word for word in begun if lane in word.lanes] for lane in border.lanes}
    history = periods(border, said, at)
    promised = [word for word in said if word.announced]
    return status_at(border, history[-1] if history else None, standing, begun, promised, history, at)


@pytest.fixture
def book() -> Notebook:
    return Notebook()


AUTHORITY_OF_AF: dict[str, Any] = {"kind": SourceKind.AUTHORITY, "speaks_for": "AF", "source": "kabul-customs"}
AUTHORITY_OF_PK: dict[str, Any] = {"kind": SourceKind.AUTHORITY, "speaks_for": "PK", "source": "pk-customs"}
STAFF: dict[str, Any] = {"kind": SourceKind.STAFF, "source": "desk"}


class TestTheWeekOfFebruary2023:
    ALL_CLOSED = dict.fromkeys(Traffic, CLOSED)
    MOMENTS = (feb(19, 12), feb(23, 6), feb(23, 18), feb(24, 12), feb(25, 12), feb(25, 12) + 60 * DAY)

    @staticmethod
    def week(order: tuple[int, ...]) -> list[Said]:
        """The five reports, written down in that order on the 25th."""
        facts: list[dict[str, Any]] = [
            {"side": "AF", "effective_at": feb(19, 7, 30), "lanes": lanes(TestTheWeekOfFebruary2023.ALL_CLOSED)},
            {"side": "AF", "effective_at": feb(23, 4), "lanes": lanes(dict.fromkeys(Traffic, OPEN)), "one_gate": True},
            {"side": "PK", "effective_at": feb(23, 9), "lanes": lanes(TestTheWeekOfFebruary2023.ALL_CLOSED)},
            {
                "side": "PK",
                "effective_at": feb(24, 5),
                "lanes": lanes({PEOPLE: RESTRICTED, VEHICLES: CLOSED, CARGO: CLOSED}, (NATIONALS, FAMILY, PATIENTS)),
            },
            {"side": "PK", "effective_at": feb(25, 1, 30), "lanes": lanes({VEHICLES: OPEN, CARGO: OPEN})},
        ]
        return [
            Said(
                report=place,
                source="amu",
                kind=SourceKind.PRESS,
                reported_at=feb(25, 9),
                recorded_at=feb(25, 9) + place * timedelta(minutes=1),
                **facts[index],
            )
            for place, index in enumerate(order, start=1)
        ]

    @pytest.mark.parametrize("order", list(permutations(range(5))))
    def test_in_any_order_it_has_the_six_answers(self, order: tuple[int, ...]):
        said = self.week(order)
        answers = [periods(TORKHAM, said, at)[-1].state for at in self.MOMENTS]
        assert answers == [CLOSED, UNKNOWN, CLOSED, RESTRICTED, RESTRICTED, UNKNOWN]

    def test_on_thursday_the_afghan_gate_was_open_and_pakistan_had_not_spoken(self):
        week = status(TORKHAM, self.week((0, 1, 2, 3, 4)), self.MOMENTS[1])
        assert all(dict(each.fact.gates) == {"AF": OPEN, "PK": UNKNOWN} for each in week.lanes)
        assert all(each.fact.last_known is CLOSED and not each.fact.holders for each in week.lanes)

    def test_on_friday_people_passed_on_three_conditions_held_by_pakistan(self):
        week = status(TORKHAM, self.week((4, 3, 2, 1, 0)), self.MOMENTS[3])
        by_traffic = {each.lane[0]: each.fact for each in week.lanes}
        assert {traffic: fact.state for traffic, fact in by_traffic.items()} == {
            PEOPLE: RESTRICTED,
            VEHICLES: CLOSED,
            CARGO: CLOSED,
        }
        assert by_traffic[PEOPLE].terms == (("PK", NATIONALS), ("PK", FAMILY), ("PK", PATIENTS))
        assert {each.side for fact in by_traffic.values() for each in fact.holders} == {"PK"}

    def test_on_saturday_goods_and_vehicles_moved_and_people_still_on_conditions(self):
        week = status(TORKHAM, self.week((2, 0, 4, 1, 3)), self.MOMENTS[4])
        states = {each.lane[0]: each.fact.state for each in week.lanes}
        assert states == {PEOPLE: RESTRICTED, VEHICLES: OPEN, CARGO: OPEN}
        assert week.known_lanes == 6

    def test_sixty_days_on_nobody_having_spoken_nothing_is_known(self):
        week = status(TORKHAM, self.week((0, 1, 2, 3, 4)), self.MOMENTS[5])
        assert (week.state, week.known_lanes) == (UNKNOWN, 0)
        assert {each.lane[0]: each.fact.last_known for each in week.lanes} == {
            PEOPLE: RESTRICTED,
            VEHICLES: OPEN,
            CARGO: OPEN,
        }


class TestWhichClaimsCount:
    def test_nobody_has_spoken_so_there_are_no_periods(self, book: Notebook):
        assert book.history(0) == []
        book.says("PK", CLOSED, retracted=True)
        assert book.history(1) == []

    def test_a_retracted_claim_never_was(self, book: Notebook):
        book.says("PK", RESTRICTED)
        book.says("PK", CLOSED, 1, retracted=True)
        assert book.state(2) is RESTRICTED

    def test_a_claim_does_not_count_before_it_begins(self, book: Notebook):
        book.says("PK", CLOSED, 5)
        assert book.history(4) == []
        assert book.history(5)[-1].state is CLOSED

    def test_an_ordered_claim_takes_effect_at_its_time(self, book: Notebook):
        book.says("PK", OPEN)
        book.says("PK", CLOSED, 6, told=-2, basis=Basis.ORDERED)
        assert (book.state(5), book.state(6)) == (OPEN, CLOSED)

    @pytest.mark.parametrize("state", [OPEN, RESTRICTED, CLOSED])
    def test_silence_ends_knowledge(self, book: Notebook, state: State):
        book.says("", state)
        end = 60 * 24
        assert [each.lanes[LANE].state for each in book.history(end)] == [state, UNKNOWN]
        assert book.history(end)[-1].start == NOON + 60 * DAY

    @pytest.mark.parametrize("heard", [{"told": 48}, {"confirmed": (24, 48)}, {"told": 30, "confirmed": (48,)}])
    def test_it_is_forgotten_counting_from_when_it_was_last_heard(self, book: Notebook, heard: dict[str, Any]):
        book.says("", CLOSED, **heard)
        assert book.state(62 * 24 - 0.01) is CLOSED
        assert book.state(62 * 24) is UNKNOWN

    def test_no_older_claim_steps_in_for_a_forgotten_base(self, book: Notebook):
        book.says("PK", CLOSED, -10, confirmed=(24 * 20,))
        book.says("PK", RESTRICTED)
        assert book.state(24 * 59) is RESTRICTED
        assert book.state(24 * 61) is UNKNOWN

    def test_what_was_forgotten_before_its_stated_end_stays_forgotten(self, book: Notebook):
        book.says("PK", CLOSED, -10, confirmed=(24 * 60,))
        book.says("PK", RESTRICTED, until=24 * 80)
        assert [book.state(24 * day) for day in (59, 61, 81)] == [RESTRICTED, UNKNOWN, UNKNOWN]

    def test_the_newest_rules(self, book: Notebook):
        book.says("PK", RESTRICTED, 1)
        book.says("PK", CLOSED, 0)
        assert book.state(2) is RESTRICTED

    def test_of_one_instant_the_finer_precision_rules(self, book: Notebook):
        book.says("PK", RESTRICTED, source="dawn", precision=Precision.EXACT)
        book.says("PK", CLOSED, precision=Precision.DAY)
        assert book.state(0) is RESTRICTED

    def test_of_one_instant_between_sources_the_stricter_rules_and_is_disputed(self, book: Notebook):
        book.says("PK", RESTRICTED, source="dawn")
        book.says("PK", CLOSED)
        assert (book.state(0), book.confidence(0)) == (CLOSED, Confidence.DISPUTED)

    def test_of_one_instant_within_a_source_its_last_word_rules(self, book: Notebook):
        book.says("PK", RESTRICTED, recorded_at=NOON + 2 * HOUR)
        book.says("PK", CLOSED, recorded_at=NOON + HOUR)
        assert book.state(0) is RESTRICTED

    def test_a_word_its_source_took_back_at_once_does_not_return_when_the_later_word_is_forgotten(self, book: Notebook):
        book.says("AF", RESTRICTED, confirmed=(24,))
        book.says("AF", OPEN)
        book.says("AF", OPEN, **STAFF)
        assert [period.state for period in book.history(24 * 62)] == [OPEN, UNKNOWN]


class TestAStatedEndIsAPromise:
    def test_the_end_of_a_closure_leaves_the_gate_unknown(self, book: Notebook):
        book.says("PK", OPEN, -5)
        book.says("PK", CLOSED, until=6)
        assert [book.gates(hour)["PK"] for hour in (5, 6)] == [CLOSED, UNKNOWN]

    def test_the_unknown_after_a_stated_end_is_assumed(self, book: Notebook):
        book.says("AF", OPEN, one_gate=True)
        book.says("PK", CLOSED, until=6)
        assert (book.state(7), book.confidence(7)) == (UNKNOWN, Confidence.ASSUMED)

    def test_a_permission_that_ran_out_falls_back_to_the_closure_and_is_assumed(self, book: Notebook):
        book.says("PK", CLOSED, -5)
        book.says("PK", RESTRICTED, until=6)
        assert [book.state(hour) for hour in (5, 6)] == [RESTRICTED, CLOSED]
        assert book.confidence(6) is Confidence.ASSUMED

    def test_the_closure_it_falls_back_to_may_run_out_too(self, book: Notebook):
        book.says("PK", CLOSED, -5, until=8)
        book.says("PK", OPEN, until=6)
        assert [book.gates(hour)["PK"] for hour in (5, 6, 8)] == [OPEN, CLOSED, UNKNOWN]

    def test_it_falls_back_through_several_only_to_what_is_stricter_than_each(self, book: Notebook):
        book.says("PK", RESTRICTED, -6)
        book.says("PK", CLOSED, -5, until=4)
        book.says("PK", OPEN, until=6)
        assert book.gates(6)["PK"] is UNKNOWN

    def test_nothing_as_loose_or_looser_returns(self, book: Notebook):
        book.says("PK", RESTRICTED, -5)
        book.says("PK", RESTRICTED, until=6)
        assert book.state(6) is UNKNOWN

    def test_a_closure_that_was_loosened_meanwhile_does_not_return(self, book: Notebook):
        book.says("PK", CLOSED, -6)
        book.says("AF", OPEN, -5)
        book.says("PK", RESTRICTED, until=6)
        assert book.gates(-4) == {"AF": OPEN, "PK": OPEN}
        assert book.gates(6) == {"AF": OPEN, "PK": UNKNOWN}

    def test_a_closure_loosened_to_a_restriction_returns_as_one_and_is_assumed(self, book: Notebook):
        book.says("PK", CLOSED, -6)
        book.says("AF", RESTRICTED, -5)
        book.says("AF", OPEN, -4, one_gate=True)
        book.says("PK", OPEN, until=6, one_gate=True)
        assert book.gates(6) == {"AF": OPEN, "PK": RESTRICTED}
        assert book.confidence(6) is Confidence.ASSUMED

    def test_a_gate_whose_closure_ended_opens_again_by_an_open_from_the_other_side(self, book: Notebook):
        book.says("PK", CLOSED, until=6)
        book.says("AF", OPEN, 7)
        assert book.gates(7) == {"AF": OPEN, "PK": OPEN}


class TestWhatWasSeenToPassLoosens:
    @pytest.mark.parametrize(
        ("base", "passed", "becomes"),
        [
            (CLOSED, OPEN, OPEN),
            (CLOSED, RESTRICTED, RESTRICTED),
            (RESTRICTED, OPEN, OPEN),
            (UNKNOWN, OPEN, OPEN),
            (UNKNOWN, RESTRICTED, UNKNOWN),
            (RESTRICTED, RESTRICTED, RESTRICTED),
            (OPEN, RESTRICTED, OPEN),
            (CLOSED, UNKNOWN, CLOSED),
            (OPEN, CLOSED, OPEN),
            (RESTRICTED, CLOSED, RESTRICTED),
        ],
    )
    def test_a_newer_word_of_the_other_side(self, book: Notebook, base: State, passed: State, becomes: State):
        book.says("PK", base)
        book.says("AF", passed, 1)
        assert book.gates(1) == {"PK": becomes, "AF": passed}

    def test_a_gate_of_which_nobody_spoke_is_opened_by_open_only(self, book: Notebook):
        book.says("AF", RESTRICTED)
        assert book.gates(0)["PK"] is UNKNOWN
        book.says("AF", OPEN, 1)
        assert book.gates(1)["PK"] is OPEN

    def test_an_older_word_loosens_nothing(self, book: Notebook):
        book.says("AF", OPEN)
        book.says("PK", CLOSED, 1)
        assert book.gates(1) == {"AF": OPEN, "PK": CLOSED}

    @pytest.mark.parametrize(
        "limit", [{"one_gate": True}, AUTHORITY_OF_AF, {"basis": Basis.ORDERED}, {"until": 1}, {"retracted": True}]
    )
    def test_but_not_what_speaks_of_its_own_gate_or_of_what_shall_be(self, book: Notebook, limit: dict[str, Any]):
        book.says("PK", CLOSED, -1)
        book.says("AF", OPEN, **limit)
        assert book.gates(2)["PK"] is CLOSED

    def test_the_loosest_of_several_rules(self, book: Notebook):
        book.says("PK", CLOSED)
        book.says("AF", OPEN, 1)
        book.says("AF", RESTRICTED, 2)
        assert book.gates(2) == {"AF": RESTRICTED, "PK": OPEN}

    def test_when_it_ends_the_gate_has_its_own_state_again(self, book: Notebook):
        book.says("PK", CLOSED)
        book.says("AF", OPEN, 1, until=4)
        assert [book.gates(hour)["PK"] for hour in (3, 4)] == [OPEN, CLOSED]

    def test_a_loosened_gate_is_held_by_whom_it_was_loosened_by_and_has_no_conditions(self, book: Notebook):
        book.says("PK", CLOSED)
        book.says("AF", RESTRICTED, 1, conditions=(PATIENTS,))
        seen = book.seen(1)
        assert seen.state is RESTRICTED
        assert [each.side for each in seen.holders] == ["AF"]
        assert seen.terms == (("AF", PATIENTS),)

    def test_its_conditions_stay_away_once_its_own_gate_is_free(self, book: Notebook):
        book.says("PK", CLOSED)
        book.says("AF", RESTRICTED, 1, conditions=(PATIENTS,))
        book.says("AF", OPEN, 2, one_gate=True)
        seen = book.seen(2)
        assert (seen.state, seen.terms, [each.side for each in seen.holders]) == (RESTRICTED, (), ["AF"])

    def test_of_several_as_loose_the_newest_rules(self, book: Notebook):
        book.says("PK", CLOSED)
        book.says("AF", RESTRICTED, 1, by=By.PROTEST)
        book.says("AF", RESTRICTED, 2, by=By.AGENTS)
        assert [each.by for each in book.seen(2).holders] == [By.AGENTS]

    def test_a_looser_word_that_ends_sooner_gives_way_to_the_other(self, book: Notebook):
        book.says("PK", CLOSED)
        book.says("AF", RESTRICTED, 1)
        book.says("AF", OPEN, 2, until=4)
        assert [each.lanes[LANE].state for each in book.history(5)] == [CLOSED, RESTRICTED, OPEN, RESTRICTED]

    def test_a_looser_word_that_ends_sooner_leaves_an_older_one_as_loose(self, book: Notebook):
        book.says("PK", CLOSED)
        book.says("AF", OPEN, 1)
        book.says("AF", OPEN, 2, until=4)
        book.says("AF", OPEN, 3, one_gate=True)
        assert [each.lanes[LANE].state for each in book.history(6)] == [CLOSED, OPEN]

    def test_a_word_of_the_same_instant_loosens_if_its_source_said_it_later(self, book: Notebook):
        book.says("PK", RESTRICTED)
        book.says("AF", OPEN, recorded_at=NOON + HOUR)
        book.says("AF", OPEN, 1, one_gate=True)
        assert [each.lanes[LANE].state for each in book.history(2)] == [OPEN]

    def test_a_claim_that_names_no_side_sets_both_gates_and_its_conditions_are_listed_once(self, book: Notebook):
        book.says("", RESTRICTED, conditions=(PATIENTS,))
        seen = book.seen(0)
        assert (seen.state, seen.terms) == (RESTRICTED, (("", PATIENTS),))
        assert [each.side for each in seen.holders] == [""]


class TestAStopOnTheRoad:
    def test_it_is_a_gate_of_its_own(self, book: Notebook):
        book.says("", OPEN)
        book.says("PK", CLOSED, 1, where=Where.ROAD, by=By.PROTEST)
        assert book.gates(1) == {"AF": OPEN, "PK": OPEN, "PK:road": CLOSED}
        assert [(each.side, each.where, each.by) for each in book.seen(1).holders] == [("PK", Where.ROAD, By.PROTEST)]

    def test_with_no_side_named_it_stands_on_both_roads(self, book: Notebook):
        book.says("", CLOSED, where=Where.ROAD)
        assert book.gates(0) == {"AF": UNKNOWN, "PK": UNKNOWN, "AF:road": CLOSED, "PK:road": CLOSED}

    @pytest.mark.parametrize("side", ["AF", "PK", ""])
    def test_any_newer_word_that_people_pass_loosens_it(self, book: Notebook, side: str):
        book.says("PK", CLOSED, where=Where.ROAD)
        book.says(side, OPEN, 1)
        assert book.gates(1)["PK:road"] is OPEN

    @pytest.mark.parametrize("limit", [{"one_gate": True}, AUTHORITY_OF_PK, {"basis": Basis.ORDERED}])
    def test_but_no_word_of_one_gate_only(self, book: Notebook, limit: dict[str, Any]):
        book.says("PK", CLOSED, where=Where.ROAD)
        book.says("PK", OPEN, 1, **limit)
        assert book.gates(1)["PK:road"] is CLOSED

    def test_a_free_road_opens_no_gate_and_no_other_road(self, book: Notebook):
        book.says("AF", CLOSED, where=Where.ROAD)
        book.says("", CLOSED)
        book.says("PK", OPEN, 1, where=Where.ROAD)
        assert book.gates(1) == {"AF": CLOSED, "PK": CLOSED, "AF:road": CLOSED, "PK:road": OPEN}

    def test_once_heard_of_the_lane_needs_it_to_open(self, book: Notebook):
        book.says("", OPEN)
        book.says("PK", CLOSED, 1, where=Where.ROAD, until=3)
        assert [book.state(hour) for hour in (0, 1, 3)] == [OPEN, CLOSED, UNKNOWN]


class TestTheStrictestGateMakesTheLane:
    ORDER = (OPEN, UNKNOWN, RESTRICTED, CLOSED)

    @pytest.mark.parametrize("one", ORDER)
    @pytest.mark.parametrize("other", ORDER)
    def test_one_gate_is_enough_to_close_or_restrict(self, book: Notebook, one: State, other: State):
        book.says("AF", one, one_gate=True)
        book.says("PK", other, one_gate=True)
        assert book.state(0) is max(one, other, key=self.ORDER.index)

    def test_a_crossing_known_from_one_service_opens_by_that_side_alone(self, book: Notebook):
        one_sided = Border("torkham", SIDES, (PEOPLE,), ("PK",))
        book.says("PK", OPEN, one_gate=True)
        assert (book.state(0, one_sided), book.gates(0, one_sided)) == (OPEN, {"PK": OPEN})

    def test_but_not_once_the_other_gate_was_spoken_of(self, book: Notebook):
        one_sided = Border("torkham", SIDES, (PEOPLE,), ("PK",))
        book.says("AF", CLOSED, -2, until=-1)
        book.says("PK", OPEN, one_gate=True)
        assert book.state(0, one_sided) is UNKNOWN

    def test_both_sides_hold_it_where_both_gates_are_as_strict(self, book: Notebook):
        book.says("AF", CLOSED)
        book.says("PK", CLOSED, by=By.ARMED_GROUP)
        assert [(each.side, each.by) for each in book.seen(0).holders] == [
            ("AF", By.AUTHORITY),
            ("PK", By.ARMED_GROUP),
        ]

    @pytest.mark.parametrize("state", [OPEN, UNKNOWN])
    def test_nobody_holds_an_open_or_unknown_lane(self, book: Notebook, state: State):
        book.says("", state)
        assert book.seen(0).holders == ()


class TestConfidence:
    def test_one_newspaper_is_a_single_source(self, book: Notebook):
        book.says("", OPEN)
        assert book.confidence(1) is Confidence.SINGLE

    def test_two_sources_that_agree_make_it_current(self, book: Notebook):
        book.says("", OPEN)
        book.says("", OPEN, 1, source="dawn")
        assert book.confidence(1) is Confidence.CURRENT

    @pytest.mark.parametrize(("who", "sure"), [(STAFF, "current"), (AUTHORITY_OF_PK, "current"), ({}, "single")])
    def test_our_staff_or_the_gates_own_authority_needs_no_second_source(
        self, book: Notebook, who: dict[str, Any], sure: str
    ):
        book.says("PK", CLOSED, **who)
        assert book.confidence(0) == sure

    def test_an_authority_is_no_authority_of_the_other_gate(self, book: Notebook):
        book.says("PK", CLOSED, **AUTHORITY_OF_AF)
        assert book.confidence(0) is Confidence.SINGLE

    def test_an_open_lane_is_as_sure_as_its_least_sure_gate(self, book: Notebook):
        book.says("AF", OPEN, **AUTHORITY_OF_AF)
        book.says("PK", OPEN, one_gate=True)
        assert book.confidence(0) is Confidence.SINGLE

    def test_a_closed_lane_is_as_sure_as_the_surest_gate_that_holds_it(self, book: Notebook):
        book.says("AF", CLOSED)
        book.says("PK", CLOSED, **AUTHORITY_OF_PK)
        assert book.confidence(0) is Confidence.CURRENT

    def test_it_is_stale_when_confirmed_longer_ago_than_fresh_for(self, book: Notebook):
        book.says("", CLOSED, **STAFF)
        assert book.confidence(24) is Confidence.CURRENT
        assert book.confidence(24.01) is Confidence.STALE

    def test_a_confirmation_makes_it_fresh_but_not_before_it_was_made(self, book: Notebook):
        book.says("", CLOSED, confirmed=(30,), **STAFF)
        assert [book.confidence(hour) for hour in (26, 31)] == [Confidence.STALE, Confidence.CURRENT]

    def test_another_source_that_says_otherwise_since_makes_it_disputed(self, book: Notebook):
        book.says("PK", CLOSED, -1, confirmed=(1,))
        book.says("PK", OPEN, source="dawn")
        assert [book.confidence(hour) for hour in (0, 1)] == [Confidence.SINGLE, Confidence.DISPUTED]
        assert [(key, word.source) for key, word in book.trust(1).against] == [("PK", "amu")]

    def test_a_word_from_before_disputes_nothing(self, book: Notebook):
        book.says("PK", CLOSED, -1)
        book.says("PK", OPEN, source="dawn")
        assert book.confidence(0) is Confidence.SINGLE

    def test_a_dispute_ends_with_the_freshness_of_the_other_word(self, book: Notebook):
        book.says("PK", CLOSED, -1, source="dawn", confirmed=(1,))
        book.says("PK", OPEN, confirmed=(20,))
        assert [book.confidence(hour) for hour in (25, 25.1)] == [Confidence.DISPUTED, Confidence.SINGLE]

    def test_only_the_newest_word_of_the_other_source_counts(self, book: Notebook):
        book.says("", CLOSED, -2, source="dawn", confirmed=(1,))
        book.says("", OPEN, -1, source="dawn")
        book.says("", OPEN)
        assert book.confidence(2) is Confidence.CURRENT

    def test_of_an_open_lane_the_earliest_confirmation_counts(self, book: Notebook):
        book.says("AF", OPEN, one_gate=True, confirmed=(3,))
        book.says("PK", OPEN, 1, one_gate=True)
        assert book.trust(4).confirmed_at == NOON + HOUR

    def test_of_a_closed_lane_the_latest_of_those_that_hold_it(self, book: Notebook):
        book.says("AF", CLOSED, confirmed=(3,))
        book.says("PK", CLOSED, 1)
        assert book.trust(4).confirmed_at == NOON + 3 * HOUR

    def test_only_a_current_lane_is_open_for_sure(self, book: Notebook):
        book.says("", OPEN)
        assert not book.lane(0).open_for_sure
        book.says("", OPEN, 1, source="dawn")
        assert book.lane(1).open_for_sure
        assert not book.lane(26).open_for_sure


class TestTheCrossingInOneWord:
    @pytest.mark.parametrize(
        ("people", "cargo", "word"),
        [
            (OPEN, OPEN, OPEN),
            (CLOSED, CLOSED, CLOSED),
            (RESTRICTED, RESTRICTED, RESTRICTED),
            (UNKNOWN, UNKNOWN, UNKNOWN),
            (OPEN, UNKNOWN, UNKNOWN),
            (OPEN, CLOSED, RESTRICTED),
            (OPEN, RESTRICTED, RESTRICTED),
            (CLOSED, UNKNOWN, RESTRICTED),
            (RESTRICTED, UNKNOWN, RESTRICTED),
            (CLOSED, RESTRICTED, RESTRICTED),
        ],
    )
    def test_over_the_lanes_reported(self, book: Notebook, people: State, cargo: State, word: State):
        book.says("", people, lanes=lanes({PEOPLE: people, CARGO: cargo}))
        assert book.status(0, TORKHAM).state is word

    def test_lanes_nobody_spoke_of_are_listed_but_do_not_count(self, book: Notebook):
        book.says("", OPEN)
        found = book.status(0, TORKHAM)
        assert (found.state, found.known_lanes, len(found.lanes)) == (OPEN, 2, 6)
        assert len(book.history(0, TORKHAM)[-1].lanes) == 6

    def test_nothing_was_ever_said(self):
        found = status_at(TORKHAM, None, {}, [], [], [], NOON)
        assert (found.state, found.known_lanes, found.since, len(found.lanes)) == (UNKNOWN, 0, None, 6)


class TestPeriods:
    def test_since_is_when_the_present_state_began_whatever_conditions_and_holders_did(self, book: Notebook):
        book.says("PK", RESTRICTED, conditions=(PATIENTS,))
        book.says("PK", RESTRICTED, 1, conditions=(PATIENTS, FAMILY))
        book.says("PK", RESTRICTED, 2, by=By.PROTEST)
        history = book.history(3)
        assert [each.start for each in history] == [NOON, NOON + HOUR, NOON + 2 * HOUR]
        assert {each.lanes[LANE].since for each in history} == {each.since for each in history} == {NOON}

    def test_repeating_what_holds_splits_nothing(self, book: Notebook):
        book.says("PK", CLOSED)
        book.says("PK", CLOSED, 1, source="dawn")
        assert len(book.history(2)) == 1

    def test_the_order_of_conditions_splits_nothing(self, book: Notebook):
        book.says("PK", RESTRICTED, conditions=(PATIENTS, FAMILY))
        book.says("PK", RESTRICTED, 1, conditions=(FAMILY, PATIENTS))
        assert len(book.history(2)) == 1

    def test_last_known_keeps_the_state_before_the_unknown(self, book: Notebook):
        book.says("PK", CLOSED, until=2)
        book.says("PK", UNKNOWN, 3)
        assert book.history(4)[-1].lanes[LANE].last_known is CLOSED
        book.says("", OPEN, 5)
        assert book.history(6)[-1].lanes[LANE].last_known is None

    def test_the_gates_are_those_at_the_periods_start(self, book: Notebook):
        book.says("AF", OPEN, one_gate=True, until=2)
        book.says("", CLOSED, 3, lanes=lanes({CARGO: CLOSED}))
        last = book.history(4, TORKHAM)[-1]
        assert last.start == NOON + 3 * HOUR
        assert dict(last.lanes[LANE].gates) == {"AF": UNKNOWN, "PK": UNKNOWN}

    @pytest.mark.parametrize(("dated", "precision"), [(True, Precision.DAY), (False, Precision.EXACT)])
    def test_an_end_known_as_a_date_begins_a_period_known_to_the_day(
        self, book: Notebook, dated: bool, precision: Precision
    ):
        book.says("PK", CLOSED, until=7, until_dated=dated)
        assert book.history(8)[-1].start_precision is precision

    def test_a_period_is_as_precise_as_what_began_it(self, book: Notebook):
        book.says("PK", CLOSED, precision=Precision.DAY)
        history = book.history(1)
        assert history[-1].start_precision is history[-1].lanes[LANE].since_precision is Precision.DAY


class TestAnnouncements:
    def test_one_never_moves_a_gate(self, book: Notebook):
        book.says("", OPEN)
        book.announces("PK", CLOSED, 2, told=1)
        assert [book.state(hour) for hour in (1, 2, 30)] == [OPEN, OPEN, OPEN]

    def test_it_is_pending_until_it_was_said(self, book: Notebook):
        book.says("", OPEN)
        book.announces("PK", CLOSED, 5, told=3)
        assert (book.outcomes(2), book.outcomes(3), book.outcomes(4)) == ([], [None], [None])

    def test_it_is_kept_when_the_gate_closes(self, book: Notebook):
        book.says("", OPEN)
        book.announces("PK", CLOSED, 5, told=1)
        book.says("PK", CLOSED, 6, source="dawn")
        assert [(each.outcome, each.ended_at) for each in book.pledges(7)] == [(Outcome.KEPT, NOON + 6 * HOUR)]

    def test_what_stands_so_already_must_stand_so_when_it_is_due(self, book: Notebook):
        book.says("", CLOSED)
        book.announces("PK", CLOSED, 5, told=1)
        assert (book.outcomes(2), book.outcomes(5)) == ([None], [Outcome.KEPT])

    def test_it_is_withdrawn_by_retraction(self, book: Notebook):
        book.says("", OPEN)
        book.announces("PK", CLOSED, 5, told=1, retracted=True)
        assert book.outcomes(2) == [Outcome.WITHDRAWN]

    def test_it_is_withdrawn_when_put_off(self, book: Notebook):
        book.says("", OPEN)
        book.announces("PK", CLOSED, 5, told=1)
        book.announces("PK", CLOSED, 29, told=2)
        assert book.outcomes(3) == [Outcome.WITHDRAWN, None]

    def test_it_is_not_withdrawn_by_being_said_again(self, book: Notebook):
        book.says("", OPEN)
        book.announces("PK", CLOSED, 5, told=1)
        book.announces("PK", CLOSED, 5, told=2)
        assert book.outcomes(3) == [None, None]

    def test_an_announced_reopening_does_not_withdraw_the_closing_before_it(self, book: Notebook):
        book.says("", OPEN)
        book.announces("PK", CLOSED, 24, told=1)
        book.announces("PK", OPEN, 96, told=2)
        assert book.outcomes(3) == [None, None]

    def test_it_lapses_a_day_after_it_was_due(self, book: Notebook):
        book.says("", OPEN)
        book.announces("PK", CLOSED, 5, told=1)
        assert (book.outcomes(28.9), book.outcomes(29)) == ([None], [Outcome.LAPSED])
        assert book.pledges(40)[0].ended_at == NOON + 29 * HOUR

    def test_undated_it_lapses_two_weeks_after_it_was_said(self, book: Notebook):
        book.says("", OPEN)
        book.announces("PK", CLOSED, None, told=1)
        assert (book.outcomes(14 * 24), book.outcomes(14 * 24 + 1)) == ([None], [Outcome.LAPSED])

    def test_a_closing_come_due_without_word_makes_the_lane_assumed_until_it_lapses(self, book: Notebook):
        book.says("", OPEN, **STAFF)
        book.announces("PK", CLOSED, 5, told=1)
        expected = [Confidence.CURRENT, Confidence.ASSUMED, Confidence.ASSUMED, Confidence.STALE]
        assert [book.confidence(hour) for hour in (4.9, 5, 23, 29)] == expected

    def test_a_word_since_ends_the_doubt(self, book: Notebook):
        book.says("", OPEN, confirmed=(6,), **STAFF)
        book.announces("PK", CLOSED, 5, told=1)
        assert [book.confidence(hour) for hour in (5, 6)] == [Confidence.ASSUMED, Confidence.CURRENT]

    def test_an_announced_opening_come_due_assumes_nothing(self, book: Notebook):
        book.says("", CLOSED, **STAFF)
        book.announces("PK", OPEN, 5, told=1)
        assert book.confidence(6) is Confidence.CURRENT

    def test_all_that_was_ever_said_is_an_announcement(self, book: Notebook):
        book.announces("PK", CLOSED, 5, told=1)
        assert (book.status(2).state, book.outcomes(2)) == (UNKNOWN, [None])


def hours(side: str, opens: str, closes: str, **more: Any) -> Opening:
    return Opening(side, time.fromisoformat(opens), time.fromisoformat(closes), **more)


def at_hours(at: datetime, *openings: Opening, lane: Lane = LANE, sides: tuple[Side, Side] = SIDES) -> Now:
    countries = (sides[0].country, sides[1].country)
    return hours_now(Border("torkham", sides, tuple(Traffic), countries, hours=openings), lane, at)


class TestHours:
    BOTH = (hours("AF", "07:00", "17:00"), hours("PK", "08:00", "18:00"))

    @pytest.mark.parametrize(
        ("at", "passing", "opening"),
        [
            (feb(20, 2, 29), Passing.OUTSIDE_HOURS, feb(20, 3)),
            (feb(20, 2, 30), Passing.OUTSIDE_HOURS, feb(20, 3)),
            (feb(20, 3), Passing.PASSING, None),
            (feb(20, 12, 29), Passing.PASSING, None),
            (feb(20, 12, 30), Passing.OUTSIDE_HOURS, feb(21, 3)),
            (feb(20, 20), Passing.OUTSIDE_HOURS, feb(21, 3)),
        ],
    )
    def test_a_lane_passes_while_both_gates_are_within_their_local_hours(
        self, at: datetime, passing: Passing, opening: datetime | None
    ):
        now = at_hours(at, *self.BOTH)
        assert (now.passing, now.next_opening) == (passing, opening)

    def test_without_hours_it_is_not_known(self):
        assert at_hours(NOON) == Now(Passing.HOURS_UNKNOWN)

    def test_the_hours_of_one_side_alone_only_say_when_nobody_passes(self):
        assert at_hours(feb(20, 5), self.BOTH[1]).passing is Passing.HOURS_UNKNOWN
        assert at_hours(feb(20, 20), self.BOTH[1]).passing is Passing.OUTSIDE_HOURS

    def test_hours_over_midnight_last_into_the_next_morning(self):
        night = (hours("AF", "20:00", "04:00", days=(Weekday.MON,)), hours("PK", "00:00", "00:00"))
        found = [at_hours(at, *night).passing for at in (feb(20, 15), feb(20, 16), feb(20, 23), feb(20, 23, 30))]
        assert found == [Passing.OUTSIDE_HOURS, Passing.PASSING, Passing.PASSING, Passing.OUTSIDE_HOURS]

    def test_the_weekday_is_the_local_one(self):
        early = (hours("AF", "00:00", "00:00"), hours("PK", "00:30", "03:00", days=(Weekday.MON,)))
        assert at_hours(feb(19, 20), *early).passing is Passing.PASSING
        assert at_hours(feb(20, 20), *early).passing is Passing.OUTSIDE_HOURS

    def test_a_holiday_of_one_side_closes_and_puts_off_the_next_opening(self):
        holiday = (self.BOTH[0], hours("PK", "08:00", "18:00", holidays=(date(2023, 2, 21),)))
        assert at_hours(feb(21, 5), *holiday).passing is Passing.OUTSIDE_HOURS
        assert at_hours(feb(20, 20), *holiday).next_opening == feb(22, 3)

    def test_open_around_the_clock_it_passes_at_midnight_too(self):
        always = (hours("AF", "00:00", "00:00"), hours("PK", "00:00", "00:00"))
        assert {at_hours(feb(20, hour, 30), *always).passing for hour in range(24)} == {Passing.PASSING}
        assert at_hours(feb(20, 19, 30), *always).passing is Passing.PASSING
        assert at_hours(feb(20, 19), *always).passing is Passing.PASSING

    def test_hours_of_other_traffic_or_the_other_direction_do_not_count(self):
        cargo = (hours("AF", "07:00", "17:00", traffic=(CARGO,)), hours("PK", "08:00", "18:00", to="AF"))
        assert at_hours(feb(20, 20), *cargo).passing is Passing.HOURS_UNKNOWN
        assert at_hours(feb(20, 20), *cargo, lane=(CARGO, "AF")).passing is Passing.OUTSIDE_HOURS

    def test_local_hours_follow_summer_time(self):
        sides = (Side("PL", "Dorohusk", "Europe/Warsaw"), Side("UA", "Yahodyn", "Europe/Kyiv"))
        both = (hours("PL", "08:00", "20:00"), hours("UA", "00:00", "00:00"))
        before = at_hours(datetime(2023, 3, 25, 20, tzinfo=UTC), *both, lane=(CARGO, "UA"), sides=sides)
        assert before.next_opening == datetime(2023, 3, 26, 6, tzinfo=UTC)

    def test_no_opening_in_sight_is_said_by_none(self):
        never = (self.BOTH[0], hours("PK", "18:00", "20:00"))
        now = at_hours(NOON, *never)
        assert (now.passing, now.next_opening) == (Passing.OUTSIDE_HOURS, None)

    def test_they_split_no_period(self, book: Notebook):
        border = Border("torkham", SIDES, (PEOPLE,), ("AF", "PK"), hours=self.BOTH)
        book.says("", OPEN)
        assert len(book.history(48, border)) == 1
        lane = book.status(20, border).lanes[0]
        assert (lane.fact.state, lane.now.passing) == (OPEN, Passing.PASSING)

    def test_they_are_read_from_json(self):
        found = openings_from_json(
            [
                {"side": "PK", "opens": "07:00", "closes": "24:00", "days": ["mon"], "traffic": ["cargo"], "to": "AF",
                 "holidays": ["2026-08-14"]},
            ],
            ("AF", "PK"),
        )  # fmt: skip
        assert found == (Opening("PK", time(7), time(0), (Weekday.MON,), (CARGO,), "AF", (date(2026, 8, 14),)),)

    @pytest.mark.parametrize(
        ("entry", "pointer", "code"),
        [
            ({"side": "IR"}, "/0/side", "not_a_side"),
            ({"side": None}, "/0/side", "not_a_side"),
            ({"to": "IR"}, "/0/to", "not_a_side"),
            ({"opens": "7 o'clock"}, "/0/opens", "invalid_hours"),
            ({"closes": None}, "/0/closes", "invalid_hours"),
            ({"closes": "19:00Z"}, "/0/closes", "invalid_hours"),
            ({"days": ["noday"]}, "/0/days/0", "unknown_word"),
            ({"holidays": ["2026-02-30"]}, "/0/holidays/0", "invalid_timestamp"),
            ({"holidays": 5}, "/0/holidays", "not_a_list"),
            ({"colour": "red"}, "/0/colour", "unknown_field"),
        ],
    )
    def test_what_cannot_be_read_is_named(self, entry: dict[str, Any], pointer: str, code: str):
        whole = {"side": "PK", "opens": "07:00", "closes": "19:00"} | entry
        with pytest.raises(Refused) as refused:
            openings_from_json([whole], ("AF", "PK"))
        assert [(each.pointer, each.code) for each in refused.value.faults] == [(pointer, code)]
