"""XLSX workbooks: what a good one says, cells that cannot be read, and workbooks that would harm."""

from __future__ import annotations

import io
import time
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import pytest

from crossings import ingest
from crossings.feeds import FORMATS, Context, FeedError, Item, Kind
from crossings.management.commands.ingest import make_source as make_source_for
from crossings.models import Report
from tests.factories import make_crossing, utc
from tests.workbooks import END, MAIN, NAMESPACE, SHEET, parts_of, renamed, rewritten, xlsx, zipped

NOW = utc("2023-02-25 12:00")
GOOD = xlsx(
    ["#loc", "#date", "#status", "#indicator+trucks"],
    ["Torkham", "2023-02-19T05:00:00Z", "closed", 1400],
)
STYLES, BOOK, LINKS = "xl/styles.xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels"


def read(body: bytes, **options: Any) -> list[Item]:
    return list(FORMATS["sheet"].parse(body, Context(NOW, {"timezone": "Asia/Karachi", **options})).items)


def code_of(body: bytes) -> str:
    """Why it is refused, which takes no great time or room."""
    began = time.process_time()
    tracemalloc.start()
    try:
        with pytest.raises(FeedError) as caught:
            read(body)
        assert tracemalloc.get_traced_memory()[1] < 100 * 2**20
    finally:
        tracemalloc.stop()
    assert time.process_time() - began < 10  # traced, it takes some times longer
    return caught.value.code


def faults(items: list[Item]) -> list[tuple[str, str, str]]:
    return [(item.at, fault.pointer, fault.code) for item in items for fault in item.faults]


def cell(place: str, content: str, kind: str = "inlineStr") -> str:
    inner = f"<is><t>{content}</t></is>" if kind == "inlineStr" else f"<v>{content}</v>"
    return f'<c r="{place}" t="{kind}">{inner}</c>'


def row(number: int, *cells: str) -> str:
    return f'<row r="{number}">{"".join(cells)}</row>'


def good_row(number: int, *more: str) -> str:
    texts = ("Torkham", f"2023-02-1{number}", "closed")
    return row(number, *(cell(f"{column}{number}", text) for column, text in zip("ABC", texts, strict=True)), *more)


TAGGED = {"A": "#loc", "B": "#date", "C": "#status", "D": "#indicator+trucks"}
TAGS = row(1, *(cell(f"{column}1", tag) for column, tag in TAGGED.items()))


def sheet(*rows: str) -> bytes:
    return rewritten(GOOD, SHEET, MAIN + "".join((TAGS, *rows)).encode() + END)


def with_texts(body: bytes, texts: str, name: str = "xl/sharedStrings.xml") -> bytes:
    parts = parts_of(body)
    link = f'<Relationship Type="http://x/sharedStrings" Target="/{name}" Id="texts"/></Relationships>'
    parts[LINKS] = parts[LINKS].replace(b"</Relationships>", link.encode())
    return zipped({**parts, name: f'<sst xmlns="{NAMESPACE}">{texts}</sst>'.encode()})


# One cell that cannot be read


BAD_CELLS = [
    ("n", "abc", "invalid_number"),
    ("n", "NaN", "invalid_number"),
    ("n", "Infinity", "invalid_number"),
    ("n", "1e999", "invalid_number"),
    ("n", "9" * 5000, "invalid_number"),
    ("s", "99999", "invalid_cell"),
    ("s", "-1", "invalid_cell"),
    ("e", "#REF!", "invalid_cell"),
    ("x", "1", "invalid_cell"),
    ("d", "2026-02-30", "invalid_count"),
    ("b", "1", "invalid_count"),
]


