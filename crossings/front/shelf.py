"""The answers that are kept: bytes, bounded, the least asked for go first."""

from __future__ import annotations

import gzip
import re
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

import brotli

from crossings.etags import holds
from crossings.front.place import Place

MOST_BYTES = 64 * 1024 * 1024
MOST_ANSWERS = 20_000
ALSO = 4096
"""Bytes that an answer takes beside its body: headers, and a place whose address has at most place.LONGEST characters.
"""
MINUTE = re.compile(r'-\d{12}"$')
Headers = list[tuple[str, str]]
Moment = tuple[str, int]
"""An edition, and the minute since the epoch: pages tell ages by the minute, and other answers lose nothing by it."""


@dataclass(frozen=True, slots=True)
class Kept:
    """`made_in`: the moment for which the body is good. `held_in`: that for which its tags are; a page that is held
    needs not be made anew for the minute's sake alone. `bare` are the headers of a 304, which speak of no body.
    """

    made_in: Moment
    held_in: Moment
    made_at: datetime
    redactions: int | None
    body: bytes
    headers: Headers
    bare: Headers
    tags: tuple[str, ...]

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key == name), "")

    @property
    def is_page(self) -> bool:
        return self.header("Content-Type").startswith("text/html")

    def held(self, if_none_match: str) -> bool:
        """Whether that header names it: mostly in the simplest way, which needs no parsing."""
        return if_none_match.removeprefix("W/") == self.tags[0] or holds(if_none_match, *self.tags)


class Shelf:
    def __init__(self, most_bytes: int = MOST_BYTES, most_answers: int = MOST_ANSWERS) -> None:
        self._kept: OrderedDict[Place, Kept] = OrderedDict()
        self._bytes, self._most_bytes, self._most_answers = 0, most_bytes, most_answers
        self._lock = Lock()

    def get(self, place: Place) -> Kept | None:
        with self._lock:
            kept = self._kept.get(place)
            if kept is not None:
                self._kept.move_to_end(place)
            return kept

    def put(self, place: Place, kept: Kept) -> None:
        with self._lock:
            self._drop(place)
            self._kept[place] = kept
            self._bytes += _size(kept)
            while self._kept and (self._bytes > self._most_bytes or len(self._kept) > self._most_answers):
                self._drop(next(iter(self._kept)))

    def drop(self, place: Place) -> None:
        with self._lock:
            self._drop(place)

    def _drop(self, place: Place) -> None:
        kept = self._kept.pop(place, None)
        if kept is not None:
            self._bytes -= _size(kept)

    def __len__(self) -> int:
        return len(self._kept)


def _size(kept: Kept) -> int:
    return len(kept.body) + ALSO


def tags_of(etag: str, path: str) -> tuple[str, ...]:
    """The tags by which somebody may hold an answer, all without their W/: a page's also without its minute, for its
    ages grow in the reader's browser.
    """
    strong = etag.removeprefix("W/")
    if path.startswith("/api/") or not MINUTE.search(strong):
        return (strong,)
    return (strong, MINUTE.sub('"', strong))


HIDDEN, EMPTY = b'id="saved" hidden', b'<time id="saved-at"></time>'
"""The page's own place for saying that it is not of now: parts/saved.html."""


def admitting(kept: Kept, since: datetime) -> bytes:
    """A page's bytes, saying that it is as it stood at `since`."""
    coding = kept.header("Content-Encoding")
    opened = {"br": brotli.decompress, "gzip": gzip.decompress}.get(coding, bytes)(kept.body)
    time = f'<time id="saved-at" datetime="{since:%Y-%m-%dT%H:%M}Z">{since:%Y-%m-%d %H:%M} UTC</time>'
    told = opened.replace(HIDDEN, b'id="saved"', 1).replace(EMPTY, time.encode(), 1)
    return {"br": brotli.compress, "gzip": gzip.compress}.get(coding, bytes)(told)
