"""What the columns of a spreadsheet mean: by HXL tags, by the map of its source, or because they bear our names.

| HXL tag | field |
|---|---|
| `#loc`, `#loc+name`, `#loc+code` | `crossing` |
| `#country+side` · `#country+to` | `declared_by` and a reading's `side` · `to` |
| `#status` | `state` |
| `#modality`, `#item+traffic` | `traffic` |
| `#access`, `#restriction` | the text of a condition |
| `#cause` | `reason` |
| `#org+closed_by` | `by_name` |
| `#date`, `#date+start` | `effective_at`, and a reading's time |
| `#date+end` · `#date+reported` | `until` · `reported_at` |
| `#description`, `#meta+note` | `note` |
| `#meta+source` · `#meta+url` · `#meta+id` | `attribution` · `url` · `id` |
| `#indicator+trucks` (`vehicles`, `containers`, `people`, `km`, `minutes`) | a reading of those waiting |

Further attributes (`+num`, `+en`) and tags not listed are passed over, and so is the `x_` of a tag. Where several
columns give one field, the first that is filled counts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from crossings.domain.vocabulary import Unit
from crossings.feeds.base import FeedError
from crossings.feeds.sheet_rows import Rows
from crossings.feeds.xlsx_cells import Cell

COUNTS = {unit.value for unit in Unit}
FIELDS = {
    "id", "crossing", "declared_by", "one_gate", "effective_at", "precision", "until", "basis", "where", "by",
    "by_name", "reason", "note", "attribution", "url", "visibility", "reported_at", "traffic", "to", "state",
    "conditions",
} | COUNTS  # fmt: skip
TAGS: tuple[tuple[str, set[str], str], ...] = (
    ("loc", {"code"}, "crossing"), ("loc", set(), "crossing"),
    ("country", {"side"}, "declared_by"), ("country", {"to"}, "to"), ("country", {"closed_by"}, "declared_by"),
    ("status", set(), "state"), ("modality", set(), "traffic"), ("item", {"traffic"}, "traffic"),
    ("access", set(), "conditions"), ("restriction", set(), "conditions"), ("cause", set(), "reason"),
    ("org", {"closed_by"}, "by_name"),
    ("date", {"end"}, "until"), ("date", {"reported"}, "reported_at"), ("date", {"start"}, "effective_at"),
    ("date", {"confirmed"}, ""), ("date", set(), "effective_at"),
    ("description", set(), "note"), ("meta", {"note"}, "note"), ("meta", {"url"}, "url"),
    ("meta", {"source"}, "attribution"), ("meta", {"id"}, "id"),
    *(("indicator", {unit}, unit) for unit in sorted(COUNTS)),
)  # fmt: skip
TAG = re.compile(r"#\s*(?:x_)?(?P<tag>[a-z][a-z0-9_]*)(?P<attributes>(?:\s*\+\s*[a-z][a-z0-9_]*)*)\s*\Z", re.IGNORECASE)
TAGS_WITHIN = 25
"""The first rows in which tags are looked for, as the HXL standard has it."""


def find_columns(rows: Rows, options: Mapping[str, Any]) -> list[str]:
    """Reads on to the row that names the columns; "" for those passed over. Raises FeedError: csv_header_mismatch."""
    mapped = options.get("columns")
    mapped = {plain(name): str(field) for name, field in mapped.items()} if isinstance(mapped, Mapping) else {}
    strange = [field for field in mapped.values() if field not in FIELDS]
    if strange:
        detail = f"The source maps columns to {', '.join(strange)[:200]}; fields are {', '.join(sorted(FIELDS))}."
        raise FeedError("csv_header_mismatch", detail)
    seen: list[Cell] = []
    for _, (_, cells) in zip(range(TAGS_WITHIN), rows, strict=False):
        seen = seen or cells
        names = [_tagged(cell) for cell in cells] if any(str(cell).startswith("#") for cell in cells) else []
        names = names or [mapped.get(plain(cell), "") if mapped else _own(cell) for cell in cells]
        if "crossing" in names and ("state" in names or COUNTS.intersection(names)):
            return names
    got = ", ".join(str(cell) for cell in seen)[:200] or "nothing"
    raise FeedError(
        "csv_header_mismatch",
        "No row of HXL tags (#loc, #status, #date) and no header that its source maps, with a crossing and a state or a"
        f" count; the first row is {got}.",
    )


def plain(name: object) -> str:
    return " ".join(str(name).casefold().split())


def _own(cell: Cell) -> str:
    name = plain(cell)
    return name if name in FIELDS else ""


def _tagged(cell: Cell) -> str:
    said = TAG.match(str(cell))
    if said is None:
        return ""
    attributes = set(re.findall(r"[a-z][a-z0-9_]*", said["attributes"].lower()))
    return next((field for tag, wanted, field in TAGS if tag == said["tag"].lower() and wanted <= attributes), "")