@pytest.mark.parametrize(("kind", "content", "code"), BAD_CELLS)
def test_a_count_in_a_cell_that_cannot_be_read_is_named_and_all_else_is_kept(
    kind: str, content: str, code: str
) -> None:
    items = read(sheet(good_row(2), good_row(3, cell("D3", content, kind)), good_row(4)))
    assert faults(items) == [("row 3", "/trucks", code)]
    claims = [item for item in items if item.kind is Kind.REPORT]
    assert [item.data["effective_at"] for item in claims] == ["2023-02-12", "2023-02-13", "2023-02-14"]


BAD_DATES = [
    ('t="d"', "2026-02-30", "invalid_timestamp"),
    ('t="d"', "2026-11-22T24:00:00", "invalid_timestamp"),
    ('t="d"', "2026-11-22T10:00:60", "invalid_timestamp"),
    ('t="str"', "22/11/2026", "invalid_timestamp"),
    ('t="str"', "14:00 CET", "invalid_timestamp"),
    ('t="str"', "1732283333", "invalid_timestamp"),
    ("", "1732283333", "invalid_timestamp"),
    ('s="1"', "1e12", "invalid_timestamp"),
    ('t="e"', "#N/A", "invalid_cell"),
]


@pytest.mark.parametrize(("how", "content", "code"), BAD_DATES)
def test_a_time_in_a_cell_that_cannot_be_read_loses_its_row_alone(how: str, content: str, code: str) -> None:
    styles = f'<styleSheet xmlns="{NAMESPACE}"><cellXfs><xf numFmtId="0"/><xf numFmtId="22"/></cellXfs></styleSheet>'
    bad = row(3, cell("A3", "Torkham"), f'<c r="B3" {how}><v>{content}</v></c>', cell("C3", "open"))
    items = read(rewritten(sheet(good_row(2), bad, good_row(4)), STYLES, styles.encode()))
    assert faults(items) == [("row 3", "/effective_at", code)]
    assert [item.at for item in items if not item.faults] == ["row 2", "row 4"]


def test_a_bad_cell_in_a_column_that_nobody_reads_does_no_harm() -> None:
    items = read(sheet(good_row(2, cell("E2", "abc", "n")), good_row(3, cell("D3", "5", "n"))))
    assert (faults(items), len(items)) == ([], 3)


def test_a_flooded_cell_is_named_and_the_other_rows_are_kept() -> None:
    flood = row(3, cell("A3", "Torkham"), cell("B3", "2023-02-19"), cell("C3", "o" * 30_000))
    items = read(sheet(good_row(2), flood, good_row(4)))
    assert faults(items) == [("row 3", "/state", "text_too_long")]
    assert [item.at for item in items if not item.faults] == ["row 2", "row 4"]


@pytest.mark.django_db
def test_the_good_rows_of_a_workbook_with_a_bad_cell_are_recorded(tmp_path: Path) -> None:
    make_crossing()
    source = make_source_for("broker", FORMATS["sheet"])
    source.options = {"defaults": {"traffic": "cargo", "declared_by": "PK"}}
    source.save()
    (tmp_path / "list.xlsx").write_bytes(sheet(good_row(2), good_row(3, cell("D3", "abc", "n"))))
    done = ingest.ingest_file(source, tmp_path / "list.xlsx", lambda: NOW)
    assert done.counts == {"recorded": 2, "refused": 1}
    assert "row 3 /trucks invalid_number" in done.detail
    assert Report.objects.count() == 2


# What a good one says


def test_shared_texts_are_read_with_their_runs_and_without_their_readings() -> None:
    texts = "".join(f"<si>{text}</si>" for text in (
        "<t>#loc</t>", "<t>#status</t>", "<r><t>Tork</t></r><r><t>ham</t></r><rPh><t>TORU</t></rPh>",
        "<t>clo</t><t>sed</t>", "<t>#description</t>", "<t>one_x000D__x000A_two</t>",
    ))  # fmt: skip
    cells = (row(1, *(cell(f"{c}1", n, "s") for c, n in zip("ABC", "014", strict=True))),
             row(2, *(cell(f"{c}2", n, "s") for c, n in zip("ABC", "235", strict=True))))  # fmt: skip
    body = rewritten(GOOD, SHEET, MAIN + "".join(cells).encode() + END)
    [item] = read(with_texts(body, texts))
    assert (item.data["crossing"], item.data["lanes"]) == ("Torkham", [{"state": "closed"}])
    assert item.data["note"] == "one\r\ntwo"


