"""POST batch/: the partner feed's document, every item with an outcome of its own."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from crossings import board
from crossings.api.operations import writes
from crossings.api.parsing import MOST_BATCH_BYTES, read_json
from crossings.api.problems import Problem
from crossings.api.writes import STATUS, PushView, answer, conflict, ids
from crossings.domain.claims import Claim
from crossings.domain.faults import Fault, Refused
from crossings.domain.fields import Fields
from crossings.domain.readings import Reading as Count
from crossings.feeds.base import FeedError, Item, Kind
from crossings.feeds.partner import document
from crossings.ingest import read_claim, read_reading
from crossings.ledger import Outcome, Result, record_many, retract
from crossings.matching import Names
from crossings.models import Draft, Reading, Report, Source
from crossings.serializers import Json

MOST_ITEMS = 5000
UNSAID = "Taken back by its source."


class Batch(PushView):
    @writes(
        "push_batch",
        "Push many at once",
        "BatchSent",
        {207: ("BatchResults", "What came of each item, in the order sent.")},
        about=f"At most {MOST_ITEMS:,} items in {MOST_BATCH_BYTES // 2**20} MiB, written 500 a transaction: where it "
        "breaks off with 503, send it again, and what was recorded is answered as the same again.",
    )
    def post(self, request: Request) -> HttpResponse:
        items = read_items(read_json(request, MOST_BATCH_BYTES))
        now = timezone.now()
        results = _take(items, self.source, now)
        of = board.edition(now)
        counts = Counter(each["outcome"] for each in results)
        return answer(207, {"counts": counts, "results": results, "version": of.version, "position": of.position})


def read_items(data: Any) -> list[Item]:
    try:
        items = list(document(data))
    except FeedError as error:
        raise Refused([error.as_fault()]) from None
    if len(items) > MOST_ITEMS:
        detail = f"At most {MOST_ITEMS:,} items; this has {len(items):,}."
        raise Problem("too-large", detail, [Fault("", "too_many_items", detail)])
    return items


def _take(items: list[Item], source: Source, now: datetime) -> list[Json]:
    """Record what can be recorded, then retract: a document may hold a report and its retraction."""
    names = Names.load()
    results: dict[int, Json] = {}
    checked: dict[int, Claim | Count] = {}
    for index, item in enumerate(items):
        try:
            if item.kind is Kind.REPORT:
                checked[index] = read_claim(item.data, names, source, item.at)
            elif item.kind is Kind.READING:
                checked[index] = read_reading(item.data, names, source, item.at)
            elif item.faults:
                raise Refused(list(item.faults))
        except Refused as refused:
            results[index] = _refused(item, refused)
    done = record_many(source, list(checked.values()), now=now)
    for (index, sent), result in zip(checked.items(), done, strict=True):
        results[index] = _recorded(items[index], sent.external_id, result)
    for index, item in enumerate(items):
        if item.kind is Kind.RETRACTION:
            results[index] = _retracted(item, source, now)
    return [results[index] for index in sorted(results)]


def _recorded(item: Item, external_id: str, result: Result) -> Json:
    found: Json = {"pointer": item.at, "id": external_id, "outcome": result.outcome.value}
    found |= {"status": STATUS[result.outcome], **ids(result)}
    if result.detail:
        found["detail"] = result.detail
    if result.outcome is Outcome.CONFLICT:
        found["errors"] = [conflict(result, item.at).as_json()]
    return found


def _refused(item: Item, refused: Refused) -> Json:
    not_granted = all(fault.code == "crossing_not_granted" for fault in refused.faults)
    sent = item.data.get("id") if isinstance(item.data, dict) else None
    found: Json = {"pointer": item.at, "outcome": "refused", "status": 403 if not_granted else 422}
    found["errors"] = [fault.as_json() for fault in refused.faults]
    return {**found, "id": sent} if isinstance(sent, str) else found


def _retracted(item: Item, source: Source, now: datetime) -> Json:
    """Take back whatever came by that id, what waits as a draft too."""
    try:
        external_id, reason = _read_retraction(item)
        sent = {"source": source, "external_id": external_id}
        rows: list[Report | Reading] = [*Report.objects.filter(**sent), *Reading.objects.filter(**sent)]
        drafts = Draft.objects.filter(**sent)
        if not rows and not drafts.exists():
            raise Refused.one(f"{item.at}/id", "unknown_id", "Nothing of yours has this id.")
    except Refused as refused:
        return _refused(item, refused)
    new = [retract(row, reason=reason, now=now, source=source) for row in rows]
    withdrawn = drafts.filter(decision="").update(
        decision=Draft.Decision.REJECTED, decided_at=now, decision_reason=reason
    )
    outcome, status = ("retracted", 201) if any(new) or withdrawn else ("same", 200)
    found: Json = {"pointer": item.at, "id": external_id, "outcome": outcome, "status": status}
    return found | {"report" if isinstance(row, Report) else "reading": row.pk for row in rows}


def _read_retraction(item: Item) -> tuple[str, str]:
    faults: list[Fault] = []
    read = Fields(item.data, item.at, faults)
    external_id, reason = read.text("id", 200), read.text("reason", 500)
    if not external_id and not faults:
        read.fault("id", "required", "Say which: the id under which you sent it.")
    read.no_others()
    if faults:
        raise Refused(faults)
    return external_id, reason or UNSAID
