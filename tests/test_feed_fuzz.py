"""Any bytes at every format: items or a FeedError, in under a second and within bounds. The long run is `-m fuzz`."""

from __future__ import annotations

import io
import json
import time
import tracemalloc
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook  # type: ignore[import-untyped]

from crossings.domain.faults import Fault
from crossings.feeds import FORMATS, Context, Entry, FeedError, Item, Kind
from tests.factories import utc

FIXTURES = Path(__file__).parent / "fixtures"
NOW = utc("2026-08-05 09:00")
OPTIONS = {"timezone": "Europe/Kyiv", "date_format": "%d.%m.%Y", "words": {"так": "open"}}
CONTEXTS = [Context(NOW), Context(NOW, OPTIONS)]
SECONDS, MIB = 1.0, 60


def workbook() -> bytes:
    book = Workbook()
    book.active.append(["#loc", "#date", "#status", "#indicator+trucks"])
    book.active.append(["Torkham", datetime.fromisoformat("2023-02-19T17:30"), "closed", 1400])
    book.active.append(["Torkham", date(2023, 2, 20), "open", "4000-5000"])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


PARTNER = b"""{"reports": [{"id": "a", "crossing": "torkham", "effective_at": "2023-02-19T05:00:00Z", "lanes":
 [{"traffic": "cargo", "state": "restricted", "conditions": [{"who": ["patients"], "fee": {"amount": 1}}]}]}],
 "readings": [{"crossing": "torkham", "measure": "waiting", "unit": "trucks", "low": 1}],
 "retractions": [{"id": "b"}]}"""
NDJSON = b'{"kind": "report", "id": "a"}\n{"kind": "reading", "low": 5}\n'
CSV = "crossing,effective_at,traffic,state,note\nTorkham,2023-02-19,cargo,closed,«так»\n".encode()
TAGS = "#loc;#date+start;#status;#indicator+trucks\nTorkham;19.02.2023;так;1 400\n".encode()
WORKBOOK = workbook()
SEEDS: dict[str, list[bytes]] = {
    "partner": [PARTNER, NDJSON, CSV],
    "cbp": [json.dumps(json.loads((FIXTURES / "cbp_bwtnew_2022-06-29.json").read_bytes())[:2]).encode()],
    "dpsu": [(FIXTURES / "feeds" / "dpsu" / "dpsu_2026-08-01.csv").read_bytes()[:6000]],
    "echerha": [(FIXTURES / "feeds" / "echerha.json").read_bytes()],
    "cbsa": [(FIXTURES / "feeds" / name).read_bytes() for name in ("cbsa.csv", "cbsa_fr.csv")],
    "sheet": [WORKBOOK, CSV, TAGS],
    "rss": [(FIXTURES / "feeds" / name).read_bytes() for name in ("feed.rss", "feed.atom")],
}
POISON = [b"", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b'"', b"\n", b"\r", b",", b";;", b"<", b">", b"&", b"]]>",
          b"<!--", b"{", b"[" * 500, b"null", b"1e999", b"NaN", b"-1", b"9" * 50, b'"\\ud800"', b"9999-12-31",
          b"0001-01-01", "\u202e\u0301٣".encode(), b"<!DOCTYPE x [<!ENTITY a 'b'>]>", b"<script>", b"#loc",
          b"PK\x03\x04",
          *(flood.encode() * 3000 for flood in (" ", "<br ", "(travelers", "пропуск легкових", "відкрит", "#a+", "5-",
                                                "commercial ", "\n", ",", ";;"))]  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn, seeds: list[bytes]) -> bytes:
    """A good body with pieces of it cut out, doubled, moved or replaced by what has done harm elsewhere."""
    body = draw(st.sampled_from(seeds))
    for _ in range(draw(st.integers(1, 6))):
        start, end = sorted((draw(st.integers(0, len(body))), draw(st.integers(0, len(body)))))
        end = min(end, start + draw(st.sampled_from([0, 1, 3, 20, 400])))
        piece = draw(st.one_of(st.sampled_from(POISON), st.binary(max_size=12), st.just(body[start:end] * 2)))
        body = body[:start] + piece + body[end:]
    return body


