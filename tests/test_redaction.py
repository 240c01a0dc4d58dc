"""Words that are blanked are blanked wherever they were copied, the article out of which they were taken too."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User

from crossings import drafts, ledger
from crossings.feeds.base import Entry
from crossings.ledger import hold_entry
from crossings.models import Draft, Report, Source
from tests.factories import claim, lanes, make_crossing, make_source, utc

pytestmark = pytest.mark.django_db
NOW = utc("2023-02-25 12:00")
NAME = "Karim the broker"


@pytest.fixture
def news() -> Source:
    make_crossing()
    return make_source("news", kind="press")


def written_down(news: Source, entry: Entry, **fields: Any) -> tuple[Report, Draft]:
    draft = Draft.objects.get(pk=hold_entry(news, entry, now=NOW).draft or 0)
    content = claim(lanes=lanes("closed"), **fields)
    drafts.accept(draft, by=User.objects.create_user("zarmina"), now=NOW, content=content)
    return Report.objects.get(), draft


def blank(report: Report, *fields: str) -> None:
    ledger.redact(report, fields, reason="a name", now=NOW, by=None)


def test_an_article_that_carries_the_words_loses_the_part_that_does(news: Source) -> None:
    text = f"At the gate {NAME.upper().replace(' ', '  ')} said that all is shut."
    report, draft = written_down(news, Entry("1", "Gate shut", text, "https://example.org/1"), attribution=NAME)
    other = hold_entry(news, Entry("2", f"{NAME} speaks", "Nothing else.", ""), now=NOW)
    blank(report, "attribution")
    draft.refresh_from_db()
    assert (draft.content["title"], draft.content["text"], draft.content["url"]) == (
        "Gate shut",
        "[removed]",
        "https://example.org/1",
    )
    assert Draft.objects.get(pk=other.draft or 0).content["title"] == "[removed]"
    assert draft.report == report and report.lanes


def test_an_article_that_does_not_carry_them_stays(news: Source) -> None:
    report, draft = written_down(news, Entry("1", "Gate shut", "All is shut.", ""), attribution="Al", note="a person")
    blank(report, "note", "attribution")
    draft.refresh_from_db()
    assert draft.content["text"] == "All is shut."


def test_a_rejected_repeat_loses_the_words_too(news: Source) -> None:
    stranger = make_source("stranger", trusted=False)
    for key in "ab":
        sent = claim(id=key, note=NAME, lanes=lanes("closed"))
        [_] = ledger.record_many(stranger, [drafts.read_claim(sent, drafts.Names.load(), stranger)], now=NOW)
    first, second = Draft.objects.order_by("pk")
    staff = User.objects.create_user("omar")
    drafts.reject(second, by=staff, now=NOW, reason="twice")
    drafts.accept(first, by=staff, now=NOW)
    blank(Report.objects.get(), "note")
    assert NAME not in str(list(Draft.objects.values_list("content", flat=True)))
