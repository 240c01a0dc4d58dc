"""Which change is wanted by whom, when a message is sent again, and what is signed: tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crossings.domain.retries import (
    SCHEDULE,
    Verdict,
    paused,
    read_retry_after,
    rest_after,
    sent_again_after,
    verdict,
)
from crossings.domain.wishes import Wish, wants
from crossings.webhooks.send import _printable
from crossings.webhooks.sign import new_secret, signed

Json = dict[str, Any]
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def change(kind: str, *lanes: tuple[str, str, Any, Any], confidence: str = "single") -> Json:
    """At Torkham; the status lists all six lanes, of that confidence."""
    every = [(traffic, to) for traffic in ("people", "vehicles", "cargo") for to in ("AF", "PK")]
    return {
        "type": kind,
        "crossing": "torkham",
        "lanes": [{"traffic": t, "to": to, "before": before, "after": after} for t, to, before, after in lanes],
        "status": {"lanes": [{"traffic": t, "to": to, "confidence": confidence} for t, to in every]},
    }


CLOSED = change("lanes.changed", ("cargo", "PK", "open", "closed"))
OPENED = change("lanes.changed", ("cargo", "PK", "closed", "open"))
LOST = change("lanes.changed", ("cargo", "PK", "open", "unknown"), confidence="stale")
MIXED = change("lanes.changed", ("cargo", "PK", "open", "closed"), ("people", "AF", "closed", "open"))
CORRECTED = change("history.corrected")
RELAXED = change("conditions.changed", ("people", "AF", {"conditions": []}, {"conditions": []}))
SURER = change("confidence.changed", ("cargo", "PK", "single", "current"), confidence="current")
STALE = change("confidence.changed", ("cargo", "PK", "current", "stale"), confidence="stale")
PROMISED = change("announcement.made", ("cargo", "PK", None, "closed"))


def wish(**parts: Any) -> Wish:
    chosen: Json = {name: value if isinstance(value, str) else frozenset(value) for name, value in parts.items()}
    return Wish(**chosen)


@pytest.mark.parametrize(
    ("what", "change", "wanted"),
    [
        (wish(), CLOSED, True),
        (wish(), CORRECTED, True),
        (wish(crossings=["torkham"]), CLOSED, True),
        (wish(crossings=["chaman"]), CLOSED, False),
        (wish(countries=["PK", "IR"]), CORRECTED, True),
        (wish(countries=["IR"]), CLOSED, False),
        (wish(types=["lanes.changed"]), CLOSED, True),
        (wish(types=["conditions.changed"]), CLOSED, False),
        (wish(traffic=["cargo"], to=["PK"]), CLOSED, True),
        (wish(traffic=["people"]), CLOSED, False),
        (wish(to=["AF"]), CLOSED, False),
        (wish(traffic=["people"], to=["PK"]), MIXED, False),  # not of one and the same lane
        (wish(traffic=["people"], to=["AF"]), MIXED, True),
        (wish(traffic=["people"]), CORRECTED, True),  # of the whole crossing
        (wish(turn="tighter"), CLOSED, True),
        (wish(turn="looser"), CLOSED, False),
        (wish(turn="looser"), OPENED, True),
        (wish(turn="tighter"), LOST, True),
        (wish(turn="tighter", traffic=["people"]), MIXED, False),
        (wish(turn="looser", traffic=["people"]), MIXED, True),
        (wish(turn="tighter"), RELAXED, False),
        (wish(turn="tighter"), CORRECTED, False),
        (wish(turn="tighter"), PROMISED, False),
        (wish(least_confidence="current"), OPENED, False),
        (wish(least_confidence="single"), OPENED, True),
        (wish(least_confidence="stale"), OPENED, True),
        (wish(least_confidence="current"), CLOSED, True),  # closures run
        (wish(least_confidence="current"), LOST, True),
        (wish(least_confidence="current"), SURER, True),
        (wish(least_confidence="current"), STALE, True),  # it was told of the opening
        (wish(least_confidence="current"), RELAXED, False),
        (wish(least_confidence="single"), RELAXED, True),
        (wish(least_confidence="current"), PROMISED, False),
        (wish(least_confidence="current"), CORRECTED, True),
    ],
)
def test_what_is_wanted(what: Wish, change: Json, wanted: bool) -> None:
    assert wants(what, change) is wanted


@pytest.mark.parametrize(
    ("status", "meant"),
    [
        (200, "DELIVERED"), (204, "DELIVERED"), (299, "DELIVERED"), (300, "REFUSED"), (302, "REFUSED"),
        (400, "REFUSED"), (401, "REFUSED"), (404, "REFUSED"), (408, "REFUSED"), (410, "GONE"), (429, "AWAY"),
        (500, "REFUSED"), (501, "REFUSED"), (502, "AWAY"), (503, "AWAY"), (504, "AWAY"), (None, "AWAY"),
    ],
)  # fmt: skip
def test_what_an_answer_means(status: int | None, meant: str) -> None:
    assert verdict(status) is Verdict[meant]


def test_a_refused_message_is_sent_again_as_the_specification_has_it() -> None:
    waits = [sent_again_after(number, 0) for number in range(1, 11)]
    assert waits == [*SCHEDULE, None]
    assert [str(wait) for wait in SCHEDULE[:3]] == ["0:00:05", "0:05:00", "0:30:00"]
    assert sent_again_after(2, 1) == 5.5 * MINUTE
    assert sum(SCHEDULE, timedelta()) > timedelta(days=3)  # it is paused before anything is given up


@pytest.mark.parametrize(
    ("failures", "minutes", "seconds"),
    [
        (1, 0, 5), (2, 0, 15), (3, 0, 30), (4, 1, 60), (59, 59, 60), (60, 60, 300), (61, 24 * 60 - 1, 300),
        (400, 24 * 60, 1800), (10**6, 10**5, 1800), (1, 10**4, 5),
    ],
)  # fmt: skip
def test_a_receiver_that_is_down_rests_shortly_at_first_and_slowly_longer(
    failures: int, minutes: int, seconds: int
) -> None:
    assert rest_after(failures, minutes * MINUTE, 0) == timedelta(seconds=seconds)
    assert rest_after(failures, minutes * MINUTE, 1) == timedelta(seconds=seconds) * 1.1


def test_a_rest_is_as_long_as_was_asked_for_up_to_an_hour() -> None:
    assert rest_after(1, 0 * MINUTE, 0, 10 * MINUTE) == 10 * MINUTE
    assert rest_after(1, 0 * MINUTE, 0, timedelta(days=9)) == 60 * MINUTE
    assert rest_after(9, 2000 * MINUTE, 0, timedelta(seconds=1)) == 30 * MINUTE


def test_only_three_days_of_failures_pause() -> None:
    assert not paused(None, NOW)
    assert not paused(NOW - timedelta(days=3) + MINUTE, NOW)
    assert paused(NOW - timedelta(days=3), NOW)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120), ("0", 0), ("9" * 40, 999_999_999), ("Sun, 01 Mar 2026 12:01:00 GMT", 60),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0), ("Sun, 01 Mar 2026 12:01:00 -0000", 60), ("-5", None), ("soon", None),
        ("", None), ("١٢", None), ("Sun, 99 Mar 2026 12:01:00 GMT", None),
    ],
)  # fmt: skip
def test_a_retry_after_is_read(text: str, seconds: int | None) -> None:
    assert read_retry_after(text, NOW) == (None if seconds is None else timedelta(seconds=seconds))


def test_the_test_vector_of_standard_webhooks_is_signed_as_published() -> None:
    at = datetime.fromtimestamp(1614265330, UTC)
    key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    assert signed("msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}', [key], at) == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_two_secrets_give_two_signatures_and_no_two_secrets_are_the_same() -> None:
    one, other = new_secret(), new_secret()
    both = signed("a", b"{}", [one, other], NOW)["webhook-signature"].split(" ")
    assert [signed("a", b"{}", [key], NOW)["webhook-signature"] for key in (one, other)] == both
    assert one != other and len(one) == len("whsec_") + 44  # 32 bytes


def test_of_an_answer_only_a_little_is_kept_and_nothing_that_cannot_be_printed() -> None:
    assert _printable(b"no\x00\x1b[31m \xff\xfe way\n") == "no  [31m \ufffd\ufffd way"
    assert len(_printable(b"x" * 60_000)) == 200
