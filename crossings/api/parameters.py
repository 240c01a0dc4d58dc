"""Query parameters, checked. What is not known is ignored; what is wrong is named."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from urllib.parse import urlencode

from django.http import HttpRequest

from crossings.board import Box
from crossings.domain.claims import stamp
from crossings.domain.faults import Fault, Refused
from crossings.domain.fields import Fields
from crossings.domain.vocabulary import Word

DEGREES = re.compile(r"[+-]?\d{1,3}(\.\d{1,15})?\Z", re.ASCII)
DATE = re.compile(r"\d{4}-\d\d-\d\d\Z")


class Parameters:
    """Reads a request's query. Faults are gathered; check() raises them, each with its parameter as the pointer."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.faults: list[Fault] = []
        self.given: dict[str, str] = {}

    def check(self) -> None:
        if self.faults:
            raise Refused(self.faults)

    def _fault(self, name: str, detail: str, code: str = "invalid_parameter") -> None:
        self.faults.append(Fault(name, code, detail))

    def not_taken(self, name: str, instead: str) -> None:
        """A parameter that means something elsewhere, and would be disobeyed here."""
        if name in self.request.GET:
            self._fault(name, instead, "not_taken_here")

    def raw(self, name: str, limit: int = 200) -> str:
        given = self.request.GET.getlist(name)
        if len(given) > 1:
            self._fault(name, f"It is given {len(given)} times: give it once.", "given_twice")
            return ""
        value = given[0].strip() if given else ""
        if len(value) > limit or "\x00" in value:
            self._fault(name, f"At most {limit} characters.")
            return ""
        if value:
            self.given[name] = value
        return value

    def moment(self, name: str) -> datetime | None:
        """A time with its zone, or a date: its first instant in UTC."""
        # An unescaped "+04:30" arrives with a space for its plus.
        value = self.raw(name).replace(" ", "+")
        if not value:
            return None
        faults: list[Fault] = []
        moment = Fields({name: f"{value}T00:00:00Z" if DATE.match(value) else value}, "", faults).moment(name)
        self.faults += [Fault(name, fault.code, fault.detail) for fault in faults]
        return moment

    def span(self) -> tuple[datetime | None, datetime | None]:
        """`from` and `to`; one that ends before it begins is named by both."""
        start, end = self.moment("from"), self.moment("to")
        if start and end and start > end:
            for name in ("from", "to"):
                self._fault(name, f"from ({stamp(start)}) is later than to ({stamp(end)}).", "out_of_range")
        return start, end

    def word(self, name: str, kind: type[Word]) -> str:
        value = self.raw(name).lower()
        if value and value not in kind.words():
            self._fault(name, f"One of: {', '.join(kind.words())}.", "unknown_word")
            return ""
        return value

    def choice(self, name: str, choices: list[str]) -> str:
        value = self.raw(name)
        if value and value not in choices:
            self._fault(name, f"One of: {', '.join(choices)}.")
            return ""
        return value

    def country(self, name: str) -> str:
        faults: list[Fault] = []
        country = Fields({name: self.raw(name)}, "", faults).country(name)
        self.faults += [Fault(name, fault.code, fault.detail) for fault in faults]
        return country

    def number(self, name: str, default: int, low: int, high: int) -> int:
        value = self.raw(name)
        if not value:
            return default
        if not re.fullmatch(r"\d{1,18}", value, re.ASCII) or not low <= int(value) <= high:
            self._fault(name, f"A whole number from {low} to {high}.")
            return default
        return int(value)

    def box(self, name: str) -> Box | None:
        """West, south, east and north in degrees; across the antimeridian west is the greater."""
        value = self.raw(name)
        if not value:
            return None
        parts = [part.strip() for part in value.split(",")]
        if len(parts) != 4 or not all(DEGREES.match(part) for part in parts):
            self._fault(name, "Four numbers in degrees: west,south,east,north, such as 60.5,29.3,77.8,38.5.")
            return None
        box = Box(*map(float, parts))
        if max(abs(box.west), abs(box.east)) > 180 or max(abs(box.south), abs(box.north)) > 90:
            self._fault(name, "West and east lie from -180 to 180, south and north from -90 to 90.", "out_of_range")
            return None
        if box.south > box.north:
            self._fault(name, "South comes before north: west,south,east,north.", "out_of_range")
            return None
        return box

    def tag(self, *parts: object) -> str:
        """An ETag for these parts and the parameters that were asked for: others do not count."""
        asked = hashlib.sha256(repr(sorted(self.given.items())).encode("utf-8", "replace")).hexdigest()[:12]
        return "-".join([*map(str, parts), asked])

    def next_url(self, cursor: str | None) -> str | None:
        """The full address of the next page."""
        if cursor is None:
            return None
        query = urlencode({**self.given, "cursor": cursor})
        return self.request.build_absolute_uri(f"{self.request.path}?{query}")
