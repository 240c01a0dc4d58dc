"""The form is filled in by shortcuts, likely conditions, a pasted text; and tells what came meanwhile."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from crossings import pasting
from crossings.models import Current, Proposal, Report
from tests.desk import LOG, ON_CONDITIONS, fields_of, log, logged_in, preview, save, staff
from tests.factories import make_crossing

pytestmark = pytest.mark.django_db


@pytest.fixture
def torkham():
    return make_crossing()


@pytest.fixture
def user():
    return staff("zahra", "add_report", "view_report")


@pytest.fixture
def client(user):
    return logged_in(user)


def now_text(response):
    return response.content.decode()


SHORTCUTS = {
    "af_closed": {"declared_by": "AF", "lane_all": "closed"},
    "pk_opened": {"declared_by": "PK", "one_gate": "on", "lane_all": "open"},
    "open": {"declared_by": "", "lane_all": "open"},
    "closed": {"declared_by": "", "lane_all": "closed"},
    "people_only": {"lane_people_both": "restricted", "lane_vehicles_both": "closed", "lane_cargo_both": "closed"},
}


@pytest.mark.parametrize("name", SHORTCUTS)
def test_without_javascript_a_shortcut_is_a_link_that_fills_in_the_form(torkham, client, name):
    page = client.get(LOG, {"crossing": "torkham", "do": name})
    kept = fields_of(page)
    assert {field: kept.get(field) for field in SHORTCUTS[name]} == SHORTCUTS[name]
    assert "Recorded: Report" in now_text(log(client, {**SHORTCUTS[name], "when": "now"}))


def test_the_shortcuts_name_the_two_sides_and_people_only_keeps_the_side_that_holds_it_now(torkham, client):
    log(client, {"declared_by": "PK", "lane_all": "closed", "when": "now"})
    page = client.get(LOG, {"crossing": "torkham", "do": "people_only"})
    labels = [each.label for each in page.context["shortcuts"]]
    assert labels == [
        "Afghanistan closed its gate", "Pakistan closed its gate", "Afghanistan opened its gate",
        "Pakistan opened its gate", "Open, both sides", "Closed, nobody named", "People only, on conditions",
    ]  # fmt: skip
    assert fields_of(page)["declared_by"] == "PK"
    assert "As before" in now_text(page)
    log(client, {"declared_by": "AF", "lane_people_both": "closed", "when": "now"})
    assert not fields_of(client.get(LOG, {"crossing": "torkham", "do": "people_only"})).get("declared_by")


def test_people_only_names_no_side_where_none_holds_it_now(torkham, client):
    log(client, {"declared_by": "PK", "lane_all": "closed", "when": "hour"})
    log(client, {"declared_by": "PK", "lane_all": "open", "when": "now"})
    page = client.get(LOG, {"crossing": "torkham", "do": "people_only"})
    assert not fields_of(page).get("declared_by")
    assert [each.unless for each in page.context["shortcuts"]][-1] == {}


def test_what_changes_nothing_is_said_to_change_nothing_once_it_is_saved_too(torkham, client):
    log(client, {"lane_all": "open", "when": "hour"})
    log(client, {"lane_all": "closed", "when": "now"})
    shown = preview(client, {"lane_all": "open", "when": "yesterday", "clock": "1000", "visibility": "public"})
    assert shown.context["shown"].past
    assert "It stands in the history: the board still goes by something newer." in now_text(save(client, shown))
    shown = preview(client, {"lane_all": "open", "when": "yesterday", "clock": "1001"})
    assert not shown.context["shown"].moves
    assert "It is recorded; nothing on the board or in the history changes by it." in now_text(save(client, shown))


def test_the_grid_says_how_each_lane_stands_so_that_only_what_changes_is_touched(torkham, client):
    log(client, {"declared_by": "PK", "lane_cargo_PK": "closed", "lane_people_both": "closed", "when": "now"})
    text = now_text(client.get(LOG, {"crossing": "torkham"}))
    assert text.count("as before (closed by Pakistan)") == 4  # people: each way and both; goods: one way
    assert "as before (nothing reported)" in text


def test_the_likeliest_conditions_are_offered_those_in_force_first_and_taken_by_one_tap(torkham, client):
    log(client, {**ON_CONDITIONS, "declared_by": "PK", "when": "now"})
    chips = client.get(LOG, {"crossing": "torkham"}).context["chips"]
    labels = [chip.label for chip in chips]
    assert labels[:3] == [
        "Citizens of Pakistan", "People with close family in Pakistan", "Patients from Afghanistan with a permit",
    ]  # fmt: skip
    assert "Citizens of Afghanistan" in labels and len(labels) == len(set(labels))
    form = {**fields_of(client.get(LOG, {"crossing": "torkham"})), "note": "so far", "chip": chips[2].value}
    page = client.post(LOG, form)
    kept = fields_of(page)
    assert (kept["c0-who"], kept["c0-country"], kept["c0-documents"], kept["note"]) == (
        "patients", "AF", "permit", "so far",
    )  # fmt: skip


@pytest.mark.parametrize("chip", ["", "{", "[]", '"x"', '{"limit": 5, "hours": 3, "hs": 7}', '{"who": {"a": 1}}'])
def test_an_offered_condition_that_is_none_changes_nothing(torkham, client, chip):
    page = client.post(LOG, {**fields_of(client.get(LOG, {"crossing": "torkham"})), "note": "so far", "chip": chip})
    assert page.status_code == 200 and fields_of(page)["note"] == "so far"


def test_what_was_recorded_since_the_preview_is_told_and_all_typed_is_kept(torkham, client):
    shown = preview(client, {"lane_all": "open", "when": "now", "note": "seen from the road"})
    log(logged_in(staff("omar", "add_report")), {"lane_all": "closed", "declared_by": "PK", "when": "now"})
    page = save(client, shown)
    text = now_text(page)
    assert "Nothing is saved yet" in text and "omar recorded on" in text and "which side acted: Pakistan" in text
    assert fields_of(page)["note"] == "seen from the road" and Report.objects.count() == 1
    assert "Recorded: Report" in now_text(save(client, page))


def test_an_opening_at_a_sensitive_crossing_waits_for_a_second_person_and_is_told_so(torkham, client):
    log(client, {"lane_all": "closed", "when": "now"})
    torkham.sensitive = True
    torkham.save()
    shown = preview(client, {"lane_all": "open", "when": "now"})
    assert any("a second person has to agree" in note for note in shown.context["shown"].notes)
    assert "It waits for a second person: the board does not say it yet." in now_text(save(client, shown))
    assert "already proposed" in now_text(save(client, shown))
    assert Proposal.objects.count() == 1 and Current.objects.get().state == "closed"


def test_a_saved_update_offers_to_log_another_and_to_undo_it(torkham, client):
    page = log(client, {"lane_all": "closed", "when": "now"})
    token = Report.objects.get().external_id.removeprefix("form-")
    assert "Log another" in now_text(page) and f"/undo/{token}/" in now_text(page)
    url = f"/admin/crossings/report/undo/{token}/"
    form = {**fields_of(client.get(url)), "reason": "heard wrong"}
    assert "Taken back at 1 crossing." in now_text(client.post(url, form, follow=True))
    assert Current.objects.get().state == "unknown"


def test_the_script_that_keeps_what_was_typed_learns_whether_it_was_saved(torkham, client):
    shown = preview(client, {"lane_all": "closed", "when": "now"})
    token = fields_of(shown)["token"]
    assert client.get(LOG, {"token": token}).json() == {"saved": False}
    answer = client.post(LOG, {**fields_of(shown), "action": "save"}, headers={"X-Kept": "1"})
    assert answer.json()["go"].startswith("/admin/crossings/report/")
    assert client.get(LOG, {"token": token}).json() == {"saved": True}
    assert logged_in(staff("omar", "add_report")).get(LOG, {"token": token}).json() == {"saved": False}
    assert client.get(LOG, {"token": "x"}).status_code == 404


def test_from_a_pasted_text_the_form_is_filled_as_far_as_it_says_and_the_report_is_tied_to_it(torkham, client, user):
    user.user_permissions.add(Permission.objects.get(codename="view_paste"))
    text = "Torkham: Pakistani side closed the gate for all traffic today at 14:00"
    pasted = pasting.keep(text, "driver", user, timezone.now())
    page = client.get(LOG, {"paste": pasted.pk})
    assert f"?crossing=torkham&amp;paste={pasted.pk}" in now_text(page)
    page = client.get(LOG, {"paste": pasted.pk, "crossing": "torkham"})
    assert text in re.sub("</?mark>", "", now_text(page)) and "errorlist" not in now_text(page)
    kept = fields_of(page)
    for name, value in pasting.fill(pasted, torkham, timezone.now()).items():
        assert kept.get(name, "") == value, name
    shown = client.post(LOG, {**kept, "lane_all": "closed", "when": "now", "action": "preview"})
    assert text in re.sub("</?mark>", "", now_text(shown))
    save(client, shown)
    assert list(pasted.reports.all()) == [Report.objects.get()]


def test_a_pasted_text_that_one_may_not_see_is_not_there(torkham, client):
    assert client.get(LOG, {"paste": "7", "crossing": "torkham"}).status_code == 404
    assert client.get(LOG, {"paste": "x", "crossing": "torkham"}).status_code == 404


def test_who_came_from_the_round_goes_on_with_it(client, torkham):
    page = client.get(LOG, {"crossing": "torkham", "back": "round"})
    shown = client.post(LOG, {**fields_of(page), "lane_all": "closed", "when": "now", "action": "preview"})
    saved = client.post(LOG, {**fields_of(shown), "action": "save"})
    assert saved.status_code == 302, saved.content.decode()
    assert saved["Location"] == "/admin/crossings/crossing/round/"
