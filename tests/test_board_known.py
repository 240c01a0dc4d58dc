"""What was known at a moment of a moment: how it ends, and that it costs what lies between, not the whole history."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from crossings import board
from crossings.evidence.known import known_point
from crossings.ledger import confirm, retract
from crossings.models import Crossing, Report
from tests.factories import claim, lanes, make_crossing, make_source, say, utc

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MONDAY = utc("2024-01-01 00:00")


@pytest.fixture
def torkham() -> Crossing:
    return make_crossing()


def history(**asked: Any) -> list[tuple[str, str | None, str]]:
    periods = board.history("torkham", now=MONDAY + 20 * DAY, **asked).content["periods"]
    return [(each["start"][:13], each["end"] and each["end"][:13], each["state"]) for each in periods]


def until(moment: Any) -> dict[str, Any]:
    """As the pages ask for the history below the status at a moment."""
    return {"end": moment + timedelta(microseconds=1)}


def test_the_history_of_a_moment_as_known_before_it_goes_on_to_that_moment(torkham):
    desk = make_source("desk", kind="staff")
    closed = claim(effective_at=MONDAY.isoformat(), until="2024-01-04T06:00:00Z", lanes=lanes("closed"))
    order = claim(effective_at="2024-01-06T06:00:00Z", basis="ordered", lanes=lanes("open"))
    say(desk, closed, order, now=MONDAY)
    wednesday = MONDAY + 2 * DAY
    assert history(as_known_at=wednesday) == [("2024-01-01T00", None, "closed")]
    friday = {"as_known_at": wednesday, **until(MONDAY + 4 * DAY)}
    assert history(**friday) == [
        ("2024-01-04T06", None, "unknown"),
        ("2024-01-01T00", "2024-01-04T06", "closed"),
    ]
    assert history(as_known_at=wednesday, **until(MONDAY + 6 * DAY))[0] == ("2024-01-06T06", None, "open")
    [newest, *_] = board.history("torkham", now=MONDAY + 20 * DAY, **friday).content["periods"]
    asked = {"at": MONDAY + 4 * DAY, "as_known_at": wednesday}
    status = board.crossing("torkham", now=MONDAY + 20 * DAY, **asked)["status"]
    assert [(lane["state"], lane["since"]) for lane in newest["lanes"]] == [
        (lane["state"], lane["since"]) for lane in status["lanes"]
    ]


def test_the_history_of_a_moment_as_known_after_it_ends_with_that_moment(torkham):
    desk = make_source("desk", kind="staff")
    for day, state in enumerate(("closed", "open", "closed", "open")):
        at = MONDAY + day * DAY
        say(desk, claim(effective_at=at.isoformat(), lanes=lanes(state)), now=at)
    asked = {"as_known_at": MONDAY + 9 * DAY, **until(MONDAY + DAY + HOUR)}
    assert [start for start, _, _ in history(**asked)] == ["2024-01-02T00", "2024-01-01T00"]
    assert history(**asked) == history(**until(MONDAY + DAY + HOUR))


def test_what_has_not_come_by_our_clock_is_in_no_history(torkham):
    order = claim(effective_at="2024-02-01T06:00:00Z", basis="ordered", lanes=lanes("open"))
    say(make_source("desk", kind="staff"), claim(effective_at=MONDAY.isoformat()), order, now=MONDAY)
    assert history(as_known_at=MONDAY, end=MONDAY + 300 * DAY) == [("2024-01-01T00", None, "open")]


def test_a_stretch_within_the_very_first_period_is_of_that_period(torkham):
    say(make_source(), claim(effective_at=MONDAY.isoformat(), lanes=lanes("closed")), now=MONDAY)
    say(make_source("amu"), claim(effective_at=(MONDAY + 5 * DAY).isoformat()), now=MONDAY + 5 * DAY)
    within = {"start": MONDAY + DAY, "end": MONDAY + 2 * DAY}
    for asked in (within, {**within, "as_known_at": MONDAY + 9 * DAY}, {**within, "as_known_at": MONDAY + 3 * DAY}):
        assert [state for _, _, state in history(**asked)] == ["closed"], asked


# What it costs


@pytest.fixture
def long_told() -> Crossing:
    """A claim every hour, each recorded as it was said; what is silent is forgotten in four days."""
    torkham = make_crossing(forget_after=4 * DAY)
    source = make_source()
    for start in range(0, 400, 100):
        items = []
        for n in range(start, start + 100):
            at = (MONDAY + n * HOUR).isoformat()
            items.append(claim(id=str(n), effective_at=at, reported_at=at, lanes=lanes("closed" if n % 2 else "open")))
        say(source, *items, now=MONDAY + 20 * DAY, backfilled=True)
    return torkham


def read(crossing: Crossing, known: Any, at: Any) -> int:
    return len(known_point(crossing.pk, crossing.border(), known, at).later)


def test_what_is_read_is_what_was_said_since_the_last_moment_of_which_nothing_was_learned_later(long_told):
    known = MONDAY + 300.5 * HOUR
    assert read(long_told, known, known) <= 16
    assert read(long_told, known, MONDAY + 100.5 * HOUR) <= 16
    assert read(long_told, known, MONDAY + 390 * HOUR) <= 16


def test_late_news_and_what_was_taken_back_are_read_from_where_they_began(long_told):
    known, late = MONDAY + 300.5 * HOUR, MONDAY + 19 * DAY
    retract(Report.objects.get(external_id="250"), reason="a mistake", now=late)
    assert 51 <= read(long_told, known, known) <= 66
    desk = make_source("desk")
    confirm([Report.objects.get(external_id="200")], source=desk, at=late, now=late)
    assert 101 <= read(long_told, known, known) <= 116
    said = claim(effective_at=(MONDAY + 50.5 * HOUR).isoformat(), lanes=lanes("restricted"))
    say(make_source("amu"), said, now=late)
    assert 250 <= read(long_told, known, known) <= 266
    assert read(long_told, late, late) <= 16


def test_what_was_only_confirmed_later_and_counted_all_the_while_is_not_read_again(long_told):
    known, late = MONDAY + 300.5 * HOUR, MONDAY + 19 * DAY
    desk, long_before = make_source("desk"), Report.objects.get(external_id="100")
    confirm([long_before], source=desk, at=MONDAY + 250 * HOUR, now=MONDAY + 250 * HOUR)
    confirm([long_before, Report.objects.get(external_id="290")], source=desk, at=late, now=late)
    assert read(long_told, known, known) <= 16
    assert read(long_told, known, MONDAY + 350 * HOUR) >= 200
