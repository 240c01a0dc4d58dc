"""A hundred thousand reports over 500 crossings, from bytes on disk to periods on the board, in a process of its own.

Beside it the floor: the Report rows alone, from ready objects, by bulk_create, committed.
"""

from __future__ import annotations

import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import django

REPORTS, CROSSINGS = 100_000, 500
STEP = timedelta(hours=3)


def run() -> Iterator[dict[str, object]]:
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "reports.ndjson")
        made = [_child(step, path) for step in ("write", "floor", "ingest")]
    floor, taken = made[1], made[2]
    yield {
        "name": "ingest_rate",
        "value": round(floor["seconds"] / taken["seconds"], 3),
        "unit": "times the rate of bulk_create",
        "goal": 0.33,
        "better": "higher",
        "reports_a_second": round(REPORTS / taken["seconds"]),
        "floor_a_second": round(REPORTS / floor["seconds"]),
    }
    yield {"name": "ingest_memory_mb", "value": taken["mb"], "unit": "MB", "goal": 250, "better": "lower"}


def _child(step: str, path: str) -> dict[str, float]:
    out = subprocess.run([sys.executable, "-m", "benchmarks.ingest", step, path], check=True, stdout=subprocess.PIPE)
    found: dict[str, float] = json.loads(out.stdout.splitlines()[-1])
    return found


def _write(path: str) -> None:
    """Grouped by crossing, as a partner's export is; within it in the order of time."""
    rng = random.Random(1)
    with open(path, "w", encoding="utf-8") as file:
        for where in range(CROSSINGS):
            for turn in range(REPORTS // CROSSINGS):
                key = f"{where}-{turn}"
                file.write(
                    json.dumps({"kind": "report", **fresh.claim(rng, f"c{where}", key, fresh.START + turn * STEP)})
                )
                file.write("\n")


def _floor(path: str) -> None:
    borders = {each.slug: each for each in Crossing.objects.all()}
    source = Source.objects.get()
    now = fresh.START + timedelta(days=60)
    with open(path, encoding="utf-8") as file:
        items = [{key: part for key, part in json.loads(line).items() if key != "kind"} for line in file]
    checked = [(borders[item["crossing"]], item) for item in items]
    rows = [report_row(claim_from_json(item, at.border()), at.pk, source, now, None, "") for at, item in checked]
    start = time.perf_counter()
    Report.objects.bulk_create(rows, batch_size=500)
    _tell(time.perf_counter() - start)


def _ingest(path: str) -> None:
    start = time.perf_counter()
    row = ingest_file(Source.objects.get(), Path(path))
    took = time.perf_counter() - start
    assert row.counts == {"recorded": REPORTS}, (row.counts, row.detail)
    _tell(took)


def _tell(seconds: float) -> None:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"seconds": seconds, "mb": peak}), flush=True)


if __name__ == "__main__":
    django.setup()

from benchmarks import fresh  # noqa: E402
from crossings.domain.claims import claim_from_json  # noqa: E402
from crossings.ingest import ingest_file  # noqa: E402
from crossings.ledger.rows import report_row  # noqa: E402
from crossings.models import Crossing, Report, Source  # noqa: E402

if __name__ == "__main__":
    step, path = sys.argv[1:]
    fresh.empty_database()
    made = fresh.source()
    Source.objects.filter(pk=made.pk).update(format="partner")
    for number in range(CROSSINGS):
        fresh.crossing(f"c{number}")
    if step == "write":
        _write(path)
        _tell(0)
    elif step == "floor":
        _floor(path)
    else:
        _ingest(path)
