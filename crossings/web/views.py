"""The public pages of one crossing. Each takes a fixed number of queries, sets no cookie and reads none."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from crossings.board import edition, others
from crossings.domain.vocabulary import Measure, Reason, Traffic
from crossings.evidence.recent import counts_by_day, promises
from crossings.phrases import meanings
from crossings.phrases.days import last_days
from crossings.phrases.elsewhere import Elsewhere, elsewhere
from crossings.phrases.holders import with_holders_since
from crossings.phrases.hours import hours_lines
from crossings.phrases.labels import label
from crossings.phrases.lanes import answers, first_lanes, rows
from crossings.phrases.queues import brief_count, important_first, queue, waiting_somewhere
from crossings.phrases.story import announcement, conflicts, record, voice
from crossings.phrases.text import plain
from crossings.phrases.times import Clock
from crossings.phrases.words import TRAFFIC_ORDER, says_open
from crossings.web import lite
from crossings.web.chart import COUNTED_DAYS, charts
from crossings.web.look import Look, Past
from crossings.web.respond import EDITION, page, public
from crossings.web.share import shared

Json = dict[str, Any]

PERIODS_SHOWN = 12
PERIODS_PAGE = 50
PERIODS_OF_DAYS = 200
"""Read for the strip of days: more than two changes a day, for as long as it is."""
QUEUES_SHOWN = 6


@public
@lite.offered
def crossing(request: HttpRequest, slug: str) -> HttpResponseBase:
    look = Look(request, slug)

    def fill() -> Json:
        past = look.past(PERIODS_SHOWN, PERIODS_OF_DAYS)
        return {
            **look.heading(past.clock),
            **_standing(look.json, past),
            **_announced(look, past.clock),
            **_counted(look, past.clock),
            **_hours(look),
            "days": last_days(look.json, past.periods, past.clock, more=past.more),
            "chapters": past.chapters(look),
            "others": _others(look, past.clock),
            "share": shared(look),
            "lite_url": lite.address(request, lite=True),
        }

    if lite.wanted(request):
        return look.answer("lite_crossing.html", lambda: lite.crossing(look))
    return look.answer("crossing.html", fill)


@public
def history(request: HttpRequest, slug: str) -> HttpResponseBase:
    look = Look(request, slug)
    cursor = request.GET.get("cursor", "")[:200]

    def fill() -> Json:
        past = look.past(PERIODS_PAGE, cursor=cursor)
        here = reverse("web:history", args=[slug])
        heading = gettext("%(name)s: history") % {"name": look.name}
        query = f"{look.moments.query or '?'}{'&' if look.moments.query else ''}cursor={past.cursor}"
        return {
            **look.heading(past.clock),
            "heading": heading,
            "title": heading,
            "here": here,
            "chapters": past.chapters(look),
            "next_url": here + query if past.cursor else "",
        }

    return look.answer("history.html", fill, cursor)


@public
def about(request: HttpRequest) -> HttpResponseBase:
    return page(request, "about.html", EDITION, timezone.now(), meanings.everything)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return HttpResponse(render_to_string("404.html"), status=404)


def failed(request: HttpRequest) -> HttpResponse:
    return HttpResponse(render_to_string("500.html"), status=500)


def _standing(found: Json, past: Past) -> Json:
    status, clock = found["status"], past.clock
    told = answers(with_holders_since(found, past.periods), clock, past.claims)
    return {
        "answers": told,
        "description": plain(" ".join(each.sentence.text for each in told)),
        "reason": label(Reason(status["reason"])) if status["reason"] else "",
        "held": any(lane["held_by"] for lane in status["lanes"]),
        "note": status["note"],
        "rows": rows(found, clock, past.claims),
        "conflicts": conflicts(found, clock),
        "sources": list(dict.fromkeys(voice(each, clock) for each in status["sources"])),
    }


def _announced(look: Look, clock: Clock) -> Json:
    """What is said to come, orders apart, and how earlier announcements ended: as known at a moment that is not told,
    for what became of them was learned later."""
    told = [announcement(each, look.json, clock) for each in look.json["status"]["announced"]]
    answered = {(lane["traffic"], lane["to"]) for lane in first_lanes(look.json)}
    ended = [] if look.moments.known_time else promises(look.sheet.crossing.pk, clock.now)
    return {
        "ordered": [each for each in told if each.ordered],
        "orders": [each for each in told if each.ordered and not each.lanes & answered],
        "pending": [each for each in told if each.pending and not each.ordered],
        "announced": [each for each in told if not each.ordered],
        "record": record(ended, clock),
    }


def _counted(look: Look, clock: Clock) -> Json:
    place, known = look.sheet.crossing, look.moments.known_time or look.now
    traffic = next((each for each in TRAFFIC_ORDER if each in place.traffic), Traffic.PEOPLE)
    start = clock.now - timedelta(days=COUNTED_DAYS)
    counts = counts_by_day(place.pk, clock.zones[0], start, clock.now, known, traffic, Measure.WAITING)
    readings = look.json["queues"]
    queues = [queue(each, clock) for each in important_first(readings)]
    return {
        "queues": queues[:QUEUES_SHOWN],
        "more_queues": queues[QUEUES_SHOWN:],
        "somewhere": [brief_count(each, clock) for each in waiting_somewhere(readings, traffic)],
        "charts": charts(counts, traffic, clock),
    }


def _others(look: Look, clock: Clock) -> list[Elsewhere]:
    """For each direction that is not passable here. Of a past moment nothing: nobody can go there then."""
    if look.moments.past:
        return []
    shut = [lane for lane in first_lanes(look.json) if not says_open(lane)]
    of = edition(look.now) if shut else None
    return [
        elsewhere(look.json, lane, others(look.json, lane["to"], lane["traffic"], look.now, of), clock) for lane in shut
    ]


def _hours(look: Look) -> Json:
    place = look.sheet.crossing
    return {"hours": hours_lines(place.hours), "hours_note": place.hours_note}
