"""Conditions, counts, announcements, conflicts, changes and hours in words, as tables."""

from __future__ import annotations

from typing import Any

import pytest

from crossings.phrases import lanes as layout
from crossings.phrases import words
from crossings.phrases.chapters import changes
from crossings.phrases.conditions import phrase, terms
from crossings.phrases.hours import hours_lines
from crossings.phrases.queues import amount, queue
from crossings.phrases.story import announcement, conflicts
from crossings.phrases.text import plain
from crossings.phrases.times import Clock
from tests.lanes import CITIZENS, CLOCK, NOW, STUDENTS, ZONES, Json, crossing, lane

# Conditions

PHRASES: list[tuple[Json, str, str]] = [
    ({"who": ["nationals"], "country": "PK"}, "people", "citizens of Pakistan"),
    ({"who": ["family"], "country": "PK"}, "people", "people with close family in Pakistan"),
    ({"who": ["patients"], "country": "AF", "documents": ["permit"]}, "people",
     "patients from Afghanistan with a permit"),
    ({"who": ["nationals", "stranded"], "country": "PK"}, "people",
     "citizens of Pakistan who are also stranded on the way"),
    ({"documents": ["passport", "visa"]}, "people", "people with a passport and a visa"),
    ({"documents": ["proof_of_family"]}, "people", "people with proof of family"),
    ({"goods": ["perishables"], "limit": {"count": 1150, "per": "day"}}, "cargo", "perishables, at most 1,150 a day"),
    ({"goods": ["transit"], "country": "UZ", "country_of": "destination"}, "cargo", "transit goods for Uzbekistan"),
    ({"country": "IR", "country_of": "vehicle"}, "cargo", "goods trucks registered in Iran"),
    ({"country": "IR", "country_of": "origin"}, "cargo", "goods trucks with goods from Iran"),
    ({"hs": ["07-08"]}, "cargo", "goods of customs code 07-08"),
    ({"vehicle": ["empty"], "how": "convoy"}, "cargo", "empty trucks in convoy"),
    ({"how": "unload_and_return"}, "cargo", "goods trucks to unload and return"),
    ({"days": ["mon", "fri"], "hours": ["08:00", "17:00"], "side": "PK"}, "vehicles",
     "vehicles, on Monday and Friday from 08:00 to 17:00 in Pakistan"),
    ({"fee": {"amount": 6000, "currency": "PKR"}}, "cargo", "goods trucks, for a fee of 6,000 PKR"),
    ({"text": "only emergency cases"}, "people", "only emergency cases"),
    ({"goods": ["perishables"], "text": "fresh fruit"}, "cargo", "perishables, fresh fruit"),
]  # fmt: skip


@pytest.mark.parametrize(("condition", "traffic", "text"), PHRASES)
def test_each_condition_is_told_in_plain_words(condition, traffic, text):
    assert plain(phrase({"effect": "allow", **condition}, traffic)) == text


def test_denials_narrow_what_is_allowed_and_priority_is_told_apart():
    first = {"side": "PK", "effect": "priority", "who": ["patients"]}
    asked_ = terms(lane("restricted", conditions=[CITIZENS, STUDENTS, first]))
    assert asked_.words == "citizens of Pakistan, but not students; patients pass first"
    assert asked_.gates[0].lines == ["only citizens of Pakistan", "students may not pass", "patients pass first"]


def test_conditions_of_two_gates_are_told_gate_by_gate():
    both = terms(
        lane("restricted", conditions=[CITIZENS, {**CITIZENS, "side": "AF", "who": ["traders"], "country": ""}])
    )
    assert both.words == "those whom every gate lets through (Pakistan: citizens of Pakistan; Afghanistan: traders)"


def test_the_board_tells_three_conditions_and_how_many_more_there_are():
    many = [{**CITIZENS, "who": [who], "country": ""} for who in ("traders", "students", "drivers", "patients", "ngo")]
    given = lane("restricted", conditions=many)
    assert plain(words.more(given, CLOCK)) == "traders, students, drivers and 2 more"


