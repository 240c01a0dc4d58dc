"""The rows of an XLSX workbook: a zip of XML, of which only what a sheet needs is read, each part within its bounds.

openpyxl, for one cell that it cannot read, would give up the whole workbook, and it reads parts that nobody asked for.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
from collections.abc import Iterator

from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format  # type: ignore[import-untyped]
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH  # type: ignore[import-untyped]

from crossings.feeds.base import FeedError
from crossings.feeds.strict_xml import Event, events
from crossings.feeds.xlsx_cells import Row, Values, plain_text, rows_of

MOST_PARTS, MOST_INFLATED = 500, 16 * 2**20
MOST_TAGS = {"worksheet": 240_000, "sharedStrings": 120_000, "styles": 20_000, "": 2_000}
"""By what a part is for."""
LONGEST_TAG = 200_000
"""Bytes: an element with its attributes, or the text of a cell."""
LONGEST_FORMAT = 255


def xlsx_rows(body: bytes, name: str, most_columns: int) -> Iterator[Row]:
    """The rows with something in them, with their numbers, of the sheet of that name, else of the first.

    One with more columns than `most_columns` is cut a column beyond. Raises FeedError: feed_too_large, too_many_items,
    invalid_xlsx.
    """
    try:
        yield from _Book(body).rows(name, most_columns)
    except FeedError as error:
        if error.code in ("feed_too_large", "too_many_items"):
            raise
        raise FeedError("invalid_xlsx", f"The workbook cannot be read: {error.detail}") from None
    except Exception as error:  # a broken zip fails in many ways
        raise FeedError("invalid_xlsx", f"The workbook cannot be read: {error!r}"[:300]) from None


class _Book:
    def __init__(self, body: bytes) -> None:
        parts = body.count(b"PK\x01\x02")
        if parts > MOST_PARTS:
            raise FeedError("feed_too_large", f"{parts} parts; at most {MOST_PARTS} are read.")
        self.zip = zipfile.ZipFile(io.BytesIO(body))
        # zipfile never inflates a part beyond what it says of its size.
        inflated = sum(part.file_size for part in self.zip.infolist())
        if inflated > MOST_INFLATED:
            detail = f"{inflated / 2**20:.0f} MiB unpacked; at most {MOST_INFLATED >> 20} are read."
            raise FeedError("feed_too_large", detail)
        self.main = next(path for kind, path in self._related("").values() if kind == "officeDocument")
        self.related = self._related(self.main)

    def rows(self, name: str, most_columns: int) -> Iterator[Row]:
        sheets: dict[str, str] = {}
        epoch = WINDOWS_EPOCH
        for tag, given, _ in self._part(self.main):
            if tag == "workbookPr" and given and given.get("date1904") in ("1", "true"):
                epoch = MAC_EPOCH
            if tag == "sheet" and given:
                key = next((value for key, value in given.items() if key.endswith(" id")), "")
                kind, path = self.related.get(key, ("", ""))
                if kind == "worksheet":
                    sheets.setdefault(given.get("name", ""), path)
        if not sheets:
            raise FeedError("invalid_xlsx", "there is no sheet in it.")
        values = Values(self._texts(), self._date_formats(), epoch)
        part = self._part(sheets.get(name) or next(iter(sheets.values())), "worksheet")
        return rows_of(part, values, most_columns)

    def _part(self, path: str, kind: str = "") -> Iterator[Event]:
        info = self.zip.getinfo(path)
        plain = info.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
        if not path.lower().endswith((".xml", ".rels")) or not plain:
            raise FeedError("invalid_xlsx", f"{path[:100]} is no XML: save the workbook as .xlsx.")
        content = self.zip.read(info)
        if (tags := content.count(b"<")) > MOST_TAGS[kind]:
            raise FeedError("too_many_items", f"{path[:100]} has {tags} tags; at most {MOST_TAGS[kind]} are read.")
        if max(map(len, content.split(b"<"))) > LONGEST_TAG:
            raise FeedError("feed_too_large", f"{path[:100]} has a piece of more than {LONGEST_TAG} bytes.")
        return events(content)

    def _related(self, path: str) -> dict[str, tuple[str, str]]:
        """What the part at `path` points to: by its id there the kind and the path of each."""
        folder, file = posixpath.split(path)
        found = {}
        for tag, given, _ in self._part(posixpath.join(folder, "_rels", f"{file}.rels")):
            if tag == "Relationship" and given and given.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/", folder, given.get("Target", ""))).lstrip("/")
                found[given.get("Id", "")] = (given.get("Type", "").rpartition("/")[2], target)
        return found

    def _parts(self, wanted: str) -> Iterator[Event]:
        for kind, path in self.related.values():
            if kind == wanted:
                yield from self._part(path, kind)
                return

    def _texts(self) -> list[str]:
        found: list[str] = []
        pieces: list[str] = []
        phonetic = False
        for tag, given, text in self._parts("sharedStrings"):
            if tag == "rPh":
                phonetic = given is not None
            elif tag == "t" and given is None and not phonetic:
                pieces.append(text)
            elif tag == "si" and given is None:
                found.append(plain_text("".join(pieces)))
                pieces = []
        return found

    def _date_formats(self) -> list[str]:
        """Of each style of a cell the format, where it is one of dates."""
        own: dict[str, str] = {}
        found: list[str] = []
        within = ""
        for tag, given, _ in self._parts("styles"):
            if tag in ("cellXfs", "numFmts"):
                within = tag if given is not None else ""
            elif given and tag == "numFmt" and within == "numFmts":
                own[given.get("numFmtId", "")] = given.get("formatCode", "")[:LONGEST_FORMAT]
            elif given is not None and tag == "xf" and within == "cellXfs":
                number = given.get("numFmtId", "")
                form = own.get(number) or BUILTIN_FORMATS.get(int(number) if number.isdigit() else 0, "")
                found.append(form if is_date_format(form) else "")
        return found
