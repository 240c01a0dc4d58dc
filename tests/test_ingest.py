"""From bytes to the board through the real ledger: what a source sends, and what comes of each item."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from crossings import ingest
from crossings.domain.faults import Refused
from crossings.feeds import FORMATS
from crossings.ingest.poll import only_one
from crossings.ledger import rebuild
from crossings.management.commands.ingest import make_source as make_source_for
from crossings.matching import Names
from crossings.models import (
    Alarm,
    Confirmation,
    Crossing,
    Draft,
    Poll,
    Reading,
    Report,
    Retraction,
    Source,
    SourceState,
)
from tests.factories import claim, lanes, make_crossing, make_source, reading, utc

Json = dict[str, Any]
CBP = Path(__file__).parent / "fixtures" / "cbp_bwtnew_2022-06-29.json"
REPLY = utc("2022-06-29 17:25:16")
NOW = utc("2023-02-25 12:00")
pytestmark = pytest.mark.django_db


def at(moment: datetime) -> Any:
    return lambda: moment


@pytest.fixture
def partner() -> Source:
    make_crossing()
    return make_source(format="partner")


@pytest.fixture
def folder(tmp_path: Path, partner: Source) -> Path:
    """The drop folder of the partner."""
    partner.address = f"file:{tmp_path}"
    partner.save()
    return tmp_path


def drop(folder: Path, name: str, content: Any, age: float = 60) -> Path:
    """A file that was last written `age` seconds ago."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    os.utime(path, (time.time() - age,) * 2)
    return path


def document(*claims: Any, **more: list[Json]) -> Json:
    return {"reports": list(claims), **more}


def take(source: Source, content: Any, tmp_path: Path, now: datetime = NOW) -> Poll:
    path = tmp_path / "given.json"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return ingest.ingest_file(source, path, at(now))


def outcomes(row: Poll) -> list[tuple[str, str]]:
    return [(item["at"], item["outcome"]) for item in row.items]


# A whole real reply


FEW = ("250401", "231001", "071201", "230404", "300402")  # eight claims and eight readings


def moved(minutes: int, **ports: Json) -> bytes:
    """A few ports of the reply, some minutes later by their own clocks."""
    found = [port for port in json.loads(CBP.read_bytes()) if port["port_number"] in FEW]
    for port in found:
        clock = datetime.strptime(f"{port['date']} {port['time']}", "%m/%d/%Y %H:%M:%S") + timedelta(minutes=minutes)  # noqa: DTZ007
        port["date"], port["time"] = f"{clock.month}/{clock.day}/{clock.year}", clock.strftime("%H:%M:%S")
        port.update(ports.get(f"p{port['port_number']}", {}))
    return json.dumps(found).encode()


@pytest.fixture
def cbp() -> Source:
    return make_source_for("us-cbp", FORMATS["cbp"])


@pytest.fixture
def replied(cbp: Source, tmp_path: Path) -> Poll:
    return take(cbp, moved(0), tmp_path, REPLY + timedelta(minutes=1))


def asked(slug: str, moment: datetime) -> Json:
    answer = Client().get(f"/api/v1/crossings/{slug}/", {"at": moment.isoformat().replace("+00:00", "Z")})
    assert answer.status_code == 200, answer.content
    return answer.json()


def lane(crossing: Json, traffic: str, to: str = "US") -> Json:
    return next(each for each in crossing["status"]["lanes"] if (each["traffic"], each["to"]) == (traffic, to))


