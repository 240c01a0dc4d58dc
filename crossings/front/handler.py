"""The WSGI application: a kept answer where there is a good one, Django where not."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import Error
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone, translation

from crossings.api import problems
from crossings.api.door import PREFIX
from crossings.front.lookout import Lookout
from crossings.front.place import Environ, Place, place_of
from crossings.front.shelf import Headers, Kept, Moment, Shelf, admitting, tags_of
from crossings.web import respond, style
from crossings.web.middleware import HEADER

MAY_VARY = {"accept-encoding", "save-data"}
"""What a place tells apart already."""
OF_A_BODY = ("content-type", "content-length", "content-encoding", "content-disposition")
READING = ("GET", "HEAD", "OPTIONS")
PLACE, MOMENT, HOLDS = "crossings.place", "crossings.moment", "crossings.holds"
REDACTIONS = "crossings.redactions"


class Front(WSGIHandler):
    """Keeps what Django answers to anybody, and gives it to all who ask the same until something public changes.

    While the database is away the last good answer is given, with its age in seconds; pages say so themselves.
    """

    def __init__(self) -> None:
        super().__init__()
        self.shelf, self.lookout = Shelf(), Lookout()

    def __call__(self, environ: Environ, start_response: Any) -> Any:
        self.lookout.start()
        place = place_of(environ)
        if place is None:
            return super().__call__(environ, start_response)
        kept, given = self.shelf.get(place), environ.get("HTTP_IF_NONE_MATCH", "")
        moment = (self.lookout.tag, int(time.time() // 60))
        if self.lookout.away and kept is not None and self._unredacted(kept):
            return self._late(kept, given, start_response)
        if self.lookout.gone:
            return _nothing_kept(place, start_response)
        if kept is not None:
            if kept.held_in == moment and given and kept.held(given):
                start_response("304 Not Modified", kept.bare)
                return [b""]
            if kept.made_in == moment:
                start_response("200 OK", kept.headers)
                return [kept.body]
        elif given:
            # Made once in any case: else all who hold it would go on asking Django.
            environ[HOLDS] = environ.pop("HTTP_IF_NONE_MATCH")
        environ["QUERY_STRING"], environ[PLACE], environ[MOMENT] = place.query, place, moment
        environ[REDACTIONS] = self.lookout.redactions
        return super().__call__(environ, start_response)

    def get_response(self, request: Any) -> HttpResponseBase:
        response = super().get_response(request)
        place: Place | None = request.META.get(PLACE)
        if place is not None:
            return self._keep(request.META, place, response)
        if request.method not in READING and response.status_code < 400:
            try:
                self.lookout.look()
            except Error:
                self.lookout.tag = None
        return response

    def _keep(self, environ: Environ, place: Place, response: HttpResponseBase) -> HttpResponseBase:
        kept, moment = self.shelf.get(place), environ[MOMENT]
        if response.status_code == 503:
            return self._rather_late(kept, response)
        if response.status_code == 304 and kept is not None:
            self.shelf.put(place, _renewed(kept, place, moment, response))
        elif isinstance(response, HttpResponse) and _for_all(response):
            if moment[0] is None or environ["REQUEST_METHOD"] != "GET":
                return response
            kept = _kept(response, place, moment, environ[REDACTIONS])
            self.shelf.put(place, kept)
            if kept.held(environ.get(HOLDS, "")):
                return _bare(kept)
        elif response.status_code < 500:
            self.shelf.drop(place)  # it is gone, or has become somebody's own
        return response

    # While the database is away

    def _late(self, kept: Kept, given: str, start_response: Any) -> Iterable[bytes]:
        if given and not kept.is_page and kept.held(given):
            start_response("304 Not Modified", [*kept.bare, *self._marks(kept)])
            return [b""]
        body, headers = self._last_good(kept)
        start_response("200 OK", headers)
        return [body]

    def _rather_late(self, kept: Kept | None, instead: HttpResponseBase) -> HttpResponseBase:
        """The lookout may not have seen yet that the database is away."""
        if kept is None or not self._unredacted(kept):
            return instead
        body, headers = self._last_good(kept)
        instead.close()
        return HttpResponse(body, headers=dict(headers))

    def _unredacted(self, kept: Kept) -> bool:
        """What was kept before the last redaction is not given any more, whatever else is away."""
        return kept.redactions == self.lookout.redactions

    def _last_good(self, kept: Kept) -> tuple[bytes, Headers]:
        if not kept.is_page:
            return kept.body, [*kept.headers, *self._marks(kept)]
        body = admitting(kept, self._since(kept))
        headers = [(name, value) for name, value in kept.headers if name not in ("ETag", "Content-Length")]
        return body, [*headers, ("Content-Length", str(len(body))), *self._marks(kept)]

    def _marks(self, kept: Kept) -> Headers:
        age = max(0, round((timezone.now() - self._since(kept)).total_seconds()))
        return [("Age", str(age)), ("Warning", '110 - "Response is Stale"')]

    def _since(self, kept: Kept) -> datetime:
        """When it was last known to be good."""
        seen = self.lookout.seen_at
        return seen if seen is not None and kept.held_in[0] == self.lookout.last_tag else kept.made_at


def _nothing_kept(place: Place, start_response: Any) -> list[bytes]:
    if place.path.startswith(PREFIX):
        response = problems.no_database().response()
    else:
        with translation.override(translation.get_language_from_path(place.path) or settings.LANGUAGE_CODE):
            response = respond.no_database()
        response.headers[HEADER] = style.PUBLIC
    start_response(f"{response.status_code} {response.reason_phrase}", list(response.items()))
    return [response.content]


def _for_all(response: HttpResponse) -> bool:
    headers = response.headers
    if response.status_code != 200 or response.cookies or not headers.get("ETag"):
        return False
    vary = {name.strip().lower() for name in headers.get("Vary", "").split(",") if name.strip()}
    return headers.get("Cache-Control", "").startswith("public") and vary <= MAY_VARY


def _kept(response: HttpResponse, place: Place, moment: Moment, redactions: int | None) -> Kept:
    response.headers.setdefault("Content-Length", str(len(response.content)))
    headers = list(response.headers.items())
    bare = [(name, value) for name, value in headers if name.lower() not in OF_A_BODY]
    tags = tags_of(response.headers["ETag"], place.path)
    return Kept(moment, moment, timezone.now(), redactions, response.content, headers, bare, tags)


def _renewed(kept: Kept, place: Place, moment: Moment, response: HttpResponseBase) -> Kept:
    """Django says of what somebody holds that it is still so; the body is, too, where the very tag is the same."""
    tags = tags_of(response.headers.get("ETag", ""), place.path)
    if tags[-1] != kept.tags[-1]:
        return kept
    return replace(kept, tags=tags, held_in=moment, made_in=moment if tags == kept.tags else kept.made_in)


def _bare(kept: Kept) -> HttpResponse:
    response = HttpResponse(status=304, headers=dict(kept.bare))
    del response.headers["Content-Type"]
    return response
