"""Everything public in one file, and its checksum."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path

from django.http import FileResponse, HttpRequest
from django.http.response import HttpResponse, HttpResponseBase

from crossings.api.operations import reads
from crossings.api.problems import Problem
from crossings.api.public import Answer, PublicView
from crossings.api.shapes import TEXT
from crossings.board.dump import served
from crossings.dumpfile import Dump

NAME = "dump.ndjson.gz"
GZIP, PLAIN = "application/gzip", "text/plain; charset=utf-8"
ASK_EACH_TIME = "no-cache"
"""After a redaction no cache may go on giving the old one."""
NONE_NOW = "There is no dump at this moment. One is made every night, and a new one within the hour after a redaction."
BYTES = {"type": "string", "contentMediaType": GZIP}


@dataclass(frozen=True, slots=True)
class Checked(Answer):
    """An answer that caches keep, but never give without having asked. With `path` its body is that file's."""

    path: Path | None = None

    def response(self, request: HttpRequest) -> HttpResponse:
        made = Answer.response(self, request)
        if made.headers["Cache-Control"].startswith("public"):
            made.headers["Cache-Control"] = ASK_EACH_TIME
        if made.status_code == 304 or self.path is None:
            return made
        return _of_file(self.path, made)  # type: ignore[return-value]


def _of_file(path: Path, made: HttpResponse) -> HttpResponseBase:
    try:
        file = path.open("rb")
    except FileNotFoundError:
        raise Problem("not-found", NONE_NOW) from None
    response = FileResponse(file, content_type=made.headers["Content-Type"])
    for name, value in made.headers.items():
        if name not in ("Content-Type", "Content-Length"):
            response.headers[name] = value
    return response


def _dump() -> Dump:
    found = served()
    if found is None:
        raise Problem("not-found", NONE_NOW)
    return found


class Data(PublicView):
    @reads(
        "dump",
        "Everything public, as gzipped NDJSON",
        BYTES,
        media=GZIP,
        about="An object a line, with its `kind`: dump (its head), crossing, source, report, reading, retraction, "
        "period, change. Made every night.",
        missing=NONE_NOW,
    )
    def get(self, request: HttpRequest) -> Answer:
        dump = _dump()
        digest = base64.b64encode(bytes.fromhex(dump.sha256)).decode()
        headers = {
            "Content-Disposition": f'attachment; filename="{NAME}"',
            "Repr-Digest": f"sha-256=:{digest}:",
        }
        return Checked(dump.sha256[:16], lambda: b"", GZIP, headers, dump.path)


class Checksum(PublicView):
    @reads("dump_checksum", "The checksum of the dump, for `sha256sum -c`", TEXT, media="text/plain", missing=NONE_NOW)
    def get(self, request: HttpRequest) -> Answer:
        dump = _dump()
        return Checked(dump.sha256[:16], lambda: f"{dump.sha256}  {NAME}\n".encode(), PLAIN)
