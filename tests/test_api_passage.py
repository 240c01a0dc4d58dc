"""POST crossings/{slug}/passage/: for the holders of keys the answer that the page gives."""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crossings.api import docs
from crossings.models import Report
from tests.api import Api, api, body, broker, faults, partner, stored
from tests.factories import SEED_WEEK, lanes, make_crossing, make_source, say, say_the_week
from tests.reader import ago
from tests.test_api_schema import check, curls

__all__ = ["api", "broker", "partner"]
pytestmark = pytest.mark.django_db

PATH = "crossings/torkham/passage/"
GRAPES = {"to": "PK", "goods": ["food", "perishables"], "vehicle": ["loaded"], "nationality": "AF"}
PATIENT = {"to": "PK", "nationality": "AF", "who": ["patients"], "documents": []}


def both_open(**more: Any) -> None:
    for country in ("AF", "PK"):
        authority = make_source(f"customs-{country.lower()}", kind="authority", country=country)
        said = {"crossing": "torkham", "effective_at": ago(3), "reported_at": ago(2), "lanes": lanes("open"), **more}
        say(authority, said, now=timezone.now())


def on_conditions() -> None:
    """Friday's conditions, as if it were today."""
    both_open()
    said = {"crossing": "torkham", "effective_at": ago(1), "lanes": SEED_WEEK[3]["lanes"], "declared_by": "PK"}
    say(make_source("staff", kind="staff", public_label="our staff"), said, now=timezone.now())


def ask(partner: Api, **told: Any) -> Any:
    answer = partner.push(PATH, told)
    assert answer.status_code == 200, answer.content
    found = body(answer)
    check("PassageAsked", told)
    check("Passage", found)
    return found


def test_a_load_is_let_through_where_both_sides_say_so_themselves(partner: Api) -> None:
    both_open()
    found = ask(partner, **GRAPES)
    assert (found["answer"], found["traffic"], found["to"]) == ("let_through", "cargo", "PK")
    assert (found["doubts"], found["questions"], found["now"]) == ([], [], "hours_unknown")
    assert [each["answer"] for each in found["gates"]] == ["let_through", "let_through"]
    assert {each["label"] for each in found["claims"]} == {"label of customs-af", "label of customs-pk"}
    assert found["notice"] == "What sources report, not permission to cross."


def test_a_patient_without_a_permit_is_told_what_is_missing_and_who_says_so(partner: Api) -> None:
    on_conditions()
    found = ask(partner, **PATIENT)
    assert found["answer"] == "only_with"
    [gate] = [each for each in found["gates"] if each["side"] == "PK"]
    [way] = gate["ways"]
    assert way["needs"] == [{"part": "documents", "kind": "missing", "words": ["permit"]}]
    assert way["condition"]["who"] == ["patients"] and len(gate["conditions"]) == 3
    assert "our staff" in {each["label"] for each in found["claims"]}
    assert set(gate["reports"]) <= {each["report"] for each in found["claims"]}
    assert ask(partner, **{**PATIENT, "documents": ["permit"]})["answer"] == "let_through"
    assert ask(partner, **{**PATIENT, "who": ["students"]})["answer"] == "turned_back"
    assert ask(partner, **GRAPES)["answer"] == "turned_back"


def test_what_was_not_told_is_asked(partner: Api) -> None:
    on_conditions()
    found = ask(partner, to="PK")
    assert found["answer"] == "only_with"
    assert set(found["questions"]) == {"nationality", "family_in", "who", "documents"}
    assert ask(partner, to="PK", who=None, documents=None, goods=None)["questions"] == found["questions"]


def test_what_one_newspaper_says_lets_nobody_through(partner: Api) -> None:
    say(make_source("amu", kind="press"), {"crossing": "torkham", "effective_at": ago(3), "reported_at": ago(1),
        "lanes": lanes("open")}, now=timezone.now())  # fmt: skip
    found = ask(partner, **GRAPES)
    assert (found["answer"], found["doubts"]) == ("not_known", ["single"])


def test_a_crossing_of_which_nothing_was_said_is_not_known(partner: Api) -> None:
    found = ask(partner, **GRAPES)
    assert (found["answer"], found["doubts"], found["claims"]) == ("not_known", ["not_heard"], [])


def test_an_order_to_close_tonight_is_a_warning_with_its_source(partner: Api) -> None:
    both_open()
    later = (timezone.now() + timedelta(hours=6)).isoformat()
    order = {"crossing": "torkham", "declared_by": "PK", "basis": "ordered", "effective_at": later}
    say(make_source("ministry", public_label="the ministry"), {**order, "lanes": lanes("closed")}, now=timezone.now())
    found = ask(partner, **GRAPES)
    assert (found["answer"], found["doubts"]) == ("not_known", ["closing"])
    assert [(each["kind"], each["side"]) for each in found["coming"]] == [("ordered", "PK")]
    assert "the ministry" in {each["label"] for each in found["claims"]}


