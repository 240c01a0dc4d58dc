"""What one source says about one crossing: frozen, checked, to and from the contract's JSON."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

import orjson

from crossings.domain.border import Border, Lane
from crossings.domain.conditions import Condition, condition_from_stored, conditions_from_json
from crossings.domain.faults import Fault, Refused
from crossings.domain.fields import MOST_IN_A_LIST, Fields
from crossings.domain.vocabulary import Basis, By, Precision, Reason, State, Traffic, Visibility, Where


@dataclass(frozen=True, slots=True)
class LaneState:
    traffic: Traffic
    to: str
    state: State
    conditions: tuple[Condition, ...] = ()

    @property
    def lane(self) -> Lane:
        return self.traffic, self.to

    def as_json(self) -> dict[str, Any]:
        out: dict[str, Any] = {"traffic": self.traffic.value, "to": self.to, "state": self.state.value}
        if self.conditions:
            out["conditions"] = [each.as_json() for each in self.conditions]
        return out


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim. Times are aware and in UTC. `effective_at` is None only where the basis is `announced`.

    A time known to the day or month is already its stand-in (Border.stand_in). Where the end is known as a date,
    `until_date` is that date and `until` the end of that local day. `declared_by` is "" where nobody was named.
    """

    crossing: str
    lanes: tuple[LaneState, ...]
    effective_at: datetime | None
    precision: Precision = Precision.EXACT
    until: datetime | None = None
    until_date: date | None = None
    declared_by: str = ""
    one_gate: bool = False
    basis: Basis = Basis.OBSERVED
    where: Where = Where.GATE
    by: By = By.AUTHORITY
    by_name: str = ""
    reason: Reason | None = None
    note: str = ""
    attribution: str = ""
    url: str = ""
    visibility: Visibility = Visibility.PUBLIC
    external_id: str = ""
    reported_at: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        """The contract's JSON, every field present, so that two equal claims have equal JSON."""
        return {
            "id": self.external_id or None,
            "crossing": self.crossing,
            "declared_by": self.declared_by or None,
            "one_gate": self.one_gate,
            "effective_at": stamp(self.effective_at),
            "precision": self.precision.value,
            "until": self.until_date.isoformat() if self.until_date else stamp(self.until),
            "basis": self.basis.value,
            "where": self.where.value,
            "by": self.by.value,
            "by_name": self.by_name,
            "lanes": [each.as_json() for each in self.lanes],
            "reason": self.reason.value if self.reason else None,
            "note": self.note,
            "attribution": self.attribution,
            "url": self.url,
            "visibility": self.visibility.value,
            "reported_at": stamp(self.reported_at),
        }

    def digest(self) -> str:
        """Identifies the claim's content: the same claim sent twice has the same digest."""
        return sha256_of(self.as_json())


