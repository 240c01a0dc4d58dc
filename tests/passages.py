"""Lanes, gates and travellers made small for the tests of passage."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from crossings.domain.border import Border, Side
from crossings.domain.conditions import Condition, condition_from_stored
from crossings.domain.hours import Now
from crossings.domain.passage import Coming, GateSeen, LaneSeen, Passage, passage
from crossings.domain.traveller import asking_from_json
from crossings.domain.vocabulary import Confidence, Passing, State, Traffic

Json = dict[str, Any]

SIDES = (Side("AF", "Torkham", "Asia/Kabul"), Side("PK", "Torkham", "Asia/Karachi"))
TORKHAM = Border("torkham", SIDES, tuple(Traffic), ("AF", "PK"))
NOON = datetime(2023, 2, 24, 7, 0, tzinfo=UTC)
"""A Friday: 11:30 in Kabul, 12:00 in Karachi."""

OPEN, UNKNOWN, RESTRICTED, CLOSED = State
HISTORY = Path(__file__).parent.parent / "crossings/reference/history"


def gate(key: str = "PK", state: State = OPEN, *conditions: Json, **more: Any) -> GateSeen:
    """A gate of which its own authority spoke just now."""
    given = {"said_by": key[:2], "reports": (1 if key == "AF" else 2,)}
    return GateSeen(key, state, conditions=tuple(map(condition, conditions)), **{**given, **more})


def on(*conditions: Json, **more: Any) -> GateSeen:
    """Pakistan's gate, restricted on these conditions."""
    return gate("PK", RESTRICTED, *conditions, **more)


def condition(data: Json) -> Condition:
    return condition_from_stored({"effect": "allow", **data})


def asked(
    *gates: GateSeen,
    told: Json,
    now: Passing = Passing.PASSING,
    confidence: Confidence = Confidence.CURRENT,
    coming: tuple[Coming, ...] = (),
    at: datetime = NOON,
) -> Passage:
    """What these gates come to for whoever tells this; on the way to Pakistan where nothing else is said."""
    asking = asking_from_json({"to": "PK", **told}, TORKHAM)
    return passage(TORKHAM, LaneSeen(asking.lane, gates, Now(now), confidence, coming), asking.traveller, at)


def behind_an_open_gate(at_gate: GateSeen, told: Json) -> Passage:
    return asked(gate("AF"), at_gate, told=told)


def reference_conditions() -> list[tuple[str, Json]]:
    """Every condition of the reference history that differs from the others, with a traffic it was said of."""
    found: dict[str, tuple[str, Json]] = {}
    for path in sorted(HISTORY.glob("*.json")):
        for report in json.loads(path.read_text())["reports"]:
            for lane in report["lanes"]:
                for each in lane.get("conditions", ()):
                    traffic = "people" if lane["traffic"] == "all" else lane["traffic"]
                    found.setdefault(json.dumps([traffic, each], sort_keys=True), (traffic, each))
    return list(found.values())


def _entries(data: Any) -> list[Json]:
    listed = (
        data if isinstance(data, list) else [each for part in data.values() if isinstance(part, list) for each in part]
    )
    return [each for each in listed if isinstance(each, dict)]
