"""Where words of a report were kept as they came, or were quoted: raw batches, polls, articles, alarms, reasons.

Copies that are ours word for word are told by being equal; here the words stand within other words, written in any of
the ways in which the formats write them.
"""

from __future__ import annotations

import html
import io
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib.admin.models import LogEntry
from django.db.models import Q, QuerySet

from crossings.feeds import FORMATS, Context, FeedError
from crossings.models import Alarm, Draft, Endpoint, IdempotencyKey, Paste, Poll, RawBatch, Retraction, Source

REMOVED = "[removed]"
ESCAPED = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
LETTERS = {"n": "\n", "r": "\n", "t": "\t", "b": " ", "f": " "}
TAG = re.compile(r"<[^<>]*>")
LEGACY = ("utf-16", "cp1256", "cp1251", "cp1252")
MOST_INFLATED = 64 * 2**20


class Words:
    """The texts that are blanked, the longest first so that none is left in parts."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.texts = sorted({text for text in texts if text.strip()}, key=len, reverse=True)
        folded = [_folded(text) for text in self.texts]
        self.whole = [_alone(text) for text in folded]
        self.hints = [_alone(max(text.split(), key=len)) for text in folded]

    def within(self, text: str) -> bool:
        """Whether the text carries any of them, however spaced, capitalised or escaped."""
        return _found(self.whole, text)

    def within_bytes(self, body: bytes) -> bool:
        """As `within`, for what a source sent. What cannot be looked into is taken to carry them."""
        return _found_in_bytes(self.whole, body)

    def hinted(self, body: bytes) -> bool:
        """Whether the longest word of one is there: a format may have made the text of several pieces."""
        return _found_in_bytes(self.hints, body)


def _alone(text: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(text)}(?!\w)")


def _found(sought: list[re.Pattern[str]], text: str) -> bool:
    folded = (_folded(each) for each in _ways_to_read(text))
    return any(pattern.search(each) for each in folded for pattern in sought)


def _found_in_bytes(sought: list[re.Pattern[str]], body: bytes) -> bool:
    if body[:2] == b"PK":
        parts = _unpacked(body)
        return parts is None or any(_found_in_bytes(sought, part) for part in parts)
    try:
        return _found(sought, body.decode("utf-8"))
    except UnicodeDecodeError:
        return any(_found(sought, body.decode(each, "replace")) for each in LEGACY)


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def _ways_to_read(text: str) -> Iterator[str]:
    yield text
    if "\\" in text:
        yield ESCAPED.sub(_letter, text).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if '""' in text:
        yield text.replace('""', '"')
    if "<" in text or "&" in text:
        # A tag may part two words, or stand within one.
        for between in ("", " "):
            once = html.unescape(TAG.sub(between, text))
            yield once
            yield html.unescape(TAG.sub(between, once))


def _letter(found: re.Match[str]) -> str:
    return chr(int(found[1], 16)) if found[1] else LETTERS.get(found[2], found[2])


def _unpacked(body: bytes) -> list[bytes] | None:
    """The parts of a workbook; None where they cannot be had."""
    try:
        book = zipfile.ZipFile(io.BytesIO(body))
        if sum(part.file_size for part in book.infolist()) > MOST_INFLATED:
            return None
        return [book.read(part) for part in book.infolist()]
    except Exception:  # a broken zip fails in many ways
        return None


def blank_evidence(source: Source, words: Words) -> None:
    """What the source sent, but for what still waits to be read, and what was noted of each item. Takes its time:
    nobody waits for these rows.
    """
    batches = RawBatch.objects.filter(source=source).exclude(state=RawBatch.State.WAITING)
    for batch in batches.select_related("poll").iterator(chunk_size=20):
        if words.texts and _brought(batch, source, words):
            batches.filter(pk=batch.pk).update(body=zlib.compress(b""))
    polls = Poll.objects.filter(source=source)
    for pk, items in polls.exclude(items=[]).values_list("pk", "items").iterator(chunk_size=100):
        cleaned = scrubbed(items, words)
        if cleaned != items:
            polls.filter(pk=pk).update(items=cleaned)


def _brought(batch: RawBatch, source: Source, words: Words) -> bool:
    body = zlib.decompress(batch.body)
    if not words.hinted(body):
        return False
    if words.within_bytes(body):
        return True
    form = FORMATS.get(source.format)
    if form is None:
        return False
    try:
        items = form.parse(body, Context(batch.poll.reply_at or batch.poll.started_at, source.options)).items
        return any(isinstance(item.data, dict) and scrubbed(item.data, words) != item.data for item in items)
    except FeedError:
        return True  # it was read once, and nobody can tell any more


def blank_quotes(source: Source, words: Words) -> None:
    """Sentences in which the words may be quoted go as a whole."""
    ours: list[tuple[QuerySet[Any], str]] = [
        (Poll.objects.filter(source=source), "detail"),
        (Alarm.objects.filter(source=source), "detail"),
        (Retraction.objects.filter(Q(report__source=source) | Q(reading__source=source)), "reason"),
        (Draft.objects.filter(source=source), "decision_reason"),
        (Endpoint.objects.all(), "detail"),
        (LogEntry.objects.all(), "change_message"),
    ]
    for rows, field in ours:
        for pk, text in rows.exclude(**{field: ""}).values_list("pk", field).iterator():
            if words.within(text):
                rows.filter(pk=pk).update(**{field: REMOVED})
    _blank_pastes(words)


def _blank_pastes(words: Words) -> None:
    """A note may be copied from a pasted text: the lines that carry it go."""
    for paste in Paste.objects.only("text", "informant").iterator(chunk_size=100):
        text, told = _without_lines(paste.text, words), _without_lines(paste.informant, words)
        if (text, told) != (paste.text, paste.informant):
            Paste.objects.filter(pk=paste.pk).update(text=text, informant=told)


def _without_lines(text: str, words: Words) -> str:
    if not words.within(text):
        return text
    lines = [REMOVED if words.within(line) else line for line in text.split("\n")]
    kept = "\n".join(lines)
    return REMOVED if words.within(kept) else kept


def blank_answers(words: Words) -> None:
    """Answers kept under an Idempotency-Key: asked again they are worked anew. Their table must be locked."""
    for pk, body in IdempotencyKey.objects.exclude(body="").values_list("pk", "body").iterator(chunk_size=20):
        if words.within(body):
            IdempotencyKey.objects.filter(pk=pk).delete()


def scrubbed(value: Any, words: Words) -> Any:
    """The same JSON with every text gone that carries the words."""
    if isinstance(value, list):
        return [scrubbed(each, words) for each in value]
    if isinstance(value, dict):
        return {key: scrubbed(each, words) for key, each in value.items()}
    return REMOVED if isinstance(value, str) and words.within(value) else value


def without(value: Any, words: Words) -> Any:
    """The same JSON with the words taken out of its free texts; a state or a side may be spelt the same."""
    if isinstance(value, list):
        return [without(each, words) for each in value]
    if isinstance(value, dict):
        return {key: _blank(key) if _is_one(key, each, words) else without(each, words) for key, each in value.items()}
    return value


FREE = ("note", "attribution", "url", "by_name", "text")


def _is_one(key: str, value: Any, words: Words) -> bool:
    return key in FREE and value in words.texts


def _blank(key: str) -> str:
    """A condition of words alone stays one."""
    return REMOVED if key == "text" else ""
