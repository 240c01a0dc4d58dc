"""The Ukrainian border guard's map (dpsu.gov.ua/uk/map, CC BY 4.0) as an observer logs it: a CSV, one look a row.

It speaks for the Ukrainian gate, and of the crossing as a whole: both directions. Trucks and cars are those waiting to
leave Ukraine. Clock times are Kyiv's. Weights and dates that stand beside a crossing all year stay in the note.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from crossings.domain.claims import stamp
from crossings.domain.faults import Fault
from crossings.domain.readings import MOST
from crossings.domain.vocabulary import SourceKind
from crossings.feeds.base import Batch, Context, FeedError, Format, Item, Kind
from crossings.feeds.clock import instant
from crossings.feeds.dpsu_words import Row, cars_refused, lanes_of, note_of
from crossings.feeds.table import csv_rows, too_long
from crossings.feeds.ukraine import BY_DPSU

NEEDED = ("crossing_id", "dpsu_name", "trucks_waiting", "cars_waiting", "state", "character", "source_updated_kyiv")
KYIV = ZoneInfo("Europe/Kyiv")
SAID = {"attribution": "State Border Guard Service of Ukraine (dpsu.gov.ua)", "url": "https://dpsu.gov.ua/uk/map"}
COUNTS = {
    "trucks_waiting": {"traffic": "cargo", "measure": "waiting", "unit": "trucks"},
    "cars_waiting": {"traffic": "vehicles", "measure": "waiting", "unit": "vehicles"},
    "cars_per_hour": {"traffic": "vehicles", "measure": "passed", "unit": "vehicles", "per": "hour"},
}


def parse(body: bytes, context: Context) -> Batch:
    columns = next(csv_rows(body), (0, []))[1]
    missing = [name for name in NEEDED if name not in columns]
    if missing:
        got = ", ".join(columns)[:200]
        raise FeedError("csv_header_mismatch", f"Expected the columns {', '.join(NEEDED)}; got {got}.")
    index = columns.index("crossing_id")
    spoken_of = {cells[index] for _, cells in csv_rows(body) if len(cells) > index and cells[index] in BY_DPSU}
    posts = [post.place for post in BY_DPSU.values() if post.dpsu in spoken_of and not post.reference]
    return Batch(_items(body, columns), places=tuple(posts))


def _items(body: bytes, columns: list[str]) -> Iterator[Item]:
    rows = csv_rows(body)
    next(rows)
    for number, cells in rows:
        at = f"line {number}"
        if len(cells) != len(columns):
            detail = f"The header has {len(columns)} columns and this row {len(cells)}."
            yield Item(at, None, faults=(Fault("", "csv_row_mismatch", detail),))
            continue
        row = dict(zip(columns, cells, strict=True))
        flooded = [fault for name, cell in row.items() if (fault := too_long(cell, f"/{name}"))]
        if flooded:
            yield Item(at, None, faults=tuple(flooded))
            continue
        try:
            moment = _moment(row)
        except FeedError as error:
            yield Item(at, None, faults=(error.as_fault("/source_updated_kyiv"),))
            continue
        yield from _claims(at, row, moment)
        yield from _readings(at, row, moment)


def _moment(row: Row) -> datetime:
    said, beside = row["source_updated_kyiv"], row.get("source_updated_utc")
    try:
        at = instant(datetime.strptime(said, "%Y-%m-%d %H:%M:%S"), KYIV)  # noqa: DTZ007
        same = datetime.fromisoformat(beside).astimezone(UTC) if beside else at
    except (ValueError, OverflowError):
        detail = "Kyiv time such as 2026-08-01 05:40:15 is expected, and the same with a Z in source_updated_utc."
        raise FeedError("invalid_timestamp", detail) from None
    if at != same:
        raise FeedError("clock_off", f"{said} in Kyiv is {stamp(at)}, not {stamp(same)} as source_updated_utc says.")
    return at


def _shared(row: Row, moment: datetime) -> dict[str, Any]:
    """What all items of a row say. A time that the observer made up for want of one is good to the hour."""
    post = BY_DPSU.get(row["crossing_id"])
    made_up = row.get("ts_synthetic", "0") not in ("0", "")
    return {
        "crossing": post.called if post else row["dpsu_name"],
        "precision": "hour" if made_up else "exact",
        "reported_at": stamp(moment),
        **SAID,
    }


def _claims(at: str, row: Row, moment: datetime) -> Iterator[Item]:
    try:
        lanes, on_foot = lanes_of(row)
    except FeedError as error:
        yield Item(at, Kind.REPORT, faults=(error.as_fault("/state"),))
        return
    shared = {**_shared(row, moment), "declared_by": "UA", "effective_at": stamp(moment), "note": note_of(row)}
    # Those on foot by themselves: where we do not know them to cross, the rest still counts.
    for kind, found in (("", lanes), ("-people", on_foot)):
        if found:
            yield Item(at, Kind.REPORT, {"id": f"{row['crossing_id']}-{stamp(moment)}{kind}", **shared, "lanes": found})


def _readings(at: str, row: Row, moment: datetime) -> Iterator[Item]:
    if row.get("parse_miss_flag") == "1":
        detail = "The observer could not read the numbers of this row: none of them is taken."
        yield Item(at, Kind.READING, faults=(Fault("/parse_miss_flag", "parse_miss", detail),))
        return
    post = BY_DPSU.get(row["crossing_id"])
    for column, kind in COUNTS.items():
        said = row.get(column, "")
        # The rate goes on standing there while no car is let through.
        if not said or (column == "cars_per_hour" and cars_refused(row)):
            continue
        if not (said.isascii() and said.isdigit() and len(said) < 9 and int(said) <= MOST):
            fault = Fault(f"/{column}", "invalid_count", f'"{said[:40]}" is no whole number up to {MOST}.')
            yield Item(at, Kind.READING, faults=(fault,))
            continue
        name, count = f"{row['crossing_id']}-{column}-{stamp(moment)}", int(said)
        where = {"side": "UA", "to": post.country if post else None, "observed_at": stamp(moment)}
        data = {"id": name, **_shared(row, moment), **kind, **where, "low": count, "high": count}
        yield Item(at, Kind.READING, data)


FORMAT = Format(
    "dpsu",
    parse,
    kind=SourceKind.AUTHORITY,
    country="UA",
    public_label="State Border Guard Service of Ukraine",
)
