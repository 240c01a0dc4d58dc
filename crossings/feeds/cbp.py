"""US border wait times, https://bwt.cbp.gov/api/bwtnew: what holds now at each port's gate into the United States.

All ports of a reply speak of one moment, each in its own local time. Lanes are by kind of vehicle and, within that, by
program (standard, FAST, NEXUS/SENTRI, ready): one open lane makes the gate open for that traffic.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from crossings.domain.claims import stamp
from crossings.domain.faults import Fault
from crossings.domain.fields import phone_number_in
from crossings.domain.vocabulary import SourceKind, State, Traffic
from crossings.feeds.base import Batch, Context, FeedError, Format, Item, Kind, Place
from crossings.feeds.cbp_ports import (
    GROUPS,
    NOT_SAID,
    NOT_THERE,
    PROGRAMS,
    Port,
    lanes_of,
    places,
    read_ports,
    status_of,
    text_in,
)
from crossings.feeds.cbp_waits import CLOSED, OPEN, reading_of
from crossings.feeds.strict import loads

KNOWN = OPEN | CLOSED | NOT_SAID | NOT_THERE
MOST_PORTS = 5000
# Some ports' clocks are set to a neighbouring zone; one further off than this is no clock of this reply.
CLOCK_SLACK = timedelta(hours=3)


def parse(body: bytes, context: Context) -> Batch:
    found = loads(body)
    if not isinstance(found, list) or not found or not any(isinstance(p, dict) and "port_number" in p for p in found):
        raise FeedError("schema_mismatch", "A list of ports with a port_number each was expected.")
    if len(found) > MOST_PORTS:
        raise FeedError("too_many_items", f"{len(found)} ports; at most {MOST_PORTS} are read.")
    ports, faulty = read_ports(found)
    if not ports:
        raise FeedError("schema_mismatch", f"None of the {len(found)} ports can be read: {faulty[0].faults[0].detail}")
    times = Counter(port.clock for port in ports)
    reply_at = max(times, key=lambda at: (times[at], at))
    on_time = [port for port in ports if _clock_fits(port.clock, reply_at)]
    faulty += [_off(port, reply_at) for port in ports if not _clock_fits(port.clock, reply_at)]
    known = tuple(places(on_time))
    return Batch(_items(on_time, known, faulty, reply_at), reply_at, known)


def _clock_fits(clock: datetime, reply_at: datetime) -> bool:
    off = abs(clock - reply_at)
    return off <= CLOCK_SLACK and off.total_seconds() % 3600 <= 60


def _off(port: Port, reply_at: datetime) -> Item:
    detail = f"Its time is {stamp(port.clock)} while the reply's is {stamp(reply_at)}."
    return Item(port.at, None, faults=(Fault("/time", "clock_off", detail),))


def _items(ports: list[Port], known: Iterable[Place], faulty: list[Item], reply_at: datetime) -> Iterator[Item]:
    yield from faulty
    for port, place in zip(ports, known, strict=True):
        for traffic in place.traffic:
            yield from _of_traffic(port, traffic, reply_at)


def _of_traffic(port: Port, traffic: Traffic, reply_at: datetime) -> Iterator[Item]:
    lanes = lanes_of(port, traffic)
    strange = [(name, lane) for name, lane in lanes if status_of(lane) not in KNOWN]
    for name, lane in strange:
        pointer = f"/{GROUPS[traffic]}/{name}/operational_status"
        detail = f'"{text_in(lane, "operational_status")[:80]}" is not known; known: {", ".join(sorted(KNOWN - {""}))}.'
        yield Item(port.at, None, faults=(Fault(pointer, "unknown_word", detail),))
    state = _state(port, lanes)
    if state is not None:
        yield Item(port.at, Kind.REPORT, _claim(port, traffic, state, lanes, reply_at))
    standard = dict(lanes).get("standard_lanes")
    if standard is not None and status_of(standard) in OPEN and state is State.OPEN:
        yield from reading_of(port, traffic, standard, lanes, reply_at)


def _state(port: Port, lanes: list[tuple[str, dict[str, Any]]]) -> State | None:
    """None where nothing is said that could be believed.

    Open only for the members of a trusted-traveller programme is restricted: an ordinary driver is turned away.
    """
    if text_in(port.data, "port_status").lower() == "closed":
        return State.CLOSED
    said = {name: status_of(lane) for name, lane in lanes if status_of(lane) not in NOT_THERE | NOT_SAID}
    if any(status in OPEN for status in said.values()):
        return State.OPEN if said.get("standard_lanes") in OPEN else State.RESTRICTED
    return State.CLOSED if said and all(status in CLOSED for status in said.values()) else None


def _members_only(lanes: list[tuple[str, dict[str, Any]]]) -> list[dict[str, str]]:
    programs = [PROGRAMS[name] for name, lane in lanes if status_of(lane) in OPEN]
    return [{"text": f"{' and '.join(programs)} lanes only."}]


def _claim(
    port: Port, traffic: Traffic, state: State, lanes: list[tuple[str, dict[str, Any]]], reply_at: datetime
) -> dict[str, Any]:
    lane: dict[str, Any] = {"traffic": traffic.value, "to": "US", "state": state.value}
    if state is State.RESTRICTED:
        lane["conditions"] = _members_only(lanes)
    notice = text_in(port.data, "construction_notice", 2000)
    return {
        "id": f"{port.number}-{traffic}-{stamp(reply_at)}",
        "crossing": port.code,
        "declared_by": "US",
        "effective_at": stamp(reply_at),
        "lanes": [lane],
        "note": "" if phone_number_in(notice) else notice,
        "reported_at": stamp(reply_at),
    }


FORMAT = Format(
    "cbp",
    parse,
    state_feed=True,
    kind=SourceKind.AUTHORITY,
    country="US",
    public_label="US Customs and Border Protection",
)
