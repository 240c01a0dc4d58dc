"""Texts that may hold claims: kept as drafts, each once, for a person to read. Nothing of them reaches the board."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from crossings.domain.claims import sha256_of, stamp
from crossings.feeds.base import Entry
from crossings.ledger.outcome import Outcome, Result
from crossings.models import Draft, Source
from crossings.serializers import Json


def hold_entry(source: Source, entry: Entry, *, now: datetime) -> Result:
    """Keep a text that waits for a person: "draft" where it is new, "same" where it is known, whatever was decided.

    An article may be rewritten: while it waits, the draft shows its newest words; once it was decided, new words are
    a new draft.
    """
    digest = sha256_of([entry.title, entry.text])
    ours = Draft.objects.filter(source=source, kind=Draft.Kind.ENTRY)
    again = entry.id[:150] + f"#{digest[:32]}"
    known = {row.external_id: row for row in ours.filter(external_id__in=[entry.id, again]).defer("content")}
    for row in known.values():
        if row.digest == digest:
            return Result(Outcome.SAME, row.report_id, row.reading_id, row.pk)
    waiting = ours.filter(decision="", content__id=entry.id)
    if known and waiting.update(content=_content(entry), digest=digest):
        return Result(
            Outcome.SAME, draft=ours.filter(decision="", content__id=entry.id).values_list("pk", flat=True)[0]
        )
    return _new(source, entry, again if known else entry.id, digest, now)


def _new(source: Source, entry: Entry, external_id: str, digest: str, now: datetime) -> Result:
    row = Draft(
        source=source, kind=Draft.Kind.ENTRY, external_id=external_id, digest=digest, content=_content(entry),
        created_at=now,
    )  # fmt: skip
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:  # another worker was faster
        row = Draft.objects.get(source=source, kind=Draft.Kind.ENTRY, external_id=external_id)
        return Result(Outcome.SAME, draft=row.pk)
    return Result(Outcome.DRAFT, draft=row.pk, detail="a text: a person reads it")


def _content(entry: Entry) -> Json:
    return {
        "id": entry.id, "title": entry.title, "text": entry.text, "url": entry.url,
        "published_at": stamp(entry.published_at),
    }  # fmt: skip
