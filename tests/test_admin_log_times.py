"""The times of the form: what can hardly be meant is asked back; a day will do; a backlog has a time of its own."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.test import Client
from django.utils import timezone

from crossings import board
from crossings.admin.log.asked import Typed, asked_back
from crossings.admin.log.entry import Entry
from crossings.admin.moments import ClockField
from crossings.domain.claims import Claim, stamp
from crossings.models import Crossing, Reading, Report
from tests.desk import KABUL, KARACHI, LOG, at, blank, fields_of, log, logged_in, preview, save, staff
from tests.factories import make_crossing, utc

pytestmark = pytest.mark.django_db
NOW = utc("2026-06-01 12:00")


@pytest.fixture
def torkham() -> Crossing:
    return make_crossing()


@pytest.fixture
def client(torkham: Crossing) -> Client:
    return logged_in(staff("zahra", "add_report", "view_report"))


def text(response: Any) -> str:
    found: str = response.content.decode()
    return found


def sent(client: Client, **typed: Any) -> Any:
    """The page after [Preview], with nothing ticked that it asks back."""
    return client.post(LOG, {**blank(client, "torkham"), "lane_all": "closed", **typed, "action": "preview"})


# Asked back


WHEN: list[tuple[dict[str, str], dict[str, str]]] = [
    ({"since": "2026-05-31 10:00"}, {}),
    ({"since": "2025-06-02 12:00"}, {}),
    ({"since": "2025-05-31 12:00"}, {"day": "back"}),
    ({"since": "2026-06-03 12:00", "basis": "ordered"}, {"day": "ahead"}),
    ({"since": "2026-06-03 12:00", "basis": "announced"}, {}),
    ({"since": "2028-06-03 12:00", "basis": "announced"}, {"day": "a year ahead"}),
    ({"since": "2026-05-31 10:00", "until": "2062-06-03 12:00"}, {"until_day": "a year ahead"}),
    ({"since": "2026-05-31 10:00", "said": "2006-05-31 12:00"}, {"said_day": "back"}),
    ({"since": "2006-05-31 10:00", "said": "2006-05-31 12:00", "counted": "2006-05-31 12:00"}, {"day": "back"}),
    ({"since": "2026-05-31 10:00", "counted": "2006-05-31 12:00"}, {"queue_day": "back"}),
]


@pytest.mark.parametrize(("typed", "asked"), WHEN)
def test_which_times_are_asked_back(torkham: Crossing, typed: dict[str, str], asked: dict[str, str]) -> None:
    def of(field: str, name: str) -> Typed:
        return Typed(field, utc(typed[name]) if name in typed else None)

    found = asked_back(
        of("day", "since"), of("until_day", "until"), of("said_day", "said"), of("queue_day", "counted"),
        basis=typed.get("basis", "observed"), crossing=torkham, now=NOW,
    )  # fmt: skip
    told = {each.field: each.question for each in found}
    assert told.keys() == asked.keys()
    assert all(words in told[field] for field, words in asked.items())


def test_a_year_mistyped_is_asked_back_beside_its_field_in_words_and_nothing_typed_is_lost(client: Client) -> None:
    typed = {"note": "seen from the road", "reason": "strike", **at("2006-02-24", "10:00", KARACHI)}
    page = sent(client, **typed)
    assert "more than a year back" in str(page.context["form"].errors["day"])
    assert "Yes, I mean Friday 24 Feb 2006" in text(page) and "10:00 Karachi" in text(page)
    assert 'value="save"' not in text(page)
    kept = fields_of(page)
    assert {name: kept[name] for name in typed} == typed and "sure" not in kept


def test_once_ticked_it_is_previewed_and_saved_and_not_asked_again(client: Client) -> None:
    page = sent(client, **at("2006-02-24", "10:00", KARACHI))
    [asked] = page.context["form"].asked
    shown = client.post(LOG, {**fields_of(page), "sure": asked.value, "action": "preview"})
    assert 'value="save"' in text(shown) and fields_of(shown)["sure"] == asked.value
    assert "Recorded: Report" in text(save(client, shown))


def test_a_tick_holds_for_that_time_and_no_other(client: Client) -> None:
    page = sent(client, **at("2006-02-24", "10:00", KARACHI))
    [asked] = page.context["form"].asked
    again = client.post(LOG, {**fields_of(page), "sure": asked.value, "day": "2005-02-24", "action": "preview"})
    assert "more than a year back" in str(again.context["form"].errors["day"])
    assert "2005" in text(again) and 'value="save"' not in text(again)


def test_one_more_condition_keeps_the_tick(client: Client) -> None:
    page = sent(client, **at("2006-02-24", "10:00", KARACHI))
    [asked] = page.context["form"].asked
    more = client.post(LOG, {**fields_of(page), "sure": asked.value, "action": "more"})
    assert fields_of(more)["sure"] == asked.value


# A day alone


def test_said_on_a_day_alone_stands_at_its_local_noon(client: Client) -> None:
    log(client, {"lane_all": "closed", **at("2023-02-24", "10:00", KARACHI), "said_day": "2023-02-25"})
    assert stamp(Report.objects.get().reported_at) == "2023-02-25T07:00:00Z"


def test_what_was_said_today_was_not_said_at_a_noon_that_is_still_to_come(torkham: Crossing, client: Client) -> None:
    typed = {**blank(client, "torkham"), "lane_all": "closed", "when": "now", "said_day": "2026-06-01"}
    told = {}
    for hour in (3, 12):
        now = utc("2026-06-01 00:00") + timedelta(hours=hour)
        entry = Entry(torkham, User.objects.get(), now, QueryDict(urlencode(typed)))
        assert entry.read()
        told[hour] = stamp(entry.items[0].reported_at)
    assert told == {3: "2026-06-01T03:00:00Z", 12: "2026-06-01T07:30:00Z"}


def test_a_day_to_come_is_refused(client: Client) -> None:
    day = f"{timezone.now() + timedelta(days=2):%Y-%m-%d}"
    errors = sent(client, when="now", said_day=day, queue_low="5", queue_day=day).context["form"].errors
    assert "Nobody can have said it yet" in str(errors["said_day"])
    assert "Nobody can have counted it yet" in str(errors["queue_day"])


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
@pytest.mark.parametrize("field", ["said_day", "queue_day", "until_day", "day"])
def test_no_day_is_too_far_away_to_be_answered(client: Client, field: str, day: str) -> None:
    typed = {"when": "at", "day": "2023-02-24", "clock": "10:00", "zone": KABUL, "queue_low": "5", field: day}
    assert 'value="save"' not in text(preview(client, {"lane_all": "closed", **typed}))


# The backlog


OLD = at("2023-02-24", "10:00", KARACHI)
COUNTED: list[tuple[dict[str, str], tuple[str, str]]] = [
    (OLD, ("2023-02-24T05:00:00Z", "exact")),
    ({**OLD, "precision": "hour"}, ("2023-02-24T05:00:00Z", "hour")),
    ({**OLD, "clock": "", "precision": "day"}, ("2023-02-24T07:00:00Z", "day")),
    ({**OLD, "clock": "", "precision": "month"}, ("2023-02-15T07:00:00Z", "month")),
    ({**OLD, "said_day": "2023-02-25", "said_clock": "13:00"}, ("2023-02-24T05:00:00Z", "exact")),
    ({"when": "now", "zone": KARACHI, "said_day": "2023-02-25", "said_clock": "13:00"},
     ("2023-02-25T08:00:00Z", "exact")),
    ({**OLD, "queue_day": "2023-02-23", "queue_clock": "18:00"}, ("2023-02-23T13:00:00Z", "exact")),
    ({**OLD, "queue_day": "2023-02-23"}, ("2023-02-23T07:00:00Z", "day")),
]  # fmt: skip


@pytest.mark.parametrize(("typed", "expected"), COUNTED)
def test_a_backlog_was_counted_when_that_is_said_else_as_of_the_update_but_not_after_it_was_said(
    client: Client, typed: dict[str, str], expected: tuple[str, str]
) -> None:
    log(client, {"lane_all": "closed", "queue_low": "1400", "queue_side": "PK", **typed})
    row = Reading.objects.get()
    assert (stamp(row.observed_at), row.precision) == expected


def test_a_backlog_of_now_is_counted_now(client: Client) -> None:
    shown = preview(client, {"lane_all": "closed", "when": "now", "queue_low": "1400"})
    save(client, shown)
    moment = datetime.strptime(fields_of(shown)["now_at"], "%Y-%m-%dT%H:%M:%S%z")
    assert Reading.objects.get().observed_at == moment == Report.objects.get().effective_at


def test_the_preview_tells_of_a_backlog_too_old_for_the_board_and_the_page_of_its_day_shows_it(client: Client) -> None:
    shown = preview(client, {"lane_all": "closed", "queue_low": "1400", **OLD})
    [told] = shown.context["shown"].counts
    assert "ore than 1,400 trucks waiting" in told and "the record of its time" in told
    save(client, shown)
    then = board.crossing("torkham", at=utc("2023-02-24 05:00"), now=timezone.now())
    assert [queue["low"] for queue in then["queues"]] == [1400]
    fresh = preview(client, {"lane_all": "closed", "when": "now", "queue_low": "30"}).context["shown"].counts
    assert len(fresh) == 1 and "the record of its time" not in fresh[0]


def test_a_count_that_stands_nowhere_is_refused_beside_its_own_fields(client: Client) -> None:
    errors = sent(client, when="now", queue_low="5", queue_clock="10:00").context["form"].errors
    assert "Give the day, too" in str(errors["queue_day"])


# Short ways to say when


MINUTES = {"1730": "17:30", "17:30": "17:30", "930": "09:30", "9:05": "09:05", "۱۷۳۰": "17:30", "٠٦:٠٠": "06:00",
           "2:30 pm": "14:30", "2.30pm": "14:30", "2 p.m.": "14:00", "12:05 AM": "00:05", "12 pm": "12:00",
           "۲:۳۰ pm": "14:30", "1430h": "14:30", "14.30 hrs": "14:30", "930h": "09:30"}  # fmt: skip


@pytest.mark.parametrize(
    "typed", ["13:30 pm", "0:30 am", "2:30 xm", "2:3 pm", "25h", "half past two", "12345", "1:75pm"]
)
def test_what_is_no_time_of_day_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError):
        ClockField().clean(typed)


@pytest.mark.parametrize("typed", MINUTES)
def test_a_time_is_typed_with_or_without_its_colon_in_the_digits_of_any_script(client: Client, typed: str) -> None:
    log(client, {"lane_all": "closed", **at("2023-02-24", typed, KARACHI)})
    at_karachi = Report.objects.get().effective_at
    assert at_karachi is not None
    assert f"{at_karachi + timedelta(hours=5):%H:%M}" == MINUTES[typed]


SAID: list[tuple[dict[str, str], str, str]] = [
    ({"when": "now"}, "2026-06-01T12:00:00Z", "exact"),
    ({"when": "hour"}, "2026-06-01T11:00:00Z", "hour"),
    ({"when": "today", "clock": "1400"}, "2026-06-01T09:30:00Z", "exact"),
    ({"when": "today", "clock": "1400", "declared_by": "PK"}, "2026-06-01T09:00:00Z", "exact"),
    ({"when": "today", "clock": "1400", "declared_by": "PK", "zone": KABUL}, "2026-06-01T09:30:00Z", "exact"),
    ({"when": "yesterday", "clock": "2200", "precision": "hour"}, "2026-05-31T17:30:00Z", "hour"),
    ({"when": "yesterday", "precision": "day"}, "2026-05-31T07:30:00Z", "day"),
    ({"when": "today", "precision": "day"}, "2026-06-01T07:30:00Z", "day"),
]


@pytest.mark.parametrize(("typed", "expected", "precision"), SAID)
def test_when_is_said_in_the_local_time_of_the_side_that_acted_else_of_the_first(
    torkham: Crossing, client: Client, typed: dict[str, str], expected: str, precision: str
) -> None:
    filled = {**blank(client, "torkham"), "lane_all": "closed", **typed}
    entry = Entry(torkham, User.objects.get(), NOW, QueryDict(urlencode(filled)))
    assert entry.read(), entry.form.errors
    [claim] = [item for item in entry.items if isinstance(item, Claim)]
    assert (stamp(claim.effective_at), claim.precision) == (expected, precision)


def test_today_means_the_day_of_the_preview_that_was_read_though_it_is_saved_after_midnight(
    torkham: Crossing, client: Client
) -> None:
    evening = utc("2026-06-01 19:20")  # 23:50 in Kabul
    filled = {**blank(client, "torkham"), "lane_all": "closed", "when": "today", "clock": "2300",
              "now_at": "2026-06-01T19:20:00+0000"}  # fmt: skip
    found = []
    for now in (evening, evening + timedelta(minutes=20)):
        entry = Entry(torkham, User.objects.get(), now, QueryDict(urlencode(filled)))
        assert entry.read()
        found.append(entry.fingerprint())
    assert len(set(found)) == 1


def test_today_without_a_time_asks_for_it_beside_its_field_and_a_time_to_come_is_refused_there(client: Client) -> None:
    assert "Give the time" in str(sent(client, when="today").context["form"].errors["clock"])
    tomorrow = timezone.now() + timedelta(days=1)
    errors = sent(client, **at(f"{tomorrow:%Y-%m-%d}", "1000", KABUL)).context["form"].errors
    assert "ahead of our clock" in str(errors["day"])


# What "now" means


def phone(hours: float) -> str:
    return f"{timezone.now() - timedelta(hours=hours):%Y-%m-%dT%H:%M:%S}+0000"


@pytest.mark.parametrize(("when", "back"), [("now", 14), ("hour", 15)])
def test_now_is_the_moment_at_which_it_was_chosen_on_the_phone(client: Client, when: str, back: int) -> None:
    now_at = phone(14)
    shown = sent(client, when=when, now_at=now_at)
    assert fields_of(shown)["now_at"] == now_at
    again = client.post(LOG, {**fields_of(shown), "action": "preview"})
    save(client, again)
    report = Report.objects.get()
    assert report.effective_at is not None
    assert stamp(report.effective_at + timedelta(hours=back - 14)) == now_at.replace("+0000", "Z")


@pytest.mark.parametrize("now_at", ["", "yesterday", "2023-02-24T10:00:00", phone(0)])
def test_without_a_moment_of_the_phone_now_is_the_moment_of_the_first_preview(client: Client, now_at: str) -> None:
    before = timezone.now().replace(microsecond=0)
    shown = sent(client, when="now", now_at=now_at)
    stamped = datetime.strptime(fields_of(shown)["now_at"], "%Y-%m-%dT%H:%M:%S%z")
    assert before - timedelta(minutes=5) <= stamped <= timezone.now()


@pytest.mark.parametrize("hours", [30, -2])
def test_a_now_of_another_day_or_still_to_come_is_asked_for_again_and_nothing_else_is_lost(
    client: Client, hours: float
) -> None:
    page = sent(client, when="now", now_at=phone(hours), note="seen from the road")
    assert "choose again since when it holds" in str(page.context["form"].errors["when"])
    kept = fields_of(page)
    assert "when" not in kept and kept["note"] == "seen from the road" and 'value="save"' not in text(page)
    shown = client.post(LOG, {**kept, "when": "now", "action": "preview"})
    save(client, shown)
    report = Report.objects.get()
    assert report.effective_at is not None and timezone.now() - report.effective_at < timedelta(minutes=5)


def test_a_time_that_was_given_is_not_asked_for_again(client: Client) -> None:
    assert 'value="save"' in text(sent(client, now_at=phone(90), **at("2026-11-01", "10:00", KABUL)))


def test_what_was_recorded_meanwhile_makes_no_fresh_news_of_an_old_now(client: Client) -> None:
    shown = sent(client, when="now", now_at=phone(14))
    log(logged_in(staff("omar", "add_report")), {"lane_all": "open", "when": "hour"})
    page = save(client, shown)
    assert "Nothing is saved yet" in text(page)
    assert fields_of(page)["now_at"] == fields_of(shown)["now_at"]
