"""The status of a crossing at one moment: what every page, answer and message is made from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from crossings.domain.announcements import Announcement, due_without_word, lapses_at, to_come
from crossings.domain.border import Border, Lane
from crossings.domain.confidence import Trust, trust_in
from crossings.domain.gates import LaneAt, lane_at
from crossings.domain.hours import Now, hours_now
from crossings.domain.said import Said
from crossings.domain.timeline import LaneFact, Period, unheard
from crossings.domain.vocabulary import Confidence, Precision, State

MOST_ANNOUNCEMENTS_ENDED = 5
ENDED_SHOWN_FOR = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class LaneStatus:
    lane: Lane
    fact: LaneFact
    seen: LaneAt
    trust: Trust
    now: Now

    @property
    def open_for_sure(self) -> bool:
        """Every short form says "open" only of such a lane (rule 7)."""
        return self.fact.state is State.OPEN and self.trust.confidence is Confidence.CURRENT


@dataclass(frozen=True, slots=True)
class Status:
    """`announced` are those of `pledges` that are shown: what is pending, and the last few that ended."""

    at: datetime
    state: State
    known_lanes: int
    since: datetime | None
    since_precision: Precision
    confirmed_at: datetime | None
    lanes: tuple[LaneStatus, ...]
    announced: tuple[Announcement, ...]
    pledges: tuple[Announcement, ...]
    rests_on: tuple[Said, ...]
    changes_at: datetime | None


def status_at(
    border: Border,
    period: Period | None,
    standing: dict[Lane, list[Said]],
    witnesses: list[Said],
    announced: list[Said],
    history: list[Period],
    at: datetime,
) -> Status:
    """The status at `at`. `period` is the one then current, `standing` the claims that bear on each lane then,
    `witnesses` those heard within `fresh_for`, `announced` the announcements and the orders to come, `history` the
    periods that the announcements span.
    """
    pledges = to_come(announced, history, at)
    pending = [each for each in pledges if each.outcome is None]
    facts = period.lanes if period else {}
    lanes: list[LaneStatus] = []
    for lane in border.lanes:
        begun = standing.get(lane, [])
        seen = lane_at(border, lane, begun, at)
        heard = [word for word in witnesses if lane in word.lanes and word.moves_gates() and word.rank[0] <= at]
        assumed = due_without_word(lane, pending, begun + heard, at)
        trust = trust_in(border, lane, seen, heard, at, assumed=assumed)
        fact = facts.get(lane) or unheard(at)
        lanes.append(LaneStatus(lane, fact, seen, trust, hours_now(border, lane, at)))
    rests_on = {word.report: word for each in lanes for word in each.seen.rulings()}
    return Status(
        at=at,
        state=period.state if period else State.UNKNOWN,
        known_lanes=sum(each.fact.state is not State.UNKNOWN for each in lanes),
        since=period.since if period else None,
        since_precision=period.since_precision if period else Precision.EXACT,
        confirmed_at=min((each.trust.confirmed_at for each in lanes if each.trust.confirmed_at), default=None),
        lanes=tuple(lanes),
        announced=tuple(shown(pledges, at)),
        pledges=tuple(pledges),
        rests_on=tuple(sorted(rests_on.values(), key=lambda w: (w.confirmed_at(at), w.report), reverse=True)),
        changes_at=_next_change(lanes, pledges, at),
    )


def shown(pledges: list[Announcement], at: datetime) -> list[Announcement]:
    """Those still pending and the last few that ended lately, the newest first."""
    ended = [
        each for each in pledges if each.outcome and (each.ended_at or each.said.reported_at) > at - ENDED_SHOWN_FOR
    ]
    pending = [each for each in pledges if each.outcome is None]
    return [*reversed(pending), *reversed(ended[-MOST_ANNOUNCEMENTS_ENDED:])]


def _next_change(lanes: list[LaneStatus], pledges: list[Announcement], at: datetime) -> datetime | None:
    """When time alone may change any of this next; beginnings and ends of claims are the ledger's to add."""
    moments = [each.trust.changes_at for each in lanes] + [each.now.until for each in lanes]
    for pledge in pledges:
        if pledge.outcome is None:
            moments += [pledge.due, lapses_at(pledge.said) if pledge.said.announced else None]
        elif pledge.ended_at:
            moments.append(pledge.ended_at + ENDED_SHOWN_FOR)
    return min((moment for moment in moments if moment and moment > at), default=None)
