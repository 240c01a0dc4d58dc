"""The map: what is drawn where, the list that says the same, and its weight."""

from __future__ import annotations

import gzip
import json
import re
from itertools import combinations
from typing import Any

import pytest
from django.utils import timezone

from crossings import reference
from crossings.models import Crossing
from crossings.web.regions import HIGH, OUTLINES, WIDE, Region, regions, spread
from tests.factories import lanes, make_crossing, make_source, say
from tests.reader import ago, reader, words_of

__all__ = ["reader"]

BUDGET = 12_288
REGIONS = regions()

# The planes


def at(lat: float | None, lon: float = 0.0) -> Any:
    return {"location": None if lat is None else {"lat": lat, "lon": lon}}


@pytest.mark.parametrize(
    ("slug", "lat", "lon", "where"),
    [
        ("afghanistan", 38.4, 59.2, (0, 0)),
        ("afghanistan", 38.4, 76.2, (720, 0)),
        ("afghanistan", 34.115, 71.085, (503, 212)),
        ("afghanistan", 50.0, 71.0, None),
        ("afghanistan", 34.0, -71.0, None),
        ("afghanistan", None, 0.0, None),
        ("africa", -22.22, 29.99, (411, 986)),
        ("us-canada", 42.32, -83.08, (512, 142)),
    ],
)
def test_a_crossing_stands_where_it_lies(slug, lat, lon, where):
    found = REGIONS[slug].point(at(lat, lon))
    assert found == where or (found and where and max(abs(a - b) for a, b in zip(found, where, strict=True)) <= 2)


@pytest.mark.parametrize("region", REGIONS.values(), ids=REGIONS)
def test_each_outline_is_whole_numbers_and_names_lie_within_it(region: Region):
    for path in (region.land, region.borders):
        assert re.fullmatch(r"(M-?\d+[ -]\d+l[-\d ]+z?)+", path), path[:200]
    assert region.name and region.names
    assert all(0 < x < region.width and 0 < y < region.height for x, y in region.names.values())


def test_the_outlines_say_whose_they_are():
    assert "Natural Earth" in json.loads(OUTLINES.read_bytes())["credit"]


def apart(found: tuple[tuple[int, int], ...]) -> bool:
    return all(abs(a[0] - b[0]) >= WIDE or abs(a[1] - b[1]) >= HIGH for a, b in combinations(found, 2))


@pytest.mark.parametrize(
    "points",
    [
        (),
        ((100, 100),),
        ((100, 100), (100, 100)),
        ((100, 100), (110, 105), (120, 100), (100, 110)),
        tuple((360, 360) for _ in range(30)),
        tuple((0, n) for n in range(12)),
        ((0, 0), (720, 700), (719, 699)),
    ],
)
def test_marks_are_moved_apart_and_stay_on_the_map(points):
    found = spread(points, 720, 700)
    assert apart(found) and len(found) == len(points)
    assert all(0 < x < 720 and 0 < y < 700 for x, y in found)
    assert spread(points, 720, 700) == found


def test_a_mark_that_stands_free_is_not_moved():
    assert spread(((200, 200), (400, 200)), 720, 700) == ((200, 200), (400, 200))


# Through the front door


@pytest.fixture
def border(db: None) -> None:
    make_crossing()
    make_crossing("kharlachi", latitude=33.8, longitude=69.92, position_verified=True, traffic=["people"])
    make_crossing("medyka", ("PL", "UA"), latitude=49.8, longitude=22.95)
    make_crossing("nowhere", latitude=None, longitude=None)
    say(make_source("staff", kind="staff"), {"crossing": "torkham", "declared_by": "PK", "effective_at": ago(5),
        "lanes": [*lanes("closed", "cargo"), *lanes("open", "people")]}, now=timezone.now())  # fmt: skip


def pins(html: str) -> list[tuple[str, str]]:
    return re.findall(r'<a href="/c/([a-z-]+)/" tabindex="-1" class="(\w+)"', html)


def listed(html: str) -> list[str]:
    return re.findall(r'<li><svg class="mark \w+" [^>]*><use [^>]*></svg>\s*<div><a href="/c/([a-z-]+)/"', html)