def test_a_whole_reply_fills_76_crossings_with_states_and_queues(cbp: Source) -> None:
    replied = ingest.ingest_file(cbp, CBP, at(REPLY + timedelta(minutes=1)))
    assert (replied.counts, replied.error, replied.reply_at) == ({"recorded": 265}, "", REPLY)
    assert Crossing.objects.count() == 76
    found = {slug: asked(slug, REPLY) for slug in Crossing.objects.values_list("slug", flat=True)}
    words = {slug: crossing["status"]["state"] for slug, crossing in found.items()}
    assert {word: list(words.values()).count(word) for word in set(words.values())} == {
        "open": 56, "restricted": 15, "unknown": 5,
    }  # fmt: skip
    ysidro = found["san-ysidro"]
    cars = lane(ysidro, "vehicles")
    assert (cars["state"], cars["confidence"], cars["confirmed_at"]) == ("open", "current", "2022-06-29T17:25:16Z")
    assert lane(ysidro, "vehicles", "MX")["state"] == "unknown"  # nobody speaks of the way out
    assert ysidro["status"]["known_lanes"] == 2
    queue = next(each for each in ysidro["queues"] if each["traffic"] == "vehicles")
    wanted = {
        "side": "US",
        "to": "US",
        "unit": "minutes",
        "low": 140,
        "high": 140,
        "observed_at": "2022-06-29T17:00:00Z",
    }
    assert wanted.items() <= queue.items()
    assert queue["source"] == "US Customs and Border Protection"
    assert sum(len(crossing["queues"]) for crossing in found.values()) == 124
    andrade = lane(found["andrade"], "cargo")
    assert (andrade["state"], andrade["held_by"]) == ("closed", [{"side": "US", "where": "gate", "by": "authority"}])
    assert {state for slug in words for state in [words[slug]] if found[slug]["codes"] == ["cbp:250407"]} == {"unknown"}
    assert rebuild(check=True, now=timezone.now()) == []


def test_the_same_bytes_again_add_no_report_and_no_confirmation(cbp: Source, replied: Poll, tmp_path: Path) -> None:
    again = take(cbp, moved(0), tmp_path, REPLY + timedelta(minutes=11))
    assert (again.counts, again.error) == ({"unchanged": 1}, "")
    assert (Report.objects.count(), Confirmation.objects.count(), Reading.objects.count()) == (8, 0, 8)
    cbp.state.refresh_from_db()
    assert cbp.state.last_success_at == REPLY + timedelta(minutes=11)


def test_a_later_reply_moves_the_confirmation_to_its_own_time(cbp: Source, replied: Poll, tmp_path: Path) -> None:
    later = take(cbp, moved(20), tmp_path, REPLY + timedelta(minutes=30))
    assert later.counts == {"confirmed": 8, "same": 8}
    moment = REPLY + timedelta(minutes=20)
    assert lane(asked("san-ysidro", moment), "vehicles")["confirmed_at"] == "2022-06-29T17:45:16Z"
    assert lane(asked("san-ysidro", REPLY), "vehicles")["confirmed_at"] == "2022-06-29T17:25:16Z"


def test_what_differs_in_a_later_reply_is_a_new_claim(cbp: Source, replied: Poll, tmp_path: Path) -> None:
    later = take(cbp, moved(20, p250401={"port_status": "Closed"}), tmp_path, REPLY + timedelta(minutes=30))
    assert (later.counts["recorded"], later.counts["confirmed"]) == (2, 6)
    moment = REPLY + timedelta(minutes=20)
    assert lane(asked("san-ysidro", moment), "vehicles")["state"] == "closed"
    assert lane(asked("san-ysidro", moment - timedelta(seconds=1)), "vehicles")["state"] == "open"


def test_an_older_reply_is_left_aside(cbp: Source, tmp_path: Path) -> None:
    assert take(cbp, moved(30), tmp_path, REPLY + timedelta(hours=1)).counts == {"recorded": 16}
    row = take(cbp, moved(20, p250401={"port_status": "Closed"}), tmp_path, REPLY + timedelta(hours=1))
    assert (row.counts, row.error) == ({"older": 1}, "")
    assert Report.objects.count() == 8


def test_a_reply_from_the_future_is_refused_and_does_not_block_the_next(cbp: Source, tmp_path: Path) -> None:
    row = take(cbp, moved(120), tmp_path, REPLY + timedelta(minutes=1))
    assert row.error == "future_timestamp"
    assert take(cbp, moved(0), tmp_path, REPLY + timedelta(minutes=1)).counts == {"recorded": 16}


def test_a_port_is_known_again_by_its_code_whatever_it_is_called_by_then(
    cbp: Source, replied: Poll, tmp_path: Path
) -> None:
    Crossing.objects.filter(slug="roma").update(name="Roma–Ciudad Miguel Alemán")
    row = take(cbp, moved(20, p231001={"port_name": "Roma, TX"}), tmp_path, REPLY + timedelta(minutes=30))
    assert row.counts["confirmed"] == 8
    assert Crossing.objects.get(slug="roma").name == "Roma–Ciudad Miguel Alemán"
    assert Crossing.objects.count() == len(FEW)


