"""The doors for pushing, with a key: a claim, a reading, a retraction."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from crossings import board
from crossings.api.auth import may, requires
from crossings.api.keyed import KeyedView
from crossings.api.operations import BY, BY_ID, BY_NUMBER, REPORT_OR_OWN, writes
from crossings.api.parameters import Parameters
from crossings.api.parsing import read_json
from crossings.api.problems import Problem
from crossings.api.public import NOT_KEPT
from crossings.domain.faults import Fault, Refused
from crossings.domain.fields import Fields
from crossings.domain.vocabulary import Scope
from crossings.ingest import TakenBack, read_claim, read_reading, reason_of, take_back
from crossings.ledger import Outcome, Result, record_many, retract
from crossings.matching import Names
from crossings.models import Draft, Report
from crossings.serializers import Json

STATUS = {
    Outcome.RECORDED: 201,
    Outcome.SAME: 200,
    Outcome.CONFIRMED: 200,
    Outcome.NOTED: 200,
    Outcome.DRAFT: 202,
    Outcome.CONFLICT: 409,
}
NUMBER_OF_OURS = re.compile("[1-9][0-9]{0,17}")
AMBIGUOUS = "Two of your reports are meant by this"
OTHER_CONTENT = "The same id was sent before with other content."
ANSWERS = {
    201: ("Recorded", "Recorded."),
    200: ("Recorded", "The same again: nothing new was recorded."),
    202: ("Recorded", "Held as a draft until a person has looked at it; `detail` says why."),
}


class PushView(KeyedView):
    """A POST with a key, for the key's own source."""

    permission_classes = [requires(Scope.REPORT)]
    http_method_names = ["post"]

    @property
    def backfills(self) -> bool:
        """Whether what is old is taken as it is."""
        return may(self.request, Scope.BACKFILL)


class Reports(PushView):
    @writes(
        "push_report",
        "Push one claim",
        "Claim",
        ANSWERS,
        conflict=OTHER_CONTENT,
        about="A list is refused: many at once go to batch/.",
    )
    def post(self, request: Request) -> HttpResponse:
        data, now = one_object(read_json(request)), timezone.now()
        claim = read_claim(data, Names.load(), self.source)
        [result] = record_many(self.source, [claim], now=now, backfills=self.backfills)
        return recorded(result, claim.crossing)


class Readings(PushView):
    @writes(
        "push_reading",
        "Push one reading",
        "ReadingSent",
        ANSWERS,
        conflict=OTHER_CONTENT,
        about="A list is refused: see batch/.",
    )
    def post(self, request: Request) -> HttpResponse:
        data, now = one_object(read_json(request)), timezone.now()
        count = read_reading(data, Names.load(), self.source)
        [result] = record_many(self.source, [count], now=now, backfills=self.backfills)
        return recorded(result, count.crossing)


