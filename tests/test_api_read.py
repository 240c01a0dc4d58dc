"""The public reading doors over HTTP."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crossings.ledger import confirm, retract
from crossings.models import Report
from tests.api import Api, api, faults
from tests.factories import claim, lanes, make_crossing, make_key, make_source, reading, say, say_the_week

__all__ = ["api"]
pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
READS = [
    "crossings/",
    "crossings/?state=open&traffic=cargo",
    "crossings.geojson",
    "crossings.csv",
    "crossings/torkham/",
    "crossings/torkham/?at=2023-02-23T12:00:00Z",
    "crossings/torkham/?as_known_at=2023-02-23T12:00:00Z",
    "crossings/torkham/history/",
    "crossings/torkham/history/?as_known_at=2023-02-23T12:00:00Z",
    "crossings/torkham/reports/",
    "crossings/torkham/readings/",
    "crossings/torkham/readings/?bucket=day",
    "changes/?after=2",
    "summary.json",
    "schema/",
]


@pytest.fixture
def week() -> Any:
    make_crossing(note="note of our own")
    source = make_source("amu", note="staff's note on amu")
    say_the_week(source)
    return source


@pytest.fixture
def torkham() -> None:
    make_crossing()


# What every public answer has


@pytest.mark.parametrize("path", READS)
def test_a_public_answer_may_be_kept_by_anybody_and_is_304_to_who_holds_it(api: Api, week: Any, path: str) -> None:
    answer = api.get(path)
    assert answer.status_code == 200, answer.content
    assert answer.headers["Cache-Control"] == "public, max-age=1, stale-while-revalidate=2, stale-if-error=86400"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    tag = answer.headers["ETag"]
    for held in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = api.get(path, tag=held)
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag), held
    for held in ('"other"', "garbage", '"' * 10_000, "W/" + "x," * 5_000, '"\\', "é"):
        assert api.get(path, tag=held).status_code == 200, held[:20]


@pytest.mark.parametrize("path", [path for path in READS if path != "schema/"])
def test_news_changes_the_tag(api: Api, week: Any, path: str) -> None:
    before = api.get(path).headers["ETag"]
    now = timezone.now()
    say(week, claim(effective_at=(now - HOUR).isoformat(), lanes=lanes("closed")), now=now)
    assert api.get(path).headers["ETag"] != before


def test_an_answer_to_who_sends_a_key_is_not_for_a_shared_cache(api: Api, week: Any) -> None:
    for key in (make_key(week), "wrong"):
        answer = api.with_key(key).get("crossings/")
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "private, no-store"
    assert "public" in api.get("crossings/").headers["Cache-Control"]


def test_the_version_is_the_tag_of_the_board_and_of_a_crossing(api: Api, week: Any) -> None:
    now = timezone.now()
    said = claim(effective_at=(now - HOUR).isoformat())
    say(week, said, now=now)
    for path in ("crossings/", "crossings/torkham/"):
        answer = api.get(path)
        assert answer.headers["ETag"] == f'"{json.loads(answer.content)["version"]}"'


def test_a_confirmation_moves_the_version_and_not_the_position(api: Api, week: Any) -> None:
    now = timezone.now()
    say(week, claim(id="now", effective_at=(now - HOUR).isoformat()), now=now - HOUR)
    before = api.json("crossings/")
    confirm([Report.objects.get(external_id="now")], source=week, at=now, now=now)
    after = api.json("crossings/")
    assert after["version"] > before["version"]
    assert after["position"] == before["position"]


def test_a_browser_elsewhere_may_ask_with_a_tag(api: Api) -> None:
    answer = api.client.options("/api/v1/crossings/", headers={"Origin": "https://example.org"})
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Headers"] == "If-None-Match"


def test_head_says_the_same_without_a_body(api: Api, week: Any) -> None:
    for path in READS:
        answer, head = api.get(path), api.client.head(f"/api/v1/{path}")
        assert (head.status_code, head.content) == (200, b"")
        for name in ("ETag", "Content-Type", "Content-Length"):
            assert head.headers[name] == answer.headers[name]


# At a moment


def test_the_week_is_answered_at_and_as_known_at_by_address(api: Api, week: Any) -> None:
    def state(**asked: str) -> str:
        return api.json("crossings/torkham/", **asked)["status"]["state"]

    assert state(at="2023-02-23T07:30:00Z") == "unknown"
    assert state(at="2023-02-23T12:00:00+04:30", as_known_at="2023-02-23T12:00:00+04:30") == "unknown"
    assert state(at="2023-02-24T06:00:00Z", as_known_at="2023-02-23T07:30:00Z") == "unknown"
    assert state(at="2023-02-24T06:00:00Z") == "restricted"
    assert state(at="2023-02-20") == "closed"
    assert state() == "unknown"  # sixty days of silence ended it
    answer = json.loads(api.get("crossings/torkham/?at=2023-02-23T12:00:00+04:30").content)  # an unescaped plus
    assert answer["at"] == "2023-02-23T07:30:00Z"


def test_conditions_and_holders_stand_with_their_lane(api: Api, week: Any) -> None:
    status = api.json("crossings/torkham/", at="2023-02-24T12:00:00Z")["status"]
    people = [lane for lane in status["lanes"] if lane["traffic"] == "people"]
    assert [term["who"] for term in people[0]["conditions"]] == [["nationals"], ["family"], ["patients"]]
    assert {term["side"] for term in people[0]["conditions"]} == {"PK"}
    assert people[0]["held_by"] == [{"side": "PK", "where": "gate", "by": "authority"}]
    assert {lane["state"] for lane in status["lanes"] if lane["traffic"] != "people"} == {"closed"}


# Wrong parameters


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        ("crossings/?state=OPENISH", "state"),
        ("crossings/?traffic=trains", "traffic"),
        ("crossings/?country=Pakistan", "country"),
        ("crossings/?to=P1", "to"),
        ("crossings/?q=" + "x" * 101, "q"),
        ("crossings/?q=%00", "q"),
        ("crossings.csv?state=shut", "state"),
        ("crossings.geojson?country=1", "country"),
        ("crossings/torkham/?at=yesterday", "at"),
        ("crossings/torkham/?at=2023-02-23T12:00:00", "at"),
        ("crossings/torkham/?at=2023-02-30", "at"),
        ("crossings/torkham/?at=2323-02-23T12:00:00Z", "at"),
        ("crossings/torkham/?as_known_at=2323-02-23", "as_known_at"),
        ("crossings/torkham/history/?as_known_at=2323-02-23", "as_known_at"),
        ("crossings/torkham/history/?from=1677158400", "from"),
        ("crossings/torkham/history/?cursor=garbage", "cursor"),
        ("crossings/torkham/history/?cursor=MjAyMy0wMi0yM1QxMjowMDowMA", "cursor"),
        ("crossings/torkham/history/?limit=0", "limit"),
        ("crossings/torkham/reports/?cursor=%C3%A9%00", "cursor"),
        ("crossings/torkham/reports/?cursor=MjAyMy0wMi0yM3w5OTk5OTk5OTk5OTk5OTk5OTk5OTk", "cursor"),
        ("crossings/torkham/reports/?limit=-1", "limit"),
        ("crossings/torkham/readings/?bucket=week", "bucket"),
        ("crossings/torkham/readings/?bucket=day&cursor=x", "cursor"),
        ("changes/?after=-1", "after"),
        ("changes/?after=1e9", "after"),
        ("changes/?after=9999999999999999999999", "after"),
        ("changes/?limit=1000000000", "limit"),
        ("changes/?limit=٣", "limit"),
    ],
)
def test_a_wrong_parameter_is_a_400_that_names_it(api: Api, torkham: None, path: str, parameter: str) -> None:
    answer = api.get(path)
    assert answer.status_code == 400
    assert list(faults(answer)) == [parameter]


def test_all_wrong_parameters_are_named_at_once(api: Api) -> None:
    assert list(faults(api.get("crossings/?state=x&traffic=y&to=z1"))) == ["state", "traffic", "to"]


def test_unknown_parameters_are_ignored_and_split_no_cache(api: Api, week: Any) -> None:
    plain, odd = api.get("changes/?after=1"), api.get("changes/?after=1&utm_source=x&_=123")
    assert (plain.content, plain.headers["ETag"]) == (odd.content, odd.headers["ETag"])


@pytest.mark.parametrize(
    "path",
    ["crossings/nowhere/", "crossings/nowhere/history/", "crossings/nowhere/reports/", "crossings/nowhere/readings/",
     "crossings/nowhere/readings/?bucket=day", "crossings/nowhere/?at=2023-01-01", "reports/999999/", "nothing/",
     "crossings/TORKHAM!/", "reports/99999999999999999999/"],
)  # fmt: skip
def test_what_is_not_there_is_a_404_problem(api: Api, torkham: None, path: str) -> None:
    assert api.get(path).status_code == 404


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "trace"])
def test_a_public_address_takes_reading_alone(api: Api, method: str) -> None:
    answer = getattr(api.client, method)("/api/v1/crossings/")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_forgotten_slash_is_put_right_and_the_method_kept(api: Api) -> None:
    answer = api.client.get("/api/v1/crossings?state=open")
    assert (answer.status_code, answer.headers["Location"]) == (308, "/api/v1/crossings/?state=open")


def test_a_host_that_is_not_ours_gets_a_400(api: Api) -> None:
    answer = api.client.get("/api/v1/crossings/", headers={"Host": "evil.example"})
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"


# Lists


def test_next_is_a_full_address_that_leads_to_the_end(api: Api, week: Any) -> None:
    for path, name in (("history", "periods"), ("reports", "reports")):
        whole = api.json(f"crossings/torkham/{path}/")[name]
        found: list[Any] = []
        address: str | None = f"http://testserver/api/v1/crossings/torkham/{path}/?limit=2&odd=1"
        while address:
            assert address.startswith("http://testserver/api/v1/")
            page = json.loads(api.get(address.removeprefix("http://testserver")).content)
            found += page[name]
            address = page["next"]
        assert found == whole


def test_changes_are_the_ones_that_were_frozen(api: Api, week: Any) -> None:
    page = api.json("changes/", after=0, limit=3)
    assert [each["position"] for each in page["changes"]] == [1, 2, 3]
    assert page["more"] is True and page["position"] == 3
    change = page["changes"][0]
    assert change["type"] == "lanes.changed" and change["crossing"] == "torkham"
    assert {each["before"] for each in change["lanes"]} == {"unknown"}
    assert {each["after"] for each in change["lanes"]} == {"closed"}
    assert change["status"]["state"] == "closed"


def test_a_single_report_is_shown_with_its_label(api: Api, week: Any) -> None:
    row = Report.objects.get(external_id="week-4")
    shown = api.json(f"reports/{row.pk}/")
    assert (shown["source"], shown["reason"], shown["retracted"]) == ("label of amu", "security", False)
    retract(row, reason="for staff", now=timezone.now())
    assert api.json(f"reports/{row.pk}/")["retracted"] is True


# The table


def test_the_table_has_hashtags_and_runs_no_formula(api: Api) -> None:
    make_crossing("evil", name='=HYPERLINK("http://x","y")', latitude=-1.5)
    make_crossing("sly", name=" ＝cmd|' /C calc'!A0")
    make_crossing("tab", name="@SUM(A1)")
    text = api.get("crossings.csv").content.decode("utf-8-sig")
    header, hashtags, *rows = list(csv.reader(io.StringIO(text)))
    assert header[:4] == ["crossing", "name", "country_1", "country_2"]
    assert all(tag.startswith("#") for tag in hashtags) and len(hashtags) == len(header)
    assert {row[1][0] for row in rows} == {"'"}
    assert {row[4] for row in rows if row[0] == "evil"} == {"-1.5"}
    assert len(rows) == 18


# Nothing of staff's


SECRETS = ["secret name of", "staff's note", "whispered", "for staff", "note of our own"]


def test_nothing_of_staffs_is_in_any_public_answer(api: Api, week: Any) -> None:
    now = timezone.now()
    hidden = claim(
        id="hidden", note="whispered", visibility="staff", effective_at=now.isoformat(), lanes=lanes("closed")
    )
    say(make_source("field-1", kind="field"), hidden, now=now)
    untrusted = claim(note="whispered", effective_at=now.isoformat(), lanes=lanes("closed"))
    say(make_source("stranger", trusted=False), untrusted, now=now)
    say(week, reading(note="seen from the road", observed_at=now.isoformat()), now=now)
    retract(Report.objects.get(external_id="week-2"), reason="for staff", now=now)
    public = [row.pk for row in Report.objects.filter(visibility="public")]
    addresses = [*READS, *(f"reports/{pk}/" for pk in public)]
    for path in addresses:
        text = api.get(path).content.decode()
        assert not [secret for secret in SECRETS if secret in text], path
    staff_only = Report.objects.get(external_id="hidden")
    assert api.get(f"reports/{staff_only.pk}/").status_code == 404
    assert api.json("crossings/torkham/")["status"]["state"] == "unknown"
    history = api.json("crossings/torkham/history/")["periods"]
    assert staff_only.pk not in [pk for period in history for pk in period["reports"]]


def test_a_304_costs_two_queries_at_most(api: Api, week: Any) -> None:
    now = timezone.now()
    say(week, claim(effective_at=(now - HOUR).isoformat()), now=now)
    for path in READS:
        tag = api.get(path).headers["ETag"]
        with CaptureQueriesContext(connection) as seen:
            assert api.get(path, tag=tag).status_code == 304
        assert len(seen) <= 2, path
