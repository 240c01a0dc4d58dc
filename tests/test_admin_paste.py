"""Pasting at the desk: looked over, kept without what is private, read, chosen, logged; and nothing of it in public."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from crossings import ledger, pasting
from crossings.domain.faults import Refused
from crossings.models import Crossing, Duty, Paste, Report
from tests.desk import admin_url, fields_of, log, logged_in, staff
from tests.factories import claim, lanes, make_crossing, make_source, say

pytestmark = pytest.mark.django_db
NEW = "/admin/crossings/paste/new/"
LIST = "/admin/crossings/paste/"
PASHTO = "[22/02, 14:05] Karim Khan: د تورخم دروازه بنده ده. حاجي کریم وویل. +93 70 123 4567"
RIGHTS = ("add_paste", "view_paste", "add_report")


@pytest.fixture
def torkham() -> Crossing:
    return make_crossing(names={"ps": "تورخم", "ur": "طورخم"})


@pytest.fixture
def zahra(torkham: Crossing) -> User:
    return staff("zahra", *RIGHTS)


@pytest.fixture
def client(zahra: User) -> Client:
    return logged_in(zahra)


def text(response: Any) -> str:
    found: str = response.content.decode()
    return found


def kept(client: Client, pasted: str, **more: Any) -> Any:
    looked = client.post(NEW, {"text": pasted, **more})
    return client.post(NEW, fields_of(looked), follow=True)


def omar_of(*countries: str) -> User:
    user = staff("omar", *RIGHTS)
    Duty.objects.create(user=user, countries=list(countries))
    return user


# Kept


def test_a_message_is_looked_over_without_names_and_numbers_before_anything_is_kept(client):
    page = client.post(NEW, {"text": PASHTO, "role": "driver"})
    found = fields_of(page)
    assert found["text"] == "[22/02, 14:05] [name]: د تورخم دروازه بنده ده. حاجي [name] وویل. [number]"
    assert "names: 2, telephone numbers: 1" in text(page)
    assert not Paste.objects.exists()
    done = client.post(NEW, found, follow=True)
    paste = Paste.objects.get()
    assert (paste.text, paste.informant, str(paste.pasted_by)) == (found["text"], "driver", "zahra")
    assert paste.taken_out == {"name": 2, "number": 1}
    assert done.redirect_chain[-1][0] == admin_url(paste)
    assert LogEntry.objects.get().object_id == str(paste.pk)
    for words in ("<mark>تورخم</mark>", "<mark>بنده</mark>", "says that it is closed", 'value="torkham"'):
        assert words in text(done), words


def test_the_person_has_the_last_word_on_what_is_kept_but_for_telephone_numbers(client):
    looked = fields_of(client.post(NEW, {"text": "Torkham is closed, says Gul Agha"}))
    assert "Gul Agha" in text(client.post(NEW, {"text": "Torkham is closed, says Gul Agha"}))
    refused = client.post(NEW, {**looked, "text": "closed, call 0093 70 123 4567"})
    assert "Telephone numbers are not kept here" in text(refused)
    assert fields_of(refused)["text"] == "closed, call 0093 70 123 4567"
    client.post(NEW, {**looked, "text": "Torkham is closed, says [name]"})
    assert Paste.objects.get().text == "Torkham is closed, says [name]"
    assert Paste.objects.get().taken_out == {"name": 1}


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"text": ""}, "Paste the message here"),
        ({"text": "  \n "}, "Paste the message here"),
        ({"text": "a" * 20_001}, "At most 20000 characters"),
        ({"text": "closed", "role": "spy"}, "Select a valid choice"),
        ({"text": "closed", "other": "driver 0700 123 456"}, "A role is expected here"),
        ({"text": "closed", "other": "Haji Karim"}, "A role is expected here"),
        ({"text": "closed", "other": "@karim_k"}, "A role is expected here"),
    ],
)
def test_nonsense_is_refused_beside_its_field_and_nothing_typed_is_lost(client, typed, words):
    page = client.post(NEW, typed)
    assert words in text(page).replace("20,000", "20000")
    assert fields_of(page)["text"].strip() == typed["text"].strip()
    assert not Paste.objects.exists()


def test_html_controls_and_overrides_in_a_message_do_nothing(client):
    done = kept(client, "Torkham <script>alert(1)</script> clo\u202esed\x07 <mark>x")
    assert "<script>alert" not in text(done) and "&lt;script&gt;" in text(done) and "&lt;mark&gt;x" in text(done)
    assert "\u202e" not in Paste.objects.get().text and "\x07" not in Paste.objects.get().text


def test_twice_sent_is_once_kept_but_not_after_a_while_nor_of_two_persons(client, zahra):
    kept(client, "Torkham closed")
    kept(client, "Torkham closed")
    assert Paste.objects.count() == 1
    later = timezone.now() + timedelta(minutes=11)
    pasting.keep("Torkham closed", "", zahra, later)
    pasting.keep("Torkham closed", "", staff("omar"), later)
    assert Paste.objects.count() == 3


def test_no_telephone_number_is_kept_by_any_way(zahra):
    for pasted, informant in (("call 0700123456", ""), ("closed", "0700123456"), ("", ""), ("a" * 20_001, "")):
        with pytest.raises(Refused):
            pasting.keep(pasted, informant, zahra, timezone.now())
    assert not Paste.objects.exists()


# Chosen, filled in, logged


def test_one_tap_on_a_suggested_crossing_leads_to_the_log_form(client, torkham):
    make_crossing("chaman")
    kept(client, "Torkham is closed. Chaman is open.")
    paste = Paste.objects.get()
    page = client.get(admin_url(paste))
    assert {each[0].slug for each in page.context["suggested"]} == {"torkham", "chaman"}
    went = client.post(admin_url(paste, "choose"), {"crossing": "torkham"})
    assert went.headers["Location"] == f"/admin/crossings/report/log/?crossing=torkham&paste={paste.pk}"
    again = client.post(admin_url(paste, "choose"), {"crossing": "Chaman"})
    assert "crossing=chaman" in again.headers["Location"]
    paste.refresh_from_db()
    assert paste.crossing == torkham
    assert "No crossing is called" in text(
        client.post(admin_url(paste, "choose"), {"crossing": "Nowhere"}, follow=True)
    )


def test_the_form_is_filled_with_what_is_safe_and_never_with_the_text_or_who_told_us(zahra, torkham):
    said = timezone.now().replace(microsecond=0)
    paste = pasting.keep("Pakistan closed Torkham now, 300 trucks are waiting. [name]", "driver", zahra, said)
    filled = pasting.fill(paste, torkham, said)
    assert filled == {
        "lane_all": "closed", "declared_by": "PK", "when": "now", "queue_low": "300", "queue_high": "300",
        "queue_unit": "trucks", "queue_traffic": "cargo",
    }  # fmt: skip
    assert not {"note", "attribution", "by_name"} & filled.keys()


def test_who_may_pass_fills_the_rows_of_conditions(zahra, torkham):
    paste = pasting.keep(
        "Only patients and students and Pakistani citizens allowed at Torkham", "", zahra, timezone.now()
    )
    filled = pasting.fill(paste, torkham, timezone.now())
    assert filled["lane_people_both"] == "restricted" and filled["rows"] == "3"
    assert [filled[f"c{n}-who"] for n in range(3)] == [["patients"], ["students"], ["nationals"]]
    assert filled["c2-country"] == "PK"


def test_what_was_logged_from_it_stands_on_its_page(client, zahra, torkham):
    paste = pasting.keep("Torkham closed", "", zahra, timezone.now())
    say(make_source(), claim(lanes=lanes("closed")), now=timezone.now())
    pasting.logged(paste, [Report.objects.get().pk])
    paste.refresh_from_db()
    assert paste.crossing == torkham
    assert f"Report {Report.objects.get().pk}" in text(client.get(admin_url(paste)))


# Who sees it


def test_a_text_of_a_crossing_is_seen_by_who_looks_after_it_and_one_of_none_by_who_pasted_it_and_who_has_all(
    client, zahra, torkham
):
    of_torkham = pasting.keep("Torkham closed", "", zahra, timezone.now(), torkham)
    of_none = pasting.keep("closed", "", zahra, timezone.now())
    omar = logged_in(omar_of("PK"))
    assert [omar.get(admin_url(each), follow=False).status_code for each in (of_torkham, of_none)] == [200, 302]
    assert omar.post(admin_url(of_none, "choose"), {"crossing": "torkham"}).status_code == 404
    assert f"#{of_none.pk}" not in text(omar.get(LIST)) and f"#{of_none.pk}" in text(client.get(LIST))
    Duty.objects.update(countries=["UZ"])
    stranger = logged_in(User.objects.get(username="omar"))
    assert stranger.get(admin_url(of_torkham)).status_code == 302
    own = kept(stranger, "closed at the bridge")
    assert own.status_code == 200 and "closed at the bridge" in text(own)
    assert "No crossing is called" in text(
        stranger.post(admin_url(Paste.objects.latest("pk"), "choose"), {"crossing": "torkham"}, follow=True)
    )


def test_only_who_may_paste_pastes_and_nobody_edits_or_deletes(torkham, zahra):
    paste = pasting.keep("closed", "", zahra, timezone.now())
    looker = logged_in(staff("looker", "view_paste"))
    assert looker.get(NEW).status_code == looker.post(NEW, {"text": "x"}).status_code == 403
    assert looker.get(admin_url(paste)).status_code == 200
    assert looker.post(admin_url(paste, "choose"), {"crossing": "torkham"}).status_code == 403
    chief = logged_in(staff("chief", superuser=True))
    assert chief.post(admin_url(paste), {"text": "other"}).status_code == 403
    assert chief.get(admin_url(paste, "delete")).status_code == 403
    assert logged_in(staff("logger", "add_report")).get(LIST).status_code == 403


def test_nothing_of_a_pasted_text_is_in_public(client, zahra, torkham):
    pasting.keep("Torkham closed. Zarqandar", "guard at the scanner", zahra, timezone.now(), torkham)
    public = Client()
    for path in ("/", "/c/torkham/", "/c/torkham/history/", "/api/v1/crossings/", "/api/v1/crossings/torkham/",
                 "/api/v1/changes/", "/api/v1/crossings/torkham/reports/"):  # fmt: skip
        page = text(public.get(path))
        assert "Zarqandar" not in page and "guard at the scanner" not in page, path


def test_what_is_redacted_is_taken_out_of_the_text_it_was_copied_from(zahra, torkham):
    chief = logged_in(staff("chief", superuser=True))
    pasted = "Torkham closed.\nThe mechanic Zarqandar saw it.\nTrucks wait."
    paste = pasting.keep(pasted, "friend of Zarqandar", zahra, timezone.now())
    log(chief, {"lane_all": "closed", "when": "now", "note": "mechanic zarqandar"})
    ledger.redact(Report.objects.get(), ["note"], reason="a name", now=timezone.now(), by=None)
    paste.refresh_from_db()
    assert paste.text == "Torkham closed.\n[removed]\nTrucks wait."
    assert paste.informant == "friend of Zarqandar"


def test_a_pasted_message_becomes_a_report_and_names_it(client, torkham):
    kept(client, "Pakistan closed Torkham now, says Haji Karim", role="driver")
    paste = Paste.objects.get()
    form = client.post(admin_url(paste, "choose"), {"crossing": "torkham"}, follow=True)
    filled = fields_of(form)
    assert (filled["lane_all"], filled["declared_by"], filled["paste"]) == ("closed", "PK", str(paste.pk))
    shown = client.post("/admin/crossings/report/log/", {**filled, "action": "preview"})
    client.post("/admin/crossings/report/log/", {**fields_of(shown), "action": "save"}, follow=True)
    report = Report.objects.get()
    assert list(paste.reports.all()) == [report]
    assert (report.note, report.attribution, report.declared_by) == ("", "", "PK")
    assert f"Report {report.pk}" in text(client.get(admin_url(paste)))


def test_a_text_without_a_sure_time_leaves_since_when_to_be_chosen_and_the_form_asks_for_it(client, torkham):
    kept(client, "Torkham closed. I was told about 5:30")
    form = client.post(admin_url(Paste.objects.get(), "choose"), {"crossing": "torkham"}, follow=True)
    filled = fields_of(form)
    assert (filled["lane_all"], "when" in filled) == ("closed", False)
    assert "It does not surely say since when: choose that below." in text(form)
    refused = client.post("/admin/crossings/report/log/", {**filled, "action": "preview"})
    assert "Say since when." in text(refused)
    assert "What the board will say" not in text(refused)
    shown = client.post("/admin/crossings/report/log/", {**fields_of(refused), "when": "now", "action": "preview"})
    assert "What the board will say" in text(shown)
    assert not Report.objects.exists()


def test_the_form_lists_what_was_filled_in_from_a_text_and_what_is_not_sure(client, torkham):
    kept(client, "Torkham is open for trucks only, now. Pedestrians are not allowed.")
    form = client.post(admin_url(Paste.objects.get(), "choose"), {"crossing": "torkham"}, follow=True)
    filled = fields_of(form)
    assert (filled["lane_all"], filled["lane_cargo_both"], filled["when"]) == ("", "open", "now")
    for words in ("Filled in from it, and what is not sure", "<mark>open</mark>", "says that it is open",
                  "not sure, nothing filled in: it says this of some only"):  # fmt: skip
        assert words in text(form), words
    assert "It does not surely say since when" not in text(form)
