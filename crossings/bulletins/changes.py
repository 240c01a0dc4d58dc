"""What of a bulletin is not as in the last one of its name: cell by cell, new crossings, and those that are gone."""

from __future__ import annotations

from crossings.bulletins.table import MARKED, Json, Rows


def marked(found: Rows, last: Rows | None) -> Rows:
    """These rows with `changed` ("PK.cargo"), `was` (by language, what such a cell said) and `new`; those that are gone
    follow, with `gone`. With no last bulletin nothing is marked.
    """
    if last is None:
        return [{**row, "changed": [], "was": {}, "new": False, "gone": False} for row in found]
    before = {row["slug"]: row for row in last if not row.get("gone")}
    here = {row["slug"] for row in found}
    gone = [
        {**row, "changed": [], "was": {}, "new": False, "gone": True}
        for slug, row in before.items()
        if slug not in here
    ]
    return [*(_marked(row, before.get(row["slug"])) for row in found), *gone]


def _marked(row: Json, old: Json | None) -> Json:
    if old is None:
        return {**row, "changed": [], "was": {}, "new": True, "gone": False}
    changed = [
        f"{to}.{cell}"
        for to, facts in row["facts"].items()
        for cell in MARKED
        if to in old["facts"] and facts[cell] != old["facts"][to][cell]
    ]
    was = {
        language: {name: _cell(said, name) for name in changed}
        for language, said in old["said"].items()
        if language in row["said"]
    }
    return {**row, "changed": changed, "was": was, "new": False, "gone": False}


def _cell(said: Json, name: str) -> str:
    to, _, cell = name.partition(".")
    return str(said["ways"].get(to, {}).get(cell, ""))
