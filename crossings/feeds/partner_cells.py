"""The cells of a partner's CSV as values of the contract's JSON: columns named as its fields, dots for nesting."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from crossings.domain.faults import Fault
from crossings.feeds.base import FeedError, Kind
from crossings.feeds.strict import loads
from crossings.feeds.table import too_long

CONDITION = ("effect", "who", "goods", "hs", "vehicle", "country", "country_of", "documents", "limit.count",
             "limit.per", "how", "days", "hours", "fee.amount", "fee.currency", "text")  # fmt: skip
LANE = ("traffic", "to", "state", "conditions", *(f"conditions.{part}" for part in CONDITION))
CLAIM = ("declared_by", "one_gate", "effective_at", "precision", "until", "basis", "where", "by", "by_name", "reason",
         "note", "attribution", "url", "visibility", "reported_at")  # fmt: skip
READING = ("side", "measure", "unit", "low", "high", "per", "place", "loaded", "method", "observed_at")
COLUMNS = ("kind", "id", "crossing", *LANE, *CLAIM, *READING)
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


def check_header(names: list[str]) -> list[str]:
    """The columns' names as those of fields. Raises FeedError: csv_header_mismatch."""
    columns = [re.sub(r"^lanes?\.", "", name.strip().lower()) for name in names]
    strange = [name for name, column in zip(names, columns, strict=True) if column not in COLUMNS]
    if (
        "crossing" not in columns
        or strange
        or len(columns) > len(COLUMNS)
        or not {"state", "measure", "kind"} & set(columns)
    ):
        got = ", ".join(strange[:5] or names[:5])[:200]
        raise FeedError(
            "csv_header_mismatch",
            "Expected columns named as the fields and parted by commas, such as crossing,effective_at,traffic,to,state"
            f" or crossing,observed_at,measure,unit,low,high; got {got}.",
        )
    return columns


def row_of(columns: list[str], number: int, cells: list[str]) -> Row:
    given: dict[str, str] = {}
    row = Row(number, Kind.REPORT)
    for column, cell in zip(columns, cells, strict=False):
        fault = too_long(cell, f"/{column}")
        if fault is not None:
            row.faults.append(fault)
        elif cell and column in given:
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
        return [part.strip() for part in re.split(r"[-–;|,]", cell)]
    return cell
