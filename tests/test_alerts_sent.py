"""E-mail alerts when something is amiss: mailboxes that refuse, workers that die; and where addresses are kept."""

from __future__ import annotations

import itertools
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from crossings import alerts, tasks
from crossings.alerts import send as sending
from crossings.alerts.follow import follow
from crossings.alerts.send import FAILURES, LEASE, run
from crossings.models import Change, Crossing, Notice, Source, Subscription, Told
from tests.post import (
    DAY,
    DRIVER,
    HOUR,
    MINUTE,
    NOON,
    Mailbox,
    desk,
    every,
    mailbox,
    stands,
    subscribed,
    told,
    torkham,
)  # fmt: skip
from tracker.celery import app as celery

__all__ = ["desk", "mailbox", "torkham"]
pytestmark = pytest.mark.django_db


# Failures


def failing(torkham: Crossing, desk: Source) -> Subscription:
    stands(desk, "open", NOON - DAY)
    row = subscribed(torkham)
    stands(desk, "closed", NOON)
    return row


@pytest.mark.parametrize("answer", ["550 no such mailbox", "451 come again later"])
def test_a_letter_turned_down_is_tried_again_with_growing_pauses_and_after_ten_its_subscription_is_dropped(
    mailbox: Mailbox, torkham: Crossing, desk: Source, answer: str, caplog: pytest.LogCaptureFixture
) -> None:
    failing(torkham, desk)
    mailbox.refuse = answer
    tries, last = [], 0
    with caplog.at_level(logging.DEBUG):
        for at in every(NOON, NOON + 2 * DAY, 5 * MINUTE):
            assert run(at) == 0
            found = Subscription.objects.values_list("failures", flat=True).first()
            if found != last:
                tries.append(at)
                last = found or 0
            if found is None:
                break
    assert len(tries) == FAILURES and not Subscription.objects.exists() and not Notice.objects.exists()
    pauses = [later - earlier for earlier, later in itertools.pairwise(tries)]
    assert pauses == sorted(pauses) and pauses[0] == 5 * MINUTE and pauses[-1] == 12 * HOUR
    ours = " ".join(each.getMessage() for each in caplog.records if each.name != "mail.log")  # not the test's server
    assert "is dropped" in ours and "karim" not in ours.lower()


def test_once_the_mailbox_takes_letters_again_the_letter_arrives_and_the_failures_are_forgotten(
    mailbox: Mailbox, torkham: Crossing, desk: Source
) -> None:
    row = failing(torkham, desk)
    mailbox.fail = "552 mailbox full"
    run(NOON)
    mailbox.fail = ""
    assert told(mailbox, NOON + 4 * MINUTE) == []
    assert [subject for _, subject in told(mailbox, NOON + 5 * MINUTE)] == ["Torkham: goods trucks to Pakistan: closed"]
    row.refresh_from_db()
    assert row.failures == 0


