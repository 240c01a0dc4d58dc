"""Workers that are killed, doubled and rung too often: each item is taken once, and nothing waits for ever."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from crossings import bell, ingest
from crossings.models import Alarm, Poll, RawBatch, Report, SourceState
from tests.faults import (
    House,
    a_folder,
    a_house,
    a_partner,
    drips,
    drop,
    gates,
    locked,
    many_claims,
    ndjson,
    nothing_amiss,
    sends,
)

LATER_THAN_DUE = timedelta(minutes=2)
pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def house(tmp_path: Path, transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    with a_house(tmp_path, monkeypatch) as house:
        gates()
        yield house


def all_taken() -> bool:
    return RawBatch.objects.exists() and not RawBatch.objects.filter(state="waiting").exists()


def test_what_a_killed_worker_left_half_done_the_next_one_ends(house: House, tmp_path: Path) -> None:
    a_folder("broker", tmp_path, ndjson(many_claims(3000)))
    worker = house.start("worker")
    house.tick()
    house.until(lambda: RawBatch.objects.filter(done__gt=0).exists())
    house.kill(worker)
    half = Report.objects.count()
    assert 0 < half < 3000
    assert RawBatch.objects.get().state == "waiting"
    house.start("worker")
    house.until(all_taken, meanwhile=house.sweep)
    assert Report.objects.count() == 3000
    assert RawBatch.objects.get().attempts == 2
    assert Poll.objects.get().counts == {"same": half, "recorded": 3000 - half}
    nothing_amiss()


def test_a_worker_killed_before_the_first_item_and_one_killed_after_the_last(house: House, tmp_path: Path) -> None:
    source = a_folder("broker", tmp_path, ndjson(many_claims(300)))
    worker = house.start("worker")
    with locked("crossings_source", source.pk):  # which the ledger locks first of all
        house.tick()
        house.until(lambda: RawBatch.objects.filter(attempts=1).exists())
        house.kill(worker)
    assert not Report.objects.exists()
    worker = house.start("worker")
    with locked("crossings_poll", Poll.objects.get().pk):  # which is written last
        house.sweep()
        house.until(lambda: RawBatch.objects.filter(done=300).exists())
        house.kill(worker)
    assert Report.objects.count() == 300
    assert (Poll.objects.get().finished_at, RawBatch.objects.get().state) == (None, "waiting")
    house.start("worker")
    house.until(all_taken, meanwhile=house.sweep)
    assert Poll.objects.get().counts == {"same": 300}
    nothing_amiss()


def test_a_poll_whose_worker_died_while_it_asked_is_ended_and_the_source_asked_again(house: House) -> None:
    with a_partner() as partner:
        source = partner.source("/feed", drips(b" ", 0.2), interval=timedelta(days=1))
        worker = house.start("worker")
        house.tick()
        house.until(lambda: partner.asked["/feed"] == 1)
        house.kill(worker)
        house.tick()  # not due: its slot of today is taken
        partner.pages["/feed"] = sends({"reports": many_claims(3)})
        house.start("worker")
        house.sweep()
        [interrupted] = Poll.objects.all()
        assert (interrupted.error, interrupted.slot) == ("interrupted", None)
        house.tick(LATER_THAN_DUE)
        house.until(all_taken)
        assert partner.asked["/feed"] == 2
    assert SourceState.objects.get(source=source).failures == 0
    nothing_amiss("c-0", "c-1", "c-2")


def test_a_batch_that_kills_its_worker_is_set_aside_after_five_tries_while_others_go_on(
    house: House, tmp_path: Path
) -> None:
    bad = a_folder("bad", tmp_path, ndjson(many_claims(4000, "bad")), interval=timedelta(seconds=1))
    good = a_folder("good", tmp_path, ndjson(many_claims(20, "first")), interval=timedelta(seconds=1))
    house.start("worker")
    house.tick()
    batch, killed = RawBatch.objects.filter(source=bad), 0

    def kill_each_try() -> bool:
        nonlocal killed
        row = batch.values("state", "attempts", "done").first()
        if row and row["attempts"] > killed and house.kill_who_takes(bad):
            killed = row["attempts"]
            drop(tmp_path / "good", f"after-{killed}.ndjson", ndjson(many_claims(1, f"after-{killed}")))
        return bool(row and row["state"] == "dead")

    house.until(kill_each_try, 60, meanwhile=house.nudge)
    assert killed == 5
    [dead] = batch  # the file was not taken a second time
    assert (dead.attempts, dead.poll.error) == (5, "poison_batch")
    assert [(alarm.kind, alarm.batch) for alarm in Alarm.objects.filter(source=bad, kind="poison")] == [
        ("poison", dead)
    ]
    wanted = {f"first-{n}" for n in range(20)} | {f"after-{n}-0" for n in range(1, 6)}
    said = Report.objects.filter(source=good)
    house.until(lambda: set(said.values_list("external_id", flat=True)) == wanted, meanwhile=house.nudge)
    # A person tries it again, on a day on which nothing kills it.
    batch.update(state="waiting", attempts=0)
    house.until(all_taken, meanwhile=house.sweep)
    assert batch.get().state == "taken"
    assert (Poll.objects.get(batch=dead).error, Report.objects.filter(source=bad).count()) == ("", 4000)
    assert not Alarm.objects.filter(kind="poison", cleared_at=None).exists()
    house.until(lambda: not Poll.objects.filter(finished_at=None).exists())
    nothing_amiss()


def test_the_same_tasks_delivered_four_times_at_once_do_it_once(house: House, tmp_path: Path) -> None:
    source = a_folder("broker", tmp_path, ndjson(many_claims(1200)))
    [(_, slot)] = ingest.due(timezone.now())
    for _ in range(4):
        bell.ring("ingest.poll", source.pk, slot)
    house.start("worker")
    house.start("worker")
    house.until(lambda: RawBatch.objects.filter(attempts=1).exists())
    for _ in range(4):
        bell.ring("ingest.take", RawBatch.objects.get().pk)
    house.until(all_taken)
    [row] = Poll.objects.all()
    assert (row.slot, row.counts) == (slot, {"recorded": 1200})
    assert RawBatch.objects.get().attempts == 1
    nothing_amiss()


def test_two_workers_on_the_same_items_in_opposite_order_wait_for_nobody_for_ever(house: House, tmp_path: Path) -> None:
    items = many_claims(900)
    forth, back = ndjson(items), ndjson(items[::-1])
    for slug, body, again in (("one", forth, back), ("two", back, forth)):
        a_folder(slug, tmp_path, body)
        drop(tmp_path / slug, "2.ndjson", again)
    house.start("worker")
    house.start("worker")
    house.tick()
    house.until(lambda: RawBatch.objects.filter(state="taken").count() == 4, meanwhile=house.sweep)
    counted: Counter[str] = Counter()
    for row in Poll.objects.all():
        counted.update(row.counts)
    assert counted == {"recorded": 1800, "same": 1800}
    assert "deadlock" not in "".join(log.read_text() for log in tmp_path.glob("worker*.log"))
    nothing_amiss()


def test_two_beats_ask_each_source_once_a_slot(house: House, tmp_path: Path) -> None:
    sources = [a_folder(slug, tmp_path, ndjson(many_claims(5, slug)), interval=timedelta(seconds=5)) for slug in "ab"]
    house.start("worker")
    house.start("beat")
    house.start("beat")
    house.until(lambda: Poll.objects.filter(finished_at__isnull=False).count() >= 4, 60)
    slots = Counter((row.source_id, row.slot or 0) for row in Poll.objects.all())
    assert set(slots.values()) == {1}
    assert {pk for pk, _ in slots} == {source.pk for source in sources}
    assert all((slot - source.pk * 7) % 5 == 0 for source in sources for pk, slot in slots if pk == source.pk)
    house.end_all(patience=10)
    nothing_amiss(*(f"{slug}-{n}" for slug in "ab" for n in range(5)))
