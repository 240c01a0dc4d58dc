"""Which of the answers we keep a request asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.conf import settings

from crossings.web.compress import chosen
from crossings.web.middleware import admin_path

Environ = dict[str, Any]

OF_CROSSINGS = ("bbox", "country", "for", "q", "region", "state", "to", "traffic", "updated_since")
OF_TIME = ("as_known_at", "at", "bucket", "from")
OF_PAGES = ("after", "cursor", "limit", "lite")
PARAMETERS = frozenset([*OF_CROSSINGS, *OF_TIME, *OF_PAGES])
"""Every one that any public answer obeys. All others are taken away before anybody reads them: they cannot split what
is kept, nor find their way into an answer that others are given. deploy/nginx.conf has the same list."""
LONGEST = 500
"""Characters of path and query: what is longer is asked once, and would take the place of what many ask."""
OTHERS = ("/healthz", "/readyz", "/api/v1/dump", settings.STATIC_URL)


@dataclass(frozen=True, slots=True)
class Place:
    """`coding` as compress.py would choose it; `saves` whether the browser asks to save data."""

    host: str
    https: bool
    path: str
    query: str
    coding: str
    saves: bool


def place_of(environ: Environ) -> Place | None:
    """None: it is nothing that could be kept for others."""
    if environ["REQUEST_METHOD"] not in ("GET", "HEAD") or "HTTP_AUTHORIZATION" in environ:
        return None
    path = environ.get("PATH_INFO", "")
    if path.startswith((admin_path(), *OTHERS)):
        return None
    https = environ.get("HTTP_X_FORWARDED_PROTO") if settings.PROXIES else environ.get("wsgi.url_scheme")
    query = environ.get("QUERY_STRING", "")
    if len(query) + len(path) > LONGEST:
        return None
    try:
        asked = canonical(query) if query else ""
    except ValueError:
        return None
    return Place(
        environ.get("HTTP_HOST", ""),
        https == "https",
        path,
        asked,
        chosen(environ.get("HTTP_ACCEPT_ENCODING", "")),
        environ.get("HTTP_SAVE_DATA", "").strip().lower() == "on",
    )


def canonical(query: str) -> str:
    """The parameters that mean something, in one order; those given twice stay twice, to be refused.

    Raises ValueError where there are too many to be looked at.
    """
    # A server hands over the bytes as latin-1 (PEP 3333); what they mean is UTF-8, as in Django's own reading.
    given = parse_qsl(
        query.encode("latin-1").decode("utf-8", "replace"),
        keep_blank_values=True,
        max_num_fields=settings.DATA_UPLOAD_MAX_NUMBER_FIELDS,
    )
    return urlencode(sorted((name, value) for name, value in given if name in PARAMETERS))
