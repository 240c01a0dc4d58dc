"""Spreadsheets that people send: XLSX and CSV, tagged or mapped, and those that would harm."""

from __future__ import annotations

import io
import time
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook  # type: ignore[import-untyped]

from crossings import ingest
from crossings.feeds import FORMATS, Context, FeedError, Item, Kind
from crossings.management.commands.ingest import make_source as make_source_for
from crossings.models import Crossing, Reading
from tests.factories import make_crossing, utc
from tests.workbooks import END, MAIN, SHEET, rewritten, xlsx

Json = dict[str, Any]
at = datetime.fromisoformat
NOW = utc("2023-02-25 12:00")
TAGGED = [
    ["Border post", "Date", "Traffic", "Status", "Who may", "Side", "Trucks", "Remarks", "Heard from"],
    ["#loc+name", "#date+start", "#modality+traffic", "#status", "#access+who", "#country+side",
     "#indicator+trucks+num", "#description", "#meta+source"],
]  # fmt: skip
ROW = ["Torkham", at("2023-02-19 17:30"), "cargo", "closed", "", "PK", 1400, "Talks go on.", "a broker"]


def table(*rows: list[Any], mark: str = ",") -> bytes:
    return "\n".join(mark.join("" if cell is None else str(cell) for cell in row) for row in rows).encode()


def read(body: bytes, **options: Any) -> list[Item]:
    return list(FORMATS["sheet"].parse(body, Context(NOW, {"timezone": "Asia/Karachi", **options})).items)


def only(body: bytes, **options: Any) -> Json:
    """The one claim of the sheet."""
    [item] = [item for item in read(body, **options) if item.kind is Kind.REPORT]
    assert not item.faults, item.faults
    return item.data


def faults(items: list[Item]) -> list[tuple[str, str, str]]:
    return [(item.at, fault.pointer, fault.code) for item in items for fault in item.faults]


def code_of(body: bytes, **options: Any) -> str:
    began = time.process_time()
    with pytest.raises(FeedError) as caught:
        read(body, **options)
    assert time.process_time() - began < 3
    return caught.value.code


CLAIM = {
    "crossing": "Torkham",
    "effective_at": "2023-02-19T12:30:00Z",
    "declared_by": "PK",
    "note": "Talks go on.",
    "attribution": "a broker",
    "lanes": [{"traffic": "cargo", "state": "closed"}],
}
COUNT = {
    "crossing": "Torkham", "side": "PK", "traffic": "cargo", "measure": "waiting", "unit": "trucks", "low": 1400,
    "high": 1400, "observed_at": "2023-02-19T12:30:00Z", "attribution": "a broker", "note": "Talks go on.",
}  # fmt: skip


def test_a_tagged_workbook_is_claims_and_counts() -> None:
    items = read(xlsx(*TAGGED, ROW))
    assert [(item.at, item.kind, item.data) for item in items] == [
        ("row 3", Kind.REPORT, CLAIM), ("row 3", Kind.READING, COUNT),
    ]  # fmt: skip


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_a_tagged_csv_is_the_same(mark: str) -> None:
    items = read(b"\xef\xbb\xbf" + table(*TAGGED, ROW, mark=mark))
    assert [item.data for item in items] == [CLAIM, COUNT]


def test_marks_within_the_cells_are_not_taken_for_those_between_them() -> None:
    row = [*ROW[:7], "one; two; three; four; five; six; seven; eight; nine; ten; eleven", ROW[8]]
    assert only(table(*TAGGED, row))["note"] == row[7]
    note = "one, two, three, four, five, six, seven, eight, nine, ten, eleven"
    quoted = [*ROW[:7], f'"{note}"', ROW[8]]
    assert only(table(["Posts, of the day"], *TAGGED, quoted, mark=";"))["note"] == note


COLUMNS = {"Border post": "crossing", "Date": "effective_at", "TRAFFIC": "traffic", "status": "state",
           "Side": "declared_by", "Trucks": "trucks", "Remarks": "note", "Heard  from": "attribution"}  # fmt: skip


