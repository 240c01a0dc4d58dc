"""Rows out of the spreadsheets that people send: XLSX or CSV, each cell a text, a number, a date or a naive time."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from crossings.feeds.base import FeedError
from crossings.feeds.strict import not_larger, text_of
from crossings.feeds.table import csv_rows
from crossings.feeds.xlsx import xlsx_rows
from crossings.feeds.xlsx_cells import Cell

Rows = Iterator[tuple[int, list[Cell]]]
ZIP, OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
MOST_MIB, MOST_ROWS, MOST_COLUMNS, MOST_CELLS = 5, 5_000, 100, 60_000
SNIFFED, LINES_SNIFFED = 4096, 5
"""Bytes and lines at the start of a CSV in which the mark between its cells is looked for."""
QUOTED = re.compile(r'"[^"]*"')


def rows(body: bytes, name: str = "") -> Rows:
    """The rows that are not empty, with their numbers; `name` is that of the sheet, else the first is read. A cell
    that cannot be read is a FeedError in its place.

    Raises FeedError: feed_too_large, too_many_items, invalid_xlsx, unexpected_content_type and those of csv_rows.
    """
    not_larger(body, MOST_MIB)
    if body.startswith(OLD_EXCEL):
        raise FeedError("unexpected_content_type", "An old or locked Excel file: save it as .xlsx without a password.")
    count = total = 0
    for number, cells in xlsx_rows(body, name, MOST_COLUMNS) if body.startswith(ZIP) else _csv(body):
        count, total = count + 1, total + len(cells)
        if count > MOST_ROWS or total > MOST_CELLS or len(cells) > MOST_COLUMNS:
            limits = f"{MOST_ROWS} rows, {MOST_COLUMNS} columns or {MOST_CELLS} cells"
            raise FeedError("too_many_items", f"Row {number}: more than {limits}.")
        yield number, cells


def _csv(body: bytes) -> Iterator[tuple[int, list[Any]]]:
    head = text_of(body[:SNIFFED].rsplit(b"\n", 1)[0] if len(body) > SNIFFED else body)
    lines = [QUOTED.sub("", line) for line in head.split("\n", LINES_SNIFFED)[:LINES_SNIFFED]]

    def weight(mark: str) -> tuple[int, int]:
        """In how many lines it stands equally often, and how often: within the cells it does not."""
        counts = Counter(count for line in lines if (count := line.count(mark)))
        return max(((times, count) for count, times in counts.items()), default=(0, 0))

    return csv_rows(body, max(",;\t", key=weight))
