"""The desk on a phone in four languages: right to left where they are, clean for axe, no wider than the screen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from crossings import bell, proposals
from crossings.models import Bulletin, Draft, Duty, Paste, Report
from tests.desk import log, logged_in, staff
from tests.factories import make_crossing, make_source
from tests.test_browser_pages import CHROMIUM, chromium
from tests.test_browser_round import context_of

__all__ = ["chromium"]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"{CHROMIUM} is missing (apt-get install chromium)"),
]
RIGHT_TO_LEFT = ("ps", "fa-af", "ur")


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    # A connection that outlives its request would hold up the end of the session.
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 0)
    bell.breaker.failed()
    yield
    bell.breaker.closed_until = 0.0


@pytest.fixture
def zahra() -> User:
    """With all powers, after something was said of everything."""
    make_crossing(names={"ps": "تورخم", "fa-af": "تورخم", "ur": "طورخم"}, sensitive=True)
    make_source("rumour", trusted=False)
    zahra = staff("zahra", superuser=True)
    client = logged_in(zahra)
    for typed in ({}, {"source": "rumour"}):
        log(client, {"lane_all": "closed", "when": "now", "queue_low": "9", "note": "as it was", **typed})
    report, now = Report.objects.get(), timezone.now()
    proposals.retract(report, reason="a slip", by=zahra, now=now)
    Paste.objects.create(text="Torkham closed since 5 pm", pasted_by=zahra, pasted_at=now, crossing=report.crossing)
    client.get("/admin/crossings/bulletin/new/")
    return zahra


def pages() -> dict[str, str]:
    report, draft, paste = Report.objects.get(), Draft.objects.order_by("pk").first(), Paste.objects.get()
    proposal = report.crossing.proposals.get()
    assert draft is not None and not Bulletin.objects.exists()
    crossings = "/admin/crossings"
    return {
        "front": "/admin/",
        "what needs somebody": f"{crossings}/crossing/work/",
        "round": f"{crossings}/crossing/round/",
        "my crossings": f"{crossings}/crossing/round/mine/",
        "picker": f"{crossings}/report/log/",
        "form": f"{crossings}/report/log/?crossing=torkham&do=pk_closed",
        "report": f"{crossings}/report/{report.pk}/change/",
        "correct": f"{crossings}/report/{report.pk}/correct/",
        "retract": f"{crossings}/report/{report.pk}/retract/",
        "crossing": f"{crossings}/crossing/{report.crossing_id}/change/",
        "paste": f"{crossings}/paste/new/",
        "pasted": f"{crossings}/paste/{paste.pk}/change/",
        "draft": f"{crossings}/draft/{draft.pk}/change/",
        "review": f"{crossings}/draft/review/",
        "proposal": f"{crossings}/proposal/{proposal.pk}/change/",
        "bulletin": f"{crossings}/bulletin/new/",
        "files": f"{crossings}/bulletin/files/",
        "my settings": "/admin/me/",
        "second factor": "/admin/second/new/",
    }


def axe_faults(axe: Any, page: Any) -> list[str]:
    """Of what stands under the admin's own head."""
    found = axe.run(page, context="#content").response["violations"]
    return [f"{each['id']}: {node['html'][:200]}" for each in found for node in each["nodes"]]


@pytest.mark.parametrize("language", ["en", *RIGHT_TO_LEFT])
def test_every_page_of_the_desk_reads_in_its_direction_is_clean_for_axe_and_fits_the_phone(
    chromium: Any, live_server: Any, zahra: User, language: str
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    Duty.objects.create(user=zahra, language=language)
    context = context_of(chromium, str(live_server.url), zahra)
    page = context.new_page()
    wrong: dict[str, list[str]] = {}
    for name, path in pages().items():
        answer = page.goto(path)
        found = [] if answer and answer.ok else [f"answers {answer.status if answer else None}"]
        direction = page.evaluate("getComputedStyle(document.querySelector('#content')).direction")
        if direction != ("ltr" if language == "en" else "rtl"):
            found.append(f"reads {direction}")
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > 360:
            found.append(f"is {width} pixels wide")
        found += axe_faults(axe, page)
        if found:
            wrong[name] = found
    context.close()
    assert not wrong, "\n".join(f"{name}: {each}" for name, found in wrong.items() for each in found)


@pytest.mark.parametrize("language", RIGHT_TO_LEFT)
def test_an_update_is_logged_from_right_to_left_by_the_keyboard_alone(
    chromium: Any, live_server: Any, zahra: User, language: str
) -> None:
    Duty.objects.create(user=zahra, language=language)
    context = context_of(chromium, str(live_server.url), zahra)
    page = context.new_page()
    before = Report.objects.count()
    page.goto("/admin/crossings/report/log/?crossing=torkham&do=pk_closed")
    for action in ("preview", "save"):
        button = f"button[name=action][value={action}]"
        for _ in range(200):
            page.keyboard.press("Tab")
            if page.evaluate(f"document.activeElement.matches('{button}')"):
                break
        with page.expect_navigation():
            page.keyboard.press("Enter")
    assert Report.objects.count() == before + 1
    context.close()
