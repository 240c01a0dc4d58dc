"""Replies that are slow, endless, explosive, cut short or half broken: each costs its source a poll, and no more."""

from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.db import OperationalError
from django.utils import timezone

from crossings import ingest
from crossings.models import Alarm, Poll, RawBatch, Report, Source, SourceState
from tests.factories import claim, lanes
from tests.faults import (
    House,
    Partner,
    a_folder,
    a_house,
    a_partner,
    drips,
    gates,
    locked,
    many_claims,
    ndjson,
    nothing_amiss,
    sends,
)

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def partner(transactional_db: None, settings: Any) -> Iterator[Partner]:
    settings.ALLOWED_ADDRESSES = ["127.0.0.0/8"]
    gates()
    with a_partner() as server:
        yield server


@pytest.fixture
def house(tmp_path: Path, transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    with a_house(tmp_path, monkeypatch) as house:
        yield house


class Memory(threading.Thread):
    """The most that any process of a house held at a time, in MiB."""

    def __init__(self, house: House) -> None:
        super().__init__(daemon=True)
        self.house, self.over = house, threading.Event()
        self.first, self.most = 0.0, 0.0

    def run(self) -> None:
        while not self.over.wait(0.05):
            with suppress(psutil.Error):
                held = max((each.memory_info().rss for each in self.house.family()), default=0) / 2**20
                self.first = self.first or held
                self.most = max(self.most, held)


def is_silent(handler: Any) -> None:
    time.sleep(60)


BOMB = gzip.compress(b" " * 200 * 2**20, 9)


def test_a_bad_reply_costs_its_source_a_poll_and_the_others_nothing(partner: Partner, house: House) -> None:
    partner.source("/slow", drips(b" ", 0.5))
    partner.source("/good", sends(ndjson(many_claims(50))))
    partner.source("/silent", is_silent)
    partner.source("/endless", drips(b" " * 65536, 0))
    partner.source("/bomb", sends(BOMB, Content_Encoding="gzip"))
    partner.source("/nested", sends(gzip.compress(BOMB), Content_Encoding="gzip"))
    partner.source("/short", sends(ndjson(many_claims(50, "short")), length=1_000_000))
    partner.source("/good-too", sends(ndjson(many_claims(50, "too"))))
    house.start("worker")
    house.until(lambda: len(house.family()) >= 2)
    memory = Memory(house)
    memory.start()
    house.tick()
    house.until(lambda: Poll.objects.filter(source__slug="good-too", finished_at__isnull=False).exists())
    assert not Poll.objects.filter(source__slug="slow", finished_at__isnull=False).exists()
    house.until(lambda: Poll.objects.filter(finished_at__isnull=False).count() == 8)
    memory.over.set()
    memory.join()
    assert dict(Poll.objects.values_list("source__slug", "error")) == {
        "good": "",
        "good-too": "",
        "slow": "feed_timeout",
        "silent": "feed_timeout",
        "endless": "feed_too_large",
        "bomb": "feed_too_large",
        "nested": "bad_encoding",
        "short": "truncated_body",
    }
    assert memory.most - memory.first < 60
    slow = Poll.objects.get(source__slug="slow")
    assert slow.finished_at is not None
    assert 19 < (slow.finished_at - slow.started_at).total_seconds() < 22
    assert Report.objects.count() == 100
    nothing_amiss()


def test_a_reply_cut_short_is_rejected_whole_and_taken_when_it_is_whole(partner: Partner) -> None:
    body = ndjson(many_claims(20))
    source = partner.source("/feed", sends(body, length=len(body) + 1))
    [row] = ingest.ingest_source(source)
    assert (row.error, Report.objects.count(), RawBatch.objects.count()) == ("truncated_body", 0, 0)
    partner.pages["/feed"] = sends(gzip.compress(body)[:-9], Content_Encoding="gzip")
    [row] = ingest.ingest_source(source)
    assert (row.error, Report.objects.count(), RawBatch.objects.count()) == ("truncated_body", 0, 0)
    partner.pages["/feed"] = sends(body)
    [row] = ingest.ingest_source(source)
    assert (row.error, row.counts) == ("", {"recorded": 20})
    assert SourceState.objects.get(source=source).failures == 0
    nothing_amiss()


def test_of_a_half_broken_batch_the_good_rows_are_kept(partner: Partner) -> None:
    good = ndjson(many_claims(3)).splitlines()
    bad = [b"{", b"\xff\xfe", b"[]", b'{"kind": "rumour"}', b'{"kind": "report", "crossing": "gate-1"}', b"null"]
    lines = [line for pair in zip(good, bad[:3], strict=True) for line in pair] + bad[3:]
    source = partner.source("/feed", sends(b"\n".join(lines)))
    [row] = ingest.ingest_source(source)
    assert row.counts == {"recorded": 3, "refused": 6}
    assert row.detail.startswith("First refused: line 2")
    assert SourceState.objects.get(source=source).etag == ""  # it is asked again in full
    nothing_amiss("c-0", "c-1", "c-2")


@pytest.mark.parametrize("body", [b"", b"{", b"<html>", b"[1, 2]", b"\x00" * 100, b"\xff" * 100, b"[" * 100_000])
def test_what_cannot_be_read_at_all_fails_once_and_changes_nothing(partner: Partner, body: bytes) -> None:
    source = partner.source("/feed", sends({"reports": many_claims(3)}))
    ingest.ingest_source(source)
    partner.pages["/feed"] = sends(body)
    [row] = ingest.ingest_source(source)
    assert row.error and row.detail
    assert [batch.state for batch in RawBatch.objects.order_by("pk")] == ["taken", "failed"]
    nothing_amiss("c-0", "c-1", "c-2")


def test_a_source_that_keeps_failing_raises_one_alarm_which_its_next_success_clears(partner: Partner) -> None:
    source = partner.source("/feed", sends(b"{"))
    for _ in range(5):
        ingest.ingest_source(source)
    assert Alarm.objects.filter(kind="failing", source=source, cleared_at=None).count() == 1
    partner.pages["/feed"] = sends({"reports": [claim(crossing="gate-1", lanes=lanes("closed"))]})
    ingest.ingest_source(source)
    assert Alarm.objects.get(kind="failing").cleared_at is not None
    nothing_amiss()


@pytest.mark.parametrize(
    ("state", "error", "counts"), [("waiting", "", {"unchanged": 1}), ("dead", "poison_batch", {})]
)
def test_bytes_that_wait_or_were_set_aside_are_not_tried_anew_at_each_poll(
    partner: Partner, state: str, error: str, counts: dict[str, int]
) -> None:
    source = partner.source("/feed", sends({"reports": many_claims(3)}))
    batch = a_batch_left_behind(source)
    RawBatch.objects.update(state=state)
    for _ in range(2):
        [row] = ingest.ingest_source(source)
        assert (row.error, row.counts) == (error, counts)
        assert f"batch {batch.pk}" in row.detail
    assert RawBatch.objects.count() == 1
    batch.refresh_from_db()
    assert batch.attempts == 1
    # A person tries it again.
    RawBatch.objects.update(state="waiting")
    assert ingest.take_left_behind(batch.pk)
    assert ingest.ingest_source(source)[0].counts == {"unchanged": 1}
    nothing_amiss("c-0", "c-1", "c-2")


def test_a_drop_file_whose_batch_waits_is_not_stored_twice(tmp_path: Path, transactional_db: None) -> None:
    gates()
    source = a_folder("broker", tmp_path, ndjson(many_claims(3)))
    batch = a_batch_left_behind(source)
    [row] = ingest.ingest_source(source)
    assert row.detail == "Nothing new."
    assert ingest.take_left_behind(batch.pk)
    assert Poll.objects.get(batch=batch).counts == {"recorded": 3}
    nothing_amiss()


def test_what_came_in_is_deleted_after_ninety_days_but_not_what_still_waits(partner: Partner) -> None:
    source = partner.source("/feed", sends(b""))
    for state, number in (("waiting", 1), ("dead", 1), ("taken", 3)):
        for each in range(number):
            partner.pages["/feed"] = sends({"reports": many_claims(1, f"{state}-{each}")})
            ingest.ingest_source(source)
        RawBatch.objects.filter(state="taken").update(state=state)
        RawBatch.objects.filter(state=state).update(received_at=timezone.now() - timedelta(days=89))
    Alarm.sound("poison", source, "?", timezone.now(), RawBatch.objects.get(state="dead"))
    assert ingest.forget_old(timezone.now()) == 0
    assert ingest.forget_old(timezone.now() + timedelta(days=2)) == 4
    assert [batch.state for batch in RawBatch.objects.all()] == ["waiting"]
    assert (Alarm.objects.get().batch, Report.objects.count()) == (None, 5)


def a_batch_left_behind(source: Source) -> RawBatch:
    """One whose first try came to no end."""
    with pytest.raises(OperationalError), locked("crossings_source", source.pk):
        ingest.ingest_source(source)
    batch = RawBatch.objects.get()
    assert (batch.state, batch.attempts) == ("waiting", 1)
    return batch
