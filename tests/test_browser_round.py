"""The round in a real browser, on a phone: thirty crossings in the time of a tea, through a lost connection."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone

from crossings import bell
from crossings.models import Confirmation, Proposal, Report
from tests.desk import staff
from tests.factories import claim, lanes, make_crossing, make_source, say
from tests.test_browser_pages import CHROMIUM, chromium

__all__ = ["chromium"]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"{CHROMIUM} is missing (apt-get install chromium)"),
]
ROUND = "/admin/crossings/crossing/round/"
PHONE = {"width": 360, "height": 740}
MOST_TAPS = 45
REVIEWER = (
    "add_report", "view_crossing", "view_proposal", "decide_proposal", "view_draft", "change_draft", "view_source",
    "view_alarm",
)  # fmt: skip


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    # A connection that outlives its request would hold up the end of the session.
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 0)
    bell.breaker.failed()
    yield
    bell.breaker.closed_until = 0.0


def member(name: str = "zahra") -> User:
    """With a reviewer's permissions: the tests of this kind empty the table of roles."""
    return staff(name, *REVIEWER)


def context_of(chromium: Any, site: str, user: User, **how: Any) -> Any:
    """A phone, signed in."""
    client = Client()
    client.force_login(user)
    context = chromium.new_context(base_url=site, viewport=PHONE, bypass_csp=True, **how)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": site}])
    return context


def thirty(n: int = 30) -> None:
    source = make_source("amu")
    at = timezone.now() - timedelta(hours=2)
    for each in range(n):
        slug = f"gate-{each:02}"
        make_crossing(slug)
        say(source, claim(id=slug, crossing=slug, lanes=lanes("closed"), effective_at=at.isoformat()), now=at)


@pytest.fixture
def phone(chromium: Any, live_server: Any) -> Generator[Any, None, None]:
    thirty()
    context = context_of(chromium, str(live_server.url), member())
    yield Taps(context)
    context.close()


class Taps:
    """A phone of which every tap is counted."""

    def __init__(self, context: Any) -> None:
        self.context, self.taps = context, 0
        self.page = context.new_page()

    def tap(self, locator: Any) -> None:
        locator.click()
        self.taps += 1

    def as_before(self, first: int, last: int) -> None:
        for n in range(first, last):
            self.tap(self.page.get_by_role("button", name=f"As before: Gate {n:02}", exact=True))

    def shows(self, words: str, patience: int = 20_000) -> None:
        self.page.wait_for_function(
            "words => document.querySelector('.progress').innerText === words", arg=words, timeout=patience
        )


def fits(page: Any) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def begun(phone: Taps) -> Any:
    phone.page.goto("/admin/")
    phone.tap(phone.page.get_by_role("link", name="The round"))
    phone.tap(phone.page.get_by_role("button", name="Begin the round"))
    phone.tap(phone.page.get_by_label("I called"))
    return phone.page


def test_thirty_crossings_take_at_most_45_taps_through_a_lost_connection_and_a_closed_page(phone: Taps) -> None:
    begun(phone)
    phone.as_before(0, 10)
    phone.shows("10 of 30")
    phone.context.set_offline(True)
    phone.as_before(10, 18)
    phone.shows("10 of 30, 8 being sent")
    assert "kept here until there is a connection" in phone.page.inner_text("#c-gate-12")
    phone.page.close()
    assert Confirmation.objects.count() == 10
    cut_at = timezone.now()
    phone.context.set_offline(False)
    phone.page = phone.context.new_page()
    phone.page.goto(ROUND)
    phone.shows("18 of 30")
    late = Confirmation.objects.filter(crossing__slug__in=[f"gate-{n}" for n in range(10, 18)])
    assert late.count() == 8 and all(each.confirmed_at < cut_at < each.recorded_at for each in late)
    phone.tap(phone.page.get_by_label("I read it"))
    phone.as_before(18, 30)
    phone.shows("30 of 30")
    phone.tap(phone.page.get_by_role("button", name="End the round"))
    assert "30 of 30 crossings were done" in phone.page.inner_text("main, #content")
    assert phone.taps <= MOST_TAPS
    assert Confirmation.objects.count() == 30
    assert Confirmation.objects.filter(how_known="media").count() == 12
    for n in range(30):
        phone.page.goto(f"/c/gate-{n:02}/")
        assert "confirmed just now" in phone.page.inner_text("main") or "minute" in phone.page.inner_text("main")
        assert "2 hours ago" not in phone.page.inner_text(".answer")


def test_a_mistaken_tap_is_undone_while_it_was_not_sent(phone: Taps) -> None:
    page = begun(phone)
    phone.context.set_offline(True)
    phone.as_before(0, 2)
    page.locator("#c-gate-00 .undo").click()
    phone.shows("0 of 30, 1 being sent")
    phone.context.set_offline(False)
    phone.shows("1 of 30")
    assert [each.crossing.slug for each in Confirmation.objects.all()] == ["gate-01"]
    assert page.locator("#c-gate-01 .undo").count() == 0
    assert "to correct it, log an update" in page.inner_text("#content")


def test_an_exception_opens_the_form_for_that_crossing(phone: Taps) -> None:
    page = begun(phone)
    page.get_by_role("link", name="Log an update: Gate 03", exact=True).click()
    page.wait_for_url("**/report/log/?crossing=gate-03&back=round")
    assert "Gate 03" in page.inner_text("h1")


def test_the_round_ends_when_every_tap_was_sent(phone: Taps) -> None:
    page = begun(phone)
    phone.context.set_offline(True)
    phone.as_before(0, 2)
    page.get_by_role("button", name="End the round").click()
    assert "It ends when every tap was sent." in page.inner_text(".ends")
    phone.context.set_offline(False)
    page.get_by_text("2 of 30 crossings were done").wait_for()


