"""How long it takes at a port of the US wait-time service: minutes, and the lanes of each program in words."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from crossings.domain.claims import stamp
from crossings.domain.faults import Fault
from crossings.domain.vocabulary import Traffic
from crossings.feeds.base import Item, Kind
from crossings.feeds.cbp_ports import GROUPS, NOT_THERE, PROGRAMS, Port, status_of, text_in

OPEN, CLOSED = {"no delay", "delay"}, {"lanes closed"}
CLOCK = re.compile(r"at (noon|midnight|\d{1,2}(?::\d\d)? ?[ap]m) ([a-z]{3})\Z")
# Of these names only the daylight ones are what they say: "PST" is printed all summer, in Arizona too.
DAYLIGHT = {"edt": 4, "cdt": 5, "mdt": 6, "pdt": 7, "adt": 3}
MOST_MINUTES = 7 * 24 * 60


def reading_of(
    port: Port, traffic: Traffic, standard: dict[str, Any], lanes: list[tuple[str, dict[str, Any]]], reply_at: datetime
) -> Iterator[Item]:
    minutes, pointer = text_in(standard, "delay_minutes"), f"/{GROUPS[traffic]}/standard_lanes"
    if minutes.lower() in NOT_THERE:
        return
    observed_at = _updated(text_in(standard, "update_time"), port, reply_at)
    faults = []
    if not (minutes.isascii() and minutes.isdigit() and len(minutes) < 6 and int(minutes) <= MOST_MINUTES):
        detail = f'"{minutes[:40]}" is no number of minutes up to {MOST_MINUTES}.'
        faults.append(Fault(f"{pointer}/delay_minutes", "invalid_wait", detail))
    if observed_at is None:
        detail = "A time such as At 1:22 pm EDT is expected."
        faults.append(Fault(f"{pointer}/update_time", "invalid_timestamp", detail))
    if faults or observed_at is None:
        yield Item(port.at, Kind.READING, faults=tuple(faults))
        return
    note = " ".join(part for name, lane in lanes for part in [_in_words(PROGRAMS[name], lane)] if part)
    # Officers mend what they said within the hour: the same time with another number is another reading.
    mark = hashlib.sha256(f"{minutes} {note}".encode()).hexdigest()[:8]
    data = {
        "id": f"{port.number}-{traffic}-{stamp(observed_at)}-{mark}",
        "crossing": port.code,
        "side": "US",
        "traffic": traffic.value,
        "to": "US",
        "measure": "waiting",
        "unit": "minutes",
        "low": int(minutes),
        "high": int(minutes),
        "observed_at": stamp(observed_at),
        "reported_at": stamp(observed_at),
        "note": note,
    }
    yield Item(port.at, Kind.READING, data)


def _in_words(program: str, lane: dict[str, Any]) -> str:
    """ "2 lanes open." of the standard lanes, "FAST: 10 min, 1 lane open." of the others."""
    count = text_in(lane, "lanes_open")[:4]
    lanes = f"{count} lane{'' if count == '1' else 's'} open" if count.isdigit() else ""
    if not program:
        return f"{lanes}." if lanes else ""
    if status_of(lane) in CLOSED:
        return f"{program}: closed."
    if status_of(lane) not in OPEN:
        return ""
    minutes = text_in(lane, "delay_minutes")[:5]
    parts = [f"{minutes} min" if minutes.isdigit() else "", lanes]
    return f"{program}: {', '.join(part for part in parts if part) or 'open'}."


def _updated(text: str, port: Port, reply_at: datetime) -> datetime | None:
    """When a lane was looked at: a local clock time without a date, the latest such not after the reply."""
    said = CLOCK.match(" ".join(text.lower().split()))
    if not said:
        return None
    clock, name = said[1].replace(" ", ""), said[2]
    clock = {"noon": "12:00pm", "midnight": "12:00am"}.get(clock, clock)
    clock = clock if ":" in clock else f"{clock[:-2]}:00{clock[-2:]}"
    try:
        time = datetime.strptime(clock, "%I:%M%p").time()  # noqa: DTZ007
    except ValueError:
        return None
    zone = ZoneInfo(port.sides[0].timezone)
    for days in (1, 0, -1, -2):
        local = datetime.combine(reply_at.astimezone(zone).date() + timedelta(days=days), time)
        if name in DAYLIGHT:
            at = (local + timedelta(hours=DAYLIGHT[name])).replace(tzinfo=UTC)
        else:
            at = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
        if at <= reply_at:
            return at
    return None
