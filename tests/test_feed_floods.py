"""One field of one record flooded, in every format: the others are kept, and it takes no time to speak of."""

from __future__ import annotations

import csv
import html
import io
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crossings.feeds import FORMATS, Context, Item
from tests.factories import utc
from tests.workbooks import xlsx

FIXTURES = Path(__file__).parent / "fixtures"
CONTEXT = Context(utc("2026-08-05 09:00"), {"timezone": "Europe/Kyiv", "words": {"так": "open"}})
FLOODS = [" ", "-", "–", ";", "/", ", ", "<", "<br", "<br ", "(", "(travelers", "(Travellers only", "commercial ",
          "canada/", "1 hour ", "пропуск легкових", "пропуск легкових ", "відкрит", "відкритий обмеж", "#a", "# ",
          "+a ", "5", "5 ", "\u0301", "\u202e", "A", "at 1 "]  # fmt: skip
Record = dict[str, str]


def table(records: list[Record]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(records[0]))
    writer.writeheader()
    writer.writerows(records)
    return out.getvalue().encode()


def list_of_offices(records: list[Record]) -> bytes:
    header = (FIXTURES / "feeds" / "cbsa.csv").read_bytes().split(b"\n")[0]
    rows = (";; ".join([*record.values(), "--", ""]) for record in records)
    return b"\n".join([header, *(row.encode() for row in rows)])


def workbook(records: list[Record]) -> bytes:
    return xlsx(list(records[0]), *(list(record.values()) for record in records))


def feed(records: list[Record]) -> bytes:
    entries = ("".join(f"<{tag}>{html.escape(text)}</{tag}>" for tag, text in record.items()) for record in records)
    return f"<rss><channel>{''.join(f'<item>{entry}</item>' for entry in entries)}</channel></rss>".encode()


def reports(records: list[Record]) -> bytes:
    return json.dumps({"reports": records}).encode()


def ports(records: list[Record]) -> bytes:
    def port(record: Record) -> dict[str, Any]:
        lane = {key: record[key] for key in ("operational_status", "update_time", "delay_minutes", "lanes_open")}
        return {**record, "commercial_vehicle_lanes": {"maximum_lanes": "2", "standard_lanes": lane}}

    return json.dumps([port(record) for record in records]).encode()


def queues(records: list[Record]) -> bytes:
    fixed = {"is_paused": False, "country_id": 133, "wait_time": 3600, "vehicle_in_active_queues_counts": 5}
    return json.dumps({"data": [{**record, "id": n, **fixed} for n, record in enumerate(records, 1)]}).encode()


MAP = next(csv.DictReader((FIXTURES / "feeds" / "dpsu" / "dpsu_2026-08-01.csv").read_text().splitlines()))
OFFICE = {"office": "Peace Bridge", "location": "Fort Erie, ON/Buffalo, NY", "updated": "2022-07-07 08:40 EDT",
          "trucks": "No Delay", "us": "--", "travellers": "26 minutes"}  # fmt: skip
LANE = {"crossing": "torkham", "effective_at": "2023-02-24T05:00:00Z", "traffic": "cargo", "state": "restricted",
        "conditions.who": "patients", "conditions.hours": "08:00-17:00", "note": "Talks."}  # fmt: skip
TAGGED = {"#loc": "Torkham", "#date": "2023-02-24", "#status": "так", "#access": "patients", "#description": "Talks.",
          "#indicator+trucks": "4000-5000"}  # fmt: skip
CLAIM = {"id": "a", "crossing": "torkham", "note": "Talks."}
PORT = {"port_number": "250401", "port_name": "San Ysidro", "border": "Mexican Border", "date": "6/29/2022",
        "time": "13:25:16", "crossing_name": "East", "hours": "24 hrs", "construction_notice": "none",
        "port_status": "Open", "operational_status": "delay", "update_time": "At 1:22 pm PDT", "delay_minutes": "5",
        "lanes_open": "2"}  # fmt: skip
QUEUE = {"title": "Грушів – Будомєж (для вантажівок)", "tooltip": "Висота навісу 3,5 м."}
ENTRY = {"guid": "g", "title": "Torkham", "description": "<p>Open</p>", "link": "https://example.org/1",
         "pubDate": "Sun, 19 Feb 2023 14:00:00 +0000"}  # fmt: skip
Maker = Callable[[list[Record]], bytes]
FORMS: list[tuple[str, Maker, Record, Record, bool]] = [
    ("dpsu", table, MAP, {"crossing_id": "medyka"}, True),
    ("cbsa", list_of_offices, OFFICE, {"office": "Rainbow Bridge"}, True),
    ("partner", table, LANE, {"crossing": "wagah"}, True),
    ("partner", reports, CLAIM, {"id": "b"}, False),
    ("sheet", table, TAGGED, {"#loc": "Wagah"}, True),
    ("sheet", workbook, TAGGED, {"#loc": "Wagah"}, True),
    ("cbp", ports, PORT, {"port_number": "250601"}, False),
    ("echerha", queues, QUEUE, {"title": "Устилуг – Зосін"}, False),
    ("rss", feed, ENTRY, {"guid": "h", "link": "https://example.org/2"}, False),
]
"""The format, how its records are written, one record, what makes another one of it, and whether length is a fault."""
CASES = [pytest.param(*form, field, id=f"{form[0]}-{form[1].__name__}-{field}") for form in FORMS for field in form[2]]


def read(name: str, body: bytes) -> list[Item]:
    began = time.process_time()
    items = list(FORMATS[name].parse(body, CONTEXT).items)
    assert time.process_time() - began < 1
    return items


def good(items: list[Item]) -> list[Any]:
    return [(item.kind, item.data) for item in items if not item.faults]


@pytest.mark.parametrize(("name", "write", "record", "other", "is_fault", "field"), CASES)
def test_a_flooded_field_harms_no_other_record(
    name: str, write: Maker, record: Record, other: Record, is_fault: bool, field: str
) -> None:
    kept = good(read(name, write([{**record, **other}])))
    assert kept
    for flood in FLOODS:
        body = write([{**record, **other}, {**record, field: f"x{(flood * 30_000)[:30_000]}x"}])
        items = read(name, body)
        assert all(each in good(items) for each in kept), flood
        codes = {fault.code for item in items for fault in item.faults}
        assert codes == {"text_too_long"} or not is_fault, (flood, codes)


@pytest.mark.parametrize(("name", "write", "record", "other", "is_fault", "field"), CASES)
@pytest.mark.parametrize("length", [150, 900, 19_000])
def test_fields_as_long_as_may_be_take_no_great_time(
    length: int, name: str, write: Maker, record: Record, other: Record, is_fault: bool, field: str
) -> None:
    for flood in FLOODS:
        text = (flood * length)[:length]
        read(name, write([{**record, field: f"{record[field]}{text}x"}, {**record, field: f"{text}x"}, record]))
