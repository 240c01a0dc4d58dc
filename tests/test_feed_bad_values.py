"""Values that would harm or mislead, from a file of each kind to the ledger: what is kept of them, or what is told."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crossings import ingest
from crossings.feeds.dpsu import NEEDED
from crossings.models import Crossing, Draft, Poll, Report, Source
from tests.factories import claim, lanes, make_crossing, make_source, utc
from tests.workbooks import xlsx

NOW = utc("2023-02-25 12:00")
TRICK = "open\u202edesolc\u2069 \u200bto\x85 all\ufeff cafe\u0301"
KEPT = "opendesolc to all café"
ZALGO = "z" + "\u0334\u0316" * 5000
pytestmark = pytest.mark.django_db


def document(note: str, at: str = "2023-02-24T05:00:00Z") -> tuple[str, bytes]:
    first = claim(id="a", effective_at=at, note=note, lanes=lanes("open"), declared_by="PK")
    return "partner", json.dumps({"reports": [first, good("b")]}).encode()


def lines(note: str, at: str = "2023-02-24T05:00:00Z") -> tuple[str, bytes]:
    first = claim(id="a", effective_at=at, note=note, lanes=lanes("open"), declared_by="PK")
    return "partner", "\n".join(json.dumps({"kind": "report", **each}) for each in (first, good("b"))).encode()


def good(name: str) -> dict[str, Any]:
    return claim(id=name, effective_at="2023-02-23T05:00:00Z", lanes=lanes("closed"), declared_by="PK")


COLUMNS = ["id", "crossing", "declared_by", "effective_at", "traffic", "state", "note"]


def rows(note: str, at: str) -> list[list[str]]:
    return [
        ["a", "torkham", "PK", at, "cargo", "open", note],
        ["b", "torkham", "PK", "2023-02-23T05:00:00Z", "cargo", "closed", ""],
    ]


def table(note: str, at: str = "2023-02-24T05:00:00Z") -> tuple[str, bytes]:
    return "partner", "\n".join(",".join(row) for row in [COLUMNS, *rows(note, at)]).encode()


def sheet(note: str, at: str = "2023-02-24T05:00:00Z") -> tuple[str, bytes]:
    return "sheet", table(note, at)[1].replace(b",", b";")


def workbook(note: str, at: str = "2023-02-24T05:00:00Z") -> tuple[str, bytes]:
    return "sheet", xlsx(COLUMNS, *rows(note, at))


Maker = Callable[..., tuple[str, bytes]]
KINDS: list[Maker] = [document, lines, table, sheet, workbook]


def take(form: str, body: bytes, folder: Path) -> Poll:
    make_crossing()
    source = make_source(format=form, options={"timezone": "Asia/Karachi"})
    (folder / "file").write_bytes(body)
    return ingest.ingest_file(source, folder / "file", lambda: NOW)


def codes(row: Poll) -> list[tuple[str, str]]:
    return [(fault["pointer"], fault["code"]) for item in row.items for fault in item.get("faults", ())]


@pytest.mark.parametrize("made", KINDS)
def test_a_text_is_kept_without_what_turns_or_hides_it(made: Maker, tmp_path: Path) -> None:
    row = take(*made(TRICK), tmp_path)
    assert row.counts == {"recorded": 2}
    note = Report.objects.get(external_id="a").note
    assert note == KEPT
    assert unicodedata.is_normalized("NFC", note)


def test_a_text_for_a_person_is_kept_without_what_turns_or_hides_it(tmp_path: Path) -> None:
    body = f"<rss><channel><item><guid>{TRICK}</guid><title>{TRICK}</title></item></channel></rss>"
    assert take("rss", body.encode(), tmp_path).counts == {"draft": 1}
    content = Draft.objects.get().content
    assert (content["title"], content["id"]) == (KEPT, KEPT)


def test_a_name_is_kept_without_what_turns_or_hides_it(tmp_path: Path) -> None:
    source = make_source(format="cbsa")
    head = (Path(__file__).parent / "fixtures" / "feeds" / "cbsa.csv").read_bytes().split(b"\n")[0]
    cells = ["Bridge\u202e of\u200b Cafe\u0301", "Fort Erie\u202e, ON/Buffalo, NY", "2022-07-07 08:40 EDT", "Closed"]
    line = ";; ".join(["\n" + cells[0], *cells[1:], "--", "--", "--", ""])
    (tmp_path / "list").write_bytes(head + line.encode())
    assert ingest.ingest_file(source, tmp_path / "list", lambda: utc("2022-07-07 13:00")).counts == {"recorded": 1}
    crossing = Crossing.objects.get()
    assert (crossing.name, crossing.place_a, crossing.slug) == ("Bridge of Café", "Fort Erie", "bridge-of-cafe")


@pytest.mark.parametrize("made", KINDS)
@pytest.mark.parametrize("text", [ZALGO, "x" * 10_000, "é" * 2001])
def test_a_text_too_long_is_refused_with_its_claim_alone(text: str, made: Maker, tmp_path: Path) -> None:
    row = take(*made(text), tmp_path)
    assert (codes(row), row.counts) == ([("/note", "text_too_long")], {"refused": 1, "recorded": 1})
    assert Report.objects.get().external_id == "b"


TIMES = ["2026-02-30", "2023-02-24T24:00:00", "2023-02-24T10:00:60Z", "22/11/2026", "14:00 CET", "10000-01-01",
         "0000-01-01T00:00:00Z", "2023-02-24T25:00:00Z", "never", "\u0662\u0660\u0662\u0663-02-24"]  # fmt: skip


@pytest.mark.parametrize("made", KINDS)
@pytest.mark.parametrize("at", [*TIMES, "1732283333"])
def test_a_time_that_there_is_not_is_refused_with_its_claim_alone(at: str, made: Maker, tmp_path: Path) -> None:
    row = take(*made("", at), tmp_path)
    assert (codes(row), row.counts) == ([("/effective_at", "invalid_timestamp")], {"refused": 1, "recorded": 1})
    assert Report.objects.get().external_id == "b"


WRONG_HEADERS = [
    ("partner", b"crossing\ntorkham\n"),
    ("partner", b"id;crossing;traffic;state\na;torkham;cargo;open\n"),
    ("sheet", b"Post;Zustand\nTorkham;offen\n"),
    ("dpsu", b"crossing_id;dpsu_name;state\nmedyka;x;y\n"),
    ("cbsa", b"Location;; Customs Office;; Last updated\n"),
]


@pytest.mark.parametrize(("form", "body"), WRONG_HEADERS)
def test_another_header_than_expected_is_told_and_nothing_is_taken(form: str, body: bytes, tmp_path: Path) -> None:
    row = take(form, body, tmp_path)
    assert row.error == "csv_header_mismatch"
    assert not Report.objects.exists()


@pytest.mark.parametrize("form", ["partner", "sheet", "dpsu"])
def test_a_field_that_never_ends_is_told_with_its_line(form: str, tmp_path: Path) -> None:
    heads = {"partner": "crossing,state", "sheet": "#loc,#status", "dpsu": ",".join(NEEDED)}
    row = take(form, f'{heads[form]}\n"{"x" * (4 * 2**20)}'.encode(), tmp_path)
    assert (row.error, "Line 2" in row.detail) == ("csv_field_too_large", True)
    assert Source.objects.get().state.failures == 1


def test_columns_in_another_order_say_the_same(tmp_path: Path) -> None:
    flipped = "\n".join(",".join(reversed(row)) for row in [COLUMNS, *rows("Talks.", "2023-02-24T05:00:00Z")])
    assert take("partner", flipped.encode(), tmp_path).counts == {"recorded": 2}
    assert Report.objects.get(external_id="a").note == "Talks."
