"""Rows of cells -> CSV in pieces, or an XLSX workbook in a file, whatever their number, in bounded memory.

openpyxl takes six times as long to write a workbook, and guesses formulas and errors from what texts look like.
"""

from __future__ import annotations

import csv
import io
import re
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from typing import IO
from xml.sax.saxutils import escape, quoteattr

from crossings.files.cells import Cell, in_csv, in_xlsx

MARK = "\ufeff"
"""Without a byte order mark Excel takes UTF-8 for another encoding."""
AT_ONCE = 500
LONGEST_IN_XLSX = 32_767
IN_MEMORY = 2 * 2**20
CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What XML cannot hold."""
LIKE_AN_ESCAPE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
SHEET = "xl/worksheets/sheet1.xml"
PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{TYPES}.sheet.main+xml"/>'
    f'<Override PartName="/{SHEET}" ContentType="{TYPES}.worksheet+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="r1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="r1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
}


def csv_pieces(rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    out = io.StringIO()
    writer = csv.writer(out)
    out.write(MARK)
    for count, row in enumerate(rows, 1):
        writer.writerow([in_csv(cell) for cell in row])
        if count % AT_ONCE == 0:
            yield out.getvalue().encode()
            out.seek(0)
            out.truncate()
    yield out.getvalue().encode()


def xlsx_file(rows: Iterable[Sequence[Cell]], title: str) -> IO[bytes]:
    """A workbook of one sheet, at its beginning. Every text is told to be one, so that nothing in it ever runs."""
    file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 (whoever sends it closes it)
    sheet = f'<sheet name={quoteattr(title)} sheetId="1" r:id="r1"/>'
    book = f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{sheet}</sheets></workbook>'
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as parts:
        for name, content in {**PARTS, "xl/workbook.xml": book}.items():
            parts.writestr(name, HEAD + content)
        with parts.open(SHEET, "w", force_zip64=True) as part:
            part.write(f'{HEAD}<worksheet xmlns="{MAIN}"><sheetData>'.encode())
            for row in rows:
                part.write(f"<row>{''.join(map(_cell, row))}</row>".encode())
            part.write(b"</sheetData></worksheet>")
    file.seek(0)
    return file


def _cell(cell: Cell) -> str:
    if cell is None or cell == "":
        return "<c/>"
    if isinstance(cell, bool):
        return f'<c t="b"><v>{int(cell)}</v></c>'
    if isinstance(cell, int | float):
        return f"<c><v>{cell!r}</v></c>"
    text = LIKE_AN_ESCAPE.sub("_x005F_", ILLEGAL.sub("", in_xlsx(str(cell)))[:LONGEST_IN_XLSX])
    return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'
