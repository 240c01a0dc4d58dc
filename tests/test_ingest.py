"""From bytes to the board through the real ledger: what a source sends, and what comes of each item."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from crossings import board, ingest
from crossings.feeds import FORMATS
from crossings.ledger import rebuild, retract
from crossings.management.commands.ingest import make_source as make_source_of
from crossings.models import Confirmation, Crossing, Draft, Poll, Reading, Report, Source, SourceState
from tests.factories import claim, lanes, make_crossing, make_source, reading, utc

CBP = Path(__file__).parent / "fixtures" / "cbp_bwtnew_2022-06-29.json"
REPLY = utc("2022-06-29 17:25:16")
pytestmark = pytest.mark.django_db


def cbp_source() -> Source:
    return make_source_of("us-cbp", FORMATS["cbp"])


def later(hours: int) -> bytes:
    """The same reply, some hours later by its own clocks; the lanes looked at when they were."""
    ports = json.loads(CBP.read_bytes())
    for port in ports:
        at = datetime.strptime(f"{port['date']} {port['time']}", "%m/%d/%Y %H:%M:%S") + timedelta(hours=hours)  # noqa: DTZ007
        port["date"], port["time"] = f"{at.month}/{at.day}/{at.year}", at.strftime("%H:%M:%S")
    return json.dumps(ports).encode()


def test_smoke(tmp_path: Path) -> None:
    source = cbp_source()
    for now in (lambda: REPLY + timedelta(minutes=1),):
        t = time.time()
        row = ingest.ingest_file(source, CBP, now)
        print("first", time.time() - t, row.counts, row.error, row.detail)
    print(Crossing.objects.count(), Report.objects.count(), Reading.objects.count(), Confirmation.objects.count())
    for hours in (1, 2, 3):
        f = tmp_path / f"later{hours}.json"
        f.write_bytes(later(hours))
        t = time.time()
        q0 = len(connection.queries)
        row = ingest.ingest_file(source, f, lambda: REPLY + timedelta(hours=hours, minutes=1))
        print("later", time.time() - t, row.counts, row.error, row.detail)
    t = time.time()
    row = ingest.ingest_file(source, f, lambda: REPLY + timedelta(hours=3, minutes=10))
    print("same", time.time() - t, row.counts, row.error, row.detail)
    print(rebuild(check=True, now=REPLY + timedelta(hours=4)))
