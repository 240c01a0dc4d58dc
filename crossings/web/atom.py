"""News for feed readers: `/feed.atom`, with `?country=AF` of one country, and `/c/{slug}/feed.atom`.

In the language of the address. What a reader cares about: lanes and conditions, announcements, retractions and
corrections; the last fifty of them.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext

from crossings import board
from crossings.domain.fields import clean
from crossings.domain.vocabulary import ChangeType
from crossings.models import Change, Crossing
from crossings.phrases.news import TOLD, News, news
from crossings.phrases.text import plain
from crossings.phrases.times import Clock
from crossings.serializers import crossing_json
from crossings.templatetags.border import bidi, clock, voices
from crossings.web.filters import heading, read_filters
from crossings.web.pairs import own_name, zones
from crossings.web.respond import answer, public, short_hash

Json = dict[str, Any]

ATOM = "application/atom+xml; charset=utf-8"
ENTRIES = 50
SINCE = "2026"
"""The year of which a tag: address says whose the host was then (RFC 4151)."""
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@public
def of_all(request: HttpRequest) -> HttpResponseBase:
    filters = read_filters(request.GET)
    if request.GET.get("country") and not filters.country:
        raise Http404  # the news of all would pass for those of one
    only = board.Filters(country=filters.country)
    query = f"?country={filters.country}" if filters.country else ""
    return _feed(request, heading(only), reverse("web:board") + query, query, country=filters.country)


@public
def of_crossing(request: HttpRequest, slug: str) -> HttpResponseBase:
    found = Crossing.objects.filter(slug=slug).first()
    if not found:
        raise Http404
    name = own_name({"name": found.name, "names": found.names})[1]
    return _feed(request, name, reverse("web:crossing", args=[slug]), slug=slug)


def _feed(request: HttpRequest, title: str, page: str, query: str = "", **of: str) -> HttpResponseBase:
    """The moment of its version stands for now: nothing in it changes by time alone."""
    row = board.feed()
    version = f"{row.version}-atom-{short_hash(request.get_host(), query)}"

    def make() -> str:
        changes = board.latest(TOLD, ENTRIES, **of)
        feed = _frame(request, title, page, query)
        reports = board.named(number for each in changes for number in each.body["reports"])
        for each in changes:
            _add(feed, request, each, reports)
        return str(feed.writeString("utf-8"))

    return answer(request, version, row.updated_at or NEVER, make, ATOM)


class Feed(Atom1Feed):
    """An empty one is as old as the world, and not made anew with every look."""

    def latest_post_date(self) -> datetime:
        return super().latest_post_date() if self.items else NEVER


def _frame(request: HttpRequest, title: str, page: str, query: str) -> Feed:
    site = gettext("Border crossings")
    return Feed(
        title=f"{clean(title)} – {site}" if title else site,
        link=request.build_absolute_uri(page),
        description=gettext(
            "What sources report, not permission to cross. Times are local; nothing here says whether a road is safe."
        ),
        language=get_language(),
        author_name=site,
        feed_url=request.build_absolute_uri(request.path + query),
    )


def _add(feed: Feed, request: HttpRequest, row: Change, reports: dict[int, Json]) -> None:
    crossing = crossing_json(row.crossing, {})
    found = news(row.body, reports, Clock(row.recorded_at, zones(crossing), past=True))
    name = own_name(crossing)[1]
    told = gettext("; ").join(found.lines)
    page = "history" if row.type == ChangeType.HISTORY_CORRECTED else "crossing"
    feed.add_item(
        title=clean(plain(gettext("%(lanes)s: %(event)s") % {"lanes": name, "event": told} if told else name)),
        link=request.build_absolute_uri(reverse(f"web:{page}", args=[row.crossing.slug])),
        description=_text(found),
        unique_id=f"tag:{request.get_host().partition(':')[0]},{SINCE}:changes/{row.position}",
        pubdate=row.recorded_at,
        updateddate=row.recorded_at,
        categories=[row.type, *row.crossing.countries],
    )


def _text(found: News) -> str:
    parts: list[SafeString] = [format_html("<p>{}</p>", bidi(line)) for line in found.lines]
    if found.at:
        parts.append(format_html("<p>{}</p>", clock(found.at)))
    if found.voices:
        said = gettext("Said by %(who)s") % {"who": voices(found.voices)}
        parts.append(mark_safe(f"<p>{said}</p>"))
    return clean("\n".join(parts))