def stamp(at: datetime | None) -> str | None:
    """RFC 3339 in UTC, whole seconds unless there are parts of one."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else None


def sha256_of(content: Any) -> str:
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()


OURS = "sha256:"


def is_ours(external_id: str) -> bool:
    """Whether it is an identity that we made, its source having given none."""
    return external_id.startswith(OURS)


def identity(source: str, kind: str, *parts: object) -> str:
    """The id of an item whose source gave none: the sha256 of what identifies it."""
    return OURS + sha256_of([source, kind, *(stamp(p) if isinstance(p, datetime) else p for p in parts)])


def claim_from_json(data: Any, border: Border, *, speaks_for: str = "", pointer: str = "") -> Claim:
    """Check one claim of the contract's JSON against the crossing it names.

    `speaks_for` is the side whose authority the source is: its claims are about that gate unless they name another.
    Raises Refused with every fault found.
    """
    faults: list[Fault] = []
    read = Fields(data, pointer, faults)
    read.get("crossing")
    declared_by, one_gate = _whose_gate(read, border, speaks_for)
    basis = read.word("basis", Basis, Basis.OBSERVED) or Basis.OBSERVED
    effective_at, precision = _effective(read, border, declared_by, basis)
    until, until_date = _until(read, border, declared_by, effective_at)
    claim = Claim(
        crossing=border.slug,
        lanes=_lanes(read, border),
        effective_at=effective_at,
        precision=precision,
        until=until,
        until_date=until_date,
        declared_by=declared_by,
        one_gate=one_gate,
        basis=basis,
        where=read.word("where", Where, Where.GATE) or Where.GATE,
        by=read.word("by", By, By.AUTHORITY) or By.AUTHORITY,
        by_name=read.text("by_name", 200, public=True),
        reason=read.word("reason", Reason),
        note=read.text("note", 2000, public=True),
        attribution=read.text("attribution", 200, public=True),
        url=read.link("url"),
        visibility=read.word("visibility", Visibility, Visibility.PUBLIC) or Visibility.PUBLIC,
        external_id=read.text("id", 200),
        reported_at=read.moment("reported_at"),
    )
    read.no_others()
    if faults:
        raise Refused(faults)
    return claim


def _whose_gate(read: Fields, border: Border, speaks_for: str) -> tuple[str, bool]:
    side, alone = border.side_named(read, "declared_by") or speaks_for, read.flag("one_gate")
    if alone and not side:
        read.fault("one_gate", "side_required", "Say whose gate it is: `declared_by` must name a side.")
    return side, alone


def _effective(read: Fields, border: Border, side: str, basis: Basis) -> tuple[datetime | None, Precision]:
    precision = read.word("precision", Precision, Precision.EXACT) or Precision.EXACT
    if read.data.get("effective_at") is None and basis is not Basis.ANNOUNCED:
        read.fault("effective_at", "required", "Say since when it holds; only an announcement may leave this out.")
    return border.time_named(read, "effective_at", precision, side), precision


def _until(read: Fields, border: Border, side: str, start: datetime | None) -> tuple[datetime | None, date | None]:
    given = read.moment_or_date("until")
    if given is None:
        return None, None
    until, day = (given, None) if isinstance(given, datetime) else (None, given)
    if day is not None:
        try:
            until = border.end_of_day(day, side)
        except (ValueError, OverflowError):
            read.fault("until", "invalid_timestamp", "There is no such time.")
    if start is not None and until is not None and until <= start:
        read.fault("until", "invalid_interval", "`until` must lie after `effective_at`.")
    return until, day


def _lanes(read: Fields, border: Border) -> tuple[LaneState, ...]:
    value = read.get("lanes")
    if not isinstance(value, list) or not 0 < len(value) <= MOST_IN_A_LIST:
        read.fault("lanes", "required", f"A list of at least one lane, and at most {MOST_IN_A_LIST}, is expected.")
        return ()
    found: dict[Lane, LaneState] = {}
    for index, each in enumerate(value):
        lane = Fields(each, f"{read.pointer}/lanes/{index}", read.faults)
        for state in _lane_states(lane, border):
            if state.lane in found:
                lane.fault("", "lane_twice", f"{state.traffic.value} to {state.to} is already given by another lane.")
            found.setdefault(state.lane, state)
    return tuple(found[lane] for lane in border.lanes if lane in found)


def _lane_states(lane: Fields, border: Border) -> list[LaneState]:
    """The one to six lane states that one object stands for ("all", no `to`)."""
    given = lane.get("traffic")
    everything = isinstance(given, str) and given.strip().lower() == "all"
    traffic = border.traffic if everything else (lane.word("traffic", Traffic, also="all"),)
    if given is None:
        lane.fault("traffic", "required", f"One of: {', '.join(Traffic.words())}, all.")
    elif not everything and traffic[0] is not None and traffic[0] not in border.traffic:
        carries = ", ".join(border.traffic)
        lane.fault("traffic", "not_carried", f"{border.slug} does not carry {traffic[0].value}; it carries {carries}.")
    to = border.side_named(lane, "to")
    state = lane.word("state", State)
    if lane.get("state") is None:
        lane.fault("state", "required", f"One of: {', '.join(State.words())}.")
    conditions = conditions_from_json(lane, "conditions")
    if conditions and state is not None and state is not State.RESTRICTED:
        lane.fault("conditions", "conditions_not_allowed", f"Only a restricted lane has conditions, not one {state}.")
    lane.no_others()
    if state is None or traffic[0] is None:
        return []
    return [
        LaneState(each, country, state, conditions)
        for each in traffic
        if each in border.traffic
        for country in ([to] if to else border.countries)
    ]


@lru_cache(maxsize=4096)
def lanes_from_stored(text: str) -> dict[Lane, LaneState]:
    """The lanes of a recorded claim, by lane. Claims repeat each other's lanes, so the same text is read once."""
    states = [
        LaneState(
            Traffic(lane["traffic"]),
            lane["to"],
            State(lane["state"]),
            tuple(condition_from_stored(each) for each in lane.get("conditions", ())),
        )
        for lane in orjson.loads(text)
    ]
    return {state.lane: state for state in states}
