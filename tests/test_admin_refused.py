"""What the desk refuses: numbers that are none, days past all calendars, names and sources of others."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from crossings.admin.key import KeyForm
from crossings.domain.claims import stamp
from crossings.domain.keys import end_of
from crossings.models import ApiKey, Crossing, Draft, Duty, Report
from tests.desk import LOG, admin_url, blank, fields_of, logged_in, staff
from tests.factories import claim, lanes, make_crossing, make_source, say, utc

pytestmark = pytest.mark.django_db
NINES = "9" * 5000
KEYS = "/admin/crossings/apikey/add/"


@pytest.fixture
def chief() -> Client:
    return logged_in(staff("chief", superuser=True))


def of_pakistan(*permissions: str) -> Client:
    user = staff("parveen", *permissions)
    Duty.objects.create(user=user, countries=["PK"])
    return logged_in(user)


def text(response: Any) -> str:
    return str(response.content.decode())


# Numbers and letters that no row has


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("bulletin/new/?again=²", 200),
        (f"bulletin/new/?again={NINES}", 404),
        ("proposal/²/change/", 404),
        (f"proposal/{NINES}/change/", 404),
        (f"draft/review/?draft={NINES}", 200),
        ("draft/review/?draft=²", 200),
    ],
)
def test_a_number_that_no_row_has_finds_nothing(chief: Client, path: str, status: int) -> None:
    assert chief.get(f"/admin/crossings/{path}", follow=True).status_code == status


@pytest.mark.parametrize("action", ["accept", "leave"])
def test_a_draft_that_no_row_is_cannot_be_decided(chief: Client, action: str) -> None:
    for asked in (NINES, "²", "٣"):
        sent = chief.post("/admin/crossings/draft/review/", {"draft": asked, "action": action}, follow=True)
        assert sent.status_code in (200, 204)


@pytest.mark.parametrize("rows", [NINES, "²", "-1", "x"])
def test_a_log_form_with_nonsense_for_its_rows_is_shown_again(chief: Client, rows: str) -> None:
    make_crossing()
    assert chief.post(LOG, {**blank(chief, "torkham"), "rows": rows, "action": "preview"}).status_code == 200


def test_a_tap_on_a_crossing_that_cannot_be_named_finds_none(chief: Client) -> None:
    known = make_crossing()
    for tap in ("tor\x00kham:", "\x00", f"{known.slug}\x00:x"):
        assert chief.post("/admin/crossings/crossing/round/", {"tap": tap, "how": "saw_it"}).status_code == 404
    assert chief.get("/admin/crossings/crossing/round/?look=%00&why=%00").status_code == 200


# Days past all calendars


@pytest.mark.parametrize(("field", "day"), [("end", "9999-12-31"), ("start", "0001-01-01"), ("end", "2200-01-01")])
def test_an_export_of_days_past_all_calendars_is_refused_beside_the_day(chief: Client, field: str, day: str) -> None:
    make_crossing()
    url = reverse("admin:crossings_report_export")
    page = chief.post(url, {"out-what": "reports", "out-form": "csv", f"out-{field}": day})
    assert page.status_code == 200 and "A year from 1900 to 2199 is expected." in text(page)


def test_a_key_until_past_all_calendars_is_refused_beside_the_day(chief: Client) -> None:
    typed = {**fields_of(chief.get(KEYS)), "source": str(make_source().pk)}
    for day in ("9999-12-31", "2200-01-01"):
        assert "A year of at most 2199 is expected" in text(chief.post(KEYS, {**typed, "expires": day}))
    assert not ApiKey.objects.exists()
    chief.post(KEYS, {**typed, "expires": "2199-12-31"})
    assert ApiKey.objects.get().expires_at == utc("2200-01-01")


def test_a_key_has_no_end_that_no_calendar_holds() -> None:
    with pytest.raises(ValueError, match="2199"):
        end_of(utc("9999-12-31").date())


# Names and sources of others


def test_a_key_is_made_only_for_active_sources_of_ones_own_countries() -> None:
    own, foreign = make_source("own", countries=["PK"]), make_source("foreign", countries=["IR"])
    everywhere, gone = make_source("everywhere"), make_source("gone", countries=["PK"], active=False)
    client = of_pakistan("add_apikey", "view_apikey", "change_apikey")
    page = client.get(KEYS)
    assert [str(each.value) for each, _ in page.context["form"].fields["source"].choices if each] == [str(own.pk)]
    for other in (foreign, everywhere, gone):
        assert "Select a valid choice" in text(client.post(KEYS, {**fields_of(page), "source": str(other.pk)}))
    assert not ApiKey.objects.exists()
    client.post(KEYS, {**fields_of(page), "source": str(own.pk)})
    assert ApiKey.objects.get().source == own
    assert KeyForm.base_fields["source"].queryset.count() == 0  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("aliases", "Khunjrab\nSarakhs", "Sarakhs names another crossing already: Sarakhs Gate."),
        ("aliases", "sarákhs gate", "sarákhs gate names another crossing already: Sarakhs Gate."),
        ("aliases", "IRSRX", "IRSRX names another crossing already: Sarakhs Gate."),
        ("names", "ps: SARAKHS", "SARAKHS names another crossing already: Sarakhs Gate."),
        ("name", "Sarakhs", "Sarakhs names another crossing already: Sarakhs Gate."),
    ],
)
def test_a_crossing_is_not_called_what_names_another(field: str, typed: str, words: str) -> None:
    khunjerab = make_crossing("khunjerab", ("AF", "PK"))
    make_crossing("sarakhs", ("AF", "IR"), name="Sarakhs Gate", codes=["IRSRX"], aliases=["Saraks"])
    client = of_pakistan("change_crossing", "view_crossing")
    url = admin_url(khunjerab)
    form = fields_of(client.get(url))
    assert words in text(client.post(url, {**form, field: typed}, follow=True))
    kept = Crossing.objects.get(slug="khunjerab")
    assert (kept.name, kept.names, kept.aliases) == ("Khunjerab", {}, [])
    client.post(url, {**form, "aliases": "Khunjrab\nSaraks\nkhunjerab"}, follow=True)
    assert Crossing.objects.get(slug="khunjerab").aliases == ["Khunjrab", "Saraks", "khunjerab"]


def test_a_draft_is_never_accepted_onto_a_crossing_of_others_by_an_alias_of_ones_own() -> None:
    make_crossing("sarakhs", ("AF", "IR"))
    make_crossing("khunjerab", ("AF", "PK"), aliases=["sarakhs"])
    said = claim(crossing="khunjerab", lanes=lanes("closed"), effective_at=stamp(timezone.now().replace(microsecond=0)))
    say(make_source("rumour", trusted=False), said, now=timezone.now())
    client = of_pakistan("change_draft", "view_draft", "add_report")
    url = admin_url(Draft.objects.get(), "correct")
    content = json.dumps({**Draft.objects.get().content, "crossing": "sarakhs"})
    shown = client.post(url, {"content": content})
    client.post(url, fields_of(shown))
    assert [report.crossing.slug for report in Report.objects.all()] == ["khunjerab"]


@pytest.mark.parametrize("named", [None, 7, ["torkham"]])
def test_json_that_names_no_crossing_is_refused_and_shown_again(chief: Client, named: Any) -> None:
    make_crossing()
    said = claim(lanes=lanes("closed"), effective_at=stamp(timezone.now().replace(microsecond=0)))
    say(make_source("rumour", trusted=False), said, now=timezone.now())
    draft = Draft.objects.get()
    page = chief.post(admin_url(draft, "correct"), {"content": json.dumps({**draft.content, "crossing": named})})
    assert page.status_code == 200 and not Report.objects.exists()
