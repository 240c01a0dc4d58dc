"""Chosen crossings at one moment, as was known then."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from crossings.evidence import queues
from crossings.evidence.known_many import known_statuses
from crossings.models import Crossing
from crossings.serializers import Json, crossing_json


def many(crossings: Iterable[Crossing], at: datetime) -> list[Json]:
    """Each as board.crossing() tells of it `at` the moment and as known at it, in the order given. A fixed number of
    queries. Without version and position: those are of the present.
    """
    chosen = list(crossings)
    statuses = known_statuses({each.pk: each.border() for each in chosen}, at)
    counts = queues({each.pk: at for each in chosen}, at)
    return [crossing_json(each, {"status": statuses[each.pk][1], "queues": counts.get(each.pk, [])}) for each in chosen]
