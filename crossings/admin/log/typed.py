"""A claim back into the fields of the form, as they would be typed for it. What they cannot hold is left out."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import QueryDict

from crossings.admin.log.conditions import FIRST_ROWS, LISTS, MOST_ROWS
from crossings.admin.log.entry import Entry
from crossings.admin.log.parts import AT, UNSAID, lane_field, zone_of
from crossings.admin.speakers import OWN
from crossings.domain.vocabulary import Precision
from crossings.models import Crossing

Json = dict[str, Any]
AS_THEY_ARE = ("declared_by", "basis", "where", "by", "by_name", "reason", "note", "attribution", "url", "visibility",
               "precision")  # fmt: skip


def typed(content: Json, crossing: Crossing) -> QueryDict:
    """The fields of the form as they would be typed for this claim."""
    data = QueryDict(mutable=True)
    zone = zone_of(crossing, content.get("declared_by") or "")
    fields: Json = {
        "crossing": crossing.slug, "shown": crossing.slug, "token": str(uuid.uuid4()), "source": OWN, "seen": "",
        "zone": zone, "one_gate": "on" if content.get("one_gate") else "",
        **{name: content.get(name) or "" for name in AS_THEY_ARE},
        **_since(content, zone), **_clock("until", content.get("until"), zone),
        **_clock("said", content.get("reported_at"), zone),
        **{lane_field(lane["traffic"], lane["to"]): lane["state"] for lane in content["lanes"]},
    }  # fmt: skip
    rows = _rows(content["lanes"])
    fields["rows"] = str(min(MOST_ROWS, max(FIRST_ROWS, len(rows))))
    for name, value in fields.items():
        if value:
            data[name] = value
    for number, row in enumerate(rows[:MOST_ROWS]):
        for name, value in row.items():
            data.setlist(f"c{number}-{name}", [str(each) for each in value] if isinstance(value, list) else [value])
    return data


def begun(entry: Entry, values: Mapping[str, str | list[str]]) -> QueryDict:
    """The fields of a fresh form, with these filled in."""
    data = QueryDict(mutable=True)
    for name in entry.form.fields:
        value = entry.form[name].value()
        if value not in (None, "", False):
            data[name] = str(value)
    for name, value in values.items():
        data.setlist(name, value if isinstance(value, list) else [value])
    return data


def _since(content: Json, zone: str) -> Json:
    at = content.get("effective_at")
    if not at:
        return {"when": UNSAID}
    local = datetime.fromisoformat(at).astimezone(ZoneInfo(zone))
    if content.get("precision") in (Precision.DAY, Precision.MONTH):
        return {"when": AT, "day": local.date().isoformat()}
    return {"when": AT, "day": local.date().isoformat(), "clock": _time(local)}


def _clock(name: str, said: str | None, zone: str) -> Json:
    if not said or len(said) == len("2023-02-24"):
        return {f"{name}_day": said or ""}
    local = datetime.fromisoformat(said).astimezone(ZoneInfo(zone))
    return {f"{name}_day": local.date().isoformat(), f"{name}_clock": _time(local)}


def _time(local: datetime) -> str:
    # A browser's field holds no finer parts; a claim with such is not held by the form.
    return local.strftime("%H:%M:%S" if local.second else "%H:%M")


def _rows(lanes: list[Json]) -> list[Json]:
    """A row for each condition: of every lane on conditions, or of one traffic."""
    holding = [lane for lane in lanes if lane["state"] == "restricted"]
    found: list[tuple[Json, list[str]]] = []
    for lane in holding:
        for condition in lane.get("conditions", []):
            same = next((traffics for known, traffics in found if known == condition), None)
            if same is None:
                found.append((condition, [lane["traffic"]]))
            elif lane["traffic"] not in same:
                same.append(lane["traffic"])
    every = {lane["traffic"] for lane in holding}
    rows = []
    for condition, traffics in found:
        for traffic in [""] if set(traffics) == every else traffics:
            rows.append({**row_of(condition), "traffic": traffic})
    return rows


def row_of(condition: Json) -> Json:
    names = ("effect", *LISTS, "country", "country_of", "how", "days", "text")
    row: Json = {name: condition[name] for name in names if name in condition}
    limit, fee, hours = condition.get("limit") or {}, condition.get("fee") or {}, condition.get("hours") or ["", ""]
    return row | {
        "count": str(limit.get("count", "")), "per": limit.get("per", "day"),
        "fee": str(fee.get("amount", "")), "currency": fee.get("currency", ""),
        "opens": hours[0], "closes": hours[1], "hs": ", ".join(condition.get("hs", [])),
    }  # fmt: skip
