"""What was held waits for a person, who decides once."""

from __future__ import annotations

from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection

from crossings import drafts
from crossings.domain.faults import Refused
from crossings.ingest import read_claim, read_reading
from crossings.ledger import Outcome, Result, record_many, retract
from crossings.matching import Names
from crossings.models import Confirmation, Draft, Reading, Report, Source
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
    with pytest.raises(drafts.Decided, match=rf"It was {first}ed by zarmina on Saturday 25 Feb 2023, 16:30 Kabul / "):
        decide(second, stale)
    assert Report.objects.count() == (first == "accept")


# Merging


def said_too(staff: User, **fields: Any) -> tuple[Report, Draft]:
    """A report by a trusted source, and a stranger's draft that says the same an hour later."""
    trusted = make_source("amu")
    push(trusted, claim(id="r", lanes=lanes("closed"), **fields))
    stranger = Source.objects.get(slug="stranger")
    later = claim(
        id="a", lanes=lanes("closed"), effective_at="2023-02-19T06:00:00Z", reported_at="2023-02-20T08:00:00Z"
    )
    return Report.objects.get(), held(stranger, later)


def test_a_merged_draft_names_its_report_and_makes_no_other(stranger: Source, staff: User) -> None:
    report, draft = said_too(staff)
    drafts.merge(draft, report, by=staff, now=NOW)
    assert (draft.decision, draft.report, draft.decided_by, draft.decided_at) == ("merged", report, staff, NOW)
    assert Report.objects.count() == 1 and not Confirmation.objects.exists()
    assert push(stranger, draft.content).outcome is Outcome.SAME


def test_a_merged_draft_may_confirm_as_of_when_its_source_spoke(stranger: Source, staff: User) -> None:
    report, draft = said_too(staff)
    drafts.merge(draft, report, by=staff, now=NOW, confirms=True)
    row = Confirmation.objects.get()
    assert (row.report, row.source, row.confirmed_at, row.recorded_by) == (
        report,
        stranger,
        utc("2023-02-20 08:00"),
        staff,
    )


def test_who_spoke_before_it_began_bears_nothing_out(stranger: Source, staff: User) -> None:
    report, draft = said_too(staff, effective_at=..., basis="announced", reported_at="2023-02-21T08:00:00Z")
    drafts.merge(draft, report, by=staff, now=NOW, confirms=True)
    assert draft.decision == "merged" and not Confirmation.objects.exists()


def test_merged_with_a_draft_it_takes_on_what_that_becomes(stranger: Source, staff: User) -> None:
    first = held(stranger, claim(id="a", lanes=lanes("closed")))
    second, third = (held(make_source(slug, trusted=False), claim(id=slug, lanes=lanes("closed"))) for slug in "xy")
    drafts.merge(third, second, by=staff, now=NOW, confirms=True)
    drafts.merge(second, first, by=staff, now=NOW)
    third.refresh_from_db()
    assert (third.same_as, second.same_as, third.report) == (first, first, None)
    drafts.accept(first, by=staff, now=NOW)
    for each in (second, third):
        each.refresh_from_db()
        assert each.report == first.report == Report.objects.get()
    assert [row.source.slug for row in Confirmation.objects.all()] == ["y"]


def test_what_cannot_say_the_same_is_not_merged(stranger: Source, staff: User) -> None:
    make_crossing("chaman")
    report, draft = said_too(staff)
    elsewhere = held(stranger, claim(id="c", crossing="chaman"))
    counted = held(stranger, reading(id="q"))
    turned_down = held(stranger, claim(id="d"))
    drafts.reject(turned_down, by=staff, now=NOW, reason="a rumour")
    for one, other, why in (
        (draft, elsewhere, "different crossings"),
        (counted, report, "never say the same"),
        (draft, counted, "never say the same"),
        (draft, draft, "with itself"),
        (draft, turned_down, "was rejected"),
    ):
        with pytest.raises(drafts.Unacceptable, match=why):
            drafts.merge(one, other, by=staff, now=NOW)
    retract(report, reason="wrong", now=NOW)
    with pytest.raises(drafts.Unacceptable, match="was retracted"):
        drafts.merge(draft, Report.objects.get(), by=staff, now=NOW)
    draft.refresh_from_db()
    assert draft.decision == ""


@pytest.mark.django_db(transaction=True)
def test_two_who_merge_two_drafts_with_each_other_make_no_ring(stranger: Source, staff: User) -> None:
    ours, theirs = (held(stranger, claim(id=key, lanes=lanes("closed"))) for key in "ab")
    said = at_once(
        lambda: drafts.merge(ours, theirs, by=staff, now=NOW), lambda: drafts.merge(theirs, ours, by=staff, now=NOW)
    )
    assert sorted(said) == ["done", "too late"]
    assert Draft.objects.filter(decision="merged").count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_who_merges_and_one_who_rejects_at_once_do_not_both(stranger: Source, staff: User) -> None:
    report, draft = said_too(staff)
    again = Draft.objects.get(pk=draft.pk)
    said = at_once(
        lambda: drafts.merge(draft, report, by=staff, now=NOW),
        lambda: drafts.reject(again, by=staff, now=NOW, reason="a rumour"),
    )
    assert sorted(said) == ["done", "too late"]


def at_once(*acts: Callable[[], Any]) -> list[str]:
    barrier, said = Barrier(len(acts)), []

    def go(act: Callable[[], Any]) -> None:
        barrier.wait()
        try:
            act()
            said.append("done")
        except (drafts.Decided, drafts.Unacceptable):
            said.append("too late")
        finally:
            connection.close()

    threads = [Thread(target=go, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return said


@pytest.mark.django_db(transaction=True)
def test_two_who_accept_at_once_make_one_report(stranger: Source, staff: User) -> None:
    draft = held(stranger, claim(id="a"))
    said = at_once(*[lambda: drafts.accept(Draft.objects.get(pk=draft.pk), by=staff, now=NOW) for _ in range(2)])
    assert sorted(said) == ["done", "too late"]
    assert Report.objects.count() == 1
