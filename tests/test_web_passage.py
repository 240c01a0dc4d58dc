"""The page that asks whether one would be let through: the form, its answer, and what it must never leave behind."""

from __future__ import annotations

import gzip
import json
import logging
import re
from datetime import timedelta
from html import unescape
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.template.loader import render_to_string
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crossings.web import passage as door
from crossings.web import style
from tests.api import Api, api
from tests.factories import SEED_WEEK, lanes, make_crossing, make_key, make_source, say, say_the_week
from tests.reader import Balanced, Reader, ago, reader, words_of
from tracker.roles import commands

__all__ = ["api", "reader"]
pytestmark = pytest.mark.django_db

PATH = "/c/torkham/passage/"
FORM = "application/x-www-form-urlencoded"
GRAPES = {"to": "PK", "traffic": "cargo", "goods": ["food", "perishables"], "vehicle": ["loaded"], "nationality": "AF"}
PATIENT = {"to": "PK", "traffic": "people", "nationality": "AF", "who": ["patients"], "documents": ["none"]}


@pytest.fixture
def friday() -> None:
    """Both sides' authorities open, then Friday's conditions, as if it were today."""
    make_crossing()
    for country in ("AF", "PK"):
        authority = make_source(f"customs-{country.lower()}", kind="authority", country=country)
        said = {"crossing": "torkham", "effective_at": ago(3), "reported_at": ago(2), "lanes": lanes("open")}
        say(authority, said, now=timezone.now())
    times = {"effective_at": ago(1), "reported_at": ago(0.9)}
    said = {"crossing": "torkham", "declared_by": "PK", **times, "lanes": SEED_WEEK[3]["lanes"]}
    say(make_source("desk", kind="staff", public_label="our desk"), said, now=timezone.now())


def send(told: dict[str, Any], status: int = 200, path: str = PATH) -> str:
    """Post the form as a browser does; whatever comes must be clean and must not be kept."""
    answer = Client(enforce_csrf_checks=True).post(path, urlencode(told, doseq=True), content_type=FORM)
    assert answer.status_code == status, answer.content[:2000]
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Content-Security-Policy"] == style.PUBLIC
    assert "ETag" not in answer.headers and "Vary" not in answer.headers and not answer.cookies
    html = answer.content.decode()
    Balanced(html)
    assert "<script" not in html and " style=" not in html
    return html


def ask(**told: Any) -> str:
    return words_of(send(told))


# The form


def test_the_form_is_a_page_as_any_other_and_asks_without_a_script(reader: Reader, friday: None) -> None:
    answer = reader.get(PATH)
    html = answer.content.decode()
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "<script" not in html  # which would fetch the page anew, and the ticks would be gone
    assert f'<form class="told" method="post" action="{PATH}" autocomplete="off">' in html
    assert {"to", "traffic", "nationality", "who", "documents", "goods", "hs", "vehicle"} <= set(
        re.findall(r' name="(\w+)"', html)
    )
    page = words_of(html)
    for label in ("to Pakistan", "on foot", "with a goods truck", "Patients", "Passport", "Perishables", "Containers"):
        assert label in page
    assert reader.get(PATH, tag=answer.headers["ETag"], status=304)


def test_every_field_has_its_label(reader: Reader, friday: None) -> None:
    html = reader.get(PATH).content.decode()
    for name in re.findall(r'<(?:select|input) id="(\w+)"', html):
        assert f'<label for="{name}">' in html
    boxes = len(re.findall(r'<input type="(?:checkbox|radio)"', html))
    assert boxes == len(re.findall(r'<label><input type="(?:checkbox|radio)"', html)) > 40


def test_nobody_s_parameters_are_read_from_the_address(reader: Reader, friday: None) -> None:
    page = reader.get(PATH, to="PK", nationality="AF", who="patients").content.decode()
    assert "checked" not in page and "selected" not in page and "Who says so" not in page


