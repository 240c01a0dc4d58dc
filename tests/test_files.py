"""What goes out as a file never runs, comes in as it was, and is read or refused with a word that helps."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from collections.abc import Iterator

import pytest
from openpyxl import load_workbook  # type: ignore[import-untyped]

from crossings.feeds import FeedError, Kind
from crossings.files.cells import as_meant, disarmed, in_csv, runs
from crossings.files.reading import items_of, table_of
from crossings.files.writing import csv_pieces, xlsx_file
from tests.workbooks import parts_of, rewritten, xlsx, zipped

RUNS = [
    "=1+1",
    "+cmd",
    "-1+1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    ' "=1"',
    "'=1",
    "＝1+1",
    "\u200e=1",
    "|calc",
    "''@x",
    "-",
    "+93 7x",
]
RESTS = ["", "-12.5", "+7", "12", "it's", "'quoted'", "a=b", "گمرک", "Torkham – closed", "'", "a@b"]


@pytest.mark.parametrize("text", RUNS)
def test_a_text_that_a_spreadsheet_would_run_is_disarmed(text):
    assert runs(text) and disarmed(text).startswith("'") and as_meant(disarmed(text)) == text


@pytest.mark.parametrize("text", RESTS)
def test_all_other_texts_and_numbers_stay_as_they_are(text):
    assert disarmed(text) == text and as_meant(text) == text


def test_numbers_stay_numbers_in_csv():
    assert [in_csv(each) for each in (-12.5, 3, True, None, "-12.5")] == ["-12.5", "3", "true", "", "-12.5"]


def test_what_is_written_as_csv_is_read_as_it_was():
    rows = [
        ["slug", "note"],
        *([f"n{index}", text] for index, text in enumerate([*RUNS, *RESTS]) if text == text.strip()),
    ]
    table = table_of(b"".join(csv_pieces(rows)))
    assert [*table.rows.values()] == rows[1:]


def test_a_workbook_holds_no_formula_and_no_link_and_is_read_as_it_was():
    rows = [
        ["slug", "note"],
        *([f"n{index}", text] for index, text in enumerate(RUNS)),
        ["last", "http://x.org/ #REF! <&> _x0041_"],
    ]
    body = xlsx_file(rows, "crossings").read()
    cells = [each for row in load_workbook(io.BytesIO(body)).active.iter_rows() for each in row]
    assert {each.data_type for each in cells} == {"s"} and not any(each.hyperlink for each in cells)
    assert b"<f>" not in parts_of(body)["xl/worksheets/sheet1.xml"]
    read = dict(table_of(body).rows.values())
    assert read["last"] == "http://x.org/ #REF! <&> _x0041_"
    assert all(read[f"n{index}"] == text.strip() for index, text in enumerate(RUNS))


def test_signs_that_no_workbook_can_hold_are_left_out():
    assert table_of(xlsx_file([["slug"], ["a\x00b\x0bc"]], "x").read()).rows == {2: ["abc"]}


@pytest.mark.fuzz
@pytest.mark.parametrize("write", ["csv", "xlsx"])
def test_100_000_rows_are_written_in_bounded_memory(write):
    count = 100_000

    def rows() -> Iterator[list[str]]:
        for number in range(count):
            yield [f"id-{number}", "torkham", "2023-02-24T05:00:00Z", "cargo", "PK", "closed", "a note of some words"]

    tracemalloc.start()
    if write == "csv":
        size = sum(map(len, csv_pieces(rows())))
    else:
        with xlsx_file(rows(), "reports") as file:
            size = file.seek(0, io.SEEK_END)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size > count and peak < 12 * 2**20, (size, peak)


# Hostile and broken files


HEADER = "id,crossing,effective_at,traffic,to,state,note\n"
ROW = "a,torkham,2023-02-24T05:00:00Z,cargo,PK,closed,{}\n"


def refused(body: bytes) -> str:
    with pytest.raises(FeedError) as error:
        list(items_of(body))
    return error.value.detail


def bomb() -> bytes:
    """A sheet of a few kilobytes that unpacks to 64 MiB."""
    return rewritten(xlsx(["slug"]), "xl/worksheets/sheet1.xml", b"<worksheet>" + b" " * 2**26)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty"),
        (b"\xd0\xcf\x11\xe0old", "save it as .xlsx"),
        (bomb(), "MiB unpacked"),
        (zipped({f"xl/{n}.xml": b"" for n in range(600)}), "parts"),
        (b"PK\x03\x04 and then nothing", "cannot be read"),
        (HEADER.encode() + b"x" * (9 * 2**20), "MiB; at most"),
        ((HEADER + ROW.format("ترخم")).encode("cp1256"), "not UTF-8"),
        ((HEADER + ROW.format("x")).encode("utf-16"), "not UTF-8"),
        (b"id,crossing,crossing,state\n1,a,b,open\n", "Two columns are named crossing"),
        (b"torkham,2023-02-24T05:00:00Z,cargo,closed\n", "Expected columns named as the fields"),
        (b"id,crossing,state,colour\n1,torkham,open,red\n", "got colour"),
        (b"id,crossing,state\n1,torkham,open,more\n", "has no name"),
        (b"<html>", "web page"),
        (("id,crossing,state\n" + "1,torkham,open\n" * 10_001).encode(), "more than 10,000 rows"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_what_would_be_right(body, words):
    assert words in refused(body)


def test_formulas_links_and_macros_in_a_workbook_are_not_looked_at():
    body = xlsx(["id", "crossing", "effective_at", "traffic", "state", "note"],
                ["a", "torkham", "2023-02-24T05:00:00Z", "cargo", "closed", '=HYPERLINK("http://x")'])  # fmt: skip
    parts = {**parts_of(body), "xl/vbaProject.bin": b"macro", "xl/externalLinks/externalLink1.xml": b"<externalLink/>"}
    [item] = items_of(zipped(parts))
    assert item.kind is Kind.REPORT and "note" not in item.data


def test_empty_rows_and_columns_are_passed_over_however_many():
    body = (HEADER + ",,,,,,\n" * 100_000 + ROW.format("x")).encode()
    [item] = items_of(body)
    assert item.data["note"] == "x" and item.at == "row 100002"
    padded = "\n".join(f"{line},,," for line in (HEADER + ROW.format("x")).splitlines()).encode()
    assert [each.at for each in items_of(padded)] == ["row 2"]


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_any_usual_mark_between_cells_is_read_with_text_from_right_to_left_and_notes_of_many_lines(mark):
    text = (HEADER + ROW.format("x")).replace(",", mark).replace("x\n", '"تورخم\nبند دی"\n') + ROW.format("y").replace(
        ",", mark
    ).replace("a", "b", 1)
    first, second = items_of(b"\xef\xbb\xbf" + text.encode())
    assert first.data["note"] == "تورخم\nبند دی"
    assert (first.at, second.at) == ("row 3", "row 4")


def test_a_cell_that_cannot_be_read_is_named_with_its_row_and_column():
    sheet = "xl/worksheets/sheet1.xml"
    body = xlsx(["crossing", "state", "note"], ["torkham", "open", 5])
    broken = parts_of(body)[sheet].replace(b"<v>5</v>", b"<v>5x</v>")
    [item] = items_of(rewritten(body, sheet, broken))
    assert item.at == "row 2" and [fault.pointer for fault in item.faults] == ["/note"]


def test_a_workbook_is_a_zip_and_nothing_of_it_is_written_to_disk(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    body = zipped({**parts_of(xlsx(["slug"], ["a"])), "../../evil.txt": b"x"})
    assert table_of(body).rows == {2: ["a"]} and not list(tmp_path.iterdir())
    assert zipfile.is_zipfile(io.BytesIO(body))
