"""The ports of the US wait-time service as crossings: names, sides, zones, what they carry."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from crossings.domain.border import Side
from crossings.domain.fields import clean
from crossings.domain.vocabulary import Traffic
from crossings.feeds.base import FeedError, Item, Place
from crossings.feeds.cbp_zones import zones_of

GROUPS = {
    Traffic.PEOPLE: "pedestrian_lanes",
    Traffic.VEHICLES: "passenger_vehicle_lanes",
    Traffic.CARGO: "commercial_vehicle_lanes",
}
PROGRAMS = {"standard_lanes": "", "FAST_lanes": "FAST", "NEXUS_SENTRI_lanes": "NEXUS/SENTRI", "ready_lanes": "Ready"}
NOT_SAID, NOT_THERE = {"update pending"}, {"n/a", ""}
PORT = re.compile(r"[a-z0-9]{4,12}\Z")
FRESH_FOR = timedelta(hours=3)


@dataclass(frozen=True, slots=True)
class Port:
    number: str
    data: dict[str, Any]
    sides: tuple[Side, Side]
    clock: datetime

    @property
    def at(self) -> str:
        return f"port {self.number}"

    @property
    def code(self) -> str:
        return f"cbp:{self.number}"


def read_ports(found: list[Any]) -> tuple[list[Port], list[Item]]:
    ports: dict[str, Port] = {}
    faulty: list[Item] = []
    for index, data in enumerate(found):
        try:
            port = _port(data)
            if port.number in ports:
                raise FeedError("port_twice", f"Port {port.number} is given twice.")
            ports[port.number] = port
        except FeedError as error:
            faulty.append(Item(f"/{index}", None, faults=(error.as_fault(),)))
    return list(ports.values()), faulty


def _port(data: Any) -> Port:
    number = text_in(data, "port_number").lower()
    if not PORT.match(number):
        raise FeedError("schema_mismatch", "A port with a port_number is expected.")
    name, border = text_in(data, "port_name"), text_in(data, "border")
    if not name or not border.startswith(("Canad", "Mexic")):
        raise FeedError("schema_mismatch", f"Port {number} must name its port_name and its border.")
    other = "CA" if border.startswith("Canad") else "MX"
    given = f"{text_in(data, 'date')} {text_in(data, 'time')}"
    try:
        local = datetime.strptime(given, "%m/%d/%Y %H:%M:%S")  # noqa: DTZ007
        if not 2000 <= local.year <= 2100:
            raise ValueError
    except ValueError:
        detail = f'Port {number} says "{given}"; a time is written 6/29/2022 13:25:16.'
        raise FeedError("invalid_timestamp", detail) from None
    here, there = zones_of(number, other)
    clock = local.replace(tzinfo=ZoneInfo(here)).astimezone(UTC)
    return Port(number, data, (Side("US", name, here), Side(other, "", there)), clock)


def text_in(data: Any, key: str, limit: int = 120) -> str:
    """The text in that field, "" for none; what cannot be stored is left out."""
    value = data.get(key) if isinstance(data, dict) else None
    if not isinstance(value, str):
        return ""
    if value.isascii() and value.isprintable():
        return value.strip()[:limit]
    return clean(value.encode(errors="ignore").decode())[:limit]


def places(ports: list[Port]) -> Iterator[Place]:
    short = Counter(text_in(port.data, "crossing_name") for port in ports)
    slugs = Counter(_slug(_name(port)) for port in ports)
    for port in ports:
        name, crossing = _name(port), text_in(port.data, "crossing_name")
        slug = _slug(name) or port.code.replace(":", "-")
        hours = text_in(port.data, "hours")
        telling = short[crossing] == 1 and " " in crossing and crossing != name
        yield Place(
            code=port.code,
            slug=slug if slugs[slug] == 1 else f"{slug}-{port.number}",
            name=name,
            sides=port.sides,
            traffic=carried(port),
            must_speak=("US",),
            fresh_for=FRESH_FOR,
            aliases=(crossing,) if telling else (),
            hours_note=f"US side: {hours}" if hours else "",
        )


def _name(port: Port) -> str:
    name, crossing = text_in(port.data, "port_name"), text_in(port.data, "crossing_name")
    if not crossing or crossing.lower().startswith(name.lower()):
        return (crossing or name)[:120]
    return f"{name} – {crossing}"[:120]


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower().replace("&", "-and-")
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:70]


def carried(port: Port) -> tuple[Traffic, ...]:
    """The traffic that has lanes of its own; where none has, what is not "N/A" throughout."""
    known = [traffic for traffic in GROUPS if _has_lanes(port, traffic)]
    if known:
        return tuple(known)
    pending = [
        traffic for traffic in GROUPS if any(status_of(lane) not in NOT_THERE for _, lane in lanes_of(port, traffic))
    ]
    return tuple(pending or GROUPS)


def _has_lanes(port: Port, traffic: Traffic) -> bool:
    counted = text_in(port.data.get(GROUPS[traffic]), "maximum_lanes")
    known = any(status_of(lane) not in NOT_THERE | NOT_SAID for _, lane in lanes_of(port, traffic))
    return known or (counted.isascii() and counted.isdigit() and counted != "0")


def lanes_of(port: Port, traffic: Traffic) -> list[tuple[str, dict[str, Any]]]:
    group = port.data.get(GROUPS[traffic])
    found = [(name, group.get(name)) for name in PROGRAMS] if isinstance(group, dict) else []
    return [(name, lane) for name, lane in found if isinstance(lane, dict)]


def status_of(lane: dict[str, Any]) -> str:
    return text_in(lane, "operational_status").lower()
