"""Checked claims and readings -> rows."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth.models import User

from crossings.domain.claims import Claim, sha256_of
from crossings.domain.readings import Reading as Count
from crossings.domain.vocabulary import Basis, Precision
from crossings.models import Reading, Report, Source


def report_row(
    claim: Claim, crossing_id: int, source: Source, now: datetime, by: User | None, how_known: str
) -> Report:
    content = claim.as_json()
    return Report(
        crossing_id=crossing_id,
        source_id=source.pk,
        external_id=claim.external_id,
        digest=sha256_of(content),
        declared_by=claim.declared_by,
        one_gate=claim.one_gate,
        effective_at=begins(claim, now),
        precision=claim.precision.value,
        until=claim.until,
        until_date=claim.until_date,
        basis=claim.basis.value,
        where=claim.where.value,
        by=claim.by.value,
        by_name=claim.by_name,
        lanes=content["lanes"],
        reason=claim.reason.value if claim.reason else "",
        note=claim.note,
        attribution=claim.attribution,
        url=claim.url,
        visibility=claim.visibility.value,
        how_known=how_known,
        reported_at=_heard(claim.reported_at, now),
        recorded_at=now,
        recorded_by_id=by.pk if by else None,
    )


def reading_row(count: Count, crossing_id: int, source: Source, now: datetime, by: User | None) -> Reading:
    return Reading(
        crossing_id=crossing_id,
        source_id=source.pk,
        external_id=count.external_id,
        digest=count.digest(),
        side=count.side,
        traffic=count.traffic.value if count.traffic else "",
        to=count.to,
        measure=count.measure.value,
        unit=count.unit.value,
        low=count.low,
        high=count.high,
        per=count.per.value if count.per else "",
        place=count.place.value,
        loaded=count.loaded,
        method=count.method.value,
        observed_at=count.observed_at,
        precision=count.precision.value,
        note=count.note,
        attribution=count.attribution,
        url=count.url,
        reported_at=_heard(count.reported_at, now),
        recorded_at=now,
        recorded_by_id=by.pk if by else None,
    )


def _heard(reported_at: datetime | None, now: datetime) -> datetime:
    """When the source said it; a clock ahead of ours must not make it look fresher than it is."""
    return min(reported_at, now) if reported_at else now


def begins(claim: Claim, now: datetime) -> datetime | None:
    """When the claim takes effect. What was seen today, and is known to the day only, has begun by the time it is
    said: noon may still be to come, and a closure must not wait for it.
    """
    at = claim.effective_at
    seen_today = claim.precision is Precision.DAY and claim.basis is Basis.OBSERVED
    if at is not None and seen_today and now < at <= now + HALF_A_DAY:
        return _heard(claim.reported_at, now)
    return at


HALF_A_DAY = timedelta(hours=12)
"""At most so far ahead is the noon of the day that it is."""
