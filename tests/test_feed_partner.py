"""The partner feed in its three shapes, and everything that is thrown at it."""

from __future__ import annotations

import gzip
import json
import time
import tracemalloc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossings.feeds import FORMATS, Context, FeedError, Item, Kind, partner_csv
from crossings.feeds.strict import loads
from tests.factories import claim, reading, utc

CONTEXT = Context(utc("2023-02-25 12:00"))
CLAIM, READING = claim(id="a"), reading(id="b")
TAKEN_BACK = {"id": "a", "reason": "wrong gate"}


def read(body: bytes | str) -> list[Item]:
    raw = body if isinstance(body, bytes) else body.encode()
    return list(FORMATS["partner"].parse(raw, CONTEXT).items)


def ndjson(*objects: Any) -> str:
    return "\n".join(json.dumps(each) for each in objects)


def contents(items: list[Item]) -> list[tuple[Kind | None, Any]]:
    assert not [item.faults for item in items if item.faults]
    return [(item.kind, item.data) for item in items]


EXPECTED = [(Kind.REPORT, CLAIM), (Kind.READING, READING), (Kind.RETRACTION, TAKEN_BACK)]
DOCUMENT = {"reports": [CLAIM], "readings": [READING], "retractions": [TAKEN_BACK]}
LINES = ndjson({"kind": "report", **CLAIM}, {"kind": "reading", **READING}, {"kind": "retraction", **TAKEN_BACK})


@pytest.mark.parametrize(
    "body",
    [
        json.dumps(DOCUMENT),
        json.dumps(DOCUMENT, indent=2),
        "\ufeff" + json.dumps(DOCUMENT),
        "\n \t" + json.dumps(DOCUMENT),
        LINES,
        "\ufeff" + LINES,
        LINES.replace("\n", "\r\n\r\n") + "\r\n",
    ],
)
def test_a_document_and_its_lines_hold_the_same_items(body: str) -> None:
    assert contents(read(body)) == EXPECTED


def test_items_say_where_they_stood() -> None:
    assert [item.at for item in read(json.dumps(DOCUMENT))] == ["/reports/0", "/readings/0", "/retractions/0"]
    assert [item.at for item in read(LINES)] == ["line 1", "line 2", "line 3"]


FILE_FAULTS = [
    (b"", "empty_body", "0 bytes"),
    (b" \n ", "empty_body", "3 bytes"),
    (b'{"reports": [{"id": "a"', "invalid_json", "Line 1, column"),
    (b"{} {}", "invalid_json", "Line 1, column 4"),
    (b'{"reports": [{"low": NaN}]}', "invalid_number", "NaN"),
    (b'{"reports": [{"low": -Infinity}]}', "invalid_number", "Infinity"),
    (b'{"reports": [{"low": 1e999}]}', "invalid_number", "1e999"),
    (b'{"reports": [{"low": ' + b"9" * 5000 + b"}]}", "number_too_long", "5000"),
    (b'{"reports": ' + b"[" * 100_000, "too_deep", "deep"),
    (b'{"reports": [], "reports": []}', "duplicate_key", '"reports"'),
    (b'{"reports": [{"note": "caf\xe9"}]}', "bad_encoding", "Byte 0xe9 at position 26"),
    (json.dumps(DOCUMENT).encode("utf-16"), "bad_encoding", "UTF-8"),
    (json.dumps(DOCUMENT).encode("utf-16-le"), "bad_encoding", "UTF-16"),
    (gzip.compress(b"{}", mtime=0), "bad_encoding", "Byte 0x8b"),
    (b"<!doctype html><title>Log in</title>", "unexpected_content_type", "web page"),
    (b"[]", "schema_mismatch", "reports"),
    (b"{}", "schema_mismatch", "nothing"),
    (b'{"error": "maintenance"}', "schema_mismatch", "error"),
    (b'{"reports": {}}', "schema_mismatch", '"reports" must be a list'),
    (b"a;b;c\n1;2;3\n", "csv_header_mismatch", "a;b;c"),
    (b"crossing;state\ntorkham;open\n", "csv_header_mismatch", "crossing;state"),
    (b"crossing,colour,state\ntorkham,red,open\n", "csv_header_mismatch", "got colour"),
    (b"crossing\ntorkham\n", "csv_header_mismatch", "crossing"),
    (b"torkham,open\n" * 3, "csv_header_mismatch", "got torkham"),
    (b"crossing,state" + b",note" * 1000 + b"\n", "csv_header_mismatch", "crossing"),
    (b'crossing,state\n"torkham,open\n', "invalid_csv", "Line"),
    (b'crossing,state,note\ntorkham,open,"' + b"x" * 10_000_000, "csv_field_too_large", "Line 2"),
    (b"crossing,state\ntorkham,caf\xe9\n", "bad_encoding", "0xe9"),
]


