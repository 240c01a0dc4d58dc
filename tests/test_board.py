"""How crossings stand: now, at a moment, as known at a moment; the clock is an argument."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from crossings import board
from crossings.domain.faults import Refused
from crossings.ledger import confirm, retract, settle
from crossings.models import Crossing, Reading, Report
from tests.factories import (
    SEED_WEEK,
    THURSDAY_NOON,
    WEEK_OVER,
    WEEK_STATES,
    claim,
    lanes,
    make_crossing,
    make_source,
    reading,
    say,
    say_the_week,
    utc,
)

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def lane(status: Any, traffic: str, to: str) -> Any:
    return next(each for each in status["lanes"] if (each["traffic"], each["to"]) == (traffic, to))


@pytest.fixture
def week() -> Crossing:
    crossing = make_crossing(codes=["AFRKH", "PKTOR"], names={"ps": "تورخم"}, aliases=["Torkham Gate"])
    say_the_week(make_source("amu"))
    return crossing


# At a moment, as known at a moment


@pytest.mark.parametrize(("claim", "state"), list(zip(SEED_WEEK, WEEK_STATES, strict=True)))
def test_asked_at_a_moment_the_week_reads_as_it_went(week, claim, state):
    at = utc(claim["effective_at"][:16].replace("T", " ")) + timedelta(minutes=1)
    assert board.crossing("torkham", at=at, now=WEEK_OVER)["status"]["state"] == state


def test_before_the_first_word_nothing_is_known(week):
    status = board.crossing("torkham", at=utc("2023-02-01 00:00"), now=WEEK_OVER)["status"]
    assert (status["state"], status["known_lanes"], status["since"]) == ("unknown", 0, None)
    assert len(status["lanes"]) == 6


def test_on_thursday_noon_only_the_afghan_gate_was_known_to_be_open(week):
    status = board.crossing("torkham", as_known_at=THURSDAY_NOON, now=WEEK_OVER)["status"]
    assert status["state"] == "unknown"
    assert lane(status, "cargo", "PK")["gates"] == {"AF": "open", "PK": "unknown"}
    assert [source["report"] for source in status["sources"]] == [Report.objects.get(external_id="week-2").pk]


def test_friday_as_known_on_thursday_is_not_friday_as_known_on_saturday(week):
    friday = utc("2023-02-24 12:00")
    known = {
        moment: board.crossing("torkham", at=friday, as_known_at=moment, now=WEEK_OVER)["status"]["state"]
        for moment in (THURSDAY_NOON, utc("2023-02-23 12:00"), WEEK_OVER)
    }
    assert list(known.values()) == ["unknown", "closed", "restricted"]


def test_what_was_retracted_later_was_still_believed_then(week):
    third = Report.objects.get(external_id="week-3")
    retract(third, reason="a mistake", now=WEEK_OVER)
    later = WEEK_OVER + HOUR
    thursday_night = utc("2023-02-23 18:00")
    assert board.crossing("torkham", at=thursday_night, now=later)["status"]["state"] == "unknown"
    then = board.crossing("torkham", at=thursday_night, as_known_at=thursday_night, now=later)
    assert then["status"]["state"] == "closed"


def test_nobody_is_told_of_a_moment_that_has_not_come(week):
    for asked in ({"at": WEEK_OVER + HOUR}, {"as_known_at": WEEK_OVER + HOUR}):
        with pytest.raises(Refused) as refused:
            board.crossing("torkham", now=WEEK_OVER, **asked)
        assert [fault.code for fault in refused.value.faults] == ["in_the_future"]
    assert board.crossing("torkham", at=WEEK_OVER + timedelta(minutes=4), now=WEEK_OVER)


def test_queues_too_are_those_of_the_moment(week):
    amu = make_source("counter")
    for hours in (0, 5, 10):
        at = utc("2023-02-24 00:00") + hours * HOUR
        say(amu, reading(observed_at=at.isoformat(), low=1000 + hours, high=None), now=at)
    asked = board.crossing("torkham", at=utc("2023-02-24 06:00"), now=WEEK_OVER)
    assert [(each["low"], each["high"]) for each in asked["queues"]] == [(1005, None)]
    assert board.crossing("torkham", now=WEEK_OVER)["queues"][0]["low"] == 1010


# What was heard and taken back later


def test_a_past_moment_is_told_by_what_had_been_confirmed_until_then():
    make_crossing()
    desk, start = make_source("desk", kind="staff"), utc("2024-01-01 00:00")
    say(desk, claim(effective_at=start.isoformat(), reported_at=start.isoformat()), now=start)
    for hours in (20, 40):
        at = start + hours * HOUR
        confirm([Report.objects.get()], source=desk, at=at, now=at)
    then, now = start + 30 * HOUR, start + 50 * HOUR
    for asked in ({"at": then}, {"at": then, "as_known_at": then}, {"as_known_at": then}):
        cargo = lane(board.crossing("torkham", now=now, **asked)["status"], "cargo", "PK")
        assert (cargo["confirmed_at"], cargo["confidence"]) == ("2024-01-01T20:00:00Z", "current"), asked


def test_a_count_that_was_retracted_later_was_still_believed_then():
    make_crossing()
    desk, start = make_source("desk", kind="staff"), utc("2024-01-01 00:00")
    say(desk, reading(observed_at=start.isoformat()), now=start)
    retract(Reading.objects.get(), reason="miscounted", now=start + 5 * HOUR)
    now = start + 9 * HOUR
    assert board.crossing("torkham", now=now)["queues"] == []
    assert len(board.crossing("torkham", as_known_at=start + HOUR, now=now)["queues"]) == 1


# What time alone does, with no worker running


def test_without_a_worker_silence_still_ends_knowledge(week):
    before, later = board.sheet("torkham", WEEK_OVER), WEEK_OVER + 61 * DAY
    after = board.sheet("torkham", later)
    assert (before.current["status"]["state"], after.current["status"]["state"]) == ("restricted", "unknown")
    assert before.tag != after.tag
    assert before.current["version"] == after.current["version"]
    assert board.board(board.Filters(), later)["crossings"][0]["status"]["state"] == "unknown"
    assert board.edition(WEEK_OVER).tag != board.edition(later).tag


def test_what_is_computed_afresh_is_what_the_worker_would_have_stored(week):
    later = WEEK_OVER + 61 * DAY
    afresh = board.crossing("torkham", now=later)
    periods = board.history("torkham", now=later).content
    assert settle(later) == 1
    stored = board.crossing("torkham", now=later)
    assert (afresh["status"], afresh["queues"]) == (stored["status"], stored["queues"])
    assert periods == board.history("torkham", now=later).content
    assert stored["version"] > afresh["version"]


def test_the_tag_holds_still_while_nothing_moves(week):
    now = utc("2023-02-25 03:00")
    settle(now)
    assert board.edition(now).tag == board.edition(now + timedelta(minutes=1)).tag == str(board.version())
    assert board.sheet("torkham", now).tag == board.sheet("torkham", now + timedelta(minutes=1)).tag


# The board and its filters


def test_open_is_said_only_where_it_is_sure():
    make_crossing("sure")
    make_crossing("single")
    make_crossing("shut")
    now = utc("2024-05-01 12:00")
    staff, press = make_source("desk", kind="staff"), make_source("paper", kind="press")
    say(staff, claim(crossing="sure", effective_at="2024-05-01T10:00:00Z"), now=now)
    say(press, claim(crossing="single", effective_at="2024-05-01T10:00:00Z"), now=now)
    say(staff, claim(crossing="shut", effective_at="2024-05-01T10:00:00Z", lanes=lanes("closed")), now=now)
    assert slugs(now, state="open") == ["sure"]
    assert slugs(now, state="open", traffic="cargo", to="AF") == ["sure"]
    assert slugs(now, state="closed") == ["shut"]
    assert slugs(now, state="open", traffic="people") == ["sure"]
    assert slugs(now + 25 * HOUR, state="open") == []
    found = board.summary(now)
    assert found["counts"] == {"open": 1, "unknown": 1, "restricted": 0, "closed": 1}
    assert [(each["slug"], each["state"], each["last_reported"]) for each in found["not_open"]] == [
        ("shut", "closed", None),
        ("single", "unknown", "open"),
    ]
    by_slug = {each["id"]: each["properties"] for each in board.geojson(board.Filters(), now)["features"]}
    assert {slug: each["state"] for slug, each in by_slug.items()} == {
        "sure": "open", "single": "unknown", "shut": "closed",
    }  # fmt: skip
    assert {each["state"] for each in by_slug["single"]["lanes"]} == {"unknown"}
    assert {(row[0], row[8]) for row in board.table(board.Filters(), now)} == {
        ("sure", "open"), ("single", "unknown"), ("shut", "closed"),
    }  # fmt: skip


def slugs(now: Any, **filters: Any) -> list[str]:
    return [each["slug"] for each in board.board(board.Filters(**filters), now)["crossings"]]


def test_crossings_are_found_by_either_side_by_traffic_and_by_any_of_their_names(week):
    make_crossing("medyka", ("PL", "UA"), traffic=["people", "cargo"], aliases=["Медика–Шегині"])
    assert slugs(WEEK_OVER, country="PK") == slugs(WEEK_OVER, country="AF") == ["torkham"]
    assert slugs(WEEK_OVER, traffic="vehicles") == slugs(WEEK_OVER, to="AF") == ["torkham"]
    assert slugs(WEEK_OVER, traffic="people") == ["medyka", "torkham"]
    for text in ("torkh", "TORKHAM", "تورخم", "pk tor", "gate"):
        assert slugs(WEEK_OVER, q=text) == ["torkham"], text
    assert slugs(WEEK_OVER, q="шегин") == ["medyka"]
    assert slugs(WEEK_OVER, q="nowhere") == slugs(WEEK_OVER, country="IR") == []


def test_a_lane_is_found_by_its_state(week):
    assert slugs(WEEK_OVER, traffic="people", state="restricted") == ["torkham"]
    assert slugs(WEEK_OVER, traffic="cargo", state="closed") == []
    assert slugs(utc("2023-02-25 01:00"), traffic="cargo", state="restricted") == []
