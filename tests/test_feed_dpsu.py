"""The Ukrainian border guard's map as logged by an observer: four real days, and what may be wrong with a row."""

from __future__ import annotations

import csv
import io
import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from crossings import ingest, reference
from crossings.feeds import FORMATS, Context, FeedError, Item, Kind
from crossings.ledger import rebuild
from crossings.management.commands.ingest import make_source as make_source_for
from crossings.matching import Names
from crossings.models import Confirmation, Crossing, Period, Reading, Report, Source
from tests.factories import utc

Json = dict[str, Any]
DAYS = sorted((Path(__file__).parent / "fixtures" / "feeds" / "dpsu").glob("*.csv"))
ROWS = [row for day in DAYS for row in csv.DictReader(day.read_text(encoding="utf-8").splitlines())]
NOW = utc("2026-08-05 09:00")
SLUGS = {"budomierz": "budomierz-hrushiv", "dolhobyczow": "dolhobyczow-uhryniv", "dorohusk": "dorohusk-yahodyn",
         "hrebenne": "hrebenne-rava-ruska", "korczowa": "korczowa-krakivets", "kroscienko": "kroscienko-smilnytsia",
         "malhowice": "malhowice-nyzhankovychi", "medyka": "medyka-shehyni", "zosin": "zosin-ustyluh"}  # fmt: skip