def test_a_crossing_without_goods_traffic_does_not_ask_for_a_load(reader: Reader) -> None:
    make_crossing("footbridge", traffic=["people"])
    page = reader.read("/c/footbridge/passage/")
    assert "What I carry" not in page and "goods truck" not in page
    assert "This crossing does not carry that." in words_of(
        send({"to": "PK", "traffic": "cargo"}, status=400, path="/c/footbridge/passage/")
    )


def test_there_is_none_for_a_crossing_that_there_is_not(reader: Reader) -> None:
    assert reader.get("/c/nowhere/passage/", status=404)
    assert Client().post("/c/nowhere/passage/", "to=PK", content_type=FORM).status_code == 404
    assert Client().put(PATH).status_code == 405


# The answer


def test_a_patient_without_a_permit_reads_what_is_missing_and_who_says_so(friday: None) -> None:
    page = ask(**PATIENT)
    assert "People on foot to Pakistan Only with…" in page
    assert "Gate: Pakistan: only with…" in page
    assert "Patients from Afghanistan with a permit You would need: a permit." in page
    assert "Gate: Afghanistan: reported to let you through It is reported open." in page
    assert "our desk our staff" in page and "ago" in page
    assert "What sources report, not permission to cross." in page
    assert "Its opening hours are not known to us." in page


def test_a_patient_with_a_permit_is_reported_to_be_let_through(friday: None) -> None:
    page = ask(**{**PATIENT, "documents": ["permit"]})
    assert "People on foot to Pakistan Reported to be let through" in page


def test_a_student_reads_whom_the_gate_lets_pass_instead(friday: None) -> None:
    page = ask(**{**PATIENT, "who": ["students"]})
    assert "Reported to be turned back" in page
    assert (
        "Only these are reported to pass: citizens of Pakistan; people with close family in Pakistan; patients from "
        "Afghanistan with a permit. By what you told you are not among them." in page
    )


def test_a_truck_is_turned_back_by_the_gate_that_is_closed(friday: None) -> None:
    page = ask(**GRAPES)
    assert "Goods trucks to Pakistan Reported to be turned back" in page
    assert "Gate: Pakistan: reported to turn you back It is reported closed." in page


def test_who_tells_nothing_is_told_what_would_help(friday: None) -> None:
    page = ask(to="PK")
    assert "Only with…" in page
    assert (
        "We could say more if you told: your nationality, where you have close family, what you are and which" in page
    )


def test_a_denial_is_named(friday: None) -> None:
    denial = {"traffic": "people", "state": "restricted", "conditions": [{"effect": "deny", "who": ["tourists"]}]}
    said = {"crossing": "torkham", "declared_by": "PK", "effective_at": ago(0.5), "lanes": [denial]}
    say(make_source("other-desk", kind="staff"), said, now=timezone.now())
    assert "May not pass: tourists." in ask(to="PK", who="tourists")
    assert "Reported to be let through" in ask(to="PK", who="traders")
    page = ask(to="PK")
    assert "These may not pass: Tourists You have not told what you are." in page and "Only with…" in page


def test_the_week_of_one_newspaper_lets_nobody_through_for_sure() -> None:
    make_crossing()
    say_the_week(make_source("amu", public_label="Amu TV"))
    page = ask(**PATIENT)
    assert "Not known" in page and "Nothing is known of this gate now." in page


def test_a_closing_that_is_ordered_is_a_warning(friday: None) -> None:
    at = (timezone.now() + timedelta(hours=6)).isoformat()
    order = {
        "crossing": "torkham",
        "declared_by": "PK",
        "basis": "ordered",
        "effective_at": at,
        "lanes": lanes("closed"),
    }
    say(make_source("ministry", public_label="the ministry"), order, now=timezone.now())
    page = ask(**{**PATIENT, "documents": ["permit"]})
    assert "A closing is ordered (Pakistan):" in page and "Not known" in page and "the ministry" in page