def test_columns_mapped_once_for_a_source_are_the_same() -> None:
    items = read(xlsx(["List of the day"], [], TAGGED[0], ROW), columns=COLUMNS)
    assert [item.data for item in items] == [CLAIM, COUNT]
    assert {item.at for item in items} == {"row 4"}


def test_columns_named_as_our_fields_need_no_map() -> None:
    body = table(["Crossing", "effective_at", "state", "other"], ["torkham", "2023-02-19T05:00:00Z", "open", "x"])
    assert only(body) == {
        "crossing": "torkham", "effective_at": "2023-02-19T05:00:00Z", "lanes": [{"state": "open"}],
    }  # fmt: skip


def test_rows_alike_are_the_lanes_of_one_claim() -> None:
    rows = [
        ["Torkham", at("2023-02-19 17:30"), "cargo", "closed", "", "PK", "", "Talks.", ""],
        ["Torkham", at("2023-02-19 17:30"), "people", "restricted", "patients", "PK", "", "Talks.", ""],
        ["Torkham", at("2023-02-19 17:30"), "people", "restricted", "families", "PK", "", "Talks.", ""],
        ["Torkham", at("2023-02-20 17:30"), "cargo", "open", "", "PK", "", "Talks.", ""],
    ]
    first, second = read(xlsx(*TAGGED, *rows))
    assert (first.at, second.at) == ("rows 3, 4, 5", "row 6")
    assert first.data["lanes"] == [
        {"traffic": "cargo", "state": "closed"},
        {"traffic": "people", "state": "restricted", "conditions": [{"text": "patients"}, {"text": "families"}]},
    ]


def test_lanes_of_one_claim_that_differ_in_more_are_refused() -> None:
    other = [*ROW[:2], "people", *ROW[3:7], "Another word.", ROW[8]]
    assert ("rows 3, 4", "/note", "rows_differ") in faults(read(xlsx(*TAGGED, ROW, other)))


def test_a_date_without_a_time_is_a_day() -> None:
    for cell, formats in ((date(2023, 2, 19), {}), ("2023-02-19", {}), (at("2023-02-19"), {"B3": "dd/mm/yyyy"})):
        claim = only(xlsx(*TAGGED, [ROW[0], cell, *ROW[2:]], formats=formats))
        assert (claim["effective_at"], claim["precision"]) == ("2023-02-19", "day")
    midnight = only(xlsx(*TAGGED, [ROW[0], at("2023-02-19"), *ROW[2:]], formats={"B3": "yyyy-mm-dd hh:mm"}))
    assert (midnight["effective_at"], "precision" in midnight) == ("2023-02-18T19:00:00Z", False)
    assert only(xlsx(*TAGGED, [ROW[0], "2023-02", *ROW[2:]]))["precision"] == "month"


@pytest.mark.parametrize("cell", ["20230219", "2023-W07-7", "2023W077", "2023-02-19"])
def test_a_day_in_any_way_of_iso_8601_is_a_day_and_no_midnight(cell: str) -> None:
    claim = only(table(*TAGGED, [ROW[0], cell, *ROW[2:]]))
    assert (claim["effective_at"], claim["precision"]) == ("2023-02-19", "day")


@pytest.mark.parametrize("cell", ["2023-W07", "2023W07", "20231", "20230230", "2023-W60-1", "2023-050", "1676764800"])
def test_what_is_no_day_becomes_none(cell: str) -> None:
    assert ("row 3", "/effective_at", "invalid_timestamp") in faults(read(table(*TAGGED, [ROW[0], cell, *ROW[2:]])))


def test_dates_written_as_text_are_read_as_the_source_writes_them() -> None:
    body = table(*TAGGED, [ROW[0], "19.02.2023 17:30", *ROW[2:]])
    assert only(body, date_format="%d.%m.%Y %H:%M") == CLAIM
    assert (
        only(table(*TAGGED, [ROW[0], "19/02/2023", *ROW[2:]]), date_format="%d/%m/%Y")["effective_at"] == "2023-02-19"
    )
    assert [code for _, _, code in faults(read(body))] == ["invalid_timestamp"] * 2


