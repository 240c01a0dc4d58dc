"""Being told: stories with a real receiver, the clock passed in."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import transaction
from django.utils import timezone
from standardwebhooks.webhooks import Webhook

from crossings import webhooks
from crossings.models import ApiKey, Attempt, Change, Delivery, Endpoint, Source
from tests.factories import claim, lanes, make_crossing, make_source, say
from tests.receivers import Receiver, a_receiver, echoes, make_endpoint, says

pytestmark = pytest.mark.django_db(transaction=True)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
START = timezone.now().replace(microsecond=0) - 20 * DAY
State = Endpoint.State


@pytest.fixture(autouse=True)
def here(settings: Any) -> None:
    settings.ALLOWED_ADDRESSES = ["127.0.0.0/8"]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with a_receiver() as server:
        yield server


@pytest.fixture
def broker() -> Source:
    make_crossing()
    return make_source("broker")


def turn(broker: Source, now: datetime, state: str = "closed", **fields: Any) -> int:
    """Something changes at Torkham; the position of the last change."""
    say(broker, claim(effective_at=now.isoformat(), lanes=lanes(state), **fields), now=now)
    return Change.objects.latest("position").position


def deliver(now: datetime) -> None:
    webhooks.deliver_due(lambda: now)


def run(begin: datetime, end: datetime, step: timedelta = MINUTE) -> None:
    """The clock goes on, and the sweep with it."""
    while begin <= end:
        deliver(begin)
        begin += step


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as door:
        port: int = door.getsockname()[1]
    return port


def test_a_change_is_told_as_the_specification_has_it(receiver: Receiver, broker: Source) -> None:
    now = timezone.now()
    endpoint = make_endpoint(receiver.url(), now)
    position = turn(broker, now)
    deliver(now)
    [message] = receiver.got["/hook"]
    change = Change.objects.get()
    headers = {"webhook-id": message.id, "webhook-timestamp": message.timestamp, "webhook-signature": message.signature}
    content = Webhook(endpoint.secret).verify(message.body, headers)
    assert content == {"type": "lanes.changed", "timestamp": change.body["recorded_at"], "data": change.body}
    assert message.id == f"change-{position}"
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.ended_at) == ("delivered", now)
    assert [(each.status, each.detail) for each in delivery.tries.all()] == [(204, "")]
    deliver(now + DAY)
    assert len(receiver.got["/hook"]) == 1


def test_who_chose_something_else_who_has_not_proven_itself_and_whose_key_is_bad_hear_nothing(
    receiver: Receiver, broker: Source
) -> None:
    bad: list[dict[str, Any]] = [{"revoked_at": START}, {"expires_at": START}, {"scopes": ["report"]}]
    for number, fields in enumerate(bad):
        source = make_source(f"bad-{number}")
        make_endpoint(receiver.url(f"/bad-{number}"), START, source)
        ApiKey.objects.filter(source=source).update(**fields)
    make_endpoint(receiver.url("/inactive"), START, make_source("inactive", active=False))
    make_endpoint(receiver.url("/elsewhere"), START, crossings=["chaman"])
    make_endpoint(receiver.url("/unproven"), START, state=State.UNPROVEN)
    for state in (State.GONE, State.OFF):
        make_endpoint(receiver.url(f"/{state}"), START, state=state)
    make_endpoint(receiver.url("/told"), START)
    turn(broker, START + MINUTE)
    deliver(START + MINUTE)
    assert list(receiver.got) == ["/told"]
    assert set(Delivery.objects.values_list("endpoint__url", flat=True)) == {
        receiver.url("/told"),
        receiver.url("/unproven"),
    }


def test_a_key_revoked_after_the_change_hears_nothing_of_it(receiver: Receiver, broker: Source) -> None:
    endpoint = make_endpoint(receiver.url(), START)
    turn(broker, START)
    ApiKey.objects.filter(pk=endpoint.key_id).update(revoked_at=START)
    deliver(START + MINUTE)
    assert receiver.got == {}


def test_a_receiver_that_is_down_for_a_day_gets_every_change_once_and_in_order(broker: Source) -> None:
    port = closed_port()
    make_endpoint(f"http://127.0.0.1:{port}/hook", START)
    now, told = START, 0
    while now < START + DAY:
        told = turn(broker, now, "open" if told % 2 else "closed")
        run(now, now + HOUR - MINUTE, 10 * MINUTE)
        now += HOUR
    endpoint = Endpoint.objects.get()
    assert endpoint.state == State.ACTIVE and endpoint.failures > 24
    assert Attempt.objects.values("delivery").distinct().count() == 1  # it was not asked for each change anew
    with a_receiver(port) as back:
        run(now, now + HOUR, 10 * MINUTE)
        assert back.positions() == list(range(1, told + 1))
        assert len(back.ids()) == len(set(back.ids()))
    assert set(Delivery.objects.values_list("state", flat=True)) == {"delivered"}
    endpoint.refresh_from_db()
    assert (endpoint.failures, endpoint.failing_since, endpoint.rests_until) == (0, None, None)


@pytest.mark.faults
@pytest.mark.parametrize("status", [500, 503])
def test_one_that_answers_with_errors_for_a_day_gets_every_change_once(
    status: int, receiver: Receiver, broker: Source
) -> None:
    make_endpoint(receiver.url(), START)
    receiver.answers["/hook"] = says(status)
    for hour in range(24):
        turn(broker, START + hour * HOUR, "open" if hour % 2 else "closed")
        run(START + hour * HOUR, START + (hour + 1) * HOUR, 30 * MINUTE)
    receiver.answers.clear()
    receiver.got.clear()
    run(START + DAY, START + 2 * DAY, HOUR)
    assert sorted(receiver.positions()) == list(Change.objects.order_by("position").values_list("position", flat=True))


@pytest.mark.faults
def test_an_answer_that_refuses_one_message_does_not_hold_back_the_next(receiver: Receiver, broker: Source) -> None:
    make_endpoint(receiver.url(), START)
    receiver.answers["/hook"] = lambda handler, message: says(400 if message.id == "change-1" else 204)(
        handler, message
    )
    turn(broker, START)
    turn(broker, START + timedelta(seconds=1), "open")
    deliver(START + timedelta(seconds=1))
    assert receiver.ids() == ["change-1", "change-2"]
    run(START, START + 4 * DAY, 10 * MINUTE)
    assert receiver.ids().count("change-1") == 10  # the whole schedule
    assert list(Delivery.objects.order_by("change").values_list("state", flat=True)) == ["given_up", "delivered"]
    assert Endpoint.objects.get().state == State.PAUSED


def test_410_ends_it_at_once(receiver: Receiver, broker: Source) -> None:
    make_endpoint(receiver.url(), START)
    receiver.answers["/hook"] = says(410)
    turn(broker, START)
    turn(broker, START + MINUTE, "open")
    run(START + MINUTE, START + 2 * MINUTE)
    assert len(receiver.ids()) == 1
    assert Endpoint.objects.get().state == State.GONE


@pytest.mark.faults
def test_what_fails_for_three_days_is_paused_its_owner_told_and_gets_all_when_taken_up(broker: Source) -> None:
    port = closed_port()
    endpoint = make_endpoint(f"http://127.0.0.1:{port}/hook", START)
    ApiKey.objects.update(contact="owner@example.org")
    turn(broker, START)
    run(START, START + 3 * DAY - HOUR, 20 * MINUTE)
    assert Endpoint.objects.get().state == State.ACTIVE
    assert webhooks.tell_owners(START + 3 * DAY) == 0
    run(START + 3 * DAY, START + 3 * DAY + HOUR, 20 * MINUTE)
    endpoint.refresh_from_db()
    assert endpoint.state == State.PAUSED
    assert webhooks.tell_owners(START + 4 * DAY) == 1
    assert webhooks.tell_owners(START + 5 * DAY) == 0
    [letter] = mail.outbox
    assert letter.to == ["owner@example.org"]
    assert f"/api/v1/webhooks/{endpoint.pk}/resumption/" in letter.body
    turn(broker, START + 4 * DAY, "open")
    with a_receiver(port) as back:
        deliver(START + 5 * DAY)
        assert back.got == {}
        assert webhooks.take_up(endpoint, START + 5 * DAY)
        deliver(START + 5 * DAY)
        assert back.positions() == list(range(1, Change.objects.count() + 1))


def test_a_redirect_is_refused_wherever_it_leads(receiver: Receiver, broker: Source) -> None:
    make_endpoint(receiver.url(), START)
    receiver.answers["/hook"] = says(307, Location="http://169.254.169.254/latest/meta-data/")
    turn(broker, START)
    deliver(START)
    attempt = Attempt.objects.get()
    assert (attempt.status, attempt.detail) == (307, "It answered 307; redirects are not followed.")
    assert Delivery.objects.get().state == "waiting"


def test_a_private_address_is_refused_as_it_is_connected_to(
    receiver: Receiver, broker: Source, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name was a public one's when the endpoint was made."""
    settings.ALLOWED_ADDRESSES = []
    make_endpoint("https://rebinds.example/hook", START)
    answer = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.7", 443))]
    real = socket.getaddrinfo

    def resolver(host: Any, *rest: Any, **more: Any) -> Any:
        return answer if host == "rebinds.example" else real(host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    turn(broker, START)
    deliver(START)
    assert "10.0.0.7, which is not a public address" in Attempt.objects.get().detail


@pytest.mark.faults
def test_a_slow_receiver_delays_no_other(receiver: Receiver, broker: Source) -> None:
    now = timezone.now()
    for number in range(3):
        make_endpoint(receiver.url(f"/slow-{number}"), now)
        receiver.answers[f"/slow-{number}"] = says(after=2.2)
    make_endpoint(receiver.url("/quick"), now)
    turn(broker, now)
    turn(broker, now + timedelta(seconds=1), "open")
    begun = time.time()
    deliver(now + timedelta(seconds=1))
    assert [message.came - begun < 1 for message in receiver.got["/quick"]] == [True, True]
    assert Endpoint.objects.filter(slow=True).count() == 3
    assert Delivery.objects.filter(state="delivered").count() == 8


def test_a_retry_after_is_heeded_up_to_an_hour(receiver: Receiver, broker: Source) -> None:
    make_endpoint(receiver.url(), START)
    receiver.answers["/hook"] = says(429, Retry_After="900")
    turn(broker, START)
    deliver(START)
    assert Endpoint.objects.get().rests_until == START + timedelta(seconds=900)
    run(START + MINUTE, START + 14 * MINUTE)
    assert len(receiver.ids()) == 1
    receiver.answers["/hook"] = says(503, Retry_After="90000")
    deliver(START + 15 * MINUTE)
    assert Endpoint.objects.get().rests_until == START + 15 * MINUTE + HOUR


def test_the_challenge_has_to_come_back(receiver: Receiver, broker: Source) -> None:
    for path, answer in (("/owner", echoes), ("/other", says(200, b"welcome"))):
        receiver.answers[path] = answer
        with transaction.atomic():
            webhooks.made(Endpoint(key=make_endpoint(receiver.url(), START).key, url=receiver.url(path)), START)
    run(START, START + MINUTE)  # one after the other: they are of one host
    owner, other = (Endpoint.objects.get(url=receiver.url(path)) for path in ("/owner", "/other"))
    assert (owner.state, owner.detail) == (State.ACTIVE, "")
    assert (other.state, other.detail) == (State.UNPROVEN, "The challenge was not in its answer.")
    assert receiver.got["/owner"][0].content["type"] == "endpoint.challenge"
    assert receiver.got["/owner"][0].signed_by(owner.secret)
    turn(broker, START)
    deliver(START + MINUTE)
    assert len(receiver.got["/other"]) == 1
    receiver.answers["/other"] = echoes
    with transaction.atomic():
        webhooks.ask_again(other, START + HOUR)
    deliver(START + HOUR)
    assert receiver.ids("/other")[-1] == "change-1"  # what it was not told before


def test_only_one_run_sends_at_a_time_and_it_finds_what_comes_meanwhile(receiver: Receiver, broker: Source) -> None:
    now = timezone.now()
    make_endpoint(receiver.url("/slow"), now)
    make_endpoint(receiver.url("/quick"), now, types=["conditions.changed", "history.corrected", "lanes.changed"])
    receiver.answers["/slow"] = says(after=1.5)
    turn(broker, now)
    came: list[float] = []

    def clock() -> datetime:
        """Told the time for the second time, something happens; from then on it is later."""
        came.append(time.time())
        if len(came) == 3:
            turn(broker, now + timedelta(seconds=1), "open")
            came.append(time.time())
        return now + timedelta(seconds=len(came) > 3)

    webhooks.deliver_due(clock)
    assert len(receiver.got["/quick"]) == 2
    assert receiver.got["/quick"][1].came - came[3] < 0.5


def test_a_change_costs_one_query_where_nobody_is_to_be_told(broker: Source, django_assert_num_queries: Any) -> None:
    turn(broker, START)
    change = Change.objects.get()
    with django_assert_num_queries(0):
        webhooks.queue([], START)
    with django_assert_num_queries(1):
        webhooks.queue([change] * 50, START)
    for number in range(30):
        make_endpoint(f"https://{number}.example/", START)
    with transaction.atomic(), django_assert_num_queries(2):
        webhooks.queue([change], START)
