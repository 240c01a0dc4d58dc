"""Reads what bears on crossings at given moments."""

from crossings.evidence.around import QUEUE_SHOWN_FOR, ahead, announced, cards, history_since, queues, witnesses
from crossings.evidence.known import known_periods, known_status
from crossings.evidence.standing import current_status, statuses
from crossings.evidence.words import EPOCH, Point, advance, points_before, read_on, stretch_from

__all__ = [
    "EPOCH",
    "QUEUE_SHOWN_FOR",
    "Point",
    "advance",
    "ahead",
    "announced",
    "cards",
    "current_status",
    "history_since",
    "known_periods",
    "known_status",
    "points_before",
    "queues",
    "read_on",
    "statuses",
    "stretch_from",
    "witnesses",
]
