"""What the preview says beside how the lanes will stand: the past that is rewritten, and what may not be meant."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from crossings.admin import wording
from crossings.domain.claims import stamp
from crossings.ledger import settle
from crossings.models import Change, Crossing, Source
from crossings.phrases.times import Clock
from tests.desk import KABUL, at, logged_in, preview, save, staff
from tests.factories import claim, lanes, make_crossing, make_source, say

pytestmark = pytest.mark.django_db


@pytest.fixture
def torkham() -> Crossing:
    return make_crossing()


@pytest.fixture
def client(torkham: Crossing) -> Client:
    return logged_in(staff("zahra", "add_report", "view_report"))


def text(response: Any) -> str:
    found: str = response.content.decode()
    return found


def hours_ago(n: float) -> str:
    return stamp(timezone.now() - timedelta(hours=n)) or ""


def said(state: str, hours: float, **fields: Any) -> None:
    """Said, and begun, so many hours ago."""
    fields = {"effective_at": hours_ago(hours), "reported_at": hours_ago(hours), **fields}
    source = Source.objects.filter(slug="amu").first() or make_source("amu")
    say(
        source,
        claim(id=f"{state}{hours}", lanes=lanes(state), **fields),
        now=timezone.now(),
    )


def typed_at(hours: float) -> dict[str, str]:
    local = (timezone.now() - timedelta(hours=hours)).astimezone(ZoneInfo(KABUL))
    return at(f"{local:%Y-%m-%d}", f"{local:%H:%M}", KABUL, said_day=f"{local:%Y-%m-%d}", said_clock=f"{local:%H:%M}")


def test_late_news_says_what_of_the_history_it_rewrites_though_nothing_changes_now(client: Client) -> None:
    said("open", 50)
    said("closed", 5)
    page = preview(client, {"lane_all": "restricted", "declared_by": "", **typed_at(20)})
    shown = page.context["shown"]
    assert {step.kind for step in shown.steps} == {"same"}
    [past] = shown.past
    assert past.startswith("It rewrites the history from ") and " to " in past and "Kabul" in past
    assert "Nothing changes" not in text(page)
    assert not Change.objects.filter(type="history.corrected").exists()
    save(client, page)
    assert Change.objects.filter(type="history.corrected").count() == 1


def test_what_changes_nothing_anywhere_says_so(client: Client) -> None:
    said("closed", 5)
    shown = preview(client, {"lane_all": "closed", **typed_at(3)}).context["shown"]
    assert not shown.past
    said("restricted", 30, until=hours_ago(28))
    staff_only = preview(client, {"lane_all": "open", "visibility": "staff", **typed_at(29)}).context["shown"]
    assert not staff_only.past and not staff_only.moves


def test_what_was_last_known_of_an_unknown_lane_changes_in_the_preview_too(torkham: Crossing, client: Client) -> None:
    torkham.forget_after = timedelta(hours=10)
    torkham.save()
    said("closed", 40)
    settle(timezone.now())
    page = preview(client, {"lane_all": "restricted", **typed_at(35)})
    kinds = {step.kind for step in page.context["shown"].steps}
    assert kinds == {"changes"} and page.context["shown"].past
    assert "passable on conditions only" in text(page)


def loosened(was: str, **more: Any) -> list[str]:
    lane = {"traffic": "cargo", "to": "AF", "state": was, "gates": {"AF": was, "PK": was}, "confidence": "current",
            "since": hours_ago(2), "since_precision": "exact", "confirmed_at": hours_ago(2), "conditions": [],
            "held_by": [{"side": "PK", "where": "gate", "by": "authority"}]}  # fmt: skip
    before = {"status": {"lanes": [lane]}}
    after = {"status": {"lanes": [{**lane, "state": "open", "gates": {"AF": "open", "PK": "open"}, **more}]}}
    return wording.loosened_anew(before, after, Clock(timezone.now(), (KABUL, "Asia/Karachi")))


def test_the_preview_warns_where_the_word_of_one_side_undoes_the_closing_of_the_other() -> None:
    assert loosened("closed", loosened=["PK"]) == [
        "Goods trucks to Afghanistan: the gate of Pakistan was reported closed 2 hours ago;"
        " this says that it is passed."
    ]
    assert "to be on conditions 2 hours ago" in loosened("restricted", loosened=["PK"])[0]
    assert loosened("closed", loosened=["AF"]) == [
        "Goods trucks to Afghanistan: the gate of Afghanistan was reported closed; this says that it is passed."
    ]
    assert "the road in Pakistan" in loosened("closed", loosened=["PK:road"])[0]
    assert loosened("closed") == []


def test_an_opening_of_one_side_that_was_seen_warns_of_the_others_closure(client: Client) -> None:
    said("closed", 2, declared_by="PK")
    page = preview(client, {"lane_all": "open", "declared_by": "AF", "when": "now"})
    [warning] = page.context["shown"].warnings
    assert "the gate of Pakistan was reported closed 2 hours ago; this says that it is passed." in warning
    assert "Look again:" in text(page)
    one_gate = preview(client, {"lane_all": "open", "declared_by": "AF", "one_gate": "on", "when": "now"})
    assert one_gate.context["shown"].warnings == []


def trusted(was: str, **then: Any) -> wording.Step:
    lane: dict[str, Any] = {"traffic": "cargo", "to": "AF", "state": "open", "gates": {"AF": "open", "PK": "open"},
            "confidence": was, "since": hours_ago(5), "since_precision": "exact", "confirmed_at": hours_ago(2),
            "conditions": [], "held_by": [], "last_known": None}  # fmt: skip
    shown = [{"status": {"lanes": [each]}} for each in (lane, {**lane, **then})]
    [step] = wording.steps(shown[0], shown[1], Clock(timezone.now(), (KABUL, "Asia/Karachi")))
    return step


def test_where_trust_changes_the_words_differ_and_what_reads_the_same_is_as_before() -> None:
    assert trusted("current").kind == "same"
    step = trusted("current", confirmed_at=hours_ago(2.1))
    assert step.kind == "same", (step.now.words, step.then.words)
    for was in ("single", "stale", "disputed", "current"):
        for then in ("single", "stale", "disputed", "current"):
            step = trusted(was, confidence=then)
            assert (step.kind == "same") == (was == then), (was, then)
            assert (step.now.words == step.then.words) == (was == then), (was, then)


def test_the_same_words_of_another_trust_say_by_which_words_it_is_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wording, "_said_of", lambda lane, clock: ("open", "open since today"))
    assert trusted("single", confidence="current").then.words == (
        "open since today; trusted otherwise: “one source only” before, “confirmed recently” then"
    )
