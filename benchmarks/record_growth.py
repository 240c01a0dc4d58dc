"""What one report costs at a crossing with a long history, beside one with a short one."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Iterator
from datetime import timedelta

from benchmarks.fresh import START, claim, crossing, empty_database, source
from crossings.domain.claims import claim_from_json
from crossings.ledger import record_many
from crossings.models import Crossing, Source

LONG, SHORT, ROUNDS = 10_000, 10, 41
STEP = timedelta(hours=3)
NOW = START + LONG * STEP + timedelta(days=1)


def fill(where: Crossing, by: Source, count: int) -> None:
    rng = random.Random(where.slug)
    border = where.border()
    moments = [NOW - timedelta(days=1) - n * STEP for n in reversed(range(count))]
    claims = [claim_from_json(claim(rng, where.slug, f"{where.slug}-{n}", at), border) for n, at in enumerate(moments)]
    record_many(by, claims, now=NOW)


def one(where: Crossing, by: Source, key: str, back: timedelta) -> float:
    """Milliseconds for one report, effective that long before the newest."""
    rng = random.Random(key)
    data = claim_from_json(claim(rng, where.slug, key, NOW - timedelta(days=1) - back), where.border())
    start = time.perf_counter()
    record_many(by, [data], now=NOW)
    return (time.perf_counter() - start) * 1000


def run() -> Iterator[dict[str, object]]:
    empty_database()
    by, long, short = source(), crossing("long"), crossing("short")
    fill(long, by, LONG)
    fill(short, by, SHORT)
    newest: dict[str, list[float]] = {"long": [], "short": []}
    late: dict[str, list[float]] = {"long": [], "short": []}
    for turn in range(ROUNDS):
        minutes = timedelta(minutes=turn)
        for where, middle in ((long, LONG // 2 * STEP), (short, SHORT // 2 * STEP)):
            newest[where.slug].append(one(where, by, f"new-{where.slug}-{turn}", -minutes))
            late[where.slug].append(one(where, by, f"late-{where.slug}-{turn}", middle + minutes))
    ratios = [statistics.median(times["long"]) / statistics.median(times["short"]) for times in (newest, late)]
    yield {
        "name": "record_growth",
        "value": round(max(ratios), 2),
        "unit": "times",
        "goal": 1.5,
        "better": "lower",
        "newest": round(ratios[0], 2),
        "late": round(ratios[1], 2),
        "ms": {
            kind: round(statistics.median(times["long"]), 1) for kind, times in (("newest", newest), ("late", late))
        },
    }
