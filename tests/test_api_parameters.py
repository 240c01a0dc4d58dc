"""Parameters that would be disobeyed, or taken for something else, are refused by name."""

from __future__ import annotations

import json

import pytest

from tests.api import Api, api, faults
from tests.factories import make_crossing

__all__ = ["api"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def torkham() -> None:
    make_crossing()


MOMENTS = [
    ("crossings/", "at"),
    ("crossings/", "as_known_at"),
    ("crossings.csv", "at"),
    ("crossings.geojson", "as_known_at"),
    ("summary.json", "at"),
    ("changes/", "at"),
    ("crossings/torkham/history/", "at"),
    ("crossings/torkham/reports/", "as_known_at"),
    ("crossings/torkham/reports/", "at"),
    ("crossings/torkham/readings/", "at"),
]


@pytest.mark.parametrize(("path", "parameter"), MOMENTS)
def test_a_moment_that_would_not_be_obeyed_is_a_400_that_says_where_it_is(
    api: Api, torkham: None, path: str, parameter: str
) -> None:
    answer = api.get(path, **{parameter: "2023-02-23"})
    assert (answer.status_code, faults(answer)) == (400, {parameter: "not_taken_here"})
    assert "crossings/{slug}/" in json.loads(answer.content)["errors"][0]["detail"]


@pytest.mark.parametrize("path", ["history/", "readings/", "readings/?bucket=day&limit=5"])
def test_a_span_that_ends_before_it_begins_is_named_by_both_its_ends(api: Api, torkham: None, path: str) -> None:
    sign = "&" if "?" in path else "?"
    answer = api.get(f"crossings/torkham/{path}{sign}from=2023-03-01&to=2023-02-01")
    assert (answer.status_code, faults(answer)) == (400, {"from": "out_of_range", "to": "out_of_range"})
    same = api.get(f"crossings/torkham/{path}{sign}from=2023-03-01&to=2023-03-01")
    assert same.status_code == 200


@pytest.mark.parametrize("path", ["", "history/", "reports/", "readings/", "?at=2023-02-01"])
def test_a_crossing_that_is_not_there_is_named_with_where_to_look(api: Api, torkham: None, path: str) -> None:
    answer = api.get(f"crossings/torkam/{path}")
    said = json.loads(answer.content)["detail"]
    assert (answer.status_code, said) == (404, "There is no crossing torkam; see /api/v1/crossings/.")


TWICE = [
    "crossings/?state=open&state=closed",
    "crossings/?traffic=cargo&traffic=",
    "crossings/torkham/?at=2023-02-23&at=2023-02-24",
    "changes/?after=1&after=2",
]


@pytest.mark.parametrize("path", TWICE)
def test_a_parameter_given_twice_is_a_400(api: Api, torkham: None, path: str) -> None:
    answer = api.get(path)
    assert (answer.status_code, set(faults(answer).values())) == (400, {"given_twice"})


def test_the_guide_is_304_to_who_holds_it(api: Api) -> None:
    answer = api.get("/api/docs/")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    again = api.get("/api/docs/", tag=answer.headers["ETag"])
    assert (again.status_code, again.content) == (304, b"")
