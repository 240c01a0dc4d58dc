"""The queue of drafts by keys alone, and a forwarded message on a phone, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from crossings.feeds.base import Entry
from crossings.ledger.entries import hold_entry
from crossings.models import Draft, Paste, Report
from tests.factories import lanes, make_crossing, make_source
from tests.test_admin_drafts import held
from tests.test_browser_board import axe, faults
from tests.test_browser_pages import CHROMIUM, chromium

__all__ = ["axe", "chromium"]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"{CHROMIUM} is missing (apt-get install chromium)"),
]
REVIEW = "/admin/crossings/draft/review/"
PHONE, DESK = {"width": 360, "height": 740}, {"width": 1200, "height": 900}
PASHTO = "[{day}, 14:05] Karim Khan: د تورخم دروازه له پرون راهیسې بنده ده. حاجي کریم وویل. +93 70 123 4567"


@pytest.fixture
def site(chromium: Any, live_server: Any) -> str:
    make_crossing(names={"ps": "تورخم", "ur": "طورخم"})
    return str(live_server.url)


@pytest.fixture
def opened(chromium: Any, site: str) -> Iterator[Any]:
    """A page of somebody who is logged in, of the size asked for."""
    contexts = []

    def page(username: str = "zahra", size: dict[str, int] = DESK, **how: Any) -> Any:
        user = User.objects.filter(username=username).first() or User.objects.create_superuser(username)
        client = Client()
        client.force_login(user)
        context = chromium.new_context(base_url=site, viewport=size, bypass_csp=True, **how)
        context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": site}])
        contexts.append(context)
        return context.new_page()

    yield page
    for each in contexts:
        each.close()


def decided() -> list[str]:
    return list(Draft.objects.order_by("pk").values_list("decision", flat=True))


def heading(page: Any) -> str:
    return str(page.get_attribute("[data-draft]", "data-draft"))


def press(page: Any, key: str) -> None:
    """A key that leads to another page."""
    with page.expect_navigation():
        page.keyboard.press(key)


def five_drafts() -> list[Draft]:
    for slug in ("chaman", "angoor-ada", "ghulam-khan", "kharlachi"):
        make_crossing(slug)
    closes = [
        held("a"),
        held("b", crossing="chaman"),
        held("c", crossing="angoor-ada"),
        held("d", crossing="ghulam-khan"),
    ]
    make_source("second", trusted=False)
    return [*closes, held("second", crossing="ghulam-khan", lanes=lanes("closed"))]


def test_five_drafts_are_decided_by_keys_alone(opened, axe):
    first, second, third, fourth, fifth = five_drafts()
    page = opened()
    page.goto(REVIEW)
    assert heading(page) == str(first.pk)
    assert faults(axe, page) == []
    page.keyboard.press("?")
    assert page.locator("#keys").get_attribute("open") is not None
    press(page, "n")
    assert heading(page) == str(second.pk)
    press(page, "p")
    assert heading(page) == str(first.pk)
    press(page, "a")  # accepted
    assert heading(page) == str(second.pk) and "Accepted." in page.inner_text(".messagelist")
    page.keyboard.press("r")  # rejected; the keys are letters within the field
    page.keyboard.type("a man can pass, he says")
    press(page, "Enter")
    assert heading(page) == str(third.pk)
    press(page, "c")  # corrected
    page.get_by_label("Note").focus()
    page.keyboard.type("as corrected")
    assert page.get_by_label("Note").input_value() == "as corrected"
    page.get_by_role("button", name="Preview").focus()
    press(page, "Enter")
    page.get_by_role("button", name="Save").focus()
    press(page, "Enter")
    page.wait_for_selector("[data-draft]")
    assert heading(page) == str(fourth.pk)
    press(page, "m")  # merged with what says the same, which is chosen already
    page.get_by_role("button", name="Merge").focus()
    press(page, "Enter")
    assert heading(page) == str(fifth.pk)
    press(page, "a")
    page.get_by_text("Nothing waits for you").wait_for()
    assert decided() == ["accepted", "rejected", "accepted", "merged", "accepted"]
    assert Draft.objects.get(pk=second.pk).decision_reason == "a man can pass, he says"


def test_keys_with_a_modifier_do_nothing_and_what_was_accepted_is_undone_by_its_link(opened):
    five_drafts()
    page = opened()
    page.goto(REVIEW)
    page.keyboard.press("Control+a")
    page.keyboard.press("Alt+n")
    assert decided() == [""] * 5
    press(page, "a")
    press(page, "u")
    assert page.url.endswith(f"/report/{Report.objects.get().pk}/retract/")


def test_without_javascript_and_on_a_phone_the_buttons_do_the_same(opened, axe):
    five_drafts()
    page = opened(size=PHONE, java_script_enabled=False)
    page.goto(REVIEW)
    page.get_by_role("button", name="Accept").click()
    page.get_by_text("Accepted.").first.wait_for()
    page.get_by_text("Reject it…").click()
    page.get_by_label("Why it is rejected").fill("a rumour")
    page.get_by_role("button", name="Reject", exact=True).click()
    assert sorted(decided())[-2:] == ["accepted", "rejected"]
    phone = opened(size=PHONE)
    phone.goto(REVIEW)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 360
    assert faults(axe, phone) == []
    for each in phone.locator(".review-acts > a, .review-acts button").all():
        assert each.bounding_box()["height"] >= 44


def test_another_sees_who_is_working_on_it_and_who_leaves_lets_go(opened):
    first, *_ = five_drafts()
    page, other = opened(), opened("omar")
    page.goto(REVIEW)
    other.goto(f"{REVIEW}?draft={first.pk}")
    other.get_by_text("zahra is working on it").wait_for()
    other.goto(REVIEW)
    assert heading(other) != str(first.pk)
    page.goto("/admin/")
    page.wait_for_timeout(500)
    other.goto(f"{REVIEW}?draft={first.pk}")
    assert other.get_by_text("zahra is working on it").count() == 0


def test_a_text_is_shown_with_its_marked_words(opened, axe):
    news = make_source("news", kind="press", format="rss")
    entry = Entry("1", "Gate shut", "Pakistan closed Torkham yesterday.", "https://example.org/1", timezone.now())
    hold_entry(news, entry, now=timezone.now())
    page = opened(size=PHONE)
    page.goto(REVIEW)
    assert page.locator(".pasted mark").all_inner_texts() == ["shut", "Pakistan closed", "Torkham", "yesterday"]
    assert page.evaluate("document.documentElement.scrollWidth") <= 360 and faults(axe, page) == []
    press(page, "a")
    assert page.locator("[name=lane_all]").input_value() == "closed"


def test_a_forwarded_pashto_message_is_pasted_looked_over_and_leads_to_the_log_form_on_a_phone(opened, axe):
    page = opened(size=PHONE, permissions=["clipboard-read", "clipboard-write"])
    page.goto("/admin/crossings/paste/new/")
    assert faults(axe, page) == []
    message = PASHTO.format(day=f"{timezone.now() - timedelta(days=1):%d/%m/%Y}")
    page.evaluate("text => navigator.clipboard.writeText(text)", message)
    page.get_by_role("button", name="Paste what was copied").click()
    page.wait_for_function("document.getElementById('id_text').value.length > 50")
    page.get_by_label("Who told us").select_option(label="driver")
    page.get_by_role("button", name="Look it over").click()
    kept = page.get_by_label("What will be kept").input_value()
    assert "Karim" not in kept and "کریم" not in kept and "123" not in kept and "تورخم" in kept
    assert page.evaluate("document.documentElement.scrollWidth") <= 360 and faults(axe, page) == []
    page.get_by_role("button", name="Keep it").click()
    page.get_by_text("Kept, for staff only").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360 and faults(axe, page) == []
    page.get_by_role("button", name="Torkham").click()
    page.wait_for_url(f"**/report/log/?crossing=torkham&paste={Paste.objects.get().pk}")
    assert page.locator("[name=lane_all]").count() == 1
