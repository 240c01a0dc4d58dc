"""The sentences of a lane as a table, who holds it, and rule 7 over every confidence."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from crossings.domain.vocabulary import Confidence, State
from crossings.evidence.recent import Claimed
from crossings.phrases import lanes as layout
from crossings.phrases import words
from crossings.phrases.holders import by_whom
from crossings.phrases.sentences import sentence, speakers
from crossings.phrases.text import plain
from crossings.phrases.times import Clock
from tests.lanes import CITIZENS, CLOCK, STUDENTS, ZONES, Json, crossing, lane, never, unknown

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
        "an opening of which one gate was last heard of before the other opened",
        lane("open", confidence="stale", since="2023-02-24T06:00:00Z", since_precision="exact",
             confirmed_at="2023-02-22T06:00:00Z"),
        "Goods trucks to Pakistan: last reported open, 3 hours ago "
        "(since Friday 24 Feb 2023, 10:30 Kabul / 11:00 Karachi); "
        "one gate last heard of 2 days ago (Dawn).",
    ),
    (
        "the same within a day",
        lane("open", since="2023-02-24T06:00:00Z", since_precision="exact", confirmed_at="2023-02-24T02:00:00Z"),
        "Goods trucks to Pakistan: open since Friday 24 Feb 2023, 10:30 Kabul / 11:00 Karachi; "
        "every gate heard of in the last 7 hours (Dawn).",
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
        "Goods trucks to Pakistan: closed by Pakistan except for citizens of Pakistan and people with close family in "
        "Pakistan since Sunday 19 Feb 2023; confirmed 3 hours ago by Dawn.",
    ),
    (
        "more exceptions than fit in one breath",
        lane("restricted", conditions=[{**CITIZENS, "who": [who]} for who in ("nationals", "family", "patients")]),
        "Goods trucks to Pakistan: closed by Pakistan, with exceptions, since Sunday 19 Feb 2023: only for citizens of "
        "Pakistan, people with close family in Pakistan and patients from Pakistan; confirmed 3 hours ago by Dawn.",
    ),
    (
        "the only ones not let through",
        lane("restricted", conditions=[STUDENTS]),
        "Goods trucks to Pakistan: open, with conditions set by Pakistan since Sunday 19 Feb 2023: "
        "students may not pass; confirmed 3 hours ago by Dawn.",
    ),
    (
        "conditions that are not known",
        lane("restricted"),
        "Goods trucks to Pakistan: passable only on conditions not known to us "
        "(set by Pakistan since Sunday 19 Feb 2023); "
        "confirmed 3 hours ago by Dawn.",
    ),
    (
        "one gate open and no word from the other",
        unknown(gates={"AF": "open", "PK": "unknown"}, last_known="closed"),
        "Goods trucks to Pakistan: not known (last known: closed; not known since 19 Feb); no word from Pakistan.",
    ),
    (
        "a stated end that has passed",
        unknown(gates={"AF": "unknown", "PK": "unknown"}, last_known="closed", confidence="assumed"),
        "Goods trucks to Pakistan: not known (last known: closed; not known since 19 Feb); "
        "its stated end has passed, with no word that it opened.",
    ),
    (
        "silence",
        unknown(gates={"AF": "unknown", "PK": "unknown"}, last_known="open"),
        "Goods trucks to Pakistan: not known (last reported open; not known since 19 Feb);"
        " nobody has spoken of it lately.",
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
        "Goods trucks to Pakistan: shut at this hour; opens 25 Feb, 06:30 Kabul / 07:00 Karachi; "
        "within its hours open since February 2023; confirmed 3 hours ago by Dawn.",
    ),
    (
        "an opening nobody confirmed, outside of its hours",
        lane("open", confidence="stale", confirmed_at="2023-02-21T06:00:00Z", now="outside_hours",
             next_opening={"at": "2023-02-25T02:00:00Z", "local": []}),
        "Goods trucks to Pakistan: last reported open, 3 days ago (since Sunday 19 Feb 2023); not confirmed since "
        "(Dawn); shut at this hour; its hours begin 25 Feb, 06:30 Kabul / 07:00 Karachi.",
    ),
    (
        "what is known by days, confirmed on one",
        lane(confirmed_at="2023-02-23T07:00:00Z"),
        "Goods trucks to Pakistan: closed by Pakistan since Sunday 19 Feb 2023; confirmed on 23 Feb by Dawn.",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("given", "text"), [row[1:] for row in SENTENCES], ids=[row[0] for row in SENTENCES])
def test_each_lane_has_its_sentence(given, text):
    assert plain(sentence(given, CLOCK, ["Dawn"]).text) == text


def test_without_knowing_who_speaks_nobody_is_named():
    assert plain(sentence(lane(), CLOCK).text).endswith("; confirmed 3 hours ago.")


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
    assert by_whom(lane(held_by=holders)) == phrase_


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
    rows = [row for way in layout.ways(page, CLOCK) for row in way.rows]
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
    told = plain(sentence(given, CLOCK, ["Dawn"]).text)
    assert not BARE_OPEN.search(told)
    assert all(gate.word != "open" and gate.mark != State.OPEN for gate in layout.row(given, [], CLOCK).gates)


@pytest.mark.parametrize("confidence", list(Confidence))
def test_a_closure_is_called_closed_however_sure_it_is(confidence):
    given = lane(confidence=confidence.value)
    assert words.word(given, CLOCK) == "closed by Pakistan" and words.mark(given) == "closed"


def test_no_short_form_shows_the_bare_word_restricted():
    for conditions in ([], [CITIZENS], [STUDENTS]):
        assert "restricted" not in " ".join(short_forms(lane("restricted", conditions=conditions)))


# Outside its hours


SHUT_NOW = lane(
    "open",
    gates={"AF": "open", "PK": "open"},
    now="outside_hours",
    next_opening={"at": "2023-02-25T02:00:00Z", "local": []},
)


def test_a_lane_outside_of_its_hours_leads_with_that_and_bears_no_mark_of_open():
    told = sentence(SHUT_NOW, CLOCK, ["Dawn"])
    assert (words.mark(SHUT_NOW), told.how, words.word(SHUT_NOW, CLOCK)) == ("shut", *["shut at this hour"] * 2)
    assert plain(layout.short_row(SHUT_NOW, CLOCK).hours) == "opens 25 Feb, 06:30 Kabul / 07:00 Karachi"
    assert {(gate.mark, gate.word) for gate in layout.row(SHUT_NOW, [], CLOCK).gates} == {("shut", "open at its hours")}
    assert words.mark({**SHUT_NOW, "confidence": "single"}) == "unknown"
    assert words.mark(lane(now="outside_hours")) == "closed"


def test_in_the_evening_it_is_shut_for_the_night():
    evening = Clock(datetime(2023, 2, 24, 16, 0, tzinfo=UTC), ZONES)
    assert words.word(SHUT_NOW, evening) == "shut for the night"
    monday = {**SHUT_NOW, "next_opening": {"at": "2023-02-27T02:00:00Z", "local": []}}
    assert words.word(monday, evening) == "shut at this hour"


# Gates


def gates(given: Json) -> list[tuple[str, str, str]]:
    return [(gate.name, gate.mark, gate.word) for gate in layout.row(given, [], CLOCK).gates]


def test_a_gate_that_was_only_seen_to_let_pass_is_never_called_open():
    both = {"AF": "open", "PK": "open"}
    assert gates(lane("open", gates=both, loosened=["AF"])) == [
        ("Afghanistan", "unknown", "passed, says the other side"),
        ("Pakistan", "open", "open"),
    ]
    given = lane("restricted", conditions=[CITIZENS], gates={"AF": "restricted", "PK": "open"}, loosened=["AF"])
    assert gates(given)[0] == ("Afghanistan", "restricted", "passed on conditions, says the other side")


# Whose word it is


def source(report: int, label: str, kind: str = "press") -> Json:
    return {"report": report, "label": label, "kind": kind, "url": "", "reported_at": "2023-02-24T06:00:00Z"}


def said(report: int, state: str, **fields: Any) -> Claimed:
    at = datetime(2023, 2, 24, 6, 0, tzinfo=UTC)
    given = {
        "report": report, "source": f"s{report}", "label": f"s{report}", "kind": "press", "url": "",
        "effective_at": at, "precision": "exact", "reported_at": at, "recorded_at": at, "backfilled": False,
        "basis": "observed", "side": "PK", "where": "gate", "by": "authority", "retracted_at": None,
        "lanes": ({"traffic": "cargo", "to": "PK", "state": state},),
    }  # fmt: skip
    return Claimed(**{**given, **fields})


def test_a_lane_told_of_by_one_source_names_that_one():
    single = lane(confidence="single", reports=[1, 2])
    sources = [source(2, "Dawn"), source(1, "Pakistan Customs", "authority")]
    assert speakers(single, sources) == ["Dawn"]
    two = [source(2, "Dawn"), source(1, "TNN")]
    assert speakers(single, two, {1: said(1, "open"), 2: said(2, "closed")}) == ["Dawn"]
    assert speakers(single, two) == ["Dawn"]
    both_gates = lane("open", confidence="single", reports=[1, 2])
    assert speakers(both_gates, two) == [], "which of them it rests on cannot be told"
    known = speakers(both_gates, two, {1: said(1, "open"), 2: said(2, "open")})
    assert plain(sentence(both_gates, CLOCK, known).text).endswith("; one source only for each gate (Dawn and TNN).")


def test_whose_claim_rules_another_gate_does_not_confirm_a_closure():
    sources = [source(1, "Afghan customs", "authority"), source(2, "Dawn"), source(3, "TNN")]
    claims = {1: said(1, "open"), 2: said(2, "closed"), 3: said(3, "closed")}
    assert speakers(lane(reports=[1, 2, 3]), sources, claims) == ["Dawn", "TNN"]
