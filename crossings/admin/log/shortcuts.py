"""What is said most often of a crossing, for one tap each: which fields it sets, made from its sides."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from crossings.admin.log.parts import ALL_LANES, both_field, sides
from crossings.domain.vocabulary import State, Traffic
from crossings.models import Crossing, Current
from crossings.phrases.countries import country

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shortcut:
    """`sets` are fields by name, once all lanes are left as before; `unless` those set where nothing is chosen."""

    name: str
    label: str
    sets: Json
    unless: Json

    @property
    def json(self) -> str:
        return json.dumps({"sets": self.sets, "unless": self.unless})

    def initial(self) -> Json:
        return {**self.unless, **self.sets}


def of_crossing(crossing: Crossing) -> list[Shortcut]:
    """One query."""
    closed, opened = gettext("%(country)s closed its gate"), gettext("%(country)s opened its gate")
    return [*_by_side(crossing, closed, opened), *_whole(crossing, _holding(crossing))]


def _holding(crossing: Crossing) -> str:
    """The one side that holds any of it now; "" where none does, or more than one."""
    status: Json = Current.objects.filter(crossing=crossing).values_list("status", flat=True).first() or {}
    held = [lane for lane in status.get("lanes", []) if lane["state"] in (State.CLOSED, State.RESTRICTED)]
    found = {holder["side"] or "" for lane in held for holder in lane["held_by"]}
    return found.pop() if len(found) == 1 else ""


def of_many(group: Crossing, *, whole: bool) -> list[Shortcut]:
    """For several at once: `whole` where they are all that the two countries have."""
    if whole and all(group.countries):
        closed = gettext("%(country)s closed all its gates to %(other)s")
        opened = gettext("%(country)s opened all its gates to %(other)s")
    else:
        closed, opened = gettext("%(country)s closed its gates here"), gettext("%(country)s opened its gates here")
    return [*_by_side(group, closed, opened), *_whole(group, "")]


def _by_side(crossing: Crossing, closed: str, opened: str) -> Iterable[Shortcut]:
    both = sides(crossing)
    for form, word, state, one_gate in ((closed, "closed", State.CLOSED, ""), (opened, "opened", State.OPEN, "on")):
        for side in both:
            other = next((each for each in both if each != side), "")
            label = form % {"country": country(side), "other": country(other)}
            sets = {"declared_by": side, "one_gate": one_gate, ALL_LANES: state.value}
            yield Shortcut(f"{side.lower()}_{word}", label, sets, {})


def _whole(crossing: Crossing, side: str) -> Iterable[Shortcut]:
    nobody = {"declared_by": "", "one_gate": ""}
    yield Shortcut("open", gettext("Open, both sides"), {**nobody, ALL_LANES: State.OPEN.value}, {})
    yield Shortcut("closed", gettext("Closed, nobody named"), {**nobody, ALL_LANES: State.CLOSED.value}, {})
    if Traffic.PEOPLE in crossing.traffic:
        rest = [traffic for traffic in crossing.traffic if traffic != Traffic.PEOPLE]
        lanes = {both_field(Traffic.PEOPLE): State.RESTRICTED.value}
        lanes |= {both_field(traffic): State.CLOSED.value for traffic in rest}
        unless = {"declared_by": side} if side else {}
        yield Shortcut("people_only", gettext("People only, on conditions"), {"one_gate": "", **lanes}, unless)


def chosen(offered: Iterable[Shortcut], name: str) -> Json:
    """The fields to begin with, for a page without JavaScript."""
    return next((each.initial() for each in offered if each.name == name), {})
