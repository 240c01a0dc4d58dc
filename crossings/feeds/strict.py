"""JSON as its standard says and no further: what Python lets pass, the database or the next reader would choke on."""

from __future__ import annotations

import json
import math
from collections import Counter
from typing import Any

from crossings.feeds.base import FeedError

LONGEST_NUMBER = 40
MOST_MIB, MOST_VALUES = 20, 2_000_000
"""Of one document, which is parsed whole: Python takes ten times its size, and much more where it is all brackets."""
MARK = b"\xef\xbb\xbf"


def loads(body: bytes) -> Any:
    """Raises FeedError: empty_body, bad_encoding, unexpected_content_type, invalid_json, invalid_number,
    number_too_long, duplicate_key, too_deep, feed_too_large, too_many_items."""
    start = body[:200].removeprefix(MARK).lstrip()
    if not start and not body.strip():
        raise FeedError("empty_body", f"The feed was empty ({len(body)} bytes).")
    if start[:1] == b"<":
        raise FeedError("unexpected_content_type", "Got a web page or XML where JSON was expected.")
    not_larger(body, MOST_MIB, 'Send NDJSON instead: one object a line, with a "kind".')
    if sum(map(body.count, (b"{", b"[", b","))) > MOST_VALUES:
        raise FeedError("too_many_items", f"More than {MOST_VALUES:,} values in one document: send several.")
    try:
        return DECODER.decode(text_of(body))
    except json.JSONDecodeError as error:
        raise FeedError("invalid_json", f"Line {error.lineno}, column {error.colno}: {error.msg}.") from None
    except RecursionError:
        raise FeedError("too_deep", "Lists and objects lie too deep in each other.") from None


def not_larger(body: bytes, mib: int, instead: str = "") -> None:
    if len(body) > mib * 2**20:
        detail = f"It has {len(body) / 2**20:.1f} MiB; at most {mib} are read at once. {instead}"
        raise FeedError("feed_too_large", detail.strip())


def text_of(body: bytes) -> str:
    """The body as text, which must be UTF-8, with or without a byte order mark."""
    if b"\x00" in body[:4]:
        raise FeedError("bad_encoding", "The text is not UTF-8 but seems to be UTF-16 or UTF-32.")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise not_utf8(error) from None


def not_utf8(error: UnicodeDecodeError) -> FeedError:
    return FeedError("bad_encoding", f"Byte 0x{error.object[error.start]:02x} at position {error.start} is not UTF-8.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        left = Counter(name for name, _ in pairs)
        twice = next(name for name, times in left.items() if times > 1)
        raise FeedError("duplicate_key", f'"{twice[:80]}" is given twice in one object.')
    return found


def _whole(text: str) -> int:
    if len(text) > LONGEST_NUMBER:
        raise FeedError("number_too_long", f"A number has {len(text)} digits.")
    return int(text)


def _broken(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise FeedError("invalid_number", f"{text[:LONGEST_NUMBER]} is too large a number.")
    return value


def _constant(text: str) -> None:
    raise FeedError("invalid_number", f"{text} is no JSON number.")


DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_int=_whole, parse_float=_broken, parse_constant=_constant)
