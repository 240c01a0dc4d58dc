"""Times, ages and the moments that can be asked for, as tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crossings.phrases.text import FSI, PDI, apart, plain
from crossings.phrases.times import Clock, length
from crossings.web.asked import asked
from tests.lanes import CLOCK, NOW, ZONES

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
    (timedelta(hours=26), "day", "on 23 Feb"),
    (timedelta(days=80), "day", "on 6 Dec 2022"),
    (timedelta(days=40), "month", "in January 2023"),
]


@pytest.mark.parametrize(("ago", "precision", "text"), AGES)
def test_an_age_is_told_in_its_largest_unit(ago, precision, text):
    assert plain(CLOCK.age(NOW - ago, precision)) == text


def test_on_a_past_page_ages_count_back_from_its_moment():
    past = Clock(NOW, ZONES, past=True)
    told = [plain(past.age(NOW + timedelta(hours=hours))) for hours in (-3, 0, 4)]
    assert told == ["3 hours earlier", "at that moment", "4 hours later"]


def test_of_a_day_no_hours_are_told_that_nobody_measured():
    noon = datetime(2023, 2, 23, 7, 30, tzinfo=UTC)  # in Kabul
    known = Clock(NOW, ZONES, dated=frozenset({noon}))
    assert plain(known.age(noon)) == "on 23 Feb" and plain(known.when(noon)) == "Thursday 23 Feb 2023"
    assert known.is_dated("2023-02-23T07:30:00Z") and not CLOCK.is_dated("2023-02-23T07:30:00Z")
    assert CLOCK.is_noon(noon) and not CLOCK.is_noon(noon + timedelta(seconds=1))


def test_a_length_between_days_is_told_in_days():
    start = datetime(2023, 2, 23, 7, 0, tzinfo=UTC)
    assert plain(length(start, start + timedelta(minutes=30), exact=False)) == "less than a day"
    assert plain(length(start, start + timedelta(hours=50), exact=False)) == "2 days"
    assert plain(length(start, start + timedelta(minutes=30), exact=True)) == "30 minutes"


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
