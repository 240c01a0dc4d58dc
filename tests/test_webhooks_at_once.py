"""Endpoints that two change at once, that are asked for twice, or too often, or that our staff paused."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from crossings import webhooks
from crossings.models import Challenge, Delivery, Endpoint, IdempotencyKey, Source
from crossings.webhooks.asking import HOST_EVERY, MOST_OF_A_KEY, host_of
from crossings.webhooks.sign import BOTH_FOR, MOST_OLD, secrets_of
from tests.api import V1, Api, api, body, broker, faults
from tests.factories import claim, lanes, say
from tests.receivers import Receiver, says
from tests.test_webhooks_api import URL, made, partner, receiver, seen, send

__all__ = ["api", "broker", "partner", "receiver"]

pytestmark = pytest.mark.django_db(transaction=True)


class SlowBody(BytesIO):
    """While it is on its way, something happens."""

    def __init__(self, content: Any, meanwhile: Callable[[], Any]) -> None:
        super().__init__(json.dumps(content).encode())
        self.meanwhile: Callable[[], Any] | None = meanwhile

    def read(self, *size: Any) -> bytes:
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile:
            meanwhile()
        return super().read(*size)


def patch_slowly(api: Api, number: int, content: Any, meanwhile: Callable[[], Any]) -> Any:
    sent: dict[str, Any] = {"wsgi.input": SlowBody(content, meanwhile)}
    return Api._seen(
        api.client.generic(
            "PATCH", f"{V1}webhooks/{number}/", json.dumps(content), content_type="application/json",
            headers={"Authorization": f"Bearer {api.key}"}, **sent,
        )
    )  # fmt: skip


def post_once(api: Api, path: str, name: str, content: Any = None) -> Any:
    sent: dict[str, Any] = {}
    if content is not None:
        sent = {"data": json.dumps(content), "content_type": "application/json"}
    headers = {"Authorization": f"Bearer {api.key}", "Idempotency-Key": name}
    return Api._seen(api.client.post(V1 + path, headers=headers, **sent))


def at_once(*works: Callable[[], Any]) -> list[Any]:
    def run(work: Callable[[], Any]) -> Any:
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as threads:
        return list(threads.map(run, works))


def test_an_address_that_was_proven_while_another_was_on_its_way_does_not_prove_that(partner: Api) -> None:
    first, other = "https://a.example/hook", "https://b.example/hook"
    number = made(partner, url=other)["id"]

    def moved_and_proven() -> None:
        assert send(partner, "patch", f"webhooks/{number}/", {"url": first}).status_code == 200
        Endpoint.objects.update(state=Endpoint.State.ACTIVE, challenge_at=None)

    answer = patch_slowly(partner, number, {"url": other}, moved_and_proven)
    assert (answer.status_code, body(answer)["url"], body(answer)["state"]) == (200, other, "unproven")


def test_one_that_was_deleted_while_its_change_was_on_its_way_stays_deleted(partner: Api) -> None:
    number = made(partner)["id"]
    answer = patch_slowly(
        partner, number, {"url": "https://b.example/"}, lambda: send(partner, "delete", f"webhooks/{number}/")
    )
    assert answer.status_code == 404
    assert Endpoint.objects.get().state == Endpoint.State.OFF


def test_what_another_chose_meanwhile_stays(partner: Api) -> None:
    number = made(partner)["id"]
    answer = patch_slowly(
        partner, number, {"turn": "tighter"}, lambda: send(partner, "patch", f"webhooks/{number}/", {"to": ["PK"]})
    )
    assert (body(answer)["turn"], body(answer)["to"]) == ("tighter", ["PK"])


def test_of_many_made_at_once_no_more_than_twenty_are(partner: Api) -> None:
    for _ in range(18):
        made(partner)
    answers = at_once(*[lambda: send(Api(partner.key), "post", "webhooks/", {"url": URL}).status_code] * 6)
    assert sorted(answers) == [201, 201, 422, 422, 422, 422]


def test_of_two_rotations_at_once_both_answered_secrets_sign_and_the_first_one_too(partner: Api) -> None:
    first = made(partner)
    path = f"webhooks/{first['id']}/rotation/"
    told = at_once(*[lambda: body(send(Api(partner.key), "post", path))["secret"]] * 2)
    row, now = Endpoint.objects.get(), timezone.now()
    assert set(secrets_of(row, now)) == {*told, first["secret"]} and len(set(told)) == 2
    assert secrets_of(row, now + BOTH_FOR) == [row.secret]


def test_however_often_it_is_rotated_only_a_few_sign(partner: Api) -> None:
    path = f"webhooks/{made(partner)['id']}/rotation/"
    told = [body(send(partner, "post", path))["secret"] for _ in range(MOST_OLD + 3)]
    assert secrets_of(Endpoint.objects.get(), timezone.now()) == told[::-1][: MOST_OLD + 1]


def test_a_retry_is_given_the_same_secret_again(partner: Api) -> None:
    first, again = (post_once(partner, "webhooks/", "mine", {"url": URL}) for _ in range(2))
    assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.headers["Cache-Control"] == "private, no-store"
    number, secret = body(first)["id"], body(first)["secret"]
    one, same = (post_once(partner, f"webhooks/{number}/rotation/", "new one") for _ in range(2))
    assert body(one) == body(same) and body(one)["secret"] != secret
    assert secrets_of(Endpoint.objects.get(), timezone.now()) == [body(one)["secret"], secret]
    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM crossings_idempotencykey")
        assert not any("whsec_" in stored for (stored,) in cursor.fetchall())
    assert IdempotencyKey.objects.count() == 2


def test_a_key_that_makes_and_deletes_has_no_stranger_flooded(partner: Api, receiver: Receiver) -> None:
    for _ in range(MOST_OF_A_KEY):
        number = made(partner, url=receiver.url("/stranger"))["id"]
        webhooks.deliver_due()
        assert send(partner, "delete", f"webhooks/{number}/").status_code == 204
    assert len(receiver.ids("/stranger")) == 1
    kept = made_of_another_hour(partner)
    assert kept["state"] == "unproven"
    for method, path, content in (
        ("post", "webhooks/", {"url": URL}),
        ("patch", f"webhooks/{kept['id']}/", {"url": "https://b.example/", "turn": "tighter"}),
        ("post", f"webhooks/{kept['id']}/challenge/", None),
    ):
        answer = send(partner, method, path, content)
        assert (answer.status_code, faults(answer)) == (429, {"": "too_many_challenges"})
        assert 3500 < int(answer.headers["Retry-After"]) <= 3600
    assert seen(partner, kept["id"])["turn"] is None
    assert Endpoint.objects.exclude(state="off").count() == 1


def made_of_another_hour(partner: Api) -> Any:
    """What it asked for is an hour old for a moment."""
    now = timezone.now()
    Challenge.objects.update(asked_at=now - timedelta(hours=2))
    kept = made(partner)
    Endpoint.objects.filter(pk=kept["id"]).update(challenge_at=None)
    Challenge.objects.update(asked_at=now)
    return kept


def test_a_host_is_asked_once_in_ten_seconds_however_it_is_spelt(partner: Api) -> None:
    for url in ("https://partner.example/a", "https://PARTNER.example.:8443/b", "https://other.example/"):
        made(partner, url=url)
    first, second, other = Endpoint.objects.order_by("pk")
    assert first.challenge_at and second.challenge_at and other.challenge_at
    assert second.challenge_at - first.challenge_at == HOST_EVERY
    assert other.challenge_at - first.challenge_at < HOST_EVERY
    assert host_of("https://bücher.example/") == host_of("https://XN--BCHER-KVA.example./")


def test_a_challenge_that_is_on_its_way_is_not_asked_for_anew(partner: Api) -> None:
    number = made(partner)["id"]
    for _ in range(MOST_OF_A_KEY + 5):
        assert send(partner, "post", f"webhooks/{number}/challenge/").status_code == 202
    assert Challenge.objects.count() == 1
    webhooks.forget_old(timezone.now() + timedelta(hours=2))
    assert Challenge.objects.count() == 0


def test_what_our_staff_paused_its_owner_cannot_take_up_again(partner: Api) -> None:
    number, now = made(partner)["id"], timezone.now()
    Endpoint.objects.update(state=Endpoint.State.ACTIVE, challenge_at=None)
    assert webhooks.hold(Endpoint.objects.get(), "It floods a stranger.", now)
    shown = seen(partner, number)
    assert (shown["state"], shown["paused_by_staff"]) == ("paused", True)
    assert shown["detail"] == "Paused by our staff: It floods a stranger."
    for method, path, content in (
        ("post", "resumption/", None),
        ("patch", "", {"url": "https://b.example/"}),
    ):
        answer = send(partner, method, f"webhooks/{number}/{path}", content)
        assert (answer.status_code, faults(answer)) == (409, {"": "paused_by_staff"})
        assert "It floods a stranger." in body(answer)["detail"]
    assert seen(partner, number) == shown
    assert send(partner, "patch", f"webhooks/{number}/", {"turn": "tighter"}).status_code == 200
    assert webhooks.take_up(Endpoint.objects.get(), now, by_staff=True)
    assert seen(partner, number)["paused_by_staff"] is False


def test_the_reason_of_our_staff_outlives_what_was_under_way(partner: Api, receiver: Receiver, broker: Source) -> None:
    number = made(partner, url=receiver.url())["id"]
    webhooks.deliver_due()
    now = timezone.now()

    def paused_meanwhile(handler: Any, message: Any) -> None:
        webhooks.hold(Endpoint.objects.get(), "Looked at.", now)
        connection.close()
        says(503)(handler, message)

    receiver.answers["/hook"] = paused_meanwhile
    say(broker, claim(effective_at=now.isoformat(), lanes=lanes("closed")), now=now)
    webhooks.deliver_due()
    shown = seen(partner, number)
    assert (shown["state"], shown["detail"]) == ("paused", "Paused by our staff: Looked at.")
    assert Delivery.objects.get().state == "waiting"


def test_two_refusals_by_its_receiver_do_not_hold_a_closure_back_for_minutes(
    partner: Api, receiver: Receiver, broker: Source
) -> None:
    made(partner, url=receiver.url())
    webhooks.deliver_due()
    now = timezone.now()
    receiver.answers["/hook"] = says(503)
    say(broker, claim(effective_at=now.isoformat(), lanes=lanes("closed")), now=now)
    webhooks.deliver_due(lambda: now)
    webhooks.deliver_due(lambda: now + timedelta(seconds=14))
    receiver.answers["/hook"] = says()
    webhooks.deliver_due(lambda: now + timedelta(seconds=32))
    assert Delivery.objects.get().state == "delivered"
    with transaction.atomic():
        assert not Endpoint.objects.filter(rests_until__isnull=False).exists()
