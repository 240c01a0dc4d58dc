"""The public pages in a real browser, on a phone: the seed week as a reader sees it."""

from __future__ import annotations

from collections.abc import Generator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from crossings.web import style
from tests.factories import WEEK_OVER, make_crossing, make_source, reading, say, say_the_week

CHROMIUM = Path("/usr/bin/chromium")
SWITCHES = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--no-first-run"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"{CHROMIUM} is missing (apt-get install chromium)"),
]


@pytest.fixture(scope="module")
def chromium() -> Generator[Any, None, None]:
    api = pytest.importorskip("playwright.sync_api")
    with pytest.MonkeyPatch.context() as patch, api.sync_playwright() as playwright:
        # Playwright keeps an event loop in this thread; the ORM is used between its calls, never within.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=SWITCHES)
        yield browser
        browser.close()


@pytest.fixture
def site(chromium: Any, live_server: Any) -> str:
    make_crossing(names={"ps": "تورخم", "ur": "طورخم"})
    source = make_source("amu", public_label="Amu TV")
    say_the_week(source)
    say(source, reading(high=6000, low=None), now=WEEK_OVER)
    return str(live_server.url)


@pytest.fixture
def phone(chromium: Any, site: str) -> Generator[Any, None, None]:
    """A page of a phone without JavaScript; whatever the browser complains of fails the test."""
    context = chromium.new_context(
        base_url=site, viewport={"width": 360, "height": 800}, java_script_enabled=False, color_scheme="light"
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("requestfailed", lambda request: complaints.append(request.url))
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.seen = requests
    yield page
    context.close()
    assert not [each for each in complaints if "status of 404" not in each]


PERIODS = [
    ("Sunday 19 Feb 2023", "closed", "Afghanistan"),
    ("Thursday 23 Feb 2023, 07:00 Kabul", "not known", "no word from Pakistan"),
    ("Thursday 23 Feb 2023, 13:30 Kabul", "closed", "Pakistan"),
    ("Friday 24 Feb 2023, 09:30 Kabul", "closed", "Pakistan"),
    ("Saturday 25 Feb 2023, 06:00 Kabul", "reported open", "Goods trucks"),
    ("Wednesday 26 Apr 2023", "not known", "any more"),
]
CONDITIONS = [
    "citizens of Pakistan",
    "people with close family in Pakistan",
    "patients from Afghanistan with a permit",
]


def test_the_seed_week_can_be_read_off_the_history_period_by_period(phone):
    phone.goto("/c/torkham/history/")
    told = [item.inner_text() for item in phone.locator(".story > li").all()]
    for day, word, holder in PERIODS:
        assert any(day in each and word in each and holder in each for each in told), (day, told)
    friday = next(each for each in told if "Friday 24 Feb 2023, 09:30" in each)
    assert all(condition in friday for condition in CONDITIONS)


def test_friday_can_be_asked_for_with_the_form_and_shows_who_may_pass(phone):
    phone.goto("/c/torkham/")
    phone.fill("input[name=at]", "2023-02-24T15:00")
    phone.click("text=Show >> nth=-1")
    assert "As it stood on Friday 24 Feb 2023, 15:00 Kabul / 15:30 Karachi" in phone.inner_text("main .banner")
    people = phone.locator(".lanes > li", has_text="People on foot").first.inner_text()
    assert "closed except…" in people and "by Pakistan" in people
    assert all(condition in people for condition in CONDITIONS)
    trucks = phone.locator(".lanes > li", has_text="Goods trucks").first.inner_text()
    assert "closed by Pakistan" in trucks and "up to 6,000 trucks" in phone.inner_text("main").lower()


@pytest.mark.parametrize(
    "path", ["/", "/c/torkham/", "/c/torkham/?at=2023-02-24T15:00", "/c/torkham/history/", "/about/", "/none"]
)
def test_no_page_scrolls_sideways_on_a_narrow_phone_and_each_is_one_request(chromium, phone, site, path):
    phone.goto(path)
    assert [url for url in phone.seen if not url.startswith("data:")] == [site + path]
    scripted = chromium.new_context(base_url=site, viewport={"width": 320, "height": 640})
    narrow = scripted.new_page()
    narrow.goto(path)
    assert narrow.evaluate("document.documentElement.scrollWidth") <= 320
    scripted.close()


def test_the_style_is_let_in_by_the_policy_and_follows_a_dark_screen(chromium, site):
    shades = {}
    for scheme in ("light", "dark"):
        context = chromium.new_context(base_url=site, color_scheme=scheme)
        page = context.new_page()
        answer = page.goto("/")
        assert answer.headers["content-security-policy"] == style.PUBLIC
        shades[scheme] = page.evaluate("getComputedStyle(document.body).backgroundColor")
        context.close()
    assert shades == {"light": "rgb(246, 246, 243)", "dark": "rgb(20, 24, 27)"}


def test_a_state_is_told_by_shape_and_word_beside_its_colour(phone):
    phone.goto("/c/torkham/?at=2023-02-24T15:00")
    marks = phone.locator(".lanes h3")
    assert marks.count() >= 2
    for index in range(marks.count()):
        heading = marks.nth(index)
        assert heading.locator("svg use").count() == 1
        assert "closed" in heading.inner_text()


def test_the_answer_is_within_the_first_screen_of_a_phone(phone):
    phone.goto("/c/torkham/?at=2023-02-24T15:00")
    lead = phone.locator(".answer .head").first
    assert lead.inner_text().strip() == "Goods trucks to Pakistan: closed by Pakistan"
    box = lead.bounding_box()
    assert box["y"] + box["height"] < 640


def test_time_runs_with_the_reading_direction_in_the_strip_of_days(chromium, site):
    context = chromium.new_context(base_url=site, viewport={"width": 360, "height": 800})
    page = context.new_page()
    page.goto("/c/torkham/?at=2023-02-24T15:00")
    last = "() => document.querySelector('.strip .closed').getBoundingClientRect().left"
    shown = page.evaluate(last)
    page.evaluate("document.documentElement.dir = 'rtl'")
    assert shown > 300 and page.evaluate(last) < 60
    ends = page.locator(".strip + .ends span")
    assert ends.first.bounding_box()["x"] > ends.last.bounding_box()["x"]
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    context.close()


def test_printed_the_page_bears_its_address_and_no_forms(phone):
    phone.goto("/c/torkham/?at=2023-02-24T15:00")
    assert not phone.locator(".printed").is_visible()
    phone.emulate_media(media="print")
    assert phone.locator(".printed").is_visible() and "/c/torkham/?at=" in phone.inner_text(".printed")
    assert not phone.locator("form.ask").is_visible() and not phone.locator("nav").first.is_visible()


def test_headings_come_in_order_and_every_drawing_has_its_title(chromium, site):
    context = chromium.new_context(base_url=site)
    page = context.new_page()
    page.goto("/c/torkham/?at=2023-02-24T15:00")
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map(h => +h.tagName[1])")
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    drawings = page.evaluate(
        "[...document.querySelectorAll('svg[role=img]')].map(d => d.querySelector('title').textContent)"
    )
    assert drawings and all(drawings)
    tables = page.evaluate(
        "[...document.querySelectorAll('table')].map(t => !!t.caption && !!t.querySelector('tbody th[scope=row]'))"
    )
    assert tables and all(tables)
    context.close()
