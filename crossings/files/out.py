"""Reports and readings as rows of a file, a lane or a reading a row, with columns named as the contract's fields.

The first columns are those of the partner feed's CSV, which reads them again; conditions stand in one cell, as JSON.
What follows only staff may see, and is passed over when it is brought in again.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, TypeVar

import orjson
from django.db.models import Q, QuerySet

from crossings.domain.claims import stamp
from crossings.files.cells import Cell
from crossings.models import Reading, Report

R = TypeVar("R", Report, Reading)
ROWS = 500
"""Fetched at once: so much is in memory, whatever the size of the whole."""
LANE = ("traffic", "to", "state", "conditions")
CLAIM = ("id", "crossing", "declared_by", "one_gate", "effective_at", "precision", "until", "basis", "where", "by",
         "by_name", "reason", "note", "attribution", "url", "visibility", "reported_at")  # fmt: skip
COUNT = ("id", "crossing", "side", "traffic", "to", "measure", "unit", "low", "high", "per", "place", "loaded",
         "method", "observed_at", "precision", "note", "attribution", "url", "reported_at")  # fmt: skip
OURS = ("source", "source_label", "recorded_at", "recorded_by", "retracted")
"""For staff; `retracted` says when and why it was taken back."""
MORE = ("source", "crossing", "recorded_by", "retraction")


def reports_between(rows: QuerySet[Report], start: datetime | None, end: datetime | None) -> QuerySet[Report]:
    """By when they take effect; those that name no time by when they were said."""
    dated, undated = Q(effective_at__isnull=False), Q(effective_at__isnull=True)
    if start:
        dated, undated = dated & Q(effective_at__gte=start), undated & Q(reported_at__gte=start)
    if end:
        dated, undated = dated & Q(effective_at__lt=end), undated & Q(reported_at__lt=end)
    return rows.filter(dated | undated) if start or end else rows


def report_rows(reports: QuerySet[Report], *, staff: bool) -> Iterator[list[Cell]]:
    """With the header. Without `staff` what was taken back is left out."""
    yield [*CLAIM, *LANE, *(OURS if staff else ())]
    for report in _in_turn(reports, staff):
        claim = _claim(report)
        for lane in report.lanes:
            conditions = orjson.dumps(lane["conditions"]).decode() if lane.get("conditions") else None
            cells: list[Cell] = [claim[name] for name in CLAIM]
            yield [*cells, lane["traffic"], lane["to"], lane["state"], conditions, *(_ours(report) if staff else ())]


def reading_rows(readings: QuerySet[Reading], *, staff: bool) -> Iterator[list[Cell]]:
    """As report_rows()."""
    yield [*COUNT, *(OURS if staff else ())]
    for reading in _in_turn(readings, staff):
        given: dict[str, Cell] = {name: getattr(reading, name, None) for name in COUNT}
        given |= {"id": reading.external_id, "crossing": reading.crossing.slug}
        given |= {"observed_at": stamp(reading.observed_at), "reported_at": stamp(reading.reported_at)}
        yield [*given.values(), *(_ours(reading) if staff else ())]


def _in_turn(rows: QuerySet[R], staff: bool) -> Iterator[R]:
    """In the order in which they were recorded, some at a time; none that is recorded meanwhile."""
    rows = rows if staff else rows.filter(retraction__isnull=True)
    last = rows.order_by("-pk").values_list("pk", flat=True).first() or 0
    after = 0
    while True:
        found = list(rows.filter(pk__gt=after, pk__lte=last).select_related(*MORE).order_by("pk")[:ROWS])
        yield from found
        if len(found) < ROWS:
            return
        after = found[-1].pk


def _claim(report: Report) -> dict[str, Cell]:
    given: dict[str, Cell] = {name: getattr(report, name, None) for name in CLAIM}
    until = report.until_date.isoformat() if report.until_date else stamp(report.until)
    given |= {"id": report.external_id, "crossing": report.crossing.slug, "until": until}
    given |= {"effective_at": stamp(report.effective_at), "reported_at": stamp(report.reported_at)}
    return given


def _ours(row: Any) -> list[Cell]:
    taken = getattr(row, "retraction", None)
    by = row.recorded_by.get_username() if row.recorded_by else ""
    told = f"{stamp(taken.recorded_at)} {taken.reason}" if taken else ""
    return [row.source.slug, row.source.public_label, stamp(row.recorded_at), by, told]
