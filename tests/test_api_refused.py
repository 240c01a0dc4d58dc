"""What is not taken: each fault is named, nothing is stored, nothing falls over."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError, connection

from crossings.api import parsing
from crossings.models import Source
from tests.api import DOORS, GOOD, Api, api, body, broker, faults, partner, stored
from tests.factories import claim, lanes, make_crossing, reading

__all__ = ["api", "broker", "partner"]
pytestmark = pytest.mark.django_db


BAD_CLAIMS: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({"crossing": "nowhere"}, {"/crossing": "unknown_crossing"}),
    ({"crossing": "the gate"}, {"/crossing": "ambiguous_crossing"}),
    ({"crossing": 7}, {"/crossing": "not_a_text"}),
    ({"crossing": ...}, {"/crossing": "required"}),
    ({"basis": "rumoured"}, {"/basis": "unknown_word"}),
    ({"lanes": lanes("OPENISH")}, {"/lanes/0/state": "unknown_word"}),
    ({"lanes": [{"traffic": "trains", "state": "open"}]}, {"/lanes/0/traffic": "unknown_word"}),
    ({"effective_at": "2023-02-24T05:00:00"}, {"/effective_at": "timezone_required"}),
    ({"effective_at": "2023-02-30T05:00:00Z"}, {"/effective_at": "invalid_timestamp"}),
    ({"effective_at": 1677214800}, {"/effective_at": "invalid_timestamp"}),
    ({"effective_at": "14:00 CET"}, {"/effective_at": "invalid_timestamp"}),
    ({"effective_at": "0001-01-01T00:00:00+14:00"}, {"/effective_at": "invalid_timestamp"}),
    ({"effective_at": ...}, {"/effective_at": "required"}),
    ({"until": "2023-02-19T04:00:00Z"}, {"/until": "invalid_interval"}),
    ({"lanes": lanes("open", "cargo") + lanes("closed", "cargo")}, {"/lanes/1": "lane_twice"}),
    ({"lanes": [{"traffic": "cargo", "to": "AF", "state": "open"}, *lanes("open")]}, {"/lanes/1": "lane_twice"}),
    ({"lanes": [{"traffic": "cargo", "to": "IR", "state": "open"}]}, {"/lanes/0/to": "not_a_side"}),
    ({"lanes": []}, {"/lanes": "required"}),
    ({"lanes": "all"}, {"/lanes": "required"}),
    ({"lanes": [7]}, {"/lanes/0": "not_an_object"}),
    ({"declared_by": "IR"}, {"/declared_by": "not_a_side"}),
    ({"declared_by": "Pakistan"}, {"/declared_by": "unknown_country"}),
    (
        {"lanes": [{"traffic": "cargo", "state": "open", "conditions": [{"goods": ["food"]}]}]},
        {"/lanes/0/conditions": "conditions_not_allowed"},
    ),
    (
        {"lanes": [{"traffic": "people", "state": "restricted", "conditions": [{"who": ["wizards"]}]}]},
        {"/lanes/0/conditions/0/who/0": "unknown_word"},
    ),
    ({"note": "call 0300 1234567"}, {"/note": "phone_number"}),
    ({"note": "x" * 2001}, {"/note": "text_too_long"}),
    ({"note": "\ud800"}, {"/note": "invalid_text"}),
    ({"note": "a\x00b"}, {"/note": "invalid_text"}),
    ({"id": "\x00"}, {"/id": "invalid_text"}),
    ({"url": "javascript:alert(1)"}, {"/url": "url_not_allowed"}),
    ({"stauts": "open"}, {"/stauts": "unknown_field"}),
    ({"one_gate": "yes", "declared_by": "PK"}, {"/one_gate": "not_a_flag"}),
]


@pytest.mark.parametrize(("fields", "expected"), BAD_CLAIMS, ids=[repr(case[0])[:50] for case in BAD_CLAIMS])
def test_a_bad_claim_is_a_422_that_points_at_each_fault(
    partner: Api, fields: dict[str, Any], expected: dict[str, str]
) -> None:
    answer = partner.push("reports/", claim(**fields))
    assert answer.status_code == 422
    assert expected.items() <= faults(answer).items()
    assert stored() == (0, 0, 0)


def test_a_key_that_cannot_be_encoded_is_a_fault_and_no_crash(partner: Api) -> None:
    assert list(faults(partner.push("reports/", claim(**{"\ud800": 1}))).values()) == ["unknown_field"]


def test_every_fault_of_a_claim_is_named_at_once(partner: Api) -> None:
    bad = claim(basis="x", until="never", note=7, lanes=[{"traffic": "cargo", "state": "ajar"}, {"to": "XX"}])
    assert faults(partner.push("reports/", bad)).keys() >= {
        "/basis", "/until", "/note", "/lanes/0/state", "/lanes/1/traffic", "/lanes/1/to", "/lanes/1/state",
    }  # fmt: skip


BAD_READINGS: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({"low": -5}, {"/low": "out_of_range"}),
    ({"low": 2**40, "high": None}, {"/low": "out_of_range"}),
    ({"low": 1.5}, {"/low": "not_a_whole_number"}),
    ({"low": "ten"}, {"/low": "not_a_whole_number"}),
    ({"low": 9, "high": 3}, {"/high": "out_of_range"}),
    ({"low": None, "high": None}, {"/low": "required"}),
    ({"measure": "passed"}, {"/per": "required"}),
    ({"side": "IR"}, {"/side": "not_a_side"}),
    ({"observed_at": ...}, {"/observed_at": "required"}),
    ({"crossing": "nowhere"}, {"/crossing": "unknown_crossing"}),
]


@pytest.mark.parametrize(("fields", "expected"), BAD_READINGS, ids=[repr(case[0])[:50] for case in BAD_READINGS])
def test_a_bad_reading_is_a_422_that_points_at_each_fault(
    partner: Api, fields: dict[str, Any], expected: dict[str, str]
) -> None:
    answer = partner.push("readings/", reading(**fields))
    assert answer.status_code == 422
    assert expected.items() <= faults(answer).items()
    assert stored() == (0, 0, 0)


BAD_BODIES = {
    b"": "empty_body",
    b" \n ": "empty_body",
    b"crossing=torkham": "invalid_json",
    b'{"crossing": "torkh': "invalid_json",
    GOOD + b" {}": "invalid_json",
    b'{"low": NaN}': "invalid_number",
    b'{"low": -Infinity}': "invalid_number",
    b'{"low": 1e999}': "invalid_number",
    b'{"low": ' + b"9" * 5000 + b"}": "number_too_long",
    b"[" * 100_000: "too_deep",
    b'{"a":' * 100_000: "too_deep",
    b'{"crossing": "a", "crossing": "b"}': "duplicate_key",
    '{"note": "é"}'.encode("latin-1"): "bad_encoding",
    GOOD.decode().encode("utf-16"): "bad_encoding",
}


@pytest.mark.parametrize(("sent", "code"), BAD_BODIES.items(), ids=[repr(sent[:20]) for sent in BAD_BODIES])
def test_a_body_that_is_no_json_is_a_400_that_says_where(partner: Api, sent: bytes, code: str) -> None:
    for path in DOORS:
        answer = partner.push(path, sent)
        assert answer.status_code == 400, path
        assert faults(answer) == {"": code}
        if code == "invalid_json":
            assert body(answer)["detail"].startswith("Line 1, column ")
    assert stored() == (0, 0, 0)


def test_a_byte_order_mark_is_forgiven(partner: Api) -> None:
    assert partner.push("reports/", b"\xef\xbb\xbf" + GOOD).status_code == 201


@pytest.mark.parametrize("sent", [b"7", b'"torkham"', b"null", b"true", b"{}", b"[]", json.dumps([claim()]).encode()])
def test_json_that_is_not_what_the_door_takes_is_a_422(partner: Api, sent: bytes) -> None:
    assert {partner.push(path, sent).status_code for path in DOORS} == {422}
    assert stored() == (0, 0, 0)


def test_a_body_of_ten_megabytes_is_a_413_and_is_not_parsed(partner: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsing, "loads", lambda body: pytest.fail("it was parsed"))
    for path in DOORS:
        assert partner.push(path, b'{"note": "' + b"x" * 10_000_000 + b'"}').status_code == 413
    assert partner.push("reports/", b" " * (2**20 + 1)).status_code == 413


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
)
def test_another_content_type_is_a_415(partner: Api, kind: str) -> None:
    assert partner.push("reports/", GOOD, content_type=kind).status_code == 415


def test_a_charset_may_be_named(partner: Api) -> None:
    assert partner.push("reports/", GOOD, content_type="application/json; charset=UTF-8").status_code == 201


def test_a_source_may_speak_only_of_the_crossings_granted_to_it(partner: Api, broker: Source) -> None:
    broker.crossings.add(make_crossing("ghulam-khan"))
    answer = partner.push("reports/", claim())
    assert (answer.status_code, faults(answer)) == (403, {"/crossing": "crossing_not_granted"})
    assert partner.push("reports/", claim(crossing="ghulam-khan")).status_code == 201


@pytest.mark.parametrize("kind", ["announced", "ordered", "observed"])
@pytest.mark.parametrize("at", ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00Z"])
def test_no_time_is_too_far_away_to_be_answered(partner: Api, kind: str, at: str) -> None:
    for path, sent in (
        ("reports/", claim(effective_at=at, basis=kind)),
        ("reports/", claim(effective_at=at, basis=kind, until="9999-12-31")),
        ("reports/", claim(reported_at=at, basis=kind)),
        ("readings/", reading(observed_at=at)),
        ("readings/", reading(reported_at=at)),
    ):
        assert partner.push(path, sent).status_code in (201, 202, 422), sent
        assert partner.get("crossings/").status_code == 200
        assert partner.get("crossings/torkham/history/").status_code == 200


# Outages


@pytest.fixture
def no_database() -> Iterator[None]:
    def refuse(execute: Any, sql: str, params: Any, many: bool, context: Any) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    with connection.execute_wrapper(refuse):
        yield


def test_without_its_database_the_api_says_503_and_when_to_come_back(broker: Source, no_database: None) -> None:
    key = "bct_aaaaaaaa_" + "x" * 43
    client = Api(key).client
    for answer in (
        client.get("/api/v1/crossings/"),
        client.get("/api/v1/crossings/torkham/"),
        client.post("/api/v1/reports/", GOOD, "application/json", headers={"Authorization": f"Bearer {key}"}),
    ):
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "5"
        assert answer.headers["Content-Type"] == "application/problem+json"
