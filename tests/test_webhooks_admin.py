"""Endpoints in the admin: how they fare, what was sent, pause, take up again, send again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from crossings.models import Attempt, Delivery, Endpoint
from tests.desk import logged_in, staff
from tests.factories import claim, lanes, make_crossing, make_source, say
from tests.receivers import make_endpoint

pytestmark = pytest.mark.django_db


@pytest.fixture
def endpoint() -> Endpoint:
    """It was told of one change, and refused it."""
    make_crossing()
    now = timezone.now()
    made = make_endpoint("https://partner.example/hooks", now - timedelta(days=1), traffic=["cargo"], turn="tighter")
    say(make_source("broker"), claim(effective_at=now.isoformat(), lanes=lanes("closed")), now=now)
    delivery = Delivery.objects.get()
    Attempt.objects.create(delivery=delivery, at=now, took_ms=12, status=500, detail="It answered 500. <b>oops</b>")
    Endpoint.objects.update(failing_since=now)
    return made


@pytest.fixture
def client() -> Client:
    return logged_in(staff("chief", "view_endpoint", "change_endpoint"))


def at(endpoint: Endpoint, what: str = "change") -> str:
    return reverse(f"admin:crossings_endpoint_{what}", args=[endpoint.pk])


def test_the_list_and_the_page_tell_how_it_fares_without_its_secret(endpoint: Endpoint, client: Client) -> None:
    listed = client.get(reverse("admin:crossings_endpoint_changelist"), {"failing": "yes"}).content.decode()
    assert "https://partner.example/hooks" in listed
    page = client.get(at(endpoint)).content.decode()
    for told in ("change-1", "lanes.changed", "500 (12 ms)", "&lt;b&gt;oops", "cargo", "tighter"):
        assert told in page, told
    assert endpoint.secret not in page


def test_it_is_paused_with_a_reason_and_taken_up_again(endpoint: Endpoint, client: Client) -> None:
    assert client.get(at(endpoint, "pause")).status_code == 200
    assert client.post(at(endpoint, "pause"), {"reason": ""}).status_code == 200
    assert client.post(at(endpoint, "pause"), {"reason": "Its owner asked."}).status_code == 302
    endpoint.refresh_from_db()
    assert (endpoint.state, endpoint.detail) == ("paused", "Paused by our staff: Its owner asked.")
    assert "paused by our staff" in client.get(at(endpoint)).content.decode()
    assert "Take up again" in client.get(at(endpoint)).content.decode()
    assert client.get(at(endpoint, "resume")).status_code == 200
    assert client.post(at(endpoint, "resume")).status_code == 302
    endpoint.refresh_from_db()
    assert (endpoint.state, endpoint.failing_since) == ("active", None)
    assert not endpoint.held


def test_one_that_has_not_proven_itself_is_not_taken_up_by_staff(endpoint: Endpoint, client: Client) -> None:
    Endpoint.objects.update(state="unproven")
    client.post(at(endpoint, "resume"))
    client.post(at(endpoint, "pause"), {"reason": "x"})
    assert Endpoint.objects.get().state == "unproven"


def test_a_delivery_is_sent_again(endpoint: Endpoint, client: Client) -> None:
    Delivery.objects.update(state="delivered", ended_at=timezone.now())
    assert 'value="1"' in client.get(at(endpoint, "redeliver"), {"position": "1"}).content.decode()
    for wrong in ("", "x", "99", str(10**30)):
        assert client.post(at(endpoint, "redeliver"), {"position": wrong}).status_code == 200
    assert client.post(at(endpoint, "redeliver"), {"position": "1"}).status_code == 302
    assert Delivery.objects.get().state == "waiting"


@pytest.mark.parametrize("what", ["pause", "resume", "redeliver"])
def test_who_may_only_look_does_nothing(endpoint: Endpoint, what: str) -> None:
    viewer = logged_in(staff("viewer", "view_endpoint"))
    for answer in (viewer.get(at(endpoint, what)), viewer.post(at(endpoint, what), {"reason": "x", "position": "1"})):
        assert answer.status_code == 403


def test_the_list_takes_the_same_queries_for_one_as_for_many(
    endpoint: Endpoint, client: Client, django_assert_num_queries: Any
) -> None:
    url = reverse("admin:crossings_endpoint_changelist")
    with CaptureQueriesContext(connection) as few:
        client.get(url)
    for _ in range(10):
        make_endpoint("https://other.example/", timezone.now())
    with django_assert_num_queries(len(few)):
        client.get(url)
