"""What is held as a draft for a person to look at (DESIGN, "Held as a draft"): pure, `now` is an argument."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from crossings.domain.border import Lane
from crossings.domain.claims import Claim
from crossings.domain.vocabulary import STRICTNESS, Basis, State, Word

AHEAD = timedelta(minutes=5)
TOO_OLD = timedelta(days=7)
BEFORE_RECORDS = datetime(1990, 1, 1, tzinfo=UTC)
TOGETHER = timedelta(minutes=10)
FLAPS = 4
MASSIVE_AT_LEAST = 5
MASSIVE_SHARE = 5
"""One in so many: more than a fifth of a country's crossings is massive."""


class Why(Word):
    UNTRUSTED = "untrusted", "the source is not trusted"
    FUTURE = "future", "its time is ahead of our clock"
    ANCIENT = "ancient", "its time is before 1990"
    OLD = "old", "polled, and older than seven days"
    BACKFILL = "backfill", "older than seven days, and the key that sent it brings no old ones"
    MASSIVE = "massive", "it loosens many crossings at once"
    FLAPPING = "flapping", "the lane changes too often"


def why_held(
    at: datetime | None,
    now: datetime,
    *,
    trusted: bool,
    polled: bool,
    backfills: bool = True,
    basis: Basis = Basis.OBSERVED,
) -> Why | None:
    """Why an item of that time is held, from the item alone. `backfills`: who pushed it may bring old ones."""
    if not trusted:
        return Why.UNTRUSTED
    if at is None:
        return None
    if at > now + AHEAD and basis is Basis.OBSERVED:
        return Why.FUTURE
    if at < BEFORE_RECORDS:
        return Why.ANCIENT
    if at < now - TOO_OLD and (polled or not backfills):
        return Why.OLD if polled else Why.BACKFILL
    return None


def tightens(claim: Claim, before: dict[Lane, State]) -> bool:
    """Whether no lane of the claim is looser than it stands: such a claim of a trusted source is never held."""
    return claim.basis is not Basis.ANNOUNCED and all(
        STRICTNESS[lane.state] >= STRICTNESS[before.get(lane.lane, State.OPEN)] and lane.state is not State.OPEN
        for lane in claim.lanes
    )


def loosens(claim: Claim, before: dict[Lane, State]) -> bool:
    """Whether it would free a lane that is restricted or closed; a first word is no loosening."""
    return claim.basis is not Basis.ANNOUNCED and any(
        before.get(lane.lane) in (State.RESTRICTED, State.CLOSED)
        and STRICTNESS[lane.state] < STRICTNESS[before[lane.lane]]
        for lane in claim.lanes
    )


def massive(loosened: int, crossings_of_the_country: int) -> bool:
    return loosened >= MASSIVE_AT_LEAST and loosened * MASSIVE_SHARE > crossings_of_the_country


def flaps(said: list[tuple[datetime, State]]) -> bool:
    """Whether these words of one source on one lane change it four times or more."""
    states = [state for _, state in sorted(said, key=lambda word: word[0])]
    # The first word is itself a change of what stood before.
    return 1 + sum(a is not b for a, b in pairwise(states)) >= FLAPS
