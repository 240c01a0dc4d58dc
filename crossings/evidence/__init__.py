"""Reads what bears on crossings at given moments."""

from crossings.evidence.around import QUEUE_SHOWN_FOR, announced, cards, history_since, known_at, queues, witnesses
from crossings.evidence.standing import current_status, known_status, statuses
from crossings.evidence.words import EPOCH, Point, advance, points_before, read_on, stretch_from

__all__ = [
    "EPOCH",
    "QUEUE_SHOWN_FOR",
    "Point",
    "advance",
    "announced",
    "cards",
    "current_status",
    "history_since",
    "known_at",
    "known_status",
    "points_before",
    "queues",
    "read_on",
    "statuses",
    "stretch_from",
    "witnesses",
]
