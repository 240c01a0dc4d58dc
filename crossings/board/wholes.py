"""The whole board in other shapes: counts, a map layer, a table. All of them short forms (rule 7)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from crossings.board.edition import Edition, edition
from crossings.board.now import Filters, chosen
from crossings.board.short import crossing_word, lane_word
from crossings.domain.vocabulary import State
from crossings.models import Crossing
from crossings.serializers import Json

# Each column with its HXL hashtag.
COLUMNS = {
    "crossing": "#loc+code",
    "name": "#loc+name",
    "country_1": "#country+code+side1",
    "country_2": "#country+code+side2",
    "lat": "#geo+lat",
    "lon": "#geo+lon",
    "traffic": "#service+traffic",
    "to": "#country+code+to",
    "state": "#status+state",
    "last_reported": "#status+last_reported",
    "confidence": "#status+confidence",
    "since": "#date+start",
    "since_precision": "#date+start+precision",
    "confirmed_at": "#date+reported",
    "held_by": "#status+held_by",
    "reason": "#cause",
    "sources": "#meta+source",
}
Cell = str | float | None


def summary(now: datetime, of: Edition | None = None) -> Json:
    """Counts, and every crossing that is not for sure open: what is not listed may be called open."""
    of = of or edition(now)
    counts = dict.fromkeys(State.words(), 0)
    shut: list[Json] = []
    for crossing, current in chosen(Filters(), of):
        word, last = crossing_word(current["status"])
        counts[word] += 1
        if word != State.OPEN:
            shut.append(_line(crossing, current["status"], word, last))
    return {**of.head(), "crossings": sum(counts.values()), "counts": counts, "not_open": shut}


def _line(crossing: Crossing, status: Json, word: str, last: str | None) -> Json:
    return {
        "slug": crossing.slug,
        "name": crossing.name,
        "countries": list(crossing.countries),
        "state": word,
        "last_reported": last,
        "known_lanes": status["known_lanes"],
        "open_lanes": sum(lane_word(lane)[0] == State.OPEN for lane in status["lanes"]),
        "since": status["since"],
        "confirmed_at": status["confirmed_at"],
    }


def geojson(filters: Filters, now: datetime, of: Edition | None = None) -> Json:
    of = of or edition(now)
    features = [_feature(crossing, current) for crossing, current in chosen(filters, of)]
    return {"type": "FeatureCollection", **of.head(), "features": features}


def _feature(crossing: Crossing, current: Json) -> Json:
    word, last = crossing_word(current["status"])
    point = None
    if crossing.latitude is not None and crossing.longitude is not None:
        point = {"type": "Point", "coordinates": [crossing.longitude, crossing.latitude]}
    properties = {
        **_line(crossing, current["status"], word, last),
        "position_verified": crossing.position_verified,
        "lanes": [_lane(lane) for lane in current["status"]["lanes"]],
        "updated_at": current["updated_at"],
    }
    return {"type": "Feature", "id": crossing.slug, "geometry": point, "properties": properties}


def _lane(lane: Json) -> Json:
    word, last = lane_word(lane)
    return {
        "traffic": lane["traffic"],
        "to": lane["to"],
        "state": word,
        "last_reported": last,
        "confidence": lane["confidence"],
        "since": lane["since"],
        "confirmed_at": lane["confirmed_at"],
    }


def table(filters: Filters, now: datetime, of: Edition | None = None) -> Iterator[list[Cell]]:
    """A row per lane, in the order of COLUMNS."""
    for crossing, current in chosen(filters, of or edition(now)):
        for lane in current["status"]["lanes"]:
            yield _row(crossing, current["status"], lane)


def _row(crossing: Crossing, status: Json, lane: Json) -> list[Cell]:
    word, last = lane_word(lane)
    held = [f"{holder['side'] or '?'} {holder['where']}: {holder['by']}" for holder in lane["held_by"]]
    return [
        crossing.slug,
        crossing.name,
        *crossing.countries,
        crossing.latitude,
        crossing.longitude,
        lane["traffic"],
        lane["to"],
        word,
        last,
        lane["confidence"],
        lane["since"],
        lane["since_precision"] if lane["since"] else None,
        lane["confirmed_at"],
        "; ".join(held),
        status["reason"] if lane["held_by"] else None,
        "; ".join(dict.fromkeys(source["label"] for source in status["sources"])),
    ]
