"""The conditions that are likeliest at a crossing, offered for one tap each."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from crossings.admin.log.conditions import FIRST_ROWS, ConditionForm
from crossings.admin.log.typed import row_of
from crossings.domain.vocabulary import Document, Effect, Goods, Traffic, Who
from crossings.models import Crossing, Report
from crossings.phrases.conditions import phrase
from crossings.phrases.text import capital, plain

Json = dict[str, Any]
MOST = 14
LATELY = 20
"""Reports."""


@dataclass(frozen=True, slots=True)
class Chip:
    """`fields` are those of a row, by name; `value` is the condition, for a page without JavaScript."""

    label: str
    value: str
    fields: str


def of_crossing(crossing: Crossing, status: Json) -> list[Chip]:
    """Those in force first, then those used lately, then what is common between two countries. One query."""
    lately = Report.objects.filter(crossing=crossing).order_by("-pk").values_list("lanes", flat=True)[:LATELY]
    in_force = _of(status.get("lanes", []))
    return _chips([*in_force, *(each for lanes in lately for each in _of(lanes)), *_common(crossing.countries)])


def of_countries(countries: Sequence[str]) -> list[Chip]:
    return _chips(_common(countries))


def _of(lanes: Iterable[Json]) -> Iterator[Json]:
    for lane in lanes:
        yield from lane.get("conditions") or []


def _common(countries: Sequence[str]) -> Iterator[Json]:
    for word in (Who.NATIONALS, Who.FAMILY):
        for land in countries:
            yield {"who": [word.value], "country": land}
    for land in countries:
        yield {"who": [Who.PATIENTS.value], "country": land, "documents": [Document.PERMIT.value]}
    yield {"who": [Who.VISA_HOLDERS.value]}
    yield {"who": [Who.RETURNEES.value]}
    yield {"goods": [Goods.HUMANITARIAN.value]}
    yield {"goods": [Goods.PERISHABLES.value]}


def _chips(conditions: Iterable[Json]) -> list[Chip]:
    found: dict[str, Chip] = {}
    for each in conditions:
        condition = {"effect": Effect.ALLOW.value, **{key: part for key, part in each.items() if key != "side"}}
        value = json.dumps(condition, sort_keys=True)
        if value not in found and len(found) < MOST:
            fields = {name: part for name, part in row_of(condition).items() if part not in ("", [])}
            found[value] = Chip(_label(condition), value, json.dumps(fields))
    return list(found.values())


def _label(condition: Json) -> str:
    goods = condition.keys() & {"goods", "hs", "vehicle"}
    what = phrase(condition, Traffic.CARGO if goods else Traffic.PEOPLE)
    if condition["effect"] == Effect.DENY:
        what = gettext("%(who)s may not pass") % {"who": what}
    elif condition["effect"] == Effect.PRIORITY:
        what = gettext("%(who)s pass first") % {"who": what}
    return plain(capital(what))


def put_in(data: Any, rows: Sequence[ConditionForm], condition: Any) -> None:
    """Type an offered condition into the first empty row."""
    free = next((row for row in rows if not row.filled), None)
    if free is None or not isinstance(condition, dict):
        return
    try:
        fields = row_of(condition)
    except (AttributeError, TypeError, KeyError, IndexError):
        return
    for name, value in fields.items():
        data.setlist(
            f"{free.prefix}-{name}", [str(each) for each in value] if isinstance(value, list) else [str(value)]
        )
    data["rows"] = str(max(free.number + 1, FIRST_ROWS))
