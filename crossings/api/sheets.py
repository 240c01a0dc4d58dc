"""CSV for spreadsheets and for HXL tools: its second row holds the hashtags."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable

from crossings.board.wholes import COLUMNS, Cell

STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\x00")


def csv_of(rows: Iterable[list[Cell]]) -> bytes:
    """UTF-8 with a byte order mark, without which Excel takes it for another encoding."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    writer.writerow(COLUMNS.values())
    for row in rows:
        writer.writerow([safe_cell(cell) for cell in row])
    return out.getvalue().encode("utf-8-sig")


def safe_cell(cell: Cell) -> str | float:
    """A text that a spreadsheet would run as a formula gets an apostrophe; numbers stay numbers."""
    if not isinstance(cell, str):
        return "" if cell is None else cell
    # Full-width signs and leading spaces are taken for the real ones by some spreadsheets.
    seen = unicodedata.normalize("NFKC", cell)
    return f"'{cell}" if seen.startswith(STARTS_A_FORMULA) or seen.lstrip().startswith(STARTS_A_FORMULA) else cell
