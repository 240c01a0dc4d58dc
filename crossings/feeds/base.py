"""What every feed takes and gives: bytes in, items out. No database, no settings, no network."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from crossings.domain.border import Side
from crossings.domain.faults import Fault
from crossings.domain.vocabulary import SourceKind, Traffic


class FeedError(Exception):
    """A reply or file that cannot be read at all. `code` is a stable word, `detail` plain English."""

    def __init__(self, code: str, detail: str) -> None:
        self.code, self.detail = code, detail
        super().__init__(f"{code}: {detail}")

    def as_fault(self, pointer: str = "") -> Fault:
        return Fault(pointer, self.code, self.detail)


class Kind(StrEnum):
    REPORT = "report"
    READING = "reading"
    RETRACTION = "retraction"
    ENTRY = "entry"


@dataclass(frozen=True, slots=True)
class Entry:
    """A text that may hold claims: a person reads it. `text` is plain, `url` http(s) or "", `published_at` aware."""

    id: str
    title: str
    text: str
    url: str = ""
    published_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One claim, reading or retraction in the contract's JSON, an Entry, or, with `faults`, what cannot be one.

    `at` says where it stood: "/reports/3", "line 12", "port 250401". Faults point into the item.
    """

    at: str
    kind: Kind | None
    data: Any = None
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """A crossing that a service knows and we perhaps do not yet; `code` finds it again."""

    code: str
    slug: str
    name: str
    sides: tuple[Side, Side]
    traffic: tuple[Traffic, ...]
    must_speak: tuple[str, ...]
    fresh_for: timedelta
    aliases: tuple[str, ...] = ()
    hours_note: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """What a reply holds. Its items may be read once, in order; reading them may still raise FeedError.

    `reply_at` is the reply's own time, where it has one.
    """

    items: Iterable[Item]
    reply_at: datetime | None = None
    places: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class Context:
    """What a feed may know of the world: when the reply came (aware) and how its source is set up."""

    fetched_at: datetime
    options: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Format:
    """A format and what holds for every source that speaks it.

    `state_feed`: it says again and again what holds now, so that repeats only confirm (DESIGN §3, rule 6).
    """

    name: str
    parse: Callable[[bytes, Context], Batch]
    state_feed: bool = False
    kind: SourceKind = SourceKind.PARTNER
    country: str = ""
    public_label: str = ""
