"""What was held waits here for a person: accepted, perhaps corrected, or rejected. The decision stays on its row."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from crossings.ingest import read_claim, read_reading
from crossings.ledger import Outcome, Result, record_many
from crossings.matching import Names
from crossings.models import Draft


class Decided(Exception):
    """Somebody has decided on this draft already; the text says who, when and how."""


class Unacceptable(Exception):
    """The ledger does not take it, and says why."""


def accept(draft: Draft, *, by: User, now: datetime, content: dict[str, Any] | None = None) -> Result:
    """Record what the draft says, or what `content` says instead (the contract's JSON), as its source's word.

    Raises Decided; Refused with every fault of `content`; Unacceptable.
    """
    with transaction.atomic():
        row = _undecided(draft)
        read = read_claim if row.kind == Draft.Kind.REPORT else read_reading
        # The id is the source's: with it, what it sends again is known to be the same.
        said = read({**(content or row.content), "id": row.external_id}, Names.load(), row.source)
        [result] = record_many(row.source, [said], now=now, by=by, vouched=True)
        if result.outcome not in (Outcome.RECORDED, Outcome.SAME):
            raise Unacceptable(result.detail or result.outcome.label)
        row.report_id, row.reading_id = result.report, result.reading
        _decide(draft, row, Draft.Decision.ACCEPTED, by, now)
    return result


def reject(draft: Draft, *, by: User, now: datetime, reason: str) -> None:
    """Turn it down; what repeats it is only noted from now on. Raises Decided."""
    with transaction.atomic():
        row = _undecided(draft)
        row.decision_reason = reason
        _decide(draft, row, Draft.Decision.REJECTED, by, now)


def _undecided(draft: Draft) -> Draft:
    row = Draft.objects.select_for_update(of=("self",)).select_related("source", "decided_by").get(pk=draft.pk)
    if row.decision:
        who = row.decided_by or "its source"
        raise Decided(f"It was {row.decision} by {who} on {row.decided_at:%d %B %Y at %H:%M} UTC.")
    return row


def _decide(draft: Draft, row: Draft, decision: Draft.Decision, by: User, now: datetime) -> None:
    row.decision, row.decided_by, row.decided_at = decision, by, now
    row.save()
    draft.refresh_from_db()
