"""Who holds a lane, and what its gates are called."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext

from crossings.domain.vocabulary import By, Where
from crossings.phrases.countries import country
from crossings.phrases.labels import label
from crossings.phrases.text import listed, spaced
from crossings.phrases.times import moment

Json = dict[str, Any]


def by_whom(lane: Json) -> str:
    """Who holds it: "by Pakistan", "by protesters on the road in Poland"; empty where nobody was named."""
    sides = [held["side"] for held in lane["held_by"] if _gate_authority(held)]
    others = [_holder(held) for held in lane["held_by"] if not _gate_authority(held)]
    named = [country(side) for side in sides if side]
    by = [gettext("by %(sides)s") % {"sides": listed(named)}] if named else []
    return listed([*by, *(other for other in others if other)])


def _gate_authority(held: Json) -> bool:
    return bool(held["where"] == Where.GATE and held["by"] == By.AUTHORITY)


def _holder(held: Json) -> str:
    place = ""
    if held["side"]:
        road = held["where"] == Where.ROAD
        form = gettext("on the road in %(country)s") if road else gettext("in %(country)s")
        place = form % {"country": country(held["side"])}
    elif held["where"] == Where.ROAD:
        place = gettext("on the road")
    if held["by"] == By.AUTHORITY:
        return place
    if held["by"] == By.UNKNOWN:
        return spaced(place, gettext("(not known by whom)"))
    return spaced(gettext("by %(who)s") % {"who": label(By(held["by"]))}, place)


def gates_named(keys: Iterable[str]) -> str:
    return listed([gate_name(key) for key in keys])


def gate_name(key: str) -> str:
    """ "PK" is Pakistan; "PL:road" the road in Poland."""
    side, _, where = key.partition(":")
    return gettext("the road in %(country)s") % {"country": country(side)} if where else country(side)


def with_holders_since(crossing: Json, periods: Sequence[Json]) -> Json:
    """The crossing, its lanes telling in `held_since` (time, precision) since when their present holders hold them,
    where the state is older: who took a gate over did not shut it. `periods` are the newest first.
    """
    status = crossing["status"]
    lanes = [{**lane, "held_since": _held_since(lane, periods)} for lane in status["lanes"]]
    return {**crossing, "status": {**status, "lanes": lanes}}


def _held_since(lane: Json, periods: Sequence[Json]) -> tuple[str, str] | None:
    found = None
    for period in periods:
        then = next((e for e in period["lanes"] if (e["traffic"], e["to"]) == (lane["traffic"], lane["to"])), None)
        if then is None or (then["state"], then["held_by"]) != (lane["state"], lane["held_by"]):
            break
        found = period["start"], period["start_precision"]
    if not lane["held_by"] or found is None or moment(found[0]) == moment(lane["since"]):
        return None
    return found
