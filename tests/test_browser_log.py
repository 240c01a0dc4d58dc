"""An update is logged on a phone: few taps, by keyboard alone, and through a lost connection."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from crossings.models import Change, Current, Period, Report, Retraction
from tests.factories import SEED_WEEK, WEEK_STATES, make_crossing

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = Path("/usr/bin/chromium")
QUIETLY = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--no-first-run"]
PHONE = {"width": 360, "height": 740}
MOST_TAPS = 75

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs a browser: apt-get install chromium"),
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch, playwright.sync_playwright() as started:
        # Playwright keeps a loop running in this thread, which is no reason not to look into the database from it.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = started.chromium.launch(executable_path=str(CHROMIUM), args=QUIETLY)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Any, live_server: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A phone, logged in."""
    # No connection has to outlive its request, and hold up the end of the session.
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 0)
    User.objects.create_superuser("zahra")
    make_crossing(names={"ps": "تورخم"})
    context = chromium.new_context(base_url=live_server.url, viewport=PHONE, has_touch=True)
    log_in(context, live_server.url)
    phone = context.new_page()
    complaints: list[str] = []
    phone.on("pageerror", lambda error: complaints.append(str(error)))
    yield phone
    context.close()
    connection.close()  # within the loop it is another one than outside
    assert not complaints


def log_in(context: Any, site: str) -> None:
    client = Client()
    client.force_login(User.objects.get(username="zahra"))
    value = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": site}])


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch, page: Any, live_server: Any) -> Callable[[str], None]:
    """Moves the server's clock; who was logged in long before is logged in again."""

    def move(said: str) -> None:
        at = datetime.fromisoformat(said)
        monkeypatch.setattr("django.utils.timezone.now", lambda: at)
        log_in(page.context, live_server.url)

    return move


class Thumb:
    """Counts every tap and every press of a key."""

    def __init__(self, page: Any) -> None:
        self.page, self.count = page, 0

    def tap(self, name: str, role: str = "button") -> None:
        self.on(self.page.get_by_role(role, name=name, exact=True).first)

    def on(self, target: Any) -> None:
        target.tap()
        self.count += 1

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)
        self.count += len(text)

    def choose(self, label: str, value: str) -> None:
        """A list opened, and one of it chosen."""
        self.page.get_by_role("combobox", name=label, exact=True).select_option(value)
        self.count += 2

    def today_at(self, clock: str) -> None:
        self.on(self.page.get_by_text("today at", exact=True))
        self.type(clock)

    def begin(self) -> None:
        self.tap("Log another" if "change" in self.page.url else "Log an update", "link")
        self.tap("Torkham", "link")

    def preview_and_save(self) -> None:
        self.tap("Preview")
        see(self.page, "What the board will say")
        assert fits(self.page)
        self.tap("Save")
        see(self.page, "Recorded: Report")


def see(page: Any, words: str) -> None:
    playwright.expect(page.get_by_text(words).first).to_be_visible()


