"""What was said cannot be changed by any road: the ORM, raw SQL, a cascade, TRUNCATE."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import ProtectedError

from crossings import ledger
from crossings.domain.claims import claim_from_json
from crossings.domain.readings import reading_from_json
from crossings.models import Change, Confirmation, Reading, Redaction, Report, Retraction
from tests.factories import make_crossing, make_source

pytestmark = pytest.mark.django_db
NOW = datetime(2024, 1, 1, 12, tzinfo=UTC)
GUARDED = [Report, Reading, Change, Retraction, Confirmation, Redaction]
OPEN = [{"traffic": "all", "state": "open"}]


@pytest.fixture
def house():
    """One row in each guarded table, and the doors that tests may open shut."""
    crossing, source = make_crossing(), make_source()
    border = crossing.border()
    claims = [
        claim_from_json({"id": key, "effective_at": "2024-01-01T10:00:00Z", "lanes": OPEN}, border) for key in "ab"
    ]
    count = {"id": "c", "measure": "waiting", "unit": "trucks", "low": 1, "observed_at": "2024-01-01T10:00:00Z"}
    ledger.record_many(source, [*claims, reading_from_json(count, border)], now=NOW)
    first, second = Report.objects.order_by("pk")
    ledger.confirm([first], source=source, at=NOW, now=NOW)
    ledger.redact(first, ["note"], reason="a name", now=NOW, by=None)
    ledger.retract(second, reason="a mistake", now=NOW)
    with connection.cursor() as cursor:
        # Foreign keys that are still to be checked would refuse a TRUNCATE before the trigger is asked.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET LOCAL crossings.may_empty = 'off'")
    return crossing, source


@pytest.mark.parametrize("model", GUARDED)
@pytest.mark.parametrize(
    "statement",
    ["UPDATE {} SET recorded_at = now()", "DELETE FROM {}", "TRUNCATE {} CASCADE"],
    ids=lambda s: s.split()[0],
)
def test_raw_sql_is_refused(house, model, statement):
    assert model.objects.exists()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(model._meta.db_table))


@pytest.mark.parametrize("model", GUARDED)
def test_the_orm_is_refused(house, model):
    row = model.objects.first()
    for act in (lambda: model.objects.update(recorded_at=NOW), row.save, model.objects.all().delete):
        with pytest.raises((DatabaseError, ProtectedError)), transaction.atomic():
            act()


def test_nothing_is_lost_through_what_it_hangs_on(house):
    for parent in house:
        with pytest.raises(ProtectedError):
            parent.delete()


def test_even_a_redaction_may_change_nothing_but_free_text(house):
    with pytest.raises(DatabaseError, match="free text only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL crossings.redacting = 'on'")
        cursor.execute("UPDATE crossings_report SET effective_at = now()")
