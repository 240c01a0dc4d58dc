"""All sources at a glance: how their polling goes, what needs somebody, and what is asked of the worker."""

from __future__ import annotations

import zlib
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crossings import bell, pulse
from crossings.models import Alarm, Poll, RawBatch, Source, SourceState
from tests.desk import admin_url, fields_of, logged_in, staff
from tests.factories import make_source

pytestmark = pytest.mark.django_db
GLANCE = "/admin/crossings/source/glance/"


@pytest.fixture(autouse=True)
def no_beat() -> Any:
    cache.delete(pulse.KEY)
    bell.breaker.closed_until = 0.0
    yield
    cache.delete(pulse.KEY)
    bell.breaker.closed_until = 0.0


@pytest.fixture
def client() -> Client:
    return logged_in(staff("chief", superuser=True))


def beat(seconds_ago: float = 1) -> None:
    cache.set(pulse.KEY, (timezone.now() - timedelta(seconds=seconds_ago)).isoformat(), 60)


def text(response: Any) -> str:
    found: str = response.content.decode()
    return found


def polled(slug: str = "feed", **fields: Any) -> Source:
    return make_source(slug, address="https://example.org/feed", format="partner", **fields)


def poll_of(source: Source, at: datetime, **fields: Any) -> Poll:
    return Poll.objects.create(source=source, started_at=at, finished_at=at, **fields)


def batch_of(source: Source, **fields: Any) -> RawBatch:
    now = timezone.now()
    given = {"body": zlib.compress(b"{}"), "received_at": now, **fields}
    return RawBatch.objects.create(poll=poll_of(source, now), source=source, **given)


def shown(client: Client, slug: str) -> Any:
    return next(row["of"] for row in client.get(GLANCE).context["rows"] if row["of"].source.slug == slug)


def test_a_source_shows_its_last_poll_and_what_came_of_24_hours(client):
    source, now = polled(), timezone.now()
    poll_of(source, now - timedelta(hours=25), counts={"recorded": 900})
    poll_of(source, now - timedelta(hours=23), counts={"recorded": 5, "refused": 1})
    poll_of(source, now - timedelta(minutes=1), counts={"recorded": 2, "same": 1200})
    SourceState.objects.create(
        source=source, last_polled_at=now, last_success_at=now, next_due_at=now + timedelta(minutes=9, seconds=30)
    )
    make_source("pushing")
    page = client.get(GLANCE)
    for words in ("same 1,200, recorded 2", "same 1,200, recorded 7, refused 1", "just now", "in 9 minutes",
                  "no: it is pushed, or given by hand"):  # fmt: skip
        assert words in text(page), words
    assert [row["of"].source.slug for row in page.context["rows"]] == ["feed", "pushing"]


def test_what_fails_comes_first_with_its_alarm_its_error_and_since_when(client):
    polled("a-fine")
    source, now = polled("failing"), timezone.now()
    poll_of(source, now, error="timed_out", detail="No answer within 10 s.")
    SourceState.objects.create(source=source, failing_since=now - timedelta(hours=3), failures=18)
    Alarm.sound(Alarm.Kind.FAILING, source, "3 failures in a row", now)
    Alarm.sound(Alarm.Kind.QUIET, source, "over long ago", now)
    Alarm.clear(Alarm.Kind.QUIET, source, now)
    page = client.get(GLANCE)
    assert [row["of"].source.slug for row in page.context["rows"]] == ["failing", "a-fine"]
    for words in ("timed_out: No answer within 10 s.", "3 hours ago), 18 times", "3 failures in a row"):
        assert words in text(page), words
    assert "over long ago" not in text(page)


def test_batches_that_wait_show_how_far_they_are(client):
    source = polled()
    batch = batch_of(source, done=3500, attempts=2)
    batch_of(source, state="taken")
    assert f"batch {batch.pk}, received" in text(client.get(GLANCE))
    assert "3,500 items worked off, try 2" in text(client.get(GLANCE))
    assert len(shown(client, "feed").waiting) == 1


def test_it_takes_the_same_queries_for_many_sources_as_for_one(client, django_assert_num_queries):
    def grow(slugs: list[str]) -> None:
        for slug in slugs:
            source = polled(slug)
            SourceState.objects.create(source=source, last_polled_at=timezone.now())
            batch_of(source)
            batch_of(source, state="dead")
            Alarm.sound(Alarm.Kind.POISON, source, "set aside", timezone.now())

    grow(["one"])
    with CaptureQueriesContext(connection) as few:
        client.get(GLANCE)
    grow([f"s{n}" for n in range(15)])
    with django_assert_num_queries(len(few)):
        client.get(GLANCE)
    assert len(few) <= 11


