"""What waits for somebody: the front page of the desk, alarms, and what sources sent that could not be used."""

from __future__ import annotations

import zlib
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crossings import bell
from crossings.ledger import settle
from crossings.models import Alarm, Draft, Poll, RawBatch, Source, SourceState
from tests.desk import admin_url, fields_of, logged_in, staff
from tests.factories import claim, lanes, make_crossing, make_source, say

pytestmark = pytest.mark.django_db
NOW = timezone.now()
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def no_broker() -> Any:
    bell.breaker.failed()
    yield
    bell.breaker.closed_until = 0.0


@pytest.fixture
def client() -> Client:
    return logged_in(staff("chief", superuser=True))


def text(response: Any) -> str:
    found: str = response.content.decode()
    return found


def waits(client: Client) -> dict[str, str]:
    """The lines of the front page with where they lead."""
    page = client.get("/admin/")
    return {line.words: line.url for line in page.context["lines"]}


def batch_of(source: Source, body: bytes = b"{}", error: str = "", **fields: Any) -> RawBatch:
    poll = Poll.objects.create(
        source=source, started_at=NOW, finished_at=NOW, error=error, bytes=len(body), file_name=fields.pop("name", "")
    )
    return RawBatch.objects.create(poll=poll, source=source, body=zlib.compress(body), received_at=NOW, **fields)


def held(n: int, at: datetime) -> None:
    source = Source.objects.filter(slug="rumour").first() or make_source("rumour", trusted=False)
    say(source, claim(id=str(n), lanes=lanes("closed"), effective_at=at.isoformat()), now=at)


# The front page


def test_where_nothing_waits_the_front_page_says_nothing_of_it(client: Client) -> None:
    make_crossing()
    assert waits(client) == {} and "What waits" not in text(client.get("/admin/"))


def test_the_front_page_names_what_waits_and_leads_there(client: Client) -> None:
    make_crossing()
    make_crossing("chaman")
    for n, age in enumerate((HOUR, 2 * DAY, 3 * DAY)):
        held(n, NOW - age)
    source = make_source("feed", address="https://example.org/", format="partner")
    SourceState.objects.create(source=source, failing_since=NOW, failures=3)
    Alarm.sound("failing", source, "3 failures in a row", timezone.now())
    Alarm.sound("quiet", source, "over", NOW)
    Alarm.clear("quiet", source, NOW)
    batch_of(source, state="dead")
    batch_of(source, state="failed")
    say(make_source("amu"), claim(id="a", lanes=lanes("closed"), effective_at=(NOW - 2 * HOUR).isoformat()), now=NOW)
    say(make_source("dawn"), claim(id="b", lanes=lanes("open"), effective_at=(NOW - HOUR).isoformat()), now=NOW)
    old = claim(id="c", crossing="chaman", lanes=lanes("closed"), effective_at=(NOW - 3 * DAY).isoformat())
    say(make_source("broker"), {**old, "reported_at": old["effective_at"]}, now=NOW)
    settle(timezone.now())
    found = waits(client)
    alarm = Alarm.objects.get(cleared_at=None)
    assert found == {
        "Alarm: the source keeps failing (secret name of feed, just now)": admin_url(alarm),
        "3 drafts wait, 2 for more than a day: the oldest came 3 days ago": "/admin/crossings/draft/",
        "1 crossing of which sources disagree": "/admin/crossings/crossing/?trust=disputed",
        "1 crossing of which nobody has spoken lately": "/admin/crossings/crossing/?trust=stale",
        "1 source fails": "/admin/crossings/source/?polling=failing",
        "1 batch was set aside": "/admin/crossings/rawbatch/?state__exact=dead",
    }
    for trust, name in (("disputed", "Torkham"), ("stale", "Chaman")):
        page = client.get(f"/admin/crossings/crossing/?trust={trust}")
        assert [row.name for row in page.context["cl"].result_list] == [name]


def test_everybody_is_told_only_of_what_they_may_see(client: Client) -> None:
    make_crossing()
    held(1, NOW)
    source = make_source("feed")
    SourceState.objects.create(source=source, failing_since=NOW)
    Alarm.sound("quiet", source, "silent", NOW)
    assert len(waits(client)) == 3
    assert len(waits(logged_in(staff("logger", "add_report")))) == 1, "drafts wait for who decides on them"
    assert waits(logged_in(staff("nobody"))) == {}


def test_the_front_page_takes_the_same_queries_however_much_waits(client: Client) -> None:
    make_crossing()
    client.get("/admin/")
    with CaptureQueriesContext(connection) as few:
        client.get("/admin/")
    for n in range(12):
        held(n, NOW - n * DAY)
        source = make_source(f"s{n}")
        SourceState.objects.create(source=source, failing_since=NOW)
        Alarm.sound("quiet", source, "silent", NOW)
        batch_of(source, state="dead")
    with CaptureQueriesContext(connection) as many:
        page = client.get("/admin/")
    assert len(many) == len(few) and "and more alarms" in text(page)


