"""Pages of a list: an opaque cursor says where the next one begins, so that what arrives meanwhile moves nothing."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from crossings.domain.faults import Refused
from crossings.domain.fields import EARLIEST, LATEST
from crossings.serializers import Json


@dataclass(frozen=True, slots=True)
class Page:
    """`cursor` asks for the next page; None: this was the last."""

    content: Json
    cursor: str | None = None


def cursor_of(*parts: datetime | int) -> str:
    text = "|".join(part.isoformat() if isinstance(part, datetime) else str(part) for part in parts)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_moment(cursor: str) -> datetime:
    """The moment of a cursor made of one. Raises Refused."""
    return _moment(_parts(cursor, 1)[0])


def read_id(cursor: str) -> int:
    """The id of a cursor made of one. Raises Refused."""
    return _number(_parts(cursor, 1)[0])


def read_moment_and_id(cursor: str) -> tuple[datetime, int]:
    """The parts of a cursor made of a moment and an id. Raises Refused."""
    moment, number = _parts(cursor, 2)
    return _moment(moment), _number(number)


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise bad_cursor()
    return int(text)


def _parts(cursor: str, count: int) -> Sequence[str]:
    try:
        parts = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().split("|")
    except (binascii.Error, ValueError):
        raise bad_cursor() from None
    if len(parts) != count:
        raise bad_cursor()
    return parts


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise bad_cursor() from None
    if moment.tzinfo is None or not EARLIEST <= moment.year <= LATEST:
        raise bad_cursor()
    return moment


def bad_cursor() -> Refused:
    return Refused.one("cursor", "invalid_cursor", "Take the cursor as it stands in `next` of the page before.")
