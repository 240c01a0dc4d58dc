"""redact(): blanks named free-text fields wherever they were copied; states and times stay as they are."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Q

from crossings.domain.claims import stamp
from crossings.domain.faults import Refused
from crossings.domain.vocabulary import ChangeType, Visibility
from crossings.dumpfile import withdraw_on_commit
from crossings.ledger.publish import publish
from crossings.ledger.traces import REMOVED, Words, blank_answers, blank_evidence, blank_quotes, without
from crossings.ledger.transaction import Touched, in_transaction, lock_crossings
from crossings.models import Attempt, Change, Draft, IdempotencyKey, Reading, Redaction, Report

FREE_TEXT = {Report: ("note", "attribution", "url", "by_name", "conditions"), Reading: ("note", "attribution", "url")}
EVIDENCE = ("title", "text", "url")


def redact(target: Report | Reading, fields: Iterable[str], *, reason: str, now: datetime, by: User | None) -> None:
    """Blank these fields of a report or reading, in its row and in every copy: frozen changes, drafts, polls, what was
    answered, and wherever else the words are quoted.

    `conditions` means the free text of its conditions. Raises Refused for a field that is no free text.
    """
    wanted = list(dict.fromkeys(fields))
    allowed = FREE_TEXT[type(target)]
    if not wanted or set(wanted) - set(allowed):
        raise Refused.one("fields", "unknown_word", f"What can be redacted: {', '.join(allowed)}.")
    target.refresh_from_db()
    words = Words(_texts(target, wanted))
    # First, and outside of the lock: were it to fail, nothing is blanked yet that a second try would have to know.
    blank_evidence(target.source, words)

    def work() -> None:
        touched = lock_crossings([target.crossing_id])
        each = touched[target.crossing_id]
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL crossings.redacting = 'on'")
        _blank_row(target, wanted)
        _blank_copies(target, words)
        blank_quotes(target.source, words)
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL crossings.redacting = 'off'")
        each.current.status = without(each.current.status, words)  # what it becomes is compared with what it was
        _append(each, target, wanted, REMOVED if words.within(reason) else reason, now, by)
        publish(touched, now)
        with connection.cursor() as cursor:
            # Whoever keeps an answer while this goes on waits, and then finds the redaction.
            cursor.execute(f"LOCK TABLE {IdempotencyKey._meta.db_table} IN SHARE ROW EXCLUSIVE MODE")
        blank_answers(words)

    in_transaction(work)
    withdraw_on_commit()


def _texts(target: Report | Reading, wanted: list[str]) -> list[str]:
    texts = [str(getattr(target, field)) for field in wanted if field != "conditions"]
    if "conditions" in wanted and isinstance(target, Report):
        texts += [term.get("text", "") for lane in target.lanes for term in lane.get("conditions", [])]
    return [text for text in texts if text != REMOVED]


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


def _blank_copies(target: Report | Reading, words: Words) -> None:
    for change in Change.objects.filter(crossing=target.crossing_id).iterator():
        cleaned = without(change.body, words)
        if cleaned != change.body:
            Change.objects.filter(pk=change.pk).update(body=cleaned)
            # A receiver may have quoted what it was sent.
            Attempt.objects.filter(delivery__change=change.pk).exclude(detail="").update(detail=REMOVED)
    key = {"report": target} if isinstance(target, Report) else {"reading": target}
    for draft in Draft.objects.filter(Q(**key) | Q(source=target.source_id)).iterator():
        entry = draft.kind == Draft.Kind.ENTRY
        cleaned = without(_without_evidence(draft.content, words) if entry else draft.content, words)
        if cleaned != draft.content:
            Draft.objects.filter(pk=draft.pk).update(content=cleaned)


def _without_evidence(content: dict[str, Any], words: Words) -> dict[str, Any]:
    """An article of which a claim was written down: the part of it that carries the words goes as a whole."""
    carries = {name for name in EVIDENCE if words.within(str(content.get(name) or ""))}
    return {name: REMOVED if name in carries else value for name, value in content.items()}


def _append(
    each: Touched, target: Report | Reading, fields: list[str], reason: str, now: datetime, by: User | None
) -> None:
    report, reading = (target, None) if isinstance(target, Report) else (None, target)
    Redaction.objects.create(
        report=report, reading=reading, fields=fields, reason=reason, recorded_at=now, recorded_by=by
    )
    if report is None or report.visibility == Visibility.PUBLIC:
        # Of a reading, too: whoever holds an answer with the words has to ask again.
        named = [report.pk] if report else []
        each.notices.append({"type": ChangeType.REPORT_REDACTED, "at": stamp(now), "reports": named})
    if report is not None and report.effective_at:
        each.touch(report.effective_at)
        if "conditions" in fields:
            each.touch(now)  # no checkpoint tells by itself that words of a condition changed
