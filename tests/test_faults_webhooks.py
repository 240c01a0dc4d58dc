"""Real workers that are killed while they deliver: every change arrives, once by its id."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from crossings import bell, webhooks
from crossings.models import Change, Delivery, Endpoint
from tests.factories import claim, lanes, make_crossing, make_source, say
from tests.faults import House, a_house
from tests.receivers import Receiver, a_receiver, make_endpoint, says

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]
CHANGES = 12


@pytest.fixture
def house(
    tmp_path: Path, transactional_db: None, monkeypatch: pytest.MonkeyPatch, settings: pytest.FixtureRequest
) -> Iterator[House]:
    settings.ALLOWED_ADDRESSES = ["127.0.0.0/8"]  # type: ignore[attr-defined]
    with a_house(tmp_path, monkeypatch) as house:
        yield house


def changes() -> list[int]:
    """Torkham closes and opens again and again; their positions."""
    make_crossing()
    source = make_source("broker")
    begun = timezone.now() - timedelta(hours=CHANGES)
    for turn in range(CHANGES):
        at = begun + timedelta(hours=turn)
        say(source, claim(effective_at=at.isoformat(), lanes=lanes("open" if turn % 2 else "closed")), now=at)
    return list(Change.objects.order_by("position").values_list("position", flat=True))


def nudge() -> None:
    """What beat rings for; a lease of a killed worker ends."""
    bell.breaker.closed_until = 0.0
    bell.ring(webhooks.DUE)


def leases_end() -> None:
    Endpoint.objects.update(leased_until=None)
    nudge()


def all_delivered() -> bool:
    return not Delivery.objects.filter(state="waiting").exists()


def first_ones(receiver: Receiver, path: str) -> list[int]:
    """What came, without what came twice."""
    return list(dict.fromkeys(receiver.positions(path)))


def test_a_worker_killed_while_it_delivers_loses_nothing(house: House) -> None:
    with a_receiver() as receiver:
        for name in ("/one", "/two", "/three"):
            make_endpoint(receiver.url(name), timezone.now())
            receiver.answers[name] = says(after=0.15)
        told = changes()
        for number in range(1, 4):
            worker = house.start("courier")
            nudge()
            house.until(lambda number=number: len(receiver.ids("/one")) >= 3 * number, meanwhile=nudge)  # type: ignore[misc]
            house.kill(worker)
            Endpoint.objects.update(leased_until=None)
        assert not all_delivered()
        house.start("courier")
        house.until(all_delivered, meanwhile=nudge)
        for name in ("/one", "/two", "/three"):
            assert first_ones(receiver, name) == told, name
            assert len(receiver.ids(name)) <= len(told) + 3  # one under way at each kill


def test_what_a_killed_worker_had_under_way_waits_for_its_lease_only(house: House) -> None:
    with a_receiver() as receiver:
        make_endpoint(receiver.url(), timezone.now())
        receiver.answers["/hook"] = says(after=5)
        told = changes()
        worker = house.start("courier")
        nudge()
        house.until(lambda: receiver.ids(), meanwhile=nudge)
        house.kill(worker)
        lease = Endpoint.objects.get().leased_until
        assert lease is not None and lease - timezone.now() < timedelta(seconds=31)
        receiver.answers.clear()
        house.start("courier")
        leases_end()
        house.until(all_delivered, meanwhile=nudge)
        assert first_ones(receiver, "/hook") == told


def test_a_change_rings_the_worker_by_itself_and_beat_finds_what_the_bell_lost(house: House) -> None:
    with a_receiver() as receiver:
        make_endpoint(receiver.url(), timezone.now())
        house.start("courier")
        told = changes()  # each commit rings
        house.until(lambda: first_ones(receiver, "/hook") == told)
        house.until(all_delivered)  # what is sent again while it is still under way counts as that one
        bell.breaker.closed_until = float("inf")
        webhooks.again(Delivery.objects.latest("change"), timezone.now())
        house.start("beat")
        house.until(lambda: receiver.ids().count(f"change-{told[-1]}") == 2)
