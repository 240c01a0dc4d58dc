"""Acts of staff through proposals.py: what the guard lets one person do alone, and what it does not."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from crossings import bell, drafts, ledger, proposals
from crossings.admin.speakers import own_source
from crossings.ingest import read_claim, read_reading
from crossings.matching import Names
from crossings.models import Confirmation, Crossing, Current, Draft, Proposal, Reading, Report, Retraction
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


@pytest.mark.parametrize("stands", ["open", "closed"])
@pytest.mark.parametrize(("said", "second"), [("open", True), ("restricted", True), ("closed", False)])
def test_an_order_that_begins_later_waits_unless_it_closes_whatever_stands_now(
    stands: str, said: str, second: bool, zahra: User
) -> None:
    crossing_that_is(stands)
    assert waits(record(zahra, said, NOW + 4 * HOUR, basis="ordered")) is second


MIXED = [*lanes("closed", "cargo"), *lanes("open", "people")]


def half_closed(sensitive: bool = True) -> Crossing:
    """Cargo open, all else closed."""
    crossing = make_crossing(sensitive=sensitive)
    at = NOW - 3 * HOUR
    said = [*lanes("open", "cargo"), *lanes("closed", "people", "vehicles")]
    say(make_source("amu"), claim(id="1", lanes=said, effective_at=at.isoformat()), now=at)
    return crossing


def stands() -> dict[str, str]:
    return {lane["traffic"]: lane["state"] for lane in Current.objects.get().status["lanes"]}


def mixed(user: User, key: str = "x") -> Any:
    said = claim(id=key, lanes=MIXED, effective_at=(NOW - HOUR).isoformat())
    return read_claim(said, Names.load(), own_source(user))


def test_a_closing_is_recorded_at_once_though_the_same_update_opens_another_lane(zahra: User, omar: User) -> None:
    half_closed()
    own = own_source(zahra)
    count = read_reading(reading(id="q", observed_at=NOW.isoformat()), Names.load(), own)
    items = [mixed(zahra), count]
    done = proposals.record(own, items, by=zahra, now=NOW, key="k")
    assert stands() == {"cargo": "closed", "people": "closed", "vehicles": "closed"}
    assert [report.external_id for report in Report.objects.filter(source=own)] == ["x"]
    assert Reading.objects.count() == 1 and len(done.results) == 2
    assert [(result is not None, waiting is not None) for result, waiting in done.by_item] == [(1, 1), (1, 0)]
    [row] = done.proposals
    [said] = row.content["items"]
    assert (said["id"], {lane["traffic"] for lane in said["lanes"]}) == ("x:second", {"people"})

    again = proposals.record(own, items, by=zahra, now=NOW, key="k")
    assert again.proposals == [row] and {result.outcome for result in again.results} == {ledger.Outcome.SAME}
    proposals.agree(row, by=omar, now=NOW)
    assert stands() == {"cargo": "closed", "people": "open", "vehicles": "closed"}
    after = proposals.record(own, items, by=zahra, now=NOW, key="k")
    assert after.proposals == [row] and {result.outcome for result in after.results} == {ledger.Outcome.SAME}
    assert (Report.objects.filter(source=own).count(), Proposal.objects.count()) == (2, 1)
    assert [each.digest() for each in proposals.recorded_at_once(items, "k")] == [
        Report.objects.get(external_id="x").digest,
        Reading.objects.get().digest,
    ]


def test_of_an_order_the_lanes_that_it_closes_are_recorded_at_once(zahra: User) -> None:
    crossing_that_is("open")
    said = claim(id="x", lanes=MIXED, basis="ordered", effective_at=(NOW + HOUR).isoformat())
    items = [read_claim(said, Names.load(), own_source(zahra))]
    assert waits(proposals.record(own_source(zahra), items, by=zahra, now=NOW, key="k"))
    assert {lane["traffic"] for lane in Report.objects.get(external_id="x").lanes} == {"cargo"}


def test_a_correction_that_needs_a_second_person_closes_at_once_what_it_closes(zahra: User, omar: User) -> None:
    half_closed()
    wrong = Report.objects.get()

    def correct() -> proposals.Done:
        own = own_source(zahra)
        return proposals.correct(wrong, own, [mixed(zahra)], reason="-", by=zahra, now=NOW, key="k")

    [row] = correct().proposals
    assert stands() == {"cargo": "closed", "people": "closed", "vehicles": "closed"}
    assert not Retraction.objects.exists()
    assert row.content["at_once"] == [Report.objects.get(external_id="x").pk]
    assert correct().proposals == [row] and Report.objects.count() == 2
    proposals.agree(row, by=omar, now=NOW)
    assert stands() == {"cargo": "closed", "people": "open", "vehicles": "unknown"}
    assert Retraction.objects.get().report == wrong


def test_a_draft_that_closes_one_lane_and_opens_another_is_not_held_up_whole(zahra: User) -> None:
    half_closed()
    rumour = make_source("rumour", trusted=False)
    say(rumour, claim(id="r", lanes=MIXED, effective_at=(NOW - HOUR).isoformat()), now=NOW)
    draft = Draft.objects.get()
    with pytest.raises(drafts.Unacceptable, match="correct it to what it closes"):
        proposals.accept(draft, by=zahra, now=NOW)
    assert not Proposal.objects.exists()
    closing = {**draft.content, "lanes": lanes("closed", "cargo")}
    assert not isinstance(proposals.accept(draft, by=zahra, now=NOW, content=closing), Proposal)
    assert stands()["cargo"] == "closed"


def test_silence_is_no_first_step_of_a_loosening(zahra: User) -> None:
    crossing = make_crossing(sensitive=True)
    at, ended = NOW - 3 * HOUR, (NOW - 2 * HOUR).isoformat()
    say(make_source("amu"), claim(id="1", lanes=lanes("closed"), effective_at=at.isoformat(), until=ended), now=at)
    ledger.settle(NOW)
    assert crossing.slug == "torkham" and set(stands().values()) == {"unknown"}
    assert waits(record(zahra, "restricted"))
    assert not waits(record(zahra, "closed", key="y"))


def test_a_lane_that_is_closed_is_not_dropped_by_one_person_alone() -> None:
    crossing = crossing_that_is("closed")
    crossing.traffic = ["people"]
    crossing.save()
    with pytest.raises(ledger.NeedsSecond):
        ledger.touch_crossing(crossing, now=NOW, guard=ledger.Guard(now=NOW))


def test_a_merge_that_confirms_loosens_no_sensitive_crossing(zahra: User) -> None:
    crossing = make_crossing(sensitive=True, forget_after=timedelta(hours=4))
    at = NOW - 6 * HOUR
    say(make_source("amu"), claim(id="1", effective_at=at.isoformat()), now=at)
    report = Report.objects.get()
    ledger.settle(NOW)
    assert crossing.sensitive and set(stands().values()) == {"unknown"}
    say(make_source("rumour", trusted=False), claim(id="r", effective_at=(NOW - HOUR).isoformat()), now=NOW)
    draft = Draft.objects.get()
    with pytest.raises(drafts.Unacceptable, match="merge it without confirming"):
        drafts.merge(draft, report, by=zahra, now=NOW, confirms=True)
    assert Draft.objects.get().decision == "" and not Confirmation.objects.exists()
    drafts.merge(draft, report, by=zahra, now=NOW)
    assert set(stands().values()) == {"unknown"}


def test_what_is_merged_with_a_draft_confirms_it_once_two_persons_accepted_that(zahra: User, omar: User) -> None:
    crossing_that_is("closed")
    for slug in ("a", "b"):
        said = claim(id=slug, effective_at=(NOW - HOUR).isoformat())
        say(make_source(slug, trusted=False), said, now=NOW)
    first, second = Draft.objects.order_by("pk")
    drafts.merge(second, first, by=zahra, now=NOW, confirms=True)
    row = proposals.accept(first, by=zahra, now=NOW)
    assert isinstance(row, Proposal) and not Confirmation.objects.exists()
    proposals.agree(row, by=omar, now=NOW)
    assert set(stands().values()) == {"open"} and Confirmation.objects.count() == 1


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
