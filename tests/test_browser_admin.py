"""The week of DESIGN §1 logged by hand, in a real browser, on a phone: the page, the API and the changes tell it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection

from crossings.models import Period, Report
from tests.factories import make_crossing

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = Path("/usr/bin/chromium")
QUIETLY = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--no-first-run"]
PASSWORD = "a phrase that is long enough"
PHONE = {"width": 360, "height": 740}

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs a browser: apt-get install chromium"),
]


@pytest.fixture
def page(live_server: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A phone, logged in."""
    # Playwright keeps a loop running in this thread, which is no reason not to look into the database from it.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    # Nor does a connection have to outlive its request, and hold up the end of the session.
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 0)
    User.objects.create_superuser("zahra", password=PASSWORD)
    make_crossing(names={"ps": "تورخم"})
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=str(CHROMIUM), args=QUIETLY)
        phone = browser.new_page(base_url=live_server.url, viewport=PHONE)
        phone.goto("/admin/")
        phone.get_by_label("Username").fill("zahra")
        phone.get_by_label("Password").fill(PASSWORD)
        phone.get_by_role("button", name="Log in").click()
        yield phone
        browser.close()
        connection.close()  # within the loop it is another one than outside


def begin(page: Any) -> None:
    page.goto("/admin/")
    page.get_by_role("link", name="Log an update").click()
    page.get_by_role("link", name="Torkham", exact=True).first.click()


def fill_time(page: Any, zone: str, day: str, clock: str, said_day: str, said_clock: str) -> None:
    page.get_by_label("another day").check()
    page.get_by_label("Day", exact=True).fill(day)
    page.get_by_label("Time", exact=True).fill(clock)
    page.get_by_label("All times here are local time of").select_option(zone)
    page.get_by_text("Until when, and when it was said").click()
    page.get_by_label("Said on (day)").fill(said_day)
    page.get_by_label("Said at (time)").fill(said_clock)


def see(page: Any, words: str) -> None:
    playwright.expect(page.get_by_text(words)).to_be_visible()


def preview_and_save(page: Any) -> None:
    """Of a time long ago, which is asked back once."""
    page.get_by_role("button", name="Preview").click()
    page.get_by_label("Yes, I mean").check()
    assert fits(page)
    page.get_by_role("button", name="Preview").click()
    see(page, "What the board will say")
    assert fits(page)
    page.get_by_role("button", name="Save").click()
    see(page, "Recorded: Report")


