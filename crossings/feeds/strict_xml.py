"""XML without what could harm: no document type, so no entities of its own and nothing from outside."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple
from xml.parsers import expat

from crossings.feeds.base import FeedError

CHUNK = 2**16


class Event(NamedTuple):
    """The start of an element, with its attributes, or its end, with the text that stood directly in it.

    Names are without their namespace.
    """

    tag: str
    attributes: dict[str, str] | None
    text: str = ""


def strict_parser() -> expat.XMLParserType:
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler, parser.EndDoctypeDeclHandler = _doctype, _end_doctype
    parser.EntityDeclHandler = _entity
    return parser


def feed(parser: expat.XMLParserType, data: bytes, last: bool) -> None:
    """Raises FeedError: invalid_xml, bad_encoding, xml_dtd_forbidden, xml_entities_forbidden."""
    try:
        parser.Parse(data, last)
    except expat.ExpatError as error:
        raise FeedError("invalid_xml", f"Line {error.lineno}: {expat.ErrorString(error.code)}.") from None
    except (LookupError, ValueError) as error:  # an encoding that nobody knows, or of several bytes a letter
        detail = f"The encoding that the document names cannot be read: {error}."
        raise FeedError("bad_encoding", detail[:300]) from None


def events(body: bytes) -> Iterator[Event]:
    """Raises FeedError as `feed` does."""
    parser, found, texts = strict_parser(), list[Event](), list[list[str]]()

    def start(name: str, attributes: dict[str, str]) -> None:
        texts.append([])
        found.append(Event(name.rpartition(" ")[2], attributes))

    def end(name: str) -> None:
        found.append(Event(name.rpartition(" ")[2], None, "".join(texts.pop())))

    def data(text: str) -> None:
        texts[-1].append(text)

    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, data
    for begin in range(0, len(body) + 1, CHUNK):
        feed(parser, body[begin : begin + CHUNK], begin + CHUNK > len(body))
        yield from found
        found.clear()


def _doctype(name: str, system: str | None, public: str | None, has_subset: bool) -> None:
    if system or public or not has_subset:
        raise FeedError("xml_dtd_forbidden", "A document type definition is not read.")


def _end_doctype() -> None:
    raise FeedError("xml_dtd_forbidden", "A document type definition is not read.")


def _entity(name: str, is_parameter: bool, value: str | None, *rest: Any) -> None:
    if value is None:
        raise FeedError("xml_dtd_forbidden", "An entity from outside the document is not read.")
    raise FeedError("xml_entities_forbidden", "Entities of its own make no part of a feed.")
