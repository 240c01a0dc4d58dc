"""CSV as bytes -> rows of cells with the numbers of their lines; what concerns the whole file is a FeedError."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from crossings.domain.faults import Fault
from crossings.feeds.base import FeedError
from crossings.feeds.strict import MARK, not_utf8

LONGEST_CELL, LONGEST_ROW = 20_000, 2**20
"""In characters. What is longer than a cell may be is looked at no further: its row is refused."""


class _Lines:
    """The lines of a file as csv.reader asks for them, and no more of them than one row may have."""

    def __init__(self, body: bytes) -> None:
        self.text = io.TextIOWrapper(io.BytesIO(body), encoding="utf-8-sig", newline="")
        self.number = self.taken = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self.text.readline(LONGEST_ROW + 1)
        self.number, self.taken = self.number + 1, self.taken + len(line)
        if self.taken > LONGEST_ROW:
            raise FeedError("csv_field_too_large", f"Line {self.number}: a row has at most {LONGEST_ROW:,} characters.")
        if not line:
            raise StopIteration
        return line


def csv_rows(body: bytes, delimiter: str = ",") -> Iterator[tuple[int, list[str]]]:
    """The rows that are not empty, each with the number of the line on which it ends.

    Raises FeedError: empty_body, unexpected_content_type, bad_encoding, csv_field_too_large, invalid_csv.
    """
    start = body[:200].removeprefix(MARK).lstrip()
    if not start and not body.removeprefix(MARK).strip():
        raise FeedError("empty_body", f"The feed was empty ({len(body)} bytes).")
    if start[:1] in (b"<", b"{"):
        raise FeedError("unexpected_content_type", "Got a web page, XML or JSON where CSV was expected.")
    lines = _Lines(body)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            lines.taken = 0
            if any(cell.strip() for cell in cells):
                yield reader.line_num, [cell.strip() for cell in cells]
    except UnicodeDecodeError as error:
        raise not_utf8(error) from None
    except csv.Error as error:
        code = "csv_field_too_large" if "field limit" in str(error) else "invalid_csv"
        raise FeedError(code, f"Line {reader.line_num}: {error}.") from None


def too_long(cell: str, pointer: str) -> Fault | None:
    if len(cell) <= LONGEST_CELL:
        return None
    detail = f"A cell has at most {LONGEST_CELL:,} characters; this one has {len(cell):,}."
    return Fault(pointer, "text_too_long", detail)
