"""The keys of partners: `bct_` + 8 characters that tell keys apart + `_` + 256 bits nobody can guess."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import string
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from crossings.domain.fields import LATEST

ALPHABET = string.ascii_lowercase + string.digits
KEY = re.compile(r"bct_([a-z0-9]{8})_[A-Za-z0-9_-]{43}\Z")


@dataclass(frozen=True, slots=True)
class NewKey:
    """`key` is shown once and never kept; `prefix` and `hash` are."""

    key: str
    prefix: str
    hash: str


def new_key() -> NewKey:
    prefix = "".join(secrets.choice(ALPHABET) for _ in range(8))
    key = f"bct_{prefix}_{secrets.token_urlsafe(32)}"
    return NewKey(key, prefix, hash_of(key))


def end_of(day: date | None) -> datetime | None:
    """Until when a key holds that is good through that day in UTC; None for one without an end. Raises ValueError for a
    day that lies too far ahead.
    """
    if day and day.year > LATEST:
        raise ValueError(f"A year of at most {LATEST} is expected.")
    return datetime.combine(day + timedelta(days=1), time(), UTC) if day else None


def prefix_of(key: str) -> str:
    """The part by which a key is looked up; "" for what is no key."""
    found = KEY.match(key)
    return found[1] if found else ""


def hash_of(key: str) -> str:
    # A plain hash is enough: nobody tries 2**256 keys, and a slow one would cost each request.
    return hashlib.sha256(key.encode()).hexdigest()


def same_key(key: str, kept: str) -> bool:
    """Whether the key has this hash, in constant time."""
    return hmac.compare_digest(hash_of(key), kept)
