"""The filters and pages of the board over HTTP."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from crossings.board import Box
from tests.api import Api, api, faults
from tests.factories import claim, make_crossing, make_source, say

__all__ = ["api"]
HOUR = timedelta(hours=1)

BOXES = [
    ("60,29,75,39", (34.1, 71.1), True),
    ("60,29,75,39", (34.1, 75.1), False),
    ("60,29,75,39", (28.9, 71.1), False),
    ("71.1,34.1,71.1,34.1", (34.1, 71.1), True),
    ("170,-50,-170,50", (0.0, 175.0), True),
    ("170,-50,-170,50", (0.0, -175.0), True),
    ("170,-50,-170,50", (0.0, 0.0), False),
    ("-180,-90,180,90", (None, None), False),
]


@pytest.mark.parametrize(("box", "at", "holds"), BOXES)
def test_a_box_holds_what_lies_in_it_across_the_antimeridian_too(box: str, at: Any, holds: bool) -> None:
    assert Box(*map(float, box.split(","))).holds(*at) is holds


@pytest.fixture
def places(db: None) -> None:
    make_crossing()
    make_crossing("dorohusk", ("PL", "UA"), latitude=51.18, longitude=23.8)
    make_crossing("nowhere", latitude=None, longitude=None)


def slugs(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [each["slug"] for each in json.loads(answer.content)["crossings"]]


def test_the_board_the_map_and_the_table_are_cut_to_a_box(api: Api, places: None) -> None:
    asked = "?bbox=60.5,29.3,74.9,38.5"
    assert slugs(api.get("crossings/" + asked)) == ["torkham"]
    assert [each["id"] for each in api.json("crossings.geojson" + asked)["features"]] == ["torkham"]
    table = api.get("crossings.csv" + asked).content.decode()
    assert "torkham" in table and "dorohusk" not in table
    assert slugs(api.get("crossings/?bbox=170,-90,24,90")) == ["dorohusk"]


def test_what_changed_since_a_moment_is_at_or_after_it(api: Api, places: None) -> None:
    now = timezone.now()
    say(make_source(), claim(effective_at=(now - HOUR).isoformat()), now=now)
    [torkham] = [each for each in api.json("crossings/")["crossings"] if each["slug"] == "torkham"]
    moved = torkham["updated_at"]
    just_after = (datetime.fromisoformat(moved) + timedelta(microseconds=1)).isoformat()
    assert slugs(api.get("crossings/", updated_since=moved)) == ["torkham"]
    assert slugs(api.get("crossings/", updated_since=just_after)) == []
    assert slugs(api.get("crossings/", updated_since="2023-02-23", country="PL")) == []


WRONG = [
    ("bbox=1,2,3", "bbox", "invalid_parameter", "west,south,east,north"),
    ("bbox=a,b,c,d", "bbox", "invalid_parameter", "west,south,east,north"),
    ("bbox=nan,0,1,1", "bbox", "invalid_parameter", "west,south,east,north"),
    ("bbox=0,0,181,1", "bbox", "out_of_range", "-180 to 180"),
    ("bbox=0,2,1,1", "bbox", "out_of_range", "South comes before north"),
    ("updated_since=yesterday", "updated_since", "invalid_timestamp", "RFC 3339"),
    ("updated_since=2023-02-23T12:00:00", "updated_since", "timezone_required", "Z or an offset"),
    ("limit=0", "limit", "invalid_parameter", "from 1 to 500"),
    ("cursor=x", "cursor", "invalid_cursor", "`next`"),
    ("cursor=OTk5OTk5", "cursor", "invalid_cursor", "`next`"),
]


@pytest.mark.parametrize(("asked", "name", "code", "hint"), WRONG)
def test_a_wrong_filter_is_a_400_that_says_what_would_be_right(
    api: Api, places: None, asked: str, name: str, code: str, hint: str
) -> None:
    answer = api.get(f"crossings/?{asked}")
    assert (answer.status_code, faults(answer)) == (400, {name: code})
    assert hint in json.loads(answer.content)["errors"][0]["detail"]


def test_the_board_is_whole_unless_pages_are_asked_for(api: Api, places: None) -> None:
    assert "next" not in api.json("crossings/")
    seen, address, pages = [], "crossings/?limit=1", 0
    while address:
        page = api.json(address.removeprefix("http://testserver"))
        seen += [each["slug"] for each in page["crossings"]]
        address, pages = page["next"], pages + 1
    assert (seen, pages) == (slugs(api.get("crossings/")), 3)
    assert api.json("crossings/?limit=3")["next"] is None
    assert slugs(api.get("crossings/?limit=1&country=UA")) == ["dorohusk"]


def test_a_filtered_answer_has_a_tag_of_its_own_and_an_unknown_parameter_has_not(api: Api, places: None) -> None:
    tags = [
        api.get(f"crossings/{asked}").headers["ETag"]
        for asked in ("", "?utm_source=x", "?bbox=0,0,1,1", "?bbox=0,0,1,2", "?limit=2", "?updated_since=2023-02-23")
    ]
    assert tags[0] == tags[1]
    assert len(set(tags)) == 5