def test_staffs_own_words_and_retracted_ones_are_never_among_the_claims(partner: Api) -> None:
    both_open()
    said = {"crossing": "torkham", "effective_at": ago(1), "visibility": "staff", "lanes": lanes("closed")}
    say(make_source("secret", kind="staff"), said, now=timezone.now())
    found = ask(partner, **GRAPES)
    assert found["answer"] == "let_through" and "label of secret" not in json.dumps(found)


# Refused


@pytest.mark.parametrize(
    ("told", "fault"),
    [
        ({}, {"/to": "required"}),
        ({"to": "IN"}, {"/to": "not_a_side"}),
        ({"to": "PK", "who": ["wizards"], "goods": ["coal", "gold"]},
         {"/who/0": "unknown_word", "/goods/1": "unknown_word"}),
        ({"to": "PK", "nationality": "Afghan"}, {"/nationality": "unknown_country"}),
        ({"to": "PK", "hs": ["08*"]}, {"/hs/0": "unknown_word"}),
        ({"to": "PK", "vehicle": ["empty", "loaded"]}, {"/vehicle": "contradiction"}),
        ({"to": "PK", "phone": "1"}, {"/phone": "unknown_field"}),
        ([], {"": "not_an_object"}),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_422_by_pointer(partner: Api, told: Any, fault: dict[str, str]) -> None:
    answer = partner.push(PATH, told)
    assert answer.status_code == 422
    assert fault.items() <= faults(answer).items()


def test_a_crossing_that_carries_no_goods_says_so(partner: Api) -> None:
    make_crossing("footbridge", traffic=["people"])
    answer = partner.push("crossings/footbridge/passage/", GRAPES)
    assert (answer.status_code, faults(answer)) == (422, {"/traffic": "not_carried"})


def test_only_a_post_with_a_key_to_a_crossing_that_there_is_is_answered(api: Api, partner: Api) -> None:
    assert api.push(PATH, PATIENT).status_code == 401
    assert api.with_key("bct_wrong").push(PATH, PATIENT).status_code == 401
    assert partner.push("crossings/nowhere/passage/", PATIENT).status_code == 404
    assert partner.get(PATH).status_code == 405
    assert partner.push(PATH, json.dumps(PATIENT).encode(), "text/plain").status_code == 415
    assert partner.push(PATH, b"{").status_code == 400
    assert partner.push(PATH, b'{"to": "PK", "who": [' + b" " * 20_000 + b"]}").status_code == 413


# What it leaves behind


def test_it_is_kept_nowhere_and_logged_nowhere(partner: Api, caplog: pytest.LogCaptureFixture) -> None:
    on_conditions()
    before = stored()
    told = {"to": "PK", "nationality": "ZW", "hs": ["8705"], "documents": ["tir_carnet"], "family_in": ["XK"]}
    with caplog.at_level(logging.DEBUG), CaptureQueriesContext(connection) as seen:
        answer = partner.push(PATH, told)
        wrong = partner.push(PATH, {**told, "nationality": "Zimbabwean"})
    assert "no-store" in answer.headers["Cache-Control"] and "no-store" in wrong.headers["Cache-Control"]
    assert "ETag" not in answer.headers
    kept = "\n".join([caplog.text, *(query["sql"] for query in seen.captured_queries)])
    assert not [word for word in ("ZW", "Zimbabwean", "8705", "tir_carnet", "XK") if word in kept]
    assert stored() == before


def test_it_takes_as_many_queries_however_long_the_history(partner: Api) -> None:
    on_conditions()
    old = make_source("old")

    def queries_after(first: int, last: int) -> int:
        said = [
            {"id": f"old-{hour}", "crossing": "torkham", "lanes": lanes("open" if hour % 2 else "closed"),
             "effective_at": ago(30 + hour), "reported_at": ago(30 + hour)}
            for hour in range(first, last)
        ]  # fmt: skip
        say(old, *said, now=timezone.now(), backfilled=True)
        ask(partner, **PATIENT)  # notes the use of the key
        with CaptureQueriesContext(connection) as seen:
            ask(partner, **PATIENT)
        return len(seen)

    assert queries_after(0, 40) == queries_after(40, 200) <= 12


def test_the_lines_of_the_docs_work_as_they_stand(partner: Api) -> None:
    say_the_week(make_source("amu"))
    [words] = curls(docs.examples("http://testserver")["ask"])
    [address] = [word for word in words if word.startswith("http")]
    sent = words[words.index("-d") + 1].encode()
    assert partner.push(address.removeprefix("http://testserver/api/v1/"), sent).status_code == 200
    assert Report.objects.count() == len(SEED_WEEK)