# Alarms


def test_an_alarm_is_looked_at_and_said_to_be_dealt_with(client: Client) -> None:
    source = make_source("feed")
    Alarm.sound("odd_time", source, "Report 41, <b>Torkham</b>: from 2042\nReport 42, Torkham: from 2043", NOW)
    alarm = Alarm.objects.get()
    page = text(client.get(admin_url(alarm)))
    assert "&lt;b&gt;Torkham&lt;/b&gt;: from 2042<br>Report 42" in page
    assert "Report 42" in text(client.get(admin_url(alarm, "clear")))
    assert Alarm.objects.get().cleared_at is None
    done = client.post(admin_url(alarm, "clear"), follow=True)
    assert "it is over" in text(done) and Alarm.objects.get().cleared_at is not None
    assert LogEntry.objects.get().object_id == str(alarm.pk)
    assert "It is over already" in text(client.post(admin_url(alarm, "clear"), follow=True))
    listed = client.get("/admin/crossings/alarm/")
    assert not listed.context["cl"].result_list
    assert list(client.get("/admin/crossings/alarm/?raised=over").context["cl"].result_list) == [alarm]


def test_only_who_may_change_alarms_says_that_they_are_dealt_with() -> None:
    Alarm.sound("quiet", make_source("feed"), "silent", NOW)
    alarm = Alarm.objects.get()
    logger = logged_in(staff("logger", "add_report"))
    assert logger.get(admin_url(alarm)).status_code == 200
    assert "Dealt with…" not in text(logger.get(admin_url(alarm)))
    assert logger.post(admin_url(alarm, "clear")).status_code == 403


# What sources sent


def test_what_came_is_shown_as_text_that_does_nothing_and_saved_as_a_file_that_no_browser_opens(client: Client) -> None:
    sent = b"<script>alert(1)</script>" + b"x" * 30_000
    batch = batch_of(make_source("feed"), sent, state="failed", name='odd "name".html')
    page = text(client.get(admin_url(batch)))
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page and "<script>alert(1)" not in page
    assert "the rest is in the file" in page and len(page) < 60_000
    file = client.get(admin_url(batch, "body"))
    assert (file.content, file.headers["Content-Type"]) == (sent, "application/octet-stream")
    assert file.headers["Content-Disposition"].startswith(f'attachment; filename="batch-{batch.pk}-odd ')
    assert "sandbox" in file.headers["Content-Security-Policy"]
    assert file.headers["X-Content-Type-Options"] == "nosniff"


def test_what_is_no_text_is_not_shown(client: Client) -> None:
    batch = batch_of(make_source("feed"), b"PK\x03\x04\x00\x00", state="failed")
    assert "This is no text" in text(client.get(admin_url(batch)))


@pytest.mark.parametrize(("state", "tried"), [("dead", True), ("failed", True), ("taken", False), ("waiting", False)])
def test_what_no_worker_tries_any_more_is_tried_again_from_its_own_page(
    client: Client, state: str, tried: bool
) -> None:
    batch = batch_of(make_source("feed"), error="invalid_json", state=state, attempts=3)
    assert ("Try again…" in text(client.get(admin_url(batch)))) is tried
    client.get(admin_url(batch, "retry"))
    page = text(client.post(admin_url(batch, "retry"), follow=True))
    assert ("1 batch is tried again" in page) is tried
    batch.refresh_from_db()
    assert (batch.state, batch.attempts) == (("waiting", 0) if tried else (state, 3))


def test_what_cannot_be_used_is_offered_beside_what_was_set_aside(client: Client) -> None:
    source = make_source("feed")
    dead, failed = batch_of(source, state="dead"), batch_of(source, error="invalid_json", state="failed")
    page = client.get(admin_url(source, "retry"))
    assert fields_of(page)["batches"] == str(dead.pk)
    assert "it cannot be used (invalid_json)" in text(page)
    client.post(admin_url(source, "retry"), {"batches": [failed.pk]})
    assert {row.pk: row.state for row in RawBatch.objects.all()} == {dead.pk: "dead", failed.pk: "waiting"}


def test_only_who_may_look_at_batches_sees_them_and_only_who_may_change_sources_tries_them() -> None:
    batch = batch_of(make_source("feed"), state="dead")
    logger, viewer = logged_in(staff("logger", "add_report")), logged_in(staff("viewer", "view_rawbatch"))
    assert logger.get(admin_url(batch)).status_code == 403
    assert logger.get(admin_url(batch, "body")).status_code == 403
    assert viewer.get(admin_url(batch, "body")).status_code == 200
    assert viewer.post(admin_url(batch, "retry")).status_code == 403
    assert Draft.objects.count() == 0
