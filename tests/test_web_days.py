"""The last days as a strip, a sentence and a table that say the same; counts as a chart; the pace of a queue; and how
earlier announcements ended."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from crossings.domain.announcements import Announcement
from crossings.domain.claims import LaneState
from crossings.domain.said import Said
from crossings.domain.vocabulary import Basis, Outcome, SourceKind, State, Traffic
from crossings.evidence.recent import DayCount
from crossings.phrases.days import Days, last_days
from crossings.phrases.queues import brief_count, important_first, pace, waiting, waiting_somewhere
from crossings.phrases.story import record
from crossings.phrases.text import plain
from crossings.web.chart import charts, strip_svg
from tests.lanes import CLOCK, NOW, Json, crossing, lane, never, unknown
from tests.test_web_phrases import count

# The strip


def period(start: str, end: str | None, *lanes: Json) -> Json:
    return {"start": start, "start_precision": "exact", "end": end, "lanes": list(lanes), "reports": []}


def told_of(*periods: Json, more: bool = False) -> Days:
    found = last_days(crossing(lane(), lane(to="AF")), periods, CLOCK, more=more)
    assert found is not None
    return found


SINCE_SUNDAY = period("2023-02-19T13:00:00Z", None, lane(), lane("restricted", to="AF"))
BEFORE = period("2023-02-01T07:30:00Z", "2023-02-19T13:00:00Z", lane("open"), lane("open", to="AF"))


def test_each_day_shows_the_strictest_of_its_states_and_days_before_any_word_are_not_known():
    to_pakistan, to_afghanistan = told_of(SINCE_SUNDAY, BEFORE).strips
    assert len(to_pakistan.days) == 90
    assert to_pakistan.days[-7:] == ("open", *["closed"] * 6) and to_pakistan.days[:66] == ("unknown",) * 66
    assert to_afghanistan.days[-6:] == ("restricted",) * 6
    assert plain(to_pakistan.sentence) == (
        "Goods trucks to Pakistan, the last 90 days: closed on all or part of 6 days, not known on 66 days and "
        "reported open throughout 18 days."
    )


def test_directions_with_the_same_days_are_one_strip():
    shut = period("2023-02-19T13:00:00Z", None, lane(), lane(to="AF"))
    found = told_of(shut)
    assert [strip.name for strip in found.strips] == ["Goods trucks both ways"]
    assert (plain(found.first), plain(found.last)) == ("27 Nov 2022", "24 Feb")


def test_the_table_and_the_strip_say_what_the_sentence_says():
    found = told_of(SINCE_SUNDAY, BEFORE)
    rows = [(plain(each.dates), plain(each.days), *(word for _, word in each.cells)) for each in found.stretches]
    assert rows == [
        ("19 Feb to 24 Feb", "6 days", "closed", "on conditions"),
        ("1 Feb to 18 Feb", "18 days", "reported open", "reported open"),
        ("27 Nov 2022 to 31 Jan", "66 days", "not known", "not known"),
    ]
    svg = strip_svg(found.strips[0])
    assert re.findall(r'class="(\w+)" d="([^"]+)"', svg) == [
        ("unknown", "M0 9.4h66"),
        ("open", "M66 9.6V.4h18v9.2z"),
        ("closed", "M84 0h6v10h-6z"),
    ]
    assert svg.startswith('<svg role="img"') and "<title>Goods trucks to Pakistan, day by day</title>" in svg
    assert len(svg) <= 800


def test_where_older_changes_were_not_read_the_days_begin_with_the_oldest_that_was():
    assert len(told_of(SINCE_SUNDAY, more=True).strips[0].days) == 5


def test_of_days_of_which_nothing_is_known_no_strip_is_drawn():
    assert last_days(crossing(never()), [], CLOCK, more=False) is None
    silent = period("2022-01-01T00:00:00Z", None, unknown())
    assert last_days(crossing(unknown()), [silent], CLOCK, more=False) is None


# Counts


def day_count(day: int, low: int, high: int, **fields: Any) -> DayCount:
    given = {"side": "PK", "unit": "trucks", "floor": True, "ceiling": True, "counts": 1, "method": "reported",
             "labels": ("Dawn",)}  # fmt: skip
    return DayCount(day=date(2023, 2, day), low=low, high=high, **{**given, **fields})


def test_counts_are_drawn_as_ranges_and_told_in_a_table():
    counts = [
        day_count(20, 1400, 1400),
        day_count(22, 6000, 6000, floor=False),
        day_count(23, 1400, 7000, counts=3, labels=("A", "B", "C", "D")),
        day_count(23, 40, 40, side="AF"),
    ]
    (found,) = charts(counts, "cargo", CLOCK)
    assert plain(found.sentence) == ("Trucks waiting in Pakistan, the last 30 days: 1,400 to 7,000, counted on 3 days.")
    assert [(plain(each.day), plain(each.words), plain(each.voices)) for each in found.lines] == [
        ("23 Feb", "1,400 to 7,000 by different counts", "A, B, C and others"),
        ("22 Feb", "Up to 6,000", "Dawn"),
        ("20 Feb", "About 1,400", "Dawn"),
    ]
    assert 'class="thin" d="M275 60V14"' in found.svg, "a ceiling without a floor is a thin line from the ground"
    assert "<title>Trucks waiting in Pakistan, day by day</title>" in found.svg


def test_a_drawing_of_thirty_days_is_small():
    counts = [
        DayCount(date(2023, 1, 26) + timedelta(days=n), "PK", "trucks", 100 * n, 150 * n + 1, True, True, 2, "sensor",
                 ("Dawn",))
        for n in range(30)
    ]  # fmt: skip
    (found,) = charts(counts, "cargo", CLOCK)
    assert len(found.svg) <= 800


# The pace of a queue

QUEUE = count(method="counted", observed_at="2023-02-24T06:00:00Z", precision="exact")
FLOW = count(measure="passed", per="hour", to="AF", low=60, high=60, observed_at="2023-02-24T07:00:00Z",
             precision="exact")  # fmt: skip

PACES: list[tuple[str, Json, Json, str]] = [
    ("one count of each", QUEUE, FLOW, "at the pace last counted, 60 trucks an hour: about 23 hours"),
    ("ranges", {**QUEUE, "low": 600, "high": 1200}, {**FLOW, "low": 50, "high": 60},
     "at the pace last counted, 50 to 60 trucks an hour: 10 hours to 24 hours"),
    ("a queue with a ceiling only", {**QUEUE, "low": None, "high": 6000}, {**FLOW, "per": "day", "low": 800,
     "high": 800}, "at the pace last counted, 800 trucks a day: at most 7 days"),
    ("a queue with a floor only", {**QUEUE, "low": 7000, "high": None}, FLOW,
     "at the pace last counted, 60 trucks an hour: more than 4 days"),
    ("a count older than a day", QUEUE, {**FLOW, "observed_at": "2023-02-23T08:00:00Z"}, ""),
    ("the other side's count", QUEUE, {**FLOW, "side": "AF"}, ""),
    ("the other way", QUEUE, {**FLOW, "to": "PK"}, ""),
    ("another unit", QUEUE, {**FLOW, "unit": "containers"}, ""),
    ("no side said", {**QUEUE, "side": None}, {**FLOW, "side": None}, ""),
    ("nothing passed", QUEUE, {**FLOW, "low": 0, "high": 0}, ""),
    ("nothing waits", {**QUEUE, "low": 0, "high": 0}, FLOW, ""),
]  # fmt: skip


@pytest.mark.parametrize(("queue_", "flow", "text"), [row[1:] for row in PACES], ids=[row[0] for row in PACES])
def test_the_pace_is_told_only_of_fresh_counts_of_one_stream(queue_, flow, text):
    page = {**crossing(), "queues": [queue_, flow]}
    assert plain(pace(page, lane("open", to="AF"), CLOCK)) == text


def test_of_a_closed_lane_no_pace_is_told():
    assert pace({**crossing(), "queues": [QUEUE, FLOW]}, lane(to="AF"), CLOCK) == ""


def test_a_queue_waits_for_the_lane_that_leaves_its_side_and_one_of_no_side_for_none():
    readings = [count(), count(side="AF", reading=2), count(side=None, reading=3), count(side=None, to="PK", reading=4)]
    assert [each["reading"] for each in waiting(readings, lane(), ["AF", "PK"])] == [2, 4]
    assert [each["reading"] for each in waiting(readings, lane(to="AF"), ["AF", "PK"])] == [1]
    assert [each["reading"] for each in waiting_somewhere(readings, "cargo")] == [3]
    assert plain(brief_count(count(), CLOCK)) == "About 1,400 trucks waiting in Pakistan, on 23 Feb (Dawn)"


def test_goods_trucks_and_what_waits_come_first():
    readings = [count(traffic="people"), FLOW, count()]
    assert important_first(readings) == [readings[2], readings[1], readings[0]]


# How announcements ended


def promised(day: int, state: State, outcome: Outcome | None, report: int = 1) -> Announcement:
    at = NOW - timedelta(days=day)
    lane_ = (Traffic.CARGO, "PK")
    said = Said(report, "dawn", SourceKind.PRESS, {lane_: LaneState(Traffic.CARGO, "PK", state)}, at, at, at,
                basis=Basis.ANNOUNCED)  # fmt: skip
    return Announcement(said, outcome, at)


def test_how_the_last_announced_openings_ended_is_counted_by_day():
    ended = [promised(day, State.OPEN, Outcome.LAPSED) for day in (2, 5, 9, 12)]
    ended += [promised(15, State.OPEN, Outcome.LAPSED), promised(15, State.OPEN, Outcome.KEPT, 2)]
    ended += [promised(99, State.OPEN, Outcome.KEPT), promised(1, State.OPEN, None)]
    ended += [promised(3, State.CLOSED, Outcome.KEPT), promised(4, State.RESTRICTED, Outcome.KEPT)]
    told = record(ended, CLOCK)
    assert plain(told.openings) == "Last 5 announced openings: 1 kept"
    assert plain(told.closings) == "The last announced closing was kept"
    assert record([], CLOCK).openings == ""


def test_the_clock_of_a_strip_is_that_of_the_first_side():
    assert CLOCK.midnight(date(2023, 2, 24)) == datetime(2023, 2, 23, 19, 30, tzinfo=UTC)
