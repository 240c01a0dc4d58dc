"""The board `/`: how all crossings stand, or those that are asked for."""

from __future__ import annotations

from collections import Counter
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
from crossings.matching import Names
from crossings.models import Crossing
from crossings.phrases.countries import country
from crossings.serializers import crossing_json
from crossings.web import lite
from crossings.web.filters import address, country_chips, heading, offered, read_filters, traffic_chips, way_chips
from crossings.web.pairs import Card, Name, as_of, by_lane, card, own_name, pairs
from crossings.web.respond import page, public, short_hash

Json = dict[str, Any]

MOST_MEANT = 5
SHORTEST_WORD = 5


@dataclass(frozen=True, slots=True)
class Meant:
    """A crossing that a name may have meant."""

    name: Name
    url: str


@public
@lite.offered
def board(request: HttpRequest) -> HttpResponseBase:
    now = timezone.now()
    filters = read_filters(request.GET)
    of = edition(now)
    as_text = lite.wanted(request)
    version = f"{of.tag}-{short_hash(repr(filters), str(as_text))}"
    if as_text:
        return page(request, "lite_board.html", version, now, lambda: lite.board(request, filters, now, of))
    return page(request, "board.html", version, now, lambda: _content(request, filters, of, now))


def _content(request: HttpRequest, filters: Filters, of: Edition, now: datetime) -> Json:
    rows = list(chosen(Filters(), of))
    taken = [crossing_json(*row) for row in rows if filters.take(row[0], row[1]["status"])]
    here = reverse("web:board")
    by_one_lane = bool(filters.traffic or filters.to)
    cards = [card(crossing, lanes, now) for crossing, lanes in by_lane(taken, filters)] if by_one_lane else []
    countries = [crossing.countries for crossing, _ in rows]
    return {
        "address": request.build_absolute_uri(address(here, filters)),
        "lite_url": lite.address(request, lite=True),
        "filters": filters,
        "heading": heading(filters),
        "here": here,
        "map": address(reverse("web:map"), Filters(traffic=filters.traffic, to=filters.to)),
        "traffic_chips": traffic_chips(here, filters, gettext("All traffic")),
        "way_chips": way_chips(here, filters, offered(countries, filters)),
        "country_chips": country_chips(here, filters, {code for pair in countries for code in pair}),
        "country": country(filters.country) if filters.country else "",
        "as_of": as_of(taken, now),
        "by_lane": by_one_lane,
        "cards": cards,
        "counts": _counts(cards),
        "pairs": [] if by_one_lane else pairs(taken, now),
        "found": len(taken),
        "meant": [] if taken or not filters.q else _meant(filters.q, [crossing for crossing, _ in rows]),
    }


def _counts(cards: Sequence[Card]) -> dict[str, int]:
    return dict(Counter(each.mark for each in cards))


def _meant(q: str, crossings: Sequence[Crossing]) -> list[Meant]:
    """The crossings that come near the name, or near one of its longer words."""
    names = Names.of(crossings)
    words = [word for word in q.split() if len(word) >= SHORTEST_WORD]
    found = names.suggest(q) or [each for word in words for each in names.suggest(word)]
    near = list(dict.fromkeys(crossing for crossing, _, _ in found))[:MOST_MEANT]
    return [
        Meant(own_name({"name": each.name, "names": each.names}), reverse("web:crossing", args=[each.slug]))
        for each in near
    ]
