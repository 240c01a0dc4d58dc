"""Acts of staff through proposals.py: what the guard lets one person do alone, and what it does not."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from crossings import bell, ledger, proposals
from crossings.admin.speakers import own_source
from crossings.ingest import read_claim
from crossings.matching import Names
from crossings.models import Confirmation, Crossing, Current, Proposal, Report, Retraction
from tests.factories import claim, lanes, make_crossing, make_source, reading, say

pytestmark = pytest.mark.django_db
NOW = timezone.now()
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture(autouse=True)
def no_broker() -> Any:
    bell.breaker.failed()
    yield
    bell.breaker.closed_until = 0.0


@pytest.fixture
def zahra() -> User:
    return User.objects.create(username="zahra")


@pytest.fixture
def omar() -> User:
    return User.objects.create(username="omar")


def crossing_that_is(state: str, sensitive: bool = True) -> Crossing:
    crossing = make_crossing(sensitive=sensitive)
    at = NOW - 3 * HOUR
    say(make_source("amu"), claim(id="1", lanes=lanes(state), effective_at=at.isoformat()), now=at)
    return crossing


def item(user: User, state: str, at: datetime = NOW - HOUR, key: str = "x", **fields: Any) -> Any:
    said = claim(id=key, lanes=lanes(state), effective_at=at.isoformat(), **fields)
    return read_claim(said, Names.load(), own_source(user))


def record(user: User, state: str, at: datetime = NOW - HOUR, key: str = "x", **fields: Any) -> proposals.Done:
    items = [item(user, state, at, key, **fields)]
    return proposals.record(own_source(user), items, by=user, now=NOW, key=key)


def waits(done: Any) -> bool:
    assert done is not None
    return bool(done.proposals)


@pytest.mark.parametrize(
    ("stands", "said", "sensitive", "second"),
    [
        ("closed", "open", True, True),
        ("closed", "open", False, False),
        ("closed", "restricted", True, True),
        ("open", "closed", True, False),
        ("open", "restricted", True, False),
        ("restricted", "closed", True, False),
        ("restricted", "open", True, True),
        ("open", "open", True, False),
    ],
)
def test_only_what_loosens_a_sensitive_crossing_waits(
    stands: str, said: str, sensitive: bool, second: bool, zahra: User
) -> None:
    crossing_that_is(stands, sensitive)
    assert waits(record(zahra, said)) is second
    assert Report.objects.count() == (1 if second else 2)


@pytest.mark.parametrize(
    ("basis", "ahead", "second"),
    [("observed", 4 * MINUTE, True), ("ordered", 4 * HOUR, True), ("announced", 4 * HOUR, False)],
)
def test_what_would_open_by_itself_a_little_later_waits_too(
    basis: str, ahead: timedelta, second: bool, zahra: User
) -> None:
    crossing_that_is("closed")
    assert waits(record(zahra, "open", NOW + ahead, basis=basis)) is second


def test_a_closing_to_come_is_taken_back_or_put_off_by_two_and_brought_forward_by_one(zahra: User) -> None:
    crossing_that_is("open")
    assert not waits(record(zahra, "closed", NOW + 4 * HOUR, basis="ordered"))
    order = Report.objects.get(basis="ordered")
    assert waits(proposals.retract(order, reason="Hearsay.", by=zahra, now=NOW))

    def instead(at: datetime, key: str) -> proposals.Done:
        items = [item(zahra, "closed", at, key, basis="ordered")]
        return proposals.correct(order, own_source(zahra), items, reason="-", by=zahra, now=NOW, key=key)

    assert waits(instead(NOW + 8 * HOUR, "later"))
    assert not waits(instead(NOW + 2 * HOUR, "sooner"))


def test_a_correction_is_weighed_by_how_it_stands_in_the_end(zahra: User) -> None:
    crossing_that_is("open")
    record(zahra, "closed")
    wrong = Report.objects.get(external_id="x")

    def correct(state: str, key: str, at: datetime = NOW - HOUR, **more: Any) -> proposals.Done:
        items = [item(zahra, state, at, key, **more)]
        return proposals.correct(wrong, own_source(zahra), items, reason="-", by=zahra, now=NOW, key=key)

    assert waits(correct("restricted", "a"))
    assert waits(correct("open", "b", NOW + 4 * MINUTE))
    assert not Retraction.objects.exists()
    assert not waits(correct("closed", "c", NOW - 2 * HOUR))
    assert Retraction.objects.count() == 1 and Current.objects.get().state == "closed"


def test_two_corrections_of_one_report_are_not_both_done(zahra: User, omar: User) -> None:
    crossing_that_is("open", sensitive=False)
    wrong = Report.objects.get()

    def correct(user: User, key: str) -> proposals.Done:
        items = [item(user, "closed", NOW - 4 * HOUR, key)]
        return proposals.correct(wrong, own_source(user), items, reason="-", by=user, now=NOW, key=key)

    correct(zahra, "z")
    correct(zahra, "z")
    with pytest.raises(ledger.Overtaken):
        correct(omar, "o")
    assert Report.objects.count() == 2


def test_nothing_is_done_where_the_crossing_stands_otherwise_than_it_was_seen(zahra: User) -> None:
    crossing = crossing_that_is("closed", sensitive=False)
    report, own = Report.objects.get(), own_source(zahra)
    seen = {"torkham": ledger.stands(Current.objects.get().status)}
    say(make_source("dawn"), claim(id="2", lanes=lanes("open"), effective_at=NOW.isoformat()), now=NOW)
    items = [item(zahra, "closed", NOW)]
    acts: list[Any] = [
        lambda: proposals.record(own, items, by=zahra, now=NOW, key="k", seen=seen),
        lambda: proposals.retract(report, reason="-", by=zahra, now=NOW, seen=seen),
        lambda: proposals.correct(report, own, items, reason="-", by=zahra, now=NOW, key="k", seen=seen),
        lambda: proposals.confirm(crossing, [report], source=own, at=NOW, by=zahra, now=NOW, seen=seen),
    ]
    for act in acts:
        with pytest.raises(ledger.Overtaken):
            act()
    assert (Report.objects.count(), Retraction.objects.count(), Confirmation.objects.count()) == (2, 0, 0)


def test_how_it_stands_moves_with_each_report_that_bears_on_it_and_with_no_confirmation(zahra: User) -> None:
    crossing_that_is("closed", sensitive=False)
    before = ledger.stands(Current.objects.get().status)
    report = Report.objects.get()
    ledger.confirm([report], source=own_source(zahra), at=NOW, now=NOW)
    assert ledger.stands(Current.objects.get().status) == before
    say(make_source("dawn"), reading(observed_at=NOW.isoformat()), now=NOW)
    assert ledger.stands(Current.objects.get().status) == before
    say(make_source("amu2"), claim(id="3", lanes=lanes("closed"), effective_at=NOW.isoformat()), now=NOW)
    assert ledger.stands(Current.objects.get().status) != before


def test_nothing_is_half_done_where_one_crossing_of_many_was_overtaken(zahra: User) -> None:
    crossing_that_is("closed", sensitive=True)
    make_crossing("chaman")
    own = own_source(zahra)
    items = [
        read_claim(claim(id=slug, crossing=slug, effective_at=NOW.isoformat()), Names.load(), own)
        for slug in ("torkham", "chaman")
    ]
    with pytest.raises(ledger.Overtaken):
        proposals.record(own, items, by=zahra, now=NOW, key="k", seen={"chaman": "otherwise"})
    assert Report.objects.count() == 1 and not Proposal.objects.exists()


def test_what_was_refused_of_a_row_may_be_proposed_anew_and_what_a_form_sent_is_not(zahra: User, omar: User) -> None:
    crossing_that_is("closed")
    report = Report.objects.get()
    for n in (1, 2):
        done = proposals.retract(report, reason="Wrong.", by=zahra, now=NOW)
        assert done is not None and Proposal.objects.count() == n
        proposals.refuse(done.proposals[0], by=omar, now=NOW, reason="It is right.")
    [first] = record(zahra, "open").proposals
    proposals.refuse(first, by=omar, now=NOW, reason="No.")
    assert record(zahra, "open").proposals == [first]


def test_who_proposed_it_cannot_agree_and_what_was_decided_is_decided_once(zahra: User, omar: User) -> None:
    crossing_that_is("closed")
    [row] = record(zahra, "open").proposals
    with pytest.raises(proposals.NotNow, match="second person"):
        proposals.agree(row, by=zahra, now=NOW)
    proposals.agree(row, by=omar, now=NOW)
    for decide in (
        lambda: proposals.agree(row, by=omar, now=NOW),
        lambda: proposals.refuse(row, by=omar, now=NOW, reason="-"),
    ):
        with pytest.raises(proposals.NotNow, match="decided before"):
            decide()
    assert (row.decision, Report.objects.count()) == ("agreed", 2)


@pytest.mark.parametrize("kind", ["retraction", "correction"])
def test_what_was_taken_back_meanwhile_is_not_taken_back_again(kind: str, zahra: User, omar: User) -> None:
    crossing_that_is("closed")
    report = Report.objects.get()
    done = (
        proposals.retract(report, reason="-", by=zahra, now=NOW)
        if kind == "retraction"
        else proposals.correct(report, own_source(zahra), [item(zahra, "open")], reason="-", by=zahra, now=NOW, key="k")
    )
    assert done is not None
    ledger.retract(report, reason="-", now=NOW)
    with pytest.raises(proposals.NotNow, match="taken back meanwhile"):
        proposals.agree(done.proposals[0], by=omar, now=NOW)
    assert Proposal.objects.get().decision == "" and Report.objects.count() == 1


def test_an_id_that_was_used_for_something_else_meanwhile_is_not_agreed_to_in_silence(zahra: User, omar: User) -> None:
    crossing_that_is("closed")
    [row] = record(zahra, "open").proposals
    say(own_source(zahra), claim(id="x", lanes=lanes("closed"), effective_at=NOW.isoformat()), now=NOW)
    with pytest.raises(proposals.NotNow, match="same id"):
        proposals.agree(row, by=omar, now=NOW)
    assert Proposal.objects.get().decision == ""


def test_redaction_waits_at_a_sensitive_crossing_only(zahra: User) -> None:
    crossing_that_is("closed")
    report = Report.objects.get()
    first = proposals.redact(report, ["note", "url"], reason="-", by=zahra, now=NOW)
    assert first == proposals.redact(report, ["url", "note"], reason="-", by=zahra, now=NOW)
    Crossing.objects.update(sensitive=False)
    assert proposals.redact(Report.objects.get(), ["note"], reason="-", by=zahra, now=NOW) is None