def test_a_slug_that_is_taken_gets_the_ports_number(cbp: Source, tmp_path: Path) -> None:
    make_crossing("roma")
    take(cbp, moved(0), tmp_path, REPLY + timedelta(minutes=1))
    assert Crossing.objects.get(codes=["cbp:231001"]).slug == "roma-231001"


# Each item for itself


def test_one_bad_item_never_sinks_the_rest(partner: Source, tmp_path: Path) -> None:
    content = document(
        claim(id="1"),
        claim(id="2", crossing="Torkam"),
        claim(id="3", lanes=lanes("ajar")),
        "junk",
        claim(id="5", effective_at="2023-02-19T05:00:00"),
        claim(id="6", note="a\x00b"),
        claim(id="7\ud800"),
        {"\x00": "\ud800", "crossing": "\ud800"},
        claim(id="9", effective_at="2023-02-20T05:00:00Z"),
        claim(id="1", lanes=lanes("closed")),
        claim(id="1"),
        readings=[reading(id="1"), reading(id="2", low=-5)],
    )
    row = take(partner, content, tmp_path)
    assert row.error == ""
    assert row.counts == {"recorded": 3, "refused": 8, "conflict": 1, "same": 1}
    row.refresh_from_db()  # all that was said of it could be stored
    faults = {item["at"]: [(f["pointer"], f["code"]) for f in item["faults"]] for item in row.items if "faults" in item}
    assert faults == {
        "/reports/1": [("/crossing", "unknown_crossing")],
        "/reports/2": [("/lanes/0/state", "unknown_word")],
        "/reports/3": [("", "not_an_object")],
        "/reports/4": [("/effective_at", "timezone_required")],
        "/reports/5": [("/note", "invalid_text")],
        "/reports/6": [("/id", "invalid_text")],
        "/reports/7": [
            ("/crossing", "unknown_crossing"), ("/effective_at", "required"), ("/lanes", "required"),
            ("/\ufffd", "unknown_field"),
        ],
        "/readings/1": [("/low", "out_of_range")],
    }  # fmt: skip
    assert row.detail.startswith("First refused: /reports/1 /crossing unknown_crossing")


def test_what_the_ledger_chokes_on_is_refused_alone(partner: Source, tmp_path: Path) -> None:
    edge = claim(id="edge", effective_at="9999-12-31T12:00:00Z", lanes=lanes("closed"))
    row = take(partner, document(claim(id="1"), edge, claim(id="2", effective_at="2023-02-20T05:00:00Z")), tmp_path)
    assert row.error == ""
    assert row.counts["recorded"] >= 2
    assert Report.objects.filter(external_id__in=["1", "2"]).count() == 2


def test_items_without_an_id_are_known_by_what_identifies_them(partner: Source, tmp_path: Path) -> None:
    content = document(claim(), readings=[reading()])
    assert take(partner, content, tmp_path).counts == {"recorded": 2}
    more = document(claim(), claim(effective_at="2023-02-20T05:00:00Z"), readings=[reading(), reading(unit="vehicles")])
    assert take(partner, more, tmp_path).counts == {"same": 2, "recorded": 2}


def test_a_csv_of_lanes_is_the_claim_they_make_together(partner: Source, tmp_path: Path) -> None:
    rows = (
        "crossing,declared_by,effective_at,traffic,to,state\n"
        "Torkham,PK,2023-02-24T05:00:00Z,people,AF,open\n"
        "torkham,AF,2023-02-24T05:00:00Z,people,AF,closed\n"
        "Torkham,PK,2023-02-24T05:00:00Z,cargo,AF,closed\n"
    )
    row = take(partner, rows.encode(), tmp_path)
    assert row.counts == {"recorded": 2}
    report = Report.objects.get(declared_by="PK")
    assert report.lanes == [
        {"traffic": "people", "to": "AF", "state": "open"}, {"traffic": "cargo", "to": "AF", "state": "closed"},
    ]  # fmt: skip