# Queues

AMOUNTS = [
    (None, 6000, "reported", "up to 6,000"),
    (5000, None, "reported", "more than 5,000"),
    (1400, 1400, "reported", "about 1,400"),
    (1400, 1400, "counted", "1,400"),
    (1800, 2500, "estimated", "1,800 to 2,500"),
    (0, 0, "sensor", "no"),
]


@pytest.mark.parametrize(("low", "high", "method", "text"), AMOUNTS)
def test_a_count_is_a_range(low, high, method, text):
    assert plain(amount(low, high, method)) == text


def count(**fields: Any) -> Json:
    given = {
        "side": "PK", "traffic": "cargo", "to": None, "measure": "waiting", "unit": "trucks", "low": 1400,
        "high": 1400, "per": None, "place": "gate", "loaded": None, "method": "reported", "precision": "day",
        "observed_at": "2023-02-23T07:00:00Z", "source": "Dawn", "reading": 1,
    }  # fmt: skip
    return {**given, **fields}


COUNTS = [
    (count(), "About 1,400 trucks waiting", "in Pakistan"),
    (count(side=None, loaded=True, low=None, high=6000), "Up to 6,000 loaded trucks waiting",
     "on both sides, or side not said"),
    (count(measure="passed", per="day", to="AF"), "About 1,400 trucks passed a day", "to Afghanistan, in Pakistan"),
    (count(measure="turned_back", per="day", low=50, high=None), "More than 50 trucks turned back a day",
     "in Pakistan"),
    (count(unit="minutes", low=35, high=35, side=None), "About 35 minutes of waiting", "for goods trucks"),
    (count(unit="minutes", low=0, high=0), "No waiting", "for goods trucks, in Pakistan"),
    (count(unit="people", traffic="people", place="terminal", low=1, high=1, method="counted"), "1 person waiting",
     "in the terminal, in Pakistan"),
    (count(low=0, high=0), "No trucks waiting", "in Pakistan"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "text", "place"), COUNTS)
def test_a_count_says_of_what_and_where(given, text, place):
    told = queue(given, CLOCK)
    assert (plain(told.words), plain(told.place)) == (text, place)
    assert (plain(told.source), plain(told.age), told.dated) == ("Dawn", "on 23 Feb", True)


# What was said and what happened


def promise(**fields: Any) -> Json:
    both = [{"traffic": "cargo", "to": to, "state": "open"} for to in ("AF", "PK")]
    given = {"report": 1, "at": None, "precision": "exact", "lanes": both, "by": "PK", "source": "Dawn",
             "said_at": "2023-02-23T07:00:00Z", "outcome": None, "ended_at": None}  # fmt: skip
    return {**given, **fields}


OUTCOMES = [
    (promise(), "still to come"),
    (promise(at="2023-02-24T08:00:00Z"), "due, no word yet"),
    (promise(outcome="kept"), "kept"),
    (promise(outcome="withdrawn"), "withdrawn or put off"),
    (promise(outcome="lapsed"), "lapsed: no word that it came about"),
]


@pytest.mark.parametrize(("said", "outcome"), OUTCOMES)
def test_an_announcement_is_told_with_how_it_ended(said, outcome):
    page = crossing(lane(), lane(to="AF"))
    told = announcement(said, page, CLOCK)
    assert (told.words, told.outcome) == ("Pakistan to open: goods trucks, both ways", outcome)


def test_what_two_sources_say_of_one_gate_stands_side_by_side():
    against = [
        {"traffic": "cargo", "to": to, "side": "PK", "where": "gate", "state": "open", "report": 7, "source": "TNN",
         "reported_at": "2023-02-24T08:00:00Z"}
        for to in ("AF", "PK")
    ]  # fmt: skip
    found = conflicts(crossing(lane(), lane(to="AF"), conflicts=against), CLOCK)
    assert [(each.gate, each.lanes, each.ours, each.theirs, plain(each.voice)) for each in found] == [
        ("Pakistan", "goods trucks, both ways", "closed", "reported open", "TNN")
    ]
    assert (found[0].ours_mark, found[0].theirs_mark) == ("closed", "unknown")


