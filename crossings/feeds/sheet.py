"""Spreadsheets that people send by mail: XLSX and CSV, a lane or a count of those waiting a row, or both.

Options of the source: `columns` ({"Border post": "crossing"}, see sheet_columns), `sheet` (its name), `timezone` (for
times without one, as all of Excel's), `date_format` ("%d.%m.%Y %H:%M", for dates written as text), `words` ({"abierto":
"open"}) and `defaults` ({"traffic": "cargo"}) for what no column says.
"""

from __future__ import annotations

from collections.abc import Iterator

from crossings.domain.faults import Fault
from crossings.domain.fields import DATE, MONTH
from crossings.feeds.base import Batch, Context, Format, Item, Kind
from crossings.feeds.sheet_cells import Given, Reader
from crossings.feeds.sheet_columns import find_columns
from crossings.feeds.sheet_rows import rows

LANE = ("traffic", "to", "state")
ALIKE = ("id", "crossing", "declared_by", "where", "basis", "effective_at")
Claims = dict[tuple[str, ...], tuple[list[int], Given, list[Fault]]]
"""By what identifies a claim: the numbers of its rows, the claim, and what is wrong with it."""


def parse(body: bytes, context: Context) -> Batch:
    reader = Reader(context.options)
    found = rows(body, str(context.options.get("sheet") or ""))
    columns = find_columns(found, context.options)
    claims: Claims = {}
    counts: list[Item] = []
    for number, cells in found:
        given, counted, faults = reader.row(columns, cells)
        counts += [_reading(number, unit, count, given, faults) for unit, count in counted.items()]
        if "state" in given or not counted:
            _lane_of(number, given, faults, claims)
    return Batch(_items(claims, counts))


def _items(claims: Claims, counts: list[Item]) -> Iterator[Item]:
    for numbers, claim, faults in claims.values():
        at = f"row {numbers[0]}" if len(numbers) == 1 else f"rows {', '.join(map(str, numbers))}"
        yield Item(at, Kind.REPORT, claim, tuple(faults))
    yield from counts


def _lane_of(number: int, given: Given, faults: list[Fault], claims: Claims) -> None:
    """Rows alike in what identifies a claim are the lanes of one."""
    alike = tuple(str(given.get(field, "")) for field in ALIKE)
    lane = {field: given.pop(field) for field in LANE if field in given}
    told = given.pop("conditions", None)
    if told is not None:
        lane["conditions"] = [{"text": told}]
    given = {**_precision(given.get("effective_at")), **given}
    numbers, claim, known = claims.setdefault(alike, ([], {**given, "lanes": []}, []))
    numbers.append(number)
    known += faults
    known += [
        Fault(f"/{field}", "rows_differ", f"Rows {numbers[0]} and {number} are lanes of one claim but differ in this.")
        for field in sorted((given.keys() | claim.keys()) - {"lanes"})
        if given.get(field) != claim.get(field)
    ]
    same = next((each for each in claim["lanes"] if all(each.get(key) == lane.get(key) for key in LANE)), None)
    if same is not None and "conditions" in lane and "conditions" in same:
        same["conditions"] += lane["conditions"]
    else:
        claim["lanes"].append(lane)


def _reading(number: int, unit: str, count: tuple[int, int] | Fault, given: Given, faults: list[Fault]) -> Item:
    if isinstance(count, Fault):
        return Item(f"row {number}", Kind.READING, faults=(count,))
    at, traffic = given.get("effective_at"), given.get("traffic") or ("cargo" if unit == "trucks" else None)
    shared = ("crossing", "to", "attribution", "url", "note", "reported_at")
    data: Given = {key: given[key] for key in shared if key in given}
    data |= {"side": given.get("declared_by"), "traffic": traffic, "measure": "waiting", "unit": unit}
    data |= {"low": count[0], "high": count[1], "observed_at": at, **_precision(at)}
    if "id" in given:
        data["id"] = f"{given['id']}-{unit}"
    return Item(f"row {number}", Kind.READING, data, tuple(faults))


def _precision(at: str | None) -> Given:
    if at and (DATE.match(at) or MONTH.match(at)):
        return {"precision": "day" if DATE.match(at) else "month"}
    return {}


FORMAT = Format("sheet", parse)