def fits(page: Any) -> bool:
    """Nothing runs out of the screen sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def condition(page: Any, number: int, who: str, country: str, document: str = "") -> None:
    page.get_by_text(f"Condition {number}", exact=True).click()
    row = page.locator("details.condition").nth(number - 1)
    row.get_by_text("Who", exact=True).click()
    row.get_by_label(who, exact=True).check()
    row.get_by_label("Of or in which country").select_option(label=country)
    if document:
        row.get_by_text("With which documents (all of them)").click()
        row.get_by_label(document, exact=True).check()


def log_the_week(page: Any) -> None:
    begin(page)
    page.get_by_label("Afghanistan", exact=True).check()
    page.get_by_label("All lanes").select_option("closed")
    fill_time(page, "Asia/Kabul", "2023-02-19", "17:30", "2023-02-19", "19:30")
    page.get_by_label("To the hour").check()
    page.get_by_label("Why", exact=True).select_option("dispute")
    preview_and_save(page)

    begin(page)
    page.get_by_label("Afghanistan", exact=True).check()
    page.get_by_label("Only this side’s gate").check()
    page.get_by_label("All lanes").select_option("open")
    fill_time(page, "Asia/Kabul", "2023-02-23", "07:00", "2023-02-23", "07:30")
    preview_and_save(page)

    begin(page)
    page.get_by_label("Pakistan", exact=True).check()
    page.get_by_label("All lanes").select_option("closed")
    fill_time(page, "Asia/Karachi", "2023-02-23", "14:00", "2023-02-23", "15:00")
    preview_and_save(page)

    begin(page)
    page.get_by_label("Pakistan", exact=True).check()
    page.get_by_label("People on foot, both ways").select_option("restricted")
    page.get_by_label("Cars and buses, both ways").select_option("closed")
    page.get_by_label("Goods trucks, both ways").select_option("closed")
    condition(page, 1, "Nationals", "Pakistan")
    condition(page, 2, "People with close family", "Pakistan")
    page.get_by_role("button", name="One more condition").click()
    condition(page, 3, "Patients", "Afghanistan", "Permit")
    fill_time(page, "Asia/Karachi", "2023-02-24", "10:00", "2023-02-25", "14:00")
    page.get_by_label("Note").fill("Talks on vehicles and goods go on.")
    preview_and_save(page)

    begin(page)
    page.get_by_label("Pakistan", exact=True).check()
    page.get_by_label("Cars and buses, both ways").select_option("open")
    page.get_by_label("Goods trucks, both ways").select_option("open")
    fill_time(page, "Asia/Kabul", "2023-02-25", "06:00", "2023-02-25", "13:30")
    preview_and_save(page)


# The six periods in the words of the history, the newest first.
TOLD = [
    "not known", "open", "citizens of Pakistan", "close family in Pakistan", "patients from Afghanistan", "our staff",
    "closed by Pakistan", "no word from Pakistan", "closed by Afghanistan",
]  # fmt: skip


def answer(page: Any, address: str) -> Any:
    got = page.request.get(address)
    assert got.ok, got.text()
    return json.loads(got.text())


def test_the_seed_week_logged_by_hand_shows_on_the_page_in_the_api_and_in_the_changes(page):
    log_the_week(page)
    periods = list(Period.objects.order_by("start"))
    states = ["closed", "unknown", "closed", "restricted", "restricted", "unknown"]
    assert [period.state for period in periods] == states
    assert {str(report.recorded_by) for report in Report.objects.all()} == {"zahra"}

    told = answer(page, "/api/v1/crossings/torkham/history/")
    assert [period["state"] for period in told["periods"]] == states[::-1]
    friday = answer(page, "/api/v1/crossings/torkham/?at=2023-02-24T06:00:00Z")["status"]
    lanes = {lane["traffic"]: lane for lane in friday["lanes"]}
    assert [(term["who"], term["country"]) for term in lanes["people"]["conditions"]] == [
        (["nationals"], "PK"), (["family"], "PK"), (["patients"], "AF"),
    ]  # fmt: skip
    assert lanes["people"]["held_by"] == [{"side": "PK", "where": "gate", "by": "authority"}]
    assert lanes["cargo"]["state"] == lanes["vehicles"]["state"] == "closed"
    changes = answer(page, "/api/v1/changes/?after=0")["changes"]
    assert "history.corrected" in {change["type"] for change in changes}
    assert [change["position"] for change in changes] == list(range(1, len(changes) + 1))

    page.goto("/c/torkham/history/")
    text = page.locator("main").inner_text()
    for words in TOLD:
        assert words in text, words
        text = text[text.index(words) + len(words) :]
    page.goto("/c/torkham/")
    assert "Torkham" in page.locator("main").inner_text()


def test_sent_twice_by_an_impatient_thumb_it_is_recorded_once(page):
    begin(page)
    page.get_by_label("All lanes").select_option("closed")
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Save").dblclick()
    see(page, "View report")
    assert Report.objects.count() == 1


def test_a_refusal_stands_beside_its_field_and_keeps_what_was_typed(page):
    begin(page)
    page.get_by_label("Note").fill("Call Karim on +93 70 123 4567")
    page.get_by_label("another day").check()
    page.get_by_role("button", name="Preview").click()
    see(page, "look at what is marked below")
    assert page.locator(".field-note .errorlist").inner_text().startswith("Telephone numbers are not kept")
    assert "Give the day" in page.locator(".field-day .errorlist").inner_text()
    assert "Choose how at least one lane stands" in page.locator(".field-lane_all .errorlist").inner_text()
    assert page.get_by_label("Note").input_value() == "Call Karim on +93 70 123 4567"
    assert fits(page)


@pytest.mark.parametrize("width", [360, 1280])
def test_the_pages_of_the_staff_fit_the_screen(page, width):
    begin(page)
    page.get_by_label("All lanes").select_option("closed")
    page.get_by_text("How many wait, where that was said").click()
    page.get_by_label("At most", exact=True).fill("6000")
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Save").click()
    see(page, "Recorded: Report")
    page.set_viewport_size({"width": width, "height": 800})
    report = Report.objects.get()
    about = [f"report/{report.pk}/{act}/" for act in ("change", "retract", "confirm")]
    about += ["report/log/", "report/log/?crossing=torkham", f"crossing/{report.crossing_id}/change/"]
    for address in ["", *(f"crossings/{each}" for each in about)]:
        page.goto(f"/admin/{address}")
        assert fits(page), address
