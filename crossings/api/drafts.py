"""GET drafts/{number}/: a source asks what became of what it sent."""

from __future__ import annotations

from django.http import HttpResponse
from rest_framework.request import Request

from crossings.api.keyed import KeyedView
from crossings.api.operations import DRAFT, asks
from crossings.api.writes import answer
from crossings.domain.claims import stamp
from crossings.models import Draft
from crossings.serializers import Json

WAITING, WITHDRAWN = "waiting", "withdrawn"


class OwnDraft(KeyedView):
    http_method_names = ["get", "head"]

    @asks(
        "get_draft",
        "What became of a draft of one's own",
        "Draft",
        DRAFT,
        about="`draft` of the answer 202. Who decided, and the reason, are for our staff.",
    )
    def get(self, request: Request, number: int) -> HttpResponse:
        rows = Draft.objects.exclude(kind=Draft.Kind.ENTRY).select_related("crossing", "report", "same_as")
        return answer(200, draft_json(rows.get(pk=number, source=self.source)))


def draft_json(draft: Draft) -> Json:
    # What another source said for staff only is not told of.
    report = draft.report if draft.report and (draft.report.visibility == "public" or _own(draft)) else None
    return {
        "draft": draft.pk,
        "id": draft.external_id,
        "kind": draft.kind,
        "crossing": draft.crossing.slug if draft.crossing else "",
        "state": _state(draft),
        "why": draft.get_why_display(),
        "received_at": stamp(draft.created_at),
        "decided_at": stamp(draft.decided_at),
        "report": report.pk if report else None,
        "reading": draft.reading_id,
    }


def _own(draft: Draft) -> bool:
    return draft.report is not None and draft.report.source_id == draft.source_id


def _state(draft: Draft) -> str:
    """Merged with a draft it shares that one's fate: it waits with it, and is rejected with it."""
    if draft.decision == Draft.Decision.MERGED and draft.same_as and not (draft.report_id or draft.reading_id):
        rejected = draft.same_as.decision == Draft.Decision.REJECTED
        return Draft.Decision.REJECTED.value if rejected else WAITING
    if draft.decision == Draft.Decision.REJECTED and draft.decided_by_id is None:
        return WITHDRAWN
    return draft.decision or WAITING
