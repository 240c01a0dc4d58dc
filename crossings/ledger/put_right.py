"""A correction: a report taken back, and what is right recorded instead, in one act."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.contrib.auth.models import User

from crossings.domain.loosening import Item, lets_pass_later, loosened
from crossings.domain.vocabulary import Basis
from crossings.ledger.guard import Guard, NeedsSecond, Overtaken, by_time
from crossings.ledger.outcome import Outcome, Result
from crossings.ledger.record import record_many
from crossings.ledger.transaction import Touched, in_transaction, lock_crossings
from crossings.ledger.undo import retract
from crossings.models import Reading, Report, Source


def put_right(
    target: Report, source: Source, items: Sequence[Item], reason: str, by: User, now: datetime, how_known: str,
    guard: Guard,
) -> list[Result]:  # fmt: skip
    """Take a report back and record what is right instead, weighed by how it stands in the end.

    Raises Overtaken where somebody else took it back, and as `guard` says; NeedsSecond as `guard` says.
    """

    def work() -> list[Result]:
        before = by_time(_locked(target), now)
        # Looser for an instant, between the two, is no loosening: only how it stands in the end is asked.
        first = retract(target, reason=reason, now=now, by=by, guard=replace(guard, alone=False))
        results = record_many(source, items, now=now, by=by, how_known=how_known, guard=Guard(alone=False))
        each = _locked(target)
        if not first and any(result.outcome is not Outcome.SAME for result in results):
            raise Overtaken(each.crossing.slug)  # somebody else took it back
        if guard.alone and each.crossing.sensitive:
            lanes = loosened(before, each.current.status)
            if lanes or pass_later(target, items, now):
                raise NeedsSecond(each.crossing.slug, lanes)
            rows = Report.objects.filter(pk__in=[result.report for result in results if result.report])
            guard.check_orders(each, list(rows), now)
        return results

    return in_transaction(work)


def _locked(target: Report) -> Touched:
    return lock_crossings([target.crossing_id])[target.crossing_id]


def pass_later(target: Report | Reading, instead: Sequence[Item], now: datetime) -> bool:
    """Whether what the target was to close or restrict from a later time on would pass then, with these instead."""
    if isinstance(target, Reading) or target.basis == Basis.ANNOUNCED:
        return False
    begins = target.effective_at
    return begins is not None and begins > now and lets_pass_later(target.lanes, begins, instead)
