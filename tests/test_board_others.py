"""Where else one might cross when a lane here is not passable."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crossings import board
from crossings.board.others import distance, last_closures, last_passed
from tests.factories import claim, lanes, make_crossing, make_source, reading, say, utc

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MONDAY = utc("2024-01-01 00:00")
NOW = MONDAY + 20 * DAY


# The arithmetic


@pytest.mark.parametrize(
    ("one", "other", "km"),
    [
        ((34.12, 71.09), (34.12, 71.09), 0.0),
        ((34.12, 71.09), (30.92, 66.45), 561.9),  # Torkham to Chaman
        ((0, 0), (0, 180), 20015.1),
        ((0, 179.5), (0, -179.5), 111.2),
        ((90, 0), (90, 120), 0.0),
    ],
)
def test_the_distance_is_that_of_the_great_circle(one: Any, other: Any, km: float) -> None:
    places = [{"lat": lat, "lon": lon, "verified": True} for lat, lon in (one, other)]
    assert distance(*places) == pytest.approx(km, abs=0.11)
    assert distance(*places[::-1]) == distance(*places)


def test_the_distance_is_unknown_where_a_place_is() -> None:
    place = {"lat": 1, "lon": 2, "verified": False}
    assert distance(place, None) is distance(None, place) is distance(None, None) is None


@pytest.mark.parametrize(
    ("state", "stored", "days"),
    [
        ("closed", [1, 5, 9], [15, 9, 5]),
        ("closed", [15, 9], [15, 9]),
        ("closed", [], [15]),
        ("unknown", [1, 5, 9, 12], [12, 9, 5]),
        ("restricted", [1], [1]),
        ("restricted", [1, 30], [1]),
        ("unknown", [], []),
    ],
)
def test_the_last_closures_are_those_stored_and_the_one_it_stands_in(
    state: str, stored: list[int], days: list[int]
) -> None:
    lane: Any = {"state": state, "since": (MONDAY + 15 * DAY).isoformat()}
    found = last_closures(lane, [MONDAY + day * DAY for day in stored], NOW)
    assert found == [MONDAY + day * DAY for day in days]


def test_a_lane_nobody_spoke_of_has_no_closures() -> None:
    assert last_closures({"state": "unknown", "since": None}, [], NOW) == []


def test_the_last_count_is_of_what_passed_in_that_lane() -> None:
    def count(measure: str, traffic: str | None, to: str | None) -> Any:
        return {"measure": measure, "traffic": traffic, "to": to}

    waiting, people = count("waiting", "cargo", "PK"), count("passed", "people", "PK")
    back, cargo = count("passed", "cargo", "AF"), count("passed", "cargo", "PK")
    whole = count("passed", None, None)
    assert last_passed([waiting, people, back, cargo, whole], "cargo", "PK") == cargo
    assert last_passed([waiting, whole, cargo], "cargo", "PK") == whole
    assert last_passed([waiting, people, back], "cargo", "PK") is None


# The story


@pytest.fixture
def desk(db: None) -> Any:
    return make_source("desk", kind="staff")


def told(crossing: str, day: float, state: str, **more: Any) -> Any:
    return claim(crossing=crossing, effective_at=(MONDAY + day * DAY).isoformat(), lanes=lanes(state), **more)


def find(slug: str = "torkham", traffic: str = "cargo", to: str = "PK", now: Any = NOW) -> list[board.Other]:
    return board.others(board.crossing(slug, now=now), to, traffic, now)


@pytest.fixture
def torkham(desk: Any) -> Any:
    """Closed for the third time."""
    make_crossing(latitude=34.12, longitude=71.09)
    for day, state in enumerate(("closed", "open", "closed", "restricted", "open", "closed"), 10):
        say(desk, told("torkham", day, state), now=MONDAY + day * DAY)


def test_others_of_the_same_two_countries_that_are_surely_open_are_named_the_nearest_first(
    torkham: Any, desk: Any
) -> None:
    make_crossing("chaman", latitude=30.92, longitude=66.45)
    make_crossing("ghulam-khan", latitude=33.08, longitude=70.02)
    make_crossing("angur-adda", latitude=None, longitude=None)
    make_crossing("kharlachi", ("PK", "AF"), traffic=["cargo"])
    make_crossing("shut")
    make_crossing("silent")
    make_crossing("on-foot", traffic=["people"])
    make_crossing("milak", ("AF", "IR"))
    near = NOW - HOUR
    for slug in ("chaman", "ghulam-khan", "angur-adda", "kharlachi", "milak", "on-foot"):
        say(desk, claim(crossing=slug, effective_at=near.isoformat()), now=near)
    make_crossing("unsure")
    say(make_source("dawn", kind="press"), claim(crossing="unsure", effective_at=near.isoformat()), now=near)
    say(desk, claim(crossing="shut", effective_at=near.isoformat(), lanes=lanes("closed")), now=near)
    found = find()
    assert [(each.crossing["slug"], each.km) for each in found] == [
        ("kharlachi", 0.0), ("ghulam-khan", 152.3), ("chaman", 561.9), ("angur-adda", None),
    ]  # fmt: skip
    assert all((each.lane["traffic"], each.lane["to"], each.lane["state"]) == ("cargo", "PK", "open") for each in found)
    people = [each.crossing["slug"] for each in find(traffic="people")]
    assert people == ["on-foot", "ghulam-khan", "chaman", "angur-adda"]
    assert find(now=NOW + 2 * DAY) == []


def test_it_is_told_whether_the_other_was_open_when_each_of_the_last_three_closures_here_began(
    torkham: Any, desk: Any
) -> None:
    make_crossing("chaman")
    for day, state in ((11, "open"), (14.5, "restricted"), (19.9, "open")):
        say(desk, told("chaman", day, state), now=MONDAY + day * DAY)
    make_crossing("ghulam-khan")
    say(desk, told("ghulam-khan", 19.9, "open"), now=NOW)
    by_slug = {each.crossing["slug"]: each.open_then for each in find()}
    assert by_slug == {"chaman": (False, True, None), "ghulam-khan": (None, None, None)}


def test_where_it_was_closed_once_only_that_once_is_told(desk: Any) -> None:
    make_crossing()
    make_crossing("chaman")
    say(desk, told("chaman", 3, "open"), told("chaman", 19.9, "open"), told("torkham", 5, "closed"), now=NOW)
    assert [each.open_then for each in find()] == [(True,)]


def test_a_closure_that_nobody_stored_yet_counts_too(desk: Any) -> None:
    make_crossing()
    make_crossing("chaman")
    order = told("torkham", 19.95, "closed", basis="ordered")
    say(desk, told("torkham", 5, "open"), order, told("chaman", 19.9, "open"), now=MONDAY + 19.9 * DAY)
    assert [each.open_then for each in find()] == [(True,)]


def test_the_last_count_of_what_passed_there_comes_with_it(torkham: Any, desk: Any) -> None:
    make_crossing("chaman")
    count = reading(crossing="chaman", measure="passed", per="day", low=420, high=420, to="PK",
                    observed_at=(NOW - HOUR).isoformat())  # fmt: skip
    say(desk, told("chaman", 19.9, "open"), count, now=NOW)
    [chaman] = find()
    assert chaman.passed is not None and (chaman.passed["low"], chaman.passed["per"]) == (420, "day")


def test_ten_others_take_as_many_queries_as_one(torkham: Any, desk: Any) -> None:
    counted = []
    for n in range(10):
        make_crossing(f"other-{n}")
        say(desk, told(f"other-{n}", 19.9, "open"), now=NOW)
        if n in (0, 9):
            here, of = board.crossing("torkham", now=NOW), board.edition(NOW)
            with CaptureQueriesContext(connection) as seen:
                assert len(board.others(here, "PK", "cargo", NOW, of)) == n + 1
            counted.append(len(seen))
    assert counted == [3, 3]
