"""The public doors for reading (DESIGN §5)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.http import HttpRequest, HttpResponse

from crossings import board
from crossings.api.operations import AS_KNOWN_AT, AT, CURSOR, FILTERS, FROM, NUMBER, SLUG, TO, count, parameter, reads
from crossings.api.problems import Problem
from crossings.api.public import Answer, PublicView
from crossings.api.shapes import TEXT
from crossings.api.sheets import csv_of
from crossings.board.lists import BUCKETS
from crossings.domain.vocabulary import State, Traffic
from crossings.serializers import Json

MOST_CHANGES = 1000
MOST_CROSSINGS = 500
MOST_PERIODS = MOST_REPORTS = 200
MOST_READINGS = 500


class OfCrossing(PublicView):
    """What is asked of one crossing, which may not be there."""

    def _answer(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        try:
            return super()._answer(request, **kwargs)
        except ObjectDoesNotExist:
            detail = f"There is no crossing {kwargs['slug']}; see /api/v1/crossings/."
            raise Problem("not-found", detail) from None


class PagedView(PublicView):
    """A list by cursor; `next` is the full address of the next page."""

    def page(self, tag: str, make: Callable[[], board.Page]) -> Answer:
        def content() -> Json:
            page = make()
            return {**page.content, "next": self.query.next_url(page.cursor)}

        return Answer(tag, content)


class BoardView(PublicView):
    """What all shapes of the whole board share."""

    def filters(self) -> board.Filters:
        return board.Filters(
            country=self.query.country("country"),
            state=self.query.word("state", State),
            traffic=self.query.word("traffic", Traffic),
            to=self.query.country("to"),
            q=self.query.raw("q", 100),
            bbox=self.query.box("bbox"),
            updated_since=self.query.moment("updated_since"),
        )

    def tag(self, of: board.Edition) -> str:
        """Without a filter the version of the whole board."""
        return self.query.tag(of.tag) if self.query.given else of.tag


class Crossings(BoardView, PagedView):
    @reads(
        "list_crossings",
        "All crossings as they stand now",
        "Board",
        *FILTERS,
        CURSOR,
        count(100, MOST_CROSSINGS),
        about="The whole list; with `limit` or `cursor` a page of it, and `next`. Unfiltered, the ETag is `version`.",
    )
    def get(self, request: HttpRequest) -> Answer:
        filters, of = self.filters(), board.edition(self.now)
        cursor, limit = self.query.raw("cursor"), self.query.number("limit", 100, 1, MOST_CROSSINGS)
        if self.query.given.keys().isdisjoint(("cursor", "limit")):
            return Answer(self.tag(of), lambda: board.board(filters, self.now, of))
        return self.page(self.tag(of), lambda: board.board_page(filters, of, cursor=cursor, limit=limit))


class CrossingsMap(BoardView):
    @reads("map_crossings", "The board as a map layer", "FeatureCollection", *FILTERS, media="application/geo+json")
    def get(self, request: HttpRequest) -> Answer:
        filters, of = self.filters(), board.edition(self.now)
        return Answer(self.tag(of), lambda: board.geojson(filters, self.now, of), "application/geo+json")


class CrossingsTable(BoardView):
    @reads(
        "table_crossings",
        "The board as a table, a row per lane",
        TEXT,
        *FILTERS,
        media="text/csv",
        about="Row two: HXL hashtags.",
    )
    def get(self, request: HttpRequest) -> Answer:
        filters, of = self.filters(), board.edition(self.now)
        saved = {"Content-Disposition": 'attachment; filename="crossings.csv"'}
        return Answer(
            self.tag(of), lambda: csv_of(board.table(filters, self.now, of)), "text/csv; charset=utf-8", saved
        )


class Summary(PublicView):
    @reads("summarise", "Counts, and the crossings that are not for sure open", "Summary")
    def get(self, request: HttpRequest) -> Answer:
        of = board.edition(self.now)
        return Answer(of.tag, lambda: board.summary(self.now, of))


class Crossing(OfCrossing):
    moments = ("at", "as_known_at")

    @reads(
        "get_crossing",
        "One crossing: now, at a moment, as known at a moment",
        "CrossingAsked",
        SLUG,
        AT,
        AS_KNOWN_AT,
        about="With `as_known_at` alone: how it was thought to stand then.",
    )
    def get(self, request: HttpRequest, slug: str) -> Answer:
        at, as_known_at = self.query.moment("at"), self.query.moment("as_known_at")
        if at is None and as_known_at is None:
            sheet = board.sheet(slug, self.now)
            return Answer(sheet.tag, sheet.json)
        tag = self.query.tag(board.version())
        return Answer(tag, lambda: board.crossing(slug, at, as_known_at, now=self.now))


class History(OfCrossing, PagedView):
    moments = ("as_known_at",)

    @reads(
        "get_history",
        "The periods of a crossing, the newest first",
        "History",
        SLUG,
        FROM,
        TO,
        AS_KNOWN_AT,
        CURSOR,
        count(50, MOST_PERIODS),
        about="`said_to_begin`: from when the sources themselves said that it held, within three days of the start.",
    )
    def get(self, request: HttpRequest, slug: str) -> Answer:
        read = self.query
        span = *read.span(), read.moment("as_known_at")
        cursor, limit = read.raw("cursor"), read.number("limit", 50, 1, MOST_PERIODS)
        tag = read.tag(board.edition(self.now).tag)
        return self.page(tag, lambda: board.history(slug, *span, now=self.now, cursor=cursor, limit=limit))


class CrossingReports(OfCrossing, PagedView):
    @reads(
        "list_crossing_reports",
        "The public claims about a crossing, the last recorded first",
        "Reports",
        SLUG,
        CURSOR,
        count(50, MOST_REPORTS),
    )
    def get(self, request: HttpRequest, slug: str) -> Answer:
        cursor, limit = self.query.raw("cursor"), self.query.number("limit", 50, 1, MOST_REPORTS)
        return self.page(self.query.tag(board.version()), lambda: board.reports(slug, cursor=cursor, limit=limit))


class CrossingReadings(OfCrossing, PagedView):
    @reads(
        "list_crossing_readings",
        "What was counted at a crossing, the newest first",
        "Readings",
        SLUG,
        FROM,
        TO,
        parameter("bucket", {**TEXT, "enum": list(BUCKETS)}, "Ranges by hour or day, in UTC, instead of each count."),
        CURSOR,
        count(100, MOST_READINGS),
        about="A page of days spans two months, one of hours a week. Retracted counts are left out.",
    )
    def get(self, request: HttpRequest, slug: str) -> Answer:
        read = self.query
        span = read.span()
        bucket, cursor = read.choice("bucket", list(BUCKETS)), read.raw("cursor")
        limit = read.number("limit", 100, 1, MOST_READINGS)
        # The newest page of buckets ends now, and so begins anew each hour.
        tag = read.tag(board.version(), self.now.strftime("%Y%m%d%H") if bucket else "")
        return self.page(tag, lambda: board.readings(slug, *span, bucket, now=self.now, cursor=cursor, limit=limit))


class Changes(PublicView):
    @reads(
        "list_changes",
        "What was announced after a position, in order",
        "Changes",
        parameter("after", {"type": "integer", "minimum": 0, "default": 0}, "`position` of the last answer."),
        count(100, MOST_CHANGES),
        about="Never skips, never reorders. Ask again with `after` = `position`; at once while `more`.",
    )
    def get(self, request: HttpRequest) -> Answer:
        after = self.query.number("after", 0, 0, 10**18 - 1)
        limit = self.query.number("limit", 100, 1, MOST_CHANGES)
        return Answer(self.query.tag(board.version()), lambda: board.changes(after, limit))


class Report(PublicView):
    @reads("get_report", "One public claim", "Report", NUMBER)
    def get(self, request: HttpRequest, number: int) -> Answer:
        return Answer(self.query.tag(board.version()), lambda: board.report(number))
