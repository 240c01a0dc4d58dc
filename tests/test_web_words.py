"""The sentences of the pages, as tables: each form, each precision, and rule 7 over every confidence."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crossings.domain.vocabulary import Confidence, State
from crossings.web import lanes as layout
from crossings.web import words
from crossings.web.asked import asked
from crossings.web.conditions import phrase, terms
from crossings.web.hours import hours_lines
from crossings.web.queues import amount, queue
from crossings.web.story import announcement, changes, conflicts
from crossings.web.text import FSI, PDI, apart, plain
from crossings.web.times import Clock, length

Json = dict[str, Any]
ZONES = ("Asia/Kabul", "Asia/Karachi")
NOW = datetime(2023, 2, 24, 9, 0, tzinfo=UTC)
CLOCK = Clock(NOW, ZONES)
CITIZENS = {"side": "PK", "effect": "allow", "who": ["nationals"], "country": "PK"}
STUDENTS = {"side": "PK", "effect": "deny", "who": ["students"]}


def lane(state: str = "closed", **fields: Any) -> Json:
    """Goods trucks to Pakistan as the status has them: held by Pakistan since Sunday, confirmed three hours ago."""
    held = state in ("closed", "restricted")
    given = {
        "traffic": "cargo", "to": "PK", "state": state, "since": "2023-02-19T07:00:00Z", "since_precision": "day",
        "gates": {"AF": "open", "PK": state}, "last_known": None, "conditions": [], "confidence": "current",
        "held_by": [{"side": "PK", "where": "gate", "by": "authority"}] if held else [],
        "confirmed_at": "2023-02-24T06:00:00Z", "now": "hours_unknown", "next_opening": None,
    }  # fmt: skip
    return {**given, **fields}


def unknown(**fields: Any) -> Json:
    return lane("unknown", **{"confidence": "stale", "confirmed_at": None, "since_precision": "exact", **fields})


def never() -> Json:
    return unknown(since=None, gates={"AF": "unknown", "PK": "unknown"})


def crossing(*lanes_: Json, **status: Any) -> Json:
    return {
        "slug": "torkham", "name": "Torkham", "countries": ["AF", "PK"], "queues": [],
        "status": {"lanes": list(lanes_), "conflicts": [], "announced": [], "sources": [], **status},
    }  # fmt: skip


# Sentences

SENTENCES: list[tuple[str, Json, str]] = [
    (
        "a closure with its holder, its day and its voice",
        lane(),
        "Goods trucks to Pakistan: closed by Pakistan since Sunday 19 Feb 2023; confirmed 3 hours ago by Dawn.",
    ),
    (
        "a closure of which one source tells",
        lane(confidence="single"),
        "Goods trucks to Pakistan: closed by Pakistan since Sunday 19 Feb 2023; one source only, 3 hours ago (Dawn).",
    ),
    (
        "a closure nobody confirmed lately",
        lane(confidence="stale", confirmed_at="2023-02-21T06:00:00Z"),
        "Goods trucks to Pakistan: closed by Pakistan since Sunday 19 Feb 2023; last confirmed 3 days ago by Dawn.",
    ),
    (
        "a closure that is disputed",
        lane(confidence="disputed"),
        "Goods trucks to Pakistan: closed by Pakistan since Sunday 19 Feb 2023; "
        "sources disagree; last confirmed 3 hours ago by Dawn.",
    ),
    (
        "a closure that is assumed",
        lane(confidence="assumed"),
        "Goods trucks to Pakistan: closed by Pakistan since Sunday 19 Feb 2023; "
        "assumed: no word since it was to change.",
    ),
    (
        "a closure by nobody named",
        lane(held_by=[{"side": None, "where": "gate", "by": "authority"}]),
        "Goods trucks to Pakistan: closed since Sunday 19 Feb 2023; confirmed 3 hours ago by Dawn.",
    ),
    (
        "an opening to the minute",
        lane("open", since="2023-02-24T01:30:00Z", since_precision="exact"),
        "Goods trucks to Pakistan: open since Friday 24 Feb 2023, 06:00 Kabul / 06:30 Karachi; "
        "confirmed 3 hours ago by Dawn.",
    ),
    (
        "an opening of which one source tells",
        lane("open", confidence="single"),
        "Goods trucks to Pakistan: last reported open, 3 hours ago (since Sunday 19 Feb 2023); one source only (Dawn).",
    ),
    (
        "an opening nobody confirmed lately",
        lane("open", confidence="stale", confirmed_at="2023-02-21T06:00:00Z"),
        "Goods trucks to Pakistan: last reported open, 3 days ago (since Sunday 19 Feb 2023); "
        "not confirmed since (Dawn).",
    ),
    (
        "an opening that is disputed",
        lane("open", confidence="disputed"),
        "Goods trucks to Pakistan: last reported open, 3 hours ago (since Sunday 19 Feb 2023); "
        "sources disagree (Dawn).",
    ),
    (
        "an opening after which a closing fell due",
        lane("open", confidence="assumed"),
        "Goods trucks to Pakistan: last reported open, 3 hours ago (since Sunday 19 Feb 2023); "
        "assumed: no word since it was to change.",
    ),
    (
        "the only ones let through",
        lane("restricted", conditions=[CITIZENS, {**CITIZENS, "who": ["family"]}]),
        "Goods trucks to Pakistan: closed by Pakistan since Sunday 19 Feb 2023, except for citizens of Pakistan and "
        "people with close family in Pakistan; confirmed 3 hours ago by Dawn.",
    ),
    (
        "the only ones not let through",
        lane("restricted", conditions=[STUDENTS]),
        "Goods trucks to Pakistan: open since Sunday 19 Feb 2023, with conditions set by Pakistan: "
        "students may not pass; confirmed 3 hours ago by Dawn.",
    ),
    (
        "conditions that are not known",
        lane("restricted"),
        "Goods trucks to Pakistan: passable only on conditions not known to us, "
        "set by Pakistan since Sunday 19 Feb 2023; "
        "confirmed 3 hours ago by Dawn.",
    ),
    (
        "one gate open and no word from the other",
        unknown(gates={"AF": "open", "PK": "unknown"}, last_known="closed"),
        "Goods trucks to Pakistan: not known (last known: closed, until 19 Feb); no word from Pakistan.",
    ),
    (
        "a stated end that has passed",
        unknown(gates={"AF": "unknown", "PK": "unknown"}, last_known="closed", confidence="assumed"),
        "Goods trucks to Pakistan: not known (last known: closed, until 19 Feb); "
        "its stated end has passed, with no word that it opened.",
    ),
    (
        "silence",
        unknown(gates={"AF": "unknown", "PK": "unknown"}, last_known="open"),
        "Goods trucks to Pakistan: not known (last reported open, until 19 Feb); nobody has spoken of it lately.",
    ),
    ("no word ever", never(), "Goods trucks to Pakistan: nothing was ever reported."),
    (
        "an opening outside of its hours",
        lane(
            "open",
            now="outside_hours",
            next_opening={"at": "2023-02-25T02:00:00Z", "local": []},
            since_precision="month",
        ),
        "Goods trucks to Pakistan: open since February 2023; confirmed 3 hours ago by Dawn; "
        "shut at this hour; its hours begin 25 Feb, 06:30 Kabul / 07:00 Karachi.",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("given", "sentence"), [row[1:] for row in SENTENCES], ids=[row[0] for row in SENTENCES])
def test_each_lane_has_its_sentence(given, sentence):
    assert plain(words.sentence(given, CLOCK, ["Dawn"])) == sentence


def test_without_knowing_who_speaks_nobody_is_named():
    assert plain(words.sentence(lane(), CLOCK)).endswith("; confirmed 3 hours ago.")


HOLDERS = [
    ([("PK", "gate", "authority")], "by Pakistan"),
    ([("AF", "gate", "authority"), ("PK", "gate", "authority")], "by Afghanistan and Pakistan"),
    ([("PK", "gate", "protest")], "by protesters in Pakistan"),
    ([("PK", "road", "traders")], "by traders on the road in Pakistan"),
    ([("PK", "road", "authority")], "on the road in Pakistan"),
    ([("PK", "gate", "unknown")], "in Pakistan (not known by whom)"),
    ([(None, "gate", "nature")], "by nature"),
    ([(None, "gate", "authority")], ""),
    (
        [("AF", "gate", "authority"), ("PK", "road", "protest")],
        "by Afghanistan and by protesters on the road in Pakistan",
    ),
]


@pytest.mark.parametrize(("held", "phrase_"), HOLDERS)
def test_who_holds_it_is_named_with_the_place(held, phrase_):
    holders = [{"side": side, "where": where, "by": by} for side, where, by in held]
    assert words.by_whom(lane(held_by=holders)) == phrase_


# Rule 7

OPENISH = [
    lane("open"),
    lane("open", now="outside_hours", next_opening=None),
    lane("restricted", conditions=[STUDENTS]),
    lane("restricted", conditions=[STUDENTS], gates={"AF": "unknown", "PK": "restricted"}),
    lane("restricted", conditions=[{"side": "PK", "effect": "priority", "goods": ["perishables"]}]),
]
SHUT = [
    lane(),
    lane("restricted"),
    lane("restricted", conditions=[CITIZENS]),
    unknown(gates={"AF": "open", "PK": "unknown"}),
    unknown(last_known="open"),
    never(),
]
BARE_OPEN = re.compile(r"(?<!last reported )\bopen\b")


def short_forms(each: Json) -> list[str]:
    page = crossing(each, {**each, "to": "AF"})
    rows = [row for way in layout.ways(page, CLOCK, brief=True) for row in way.rows]
    told = [part for row in rows for part in (row.word, *row.more)]
    return [words.word(each, CLOCK), layout.title(page, CLOCK), *told]


@pytest.mark.parametrize("confidence", list(Confidence))
@pytest.mark.parametrize("each", [*OPENISH, *SHUT])
def test_no_short_form_says_open_of_a_lane_that_is_not_current(each, confidence):
    given = {**each, "confidence": confidence.value}
    says_open = any(BARE_OPEN.search(plain(text)) for text in short_forms(given))
    assert not says_open or (confidence is Confidence.CURRENT and each in OPENISH)


@pytest.mark.parametrize("confidence", [each for each in Confidence if each is not Confidence.CURRENT])
@pytest.mark.parametrize("each", OPENISH)
def test_what_is_not_sure_to_let_pass_stands_beside_the_unknown_mark(each, confidence):
    assert words.mark({**each, "confidence": confidence.value}) == State.UNKNOWN


@pytest.mark.parametrize("confidence", [each for each in Confidence if each is not Confidence.CURRENT])
@pytest.mark.parametrize("each", [*OPENISH, *SHUT])
def test_no_sentence_and_no_gate_of_an_unsure_lane_says_bare_open(each, confidence):
    given = {**each, "confidence": confidence.value}
    sentence = plain(words.sentence(given, CLOCK, ["Dawn"]))
    assert not BARE_OPEN.search(sentence)
    if each["state"] in (State.OPEN, State.UNKNOWN):
        gates = layout.row(given, CLOCK).gates
        assert all(gate.word != "open" and gate.mark != State.OPEN for gate in gates)


@pytest.mark.parametrize("confidence", list(Confidence))
def test_a_closure_is_called_closed_however_sure_it_is(confidence):
    given = lane(confidence=confidence.value)
    assert words.word(given, CLOCK) == "closed by Pakistan" and words.mark(given) == "closed"


def test_no_short_form_shows_the_bare_word_restricted():
    for conditions in ([], [CITIZENS], [STUDENTS]):
        assert "restricted" not in " ".join(short_forms(lane("restricted", conditions=conditions)))


# Times

PRECISIONS = [
    ("2023-02-19T07:00:00Z", "day", "Sunday 19 Feb 2023"),
    ("2023-02-19T07:30:00Z", "day", "Sunday 19 Feb 2023"),
    ("2018-10-20T19:00:00Z", "day", "the end of Saturday 20 Oct 2018"),
    ("2017-02-15T07:00:00Z", "month", "February 2017"),
    ("2023-02-19T15:30:00Z", "hour", "Sunday 19 Feb 2023, about 20:00 Kabul / about 20:30 Karachi"),
    ("2023-02-25T01:30:00Z", "exact", "Saturday 25 Feb 2023, 06:00 Kabul / 06:30 Karachi"),
    ("2023-02-25T19:15:00Z", "exact", "Saturday 25 Feb 2023, 23:45 Kabul / Sunday 26 Feb 2023, 00:15 Karachi"),
]


@pytest.mark.parametrize(("stamp", "precision", "text"), PRECISIONS)
def test_a_time_is_shown_as_finely_as_it_is_known(stamp, precision, text):
    assert plain(CLOCK.when(datetime.fromisoformat(stamp), precision)) == text


def test_two_zones_with_one_time_are_named_together():
    clock = Clock(NOW, ("Asia/Tashkent", "Asia/Dushanbe"))
    assert plain(clock.when(NOW)) == "Friday 24 Feb 2023, 14:00 Tashkent/Dushanbe"


BRIEF = [
    (timedelta(hours=3), "24 Feb, 10:30 Kabul / 11:00 Karachi"),
    (timedelta(days=5), "19 Feb"),
    (timedelta(days=80), "6 Dec 2022"),
]


@pytest.mark.parametrize(("ago", "text"), BRIEF)
def test_a_brief_time_drops_what_no_longer_matters(ago, text):
    assert plain(CLOCK.when(NOW - ago, brief=True)) == text


AGES = [
    (timedelta(seconds=30), "exact", "just now"),
    (timedelta(minutes=59), "exact", "59 minutes ago"),
    (timedelta(minutes=61), "exact", "1 hour ago"),
    (timedelta(hours=35), "exact", "35 hours ago"),
    (timedelta(days=3, hours=5), "exact", "3 days ago"),
    (timedelta(days=100), "exact", "3 months ago"),
    (timedelta(days=800), "exact", "2 years ago"),
    (timedelta(hours=-3), "exact", "in 3 hours"),
    (timedelta(hours=2), "day", "today"),
    (timedelta(hours=26), "day", "1 day ago"),
]


@pytest.mark.parametrize(("ago", "precision", "text"), AGES)
def test_an_age_is_told_in_its_largest_unit(ago, precision, text):
    assert plain(CLOCK.age(NOW - ago, precision)) == text


def test_on_a_past_page_ages_count_back_from_its_moment():
    past = Clock(NOW, ZONES, past=True)
    told = [plain(past.age(NOW + timedelta(hours=hours))) for hours in (-3, 0, 4)]
    assert told == ["3 hours earlier", "at that moment", "4 hours later"]


def test_a_length_between_days_is_told_in_days():
    start = datetime(2023, 2, 23, 7, 0, tzinfo=UTC)
    assert plain(length(start, start + timedelta(minutes=30), exact=False)) == "less than a day"
    assert plain(length(start, start + timedelta(hours=50), exact=False)) == "2 days"
    assert plain(length(start, start + timedelta(minutes=30), exact=True)) == "30 minutes"


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
    assert (plain(told.source), plain(told.age)) == ("Dawn", "1 day ago")


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
    apart_ = crossing(lane("open"), lane(traffic="people"), lane(to="AF"), lane(traffic="people", to="AF"))
    assert [(way.heading, [row.what for row in way.rows]) for way in layout.ways(apart_, CLOCK)] == [
        ("To Pakistan", ["Goods trucks", "People on foot"]),
        ("To Afghanistan", ["Goods trucks, people on foot"]),
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


# Texts


def test_no_text_of_others_can_end_its_isolate():
    assert apart(f"a{PDI}{FSI}b\u202ec") == f"{FSI}abc{PDI}"


# Which moment is asked for

MOMENTS = [
    ("2023-02-23T12:00", "2023-02-23T07:30:00+00:00"),
    ("2023-02-23T12:00:00+04:30", "2023-02-23T07:30:00+00:00"),
    ("2023-02-23T12:00:00 04:30", "2023-02-23T07:30:00+00:00"),
    ("2023-02-23T07:30:00Z", "2023-02-23T07:30:00+00:00"),
    ("2023-02-23", "2023-02-23T07:30:00+00:00"),
]


@pytest.mark.parametrize(("given", "at"), MOMENTS)
def test_a_moment_without_a_zone_is_meant_on_the_first_side(given, at):
    found = asked({"at": given}, ZONES, NOW)
    assert found.at_time == datetime.fromisoformat(at) and found.past and found.clock.now == found.at_time


@pytest.mark.parametrize(
    "given", ["yesterday", "2023-13-01", "0001-01-01T00:00", "9999-12-31T23:59", "2023-02-24T15:00", "\x00"]
)
def test_a_moment_that_cannot_be_meant_is_refused_in_words(given):
    found = asked({"at": given}, ZONES, NOW)
    assert found.fault and not found.past