def test_the_list_beneath_says_what_the_map_shows(reader, border):
    html = reader.get("/map/").content.decode()
    assert [slug for slug, _ in pins(html)] == listed(html) == ["kharlachi", "torkham"]
    assert dict(pins(html)) == {"torkham": "closed", "kharlachi": "unknown"}
    page = words_of(html)
    assert "Torkham; To Pakistan and to Afghanistan: Goods trucks closed by Pakistan" in page
    assert "Map: Afghanistan, Pakistan and Iran, with 2 crossings. The list below says the same." in page
    assert "On none of the maps: Nowhere" in page and "Medyka" not in page
    assert page.count("≈") == 2  # Torkham's place is not verified; and what that means


def test_the_map_is_a_picture_with_a_name_and_its_links_are_not_met_twice(reader, border):
    html = reader.get("/map/").content.decode()
    assert re.search(r'<svg role="img" aria-labelledby="map"><title id="map">', html)
    group = html[html.index('<g aria-hidden="true">') :]
    assert group.count('tabindex="-1"') == len(pins(html)) == group[: group.index("</g></svg>")].count("<a ")


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/map/?for=cargo", {"torkham": "closed"}),
        ("/map/?for=people&to=AF", {"torkham": "open", "kharlachi": "unknown"}),
        ("/map/?to=UA", {}),
        ("/map/?region=europe", {"medyka": "unknown"}),
        ("/map/?region=europe&to=PL", {"medyka": "unknown"}),
        ("/map/?region=africa", {}),
        ("/map/?region=../etc&for=x&to=\x00", {"kharlachi": "unknown", "torkham": "closed"}),
    ],
)
def test_a_map_can_be_asked_for_a_lane_and_a_region(reader, border, path, found):
    html = reader.get(path).content.decode()
    assert dict(pins(html)) == found and sorted(listed(html)) == sorted(found)


def test_regions_with_crossings_are_linked_and_keep_the_lane(reader, border):
    html = reader.get("/map/?for=cargo&to=AF").content.decode()
    assert '<a href="/map/?for=cargo&amp;to=AF&amp;region=europe">Poland and Ukraine</a>' in html
    assert '<a href="/map/?for=cargo&amp;to=AF" aria-current="true">Afghanistan, Pakistan and Iran</a>' in html
    assert "Africa" not in html
    assert '<a href="/?for=cargo&amp;to=AF">' in html
    html = reader.get("/map/?region=europe&for=cargo").content.decode()
    assert '<a href="/map/?region=europe">All crossings</a>' in html


def test_a_map_that_is_asked_for_in_other_words_is_the_same_page(reader, border):
    paths = ("/map/", "/map/?region=atlantis", "/map/?q=torkham&country=AF&x=1")
    assert len({reader.get(path).headers["ETag"] for path in paths}) == 1


def test_the_map_of_no_crossing_at_all_is_a_page(reader, db):
    assert "No crossings here." in reader.read("/map/")


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "\u202e</title></svg>", "x" * 100, '" onload="x'])
def test_a_hostile_name_breaks_no_map(reader, border, name):
    Crossing.objects.update(name=name, names={"ps": name})
    html = reader.get("/map/").content.decode()
    assert "<script>" not in html and "</title></svg>" not in html and 'onload="x' not in html


def test_every_map_is_light(reader, db):
    reference.load(timezone.now())
    said = [
        {"crossing": each.slug, "declared_by": each.country_a, "effective_at": ago(3 + n),
         "reported_at": ago(1 + n / 9), "lanes": lanes(("closed", "open", "restricted")[n % 3])}
        for n, each in enumerate(Crossing.objects.order_by("name"))
    ]  # fmt: skip
    say(make_source("staff", kind="staff"), *said, now=timezone.now())
    weights = {}
    for slug in ("", *REGIONS):
        for ask in ("", "&for=cargo&to=AF"):
            path = f"/map/?region={slug}{ask}"
            weights[path] = len(gzip.compress(reader.get(path).content, 6))
    assert max(weights.values()) <= BUDGET, weights