def body(rows: list[Json]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(ROWS[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def read(content: bytes) -> list[Item]:
    return list(FORMATS["dpsu"].parse(content, Context(NOW)).items)


def row(**changes: str) -> Json:
    """A row of Medyka: trucks 905, cars 40, 68 an hour; open."""
    first = next(each for each in ROWS if each["crossing_id"] == "medyka")
    return {**first, **changes}


def claims(*rows: Json) -> list[Json]:
    return [item.data for item in read(body([*rows])) if item.kind is Kind.REPORT and not item.faults]


def lanes(**changes: str) -> Json:
    return {lane["traffic"]: lane["state"] for claim in claims(row(**changes)) for lane in claim["lanes"]}


def faults(items: list[Item]) -> list[tuple[str, str, str]]:
    return [(item.at, fault.pointer, fault.code) for item in items for fault in item.faults]


def test_every_row_of_the_four_days_is_understood() -> None:
    items = [item for day in DAYS for item in read(day.read_bytes())]
    assert faults(items) == []
    assert sum(item.kind is Kind.REPORT for item in items) == len(ROWS) == 155
    # Twenty rows of Dorohusk have a sentence instead of a number of cars, and no rate that could be true.
    assert sum(item.kind is Kind.READING for item in items) == 3 * 155 - 2 * 20


def test_a_row_becomes_a_claim_of_the_ukrainian_gate_and_three_readings() -> None:
    claim, *readings = [item.data for item in read(body([row()]))]
    assert {key: claim[key] for key in ("crossing", "declared_by", "effective_at", "reported_at", "lanes")} == {
        "crossing": "medyka-shehyni",
        "declared_by": "UA",
        "effective_at": "2026-08-01T02:40:25Z",
        "reported_at": "2026-08-01T02:40:25Z",
        "lanes": [{"traffic": "vehicles", "state": "open"}, {"traffic": "cargo", "state": "open"}],
    }
    assert claim["note"] == (
        "Кількість легкових авто перед ППр: 40; Швидкість оформлення легкових авто: 68 авто/год; Кількість вантажних"
        " авто перед ППр: 905\nпасажирський, вантажний, пасажирські автобуси, легкові автомобілі, пішохідний (пропуск"
        " пішоходів не здійснюється)\nміжнародний, цілодобовий"
    )
    keys = ("traffic", "measure", "unit", "low", "high", "per", "side", "to", "observed_at")
    at = ("UA", "PL", "2026-08-01T02:40:25Z")
    assert [tuple(each.get(key) for key in keys) for each in readings] == [
        ("cargo", "waiting", "trucks", 905, 905, None, *at),
        ("vehicles", "waiting", "vehicles", 40, 40, None, *at),
        ("vehicles", "passed", "vehicles", 68, 68, "hour", *at),
    ]


STATES = [
    ("відкритий", "open"), (" Відкритий ", "open"), ("закритий", "closed"), ("зачинений", "closed"),
    ("тимчасово  зачинений", "closed"), ("обмежено", "restricted"),
    ("відкритий лише для гуманітарних вантажів", "restricted"),
]  # fmt: skip


@pytest.mark.parametrize(("said", "state"), STATES)
def test_the_states_of_the_map(said: str, state: str) -> None:
    assert lanes(state=said) == {"vehicles": state, "cargo": state}


def test_a_restriction_in_words_keeps_its_words() -> None:
    [claim] = claims(row(state="відкритий лише для гуманітарних вантажів"))
    text = "відкритий лише для гуманітарних вантажів"
    assert [lane["conditions"] for lane in claim["lanes"]] == [[{"text": text}]] * 2
    [claim] = claims(row(restricted_flag="1"))
    assert claim["lanes"][0] == {"traffic": "vehicles", "state": "restricted"}


def test_the_lanes_are_those_that_the_crossing_is_for() -> None:
    assert lanes(character="вантажний", cars_waiting="") == {"cargo": "open"}
    assert lanes(character="легкові автомобілі", trucks_waiting="") == {"vehicles": "open"}
    assert lanes(character="пасажирський, пішохідний") == {"vehicles": "open", "cargo": "open", "people": "open"}
    assert lanes(character="пішохідний ((пропуск пішоходів не здійснюється))") == {"vehicles": "open", "cargo": "open"}


def test_those_on_foot_are_a_claim_of_their_own() -> None:
    both = claims(row(character="пасажирський, пішохідний"))
    assert [[lane["traffic"] for lane in claim["lanes"]] for claim in both] == [["vehicles", "cargo"], ["people"]]
    assert len({claim["id"] for claim in both}) == 2


SENTENCE = "Кількість легкових авто перед ППр: Пропуск легкових автомобілів тимчасово не здійснюється <br> Швидкість: 5"


def test_cars_that_are_not_let_through_are_no_zero_and_not_open() -> None:
    refused = {"cars_waiting": "", "state_of_busy_raw": SENTENCE}
    text = "Пропуск легкових автомобілів тимчасово не здійснюється"
    [claim] = claims(row(**refused, character="вантажний, лише вантажні понад 7.5 т та автобуси"))
    assert claim["lanes"] == [
        {"traffic": "vehicles", "state": "restricted",
         "conditions": [{"effect": "deny", "vehicle": ["car"], "text": text}]},
        {"traffic": "cargo", "state": "open"},
    ]  # fmt: skip
    assert lanes(**refused, character="вантажний") == {"vehicles": "closed", "cargo": "open"}
    readings = [item.data["unit"] for item in read(body([row(**refused)])) if item.kind is Kind.READING]
    assert readings == ["trucks"]


def test_a_crossing_for_empty_trucks_is_not_open_to_loaded_ones() -> None:
    [claim] = claims(row(category="місце пропуску вантажних т/з масою понад 7,5 т, без вантажу"))
    empty = [{"vehicle": ["empty"], "text": "місце пропуску вантажних т/з масою понад 7,5 т, без вантажу"}]
    assert claim["lanes"][1] == {"traffic": "cargo", "state": "restricted", "conditions": empty}


BAD_ROWS = [
    ({"state": "відчинено навстіж"}, [("/state", "unknown_word")]),
    ({"state": ""}, [("/state", "unknown_word")]),
    ({"closure_flag": "1"}, [("/state", "flags_differ")]),
    ({"trucks_waiting": "many"}, [("/trucks_waiting", "invalid_count")]),
    ({"cars_waiting": "-5"}, [("/cars_waiting", "invalid_count")]),
    ({"cars_waiting": "1e9"}, [("/cars_waiting", "invalid_count")]),
    ({"trucks_waiting": "9" * 5000}, [("/trucks_waiting", "invalid_count")]),
    ({"parse_miss_flag": "1"}, [("/parse_miss_flag", "parse_miss")]),
    ({"source_updated_kyiv": "01.08.2026"}, [("/source_updated_kyiv", "invalid_timestamp")]),
    ({"source_updated_kyiv": "2026-02-30 05:40:15"}, [("/source_updated_kyiv", "invalid_timestamp")]),
    ({"source_updated_utc": "2026-08-01T05:40:25Z"}, [("/source_updated_kyiv", "clock_off")]),
    ({"source_updated_kyiv": "2026-10-25 03:30:00", "source_updated_utc": ""},
     [("/source_updated_kyiv", "ambiguous_local_time")]),
    ({"source_updated_kyiv": "2026-03-29 03:30:00", "source_updated_utc": ""},
     [("/source_updated_kyiv", "ambiguous_local_time")]),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "expected"), BAD_ROWS)
def test_a_bad_row_is_named_and_the_rest_is_kept(changes: Json, expected: list[tuple[str, str]]) -> None:
    other = row(crossing_id="korczowa")
    items = read(body([row(**changes), other]))
    assert faults(items) == [("line 2", *each) for each in expected]
    kept = [item for item in items if item.at == "line 3"]
    assert len(kept) == 4
    assert not faults(kept)


def test_a_parse_miss_leaves_the_state_standing() -> None:
    items = read(body([row(parse_miss_flag="1", trucks_waiting="0")]))
    assert [(item.kind, bool(item.faults)) for item in items] == [(Kind.REPORT, False), (Kind.READING, True)]


def test_the_hour_of_the_clock_change_is_told_from_the_rest() -> None:
    hours = {
        "2026-10-25 02:59:59": "2026-10-24T23:59:59Z", "2026-10-25 04:00:00": "2026-10-25T02:00:00Z",
        "2026-03-29 02:59:59": "2026-03-29T00:59:59Z", "2026-03-29 04:00:00": "2026-03-29T01:00:00Z",
    }  # fmt: skip
    for said, meant in hours.items():
        [claim] = claims(row(source_updated_kyiv=said, source_updated_utc=""))
        assert claim["effective_at"] == meant


BAD_FILES = [
    (b"", "empty_body"),
    (b"<html>", "unexpected_content_type"),
    (b"one\n1", "csv_header_mismatch"),
    (body([row()]).replace(b",", b";"), "csv_header_mismatch"),
    (body([row()]).replace("відкритий".encode(), "café".encode("latin-1")), "bad_encoding"),
    (body([row()]) + b'"' + b"x" * 10**6, "csv_field_too_large"),
]


@pytest.mark.parametrize(("content", "code"), BAD_FILES)
def test_a_file_that_is_none_says_why(content: bytes, code: str) -> None:
    with pytest.raises(FeedError) as caught:
        read(content)
    assert caught.value.code == code


def test_a_row_with_another_number_of_cells_is_refused_alone() -> None:
    lines = body([row(), row()]).decode().rstrip().rsplit("\n", 1)
    items = read("\n".join([lines[0], "a,b,c", lines[1]]).encode())
    assert faults(items) == [("line 3", "", "csv_row_mismatch")]
    assert len(items) == 1 + 4 + 4


def test_a_file_makes_only_the_crossings_it_speaks_of() -> None:
    places = FORMATS["dpsu"].parse(body([row(), row(crossing_id="zosin")]), Context(NOW)).places
    [place] = places
    assert (place.slug, place.code, place.must_speak) == ("zosin-ustyluh", "dpsu:zosin", ("UA",))


def test_a_crossing_not_in_our_table_is_asked_for_by_its_name() -> None:
    [claim, *_] = [item.data for item in read(body([row(crossing_id="new", dpsu_name="Ягодин - Дорогуськ")]))]
    assert claim["crossing"] == "Ягодин - Дорогуськ"


# Through the ledger


@pytest.fixture
def guard(db: None) -> Source:
    reference.load(NOW, history=False)
    return make_source_for("dpsu", FORMATS["dpsu"])


def take(source: Source, content: bytes, folder: Path, name: str = "day.csv") -> Json:
    path = folder / name
    path.write_bytes(content)
    done = ingest.ingest_file(source, path, lambda: NOW)
    assert done.error == "", done.detail
    return done.counts


def history() -> list[tuple[Any, ...]]:
    rows = Period.objects.order_by("crossing__slug", "start")
    told = [(row.crossing.slug, row.start, row.end, row.state, row.since, row.lanes) for row in rows]
    assert rebuild(check=True, now=NOW) == []
    return told


def counted() -> list[tuple[Any, ...]]:
    keys = ("crossing__slug", "traffic", "to", "measure", "unit", "low", "high", "observed_at", "reported_at")
    return sorted(Reading.objects.values_list(*keys))


def in_order(source: Source, folder: Path) -> None:
    for day in DAYS:
        assert set(take(source, day.read_bytes(), folder, day.name)) == {"recorded"}


def backwards(source: Source, folder: Path) -> None:
    for day in reversed(DAYS):
        take(source, day.read_bytes(), folder, day.name)


def row_by_row_shuffled(source: Source, folder: Path) -> None:
    mixed = random.Random(7).sample(ROWS, len(ROWS))
    for start in range(0, len(mixed), 40):
        take(source, body(mixed[start : start + 40]), folder)


def twice_and_overlapping(source: Source, folder: Path) -> None:
    in_order(source, folder)
    assert set(take(source, body(ROWS), folder)) == {"same"}
    assert set(take(source, DAYS[1].read_bytes(), folder)) == {"same"}


@pytest.mark.fuzz
def test_the_four_days_give_the_same_periods_in_any_order(guard: Source, tmp_path: Path) -> None:
    told: list[Any] = []
    for replay in (in_order, backwards, row_by_row_shuffled, twice_and_overlapping):
        with transaction.atomic():
            replay(guard, tmp_path)
            told.append((history(), counted()))
            assert Report.objects.count() == 155
            assert Reading.objects.count() == 3 * 155 - 2 * 20
            assert not Confirmation.objects.exists()
            transaction.set_rollback(True)
    assert all(each == told[0] for each in told)
    assert len({row[0] for row in told[0][0]}) == len(SLUGS)


def test_every_reading_keeps_its_own_time(guard: Source, tmp_path: Path) -> None:
    row_by_row_shuffled(guard, tmp_path)
    found = {(row.crossing.slug, row.observed_at): row.low for row in Reading.objects.filter(unit="trucks")}
    assert found == {
        (SLUGS[row["crossing_id"]], datetime.fromisoformat(row["source_updated_utc"])): int(row["trucks_waiting"])
        for row in ROWS
    }


def test_each_page_shows_the_last_row_as_it_was_at_its_time(guard: Source, tmp_path: Path) -> None:
    in_order(guard, tmp_path)
    client, last = (
        Client(),
        {row["crossing_id"]: row for row in sorted(ROWS, key=lambda row: row["source_updated_utc"])},
    )
    assert set(last) == set(SLUGS)
    for number, said in last.items():
        at = said["source_updated_utc"]
        shown = client.get(f"/api/v1/crossings/{SLUGS[number]}/", {"at": at}).json()
        lane = next(lane for lane in shown["status"]["lanes"] if (lane["traffic"], lane["to"]) == ("cargo", "PL"))
        assert lane["gates"]["UA"] == ("restricted" if number == "malhowice" else "open")
        assert lane["confirmed_at"] == at or lane["state"] == "unknown"
        queues = {(queue["measure"], queue["unit"]): queue for queue in shown["queues"]}
        trucks = queues["waiting", "trucks"]
        assert (trucks["low"], trucks["observed_at"]) == (int(said["trucks_waiting"]), at)
        assert trucks["source"] == "State Border Guard Service of Ukraine"
        assert ("waiting", "vehicles") not in queues or queues["waiting", "vehicles"]["low"] == int(
            said["cars_waiting"]
        )
        page = client.get(f"/c/{SLUGS[number]}/", {"at": at})
        assert page.status_code == 200


def test_the_crossings_that_we_know_are_not_made_again(guard: Source, tmp_path: Path) -> None:
    before = set(Crossing.objects.values_list("slug", flat=True))
    in_order(guard, tmp_path)
    assert set(Crossing.objects.values_list("slug", flat=True)) - before == {
        "budomierz-hrushiv", "dolhobyczow-uhryniv", "kroscienko-smilnytsia", "malhowice-nyzhankovychi", "zosin-ustyluh",
    }  # fmt: skip
    names = Names.load()
    for said in ROWS:
        slug = SLUGS[said["crossing_id"]]
        assert names.find(f"dpsu:{said['crossing_id']}").slug == names.find(said["dpsu_name"]).slug == slug


def test_both_ukrainian_services_mean_one_crossing(guard: Source, tmp_path: Path) -> None:
    queue = make_source_for("echerha", FORMATS["echerha"])
    path = tmp_path / "workload.json"
    path.write_bytes((DAYS[0].parent.parent / "echerha.json").read_bytes())
    done = ingest.ingest_file(queue, path, lambda: NOW - timedelta(hours=1))
    assert (done.error, done.counts.get("refused")) == ("", None)
    in_order(guard, tmp_path)
    assert Crossing.objects.filter(name__contains="Zosin").count() == 1
    assert {report.source.slug for report in Report.objects.filter(crossing__slug="zosin-ustyluh")} == {
        "dpsu",
        "echerha",
    }
