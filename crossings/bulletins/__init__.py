"""The bulletin: chosen crossings at a chosen hour as a table, with what changed since the last one of its name."""

from crossings.bulletins.changes import marked
from crossings.bulletins.issue import Overtaken, issue, last_of, visible
from crossings.bulletins.table import NOTHING, Rows, as_of, rows
from crossings.bulletins.text import in_language, message

__all__ = [
    "NOTHING",
    "Overtaken",
    "Rows",
    "as_of",
    "in_language",
    "issue",
    "last_of",
    "marked",
    "message",
    "rows",
    "visible",
]