def test_a_source_takes_back_what_it_sent(partner: Source, tmp_path: Path) -> None:
    sent = document(claim(id="a"), readings=[reading(id="b")])
    take(partner, sent, tmp_path)
    taken_back = [{"id": "a", "reason": "wrong gate"}, {"id": "b"}, {"id": "c"}, {"id": "a"}, {"reason": "?"}]
    row = take(partner, {"retractions": taken_back}, tmp_path)
    assert [outcome for _, outcome in outcomes(row)] == ["retracted", "retracted", "same", "refused", "refused"]
    assert [fault["code"] for item in row.items for fault in item.get("faults", ())] == ["required", "unknown_report"]
    assert list(Retraction.objects.order_by("pk").values_list("reason", flat=True)) == [
        "wrong gate", "Taken back by its source.",
    ]  # fmt: skip


def test_a_source_cannot_take_back_what_another_sent(partner: Source, tmp_path: Path) -> None:
    take(partner, document(claim(id="a")), tmp_path)
    other = make_source("other", format="partner")
    row = take(other, {"retractions": [{"id": "a", "reason": "no"}]}, tmp_path)
    assert row.counts == {"refused": 1}
    assert not Retraction.objects.exists()


def test_a_retraction_that_stands_before_what_it_takes_back_is_obeyed(partner: Source, tmp_path: Path) -> None:
    lines = [{"kind": "retraction", "id": "a", "reason": "mistake"}, {"kind": "report", **claim(id="a")}]
    row = take(partner, "\n".join(json.dumps(line, default=str) for line in lines).encode(), tmp_path)
    assert row.counts == {"recorded": 1, "retracted": 1}
    assert Retraction.objects.get().report == Report.objects.get()


@pytest.mark.parametrize("flood", [{"lanes": [0] * 50_000}, {f"key{n}": 0 for n in range(50_000)}])
def test_of_a_flood_of_faults_the_first_are_told(partner: Source, tmp_path: Path, flood: dict[str, Any]) -> None:
    row = take(partner, document(claim(id="a") | flood, claim(id="b")), tmp_path)
    assert row.counts == {"refused": 1, "recorded": 1}
    assert len(row.items[0]["faults"]) <= 20


def test_what_is_refused_throughout_is_a_failure_of_its_source(partner: Source, tmp_path: Path) -> None:
    for turn in range(3):
        take(partner, document(claim(id=f"a{turn}", crossing="nowhere")), tmp_path)
    assert SourceState.objects.get(source=partner).failures == 3
    assert Alarm.objects.get(kind=Alarm.Kind.FAILING).cleared_at is None
    take(partner, document(claim(id="good")), tmp_path)
    assert Alarm.objects.get(kind=Alarm.Kind.FAILING).cleared_at is not None


def test_several_crossings_that_nobody_knows_raise_an_alarm_once(partner: Source, tmp_path: Path) -> None:
    strangers = [claim(id=f"s{n}", crossing=f"nowhere {n}") for n in range(4)]
    good = [claim(id=f"g{n}", effective_at=f"2023-02-2{n}T05:00:00Z") for n in range(5)]
    assert take(partner, document(*strangers, *good), tmp_path).counts == {"refused": 4, "recorded": 5}
    assert "4 items name crossings we do not know" in Alarm.objects.get(kind=Alarm.Kind.UNLIKE).detail
    take(partner, document(claim(id="later", effective_at="2023-02-26T05:00:00Z")), tmp_path)
    assert Alarm.objects.get(kind=Alarm.Kind.UNLIKE).cleared_at is not None


def test_new_options_make_the_same_bytes_news_again(partner: Source, tmp_path: Path) -> None:
    assert take(partner, document(claim(id="a")), tmp_path).counts == {"recorded": 1}
    assert take(partner, document(claim(id="a")), tmp_path).counts == {"unchanged": 1}
    partner.options = {"timezone": "Asia/Kabul"}
    partner.save()
    assert take(partner, document(claim(id="a")), tmp_path).counts == {"same": 1}


def test_only_a_trusted_source_of_all_crossings_makes_new_ones(tmp_path: Path) -> None:
    reply = Path("tests/fixtures/cbp_bwtnew_2022-06-29.json").read_bytes()
    before = set(Crossing.objects.values_list("slug", flat=True))
    stranger = make_source("stranger", format="cbp", trusted=False)
    row = take(stranger, reply, tmp_path)
    assert set(row.counts) == {"refused"}
    assert set(Crossing.objects.values_list("slug", flat=True)) == before