STRICT = {
    "_rels/.rels": '<Relationships><Relationship Id="a" Type="http://x/officeDocument" Target="/book/w.xml"/>'
    '<Relationship Id="b" Type="http://x/officeDocument" Target="http://x/" TargetMode="External"/></Relationships>',
    "book/_rels/w.xml.rels": '<Relationships><Relationship Id="c" Type="http://x/chartsheet" Target="chart.xml"/>'
    '<Relationship Id="s" Type="http://x/worksheet" Target="../sheets/s.xml"/></Relationships>',
    "book/w.xml": '<workbook xmlns="http://purl.oclc.org/ooxml/spreadsheetml/main" xmlns:r="http://purl.oclc.org/r">'
    '<workbookPr date1904="1"/><sheets><sheet name="Chart" r:id="c"/><sheet name="S" r:id="s"/></sheets></workbook>',
    "sheets/s.xml": "<worksheet><sheetData>"
    "<row><c t='str'><v>#loc</v></c><c t='str'><v>#status</v></c><c t='str'><v>#date</v></c></row>"
    "<row><c t='str'><v>Torkham</v></c><c t='str'><v>open</v></c><c t='d'><v>2023-02-19</v></c></row>"
    "</sheetData></worksheet>",
}  # fmt: skip


def test_a_workbook_of_other_names_and_places_is_read_alike() -> None:
    [item] = read(zipped({name: content.encode() for name, content in STRICT.items()}))
    assert (item.at, item.data["effective_at"], item.data["lanes"]) == ("row 2", "2023-02-19", [{"state": "open"}])


@pytest.mark.parametrize(("mac", "serial"), [(False, 44976.5), (True, 43514.5)])
def test_dates_are_counted_from_the_epoch_of_the_workbook(mac: bool, serial: float) -> None:
    styles = (
        f'<styleSheet xmlns="{NAMESPACE}"><numFmts><numFmt numFmtId="170" formatCode="yyyy\\-mm\\-dd"/></numFmts>'
        '<cellStyleXfs><xf numFmtId="0"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="170"/></cellXfs>'
        '<dxfs><dxf><numFmt numFmtId="170" formatCode="0"/></dxf></dxfs></styleSheet>'
    )
    dated = row(2, cell("A2", "Torkham"), f'<c r="B2" s="1"><v>{serial}</v></c>', cell("C2", "open"))
    body = rewritten(sheet(dated), STYLES, styles.encode())
    parts = parts_of(body)
    parts[BOOK] = parts[BOOK].replace(b"<workbookPr ", b'<workbookPr date1904="1" ') if mac else parts[BOOK]
    [item] = read(zipped(parts))
    assert item.data["effective_at"] == "2023-02-19T07:00:00Z"


def test_cells_far_to_the_right_count_only_where_they_are_filled() -> None:
    assert faults(read(sheet(good_row(2, '<c r="XFD2" s="0"/>')))) == []
    assert code_of(sheet(good_row(2, cell("XFD2", "5", "n")))) == "too_many_items"


# Workbooks that would harm


