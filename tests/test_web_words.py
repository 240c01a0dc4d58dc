"""The sentences of a lane as a table, who holds it, and rule 7 over every confidence."""

from __future__ import annotations

import re

import pytest

from crossings.domain.vocabulary import Confidence, State
from crossings.phrases import lanes as layout
from crossings.phrases import words
from crossings.phrases.text import plain
from tests.lanes import CITIZENS, CLOCK, STUDENTS, Json, crossing, lane, never, unknown

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
    assert all(gate.word != "open" and gate.mark != State.OPEN for gate in layout.row(given, CLOCK).gates)


@pytest.mark.parametrize("confidence", list(Confidence))
def test_a_closure_is_called_closed_however_sure_it_is(confidence):
    given = lane(confidence=confidence.value)
    assert words.word(given, CLOCK) == "closed by Pakistan" and words.mark(given) == "closed"


def test_no_short_form_shows_the_bare_word_restricted():
    for conditions in ([], [CITIZENS], [STUDENTS]):
        assert "restricted" not in " ".join(short_forms(lane("restricted", conditions=conditions)))
