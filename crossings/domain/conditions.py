"""Who or what may pass a restricted lane: conditions, frozen, checked, to and from the contract's JSON."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any

from crossings.domain.fields import Fields
from crossings.domain.vocabulary import CountryOf, Document, Effect, Goods, How, LimitPer, Vehicle, Weekday, Who

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
