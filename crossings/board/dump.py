"""The dump: everything public as NDJSON, one object a line with its `kind`, for those who want it all at once.

Made every night. A redaction takes the one there is away and has a new one made.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import orjson
from django.db import connection, transaction
from django.db.models import Exists, OuterRef

from crossings import dumpfile
from crossings.board.edition import edition
from crossings.board.lists import public_readings, public_report_json, public_reports
from crossings.board.now import Filters, chosen
from crossings.domain.claims import stamp
from crossings.domain.vocabulary import Visibility
from crossings.dumpfile import Dump
from crossings.models import Change, Period, Reading, Redaction, Report, Retraction, Source
from crossings.serializers import Json, crossing_json, reading_json

FORMAT = 1
ROWS = 1000
"""Fetched at once: so much is in memory, whatever the size of the whole."""
LOCK = 0x44554D50
PATIENCE_MS = 120_000
"""For one statement: the first rows of a large table may have to be sorted."""


def served() -> Dump | None:
    """The dump that may be given away. One query."""
    dump = dumpfile.found()
    return dump if dump is not None and dump.redactions == Redaction.objects.count() else None


def make_if_due(now: datetime) -> Dump | None:
    """Make one where none of today (UTC) is fit to be given away. None: there is one, or one is being made."""
    dump = served()
    if dump is not None and dump.moment.astimezone(UTC).date() >= now.astimezone(UTC).date():
        return None
    return make(now)


def make(now: datetime) -> Dump | None:
    """Make it of one state of the database. None: another process is at it, or something was redacted meanwhile.

    Not within a transaction. Raises OSError where the state folder takes no more.
    """
    with _only_one() as alone:
        if not alone:
            return None
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
                cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(PATIENCE_MS)])
            try:
                dump = dumpfile.put(_lines(now), stamp(now) or "", Redaction.objects.count())
            except FileNotFoundError:  # withdrawn while it was written
                return None
        # After it was put in place: a redaction that comes later than this look deletes it by itself.
        if dump.redactions != Redaction.objects.count():
            dumpfile.withdraw()
            return None
        return dump


@contextmanager
def _only_one() -> Iterator[bool]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        alone = bool(cursor.fetchone()[0])
    try:
        yield alone
    finally:
        if alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def _lines(now: datetime) -> Iterator[bytes]:
    for kind, content in _objects(now):
        yield orjson.dumps({"kind": kind, **content})


def _objects(now: datetime) -> Iterator[tuple[str, Json]]:
    of = edition(now)
    yield "dump", {"format": FORMAT, "made_at": stamp(now), **of.head()}
    for crossing, current in chosen(Filters(), of):
        yield "crossing", crossing_json(crossing, current)
    yield from _sources()
    for report in public_reports().order_by("pk").iterator(ROWS):
        yield "report", public_report_json(report)
    for reading in public_readings().order_by("pk").iterator(ROWS):
        yield "reading", reading_json(reading, reading.source.public_label)
    yield from _retractions()
    yield from _periods()
    for body in Change.objects.order_by("position").values_list("body", flat=True).iterator(ROWS):
        yield "change", body


def _sources() -> Iterator[tuple[str, Json]]:
    """Who has ever said anything in public, by the labels of public answers."""
    spoke = Report.objects.filter(source=OuterRef("pk"), visibility=Visibility.PUBLIC)
    counted = Reading.objects.filter(source=OuterRef("pk"))
    rows = Source.objects.filter(Exists(spoke) | Exists(counted)).order_by("public_label", "kind")
    for label, kind in rows.values_list("public_label", "kind").distinct():
        yield "source", {"label": label, "source_kind": kind}


def _retractions() -> Iterator[tuple[str, Json]]:
    rows = Retraction.objects.filter(report__visibility=Visibility.PUBLIC).order_by("pk")
    for row in rows.values_list("report", "report__crossing__slug", "recorded_at").iterator(ROWS):
        yield "retraction", {"report": row[0], "crossing": row[1], "recorded_at": stamp(row[2])}


def _periods() -> Iterator[tuple[str, Json]]:
    rows = Period.objects.order_by("crossing", "start").select_related("crossing").iterator(ROWS)
    for row in rows:
        yield (
            "period",
            {
                "crossing": row.crossing.slug,
                "start": stamp(row.start),
                "start_precision": row.start_precision,
                "end": stamp(row.end),
                "state": row.state,
                "lanes": row.lanes,
                "reports": row.reports,
            },
        )
