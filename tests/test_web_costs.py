"""What the public pages cost: queries, and what a reader who has the page is spared."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crossings.ledger import settle
from tests.factories import lanes, make_crossing, make_source, say
from tests.reader import Reader, ago, reader, week

__all__ = ["reader", "week"]
pytestmark = pytest.mark.django_db


def queries(reader: Reader, path: str) -> int:
    with CaptureQueriesContext(connection) as seen:
        reader.get(path)
    return len(seen)


def test_each_page_takes_as_many_queries_for_sixty_crossings_and_a_long_history_as_for_three(reader):
    source, other = make_source("amu"), make_source("dawn")
    paths = ["/", "/?for=cargo&to=PK", "/?q=c1", "/?q=nowhere", "/map/", "/map/?region=africa&for=people",
             "/c/c0/", "/c/c0/history/", "/c/c0/?at=2023-03-01", "/c/c0/?as_known_at=2023-03-01"]  # fmt: skip

    def grow(first: int, last: int, days: int) -> None:
        for n in range(first, last):
            make_crossing(f"c{n}")
        start = datetime(2023, 1, 1, tzinfo=UTC)
        for who in (source, other):
            said = [
                {"id": f"{who.slug}-{n}-{day}", "crossing": f"c{n}", "lanes": lanes("open" if day % 2 else "closed"),
                 "effective_at": (start + timedelta(days=day, hours=who.pk)).isoformat()}
                for n in range(0, last, 20) for day in range(days)
            ]  # fmt: skip
            counted = [
                {"id": f"{who.slug}-q{n}-{day}", "crossing": f"c{n}", "measure": "waiting", "unit": "trucks",
                 "high": day, "observed_at": (start + timedelta(days=day)).isoformat()}
                for n in range(0, last, 20) for day in range(days)
            ]  # fmt: skip
            say(who, *said, *counted, now=timezone.now(), backfilled=True)
        settle(timezone.now())

    grow(0, 3, 70)
    few = {path: queries(reader, path) for path in paths}
    grow(3, 60, 140)
    assert {path: queries(reader, path) for path in paths} == few
    assert max(few.values()) <= 16, few


def test_a_reader_who_has_the_page_gets_it_for_one_look_at_the_version(reader, week):
    settle(timezone.now())
    for path, most in (
        ("/", 3),
        ("/?for=cargo", 3),
        ("/map/", 3),
        ("/c/torkham/", 1),
        ("/c/torkham/?at=2023-02-24", 1),
    ):
        page = reader.get(path)
        assert page.headers["Cache-Control"].startswith("public, max-age=1, stale-while-revalidate=")
        with CaptureQueriesContext(connection) as seen:
            again = reader.get(path, tag=page.headers["ETag"], status=304 if same_minute(page) else 200)
        assert again.headers["ETag"]
        assert len(seen) <= most or again.status_code == 200


def same_minute(page: Any) -> bool:
    return f"{timezone.now():%Y%m%d%H%M}" in page.headers["ETag"]


def test_a_new_word_makes_a_new_page(reader, week):
    pages = [reader.get(path) for path in ("/", "/map/", "/c/torkham/")]
    say(
        make_source("tnn"),
        {"crossing": "torkham", "effective_at": ago(1), "lanes": lanes("closed")},
        now=timezone.now(),
    )
    for page, path in zip(pages, ("/", "/map/", "/c/torkham/"), strict=True):
        assert "closed" in reader.read(path) and reader.get(path, tag=page.headers["ETag"])


def test_history_is_paged_without_a_gap(reader):
    make_crossing()
    start = datetime(2022, 1, 1, tzinfo=UTC)
    said = [
        {"id": f"w{day}", "crossing": "torkham", "lanes": lanes("open" if day % 2 else "closed"),
         "effective_at": (start + timedelta(days=day)).isoformat()}
        for day in range(120)
    ]  # fmt: skip
    say(make_source("amu"), *said, now=timezone.now(), backfilled=True)
    path, told = "/c/torkham/history/", []
    while path:
        html = reader.get(path).content.decode()
        told += re.findall(r'class="when"><time datetime="([^"]+)"', html)
        following = re.search(r'rel="next" href="([^"]+)"', html)
        path = unescape(following[1]) if following else ""
    assert len(told) == 120 and told == sorted(told, reverse=True) and len(set(told)) == 120
