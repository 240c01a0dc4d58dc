"""Where the dump of everything public lies in the state folder, and how it comes and goes.

Its data are in a file of their own; `dump.json`, written last, says which one it is. Without it there is no dump.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import logging
import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.db import transaction

from crossings import bell
from tracker.state import make_state, write_private

log = logging.getLogger(__name__)

LABEL = "dump.json"
DATA, HALF_DONE = ".ndjson.gz", ".part"
AT_ONCE = 256
"""Lines squeezed together: gzip is slow at small pieces."""


@dataclass(frozen=True, slots=True)
class Dump:
    """`made_at` is the moment of its contents. `redactions` is how many there had been by then: a later one makes it
    unfit to be given away.
    """

    name: str
    made_at: str
    redactions: int
    sha256: str
    size: int
    lines: int

    @property
    def path(self) -> Path:
        return folder() / self.name

    @property
    def moment(self) -> datetime:
        return datetime.fromisoformat(self.made_at)


def folder() -> Path:
    return Path(settings.STATE) / "dump"


def found() -> Dump | None:
    """The dump that lies there, fit or not."""
    try:
        told: dict[str, Any] = json.loads((folder() / LABEL).read_bytes())
        dump = Dump(**told)
    except (OSError, ValueError, TypeError):
        return None
    return dump if dump.path.is_file() else None


def put(lines: Iterable[bytes], made_at: str, redactions: int) -> Dump:
    """Write the lines and let them take the place of the last dump: whole or not at all. Raises OSError."""
    place = make_state(folder())
    handle, half = tempfile.mkstemp(HALF_DONE, dir=place)
    try:
        with open(handle, "wb") as file:
            sha256, count = _squeeze(lines, file)
            file.flush()
            os.fsync(file.fileno())
            size = file.tell()
        dump = Dump(f"{sha256[:16]}{DATA}", made_at, redactions, sha256, size, count)
        Path(half).replace(dump.path)
    except BaseException:
        Path(half).unlink(missing_ok=True)
        raise
    write_private(place / LABEL, json.dumps(asdict(dump)))
    _clear(place, keep=dump.name)
    return dump


class _Summed:
    """A file that is written and summed up at once."""

    def __init__(self, file: BinaryIO) -> None:
        self.file, self.sum = file, hashlib.sha256()

    def write(self, data: bytes) -> int:
        self.sum.update(data)
        return self.file.write(data)

    def flush(self) -> None:
        self.file.flush()


def _squeeze(lines: Iterable[bytes], file: BinaryIO) -> tuple[str, int]:
    summed, count, waiting = _Summed(file), 0, []
    # Without a name or a time inside: the same lines give the same bytes.
    with gzip.GzipFile("", "wb", 6, fileobj=summed, mtime=0) as out:
        for line in lines:
            waiting.append(line)
            count += 1
            if len(waiting) == AT_ONCE:
                out.write(b"\n".join(waiting) + b"\n")
                waiting.clear()
        out.write(b"".join(line + b"\n" for line in waiting))
    return summed.sum.hexdigest(), count


def withdraw() -> None:
    """No dump lies there any more, and one that is being written will find its file gone."""
    place = folder()
    with suppress(FileNotFoundError):
        (place / LABEL).unlink()
    _clear(place, keep="")


def withdraw_on_commit() -> None:
    """After a redaction: away with what still holds the words, and a new one is rung for."""
    transaction.on_commit(_withdraw_and_ring, robust=True)


def _withdraw_and_ring() -> None:
    try:
        withdraw()
    except OSError as error:
        # Nobody is given it in any case: it is told by its number of redactions.
        log.error("The dump with redacted words could not be deleted: %s", error)
    bell.ring("ops.dump_due")


def _clear(place: Path, keep: str) -> None:
    for path in place.glob("*") if place.is_dir() else ():
        if path.suffix == HALF_DONE or (path.name.endswith(DATA) and path.name != keep):
            path.unlink(missing_ok=True)