def test_a_tap_whose_answer_was_lost_or_that_met_a_broken_server_is_sent_again_and_counts_once(phone: Taps) -> None:
    page = begun(phone)
    tries: list[str] = []

    def lose(route: Any) -> None:
        tries.append(route.request.method)
        if len(tries) == 1:
            route.fetch()
            route.abort()
        elif len(tries) == 2:
            route.fulfill(status=502, body="Bad gateway")
        else:
            route.continue_()

    page.route(f"**{ROUND}", lose)
    phone.as_before(0, 1)
    phone.shows("1 of 30")
    assert len(tries) == 3 and Confirmation.objects.count() == 1


def test_what_was_overtaken_on_the_way_is_shown_anew_and_asked_again(phone: Taps) -> None:
    page = begun(phone)
    now = timezone.now()
    say(make_source("dawn"), claim(id="2", crossing="gate-00", lanes=lanes("restricted"), effective_at=now.isoformat()),
        now=now)  # fmt: skip
    phone.as_before(0, 1)
    page.wait_for_selector("#c-gate-00[data-state=look]")
    assert "Something was reported meanwhile" in page.inner_text("#c-gate-00")
    phone.as_before(0, 1)
    phone.shows("1 of 30")


def test_who_was_signed_out_loses_no_tap(phone: Taps) -> None:
    page = begun(phone)
    cookies = phone.context.cookies()
    phone.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    phone.as_before(0, 2)
    page.wait_for_selector(".signin:not([hidden])")
    assert not Confirmation.objects.exists()
    phone.context.add_cookies(cookies)
    page.get_by_role("link", name="Load again").click()
    phone.shows("2 of 30")


def test_the_taps_of_one_person_are_not_sent_by_another_on_the_same_phone(phone: Taps) -> None:
    begun(phone)
    phone.context.set_offline(True)
    phone.as_before(0, 1)
    omar = member("omar")
    client = Client()
    client.force_login(omar)
    phone.page.close()
    [site] = {cookie["domain"] for cookie in phone.context.cookies() if cookie["name"] == "sessionid"}
    value = client.cookies[settings.SESSION_COOKIE_NAME].value
    phone.context.add_cookies([{"name": "sessionid", "value": value, "domain": site, "path": "/"}])
    phone.context.set_offline(False)
    phone.page = phone.context.new_page()
    phone.page.goto(ROUND)
    phone.page.get_by_role("button", name="Begin the round").click()
    phone.page.wait_for_timeout(1500)
    assert not Confirmation.objects.filter(recorded_by=omar).exists()


def test_the_round_is_gone_by_the_keyboard_alone_and_a_key_held_down_confirms_one(phone: Taps) -> None:
    page = begun(phone)
    page.get_by_role("button", name="As before: Gate 00", exact=True).focus()
    page.keyboard.down("Enter")
    for _ in range(5):
        page.keyboard.down("Enter")
    page.keyboard.up("Enter")
    phone.shows("0 of 30, 1 being sent")
    assert page.evaluate("document.activeElement.value").startswith("gate-01:")
    page.keyboard.press("Enter")
    phone.shows("2 of 30")


@pytest.fixture(scope="module")
def axe() -> Generator[Any, None, None]:
    yield pytest.importorskip("axe_playwright_python.sync_playwright").Axe()


def wrong(axe: Any, page: Any) -> list[str]:
    # What Django's own frame does is not ours.
    frame = [[".breadcrumbs"], ["#changelist-filter"], ["#changelist-search"], ["#toolbar"], [".paginator"]]
    found = axe.run(page, context={"include": [["#content"]], "exclude": frame}).response["violations"]
    told = [f"{each['id']}: {each['nodes'][0]['html'][:160]}" for each in found]
    return told if fits(page) else [*told, "it runs out of the screen"]


def test_the_round_the_desk_and_proposals_keep_nobody_out(chromium: Any, live_server: Any, axe: Any) -> None:
    thirty(3)
    user, now = member(), timezone.now()
    crossing = make_crossing("torkham", sensitive=True)
    say(make_source("dawn"), claim(id="d", lanes=lanes("open"), crossing="gate-00", effective_at=now.isoformat()),
        now=now)  # fmt: skip
    report = Report.objects.filter(crossing__slug="gate-01").get()
    row = Proposal.objects.create(
        kind="retraction", crossing=crossing, report=report, key="k", proposed_by=User.objects.create(username="omar"),
        proposed_at=now, reason="A mistake.",
    )  # fmt: skip
    context = context_of(chromium, str(live_server.url), user)
    page = context.new_page()
    page.goto(ROUND)
    page.get_by_role("button", name="Begin the round").click()
    page.get_by_label("I called").check()
    page.get_by_role("button", name="As before: Gate 02", exact=True).click()
    page.wait_for_selector("#c-gate-02[data-state=done]")
    faults = {ROUND: wrong(axe, page)}
    heights = page.locator(".round button, .round .taps a, .round .how label").evaluate_all(
        "all => all.filter(each => each.offsetHeight).map(each => each.offsetHeight)"
    )
    assert min(heights) >= 44
    paths = [
        ROUND, f"{ROUND}mine/", "/admin/crossings/crossing/work/", "/admin/crossings/proposal/",
        f"/admin/crossings/proposal/{row.pk}/change/", f"/admin/crossings/proposal/{row.pk}/refuse/", "/admin/",
    ]  # fmt: skip
    for path in paths:
        assert page.goto(path).status == 200
        faults[path] = wrong(axe, page)
    context.close()
    assert {path: each for path, each in faults.items() if each} == {}
