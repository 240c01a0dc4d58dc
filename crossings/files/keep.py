"""A file that somebody sent, kept between its trial and its taking: by its digest, for an hour, for that person alone.

Its name is never a path: it is only shown.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import User
from django.core import signing

from crossings.phrases.short import one_line
from tracker.state import make_state

SALT = "kept file"
FOR = 3600
"""Seconds."""
MOST_EACH = 5
"""Files of one person at a time: the oldest goes."""
NAMED = re.compile(r"[0-9]+-[0-9a-f]{64}\Z")


class Gone(Exception):
    """It is not kept any more, or never was for this person."""


@dataclass(frozen=True, slots=True)
class Kept:
    body: bytes
    name: str
    sha256: str
    token: str


def keep(body: bytes, name: str, person: User) -> Kept:
    """Raises OSError where the state folder takes no more."""
    clear()
    sha256 = hashlib.sha256(body).hexdigest()
    folder = _folder()
    handle, new = tempfile.mkstemp(".part", dir=folder)
    with open(handle, "wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    Path(new).replace(folder / f"{person.pk}-{sha256}")
    for path in sorted(folder.glob(f"{person.pk}-*"), key=_written)[:-MOST_EACH]:
        path.unlink(missing_ok=True)
    shown = one_line(name)[:100]
    token = signing.dumps({"of": f"{person.pk}-{sha256}", "name": shown}, salt=SALT)
    return Kept(body, shown, sha256, token)


def kept(token: str, person: User) -> Kept:
    """Raises Gone."""
    try:
        given = signing.loads(token, salt=SALT, max_age=FOR)
        of = str(given["of"])
        if not NAMED.match(of) or not of.startswith(f"{person.pk}-"):
            raise Gone
        return Kept((_folder() / of).read_bytes(), given["name"], of.partition("-")[2], token)
    except (signing.BadSignature, OSError):
        raise Gone from None


def clear() -> None:
    """Away with what is too old."""
    for path in _folder().iterdir():
        if time.time() - _written(path) > FOR:
            path.unlink(missing_ok=True)


def _written(path: Path) -> float:
    with suppress(OSError):
        return path.stat().st_mtime
    return 0.0


def _folder() -> Path:
    folder = make_state(Path(settings.STATE) / "uploads")
    folder.chmod(0o700)
    return folder
