"""What tightens is published at once, whatever its time (DESIGN, "Held as a draft"). Where that time would have held
anything else, a typing error is likely: an alarm says so, that somebody may look.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from crossings.domain.claims import stamp
from crossings.domain.holds import Why, why_held
from crossings.domain.vocabulary import Basis, Precision
from crossings.ledger.transaction import Touched
from crossings.models import Alarm, Report, Source
from crossings.phrases.text import plain
from crossings.phrases.times import Clock

Odd = tuple[Report, datetime, Why]
"""A report, the time it was given, and what is odd about that."""


def at_once(reports: Iterable[Report], now: datetime, *, polled: bool, backfills: bool = True) -> list[Odd]:
    """The new reports of a trusted source, vouched for by nobody, whose time is ahead of our clock (and not ordered),
    before 1990, or, polled or pushed with a key that brings no old ones, older than a week.

    What was seen cannot lie ahead, and nobody reports today a closing of 1926: such a one holds from when it was said.
    With its own time it would shut the gate in ten years, or rewrite a century.
    """
    found = []
    for report in reports:
        at = report.effective_at
        why = why_held(at, now, trusted=True, polled=polled, backfills=backfills, basis=Basis(report.basis))
        if at is None or why is None:
            continue
        found.append((report, at, why))
        if why in (Why.FUTURE, Why.ANCIENT) and (report.until is None or report.until > report.reported_at):
            report.effective_at, report.precision = report.reported_at, Precision.EXACT.value
    return found


def told_to_its_sender(report: Report, at: datetime, why: Why) -> str:
    """What the answer says of such a time, beside that it was recorded."""
    if report.effective_at == at:
        return (
            f"Its time, {stamp(at)}, is odd ({why.label}): what tightens is published at once even so; we look at it."
        )
    told = f"Its time, {stamp(at)}, cannot be right for something observed: it is published as of when it was said."
    return f'{told} Send basis "ordered" for what is to come.' if why is Why.FUTURE else told


def tell(source: Source, odd: Iterable[Odd], touched: dict[int, Touched], now: datetime) -> None:
    """Raise an alarm that names each of them."""
    for report, at, why in odd:
        crossing = touched[report.crossing_id].crossing
        given = plain(Clock(now, (crossing.timezone_a, crossing.timezone_b)).when(at))
        line = f"{report}, {crossing.name}: it says from {given}; {why.label}."
        if report.effective_at != at:
            line += " It counts from when it was said."
        Alarm.sound_also(Alarm.Kind.ODD_TIME, source, line, now)
