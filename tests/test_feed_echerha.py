"""The Ukrainian truck e-queue: pauses, tooltips, waits; a made-up reply, and a real one where it is at hand."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from crossings import ingest, reference
from crossings.feeds import FORMATS, Batch, Context, FeedError, Item, Kind
from crossings.ledger import rebuild
from crossings.management.commands.ingest import make_source as make_source_for
from crossings.models import Crossing, Reading, Report
from tests.factories import utc

Json = dict[str, Any]
BODY = (Path(__file__).parent / "fixtures" / "feeds" / "echerha.json").read_bytes()
REAL = Path(__file__).parents[2] / "shared" / "data" / "echerha_workload_1_2025-10-20.json"
NOW = utc("2025-10-20 09:00:00.5")
CALLED = "trucks called before the electronic queue was paused"


def parse(rows: list[Json] | bytes) -> Batch:
    return FORMATS["echerha"].parse(
        rows if isinstance(rows, bytes) else json.dumps({"data": rows}).encode(), Context(NOW)
    )


def read(rows: list[Json] | bytes) -> list[Item]:
    return list(parse(rows).items)


def queue(title: str = "Порубне – Сірет (для вантажівок ≥ 3,5 тонн)", **changes: Any) -> Json:
    return {"id": 1, "title": title, "tooltip": None, "country_id": 136, "for_vehicle_type": 1, "is_paused": False,
            "wait_time": 3600, "vehicle_in_active_queues_counts": 5, **changes}  # fmt: skip


def lanes(items: list[Item]) -> Json:
    found = {}
    for item in items:
        if item.kind is Kind.REPORT and not item.faults:
            [lane] = item.data["lanes"]
            assert (item.data["declared_by"], lane["traffic"]) == ("UA", "cargo")
            found[item.data["crossing"]] = (lane["to"], lane["state"], lane.get("conditions", []))
    return found


def conditions(*rows: Json) -> list[Json]:
    [(_, state, found)] = lanes(read([*rows])).values()
    assert state == ("restricted" if found else "open")
    return found


def test_each_crossing_is_one_claim_of_the_way_out() -> None:
    small, paused = "для вантажівок ≤ 7,5 тонн", "electronic queue paused"
    assert lanes(read(BODY)) == {
        "korczowa-krakivets": ("PL", "restricted", [{"effect": "allow", "text": CALLED}]),
        "medyka-shehyni": ("PL", "restricted", [
            {"effect": "deny", "text": f"для порожніх вантажівок ≥ 7,5 тонн: {paused}", "vehicle": ["empty"]}]),
        "dpsu:zosin": ("PL", "restricted", [
            {"effect": "deny", "text": f"{small}: {paused}", "vehicle": ["loaded"]}]),
        "dpsu:malhowice": ("PL", "restricted", [{"effect": "allow", "vehicle": ["empty"]}]),
        "echerha:beregsurany-luzhanka": ("HU", "open", []),
        "echerha:halmeu-diakove": ("RO", "restricted", [
            {"effect": "deny", "vehicle": ["loaded"], "text": "Завантажені транспортні засоби не оформлюються."}]),
        "echerha:giurgiulesti-reni": ("MD", "restricted", [
            {"effect": "allow", "text": f"{CALLED}; Можливий проїзд ТЗ масою не більше 3,5 тонн"}]),
        "echerha:zahony-chop": ("HU", "restricted", [{"effect": "deny", "text": "Висота навісу 3,5 м."}]),
    }  # fmt: skip


def test_a_pause_is_never_a_closure() -> None:
    states = {state for _, state, _ in lanes(read([queue(is_paused=True)])).values()}
    assert states == {"restricted"}


def test_what_is_allowed_holds_together_and_is_no_choice() -> None:
    empties = queue("Порубне – Сірет (для порожніх вантажівок)", is_paused=True, tooltip="Лише з дозволом")
    assert conditions(empties) == [{"effect": "allow", "vehicle": ["empty"], "text": f"{CALLED}; Лише з дозволом"}]


TOOLTIPS = [
    ("Завантажені ТЗ тимчасово не оформлюються", {"effect": "deny", "vehicle": ["loaded"]}),
    ("Рух навантажених автомобілів призупинено", {"effect": "deny", "vehicle": ["loaded"]}),
    ("Тимчасово не здійснюється пропуск вантажівок з вантажем", {"effect": "deny", "vehicle": ["loaded"]}),
    ("Діють обмеження на проїзд (цистерни для зріджених газів)", {"effect": "deny", "vehicle": ["tanker"]}),
    ("Висока завантаженість, час не гарантується", {"effect": "deny"}),
    ("Незавантажені ТЗ не оформлюються", {"effect": "deny"}),
    ("Оформлюються лише порожні", {"effect": "allow"}),
    ("Висота навісного даху складає 3,5 м.", {"effect": "deny"}),
]


@pytest.mark.parametrize(("text", "expected"), TOOLTIPS)
def test_a_tooltip_is_a_condition_in_its_own_words(text: str, expected: Json) -> None:
    assert conditions(queue(tooltip=text)) == [{**expected, "text": text}]


def test_a_tooltip_with_a_telephone_number_restricts_without_its_words() -> None:
    assert lanes(read([queue(tooltip="Довідки: +380 44 123 45 67")])) == {
        "echerha:siret-porubne": ("RO", "restricted", [])
    }


def test_waits_are_minutes_and_trucks_by_queue_at_the_moment_of_the_reply() -> None:
    found = [item.data for item in read(BODY) if item.kind is Kind.READING]
    keys = ("unit", "low", "loaded")
    assert [tuple(each[key] for key in keys) for each in found if each["crossing"] == "korczowa-krakivets"] == [
        ("minutes", 90, True), ("trucks", 9, True),
        ("minutes", 60, False), ("trucks", 12, False),
        ("minutes", 120, None), ("trucks", 40, None),
    ]  # fmt: skip
    assert {each["observed_at"] for each in found} == {"2025-10-20T09:00:00Z"}
    assert {(each["side"], each["traffic"], each["place"]) for each in found} == {("UA", "cargo", "inland")}
    assert not [each for each in found if each["crossing"] == "echerha:zahony-chop"]  # not told is no zero


def test_the_order_of_a_reply_does_not_matter_to_what_it_says() -> None:
    rows = json.loads(BODY)["data"]
    assert lanes(read(rows[::-1])) == lanes(read(rows))


def test_a_crossing_not_in_our_table_is_asked_for_by_its_name() -> None:
    items = read([queue("Нове – Старе (для вантажівок ≥ 3,5 тонн)")])
    assert [item.data["crossing"] for item in items] == ["Нове – Старе"] * 3
    assert parse([queue("Нове – Старе")]).places == ()


BAD = [
    ({"id": "1"}, "/id", "required"),
    ({"id": 10**12}, "/id", "required"),
    ({"title": None}, "/title", "required"),
    ({"title": "  "}, "/title", "required"),
    ({"is_paused": "yes"}, "/is_paused", "not_a_flag"),
    ({"tooltip": 5}, "/tooltip", "not_a_text"),
    ({"for_vehicle_type": 2}, "/for_vehicle_type", "not_a_truck_queue"),
    ({"country_id": 1}, "/country_id", "unknown_country"),
    ({"country_id": [133]}, "/country_id", "unknown_country"),
    ({"wait_time": -5}, "/wait_time", "invalid_wait"),
    ({"wait_time": 10**9}, "/wait_time", "invalid_wait"),
    ({"wait_time": "ten"}, "/wait_time", "invalid_wait"),
    ({"wait_time": True}, "/wait_time", "invalid_wait"),
    ({"vehicle_in_active_queues_counts": 1.5}, "/vehicle_in_active_queues_counts", "invalid_count"),
    ({"vehicle_in_active_queues_counts": 2**40}, "/vehicle_in_active_queues_counts", "invalid_count"),
]


@pytest.mark.parametrize(("changes", "pointer", "code"), BAD)
def test_a_bad_queue_is_named_and_the_rest_is_kept(changes: Json, pointer: str, code: str) -> None:
    items = read([queue(**changes), queue("Дякове – Халмеу (для вантажівок)", id=2)])
    assert [(item.at, fault.pointer, fault.code) for item in items for fault in item.faults] == [
        ("/data/0", pointer, code)
    ]
    assert [item.kind for item in items[1:]] == [Kind.REPORT, Kind.READING, Kind.READING]


def test_a_flood_of_queues_is_bounded() -> None:
    items = read([queue(id=number) for number in range(100)])
    assert Counter(fault.code for item in items for fault in item.faults) == {"too_many_items": 70}
    with pytest.raises(FeedError, match="too_many_items"):
        read([queue(id=number) for number in range(5001)])


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "empty_body"),
        (b"<html>", "unexpected_content_type"),
        (b"[]", "schema_mismatch"),
        (b'{"error": "maintenance"}', "schema_mismatch"),
        (b'{"data": []}', "schema_mismatch"),
        (b'{"data": {"id": 1}}', "schema_mismatch"),
        (BODY[:500], "invalid_json"),
    ],
)
def test_a_reply_that_is_none_says_why(body: bytes, code: str) -> None:
    with pytest.raises(FeedError) as caught:
        read(body)
    assert caught.value.code == code


@pytest.mark.skipif(not REAL.is_file(), reason="the real reply may not be carried with the project")
def test_a_whole_real_reply_is_understood() -> None:
    batch = parse(REAL.read_bytes())
    items = list(batch.items)
    assert not [item for item in items if item.faults]
    assert Counter(item.kind for item in items) == {Kind.REPORT: 29, Kind.READING: 2 * 43}
    found = lanes(items)
    assert Counter(state for _, state, _ in found.values()) == {"open": 14, "restricted": 15}
    assert found["echerha:vicovu-de-sus-krasnoilsk"][2][0]["vehicle"] == ["tanker"]
    assert found["dorohusk-yahodyn"][1] == "restricted"  # one queue of three is paused
    # The names of all are known: five crossings are loaded with the project.
    assert {item.data["crossing"] for item in items} == {place.code for place in batch.places} | {
        "dorohusk-yahodyn", "medyka-shehyni", "korczowa-krakivets", "hrebenne-rava-ruska", "vysne-nemecke-uzhhorod",
    }  # fmt: skip


@pytest.mark.django_db
def test_a_repeated_reply_confirms_and_a_pause_that_ends_is_news(tmp_path: Path) -> None:
    reference.load(NOW, history=False)
    source, path = make_source_for("queue", FORMATS["echerha"]), tmp_path / "reply.json"

    def take(minutes: int, **changes: Any) -> Json:
        data = json.loads(BODY)
        data["data"][3].update(vehicle_in_active_queues_counts=80 + minutes)
        data["data"][5].update(changes)
        path.write_text(json.dumps(data))
        row = ingest.ingest_file(source, path, lambda: NOW + timedelta(minutes=minutes))
        assert row.error == "", row.detail
        return row.counts

    assert take(0) == {"recorded": 8 + 22}
    assert take(10) == {"recorded": 22, "confirmed": 8}
    assert take(20, is_paused=False) == {"recorded": 22 + 1, "confirmed": 7}
    zosin = Report.objects.filter(crossing__slug="zosin-ustyluh").order_by("pk")
    assert [report.lanes[0]["state"] for report in zosin] == ["restricted", "open"]
    krakivets = Crossing.objects.get(slug="korczowa-krakivets").current
    assert {queue["low"] for queue in krakivets.queues if queue["unit"] == "trucks"} == {9, 12, 40}
    assert Reading.objects.filter(crossing__slug="medyka-shehyni", unit="trucks", low=100).count() == 1
    assert rebuild(check=True, now=NOW + timedelta(minutes=20)) == []
