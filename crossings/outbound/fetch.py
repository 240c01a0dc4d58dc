"""Fetching: bounded in time and size."""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from crossings.outbound.addresses import OutboundError, read_headers, read_url
from crossings.outbound.line import AGENT, Guard, in_words, pool, request

TOTAL = 20.0
"""Seconds for the whole."""
MOST_BYTES = 5 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Reply:
    """What came, inflated. `etag` and `last_modified` are to be sent with the next request for the same."""

    body: bytes
    etag: str = ""
    last_modified: str = ""
    content_type: str = ""


class NotModified:
    """The other side still has what it sent last."""


def get(
    address: str,
    *,
    more: str = "",
    etag: str = "",
    last_modified: str = "",
    limit: int = MOST_BYTES,
    total: float = TOTAL,
) -> Reply | NotModified:
    """Fetch an address; `limit` in bytes, as sent and as inflated, `total` in seconds, `more` headers one a line.

    Raises OutboundError: url_not_allowed, headers_not_allowed, address_not_allowed, name_not_found, connection_failed,
    tls_error, feed_timeout, feed_too_large, truncated_body, encoding_not_supported, redirect_refused,
    unexpected_status, bad_response.
    """
    url = read_url(address)
    headers = {"Host": url.authority, "User-Agent": AGENT, "Accept": "*/*", "Accept-Encoding": "gzip"}
    headers |= read_headers(more)
    headers |= {"If-None-Match": etag} if etag else {}
    headers |= {"If-Modified-Since": last_modified} if last_modified else {}
    guard = Guard(url, time.monotonic() + total)
    with in_words(guard, total), pool(guard) as lines, lines.stream("GET", url.core(), **request(headers)) as answer:
        found = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in answer.headers}
        if answer.status == 304 and (etag or last_modified):
            return NotModified()
        _check(answer.status, found, limit)
        body = b"".join(_inflated(answer.iter_stream(), found.get("content-encoding", ""), limit))
    kept = {name: _sendable(found.get(name, ""), most) for name, most in (("etag", 200), ("last-modified", 100))}
    return Reply(body, kept["etag"], kept["last-modified"], found.get("content-type", ""))


def _sendable(value: str, most: int) -> str:
    """A validator as it came, to be sent back; none where it could not be sent, or would not be the same."""
    return value if value.isascii() and value.isprintable() and len(value) <= most else ""


def _check(status: int, headers: dict[str, str], limit: int) -> None:
    if 300 <= status < 400 and "location" in headers:
        raise OutboundError(
            "redirect_refused", f"It points to {headers['location'][:200]}; redirects are not followed."
        )
    if status != 200:
        raise OutboundError("unexpected_status", f"It answered {status} where 200 was expected.")
    length = headers.get("content-length", "0")
    if length.isdigit() and int(length) > limit:
        raise _too_large(limit)


def _too_large(limit: int) -> OutboundError:
    return OutboundError("feed_too_large", f"More than {limit / 1024 / 1024:.1f} MiB; the limit may be set per source.")


def _inflated(chunks: Iterable[bytes], encoding: str, limit: int) -> Iterator[bytes]:
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        yield from _counted(chunks, limit)
    elif encoding in ("gzip", "x-gzip"):
        yield from _counted(_gunzipped(_counted(chunks, limit), limit), limit)
    else:
        raise OutboundError("encoding_not_supported", f"It is sent as {encoding[:40]}; only gzip is understood.")


def _counted(chunks: Iterable[bytes], limit: int) -> Iterator[bytes]:
    seen = 0
    for chunk in chunks:
        seen += len(chunk)
        if seen > limit:
            raise _too_large(limit)
        yield chunk


def _gunzipped(chunks: Iterable[bytes], most: int) -> Iterator[bytes]:
    """Inflated in pieces of at most `most` + 1 bytes, so that a bomb is cut before it goes off."""
    member, begun = zlib.decompressobj(31), False
    for data in chunks:
        while data:
            begun = True
            yield member.decompress(data, most + 1)
            data = member.unconsumed_tail
            if member.eof:
                data, member, begun = member.unused_data, zlib.decompressobj(31), False
    if begun:
        raise OutboundError("truncated_body", "The compressed answer ends before its end.")
