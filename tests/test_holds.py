"""Closures run, openings walk: what waits for a person, and what never does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crossings import ledger
from crossings.domain.claims import claim_from_json
from crossings.ledger import Outcome
from crossings.models import Current, Draft
from tests.factories import lanes, make_crossing, make_source

pytestmark = pytest.mark.django_db
NOW = datetime(2024, 1, 2, 12, tzinfo=UTC)


def say(source, crossings, state, at=NOW, key="", **how):
    claims = [
        claim_from_json(
            {"id": f"{key}{state}-{c.slug}-{at}", "effective_at": at.isoformat(), "lanes": lanes(state)}, c.border()
        )
        for c in crossings
    ]
    return [result.outcome for result in ledger.record_many(source, claims, now=NOW, **how)]


@pytest.fixture
def gates():
    return [make_crossing(slug=f"gate-{n}") for n in range(10)]


def test_a_massive_closure_is_published_at_once(gates):
    assert set(say(make_source(), gates, "closed")) == {Outcome.RECORDED}
    assert set(Current.objects.values_list("state", flat=True)) == {"closed"}


def test_a_first_word_is_no_loosening(gates):
    assert set(say(make_source(), gates, "open")) == {Outcome.RECORDED}


def test_a_massive_loosening_in_one_batch_is_held_whole(gates):
    source = make_source()
    say(source, gates, "closed", NOW - timedelta(hours=1))
    assert set(say(source, gates, "open")) == {Outcome.DRAFT}
    assert set(Draft.objects.values_list("why", flat=True)) == {"massive"}
    assert set(Current.objects.values_list("state", flat=True)) == {"closed"}


def test_a_massive_loosening_one_by_one_is_held_from_the_fifth_on(gates):
    source = make_source()
    say(source, gates, "closed", NOW - timedelta(hours=1))
    outcomes = [say(source, [gate], "open", NOW - timedelta(seconds=n))[0] for n, gate in enumerate(gates)]
    assert outcomes == [Outcome.RECORDED] * 4 + [Outcome.DRAFT] * 6


def test_four_loosenings_are_not_massive_nor_are_five_of_many(gates):
    source = make_source()
    more = gates + [make_crossing(slug=f"more-{n}") for n in range(20)]
    say(source, more, "closed", NOW - timedelta(hours=1))
    assert set(say(source, more[:6], "open")) == {Outcome.RECORDED}


def test_a_flapping_lane_stays_at_the_stricter(gates):
    source = make_source()
    outcomes = [
        say(source, gates[:1], state, NOW - timedelta(minutes=9 - n), key=str(n))[0]
        for n, state in enumerate(["closed", "open", "closed", "open", "closed", "open"])
    ]
    assert outcomes == [Outcome.RECORDED] * 3 + [Outcome.DRAFT, Outcome.RECORDED, Outcome.DRAFT]
    assert Current.objects.get(crossing=gates[0]).state == "closed"


@pytest.mark.parametrize(
    ("state", "at", "how", "outcome"),
    [
        ("open", NOW + timedelta(minutes=4), {}, Outcome.RECORDED),
        ("open", NOW + timedelta(minutes=6), {}, Outcome.DRAFT),
        ("closed", NOW + timedelta(minutes=6), {}, Outcome.RECORDED),
        ("open", datetime(1989, 12, 31, tzinfo=UTC), {}, Outcome.DRAFT),
        ("open", NOW - timedelta(days=8), {"polled": True}, Outcome.DRAFT),
        ("closed", NOW - timedelta(days=8), {"polled": True}, Outcome.RECORDED),
        ("open", NOW - timedelta(days=8), {}, Outcome.RECORDED),
        ("open", NOW + timedelta(days=8), {"vouched": True}, Outcome.RECORDED),
    ],
)
def test_times_that_cannot_be_right_wait_for_a_person(state, at, how, outcome):
    assert say(make_source(), [make_crossing()], state, at, **how) == [outcome]


def test_whatever_an_untrusted_source_says_waits_and_the_same_again_is_the_same_draft():
    source, crossing = make_source(trusted=False), make_crossing()
    assert say(source, [crossing], "closed") == say(source, [crossing], "closed") == [Outcome.DRAFT]
    assert Draft.objects.count() == 1
