"""Taking back, and saying again: a retraction or a confirmation is another row, never an edit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.contrib.auth.models import User

from crossings.domain.claims import stamp
from crossings.domain.vocabulary import Basis, ChangeType, Visibility
from crossings.ledger.brake import watch_retractions
from crossings.ledger.bulk import insert_new
from crossings.ledger.guard import Guard
from crossings.ledger.publish import publish
from crossings.ledger.transaction import Touched, in_transaction, lock_crossings
from crossings.models import Confirmation, Reading, Report, Retraction, Source


def retract(
    target: Report | Reading,
    *,
    reason: str,
    now: datetime,
    by: User | None = None,
    source: Source | None = None,
    guard: Guard | None = None,
) -> bool:
    """Take a report or reading back: it counts no more, and stays to be seen as retracted. False: it was already.

    Raises Overtaken and NeedsSecond where `guard` forbids it.
    """

    def work() -> bool:
        touched = lock_crossings([target.crossing_id])
        each = touched[target.crossing_id]
        if guard is not None:
            guard.check_seen(each)
        report, reading = (target, None) if isinstance(target, Report) else (None, target)
        if Retraction.objects.filter(report=report, reading=reading).exists():
            return False
        Retraction.objects.create(
            report=report, reading=reading, reason=reason, recorded_at=now, recorded_by=by, source=source
        )
        if report is not None and report.visibility == Visibility.PUBLIC:
            if report.effective_at and report.basis != Basis.ANNOUNCED:
                each.touch(report.effective_at)
            each.notices.append({"type": ChangeType.REPORT_RETRACTED, "at": stamp(now), "reports": [report.pk]})
        publish(touched, now, guard)
        if source is not None and report is not None:
            watch_retractions(source, now)
        return True

    return in_transaction(work)


def touch_revived(each: Touched, report: Report) -> None:
    """A confirmed claim that bears on the present only lives longer; any other may change the past from its start."""
    bearing = {source["report"] for source in each.current.status.get("sources", [])}
    if report.pk not in bearing and report.effective_at and report.basis != Basis.ANNOUNCED:
        each.touch(report.effective_at)
        each.lengthened.add(report.pk)


def confirm(
    reports: Sequence[Report],
    *,
    source: Source,
    at: datetime,
    now: datetime,
    by: User | None = None,
    how_known: str = "",
    guard: Guard | None = None,
) -> int:
    """Say that these reports still held at `at`. Returns how many confirmations are new.

    Raises Overtaken and NeedsSecond where `guard` forbids it.
    """

    def work() -> int:
        touched = lock_crossings(report.crossing_id for report in reports)
        if guard is not None:
            for each in touched.values():
                guard.check_seen(each)
        before = Confirmation.objects.filter(report__in=reports, confirmed_at=at, source=source).count()
        insert_new(
            [
                Confirmation(
                    report=report, crossing_id=report.crossing_id, source=source, confirmed_at=at, recorded_at=now,
                    recorded_by=by, how_known=how_known,
                )
                for report in reports
            ]
        )  # fmt: skip
        for report in reports:
            touch_revived(touched[report.crossing_id], report)
        publish(touched, now, guard)
        return len(reports) - before

    return in_transaction(work)