def test_what_is_said_of_both_gates_alike_is_told_once():
    against = [
        {"traffic": "cargo", "to": "PK", "side": side, "state": "open", "report": 7, "source": "TNN",
         "reported_at": "2023-02-24T08:00:00Z"}
        for side in ("AF", "PK")
    ]  # fmt: skip
    both_shut = lane(gates={"AF": "closed", "PK": "closed"})
    found = conflicts(crossing(both_shut, conflicts=against), CLOCK)
    assert [(each.gate, each.lanes) for each in found] == [("Afghanistan and Pakistan", "goods trucks to Pakistan")]


def test_the_history_tells_what_changed_and_lanes_that_changed_alike_together():
    before = [lane(traffic=traffic, to=to) for traffic in ("people", "cargo") for to in ("AF", "PK")]
    after = [
        {**each, "state": "open", "held_by": []} if each["traffic"] == "cargo" else {**each, "held_by": []}
        for each in before
    ]
    assert changes(after, before, []) == [
        ("closed", "People on foot, both ways: still closed"),
        ("open", "Goods trucks, both ways: reported open"),
    ]
    assert changes(before, [], []) == [("closed", "All traffic, both ways: closed by Pakistan")]


def test_directions_that_read_alike_are_told_once_and_the_others_apart():
    same = crossing(lane(), lane(traffic="people"), lane(to="AF"), lane(traffic="people", to="AF"))
    assert [(way.heading, [row.what for row in way.rows]) for way in layout.ways(same, CLOCK)] == [
        ("To Pakistan and to Afghanistan", ["Goods trucks, people on foot"])
    ]
    assert [row.what for row in layout.rows(same, CLOCK)] == ["All traffic, both ways"]
    apart_ = crossing(lane("open"), lane(traffic="people"), lane(to="AF"), lane(traffic="people", to="AF"))
    assert [(way.heading, [row.what for row in way.rows]) for way in layout.ways(apart_, CLOCK)] == [
        ("To Pakistan", ["Goods trucks", "People on foot"]),
        ("To Afghanistan", ["Goods trucks, people on foot"]),
    ]
    assert [row.what for row in layout.rows(apart_, CLOCK)] == [
        "Goods trucks to Pakistan",
        "Goods trucks to Afghanistan; people on foot, both ways",
    ]


def test_the_title_says_how_the_goods_trucks_stand():
    assert layout.title(crossing(lane(), lane(to="AF")), CLOCK) == "Torkham: goods trucks both ways: closed by Pakistan"
    mixed = crossing(lane(), lane("open", to="AF"))
    assert plain(layout.title(mixed, CLOCK)) == (
        "Torkham: goods trucks to Pakistan: closed by Pakistan, to Afghanistan: open"
    )
    past = Clock(NOW, ZONES, past=True)
    assert plain(layout.title(crossing(lane()), past)).startswith("Torkham on Friday 24 Feb 2023:")


def test_opening_hours_are_told_with_their_side_and_days():
    opening = {"side": "PK", "opens": "07:00", "closes": "19:00", "days": ["mon", "tue", "wed", "thu"],
               "traffic": ["cargo"], "to": "AF", "holidays": ["2026-08-14"]}  # fmt: skip
    assert [plain(line) for line in hours_lines([opening, {"side": "AF", "opens": "08:00", "closes": "16:00"}])] == [
        "Gate of Pakistan: goods trucks to Afghanistan, Monday to Thursday, "
        "07:00 to 19:00 local time, not on 2026-08-14",
        "Gate of Afghanistan: all traffic, every day, 08:00 to 16:00 local time",
    ]
