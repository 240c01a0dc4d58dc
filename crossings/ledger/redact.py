"""redact(): blanks named free-text fields wherever they were copied; states and times stay as they are."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Q

from crossings.domain.claims import stamp
from crossings.domain.faults import Refused
from crossings.domain.vocabulary import ChangeType, Visibility
from crossings.ledger.publish import publish
from crossings.ledger.transaction import Touched, in_transaction, lock_crossings
from crossings.models import Change, Draft, Poll, RawBatch, Reading, Redaction, Report

FREE_TEXT = {Report: ("note", "attribution", "url", "by_name", "conditions"), Reading: ("note", "attribution", "url")}
REMOVED = "[removed]"
EVIDENCE = ("title", "text", "url")
TEXT_KEYS = ("note", "attribution", "url", "by_name", "text")


def redact(target: Report | Reading, fields: Iterable[str], *, reason: str, now: datetime, by: User | None) -> None:
    """Blank these fields of a report or reading, in its row and in every copy: frozen changes, drafts, polls.

    `conditions` means the free text of its conditions. Raises Refused for a field that is no free text.
    """
    wanted = list(dict.fromkeys(fields))
    allowed = FREE_TEXT[type(target)]
    if not wanted or set(wanted) - set(allowed):
        raise Refused.one("fields", "unknown_word", f"What can be redacted: {', '.join(allowed)}.")

    def work() -> None:
        touched = lock_crossings([target.crossing_id])
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL crossings.redacting = 'on'")
        words = _texts(target, wanted)
        _blank_row(target, wanted)
        _blank_copies(target, words)
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL crossings.redacting = 'off'")
        _append(touched[target.crossing_id], target, wanted, reason, now, by)
        publish(touched, now)

    in_transaction(work)


def _texts(target: Report | Reading, wanted: list[str]) -> list[str]:
    """The words to hunt for in the copies, the longest first so that none is left in parts."""
    texts = [str(getattr(target, field)) for field in wanted if field != "conditions"]
    if "conditions" in wanted and isinstance(target, Report):
        texts += [term.get("text", "") for lane in target.lanes for term in lane.get("conditions", [])]
    return sorted({text for text in texts if text}, key=len, reverse=True)


def _blank_row(target: Report | Reading, wanted: list[str]) -> None:
    values: dict[str, Any] = {field: "" for field in wanted if field != "conditions"}
    if "conditions" in wanted and isinstance(target, Report):
        values["lanes"] = [_without_text(lane) for lane in target.lanes]
    type(target)._default_manager.filter(pk=target.pk).update(**values)
    for field, value in values.items():
        setattr(target, field, value)


def _without_text(lane: dict[str, Any]) -> dict[str, Any]:
    if "conditions" not in lane:
        return lane
    terms = [{**term, "text": REMOVED} if term.get("text") else term for term in lane["conditions"]]
    return {**lane, "conditions": terms}


def _blank_copies(target: Report | Reading, words: list[str]) -> None:
    key = {"report": target} if isinstance(target, Report) else {"reading": target}
    for change in Change.objects.filter(crossing=target.crossing_id).iterator():
        cleaned = _without(change.body, words)
        if cleaned != change.body:
            Change.objects.filter(pk=change.pk).update(body=cleaned)
    for draft in Draft.objects.filter(Q(**key) | Q(source=target.source_id)).iterator():
        cleaned = _without_evidence(draft.content, words) if draft.kind == Draft.Kind.ENTRY else draft.content
        cleaned = _without(cleaned, words)
        if cleaned != draft.content:
            Draft.objects.filter(pk=draft.pk).update(content=cleaned)
    for batch in RawBatch.objects.filter(source=target.source_id).exclude(state=RawBatch.State.WAITING).iterator():
        body = zlib.decompress(batch.body).decode("utf-8", "replace") if batch.body else ""
        if any(word in body or json.dumps(word)[1:-1] in body for word in words):
            RawBatch.objects.filter(pk=batch.pk).update(body=zlib.compress(b""))
    for poll in Poll.objects.filter(source=target.source_id).exclude(detail="").only("pk", "detail").iterator():
        if any(word in poll.detail for word in words):
            Poll.objects.filter(pk=poll.pk).update(detail=REMOVED)
    for poll in Poll.objects.filter(source=target.source_id).only("pk", "items").iterator():
        cleaned = _without(poll.items, words)
        if cleaned != poll.items:
            Poll.objects.filter(pk=poll.pk).update(items=cleaned)


def _without_evidence(content: dict[str, Any], words: list[str]) -> dict[str, Any]:
    """An article of which a claim was written down: where it carries the words, however spaced or capitalised, that
    part of it goes as a whole.
    """
    sought = [re.compile(rf"(?<!\w){re.escape(_folded(word))}(?!\w)") for word in words]
    carries = {name for name in EVIDENCE if any(each.search(_folded(str(content.get(name) or ""))) for each in sought)}
    return {name: REMOVED if name in carries else value for name, value in content.items()}


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _without(value: Any, words: list[str]) -> Any:
    """The same JSON with the words taken out of its free texts; a state or a side may be spelt the same."""
    if isinstance(value, list):
        return [_without(each, words) for each in value]
    if isinstance(value, dict):
        return {
            key: ("" if key in TEXT_KEYS and each in words else _without(each, words)) for key, each in value.items()
        }
    return value


def _append(
    each: Touched, target: Report | Reading, fields: list[str], reason: str, now: datetime, by: User | None
) -> None:
    report, reading = (target, None) if isinstance(target, Report) else (None, target)
    Redaction.objects.create(
        report=report, reading=reading, fields=fields, reason=reason, recorded_at=now, recorded_by=by
    )
    if report is not None and report.visibility == Visibility.PUBLIC:
        each.notices.append({"type": ChangeType.REPORT_REDACTED, "at": stamp(now), "reports": [report.pk]})
        if report.effective_at:
            each.touch(report.effective_at)
