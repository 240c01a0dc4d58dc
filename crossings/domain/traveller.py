"""Who asks to pass: what a traveller or a load tells of itself, and which lane it asks for."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from crossings.domain.border import Border, Lane
from crossings.domain.faults import Fault, Refused
from crossings.domain.fields import COUNTRY, Fields, W
from crossings.domain.vocabulary import Document, Goods, Traffic, Vehicle, Who

HS_TOLD = re.compile(r"[0-9]{2,10}\Z")
MOST_TOLD = 40
TRUCKS = {Vehicle.LOADED, Vehicle.EMPTY, Vehicle.CONTAINER, Vehicle.TANKER}


@dataclass(frozen=True, slots=True)
class Traveller:
    """None and "" were not told, and stay questions; an empty list was told: none of these.

    `who`, `documents` and `vehicle` are all that hold, `goods` and `hs` all that is carried. Of a truck, `nationality`
    and `documents` are its driver's. Countries are ISO 3166-1 alpha-2.
    """

    who: tuple[Who, ...] | None = None
    nationality: str = ""
    family_in: tuple[str, ...] | None = None
    documents: tuple[Document, ...] | None = None
    goods: tuple[Goods, ...] | None = None
    hs: tuple[str, ...] | None = None
    vehicle: tuple[Vehicle, ...] | None = None
    vehicle_country: str = ""
    origin: str = ""
    destination: str = ""


@dataclass(frozen=True, slots=True)
class Asking:
    traveller: Traveller
    lane: Lane


def asking_from_json(data: Any, border: Border) -> Asking:
    """Check what was told, and say which lane of the crossing it is about. Raises Refused with every fault found."""
    faults: list[Fault] = []
    read = Fields(data, "", faults)
    to = border.side_named(read, "to")
    if not to and not faults:
        read.fault("to", "required", f"Say which country is entered: {' or '.join(border.countries)}.")
    named = read.word("traffic", Traffic)
    traveller = Traveller(
        who=_told(read, "who", Who),
        nationality=read.country("nationality"),
        family_in=_countries(read, "family_in"),
        documents=_told(read, "documents", Document),
        goods=_told(read, "goods", Goods),
        hs=_codes(read),
        vehicle=_told(read, "vehicle", Vehicle),
        vehicle_country=read.country("vehicle_country"),
        origin=read.country("origin"),
        destination=read.country("destination"),
    )
    traffic = named or traffic_of(traveller)
    if traffic not in border.traffic:
        carries = ", ".join(border.traffic)
        read.fault("traffic", "not_carried", f"{border.slug} does not carry {traffic.value}; it carries {carries}.")
    vehicle = traveller.vehicle or ()
    if Vehicle.EMPTY in vehicle and (traveller.goods or traveller.hs or Vehicle.LOADED in vehicle):
        read.fault("vehicle", "contradiction", "An empty vehicle carries no goods.")
    read.no_others()
    if faults:
        raise Refused(faults)
    return Asking(_drawn(traveller), (traffic, to))


def traffic_of(traveller: Traveller) -> Traffic:
    """A load goes with the goods trucks, a car or bus with the vehicles, and who tells of neither goes on foot."""
    vehicle = traveller.vehicle or ()
    if traveller.goods or traveller.hs or TRUCKS & set(vehicle):
        return Traffic.CARGO
    return Traffic.VEHICLES if vehicle else Traffic.PEOPLE


def _drawn(told: Traveller) -> Traveller:
    """With what follows from what was told."""
    if told.family_in and told.who is not None and Who.FAMILY not in told.who:
        told = replace(told, who=(*told.who, Who.FAMILY))
    if told.family_in is None and told.who is not None and Who.FAMILY not in told.who:
        told = replace(told, family_in=())
    if told.goods is None and Vehicle.EMPTY in (told.vehicle or ()):
        told = replace(told, goods=())
    return told


def _told(read: Fields, key: str, kind: type[W]) -> tuple[W, ...] | None:
    return read.words(key, kind) if read.get(key) is not None else None


def _list(read: Fields, key: str, code: str, detail: str, pattern: re.Pattern[str]) -> tuple[str, ...] | None:
    """Texts that match, in upper case; each other one is a fault with its place in the list."""
    value = read.get(key)
    if value is None:
        return None
    if not isinstance(value, list) or len(value) > MOST_TOLD:
        read.fault(key, "not_a_list", f"A list of at most {MOST_TOLD} is expected.")
        return None
    found = [each.strip().upper() if isinstance(each, str) else "" for each in value]
    for index, each in enumerate(found):
        if not pattern.match(each):
            read.fault(f"{key}/{index}", code, detail)
    return tuple(dict.fromkeys(found))


def _countries(read: Fields, key: str) -> tuple[str, ...] | None:
    return _list(read, key, "unknown_country", "An ISO 3166-1 alpha-2 code is expected, such as PK.", COUNTRY)


def _codes(read: Fields) -> tuple[str, ...] | None:
    return _list(read, "hs", "unknown_word", 'A code of the Harmonized System is expected, such as "0806".', HS_TOLD)
