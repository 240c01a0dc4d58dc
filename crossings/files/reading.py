"""A file as it was sent -> its rows, and those of reports and readings -> items as the partner feed gives them.

Spreadsheets are read by the reader of the feeds, which runs nothing, follows no link and bounds all that it unpacks.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from crossings.domain.faults import Fault
from crossings.feeds import FeedError, Item, Kind
from crossings.feeds.partner_csv import rows as partner_rows
from crossings.feeds.sheet_rows import OLD_EXCEL, ZIP
from crossings.feeds.sheet_rows import rows as sheet_rows
from crossings.feeds.strict import not_larger, text_of
from crossings.feeds.table import csv_rows
from crossings.feeds.xlsx_cells import Cell
from crossings.files.cells import as_meant
from crossings.files.out import OURS

MOST_MIB, MOST_ROWS, MOST_COLUMNS = 8, 10_000, 100
"""Of a CSV; a workbook has the bounds of feeds.sheet_rows."""
NEW_LINE = re.compile(r"\r\n|\r|\n")
LINE = re.compile(r"\d+")


@dataclass(slots=True)
class Table:
    """`rows` by their numbers in the file, each as long as the header; `faults`: cells that cannot be read."""

    header: list[str]
    rows: dict[int, list[str]]
    faults: dict[int, list[Fault]] = field(default_factory=dict)


def table_of(body: bytes) -> Table:
    """Raises FeedError for what concerns the whole file."""
    if body.startswith(OLD_EXCEL):
        raise FeedError("unexpected_content_type", "An old or locked Excel file: save it as .xlsx without a password.")
    found = sheet_rows(body) if body.startswith(ZIP) else _csv(body)
    header = [as_meant(_text(cell)) for cell in next(found, (0, []))[1]]
    table = Table([name.strip().lower() for name in header], {})
    for number, cells in found:
        table.rows[number] = [as_meant(_text(cell)) for cell in cells]
        unread = [(index, cell) for index, cell in enumerate(cells) if isinstance(cell, FeedError)]
        if unread:
            names = table.header
            table.faults[number] = [
                cell.as_fault(f"/{names[index] if index < len(names) else index + 1}") for index, cell in unread
            ]
    return _squared(table)


def _csv(body: bytes) -> Iterator[tuple[int, list[Cell]]]:
    not_larger(body, MOST_MIB)
    first = text_of(body[:2]) if len(body) < 3 else body[:20_000].split(b"\n", 1)[0].decode("utf-8", "ignore")
    mark = max(",;\t", key=first.count)
    for count, (number, cells) in enumerate(csv_rows(body, mark)):
        if count > MOST_ROWS or len(cells) > MOST_COLUMNS:
            detail = f"Line {number}: more than {MOST_ROWS:,} rows or {MOST_COLUMNS} columns: send several files."
            raise FeedError("too_many_items", detail)
        yield number, list(cells)


def _text(cell: Cell) -> str:
    if isinstance(cell, FeedError):
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return cell.isoformat() if isinstance(cell, datetime | date) else str(cell).strip()


def _squared(table: Table) -> Table:
    """Without columns that have neither name nor content, and every row with a cell for each column."""
    width = max([len(table.header), *(len(cells) for cells in table.rows.values())])
    header = [*table.header, *[""] * (width - len(table.header))]
    for number, cells in table.rows.items():
        table.rows[number] = [*cells, *[""] * (width - len(cells))]
    kept = [index for index, name in enumerate(header) if name or any(cells[index] for cells in table.rows.values())]
    twice = sorted({name for name in header if name and header.count(name) > 1})
    if twice:
        raise FeedError("column_twice", f"Two columns are named {', '.join(twice)[:200]}: name each once.")
    if any(not header[index] for index in kept):
        raise FeedError("csv_header_mismatch", "A column has no name: the first row names the columns.")
    table.header = [header[index] for index in kept]
    table.rows = {number: [cells[index] for index in kept] for number, cells in table.rows.items()}
    return table


def items_of(body: bytes) -> Iterator[Item]:
    """The reports and readings of the file, in order, each told by its row. What was taken back where it comes from is
    an item without kind or fault. Raises FeedError.
    """
    table = table_of(body)
    taken_back = table.header.index("retracted") if "retracted" in table.header else None
    kept = [index for index, name in enumerate(table.header) if name not in OURS]
    left = []
    for number, cells in table.rows.items():
        if taken_back is not None and cells[taken_back]:
            yield Item(f"row {number}", None)
        else:
            left.append((number, [cells[index] for index in kept]))
    written, lines = _as_csv([table.header[index] for index in kept], left)
    for item in partner_rows(written):
        yield _numbered(item, lines, table.faults)


def sources_of(body: bytes) -> list[str]:
    """Whom a file that was taken out names as having said it. Raises FeedError."""
    table = table_of(body)
    if "source" not in table.header:
        return []
    column = table.header.index("source")
    return sorted({cells[column] for cells in table.rows.values() if cells[column]})


def _as_csv(header: list[str], rows: Iterable[tuple[int, list[str]]]) -> tuple[bytes, dict[int, int]]:
    """As the partner feed reads it, and the row of the file for each line on which one of its rows ends."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(header)
    line, lines = 1, {}
    for number, cells in rows:
        writer.writerow(cells)
        line += 1 + sum(len(NEW_LINE.findall(cell)) for cell in cells)
        lines[line] = number
    return out.getvalue().encode("utf-8", "replace"), lines


def _numbered(item: Item, lines: dict[int, int], faults: dict[int, list[Fault]]) -> Item:
    numbers = [lines.get(int(each), int(each)) for each in LINE.findall(item.at)]
    at = f"row {numbers[0]}" if len(numbers) == 1 else f"rows {', '.join(map(str, numbers))}"
    unread = [fault for number in numbers for fault in faults.get(number, [])]
    kind = item.kind if item.kind is not None or not item.faults else Kind.REPORT
    return replace(item, at=at, kind=kind, faults=(*item.faults, *unread))
