"""What the public sees at one moment: the stored statuses, and those that time has outrun, computed afresh."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import InterfaceError, OperationalError
from django.db.models import Q

from crossings.domain.claims import stamp
from crossings.domain.vocabulary import Confidence
from crossings.evidence import current_status, points_before, queues
from crossings.models import Crossing, Current, Feed
from crossings.serializers import Json

log = logging.getLogger(__name__)
OUTAGE = (OperationalError, InterfaceError)
"""The database is gone: no crossing's own fault."""


@dataclass(frozen=True, slots=True)
class Edition:
    """`afresh` holds, by crossing id, the status and queues of those that no longer stand as stored.

    `tag` tells two editions apart: the version alone, as long as the worker keeps up with time.
    """

    version: int
    position: int
    as_of: datetime | None
    afresh: dict[int, Json]
    tag: str

    def head(self) -> Json:
        return {"version": self.version, "position": self.position, "as_of": stamp(self.as_of)}


def feed() -> Feed:
    return Feed.objects.filter(pk=1).first() or Feed(pk=1)


def version() -> int:
    """Of everything public: whatever is asked, as long as it stays the answer does, but for what time alone does."""
    return feed().version


def edition(now: datetime) -> Edition:
    """Two queries while the worker keeps up with time; a fixed number more where it does not."""
    # The feed first: what is read after it can only be newer than the tag says, never older.
    at = feed()
    late = Crossing.objects.filter(
        Q(current__settle_at__lte=now) | Q(current__status={}) | Q(current=None)
    ).select_related("current")
    found = list(late)
    fresh = afresh(found, now)
    moments = [each.current.settle_at for each in found if each.pk in fresh and hasattr(each, "current")]
    as_of = max((moment for moment in [at.updated_at, *moments] if moment), default=None)
    return Edition(at.version, at.position, as_of, fresh, tag(at.version, fresh))


def tag(version: int, fresh: dict[int, Json]) -> str:
    if not fresh:
        return str(version)
    content = json.dumps([fresh[pk] for pk in sorted(fresh)], sort_keys=True)
    return f"{version}-{hashlib.sha256(content.encode()).hexdigest()[:16]}"


def row_of(crossing: Crossing) -> Current:
    """Its current row, or an empty one that is not kept."""
    return crossing.current if hasattr(crossing, "current") else Current(crossing=crossing)


def outrun(row: Current, now: datetime) -> bool:
    return not row.status or (row.settle_at is not None and row.settle_at <= now)


def afresh(crossings: Iterable[Crossing], now: datetime) -> dict[int, Json]:
    """Status and queues at `now` of those crossings that stand otherwise than stored, by id.

    One that cannot be derived is told as it was stored, grown stale, and takes no other with it.
    """
    late = {each.pk: each for each in crossings if outrun(row_of(each), now)}
    if not late:
        return {}
    stands = _standing(late, now)
    return {pk: each for pk, each in stands.items() if each != _stored(row_of(late[pk]))}


def _standing(late: dict[int, Crossing], now: datetime) -> dict[int, Json]:
    try:
        return _derived(late, now)
    except OUTAGE:
        raise
    except Exception as error:
        if len(late) > 1:
            return {pk: stands for each in late for pk, stands in _standing({each: late[each]}, now).items()}
        [(pk, crossing)] = late.items()
        log.warning("%s cannot be derived and is told as it was stored: %r", crossing.slug, error)
        return {pk: _grown_stale(crossing, now)} if row_of(crossing).status else {}


def _derived(late: dict[int, Crossing], now: datetime) -> dict[int, Json]:
    at = dict.fromkeys(late, now)
    borders = {pk: each.border() for pk, each in late.items()}
    found = current_status(borders, points_before(at, inclusive=True), at)
    counts = queues(at)
    return {pk: {"status": found[pk][1], "queues": counts.get(pk, [])} for pk in late}


def _grown_stale(crossing: Crossing, now: datetime) -> Json:
    """As stored, but surer of nothing that was last confirmed too long ago."""
    row = row_of(crossing)

    def grown(lane: Json) -> Json:
        heard = lane["confirmed_at"]
        sure = lane["confidence"] in (Confidence.CURRENT, Confidence.SINGLE)
        late = heard is not None and now - datetime.fromisoformat(heard) > crossing.fresh_for
        return {**lane, "confidence": Confidence.STALE.value} if sure and late else lane

    status = {**row.status, "lanes": [grown(lane) for lane in row.status["lanes"]]}
    return {"status": status, "queues": row.queues}


def _stored(row: Current) -> Json:
    return {"status": row.status, "queues": row.queues}


def current_json(crossing: Crossing, fresh: Json | None) -> Json:
    """How it stands, for serializers.crossing_json."""
    row = row_of(crossing)
    updated_at = row.settle_at if fresh and row.settle_at else row.updated_at
    return {
        **(fresh or _stored(row)),
        "version": row.version,
        "position": row.position,
        "updated_at": stamp(updated_at),
    }
