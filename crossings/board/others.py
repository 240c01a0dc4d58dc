"""Where else one might cross: other crossings of the same two countries whose lane is open for sure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import asin, cos, hypot, radians, sin

from django.db import connection
from django.db.models import Q

from crossings.board.edition import Edition, current_json, edition, row_of
from crossings.board.short import lane_word
from crossings.domain.vocabulary import Measure, State
from crossings.models import Crossing
from crossings.serializers import Json, crossing_json, lanes_by_name

CLOSURES_LOOKED_AT = 3
PERIODS_LOOKED_AT = 1000
"""Before each closure: one that lies further back is not looked for."""
EARTH_KM = 6371.0


@dataclass(frozen=True, slots=True)
class Other:
    """Another crossing whose lane of the same traffic in the same direction is open, and surely so.

    `crossing` is its JSON and `lane` that lane of it: its hours may still say that it is shut for the night. `km` is
    the distance as the crow flies, None where either place is not known. `passed` is the last count of what passed in
    that lane within three days, as in `queues`. `open_then` tells, the newest first, for each of the last closures of
    the lane here (three at most) whether the other was open when it began; None where that is not known.
    """

    crossing: Json
    lane: Json
    km: float | None
    passed: Json | None
    open_then: tuple[bool | None, ...]


def others(crossing: Json, to: str, traffic: str, now: datetime, of: Edition | None = None) -> list[Other]:
    """For a lane that is not passable: where its traffic can go instead, the nearest first, unknown distances last.

    `crossing` is the JSON of the crossing here, `to` and `traffic` its lane. Three queries for any number of others,
    and those of an edition where none is given.
    """
    of = of or edition(now)
    name = f"{traffic}>{to}"
    found = [(pk, each, lane) for pk, each in _of_the_same_two(crossing, of) if (lane := _sure(each, name))]
    starts = _closures(crossing, traffic, to, now) if found else []
    then = _open_at([pk for pk, _, _ in found], starts, traffic, to) if starts else {}
    told = [
        Other(
            crossing=each,
            lane=lane,
            km=distance(crossing["location"], each["location"]),
            passed=last_passed(each["queues"], traffic, to),
            open_then=tuple(then.get((pk, start)) for start in starts),
        )
        for pk, each, lane in found
    ]
    return sorted(told, key=lambda each: (each.km is None, each.km or 0, each.crossing["slug"]))


def _of_the_same_two(crossing: Json, of: Edition) -> Iterable[tuple[int, Json]]:
    a, b = crossing["countries"]
    rows = Crossing.objects.filter(Q(country_a=a, country_b=b) | Q(country_a=b, country_b=a))
    for row in rows.exclude(slug=crossing["slug"]).select_related("current").order_by("slug"):
        fresh = of.afresh.get(row.pk)
        if fresh or row_of(row).status:
            yield row.pk, crossing_json(row, current_json(row, fresh))


def _sure(crossing: Json, name: str) -> Json | None:
    lane = lanes_by_name(crossing["status"]["lanes"]).get(name)
    return lane if lane and lane_word(lane)[0] == State.OPEN else None


def distance(one: Json | None, other: Json | None) -> float | None:
    """Kilometres along the great circle between two locations, to a tenth."""
    if one is None or other is None:
        return None
    lat, lon, lat_there, lon_there = (radians(place[key]) for place in (one, other) for key in ("lat", "lon"))
    half = hypot(sin((lat_there - lat) / 2), sin((lon_there - lon) / 2) * (cos(lat) * cos(lat_there)) ** 0.5)
    return round(2 * EARTH_KM * asin(min(1.0, half)), 1)


def last_passed(queues: Sequence[Json], traffic: str, to: str) -> Json | None:
    """Of counts, the newest first, the first of what passed in that lane, or in more than it."""
    return next(
        (
            each
            for each in queues
            if each["measure"] == Measure.PASSED and each["traffic"] in (None, traffic) and each["to"] in (None, to)
        ),
        None,
    )


def last_closures(lane: Json, stored: Iterable[datetime], now: datetime) -> list[datetime]:
    """When the last closures of a lane began, the newest first: the one it stands in, and those that are stored."""
    found = set(stored)
    if lane["state"] == State.CLOSED and lane["since"]:
        found.add(datetime.fromisoformat(lane["since"]))
    return sorted((start for start in found if start <= now), reverse=True)[:CLOSURES_LOOKED_AT]


def _closures(crossing: Json, traffic: str, to: str, now: datetime) -> list[datetime]:
    """Back over the periods from closure to closure; `since` is the same all through one."""
    closed = json.dumps([{"traffic": traffic, "to": to, "state": State.CLOSED.value}])
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH RECURSIVE closures(number, began) AS (
                SELECT 0, %(now)s::timestamptz + interval '1 microsecond'
                UNION ALL
                SELECT c.number + 1, p.began FROM closures c CROSS JOIN LATERAL (
                    SELECT (l.lane->>'since')::timestamptz AS began
                    FROM (SELECT start, lanes FROM crossings_period
                        WHERE crossing_id = (SELECT id FROM crossings_crossing WHERE slug = %(slug)s)
                            AND start < c.began ORDER BY start DESC LIMIT %(periods)s) p
                    CROSS JOIN LATERAL jsonb_array_elements(p.lanes) AS l(lane)
                    WHERE jsonb_build_array(l.lane) @> %(closed)s::jsonb
                    ORDER BY p.start DESC LIMIT 1) p
                WHERE c.number < %(most)s
            )
            SELECT began FROM closures WHERE number > 0
            """,
            {
                "slug": crossing["slug"], "closed": closed, "now": now, "most": CLOSURES_LOOKED_AT,
                "periods": PERIODS_LOOKED_AT,
            },
        )  # fmt: skip
        stored = [row[0] for row in cursor.fetchall()]
    lane = lanes_by_name(crossing["status"]["lanes"])[f"{traffic}>{to}"]
    return last_closures(lane, stored, now)


def _open_at(
    crossings: list[int], moments: list[datetime], traffic: str, to: str
) -> dict[tuple[int, datetime], bool | None]:
    """Whether that lane of each crossing was open at each moment; None where it was not known."""
    lane = json.dumps([{"traffic": traffic, "to": to}])
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT c.id, m.at, l.lane->>'state' FROM unnest(%(crossings)s::bigint[]) AS c(id)
            CROSS JOIN unnest(%(moments)s::timestamptz[]) AS m(at)
            CROSS JOIN LATERAL (SELECT lanes FROM crossings_period p
                WHERE p.crossing_id = c.id AND p.start <= m.at ORDER BY p.start DESC LIMIT 1) p
            CROSS JOIN LATERAL jsonb_array_elements(p.lanes) AS l(lane)
            WHERE jsonb_build_array(l.lane) @> %(lane)s::jsonb AND l.lane->>'state' <> 'unknown'
            """,
            {"crossings": crossings, "moments": moments, "lane": lane},
        )
        return {(pk, at): state == State.OPEN for pk, at, state in cursor.fetchall()}