TEXTS = "<si><t>a</t></si>" * 200_000
HUGE_SHEET = MAIN + b"<row><c/></row>" * 1_000_000 + END
MANY_SHEETS = "".join(f'<sheet name="s{n}" sheetId="{n}" r:id="rId1"/>' for n in range(1, 900))
WORKBOOK = f'<workbook xmlns="{NAMESPACE}" xmlns:r="http://x/relationships"><sheets>{MANY_SHEETS}</sheets></workbook>'
HARMFUL = {
    "cells without end": (rewritten(GOOD, SHEET, HUGE_SHEET), "too_many_items"),
    "in a part of another name": (renamed(rewritten(GOOD, SHEET, HUGE_SHEET), SHEET, "xl/worksheets/s.bin"),
                                  "invalid_xlsx"),
    "in a part of no name at all": (renamed(rewritten(GOOD, SHEET, HUGE_SHEET), SHEET, "xl/worksheets/s"),
                                    "invalid_xlsx"),
    "in a part named as the styles": (renamed(rewritten(GOOD, SHEET, HUGE_SHEET), SHEET, "xl/worksheets/styles.xml"),
                                      "too_many_items"),
    "in a part of great letters": (renamed(rewritten(GOOD, SHEET, HUGE_SHEET), SHEET, "xl/worksheets/S.XML"),
                                   "too_many_items"),
    "texts without end": (with_texts(GOOD, TEXTS), "too_many_items"),
    "texts in a part of another name": (with_texts(GOOD, TEXTS, "xl/texts.bin"), "invalid_xlsx"),
    "texts in a part named as a sheet": (with_texts(GOOD, TEXTS, "xl/worksheets/texts.xml"), "too_many_items"),
    "attributes without end": (
        rewritten(GOOD, SHEET, MAIN + b"<row><c " + b" ".join(b'a%x=""' % n for n in range(10**6)) + b"/></row>" + END),
        "feed_too_large",
    ),
    "a text without end": (sheet(row(2, cell("A2", "x" * 2**21))), "feed_too_large"),
    "squeezed otherwise": (rewritten(GOOD, SHEET, MAIN + END, zipfile.ZIP_LZMA), "invalid_xlsx"),
    "parts without end": (zipped({f"{n}.xml": b"" for n in range(501)}), "feed_too_large"),
    "in UTF-16": (rewritten(GOOD, SHEET, (MAIN + b"<row/>" * 300_000 + END).decode().encode("utf-16")),
                  "too_many_items"),
    "laughs in UTF-16": (rewritten(GOOD, SHEET, ("<!DOCTYPE x [<!ENTITY a 'ha'>]>" + MAIN.decode() + END.decode())
                                   .encode("utf-16")), "invalid_xlsx"),
    "something outside": (rewritten(GOOD, SHEET, b'<!DOCTYPE x SYSTEM "file:///etc/passwd">' + MAIN + END),
                          "invalid_xlsx"),
    "it points to itself": (rewritten(GOOD, "_rels/.rels",
                            b'<a><Relationship Type="/officeDocument" Target="_rels/.rels"/></a>'), "invalid_xlsx"),
}  # fmt: skip


@pytest.mark.parametrize(("body", "code"), HARMFUL.values(), ids=HARMFUL)
def test_a_workbook_that_would_harm_is_refused_at_once(body: bytes, code: str) -> None:
    assert code_of(body) == code


def test_many_sheets_that_are_one_are_read_once() -> None:
    large = MAIN + TAGS.encode() + b"<row><c/></row>" * 59_000 + good_row(2).encode() + END
    parts = {**parts_of(rewritten(GOOD, SHEET, large)), BOOK: WORKBOOK.encode()}
    began = time.process_time()
    assert len(read(zipped(parts))) == 1
    assert time.process_time() - began < 5


def test_a_workbook_that_understates_its_size_is_not_unpacked_beyond_it() -> None:
    body = bytearray(rewritten(GOOD, SHEET, MAIN + b" " * 30 * 2**20 + END))
    real = next(part for part in zipfile.ZipFile(io.BytesIO(body)).infolist() if part.filename == SHEET).file_size
    while (found := body.find(real.to_bytes(4, "little"))) >= 0:
        body[found : found + 4] = (1000).to_bytes(4, "little")
    assert code_of(bytes(body)) == "invalid_xlsx"
