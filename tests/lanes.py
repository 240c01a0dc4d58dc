"""Lanes as the status JSON has them, made small for the tests of the pages' words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from crossings.phrases.times import Clock

Json = dict[str, Any]
ZONES = ("Asia/Kabul", "Asia/Karachi")
NOW = datetime(2023, 2, 24, 9, 0, tzinfo=UTC)
CLOCK = Clock(NOW, ZONES)
CITIZENS = {"side": "PK", "effect": "allow", "who": ["nationals"], "country": "PK"}
STUDENTS = {"side": "PK", "effect": "deny", "who": ["students"]}


def lane(state: str = "closed", **fields: Any) -> Json:
    """Goods trucks to Pakistan as the status has them: held by Pakistan since Sunday, confirmed three hours ago."""
    held = state in ("closed", "restricted")
    given = {
        "traffic": "cargo", "to": "PK", "state": state, "since": "2023-02-19T07:00:00Z", "since_precision": "day",
        "gates": {"AF": "open", "PK": state}, "last_known": None, "conditions": [], "confidence": "current",
        "held_by": [{"side": "PK", "where": "gate", "by": "authority"}] if held else [],
        "confirmed_at": "2023-02-24T06:00:00Z", "now": "hours_unknown", "next_opening": None,
    }  # fmt: skip
    return {**given, **fields}


def unknown(**fields: Any) -> Json:
    return lane("unknown", **{"confidence": "stale", "confirmed_at": None, "since_precision": "exact", **fields})


def never() -> Json:
    return unknown(since=None, gates={"AF": "unknown", "PK": "unknown"})


def crossing(*lanes_: Json, **status: Any) -> Json:
    return {
        "slug": "torkham", "name": "Torkham", "countries": ["AF", "PK"], "queues": [],
        "status": {"lanes": list(lanes_), "conflicts": [], "announced": [], "sources": [], **status},
    }  # fmt: skip
