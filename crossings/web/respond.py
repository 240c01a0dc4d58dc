"""How a public answer is given: conditional, cached for a second, and without a cookie in sight."""

import functools
import hashlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.conf.locale import LANG_INFO
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.urls import translate_url
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from crossings.domain.claims import stamp
from crossings.etags import holds
from tracker.state import BASE_DIR

CACHE = "public, max-age=1, stale-while-revalidate=2, stale-if-error=86400"
HTML, TEXT, SVG = "text/html; charset=utf-8", "text/plain; charset=utf-8", "image/svg+xml"
TRY_AGAIN_S = 15
View = Callable[..., HttpResponseBase]


def edition() -> str:
    """A new one whenever what makes the pages has changed: no browser keeps a page of the last release."""
    made_of = hashlib.sha256()
    here = Path(__file__).parent
    parts = [*BASE_DIR.glob("templates/**/*.*"), *here.glob("**/*.py"), *here.parent.glob("phrases/*.py")]
    parts += [
        *BASE_DIR.glob("locale/**/*.mo"),
        *here.parent.glob("static/**/*.css"),
        *here.parent.glob("static/**/*.js"),
    ]
    for path in sorted(parts):
        made_of.update(path.read_bytes())
    return made_of.hexdigest()[:8]


EDITION = edition()


def page(
    request: HttpRequest, template: str, version: object, now: datetime, fill: Callable[[], dict[str, Any]]
) -> HttpResponseBase:
    """The page, or 304 where the reader has it. `fill` makes the template's context, only where it is needed.

    Four things are added to it: the page's own address, unless it names one; the same page in the other languages;
    `tag`, by which a page left open asks whether anything but the time has changed; and when it was `made`, by which it
    finds out that a cache has given it because nobody else answered.
    """

    version = f"{version}-{template.partition('.')[0]}"

    def make() -> str:
        context = {
            "address": request.build_absolute_uri(request.path),
            **fill(),
            "tag": lasting(version),
            "made": stamp(now.replace(second=0, microsecond=0)),
        }
        return render_to_string(template, {**context, "languages": other_languages(context["address"])})

    return answer(request, version, now, make)


def answer(
    request: HttpRequest, version: object, now: datetime, make: Callable[[], str], content_type: str = HTML
) -> HttpResponseBase:
    """What `make` makes, or 304. The minute is part of the ETag: "confirmed 5 minutes ago" is not true for ever."""
    lasts = lasting(version)
    tag = f'"{lasts}-{now:%Y%m%d%H%M}"'
    if holds(request.META.get("HTTP_IF_NONE_MATCH", ""), tag, f'"{lasts}"'):
        response: HttpResponseBase = HttpResponseNotModified()
    else:
        response = HttpResponse(make(), content_type=content_type)
    response.headers["ETag"] = f"W/{tag}"
    response.headers["Cache-Control"] = CACHE
    return response


def other_languages(address: str) -> list[tuple[str, str, str]]:
    """Code, own name and path of the same page in each language but the present one."""
    parts = urlsplit(address)
    here = f"{parts.path}?{parts.query}" if parts.query else parts.path
    codes = [code for code, _ in settings.LANGUAGES if code != get_language()]
    return [(code, LANG_INFO[code]["name_local"], translate_url(here, code)) for code in codes]


def lasting(version: object) -> str:
    """The ETag without its minute: of all that can change but by time alone."""
    return f"{version}-{get_language()}-{EDITION}"


def short_hash(*parts: str) -> str:
    """What else a page was asked for, fit for an ETag."""
    return hashlib.sha256(repr(parts).encode("utf-8", "replace")).hexdigest()[:8]


def public(view: View) -> View:
    """A page for reading only; without a database it says so, and when to come again."""

    @functools.wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except (OperationalError, InterfaceError):
            return no_database()

    return require_safe(answer)


def no_database() -> HttpResponse:
    """The page that says so, in the present language."""
    headers = {"Retry-After": str(TRY_AGAIN_S), "Cache-Control": "no-store"}
    return HttpResponse(render_to_string("503.html"), status=503, headers=headers)
