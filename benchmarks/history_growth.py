"""A crossing, its history and `changes/`, asked of a database with a million reports and a million readings, against
one with a thousand of each: all at one crossing, which is worse than they ever lie.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from datetime import timedelta

from django.db import connection
from django.test import Client
from django.utils import timezone

from benchmarks.fresh import claim_now, crossing, empty_database, source
from crossings.ingest import read_reading
from crossings.ledger import record_many
from crossings.matching import Names
from crossings.models import Change, Feed, Source

FEW, MANY = 1_000, 1_000_000
ROUNDS = 60
SLUG = "bench"
WAYS = ("", "history/", "history/?from=2026-01-01", "reports/")


def run() -> Iterator[dict[str, object]]:
    empty_database()
    crossing(SLUG)
    speaker = source()
    now = timezone.now().replace(microsecond=0)
    for number, state in enumerate(("closed", "open")):
        claim_now(speaker, SLUG, f"now-{number}", state, now + timedelta(minutes=number - 5))
    count(speaker)
    grow(0, FEW)
    few = took()
    grow(FEW, MANY)
    many = took()
    yield {
        "name": "history_growth",
        "value": round(sum(many) / sum(few), 3),
        "unit": "ratio",
        "goal": 1.3,
        "better": "lower",
        "ms": {"few": [round(each, 1) for each in few], "many": [round(each, 1) for each in many]},
    }


def count(speaker: Source) -> None:
    at = timezone.now()
    data = {"id": "now", "crossing": SLUG, "measure": "waiting", "unit": "trucks", "low": 1400, "high": 1400}
    record_many(speaker, [read_reading({**data, "observed_at": at.isoformat()}, Names.load(), speaker)], now=at)


def grow(have: int, want: int) -> None:
    """Rows like the first ones, each a minute older than the one before, and all that is derived of them."""
    copies("report", have, want, shifted=("effective_at", "reported_at", "recorded_at"), named="'r' || n")
    copies("reading", have, want, shifted=("observed_at", "reported_at", "recorded_at"), named="'q' || n")
    copies("period", have, want, shifted=("start", "end", "since"), first='"end" IS NOT NULL')
    changes(want)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def copies(table: str, have: int, want: int, *, shifted: tuple[str, ...], named: str = "", first: str = "true") -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND column_name <> 'id'",
            [f"crossings_{table}"],
        )
        columns = [name for (name,) in cursor.fetchall()]
        values = {name: f't."{name}"' for name in columns}
        values |= {name: f"""t."{name}" - (n + 60) * interval '1 minute'""" for name in shifted}
        if named:
            values |= {"external_id": named, "digest": "md5(n::text)"}
        cursor.execute("SET statement_timeout = 0")
        listed = ", ".join(f'"{name}"' for name in columns)
        cursor.execute(
            f"""
            INSERT INTO crossings_{table} ({listed}) SELECT {", ".join(values[name] for name in columns)}
            FROM (SELECT * FROM crossings_{table} WHERE {first} ORDER BY id LIMIT 1) t, generate_series(%s, %s) n
            """,  # noqa: S608
            [have + 1, want],
        )


def changes(want: int) -> None:
    last = Feed.objects.get().position
    first = Change.objects.order_by("position").first()
    assert first is not None
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO crossings_change (position, type, crossing_id, recorded_at, body)
            SELECT n, type, crossing_id, recorded_at, jsonb_set(body - 'status', '{position}', to_jsonb(n))
            FROM (SELECT * FROM crossings_change WHERE position = %s) t, generate_series(%s, %s) n
            """,
            [first.position, last + 1, want],
        )
    Feed.objects.update(position=want)


def took() -> list[float]:
    """The median milliseconds of each way, asked in turns."""
    client = Client(headers={"host": "localhost"})
    last = Feed.objects.get().position
    ways = [f"/api/v1/crossings/{SLUG}/{way}" for way in WAYS]
    ways += [f"/api/v1/changes/?after={after}" for after in (last // 2, last - 100)]
    found: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(ROUNDS):
        for way in ways:
            begun = time.perf_counter()
            answer = client.get(way)
            found[way].append((time.perf_counter() - begun) * 1000)
            assert answer.status_code == 200, answer.content
    return [statistics.median(times[10:]) for times in found.values()]
