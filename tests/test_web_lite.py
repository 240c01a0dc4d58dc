"""The text version: who gets it, what it tells, and that it is small."""

from __future__ import annotations

import gzip
import json
import random
import re
from datetime import timedelta
from html import unescape
from typing import Any

import brotli
import pytest
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation

from crossings import reference
from crossings.board import Filters
from crossings.domain.vocabulary import Confidence
from crossings.phrases.times import Stamped
from crossings.web import lite
from crossings.web.pairs import pair_of
from tests.factories import lanes, make_crossing, make_source, reading, say
from tests.lanes import CITIZENS, Json, lane, never, unknown
from tests.reader import ago, reader, week, words_of
from tracker.state import BASE_DIR

__all__ = ["reader", "week"]
pytestmark = pytest.mark.django_db

MOST_BYTES = 2048
NOW = Stamped("2026-11-22T12:00:00Z", "22 Nov, 12:00 UTC")


def weight(html: str) -> int:
    return len(gzip.compress(html.encode(), 6, mtime=0))


def links(html: str) -> list[str]:
    return [unescape(url) for url in re.findall(r'href="([^"]+)"', html) if not url.startswith("data:")]


# Who gets it


@pytest.mark.parametrize("path", ["/", "/c/torkham/"])
def test_the_address_decides_and_without_it_the_browsers_wish_to_save_data(reader, week, path):
    def get(query: str = "", **headers: str) -> Any:
        return reader.client.get(path + query, headers=headers)

    def is_text(answer: Any) -> bool:
        return b"<svg" not in answer.content and b"<style" not in answer.content

    assert not is_text(get()) and is_text(get("?lite=1")) and is_text(get(**{"Save-Data": "on"}))
    assert not is_text(get("?lite=0", **{"Save-Data": "on"})) and not is_text(get(**{"Save-Data": "off"}))
    for query, told in (("", True), ("?lite=1", False), ("?lite=0", False)):
        for wish in ({"Save-Data": "on"}, {}):
            assert ("Save-Data" in get(query, **wish).headers.get("Vary", "")) is told


@pytest.mark.parametrize("path", ["/", "/c/torkham/"])
def test_neither_version_passes_for_the_other_by_its_tag(reader, week, path):
    whole, text = (reader.client.get(path, headers=wish) for wish in ({}, {"Save-Data": "on"}))
    assert whole.headers["ETag"] != text.headers["ETag"]
    again = reader.client.get(path, headers={"Save-Data": "on", "If-None-Match": whole.headers["ETag"]})
    assert again.status_code == 200
    again = reader.client.get(path, headers={"Save-Data": "on", "If-None-Match": text.headers["ETag"]})
    assert "Save-Data" in again.headers["Vary"]
    assert again.status_code == 304 or again.headers["ETag"] != text.headers["ETag"]


def test_links_stay_with_the_text_but_for_the_one_to_the_whole_page(reader, week):
    board = reader.get("/?lite=1&q=torkham").content.decode()
    assert links(board) == ["/c/torkham/?lite=1", "/?lite=0&q=torkham"]
    page = reader.get("/c/torkham/?at=2023-02-24T15:00&lite=1").content.decode()
    assert set(links(page)) == {
        "/c/torkham/?lite=1", "/?lite=1", "/c/torkham/?at=2023-02-24T15%3A00&lite=0",
        "/c/torkham/share.txt?at=2023-02-24T10%3A30%3A00Z",
    }  # fmt: skip
    for path in ("/", "/c/torkham/"):
        assert f'href="{path}?lite=1"' in reader.get(path).content.decode()


# What it tells


def test_the_page_of_a_crossing_tells_of_each_way_who_may_pass_and_what_waits(reader, week):
    say(make_source("dawn", public_label="Dawn"), reading(high=6000, low=None), now=timezone.now(), backfilled=True)
    page = reader.read("/c/torkham/", at="2023-02-24T15:00", lite="1")
    since = "since Thursday 23 Feb 2023, 13:30 Kabul / 14:00 Karachi"
    for country in ("Pakistan", "Afghanistan"):
        assert f"Goods trucks to {country}: closed by Pakistan {since}" in page
    assert "People on foot: closed except…" in page and "citizens of Pakistan" in page
    assert "As it stood on Friday 24 Feb 2023, 15:00 Kabul" in page
    assert "up to 6,000 trucks waiting in Pakistan (Dawn," in page and "Who says so Amu TV" in page
    assert "Talks on vehicles and goods go on." in page


def test_the_board_tells_of_goods_trucks_what_is_alike_at_once(reader):
    staff = make_source("staff", kind="staff")
    for slug in ("torkham", "chaman", "kharlachi", "angoor-ada"):
        make_crossing(slug)
    make_crossing("badini", traffic=["people"])
    ways = [{"traffic": "cargo", "to": "PK", "state": "closed"}, {"traffic": "cargo", "to": "AF", "state": "open"}]
    say(staff,
        *({"crossing": slug, "effective_at": ago(3), "lanes": lanes("closed")} for slug in ("torkham", "chaman")),
        {"crossing": "kharlachi", "effective_at": ago(3), "lanes": ways},
        {"crossing": "badini", "effective_at": ago(3), "lanes": lanes("open")}, now=timezone.now())  # fmt: skip
    say(make_source("amu"),
        {"crossing": "angoor-ada", "effective_at": ago(5), "reported_at": ago(3.1), "lanes": lanes("open")},
        now=timezone.now())  # fmt: skip
    page = reader.read("/?lite=1")
    for told in (
        "Goods trucks, both ways unless said As of ",
        "UTC Afghanistan – Pakistan",
        "closed: Chaman, Torkham",
        "to Pakistan: closed, to Afghanistan: open: Kharlachi",
        "people on foot, both ways: open: Badini",
        "last reported open, 3 hours ago: Angoor Ada",
    ):
        assert told in page, page
    people = reader.read("/?lite=1&for=people&to=AF")
    assert "People on foot to Afghanistan" in people and "closed: Chaman, Torkham" in people
    assert "not known: Kharlachi" in people and "both ways unless said" not in people


