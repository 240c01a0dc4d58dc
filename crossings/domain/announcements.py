"""What is said to come: announcements (rule 5), which never move a gate, fall due and end as kept, withdrawn or lapsed;
and orders, which rule by themselves once their time has come."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from crossings.domain.border import Lane
from crossings.domain.said import LAPSE_DATED, LAPSE_UNDATED, Said
from crossings.domain.timeline import Period
from crossings.domain.vocabulary import Basis, Outcome, State


@dataclass(frozen=True, slots=True)
class Announcement:
    """An announcement, or an order that has yet to take effect (then `outcome` is None)."""

    said: Said
    outcome: Outcome | None
    ended_at: datetime | None = None

    @property
    def due(self) -> datetime | None:
        return self.said.effective_at

    def closing(self, lane: Lane) -> bool:
        return lane in self.said.lanes and self.said.lanes[lane].state is State.CLOSED


def said_at(word: Said) -> datetime:
    return word.reported_at


def lapses_at(word: Said) -> datetime:
    """24 h after it was due; undated, 14 days after it was said."""
    if word.effective_at is None:
        return said_at(word) + LAPSE_UNDATED
    return max(word.effective_at, said_at(word)) + LAPSE_DATED


def announcements(said: Iterable[Said], history: list[Period], at: datetime) -> list[Announcement]:
    """Every announcement said by `at`, in the order they were said, with how it ended, if it has by then.

    `history` holds the periods, oldest first, at least from the first announcement on.
    """
    words = sorted((w for w in said if w.announced and said_at(w) <= at), key=_as_said)
    return [_ended(word, words, history, at) for word in words]


def to_come(said: Iterable[Said], history: list[Period], at: datetime) -> list[Announcement]:
    """The announcements, and among them, in the order they were said, the orders that have yet to take effect."""
    words = list(said)
    orders = [Announcement(word, None) for word in words if _awaited(word, at)]
    return sorted([*announcements(words, history, at), *orders], key=lambda each: _as_said(each.said))


def _awaited(word: Said, at: datetime) -> bool:
    ordered = word.basis is Basis.ORDERED and not word.retracted
    return ordered and word.effective_at is not None and said_at(word) <= at < word.effective_at


def _as_said(word: Said) -> tuple[datetime, str, int]:
    return said_at(word), word.source, word.report


def _ended(word: Said, words: list[Said], history: list[Period], at: datetime) -> Announcement:
    kept = _kept_at(word, history, min(at, lapses_at(word)))
    replaced = min((said_at(other) for other in words if _replaces(other, word)), default=None)
    if word.retracted:
        return Announcement(word, Outcome.WITHDRAWN)
    if kept is not None and (replaced is None or kept <= replaced):
        return Announcement(word, Outcome.KEPT, kept)
    if replaced is not None:
        return Announcement(word, Outcome.WITHDRAWN, replaced)
    if at >= lapses_at(word):
        return Announcement(word, Outcome.LAPSED, lapses_at(word))
    return Announcement(word, None)


def _replaces(other: Said, word: Said) -> bool:
    """The same source names another time for the same before the first has ended: it was put off."""
    return (
        other.source == word.source
        and not other.retracted
        and said_at(word) < said_at(other) < lapses_at(word)
        and other.effective_at != word.effective_at
        and any(lane in other.lanes and other.lanes[lane].state is put.state for lane, put in word.lanes.items())
    )


def _kept_at(word: Said, history: list[Period], latest: datetime) -> datetime | None:
    """When the lanes first stood as announced, after it was said; what already stood so must stand so when due."""
    earliest = said_at(word)
    before = next((period for period in reversed(history) if period.start <= earliest), None)
    if before is not None and _as_announced(word, before, before):
        earliest = max(earliest, word.effective_at or earliest)
    for period in history:
        if period.start > latest:
            break
        ended = period.end is not None and period.end <= earliest
        if not ended and _as_announced(word, period, before):
            return max(earliest, period.start) if max(earliest, period.start) <= latest else None
    return None


def _as_announced(word: Said, period: Period, before: Period | None) -> bool:
    for lane, promised in word.lanes.items():
        fact = period.lanes.get(lane)
        if fact is None:
            return False
        if fact.state is promised.state:
            continue
        was = before.lanes[lane].state if before and lane in before.lanes else State.UNKNOWN
        more_than_promised = promised.state is State.RESTRICTED and (
            (was is State.CLOSED and fact.state is State.OPEN) or (was is State.OPEN and fact.state is State.CLOSED)
        )
        if not more_than_promised:
            return False
    return True


def due_without_word(lane: Lane, pending: Iterable[Announcement], begun: list[Said], at: datetime) -> bool:
    """Whether an announced closing of the lane has come due and nobody has spoken of the lane since."""
    dues = [each.due for each in pending if each.outcome is None and each.closing(lane)]
    return any(due <= at and not any(word.confirmed_at(at) >= due for word in begun) for due in dues if due)
