"""The public pages through the front door: the week as it can be read, the board, what was said of it."""

from __future__ import annotations

import re
from datetime import UTC

import pytest
from django.utils import timezone

from crossings.ledger import settle
from tests.factories import claim, lanes, make_crossing, make_source, say, utc
from tests.reader import HOUR, ago, reader, week

__all__ = ["reader", "week"]
pytestmark = pytest.mark.django_db


# The seed week

WEEK = [
    ("2023-02-20T12:00", "closed by Afghanistan since Sunday 19 Feb 2023, about 17:30 Kabul / about 18:00 Karachi"),
    ("2023-02-23T08:00", "not known (last known: closed; not known since 23 Feb); no word from Pakistan."),
    ("2023-02-23T18:00", "closed by Pakistan since Thursday 23 Feb 2023, 13:30 Kabul / 14:00 Karachi"),
    ("2023-02-24T15:00", "closed by Pakistan since Thursday 23 Feb 2023, 13:30 Kabul / 14:00 Karachi"),
    (
        "2023-02-25T12:00",
        "last reported open, 6 hours earlier (since Saturday 25 Feb 2023, 06:00 Kabul / 06:30 Karachi); "
        "one gate last heard of 2 days earlier (Amu TV)",
    ),
    ("2023-05-20T12:00", "not known (last reported open; not known since 26 Apr); nobody has spoken of it lately."),
]


@pytest.mark.parametrize(("at", "sentence"), WEEK)
def test_each_of_the_six_periods_is_read_off_the_page_as_it_stood(reader, week, at, sentence):
    page = reader.read("/c/torkham/", at=at)
    assert f"Goods trucks to Pakistan: {sentence}" in page
    assert f"Goods trucks to Afghanistan: {sentence}" in page
    assert "As it stood on" in page


def test_who_took_a_closed_gate_over_is_not_said_to_have_shut_it(reader):
    make_crossing()
    kabul, dawn = make_source("kabul"), make_source("dawn")
    for source, side, day, state in (
        (kabul, "AF", 19, "closed"),
        (dawn, "PK", 23, "closed"),
        (kabul, "AF", 24, "open"),
    ):
        at = f"2023-02-{day}T05:00:00Z"
        say(
            source,
            claim(declared_by=side, effective_at=at, reported_at=at, one_gate=True, lanes=lanes(state)),
            now=utc("2023-02-25 12:00"),
        )
    page = reader.read("/c/torkham/", at="2023-02-25T12:00")
    assert "closed since Sunday 19 Feb 2023" in page
    assert "; by Pakistan since Friday 24 Feb 2023" in page


def test_who_may_pass_on_friday_is_told_in_plain_words(reader, week):
    page = reader.read("/c/torkham/", at="2023-02-24T15:00")
    assert "People on foot: closed except…" in page
    for condition in (
        "only citizens of Pakistan",
        "only people with close family in Pakistan",
        "only patients from Afghanistan with a permit",
    ):
        assert condition in page
    assert "set by Pakistan" in page and "Afghanistan: reported open Pakistan: with exceptions" in page
    assert "Reason given for what does not pass freely: security." in page
    assert "Talks on vehicles and goods go on." in page


def test_at_thursday_noon_as_it_was_known_then_the_pakistani_closing_is_not_heard_of(reader, week):
    page = reader.read("/c/torkham/", at="2023-02-23T14:00", as_known_at="2023-02-23T12:00")
    assert "no word from Pakistan" in page and "closed by Pakistan" not in page
    assert "as it was known on Thursday 23 Feb 2023, 12:00 Kabul / 12:30 Karachi" in page


def test_the_history_tells_the_week_period_by_period(reader, week):
    page = reader.read("/c/torkham/history/")
    told = [
        "Sunday 19 Feb 2023, about 17:30 Kabul / about 18:00 Karachi lasted 3 days All traffic, both ways: closed by "
        "Afghanistan",
        "Thursday 23 Feb 2023, 07:00 Kabul / 07:30 Karachi lasted 6 hours All traffic, both ways: not known: no word "
        "from Pakistan",
        "Thursday 23 Feb 2023, 13:30 Kabul / 14:00 Karachi lasted 20 hours All traffic, both ways: closed by Pakistan",
        "Friday 24 Feb 2023, 09:30 Kabul / 10:00 Karachi lasted 20 hours People on foot, both ways: closed by Pakistan "
        "except for citizens of Pakistan, people with close family in Pakistan and patients from Afghanistan with a "
        "permit",
        "Goods trucks, cars and buses, both ways: reported open",
        "and since then",
    ]  # fmt: skip
    for line in told:
        assert line in page
    assert [page.index(line) for line in told[:4]] == sorted((page.index(line) for line in told[:4]), reverse=True)


def test_a_past_page_shows_no_later_history(reader, week):
    page = reader.read("/c/torkham/", at="2023-02-23T08:00")
    assert "closed by Afghanistan" in page and "closed by Pakistan" not in page


# The board


def test_the_board_shows_cargo_first_with_its_word_its_age_and_the_queue(reader):
    make_crossing(names={"ps": "تورخم", "ur": "طورخم"})
    customs = make_source("customs", kind="authority", country="PK", public_label="Pakistan Customs")
    say(
        customs,
        {"crossing": "torkham", "effective_at": ago(5), "reported_at": ago(3), "lanes": lanes("closed")},
        {"crossing": "torkham", "side": "PK", "traffic": "cargo", "measure": "waiting", "unit": "trucks",
         "high": 6000, "observed_at": ago(2)},
        now=timezone.now(),
    )  # fmt: skip
    page = reader.read("/")
    assert "Afghanistan – Pakistan" in page and "Torkham تورخم طورخم" in page
    assert "Goods trucks, cars and buses, people on foot: closed by Pakistan" in page
    assert "confirmed 3 hours ago" in page
    assert "up to 6,000 trucks waiting in Pakistan · 2 hours ago" in page


