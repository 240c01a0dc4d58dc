"""Idempotency-Key: a request sent again under the same one is answered as it was the first time, and not worked again.

Beside the ids of claims, which make the same claim count once for ever, this spares whoever lost an answer on the way
the question which of them it was. What is not kept is worked again, and comes out as "the same again".
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from django.db import DatabaseError, transaction
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from crossings.api.parsing import MOST_BATCH_BYTES, keep_body
from crossings.api.problems import Problem
from crossings.domain.faults import Fault
from crossings.models import ApiKey, IdempotencyKey, Redaction

log = logging.getLogger(__name__)

HEADER, REPLAYED = "Idempotency-Key", "Idempotency-Replayed"
NAME = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?\Z")
ABANDONED = timedelta(seconds=60)
"""No request is worked on for so long: its process was killed."""
MOST_KEPT = 1_048_576
"""Bytes of an answer."""
HEADERS_KEPT = ("Content-Type", "Cache-Control", "Location")
PASSES = (429, 500)
"""Answers that a later try may change, and all from the last one on."""


@dataclass(frozen=True, slots=True)
class Turn:
    """This request's turn to be worked: `since` tells it from one who takes over. `redactions`: how many there were."""

    row: int
    since: datetime
    redactions: int


def once(request: Request, work: Callable[[], HttpResponse]) -> HttpResponse:
    """The answer of `work`, or the one given before. Raises Problem: 400 for what is no Idempotency-Key, 409 while the
    first is at work, 422 where it was used for another request.
    """
    name = request.META.get("HTTP_IDEMPOTENCY_KEY")
    if name is None:
        return work()
    if not NAME.match(name):
        detail = f"An {HEADER} is 1 to 255 printable ASCII characters."
        raise Problem("bad-request", detail, [Fault("", "bad_idempotency_key", detail)])
    assert isinstance(request.auth, ApiKey)
    turn = _begin(request.auth, name, _digest(request), timezone.now())
    if isinstance(turn, HttpResponse):
        return turn
    answer = work()
    try:
        _end(turn, answer)
    except DatabaseError as error:
        # What was done is done, and its answer stands; sent again before the turn runs out it has to wait.
        log.warning("An answer could not be kept under its %s: %s", HEADER, error)
    return answer


def _digest(request: Request) -> str:
    told = f"{request.method} {request.get_full_path()}\n".encode()
    return hashlib.sha256(told + keep_body(request, MOST_BATCH_BYTES)).hexdigest()


def _begin(key: ApiKey, name: str, asked: str, now: datetime) -> Turn | HttpResponse:
    fresh: dict[str, Any] = {"asked_sha256": asked, "status": None, "headers": {}, "body": "", "created_at": now}
    with transaction.atomic():
        row, new = IdempotencyKey.objects.get_or_create(key=key, name=name, defaults=fresh)
        if not new:
            row = IdempotencyKey.objects.select_for_update().get(pk=row.pk)
            if not _is_over(row, now):
                return _again(row, asked, now)
            IdempotencyKey.objects.filter(pk=row.pk).update(**fresh)
        return Turn(row.pk, now, Redaction.objects.count())


def _is_over(row: IdempotencyKey, now: datetime) -> bool:
    """Whether it holds nothing any more: forgotten, not to be opened, or begun by one who was killed."""
    if row.status is None:
        return row.created_at <= now - ABANDONED
    return row.created_at <= now - IdempotencyKey.KEPT or not row.body


def _again(row: IdempotencyKey, asked: str, now: datetime) -> HttpResponse:
    if row.asked_sha256 != asked:
        detail = f"This {HEADER} was used for another request: its address or its body differs. Use a new one."
        raise Problem("invalid-content", detail, [Fault("", "idempotency_key_reused", detail)])
    if row.status is None:
        # Whether it is worked on or was killed nobody can tell before that.
        left = ceil((row.created_at + ABANDONED - now).total_seconds())
        raise Problem("in-progress", headers={"Retry-After": str(max(left, 1))})
    headers = {**row.headers, REPLAYED: "true"}
    return HttpResponse(row.body.encode(), status=row.status, headers=headers)


def _end(turn: Turn, answer: HttpResponse) -> None:
    """Keep the answer, unless a later try may get a better one, it is too big, or words were blanked meanwhile."""
    ours = IdempotencyKey.objects.filter(pk=turn.row, created_at=turn.since)
    passing = answer.status_code == PASSES[0] or answer.status_code >= PASSES[1]
    if passing or not 0 < len(answer.content) <= MOST_KEPT:
        ours.delete()
        return
    kept = {name: answer.headers[name] for name in HEADERS_KEPT if name in answer.headers}
    with transaction.atomic():
        # A redaction locks this table: whatever it did not see here is seen by the count that follows.
        ours.update(status=answer.status_code, headers=kept, body=answer.content.decode())
        if Redaction.objects.count() != turn.redactions:
            ours.delete()
