"""A claim back into the fields of the form by which staff log an update, where they can hold all of it."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.http import QueryDict
from django.utils.translation import gettext

from crossings.admin.log.conditions import FIRST_ROWS, LISTS, MOST_ROWS
from crossings.admin.log.entry import Entry
from crossings.admin.log.parts import AT, UNSAID, lane_field
from crossings.admin.speakers import OWN
from crossings.domain.claims import Claim
from crossings.domain.vocabulary import Precision
from crossings.models import Crossing, Draft, Source

Json = dict[str, Any]
AS_THEY_ARE = ("declared_by", "basis", "where", "by", "by_name", "reason", "note", "attribution", "url", "visibility",
               "precision")  # fmt: skip


class Correction(Entry):
    """The form filled in for a draft: it speaks in the name of the draft's source, and of nobody else."""

    def __init__(
        self, draft: Draft, crossing: Crossing, user: User, now: datetime, data: Any = None, initial: Json | None = None
    ) -> None:
        super().__init__(crossing, user, now, data, initial)
        self.draft = draft
        self.form.fields["source"].choices = [(OWN, draft.source.name)]  # type: ignore[attr-defined]

    def _speaker(self) -> Source:
        return self.draft.source

    def read(self) -> bool:
        valid = super().read()
        if valid and self.draft.kind == Draft.Kind.REPORT and not any(isinstance(each, Claim) for each in self.items):
            self.form.add_error("lane_all", gettext("Choose how at least one lane stands, or reject the draft."))
            return False
        return valid

    def holds(self, claim: Claim) -> bool:
        """Whether what the fields say is that very claim, but for its id."""
        if not self.read():
            return False
        [said] = [item for item in self.items if isinstance(item, Claim)]
        return replace(said, external_id=claim.external_id) == claim


def typed(content: Json, crossing: Crossing) -> QueryDict:
    """The fields of the form as they would be typed for this claim. What they cannot hold is left out."""
    data = QueryDict(mutable=True)
    zone = _zone(crossing, content.get("declared_by") or "")
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


def _zone(crossing: Crossing, side: str) -> str:
    return crossing.timezone_b if side == crossing.country_b else crossing.timezone_a


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
            rows.append({**_row(condition), "traffic": traffic})
    return rows


def _row(condition: Json) -> Json:
    names = ("effect", *LISTS, "country", "country_of", "how", "days", "text")
    row: Json = {name: condition[name] for name in names if name in condition}
    limit, fee, hours = condition.get("limit") or {}, condition.get("fee") or {}, condition.get("hours") or ["", ""]
    return row | {
        "count": str(limit.get("count", "")), "per": limit.get("per", "day"),
        "fee": str(fee.get("amount", "")), "currency": fee.get("currency", ""),
        "opens": hours[0], "closes": hours[1], "hs": ", ".join(condition.get("hs", [])),
    }  # fmt: skip


def filled_in(draft: Draft, crossing: Crossing, user: User, now: datetime) -> QueryDict:
    """The fields of the form as the draft has them. Its own times are meant: its source said them."""
    data = typed(draft.content, crossing)
    data.setlist("sure", [each.value for each in Correction(draft, crossing, user, now, data).form.asked])
    return data


def expressible(draft: Draft, claim: Claim, user: User, now: datetime) -> bool:
    """Whether the form can hold this draft's claim whole."""
    assert draft.crossing is not None
    data = filled_in(draft, draft.crossing, user, now)
    return Correction(draft, draft.crossing, user, now, data).holds(claim)
