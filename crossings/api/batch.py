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
from crossings.api.writes import STATUS, PushView, answer, conflict, numbers
from crossings.domain.claims import Claim
from crossings.domain.faults import Fault, Refused
from crossings.domain.readings import Reading as Count
from crossings.feeds.base import Item, Kind
from crossings.feeds.partner import LISTS, document
from crossings.ingest import read_claim, read_reading, read_retraction, take_back
from crossings.ledger import Outcome, Result, record_many
from crossings.matching import Names
from crossings.models import Source
from crossings.serializers import Json

MOST_ITEMS = 5000
EXPECTED = 'batch/ takes one JSON document: {"reports": […], "readings": […], "retractions": […]}'


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
        items = read_items(read_json(request, MOST_BATCH_BYTES, EXPECTED))
        now = timezone.now()
        results = _take(items, self.source, now, backfills=self.backfills)
        of = board.edition(now)
        counts = Counter(each["outcome"] for each in results)
        return answer(207, {"counts": counts, "results": results, "version": of.version, "position": of.position})


def read_items(data: Any) -> list[Item]:
    if not isinstance(data, dict) or not data.keys() & LISTS.keys():
        raise Refused.one("", "schema_mismatch", f"{EXPECTED}.")
    for name in LISTS:
        if not isinstance(data.get(name, []), list):
            raise Refused.one(f"/{name}", "not_a_list", "A list is expected.")
    items = list(document(data))
    if len(items) > MOST_ITEMS:
        detail = f"At most {MOST_ITEMS:,} items; this has {len(items):,}."
        raise Problem("too-large", detail, [Fault("", "too_many_items", detail)])
    return items


def _take(items: list[Item], source: Source, now: datetime, *, backfills: bool) -> list[Json]:
    """Record what can be recorded, then retract: a document may hold a report and its retraction."""
    names = Names.load()
    results: dict[int, Json] = {}
    checked: dict[int, Claim | Count] = {}
    for index, item in enumerate(items):
        try:
            if item.faults:
                raise Refused(list(item.faults))
            if item.kind is Kind.REPORT:
                checked[index] = read_claim(item.data, names, source, item.at)
            elif item.kind is Kind.READING:
                checked[index] = read_reading(item.data, names, source, item.at)
        except Refused as refused:
            results[index] = _refused(item, refused)
    done = record_many(source, list(checked.values()), now=now, backfills=backfills)
    for (index, sent), result in zip(checked.items(), done, strict=True):
        results[index] = _recorded(items[index], sent.external_id, result)
    for index, item in enumerate(items):
        if item.kind is Kind.RETRACTION and index not in results:
            results[index] = _retracted(item, source, now)
    return [results[index] for index in sorted(results)]


def _recorded(item: Item, external_id: str, result: Result) -> Json:
    found: Json = {"pointer": item.at, "id": external_id, "outcome": result.outcome.value}
    found |= {"status": STATUS[result.outcome], **numbers(result)}
    if result.detail:
        found["detail"] = result.detail
    if result.outcome is Outcome.CONFLICT:
        found["errors"] = [conflict(result, item.at).as_json()]
    return found


def _refused(item: Item, refused: Refused) -> Json:
    not_granted = all(fault.code == "crossing_not_granted" for fault in refused.faults)
    sent = item.data.get("id") if isinstance(item.data, dict) else None
    # A list that we do not know is no item: its own name says where it stands.
    pointer = item.at if item.kind else refused.faults[0].pointer
    found: Json = {"pointer": pointer, "outcome": "refused", "status": 403 if not_granted else 422}
    found["errors"] = [fault.as_json() for fault in refused.faults]
    return {**found, "id": sent} if isinstance(sent, str) else found


def _retracted(item: Item, source: Source, now: datetime) -> Json:
    """Take back whatever came by that id, what waits as a draft too."""
    try:
        external_id, reason = read_retraction(item.data, item.at)
        found = take_back(source, external_id, reason=reason, now=now)
        if found is None:
            raise Refused.one(f"{item.at}/id", "unknown_id", "Nothing of yours has this id.")
    except Refused as refused:
        return _refused(item, refused)
    outcome, status = ("retracted", 201) if found.new else ("same", 200)
    return {"pointer": item.at, "id": external_id, "outcome": outcome, "status": status, **numbers(found)}