def test_a_time_with_its_zone_needs_no_setting() -> None:
    body = table(*TAGGED, [ROW[0], "2023-02-19T17:30:00+05:00", *ROW[2:]])
    assert only(body, timezone="") == CLAIM
    naive = xlsx(*TAGGED, ROW)
    assert faults(read(naive, timezone=""))[0] == ("row 3", "/effective_at", "timezone_required")


def test_a_time_that_comes_twice_is_refused() -> None:
    body = xlsx(*TAGGED, [ROW[0], at("2023-10-29 03:30"), *ROW[2:]])
    assert faults(read(body, timezone="Europe/Kyiv"))[0] == ("row 3", "/effective_at", "ambiguous_local_time")


def test_words_of_the_source_and_what_no_column_says() -> None:
    body = table(["Paso", "Fecha", "Estado"], ["torkham", "2023-02-19", "Cerrado"])
    columns = {"Paso": "crossing", "Fecha": "effective_at", "Estado": "state"}
    claim = only(body, columns=columns, words={"cerrado": "closed"}, defaults={"traffic": "cargo", "declared_by": "PK"})
    assert claim["declared_by"] == "PK"
    assert claim["lanes"] == [{"traffic": "cargo", "state": "closed"}]


COUNTS = [(5, (5, 5)), (5.0, (5, 5)), ("1,400", (1400, 1400)), ("6 000", (6000, 6000)), ("4000-5000", (4000, 5000)),
          ("4,000 – 5,000", (4000, 5000))]  # fmt: skip


@pytest.mark.parametrize(("cell", "meant"), COUNTS)
def test_counts_are_numbers_or_ranges(cell: Any, meant: tuple[int, int]) -> None:
    [count] = [item.data for item in read(xlsx(*TAGGED, [*ROW[:6], cell, *ROW[7:]])) if item.kind is Kind.READING]
    assert (count["low"], count["high"]) == meant


@pytest.mark.parametrize("cell", ["many", "-5", 1.5, True, "9" * 5000, 1e300])
def test_a_count_that_is_none_is_named_and_the_claim_is_kept(cell: Any) -> None:
    items = read(xlsx(*TAGGED, [*ROW[:6], cell, *ROW[7:]]))
    assert faults(items) == [("row 3", "/trucks", "invalid_count")]
    assert [item.data for item in items if not item.faults] == [CLAIM]


def test_a_row_with_a_count_alone_makes_no_claim() -> None:
    body = table(["#loc", "#date", "#indicator+people"], ["Torkham", "2023-02-19", "600"])
    [item] = read(body)
    assert (item.kind, item.data["unit"], item.data["precision"], item.data["traffic"]) == (
        Kind.READING, "people", "day", None,
    )  # fmt: skip


def test_formulas_are_what_they_came_to_and_never_run() -> None:
    formula = ROW.copy()
    formula[7] = '=HYPERLINK("http://example.org","x")'
    assert "note" not in only(xlsx(*TAGGED, formula))
    assert only(table(*TAGGED, [*ROW[:7], "=1+1", ROW[8]]))["note"] == "=1+1"


def test_a_sheet_is_found_by_its_name() -> None:
    book = Workbook()
    book.active.append(["Cover"])
    second = book.create_sheet("Status")
    for row in (*TAGGED, ROW):
        second.append(row)
    out = io.BytesIO()
    book.save(out)
    assert only(out.getvalue(), sheet="Status") == CLAIM
    assert code_of(out.getvalue()) == "csv_header_mismatch"