@st.composite
def mutated_workbook(draw: st.DrawFn) -> bytes:
    """A workbook of which one part is broken, not the zip around it."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(WORKBOOK)) as old, zipfile.ZipFile(out, "w") as new:
        broken = draw(st.sampled_from(old.namelist()))
        for name in old.namelist():
            new.writestr(name, draw(mutated([old.read(name)])) if name == broken else old.read(name))
    return out.getvalue()


def bodies(name: str) -> st.SearchStrategy[bytes]:
    others = [seed for seeds in SEEDS.values() for seed in seeds]
    own = [mutated(SEEDS[name]), mutated_workbook() if name == "sheet" else mutated(SEEDS[name])]
    return st.one_of(*own, mutated(others), st.binary(max_size=300))


def check_item(item: Item) -> None:
    assert isinstance(item.at, str) and item.at
    assert all(isinstance(fault, Fault) and fault.code and fault.detail for fault in item.faults)
    if not item.faults:
        wanted: Any = Entry if item.kind is Kind.ENTRY else object
        assert isinstance(item.kind, Kind)
        assert isinstance(item.data, wanted)


def throw(name: str, body: bytes, context: Context) -> None:
    began = time.process_time()
    try:
        batch = FORMATS[name].parse(body, context)
        for item in batch.items:
            check_item(item)
        for place in batch.places:
            assert place.slug and place.code and place.name
            assert place.sides[0].zone and place.sides[1].zone
        assert batch.reply_at is None or batch.reply_at.tzinfo is not None
    except FeedError as error:
        assert error.code.isidentifier()
        assert 0 < len(error.detail) < 5000
    assert time.process_time() - began < SECONDS


def run(name: str, examples: int) -> None:
    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(body=bodies(name), context=st.sampled_from(CONTEXTS))
    def attempt(body: bytes, context: Context) -> None:
        throw(name, body, context)

    attempt()


def test_every_format_has_something_to_break() -> None:
    assert set(SEEDS) == set(FORMATS)
    for name, seeds in SEEDS.items():
        for seed in seeds:
            assert [item for item in FORMATS[name].parse(seed, CONTEXTS[1]).items if not item.faults], (name, seed[:80])


@pytest.mark.parametrize("name", FORMATS)
def test_any_bytes_are_items_or_a_fault(name: str) -> None:
    run(name, 300 // len(FORMATS))


@pytest.mark.fuzz
@pytest.mark.parametrize("name", FORMATS)
def test_any_bytes_are_items_or_a_fault_for_long(name: str) -> None:
    run(name, 3000)


FLOODS = [b"[", b"{", b'{"a":', b'[{"a":', b"<a>", b"<rss><item>", b'"', b",", b";;", b"\n", b"\r", b"a", b"1,",
          b"#loc,#status\n", b"&", b"<!--", b"-->", b"\x00", b"\xf0\x9f\x98\x80", "\u0301".encode(), b"PK\x03\x04",
          b'{"kind": "report"}\n', b"<br ", b"(travelers", "пропуск легкових".encode(), "відкрит".encode(), b"#a+",
          b" ", b"commercial", b'"\n', b'{},']  # fmt: skip


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("flood", FLOODS, ids=repr)
def test_a_mebibyte_of_one_thing_takes_no_great_time_or_room(name: str, flood: bytes) -> None:
    body = flood * (2**20 // len(flood))
    tracemalloc.start()
    try:
        batch_of_one_thing(name, body)
        assert tracemalloc.get_traced_memory()[1] < MIB * 2**20
    finally:
        tracemalloc.stop()


def batch_of_one_thing(name: str, body: bytes) -> None:
    began = time.process_time()
    try:
        for item in FORMATS[name].parse(body, CONTEXTS[1]).items:
            check_item(item)
    except FeedError as error:
        assert error.code
    # Tracing of memory makes everything some times slower.
    assert time.process_time() - began < 10 * SECONDS
