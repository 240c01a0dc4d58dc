"""The crossings the project knows from the start, and their history: facts with their sources, kept as JSON files.

What is there already stays as it is, so loading twice changes nothing. A fault in the files is a fault of ours: it
stops the loading and is named with its file and JSON pointer.
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import Error as DatabaseError
from django.db import connection, transaction

from crossings.domain.claims import Claim
from crossings.domain.faults import Refused
from crossings.domain.readings import Reading as Count
from crossings.ingest import read_claim, read_reading
from crossings.ledger import Outcome, record_many, touch_crossing
from crossings.matching import Names
from crossings.models import Crossing, Reading, Report, Source

FOLDER = Path(__file__).parent / "reference"
LOCK = 0x52454645
PATIENCE = 300.0
"""Seconds to wait for another that is loading."""

Json = dict[str, Any]


class Faulty(Exception):
    """A fault in our own files: `crossings.json /3/sides: …`"""


@dataclass(slots=True)
class Loaded:
    crossings: int = 0
    reports: int = 0
    readings: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """A claim or reading of the history, and where it stands."""

    at: str
    kind: str
    source: str
    data: Json


def load(now: datetime, *, history: bool = True, folder: Path | None = None) -> Loaded:
    """Load what is missing. Safe to run twice at once: the second waits and finds all there. Raises Faulty."""
    folder = folder or FOLDER
    loaded = Loaded()
    with _one_at_a_time():
        loaded.crossings = _load_crossings(_read(folder / "crossings.json"), now)
        if history:
            files = {path.name: _read(path) for path in sorted((folder / "history").glob("*.json"))}
            _load_history(files, now, loaded)
    return loaded


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    until = time.monotonic() + PATIENCE
    with connection.cursor() as cursor:
        while True:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
            if cursor.fetchone()[0]:
                break
            if time.monotonic() > until:
                raise Faulty("Another process has been loading the reference data for five minutes.")
            time.sleep(0.2)
    try:
        yield
    finally:
        with suppress(DatabaseError), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise Faulty(f"{path.name}: {error}") from None


# Crossings


def _load_crossings(entries: list[Json], now: datetime) -> int:
    known = set(Crossing.objects.values_list("slug", flat=True))
    missing = [(index, entry) for index, entry in enumerate(entries) if entry["slug"] not in known]
    for index, entry in missing:
        try:
            crossing = _crossing(entry)
            crossing.full_clean()
        except (KeyError, TypeError, ValueError, ValidationError) as error:
            raise Faulty(f"crossings.json /{index} ({entry['slug']}): {error!r}") from None
        with transaction.atomic():
            crossing.save()
            touch_crossing(crossing, now=now)
    return len(missing)


def _crossing(entry: Json) -> Crossing:
    here, there = entry["sides"]
    location = entry.get("location") or {}
    return Crossing(
        slug=entry["slug"], name=entry["name"], names=entry["names"], aliases=entry["aliases"], codes=entry["codes"],
        latitude=location.get("lat"), longitude=location.get("lon"),
        position_verified=bool(location.get("verified")), traffic=entry["traffic"],
        country_a=here["country"], place_a=here["place"], timezone_a=here["timezone"],
        country_b=there["country"], place_b=there["place"], timezone_b=there["timezone"],
        must_speak=entry["must_speak"], hours=entry.get("hours") or [], hours_note=entry.get("hours_note") or "",
        note=entry.get("note") or "",
    )  # fmt: skip


# History


def _load_history(files: dict[str, Json], now: datetime, loaded: Loaded) -> None:
    sources = {source["slug"]: source for content in files.values() for source in reversed(content["sources"])}
    missing = _missing([entry for name, content in files.items() for entry in _entries(name, content)], set(sources))
    if not missing:
        return
    names = Names.load()
    by_source: dict[str, list[Entry]] = defaultdict(list)
    for entry in missing:
        by_source[entry.source].append(entry)
    rows = {slug: _source(sources[slug]) for slug in by_source}
    # All is checked before anything is recorded.
    said = {slug: [_checked(entry, names, rows[slug]) for entry in found] for slug, found in by_source.items()}
    for slug, items in said.items():
        _record(rows[slug], by_source[slug], items, now)
        loaded.reports += sum(isinstance(item, Claim) for item in items)
        loaded.readings += sum(isinstance(item, Count) for item in items)


def _entries(name: str, content: Json) -> Iterator[Entry]:
    for kind in ("reports", "readings"):
        for index, each in enumerate(content[kind]):
            data = dict(each)
            yield Entry(f"history/{name} /{kind}/{index}", kind, data.pop("source", ""), data)


def _missing(entries: list[Entry], sources: set[str]) -> list[Entry]:
    """What is not in the ledger yet, by its source and id."""
    given: dict[tuple[str, str, str], str] = {}
    for entry in entries:
        if entry.source not in sources or not entry.data.get("id") or not entry.data.get("reported_at"):
            raise Faulty(f"{entry.at}: a known source, an id and reported_at are needed.")
        key = (entry.kind, entry.source, entry.data["id"])
        if key in given:
            raise Faulty(f"{entry.at}: the id stands already at {given[key]}.")
        given[key] = entry.at
    ids = [entry.data["id"] for entry in entries]
    known = {
        (kind, *row)
        for kind, model in (("reports", Report), ("readings", Reading))
        for row in model._default_manager.filter(external_id__in=ids).values_list("source__slug", "external_id")
    }
    return [entry for entry in entries if (entry.kind, entry.source, entry.data["id"]) not in known]


def _source(entry: Json) -> Source:
    defaults = {"name": entry["name"], "public_label": entry["public_label"], "kind": entry["kind"], "trusted": True,
                "url": entry.get("url") or ""}  # fmt: skip
    return Source.objects.get_or_create(slug=entry["slug"], defaults=defaults)[0]


def _checked(entry: Entry, names: Names, source: Source) -> Claim | Count:
    read = read_claim if entry.kind == "reports" else read_reading
    try:
        return read(entry.data, names, source)
    except Refused as refused:
        raise Faulty("\n".join(f"{entry.at}{f.pointer} {f.code}: {f.detail}" for f in refused.faults)) from None


def _record(source: Source, entries: list[Entry], said: list[Claim | Count], now: datetime) -> None:
    pairs = sorted(zip(said, entries, strict=True), key=lambda pair: pair[0].reported_at or now)
    results = record_many(source, [item for item, _ in pairs], now=now, backfilled=True)
    for (_, entry), result in zip(pairs, results, strict=True):
        if result.outcome is not Outcome.RECORDED:
            raise Faulty(f"{entry.at}: {result.outcome.label} {result.detail}")
