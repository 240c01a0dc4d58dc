"""Pushing with a key: what is taken, and everything that is not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from crossings.api import parsing
from crossings.models import ApiKey, Draft, Reading, Report, Source
from tests.api import Api, api, faults
from tests.factories import SEED_WEEK, claim, lanes, make_crossing, make_key, make_source, reading

__all__ = ["api"]
pytestmark = pytest.mark.django_db
RECENT = (timezone.now() - timedelta(hours=2)).isoformat()


@pytest.fixture
def broker() -> Source:
    make_crossing(codes=["AFRKH", "cbp:1"], names={"ps": "تورخم"}, aliases=["The Gate"])
    make_crossing("chaman", aliases=["The Gate"])
    return make_source("broker")


@pytest.fixture
def partner(api: Api, broker: Source) -> Api:
    return api.with_key(make_key(broker))


def stored() -> tuple[int, int, int]:
    return Report.objects.count(), Reading.objects.count(), Draft.objects.count()


def body(answer: Any) -> Any:
    return json.loads(answer.content)


# What is taken


def test_a_claim_is_recorded_and_the_answer_says_how_the_crossing_stands(partner: Api) -> None:
    answer = partner.push("reports/", claim(id="1", effective_at=RECENT, lanes=lanes("closed"), reason="strike"))
    said = body(answer)
    assert (answer.status_code, said["outcome"], said["crossing"]) == (201, "recorded", "torkham")
    assert answer.headers["Location"] == f"/api/v1/reports/{said['report']}/"
    assert answer.headers["Cache-Control"] == "private, no-store"
    board = partner.json("crossings/torkham/")
    assert (said["version"], said["position"], said["status"]) == (
        board["version"], board["position"], board["status"],
    )  # fmt: skip
    assert board["status"]["state"] == "closed"


def test_the_week_pushed_claim_by_claim_shows_on_the_board_and_in_changes(partner: Api) -> None:
    for each in SEED_WEEK:
        assert partner.push("reports/", each).status_code == 201
    at = partner.json("crossings/torkham/", at="2023-02-24T12:00:00Z")
    assert at["status"]["state"] == "restricted"
    assert partner.json("changes/")["changes"]
    # All was recorded just now: nothing of it was known then.
    then = partner.json("crossings/torkham/", at="2023-02-24T12:00:00Z", as_known_at="2023-02-24T12:00:00Z")
    assert then["status"]["state"] == "unknown"


@pytest.mark.parametrize("name", ["torkham", "AFRKH", "AF RKH", "cbp:1", "تورخم", "Torkham"])
def test_a_crossing_may_be_named_by_anything_it_is_called(partner: Api, name: str) -> None:
    assert body(partner.push("reports/", claim(crossing=name)))["crossing"] == "torkham"


def test_the_same_again_is_200_and_other_content_under_its_id_409(partner: Api) -> None:
    first = body(partner.push("reports/", claim(id="1", note="Open.")))
    again = partner.push("reports/", claim(id="1", note=" Open. ", precision="exact"))  # the same once normalised
    assert (again.status_code, body(again)["outcome"], body(again)["report"]) == (200, "same", first["report"])
    other = partner.push("reports/", claim(id="1", note="Shut.", lanes=lanes("closed")))
    assert other.status_code == 409
    assert faults(other) == {"/id": "id_conflict"} and body(other)["report"] == first["report"]
    assert stored() == (1, 0, 0)


def test_two_sources_may_use_the_same_id(partner: Api, api: Api) -> None:
    assert partner.push("reports/", claim(id="1")).status_code == 201
    other = api.with_key(make_key(make_source("other")))
    assert other.push("reports/", claim(id="1", lanes=lanes("closed"))).status_code == 201


def test_what_is_held_is_202_with_the_reason_and_moves_nothing(api: Api, broker: Source) -> None:
    stranger = api.with_key(make_key(make_source("stranger", trusted=False)))
    answer = stranger.push("reports/", claim(effective_at=RECENT, lanes=lanes("closed")))
    said = body(answer)
    assert (answer.status_code, said["outcome"], said["detail"]) == (202, "draft", "the source is not trusted")
    assert said["status"]["state"] == "unknown" and "report" not in said
    assert stored() == (0, 0, 1)


def test_a_reading_is_recorded_and_stands_among_the_queues(partner: Api) -> None:
    answer = partner.push("readings/", reading(id="1", observed_at=RECENT, high=None))
    assert (answer.status_code, body(answer)["outcome"]) == (201, "recorded")
    queues = partner.json("crossings/torkham/")["queues"]
    assert [(each["low"], each["high"], each["reading"]) for each in queues] == [(1400, None, body(answer)["reading"])]
    assert partner.push("readings/", reading(id="1", observed_at=RECENT, high=None)).status_code == 200
    assert partner.push("readings/", reading(id="1", observed_at=RECENT, low=9, high=None)).status_code == 409


def test_a_source_takes_back_its_own_report_and_no_other(partner: Api, api: Api) -> None:
    number = body(partner.push("reports/", claim(effective_at=RECENT)))["report"]
    address = f"reports/{number}/retraction/"
    other = api.with_key(make_key(make_source("other")))
    assert other.push(address, {"reason": "mine now"}).status_code == 403
    assert faults(partner.push(address, {})) == {"/reason": "required"}
    assert faults(partner.push(address, {"reason": "x", "why": 1})) == {"/why": "unknown_field"}
    answer = partner.push(address, {"reason": "We mixed up two gates."})
    assert (answer.status_code, body(answer)["outcome"]) == (201, "retracted")
    assert body(answer)["status"]["state"] == "unknown"
    assert partner.push(address, {"reason": "We mixed up two gates."}).status_code == 200
    assert partner.push("reports/999/retraction/", {"reason": "x"}).status_code == 404


def test_nobody_learns_of_a_staff_report_by_trying_to_take_it_back(partner: Api, api: Api) -> None:
    number = body(partner.push("reports/", claim(visibility="staff", lanes=lanes("closed"))))["report"]
    assert partner.json("crossings/torkham/")["status"]["state"] == "unknown"
    other = api.with_key(make_key(make_source("other")))
    assert other.push(f"reports/{number}/retraction/", {"reason": "x"}).status_code == 404


# What is not


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


GOOD = json.dumps(claim()).encode()
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
@pytest.mark.parametrize("path", ["reports/", "readings/", "batch/", "reports/1/retraction/"])
def test_a_body_that_is_no_json_is_a_400_that_says_where(partner: Api, path: str, sent: bytes, code: str) -> None:
    answer = partner.push(path, sent)
    assert answer.status_code == 400
    assert faults(answer) == {"": code}
    if code == "invalid_json":
        assert body(answer)["detail"].startswith("Line 1, column ")
    assert stored() == (0, 0, 0)


def test_a_byte_order_mark_is_forgiven(partner: Api) -> None:
    assert partner.push("reports/", b"\xef\xbb\xbf" + GOOD).status_code == 201


@pytest.mark.parametrize("sent", [b"7", b'"torkham"', b"null", b"true", b"{}", b"[]", json.dumps([claim()]).encode()])
@pytest.mark.parametrize("path", ["reports/", "readings/", "batch/", "reports/1/retraction/"])
def test_json_that_is_not_what_the_door_takes_is_a_422(partner: Api, path: str, sent: bytes) -> None:
    assert partner.push(path, sent).status_code == 422
    assert stored() == (0, 0, 0)


def test_a_body_of_ten_megabytes_is_a_413_and_is_not_parsed(partner: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsing, "loads", lambda body: pytest.fail("it was parsed"))
    for path in ("reports/", "readings/", "batch/", "reports/1/retraction/"):
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


# Keys


def test_every_reason_for_refusing_a_key_sounds_the_same(api: Api, broker: Source) -> None:
    now = timezone.now()
    good = make_key(broker)
    keys = {
        "": "none",
        "nonsense": "no key at all",
        good[:-1] + ("A" if good[-1] != "A" else "B"): "wrong by a letter",
        "bct_aaaaaaaa_" + "x" * 43: "unknown",
        make_key(broker, revoked_at=now): "revoked",
        make_key(broker, expires_at=now): "expired",
        make_key(make_source("gone", active=False)): "of a source that is switched off",
    }
    answers = {why: api.with_key(key).push("reports/", claim()) for key, why in keys.items()}
    assert {answer.status_code for answer in answers.values()} == {401}
    assert {answer.headers["WWW-Authenticate"] for answer in answers.values()} == {'Bearer realm="api"'}
    assert len({answer.content for answer in answers.values()}) == 1
    assert api.with_key(good).push("reports/", claim()).status_code == 201
    assert stored() == (1, 0, 0)


@pytest.mark.parametrize("header", ["Basic abc", "Bearer", "Bearer ", "Bearer é", "bearer x y", "\xff"])
def test_no_authorization_header_is_a_server_error(api: Api, header: str) -> None:
    answer = api.client.post("/api/v1/reports/", GOOD, "application/json", headers={"Authorization": header})
    assert answer.status_code == 401


def test_a_key_counts_whatever_the_case_of_bearer(api: Api, broker: Source) -> None:
    headers = {"Authorization": f"bearer {make_key(broker)}"}
    assert api.client.post("/api/v1/reports/", GOOD, "application/json", headers=headers).status_code == 201


def test_the_use_of_a_key_is_noted_at_most_every_five_minutes(partner: Api) -> None:
    partner.push("reports/", claim(id="1"))
    noted = ApiKey.objects.get().last_used_at
    assert noted is not None
    partner.push("reports/", claim(id="2"))
    assert ApiKey.objects.get().last_used_at == noted
    ApiKey.objects.update(last_used_at=noted - timedelta(minutes=6))
    partner.push("reports/", claim(id="3"))
    assert (ApiKey.objects.get().last_used_at or noted) > noted


def test_a_session_opens_no_door_of_the_api(api: Api, broker: Source, admin_client: Any) -> None:
    assert admin_client.post("/api/v1/reports/", GOOD, "application/json").status_code == 401


@pytest.mark.parametrize("path", ["reports/", "readings/", "batch/", "reports/1/retraction/"])
@pytest.mark.parametrize("method", ["get", "put", "delete", "options"])
def test_a_door_for_pushing_takes_post_alone(partner: Api, path: str, method: str) -> None:
    answer = getattr(partner.client, method)(f"/api/v1/{path}")
    assert answer.status_code == 405 and answer.headers["Allow"] == "POST"


# Batches


def outcomes(answer: Any) -> list[tuple[str, str, int]]:
    return [(each["pointer"], each["outcome"], each["status"]) for each in body(answer)["results"]]


def test_each_item_of_a_batch_has_its_own_outcome(partner: Api) -> None:
    partner.push("reports/", claim(id="old", effective_at=RECENT))
    sent = {
        "reports": [
            claim(id="a", effective_at=RECENT, lanes=lanes("closed")),
            claim(id="bad", crossing="nowhere", basis="x"),
            claim(id="old", effective_at=RECENT),
            claim(id="old", note="other"),
            claim(id="a", effective_at=RECENT, lanes=lanes("closed")),
            7,
        ],
        "readings": [reading(id="r", observed_at=RECENT), reading(low=-1)],
        "retractions": [{"id": "a", "reason": "wrong"}, {"id": "r"}, {"id": "never"}, {"reason": "x"}],
    }
    answer = partner.push("batch/", sent)
    assert answer.status_code == 207
    assert outcomes(answer) == [
        ("/reports/0", "recorded", 201),
        ("/reports/1", "refused", 422),
        ("/reports/2", "same", 200),
        ("/reports/3", "conflict", 409),
        ("/reports/4", "same", 200),
        ("/reports/5", "refused", 422),
        ("/readings/0", "recorded", 201),
        ("/readings/1", "refused", 422),
        ("/retractions/0", "retracted", 201),
        ("/retractions/1", "retracted", 201),
        ("/retractions/2", "refused", 422),
        ("/retractions/3", "refused", 422),
    ]
    results = body(answer)["results"]
    assert {fault["pointer"] for fault in results[1]["errors"]} == {"/reports/1/crossing", "/reports/1/basis"}
    assert body(answer)["counts"] == {"recorded": 2, "refused": 5, "same": 2, "conflict": 1, "retracted": 2}
    assert body(answer)["position"] == partner.json("crossings/")["position"]
    assert stored() == (2, 1, 0)


def test_a_batch_sent_twice_is_recorded_once(partner: Api) -> None:
    sent = {"reports": SEED_WEEK, "readings": [reading()]}
    assert {outcome for _, outcome, _ in outcomes(partner.push("batch/", sent))} == {"recorded"}
    assert {outcome for _, outcome, _ in outcomes(partner.push("batch/", sent))} == {"same"}
    assert stored() == (5, 1, 0)


def test_a_draft_can_be_taken_back_too(api: Api, broker: Source) -> None:
    stranger = api.with_key(make_key(make_source("stranger", trusted=False)))
    sent = {"reports": [claim(id="1")], "retractions": [{"id": "1", "reason": "wrong"}]}
    assert [each[1] for each in outcomes(stranger.push("batch/", sent))] == ["draft", "retracted"]
    assert Draft.objects.get().decision == "rejected"


def test_an_unknown_list_in_a_batch_is_named(partner: Api) -> None:
    answer = partner.push("batch/", {"reports": [claim()], "reprots": []})
    assert ("/", "refused", 422) in outcomes(answer)


def test_a_batch_of_too_many_items_is_a_413(partner: Api) -> None:
    answer = partner.push("batch/", {"retractions": [{"id": "x"}] * 5001})
    assert (answer.status_code, faults(answer)) == (413, {"": "too_many_items"})


def test_half_a_character_in_an_id_is_a_fault_and_no_crash(partner: Api) -> None:
    sent = {"reports": [claim(id="\ud800")], "retractions": [{"id": "\ud800"}, {"id": "\x00"}]}
    assert [each[2] for each in outcomes(partner.push("batch/", sent))] == [422, 422, 422]


def test_a_batch_of_over_500_is_written_in_several_transactions(partner: Api) -> None:
    items = [reading(id=str(n), observed_at="2023-02-24T07:00:00Z", low=n, high=None) for n in range(700)]
    assert body(partner.push("batch/", {"readings": items}))["counts"] == {"recorded": 700}


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
