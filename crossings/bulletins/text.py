"""A bulletin as a message: plain text, a line a crossing, what changed first."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext, override

from crossings.bulletins.table import Json, Rows, as_of
from crossings.phrases.short import one_line


def in_language(row: Json, language: str) -> Json:
    """What the row says in that language; in English where it went out without."""
    said: Json = row["said"].get(language) or row["said"]["en"]
    return said


def message(name: str, at: datetime, of: Rows, language: str, address: str) -> str:
    with override(language):
        here = [row for row in of if not row["gone"]]
        gone = [in_language(row, language)["name"] for row in of if row["gone"]]
        lines = [*(_line(row, language) for row in sorted(here, key=lambda row: not _news(row)))]
        if gone:
            form = gettext("▼ Not in this bulletin any more: %(names)s")
            lines.append(form % {"names": gettext(", ").join(gone)})
        head = [one_line(name), as_of(of, at), ""]
        return "\n".join([*head, *lines, "", address])


def _news(row: Json) -> bool:
    return bool(row["changed"] or row["new"])


def _line(row: Json, language: str) -> str:
    line = one_line(in_language(row, language)["line"])
    if row["new"]:
        return gettext("▲ New: %(line)s") % {"line": line}
    return gettext("▲ Changed: %(line)s") % {"line": line} if row["changed"] else line
