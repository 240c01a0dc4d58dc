"""The pages as text, for who pays by the kilobyte: `?lite=1`, or `Save-Data: on`; `?lite=0` is the whole page."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.cache import patch_vary_headers

from crossings.board import Edition, Filters
from crossings.board import board as read_board
from crossings.domain.claims import stamp
from crossings.domain.vocabulary import Traffic
from crossings.phrases import short
from crossings.phrases.hours import hours_lines
from crossings.phrases.lanes import answers
from crossings.phrases.queues import important_first, queue
from crossings.phrases.story import announcement, conflicts
from crossings.phrases.text import apart, plain
from crossings.phrases.times import Clock
from crossings.web.filters import heading
from crossings.web.look import Look
from crossings.web.pairs import own_name, pair_of, picked, zones
from crossings.web.respond import View

Json = dict[str, Any]
MOST = 5
"""So many lines of each part."""


def wanted(request: HttpRequest) -> bool:
    """The address goes before the browser's setting, so that a reader who saves data can still ask for a whole page."""
    asked = request.GET.get("lite")
    if asked is not None:
        return asked not in ("", "0")
    return request.headers.get("Save-Data", "").strip().lower() == "on"


def offered(view: View) -> View:
    """For a page that has a text version: says so to caches where the browser's setting decides."""

    @functools.wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        if "lite" not in request.GET:
            patch_vary_headers(response, ["Save-Data"])
        return response

    return answer


def address(request: HttpRequest, *, lite: bool) -> str:
    """This very page as text or as a whole."""
    query = request.GET.copy()
    query["lite"] = "1" if lite else "0"
    return f"{request.path}?{query.urlencode()}"


@dataclass(frozen=True, slots=True)
class Border:
    """Two countries: what is said of their crossings, and of which ones, as (name, address)."""

    name: str
    told: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]


def board(request: HttpRequest, filters: Filters, now: datetime, of: Edition) -> Json:
    """Of each crossing the lanes that were asked for, else its first traffic alone: goods trucks, nearly everywhere."""
    groups: dict[str, list[Json]] = {}
    for crossing in read_board(filters, now, of)["crossings"]:
        groups.setdefault(pair_of(crossing).name, []).append(crossing)
    borders = [_border(name, group, filters, now) for name, group in sorted(groups.items())]
    minute = now.replace(second=0, microsecond=0)
    return {
        "now": Clock(now, ("UTC",)).stamped(stamp(minute), brief=True),
        "borders": borders,
        "heading": heading(filters),
        "unasked": _unasked(filters),
        "full_url": address(request, lite=False),
    }


def _unasked(filters: Filters) -> bool:
    """Whether it is left to the page of which lanes it tells."""
    return not (filters.traffic or filters.to)


def _border(name: str, group: list[Json], filters: Filters, now: datetime) -> Border:
    told: dict[str, list[tuple[str, str]]] = {}
    for crossing in group:
        clock = Clock(now, zones(crossing))
        url = reverse("web:crossing", args=[crossing["slug"]])
        said = _said(crossing, filters, clock)
        told.setdefault(said, []).append((own_name(crossing)[1], f"{url}?lite=1"))
    return Border(name, tuple((said, tuple(links)) for said, links in told.items()))


def _said(crossing: Json, filters: Filters, clock: Clock) -> str:
    """Without the traffic where the page says of which it is."""
    lanes = short.leading(crossing) if _unasked(filters) else picked(crossing, filters)
    of = Traffic.CARGO if _unasked(filters) else filters.traffic
    if {lane["traffic"] for lane in lanes} == {of}:
        return short.by_way(lanes, lambda lane: short.brief(lane, clock))
    return plain(short.told(lanes, crossing, lambda lane: short.brief(lane, clock)))


def crossing(look: Look) -> Json:
    past = look.past(1)
    found, clock = look.json, past.clock
    status, query = found["status"], look.moments.query
    return {
        **look.heading(clock),
        "name": own_name(found)[1],
        "answers": answers(found, clock, past.claims),
        "announced": [announcement(each, found, clock) for each in status["announced"]][:MOST],
        "conflicts": conflicts(found, clock)[:MOST],
        "note": status["note"],
        "queues": [queue(each, clock) for each in important_first(found["queues"])][:MOST],
        "hours": hours_lines(look.sheet.crossing.hours)[:MOST],
        "sources": [apart(each) for each in dict.fromkeys(source["label"] for source in status["sources"])][:MOST],
        "board_url": f"{reverse('web:board')}?lite=1",
        "here": f"{reverse('web:crossing', args=[look.slug])}?lite=1",
        "share_url": reverse("web:share", args=[look.slug]) + query,
        "full_url": address(look.request, lite=False),
    }
