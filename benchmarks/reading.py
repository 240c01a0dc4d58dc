"""Reading: `GET /api/v1/crossings/` of 60 crossings of the reference data, at the app and through nginx.

Each figure is a ratio of requests a second, measured by wrk in turns, so that what else the machine does strikes both.
`fresh_app_p99_s`: seconds from a commit until the app gives the new answer, while others ask.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from benchmarks.fresh import claim_now, crossing, empty_database, source
from crossings.models import Crossing, Source
from tests import edge

BOARD = "/api/v1/crossings/"
CROSSINGS = 60
SECONDS, TURNS = 3, 5
COMMITS = 100
WRK = shutil.which("wrk")
Line = dict[str, object]


def run() -> Iterator[Line]:
    empty_database()
    call_command("load_reference", verbosity=0)
    fill_up(CROSSINGS)
    folder = Path(tempfile.mkdtemp(prefix="tracker-reading-"))
    try:
        env = edge.collect_static(environment(), folder)
        with ExitStack() as stack:
            app = stack.enter_context(edge.a_web(env, folder / "web.log"))
            if WRK is None:
                yield from (missing(name, "wrk") for name in ("read_app", "read_304", "read_edge"))
            else:
                yield from measured(app, folder, stack)
            yield line("fresh_app_p99_s", fresh(app), "s", 1.2, "lower")
    finally:
        connection.close()
        shutil.rmtree(folder, ignore_errors=True)


def measured(app: int, folder: Path, stack: ExitStack) -> Iterator[Line]:
    _, headers, body = edge.get(app, BOARD)
    given = {name: value for name, value in headers.items() if name not in ("Date", "Server", "Transfer-Encoding")}
    (folder / "board.json").write_text(json.dumps(given))
    (folder / "board.body").write_bytes(body)
    env = os.environ | {"CONSTANT": str(folder / "board.json")}
    constant = stack.enter_context(edge.a_web(env, folder / "constant.log", "benchmarks.constant:application"))
    held = ["-H", f"If-None-Match: {headers['ETag']}"]
    yield line("read_app", ratio(lambda: asked(app), lambda: asked(constant)), "ratio", 0.85, "higher")
    yield line("read_304", ratio(lambda: asked(app, *held), lambda: asked(app)), "ratio", 0.95, "higher")
    if edge.NGINX is None:
        yield missing("read_edge", "nginx")
        return
    before, _ = stack.enter_context(edge.an_edge(app))
    still, root = stack.enter_context(edge.an_nginx(static_conf))
    (root / "board").write_bytes(body)
    yield line("read_edge", ratio(lambda: asked(before), lambda: asked(still, path="/board")), "ratio", 0.9, "higher")


def environment() -> dict[str, str]:
    return os.environ | {"TRACKER_HOSTS": "localhost 127.0.0.1", "DATABASE_URL": settings.DATABASE_URL}


def fill_up(count: int) -> None:
    """The reference data has a few crossings fewer: some more beside them, each with a word about it."""
    speaker = source("filler")
    for number in range(Crossing.objects.count(), count):
        crossing(f"more-{number}")
        claim_now(speaker, f"more-{number}", f"more-{number}", "closed", timezone.now())


def asked(port: int, *more: str, path: str = BOARD) -> float:
    """Requests a second over 32 connections. Raises RuntimeError where some were not answered well."""
    command = [str(WRK), "-t1", "-c32", f"-d{SECONDS}s", *more, f"http://127.0.0.1:{port}{path}"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in told and not more:
        raise RuntimeError(told)
    found = re.search(r"Requests/sec:\s+([\d.]+)", told)
    return float(found[1]) if found else 0.0


def ratio(ours: Callable[[], float], theirs: Callable[[], float]) -> float:
    """The median of the turns' ratios, each of two runs side by side; before them one of each to warm up."""
    ours(), theirs()
    return statistics.median(ours() / theirs() for _ in range(TURNS))


def static_conf(folder: Path, port: int) -> str:
    """nginx as ours is set, but for that it serves one file."""
    (folder / "healthz").write_text("ok")
    return f"""
worker_processes auto;
pid {folder}/nginx.pid;
error_log stderr error;
events {{ worker_connections 4096; }}
http {{
    access_log {folder}/access.log combined buffer=64k flush=1s;
    sendfile on;
    server_tokens off;
    default_type application/json;
    server {{
        listen 127.0.0.1:{port};
        root {folder};
    }}
}}
"""


def fresh(port: int) -> float:
    """The 99th of a hundred commits, from each until an answer tells it. A crowd asks meanwhile."""
    speaker = source("fresh")
    crowd = None
    if WRK is not None:
        address = f"http://127.0.0.1:{port}{BOARD}"
        crowd = subprocess.Popen([WRK, "-t1", "-c8", "-d300s", address], stdout=subprocess.DEVNULL)
    try:
        took = sorted(until_told(port, "torkham", speaker, number) for number in range(COMMITS))
    finally:
        if crowd is not None:
            crowd.terminate()
            crowd.wait()
    return took[int(len(took) * 0.99) - 1]


def until_told(port: int, slug: str, speaker: Source, number: int) -> float:
    state = ("closed", "open")[number % 2]
    version = claim_now(speaker, slug, f"fresh-{number}", state, timezone.now())
    begun = time.perf_counter()
    while True:
        told = json.loads(edge.get(port, f"{BOARD}{slug}/")[2])
        if told["version"] >= version:
            return time.perf_counter() - begun


def line(name: str, value: float, unit: str, goal: float, better: str) -> Line:
    return {"name": name, "value": round(value, 3), "unit": unit, "goal": goal, "better": better}


def missing(name: str, tool: str) -> Line:
    return {"name": name, "value": None, "unit": "ratio", "goal": None, "better": "higher", "missing": tool}
