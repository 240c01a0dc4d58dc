"""What was held waits for a person, who decides once."""

from __future__ import annotations

from threading import Barrier, Thread
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection

from crossings import drafts
from crossings.domain.faults import Refused
from crossings.ingest import read_claim, read_reading
from crossings.ledger import Outcome, Result, record_many
from crossings.matching import Names
from crossings.models import Draft, Reading, Report, Source
from tests.factories import claim, lanes, make_crossing, make_source, reading, utc

pytestmark = pytest.mark.django_db
NOW = utc("2023-02-25 12:00")


@pytest.fixture
def staff() -> User:
    return User.objects.create_user("zarmina")


@pytest.fixture
def stranger() -> Source:
    make_crossing()
    return make_source("stranger", trusted=False)


def push(source: Source, content: Any) -> Result:
    read = read_reading if "measure" in content else read_claim
    [result] = record_many(source, [read(content, Names.load(), source)], now=NOW)
    return result


def held(source: Source, content: Any) -> Draft:
    result = push(source, content)
    assert result.outcome is Outcome.DRAFT
    return Draft.objects.get(external_id=content["id"])


def test_an_accepted_draft_is_its_sources_word_and_keeps_who_decided(stranger: Source, staff: User) -> None:
    draft = held(stranger, claim(id="a"))
    assert not Report.objects.exists()
    assert drafts.accept(draft, by=staff, now=NOW).outcome is Outcome.RECORDED
    report = Report.objects.get()
    assert (report.source, report.external_id, report.recorded_by) == (stranger, "a", staff)
    assert (draft.decision, draft.decided_by, draft.decided_at, draft.report) == ("accepted", staff, NOW, report)
    assert push(stranger, claim(id="a")).outcome is Outcome.SAME


def test_an_accepted_draft_moves_the_board(stranger: Source, staff: User) -> None:
    drafts.accept(held(stranger, claim(id="a", lanes=lanes("closed"))), by=staff, now=NOW)
    assert Report.objects.get().crossing.current.state == "closed"


def test_a_reading_is_accepted_too(stranger: Source, staff: User) -> None:
    draft = held(stranger, reading(id="q"))
    drafts.accept(draft, by=staff, now=NOW)
    assert draft.reading == Reading.objects.get()


def test_a_draft_may_be_corrected_as_it_is_accepted(stranger: Source, staff: User) -> None:
    draft = held(stranger, claim(id="a", lanes=lanes("closed")))
    drafts.accept(draft, by=staff, now=NOW, content=claim(id="other", lanes=lanes("closed", "cargo")))
    report = Report.objects.get()
    assert (report.external_id, {lane["traffic"] for lane in report.lanes}) == ("a", {"cargo"})
    assert len(draft.content["lanes"]) == 6  # what was sent stays to be seen


def test_a_faulty_correction_decides_nothing(stranger: Source, staff: User) -> None:
    draft = held(stranger, claim(id="a"))
    with pytest.raises(Refused, match="Not one of"):
        drafts.accept(draft, by=staff, now=NOW, content=claim(lanes=lanes("ajar")))
    draft.refresh_from_db()
    assert draft.decision == ""
    drafts.accept(draft, by=staff, now=NOW)


def test_a_rejected_draft_stays_and_its_repeat_is_only_noted(stranger: Source, staff: User) -> None:
    draft = held(stranger, claim(id="a"))
    drafts.reject(draft, by=staff, now=NOW, reason="a rumour")
    assert (draft.decision, draft.decided_by, draft.decision_reason) == ("rejected", staff, "a rumour")
    assert push(stranger, claim(id="a")).outcome is Outcome.NOTED
    assert Draft.objects.count() == 1
    assert not Report.objects.exists()


@pytest.mark.parametrize("first", ["accept", "reject"])
@pytest.mark.parametrize("second", ["accept", "reject"])
def test_nobody_decides_twice(stranger: Source, staff: User, first: str, second: str) -> None:
    def decide(how: str, draft: Draft) -> None:
        if how == "accept":
            drafts.accept(draft, by=staff, now=NOW)
        else:
            drafts.reject(draft, by=staff, now=NOW, reason="a rumour")

    draft = held(stranger, claim(id="a"))
    stale = Draft.objects.get(pk=draft.pk)
    decide(first, draft)
    with pytest.raises(drafts.Decided, match=rf"It was {first}ed by zarmina on 25 February 2023 at 12:00 UTC\."):
        decide(second, stale)
    assert Report.objects.count() == (first == "accept")


@pytest.mark.django_db(transaction=True)
def test_two_who_accept_at_once_make_one_report(stranger: Source, staff: User) -> None:
    draft, barrier, said = held(stranger, claim(id="a")), Barrier(2), []

    def go() -> None:
        barrier.wait()
        try:
            drafts.accept(Draft.objects.get(pk=draft.pk), by=staff, now=NOW)
            said.append("accepted")
        except drafts.Decided:
            said.append("too late")
        finally:
            connection.close()

    threads = [Thread(target=go) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == ["accepted", "too late"]
    assert Report.objects.count() == 1
