"""What is kept of webhooks, and what is not: words that were redacted, the log, secrets, letters to owners."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.core import mail

from crossings import ledger, webhooks
from crossings.models import ApiKey, Attempt, Delivery, Endpoint, Report, Source
from tests.receivers import Receiver, make_endpoint, says
from tests.test_webhooks import DAY, HOUR, MINUTE, START, State, broker, closed_port, deliver, here, receiver, run, turn

__all__ = ["broker", "here", "receiver"]

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_redacted_change_waits_without_the_words(receiver: Receiver, broker: Source) -> None:
    make_endpoint(receiver.url(), START)
    receiver.answers["/hook"] = lambda handler, message: says(500, message.body[-900:])(handler, message)
    words = "ask for Karim at the blue door"
    turn(broker, START, note=words)
    deliver(START)
    assert words in receiver.got["/hook"][0].body.decode()
    receiver.got.clear()
    ledger.redact(Report.objects.get(), ["note"], reason="a name", now=START + MINUTE, by=None)
    run(START + HOUR, START + 2 * HOUR, 10 * MINUTE)
    assert {"change-1", "change-2"} <= set(receiver.ids())
    assert not any("Karim" in message.body.decode() for message in receiver.got["/hook"])
    assert Attempt.objects.filter(delivery__change=1).earliest("at").detail == "[removed]"


def test_an_answer_that_quotes_what_was_redacted_while_it_came_is_not_kept(receiver: Receiver, broker: Source) -> None:
    make_endpoint(receiver.url(), START)
    turn(broker, START, note="ask for Karim")
    came: list[int] = []

    def clock() -> datetime:
        """Between the answer and its record, the words are taken out."""
        if receiver.ids() and not came:
            came.append(1)
            ledger.redact(Report.objects.get(), ["note"], reason="a name", now=START + MINUTE, by=None)
        return START

    receiver.answers["/hook"] = says(400, b"Karim? no")
    webhooks.deliver_due(clock)
    details = Attempt.objects.filter(delivery__change=1).values_list("detail", flat=True)
    assert came and set(details) == {"It answered 400."}


def test_it_can_be_sent_once_more_under_the_same_id(receiver: Receiver, broker: Source) -> None:
    make_endpoint(receiver.url(), START)
    turn(broker, START)
    deliver(START)
    webhooks.again(Delivery.objects.get(), START + DAY)
    deliver(START + DAY)
    assert receiver.ids() == ["change-1", "change-1"]
    assert Attempt.objects.count() == 2


def test_what_waited_a_week_is_given_up_and_the_log_is_kept_for_a_month(receiver: Receiver, broker: Source) -> None:
    waiting = make_endpoint(receiver.url("/paused"), START, state=State.PAUSED)
    make_endpoint(receiver.url("/fine"), START)
    off = make_endpoint(receiver.url("/off"), START)
    unproven = make_endpoint(receiver.url("/unproven"), START, state=State.UNPROVEN)
    turn(broker, START)
    deliver(START)
    webhooks.switch_off(off, START)
    assert webhooks.forget_old(START + 7 * DAY) == 0
    assert Delivery.objects.get(endpoint=waiting).state == "waiting"
    webhooks.forget_old(START + 8 * DAY)
    assert Delivery.objects.get(endpoint=waiting).state == "given_up"
    assert Endpoint.objects.get(pk=unproven.pk).state == State.OFF
    assert webhooks.forget_old(START + 31 * DAY) == 4
    assert not Attempt.objects.exists()
    assert not Endpoint.objects.filter(pk=off.pk).exists()


def test_a_letter_that_cannot_be_sent_is_tried_again_in_an_hour(
    broker: Source, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    endpoint = make_endpoint("http://127.0.0.1:1/hook", START)
    ApiKey.objects.update(contact="owner@example.org")
    assert webhooks.pause(endpoint, "looked at", START)
    backend = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = (
        "django.core.mail.backends.smtp.EmailBackend", "127.0.0.1", closed_port(),
    )  # fmt: skip
    assert webhooks.tell_owners(START) == 0
    settings.EMAIL_BACKEND = backend
    assert webhooks.tell_owners(START + MINUTE) == 0
    assert webhooks.tell_owners(START + HOUR) == 1


def test_the_letter_of_a_pause_by_our_staff_gives_their_reason_and_no_way_round_it(broker: Source) -> None:
    endpoint = make_endpoint("http://127.0.0.1:1/hook", START)
    ApiKey.objects.update(contact="owner@example.org")
    assert webhooks.hold(endpoint, "It floods a stranger.", START)
    assert webhooks.tell_owners(START) == 1
    [letter] = mail.outbox
    assert "Paused by our staff: It floods a stranger." in letter.body
    assert "resumption" not in letter.body


def test_both_secrets_sign_for_a_day_after_the_rotation(receiver: Receiver, broker: Source) -> None:
    endpoint = make_endpoint(receiver.url(), START)
    old = endpoint.secret
    webhooks.rotate(endpoint, START)
    for now, state in ((START + HOUR, "closed"), (START + DAY, "open")):
        turn(broker, now, state)
        deliver(now)
    signed = [(each.signed_by(endpoint.secret), each.signed_by(old)) for each in receiver.got["/hook"]]
    assert endpoint.secret != old
    assert signed == [(True, True), *[(True, False)] * (len(signed) - 1)]


def test_one_whose_secret_cannot_be_read_is_paused(receiver: Receiver, broker: Source) -> None:
    make_endpoint(receiver.url(), START, secret="")
    turn(broker, START)
    deliver(START)
    assert (Endpoint.objects.get().state, receiver.got) == (State.PAUSED, {})
