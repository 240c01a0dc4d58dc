"""The partner feed as CSV: one lane or one reading a row, columns named as the fields, dots for nesting.

Rows alike in id, crossing, side, where, basis and time are the lanes of one claim; rows alike in their lane too are
its conditions.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from crossings.domain.faults import Fault
from crossings.feeds.base import FeedError, Item, Kind
from crossings.feeds.strict import loads, not_utf8

CONDITION = ("effect", "who", "goods", "hs", "vehicle", "country", "country_of", "documents", "limit.count",
             "limit.per", "how", "days", "hours", "fee.amount", "fee.currency", "text")  # fmt: skip
LANE = ("traffic", "to", "state", "conditions", *(f"conditions.{part}" for part in CONDITION))
CLAIM = ("declared_by", "one_gate", "effective_at", "precision", "until", "basis", "where", "by", "by_name", "reason",
         "note", "attribution", "url", "visibility", "reported_at")  # fmt: skip
READING = ("side", "measure", "unit", "low", "high", "per", "place", "loaded", "method", "observed_at")
COLUMNS = ("kind", "id", "crossing", *LANE, *CLAIM, *READING)
ALIKE = ("id", "crossing", "declared_by", "where", "basis", "effective_at")
NUMBERS = {"low", "high", "count", "amount"}
FLAGS = {"one_gate", "loaded"}
LISTS = {"who", "goods", "hs", "vehicle", "documents", "days"}
WORDS_FOR_FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(slots=True)
class Row:
    number: int
    kind: Kind | None
    fields: dict[str, Any] = field(default_factory=dict)
    lane: dict[str, Any] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


def rows(body: bytes) -> Iterator[Item]:
    """The items of the file. Raises FeedError for what concerns all of it, before the first item."""
    columns = _header(body)
    last: dict[tuple[str, ...], int] = {}
    for number, cells in _cells(body):
        last[_alike(columns, number, cells)] = number
    return _items(body, columns, last)


def _items(body: bytes, columns: list[str], last: dict[tuple[str, ...], int]) -> Iterator[Item]:
    """Each claim as the last of its rows is met, so that only what is unfinished is held."""
    unfinished: dict[tuple[str, ...], list[Row]] = {}
    for number, cells in _cells(body):
        row = _row(columns, number, cells)
        if row.kind is not Kind.REPORT:
            yield Item(f"line {number}", row.kind, row.fields | row.lane, tuple(row.faults))
            continue
        alike = _alike(columns, number, cells)
        unfinished.setdefault(alike, []).append(row)
        if last[alike] == number:
            yield _claim(unfinished.pop(alike))


def _cells(body: bytes) -> Iterator[tuple[int, list[str]]]:
    """The rows under the header that are not empty, each with the number of the line on which it ends."""
    reader = csv.reader(io.TextIOWrapper(io.BytesIO(body), encoding="utf-8-sig", newline=""), strict=True)
    try:
        for index, cells in enumerate(reader):
            if index and any(cell.strip() for cell in cells):
                yield reader.line_num, [cell.strip() for cell in cells]
    except UnicodeDecodeError as error:
        raise not_utf8(error) from None
    except csv.Error as error:
        code = "csv_field_too_large" if "field limit" in str(error) else "invalid_csv"
        raise FeedError(code, f"Line {reader.line_num}: {error}.") from None


def _header(body: bytes) -> list[str]:
    line = body.split(b"\n", 1)[0][:10_000]
    try:
        names = next(csv.reader([line.decode("utf-8-sig").rstrip("\r")], strict=True), [])
    except UnicodeDecodeError as error:
        raise not_utf8(error) from None
    except csv.Error as error:
        raise FeedError("csv_header_mismatch", f"The header cannot be read: {error}.") from None
    columns = [re.sub(r"^lanes?\.", "", name.strip().lower()) for name in names]
    strange = [name for name, column in zip(names, columns, strict=True) if column not in COLUMNS]
    if "crossing" not in columns or strange or not {"state", "measure", "kind"} & set(columns):
        got = ", ".join(strange[:5] or names[:5])[:200]
        raise FeedError(
            "csv_header_mismatch",
            "Expected columns named as the fields and parted by commas, such as crossing,effective_at,traffic,to,state"
            f" or crossing,observed_at,measure,unit,low,high; got {got}.",
        )
    return columns


def _alike(columns: list[str], number: int, cells: list[str]) -> tuple[str, ...]:
    given = dict(zip(columns, cells, strict=False))
    return tuple(given.get(name, "") for name in ALIKE)


def _row(columns: list[str], number: int, cells: list[str]) -> Row:
    given: dict[str, str] = {}
    row = Row(number, Kind.REPORT)
    for column, cell in zip(columns, cells, strict=False):
        if cell and column in given:
            row.faults.append(Fault(f"/{column}", "column_twice", "Two columns give this field."))
        elif cell:
            given[column] = cell
    if len(cells) != len(columns):
        detail = f"The header has {len(columns)} columns and this row {len(cells)}."
        row.faults.append(Fault("", "csv_row_mismatch", detail))
    kind = given.pop("kind", "reading" if "measure" in given else "report").lower()
    if kind not in (Kind.REPORT, Kind.READING, Kind.RETRACTION):
        row.kind = None
        row.faults.append(Fault("/kind", "unknown_word", f"Not one of: {', '.join(Kind)}."))
        return row
    row.kind = Kind(kind)
    for column, cell in given.items():
        _put(row.lane if column in LANE else row.fields, column, cell, row.faults)
    return row


def _put(target: dict[str, Any], column: str, cell: str, faults: list[Fault]) -> None:
    *path, name = column.split(".")
    for part in path:
        target = target.setdefault(part, {})
        if not isinstance(target, dict):
            faults.append(Fault(f"/{column}", "column_twice", "Two columns give this field."))
            return
    if name in target:
        faults.append(Fault(f"/{column}", "column_twice", "Two columns give this field."))
        return
    try:
        target[name] = loads(cell.encode()) if name == "conditions" else _value(name, cell)
    except FeedError as error:
        faults.append(error.as_fault(f"/{column}"))


def _value(name: str, cell: str) -> Any:
    """As the contract's JSON would have it; what does not fit stays a text, for the reader of fields to refuse."""
    if name in NUMBERS and re.fullmatch(r"-?\d{1,12}", cell, re.ASCII):
        return int(cell)
    if name in FLAGS:
        return WORDS_FOR_FLAGS.get(cell.lower(), cell)
    if name in LISTS:
        return re.split(r"[;|,\s]+", cell)
    if name == "hours":
        return re.split(r"\s*[-–;|,]\s*", cell)
    return cell


def _claim(found: list[Row]) -> Item:
    first = found[0]
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
            known["conditions"] = [*known.get("conditions", []), *more]
    at = f"line {first.number}" if len(found) == 1 else f"lines {', '.join(str(row.number) for row in found)}"
    return Item(at, Kind.REPORT, data | {"lanes": list(lanes.values())}, tuple(faults))
