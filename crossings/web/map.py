"""The map `/map/`: one region a page, its crossings as marks with numbers, and the same as a list beneath.

All regions on one page would be too heavy for a weak connection. The page opens on the first region in which there
is a crossing, so that its address shows the same place every day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from crossings.board import Edition, Filters, chosen, edition
from crossings.phrases.lanes import Way
from crossings.phrases.text import plain
from crossings.serializers import crossing_json
from crossings.web.filters import Chip, address, heading, offered, read_filters, traffic_chips, way_chips
from crossings.web.pairs import Card, Name, as_of, by_lane, card, leading, own_name
from crossings.web.regions import Point, Region, regions, spread
from crossings.web.respond import page, public, short_hash

Json = dict[str, Any]

REGIONS = regions()
FAR = 14
"""A mark that was moved farther than this, in units of the map, is tied to its place by a line."""


@dataclass(frozen=True, slots=True)
class Pin:
    """A crossing on the map and in the list: its number in both, its place, and where its mark is drawn."""

    number: int
    place: Point
    x: int
    y: int
    verified: bool
    card: Card

    @property
    def words(self) -> str:
        """What a hand that rests on the mark is told."""
        told = [gettext("%(way)s: %(words)s") % {"way": way.heading, "words": _told(way)} for way in self.card.ways]
        return plain("; ".join([self.card.name[1], *told]))

    @property
    def tie(self) -> str:
        """From the mark to the place, as a path; empty where they are near."""
        x, y = self.place
        return f"M{self.x} {self.y}L{x} {y}" if abs(self.x - x) + abs(self.y - y) > FAR else ""


def _told(way: Way) -> str:
    return gettext(", ").join(f"{row.what} {row.word}" for row in way.rows)


@public
def crossings_map(request: HttpRequest) -> HttpResponseBase:
    now = timezone.now()
    asked = read_filters(request.GET)
    filters = Filters(traffic=asked.traffic, to=asked.to)
    region = request.GET.get("region", "")
    region = region if region in REGIONS else ""
    of = edition(now)
    version = f"{of.tag}-{short_hash('map', region, repr(filters))}"
    return page(request, "map.html", version, now, lambda: _content(request, filters, region, of, now))


def _content(request: HttpRequest, filters: Filters, asked: str, of: Edition, now: datetime) -> Json:
    crossings = [crossing_json(*row) for row in chosen(Filters(), of)]
    on = {slug: [each for each in crossings if region.point(each)] for slug, region in REGIONS.items()}
    first = next((slug for slug, found in on.items() if found), next(iter(REGIONS)))
    region = REGIONS[asked or first]
    here, also = reverse("web:map"), {"region": asked}
    placed = {each["slug"] for found in on.values() for each in found}
    pins = _pins(on[region.slug], filters, region, now)
    countries = offered([each["countries"] for each in on[region.slug]], filters)
    return {
        "address": request.build_absolute_uri(address(here, filters, **also)),
        "filters": filters,
        "region": region,
        "heading": heading(filters),
        "pins": pins,
        "as_of": as_of(on[region.slug], now),
        "ties": "".join(pin.tie for pin in pins),
        "unsure": not all(pin.verified for pin in pins),
        "board": address(reverse("web:board"), filters),
        "region_chips": [
            Chip(each.name, address(here, filters, region="" if slug == first else slug), each is region)
            for slug, each in REGIONS.items()
            if on[slug] or each is region
        ],
        "traffic_chips": traffic_chips(here, filters, gettext("All crossings"), **also),
        "way_chips": way_chips(here, filters, countries, **also),
        "elsewhere": [_link(each) for each in crossings if each["slug"] not in placed],
    }


def _pins(crossings: Sequence[Json], filters: Filters, region: Region, now: datetime) -> list[Pin]:
    """Those that carry what is asked for, in the order of the board."""
    found = [(at, crossing, lanes) for crossing, lanes in by_lane(crossings, filters) if (at := region.point(crossing))]
    drawn = spread(tuple(at for at, _, _ in found), region.width, region.height)
    return [
        Pin(number, at, *seen, crossing["location"]["verified"], card(crossing, leading(lanes), now))
        for number, ((at, crossing, lanes), seen) in enumerate(zip(found, drawn, strict=True), 1)
    ]


def _link(crossing: Json) -> tuple[Name, str]:
    return own_name(crossing), reverse("web:crossing", args=[crossing["slug"]])
