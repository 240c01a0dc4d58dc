"""Which moment a page was asked for: `?at=` and `?as_known_at=`, the two clocks of DESIGN rule 12."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.utils.translation import gettext

from crossings.domain.claims import stamp
from crossings.phrases.times import Clock, Stamped, zone_name

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
SPACED_ZONE = re.compile(r" (\d\d:\d\d)\Z")


@dataclass(frozen=True, slots=True)
class Asked:
    """The moments asked for; None: as it stands, as it is known. `fault` says in words what could not be read."""

    clock: Clock
    at_time: datetime | None = None
    known_time: datetime | None = None
    fault: str = ""

    @property
    def past(self) -> bool:
        return bool(self.at_time or self.known_time)

    @property
    def at(self) -> Stamped | None:
        return self.clock.stamped(stamp(self.at_time))

    @property
    def known(self) -> Stamped | None:
        return self.clock.stamped(stamp(self.known_time))

    @property
    def zone(self) -> str:
        return zone_name(self.clock.zones[0])

    @property
    def at_field(self) -> str:
        return self._field(self.at_time)

    @property
    def known_field(self) -> str:
        return self._field(self.known_time)

    def _field(self, at: datetime | None) -> str:
        return at.astimezone(ZoneInfo(self.clock.zones[0])).strftime("%Y-%m-%dT%H:%M") if at else ""

    @property
    def query(self) -> str:
        """These moments as the end of an address: empty, or with its question mark."""
        given = {"at": stamp(self.at_time), "as_known_at": stamp(self.known_time)}
        text = urlencode({name: value for name, value in given.items() if value})
        return f"?{text}" if text else ""


def asked(query: Mapping[str, str], zones: tuple[str, ...], now: datetime) -> Asked:
    """A time without a zone is meant in the first side's; a day alone is its noon. The clock of a past page stands
    at the moment asked for."""
    found: dict[str, datetime | None] = {}
    for name in ("at", "as_known_at"):
        try:
            found[name] = _moment(query.get(name, ""), ZoneInfo(zones[0]), now)
        except (ValueError, OverflowError) as fault:
            return Asked(Clock(now, zones), fault=str(fault) or gettext("That is no time we can read."))
    at, known = found["at"], found["as_known_at"]
    return Asked(Clock(at or known or now, zones, past=bool(at or known)), at, known)


def _moment(given: str, zone: ZoneInfo, now: datetime) -> datetime | None:
    text = SPACED_ZONE.sub(r"+\1", given.strip())  # a bare "+" in an address is read as a space
    if not text:
        return None
    try:
        at = _written(text)
    except ValueError:
        raise ValueError(gettext("Write a time as in 2023-02-23T12:00.")) from None
    at = (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    if not EARLIEST <= at <= now:
        raise ValueError(gettext("Only a moment from 1990 until now can be asked for."))
    return at


def _written(text: str) -> datetime:
    """In any of the writings of ISO 8601; a day is its noon. ValueError: in none of them."""
    try:
        return datetime.combine(date.fromisoformat(text), time(12))
    except ValueError:
        return datetime.fromisoformat(text)
