"""Cells that no spreadsheet runs as a formula.

In CSV a text that one would run gets an apostrophe before it, which reading takes off again: exactly one, and only
where what is left would be run, so that no text is changed by going out and in.
"""

from __future__ import annotations

import re
import unicodedata

Cell = str | int | float | bool | None
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "\x00")
BEFORE = " \u00a0\u200e\u200f\ufeff'\"`‘’“”"
"""What may stand before a sign without hiding it from some spreadsheet."""
NUMBER = re.compile(r"[+-]?\d{1,15}([.,]\d{1,15})?", re.ASCII)
MARK = "'"


def runs(text: str) -> bool:
    """Whether some spreadsheet would take it for a formula; a plain number is none."""
    if NUMBER.fullmatch(text):
        return False
    # Full-width signs are taken for the real ones by some.
    seen = unicodedata.normalize("NFKC", text[:200])
    return seen.lstrip(BEFORE).startswith(FORMULA)


def disarmed(text: str) -> str:
    return MARK + text if runs(text) else text


def as_meant(text: str) -> str:
    """The reverse of disarmed()."""
    return text[1:] if text.startswith(MARK) and runs(text[1:]) else text


def in_xlsx(text: str) -> str:
    """A workbook says which cells are text, so nothing is disarmed there: only what would be taken for disarmed is, for
    a CSV opened and saved as a workbook is read, too.
    """
    return MARK + text if as_meant(text) != text else text


def in_csv(cell: Cell) -> str:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return "" if cell is None else disarmed(cell) if isinstance(cell, str) else str(cell)
