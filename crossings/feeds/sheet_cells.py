"""Cells of a spreadsheet into values of the contract, as their source is set up."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from crossings.domain.claims import stamp
from crossings.domain.faults import Fault
from crossings.domain.fields import MONTH
from crossings.feeds.base import FeedError
from crossings.feeds.clock import instant
from crossings.feeds.sheet_columns import COUNTS, FIELDS, plain
from crossings.feeds.table import too_long
from crossings.feeds.xlsx_cells import Cell

TIMES = ("effective_at", "until", "reported_at")
ISO = re.compile(r"\d{4}-\d\d-\d\d")
DAY = re.compile(r"(\d{4}-\d\d-\d\d|\d{8}|\d{4}-?W\d\d-?\d)\Z", re.ASCII)
"""A day in the ways of ISO 8601."""
WEEK = re.compile(r"\d{4}-?W\d\d\Z", re.ASCII)
LONGEST_WORD = 200
"""Characters of what may be a time, a number or a word of the source."""
RANGE = re.compile(r"(\d{1,9})(?:\s*[-\u2013]\s*(\d{1,9}))?\Z")
FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
Given = dict[str, Any]
Counted = dict[str, tuple[int, int] | Fault]


class Reader:
    """Cells into values of the contract, as the source is set up. Raises FeedError: invalid_option."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self.format = str(options.get("date_format") or "")
        self.zone = _zone(options)
        words, defaults = options.get("words") or {}, options.get("defaults") or {}
        fields = FIELDS - COUNTS
        if not isinstance(words, Mapping) or not isinstance(defaults, Mapping) or set(defaults) - fields:
            detail = f"words and defaults are objects, defaults of {', '.join(sorted(fields))}."
            raise FeedError("invalid_option", detail)
        self.words = {plain(said): str(meant) for said, meant in words.items()}
        self.defaults = {field: self.value(field, str(said)) for field, said in defaults.items()}

    def row(self, columns: list[str], cells: list[Cell]) -> tuple[Given, Counted, list[Fault]]:
        """The fields of a row, its counts by unit, and what is wrong with the fields."""
        given: Given = dict(self.defaults)
        counted: Counted = {}
        faults: list[Fault] = []
        filled: set[str] = set()
        for field, cell in zip(columns, cells, strict=False):
            if not field or cell == "" or field in filled:
                continue
            filled.add(field)
            try:
                _whole_cell(cell)
                if field in COUNTS:
                    counted[field] = _range(cell)
                else:
                    given[field] = self.value(field, cell)
            except FeedError as error:
                if field in COUNTS:
                    counted[field] = error.as_fault(f"/{field}")
                else:
                    faults.append(error.as_fault(f"/{field}"))
        return given, counted, faults

    def value(self, field: str, cell: Cell) -> Any:
        if field in TIMES:
            return self.time(cell, exact=field == "reported_at")
        text = str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
        text = self.words.get(plain(text), text) if len(text) <= LONGEST_WORD else text
        return FLAGS.get(text.lower(), text) if field == "one_gate" else text

    def time(self, cell: Cell, *, exact: bool) -> str:
        """RFC 3339, or a date alone, which stands at local noon where an exact time is needed."""
        if isinstance(cell, str) and len(cell) > LONGEST_WORD:
            raise FeedError("invalid_timestamp", f'"{cell[:40]}…" is no time.')
        if isinstance(cell, str) and self.format and not ISO.match(cell):
            try:
                parsed = datetime.strptime(cell, self.format)  # noqa: DTZ007
            except ValueError:
                raise FeedError("invalid_timestamp", f'"{cell[:40]}" is not written {self.format}.') from None
            if not re.search("%[HIcXs]", self.format):
                return self.time(parsed.date(), exact=exact)
            return self.instant(parsed)
        if isinstance(cell, str):
            return self.written(cell, exact=exact)
        if isinstance(cell, datetime):
            return self.instant(cell.replace(microsecond=0))
        if isinstance(cell, date):
            return self.instant(datetime.combine(cell, time(12))) if exact else cell.isoformat()
        raise FeedError("invalid_timestamp", f"{str(cell)[:40]} is no date: format the cell as one.")

    def written(self, text: str, *, exact: bool) -> str:
        if DAY.match(text) or MONTH.match(text):
            try:
                day = date.fromisoformat(f"{text}-15" if MONTH.match(text) else text)
            except ValueError:
                raise FeedError("invalid_timestamp", f"There is no day {text}.") from None
            return text if MONTH.match(text) and not exact else self.time(day, exact=exact)
        try:
            parsed = datetime.fromisoformat("" if WEEK.match(text) else text)
        except ValueError:
            detail = f'"{text[:40]}" is no time such as 2023-02-24 05:00; set date_format for other ways to write it.'
            raise FeedError("invalid_timestamp", detail) from None
        return self.instant(parsed)

    def instant(self, at: datetime) -> str:
        if at.tzinfo is None and self.zone is None:
            raise FeedError("timezone_required", "The time has no zone: set the timezone of this source.")
        try:
            return str(stamp(at if at.tzinfo or self.zone is None else instant(at, self.zone)))
        except OverflowError:
            raise FeedError("invalid_timestamp", f"There is no time {at}.") from None


def _zone(options: Mapping[str, Any]) -> ZoneInfo | None:
    name = options.get("timezone")
    try:
        return ZoneInfo(str(name)) if name else None
    except (KeyError, ValueError, OSError):
        raise FeedError("invalid_option", f'timezone is named as in Asia/Kabul; there is no "{name}".') from None


def _whole_cell(cell: Cell) -> None:
    """Raises FeedError where the cell could not be read, or only at length."""
    if isinstance(cell, FeedError):
        raise cell
    fault = too_long(cell, "") if isinstance(cell, str) else None
    if fault is not None:
        raise FeedError(fault.code, fault.detail)


def _range(cell: Cell) -> tuple[int, int]:
    text = str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)[:LONGEST_WORD]
    said = RANGE.match(re.sub(r"(?<=\d)[, \u00a0\u202f](?=\d{3}\b)", "", text))
    if said is None:
        raise FeedError("invalid_count", f'"{text[:40]}" is no whole number, nor a range such as 4000-5000.')
    return int(said[1]), int(said[2] or said[1])
