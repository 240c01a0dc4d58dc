"""How a public page is answered: conditional, cached for a second, and without a cookie in sight."""

import functools
import hashlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils.cache import get_conditional_response
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from tracker.state import BASE_DIR

CACHE = "public, max-age=1, stale-while-revalidate=30, stale-if-error=86400"
TRY_AGAIN_S = 15
View = Callable[..., HttpResponseBase]


def edition() -> str:
    """A new one whenever what makes the pages has changed: no browser keeps a page of the last release."""
    made_of = hashlib.sha256()
    parts = [*BASE_DIR.glob("templates/**/*.html"), *Path(__file__).parent.glob("**/*.py")]
    parts += [*BASE_DIR.glob("locale/**/*.mo"), *Path(__file__).parent.parent.glob("static/**/*.css")]
    for path in sorted(parts):
        made_of.update(path.read_bytes())
    return made_of.hexdigest()[:8]


EDITION = edition()


def page(
    request: HttpRequest, template: str, version: object, now: datetime, fill: Callable[[], dict[str, Any]]
) -> HttpResponseBase:
    """The page, or 304 where the reader has it. `fill` makes the template's context, only where it is needed.

    The minute is part of the ETag: "confirmed 5 minutes ago" is not true for ever.
    """
    etag = f'W/"{version}-{now:%Y%m%d%H%M}-{get_language()}-{EDITION}"'
    response = get_conditional_response(request, etag=etag) or HttpResponse(render_to_string(template, fill()))
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = CACHE
    return response


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
            page = render_to_string("503.html")
            return HttpResponse(
                page, status=503, headers={"Retry-After": str(TRY_AGAIN_S), "Cache-Control": "no-store"}
            )

    return require_safe(answer)
