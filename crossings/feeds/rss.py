"""RSS and Atom: each entry is a text that may hold a claim. It is kept as evidence, and a person decides."""

from __future__ import annotations

import hashlib
import html
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from crossings.domain.faults import Fault
from crossings.domain.fields import URL, clean
from crossings.domain.vocabulary import SourceKind
from crossings.feeds.base import Batch, Context, Entry, FeedError, Format, Item, Kind
from crossings.feeds.rss_xml import Parts, read_entries
from crossings.feeds.strict import MARK, not_larger

MOST_MIB = 5
LONGEST_TITLE, LONGEST_TEXT = 300, 5000
TOKEN = re.compile(r"(<!--|-->|<[^<>]*>)")
HIDDEN = ("script", "style", "iframe", "noscript", "template")
BREAKS = {"p", "br", "div", "li", "ul", "ol", "tr", "table", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6"}


def parse(body: bytes, context: Context) -> Batch:
    start = body[:1000].removeprefix(MARK).lstrip()
    if not start and not body.removeprefix(MARK).strip():
        raise FeedError("empty_body", f"The feed was empty ({len(body)} bytes).")
    not_larger(body, MOST_MIB)
    if start[:1] in (b"{", b"["):
        raise FeedError("unexpected_content_type", "Got JSON where RSS or Atom was expected.")
    if re.match(rb"(?i)<(!doctype\s+)?html\b", start):
        raise FeedError("unexpected_content_type", "Got a web page where RSS or Atom was expected.")
    return Batch(_items(read_entries(body)))


def _items(found: list[Parts]) -> Iterator[Item]:
    entries = [_entry(parts) for parts in found]
    named = Counter(entry.id for entry in entries if entry)
    for number, entry in enumerate(entries, 1):
        if entry is None:
            fault = Fault("", "required", "The entry has neither a title nor a text.")
            yield Item(f"entry {number}", Kind.ENTRY, faults=(fault,))
        else:
            yield Item(f"entry {number}", Kind.ENTRY, entry if named[entry.id] == 1 else _told_apart(entry))


def _told_apart(entry: Entry) -> Entry:
    """Under a name that is its own: several of the document bear the same one, and none may pass for another."""
    said = "\n".join((entry.id, entry.title, entry.text, entry.url, str(entry.published_at)))
    return replace(entry, id=f"{entry.id[:130]}#{_digest(said)}")


def _entry(parts: Parts) -> Entry | None:
    title = _short(" ".join(text_of_html(parts.get("title", "")).split()), LONGEST_TITLE)
    bodies = (text_of_html(parts.get(name, "")) for name in ("encoded", "content", "description", "summary"))
    text = _short(next((found for found in bodies if found), ""), LONGEST_TEXT)
    if not title and not text:
        return None
    url, published = clean(html.unescape(parts.get("link", ""))), parts.get("published") or parts.get("pubDate")
    url = url if URL.match(url) and len(url) <= 1000 else ""
    at = _moment(published or parts.get("date") or parts.get("updated") or "")
    named = clean(parts.get("guid") or parts.get("id") or url)
    if not named or len(named) > 200:
        named = "sha256:" + _digest(named or f"{title}\n{text}")
    return Entry(named, title, text, url, at)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()


def text_of_html(text: str) -> str:
    """What a reader would see, as plain text; never longer than what was given."""
    out: list[str] = []
    hidden = ""
    for token in TOKEN.split(text):
        name = re.match(r"</?\s*([a-zA-Z0-9]*)", token)
        tag = name[1].lower() if name and token.endswith(">") else ""
        if hidden:
            hidden = "" if token == hidden or (tag and token.startswith("</") and tag == hidden) else hidden
        elif token == "<!--":
            hidden = "-->"
        elif tag in HIDDEN and not token.startswith("</") and not token.endswith("/>"):
            hidden = tag
        elif TOKEN.fullmatch(token):
            out.append("\n" if tag in BREAKS else "")
        else:
            out.append(html.unescape(token))
    lines = (" ".join(line.split()) for line in clean("".join(out)).split("\n"))
    return "\n".join(line for line in lines if line)


def _short(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _moment(said: str) -> datetime | None:
    """The time of RFC 3339 (Atom) or RFC 2822 (RSS); None where there is none, or no zone with it."""
    said = said.strip()[:100]
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            at = read(said)
            return at.astimezone(UTC) if at.tzinfo else None
        except (ValueError, TypeError, OverflowError, IndexError):
            continue
    return None


FORMAT = Format("rss", parse, kind=SourceKind.PRESS)
