"""Every public page in a real browser, in each language: read on a phone, kept, printed, in the dark, by everybody."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from crossings import reference
from tests.factories import WEEK_OVER, make_crossing, make_source, reading, say, say_the_week
from tests.test_browser_pages import CHROMIUM, CONDITIONS, chromium

__all__ = ["chromium"]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"{CHROMIUM} is missing (apt-get install chromium)"),
]

LANGUAGES = ["en", *settings.PLANNED_LANGUAGES]
FRIDAY = "?at=2023-02-24T15:00"
PAGES = [
    "/", "/?for=cargo", "/?for=cargo&to=AF", "/?q=torkam", "/map/", "/map/?region=europe", "/c/torkham/",
    f"/c/torkham/{FRIDAY}", "/c/torkham/history/", "/c/torkham/passage/", "/c/torkham/subscribe/", "/about/",
    "/?lite=1", "/c/torkham/?lite=1",
]  # fmt: skip
DARK = 60
"""Of 255: no channel of a dark ground is lighter."""


def prefix(language: str) -> str:
    return "" if language == "en" else f"/{language}"


def say_a_week() -> None:
    make_crossing(names={"ps": "تورخم", "fa": "تورخم", "ur": "طورخم"})
    source = make_source("amu", public_label="Amu TV")
    say_the_week(source)
    say(source, reading(high=6000, low=None), now=WEEK_OVER)


@pytest.fixture
def week(chromium: Any, live_server: Any) -> str:
    say_a_week()
    return str(live_server.url)


def opened(browser: Any, site: str, width: int = 360, **how: Any) -> Any:
    return browser.new_context(base_url=site, viewport={"width": width, "height": 800}, **how).new_page()


# The page of Torkham, on a phone


WORDS = {"en": "closed except…", "ps": "بند، له ځینو پرته…", "fa-af": "بسته به‌جز…", "ur": "بند، سوائے…"}
NAMES = {"en": "Torkham", "ps": "تورخم", "fa-af": "تورخم", "ur": "طورخم"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_torkham_is_read_on_a_phone_without_javascript_in_every_language(chromium, week, language):
    page = opened(chromium, week, java_script_enabled=False)
    page.goto(f"{prefix(language)}/c/torkham/{FRIDAY}")
    html = page.locator("html")
    assert html.get_attribute("lang") == language
    assert html.get_attribute("dir") == ("ltr" if language == "en" else "rtl")
    assert page.inner_text("h1") == NAMES[language]
    assert WORDS[language] in page.inner_text("main") and page.is_hidden("#saved")
    head = page.locator(".answer .head").first.bounding_box()
    assert head["y"] + head["height"] < 800
    mark = page.locator(".answer .head .mark").first.bounding_box()
    assert (mark["x"] < 180) is (language == "en")
    page.context.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_torkham_is_kept_printed_and_dark_in_every_language(chromium, week, language):
    page = opened(chromium, week, color_scheme="dark")
    path = f"{prefix(language)}/c/torkham/"
    page.goto(path)
    page.wait_for_function("path => caches.open('pages-1').then(kept => kept.match(path)).then(Boolean)", arg=path)
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert max(int(each) for each in ground.removeprefix("rgb(").removesuffix(")").split(",")) < DARK
    page.emulate_media(media="print")
    assert page.locator("nav").count() >= 2
    assert not any(each.is_visible() for each in page.locator("nav, form, .skip").all())
    assert page.inner_text(".printed").endswith(path)
    page.emulate_media(media="screen")
    told = page.inner_text("h1")
    page.context.new_cdp_session(page).send("Network.clearBrowserCache")
    page.context.set_offline(True)
    page.goto(path)
    assert page.inner_text("h1") == told and page.is_visible("#saved")
    assert page.get_attribute("html", "lang") == language
    page.context.close()


# The seed week, period by period

PERIODS = [
    ("Sunday 19 Feb 2023", ["closed by Afghanistan"]),
    ("Thursday 23 Feb 2023, 07:00 Kabul / 07:30 Karachi", ["not known", "no word from Pakistan"]),
    ("Thursday 23 Feb 2023, 13:30 Kabul / 14:00 Karachi", ["closed by Pakistan"]),
    ("Friday 24 Feb 2023, 09:30 Kabul / 10:00 Karachi", ["closed by Pakistan", *CONDITIONS]),
    ("Saturday 25 Feb 2023, 06:00 Kabul / 06:30 Karachi", ["reported open", "Goods trucks"]),
    # The silence is noticed of people, whom nobody spoke of again, before it is of trucks.
    ("Tuesday 25 Apr 2023", ["People on foot", "not known any more"]),
    ("Wednesday 26 Apr 2023", ["Goods trucks, cars and buses", "not known any more"]),
]


def test_each_period_of_the_seed_week_tells_its_day_its_word_and_who_holds_it(chromium, week):
    page = opened(chromium, week, java_script_enabled=False)
    page.goto("/c/torkham/history/")
    told = [item.inner_text() for item in page.locator(".story > li").all()][::-1]
    assert len(told) == len(PERIODS)
    for text, (day, words) in zip(told, PERIODS, strict=True):
        assert text.startswith(day) and all(word in text for word in words), (day, words, text)
    assert [text.count(condition) for text in told for condition in CONDITIONS] == [0] * 9 + [1] * 3 + [0] * 9
    page.context.close()


# Every page, for everybody


@pytest.fixture
def whole(chromium: Any, live_server: Any) -> str:
    reference.load(timezone.now())
    return str(live_server.url)


@pytest.fixture
def axe() -> Generator[Any, None, None]:
    yield pytest.importorskip("axe_playwright_python.sync_playwright").Axe()


def faults(axe: Any, page: Any) -> list[str]:
    found = axe.run(page).response["violations"]
    return [f"{each['id']}: {node['html'][:200]}" for each in found for node in each["nodes"][:2]]


def answered(page: Any) -> None:
    """The form of the passage page, sent."""
    page.locator("input[name=to]").first.check()
    page.locator("input[name=traffic]").first.check()
    page.locator("form.told button").click()
    page.wait_for_selector(".verdict")


def test_no_page_scrolls_sideways_nor_keeps_anybody_out_in_any_language(chromium, whole, axe):
    page = opened(chromium, whole, width=320, bypass_csp=True, service_workers="block")
    found: dict[str, Any] = {}
    for path in [prefix(language) + each for language in LANGUAGES for each in PAGES]:
        page.goto(path)
        if path.endswith("/passage/"):
            answered(page)
        width = page.evaluate("document.documentElement.scrollWidth")
        wrong = [*([f"{width} pixels wide"] if width > 320 else []), *faults(axe, page)]
        if wrong:
            found[path] = wrong
    page.context.close()
    assert found == {}


def test_in_the_dark_everything_can_be_read_too(chromium, whole, axe):
    page = opened(chromium, whole, color_scheme="dark", bypass_csp=True, service_workers="block")
    found = {}
    # The text version leaves its colours to the browser, which axe-core takes for white.
    for path in (each for each in PAGES if "lite" not in each):
        page.goto(path)
        if wrong := faults(axe, page):
            found[path] = wrong
    page.context.close()
    assert found == {}
