"""The queue of drafts that wait for one person: which they may see, and in which order they come."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from django.db.models import Q, QuerySet

from crossings import drafts, rights
from crossings.domain.vocabulary import STRICTNESS, Basis, State
from crossings.drafts import states_of
from crossings.matching import Names
from crossings.models import Draft

MOST_QUEUED = 500
MOST_READ = 200
"""Texts in which crossings are sought for somebody who looks after some countries only."""


@dataclass(frozen=True, slots=True)
class Known:
    """Crossings, told from others by what they are called."""

    called: frozenset[str]
    names: Names = field(compare=False)


@lru_cache(maxsize=2048)
def _may_speak(text: str, known: Known) -> bool:
    """Seeking takes milliseconds a text, and each page asks it of all that wait."""
    return bool(known.names.suggest(text))


def seen_by(person: rights.Person) -> QuerySet[Draft]:
    """The drafts that this person may see: of the crossings they look after, and texts that may speak of one."""
    rows = Draft.objects.all()
    if rights.countries_of(person) is None:
        return rows
    texts = rows.filter(kind=Draft.Kind.ENTRY, crossing=None, decision="").order_by("-pk")[:MOST_READ]
    names = Names.of(rights.crossings_of(person)) if texts else Names.of([])
    known = Known(frozenset(names.folded), names)
    theirs = [row.pk for row in texts if _may_speak(drafts.text_of(row), known)]
    own = rights.limited(Draft.objects.all(), person, "crossing")
    return rows.filter(Q(pk__in=own.values("pk")) | Q(pk__in=theirs))


def queue(person: rights.Person) -> list[Draft]:
    """What waits for this person to decide, in order: what closes or restricts first, then the oldest first.

    What waits for a second person to agree is not in it.
    """
    waiting = seen_by(person).filter(decision="").exclude(proposals__decision="")
    waiting = waiting.select_related("crossing__current", "source", "in_hand_of").order_by("created_at", "pk")
    closing = Q(content__contains={"lanes": [{"state": State.CLOSED}]})
    closing |= Q(content__contains={"lanes": [{"state": State.RESTRICTED}]})
    rows = [*waiting.filter(closing)[:MOST_QUEUED], *waiting.exclude(closing)[:MOST_QUEUED]]
    return sorted(rows, key=lambda row: (not tightens(row), row.created_at, row.pk))


def tightens(draft: Draft) -> bool:
    """Whether it would close or restrict a lane more than the board has it now."""
    if draft.kind != Draft.Kind.REPORT or draft.crossing is None or draft.content.get("basis") == Basis.ANNOUNCED:
        return False
    status = draft.crossing.current.status if hasattr(draft.crossing, "current") else {}
    now = states_of(status.get("lanes", []))
    return any(
        state in (State.CLOSED, State.RESTRICTED) and STRICTNESS[State(state)] > STRICTNESS[State(known)]
        for traffic_to, state in states_of(draft.content["lanes"]).items()
        for known in [now.get(traffic_to, State.UNKNOWN)]
    )
