"""The facts of a sensitive crossing: no one person eases by them how its word is weighed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from crossings.models import Crossing, Current
from tests.desk import admin_url, fields_of, logged_in, staff
from tests.factories import claim, lanes, make_crossing, make_source, say
from tests.test_people import member

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    return logged_in(staff("chief", superuser=True))


def edited(client: Client, crossing: Crossing, **typed: Any) -> str:
    url = admin_url(crossing)
    page: str = client.post(url, {**fields_of(client.get(url)), **typed}, follow=True).content.decode()
    return page


def test_it_stays_sensitive_until_a_second_person_agrees(client: Client) -> None:
    crossing = make_crossing(sensitive=True)
    url = admin_url(crossing)
    typed = {name: value for name, value in fields_of(client.get(url)).items() if name != "sensitive"}
    assert "A second person has to agree" in client.post(url, typed).content.decode()
    assert Crossing.objects.get().sensitive


def test_a_closure_is_not_made_to_be_forgotten_sooner(client: Client) -> None:
    crossing = make_crossing(sensitive=True)
    assert "not made to be forgotten sooner" in edited(client, crossing, forget_after="0.05")
    assert Crossing.objects.get().forget_after == timedelta(days=60)
    assert "was changed successfully" in edited(client, crossing, forget_after="90")


def test_nobody_opens_it_alone_by_saying_that_one_side_is_enough(client: Client) -> None:
    crossing = make_crossing(sensitive=True)
    now = timezone.now()
    word = claim(declared_by="AF", one_gate=True, lanes=lanes("open"), effective_at=now.isoformat())
    say(make_source("amu", trusted=True), word, now=now)
    assert Current.objects.get().state == "unknown"
    assert "that is for two persons" in edited(client, crossing, must_speak=["a"])
    assert Current.objects.get().state == "unknown" and Crossing.objects.get().must_speak == []
    Crossing.objects.update(sensitive=False)
    crossing.refresh_from_db()
    assert "was changed successfully" in edited(client, crossing, must_speak=["a"])


def test_who_looks_after_some_countries_makes_crossings_there_only() -> None:
    client = logged_in(member("local", "editor", "IR"))
    url = "/admin/crossings/crossing/add/"
    typed = {"name": "Far", "slug": "far", "traffic": ["cargo"], "country_a": "AF", "timezone_a": "Asia/Kabul",
             "country_b": "PK", "timezone_b": "Asia/Karachi", "names": "", "aliases": "", "codes": "", "hours": "",
             "fresh_for": "24", "forget_after": "60"}  # fmt: skip
    page = client.post(url, typed).content.decode()
    assert "One side has to lie in a country that you look after: IR." in page
    assert not Crossing.objects.exists()
    client.post(url, {**typed, "country_b": "IR", "timezone_b": "Asia/Tehran"})
    assert Crossing.objects.get().countries == ("AF", "IR")
