"""One crossing as a request asks for it: now or at a moment, with its past and the claims behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property

from crossings.board import crossing as read_crossing
from crossings.board import history as read_history
from crossings.board import sheet as read_sheet
from crossings.board.paging import cursor_of
from crossings.domain.claims import stamp
from crossings.domain.faults import Refused
from crossings.evidence.recent import Claimed, claims
from crossings.models import Crossing
from crossings.phrases.chapters import RETOLD, Chapter, chapters
from crossings.phrases.lanes import title
from crossings.phrases.text import plain
from crossings.phrases.times import COARSE, Clock, moment
from crossings.phrases.words import sure
from crossings.web.asked import asked
from crossings.web.pairs import names, own_name, pair_of
from crossings.web.respond import page, short_hash

Json = dict[str, Any]

INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Past:
    """Periods, the newest first, and the claims behind the first `shown` of them and behind the status.

    `clock` knows which moments stand for a day. `more`: there are older periods than those given.
    """

    periods: list[Json]
    shown: int
    more: bool
    claims: Mapping[int, Claimed]
    clock: Clock

    def chapters(self, look: Look) -> list[Chapter]:
        lanes = look.json["status"]["lanes"]
        unsure = [(lane["traffic"], lane["to"]) for lane in lanes if not sure(lane)]
        # One more than is shown: it tells what the last one changed.
        found, more = self.periods[: self.shown + 1], len(self.periods) > self.shown
        return chapters(found, self.claims, self.clock, more=more, unsure=unsure)

    @property
    def cursor(self) -> str:
        """Where the next page begins."""
        last = moment(self.periods[self.shown - 1]["start"]) if len(self.periods) > self.shown else None
        return cursor_of(last) if last else ""


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

    def past(self, shown: int, read: int = 0, cursor: str = "") -> Past:
        """So many periods to be shown, of `read` that are read, or one more than is shown. Raises Http404."""
        limit = max(read, shown + 1)
        end = self.moments.at_time + INSTANT if self.moments.at_time else None
        try:
            found = read_history(
                self.slug, None, end, self.moments.known_time, now=self.now, cursor=cursor, limit=limit
            )
        except Refused:
            raise Http404 from None
        periods = found.content["periods"]
        said = self._claims(periods[: shown + 1])
        clock = replace(self.moments.clock, dated=frozenset(_dated(said.values(), self.moments.clock)))
        return Past(periods, shown, found.cursor is not None, said, clock)

    def _claims(self, periods: Sequence[Json]) -> dict[int, Claimed]:
        """What was said in that stretch, and all that the page refers to. One query."""
        status = self.json["status"]
        named = [report for each in periods for report in each["reports"]]
        named += [said["report"] for each in periods for said in each["said_to_begin"]]
        named += [each["report"] for part in ("announced", "conflicts", "sources") for each in status[part]]
        until = self.moments.clock.now
        start = moment(periods[-1]["start"]) if periods else until
        known = self.moments.known_time or self.now
        return claims(self.sheet.crossing.pk, named, (start or until) - RETOLD, until, known)

    @property
    def name(self) -> str:
        """As the readers of the page's language call it."""
        return own_name(self.json)[1]

    def heading(self, clock: Clock) -> Json:
        here = reverse("web:crossing", args=[self.slug])
        minute = stamp(self.now.replace(second=0, microsecond=0))
        return {
            "crossing": self.json,
            "title": plain(title({**self.json, "name": self.name}, clock)),
            "name": self.name,
            "names": [each for each in (("en", self.json["name"]), *names(self.json)) if each[1] != self.name],
            "pair": pair_of(self.json),
            "asked": self.moments,
            "now": None if self.moments.past else clock.stamped(minute),
            "here": here,
            "crossing_url": here + self.moments.query,
            "history_url": reverse("web:history", args=[self.slug]) + self.moments.query,
            "address": self.request.build_absolute_uri(self.request.path + self.moments.query),
        }

    def answer(self, template: str, fill: Callable[[], Json], *more: str) -> HttpResponseBase:
        """A moment that could not be read is the reader's mistake: the page says so, and tells no status, which might
        be taken for that of the moment meant."""
        if self.moments.fault:
            content = {**self.heading(self.moments.clock), "title": self.name, "now": None}
            return HttpResponse(
                render_to_string("unasked.html", content), status=400, headers={"Cache-Control": "no-store"}
            )
        version = "-".join([self.sheet.tag, short_hash(self.moments.query, *more)])
        return page(self.request, template, version, self.now, fill)


def _dated(said: Iterable[Claimed], clock: Clock) -> Iterable[datetime]:
    """The moments that stand for a day: of claims known to the day, and when such were said, where that is a noon."""
    for each in said:
        if each.precision in COARSE:
            if each.effective_at:
                yield each.effective_at
            if clock.is_noon(each.reported_at):
                yield each.reported_at
