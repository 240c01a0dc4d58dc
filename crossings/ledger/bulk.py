"""Many rows at once by COPY: several times faster than INSERT, on the same table and under the same guards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import orjson
from django.contrib.postgres.fields import ArrayField
from django.db import connection, models


def insert(rows: Sequence[models.Model]) -> None:
    """Insert rows of one model, giving each its key first. Django's own database errors are raised."""
    if not rows:
        return
    meta = rows[0]._meta
    fields = meta.concrete_fields
    key = fields[0]
    with connection.wrap_database_errors, connection.cursor() as cursor:
        if isinstance(key, models.AutoField | models.BigAutoField):
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
                [meta.db_table, key.column, len(rows)],
            )
            for row, (number,) in zip(rows, cursor.fetchall(), strict=True):
                row.pk = number
        columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
        values = [(field.attname, _adapter(field)) for field in fields]
        with cursor.copy(f"COPY {connection.ops.quote_name(meta.db_table)} ({columns}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row([adapt(getattr(row, name)) for name, adapt in values])
                row._state.adding = False


def insert_new(rows: Sequence[models.Model]) -> None:
    """Insert those that a unique constraint does not already know, without giving them their keys. One parameter,
    however many rows: Django's own bulk_create grows with rows times columns.
    """
    if not rows:
        return
    table = connection.ops.quote_name(rows[0]._meta.db_table)
    fields = rows[0]._meta.concrete_fields[1:]
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    documents = [{str(field.column): getattr(row, field.attname) for field in fields} for row in rows]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({columns}) SELECT {columns} FROM jsonb_populate_recordset(NULL::{table}, %s)"  # noqa: S608
            " ON CONFLICT DO NOTHING",
            [orjson.dumps(documents, default=str).decode()],
        )


def _adapter(field: Any) -> Callable[[Any], Any]:
    if isinstance(field, models.JSONField):
        return _json
    if isinstance(field, ArrayField):
        return _array
    return _as_is


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


def _array(value: list[int]) -> str:
    return "{" + ",".join(map(str, value)) + "}"


def _as_is(value: Any) -> Any:
    return str(value) if isinstance(value, str) else value
