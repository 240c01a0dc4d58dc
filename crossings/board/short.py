"""The short forms: one word for a lane or a crossing. They say "open" only where that is sure (rule 7)."""

from __future__ import annotations

from crossings.domain.vocabulary import Confidence, State
from crossings.serializers import Json

Word = tuple[str, str | None]
"""The state as a short form may say it, and what was last reported where that word is "unknown"."""


def lane_word(lane: Json) -> Word:
    if lane["state"] == State.OPEN and lane["confidence"] != Confidence.CURRENT:
        return State.UNKNOWN.value, State.OPEN.value
    return lane["state"], lane["last_known"] if lane["state"] == State.UNKNOWN else None


def crossing_word(status: Json) -> Word:
    """The crossing's one word; "open" where every lane that was ever reported is sure to be."""
    state: str = status["state"]
    if state == State.OPEN and not all(lane_word(lane)[0] == State.OPEN for lane in reported(status)):
        return State.UNKNOWN.value, state
    return state, None


def reported(status: Json) -> list[Json]:
    """The lanes of which anything was ever said."""
    return [lane for lane in status["lanes"] if lane["since"]]
