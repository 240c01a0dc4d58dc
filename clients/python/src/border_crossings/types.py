"""The shapes of the answers, as far as programs need them. The whole of them: /api/v1/schema/."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

State = Literal["open", "unknown", "restricted", "closed"]
Confidence = Literal["current", "single", "stale", "assumed", "disputed"]
Json = dict[str, Any]


class Lane(TypedDict):
    """Say "open" to people only where `state` is "open" and `confidence` is "current"."""

    traffic: Literal["people", "vehicles", "cargo"]
    to: str
    state: State
    since: str | None
    since_precision: str
    confidence: Confidence
    confirmed_at: str | None
    gates: dict[str, State]
    last_known: State | None
    held_by: list[Json]
    conditions: list[Json]
    now: str
    next_opening: Json | None


class Status(TypedDict):
    state: State
    known_lanes: int
    since: str | None
    confirmed_at: str | None
    lanes: list[Lane]
    reason: str | None
    note: str
    announced: list[Json]
    conflicts: list[Json]
    sources: list[Json]


class Crossing(TypedDict):
    slug: str
    name: str
    names: dict[str, str]
    countries: list[str]
    location: Json | None
    codes: list[str]
    sides: list[Json]
    status: Status
    queues: list[Json]
    version: int
    position: int
    updated_at: str | None


class Board(TypedDict):
    version: int
    position: int
    as_of: str | None
    crossings: list[Crossing]


class Change(TypedDict):
    """What was announced. `status` is how the crossing then stood."""

    position: int
    type: str
    crossing: str
    at: str
    at_precision: str
    recorded_at: str
    lanes: list[Json]
    range: Json | None
    reports: list[int]
    status: Status


class Changes(TypedDict):
    changes: list[Change]
    position: int
    more: bool
