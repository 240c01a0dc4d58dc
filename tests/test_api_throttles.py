"""How often a key may call, and what it hears when that was too often."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from crossings import bell
from crossings.api import throttle
from crossings.models import ApiKey, Source
from tests.api import DOORS, GOOD, Api, api, body, broker, stored
from tests.factories import claim, make_key, make_source
from tracker.embedded import Valkey

__all__ = ["api", "broker"]
pytestmark = pytest.mark.django_db
NOON = 1_790_000_000 // 60 * 60


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """`clock(17)`: it is 17 seconds past a minute in which nobody has called yet."""
    minute = NOON + int.from_bytes(os.urandom(4)) * 60

    def tell(seconds: float) -> None:
        monkeypatch.setattr(throttle.time, "time", lambda: minute + seconds)

    tell(0)
    yield tell


def test_a_key_calls_as_often_as_its_rate_and_is_then_told_when_again(api: Api, broker: Source, clock: Any) -> None:
    key = api.with_key(make_key(broker, rate=2))
    clock(43)
    assert [key.push("reports/", claim(id=each)).status_code for each in "123"] == [201, 201, 429]
    late = key.push("batch/", {"reports": []})
    assert late.status_code == 429 and late.headers["Retry-After"] == "17"
    assert body(late)["detail"] == "At most 2 requests a minute with this key: send it again in 17 s."
    assert stored() == (2, 0, 0)
    clock(60)
    assert key.push("reports/", claim(id="3")).status_code == 201


def test_every_door_that_takes_keys_is_throttled(api: Api, broker: Source, clock: Any) -> None:
    key = api.with_key(make_key(broker, rate=0))
    pushed = [key.push(path, claim()).status_code for path in [*DOORS, "crossings/torkham/passage/"]]
    assert set(pushed) | {key.get("drafts/1/").status_code} == {429}


def test_a_key_that_lacks_the_scope_is_counted_too(api: Api, broker: Source, clock: Any) -> None:
    key = api.with_key(make_key(broker, rate=2, scopes=[]))
    assert [key.push("reports/", claim()).status_code for _ in range(3)] == [403, 403, 429]
    good = api.with_key(make_key(broker, rate=2))
    assert [good.push("reports/", claim(id=each)).status_code for each in "123"] == [201, 201, 429]


def test_a_batch_counts_as_one_and_each_key_for_itself(api: Api, broker: Source, clock: Any) -> None:
    key = api.with_key(make_key(broker, rate=1))
    many = {"reports": [claim(id=str(each)) for each in range(20)]}
    assert key.push("batch/", many).status_code == 207
    assert key.push("batch/", many).status_code == 429
    assert api.with_key(make_key(broker, rate=1)).push("batch/", many).status_code == 207


def test_public_reading_is_throttled_for_nobody(api: Api, broker: Source, clock: Any) -> None:
    key = api.with_key(make_key(broker, rate=0))
    assert {key.get("crossings/").status_code for _ in range(5)} == {200}


def wrong(api: Api, **more: Any) -> Any:
    sent = {"Authorization": "Bearer nonsense", **more}
    return api.client.post("/api/v1/reports/", GOOD, "application/json", headers=sent)


def test_too_many_wrong_keys_from_one_address_are_held_off_and_a_good_one_is_not(
    api: Api, broker: Source, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "WRONG_KEYS", 3)
    clock(50)
    answers = [wrong(api) for _ in range(4)]
    assert [each.status_code for each in answers] == [401, 401, 401, 429]
    assert answers[-1].headers["Retry-After"] == "10"
    assert wrong(api, **{"X-Forwarded-For": "198.51.100.7"}).status_code == 429  # nobody of ours wrote that
    assert api.push("reports/", claim()).status_code == 401  # no key is no wrong key
    assert api.with_key(make_key(broker)).push("reports/", claim()).status_code == 201
    api.client = Client(REMOTE_ADDR="192.0.2.9")
    assert wrong(api).status_code == 401


@pytest.mark.parametrize(
    ("first", "second", "status"),
    [
        ("192.0.2.1", "192.0.2.2", 401),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", 429),  # one customer has them all
        ("2001:db8:1:2::1", "2001:db8:1:3::1", 401),
        ("x" * 500, "x" * 500, 429),
    ],
)
def test_behind_our_proxies_it_is_the_clients_address_that_counts(
    api: Api, clock: Any, settings: Any, monkeypatch: pytest.MonkeyPatch, first: str, second: str, status: int
) -> None:
    monkeypatch.setattr(throttle, "WRONG_KEYS", 1)
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"NUM_PROXIES": 1}
    assert wrong(api, **{"X-Forwarded-For": f"10.0.0.1, {first}"}).status_code == 401
    assert wrong(api, **{"X-Forwarded-For": f"10.9.9.9, {second}"}).status_code == status


@pytest.fixture
def valkey(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Valkey]:
    """A Redis of our own, to be ill-treated."""
    service = Valkey(tmp_path / "state")
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": service.start()}}
    monkeypatch.setattr(bell.breaker, "closed_until", 0.0)
    yield service
    service.stop()


def timed(key: Api, **fields: Any) -> tuple[int, float]:
    started = time.monotonic()
    return key.push("reports/", claim(**fields)).status_code, time.monotonic() - started


def test_with_redis_frozen_or_gone_pushes_go_on_and_one_alone_waits(
    api: Api, broker: Source, valkey: Valkey, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "crossings.api.throttle")
    key = api.with_key(make_key(broker, rate=1))
    assert valkey.child is not None
    assert timed(key, id="0")[0] == 201
    os.kill(valkey.child.pid, signal.SIGSTOP)
    status, took = timed(key, id="1")
    assert (status, took < 3) == (201, True)
    status, took = timed(key, id="2")
    assert (status, took < 0.5) == (201, True)
    os.kill(valkey.child.pid, signal.SIGCONT)
    valkey.stop()
    bell.breaker.closed_until = 0.0
    status, took = timed(key, id="3")
    assert (status, took < 3) == (201, True)
    assert wrong(api).status_code == 401
    assert len([line for line in caplog.messages if "no key is throttled" in line]) == 2


def test_a_key_that_was_never_given_a_rate_has_the_usual_one(broker: Source) -> None:
    make_key(make_source("plain"))
    assert ApiKey.objects.get().rate == 3000
