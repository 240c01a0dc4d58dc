"""RSS and Atom as XML -> the parts of each entry, read as a stream; entities, DTDs and great depth are refused."""

from __future__ import annotations

import html

from crossings.feeds.base import FeedError
from crossings.feeds.strict_xml import feed, strict_parser

MOST_DEPTH, MOST_ENTRIES, MOST_TEXT = 64, 1000, 20_000
"""Elements in each other, entries, and characters of one part of an entry."""
ENTRIES = {"item", "entry"}
ROOTS = {"rss", "feed", "RDF"}
# What is kept of an entry, RSS 2.0, RSS 1.0 (RDF) and Atom alike, by its name without the namespace.
PARTS = {"title", "description", "encoded", "summary", "content", "guid", "id", "link", "pubDate", "published",
         "updated", "date"}  # fmt: skip

TEXTS = {"title", "description", "encoded", "summary", "content"}

Parts = dict[str, str]
"""Of an entry, by name. Texts are HTML, whatever they were."""


class Reader:
    """Calls of the parser, in the order of the file."""

    def __init__(self) -> None:
        self.entries: list[Parts] = []
        self.depth = self.entry_at = self.part_at = 0
        self.part, self.text, self.length, self.is_markup = "", list[str](), 0, True
        self.default = "html"

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > MOST_DEPTH:
            raise FeedError("too_deep", f"More than {MOST_DEPTH} elements lie in each other.")
        name = name.rpartition(" ")[2]
        if self.depth == 1 and name not in ROOTS:
            raise FeedError("schema_mismatch", f"Expected RSS or Atom; got <{name[:50]}>.")
        if self.depth == 1 and name == "feed":
            self.default = "text"
        if self.part:
            self.keep(f"<{name}>")
        elif self.entry_at and self.depth == self.entry_at + 1 and name in PARTS:
            self.begin(name, attributes)
        elif not self.entry_at and name in ENTRIES:
            if len(self.entries) == MOST_ENTRIES:
                raise FeedError("too_many_items", f"More than {MOST_ENTRIES} entries.")
            self.entries.append({})
            self.entry_at = self.depth

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        self.part, self.part_at, self.text, self.length = name, self.depth, [], 0
        # Atom says of each text what it is, and means plain text where it does not; in RSS all is HTML.
        self.is_markup = name not in TEXTS or attributes.get("type", self.default) in ("html", "text/html", "xhtml")
        if name == "link" and "href" in attributes and attributes.get("rel", "alternate") == "alternate":
            self.entries[-1].setdefault("link", attributes["href"][:2000])

    def end(self, name: str) -> None:
        if self.part and self.depth == self.part_at:
            said = "".join(self.text)
            if said.strip():
                self.entries[-1].setdefault(self.part, said if self.is_markup else html.escape(said, quote=False))
            self.part = ""
        elif self.part:
            self.keep(f"</{name.rpartition(' ')[2]}>")
        if self.depth == self.entry_at:
            self.entry_at = 0
        self.depth -= 1

    def data(self, text: str) -> None:
        if self.part:
            # Within an element of XHTML, "<" is no mark-up any more.
            self.keep(html.escape(text, quote=False) if self.depth > self.part_at else text)

    def keep(self, text: str) -> None:
        room = MOST_TEXT - self.length
        if room > 0:
            self.text.append(text[:room])
            self.length += len(text)


def read_entries(body: bytes) -> list[Parts]:
    """Raises FeedError: too_deep, too_many_items, schema_mismatch, invalid_xml, xml_dtd_forbidden,
    xml_entities_forbidden."""
    reader, parser = Reader(), strict_parser()
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.CharacterDataHandler = reader.data
    feed(parser, body, True)
    return reader.entries
