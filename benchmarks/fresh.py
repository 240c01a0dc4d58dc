"""An empty, migrated database and makers of long histories."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from django.core.management import call_command
from django.db import connection

from crossings.ingest import read_claim
from crossings.ledger import record_many
from crossings.matching import Names
from crossings.models import Crossing, Current, Source

START = datetime(2020, 1, 1, tzinfo=UTC)


def empty_database() -> None:
    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("SET crossings.may_empty = 'on'")
        cursor.execute("TRUNCATE crossings_crossing, crossings_source, crossings_feed CASCADE")
        cursor.execute("SET crossings.may_empty = 'off'")


def crossing(slug: str) -> Crossing:
    made = Crossing.objects.create(
        slug=slug, name=slug, country_a="AF", timezone_a="Asia/Kabul", country_b="PK", timezone_b="Asia/Karachi"
    )
    Current.objects.create(crossing=made)
    return made


def source(slug: str = "bench") -> Source:
    return Source.objects.create(slug=slug, name=slug, public_label=slug, kind="partner", trusted=True)


def claim(rng: random.Random, slug: str, key: str, at: datetime) -> dict[str, object]:
    """One plausible claim: a side or none, all traffic or one, now and then an end or conditions."""
    state = rng.choice(["open", "open", "closed", "restricted"])
    lane: dict[str, object] = {"traffic": rng.choice(["all", "cargo", "people", "vehicles"]), "state": state}
    if state == "restricted":
        lane["conditions"] = [{"who": ["patients"], "documents": ["permit"]}, {"goods": ["perishables"]}]
    data: dict[str, object] = {
        "id": key,
        "crossing": slug,
        "effective_at": at.isoformat().replace("+00:00", "Z"),
        "reported_at": (at + timedelta(minutes=20)).isoformat().replace("+00:00", "Z"),
        "lanes": [lane],
        "note": "As told at the gate.",
    }
    if rng.random() < 0.6:
        data["declared_by"] = rng.choice(["AF", "PK"])
    if rng.random() < 0.1:
        data["until"] = (at + timedelta(hours=30)).isoformat().replace("+00:00", "Z")
    return data


def claim_now(speaker: Source, slug: str, key: str, state: str, now: datetime) -> int:
    """Record that all of a crossing is so since now. Returns the crossing's version after it."""
    data = {"id": key, "crossing": slug, "effective_at": now.isoformat(), "lanes": [{"traffic": "all", "state": state}]}
    record_many(speaker, [read_claim(data, Names.load(), speaker)], now=now)
    return Current.objects.get(crossing__slug=slug).version
