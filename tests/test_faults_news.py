"""Nothing breaks but what is said: twice, late, at the wrong time, no longer, too often, or of everywhere at once."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from crossings import ingest, ledger, tasks
from crossings.feeds import FORMATS
from crossings.ingest.poll import due
from crossings.management.commands.ingest import make_source as make_source_for
from crossings.models import Alarm, Change, Current, Draft, Period, Poll, RawBatch, Report, Source, SourceState
from tests.factories import claim, lanes, make_crossing, make_source, say, utc
from tests.faults import (
    Partner,
    a_folder,
    a_partner,
    drop,
    gates,
    locked,
    many_claims,
    ndjson,
    nothing_amiss,
    sends,
)

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]
CBP = Path(__file__).parent / "fixtures" / "cbp_bwtnew_2022-06-29.json"
REPLY = utc("2022-06-29 17:25:16")
Json = dict[str, Any]


@pytest.fixture
def partner(transactional_db: None, settings: Any) -> Iterator[Partner]:
    settings.ALLOWED_ADDRESSES = ["127.0.0.0/8"]
    with a_partner() as server:
        yield server


def poll(source: Source, now: datetime) -> Poll:
    [row] = ingest.ingest_source(source, lambda: now)
    return row


def states() -> set[str]:
    return set(Current.objects.values_list("state", flat=True))


def said(crossings: int, state: str, at: datetime, key: str = "") -> Json:
    return {
        "reports": [
            claim(id=f"{key}{state}-{n}", crossing=f"gate-{n}", effective_at=at.isoformat(), lanes=lanes(state))
            for n in range(crossings)
        ]
    }


# Twice, and late


def test_the_same_news_again_in_other_files_and_orders_changes_nothing(tmp_path: Path) -> None:
    gates()
    items = many_claims(120)
    source = a_folder("broker", tmp_path, ndjson(items))
    ingest.ingest_source(source)
    before = list(Period.objects.values()), list(Change.objects.values()), list(Current.objects.values())
    for turn in range(3):
        random.Random(turn).shuffle(items)
        drop(tmp_path / "broker", f"again-{turn}.ndjson", ndjson(items))
    assert [row.counts for row in ingest.ingest_source(source)] == [{"same": 120}] * 3
    assert before == (list(Period.objects.values()), list(Change.objects.values()), list(Current.objects.values()))
    nothing_amiss(*(f"c-{n}" for n in range(120)))


def test_late_news_gives_the_periods_that_punctual_news_gives(tmp_path: Path) -> None:
    items = [each | {"crossing": "gate-0"} for each in many_claims(40)]
    told = {}
    for name in ("punctual", "late"):
        crossing = make_crossing(name)
        source = a_folder(name, tmp_path)
        for turn, each in enumerate(items if name == "punctual" else random.Random(7).sample(items, 40)):
            drop(tmp_path / name, f"{turn:02}.ndjson", ndjson([each | {"crossing": name}]))
            ingest.ingest_source(source)
        told[name] = list(Period.objects.filter(crossing=crossing).values_list("start", "end", "state", "lanes"))
    assert told["late"] == told["punctual"]
    assert Change.objects.filter(crossing__slug="late", type="history.corrected").exists()
    assert not Change.objects.filter(crossing__slug="punctual", type="history.corrected").exists()
    nothing_amiss()


def test_what_is_taken_back_before_it_is_known_waits_for_the_batch_that_holds_it(tmp_path: Path) -> None:
    gates(1)
    source = a_folder("broker", tmp_path, ndjson(many_claims(1)))
    drop(tmp_path / "broker", "2.json", json.dumps({"retractions": [{"id": "c-0", "reason": "wrong gate"}]}).encode())
    with pytest.raises(OperationalError), locked("crossings_source", source.pk):
        ingest.ingest_source(source)  # nobody's fault: the first file waits
    ingest.ingest_source(source)  # and the second is here before it
    first, second = RawBatch.objects.order_by("pk")
    assert (first.state, second.state, second.attempts) == ("waiting", "waiting", 0)
    for batch in (second, first, second):
        assert ingest.take_left_behind(batch.pk)
    assert [row.counts for row in Poll.objects.order_by("pk")] == [{"recorded": 1}, {"retracted": 1}]
    nothing_amiss()


# At the wrong time


def moved(hours: int) -> bytes:
    ports = [port for port in json.loads(CBP.read_bytes()) if port["port_number"] in ("250401", "231001")]
    for port in ports:
        clock = datetime.strptime(f"{port['date']} {port['time']}", "%m/%d/%Y %H:%M:%S") + timedelta(hours=hours)  # noqa: DTZ007
        port["date"], port["time"] = f"{clock.month}/{clock.day}/{clock.year}", clock.strftime("%H:%M:%S")
    return json.dumps(ports).encode()


def test_a_reply_two_hours_ahead_is_refused_and_one_two_hours_behind_keeps_its_own_time(partner: Partner) -> None:
    source = make_source_for("us-cbp", FORMATS["cbp"])
    source.address = partner.address("/cbp")
    source.save()
    partner.pages["/cbp"] = sends(moved(2))
    assert poll(source, REPLY).error == "future_timestamp"
    partner.pages["/cbp"] = sends(moved(-2))
    assert poll(source, REPLY).error == ""
    assert set(Report.objects.values_list("effective_at", flat=True)) == {REPLY - timedelta(hours=2)}
    partner.pages["/cbp"] = sends(moved(0))
    poll(source, REPLY + timedelta(minutes=10))
    partner.pages["/cbp"] = sends(moved(-1))
    assert poll(source, REPLY + timedelta(minutes=20)).counts == {"older": 1}
    assert SourceState.objects.get().last_reply_at == REPLY
    nothing_amiss()


def test_a_partner_whose_clock_is_ahead_may_close_but_not_open(partner: Partner) -> None:
    gates(1)
    now = timezone.now()
    ahead = now + timedelta(hours=2)
    source = partner.source("/feed", sends({"reports": [
        claim(id="opens", crossing="gate-0", effective_at=ahead.isoformat()),
        claim(id="closes", crossing="gate-0", effective_at=(ahead + timedelta(minutes=1)).isoformat(),
              lanes=lanes("closed")),
    ]}))  # fmt: skip
    assert poll(source, now).counts == {"draft": 1, "recorded": 1}
    assert Draft.objects.get().why == "future"
    nothing_amiss(now=now)


def test_when_our_own_clock_was_ahead_nothing_waits_until_it_is_that_late_again(partner: Partner) -> None:
    gates(1)
    source = partner.source("/feed", sends({"reports": many_claims(1)}))
    now, next_year = timezone.now(), timezone.now() + timedelta(days=365)
    [(_, slot)] = due(next_year)
    ingest.poll(source.pk, slot, lambda: next_year)
    assert [pk for pk, _ in due(now)] == [source.pk]
    batch = source.batches.get()
    source.batches.update(state="waiting", tried_at=next_year, received_at=next_year)
    assert ingest.left_behind(now) == [batch.pk]
    assert ingest.take_left_behind(batch.pk)
    assert ledger.settle(now) == 1
    nothing_amiss()


# No longer


def the_lane() -> tuple[str, str]:
    crossing = Client().get("/api/v1/crossings/torkham/").json()
    return crossing["status"]["lanes"][0]["state"], crossing["status"]["lanes"][0]["confidence"]


def test_a_feed_that_falls_silent_raises_one_alarm_and_its_lanes_go_stale_until_it_is_back(partner: Partner) -> None:
    make_crossing(fresh_for=timedelta(minutes=15))
    now = timezone.now()
    begun = now - timedelta(minutes=40)
    spoken = {"reports": [claim(id="1", effective_at=begun.isoformat(), lanes=lanes("closed"))]}
    source = partner.source("/feed", sends(spoken))
    poll(source, begun)
    partner.pages["/feed"] = lambda handler: handler.send_error(503)
    for minutes in (10, 20, 30):
        assert poll(source, begun + timedelta(minutes=minutes)).error == "unexpected_status"
        ingest.quiet_sources(begun + timedelta(minutes=minutes))
    assert not Alarm.objects.filter(kind="quiet").exists()
    for minutes in (31, 32, 39):
        assert ingest.quiet_sources(begun + timedelta(minutes=minutes)) == [source]
    assert Alarm.objects.filter(kind="quiet").count() == 1
    assert the_lane() == ("closed", "stale")
    back = [*spoken["reports"], claim(id="2", effective_at=now.isoformat(), lanes=lanes("restricted"))]
    partner.pages["/feed"] = sends({"reports": back})
    poll(source, now)
    assert Alarm.objects.get(kind="quiet").cleared_at == now
    assert not Alarm.objects.filter(cleared_at=None).exists()
    assert the_lane()[0] == "restricted"
    assert the_lane()[1] != "stale"
    nothing_amiss()


# Too often, and everywhere at once


def test_a_feed_that_flips_each_minute_for_an_hour_stays_at_the_stricter(partner: Partner) -> None:
    gates(1)
    now = timezone.now().replace(microsecond=0)
    source = partner.source("/feed", sends({}))
    for minute in range(60):
        at = now - timedelta(minutes=60 - minute)
        flip = claim(
            id=f"{minute}",
            crossing="gate-0",
            effective_at=at.isoformat(),
            lanes=lanes("open" if minute % 2 else "closed"),
        )
        partner.pages["/feed"] = sends({"reports": [flip]})
        assert poll(source, at).counts in ({"recorded": 1}, {"draft": 1})
    assert states() == {"closed"}
    assert Report.objects.count() + Draft.objects.count() == 60
    assert set(Draft.objects.values_list("why", flat=True)) == {"flapping"}
    assert Change.objects.filter(type="lanes.changed").count() < 60 / 4
    nothing_amiss()


def test_a_massive_loosening_is_held_and_a_massive_closure_published_at_once_with_an_alarm(partner: Partner) -> None:
    gates(10)
    now = timezone.now()
    source = partner.source("/feed", sends({}))
    partner.pages["/feed"] = sends(said(10, "open", now - timedelta(hours=3)))
    poll(source, now - timedelta(hours=3))
    assert not Alarm.objects.exists()
    partner.pages["/feed"] = sends(said(10, "closed", now - timedelta(hours=2)))
    assert poll(source, now - timedelta(hours=2)).counts == {"recorded": 10}
    assert states() == {"closed"}
    alarm = Alarm.objects.get()
    assert (alarm.kind, alarm.source) == ("massive", source)
    assert alarm.detail == "10 crossings of AF tightened at once."
    partner.pages["/feed"] = sends(said(10, "open", now - timedelta(hours=1), "again-"))
    assert poll(source, now - timedelta(hours=1)).counts == {"draft": 10}
    assert states() == {"closed"}
    assert Alarm.objects.count() == 1
    nothing_amiss()


def test_a_massive_closure_pushed_one_by_one_is_seen_by_the_next_watch_and_told_once() -> None:
    gates(10)
    source, now = make_source("pusher"), timezone.now() - timedelta(minutes=5)
    for at, state in ((now - timedelta(days=1), "open"), (now, "closed")):
        for each in said(10, state, at)["reports"]:
            say(source, each, now=at)
    tasks.watch()
    assert Alarm.objects.get().kind == "massive"
    Alarm.clear("massive", source, timezone.now())
    tasks.watch()
    assert Alarm.objects.count() == 1  # a person has seen it
    nothing_amiss()


def test_four_closures_or_a_fifth_of_a_country_are_nobodys_alarm() -> None:
    gates(25)
    source, now = make_source("pusher"), timezone.now()
    for each in said(5, "closed", now)["reports"]:
        say(source, each, now=now)
    tasks.watch()
    assert not Alarm.objects.exists()
    assert states() == {"closed", "unknown"}
    nothing_amiss()
