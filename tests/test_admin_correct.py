"""Corrections: a report is taken back and said right in one act, previewed, with a reason."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from crossings import ledger
from crossings.models import Crossing, Current, Duty, Proposal, Report, Retraction
from tests.desk import ON_CONDITIONS, admin_url, fields_of, log, logged_in, preview, save, staff
from tests.factories import claim, make_crossing, make_source, say

pytestmark = pytest.mark.django_db


@pytest.fixture
def torkham() -> Crossing:
    return make_crossing()


@pytest.fixture
def client(torkham: Crossing) -> Client:
    return logged_in(staff("zahra", "add_report", "view_report"))


def text(response: Any) -> str:
    found: str = response.content.decode()
    return found


def closed(client: Client, **typed: Any) -> Report:
    log(client, {"lane_all": "closed", "declared_by": "AF", "when": "now", **typed})
    return Report.objects.latest("pk")


def corrected(client: Client, report: Report, **typed: Any) -> Any:
    url = admin_url(report, "correct")
    shown = client.post(
        url, {**fields_of(client.get(url)), "because-reason": "heard wrong", **typed, "action": "preview"}
    )
    return shown, lambda **more: client.post(url, {**fields_of(shown), **more, "action": "save"}, follow=True)


def test_the_form_is_filled_with_all_that_the_report_says(client: Client) -> None:
    log(client, {"declared_by": "PK", **ON_CONDITIONS, "when": "now", "reason": "security", "note": "Talks go on.",
                 "how_known": "media"})  # fmt: skip
    page = client.get(admin_url(Report.objects.get(), "correct"))
    kept = fields_of(page)
    assert (kept["declared_by"], kept["lane_people_AF"], kept["lane_cargo_PK"]) == ("PK", "restricted", "closed")
    assert (kept["c2-documents"], kept["note"], kept["how_known"]) == ("permit", "Talks go on.", "media")
    assert "cannot hold" not in text(page)


def test_it_is_taken_back_and_said_right_in_one_act(client: Client, torkham: Crossing) -> None:
    wrong = closed(client)
    shown, go = corrected(client, wrong, declared_by="PK")
    [step] = shown.context["shown"].steps
    assert "closed by Afghanistan" in step.now.words and "closed by Pakistan" in step.then.words
    assert not Retraction.objects.exists()
    done = go()
    assert "Recorded: Report" in text(done)
    right = Report.objects.latest("pk")
    taken = Retraction.objects.get()
    assert (taken.report, taken.reason, str(taken.recorded_by)) == (wrong, "heard wrong", "zahra")
    assert (right.declared_by, right.effective_at) == ("PK", wrong.effective_at)
    assert "already recorded" in text(go())
    assert Report.objects.count() == 2
    assert ledger.rebuild(check=True, now=timezone.now()) == []


def test_a_reason_is_asked_beside_its_field(client: Client) -> None:
    shown, _ = corrected(client, closed(client), **{"because-reason": ""})
    assert "This field is required" in str(shown.context["because"].errors["reason"])
    assert shown.context["shown"] is None


def test_what_the_form_cannot_hold_is_said(client: Client) -> None:
    day_limits = [{"who": ["traders"], "limit": {"count": n, "per": "day"}} for n in range(1, 9)]
    lanes = [{"traffic": "people", "state": "restricted", "conditions": day_limits}]
    say(make_source("amu"), claim(id="many", lanes=lanes), now=timezone.now())
    dina = logged_in(staff("dina", "add_report", "retract_report", "view_report"))
    assert "cannot hold all that the report says" in text(dina.get(admin_url(Report.objects.get(), "correct")))


def test_others_reports_are_corrected_only_by_those_who_may_take_them_back(client: Client) -> None:
    report = closed(client)
    omar = logged_in(staff("omar", "add_report", "view_report"))
    dina = logged_in(staff("dina", "add_report", "retract_report", "view_report"))
    for act in ("correct", "retract"):
        assert omar.get(admin_url(report, act)).status_code == 403
        assert dina.get(admin_url(report, act)).status_code == 200
    assert "Correct…" not in text(omar.get(admin_url(report))) and "Correct…" in text(dina.get(admin_url(report)))


def test_a_colleagues_word_is_corrected_in_ones_own_name(client: Client) -> None:
    report = closed(client)
    dina = logged_in(staff("dina", "add_report", "retract_report", "view_report"))
    _, go = corrected(dina, report, declared_by="PK")
    go()
    assert Report.objects.latest("pk").source.slug == "staff-dina"


def test_outside_of_ones_countries_a_report_is_not_there(client: Client) -> None:
    report = closed(client)
    omar = staff("omar", "add_report", "retract_report", "redact_report", "view_report")
    Duty.objects.create(user=omar, countries=["PL"])
    for act in ("correct", "retract", "confirm", "redact"):
        assert logged_in(omar).get(admin_url(report, act)).status_code == 404
        assert logged_in(omar).post(admin_url(report, act)).status_code == 404


def test_at_a_sensitive_crossing_a_correction_that_loosens_waits_for_a_second_person(
    client: Client, torkham: Crossing
) -> None:
    report = closed(client, declared_by="")
    Crossing.objects.update(sensitive=True)
    shown, go = corrected(client, report, lane_people_AF="open", lane_people_PK="open")
    assert any("a second person has to agree" in note for note in shown.context["shown"].notes)
    assert "waits for a second person" in text(go())
    assert "already proposed" in text(go())
    assert Proposal.objects.get().kind == "correction" and not Retraction.objects.exists()
    assert Current.objects.get().state == "closed"


def test_what_was_said_meanwhile_is_shown_before_it_is_corrected(client: Client) -> None:
    report = closed(client)
    _, go = corrected(client, report, declared_by="PK")
    log(logged_in(staff("omar", "add_report")), {"lane_all": "open", "when": "now", "declared_by": ""})
    page = go()
    assert "omar recorded on" in text(page) and "Nothing is saved yet" in text(page)
    assert not Retraction.objects.exists()
    client.post(admin_url(report, "correct"), {**fields_of(page), "action": "save"})
    assert Retraction.objects.count() == 1


def test_a_retraction_seen_before_something_else_was_said_is_asked_again(client: Client) -> None:
    report = closed(client)
    url = admin_url(report, "retract")
    form = {**fields_of(client.get(url)), "reason": "heard wrong"}
    save(client, preview(client, {"lane_all": "restricted", "when": "now", "declared_by": "PK"}))
    page = client.post(url, form)
    assert "Nothing is saved yet" in text(page) and "heard wrong" in text(page)
    assert not Retraction.objects.exists()
    client.post(url, {**fields_of(page), "reason": "heard wrong"})
    assert Retraction.objects.count() == 1


def test_redaction_is_for_those_who_have_that_right_and_at_a_sensitive_crossing_for_two(client: Client) -> None:
    report = closed(client, note="seen by Karim")
    Crossing.objects.update(sensitive=True)
    assert client.get(admin_url(report, "redact")).status_code == 403
    editor = logged_in(staff("edna", "add_report", "view_report", "redact_report"))
    done = editor.post(
        admin_url(report, "redact"), {"fields_to_blank": ["note"], "reason": "names a person"}, follow=True
    )
    assert "waits for a second person" in text(done)
    report.refresh_from_db()
    assert report.note == "seen by Karim" and Proposal.objects.get().kind == "redaction"