def test_a_server_that_is_down_is_nobody_s_failure(
    mailbox: Mailbox, torkham: Crossing, desk: Source, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    stands(desk, "open", NOON - DAY)
    row, other = subscribed(torkham), subscribed(torkham, to="AF")
    stands(desk, "closed", NOON)
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    for at in every(NOON, NOON + DAY, HOUR):
        assert run(at) == 0
    for each in (row, other):
        each.refresh_from_db()
        assert each.failures == 0
    assert "Letters cannot be sent now: ConnectionRefusedError" in caplog.text
    settings.EMAIL_PORT = port
    assert sum(run(NOON + DAY + n * MINUTE) for n in range(1, 3)) == 2


class Killed(BaseException):
    pass


def test_killed_before_a_letter_is_sent_nothing_is_lost(
    mailbox: Mailbox, torkham: Crossing, desk: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(torkham, desk)

    def die(*_: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(sending.Post, "send", die)
        run(NOON)
    assert told(mailbox, NOON + MINUTE) == []  # under its lease: the first worker might still be at it
    assert len(told(mailbox, NOON + LEASE)) == 1
    assert told(mailbox, NOON + DAY) == []


def test_killed_just_after_a_letter_was_sent_it_comes_once_more_as_the_same_letter(
    mailbox: Mailbox, torkham: Crossing, desk: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(torkham, desk)

    def die(*_: Any, **__: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(sending, "_record", die)
        run(NOON)
    run(NOON + LEASE)
    run(NOON + DAY)
    first, second = mailbox.taken()
    assert first["Message-ID"] == second["Message-ID"]


def test_killed_while_it_notes_what_changed_it_goes_on_where_it_was(
    mailbox: Mailbox, torkham: Crossing, desk: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(torkham, desk)
    follow(limit=0)
    Told.objects.get_or_create(pk=1)

    def die(*_: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(Told, "save", die)
        follow()
    assert not Notice.objects.exists()
    assert len(told(mailbox, NOON)) == 1


def test_a_change_that_came_while_a_letter_was_sent_is_told_next(
    mailbox: Mailbox, torkham: Crossing, desk: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    stands(desk, "open", NOON - DAY)
    subscribed(torkham)
    stands(desk, "restricted", NOON)
    send = sending.Post.send

    def slowly(self: Any, *given: Any) -> None:
        send(self, *given)
        if Change.objects.latest("position").body["lanes"][0]["after"] == "restricted":
            stands(desk, "closed", NOON + MINUTE)
            follow()

    monkeypatch.setattr(sending.Post, "send", slowly)
    run(NOON)
    assert mailbox.one()["Subject"] == "Torkham: goods trucks to Pakistan: on conditions"
    assert [subject for _, subject in told(mailbox, NOON + MINUTE)] == ["Torkham: goods trucks to Pakistan: closed"]
    assert told(mailbox, NOON + HOUR) == []


def test_a_letter_that_cannot_be_made_holds_up_no_other_and_drops_nobody(
    mailbox: Mailbox, torkham: Crossing, desk: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    stands(desk, "open", NOON - DAY)
    bad, _ = subscribed(torkham), subscribed(torkham, address="other@example.org")
    stands(desk, "closed", NOON)
    made = sending.news_letter

    def fail(to: Subscription, *given: Any) -> Any:
        if to.pk == bad.pk:
            raise RuntimeError("odd words")
        return made(to, *given)

    with monkeypatch.context() as patch:
        patch.setattr(sending, "news_letter", fail)
        assert run(NOON) == 1
        for at in every(NOON, NOON + DAY, HOUR):
            run(at)
    assert mailbox.one()["To"] == "other@example.org"
    assert run(NOON + DAY + HOUR) == 1


def test_what_cannot_be_noted_keeps_nothing_that_is_due(
    mailbox: Mailbox, torkham: Crossing, desk: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(torkham, desk)
    follow()

    def fail() -> None:
        raise RuntimeError("an odd change")

    monkeypatch.setattr(sending, "follow", fail)
    assert run(NOON) == 1


@pytest.mark.django_db(transaction=True)
def test_several_workers_at_once_send_each_letter_once(mailbox: Mailbox, torkham: Crossing, desk: Source) -> None:
    stands(desk, "open", NOON - DAY)
    for n in range(40):
        subscribed(torkham, address=f"reader{n}@example.org")
    stands(desk, "closed", NOON)

    def work(_: int) -> int:
        try:
            return run(NOON)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(work, range(8)))
    counts.append(run(NOON))
    assert sum(counts) == 40
    assert len({str(letter["To"]) for letter in mailbox.taken()}) == 40


def test_the_timetable_sends_letters_and_forgets_who_did_not_confirm(mailbox: Mailbox, torkham: Crossing) -> None:
    assert celery.conf.beat_schedule["alerts"]["task"] == tasks.send_alerts.name == "deliver.alerts"
    alerts.ask(DRIVER, torkham, "", "", "en", timezone.now())
    alerts.ask(DRIVER, torkham, "", "PK", "en", timezone.now() - 3 * DAY)
    tasks.send_alerts()
    assert len(mailbox.taken()) == 2
    tasks.forget_old()
    assert Subscription.objects.count() == 1


def test_with_no_mail_server_letters_are_files_for_us_alone(
    torkham: Crossing, desk: Source, settings: Any, tmp_path: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    failing(torkham, desk)
    run(NOON)
    [file] = (tmp_path / "mail").iterdir()
    assert "Subject: Torkham: goods trucks to Pakistan: closed" in file.read_text()
    assert (tmp_path / "mail").stat().st_mode & 0o077 == 0


# The address


def test_the_address_is_nowhere_in_clear_and_gone_with_the_subscription(torkham: Crossing) -> None:
    row = subscribed(torkham)
    with connection.cursor() as cursor:
        cursor.execute("SELECT s::text FROM crossings_subscription s")
        stored = " ".join(each for (each,) in cursor.fetchall())
    assert "karim" not in stored.lower() and row.token not in stored
    assert "karim" not in f"{row}{row!r}".lower()
    assert alerts.leave(row.token) and not alerts.leave(row.token)
    assert not Subscription.objects.exists()


def test_who_does_not_confirm_is_forgotten_after_two_days(torkham: Crossing) -> None:
    alerts.ask(DRIVER, torkham, "", "", "en", NOON)
    kept = subscribed(torkham, address="other@example.org", at=NOON)
    row = Subscription.objects.exclude(pk=kept.pk).get()
    assert alerts.found(row.token, NOON + 2 * DAY - MINUTE)
    assert alerts.found(row.token, NOON + 2 * DAY) is None
    assert alerts.confirm(row.token, NOON + 2 * DAY) is None
    assert alerts.forget_unconfirmed(NOON + 2 * DAY) == 1
    assert list(Subscription.objects.all()) == [kept]
