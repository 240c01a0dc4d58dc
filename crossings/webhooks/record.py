"""What came of the tries: into the log, and what it means for the delivery and its endpoint."""

from __future__ import annotations

import logging
import random
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Case, F, TextField, Value, When
from django.db.models.functions import Coalesce

from crossings.domain.retries import Verdict, paused, read_retry_after, rest_after, sent_again_after, verdict
from crossings.models import Attempt, Change, Delivery, Endpoint
from crossings.webhooks.send import Job, Sent

log = logging.getLogger(__name__)

SLOW = 2.0
"""Seconds; who took longer to answer is counted among the doubtful."""
State = Endpoint.State


def _told(detail: str) -> Case:
    """Of one that our staff paused meanwhile, their reason stays."""
    return Case(When(held=True, then=F("detail")), default=Value(detail), output_field=TextField())


WELL: dict[str, Any] = {
    "failures": 0, "failing_since": None, "rests_until": None, "leased_until": None, "detail": _told(""),
}  # fmt: skip


def record(tries: Sequence[tuple[Job, Sent]], now: datetime) -> None:
    """All of them in one transaction; nearly all of them went well, and cost a few statements together."""
    if not tries:
        return
    with transaction.atomic():
        as_sent = _as_sent(tries)
        Attempt.objects.bulk_create(
            _attempt(job.delivery, job, sent, as_sent) for job, sent in tries if job.delivery is not None
        )
        fine = [(job, sent) for job, sent in tries if job.delivery and verdict(sent.status) is Verdict.DELIVERED]
        _delivered(fine, now)
        for job, sent in tries:
            if job.delivery is None:
                _challenged(job, sent, now)
            elif verdict(sent.status) is not Verdict.DELIVERED:
                _failed(job, job.delivery, sent, now)


def _as_sent(tries: Sequence[tuple[Job, Sent]]) -> set[int]:
    """The changes that still are as they were sent, of those whose receivers had words to say: these may quote what was
    redacted meanwhile. Locked, so that a redaction comes after this and finds them.
    """
    sent = {job.delivery.change_id: job.delivery.change.body for job, sent in tries if job.delivery and sent.said}
    rows = Change.objects.select_for_update(no_key=True).filter(pk__in=sent).order_by("pk") if sent else []
    return {row.pk for row in rows if row.body == sent[row.pk]}


def _attempt(delivery: Delivery, job: Job, sent: Sent, as_sent: set[int]) -> Attempt:
    said = sent.said if delivery.change_id in as_sent else ""
    detail = " ".join(part for part in (sent.detail, said) if part)[:300]
    return Attempt(delivery=delivery, at=job.at, took_ms=round(sent.took * 1000), status=sent.status, detail=detail)


def _delivered(fine: Sequence[tuple[Job, Sent]], now: datetime) -> None:
    if not fine:
        return
    Delivery.objects.filter(
        pk__in=[job.delivery.pk for job, _ in fine if job.delivery], state=Delivery.State.WAITING
    ).update(state=Delivery.State.DELIVERED, ended_at=now)
    for slow in (False, True):
        some = [job.endpoint.pk for job, sent in fine if (sent.took > SLOW) is slow]
        if some:
            Endpoint.objects.filter(pk__in=some).update(slow=slow, **WELL)


def _challenged(job: Job, sent: Sent, now: datetime) -> None:
    asked = Endpoint.objects.filter(pk=job.endpoint.pk, state=State.UNPROVEN, url=job.endpoint.url)
    if verdict(sent.status) is Verdict.DELIVERED and sent.echoed:
        asked.update(state=State.ACTIVE, since=now, challenge_at=None, slow=sent.took > SLOW, **WELL)
        return
    wrong = sent.detail or "The challenge was not in its answer."
    # Another asked for meanwhile is left to be asked.
    asked.filter(challenge_at__lte=job.at).update(challenge_at=None)
    Endpoint.objects.filter(pk=job.endpoint.pk).update(detail=_told(wrong), leased_until=None)


def _failed(job: Job, delivery: Delivery, sent: Sent, now: datetime) -> None:
    endpoint, meant, luck = job.endpoint, verdict(sent.status), random.random()
    values: dict[str, Any] = {
        "failing_since": Coalesce(F("failing_since"), now),
        "leased_until": None,
        "detail": _told(sent.detail),
        "slow": sent.took > SLOW,
    }
    if meant is Verdict.REFUSED:
        _refused(delivery, luck, now)
    elif meant is Verdict.AWAY:
        asked = read_retry_after(sent.retry_after, now) if sent.status in (429, 503) else None
        failing_for = now - (endpoint.failing_since or now)
        rest = rest_after(endpoint.failures + 1, failing_for, luck, asked)
        values |= {"failures": F("failures") + 1, "rests_until": now + rest}
    Endpoint.objects.filter(pk=endpoint.pk).update(**values)
    active = Endpoint.objects.filter(pk=endpoint.pk, state=State.ACTIVE)
    if meant is Verdict.GONE and active.update(state=State.GONE, since=now, tell_owner_at=now):
        log.warning("Endpoint %s is gone: it answered 410", endpoint.pk)
    elif paused(endpoint.failing_since, now) and active.update(state=State.PAUSED, since=now, tell_owner_at=now):
        since = endpoint.failing_since
        log.warning("Endpoint %s is paused, it has failed since %s: %s", endpoint.pk, since, sent.detail)


def _refused(delivery: Delivery, luck: float, now: datetime) -> None:
    refusals = delivery.refusals + 1
    after = sent_again_after(refusals, luck)
    values: dict[str, Any] = {"refusals": refusals}
    values |= {"due_at": now + after} if after else {"state": Delivery.State.GIVEN_UP, "ended_at": now}
    Delivery.objects.filter(pk=delivery.pk, state=Delivery.State.WAITING).update(**values)
