"""A form that was filled in beforehand: what a person chose in it beats what stood there."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from crossings import pasting
from crossings.admin.log.stood_before import give_way
from crossings.models import Crossing, Draft, Report
from tests.desk import LOG, admin_url, fields_of, log, logged_in, staff
from tests.factories import claim, lanes, make_crossing, make_source, say

pytestmark = pytest.mark.django_db
FINE = {f"lane_{traffic}_{to}": "open" for traffic in ("people", "cargo") for to in ("AF", "PK")}
PEOPLE = {name: value for name, value in FINE.items() if "people" in name}
CARGO = {name: value for name, value in FINE.items() if "cargo" in name}
Lanes = dict[str, str]


@pytest.fixture
def client() -> Client:
    make_crossing()
    return logged_in(staff("zahra", "add_report", "view_report"))


def text(response: Any) -> str:
    found: str = response.content.decode()
    return found


GIVES_WAY: list[tuple[Lanes, Lanes, Lanes]] = [
    (FINE, {}, FINE),
    (FINE, {"lane_all": "closed"}, {"lane_all": "closed"}),
    (FINE, {"lane_people_both": "closed"}, {**CARGO, "lane_people_both": "closed"}),
    (FINE, {"lane_all": "closed", "lane_people_AF": "unknown"}, {"lane_all": "closed", "lane_people_AF": "unknown"}),
    ({"lane_people_both": "restricted"}, {"lane_all": "open"}, {"lane_all": "open"}),
    ({"lane_all": "open", **PEOPLE}, {}, {"lane_all": "open", **PEOPLE}),
    ({}, {"lane_all": "closed", **PEOPLE}, {"lane_all": "closed", **PEOPLE}),
    (FINE, {"lane_people_AF": ""}, {name: "open" for name in FINE if name != "lane_people_AF"}),
]


@pytest.mark.parametrize(("before", "chosen", "left"), GIVES_WAY)
def test_what_stood_there_gives_way_to_what_was_chosen_for_more_lanes(
    before: Lanes, chosen: Lanes, left: Lanes
) -> None:
    data: dict[str, str] = {**before, **chosen, "prefilled": json.dumps(before)}
    give_way(data)
    assert {name: value for name, value in data.items() if name.startswith("lane_") and value} == left
    after = dict(data)
    give_way(after)
    assert after == data


@pytest.mark.parametrize("nonsense", ["", "{", "[]", "[1]", '{"lane_all": 3}', "[" * 9000, '{"note": "so far"}'])
def test_nonsense_of_what_stood_there_changes_nothing(nonsense: str) -> None:
    data = {"lane_all": "closed", "lane_people_AF": "open", "note": "so far", "prefilled": nonsense}
    give_way(data)
    assert (data["lane_all"], data["lane_people_AF"], data["note"]) == ("closed", "open", "so far")


def test_all_lanes_chosen_in_a_correction_are_what_is_previewed_and_recorded(client: Client) -> None:
    log(client, {"lane_all": "open", "when": "now"})
    url = admin_url(Report.objects.get(), "correct")
    form = {**fields_of(client.get(url)), "because-reason": "heard wrong", "lane_all": "closed", "action": "preview"}
    shown = client.post(url, form)
    [step] = shown.context["shown"].steps
    assert step.then.words.startswith("closed")
    assert not fields_of(shown)["lane_people_AF"]
    client.post(url, {**fields_of(shown), "action": "save"})
    assert {lane["state"] for lane in Report.objects.latest("pk").lanes} == {"closed"}


def test_one_direction_is_said_otherwise_after_all_lanes_were_chosen_though_it_stood_so_before(client: Client) -> None:
    log(client, {"lane_all": "open", "when": "now"})
    url = admin_url(Report.objects.get(), "correct")
    form = {**fields_of(client.get(url)), "because-reason": "heard wrong", "lane_all": "closed", "action": "preview"}
    shown = client.post(url, form)
    again = client.post(url, {**fields_of(shown), "lane_people_AF": "open", "action": "preview"})
    client.post(url, {**fields_of(again), "action": "save"})
    states = {(lane["traffic"], lane["to"]): lane["state"] for lane in Report.objects.latest("pk").lanes}
    assert states.pop(("people", "AF")) == "open" and set(states.values()) == {"closed"}


def test_both_ways_chosen_in_a_correction_leave_the_other_lanes_as_they_stood(client: Client) -> None:
    log(client, {"lane_all": "open", "when": "now"})
    url = admin_url(Report.objects.get(), "correct")
    typed = {"because-reason": "heard wrong", "lane_cargo_both": "closed", "action": "preview"}
    shown = client.post(url, {**fields_of(client.get(url)), **typed})
    client.post(url, {**fields_of(shown), "action": "save"})
    states = {(lane["traffic"], lane["state"]) for lane in Report.objects.latest("pk").lanes}
    assert states == {("people", "open"), ("vehicles", "open"), ("cargo", "closed")}


def test_in_a_draft_and_in_a_shortcut_and_in_a_pasted_text_too(client: Client) -> None:
    dina = logged_in(staff("dina", "change_draft", "view_draft", "add_report"))
    say(make_source("rumour", trusted=False), claim(lanes=lanes("open")), now=timezone.now())
    url = admin_url(Draft.objects.get(), "correct")
    page = dina.get(url)
    assert "Not saved yet" not in text(page)
    shown = dina.post(url, {**fields_of(page), "lane_all": "closed", "action": "preview"})
    assert {step.then.words.split()[0] for step in shown.context["shown"].steps} == {"closed"}
    page = client.get(LOG, {"crossing": "torkham", "do": "people_only"})
    shown = client.post(LOG, {**fields_of(page), "lane_all": "open", "action": "preview"})
    assert not fields_of(shown)["lane_people_both"] and fields_of(shown)["lane_all"] == "open"
    user = User.objects.get(username="zahra")
    user.user_permissions.add(Permission.objects.get(codename="view_paste"))
    pasted = pasting.keep("Torkham gate closed for trucks at 14:00 today", "driver", user, timezone.now())
    page = client.get(LOG, {"paste": str(pasted.pk), "crossing": "torkham"})
    assert json.loads(fields_of(page)["prefilled"]) == {
        name: value for name, value in fields_of(page).items() if name.startswith("lane_") and value
    }  # fmt: skip


def test_a_form_prefilled_with_conditions_is_corrected_to_closed_once_its_rows_are_cleared(client: Client) -> None:
    log(client, {"lane_all": "restricted", "c0-effect": "allow", "c0-who": "patients", "c0-country": "AF",
                 "c0-documents": "permit", "when": "now"})  # fmt: skip
    assert Crossing.objects.count() == 1
    url = admin_url(Report.objects.get(), "correct")
    form = {**fields_of(client.get(url)), "because-reason": "heard wrong", "lane_all": "closed", "action": "preview"}
    page = client.post(url, form)
    [fault] = page.context["faults"]
    assert fault.href == "#id_c0-traffic" and "None of these lanes is on conditions" in fault.words