# The worker


@pytest.mark.parametrize(("seconds", "words"), [(1, "A worker answered"), (200, "No worker has answered of late")])
def test_the_page_says_whether_a_worker_answers(client, seconds, words):
    beat(seconds)
    assert words in text(client.get(GLANCE))


def test_poll_now_comes_back_to_the_glance_and_says_where_no_worker_answers(client):
    source = polled()
    form = {"from": "glance"}
    beat()
    page = client.post(admin_url(source, "poll"), form, follow=True)
    assert page.redirect_chain == [(GLANCE, 302)]
    assert "Asked for at" in text(page) and "But no worker has answered" not in text(page)
    beat(200)
    assert "But no worker has answered of late" in text(client.post(admin_url(source, "poll"), form, follow=True))


def test_a_batch_that_was_set_aside_is_tried_again_from_the_first_try(client):
    source, now = polled(), timezone.now()
    first, second = (batch_of(source, state="dead", attempts=5, tried_at=now, done=40) for _ in range(2))
    Alarm.sound(Alarm.Kind.POISON, source, "set aside", now, first)
    url = admin_url(source, "retry")
    page = client.get(url)
    assert fields_of(page)["batches"] == [str(first.pk), str(second.pk)]
    assert "40 items were worked off, 5 tries" in text(page)
    assert "Choose at least one" in text(client.post(url, {}))
    assert "not one of the available choices" in text(client.post(url, {"batches": ["999999"]}))
    client.post(url, {"batches": [first.pk]})
    told = {row.pk: (row.state, row.attempts, row.tried_at) for row in RawBatch.objects.all()}
    assert told == {first.pk: ("waiting", 0, None), second.pk: ("dead", 5, now)}
    assert Alarm.objects.get().cleared_at is None
    assert "But no worker has answered" in text(client.post(url, {"batches": [second.pk]}, follow=True))
    assert RawBatch.objects.filter(state="waiting").count() == 2
    assert Alarm.objects.get().cleared_at is not None
    assert "No batch of this source is set aside" in text(client.get(url, follow=True))


def test_without_a_broker_the_sweep_finds_what_is_to_be_tried_again(client):
    source = polled()
    batch = batch_of(source, state="dead", attempts=5)
    bell.breaker.failed()
    page = client.post(admin_url(source, "retry"), {"batches": [batch.pk]}, follow=True)
    assert "The worker cannot be reached now" in text(page)
    batch.refresh_from_db()
    assert batch.state == "waiting"


def test_only_who_may_change_sources_asks_for_anything(client):
    source = polled()
    batch_of(source, state="dead")
    viewer = logged_in(staff("viewer", "view_source"))
    page = text(viewer.get(GLANCE))
    assert "Poll now" not in page and "Try again" not in page
    for act in ("poll", "retry"):
        assert viewer.get(admin_url(source, act)).status_code == 403
        assert viewer.post(admin_url(source, act)).status_code == 403
    assert "Poll now" in text(client.get(GLANCE)) and "Try again…" in text(client.get(GLANCE))
    assert "All at a glance" in text(viewer.get("/admin/crossings/source/"))
    assert "All at a glance" in text(client.get("/admin/crossings/source/"))


# /readyz


@pytest.mark.django_db(transaction=True)
def test_ready_tells_of_each_source_under_its_public_label_and_of_the_worker():
    source, now = polled(), timezone.now()
    SourceState.objects.create(source=source, failing_since=now, next_due_at=now)
    beat(42)
    answer = Client().get("/readyz")
    [told] = answer.json()["polls"]
    assert (answer.status_code, told["source"]) == (200, "label of feed")
    assert told.keys() == {"source", "last_polled_at", "last_success_at", "failing_since", "next_due_at"}
    assert told["failing_since"] == told["next_due_at"] and told["last_success_at"] is None
    assert 41 < answer.json()["worker_seen_s_ago"] < 60
    assert "secret name" not in answer.content.decode()


@pytest.mark.django_db(transaction=True)
def test_ready_is_ready_without_a_worker():
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()["worker_seen_s_ago"]) == (200, None)