class Retraction(PushView):
    @writes(
        "retract_report",
        "Take back a report of one's own",
        "RetractionSent",
        {201: ("Retracted", "Taken back."), 200: ("Retracted", "It was taken back before.")},
        REPORT_OR_OWN,
        BY,
        about="It counts no more, and stays to be seen as retracted. The reason is for our staff. What is still held "
        "as a draft is taken back by the id you gave it. An `id` that is the number of one report of yours and the id "
        "of another is a 409 that names both: say by `by` which is meant.",
        conflict="Both the number of one report of yours and the id of another: nothing was taken back.",
    )
    def post(self, request: Request, id: str) -> HttpResponse:
        query = Parameters(request._request)
        by = query.choice("by", [BY_NUMBER, BY_ID])
        if query.faults:
            raise Problem.of_parameters(Refused(query.faults))
        reason, now = read_reason(read_json(request)), timezone.now()
        number = int(id) if NUMBER_OF_OURS.fullmatch(id) else None
        by = by or self._meant(number, id)
        if by == BY_ID:
            found = take_back(self.source, id, reason=reason, now=now, claims_only=True)
        else:
            found = self._by_number(number, reason, now)
        if found is None:
            raise Problem("not-found")
        body = {"outcome": "retracted" if found.new else "same", **numbers(found), **standing(found.crossing)}
        return answer(201 if found.new else 200, body)

    def _meant(self, number: int | None, id: str) -> str:
        """Whether a report of the key's own source has it for our number, or for its id. Raises Problem 409 where one
        has the one and another the other.
        """
        own = Report.objects.filter(source=self.source)
        if number is None or not own.filter(pk=number).exists():
            sent = own.filter(external_id=id).exists() or self._drafts(id).exists()
            return BY_ID if sent or number is None else BY_NUMBER
        other = own.filter(external_id=id).exclude(pk=number).values_list("pk", flat=True).first()
        named = f"report number {other}" if other else ""
        if not other and not own.filter(pk=number, external_id=id).exists():
            draft = self._drafts(id).values_list("pk", flat=True).first()
            named = f"draft {draft}" if draft else ""
        if not named:
            return BY_NUMBER
        detail = (
            f"{id} is your report number {number}, and the id that you gave to another, {named}. Say which is meant:"
            f" reports/{id}/retraction/?by=number or reports/{id}/retraction/?by=id."
        )
        raise Problem("conflict", detail, [Fault("", "ambiguous_id", detail)], more={"title": AMBIGUOUS})

    def _drafts(self, id: str) -> QuerySet[Draft]:
        return Draft.objects.filter(source=self.source, external_id=id, kind=Draft.Kind.REPORT)

    def _by_number(self, number: int | None, reason: str, now: datetime) -> TakenBack | None:
        report = Report.objects.select_related("crossing").filter(pk=number or 0).first()
        if report is None:
            return None
        if report.source_id != self.source.pk:
            if report.visibility == "public":
                raise Problem("not-allowed", "This report is another source's.")
            return None
        new = retract(report, reason=reason, now=now, source=self.source)
        return TakenBack(new, report.crossing.slug, report=number)


def one_object(data: Any) -> Any:
    if isinstance(data, list):
        detail = 'One object is expected here; many at once go to batch/ as {"reports": […], "readings": […]}.'
        raise Refused.one("", "not_an_object", detail)
    return data


def read_reason(data: Any) -> str:
    faults: list[Fault] = []
    read = Fields(data, "", faults)
    reason = reason_of(read)
    if not reason and not faults:
        read.fault("reason", "required", "Say why it is taken back.")
    read.no_others()
    if faults:
        raise Refused(faults)
    return reason


def recorded(result: Result, slug: str) -> HttpResponse:
    """201, 200, 202 or 409, with how the crossing stands now."""
    if result.outcome is Outcome.CONFLICT:
        raise Problem("conflict", result.detail, [conflict(result)], more=numbers(result))
    detail = {"detail": result.detail} if result.detail else {}
    body = {"outcome": result.outcome.value, **numbers(result), **detail, **standing(slug)}
    place = f"reports/{result.report}" if result.report else f"drafts/{result.draft}" if result.draft else ""
    headers = {"Location": f"/api/v1/{place}/"} if place else {}
    return answer(STATUS[result.outcome], body, headers)


def conflict(result: Result, pointer: str = "") -> Fault:
    return Fault(f"{pointer}/id", "id_conflict", result.detail)


def numbers(found: Result | TakenBack) -> Json:
    """Ours, of those rows that there are."""
    named = {"report": found.report, "reading": found.reading, "draft": found.draft}
    return {name: pk for name, pk in named.items() if pk is not None}


def standing(slug: str) -> Json:
    now = board.sheet(slug, timezone.now()).current
    return {"crossing": slug, "version": now["version"], "position": now["position"], "status": now["status"]}


def answer(status: int, body: Json, headers: dict[str, str] | None = None) -> HttpResponse:
    kept = {"Cache-Control": NOT_KEPT, **(headers or {})}
    return HttpResponse(json.dumps(body), status=status, content_type="application/json", headers=kept)
