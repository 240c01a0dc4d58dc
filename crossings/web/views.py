"""The public pages. Each takes a fixed number of queries, sets no cookie and reads none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext

from crossings.board import Filters, edition
from crossings.board import board as read_board
from crossings.board import crossing as read_crossing
from crossings.board import history as read_history
from crossings.board import sheet as read_sheet
from crossings.board.paging import cursor_of
from crossings.domain.claims import stamp
from crossings.domain.faults import Refused
from crossings.domain.vocabulary import Reason, State, Traffic
from crossings.evidence import cards
from crossings.models import Crossing
from crossings.phrases import meanings
from crossings.phrases.hours import hours_lines
from crossings.phrases.lanes import answers, title, ways
from crossings.phrases.queues import queue
from crossings.phrases.story import Chapter, announcement, chapters, conflicts, voice
from crossings.phrases.text import plain
from crossings.phrases.times import moment
from crossings.phrases.words import sure
from crossings.web.asked import Asked, asked
from crossings.web.pairs import names, pair_of, pairs
from crossings.web.respond import EDITION, page, public, short_hash

Json = dict[str, Any]

PERIODS_SHOWN = 20
PERIODS_PAGE = 50
INSTANT = timedelta(microseconds=1)


@public
def board(request: HttpRequest) -> HttpResponseBase:
    now = timezone.now()
    filters = _filters(request.GET)
    of = edition(now)

    def fill() -> Json:
        crossings = read_board(filters, now, of)["crossings"]
        return {"pairs": pairs(crossings, now), "filters": filters, "filtered": filters != Filters()}

    return page(request, "board.html", f"{of.tag}-{short_hash(repr(filters))}", now, fill)


def _filters(query: Mapping[str, str]) -> Filters:
    """What cannot be meant is left out: a page answers what it can."""
    country, to = (query.get(name, "").strip().upper()[:2] for name in ("country", "to"))
    state, traffic = query.get("state", ""), query.get("traffic", "")
    return Filters(
        country=country,
        state=state if state in State.words() else "",
        traffic=traffic if traffic in Traffic.words() else "",
        to=to,
        q=query.get("q", "").replace("\x00", "").strip()[:100],
    )


@public
def crossing(request: HttpRequest, slug: str) -> HttpResponseBase:
    look = Look(request, slug)

    def fill() -> Json:
        told, _ = _chapters(look, PERIODS_SHOWN)
        place = look.sheet.crossing
        hours = {"hours": hours_lines(place.hours), "hours_note": place.hours_note}
        return {**look.heading(), **_standing(look.json, look.moments), "chapters": told, **hours}

    return look.answer("crossing.html", fill)


@public
def history(request: HttpRequest, slug: str) -> HttpResponseBase:
    look = Look(request, slug)
    cursor = request.GET.get("cursor", "")[:200]

    def fill() -> Json:
        told, later = _chapters(look, PERIODS_PAGE, cursor)
        here = reverse("web:history", args=[slug])
        heading = gettext("%(name)s: history") % {"name": look.json["name"]}
        query = f"{look.moments.query or '?'}{'&' if look.moments.query else ''}cursor={later}"
        return {
            **look.heading(),
            "heading": heading,
            "title": heading,
            "here": here,
            "chapters": told,
            "next_url": here + query if later else "",
        }

    return look.answer("history.html", fill, cursor)


@public
def about(request: HttpRequest) -> HttpResponseBase:
    return page(request, "about.html", EDITION, timezone.now(), meanings.everything)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return HttpResponse(render_to_string("404.html"), status=404)


def failed(request: HttpRequest) -> HttpResponse:
    return HttpResponse(render_to_string("500.html"), status=500)


class Look:
    """One crossing as a request asks for it: now, or at a moment. Raises Http404 where there is none."""

    def __init__(self, request: HttpRequest, slug: str) -> None:
        self.request, self.slug, self.now = request, slug, timezone.now()
        try:
            self.sheet = read_sheet(slug, self.now)
        except Crossing.DoesNotExist:
            raise Http404 from None
        place = self.sheet.crossing
        self.moments = asked(request.GET, (place.timezone_a, place.timezone_b), self.now)

    @cached_property
    def json(self) -> Json:
        if not self.moments.past:
            return self.sheet.json()
        return read_crossing(self.slug, self.moments.at_time, self.moments.known_time, now=self.now)

    def heading(self) -> Json:
        here = reverse("web:crossing", args=[self.slug])
        minute = stamp(self.now.replace(second=0, microsecond=0))
        return {
            "crossing": self.json,
            "title": plain(title(self.json, self.moments.clock)),
            "names": names(self.json),
            "pair": pair_of(self.json),
            "asked": self.moments,
            "now": None if self.moments.past else self.moments.clock.stamped(minute),
            "here": here,
            "crossing_url": here + self.moments.query,
            "history_url": reverse("web:history", args=[self.slug]) + self.moments.query,
        }

    def answer(self, template: str, fill: Callable[[], Json], *more: str) -> HttpResponseBase:
        """A moment that could not be read is the reader's mistake: the page says so and shows how it stands."""
        if self.moments.fault:
            return HttpResponse(render_to_string(template, fill()), status=400, headers={"Cache-Control": "no-store"})
        version = "-".join([self.sheet.tag, short_hash(self.moments.query, *more)])
        return page(self.request, template, version, self.now, fill)


def _standing(found: Json, moments: Asked) -> Json:
    status, clock = found["status"], moments.clock
    told = answers(found, clock)
    reason = status["reason"]
    return {
        "answers": told,
        "description": plain(" ".join(each.sentence for each in told)),
        "reason": gettext(Reason(reason).label) if reason else "",
        "held": any(lane["held_by"] for lane in status["lanes"]),
        "note": status["note"],
        "ways": ways(found, clock),
        "conflicts": conflicts(found, clock),
        "queues": [queue(each, clock) for each in found["queues"]],
        "announced": [announcement(each, found, clock) for each in status["announced"]],
        "sources": list(dict.fromkeys(voice(each, clock) for each in status["sources"])),
    }


def _chapters(look: Look, limit: int, cursor: str = "") -> tuple[list[Chapter], str]:
    """So many periods, each with what changed as it began, and the cursor of the next page."""
    moments = look.moments
    end = moments.at_time + INSTANT if moments.at_time else None
    try:
        # One more than is shown: it tells what the last one changed.
        found = read_history(
            look.slug, None, end, moments.known_time, now=look.now, cursor=cursor, limit=limit + 1
        ).content["periods"]
    except Refused:
        raise Http404 from None
    reports = [report for each in found for report in each["reports"]]
    reports += [said["report"] for each in found for said in each["said_to_begin"]]
    lanes = look.json["status"]["lanes"]
    unsure = [(lane["traffic"], lane["to"]) for lane in lanes if not sure(lane)]
    told = chapters(found, cards(reports), moments.clock, more=len(found) > limit, unsure=unsure)
    last = moment(found[limit - 1]["start"]) if len(found) > limit else None
    return told, cursor_of(last) if last else ""
