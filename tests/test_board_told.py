"""What a status tells beside its states: loosened gates, orders to come, how promises ended; and where it cannot."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from crossings import board
from crossings.ledger import confirm, retract, settle
from crossings.models import Change, Crossing, Current, Report
from tests.factories import claim, lanes, make_crossing, make_source, reading, say, utc

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOON = utc("2024-05-01 12:00")


@pytest.fixture
def torkham() -> Crossing:
    return make_crossing()


@pytest.fixture
def desk() -> Any:
    return make_source("desk", kind="staff")


def at(hour: float) -> str:
    return (NOON + hour * HOUR).isoformat()


def status(now: float, **asked: float) -> Any:
    moments = {name: NOON + hour * HOUR for name, hour in asked.items()}
    return board.crossing("torkham", now=NOON + now * HOUR, **moments)["status"]


def loosened(told: Any) -> list[Any]:
    return [lane["loosened"] for lane in told["lanes"]]


def announced(told: Any) -> list[tuple[str, str, Any]]:
    return [(each["basis"], each["lanes"][0]["state"], each["outcome"]) for each in told["announced"]]


def types(after: int = 0) -> list[str]:
    return list(Change.objects.filter(position__gt=after).order_by("position").values_list("type", flat=True))


# Gates loosened by what was seen to pass


def test_a_gate_that_is_open_only_because_people_were_seen_to_pass_is_named(torkham, desk):
    say(desk, claim(declared_by="AF", effective_at=at(-2), lanes=lanes("closed")), now=NOON)
    say(desk, claim(declared_by="PK", effective_at=at(-1), lanes=lanes("open", "cargo")), now=NOON)
    told = status(0)
    by_traffic = {lane["traffic"]: (lane["gates"], lane["loosened"]) for lane in told["lanes"]}
    assert by_traffic["cargo"] == ({"AF": "open", "PK": "open"}, ["AF"])
    assert by_traffic["people"] == ({"AF": "closed", "PK": "unknown"}, [])


def test_which_gates_were_loosened_is_told_as_of_the_moment_asked(torkham, desk):
    say(desk, claim(declared_by="AF", effective_at=at(-5), lanes=lanes("closed")), now=NOON - 5 * HOUR)
    say(desk, claim(declared_by="PK", effective_at=at(-3)), now=NOON - 3 * HOUR)
    say(desk, claim(declared_by="AF", effective_at=at(-1), one_gate=True), now=NOON - HOUR)
    for asked, gates in (({}, []), ({"at": -2}, ["AF"]), ({"at": -4}, []), ({"as_known_at": -2}, ["AF"])):
        assert loosened(status(0, **asked)) == [gates] * 6, asked
    assert loosened(status(0, at=0, as_known_at=-2)) == [["AF"]] * 6


def test_a_road_freed_by_what_was_seen_to_pass_is_named_too(torkham, desk):
    say(desk, claim(effective_at=at(-3), declared_by="PK", where="road", lanes=lanes("closed")), now=NOON)
    say(desk, claim(effective_at=at(-2)), now=NOON)
    assert loosened(status(0)) == [["PK:road"]] * 6


# Orders that have yet to take effect


def test_an_order_is_shown_beside_announcements_until_it_takes_effect(torkham, desk):
    say(desk, claim(effective_at=at(-1)), now=NOON)
    say(desk, claim(effective_at=at(6), basis="ordered", declared_by="PK", lanes=lanes("closed")), now=NOON)
    say(desk, claim(effective_at=at(9), basis="announced", lanes=lanes("open")), now=NOON + HOUR)
    assert announced(status(2)) == [("announced", "open", None), ("ordered", "closed", None)]
    assert status(2)["lanes"][0]["state"] == "open"
    assert announced(status(5.9)) == [("announced", "open", None), ("ordered", "closed", None)]
    after = status(6)
    assert announced(after) == [("announced", "open", None)] and after["lanes"][0]["state"] == "closed"
    assert settle(NOON + 6 * HOUR) == 1
    assert announced(Current.objects.get().status) == [("announced", "open", None)]


def test_an_order_is_announced_when_it_is_recorded_and_its_beginning_is_a_change_of_lanes(torkham, desk):
    say(desk, claim(effective_at=at(-1)), now=NOON)
    before = Change.objects.count()
    say(desk, claim(effective_at=at(6), basis="ordered", declared_by="PK", lanes=lanes("closed")), now=NOON)
    assert types(before) == ["announcement.made"]
    made = Change.objects.latest("position").body
    assert (made["at"], made["reports"]) == ("2024-05-01T18:00:00Z", [Report.objects.latest("pk").pk])
    assert {lane["after"] for lane in made["lanes"]} == {"closed"}
    settle(NOON + 6 * HOUR)
    assert types(before) == ["announcement.made", "lanes.changed"]


def test_an_order_taken_back_is_shown_no_more(torkham, desk):
    say(desk, claim(effective_at=at(6), basis="ordered", lanes=lanes("closed")), now=NOON)
    retract(Report.objects.get(), reason="a mistake", now=NOON + HOUR)
    assert announced(status(2)) == []
    assert types() == ["announcement.made", "report.retracted"]
    assert announced(status(2, at=0.5, as_known_at=0.5)) == [("ordered", "closed", None)]


def test_an_order_is_told_as_it_was_known_at_the_moment_asked(torkham, desk):
    say(desk, claim(effective_at=at(-30)), now=NOON - 30 * HOUR)
    order = claim(effective_at=at(6), reported_at=at(-3), basis="ordered", lanes=lanes("closed"))
    say(desk, order, now=NOON)
    shown = {
        "said, not yet known to us": status(9, at=-2),
        "not yet said": status(9, at=-4),
        "as known before we learned it": status(9, at=-2, as_known_at=-1),
        "as known once we had learned it": status(9, as_known_at=1),
        "asked for when it had begun": status(9, at=7),
    }
    assert [len(told["announced"]) for told in shown.values()] == [1, 0, 0, 1, 0], shown.keys()


def test_an_order_said_long_ago_for_a_day_far_off_is_still_shown(torkham, desk):
    say(desk, claim(effective_at=at(24 * 200), basis="ordered", lanes=lanes("closed")), now=NOON)
    assert announced(status(24 * 199)) == [("ordered", "closed", None)]


# Whose words agree


def confidence(told: Any) -> set[str]:
    return {lane["confidence"] for lane in told["lanes"]}


def test_an_order_given_long_before_agrees_once_it_has_begun(torkham):
    order = claim(effective_at=at(0), reported_at=at(-72), basis="ordered", declared_by="PK", lanes=lanes("closed"))
    say(make_source("gazette", kind="press"), order, now=NOON - 72 * HOUR)
    seen = claim(effective_at=at(1), reported_at=at(1), declared_by="PK", lanes=lanes("closed"))
    say(make_source("dawn", kind="press"), seen, now=NOON + HOUR)
    assert [confidence(status(2)), confidence(status(30))] == [{"current"}, {"stale"}]
    assert confidence(status(9, at=2)) == confidence(status(9, at=2, as_known_at=2)) == {"current"}


def test_what_was_said_later_of_a_moment_agrees_with_what_was_said_then_by_what_is_known_now(torkham):
    for source, hour in (("dawn", 0), ("gazette", 20)):
        said = claim(effective_at=at(-1), reported_at=at(hour), lanes=lanes("closed"))
        say(make_source(source, kind="press"), said, now=NOON + hour * HOUR)
    assert confidence(status(21, at=1)) == confidence(status(21, at=1, as_known_at=21)) == {"current"}
    assert confidence(status(21, at=1, as_known_at=1)) == {"single"}


def test_a_confirmation_by_another_makes_nothing_sure_before_it_was_made(torkham, desk):
    say(make_source("dawn", kind="press"), claim(effective_at=at(0)), now=NOON)
    confirm([Report.objects.get()], source=desk, at=NOON + 20 * HOUR, now=NOON + 20 * HOUR)
    assert [confidence(status(21, at=hour)) for hour in (10, 20)] == [{"single"}, {"current"}]


def test_a_claim_grows_stale_the_moment_after_it_was_fresh_for_long_enough(torkham, desk):
    say(desk, claim(effective_at=at(0)), now=NOON)
    assert settle(NOON + 24 * HOUR) == 0 and confidence(Current.objects.get().status) == {"current"}
    assert settle(NOON + 24 * HOUR + timedelta(microseconds=1)) == 1
    assert confidence(Current.objects.get().status) == {"stale"}


def test_a_confirmation_a_few_minutes_ahead_of_our_clock_counts_when_its_time_has_come(torkham, desk):
    say(desk, claim(effective_at=at(0)), now=NOON)
    confirm([Report.objects.get()], source=desk, at=NOON + 0.05 * HOUR, now=NOON)
    settle(NOON + 0.05 * HOUR)
    assert Current.objects.get().status["confirmed_at"] == "2024-05-01T12:03:00Z"


# How promises ended


def test_each_of_many_announcements_that_end_at_one_moment_is_told(torkham, desk):
    for n in range(8):
        said = claim(id=f"promise-{n}", effective_at=at(5), basis="announced", lanes=lanes("closed"), declared_by="PK")
        say(make_source(f"paper-{n}", kind="press"), said, now=NOON + n * timedelta(minutes=1))
    before = Change.objects.count()
    assert types() == ["announcement.made"] * 8
    settle(NOON + 29 * HOUR)
    assert types(before).count("announcement.ended") == 8
    assert {change.body["at"] for change in Change.objects.filter(position__gt=before)} == {"2024-05-02T17:00:00Z"}
    assert [outcome for _, _, outcome in announced(status(30))] == ["lapsed"] * 5
    settle(NOON + 40 * HOUR)
    assert types(before).count("announcement.ended") == 8


def test_without_a_worker_a_promise_kept_by_what_time_alone_did_is_told_as_kept(torkham, desk):
    say(desk, claim(effective_at=at(-1)), now=NOON)
    say(desk, claim(effective_at=at(5), basis="announced", lanes=lanes("closed")), now=NOON)
    say(desk, claim(effective_at=at(5), basis="ordered", lanes=lanes("closed")), now=NOON)
    without = status(6)
    assert announced(without) == [("announced", "closed", "kept")]
    assert status(6, at=6, as_known_at=6)["announced"] == without["announced"]
    settle(NOON + 6 * HOUR)
    assert Current.objects.get().status == without


# Counts of a clock that runs ahead


def test_a_count_a_few_minutes_ahead_of_our_clock_is_shown_when_its_time_has_come(torkham, desk):
    say(desk, reading(observed_at=at(0.05)), now=NOON)
    assert Current.objects.get().queues == []
    assert [count["low"] for count in board.crossing("torkham", now=NOON + 0.1 * HOUR)["queues"]] == [1400]
    version = Current.objects.get().version
    assert settle(NOON + 0.1 * HOUR) == 1
    current = Current.objects.get()
    assert [count["low"] for count in current.queues] == [1400] and current.version == version + 1


# One crossing that cannot be derived


@pytest.fixture
def broken(torkham, desk) -> Crossing:
    """Torkham, open as of noon, with hours that nobody can read; and Chaman beside it."""
    chaman = make_crossing("chaman")
    say(desk, claim(effective_at=at(0)), claim(crossing="chaman", effective_at=at(0)), now=NOON)
    Crossing.objects.filter(pk=torkham.pk).update(hours=[{"side": "PK", "opens": "seven"}])
    return chaman


def test_the_others_are_settled_and_the_fault_is_logged_by_its_name(broken, caplog):
    before = fresh(broken)
    assert settle(NOON + 25 * HOUR) == 1
    assert (confidence(before), confidence(fresh(broken))) == ({"current"}, {"stale"})
    errors = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert errors == ["torkham cannot be settled"]


def fresh(crossing: Crossing) -> Any:
    return Current.objects.get(crossing=crossing).status


def test_the_board_tells_it_as_stored_and_no_surer_than_it_can_be(broken):
    later = NOON + 25 * HOUR
    found = {each["slug"]: each["status"] for each in board.board(board.Filters(), later)["crossings"]}
    assert {slug: confidence(told) for slug, told in found.items()} == {"torkham": {"stale"}, "chaman": {"stale"}}
    assert {lane["state"] for lane in found["torkham"]["lanes"]} == {"open"}
    assert board.summary(later)["counts"]["open"] == 0
    assert board.sheet("torkham", later).current["status"] == found["torkham"]
    assert [each["state"] for each in board.history("torkham", now=later).content["periods"]] == ["open"]
    assert confidence(status(23)) == {"current"}


def test_a_crossing_that_was_never_derived_and_cannot_be_is_left_out(broken):
    Current.objects.filter(crossing__slug="torkham").update(status={}, settle_at=None)
    found = board.board(board.Filters(), NOON + HOUR)["crossings"]
    assert [each["slug"] for each in found] == ["chaman"]