def test_outside_hours_the_answer_is_when_it_opens(friday: None) -> None:
    make_crossing("night", timezone_a="UTC", timezone_b="UTC", hours=[
        {"side": side, "opens": f"{timezone.now() + timedelta(hours=9):%H:00}",
         "closes": f"{timezone.now() + timedelta(hours=12):%H:00}"} for side in ("AF", "PK")])  # fmt: skip
    said = {"crossing": "night", "effective_at": ago(3), "lanes": lanes("open")}
    say(make_source("third-desk", kind="staff"), said, now=timezone.now())
    page = words_of(send(PATIENT, path="/c/night/passage/"))
    assert "People on foot to Pakistan Shut" in page and "opens" in page
    assert "Only with…" not in page and "Without what is named here" not in page


def test_shortly_before_it_shuts_the_hour_is_told(friday: None) -> None:
    closes = timezone.now() + timedelta(hours=1)
    make_crossing("dusk", timezone_a="UTC", timezone_b="UTC", hours=[
        {"side": side, "opens": f"{closes - timedelta(hours=12):%H:%M}", "closes": f"{closes:%H:%M}"}
        for side in ("AF", "PK")])  # fmt: skip
    said = {"crossing": "dusk", "effective_at": ago(3), "lanes": lanes("open")}
    say(make_source("third-desk", kind="staff"), said, now=timezone.now())
    page = words_of(send(PATIENT, path="/c/dusk/passage/"))
    assert "Not known" in page and "What holds now was said to last only until" in page


def test_page_and_api_give_the_same_answer(friday: None, api: Api) -> None:
    partner = api.with_key(make_key(make_source("partner")))
    for told in (PATIENT, {**PATIENT, "documents": ["permit"]}, {**PATIENT, "who": ["students"]}, GRAPES, {"to": "PK"}):
        sent = {field: [] if value == ["none"] else value for field, value in told.items()}
        found = json.loads(partner.push("crossings/torkham/passage/", sent).content)
        html = send(told)
        heading = words_of(re.search(r'<h2 id="answer".*?</h2>', html, re.DOTALL)[0])  # type: ignore[index]
        assert heading == {
            "let_through": "Reported to be let through",
            "only_with": "Only with…",
            "turned_back": "Reported to be turned back",
            "not_known": "Not known",
        }[found["answer"]]  # fmt: skip
        for claim in found["claims"]:
            assert claim["label"] in html


# What was told stays on the page, and nowhere else


def test_nothing_that_was_told_is_lost_on_the_page_of_the_answer(friday: None) -> None:
    told = {**GRAPES, "hs": "0806 ۰۸۰۵", "origin": "AF", "documents": ["passport"], "family_in": ["PK"]}
    html = send(told)
    assert 'name="hs" value="0806 ۰۸۰۵"' in html
    assert 'name="origin"><option value="">not told</option><option value="PK">Pakistan</option>' in html
    assert '<option value="AF" selected>Afghanistan</option>' in html
    for value in ("food", "perishables", "loaded", "passport", "cargo", "PK"):
        assert f'value="{value}" checked' in html


def test_what_cannot_be_meant_is_said_beside_its_field_and_nothing_is_lost(friday: None) -> None:
    wrong = {**GRAPES, "hs": "grapes", "origin": "ZZ", "who": ["wizards", "traders"], "documents": ["none", "visa"]}
    html = send(wrong, status=400)
    assert "nothing you told is lost" in html and "Who says so" not in html
    assert re.search(
        r'id="hs-fault">Write customs codes in digits[^<]*</p><input id="hs" name="hs" value="grapes"', html
    )
    assert 'id="origin-fault">Choose a country from the list.' in html and '<option value="ZZ" selected>ZZ' in html
    assert 'id="who-fault">Choose from the list.' in html and 'value="traders" checked' in html
    assert 'id="documents-fault">Tick what holds' in unescape(html) and 'value="visa" checked' in html
    assert html.count("<details open>") == 3


def test_without_a_direction_it_asks_for_one(friday: None) -> None:
    assert "Choose which country you want to enter." in send({**PATIENT, "to": ""}, status=400)


def test_hostile_text_is_shown_as_text(friday: None) -> None:
    html = send({"to": "PK", "hs": '"><script>alert(1)</script>\u202e' + "9" * 5000, "origin": "<b>"}, status=400)
    assert "&lt;script&gt;" in html and "<b>" not in html.replace("<b>What", "").replace("<b>You", "")


