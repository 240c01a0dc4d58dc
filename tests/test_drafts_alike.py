"""Which drafts tell of one event; texts that wait; and what was turned down and is said again."""

from __future__ import annotations

from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction

from crossings import drafts
from crossings.feeds.base import Entry
from crossings.ledger import Outcome, Result, retract
from crossings.ledger.entries import hold_entry
from crossings.models import Draft, Reading, Report, Source
from tests.factories import claim, lanes, make_crossing, make_source, reading, say, utc

pytestmark = pytest.mark.django_db
NOW = utc("2023-02-25 12:00")
STATES = {True: "alike", False: "not alike"}


@pytest.fixture
def staff() -> User:
    return User.objects.create_user("zarmina")


@pytest.fixture
def stranger() -> Source:
    make_crossing()
    make_crossing("chaman")
    return make_source("stranger", trusted=False)


ONE = {"effective_at": "2023-02-24T05:00:00Z", "lanes": lanes("closed")}
PAIRS: list[tuple[dict[str, Any], bool]] = [
    ({}, True),
    ({"effective_at": "2023-02-25T05:00:00Z"}, True),
    ({"effective_at": "2023-02-25T05:00:01Z"}, False),
    ({"effective_at": "2023-02-23T05:00:00Z"}, True),
    ({"lanes": lanes("closed", "cargo")}, True),
    ({"lanes": lanes("open", "cargo")}, False),
    ({"lanes": lanes("closed", "cargo") + lanes("open", "people")}, False),
    ({"lanes": [{"traffic": "people", "to": "AF", "state": "closed"}]}, True),
    ({"crossing": "chaman"}, False),
    ({"declared_by": "PK", "reason": "security", "note": "in other words"}, True),
    ({"basis": "announced"}, False),
    ({"basis": "ordered"}, True),
]


@pytest.mark.parametrize(
    ("other", "same"), PAIRS, ids=lambda value: STATES.get(value) if isinstance(value, bool) else None
)
def test_claims_are_alike_by_crossing_lanes_state_and_day(stranger: Source, other: dict[str, Any], same: bool) -> None:
    say(stranger, claim(id="1", **ONE), now=NOW)
    say(make_source("other", trusted=False), claim(id="2", **{**ONE, **other}), now=NOW)
    first, second = Draft.objects.order_by("pk")
    assert drafts.alike(first, second) is drafts.alike(second, first) is same
    assert drafts.near([first])[first.pk] == ([second] if same else [])


def test_lanes_that_two_claims_do_not_share_make_nothing_alike(stranger: Source) -> None:
    say(
        stranger, claim(id="1", lanes=lanes("closed", "cargo")), claim(id="2", lanes=lanes("closed", "people")), now=NOW
    )
    first, second = Draft.objects.order_by("pk")
    assert not drafts.alike(first, second)


def test_counts_are_never_alike_and_what_is_decided_is_left_out(stranger: Source, staff: User) -> None:
    say(stranger, claim(id="1"), claim(id="2"), reading(id="3"), reading(id="4"), now=NOW)
    one, two, three, four = Draft.objects.order_by("pk")
    assert drafts.near([three]) == {three.pk: []}
    assert not drafts.alike(three, four)
    drafts.reject(two, by=staff, now=NOW, reason="a rumour")
    assert drafts.near([one])[one.pk] == []
    assert drafts.near([one], decided=True)[one.pk] == [two]


def test_near_ones_of_many_drafts_take_one_query(stranger: Source, django_assert_num_queries: Any) -> None:
    say(stranger, *[claim(id=str(n), crossing=slug) for n, slug in enumerate(["torkham", "chaman"] * 20)], now=NOW)
    rows = list(Draft.objects.all())
    with django_assert_num_queries(1):
        near = drafts.near(rows)
    assert {len(found) for found in near.values()} == {19}


def test_what_was_reported_about_that_time_stands_beside_it_the_same_first(stranger: Source) -> None:
    say(
        make_source("amu"),
        claim(id="same", lanes=lanes("closed", "cargo"), effective_at="2023-02-24T01:00:00Z"),
        claim(id="other", effective_at="2023-02-24T20:00:00Z"),
        claim(id="long-ago", effective_at="2023-02-20T05:00:00Z"),
        claim(id="elsewhere", crossing="chaman", effective_at="2023-02-24T05:00:00Z"),
        reading(id="count"),
        now=NOW,
    )
    say(stranger, claim(id="1", **ONE), reading(id="2"), now=NOW)
    told, counted = Draft.objects.order_by("pk")
    around = drafts.around(told)
    assert [row.external_id for row in around] == ["same", "other"]
    assert [drafts.says_the_same(told, row) for row in around if isinstance(row, Report)] == [True, False]
    assert drafts.around(counted) == [Reading.objects.get()]
    assert drafts.covers(told, Report.objects.get(external_id="same"))
    assert not drafts.covers(told, Report.objects.get(external_id="other"))


