"""A bulletin as last time, in a real browser on a phone: issued with two taps, its message read, and printed."""

from __future__ import annotations

import os
from collections.abc import Generator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from crossings.domain.claims import stamp
from crossings.models import Bulletin
from tests.factories import claim, lanes, make_crossing, make_source, say
from tests.test_browser_pages import CHROMIUM, chromium

__all__ = ["chromium"]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"{CHROMIUM} is missing (apt-get install chromium)"),
]
PHONE = {"width": 360, "height": 740}
NEW = "/admin/crossings/bulletin/new/"
SMALLEST = 44


@pytest.fixture
def phone(chromium: Any, live_server: Any) -> Generator[Any, None, None]:
    """Logged in, as somebody whose last bulletin said that Torkham was closed; since then its people may pass."""
    user = User.objects.create_superuser("zahra")
    source, now = make_source(), timezone.now()
    make_crossing()
    make_crossing("ghulam-khan")
    client = Client()
    client.force_login(user)
    said(source, now - timedelta(hours=3), "closed")
    page = client.post(NEW, {"name": "Morning", "countries": ["PK"], "when": "now"})
    client.post(NEW, {"bulletin": page.context["token"]})
    said(source, now - timedelta(minutes=20), "restricted", "people")
    context = chromium.new_context(base_url=live_server.url, viewport=PHONE)
    cookies = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
    context.add_cookies([cookies])
    yield context.new_page()
    context.close()


def said(source: Any, at: Any, state: str, *traffic: str) -> None:
    item = claim(declared_by="PK", effective_at=stamp(at), lanes=lanes(state, *traffic))
    say(source, item, now=timezone.now())


def clean(page: Any) -> None:
    """Nothing wider than the phone, nothing too small for a thumb, nothing that axe finds."""
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    small = [
        each.inner_text()
        for each in page.locator("#content-main :is(button, .acts a, .submit-row a, .choices label)").all()
        if each.is_visible() and each.bounding_box()["height"] < SMALLEST
    ]
    assert not small
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    found = axe.run(page).response["violations"]
    assert not [(each["id"], node["html"][:200]) for each in found for node in each["nodes"]]


def shot(page: Any, name: str) -> None:
    if os.environ.get("SHOTS"):
        page.screenshot(path=f"{os.environ['SHOTS']}/{name}.png", full_page=True)


def test_a_bulletin_as_last_time_is_issued_and_its_message_read_on_a_phone(phone):
    phone.goto(NEW)
    shot(phone, "new")
    clean(phone)
    phone.get_by_role("link", name="Morning").click()
    assert "1 crossing is not as in the last one" in phone.inner_text("#content-main")
    assert "▲ changed" in phone.inner_text("table.bulletin") and Bulletin.objects.count() == 1
    shot(phone, "preview")
    clean(phone)
    phone.get_by_role("button", name="Issue").click()
    phone.wait_for_selector("#message")
    assert Bulletin.objects.count() == 2
    shot(phone, "issued")
    clean(phone)
    text = phone.input_value("#message-text").split("\n")
    assert text[0] == "Morning" and text[3].startswith("▲ Changed: Torkham: goods trucks, cars and buses")
    assert text[4] == "Ghulam Khan: nothing reported"


def test_it_prints_black_on_white_with_its_hour_and_its_address(phone):
    bulletin = Bulletin.objects.get()
    phone.goto(f"/admin/crossings/bulletin/{bulletin.pk}/change/")
    phone.set_viewport_size({"width": 1000, "height": 700})  # as paper across
    phone.emulate_media(media="print")
    hidden = phone.locator("nav, .acts, form, .message, #header, .breadcrumbs").all()
    assert not [each.evaluate("each => each.outerHTML.slice(0, 80)") for each in hidden if each.is_visible()]
    assert phone.is_visible("table.bulletin caption") and phone.locator("table.bulletin thead").is_visible()
    assert phone.inner_text(".stamp").strip().endswith(f"/admin/crossings/bulletin/{bulletin.pk}/change/")
    assert phone.evaluate("getComputedStyle(document.querySelector('table.bulletin td')).color") == "rgb(0, 0, 0)"
    shot(phone, "print")


def test_the_page_of_files_fits_a_phone_and_the_keyboard_alone_brings_a_file_in(phone):
    phone.goto("/admin/crossings/bulletin/files/")
    shot(phone, "files")
    clean(phone)
    row = b"id,crossing,effective_at,traffic,state\nx,torkham,2023-02-24T05:00:00Z,all,closed\ny,torkham,,all,ajar\n"
    phone.set_input_files("#id_in-file", {"name": "a.csv", "mimeType": "text/csv", "buffer": row})
    phone.get_by_role("button", name="Show what would happen").press("Enter")
    phone.wait_for_selector("table.taken")
    assert "1 new" in phone.inner_text(".outcomes").replace("\n", " ")
    shot(phone, "taken")
    clean(phone)
    phone.get_by_role("button", name="Bring in 1 row").press("Enter")
    phone.wait_for_selector(".messagelist")
    assert "Done: new 1, refused 1" in phone.inner_text(".messagelist")
