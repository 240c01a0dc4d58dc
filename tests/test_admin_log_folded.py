"""What is seldom typed is folded away in the form, and can be typed all the same."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from crossings.models import Crossing, Report
from tests.desk import LOG, log, logged_in, preview, staff
from tests.factories import make_crossing

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


RARE = {
    "lane_cargo_both": "restricted", "when": "now", "declared_by": "PK",
    "c0-effect": "allow", "c0-per": "day", "c0-goods": "perishables", "c0-hs": "07, 08-09", "c0-how": "convoy",
    "c0-country": "AF", "c0-country_of": "origin", "c0-days": ["mon", "thu"], "c0-opens": "08:00", "c0-closes": "17:00",
    "c0-fee": "600", "c0-currency": "pkr",
}  # fmt: skip


def test_convoys_days_hours_fees_and_customs_codes_are_typed_too(client: Client) -> None:
    log(client, RARE)
    [condition] = Report.objects.get().lanes[0]["conditions"]
    assert condition == {
        "effect": "allow", "goods": ["perishables"], "hs": ["07", "08-09"], "country": "AF", "country_of": "origin",
        "how": "convoy", "days": ["mon", "thu"], "hours": ["08:00", "17:00"], "fee": {"amount": 600, "currency": "PKR"},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"c0-hs": "trucks"}, "hs", "Customs codes are written"),
        ({"c0-closes": ""}, "closes", "Give this, too"),
        ({"c0-currency": ""}, "currency", "Give this, too"),
        ({"c0-fee": ""}, "fee", "Give this, too"),
        ({"c0-currency": "12"}, "fee", "A fee is a whole number"),
        ({"c0-opens": "dawn"}, "opens", "A time of day is written"),
        ({"c0-country": ""}, "country", "Say which country"),
    ],
)
def test_nonsense_in_what_is_seldom_said_is_refused_beside_its_field_which_is_unfolded(
    client: Client, typed: dict[str, str], field: str, words: str
) -> None:
    page = preview(client, {**RARE, **typed})
    row = page.context["rows"][0]
    assert words in str(row.errors[field])
    assert row.rare_used and words in text(page).replace("&quot;", '"')


def test_what_is_seldom_typed_is_folded_away_until_it_is_typed_or_wrong(client: Client) -> None:
    form = client.get(LOG, {"crossing": "torkham"}).context["form"]
    assert not any(form.opened().values())
    page = preview(client, {"when": "now", "queue_low": "some", "url": "amu.tv", "until_clock": "10:00"})
    assert {part for part, is_open in page.context["form"].opened().items() if is_open} == {
        "backlog", "readers", "times",
    }  # fmt: skip
