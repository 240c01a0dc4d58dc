"""How a source is set up: the options of its format, and secrets that are written and never read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.utils import timezone

from crossings.models import Current, Source
from tests.desk import admin_url, fields_of, logged_in, staff
from tests.factories import claim, lanes, make_crossing, make_source, say

pytestmark = pytest.mark.django_db
SECRET = "Authorization: Bearer s3cret-token\nX-Key: other-s3cret"


@pytest.fixture
def client() -> Client:
    return logged_in(staff("chief", superuser=True))


@pytest.fixture
def source() -> Source:
    return make_source("feed", address="https://example.org/feed", format="partner")


def text(response: Any) -> str:
    found: str = response.content.decode()
    return found


def send(client: Client, source: Source, **typed: Any) -> Any:
    url = admin_url(source)
    page = client.post(url, {**fields_of(client.get(url)), **typed}, follow=True)
    source.refresh_from_db()
    return page


def sealed() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT headers FROM crossings_source")
        return str(cursor.fetchone()[0])


def test_headers_are_kept_encrypted_and_never_shown_again(client: Client, source: Source) -> None:
    send(client, source, new_headers=SECRET)
    assert source.headers == SECRET
    page = text(client.get(admin_url(source)))
    assert "Authorization, X-Key" in page and "s3cret" not in page
    assert "s3cret" not in sealed()
    assert "s3cret" not in "".join(entry.change_message for entry in LogEntry.objects.all())


def test_left_empty_they_stay_and_they_are_dropped_on_demand(client: Client, source: Source) -> None:
    send(client, source, new_headers=SECRET)
    send(client, source, note="looked at")
    assert (source.headers, source.note) == (SECRET, "looked at")
    send(client, source, drop_headers="on")
    assert source.headers == "" and "none" in text(client.get(admin_url(source)))


def test_an_edit_keeps_even_what_no_key_of_ours_opens(client: Client, source: Source) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE crossings_source SET headers = 'sealed elsewhere'")
    send(client, source, note="looked at")
    assert sealed() == "sealed elsewhere" and source.note == "looked at"


def test_a_secret_with_a_fault_beside_it_is_not_shown_back(client: Client, source: Source) -> None:
    page = send(client, source, new_headers=SECRET, interval="soon")
    assert "Enter a number" in text(page) and "s3cret" not in text(page)


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"new_headers": "s3cret"}, "new_headers", "written Name: value"),
        ({"new_headers": "s3cret: ü"}, "new_headers", "Line 1 of the headers"),
        ({"new_headers": SECRET, "drop_headers": "on"}, "drop_headers", "not both"),
        ({"options": "{"}, "options", "Enter a valid JSON"),
        ({"options": "[1]"}, "options", "A JSON object is expected"),
        ({"options": '{"timezone": "Kabul"}', "format": "sheet"}, "options", "Kabul"),
    ],
)
def test_nonsense_is_refused_beside_its_field(
    client: Client, source: Source, typed: dict[str, str], field: str, words: str
) -> None:
    page = send(client, source, **typed)
    assert words in str(page.context["adminform"].form.errors[field])
    assert "s3cret" not in text(page)
    assert (source.headers, source.options) == ("", {})


def test_options_are_kept_as_they_are_typed(client: Client, source: Source) -> None:
    options = '{"columns": {"Gate": "crossing", "Status": "state"}, "timezone": "Asia/Kabul"}'
    send(client, source, options=options, format="sheet")
    assert source.options == {"columns": {"Gate": "crossing", "Status": "state"}, "timezone": "Asia/Kabul"}
    send(client, source, options="")
    assert source.options == {}


def test_the_countries_it_may_speak_of_are_typed_one_a_line(client: Client, source: Source) -> None:
    send(client, source, countries="pk\nAF\npk")
    assert source.countries == ["PK", "AF"]
    assert "PK\nAF" in text(client.get(admin_url(source)))
    assert "two letters" in text(send(client, source, countries="Pakistan"))
    assert source.countries == ["PK", "AF"]
    send(client, source, countries="")
    assert source.countries == []


def test_how_its_word_is_weighed_loosens_no_sensitive_crossing_by_one_person_alone(client: Client) -> None:
    crossing, now = make_crossing(sensitive=True), timezone.now()
    # An authority speaks of its own gate only; what anybody else saw pass proves that both are open.
    authority = make_source("customs", kind="authority", country="AF")
    for source, state, hours in ((make_source("amu"), "closed", 3), (authority, "open", 2)):
        began, side = (now - timedelta(hours=hours)).isoformat(), "PK" if state == "closed" else "AF"
        say(source, claim(id="1", lanes=lanes(state), declared_by=side, effective_at=began), now=now)
    assert Current.objects.get().state == "closed"
    page = send(client, authority, kind="partner", country="")
    errors = page.context["adminform"].form.errors
    assert "Torkham, which is sensitive, would stand looser" in str(errors) and set(errors) <= {"kind", "country"}
    assert (authority.kind, authority.country) == ("authority", "AF")
    assert Current.objects.get().state == "closed"
    crossing.sensitive = False
    crossing.save()
    assert send(client, authority, kind="partner", country="").redirect_chain
    assert authority.kind == "partner" and Current.objects.get().state == "open"


def test_no_new_source_is_named_like_a_colleagues_own(client: Client) -> None:
    url = "/admin/crossings/source/add/"
    page = client.post(url, {**fields_of(client.get(url)), "name": "Omar", "slug": "Staff-omar", "kind": "partner"})
    assert "our own staff are named: choose another" in str(page.context["adminform"].form.errors["slug"])
    assert not Source.objects.exists()


def test_of_a_colleagues_own_source_neither_kind_nor_trust_nor_whether_it_speaks_is_edited(client: Client) -> None:
    own = make_source("staff-omar", kind="staff")
    assert not {"kind", "trusted", "active"} & fields_of(client.get(admin_url(own))).keys()
    send(client, own, kind="partner", trusted="", active="", note="looked at")
    assert (own.kind, own.trusted, own.active, own.note) == ("staff", True, True, "looked at")
