"""A poll of the 76 ports of the US border service in which nothing changed but the reply's own time."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from benchmarks.fresh import empty_database
from crossings.feeds import FORMATS, Context
from crossings.ingest import ingest_file
from crossings.management.commands.ingest import make_source

REPLY = Path(__file__).parent.parent / "tests/fixtures/cbp_bwtnew_2022-06-29.json"
ROUNDS = 20


def run() -> Iterator[dict[str, object]]:
    empty_database()
    source = make_source("us-cbp", FORMATS["cbp"])
    body = REPLY.read_bytes()
    first = FORMATS["cbp"].parse(body, Context(None)).reply_at  # type: ignore[arg-type]
    assert first is not None
    took = []
    with tempfile.TemporaryDirectory() as folder:
        for turn in range(ROUNDS + 1):
            path = Path(folder) / f"{turn}.json"
            path.write_bytes(body.replace(b":25:16", f":{26 + turn}:16".encode()))
            now = first + timedelta(minutes=2 + turn)
            start = time.perf_counter()
            row = ingest_file(source, path, lambda now=now: now)  # type: ignore[misc]
            took.append((time.perf_counter() - start) * 1000)
            assert not row.error, row.detail
    assert row.counts.get("confirmed") == 141, row.counts
    yield {
        "name": "poll_unchanged_ms",
        "value": round(statistics.median(took[1:]), 1),
        "unit": "ms",
        "goal": 150,
        "better": "lower",
    }
