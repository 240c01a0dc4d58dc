"""Idempotency-Key: what was asked before is answered as before, and worked once."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from crossings import ledger
from crossings.api import once, writes
from crossings.api.problems import Problem
from crossings.models import IdempotencyKey, Report, Source
from crossings.tasks import forget_old
from tests.api import Api, api, body, broker, faults, partner, stored
from tests.factories import claim, lanes, make_crossing, make_key, make_source, reading

__all__ = ["api", "broker", "partner"]
pytestmark = pytest.mark.django_db


def push(key: Api, path: str = "reports/", sent: Any = None, name: str = "a-1") -> Any:
    content = sent if isinstance(sent, bytes) else json.dumps(sent or claim())
    headers = {"Authorization": f"Bearer {key.key}", "Idempotency-Key": name}
    return Api._seen(key.client.post(f"/api/v1/{path}", content, "application/json", headers=headers))


def age(**by: float) -> None:
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(**by))


@pytest.mark.parametrize(
    ("path", "sent", "status"),
    [
        ("reports/", claim(), 201),
        ("reports/", claim(id="1", lanes=[]), 422),
        ("readings/", reading(), 201),
        ("batch/", {"reports": [claim(), {}], "readings": [reading()]}, 207),
        ("reports/", b"{", 400),
        ("reports/none/retraction/", {"reason": "x"}, 404),
        ("reports/", claim(crossing="The Gate"), 422),
    ],
)
def test_the_same_request_again_is_answered_as_before_to_the_byte(
    partner: Api, path: str, sent: Any, status: int
) -> None:
    first, again = push(partner, path, sent), push(partner, path, sent)
    assert (first.status_code, again.status_code) == (status, status)
    assert again.content == first.content
    assert "Idempotency-Replayed" not in first.headers and again.headers["Idempotency-Replayed"] == "true"
    for name in ("Content-Type", "Location", "Cache-Control", "Allow", "Content-Length"):
        assert first.headers.get(name) == again.headers.get(name)
    assert "no-store" in again.headers["Cache-Control"]
    assert IdempotencyKey.objects.count() == 1


def test_what_has_no_id_of_its_own_is_recorded_once_too(partner: Api) -> None:
    for _ in range(3):
        push(partner, "reports/", claim(lanes=lanes("closed")))
    assert stored() == (1, 0, 0)


def test_what_is_kept_is_sealed_and_is_worked_anew_where_nothing_opens_it(partner: Api, settings: Any) -> None:
    push(partner)
    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM crossings_idempotencykey")
        assert "torkham" not in cursor.fetchone()[0]
    settings.SECRET_KEY = "another" * 10
    assert push(partner).status_code == 200
    assert push(partner).headers["Idempotency-Replayed"] == "true"


def test_without_the_header_nothing_is_kept(partner: Api) -> None:
    partner.push("reports/", claim())
    assert not IdempotencyKey.objects.exists()


def test_another_request_under_the_same_key_is_refused(partner: Api) -> None:
    push(partner)
    for path, sent in (("reports/", claim(note="other")), ("batch/", {"reports": []}), ("readings/", claim())):
        refused = push(partner, path, sent)
        assert refused.status_code == 422 and faults(refused) == {"": "idempotency_key_reused"}
    assert stored() == (1, 0, 0)
    assert push(partner).headers["Idempotency-Replayed"] == "true"


def test_each_key_has_names_of_its_own(api: Api, partner: Api) -> None:
    stranger = api.with_key(make_key(make_source("stranger", trusted=False)))
    assert push(partner).status_code == 201
    other = push(stranger)
    assert other.status_code == 202 and "Idempotency-Replayed" not in other.headers


@pytest.mark.parametrize("name", ["", " ", "x" * 256, "ä", "a\tb", "a\x7f"])
def test_what_is_no_idempotency_key_is_refused(partner: Api, name: str) -> None:
    refused = push(partner, name=name)
    assert refused.status_code == 400 and faults(refused) == {"": "bad_idempotency_key"}
    assert stored() == (0, 0, 0)


@pytest.mark.parametrize("name", ["1", "x" * 255, '"8e03978e-40d5-43dd-bc93-6894a57f9324"', "a b"])
def test_any_printable_ascii_is_one(partner: Api, name: str) -> None:
    assert push(partner, name=name).status_code == 201
    assert push(partner, name=name).headers["Idempotency-Replayed"] == "true"


def test_who_asks_for_passage_leaves_nothing_even_so(partner: Api) -> None:
    assert push(partner, "crossings/torkham/passage/", {"to": "PK"}).status_code == 200
    assert not IdempotencyKey.objects.exists()


def test_a_key_without_the_scope_keeps_nothing(api: Api, broker: Source) -> None:
    assert push(api.with_key(make_key(broker, scopes=[]))).status_code == 403
    assert push(api.with_key(make_key(broker, rate=0))).status_code == 429
    assert not IdempotencyKey.objects.exists()


def test_a_body_that_is_too_large_is_refused_as_ever(partner: Api) -> None:
    assert push(partner, "reports/", b"[" + b" " * 2_000_000 + b"]").status_code == 413
    assert push(partner, "batch/", b"[" + b" " * 9_000_000 + b"]", name="b").status_code == 413


def test_a_big_batch_is_kept_and_an_answer_beyond_the_bound_is_worked_again(
    partner: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = {"reports": [claim(id=str(each), note="x" * 1000) for each in range(1500)]}
    assert len(json.dumps(sent)) > 1_048_576
    first = push(partner, "batch/", sent)
    assert push(partner, "batch/", sent).content == first.content
    IdempotencyKey.objects.all().delete()
    monkeypatch.setattr(once, "MOST_KEPT", 1000)
    again = push(partner, "batch/", sent)
    assert body(again)["counts"] == {"same": 1500} and not IdempotencyKey.objects.exists()


# While it lasts, and after


def failing(monkeypatch: pytest.MonkeyPatch, error: Exception) -> Callable[[], None]:
    real = writes.record_many

    def broken(*_: Any, **__: Any) -> Any:
        raise error

    monkeypatch.setattr(writes, "record_many", broken)
    return lambda: monkeypatch.setattr(writes, "record_many", real)


@pytest.mark.parametrize("error", [OperationalError("gone"), RuntimeError("a fault"), Problem("too-many-requests")])
def test_a_failure_of_ours_is_not_kept_and_the_retry_works(
    partner: Api, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    mend = failing(monkeypatch, error)
    headers = {"Authorization": f"Bearer {partner.key}", "Idempotency-Key": "a-1"}
    failed = partner.client.post("/api/v1/reports/", json.dumps(claim()), "application/json", headers=headers)
    assert failed.status_code in (429, 500, 503)
    mend()
    assert push(partner).status_code == 201
    assert push(partner).headers["Idempotency-Replayed"] == "true"


def in_flight() -> None:
    """As a process leaves it that is killed at work."""
    IdempotencyKey.objects.update(status=None, body="")


@pytest.mark.parametrize(("begun", "left"), [(0, {59, 60}), (45, {14, 15}), (59.9, {1})])
def test_while_the_first_is_at_work_the_second_is_told_how_long_to_wait_at_most(
    partner: Api, begun: float, left: set[int]
) -> None:
    push(partner)
    in_flight()
    age(seconds=begun)
    waits = push(partner)
    assert waits.status_code == 409 and int(waits.headers["Retry-After"]) in left
    assert body(waits)["type"].endswith("#in-progress")
    assert push(partner, sent=claim(note="other")).status_code == 422


def test_what_a_killed_process_left_is_taken_over(partner: Api) -> None:
    push(partner)
    in_flight()
    age(seconds=61)
    assert push(partner).status_code == 200
    assert push(partner).headers["Idempotency-Replayed"] == "true"


def test_one_who_was_given_up_for_dead_does_not_write_over_his_successor(
    partner: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = writes.record_many

    def slow(*args: Any, **more: Any) -> Any:
        monkeypatch.setattr(writes, "record_many", real)
        age(seconds=61)
        assert push(partner).status_code == 201
        return real(*args, **more)

    monkeypatch.setattr(writes, "record_many", slow)
    assert push(partner).status_code == 200
    assert push(partner).status_code == 201


def test_after_a_day_a_name_is_free_again_and_then_forgotten(partner: Api) -> None:
    push(partner)
    age(hours=25)
    assert push(partner, sent=claim(id="other")).status_code == 201
    forget_old()
    assert IdempotencyKey.objects.count() == 1
    age(hours=25)
    forget_old()
    assert not IdempotencyKey.objects.exists()


def test_an_answer_made_while_words_were_blanked_is_not_kept(partner: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    partner.push("reports/", claim(note="Karim said so"))
    real = writes.recorded

    def late(*args: Any) -> Any:
        made = real(*args)
        ledger.redact(Report.objects.earliest("pk"), ["note"], reason="x", now=timezone.now(), by=None)
        return made

    monkeypatch.setattr(writes, "recorded", late)
    push(partner, sent=claim(id="2"))
    assert not IdempotencyKey.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_is_worked_and_the_others_wait_or_hear_its_answer(api: Api) -> None:
    make_crossing()
    key = make_key(make_source())
    barrier, answers = Barrier(8), []

    def one() -> None:
        barrier.wait()
        answers.append(push(Api(key), sent=claim(id=None, lanes=lanes("closed"))))
        connection.close()

    threads = [Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    worked = [each for each in answers if "Idempotency-Replayed" not in each.headers and each.status_code == 201]
    assert len(answers) == 8 and len(worked) == 1
    assert {each.status_code for each in answers} <= {201, 409}
    assert {each.content for each in answers if each.status_code == 201} == {worked[0].content}
    assert Report.objects.count() == 1