def test_the_same_reply_in_another_file_says_nothing_of_when_the_next_was_made(tmp_path: Path) -> None:
    source = make_source_for("us-cbp", FORMATS["cbp"])
    for name in ("1.json", "2.json"):
        (tmp_path / name).write_bytes(CBP.read_bytes())
        ingest.ingest_file(source, tmp_path / name)
    (tmp_path / "3.json").write_bytes(CBP.read_bytes().replace(b":25:16", b":55:16"))
    assert ingest.ingest_file(source, tmp_path / "3.json").counts["confirmed"] == 141


@pytest.mark.django_db(transaction=True)
def test_a_trial_keeps_no_lock_that_a_closure_would_wait_for(partner: Source, tmp_path: Path) -> None:
    path = tmp_path / "trial.json"
    path.write_bytes(json.dumps(document(*[claim(id=f"t{n}") for n in range(3)]), default=str).encode())
    with transaction.atomic():
        assert ingest.ingest_file(partner, path, trial=True).counts == {"recorded": 3}
        other = connection.copy()
        with other.cursor() as cursor:  # raises where anybody would have to wait
            cursor.execute("SELECT 1 FROM crossings_current FOR UPDATE NOWAIT")
            cursor.execute("SELECT 1 FROM crossings_feed FOR UPDATE NOWAIT")
        other.close()
        transaction.set_rollback(True)
    assert not Report.objects.exists()


def test_a_sheet_sent_again_in_the_evening_says_the_last_word(tmp_path: Path) -> None:
    make_crossing()
    broker = make_source("mail", format="sheet")
    morning = b"crossing,declared_by,traffic,state,effective_at\nTorkham,PK,cargo,open,2023-02-24\n"
    assert take(broker, morning, tmp_path).counts == {"recorded": 1}
    assert take(broker, morning.replace(b"open", b"closed"), tmp_path).counts == {"recorded": 1}
    status = Crossing.objects.get().current.status
    assert {lane["state"] for lane in status["lanes"] if lane["traffic"] == "cargo"} == {"closed"}
    assert take(broker, morning.replace(b"open", b"closed") + b"\n", tmp_path).counts == {"same": 1}
    assert take(broker, morning + b"\n", tmp_path).counts == {"same": 1}


def test_a_file_that_says_no_time_speaks_from_when_it_was_written(tmp_path: Path) -> None:
    source = make_source_for("ua-queue", FORMATS["echerha"])
    path = tmp_path / "echerha.json"
    path.write_bytes(Path("tests/fixtures/feeds/echerha.json").read_bytes())
    written = utc("2025-10-20 12:00")
    os.utime(path, (written.timestamp(),) * 2)
    ingest.ingest_file(source, path, at(utc("2026-11-22 12:00")))
    assert {row.effective_at for row in Report.objects.all()} | {row.observed_at for row in Reading.objects.all()} == {
        written
    }


@pytest.mark.parametrize("place", ["/etc", "/proc/self", "{state}", "{state}/logs", "/"])
def test_a_drop_folder_cannot_be_where_secrets_are(partner: Source, place: str) -> None:
    partner.address = f"file:{place.format(state=settings.STATE)}"
    partner.save()
    [row] = ingest.ingest_source(partner)
    assert row.error == "folder_not_allowed"


def test_what_waits_as_a_draft_can_be_taken_back_too(partner: Source, tmp_path: Path) -> None:
    Source.objects.update(trusted=False)
    partner.refresh_from_db()
    assert take(partner, document(claim(id="a")), tmp_path).counts == {"draft": 1}
    assert take(partner, {"retractions": [{"id": "a", "reason": "mistake"}]}, tmp_path).counts == {"retracted": 1}
    assert Draft.objects.get().decision == Draft.Decision.REJECTED
    assert take(partner, {"retractions": [{"id": "a", "reason": "again"}]}, tmp_path).error == ""


def test_a_source_speaks_only_of_the_crossings_granted_to_it(partner: Source, tmp_path: Path) -> None:
    partner.crossings.add(make_crossing("wagah"))
    row = take(partner, document(claim(id="1"), claim(id="2", crossing="wagah")), tmp_path)
    assert row.counts == {"refused": 1, "recorded": 1}
    assert row.items[0]["faults"][0]["code"] == "crossing_not_granted"


