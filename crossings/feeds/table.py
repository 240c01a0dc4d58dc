"""CSV as bytes -> rows of cells with the numbers of their lines; what concerns the whole file is a FeedError."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from crossings.feeds.base import FeedError
from crossings.feeds.strict import MARK, not_utf8


def csv_rows(body: bytes, delimiter: str = ",") -> Iterator[tuple[int, list[str]]]:
    """The rows that are not empty, each with the number of the line on which it ends.

    Raises FeedError: empty_body, unexpected_content_type, bad_encoding, csv_field_too_large, invalid_csv.
    """
    start = body[:200].removeprefix(MARK).lstrip()
    if not start and not body.removeprefix(MARK).strip():
        raise FeedError("empty_body", f"The feed was empty ({len(body)} bytes).")
    if start[:1] in (b"<", b"{"):
        raise FeedError("unexpected_content_type", "Got a web page, XML or JSON where CSV was expected.")
    text = io.TextIOWrapper(io.BytesIO(body), encoding="utf-8-sig", newline="")
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, [cell.strip() for cell in cells]
    except UnicodeDecodeError as error:
        raise not_utf8(error) from None
    except csv.Error as error:
        code = "csv_field_too_large" if "field limit" in str(error) else "invalid_csv"
        raise FeedError(code, f"Line {reader.line_num}: {error}.") from None