def test_the_board_never_calls_open_what_is_not_current():
    for confidence in Confidence.words():
        for conditions in ([], [CITIZENS | {"effect": "deny"}]):
            state = "restricted" if conditions else "open"
            each = lane(state, confidence=confidence, conditions=conditions, gates={"AF": "open", "PK": state})
            html = board_of([place("torkham", each, {**each, "to": "AF"})])
            told = words_of(html).replace("last reported open", "")
            assert bool(re.search(r"\bopen\b", told)) is (confidence == Confidence.CURRENT and not conditions)


def test_hostile_names_and_notes_are_text_here_too(reader):
    hostile = '<script>alert(1)</script>\u202e"&' + "ي" * 90
    make_crossing(name=hostile)
    say(make_source("evil", public_label=hostile), {"crossing": "torkham", "effective_at": ago(5), "note": hostile * 15,
        "lanes": lanes("closed")}, now=timezone.now())  # fmt: skip
    for path in ("/?lite=1", "/c/torkham/?lite=1", '/?lite=1&q="><script>'):
        assert "<script>" not in reader.get(path).content.decode()


# That it is small


def place(slug: str, *lanes_: Json, name: str = "", countries: tuple[str, str] = ("AF", "PK"), **fields: Any) -> Json:
    sides = [{"country": each, "timezone": "Asia/Kabul"} for each in countries]
    return {"slug": slug, "name": name or slug.title(), "names": {}, "countries": list(countries), "sides": sides,
            "queues": [], "status": {"lanes": list(lanes_), "sources": []}, **fields}  # fmt: skip


def board_of(crossings: list[Json]) -> str:
    groups: dict[str, list[Json]] = {}
    for each in crossings:
        groups.setdefault(pair_of(each).name, []).append(each)
    borders = [lite._border(name, group, Filters(), timezone.now()) for name, group in sorted(groups.items())]
    return render_to_string(
        "lite_board.html", {"borders": borders, "full_url": "/?lite=0", "unasked": True, "now": NOW}
    )


def any_lane(chance: random.Random, to: str, other: str) -> Json:
    since = (timezone.now() - timedelta(hours=chance.choice([1, 3, 8, 30, 50, 100, 900]))).isoformat()
    state = chance.choice(["open", "closed", "closed", "restricted", "unknown", "never"])
    given = {"to": to, "since": since, "confirmed_at": since, "since_precision": "exact",
             "confidence": chance.choice(["current", "single", "stale"]),
             "gates": {to: state, other: state}}  # fmt: skip
    if state in ("unknown", "never"):
        return {**(never() if state == "never" else unknown(since=since)), "to": to, "gates": {to: "unknown"}}
    return lane(state, **given, conditions=[CITIZENS] if state == "restricted" and chance.random() < 0.5 else [])


@pytest.mark.browser
def test_every_text_page_of_the_real_history_weighs_at_most_two_kilobytes_in_every_language(reader):
    reference.load(timezone.now())
    heavy = {}
    for prefix in ("" if code == "en" else f"/{code}" for code, _ in settings.LANGUAGES):
        paths = [f"{prefix}/?lite=1", f"{prefix}/?lite=1&for=cargo&to=AF"]
        for slug in ("torkham", "wagah-attari", "rafah", "dorohusk-yahodyn"):
            paths += [f"{prefix}/c/{slug}/?lite=1", f"{prefix}/c/{slug}/?at=2023-02-24T15:00&lite=1"]
        for path in paths:
            html = reader.get(path).content.decode()
            assert "<svg" not in html and "<style" not in html and "<script" not in html
            heavy[path] = weight(html)
    assert max(heavy.values()) <= MOST_BYTES, heavy


@pytest.mark.parametrize("language", ["en", *settings.PLANNED_LANGUAGES])
def test_the_board_is_small_on_a_day_on_which_every_border_stands_otherwise(language):
    places = json.loads((BASE_DIR / "crossings/reference/crossings.json").read_text())
    with translation.override(language):
        for seed in range(5):
            html = board_of([any_place(random.Random(seed), each) for each in places])
            assert len(brotli.compress(html.encode(), quality=5)) <= MOST_BYTES  # as a phone's browser gets it


def any_place(chance: random.Random, given: Json) -> Json:
    first, second = (side["country"] for side in given["sides"])
    one = any_lane(chance, second, first)
    other = any_lane(chance, first, second) if chance.random() < 0.2 else one
    lanes_ = [one, {**other, "to": first}]
    return place(given["slug"], *lanes_, name=given["name"], countries=(first, second), names=given["names"])
