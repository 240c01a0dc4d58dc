"""Small makers of crossings, sources, keys, claims and readings, and the week for which the project was built."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from crossings.domain.keys import new_key
from crossings.ingest import read_claim, read_reading
from crossings.ledger import Result, record_many
from crossings.matching import Names
from crossings.models import ApiKey, Crossing, Current, Source

Json = dict[str, Any]

ZONES = {"AF": "Asia/Kabul", "PK": "Asia/Karachi", "IR": "Asia/Tehran", "UZ": "Asia/Tashkent", "PL": "Europe/Warsaw",
         "UA": "Europe/Kyiv", "US": "America/New_York", "CA": "America/Toronto", "MX": "America/Tijuana"}  # fmt: skip


def utc(text: str) -> datetime:
    """`utc("2023-02-23 07:30")`"""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def make_crossing(slug: str = "torkham", countries: tuple[str, str] = ("AF", "PK"), **fields: Any) -> Crossing:
    """A crossing that carries all traffic, with its Current row."""
    a, b = countries
    name = slug.replace("-", " ").title()
    given = {"name": name, "country_a": a, "country_b": b, "place_a": name, "place_b": name,
             "timezone_a": ZONES[a], "timezone_b": ZONES[b], "latitude": 34.12, "longitude": 71.09}  # fmt: skip
    crossing = Crossing.objects.create(slug=slug, **{**given, **fields})
    Current.objects.create(crossing=crossing)
    return crossing


def make_source(slug: str = "broker", **fields: Any) -> Source:
    """A trusted partner; its `name` must never be seen in public, which tests can look for: "secret name of <slug>"."""
    given = {"name": f"secret name of {slug}", "public_label": f"label of {slug}", "kind": "partner", "trusted": True}
    return Source.objects.create(slug=slug, **{**given, **fields})


def make_key(source: Source, **fields: Any) -> str:
    """A working key of the source, in clear."""
    made = new_key()
    ApiKey.objects.create(prefix=made.prefix, hash=made.hash, source=source, **fields)
    return made.key


def claim(**fields: Any) -> Json:
    """A valid claim in the contract's JSON: Torkham open to all. A field given as ... is left out."""
    given = {
        "crossing": "torkham",
        "effective_at": "2023-02-19T05:00:00Z",
        "lanes": [{"traffic": "all", "state": "open"}],
    }
    return {key: value for key, value in {**given, **fields}.items() if value is not ...}


def reading(**fields: Any) -> Json:
    """A valid reading in the contract's JSON: 1,400 trucks waiting on the Pakistani side of Torkham."""
    given = {"crossing": "torkham", "side": "PK", "traffic": "cargo", "measure": "waiting", "unit": "trucks",
             "low": 1400, "high": 1400, "observed_at": "2023-02-24T07:00:00Z"}  # fmt: skip
    return {key: value for key, value in {**given, **fields}.items() if value is not ...}


def say(source: Source, *items: Json, now: datetime, **how: Any) -> list[Result]:
    """Record claims and readings (told apart by `measure`) as every door does: checked, then through the ledger."""
    names = Names.load()
    read = [
        read_reading(each, names, source) if "measure" in each else read_claim(each, names, source) for each in items
    ]
    return record_many(source, read, now=now, **how)


def say_the_week(source: Source) -> None:
    """SEED_WEEK, each claim recorded at the moment it was said."""
    for each in SEED_WEEK:
        say(source, each, now=datetime.fromisoformat(each["reported_at"]))


def lanes(state: str, *traffic: str) -> list[Json]:
    """`lanes("closed")`, `lanes("open", "cargo", "vehicles")`: both directions."""
    return [{"traffic": each, "state": state} for each in traffic or ("all",)]


# Torkham, February 2023 (DESIGN §1): what a partner would have pushed, each as it was said. After each in turn the
# crossing is: closed; unknown (Afghan gate open, no word from Pakistan); closed; restricted; restricted.
SEED_WEEK: list[Json] = [
    {"id": "week-1", "crossing": "torkham", "declared_by": "AF", "effective_at": "2023-02-19T13:00:00Z",
     "precision": "hour", "lanes": lanes("closed"), "reason": "dispute", "reported_at": "2023-02-19T15:00:00Z"},
    {"id": "week-2", "crossing": "torkham", "declared_by": "AF", "one_gate": True,
     "effective_at": "2023-02-23T02:30:00Z", "lanes": lanes("open"), "reported_at": "2023-02-23T03:00:00Z"},
    {"id": "week-3", "crossing": "torkham", "declared_by": "PK", "effective_at": "2023-02-23T09:00:00Z",
     "lanes": lanes("closed"), "reason": "security", "reported_at": "2023-02-23T10:00:00Z"},
    {"id": "week-4", "crossing": "torkham", "declared_by": "PK", "effective_at": "2023-02-24T05:00:00Z",
     "lanes": [
         {"traffic": "people", "state": "restricted", "conditions": [
             {"who": ["nationals"], "country": "PK"}, {"who": ["family"], "country": "PK"},
             {"who": ["patients"], "country": "AF", "documents": ["permit"]}]},
         *lanes("closed", "vehicles", "cargo")],
     "reason": "security", "note": "Talks on vehicles and goods go on.", "reported_at": "2023-02-24T09:00:00Z"},
    {"id": "week-5", "crossing": "torkham", "declared_by": "PK", "effective_at": "2023-02-25T01:30:00Z",
     "lanes": lanes("open", "cargo", "vehicles"), "reported_at": "2023-02-25T03:00:00Z"},
]  # fmt: skip
WEEK_STATES = ["closed", "unknown", "closed", "restricted", "restricted"]
THURSDAY_NOON = utc("2023-02-23 07:30")  # in Kabul
WEEK_OVER = utc("2023-02-25 06:00")
