"""Rows out of the spreadsheets that people send: XLSX or CSV, each cell a text, a number, a date or a naive time.

An XLSX file is a zip of XML, so it is measured before it is unpacked; openpyxl refuses entities in it (defusedxml).
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from openpyxl import load_workbook  # type: ignore[import-untyped]

from crossings.feeds.base import FeedError
from crossings.feeds.strict import text_of
from crossings.feeds.table import csv_rows

Cell = str | int | float | bool | date | datetime
Rows = Iterator[tuple[int, list[Cell]]]
ZIP, OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
MOST_BYTES, MOST_INFLATED = 5 * 2**20, 16 * 2**20
MOST_PARTS, MOST_ROWS, MOST_COLUMNS, MOST_CELLS = 500, 5_000, 100, 60_000
MOST_TAGS = {"worksheets/": 240_000, "sharedStrings": 120_000, "workbook.xml": 2_000, "": 20_000}
"""By what stands in the name of a part."""
EXCELS_LAST_ROW = 2**20
SNIFFED = 4096
"""Bytes at the start of a CSV in which the mark between its cells is looked for."""


def rows(body: bytes, name: str = "") -> Rows:
    """The rows that are not empty, with their numbers; `name` is that of the sheet, else the first is read.

    Raises FeedError: feed_too_large, too_many_items, invalid_xlsx, unexpected_content_type and those of csv_rows.
    """
    if len(body) > MOST_BYTES:
        raise FeedError(
            "feed_too_large", f"The file has {len(body) / 2**20:.1f} MiB; at most {MOST_BYTES >> 20} are read."
        )
    if body.startswith(OLD_EXCEL):
        raise FeedError("unexpected_content_type", "An old or locked Excel file: save it as .xlsx without a password.")
    count = total = 0
    for number, cells in _xlsx(body, name) if body.startswith(ZIP) else _csv(body):
        count, total = count + 1, total + len(cells)
        if count > MOST_ROWS or total > MOST_CELLS or len(cells) > MOST_COLUMNS:
            limits = f"{MOST_ROWS} rows, {MOST_COLUMNS} columns or {MOST_CELLS} cells"
            raise FeedError("too_many_items", f"Row {number}: more than {limits}.")
        yield number, cells


def _csv(body: bytes) -> Iterator[tuple[int, list[Any]]]:
    head = text_of(body[:SNIFFED].rsplit(b"\n", 1)[0] if len(body) > SNIFFED else body).split("\n", 2)[:2]
    return csv_rows(body, max(",;\t", key=lambda mark: max(line.count(mark) for line in head)))


def _xlsx(body: bytes, name: str) -> Iterator[tuple[int, list[Any]]]:
    try:
        _measure(body)
        book = load_workbook(io.BytesIO(body), read_only=True, data_only=True, keep_links=False)
        sheet = book[name] if name in book.sheetnames else book.worksheets[0]
        # What the file says of its own size may be wrong, and costs a row of empty cells each where it is too much.
        sheet.reset_dimensions()
        for number, cells in enumerate(sheet.iter_rows(max_row=EXCELS_LAST_ROW), 1):
            values = [_value(cell) for cell in cells[: MOST_COLUMNS + 1]]
            if len(cells) > MOST_COLUMNS or any(value != "" for value in values):
                yield number, values
    except FeedError:
        raise
    except Exception as error:  # a broken workbook fails in as many ways as openpyxl has lines
        raise FeedError("invalid_xlsx", f"The workbook cannot be read: {error!r}"[:300]) from None


def _measure(body: bytes) -> None:
    """openpyxl takes some 4 to 20 microseconds a tag, and keeps each of some parts: tags are counted beforehand."""
    book = zipfile.ZipFile(io.BytesIO(body))
    parts = book.infolist()
    # zipfile never inflates a part beyond what it says of its size.
    inflated = sum(part.file_size for part in parts)
    if len(parts) > MOST_PARTS or inflated > MOST_INFLATED:
        limits = f"at most {MOST_PARTS} and {MOST_INFLATED >> 20} MiB are read"
        raise FeedError("feed_too_large", f"{len(parts)} parts, {inflated >> 20} MiB unpacked; {limits}.")
    for part in parts:
        most = next(tags for name, tags in MOST_TAGS.items() if name in part.filename)
        tags = book.read(part).count(b"<") if part.filename.endswith((".xml", ".rels")) else 0
        if tags > most:
            raise FeedError("too_many_items", f"{part.filename[:100]} has {tags} tags; at most {most} are read.")


def _value(cell: Any) -> Cell:
    """Excel has no dates: midnight in a format without hours is one."""
    value = cell.value
    if isinstance(value, datetime):
        return value if "h" in str(cell.number_format).lower() or value.time() != datetime.min.time() else value.date()
    if value is None or isinstance(value, (bool, int, float, date)):
        return "" if value is None else value
    return " ".join(str(value).split("\x00")).strip()
