"""Times that can hardly be meant are asked back, once: a tick beside the field says that they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext

from crossings.admin import wording
from crossings.domain.claims import stamp
from crossings.domain.holds import AHEAD
from crossings.domain.vocabulary import Basis, Precision
from crossings.models import Crossing

FAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Typed:
    """A time as it was typed, in the field named: a day stands at its noon."""

    field: str
    at: datetime | None
    precision: str = Precision.EXACT


@dataclass(frozen=True, slots=True)
class Asked:
    """A question beside `field`. `value` names the very time, so that a tick holds for no other."""

    field: str
    value: str
    question: str
    words: str


def asked_back(
    since: Typed, until: Typed, *others: Typed, basis: str, crossing: Crossing, now: datetime
) -> Iterator[Asked]:
    """`others` are when it was said and counted. What was seen and lies ahead is refused elsewhere."""
    far = gettext("This lies more than a year ahead: correct it, or tick that it is meant so.")
    ago = gettext("This lies more than a year back: correct it, or tick that it is meant so.")
    found: list[tuple[Typed, str]] = []
    if _before(since, now - FAR):
        found.append((since, ago))
    elif _after(since, now + FAR):
        found.append((since, far))
    elif _after(since, now + AHEAD) and basis == Basis.ORDERED:
        found.append((since, gettext("This lies ahead: correct it, or tick that it is meant so.")))
    if _after(until, now + FAR):
        found.append((until, far))
    if not _before(since, now - FAR):
        # Else all of the update is of long ago, which is asked once.
        found += [(each, ago) for each in others if _before(each, now - FAR)]
    for typed, question in found:
        when = wording.when(crossing, typed.at, now, typed.precision)
        words = gettext("Yes, I mean %(when)s") % {"when": when}
        yield Asked(typed.field, f"{typed.field} {stamp(typed.at)}", question, words)


def _before(typed: Typed, limit: datetime) -> bool:
    return typed.at is not None and typed.at < limit


def _after(typed: Typed, limit: datetime) -> bool:
    return typed.at is not None and typed.at > limit
