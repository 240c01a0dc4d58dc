"""A real mail server for the tests, and what a subscriber finds in their mailbox."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from crossings import alerts
from crossings.ledger import settle
from crossings.models import Crossing, Source, Subscription
from tests.factories import claim, lanes, make_crossing, make_source, say, utc
from tracker.embedded import free_port

DRIVER = "Karim.Driver@example.org"
ASKED = utc("2023-02-18 06:00")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NOON = utc("2026-11-20 12:00")


class Mailbox:
    """What the server took; `refuse` is what it answers instead to a recipient, `fail` to a letter."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.refuse = self.fail = ""

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, _: Any) -> str:
        if self.refuse:
            return self.refuse
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.fail:
            return self.fail
        assert isinstance(envelope.content, bytes)
        letter = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        return "250 OK"

    def taken(self) -> list[EmailMessage]:
        """The letters that came since it was last asked."""
        found, self.letters = self.letters, []
        return found

    def one(self) -> EmailMessage:
        [letter] = self.taken()
        return letter


@pytest.fixture
def mailbox(settings: Any) -> Iterator[Mailbox]:
    box = Mailbox()
    server = Controller(box, hostname="127.0.0.1", port=free_port())
    server.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = server.hostname, server.port
    settings.EMAIL_TIMEOUT = 5
    settings.ADDRESS = "https://borders.example.org"
    yield box
    server.stop()


def text(letter: EmailMessage) -> str:
    return str(letter.get_content()).replace("\r\n", "\n")


def subscribed(
    crossing: Crossing,
    traffic: str = "cargo",
    to: str = "PK",
    language: str = "en",
    address: str = DRIVER,
    at: Any = ASKED,
) -> Subscription:
    """Somebody who asked and confirmed; their first letter is left unsent."""
    alerts.ask(address, crossing, traffic, to, language, at)
    row = Subscription.objects.order_by("pk").last()
    assert row is not None and alerts.confirm(row.token, at)
    return row


@pytest.fixture
def torkham() -> Crossing:
    return make_crossing(names={"ps": "تورخم", "fa": "تورخم", "ur": "طورخم"})


@pytest.fixture
def desk() -> Source:
    return make_source("desk", kind="staff", public_label="our desk")


@pytest.fixture
def press() -> Source:
    return make_source("amu", kind="press", public_label="Amu TV")


def stands(source: Source, state: str, at: datetime, **more: Any) -> None:
    """The source says at that moment that all of Torkham stands so now."""
    said = {"effective_at": at.isoformat(), "reported_at": at.isoformat(), "lanes": lanes(state), **more}
    say(source, claim(**said), now=at)


def told(box: Mailbox, *moments: datetime) -> list[tuple[datetime, str]]:
    """The subjects of what is sent at these moments."""
    found = []
    for at in moments:
        settle(at)
        alerts.run(at)
        found += [(at, str(letter["Subject"]).strip()) for letter in box.taken()]
    return found


def every(start: datetime, end: datetime, step: timedelta = MINUTE) -> Iterator[datetime]:
    while start <= end:
        yield start
        start += step