@pytest.mark.parametrize(("body", "code", "words"), FILE_FAULTS)
def test_what_cannot_be_read_at_all_is_named_with_a_code(body: bytes, code: str, words: str) -> None:
    with pytest.raises(FeedError) as error:
        read(body)
    assert error.value.code == code
    assert words in error.value.detail
    assert len(error.value.detail) < 500


LARGE = b'{"reports": [' + b",".join([b"{}"] * (30 * 2**20 // 3)) + b"]}"
TOO_MUCH = [
    (LARGE, "feed_too_large"),
    (LARGE[: 15 * 2**20] + b"{}]}", "too_many_items"),
    (b'{"reports": [{"lanes": [' + b",".join([b"0"] * 2_100_000) + b"]}]}", "too_many_items"),
    (b'{"reports": [' + b"{}," * 40_000 + b'{}], "readings": [' + b"{}," * 10_000 + b"{}]}", "too_many_items"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "code"), TOO_MUCH, ids=["bytes", "brackets", "numbers", "items"])
def test_a_document_too_large_to_be_parsed_whole_is_refused_before_it_is(body: bytes, code: str) -> None:
    began = time.process_time()
    tracemalloc.start()
    try:
        with pytest.raises(FeedError) as error:
            read(body)
        assert tracemalloc.get_traced_memory()[1] < 60 * 2**20
    finally:
        tracemalloc.stop()
    assert (error.value.code, "NDJSON" in error.value.detail or "several" in error.value.detail) == (code, True)
    assert time.process_time() - began < 3


def test_lines_may_be_more_than_a_document_may_hold() -> None:
    line = json.dumps({"kind": "report", **CLAIM, "note": "n" * 2000}).encode() + b"\n"
    body = line * (21 * 2**20 // len(line) + 1)
    tracemalloc.start()
    try:
        items = FORMATS["partner"].parse(body, CONTEXT).items
        assert sum(not item.faults for item in items) == len(body) // len(line)
        assert tracemalloc.get_traced_memory()[1] < 5 * 2**20
    finally:
        tracemalloc.stop()


def test_an_item_of_endless_values_is_refused_alone() -> None:
    flood = {**CLAIM, "lanes": [0] * 30_000}
    for body in (
        json.dumps({"reports": [flood, CLAIM]}),
        ndjson({"kind": "report", **flood}, {"kind": "report", **CLAIM}),
    ):
        items = read(body)
        assert [[fault.code for fault in item.faults] for item in items] == [["too_many_values"], []]


def test_a_line_of_endless_text_is_refused_alone_and_not_parsed() -> None:
    items = read(
        ndjson({"kind": "report", **CLAIM}, {"kind": "report", "note": "x" * 2**20}, {"kind": "report", **CLAIM})
    )
    assert [[fault.code for fault in item.faults] for item in items] == [[], ["item_too_large"], []]


def test_one_broken_line_leaves_the_others() -> None:
    lines = [
        b'{"kind": "report", "id": "tru',
        json.dumps({"kind": "report", **CLAIM}).encode(),
        b'{"kind": "rumour"}',
        b'{"kind": ["report"]}',
        b'{"id": "x"}',
        b"[1]",
        b'{"kind": "report", "note": "caf\xe9"}',
        b"[" * 10_000,
        json.dumps({"kind": "reading", **READING}).encode(),
    ]
    items = read(b"\n".join(lines))
    assert [item.at for item in items if not item.faults] == ["line 2", "line 9"]
    codes = [
        "invalid_json",
        "unknown_word",
        "unknown_word",
        "unknown_word",
        "not_an_object",
        "bad_encoding",
        "too_deep",
    ]
    assert [item.faults[0].code for item in items if item.faults] == codes


def test_a_misspelt_list_is_named_and_the_others_are_taken() -> None:
    items = read(json.dumps({"report": [CLAIM], "readings": [READING]}))
    assert [item.faults[0].pointer for item in items if item.faults] == ["/report"]
    assert [item.data for item in items if not item.faults] == [READING]


def test_rows_alike_are_the_lanes_of_one_claim() -> None:
    items = read(
        "id,crossing,declared_by,effective_at,traffic,to,state,note\n"
        ",torkham,PK,2023-02-24T05:00:00Z,people,AF,restricted,Talks go on.\n"
        ",torkham,AF,2023-02-24T05:00:00Z,people,,open,\n"
        '\n,torkham,PK,2023-02-24T05:00:00Z,cargo,,closed,"Thousands, so they say, wait."\n'
    )
    one, other = contents(items)
    assert one[1] == {"crossing": "torkham", "declared_by": "AF", "effective_at": "2023-02-24T05:00:00Z",
                      "lanes": [{"traffic": "people", "state": "open"}]}  # fmt: skip
    assert other[1]["lanes"] == [
        {"traffic": "people", "to": "AF", "state": "restricted"},
        {"traffic": "cargo", "state": "closed"},
    ]
    assert other[1]["note"] == "Talks go on.\nThousands, so they say, wait."


def test_dots_nest_and_rows_of_one_lane_are_its_conditions() -> None:
    items = read(
        "crossing,effective_at,lanes.traffic,lanes.state,conditions.who,conditions.country,conditions.documents,"
        "conditions.limit.count,conditions.limit.per,conditions.hours,conditions.hs\n"
        "torkham,2023-02-24T05:00:00Z,people,restricted,nationals,PK,,,,,\n"
        "torkham,2023-02-24T05:00:00Z,people,restricted,patients;companions,AF,permit,150,day,08:00-17:00,01-24;30\n"
    )
    [(_, data)] = contents(items)
    assert data["lanes"] == [
        {"traffic": "people", "state": "restricted", "conditions": [
            {"who": ["nationals"], "country": "PK"},
            {"who": ["patients", "companions"], "country": "AF", "documents": ["permit"],
             "limit": {"count": 150, "per": "day"}, "hours": ["08:00", "17:00"], "hs": ["01-24", "30"]}]},
    ]  # fmt: skip


def test_conditions_may_be_given_as_json() -> None:
    items = read(
        "crossing,effective_at,traffic,state,conditions\n"
        'torkham,2023-02-24T05:00:00Z,people,restricted,"[{""who"": [""patients""]}]"\n'
        "torkham,2023-02-24T05:00:00Z,cargo,restricted,nonsense\n"
    )
    assert [fault.pointer for item in items for fault in item.faults] == ["/conditions"]
    items = read(
        "crossing,effective_at,traffic,state,conditions\n"
        'torkham,2023-02-24T05:00:00Z,people,restricted,"[{""who"": [""patients""]}]"\n'
    )
    assert contents(items)[0][1]["lanes"][0]["conditions"] == [{"who": ["patients"]}]


def test_readings_and_retractions_are_rows_too() -> None:
    items = read(
        "kind,id,crossing,side,traffic,measure,unit,low,high,loaded,observed_at,state,reason\n"
        "reading,r1,torkham,PK,cargo,waiting,trucks,1400,1400,yes,2023-02-24T07:00:00Z,,\n"
        "retraction,r0,,,,,,,,,,,counted twice\n"
    )
    assert contents(items) == [
        (Kind.READING, {"id": "r1", "crossing": "torkham", "side": "PK", "traffic": "cargo", "measure": "waiting",
                        "unit": "trucks", "low": 1400, "high": 1400, "loaded": True,
                        "observed_at": "2023-02-24T07:00:00Z"}),
        (Kind.RETRACTION, {"id": "r0", "reason": "counted twice"}),
    ]  # fmt: skip


def test_a_row_is_a_reading_where_it_has_a_measure() -> None:
    items = read("crossing,observed_at,measure,unit,high\ntorkham,2023-02-24T07:00:00Z,waiting,trucks,6000\n")
    assert contents(items)[0][0] is Kind.READING


CSV_FAULTS = [
    ("crossing,state\ntorkham\n", "csv_row_mismatch"),
    ("crossing,state\ntorkham,open,more\n", "csv_row_mismatch"),
    ("kind,crossing,state\nrumour,torkham,open\n", "unknown_word"),
    ("crossing,state,state\ntorkham,open,closed\n", "column_twice"),
    ("crossing,state,lanes.state\ntorkham,open,closed\n", "column_twice"),
    ("crossing,state,conditions,conditions.who\ntorkham,restricted,[],patients\n", "column_twice"),
    ("crossing,traffic,state,reason\ntorkham,cargo,open,strike\ntorkham,people,open,clash\n", "rows_differ"),
    ("crossing,traffic,state,until\ntorkham,cargo,open,2023-02-25\ntorkham,people,open,\n", "rows_differ"),
]


@pytest.mark.parametrize(("body", "code"), CSV_FAULTS)
def test_a_faulty_row_is_named_and_the_others_are_taken(body: str, code: str) -> None:
    columns = body.split("\n")[0].split(",")
    wanted = {"crossing": "wagah", columns[-1] if "state" not in columns else "state": "open"}
    good = ",".join(wanted.pop(column, "") for column in columns)
    items = read(f"{body}{good}\n")
    assert [item.faults[0].code for item in items if item.faults] == [code]
    assert [item.data["crossing"] for item in items if not item.faults] == ["wagah"]


ENDLESS = [b'"a","b', b"a,", b'"a\n",', b'"\r\n"', b" "]


@pytest.mark.parametrize("piece", ENDLESS)
def test_a_row_without_end_is_refused_before_it_fills_the_memory(piece: bytes) -> None:
    body = b"crossing,state,note\ntorkham,open,x\ntorkham," + piece * (20 * 2**20 // len(piece))
    tracemalloc.start()
    try:
        with pytest.raises(FeedError, match=r"csv_field_too_large|invalid_csv"):
            read(body)
        assert tracemalloc.get_traced_memory()[1] < 40 * 2**20
    finally:
        tracemalloc.stop()


def test_a_claim_of_endless_rows_is_refused_alone() -> None:
    rows = "torkham,open,cargo,2023-02-24T05:00:00Z\n" * 1500
    items = read(f"crossing,state,traffic,effective_at\n{rows}wagah,open,cargo,2023-02-24T05:00:00Z\n")
    assert [(item.at, [fault.code for fault in item.faults]) for item in items] == [
        ("line 2", ["too_many_items"]), ("line 1502", []),
    ]  # fmt: skip


def test_claims_whose_rows_lie_far_apart_are_not_all_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partner_csv, "MOST_WAITING", 100)
    rows = [f"gate-{n},open,{traffic}" for traffic in ("cargo", "people") for n in range(101)]
    with pytest.raises(FeedError, match="too_many_items: Line 102: 101 rows"):
        read("\n".join(["crossing,state,traffic", *rows]))
    assert len(read("\n".join(["crossing,state,traffic", *sorted(rows)]))) == 101


def test_a_count_that_is_alike_does_not_swallow_the_claim_before_it() -> None:
    items = read(
        "crossing,state,traffic,measure,unit,low,observed_at\n"
        "torkham,open,cargo,,,,\n"
        "torkham,,cargo,waiting,trucks,5,2023-02-24T05:00:00Z\n"
    )
    assert sorted((item.at, str(item.kind)) for item in items) == [("line 2", "report"), ("line 3", "reading")]


def test_a_hundred_thousand_rows_are_read_in_a_breath_and_not_held() -> None:
    rows = "".join(f"id-{n},torkham,2023-02-24T05:00:00Z,cargo,open\n" for n in range(100_000))
    started = time.process_time()
    items = FORMATS["partner"].parse(f"id,crossing,effective_at,traffic,state\n{rows}".encode(), CONTEXT).items
    assert sum(not item.faults for item in items) == 100_000
    assert time.process_time() - started < 10


ALPHABET = st.sampled_from(
    ["{", "}", "[", "]", '"', ",", ":", "\n", "\r", "1", "-", "e9", "NaN", "kind", "report", "reports", "crossing",
     "state", "measure", "conditions", "conditions.who", "open", "\\ud800", "\\u0000", "\ufeff", " ", "é", "null"]
)  # fmt: skip


@settings(max_examples=300, deadline=1000)
@given(st.one_of(st.binary(max_size=2000), st.lists(ALPHABET, max_size=60).map(lambda parts: "".join(parts).encode())))
@pytest.mark.parametrize("name", sorted(FORMATS))
def test_any_bytes_give_items_or_a_feed_error_in_under_a_second(name: str, body: bytes) -> None:
    try:
        for item in FORMATS[name].parse(body, CONTEXT).items:
            assert item.faults or item.kind
    except FeedError as error:
        assert error.code and error.detail


def test_a_key_given_twice_among_very_many_is_found_quickly() -> None:
    pairs = ",".join(f'"{n}": 0' for n in range(200_000))
    started = time.process_time()
    with pytest.raises(FeedError, match="duplicate_key"):
        loads(f'{{{pairs}, "7": 1}}'.encode())
    assert time.process_time() - started < 5
