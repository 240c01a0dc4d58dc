"""/healthz and /readyz against real services: up, refused and frozen."""

from __future__ import annotations

import socket
import time
from collections.abc import Generator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from crossings.models import Current, SourceState
from tests.factories import make_crossing, make_source


@pytest.fixture
def frozen() -> Generator[int, None, None]:
    """A port that takes calls and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def database_at() -> Generator[Any, None, None]:
    """Send every new connection to another port."""
    right = connection.settings_dict["PORT"], connection.settings_dict["HOST"]

    def move(port: int) -> None:
        connection.close()
        connection.settings_dict.update(PORT=str(port), HOST="127.0.0.1")

    yield move
    connection.close()
    connection.settings_dict.update(PORT=right[0], HOST=right[1])


def test_the_process_is_up_and_asks_no_database():
    answer = Client().get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok")
    assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.django_db(transaction=True)
def test_ready_tells_of_polls_and_of_what_waits_to_be_settled():
    now = timezone.now()
    feed = make_source("feed", address="https://example.org/feed")
    make_source("never-polled", address="https://example.org/other")
    make_source("by-hand")
    SourceState.objects.create(source=feed, last_polled_at=now, last_success_at=now, failing_since=None)
    make_crossing()
    Current.objects.update(settle_at=now - timedelta(hours=1))
    answer = Client().get("/readyz")
    told = answer.json()
    assert answer.status_code == 200
    assert (told["ready"], told["database"], told["broker"]) == (True, "up", "up")
    assert [(poll["source"], poll["last_success_at"] is None) for poll in told["polls"]] == [
        ("label of feed", False),
        ("label of never-polled", True),
    ]
    assert told["settle_overdue_since"] is not None
    assert "secret name" not in answer.content.decode()


@pytest.mark.django_db(transaction=True)
def test_without_a_database_pages_say_so_and_ready_says_503(database_at):
    make_crossing()
    database_at(1)
    page, ready = Client().get("/c/torkham/"), Client().get("/readyz")
    assert (page.status_code, page.headers["Retry-After"]) == (503, "15")
    assert "Our database does not answer" in page.content.decode()
    assert (ready.status_code, ready.json()["database"], ready.json()["broker"]) == (503, "down", "up")
    assert Client().get("/about/").status_code == 200
    assert Client().get("/healthz").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_without_a_broker_ready_says_503(settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    ready = Client().get("/readyz")
    assert (ready.status_code, ready.json()["database"], ready.json()["broker"]) == (503, "up", "down")


@pytest.mark.django_db(transaction=True)
def test_services_that_hang_do_not_hang_the_answer(settings, database_at, frozen):
    settings.REDIS_URL = f"redis://127.0.0.1:{frozen}/0"
    database_at(frozen)
    began = time.monotonic()
    ready = Client().get("/readyz")
    assert (ready.status_code, ready.json()["database"], ready.json()["broker"]) == (503, "down", "down")
    assert time.monotonic() - began < 8