# Texts


TEXT = Entry("guid-1", "Torkham closed", "Pakistan closed the gate at Torkham.", "https://example.org/1", NOW)


@pytest.fixture
def news() -> Source:
    make_crossing()
    make_crossing("chaman")
    return make_source("news", kind="press", format="rss", address="https://example.org/rss")


def test_a_text_of_a_trusted_source_waits_too_and_is_kept_once(news: Source) -> None:
    first, again = (hold_entry(news, TEXT, now=NOW) for _ in range(2))
    assert (first.outcome, again.outcome, again.draft) == (Outcome.DRAFT, Outcome.SAME, first.draft)
    row = Draft.objects.get()
    assert (row.kind, row.crossing, row.content["text"], row.content["url"]) == ("entry", None, TEXT.text, TEXT.url)
    assert [found.slug for found, _, _ in drafts.suggested(row)] == ["torkham"]


def test_a_text_becomes_the_claim_that_somebody_read_in_it(news: Source, staff: User) -> None:
    hold_entry(news, TEXT, now=NOW)
    draft = Draft.objects.get()
    with pytest.raises(drafts.Unacceptable, match="write down what it claims"):
        drafts.accept(draft, by=staff, now=NOW)
    drafts.accept(draft, by=staff, now=NOW, content=claim(lanes=lanes("closed")), count=reading())
    report, counted = Report.objects.get(), Reading.objects.get()
    assert (report.source, report.external_id, counted.external_id) == (news, "guid-1", "guid-1")
    assert (draft.report, draft.reading, draft.crossing) == (report, counted, report.crossing)
    assert hold_entry(news, TEXT, now=NOW).outcome is Outcome.SAME


def test_a_rewritten_text_shows_its_newest_words_and_once_decided_waits_anew(news: Source, staff: User) -> None:
    rewritten, once_more = (Entry("guid-1", "Torkham open", text) for text in ("It opened.", "It closed."))
    hold_entry(news, TEXT, now=NOW)
    assert hold_entry(news, rewritten, now=NOW).outcome is Outcome.SAME
    draft = Draft.objects.get()
    assert draft.content["text"] == "It opened."
    drafts.reject(draft, by=staff, now=NOW, reason="of no use")
    outcomes = [hold_entry(news, text, now=NOW).outcome for text in (rewritten, once_more, once_more, rewritten)]
    assert outcomes == [Outcome.SAME, Outcome.DRAFT, Outcome.SAME, Outcome.SAME]
    assert Draft.objects.filter(decision="").count() == 1


def test_a_text_is_merged_with_the_report_that_tells_of_it(news: Source, staff: User) -> None:
    say(make_source("amu"), claim(), now=NOW)
    hold_entry(news, TEXT, now=NOW)
    draft = Draft.objects.get()
    drafts.merge(draft, Report.objects.get(), by=staff, now=NOW, confirms=True)
    assert (draft.decision, draft.crossing.slug if draft.crossing else "") == ("merged", "torkham")
    assert Report.objects.get().confirmations.get().confirmed_at == NOW


# What was turned down


def polled(source: Source, hour: int, **fields: Any) -> Result:
    """What a poll brings: each time with a new time, and so with a new id."""
    at = (utc("2023-02-24 00:00") + timedelta(hours=hour)).isoformat()
    sent = claim(**{"lanes": lanes("closed"), "effective_at": at, **fields})
    [result] = say(source, sent, now=NOW + timedelta(hours=hour), polled=True)
    return result


def row_of(result: Result) -> Draft:
    assert result.draft is not None
    return Draft.objects.get(pk=result.draft)


def turned_down(source: Source, staff: User, **fields: Any) -> Draft:
    draft = row_of(polled(source, 1, **fields))
    drafts.reject(draft, by=staff, now=NOW, reason="a rumour")
    return draft


def test_a_polled_repeat_of_a_rejected_claim_is_only_noted_until_its_source_says_something_else(
    stranger: Source, staff: User
) -> None:
    draft = turned_down(stranger, staff)
    noted = polled(stranger, 2)
    assert (noted.outcome, noted.draft) == (Outcome.NOTED, draft.pk)
    assert polled(stranger, 3).outcome is Outcome.NOTED
    assert polled(stranger, 4, lanes=lanes("open")).outcome is Outcome.DRAFT
    assert polled(stranger, 5).outcome is Outcome.DRAFT


