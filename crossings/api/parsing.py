"""Bodies: never more than the limit in memory, and no JSON but what its standard and the database can hold."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, UnreadablePostError
from rest_framework.request import Request

from crossings.api.problems import Problem
from crossings.domain.faults import Fault
from crossings.feeds.base import FeedError
from crossings.feeds.strict import loads

MOST_BYTES = 1_048_576
MOST_BATCH_BYTES = 8 * MOST_BYTES
READ_AWAY = 32 * MOST_BYTES
"""How much of a body that is too large is read and thrown away, so that its sender hears why."""
CHUNK = 65_536


def read_json(request: HttpRequest, limit: int = MOST_BYTES, expected: str = "One JSON object is expected") -> Any:
    """The body's JSON. Raises Problem: 400, 413 or 415, which say what is `expected` instead."""
    kind = request.META.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
    body_there = request.META.get("CONTENT_LENGTH") not in (None, "", "0")
    if body_there and kind != "application/json":
        raise Problem("wrong-content-type", f"Send Content-Type: application/json. {expected}.")
    return _parsed(read_body(request, limit), expected)


def _parsed(body: bytes, expected: str) -> Any:
    """Raises Problem 400, with the line and column where it is no JSON."""
    if not body.strip():
        raise _unreadable("empty_body", "The body is empty. Send it with its Content-Length.")
    try:
        return loads(body)
    except FeedError as error:
        raise _unreadable(error.code, f"{error.detail} {expected}.") from None


def keep_body(request: Request, limit: int) -> bytes:
    """The body, read ahead of the one who will read it. Raises Problem as read_body."""
    body = read_body(request, limit)
    request.read_ahead = body  # type: ignore[attr-defined]
    return body


def read_body(request: HttpRequest, limit: int) -> bytes:
    """Raises Problem: 400 for one that broke off, 413 for one that is too large."""
    given = request.META.get("CONTENT_LENGTH") or "0"
    if not given.isascii() or not given.isdigit():
        raise _unreadable("bad_length", "The Content-Length is no number.")
    length = int(given)
    if length > limit:
        _read_away(request)
        raise Problem("too-large", f"At most {limit:,} bytes; this body has {length:,}.")
    ahead: bytes | None = getattr(request, "read_ahead", None)
    if ahead is not None:
        return ahead
    try:
        body = request.read(length) if length else b""
    except UnreadablePostError:
        body = b""
    if len(body) < length:
        raise _unreadable("truncated_body", f"The body broke off: {len(body):,} of {length:,} bytes came.")
    return body


def _read_away(request: HttpRequest) -> None:
    size = 0
    try:
        while size < READ_AWAY and (chunk := request.read(CHUNK)):
            size += len(chunk)
    except UnreadablePostError:
        pass


def _unreadable(code: str, detail: str) -> Problem:
    return Problem("invalid-body", detail, [Fault("", code, detail)])
