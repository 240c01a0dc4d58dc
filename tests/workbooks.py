"""XLSX workbooks, good ones and broken ones."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import Any

from openpyxl import Workbook  # type: ignore[import-untyped]

SHEET = "xl/worksheets/sheet1.xml"
NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
MAIN = f'<worksheet xmlns="{NAMESPACE}"><sheetData>'.encode()
END = b"</sheetData></worksheet>"


def xlsx(*rows: list[Any], formats: Mapping[str, str] = {}) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    for cell, form in formats.items():
        book.active[cell].number_format = form
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def rewritten(body: bytes, part: str, content: bytes, how: int = zipfile.ZIP_DEFLATED) -> bytes:
    """The workbook with that part put in or put in place of its own."""
    parts = {**parts_of(body), part: content}
    return zipped(parts, {part: how})


def renamed(body: bytes, part: str, name: str) -> bytes:
    """The workbook with one part under another name, in all that points to it too."""
    parts = parts_of(body)
    parts[name] = parts.pop(part)
    old, new = part.removeprefix("xl/").encode(), name.removeprefix("xl/").encode()
    return zipped({key: content.replace(old, new) if key != name else content for key, content in parts.items()})


def parts_of(body: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(body)) as book:
        return {name: book.read(name) for name in book.namelist()}


def zipped(parts: Mapping[str, bytes], how: Mapping[str, int] = {}) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as book:
        for name, content in parts.items():
            book.writestr(name, content, how.get(name, zipfile.ZIP_DEFLATED))
    return out.getvalue()
