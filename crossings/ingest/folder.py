"""A drop folder: every file in it is taken once, the oldest first, and again only when its bytes change."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote

from django.conf import settings
from django.db.models import Q

from crossings.feeds import FeedError
from crossings.ingest.outcome import storable
from crossings.models import Poll, Source
from tracker.state import BASE_DIR

FOLDER = "file:"
"""How the address of a source begins that is a folder, not asked over the network."""
STILL_BEING_WRITTEN = 2.0
"""Seconds since its last change in which a file is left alone."""
MOST_BYTES = 100 * 1024 * 1024
NO_DROP_FOLDERS = ("/etc", "/proc", "/sys", "/dev", "/boot", "/run", "/var/lib", "/var/log", "/usr")
UNFINISHED = (".tmp", ".part")


@dataclass(frozen=True, slots=True)
class Arrival:
    """What came in: a reply, or a file. `error` where it came and cannot be used."""

    body: bytes
    sha256: str
    file_name: str = ""
    etag: str = ""
    last_modified: str = ""
    error: FeedError | None = None
    written_at: datetime | None = None
    """Of a file: what says nothing of its own time was said when it was written."""


def files(source: Source) -> Iterator[Arrival]:
    """The files of the source's folder that were not taken yet. Raises FeedError where there is no folder."""
    place = Path(unquote(source.address.removeprefix(FOLDER).removeprefix("//")))
    place = place if place.is_absolute() else BASE_DIR / place
    _check(place.resolve())
    taken = _taken(source)
    for path, changed in _ready(place):
        before = taken.get(name_of(path), {})
        # ctime cannot be set back: nothing was written since the last take, so there is nothing to read.
        if before and max(before.values()) > changed + 1:
            continue
        arrival = read_file(path)
        if arrival.sha256 not in before:
            yield arrival


def _check(place: Path) -> None:
    """Whoever may set up sources may not read this machine's secrets by it. Raises FeedError."""
    ours = place.is_relative_to(settings.STATE) and not place.is_relative_to(settings.STATE / "drop")
    if ours or any(place.is_relative_to(each) for each in NO_DROP_FOLDERS) or settings.STATE.is_relative_to(place):
        raise FeedError("folder_not_allowed", f"{place} is no place for drop folders: use one of its own.")


def _ready(place: Path) -> list[tuple[Path, float]]:
    """With the time each was last touched in any way, its content or its name."""
    try:
        entries = [place] if place.is_file() else list(place.iterdir())
    except OSError as error:
        raise FeedError("folder_unreadable", f"{place}: {error.strerror}.") from None
    found = []
    for path in entries:
        if path.name.startswith(".") or path.name.endswith(UNFINISHED) or path.is_symlink() or not path.is_file():
            continue
        try:
            state = path.stat()
        except OSError:  # taken away meanwhile
            continue
        if abs(time.time() - state.st_mtime) >= STILL_BEING_WRITTEN:
            found.append((state.st_mtime_ns, path, state.st_ctime))
    return [(path, changed) for _, path, changed in sorted(found)]


def _taken(source: Source) -> dict[str, dict[str, float]]:
    """By file name: the digests taken, and when. What is stored counts, though it may still wait to be worked off."""
    found: dict[str, dict[str, float]] = {}
    ours = Q(finished_at__isnull=False) | Q(batch__isnull=False)
    rows = Poll.objects.filter(ours, source=source).exclude(file_name="").exclude(sha256="")
    for name, digest, at in rows.order_by("pk").values_list("file_name", "sha256", "started_at"):
        found.setdefault(name, {})[digest] = at.timestamp()
    return found


def name_of(path: Path) -> str:
    return storable(path.name)


def read_file(path: Path, limit: int = MOST_BYTES) -> Arrival:
    try:
        with path.open("rb") as file:
            state = os.fstat(file.fileno())
            size, written_at = state.st_size, datetime.fromtimestamp(state.st_mtime, UTC)
            if size <= limit:
                body = file.read(limit + 1)
                return Arrival(body, hashlib.sha256(body).hexdigest(), name_of(path), written_at=written_at)
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        unreadable = FeedError("file_unreadable", f"{path}: {error.strerror}.")
        return Arrival(b"", "", name_of(path), error=unreadable)
    large = FeedError(
        "feed_too_large", f"{path.name} has {size / 2**20:.0f} MiB; at most {limit / 2**20:.0f} are read."
    )
    return Arrival(b"", digest, name_of(path), error=large)
