"""What is published at once though it may be a slip of the pen: somebody is told to look."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from crossings import ledger
from crossings.ingest import begin_anew, ingest_source, quiet_sources, take_left_behind
from crossings.ledger import settle
from crossings.models import Alarm, Current, RawBatch, Report, Source, SourceState
from tests.factories import claim, lanes, make_crossing, make_source, say, utc

pytestmark = pytest.mark.django_db
NOW = utc("2024-01-02 12:00")


@pytest.fixture
def broker() -> Source:
    make_crossing()
    return make_source()


def close(source: Source, at: str, *, id: str = "1", now: Any = NOW, how: Any = None, **fields: Any) -> None:
    say(source, claim(id=id, effective_at=at, lanes=lanes("closed"), **fields), now=now, **(how or {}))


ODD: list[tuple[str, dict[str, Any], str]] = [
    ("2042-01-02T10:00:00Z", {}, "its time is ahead of our clock"),
    ("1924-01-02T10:00:00Z", {}, "its time is before 1990"),
    ("2023-12-20T10:00:00Z", {"polled": True}, "polled, and older than seven days"),
]


@pytest.mark.parametrize(("at", "how", "why"), ODD)
def test_a_closing_of_a_time_that_can_hardly_be_right_is_published_and_raises_an_alarm(
    broker: Source, at: str, how: dict[str, Any], why: str
) -> None:
    close(broker, at, how=how)
    alarm = Alarm.objects.get()
    assert (alarm.kind, alarm.source) == ("odd_time", broker)
    assert "Torkham" in alarm.detail and at[:4] in alarm.detail and "Kabul" in alarm.detail and why in alarm.detail
    settle(utc("2042-01-03 12:00"))
    assert Current.objects.get().status["lanes"][0]["since"] is not None


FINE: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("2024-01-02T12:04:00Z", {}, {}),
    ("2024-01-05T10:00:00Z", {"basis": "ordered"}, {}),
    ("2024-01-05T10:00:00Z", {"basis": "announced"}, {}),
    ("2023-12-20T10:00:00Z", {}, {}),
    ("2042-01-02T10:00:00Z", {}, {"vouched": True}),
    ("1924-01-02T10:00:00Z", {}, {"backfilled": True}),
]


@pytest.mark.parametrize(("at", "fields", "how"), FINE)
def test_what_is_ordered_recent_or_looked_at_by_a_person_raises_none(
    broker: Source, at: str, fields: dict[str, Any], how: dict[str, Any]
) -> None:
    close(broker, at, how=how, **fields)
    assert not Alarm.objects.exists()


def test_one_alarm_of_a_source_names_all_its_odd_times_but_not_without_end(broker: Source) -> None:
    for n in range(30):
        close(broker, f"2042-01-{n % 28 + 1:02}T10:00:00Z", id=str(n), now=NOW + timedelta(seconds=n))
    lines = Alarm.objects.get().detail.splitlines()
    assert len(lines) == 21 and lines[-1].startswith("And more")


def test_cleared_by_a_person_it_is_raised_again_by_the_next_alone(broker: Source) -> None:
    close(broker, "2042-01-02T10:00:00Z")
    Alarm.clear("odd_time", broker, NOW)
    close(broker, "2042-01-02T10:00:00Z")  # the same again
    assert not Alarm.objects.filter(cleared_at=None).exists()
    close(broker, "2043-01-02T10:00:00Z", id="2")
    assert "2043" in Alarm.objects.get(cleared_at=None).detail


# Openings that come as retractions


def test_closures_taken_back_at_many_crossings_at_once_raise_an_alarm(broker: Source) -> None:
    for n in range(6):
        make_crossing(f"c{n}")
    for n in range(6):
        close(broker, "2023-02-24T10:00:00Z", id=str(n), crossing=f"c{n}")
    Alarm.objects.all().delete()
    for report in Report.objects.all():
        ledger.retract(report, reason="a mistake", now=NOW, source=broker)
    assert "6 crossings of AF were taken back" in Alarm.objects.get(kind="massive").detail


# Silence


def polled(slug: str, address: str, **state: Any) -> Source:
    source = make_source(slug, address=address, format="partner", interval=timedelta(minutes=10))
    SourceState.objects.create(source=source, **state)
    return source


def test_a_feed_with_no_answer_is_quiet_and_a_drop_folder_with_nothing_new_is_well() -> None:
    long_ago = NOW - timedelta(hours=5)
    feed = polled("feed", "https://example.org/feed", last_success_at=long_ago, last_polled_at=NOW)
    polled("folder", "file:/srv/drop", last_success_at=long_ago, last_polled_at=NOW)
    assert quiet_sources(NOW) == [feed]
    assert [(alarm.kind, alarm.source) for alarm in Alarm.objects.all()] == [("quiet", feed)]


def test_a_folder_that_cannot_be_read_raises_the_alarm_of_one_that_keeps_failing(tmp_path: Path) -> None:
    source = polled("folder", f"file:{tmp_path}/gone")
    for _ in range(3):
        ingest_source(source)
    assert Alarm.objects.get().kind == "failing"


# Tried anew


def test_what_could_not_be_used_is_taken_once_its_source_is_set_up_rightly(tmp_path: Path) -> None:
    make_crossing()
    source = make_source("mail", address=f"file:{tmp_path}", format="cbp")
    file = tmp_path / "week.json"
    file.write_text('{"reports": [{"id": "1", "crossing": "torkham", "effective_at": "2023-02-19T05:00:00Z",'
                    ' "lanes": [{"traffic": "all", "state": "closed"}]}]}')  # fmt: skip
    os.utime(file, (1_700_000_000, 1_700_000_000))
    ingest_source(source)
    batch = RawBatch.objects.get()
    assert batch.state == "failed" and not Report.objects.exists()
    source.format = "partner"
    source.save()
    assert begin_anew([batch.pk], NOW) == [batch.pk] and begin_anew([batch.pk], NOW) == []
    assert take_left_behind(batch.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.poll.error, Report.objects.count()) == ("taken", "", 1)