GOOD = xlsx(*TAGGED, ROW)
STYLES = b'<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><cellXfs>'
TAG_ROW = b"<row>%s</row>" % b"".join(b'<c t="inlineStr"><is><t>%s</t></is></c>' % tag for tag in (b"#loc", b"#status"))
REFUSED = {
    "nothing": (b"", "empty_body"),
    "a page": (b"<html>", "unexpected_content_type"),
    "an old workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "unexpected_content_type"),
    "no tags": (xlsx(["Border", "Status"], ["Torkham", "open"]), "csv_header_mismatch"),
    "an unclosed quote": (table(*TAGGED) + b'\n"' + b"x" * 10**6, "csv_field_too_large"),
    "another encoding": (table(*TAGGED) + b"\ncaf\xe9", "bad_encoding"),
    "too large": (b"a," * (3 * 2**20), "feed_too_large"),
    "half a workbook": (GOOD[: len(GOOD) // 2], "invalid_xlsx"),
    "no workbook": (rewritten(GOOD, "xl/workbook.xml", b"<x/>"), "invalid_xlsx"),
    "a bomb": (rewritten(GOOD, SHEET, b"\0" * 200 * 2**20), "feed_too_large"),
    "entities": (
        rewritten(GOOD, SHEET, b'<!DOCTYPE x [<!ENTITY a "b">]>' + MAIN + END),
        "invalid_xlsx",
    ),
    "rows without end": (table(*TAGGED, *[ROW] * 5_001), "too_many_items"),
    "styles without end": (rewritten(GOOD, "xl/styles.xml", STYLES + b"<xf/>" * 800_000), "too_many_items"),
    "sheets without end": (rewritten(GOOD, "xl/workbook.xml", b"<workbook>" + b"<sheet/>" * 100_000), "too_many_items"),
    "empty rows without end": (rewritten(GOOD, SHEET, MAIN + b"<row/>" * 2_000_000 + END), "too_many_items"),
    "cells without end": (
        rewritten(GOOD, SHEET, MAIN + TAG_ROW + (b"<row>" + b"<c><v>1</v></c>" * 90 + b"</row>") * 9000 + END),
        "too_many_items",
    ),
    "filled cells without end": (table(["#loc", "#status"], *[["x"] * 90] * 1000), "too_many_items"),
    "columns without end": (
        rewritten(GOOD, SHEET, MAIN + b'<row r="1"><c r="XFD1"><v>1</v></c></row>' + END),
        "too_many_items",
    ),
    "a row far below": (
        rewritten(GOOD, SHEET, MAIN + b'<row r="999999999"><c r="A999999999"><v>1</v></c></row>' + END),
        "csv_header_mismatch",
    ),
}


@pytest.mark.parametrize(("body", "code"), REFUSED.values(), ids=REFUSED)
def test_a_file_that_is_none_or_would_harm_is_refused_at_once(body: bytes, code: str) -> None:
    assert code_of(body) == code


@pytest.mark.parametrize(
    "options",
    [
        {"timezone": "Mars/Olympus"},
        {"timezone": "../../etc/passwd"},
        {"defaults": {"stat": "open"}},
        {"defaults": {"trucks": 5}},
        {"words": ["x"]},
        {"defaults": {"effective_at": "never"}},
    ],
)
def test_a_source_set_up_wrongly_is_told_so(options: Json) -> None:
    assert code_of(GOOD, **options) in ("invalid_option", "invalid_timestamp")
    assert code_of(GOOD, columns={"Border post": "crosing"}) == "csv_header_mismatch"


def test_a_large_sheet_is_read_in_time() -> None:
    rows = [[f"Crossing {n}", at("2023-02-19") + timedelta(minutes=n), *ROW[2:]] for n in range(4500)]
    body = xlsx(*TAGGED, *rows)
    began = time.process_time()
    assert len(read(body)) == 9_000
    assert time.process_time() - began < 5


@pytest.mark.django_db
def test_a_sheet_goes_through_the_ledger_once(tmp_path: Path) -> None:
    make_crossing()
    source = make_source_for("broker", FORMATS["sheet"])
    source.options = {"timezone": "Asia/Karachi"}
    source.save()
    path = tmp_path / "list.xlsx"
    outcomes = []
    for more in ([], [["Nowhere", at("2023-02-19 17:30"), "cargo", "open"]]):
        path.write_bytes(xlsx(*TAGGED, ROW, *more))
        outcomes.append(ingest.ingest_file(source, path, lambda: NOW).counts)
    assert outcomes == [{"recorded": 2}, {"same": 2, "refused": 1}]
    assert Reading.objects.get().low == 1400
    lanes = Crossing.objects.get().current.status["lanes"]
    assert {lane["gates"]["PK"] for lane in lanes if lane["traffic"] == "cargo"} == {"closed"}
