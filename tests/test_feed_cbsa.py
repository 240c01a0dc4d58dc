"""Canada's border waits, in both languages, and what may be wrong with them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from crossings import ingest
from crossings.feeds import FORMATS, Batch, Context, FeedError, Item, Kind
from crossings.feeds.cbsa_offices import US_PORTS
from crossings.management.commands.ingest import make_source as make_source_for
from crossings.models import Crossing, Report, Source
from tests.factories import utc

Json = dict[str, Any]
FIXTURES = Path(__file__).parent / "fixtures"
ENGLISH, FRENCH = ((FIXTURES / "feeds" / name).read_bytes() for name in ("cbsa.csv", "cbsa_fr.csv"))
NOW = utc("2022-07-07 13:00")
HEADER = ENGLISH.split(b"\n")[0].decode("utf-8-sig")


def parse(body: bytes) -> Batch:
    return FORMATS["cbsa"].parse(body, Context(NOW))


def read(body: bytes) -> list[Item]:
    return list(parse(body).items)


def row(**changes: str) -> str:
    cells = {"office": "Peace Bridge", "location": "Fort Erie, ON/Buffalo, NY", "updated": "2022-07-07 08:40 EDT",
             "trucks": "No Delay", "us": "--", "travellers": "26 minutes", **changes}  # fmt: skip
    return ";; ".join([*cells.values(), "--", ""])


def table(*rows: str) -> bytes:
    return "\n".join([HEADER, *rows]).encode()


def said(items: list[Item]) -> dict[tuple[str, str], Any]:
    """By crossing and traffic the state and the minutes."""
    found: dict[tuple[str, str], Any] = {}
    for item in items:
        assert not item.faults
        data = item.data
        if item.kind is Kind.REPORT:
            [lane] = data["lanes"]
            assert (data["declared_by"], lane["to"]) == ("CA", "CA")
            found[data["crossing"], lane["traffic"]] = (data["effective_at"], lane["state"])
        else:
            assert (data["side"], data["to"], data["unit"], data["low"]) == ("CA", "CA", "minutes", data["high"])
            assert data["observed_at"] == found[data["crossing"], data["traffic"]][0]
            found[data["crossing"], data["traffic"]] += (data["low"],)
    return found


def test_each_row_says_what_holds_at_its_own_time() -> None:
    assert said(read(ENGLISH)) == {
        ("cbp:011501", "vehicles"): ("2022-07-07T12:52:00Z", "open", 5),
        ("cbp:090101", "cargo"): ("2022-07-07T12:40:00Z", "open", 0),
        ("cbp:090101", "vehicles"): ("2022-07-07T12:40:00Z", "open", 26),
        ("cbp:380001", "cargo"): ("2022-07-07T12:50:00Z", "closed"),
        ("cbp:380001", "vehicles"): ("2022-07-07T12:50:00Z", "open", 1),
        ("cbp:360401", "cargo"): ("2022-07-07T12:45:00Z", "open", 75),
        ("cbsa:north-portal", "cargo"): ("2022-07-07T12:15:00Z", "open", 0),
        ("cbsa:north-portal", "vehicles"): ("2022-07-07T12:15:00Z", "open", 0),
    }
    assert parse(ENGLISH).reply_at is None


def test_the_french_list_says_the_same() -> None:
    english = said(read(ENGLISH))
    assert said(read(FRENCH)) == {key: english[key] for key in said(read(FRENCH))}
    assert len(said(read(FRENCH))) == 5


def test_the_older_header_is_known_too() -> None:
    header = "Customs Office;; Location;; Last updated;; Commercial Canada-bound;; Commercial US-bound;; "
    header += "Travellers Canada-bound;; Travellers US-bound;;"
    assert said(read(f"{header}\r\n{row()}\r\n".encode()))


def test_every_office_is_a_crossing_of_two_sides() -> None:
    places = {place.code: place for place in parse(ENGLISH).places}
    bridge = places["cbp:380001"]
    assert (bridge.slug, bridge.name, bridge.must_speak) == ("ambassador-bridge", "Ambassador Bridge", ("CA",))
    zones = {
        code: [(side.country, side.place, side.timezone) for side in place.sides] for code, place in places.items()
    }
    assert zones["cbp:011501"] == [("CA", "St. Stephen", "America/Moncton"), ("US", "Calais", "America/New_York")]
    assert zones["cbp:360401"] == [
        ("CA", "Fort Frances", "America/Winnipeg"),
        ("US", "International Falls", "America/Chicago"),
    ]
    assert [traffic.value for traffic in places["cbp:011501"].traffic] == ["vehicles"]  # commercial: not applicable


WORDS = [
    ("No delay", ("open", 0)),
    ("NO DELAY", ("open", 0)),
    ("Aucun délai", ("open", 0)),
    ("0 minutes", ("open", 0)),
    ("1 minute", ("open", 1)),
    ("45 min", ("open", 45)),
    ("2 hours", ("open", 120)),
    ("1 heure 5 minutes", ("open", 65)),
    ("Closed", ("closed",)),
    ("Fermé", ("closed",)),
    ("--", None),
    ("", None),
    ("Not applicable", None),
    ("Ne s'applique pas", None),
    ("Ne s’applique pas", None),
]


@pytest.mark.parametrize(("word", "meant"), WORDS)
def test_the_words_of_the_list(word: str, meant: Any) -> None:
    found = said(read(table(row(trucks=word, travellers="--"))))
    assert found == ({} if meant is None else {("cbp:090101", "cargo"): ("2022-07-07T12:40:00Z", *meant)})


ZONES = [("NDT", "11:10"), ("ADT", "11:40"), ("EDT", "12:40"), ("HAE", "12:40"), ("CST", "14:40"), ("HAR", "14:40"),
         ("PDT", "15:40"), ("PST", "16:40")]  # fmt: skip


@pytest.mark.parametrize(("zone", "meant"), ZONES)
def test_the_zones_are_those_of_canada(zone: str, meant: str) -> None:
    [claim, *_] = read(table(row(updated=f"2022-07-06 08:40 {zone}")))
    assert claim.data["effective_at"] == f"2022-07-06T{meant}:00Z"


BAD = [
    ({"updated": "2022-07-07 08:40"}, "/Last updated", "invalid_timestamp"),
    ({"updated": "2022-07-07 08:40 XYZ"}, "/Last updated", "invalid_timestamp"),
    ({"updated": "2022-02-30 08:40 EST"}, "/Last updated", "invalid_timestamp"),
    ({"updated": "9999-12-31 23:40 EST"}, "/Last updated", "invalid_timestamp"),
    ({"updated": "2022-07-07 11:00 EDT"}, "/Last updated", "future_timestamp"),
    ({"location": "Fort Erie"}, "/Location", "invalid_location"),
    ({"location": "Fort Erie, XX/Buffalo, NY"}, "/Location", "invalid_location"),
    ({"office": "--"}, "/Customs Office", "required"),
    ({"travellers": "Lane maintenance", "trucks": "--"}, "/vehicles", "unknown_word"),
    ({"travellers": "-5 minutes", "trucks": "--"}, "/vehicles", "unknown_word"),
    ({"travellers": "99999 minutes", "trucks": "--"}, "/vehicles", "invalid_wait"),
]


@pytest.mark.parametrize(("changes", "pointer", "code"), BAD)
def test_a_bad_row_is_named_and_the_rest_is_kept(changes: Json, pointer: str, code: str) -> None:
    items = read(table(row(**changes), row(office="Rainbow Bridge")))
    assert [(item.at, fault.pointer, fault.code) for item in items for fault in item.faults] == [
        ("line 2", pointer, code)
    ]
    assert len(said([item for item in items if not item.faults])) == 2


def test_a_row_with_another_number_of_cells_is_refused_alone() -> None:
    items = read(table("Peace Bridge;; Fort Erie", row()))
    assert [(item.at, [fault.code for fault in item.faults]) for item in items[:1]] == [
        ("line 2", ["csv_row_mismatch"])
    ]
    assert len(items) == 5


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "empty_body"),
        (b" \r\n", "empty_body"),
        (b"<html>moved</html>", "unexpected_content_type"),
        (ENGLISH.replace(b";;", b","), "csv_header_mismatch"),
        (ENGLISH.replace(b"Location;; ", b""), "csv_header_mismatch"),
        (ENGLISH.split(b"\n", 1)[1], "csv_header_mismatch"),
        ("Fermé".encode("latin-1"), "bad_encoding"),
        (table(*[row()] * 2001), "too_many_items"),
        (ENGLISH.replace(b"Customs Office;; Location", b"Location;; Customs Office"), "csv_header_mismatch"),
        (b"Customs Office\nPeace Bridge\n", "csv_header_mismatch"),
        (("commercial" * 100_000).encode() + b";;" + ENGLISH, "csv_header_mismatch"),
        (table(row()) + b"\n" * 5 * 2**20, "feed_too_large"),
        (table(f'"{"x" * 10**7}'), "feed_too_large"),
    ],
)
def test_a_list_that_is_none_says_why(body: bytes, code: str) -> None:
    with pytest.raises(FeedError) as caught:
        read(body)
    assert caught.value.code == code


# Through the ledger


def take(slug: str, form: str, body: bytes, folder: Path, minutes: int = 0) -> Json:
    source = Source.objects.filter(slug=slug).first() or make_source_for(slug, FORMATS[form])
    path = folder / slug
    path.write_bytes(body)
    row = ingest.ingest_file(source, path, lambda: NOW + timedelta(minutes=minutes))
    assert row.error == "", row.detail
    return row.counts


CBP = (FIXTURES / "cbp_bwtnew_2022-06-29.json").read_bytes()


@pytest.mark.django_db
@pytest.mark.parametrize("first", ["cbp", "cbsa"])
def test_a_crossing_that_both_services_know_is_one_whichever_spoke_first(first: str, tmp_path: Path) -> None:
    bodies = {"cbp": CBP, "cbsa": ENGLISH}
    second = "cbsa" if first == "cbp" else "cbp"
    take(first, first, bodies[first], tmp_path)
    take(second, second, bodies[second], tmp_path)
    assert Crossing.objects.count() == 76 + 1  # North Portal is new
    bridge = Crossing.objects.get(codes=["cbp:380001"])
    assert {report.source.slug for report in Report.objects.filter(crossing=bridge)} == {"cbp", "cbsa"}


@pytest.mark.django_db
def test_a_crossing_known_from_canada_alone_opens_by_its_word(tmp_path: Path) -> None:
    assert take("ca", "cbsa", ENGLISH, tmp_path) == {"recorded": 8 + 7}
    status = Crossing.objects.get(slug="north-portal").current.status
    found = {(lane["traffic"], lane["to"]): lane["state"] for lane in status["lanes"]}
    assert found == {
        ("cargo", "CA"): "open", ("cargo", "US"): "unknown", ("vehicles", "CA"): "open", ("vehicles", "US"): "unknown",
    }  # fmt: skip


@pytest.mark.django_db
def test_a_later_list_confirms_and_a_mended_row_is_news(tmp_path: Path) -> None:
    source, path = make_source_for("ca", FORMATS["cbsa"]), tmp_path / "list.csv"
    outcomes = []
    for step in (row(), row(updated="2022-07-07 08:50 EDT"), row(updated="2022-07-07 08:50 EDT", trucks="Closed")):
        path.write_bytes(table(step))
        outcomes.append(ingest.ingest_file(source, path, lambda: NOW).counts)
    assert outcomes == [{"recorded": 4}, {"confirmed": 2, "recorded": 2}, {"recorded": 1, "confirmed": 1, "same": 1}]
    status = Crossing.objects.get().current.status
    assert [lane["state"] for lane in status["lanes"] if (lane["traffic"], lane["to"]) == ("cargo", "CA")] == ["closed"]


@pytest.mark.django_db
def test_an_office_that_closes_is_heard_though_another_of_a_later_time_has_dropped_out(tmp_path: Path) -> None:
    rainbow = {"office": "Rainbow Bridge", "location": "Niagara Falls, ON/Niagara Falls, NY"}
    both = table(row(updated="2022-07-07 08:50 EDT"), row(**rainbow, updated="2022-07-07 08:00 EDT"))
    take("ca", "cbsa", both, tmp_path)
    later = table(row(**rainbow, updated="2022-07-07 08:40 EDT", trucks="Closed", travellers="--"))
    assert take("ca", "cbsa", later, tmp_path, 1) == {"recorded": 1}
    assert into_canada("cbp:090102", "cargo") == "closed"


@pytest.mark.django_db
def test_an_older_list_moves_nothing_and_is_no_fresh_word(tmp_path: Path) -> None:
    steps = [("08:00", "No Delay"), ("08:10", "No Delay"), ("08:20", "Closed"), ("08:30", "Closed")]
    bodies = [table(row(updated=f"2022-07-07 {at} EDT", trucks=word, travellers="--")) for at, word in steps]
    for body in bodies:
        take("ca", "cbsa", body, tmp_path)
    heard = Crossing.objects.get().current.status
    for body in bodies[1:3]:
        take("ca", "cbsa", body, tmp_path, 5)
        assert Crossing.objects.get().current.status == heard
    assert into_canada("cbp:090101", "cargo") == "closed"


def into_canada(code: str, traffic: str) -> str:
    lanes = Crossing.objects.get(codes=[code]).current.status["lanes"]
    [state] = [lane["state"] for lane in lanes if (lane["traffic"], lane["to"]) == (traffic, "CA")]
    return str(state)


def test_the_us_ports_are_those_of_the_us_list() -> None:
    known = {place.code for place in FORMATS["cbp"].parse(CBP, Context(NOW)).places}
    assert {f"cbp:{number}" for number in US_PORTS.values()} <= known
