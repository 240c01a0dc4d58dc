"""A partner asks what became of what it sent."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User

from crossings import drafts
from crossings.feeds.base import Entry
from crossings.ledger.entries import hold_entry
from crossings.models import Draft, Report, Source
from tests.api import Api, api, body
from tests.factories import claim, lanes, make_crossing, make_key, make_source, reading, say, utc
from tests.test_api_schema import check

__all__ = ["api"]
pytestmark = pytest.mark.django_db
NOW = utc("2023-02-25 12:00")


@pytest.fixture
def staff() -> User:
    return User.objects.create_user("zarmina")


@pytest.fixture
def stranger() -> Source:
    make_crossing()
    return make_source("stranger", trusted=False)


@pytest.fixture
def partner(api: Api, stranger: Source) -> Api:
    return api.with_key(make_key(stranger))


def pushed(partner: Api, **fields: Any) -> Draft:
    answer = partner.push("reports/", claim(id="a", lanes=lanes("closed"), **fields))
    assert answer.status_code == 202
    assert answer.headers["Location"] == f"/api/v1/drafts/{body(answer)['draft']}/"
    return Draft.objects.get(pk=body(answer)["draft"])


def asked(partner: Api, draft: Draft) -> dict[str, Any]:
    answer = partner.get(f"drafts/{draft.pk}/")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "private, no-store"
    check("Draft", body(answer))
    found: dict[str, Any] = body(answer)
    return found


def test_a_draft_waits_and_then_names_its_report(partner: Api, staff: User) -> None:
    draft = pushed(partner)
    told = asked(partner, draft)
    assert (told["state"], told["id"], told["crossing"], told["why"]) == (
        "waiting",
        "a",
        "torkham",
        "the source is not trusted",
    )
    assert (told["report"], told["decided_at"]) == (None, None)
    drafts.accept(draft, by=staff, now=NOW)
    told = asked(partner, draft)
    assert (told["state"], told["report"], told["decided_at"]) == (
        "accepted",
        Report.objects.get().pk,
        "2023-02-25T12:00:00Z",
    )


def test_a_rejection_is_told_without_its_maker_and_reason(partner: Api, staff: User) -> None:
    draft = pushed(partner)
    drafts.reject(draft, by=staff, now=NOW, reason="Karim heard otherwise")
    assert asked(partner, draft)["state"] == "rejected"
    raw = partner.get(f"drafts/{draft.pk}/").content.decode()
    assert "Karim" not in raw and "zarmina" not in raw


def test_a_merged_draft_names_the_report_that_says_it_too_unless_that_is_for_staff(partner: Api, staff: User) -> None:
    draft = pushed(partner)
    say(make_source("amu"), claim(lanes=lanes("closed"), visibility="staff"), now=NOW)
    drafts.merge(draft, Report.objects.get(), by=staff, now=NOW)
    told = asked(partner, draft)
    assert (told["state"], told["report"]) == ("merged", None)


@pytest.mark.parametrize(("fate", "told"), [("", "waiting"), ("accept", "merged"), ("reject", "rejected")])
def test_merged_with_a_draft_it_shares_its_fate(partner: Api, staff: User, fate: str, told: str) -> None:
    draft = pushed(partner)
    say(make_source("other", trusted=False), claim(lanes=lanes("closed")), now=NOW)
    other = Draft.objects.latest("pk")
    drafts.merge(draft, other, by=staff, now=NOW)
    if fate == "accept":
        drafts.accept(other, by=staff, now=NOW)
    elif fate:
        drafts.reject(other, by=staff, now=NOW, reason="a rumour")
    assert asked(partner, draft)["state"] == told
    assert (asked(partner, draft)["report"] is not None) == (fate == "accept")


def test_what_the_source_took_back_is_withdrawn(partner: Api) -> None:
    draft = pushed(partner)
    partner.push("batch/", {"retractions": [{"id": "a", "reason": "mixed up"}]})
    assert asked(partner, draft)["state"] == "withdrawn"


def test_a_reading_is_asked_for_in_the_same_way(partner: Api, staff: User) -> None:
    draft = Draft.objects.get(pk=body(partner.push("readings/", reading(id="q")))["draft"])
    drafts.accept(draft, by=staff, now=NOW)
    told = asked(partner, draft)
    assert (told["kind"], told["reading"], told["report"]) == ("reading", draft.reading_id, None)


def test_nobody_learns_of_anothers_draft(api: Api, partner: Api, stranger: Source) -> None:
    draft = pushed(partner)
    path = f"drafts/{draft.pk}/"
    assert api.get(path).status_code == 401
    assert api.with_key(make_key(make_source("other"))).get(path).status_code == 404
    assert partner.get("drafts/0/").status_code == 404
    assert partner.push(path, {}).status_code == 405
    text = hold_entry(stranger, Entry("1", "A title", "A text"), now=NOW)
    assert partner.get(f"drafts/{text.draft}/").status_code == 404
