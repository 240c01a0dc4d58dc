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