@pytest.mark.parametrize(
    "other",
    [
        {"lanes": lanes("closed", "cargo")},
        {"declared_by": "PK"},
        {"crossing": "chaman"},
        {"lanes": [{"traffic": "all", "state": "restricted", "conditions": [{"who": ["patients"]}]}]},
        {"basis": "ordered"},
    ],
)
def test_what_says_something_else_is_no_repeat(stranger: Source, staff: User, other: dict[str, Any]) -> None:
    turned_down(stranger, staff)
    assert polled(stranger, 2, **other).outcome is Outcome.DRAFT


def test_words_in_one_batch_follow_one_another(stranger: Source, staff: User) -> None:
    turned_down(stranger, staff)
    said = [
        claim(lanes=lanes(state), effective_at=f"2023-02-24T0{hour}:00:00Z")
        for hour, state in enumerate(["closed", "open", "closed"], 2)
    ]
    outcomes = [result.outcome.value for result in say(stranger, *said, now=NOW, polled=True)]
    assert outcomes == ["noted", "draft", "draft"]


def test_what_somebody_pushes_anew_is_looked_at_anew(stranger: Source, staff: User) -> None:
    turned_down(stranger, staff)
    [pushed] = say(stranger, claim(lanes=lanes("closed"), effective_at="2023-02-24T09:00:00Z"), now=NOW)
    assert pushed.outcome is Outcome.DRAFT


def test_a_polled_repeat_of_what_was_accepted_and_retracted_is_noted(stranger: Source, staff: User) -> None:
    draft = row_of(polled(stranger, 1))
    drafts.accept(draft, by=staff, now=NOW)
    retract(Report.objects.get(), reason="wrong after all", now=NOW, by=staff)
    assert polled(stranger, 2).outcome is Outcome.NOTED


def test_what_its_source_took_back_itself_it_may_say_again(stranger: Source) -> None:
    draft = row_of(polled(stranger, 1))
    Draft.objects.filter(pk=draft.pk).update(decision="rejected", decided_at=NOW)
    assert polled(stranger, 2).outcome is Outcome.DRAFT


def test_a_trusted_source_is_noted_only_where_it_would_be_held(staff: User) -> None:
    make_crossing()
    source = make_source("feed")
    draft = turned_down(source, staff, effective_at="2023-02-10T00:00:00Z", lanes=lanes("open"))
    assert draft.why == "old"
    assert polled(source, 2, effective_at="2023-02-10T01:00:00Z", lanes=lanes("open")).outcome is Outcome.NOTED
    assert polled(source, 3).outcome is Outcome.RECORDED
    assert polled(source, 4, effective_at="2023-02-10T02:00:00Z", lanes=lanes("open")).outcome is Outcome.DRAFT


# Said again while it waits


def test_what_a_polled_source_goes_on_saying_waits_once_and_counts_how_often(stranger: Source, staff: User) -> None:
    draft = row_of(polled(stranger, 1, note="by the union"))
    for hour in (2, 3):
        again = polled(stranger, hour, note="by the union")
        assert (again.outcome, again.draft, again.detail) == (Outcome.DRAFT, draft.pk, "the source is not trusted")
    draft.refresh_from_db()
    assert (draft.repeats, draft.repeated_at, Draft.objects.count()) == (2, NOW + timedelta(hours=3), 1)
    drafts.accept(draft, by=staff, now=NOW)
    assert row_of(polled(stranger, 4, note="by the union")).pk != draft.pk


@pytest.mark.parametrize(
    "other",
    [
        {"lanes": lanes("open")},
        {"lanes": lanes("closed", "cargo")},
        {"note": "in other words"},
        {"until": "2023-03-01"},
        {"declared_by": "PK"},
        {"crossing": "chaman"},
    ],
)
def test_any_other_content_than_the_time_is_a_draft_of_its_own(stranger: Source, other: dict[str, Any]) -> None:
    polled(stranger, 1)
    polled(stranger, 2, **other)
    assert Draft.objects.count() == 2 and set(Draft.objects.values_list("repeats", flat=True)) == {0}


def test_what_is_pushed_again_under_another_id_is_a_draft_of_its_own(stranger: Source) -> None:
    for hour in (1, 2):
        say(stranger, claim(id=str(hour), effective_at=f"2023-02-24T0{hour}:00:00Z"), now=NOW)
    assert Draft.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_poll_never_waits_for_somebody_who_decides_on_the_draft(stranger: Source) -> None:
    draft = row_of(polled(stranger, 1))
    found: list[Result] = []

    def poll() -> None:
        try:
            found.append(polled(stranger, 2))
        finally:
            connection.close()

    with transaction.atomic():
        Draft.objects.select_for_update().get(pk=draft.pk)
        worker = Thread(target=poll)
        worker.start()
        worker.join(timeout=10)
        assert not worker.is_alive()
    assert row_of(found[0]).pk != draft.pk
