"""What whoever decides on a draft is told, and what of it the form holds."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from crossings.models import Draft, Report
from tests.desk import admin_url, fields_of
from tests.factories import claim, lanes, make_source, say
from tests.test_admin_drafts import LIST, ago, client, correct, held, text, torkham

__all__ = ["client", "torkham"]
pytestmark = pytest.mark.django_db
NOT_NOW: list[tuple[dict[str, Any], str]] = [
    ({}, "The board says it now."),
    ({"basis": "ordered", "effective_at": ago(hours=-50)}, "It begins on "),
    ({"basis": "announced", "effective_at": ago(hours=-50)}, "The board shows it as announced."),
    ({"effective_at": ago(hours=90)}, "It stands in the history"),
    ({"visibility": "staff"}, "It is for staff only"),
    ({"measure": "waiting", "unit": "trucks", "lanes": ..., "effective_at": ...}, "It stands among the counts."),
]


@pytest.mark.parametrize(("fields", "words"), NOT_NOW)
def test_who_accepts_is_told_what_the_board_makes_of_it(torkham, client, fields, words):
    say(make_source("amu"), claim(lanes=lanes("open"), effective_at=ago(hours=60)), now=timezone.now())
    done = text(client.post(admin_url(held(**fields), "accept"), {}, follow=True))
    assert f"Accepted. {words}" in done
    assert ("Kabul" in done and "Karachi" in done) or "begins" not in words


def test_a_correction_for_a_later_time_is_told_so_too(torkham, client):
    done = correct(client, held(basis="ordered", effective_at=ago(hours=-50)), note="by decree")
    assert "Accepted as corrected. It begins on " in text(done)


def test_how_often_it_was_said_again_stands_on_its_page(torkham, client):
    draft = held()
    assert "said again" not in text(client.get(admin_url(draft)))
    Draft.objects.filter(pk=draft.pk).update(repeats=14, repeated_at=timezone.now())
    for page in (client.get(admin_url(draft)), client.get(LIST)):
        assert "said again 14 times" in text(page)


RARE = [
    {"hs": ["01-24", "2523"], "how": "convoy"},
    {"goods": ["perishables"], "fee": {"amount": 600, "currency": "PKR"}, "country": "AF", "country_of": "origin"},
    {"vehicle": ["loaded"], "days": ["mon", "tue"], "hours": ["08:00", "17:00"], "how": "unload_and_return"},
]


def test_the_form_holds_fees_hours_days_and_customs_codes(torkham, client):
    draft = held(lanes=[{"traffic": "cargo", "state": "restricted", "conditions": RARE}])
    form = fields_of(client.get(admin_url(draft, "correct")))
    assert (form["c0-hs"], form["c1-currency"], form["c2-days"], form["c2-opens"]) == (
        "01-24, 2523", "PKR", ["mon", "tue"], "08:00",
    )  # fmt: skip
    assert "Accepted as corrected" in text(correct(client, draft))
    assert Report.objects.get().lanes == draft.content["lanes"]
