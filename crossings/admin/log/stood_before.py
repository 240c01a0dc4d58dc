"""The lanes that a form was filled in with: kept in the page, so that they never overrule what a person chose."""

from __future__ import annotations

import json
from collections.abc import MutableMapping
from typing import Any

from crossings.admin.log.parts import ALL_LANES, BOTH_WAYS, LANE

FIELD = "prefilled"


def kept(values: dict[str, Any]) -> str:
    """For the hidden field: the lane fields that hold anything."""
    return json.dumps({name: value for name, value in values.items() if name.startswith(LANE) and value})


def give_way(data: MutableMapping[str, Any]) -> None:
    """Empty each lane that still has the value it was filled in with, where something was chosen for both ways or for
    all. From then on whatever is chosen for that lane was chosen by hand.
    """
    before = _read(str(data.get(FIELD, "")))

    def chosen(name: str) -> bool:
        return bool(data.get(name)) and data.get(name) != before.get(name, "")

    gone = [
        name for name, value in before.items()
        if data.get(name) == value and any(chosen(each) for each in _coarser(name))
    ]  # fmt: skip
    for name in gone:
        data[name] = ""
    if gone:
        data[FIELD] = kept({name: value for name, value in before.items() if name not in gone})


def _coarser(name: str) -> list[str]:
    if name == ALL_LANES:
        return []
    traffic = name.rpartition("_")[0]
    both = f"{traffic}{BOTH_WAYS}"
    return [ALL_LANES] if name == both else [both, ALL_LANES]


def _read(text: str) -> dict[str, str]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {name: value for name, value in found.items() if name.startswith(LANE) and isinstance(value, str) and value}
