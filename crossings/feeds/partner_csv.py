"""The partner feed as CSV: one lane or one reading a row, columns named as the fields, dots for nesting.

Rows alike in id, crossing, side, where, basis and time are the lanes of one claim; rows alike in their lane too are
its conditions.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from crossings.domain.faults import Fault
from crossings.feeds.base import FeedError, Item, Kind
from crossings.feeds.partner_cells import Row, check_header, row_of
from crossings.feeds.table import csv_rows

ALIKE = ("id", "crossing", "declared_by", "where", "basis", "effective_at")
MOST_ROWS, MOST_WAITING, MOST_OF_ONE = 1_000_000, 100_000, 1_000
"""Of a file, of claims that still wait for a row, and of one claim."""


def rows(body: bytes) -> Iterator[Item]:
    """The items of the file. Raises FeedError for what concerns all of it, before the first item."""
    columns = check_header(next(csv_rows(body), (0, []))[1])
    last: dict[int, int] = {}
    for count, (number, cells) in enumerate(_cells(body)):
        if count == MOST_ROWS:
            raise FeedError("too_many_items", f"More than {MOST_ROWS:,} rows: send several files.")
        last[hash(_alike(columns, cells))] = number
    return _items(body, columns, last)


def _items(body: bytes, columns: list[str], last: dict[int, int]) -> Iterator[Item]:
    """Each claim as the last of its rows is met, so that only what is unfinished is held."""
    unfinished: dict[tuple[str, ...], list[Row]] = {}
    waiting = 0
    for number, cells in _cells(body):
        row = row_of(columns, number, cells)
        if row.kind is not Kind.REPORT:
            yield Item(f"line {number}", row.kind, row.fields | row.lane, tuple(row.faults))
            continue
        alike = _alike(columns, cells)
        found = unfinished.setdefault(alike, [])
        if len(found) <= MOST_OF_ONE:
            found.append(row)
            waiting += 1
        if last[hash(alike)] == number:
            waiting -= len(found)
            yield _claim(unfinished.pop(alike))
        if waiting > MOST_WAITING:
            detail = f"Line {number}: {waiting:,} rows wait for others of their claims: keep those of a claim together."
            raise FeedError("too_many_items", detail)
    # A row alike that is no claim's, or by a rare chance of hashing, was taken for the last of these.
    yield from map(_claim, unfinished.values())


def _cells(body: bytes) -> Iterator[tuple[int, list[str]]]:
    return islice(csv_rows(body), 1, None)


def _alike(columns: list[str], cells: list[str]) -> tuple[str, ...]:
    given = dict(zip(columns, cells, strict=False))
    return tuple(given.get(name, "") for name in ALIKE)


def _claim(found: list[Row]) -> Item:
    first = found[0]
    if len(found) > MOST_OF_ONE:
        detail = f"More than {MOST_OF_ONE:,} rows from here on are one claim."
        return Item(f"line {first.number}", Kind.REPORT, faults=(Fault("/lanes", "too_many_items", detail),))
    faults = [fault for row in found for fault in row.faults]
    data = dict(first.fields)
    notes = list(dict.fromkeys(row.fields["note"] for row in found if "note" in row.fields))
    if notes:
        data["note"] = "\n".join(notes)
    for row in found[1:]:
        for name in (row.fields.keys() | data.keys()) - {"note"}:
            if row.fields.get(name) != data.get(name):
                detail = f"Lines {first.number} and {row.number} are lanes of one claim but differ in this."
                faults.append(Fault(f"/{name}", "rows_differ", detail))
    lanes: dict[tuple[str, ...], dict[str, Any]] = {}
    for row in found:
        lane = dict(row.lane)
        conditions = lane.pop("conditions", None)
        known = lanes.setdefault(tuple(str(lane.get(name, "")) for name in ("traffic", "to", "state")), lane)
        if conditions is not None:
            more = conditions if isinstance(conditions, list) else [conditions]
            known.setdefault("conditions", []).extend(more)
    at = f"line {first.number}" if len(found) == 1 else f"lines {', '.join(str(row.number) for row in found)}"
    return Item(at, Kind.REPORT, data | {"lanes": list(lanes.values())}, tuple(faults))