def test_an_unknown_crossing_does_not_hide_what_else_is_wrong() -> None:
    with pytest.raises(Refused) as refused:
        ingest.read_claim(
            claim(crossing="Torkam", reason="boredom", lanes=[{"traffic": "cargo", "to": "PK", "state": "ajar"}]),
            Names({}, {}), Source(slug="s"), "/reports/7",
        )  # fmt: skip
    assert [fault.pointer for fault in refused.value.faults] == [
        "/reports/7/crossing", "/reports/7/lanes/0/state", "/reports/7/reason",
    ]  # fmt: skip


@pytest.mark.parametrize("content", [b"{", b"", b"[]", b"<html>", b"\xff\xfe{", b'{"reports": 1}'])
def test_a_bad_file_leaves_a_row_and_a_line_for_the_operator(
    partner: Source, tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    row = take(partner, content, tmp_path)
    row.refresh_from_db()
    assert row.error and row.detail and row.finished_at
    assert f"Source broker, given.json: {row.error}. {row.detail}" in caplog.messages
    state = SourceState.objects.get()
    assert (state.failing_since, state.failures, state.last_success_at) == (NOW, 1, None)
    assert not Report.objects.exists()


def test_a_success_ends_the_failing(partner: Source, tmp_path: Path) -> None:
    take(partner, b"{", tmp_path, NOW)
    take(partner, b"{{", tmp_path, NOW + timedelta(minutes=1))
    state = SourceState.objects.get()
    assert (state.failing_since, state.failures) == (NOW, 2)
    take(partner, document(), tmp_path, NOW + timedelta(minutes=2))
    state.refresh_from_db()
    assert (state.failing_since, state.failures, state.last_success_at) == (None, 0, NOW + timedelta(minutes=2))


def test_what_was_not_understood_is_tried_again_with_the_same_bytes(partner: Source, tmp_path: Path) -> None:
    content = document(claim(id="1"), claim(id="2", crossing="Wagah"))
    assert take(partner, content, tmp_path).counts == {"recorded": 1, "refused": 1}
    make_crossing("wagah")
    assert take(partner, content, tmp_path).counts == {"same": 1, "recorded": 1}
    assert take(partner, content, tmp_path).counts == {"unchanged": 1}


# Drop folders


def polled(source: Source) -> list[Poll]:
    return ingest.ingest_source(source, timezone.now)


def test_every_file_of_a_drop_folder_is_taken_once_the_oldest_first(partner: Source, folder: Path) -> None:
    drop(folder, "b.json", document(claim(id="1")), age=100)
    drop(folder, "a.json", document(claim(id="2", effective_at="2023-02-20T05:00:00Z")), age=50)
    drop(folder, "c.csv", b"crossing,effective_at,traffic,state\ntorkham,2023-02-21T05:00:00Z,all,closed\n", age=70)
    for name in (".hidden.json", "half.json.tmp", "half.part"):
        drop(folder, name, document(claim(id=name)))
    (folder / "deeper").mkdir()
    os.mkfifo(folder / "pipe")
    (folder / "link.json").symlink_to(folder / "b.json")
    assert [(row.file_name, row.counts) for row in polled(partner)] == [
        ("b.json", {"recorded": 1}), ("c.csv", {"recorded": 1}), ("a.json", {"recorded": 1}),
    ]  # fmt: skip
    [nothing] = polled(partner)
    assert (nothing.file_name, nothing.counts, nothing.detail) == ("", {}, "Nothing new.")
    drop(folder, "d.json", document(claim(id="3", effective_at="2023-02-22T05:00:00Z")))
    assert [row.file_name for row in polled(partner)] == ["d.json"]


def test_a_file_is_taken_again_when_its_bytes_change_even_if_its_time_does_not(partner: Source, folder: Path) -> None:
    path = drop(folder, "a.json", document(claim(id="1")))
    assert [row.counts for row in polled(partner)] == [{"recorded": 1}]
    before = path.stat()
    path.write_bytes(json.dumps(document(claim(id="2", effective_at="2023-02-20T05:00:00Z"))).encode())
    os.utime(path, (before.st_mtime, before.st_mtime))
    assert [row.counts for row in polled(partner)] == [{"recorded": 1}]
    assert [row.file_name for row in polled(partner)] == [""]


def test_a_file_still_being_written_waits(partner: Source, folder: Path) -> None:
    path = drop(folder, "a.json", b'{"reports": [', age=0)
    assert [row.file_name for row in polled(partner)] == [""]
    drop(folder, path.name, document(claim(id="1")), age=3)
    assert [(row.file_name, row.counts) for row in polled(partner)] == [("a.json", {"recorded": 1})]


def test_a_bad_file_stops_no_other_and_is_not_taken_again_until_it_changes(partner: Source, folder: Path) -> None:
    drop(folder, "1.json", b"{", age=30)
    drop(folder, "2.json", document(claim(id="1")), age=20)
    assert [(row.file_name, row.error) for row in polled(partner)] == [("1.json", "invalid_json"), ("2.json", "")]
    assert [row.file_name for row in polled(partner)] == [""]
    drop(folder, "1.json", document(claim(id="2", effective_at="2023-02-20T05:00:00Z")), age=10)
    assert [(row.file_name, row.error) for row in polled(partner)] == [("1.json", "")]


def test_one_file_may_be_the_address(partner: Source, folder: Path) -> None:
    partner.address = f"file:{drop(folder, 'a.json', document(claim(id='1')))}"
    assert [row.counts for row in polled(partner)] == [{"recorded": 1}]
    assert [row.detail for row in polled(partner)] == ["Nothing new."]


def test_a_folder_that_is_not_there_is_a_failing_source(partner: Source, tmp_path: Path) -> None:
    partner.address = f"file:{tmp_path}/gone"
    [row] = polled(partner)
    assert row.error == "folder_unreadable"
    assert "No such file or directory" in row.detail


def test_old_news_in_a_drop_folder_counts(partner: Source, folder: Path) -> None:
    drop(folder, "a.json", document(claim(id="1", effective_at="2003-02-19T05:00:00Z")))
    assert [row.counts for row in polled(partner)] == [{"recorded": 1}]


# Slots


def test_due_are_the_active_sources_with_an_address_whose_time_has_come(partner: Source, folder: Path) -> None:
    kinds: dict[str, Json] = {
        "asleep": {"active": False},
        "mute": {"address": ""},
        "shapeless": {"format": ""},
        "other": {},
    }
    for slug, fields in kinds.items():
        make_source(slug, **{"format": "partner", "address": "file:/nowhere", **fields})
    other = Source.objects.get(slug="other")
    assert {pk for pk, _ in ingest.due(NOW)} == {partner.pk, other.pk}
    [(_, slot)] = [row for row in ingest.due(NOW) if row[0] == partner.pk]
    assert ingest.poll(partner.pk, slot, at(NOW))
    assert {pk for pk, _ in ingest.due(NOW)} == {other.pk}
    assert {pk for pk, _ in ingest.due(NOW + partner.interval)} == {partner.pk, other.pk}


def test_a_slot_is_polled_once_whoever_asks(partner: Source, folder: Path) -> None:
    slot = dict(ingest.due(NOW))[partner.pk]
    assert [row.slot for row in ingest.poll(partner.pk, slot, at(NOW))] == [slot]
    assert ingest.poll(partner.pk, slot, at(NOW + timedelta(seconds=5))) == []
    assert Poll.objects.count() == 1
    state = SourceState.objects.get()
    assert state.next_due_at is not None
    assert NOW < state.next_due_at <= NOW + partner.interval
    Source.objects.update(active=False)
    assert ingest.poll(partner.pk, slot + 600, at(NOW)) == []


@pytest.mark.django_db(transaction=True)
def test_two_who_poll_the_same_slot_at_once_make_one_poll(partner: Source, folder: Path) -> None:
    drop(folder, "a.json", document(claim(id="1")))
    slot, barrier, made = dict(ingest.due(NOW))[partner.pk], Barrier(4), []

    def go() -> None:
        barrier.wait()
        try:
            made.extend(ingest.poll(partner.pk, slot))
        finally:
            connection.close()

    threads = [Thread(target=go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [(row.slot, row.counts) for row in made] == [(slot, {"recorded": 1})]


@pytest.mark.django_db(transaction=True)
def test_nobody_takes_a_source_while_another_does(partner: Source, folder: Path) -> None:
    slot, busy = dict(ingest.due(NOW))[partner.pk], Barrier(2)

    def hold() -> None:
        with only_one(partner):
            busy.wait()
            busy.wait()
        connection.close()

    thread = Thread(target=hold)
    thread.start()
    busy.wait()
    with pytest.raises(ingest.Busy):
        ingest.ingest_source(partner)
    assert ingest.poll(partner.pk, slot) == []
    busy.wait()
    thread.join()
    assert len(ingest.poll(partner.pk, slot)) == 1


# The command


def run(*arguments: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("ingest", *arguments, stdout=out, stderr=out)
    except SystemExit as end:
        return int(str(end.code)), out.getvalue()
    return 0, out.getvalue()


def test_ingest_makes_a_source_and_says_what_came_of_it(tmp_path: Path) -> None:
    path = drop(tmp_path, "bwt.json", moved(0))
    code, told = run("us-cbp", "--format", "cbp", "--file", str(path))
    assert (code, told) == (0, f"recorded: 16\nbwt.json: 16 items, {path.stat().st_size} bytes.\n")
    source = Source.objects.get()
    assert (source.slug, source.format, source.kind, source.speaks_for, source.trusted) == (
        "us-cbp", "cbp", "authority", "US", True,
    )  # fmt: skip


def test_a_dry_run_shows_what_would_happen_and_keeps_nothing(tmp_path: Path) -> None:
    path = drop(tmp_path, "bwt.json", moved(0))
    code, told = run("us-cbp", "--format", "cbp", "--file", str(path), "--dry-run")
    assert code == 0
    assert "recorded: 16" in told and "nothing was kept" in told
    for model in (Source, Crossing, Poll, Report, Reading, SourceState):
        assert not model._default_manager.exists()


def test_ingest_names_each_refused_item(partner: Source, tmp_path: Path) -> None:
    path = drop(tmp_path, "a.json", document(claim(id="1"), claim(id="2", crossing="Torkam")))
    code, told = run("broker", "--file", str(path))
    assert code == 0
    assert "  /reports/1 /crossing unknown_crossing: No crossing" in told
    assert "refused: 1" in told and "recorded: 1" in told


def test_ingest_fails_with_one_line(partner: Source, tmp_path: Path) -> None:
    assert run("broker", "--file", str(drop(tmp_path, "a.json", b"{"))) == (
        1, "a.json: invalid_json. Line 1, column 2: Expecting property name enclosed in double quotes.\n",
    )  # fmt: skip
    assert run("broker", "--file", str(drop(tmp_path, "b.json", document(claim(crossing="x")))))[0] == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nobody"], "There is no source"),
        (["broker", "--file", "/nowhere.json"], "There is no file"),
        (["broker"], "has no address"),
        (["broker", "--format", "cbp", "--file", str(CBP)], "speaks partner"),
    ],
)
def test_ingest_says_what_would_be_right(partner: Source, arguments: list[str], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        run(*arguments)


def test_rebuild_tells_differences_and_ends_with_one(replied: Poll) -> None:
    out = StringIO()
    call_command("rebuild", "--check", stdout=out)
    assert out.getvalue() == "Checked all crossings: no difference.\n"
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE crossings_period SET state = 'closed'"
            " WHERE crossing_id = (SELECT id FROM crossings_crossing WHERE slug = 'roma')"
        )
    out = StringIO()
    with pytest.raises(SystemExit) as end:
        call_command("rebuild", "--check", "Roma", stdout=out)
    assert end.value.code == 1
    assert out.getvalue().startswith("roma: period 1 is closed")
    call_command("rebuild", "roma", stdout=out)
    call_command("rebuild", "--check", stdout=out)


def test_settle_brings_every_crossing_up_to_now(replied: Poll) -> None:
    out = StringIO()
    call_command("settle", stdout=out)
    assert out.getvalue() == "Settled 5 crossings.\n"
    assert Crossing.objects.get(slug="roma").current.status["lanes"][0]["state"] == "unknown"


@pytest.fixture(autouse=True)
def nothing_is_left_different() -> Iterator[None]:
    yield
    assert rebuild(check=True, now=timezone.now()) == []