def test_an_opening_by_one_source_is_not_called_open_on_the_board_nor_in_the_title(reader):
    make_crossing()
    say(make_source("amu"), {"crossing": "torkham", "effective_at": ago(5), "reported_at": ago(3),
        "lanes": lanes("open")}, now=timezone.now())  # fmt: skip
    board, page = reader.read("/"), reader.get("/c/torkham/").content.decode()
    assert "people on foot: last reported open, 3 hours ago" in board and ": open" not in board
    assert "<title>Torkham: goods trucks both ways: last reported open, 3 hours ago</title>" in page


def test_two_gates_and_their_authorities_make_an_opening_that_is_called_open(reader):
    make_crossing()
    for country in ("AF", "PK"):
        say(make_source(f"customs-{country.lower()}", kind="authority", country=country),
            {"crossing": "torkham", "effective_at": ago(5), "reported_at": ago(1.1), "lanes": lanes("open")},
            now=timezone.now())  # fmt: skip
    assert "people on foot: open since" in reader.read("/")
    assert "Goods trucks to Pakistan: open since" in reader.read("/c/torkham/")


def test_what_was_never_reported_says_so(reader):
    make_crossing()
    make_crossing("kharlachi", traffic=["people", "cargo"])
    say(make_source("amu"), {"crossing": "kharlachi", "effective_at": ago(5), "reported_at": ago(3),
        "lanes": lanes("closed", "cargo")}, now=timezone.now())  # fmt: skip
    board = reader.read("/")
    assert "People on foot: nothing reported" in board and "Nothing was ever reported of: Torkham" in board
    assert "Goods trucks to Pakistan: nothing was ever reported." in reader.read("/c/torkham/")


def test_the_board_can_be_asked_for_a_name_or_a_country(reader, week):
    make_crossing("hairatan", ("AF", "UZ"))
    assert "Hairatan" not in reader.read("/", q="طورخم") and "Torkham" in reader.read("/", q="طورخم")
    assert "Torkham" not in reader.read("/", country="uz")
    assert "Torkham" in reader.read("/", state="nonsense", traffic="\x00")


def test_time_alone_moves_the_page_even_where_no_worker_runs(reader):
    make_crossing(fresh_for=HOUR)
    say(make_source("staff", kind="staff"), {"crossing": "torkham", "effective_at": ago(3), "reported_at": ago(2),
        "lanes": lanes("open")}, now=timezone.now() - 1.9 * HOUR)  # fmt: skip
    assert "last reported open, 2 hours ago" in reader.read("/")
    settle(timezone.now())
    assert "last reported open, 2 hours ago" in reader.read("/")


# Sides of one story


def test_sources_that_disagree_stand_side_by_side(reader):
    make_crossing()
    say(make_source("dawn", public_label="Dawn"), {"crossing": "torkham", "declared_by": "PK", "effective_at": ago(5),
        "reported_at": ago(4), "lanes": lanes("closed")}, now=timezone.now())  # fmt: skip
    say(make_source("tnn", public_label="TNN"), {"crossing": "torkham", "declared_by": "PK", "effective_at": ago(6),
        "reported_at": ago(1.2), "lanes": lanes("open")}, now=timezone.now())  # fmt: skip
    page = reader.read("/c/torkham/")
    assert "Gate: Pakistan · all traffic, both ways This page goes by closed TNN reported open" in page


def test_a_promise_is_shown_with_its_time_and_moves_nothing(reader):
    make_crossing()
    dawn = make_source("dawn", public_label="Dawn")
    promised = {"crossing": "torkham", "declared_by": "PK", "basis": "announced", "reported_at": ago(1),
                "effective_at": (timezone.now() + 20 * HOUR).strftime("%Y-%m-%d"), "precision": "day",
                "lanes": lanes("open")}  # fmt: skip
    say(dawn, {"crossing": "torkham", "declared_by": "PK", "effective_at": ago(5), "lanes": lanes("closed")}, promised,
        now=timezone.now())  # fmt: skip
    page = reader.read("/c/torkham/")
    assert "Pakistan to open: all traffic, both ways, " in page and "Outcome: still to come" in page
    assert "Goods trucks to Pakistan: closed by Pakistan" in page


def test_opening_hours_and_the_next_opening_are_told(reader):
    here = timezone.now().astimezone(UTC)
    opens, closes = ((here + n * HOUR).strftime("%H:00") for n in (10, 12))
    make_crossing(timezone_a="UTC", timezone_b="UTC",
                  hours=[{"side": side, "opens": opens, "closes": closes} for side in ("AF", "PK")])  # fmt: skip
    say(make_source("staff", kind="staff"), {"crossing": "torkham", "effective_at": ago(3), "lanes": lanes("open")},
        now=timezone.now())  # fmt: skip
    page = reader.read("/c/torkham/")
    assert f"Gate of Pakistan: all traffic, every day, {opens} to {closes} local time" in page
    lead = re.search(r"Goods trucks to Pakistan: shut (for the night|at this hour); opens \d", page)
    assert lead, page
    assert f"shut {lead[1]}" in reader.read("/")
    assert 'href="#m-open"' not in reader.get("/c/torkham/").content.decode().split('<ul class="gates')[0]
