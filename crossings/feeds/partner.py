"""The partner feed: one JSON document, NDJSON of the same objects with a "kind", or CSV.

A document is parsed whole and so has bounds; NDJSON and CSV are read row by row, and may be as large as a file may.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import islice
from typing import Any

from crossings.domain.faults import Fault
from crossings.domain.vocabulary import SourceKind
from crossings.feeds.base import Batch, Context, FeedError, Format, Item, Kind
from crossings.feeds.partner_csv import rows
from crossings.feeds.strict import MARK, loads

LISTS = {"reports": Kind.REPORT, "readings": Kind.READING, "retractions": Kind.RETRACTION}
EXPECTED = 'Expected {"reports": […], "readings": […], "retractions": […]}, one object a line with a "kind", or CSV'
LINES_SNIFFED = 10
LONGEST_LINE, MOST_VALUES, MOST_ITEMS = 2**20, 20_000, 50_000
"""Bytes of a line of NDJSON, values in one item, items of one document."""


def parse(body: bytes, context: Context) -> Batch:
    start = body[:1000].removeprefix(MARK).lstrip()[:1]
    if start in (b"{", b"[", b"<", b""):
        return Batch(_lines(body) if _has_kinds(body) else document(_counted(loads(body))))
    return Batch(rows(body))


def document(data: Any) -> Iterator[Item]:
    """The items of the document once it is parsed."""
    if not isinstance(data, dict) or not data.keys() & LISTS.keys():
        names = ", ".join(sorted(data)[:5])[:200] if isinstance(data, dict) else ""
        got = f"an object with {names or 'nothing'}" if isinstance(data, dict) else "something else"
        raise FeedError("schema_mismatch", f"{EXPECTED}; got {got}.")
    for name in LISTS:
        if not isinstance(data.get(name, []), list):
            raise FeedError("schema_mismatch", f'"{name}" must be a list.')
    return _listed(data)


def _counted(data: Any) -> Any:
    lists = data.values() if isinstance(data, dict) else ()
    count = sum(len(each) for each in lists if isinstance(each, list))
    if count > MOST_ITEMS:
        detail = (
            f'{count:,} items; a document has at most {MOST_ITEMS:,}. Send NDJSON: an object a line, with a "kind".'
        )
        raise FeedError("too_many_items", detail)
    return data


def _listed(data: dict[str, Any]) -> Iterator[Item]:
    for name in data.keys() - LISTS.keys():
        fault = Fault(f"/{name[:100]}", "unknown_field", f"There is no such list here. Known: {', '.join(LISTS)}.")
        yield Item("/", None, faults=(fault,))
    for name, kind in LISTS.items():
        for index, each in enumerate(data.get(name, [])):
            yield _item(f"/{name}/{index}", kind, each)


def _item(at: str, kind: Kind, data: Any) -> Item:
    """Where it holds far more values than any claim, its faults alone would fill the memory: one stands for all."""
    left, count = [data], 0
    while left:
        each = left.pop()
        inner = each.values() if isinstance(each, dict) else each if isinstance(each, list) else ()
        count += len(inner)
        if count > MOST_VALUES:
            detail = f"More than {MOST_VALUES:,} values in one item."
            return Item(at, kind, faults=(Fault("", "too_many_values", detail),))
        left.extend(inner)
    return Item(at, kind, data)


def _has_kinds(body: bytes) -> bool:
    """Whether one of the first lines is an object with a kind: a broken line or two must not hide what it is."""
    return any(_kind_of(line) for line in islice(io.BytesIO(body), LINES_SNIFFED))


def _kind_of(line: bytes) -> bool:
    try:
        data = loads(line) if len(line) <= LONGEST_LINE else None
    except FeedError:
        return False
    return isinstance(data, dict) and "kind" in data


def _lines(body: bytes) -> Iterator[Item]:
    for number, line in enumerate(io.BytesIO(body), 1):
        if line.strip():
            yield _line(f"line {number}", line)


def _line(at: str, line: bytes) -> Item:
    if len(line) > LONGEST_LINE:
        detail = f"At most {LONGEST_LINE:,} bytes a line; this has {len(line):,}."
        return Item(at, None, faults=(Fault("", "item_too_large", detail),))
    try:
        data = loads(line)
    except FeedError as error:
        return Item(at, None, faults=(error.as_fault(),))
    if not isinstance(data, dict):
        return Item(at, None, faults=(Fault("", "not_an_object", "A JSON object is expected on each line."),))
    kind = data.pop("kind", None)
    if kind not in (Kind.REPORT, Kind.READING, Kind.RETRACTION):
        return Item(at, None, faults=(Fault("/kind", "unknown_word", f"Not one of: {', '.join(Kind)}."),))
    return _item(at, Kind(kind), data)


FORMAT = Format("partner", parse, kind=SourceKind.PARTNER)
