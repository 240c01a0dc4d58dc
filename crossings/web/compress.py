"""Public answers are compressed here, so that a phone gets few bytes even with no proxy in front."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from functools import lru_cache

import brotli
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers

from crossings.web.middleware import admin_path

WORTH_IT = 400
"""Bytes: below that nothing is won."""
BROTLI_QUALITY, GZIP_LEVEL = 5, 6
CODINGS = ("br", "gzip")
"""Where both are as welcome, the first."""


class Compress:
    """Middleware: stands around the API and the pages alike.

    Never the admin, nothing personal and nothing that must not be stored: where a secret is compressed together with
    what a stranger sent, its length betrays it (BREACH).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if isinstance(response, HttpResponse) and _may_be(request, response):
            patch_vary_headers(response, ["Accept-Encoding"])
            coding = chosen(request.META.get("HTTP_ACCEPT_ENCODING", ""))
            if coding and len(response.content) >= WORTH_IT:
                _compress(response, coding)
        return response


def _may_be(request: HttpRequest, response: HttpResponse) -> bool:
    if request.method not in ("GET", "HEAD") or request.path_info.startswith((admin_path(), settings.STATIC_URL)):
        return False
    headers = response.headers
    if response.cookies or "Content-Encoding" in headers or "no-store" in headers.get("Cache-Control", ""):
        return False
    return response.status_code == 304 or _is_text(headers.get("Content-Type", ""))


def _is_text(content_type: str) -> bool:
    kind = content_type.partition(";")[0].strip()
    return kind.startswith("text/") or kind.endswith(("json", "xml", "yaml", "javascript"))


@lru_cache(256)
def chosen(accepted: str) -> str:
    """The coding the client likes best, by its q-values (RFC 9110, 12.5.3); empty: none, or rather none."""
    likes = dict(_read(each) for each in accepted.lower().split(",") if each.strip())
    rest = likes.get("*", 0.0)
    best = max(CODINGS, key=lambda coding: likes.get(coding, rest))
    like = likes.get(best, rest)
    return best if like > 0 and like >= likes.get("identity", 0.0) else ""


def _read(part: str) -> tuple[str, float]:
    name, _, parameters = part.partition(";")
    for each in parameters.split(";"):
        key, _, value = each.partition("=")
        if key.strip() == "q":
            try:
                return name.strip(), float(value)
            except ValueError:
                return name.strip(), 0.0
    return name.strip(), 1.0


def _compress(response: HttpResponse, coding: str) -> None:
    content = response.content
    response.content = squeezed(content, coding)
    response.headers["Content-Encoding"] = coding
    response.headers["Content-Length"] = str(len(response.content))
    etag = response.headers.get("ETag", "")
    if etag.startswith('"'):
        response.headers["ETag"] = f"W/{etag}"  # no longer byte for byte what the tag names


def squeezed(content: bytes, coding: str) -> bytes:
    if coding == "br":
        return bytes(brotli.compress(content, mode=brotli.MODE_TEXT, quality=BROTLI_QUALITY))
    return gzip.compress(content, GZIP_LEVEL, mtime=0)
