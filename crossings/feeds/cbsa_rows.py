"""The rows of Canada's border wait-time list, each checked for itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from crossings.domain.claims import stamp
from crossings.domain.faults import Fault
from crossings.domain.vocabulary import Traffic
from crossings.feeds.base import FeedError, Item, Place
from crossings.feeds.cbsa_offices import place_of, sides_of, slug_of
from crossings.feeds.strict import MARK, not_larger, text_of

HEADER = [re.compile(name, re.IGNORECASE) for name in (
    r"customs office|bureau", r"location|emplacement", r"last updated|mis à jour",
    r"commercial.*canada", r"commercial.*(u\.?s\.?|états-unis)",
    r"(travell?ers|voyageurs).*canada", r"(travell?ers|voyageurs).*(u\.?s\.?|états-unis)",
)]  # fmt: skip
INTO_CANADA = {Traffic.CARGO: 3, Traffic.VEHICLES: 5}
UPDATED = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d)(?::\d\d)? ([A-Z]{3})\Z")
# Hours behind UTC: St. John's comes first, the Pacific last. The second of each pair is French.
ZONES = {
    **dict.fromkeys(("NDT", "HAT"), 2.5), **dict.fromkeys(("NST", "HNT"), 3.5),
    **dict.fromkeys(("ADT", "HAA"), 3), **dict.fromkeys(("AST", "HNA", "EDT", "HAE"), 4),
    **dict.fromkeys(("EST", "HNE", "CDT", "HAC"), 5), **dict.fromkeys(("CST", "HNC", "MDT", "HAR"), 6),
    **dict.fromkeys(("MST", "HNR", "PDT", "HAP"), 7), **dict.fromkeys(("PST", "HNP"), 8),
}  # fmt: skip
NOT_THERE = {"not applicable", "ne s'applique pas"}
AHEAD = timedelta(minutes=5)
MOST_MIB, MOST_ROWS, LONGEST_ROW = 5, 2000, 1000
"""In MiB, rows and characters."""


@dataclass(frozen=True, slots=True)
class Office:
    at: str
    name: str
    place: Place
    updated: datetime
    cells: list[str]


def lines_of(body: bytes) -> list[tuple[int, str]]:
    """The rows under the header that are not empty, with the numbers of their lines."""
    not_larger(body, MOST_MIB)
    if body[:200].removeprefix(MARK).lstrip()[:1] in (b"<", b"{", b"["):
        raise FeedError("unexpected_content_type", "Got a web page, XML or JSON where CSV was expected.")
    lines = text_of(body).replace("\r\n", "\n").split("\n", MOST_ROWS + 1)
    rows = [(number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if not rows:
        raise FeedError("empty_body", f"The feed was empty ({len(body)} bytes).")
    if len(rows) > MOST_ROWS:
        raise FeedError("too_many_items", f"More than {MOST_ROWS} rows.")
    (_, first), *others = rows
    header = _cells(first[:LONGEST_ROW])
    if len(header) != len(HEADER) or not all(known.search(name) for known, name in zip(HEADER, header, strict=True)):
        detail = "Expected seven columns parted by ;; from Customs Office to Travellers Flow - U.S. bound"
        raise FeedError("csv_header_mismatch", f"{detail}; got {'; '.join(header)[:200]}.")
    return others


def _cells(line: str) -> list[str]:
    cells = [" ".join(cell.split()) for cell in line.split(";;")]
    return cells[:-1] if cells[-1] == "" else cells


def read_office(at: str, line: str, now: datetime) -> Office | Item:
    if len(line) > LONGEST_ROW:
        detail = f"A row has at most {LONGEST_ROW:,} characters; this one has {len(line):,}."
        return Item(at, None, faults=(Fault("", "text_too_long", detail),))
    cells = _cells(line)
    if len(cells) != len(HEADER):
        detail = f"The header has {len(HEADER)} columns and this row {len(cells)}."
        return Item(at, None, faults=(Fault("", "csv_row_mismatch", detail),))
    faults, updated, sides = [], None, sides_of(cells[1])
    if not slug_of(cells[0]):
        faults.append(Fault("/Customs Office", "required", "The office has no name."))
    if sides is None:
        detail = "A place in Canada and one in the US are expected, such as St. Stephen, NB/Calais, ME."
        faults.append(Fault("/Location", "invalid_location", detail))
    try:
        updated = _updated(cells[2], now)
    except FeedError as error:
        faults.append(error.as_fault("/Last updated"))
    if faults or updated is None or sides is None:
        return Item(at, None, faults=tuple(faults))
    carried = tuple(traffic for traffic, column in INTO_CANADA.items() if plain(cells[column]) not in NOT_THERE)
    return Office(at, cells[0], place_of(cells[0], sides, carried or tuple(INTO_CANADA)), updated, cells)


def _updated(text: str, now: datetime) -> datetime:
    said = UPDATED.match(text)
    if said is None or said[2] not in ZONES:
        known = ", ".join(ZONES)
        raise FeedError("invalid_timestamp", f"A time such as 2022-07-07 09:52 ADT is expected; zones: {known}.")
    try:
        local = datetime.strptime(said[1], "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
        at = local + timedelta(hours=ZONES[said[2]])
    except (ValueError, OverflowError):
        raise FeedError("invalid_timestamp", f"There is no time {said[1]}.") from None
    if at > now + AHEAD:
        raise FeedError("future_timestamp", f"It says it is from {stamp(at)}, ahead of our clock.")
    return at


def plain(text: str) -> str:
    return text.lower().replace("\u2019", "'")
