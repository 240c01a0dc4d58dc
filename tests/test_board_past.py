"""History and lists by cursor, and what they cost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crossings import board
from crossings.ledger import retract, settle
from crossings.models import Change, Crossing, Reading, Report
from tests.factories import (
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


def queries(work: Any) -> int:
    with CaptureQueriesContext(connection) as seen:
        work()
    return len(seen)


@pytest.fixture
def week() -> Crossing:
    crossing = make_crossing(codes=["AFRKH", "PKTOR"], names={"ps": "تورخم"}, aliases=["Torkham Gate"])
    say_the_week(make_source("amu"))
    return crossing


# History


def test_the_history_of_the_week_has_a_period_for_each_turn_the_newest_first(week):
    found = board.history("torkham", now=WEEK_OVER).content["periods"]
    assert [period["state"] for period in found] == WEEK_STATES[::-1]
    assert [period["end"] for period in found] == [None, *[period["start"] for period in found[:-1]]]
    assert found[-1]["start_precision"] == "hour"
    assert all(len(period["lanes"]) == 6 for period in found)


def test_each_source_says_from_when_it_held():
    make_crossing()
    first, second, third = (make_source(slug) for slug in ("first", "second", "third"))
    say(first, claim(effective_at="2024-01-01T10:00:00Z", lanes=lanes("closed")), now=utc("2024-01-01 12:00"))
    late = claim(effective_at="2024-01-02T09:00:00Z", lanes=lanes("closed"))
    say(second, late, claim(**{**late, "effective_at": "2024-01-02T10:00:00Z"}), now=utc("2024-01-02 12:00"))
    say(third, claim(effective_at="2024-01-05T09:00:00Z", lanes=lanes("closed")), now=utc("2024-01-05 12:00"))
    say(third, claim(effective_at="2024-01-01T11:00:00Z", lanes=lanes("open", "people")), now=utc("2024-01-05 12:00"))
    hidden = claim(effective_at="2024-01-01T13:00:00Z", lanes=lanes("closed"), visibility="staff")
    say(make_source("whisper"), hidden, now=utc("2024-01-05 12:00"))
    [*_, oldest] = board.history("torkham", now=utc("2024-01-06 00:00")).content["periods"]
    assert [(each["at"], each["precision"]) for each in oldest["said_to_begin"]] == [("2024-01-01T10:00:00Z", "exact")]
    [people] = [
        each for each in board.history("torkham", now=utc("2024-01-06 00:00")).content["periods"]
        if each["start"] == "2024-01-01T11:00:00Z"
    ]  # fmt: skip
    assert [each["at"] for each in people["said_to_begin"]] == ["2024-01-01T11:00:00Z"]


def test_two_sources_that_name_different_hours_are_both_shown():
    make_crossing()
    for slug, at in (("first", "10"), ("second", "14"), ("third", "18")):
        said = claim(effective_at=f"2024-01-01T{at}:00:00Z", lanes=lanes("closed"), declared_by="PK")
        say(make_source(slug), said, now=utc("2024-01-02 00:00"))
    retract(Report.objects.get(source__slug="third"), reason="no", now=utc("2024-01-02 01:00"))
    [period] = board.history("torkham", now=utc("2024-01-03 00:00")).content["periods"]
    assert [each["at"] for each in period["said_to_begin"]] == ["2024-01-01T10:00:00Z", "2024-01-01T14:00:00Z"]
    in_memory = board.history("torkham", as_known_at=utc("2024-01-02 02:00"), now=utc("2024-01-03 00:00"))
    assert in_memory.content["periods"] == [period]
    before = board.history("torkham", as_known_at=utc("2024-01-02 00:30"), now=utc("2024-01-03 00:00"))
    assert len(before.content["periods"][0]["said_to_begin"]) == 3


def test_history_as_known_on_thursday_ends_with_thursday(week):
    found = board.history("torkham", as_known_at=THURSDAY_NOON, now=WEEK_OVER).content["periods"]
    assert [period["state"] for period in found] == ["unknown", "closed"]


@pytest.mark.parametrize("as_known_at", [None, WEEK_OVER])
def test_pages_of_history_join_without_a_gap(week, as_known_at):
    whole = board.history("torkham", as_known_at=as_known_at, now=WEEK_OVER).content["periods"]
    found, cursor = [], ""
    for _ in range(10):
        page = board.history("torkham", as_known_at=as_known_at, now=WEEK_OVER, cursor=cursor, limit=2)
        found += page.content["periods"]
        if page.cursor is None:
            break
        cursor = page.cursor
    assert found == whole


@pytest.mark.parametrize("as_known_at", [None, WEEK_OVER])
def test_from_and_to_take_the_periods_that_overlap(week, as_known_at):
    def states(start: str | None, end: str | None) -> list[str]:
        asked = (utc(start) if start else None, utc(end) if end else None, as_known_at)
        return [each["state"] for each in board.history("torkham", *asked, now=WEEK_OVER).content["periods"]]

    assert states("2023-02-23 03:00", "2023-02-23 04:00") == ["unknown"]
    assert states("2023-02-23 02:30", "2023-02-23 09:00") == ["unknown"]
    assert states("2023-02-24 12:00", None) == ["restricted", "restricted"]
    assert states(None, "2023-02-20 00:00") == ["closed"]
    assert states("2023-02-01 00:00", "2023-02-02 00:00") == []
    assert len(states("2023-02-01 00:00", None)) == 5


def test_pages_of_history_join_where_time_has_outrun_the_worker(week):
    later = WEEK_OVER + 61 * DAY
    whole = board.history("torkham", now=later).content["periods"]
    assert whole[0]["state"] == "unknown" and whole[0]["end"] is None
    found, cursor = [], ""
    for _ in range(10):
        page = board.history("torkham", now=later, cursor=cursor, limit=1)
        found += page.content["periods"]
        if page.cursor is None:
            break
        cursor = page.cursor
    assert found == whole


# Lists


def test_reports_are_paged_by_when_they_were_recorded_and_marked_where_taken_back(week):
    retract(Report.objects.get(external_id="week-3"), reason="for staff's eyes", now=WEEK_OVER)
    found, cursor = [], ""
    for _ in range(10):
        page = board.reports("torkham", cursor=cursor, limit=2)
        found += page.content["reports"]
        if page.cursor is None:
            break
        cursor = page.cursor
    assert [each["id"] for each in found] == ["week-5", "week-4", "week-3", "week-2", "week-1"]
    assert [each["retracted"] for each in found] == [False, False, True, False, False]
    assert {each["source"] for each in found} == {"label of amu"}


def test_reports_recorded_in_one_instant_are_each_shown_once():
    make_crossing()
    source, now = make_source(), utc("2024-01-01 12:00")
    items = [claim(id=str(n), effective_at=f"2024-01-01T{n:02}:00:00Z") for n in range(7)]
    say(source, *items, now=now)
    found, cursor = [], ""
    for _ in range(10):
        page = board.reports("torkham", cursor=cursor, limit=2)
        found += [each["id"] for each in page.content["reports"]]
        if page.cursor is None:
            break
        cursor = page.cursor
    assert sorted(found) == [str(n) for n in range(7)]


def test_readings_come_one_by_one_or_as_ranges():
    make_crossing()
    source, start = make_source(), utc("2024-01-01 00:00")
    for n in range(30):
        at = start + n * HOUR
        say(source, reading(observed_at=at.isoformat(), low=n, high=None if n % 2 else n + 100), now=at)
    retract(Reading.objects.get(low=29), reason="miscounted", now=start + 30 * HOUR)
    now = start + 31 * HOUR
    page = board.readings("torkham", now=now, limit=20)
    assert [each["low"] for each in page.content["readings"]] == list(range(28, 8, -1))
    rest = board.readings("torkham", now=now, limit=20, cursor=page.cursor or "")
    assert [each["low"] for each in rest.content["readings"]] == list(range(8, -1, -1)) and rest.cursor is None
    days = board.readings("torkham", bucket="day", now=now).content["readings"]
    assert [(each["start"], each["low"], each["high"], each["count"]) for each in days] == [
        ("2024-01-02T00:00:00Z", 24, 128, 5),
        ("2024-01-01T00:00:00Z", 0, 122, 24),
    ]
    some = board.readings("torkham", start + 2 * HOUR, start + 5 * HOUR, "hour", now=now).content["readings"]
    assert [each["low"] for each in some] == [4, 3, 2]


def test_pages_of_ranges_step_over_years_of_silence():
    make_crossing()
    source = make_source()
    for year in (2019, 2021, 2024):
        at = utc(f"{year}-03-01 07:30")
        say(source, reading(observed_at=at.isoformat(), low=year, high=None), now=at)
    found, cursor = [], ""
    for _ in range(10):
        page = board.readings("torkham", bucket="day", now=utc("2024-06-01 00:00"), cursor=cursor)
        assert page.content["readings"], "no page is empty"
        found += [each["low"] for each in page.content["readings"]]
        if page.cursor is None:
            break
        cursor = page.cursor
    assert found == [2024, 2021, 2019]


def test_changes_come_in_order_without_a_gap_whatever_the_page(week):
    whole = board.changes(0, 1000)
    assert whole["more"] is False
    assert [each["position"] for each in whole["changes"]] == list(range(1, Change.objects.count() + 1))
    for limit in (1, 2, 3):
        found, after, more = [], 0, True
        while more:
            page = board.changes(after, limit)
            found += page["changes"]
            after, more = page["position"], page["more"]
        assert found == whole["changes"]
    assert board.changes(whole["position"], 10) == {"changes": [], "position": whole["position"], "more": False}


def test_a_poller_that_is_ahead_of_this_database_is_told_where_it_ends(week):
    assert board.changes(10**12, 10)["position"] == board.edition(WEEK_OVER).position


# Queries


def build(count: int, source: Any) -> None:
    slugs = [f"crossing-{count}-{n}" for n in range(count)]
    for slug in slugs:
        make_crossing(slug)
    for day in range(3):
        at = utc("2024-01-01 08:00") + day * DAY
        state, items = "closed" if day % 2 else "open", []
        for slug in slugs:
            said = claim(crossing=slug, effective_at=at.isoformat(), lanes=lanes(state))
            promise = {**said, "basis": "announced", "effective_at": (at + DAY).isoformat(), "id": f"{slug}-{day}"}
            items += [said, promise, reading(crossing=slug, observed_at=at.isoformat())]
        say(source, *items, now=at)
        settle(at + HOUR)


def test_the_board_takes_as_many_queries_for_sixty_crossings_as_for_three():
    source = make_source()
    moments = [utc("2024-01-03 08:00") + later for later in (HOUR, 30 * DAY, 90 * DAY)]
    build(3, source)
    few = [queries(work) for now in moments for work in wholes(now)]
    build(57, source)
    assert [queries(work) for now in moments for work in wholes(now)] == few
    assert max(few) <= 12, few


def wholes(now: Any) -> list[Any]:
    nothing = board.Filters()
    return [
        lambda: board.edition(now),
        lambda: board.board(nothing, now),
        lambda: board.board(board.Filters(q="crossing", state="closed", traffic="cargo"), now),
        lambda: board.summary(now),
        lambda: board.geojson(nothing, now),
        lambda: list(board.table(nothing, now)),
    ]


def test_one_crossing_takes_as_many_queries_however_much_was_said():
    source = make_source()
    make_crossing()

    def fill(start: int, end: int) -> None:
        items = []
        for n in range(start, end):
            at = (utc("2024-01-01 00:00") + n * HOUR).isoformat()
            items.append(claim(effective_at=at, reported_at=at, lanes=lanes("closed" if n % 2 else "open")))
            items.append(reading(observed_at=at, reported_at=at, low=n, high=None))
        say(source, *items, now=utc("2024-01-12 00:00"), backfilled=True)

    def works() -> list[Any]:
        now, noon = utc("2024-01-12 00:00"), utc("2024-01-01 05:30")
        known = utc("2024-01-02 00:00")
        return [
            lambda: board.sheet("torkham", now).json(),
            lambda: board.crossing("torkham", at=noon, now=now),
            lambda: board.crossing("torkham", at=noon, as_known_at=known, now=now),
            lambda: board.history("torkham", now=now),
            lambda: board.history("torkham", noon, now, now=now, limit=3),
            lambda: board.history("torkham", as_known_at=known, now=now),
            lambda: board.reports("torkham"),
            lambda: board.readings("torkham", now=now),
            lambda: board.readings("torkham", bucket="hour", now=now),
            lambda: board.changes(0, 100),
        ]

    fill(0, 8)
    settle(utc("2024-01-12 00:00"))
    few = [queries(work) for work in works()]
    fill(8, 200)
    settle(utc("2024-01-12 00:00"))
    assert [queries(work) for work in works()] == few
    assert max(few) <= 12, few
