"""What a source takes back of its own, whatever door that comes by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crossings.domain.faults import Fault, Refused
from crossings.domain.fields import Fields
from crossings.ledger import retract
from crossings.ledger.transaction import in_transaction
from crossings.models import Draft, Reading, Report, Source

UNSAID = "Taken back by its source."
LONGEST_ID, LONGEST_REASON = 200, 500


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What bore the id. `new`: any of it was not taken back before."""

    new: bool
    crossing: str
    report: int | None = None
    reading: int | None = None
    draft: int | None = None


def read_retraction(data: Any, pointer: str = "") -> tuple[str, str]:
    """The id and the reason of a retraction in the partner feed's JSON. Raises Refused with every fault."""
    faults: list[Fault] = []
    read = Fields(data, pointer, faults)
    external_id, reason = read.text("id", LONGEST_ID), reason_of(read)
    if not external_id and not faults:
        read.fault("id", "required", "Say which: the id under which you sent it.")
    read.no_others()
    if faults:
        raise Refused(faults)
    return external_id, reason


def reason_of(read: Fields) -> str:
    """Why it is taken back: kept for good, so it may hold no telephone number."""
    return read.text("reason", LONGEST_REASON, public=True)


def take_back(
    source: Source, external_id: str, *, reason: str, now: datetime, claims_only: bool = False
) -> TakenBack | None:
    """Take back whatever the source sent by that id: a report, a reading, or what waits as a draft of one.

    `claims_only`: a reading that bears the id too is left. None where nothing of the source has it.
    """
    sent = {"source": source, "external_id": external_id}

    def work() -> TakenBack | None:
        # The drafts first: one that is just being accepted is waited for, and then its report is found.
        held = Draft.objects.select_for_update(of=("self",)).filter(**sent).order_by("pk")
        drafts = list(held.filter(kind=Draft.Kind.REPORT) if claims_only else held)
        reports = list(Report.objects.filter(**sent).select_related("crossing"))
        readings = [] if claims_only else list(Reading.objects.filter(**sent).select_related("crossing"))
        rows: list[Report | Reading] = [*reports, *readings]
        new = [retract(row, reason=reason or UNSAID, now=now, source=source) for row in rows]
        for draft in drafts:
            if not draft.decision:
                draft.decision, draft.decided_at = Draft.Decision.REJECTED, now
                draft.decision_reason = reason or UNSAID
                draft.save(update_fields=["decision", "decided_at", "decision_reason"])
                new.append(True)
        return _told([*rows, *drafts], new=any(new))

    return in_transaction(work)


def _told(rows: list[Report | Reading | Draft], *, new: bool) -> TakenBack | None:
    if not rows:
        return None
    numbers = {row._meta.model_name or "": row.pk for row in rows}
    crossing = next((row.crossing.slug for row in rows if row.crossing), "")
    return TakenBack(new, crossing, **numbers)