def test_a_body_that_is_too_large_or_of_another_kind_is_not_read(friday: None) -> None:
    large = Client().post(PATH, b"to=PK&hs=" + b"1" * door.MOST_BYTES, content_type=FORM)
    assert large.status_code == 413 and large.headers["Cache-Control"] == "no-store"
    assert Client().post(PATH, {"to": "PK"}).status_code == 413  # multipart, which could carry files
    assert Client().post(PATH, '{"to": "PK"}', content_type="application/json").status_code == 413


UNREAD: list[tuple[str, str, str, int]] = [
    (PATH, "&".join(["to=PK"] * 1001), FORM, 400),
    (PATH, "to=PK", f"{FORM}; charset=utf-16", 400),
    ("/c/nowhere/passage/", "to=PK", FORM, 404),
]


@pytest.mark.parametrize(("path", "body", "kind", "status"), UNREAD)
def test_whatever_is_answered_to_what_was_told_is_kept_nowhere(
    friday: None, path: str, body: str, kind: str, status: int
) -> None:
    answer = Client().post(path, body, content_type=kind)
    assert answer.status_code == status
    assert answer.headers["Cache-Control"] == "no-store" and answer.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize(("pad", "status"), [(0, 200), (door.MOST_BYTES, 413)])
def test_a_body_in_chunks_is_read_as_far_as_any_other(friday: None, pad: int, status: int) -> None:
    body = BytesIO(b"to=PK&who=students&pad=" + b"x" * pad)
    chunked: Any = {"CONTENT_LENGTH": "", "wsgi.input": body, "wsgi.input_terminated": True, "CONTENT_TYPE": FORM}
    answer = Client().generic("POST", PATH, **chunked)
    assert answer.status_code == status
    assert ('value="students" checked' in answer.content.decode()) is (status == 200)


def test_what_was_told_is_in_no_log_and_no_query(friday: None, caplog: pytest.LogCaptureFixture) -> None:
    told = {"to": "PK", "nationality": "ZW", "hs": "8705", "documents": ["tir_carnet"], "family_in": ["PK"]}
    with caplog.at_level(logging.DEBUG), CaptureQueriesContext(connection) as seen:
        send({**told, "hs": "8705 xyzzy", "vehicle_country": "QQ"}, status=400)
        send(told)
        Client().post(PATH, urlencode({**told, "pad": "x" * door.MOST_BYTES}, doseq=True), content_type=FORM)
    kept = "\n".join([caplog.text, *(query["sql"] for query in seen.captured_queries)])
    assert PATH in caplog.text  # Django tells of a refused request, by its address alone
    assert not [word for word in ("ZW", "8705", "xyzzy", "QQ", "tir_carnet") if word in kept]


def test_a_failure_tells_its_log_nothing_of_what_was_asked(
    friday: None, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(door, "read_passage", fail)
    client = Client(raise_request_exception=False)
    answer = client.post(PATH, "to=PK&nationality=ZW&documents=tir_carnet", content_type=FORM)
    assert answer.status_code == 500 and "broken" in caplog.text
    assert "ZW" not in caplog.text and "tir_carnet" not in caplog.text


def test_the_page_is_small_and_costs_a_fixed_number_of_queries(friday: None) -> None:
    with CaptureQueriesContext(connection) as seen:
        html = send({**GRAPES, **PATIENT, "hs": "0806"})
    assert len(seen) <= 12
    assert len(gzip.compress(html.encode(), 6)) <= 14_000


def test_the_server_keeps_no_list_of_what_was_asked() -> None:
    assert not any("access" in word or "log" in word for word in commands("127.0.0.1", 8000)["web"])


def test_the_crossings_page_leads_to_it_by_a_link_of_its_own() -> None:
    html = render_to_string("parts/passage_link.html", {"crossing": {"slug": "torkham"}})
    Balanced(html)
    assert f'href="{PATH}"' in html
