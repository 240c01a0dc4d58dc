"""One act, many crossings: one form, one preview, one save, one undo, and a claim for each."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from crossings.models import Crossing, Current, Duty, Proposal, Report, Retraction
from tests.desk import KARACHI, LOG, admin_url, at, fields_of, logged_in, preview, save, staff
from tests.factories import make_crossing

pytestmark = pytest.mark.django_db
GATES = ("chaman", "dand-aw-patan", "ghulam-khan", "kharlachi", "torkham")


@pytest.fixture
def gates() -> list[Crossing]:
    return [make_crossing(slug) for slug in GATES]


@pytest.fixture
def client(gates: list[Crossing]) -> Client:
    return logged_in(staff("zahra", "add_report", "view_report"))


def text(response: Any) -> str:
    found: str = response.content.decode()
    return found


def begin(client: Client, **asked: Any) -> Any:
    return client.get(LOG, asked or {"all": "AF-PK"})


def previewed(client: Client, page: Any, **typed: Any) -> Any:
    return client.post(LOG, {**fields_of(page), **typed, "action": "preview"})


CLOSED = {"declared_by": "PK", "lane_all": "closed", "when": "now", "reason": "security"}


def undo_link(page: Any) -> str:
    found = re.search(r"/admin/crossings/report/undo/[0-9a-f-]{36}/", text(page))
    assert found, text(page)
    return found[0]


def because(page: Any) -> dict[str, Any]:
    return {**fields_of(page), "reason": "heard wrong"}


def states() -> dict[str, str]:
    return dict(Current.objects.values_list("crossing__slug", "state"))


def test_pakistan_closes_all_its_gates_by_one_form_and_each_crossing_has_its_claim(client: Client) -> None:
    page = begin(client)
    assert "Pakistan closed all its gates to Afghanistan" in text(page)
    shown = previewed(client, page, **CLOSED)
    assert shown.context["shown"].summary == "5 change"
    assert not Report.objects.exists()
    saved = save(client, shown)
    assert "Recorded at 5 crossings: Chaman, Dand Aw Patan, Ghulam Khan, Kharlachi, Torkham." in text(saved)
    token = fields_of(shown)["token"]
    assert set(Report.objects.values_list("external_id", flat=True)) == {f"form-{token}:{slug}" for slug in GATES}
    assert states() == dict.fromkeys(GATES, "closed")
    assert LogEntry.objects.count() == 5


def test_sent_twice_it_is_recorded_once(client: Client) -> None:
    shown = previewed(client, begin(client), **CLOSED)
    first, second = save(client, shown), save(client, shown)
    assert "Recorded at 5" in text(first) and "already recorded" in text(second)
    assert Report.objects.count() == 5


def test_the_preview_says_how_many_change_and_how_many_are_already_so(client: Client) -> None:
    save(client, preview(client, {**CLOSED, "when": "yesterday", "clock": "1000"}, "torkham"))
    shown = previewed(client, begin(client), declared_by="PK", lane_all="closed", when="now")
    assert shown.context["shown"].summary == "4 change; 1 is already so"
    assert "Chaman" in text(shown) and "closed by Pakistan" in text(shown)


def test_all_of_it_is_taken_back_by_one_undo_that_says_before_what_it_will_do(client: Client) -> None:
    saved = save(client, previewed(client, begin(client), **CLOSED))
    address = undo_link(saved)
    page = client.get(address)
    assert page.context["shown"].summary == "5 change" and "Chaman: All traffic, both ways: closed" in text(page)
    done = client.post(address, because(page), follow=True)
    assert "Taken back at 5 crossings" in text(done)
    assert Retraction.objects.count() == 5 and set(states().values()) == {"unknown"}
    assert "taken back before" in text(client.post(address, because(page), follow=True))
    assert Retraction.objects.count() == 5


def test_what_others_logged_is_taken_back_only_by_those_who_may(client: Client) -> None:
    address = undo_link(save(client, previewed(client, begin(client), **CLOSED)))
    assert logged_in(staff("omar", "add_report")).get(address).status_code == 403
    assert logged_in(staff("dina", "add_report", "retract_report")).get(address).status_code == 200


def test_an_act_outside_of_ones_countries_is_not_there_to_undo(client: Client) -> None:
    address = undo_link(save(client, previewed(client, begin(client), **CLOSED)))
    omar = staff("omar", "add_report", "retract_report")
    Duty.objects.create(user=omar, countries=["IR"])
    assert logged_in(omar).get(address).status_code == 404


def test_the_several_are_ticked_one_by_one_too_and_one_may_be_unticked_in_the_form(client: Client) -> None:
    page = begin(client, crossing=["torkham", "chaman", "kharlachi"])
    shown = previewed(client, page, **CLOSED, crossing=["torkham", "chaman"])
    assert [each.slug for each, _ in shown.context["shown"].each] == ["torkham", "chaman"]
    save(client, shown)
    assert {report.crossing.slug for report in Report.objects.all()} == {"torkham", "chaman"}


def test_with_none_ticked_it_is_refused_beside_the_list_and_nothing_typed_is_lost(client: Client) -> None:
    page = previewed(client, begin(client), **CLOSED, note="so far", crossing=[])
    assert "Tick at least one crossing" in str(page.context["form"].errors["crossing"])
    assert fields_of(page)["note"] == "so far"


def test_lanes_that_a_crossing_does_not_carry_are_left_out_there(client: Client) -> None:
    Crossing.objects.filter(slug="torkham").update(traffic=["people"])
    Crossing.objects.filter(slug="chaman").update(traffic=["people", "cargo"])
    page = begin(client, crossing=["torkham", "chaman", "kharlachi"])
    shown = previewed(client, page, lane_cargo_both="restricted", declared_by="PK", when="now", **{
        "c0-effect": "allow", "c0-goods": "medicine", "c0-traffic": "cargo", "c0-per": "day"})  # fmt: skip
    assert "left out: Torkham" in shown.context["shown"].summary
    save(client, shown)
    assert {report.crossing.slug for report in Report.objects.all()} == {"chaman", "kharlachi"}


def test_a_fault_is_told_once_for_all(client: Client) -> None:
    page = previewed(client, begin(client), declared_by="PK", lane_all="closed", when="today", clock="25:00")
    assert "A time of day is written" in str(page.context["form"].errors["clock"])
    assert len(page.context["form"].errors) == 1


def test_a_time_is_meant_in_each_crossings_own_local_time_of_the_side_that_acted(client: Client) -> None:
    make_crossing("taftan", ("IR", "PK"))
    page = begin(client, all="PK")
    assert "All gates of Pakistan" in text(client.get(LOG))
    assert "each crossing: of the side that acted" in text(page)
    shown = previewed(client, page, declared_by="PK", lane_all="closed", when="yesterday", clock="1000")
    save(client, shown)
    assert Report.objects.count() == 6
    assert len({report.effective_at for report in Report.objects.all()}) == 1
    again = previewed(
        client, begin(client, all="PK"), declared_by="", lane_all="closed", when="yesterday", clock="1000"
    )
    save(client, again)
    found = {report.crossing.slug: report.effective_at for report in Report.objects.order_by("pk")[6:]}
    assert found["taftan"] != found["torkham"]


def test_a_time_asked_back_is_ticked_once_for_all(client: Client) -> None:
    page = previewed(client, begin(client), **{**CLOSED, **at("2020-01-05", "10:00", KARACHI)})
    [asked] = page.context["form"].asked
    shown = previewed(client, page, sure=asked.value)
    assert len(shown.context["shown"].each) == 5
    save(client, shown)
    assert Report.objects.count() == 5


def test_at_the_sensitive_ones_an_opening_waits_for_a_second_person_and_elsewhere_it_stands(client: Client) -> None:
    save(client, previewed(client, begin(client), **CLOSED))
    Crossing.objects.filter(slug="torkham").update(sensitive=True)
    page = begin(client, crossing=["torkham", "chaman"])
    shown = previewed(client, page, declared_by="", lane_all="open", when="now")
    notes = {each.slug: " ".join(one.notes) for each, one in shown.context["shown"].each}
    assert "a second person has to agree" in notes["torkham"] and not notes["chaman"]
    saved = save(client, shown)
    assert "Torkham: It waits for a second person: the board does not say it yet." in text(saved)
    assert states()["torkham"] == "closed" and states()["chaman"] == "open"
    address = undo_link(saved)
    client.post(address, because(client.get(address)))
    assert Proposal.objects.get().decision == "withdrawn" and states()["chaman"] == "closed"


def test_what_closes_is_recorded_though_the_same_form_opens_another_lane(client: Client) -> None:
    save(client, preview(client, {"lane_cargo_both": "open", "lane_people_both": "closed", "when": "now"}, "torkham"))
    Crossing.objects.update(sensitive=True)
    typed = {"lane_cargo_both": "closed", "lane_people_both": "open", "when": "now"}
    saved = text(save(client, preview(client, typed, "torkham")))
    assert "Torkham: What lets more pass waits for a second person" in saved and "The rest is recorded." in saved
    assert "Recorded: Report" in saved
    stands = {lane["traffic"]: lane["state"] for lane in Crossing.objects.get(slug="torkham").current.status["lanes"]}
    assert (stands["cargo"], stands["people"]) == ("closed", "closed")


def test_undoing_a_closure_at_a_sensitive_crossing_waits_for_a_second_person(client: Client) -> None:
    save(client, preview(client, {"lane_all": "open", "when": "now"}, "torkham"))
    address = undo_link(save(client, previewed(client, begin(client), **CLOSED)))
    Crossing.objects.filter(slug="torkham").update(sensitive=True)
    done = client.post(address, because(client.get(address)), follow=True)
    assert "Taken back at 4 crossings" in text(done) and "waits for a second person" in text(done)
    assert states()["torkham"] == "closed"


def test_only_crossings_of_ones_own_countries_are_offered_and_taken(client: Client) -> None:
    make_crossing("medyka", ("PL", "UA"))
    omar = staff("omar", "add_report")
    Duty.objects.create(user=omar, countries=["PL"])
    theirs = logged_in(omar)
    page = theirs.get(LOG)
    assert "Medyka" in text(page) and "Torkham" not in text(page)
    assert "No crossing is called" in text(theirs.get(LOG, {"crossing": "torkham"}))
    assert theirs.get(LOG, {"all": "AF-PK"}).context["borders"]
    form = fields_of(begin(client, crossing=["torkham", "chaman"]))
    theirs.post(LOG, {**form, **CLOSED, "action": "preview"})
    assert [
        value for value, _ in theirs.get(LOG, {"crossing": "medyka"}).context["form"].fields["crossing"].choices
    ] == ["medyka"]
    assert not Report.objects.exists()


def test_those_logged_lately_by_the_person_come_first(client: Client) -> None:
    for slug in ("kharlachi", "torkham", "kharlachi"):
        save(client, preview(client, {"lane_all": "closed", "when": "now"}, slug))
    assert [crossing.slug for crossing in client.get(LOG).context["recent"]] == ["kharlachi", "torkham"]
    assert logged_in(staff("omar", "add_report")).get(LOG).context["recent"] == []


def test_why_it_is_undone_has_to_be_said(client: Client) -> None:
    address = undo_link(save(client, previewed(client, begin(client), **CLOSED)))
    page = client.post(address, fields_of(client.get(address)))
    assert "required" in str(page.context["form"].errors["reason"]) and not Retraction.objects.exists()


def test_the_page_of_each_report_says_that_it_is_one_of_many_and_leads_to_the_undo_of_all(client: Client) -> None:
    address = undo_link(save(client, previewed(client, begin(client), **CLOSED)))
    report = Report.objects.earliest("pk")
    page = text(client.get(admin_url(report)))
    assert "One of 5 logged in one act: undo all of it…" in page and f'href="{address}"' in page
    omar = text(logged_in(staff("omar", "add_report", "view_report")).get(admin_url(report)))
    assert "One of 5 logged in one act" in omar and address not in omar
    client.post(address, because(client.get(address)))
    assert address not in text(client.get(admin_url(report)))
    save(client, preview(client, {"lane_all": "open", "when": "now"}, "torkham"))
    assert "logged in one act" not in text(client.get(admin_url(Report.objects.latest("pk"))))


def test_the_folded_line_of_each_crossing_tells_all_lanes_that_change(client: Client) -> None:
    save(client, preview(client, {"lane_cargo_AF": "restricted", "when": "yesterday", "clock": "1000"}, "torkham"))
    shown = previewed(client, begin(client, crossing=["torkham", "chaman"]), **CLOSED)
    lines = {each.slug: one.in_short for each, one in shown.context["shown"].each}
    assert all(line.startswith("All traffic, both ways: closed by Pakistan") for line in lines.values()), lines
    some = {"lane_cargo_both": "closed", "lane_people_both": "restricted", "when": "now"}
    shown = previewed(client, begin(client, crossing=["torkham", "chaman"]), **some)
    for _, one in shown.context["shown"].each:
        assert "Goods trucks, both ways: closed" in one.in_short and "; People on foot, both ways: " in one.in_short
