"""The cells of an XLSX sheet and their values. What cannot be read is a FeedError in its place, told with its row."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from openpyxl.styles.numbers import is_timedelta_format  # type: ignore[import-untyped]
from openpyxl.utils.datetime import from_excel  # type: ignore[import-untyped]

from crossings.feeds.base import FeedError
from crossings.feeds.strict_xml import Event

Cell = str | int | float | bool | date | datetime | FeedError
Row = tuple[int, list[Cell]]
COLUMN = re.compile(r"([A-Z]{1,3})\d", re.ASCII)
NUMBER = re.compile(r"[+-]?\d*\.?\d*(?:[eE][+-]?\d+)?", re.ASCII)
LONGEST_NUMBER = 40
ESCAPED = re.compile("_x([0-9A-F]{4})_")


@dataclass(frozen=True, slots=True)
class Values:
    """What the cells of a workbook point to: its texts, and of each style the date format, or "" for none."""

    texts: list[str]
    date_formats: list[str]
    epoch: datetime

    def value(self, kind: str, said: str, style: str) -> Cell:
        """`kind` and `style` are the cell's attributes t and s, `said` is what stands in it."""
        said = said.strip()
        try:
            return self._value(kind, said, style) if said else ""
        except FeedError as error:
            return error

    def _value(self, kind: str, said: str, style: str) -> Cell:
        match kind:
            case "n":
                return self._number(said, style)
            case "s":
                return self._shared(said)
            case "b":
                return said == "1"
            case "str" | "inlineStr" | "d":
                return plain_text(said)
            case _:
                raise FeedError("invalid_cell", f"The cell holds an error, {said[:20]}.")

    def _shared(self, said: str) -> str:
        number = _whole(said)
        if number >= len(self.texts) or (number == 0 and said != "0"):
            raise FeedError("invalid_cell", f"The workbook holds no text number {said[:40]}.")
        return self.texts[number]

    def _number(self, said: str, style: str) -> Cell:
        try:
            if len(said) > LONGEST_NUMBER or not NUMBER.fullmatch(said):
                raise ValueError
            value = int(said) if said.lstrip("+-").isdigit() else float(said)
            if not math.isfinite(value):
                raise ValueError
        except ValueError:
            raise FeedError("invalid_number", f'"{said[:40]}" is no number.') from None
        index = _whole(style)
        form = self.date_formats[index] if index < len(self.date_formats) else ""
        return self._moment(value, form) if form else value

    def _moment(self, value: float, form: str) -> Cell:
        """Excel has no dates: midnight in a format without hours is one."""
        try:
            at = from_excel(value, self.epoch, timedelta=is_timedelta_format(form))
        except (OverflowError, ValueError):
            raise FeedError("invalid_timestamp", f"{value} is no date of Excel's.") from None
        if not isinstance(at, datetime):
            return str(at)  # a time of the day, or a length of time
        return at if "h" in form.lower() or at.time() != datetime.min.time() else at.date()


def plain_text(text: str) -> str:
    """What XML cannot hold is written _x000D_ by Excel."""
    text = ESCAPED.sub(lambda code: chr(int(code[1], 16)), text) if "_x" in text else text
    return " ".join(text.split("\x00")).strip()


def rows_of(sheet: Iterator[Event], values: Values, most_columns: int) -> Iterator[Row]:
    """The rows with something in them, with their numbers; none goes on for more than a column beyond the limit."""
    number = column = 0
    filled: dict[int, Cell] = {}
    cell: dict[str, str] = {}
    said: list[str] = []
    phonetic = False
    for tag, given, text in sheet:
        if tag == "rPh":
            phonetic = given is not None
        elif given is not None and tag == "row":
            number, column, filled = _whole(given.get("r", "")) or number + 1, 0, {}
        elif given is not None and tag == "c":
            cell, said, column = given, [], _column(given.get("r", "")) or column + 1
        elif given is not None:
            continue
        elif tag == ("t" if cell.get("t") == "inlineStr" else "v") and not phonetic:
            said.append(text)
        elif tag == "c":
            value = values.value(cell.get("t", "n"), "".join(said), cell.get("s", ""))
            if value != "":
                filled[column] = value
        elif tag == "row" and filled:
            width = min(max(filled), most_columns + 1)
            yield number, [filled.get(each, "") for each in range(1, width + 1)]


def _column(place: str) -> int:
    """28 of "AB7"; 0 where it is none."""
    said = COLUMN.match(place)
    return sum((ord(letter) - 64) * 26**power for power, letter in enumerate(reversed(said[1]))) if said else 0


def _whole(text: str) -> int:
    """The number, which has at most nine digits, or 0."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
