"""What one source says about one crossing: frozen, checked, to and from the contract's JSON."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from crossings.domain.border import Border, Lane
from crossings.domain.faults import Fault, Refused
from crossings.domain.fields import Fields
from crossings.domain.vocabulary import (
    Basis,
    By,
    CountryOf,
    Document,
    Effect,
    Goods,
    How,
    LimitPer,
    Precision,
    Reason,
    State,
    Traffic,
    Vehicle,
    Visibility,
    Weekday,
    Where,
    Who,
)

HS_CODE = re.compile(r"\d{2,10}(-\d{2,10})?\Z")
CLOCK = re.compile(r"(([01]\d|2[0-3]):[0-5]\d|24:00)\Z")
MOST_CONDITIONS = 40


@dataclass(frozen=True, slots=True)
class Condition:
    """Who or what may pass a restricted lane; every part given must hold. Words: VOCABULARY, "condition"."""

    effect: Effect = Effect.ALLOW
    who: tuple[Who, ...] = ()
    goods: tuple[Goods, ...] = ()
    hs: tuple[str, ...] = ()
    vehicle: tuple[Vehicle, ...] = ()
    country: str = ""
    country_of: CountryOf | None = None
    documents: tuple[Document, ...] = ()
    limit: tuple[int, LimitPer] | None = None
    how: How | None = None
    days: tuple[Weekday, ...] = ()
    hours: tuple[str, str] | None = None
    fee: tuple[int, str] | None = None
    text: str = ""

    def as_json(self) -> dict[str, Any]:
        """Only the parts that are given; `effect` always."""
        return dict(_condition_json(self))


@lru_cache(maxsize=4096)
def _condition_json(condition: Condition) -> dict[str, Any]:
    out: dict[str, Any] = {"effect": condition.effect.value}
    for name in PARTS:
        value = getattr(condition, name)
        if value in ((), "", None):
            continue
        if name == "limit":
            out["limit"] = {"count": value[0], "per": value[1].value}
        elif name == "fee":
            out["fee"] = {"amount": value[0], "currency": value[1]}
        elif isinstance(value, tuple):
            out[name] = [str(each) for each in value]
        else:
            out[name] = str(value)
    return out


PARTS = tuple(field.name for field in fields(Condition))[1:]


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
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def identity(source: str, kind: str, *parts: object) -> str:
    """The id of an item whose source gave none: the sha256 of what identifies it."""
    return "sha256:" + sha256_of([source, kind, *(stamp(p) if isinstance(p, datetime) else p for p in parts)])


def claim_from_json(data: Any, border: Border, *, speaks_for: str = "", pointer: str = "") -> Claim:
    """Check one claim of the contract's JSON against the crossing it names.

    `speaks_for` is the side whose authority the source is: its claims are about that gate unless they name another.
    Raises Refused with every fault found.
    """
    faults: list[Fault] = []
    read = Fields(data, pointer, faults)
    read.get("crossing")
    declared_by = border.side_named(read, "declared_by") or speaks_for
    one_gate = read.flag("one_gate")
    if one_gate and not declared_by:
        read.fault("one_gate", "side_required", "Say whose gate it is: `declared_by` must name a side.")
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
    if not isinstance(value, list) or not value:
        read.fault("lanes", "required", "A list of at least one lane is expected.")
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
    traffic = border.traffic if everything else (lane.word("traffic", Traffic),)
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


def conditions_from_json(read: Fields, key: str) -> tuple[Condition, ...]:
    value = read.get(key)
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > MOST_CONDITIONS:
        read.fault(key, "not_a_list", f"A list of at most {MOST_CONDITIONS} conditions is expected.")
        return ()
    found = [_condition(Fields(each, f"{read.pointer}/{key}/{index}", read.faults)) for index, each in enumerate(value)]
    return tuple(dict.fromkeys(found))


def _condition(read: Fields) -> Condition:
    condition = Condition(
        effect=read.word("effect", Effect, Effect.ALLOW) or Effect.ALLOW,
        who=read.words("who", Who),
        goods=read.words("goods", Goods),
        hs=_hs_codes(read),
        vehicle=read.words("vehicle", Vehicle),
        country=read.country("country"),
        country_of=read.word("country_of", CountryOf),
        documents=read.words("documents", Document),
        limit=_limit(read),
        how=read.word("how", How),
        days=read.words("days", Weekday),
        hours=_clock_hours(read),
        fee=_fee(read),
        text=read.text("text", 500, public=True),
    )
    read.no_others()
    if condition == Condition(effect=condition.effect):
        read.fault("", "empty_condition", "A condition must say who, what or how.")
    if condition.country_of and not condition.country:
        read.fault("country", "required", "`country_of` needs a `country`.")
    return condition


def _hs_codes(read: Fields) -> tuple[str, ...]:
    value = read.get("hs")
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(code, str) and HS_CODE.match(code) for code in value):
        read.fault("hs", "unknown_word", 'A list of Harmonized System codes or ranges is expected, such as ["01-24"].')
        return ()
    return tuple(dict.fromkeys(value))


def _limit(read: Fields) -> tuple[int, LimitPer] | None:
    value = read.get("limit")
    if value is None:
        return None
    limit = Fields(value, f"{read.pointer}/limit", read.faults)
    count, per = limit.number("count", 0, 1_000_000), limit.word("per", LimitPer)
    for key, part in (("count", count), ("per", per)):
        if limit.data.get(key) is None and part is None:
            limit.fault(key, "required", 'A limit is written {"count": 150, "per": "day"}.')
    limit.no_others()
    return (count, per) if count is not None and per is not None else None


def _fee(read: Fields) -> tuple[int, str] | None:
    value = read.get("fee")
    if value is None:
        return None
    fee = Fields(value, f"{read.pointer}/fee", read.faults)
    amount, currency = fee.number("amount", 0, 1_000_000_000), fee.text("currency", 3)
    if amount is None or not re.fullmatch("[A-Z]{3}", currency):
        fee.fault("", "required", 'A fee is written {"amount": 600, "currency": "PKR"}.')
        return None
    fee.no_others()
    return amount, currency


def _clock_hours(read: Fields) -> tuple[str, str] | None:
    value = read.get("hours")
    if value is None:
        return None
    if (
        not isinstance(value, list)
        or len(value) != 2
        or not all(isinstance(each, str) and CLOCK.match(each) for each in value)
    ):
        read.fault("hours", "invalid_hours", 'Local hours are written ["08:00", "17:00"].')
        return None
    return value[0], value[1]


def condition_from_stored(data: dict[str, Any]) -> Condition:
    """A condition out of JSON that as_json() made; not checked again."""
    return Condition(
        effect=Effect(data["effect"]),
        who=tuple(map(Who, data.get("who", ()))),
        goods=tuple(map(Goods, data.get("goods", ()))),
        hs=tuple(data.get("hs", ())),
        vehicle=tuple(map(Vehicle, data.get("vehicle", ()))),
        country=data.get("country", ""),
        country_of=CountryOf(data["country_of"]) if "country_of" in data else None,
        documents=tuple(map(Document, data.get("documents", ()))),
        limit=(data["limit"]["count"], LimitPer(data["limit"]["per"])) if "limit" in data else None,
        how=How(data["how"]) if "how" in data else None,
        days=tuple(map(Weekday, data.get("days", ()))),
        hours=(data["hours"][0], data["hours"][1]) if "hours" in data else None,
        fee=(data["fee"]["amount"], data["fee"]["currency"]) if "fee" in data else None,
        text=data.get("text", ""),
    )


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
        for lane in json.loads(text)
    ]
    return {state.lane: state for state in states}