def fits(page: Any) -> bool:
    """Nothing runs out of the screen sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def public(page: Any, slug: str = "torkham") -> str:
    found: str = page.context.request.get(f"/c/{slug}/").text()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found[found.index("<main") :]))


def closes(thumb: Thumb) -> None:
    thumb.tap("Afghanistan closed its gate")
    thumb.today_at("1730")
    thumb.on(thumb.page.get_by_text("To the hour", exact=True))
    thumb.choose("Why", "dispute")


def opens(thumb: Thumb) -> None:
    thumb.tap("Afghanistan opened its gate")
    thumb.today_at("0700")


def closes_on_its_side(thumb: Thumb) -> None:
    thumb.tap("Pakistan closed its gate")
    thumb.today_at("1400")
    thumb.choose("Why", "security")


def lets_some_people_pass(thumb: Thumb) -> None:
    thumb.tap("People only, on conditions")
    for chip in ("Citizens of Pakistan", "People with close family in Pakistan",
                 "Patients from Afghanistan with a permit"):  # fmt: skip
        thumb.tap(chip)
    thumb.today_at("1000")
    thumb.choose("Why", "security")
    thumb.on(thumb.page.get_by_label("Note"))
    thumb.page.keyboard.type("Talks on vehicles and goods go on.")


def lets_goods_move(thumb: Thumb) -> None:
    thumb.on(thumb.page.locator(".field-declared_by").get_by_text("Pakistan", exact=True))
    thumb.choose("Cars and buses, both ways", "open")
    thumb.choose("Goods trucks, both ways", "open")
    thumb.today_at("0600")
    thumb.choose("All times here are local time of", "Asia/Kabul")


WEEK = [
    (closes, "closed by Afghanistan"), (opens, "no word from Pakistan"), (closes_on_its_side, "closed by Pakistan"),
    (lets_some_people_pass, "closed except"), (lets_goods_move, "open"),
]  # fmt: skip


def test_the_five_updates_of_the_seed_week_take_at_most_75_taps_and_the_public_page_follows_each(page, clock):
    thumb = Thumb(page)
    page.goto("/admin/")
    for said, (act, words) in zip(SEED_WEEK, WEEK, strict=True):
        clock(said["reported_at"])
        if page.url.endswith("/admin/"):
            page.reload()
        thumb.begin()
        act(thumb)
        thumb.preview_and_save()
        assert words in public(page), words
    assert thumb.count <= MOST_TAPS
    periods = list(Period.objects.order_by("start"))
    assert [period.state for period in periods] == WEEK_STATES
    assert [period.start for period in periods] == [datetime.fromisoformat(said["effective_at"]) for said in SEED_WEEK]
    reports = list(Report.objects.order_by("pk"))
    for report, said in zip(reports, SEED_WEEK, strict=True):
        assert (report.declared_by, report.one_gate) == (said["declared_by"], said.get("one_gate", False))
        assert (report.precision, report.reason, report.note) == (
            said.get("precision", "exact"), said.get("reason", ""), said.get("note", ""),
        )  # fmt: skip
        assert report.reported_at == datetime.fromisoformat(said["reported_at"])
    people = [lane for lane in reports[3].lanes if lane["traffic"] == "people"]
    expected = SEED_WEEK[3]["lanes"][0]["conditions"]
    said_of_people = [{**term, "effect": "allow"} for term in expected]
    assert [lane["conditions"] for lane in people] == [said_of_people, said_of_people]
    assert "history.corrected" not in set(Change.objects.values_list("type", flat=True))


def test_five_gates_are_closed_by_one_act_and_taken_back_by_one(page):
    slugs = ["chaman", "dand-aw-patan", "ghulam-khan", "kharlachi", "torkham"]
    for slug in slugs[:-1]:
        make_crossing(slug)
    thumb = Thumb(page)
    page.goto("/admin/")
    thumb.tap("Log an update", "link")
    thumb.tap("All 5, one act", "link")
    thumb.tap("Pakistan closed all its gates to Afghanistan")
    thumb.tap("Preview")
    see(page, "5 change")
    assert fits(page)
    thumb.tap("Save")
    see(page, "Recorded at 5 crossings")
    assert thumb.count == 5
    assert all("closed by Pakistan" in public(page, slug) for slug in slugs)
    thumb.tap("Undo", "link")
    see(page, "What the board will say afterwards")
    page.get_by_label("Reason").fill("They are open.")
    thumb.tap("Take all of it back")
    see(page, "Taken back at 5 crossings")
    assert Retraction.objects.count() == 5
    assert all("closed by Pakistan" not in public(page, slug) for slug in slugs)


# A lost connection, a closed browser


def ready_to_save(page: Any) -> None:
    page.goto("/admin/crossings/report/log/?crossing=torkham")
    page.get_by_role("button", name="Pakistan closed its gate").tap()
    page.get_by_label("Note").fill("from the agent")
    page.get_by_role("button", name="Preview", exact=True).tap()
    see(page, "What the board will say")
    page.locator("form[data-when]").wait_for()  # by the script


def kept(page: Any) -> list[str]:
    found: list[str] = page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('log '))")
    return found


def test_offline_at_save_it_is_kept_and_back_online_it_is_sent_once_when_the_person_says_so(page):
    ready_to_save(page)
    page.context.set_offline(True)
    page.get_by_role("button", name="Save", exact=True).tap()
    see(page, "No connection")
    assert not Report.objects.exists() and kept(page)
    page.context.set_offline(False)
    see(page, "The connection is back")
    assert not Report.objects.exists()
    page.get_by_role("button", name="Send now").tap()
    see(page, "Recorded: Report")
    assert Report.objects.count() == 1 and not kept(page)


def test_what_was_typed_outlives_the_browser_and_may_be_left_behind(page):
    page.goto("/admin/crossings/report/log/?crossing=torkham")
    page.get_by_role("button", name="People only, on conditions").tap()
    for chip in ("Citizens of Pakistan", "Citizens of Afghanistan", "People with close family in Pakistan"):
        page.get_by_role("button", name=chip).tap()
    page.get_by_label("Note").fill("Talks go on.")
    page.close()
    again = page.context.new_page()
    again.goto("/admin/crossings/report/log/?crossing=torkham")
    see(again, "was kept on this phone")
    assert again.get_by_label("Note").input_value() == "Talks go on."
    assert again.locator("[name=c2-who][value=family]").is_checked()
    assert again.get_by_label("Goods trucks, both ways").input_value() == "closed"
    again.get_by_role("button", name="Start afresh").tap()
    playwright.expect(again.get_by_label("Note")).to_have_value("")
    assert not kept(again)


def test_closed_while_it_was_being_saved_it_is_done_once_or_not_at_all(page):
    ready_to_save(page)
    page.evaluate("document.querySelector('button[value=save]').click()")
    page.close()
    again = page.context.new_page()
    again.goto("/admin/crossings/report/log/?crossing=torkham")
    playwright.expect(again.locator("#kept")).to_be_visible()
    if again.get_by_text("was kept on this phone").is_visible():
        assert again.get_by_label("Note").input_value() == "from the agent"
        again.get_by_role("button", name="Preview", exact=True).tap()
        again.get_by_role("button", name="Save", exact=True).or_(again.get_by_text("already recorded")).first.wait_for()
        if again.get_by_role("button", name="Save", exact=True).is_visible():
            again.get_by_role("button", name="Save", exact=True).tap()
        see(again, "View report")
    assert Report.objects.count() == 1


def test_an_answer_that_never_came_is_asked_for_again_and_it_is_recorded_once(page):
    ready_to_save(page)

    def lose_the_answer(route: Any) -> None:
        route.fetch()
        route.abort()

    page.route("**/report/log/", lose_the_answer, times=1)
    page.get_by_role("button", name="Save", exact=True).tap()
    see(page, "No connection")
    assert Report.objects.count() == 1
    page.get_by_role("button", name="Save", exact=True).tap()
    see(page, "already recorded")
    assert Report.objects.count() == 1 and not kept(page)


# By keyboard, and by everybody


def test_the_whole_form_goes_by_keyboard_alone(page):
    page.goto("/admin/crossings/report/log/?crossing=torkham")
    tab_to(page, "Afghanistan closed its gate")
    page.keyboard.press("Enter")
    tab_to(page, "Citizens of Afghanistan")
    tab_to(page, "now")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.type("0000")
    page.keyboard.press("Enter")
    see(page, "What the board will say")
    tab_to(page, "Save")
    page.keyboard.press("Enter")
    see(page, "Recorded: Report")
    assert Current.objects.get().state == "closed"


def tab_to(page: Any, name: str) -> None:
    told = "(e => (e.labels?.[0]?.innerText || e.innerText || '').trim())(document.activeElement)"
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate(told) == name:
            return
    raise AssertionError(f"{name} is not reached by Tab")


@pytest.fixture(scope="module")
def axe() -> Any:
    return pytest.importorskip("axe_playwright_python.sync_playwright").Axe()


def faults(axe: Any, page: Any) -> list[str]:
    found = axe.run(page, context="#content-main").response["violations"]
    return [f"{each['id']}: {node['html'][:200]}" for each in found for node in each["nodes"]]


def small(page: Any) -> list[str]:
    """What is tapped and is less than 44 pixels high."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll('#content-main :is(a, button, select, summary, input)')]
        .filter(e => e.checkVisibility() && e.type !== 'hidden' && !e.matches('.visually-hidden, .notice a'))
        .map(e => e.matches('[type=radio], [type=checkbox]') ? e.closest('label, .tick') || e : e)
        .filter(e => e.getBoundingClientRect().height < 43.5).map(e => e.outerHTML.slice(0, 160))"""
    )
    return found


def test_every_page_is_clean_for_axe_large_enough_for_a_thumb_and_fits_the_phone(page, axe):
    make_crossing("chaman")
    wrong: dict[str, Any] = {}

    def look(name: str) -> None:
        found = [*faults(axe, page), *small(page), *([] if fits(page) else ["too wide"])]
        wrong.update({name: found} if found else {})

    page.goto("/admin/crossings/report/log/")
    look("picker")
    ready_to_save(page)
    look("preview")
    page.get_by_role("button", name="Save", exact=True).tap()
    see(page, "Recorded: Report")
    report = Report.objects.get()
    for act in ("correct", "retract", "confirm"):
        page.goto(f"/admin/crossings/report/{report.pk}/{act}/")
        look(act)
    page.goto("/admin/crossings/report/log/?crossing=torkham")
    look("form")
    page.goto("/admin/crossings/report/log/?all=AF-PK")
    page.get_by_role("button", name="Pakistan closed all its gates to Afghanistan").tap()
    page.get_by_role("button", name="Preview", exact=True).tap()
    see(page, "2 change") if page.get_by_text("2 change").count() else see(page, "1 changes")
    look("many")
    page.goto(f"/admin/crossings/report/undo/{report.external_id.removeprefix('form-')}/")
    look("undo")
    assert not wrong, "\n".join(f"{name}: {each}" for name, found in wrong.items() for each in found)


def test_those_nearby_come_first_where_the_phone_gives_its_position(page):
    make_crossing("chaman", latitude=30.9, longitude=66.4)
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation({"latitude": 31.0, "longitude": 66.4})
    page.goto("/admin/crossings/report/log/")
    page.get_by_role("button", name="Show those near me").tap()
    found = page.locator("#nearby a")
    playwright.expect(found.first).to_have_text("Chaman")
    assert found.all_inner_texts() == ["Chaman", "Torkham"]


# What was chosen, when it was chosen, and what is marked


def test_now_chosen_offline_and_sent_the_next_morning_is_the_evening_before(page, clock):
    clock("2023-02-23T13:43:00+00:00")
    page.goto("/admin/crossings/report/log/?crossing=torkham")
    page.get_by_role("button", name="Pakistan opened its gate").tap()
    page.context.set_offline(True)
    page.get_by_role("button", name="Preview", exact=True).tap()
    see(page, "No connection")
    page.close()
    clock("2023-02-24T04:00:00+00:00")
    page.context.set_offline(False)
    again = page.context.new_page()
    again.goto("/admin/crossings/report/log/?crossing=torkham")
    see(again, "It was typed 14 hours ago. “Now” means Thu 18:43, when you typed it: change it if it is otherwise.")
    again.get_by_role("button", name="Preview", exact=True).tap()
    again.get_by_role("button", name="Save", exact=True).tap()
    see(again, "Recorded: Report")
    began = Report.objects.get().effective_at
    assert began is not None
    assert (
        datetime.fromisoformat("2023-02-23T13:43:00+00:00") <= began < datetime.fromisoformat("2023-02-23T13:45+00:00")
    )


def test_now_chosen_again_after_it_was_restored_is_the_new_now(page, clock):
    clock("2023-02-23T13:43:00+00:00")
    page.goto("/admin/crossings/report/log/?crossing=torkham")
    page.get_by_role("button", name="Pakistan opened its gate").tap()
    page.close()
    clock("2023-02-24T04:00:00+00:00")
    again = page.context.new_page()
    again.goto("/admin/crossings/report/log/?crossing=torkham")
    see(again, "when you typed it")
    again.get_by_label("All lanes").select_option("closed")
    again.get_by_role("button", name="Preview", exact=True).tap()
    again.get_by_role("button", name="Save", exact=True).tap()
    see(again, "Recorded: Report")
    began = Report.objects.get().effective_at
    assert began is not None and began >= datetime.fromisoformat("2023-02-24T03:59+00:00")


def test_what_is_chosen_for_all_lanes_empties_those_below_and_one_of_them_chosen_again_stays(page):
    ready_to_save(page)
    page.get_by_role("button", name="Save", exact=True).tap()
    see(page, "Recorded: Report")
    page.goto(f"/admin/crossings/report/{Report.objects.get().pk}/correct/")
    people = page.locator("[name=lane_people_AF]")
    playwright.expect(people).to_have_value("closed")
    page.get_by_label("All lanes").select_option("open")
    playwright.expect(people).to_have_value("")
    people.select_option("closed")
    page.get_by_label("Reason").fill("heard wrong")
    page.get_by_role("button", name="Preview", exact=True).tap()
    page.get_by_role("button", name="Save", exact=True).tap()
    see(page, "Recorded: Report")
    states = {(lane["traffic"], lane["to"]): lane["state"] for lane in Report.objects.latest("pk").lanes}
    assert states.pop(("people", "AF")) == "closed" and set(states.values()) == {"open"}


def test_another_shortcut_takes_back_what_the_one_before_and_its_conditions_had_set(page):
    page.goto("/admin/crossings/report/log/?crossing=torkham")
    page.get_by_role("button", name="Pakistan opened its gate").tap()
    page.get_by_role("button", name="People only, on conditions").tap()
    chip = page.get_by_role("button", name="Citizens of Pakistan")
    chip.tap()
    assert page.locator("[name=declared_by]:checked").get_attribute("value") == ""
    assert page.locator("[name=c0-who][value=nationals]").is_checked()
    page.get_by_role("button", name="Afghanistan closed its gate").tap()
    playwright.expect(chip).to_have_attribute("aria-pressed", "false")
    assert not page.locator("[name=c0-who][value=nationals]").is_checked()
    page.get_by_role("button", name="Preview", exact=True).tap()
    see(page, "What the board will say")


def test_what_is_marked_is_told_above_and_gone_to_by_one_tap_though_it_was_folded(page, axe):
    page.goto("/admin/crossings/report/log/?crossing=torkham")
    page.get_by_role("button", name="Afghanistan closed its gate").tap()
    page.get_by_text("How many wait, where that was said").tap()
    page.get_by_label("At least").fill("-4")
    page.get_by_text("How many wait, where that was said").tap()
    page.get_by_role("button", name="Preview", exact=True).tap()
    see(page, "Not saved yet")
    assert page.evaluate("document.activeElement.classList.contains('faults')")
    page.locator(".faults a").tap()
    assert page.evaluate("document.activeElement.name") == "queue_low"
    playwright.expect(page.get_by_label("At least")).to_be_in_viewport()
    assert not faults(axe, page) and not small(page) and fits(page)
