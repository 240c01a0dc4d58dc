"""What a stranger may send to the public pages, and what pages never show."""

from __future__ import annotations

import pytest
from django.db import connection
from django.http import HttpRequest
from django.test import Client
from django.utils import timezone

from crossings.web import views
from tests.factories import lanes, make_crossing, make_source, say
from tests.reader import ago, reader, week, words_of

__all__ = ["reader", "week"]
pytestmark = pytest.mark.django_db


HOSTILE = '<script>alert(1)</script>\u202e"onload=x&amp;\u2069</bdi></title>' + "ي" * 400


def test_hostile_text_is_shown_as_text_and_breaks_no_page(reader):
    make_crossing(name=HOSTILE[:100], names={"ps": HOSTILE, '"><script>': "x"}, codes=[HOSTILE],
                  hours_note=HOSTILE[:280], place_a=HOSTILE[:100])  # fmt: skip
    source = make_source("evil", public_label=HOSTILE[:180])
    say(source, {"crossing": "torkham", "effective_at": ago(5), "note": HOSTILE, "by_name": HOSTILE[:180],
        "url": "https://example.org/?a=<b>", "lanes": [
            {"traffic": "all", "state": "restricted", "conditions": [{"text": HOSTILE}]}]} | {"url": "https://example.org/"},
        {"crossing": "torkham", "traffic": "cargo", "measure": "waiting", "unit": "trucks", "high": 5,
         "observed_at": ago(1), "note": HOSTILE}, now=timezone.now())  # fmt: skip
    for path in ("/", "/c/torkham/", "/c/torkham/history/"):
        html = reader.get(path).content.decode()
        assert "<script>" not in html
        assert html.count("<bdi") == html.count("</bdi>")


def test_a_link_that_is_no_web_address_is_not_made(reader):
    make_crossing()
    source = make_source("dawn", public_label="Dawn")
    say(source, {"crossing": "torkham", "effective_at": ago(5), "lanes": lanes("closed")}, now=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute("SET crossings.redacting = 'on'")
        cursor.execute("UPDATE crossings_report SET url = 'javascript:alert(1)'")
        cursor.execute("SET crossings.redacting = 'off'")
    html = reader.get("/c/torkham/").content.decode()
    assert "Dawn" in html and "javascript:" not in html


def test_no_name_of_a_source_is_seen_and_no_word_meant_for_staff(reader):
    make_crossing()
    source = make_source("amu")
    say(source, {"crossing": "torkham", "effective_at": ago(5), "lanes": lanes("closed")},
        {"crossing": "torkham", "effective_at": ago(4), "lanes": lanes("open"), "visibility": "staff", "note": "hush"},
        now=timezone.now())  # fmt: skip
    for path in ("/", "/c/torkham/", "/c/torkham/history/", "/readyz"):
        html = Client().get(path).content.decode()
        assert "secret name" not in html and "hush" not in html


@pytest.mark.parametrize(
    "query", ["at=yesterday", "at=2999-01-01", "at=%00", "as_known_at=1066-10-14", "at=" + "9" * 5000]
)
def test_a_moment_nobody_can_know_is_answered_with_a_word_of_help_and_no_status(reader, week, query):
    for path in ("/c/torkham/", "/c/torkham/history/"):
        page = reader.get(f"{path}?{query}", status=400)
        html = page.content.decode()
        assert "no-store" in page.headers["Cache-Control"]
        assert html.index('<main id="main">') < html.index('class="fault"') < html.index("<h1>") < html.index("<form")
        told = words_of(html)
        assert "nobody has spoken of it" not in told and "Goods trucks" not in html and "<title>Torkham<" in html


@pytest.mark.parametrize("path", ["/c/nowhere/", "/c/nowhere/history/", "/nothing", "/c/torkham/history/?cursor=!!"])
def test_what_is_not_there_is_a_friendly_page(reader, week, path):
    assert "There is no such page" in reader.read(path, status=404)


@pytest.mark.parametrize("path", ["/", "/c/torkham/", "/c/torkham/history/", "/about/", "/healthz"])
def test_pages_are_for_reading_only(week, path):
    assert Client(enforce_csrf_checks=False).post(path).status_code == 405


def test_the_page_after_a_failure_needs_nothing_but_itself():
    answer = views.failed(HttpRequest())
    assert answer.status_code == 500 and "Something went wrong here" in words_of(answer.content.decode())


def test_the_meanings_are_told_from_the_vocabulary(reader):
    page = reader.read("/about/")
    for told in ("Closed except…", "Not known means neither open nor closed", "One source only", "Lapsed without word",
                 "landslide", "customs agents", "number plates"):  # fmt: skip
        assert told in page
