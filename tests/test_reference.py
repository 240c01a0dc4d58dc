"""The reference crossings and their history, from the real files."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from crossings import reference
from crossings.ledger import rebuild
from crossings.models import Change, Crossing, Current, Draft, Reading, Report, Source
from tests.factories import claim, reading, utc

pytestmark = pytest.mark.django_db
NOW = utc("2026-11-22 12:00")

PLACE = {
    "slug": "torkham", "name": "Torkham", "names": {"ps": "تورخم"}, "aliases": [], "codes": ["AFRKH"],
    "location": None, "traffic": ["people", "vehicles", "cargo"], "must_speak": ["AF", "PK"], "hours": [],
    "sides": [{"country": "AF", "place": "Torkham", "timezone": "Asia/Kabul"},
              {"country": "PK", "place": "Torkham", "timezone": "Asia/Karachi"}],
}  # fmt: skip
PRESS = {"slug": "amu-tv", "name": "Amu TV", "kind": "press", "public_label": "Amu TV", "url": "https://amu.tv/"}


def folder(tmp_path: Path, places: list[Any], **history: Any) -> Path:
    (tmp_path / "history").mkdir(exist_ok=True)
    (tmp_path / "crossings.json").write_text(json.dumps(places))
    for name, content in history.items():
        (tmp_path / "history" / f"{name}.json").write_text(json.dumps({"sources": [PRESS], "readings": [], **content}))
    return tmp_path


def said(**fields: Any) -> Any:
    return claim(**{"source": "amu-tv", "reported_at": fields.get("effective_at", "2023-02-19T05:00:00Z"), **fields})


def test_all_of_it_loads_and_nothing_is_derived_otherwise() -> None:
    loaded = reference.load(NOW)
    assert loaded.crossings == Crossing.objects.count() == Current.objects.count() >= 45
    assert loaded.reports == Report.objects.count() >= 150
    assert loaded.readings == Reading.objects.count() >= 40
    assert not Draft.objects.exists()
    assert not Report.objects.filter(backfilled=False).exists()
    assert {(source.kind, source.trusted) for source in Source.objects.all()} == {("press", True)}
    assert all(current.status["lanes"] for current in Current.objects.all())
    assert rebuild(check=True, now=timezone.now()) == []
    again = reference.load(NOW)
    assert (again.crossings, again.reports, again.readings) == (0, 0, 0)


def test_each_report_is_known_since_the_day_its_source_said_it(tmp_path: Path) -> None:
    week = [said(id="1"), said(id="2", effective_at="2023-02-20T05:00:00Z", reported_at="2023-02-21T06:00:00Z")]
    reference.load(NOW, folder=folder(tmp_path, [PLACE], torkham={"reports": week}))
    assert list(Report.objects.order_by("external_id").values_list("recorded_at", flat=True)) == [
        utc("2023-02-19 05:00"), utc("2023-02-21 06:00"),
    ]  # fmt: skip


def test_what_is_there_stays_as_it_is_and_what_is_new_is_added(tmp_path: Path) -> None:
    reference.load(NOW, folder=folder(tmp_path, [PLACE], torkham={"reports": [said(id="1")]}))
    Crossing.objects.update(name="Torkham Gate")
    changes = Change.objects.count()
    more = {"reports": [said(id="1"), said(id="2", effective_at="2023-02-20T05:00:00Z")]}
    loaded = reference.load(NOW, folder=folder(tmp_path, [PLACE, {**PLACE, "slug": "ghulam-khan"}], torkham=more))
    assert (loaded.crossings, loaded.reports) == (1, 1)
    assert Crossing.objects.get(slug="torkham").name == "Torkham Gate"
    assert Change.objects.count() > changes


def test_the_crossings_may_come_without_their_history() -> None:
    out = StringIO()
    call_command("load_reference", "--without-history", stdout=out)
    assert out.getvalue().endswith("crossings, 0 reports, 0 readings.\n")
    assert Crossing.objects.count() >= 45
    assert not Report.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_who_load_at_once_load_once(tmp_path: Path) -> None:
    given, barrier = folder(tmp_path, [PLACE], torkham={"reports": [said(id="1")]}), Barrier(3)
    loaded: list[reference.Loaded] = []

    def go() -> None:
        barrier.wait()
        try:
            loaded.append(reference.load(NOW, folder=given))
        finally:
            connection.close()

    threads = [Thread(target=go) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted((each.crossings, each.reports) for each in loaded) == [(0, 0), (0, 0), (1, 1)]


FAULTS: list[tuple[list[Any], Any, str]] = [
    ([{**PLACE, "sides": []}], {}, "crossings.json /0 (torkham): ValueError"),
    ([{**PLACE, "traffic": ["camels"]}], {}, "crossings.json /0 (torkham): ValidationError"),
    ([PLACE], {"reports": [said(id="1", crossing="Torkam")]}, "history/torkham.json /reports/0/crossing unknown"),
    ([PLACE], {"reports": [said(id="1", reason="boredom")]}, "history/torkham.json /reports/0/reason unknown_word"),
    ([PLACE], {"reports": [said(id="1", source="nobody")]}, "history/torkham.json /reports/0: a known source"),
    ([PLACE], {"reports": [said(id="1", reported_at=None)]}, "history/torkham.json /reports/0: a known source"),
    ([PLACE], {"reports": [said(id="1"), said(id="1")]}, "history/torkham.json /reports/1: the id stands already at"),
    ([PLACE], {"readings": [reading(source="amu-tv", id="1", low=-1, reported_at="2023-02-25T05:00:00Z")]},
     "history/torkham.json /readings/0/low out_of_range"),
]  # fmt: skip


@pytest.mark.parametrize(("places", "history", "words"), FAULTS)
def test_a_fault_of_ours_stops_the_loading_and_is_named(
    tmp_path: Path, places: list[Any], history: Any, words: str
) -> None:
    given = folder(tmp_path, places, torkham={"reports": [], **history})
    with pytest.raises(reference.Faulty) as faulty:
        reference.load(NOW, folder=given)
    assert str(faulty.value).startswith(words)
    assert not Report.objects.exists()


def test_a_file_that_is_no_json_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = folder(tmp_path, [PLACE])
    (given / "history" / "x.json").write_text("{")
    monkeypatch.setattr(reference, "FOLDER", given)
    with pytest.raises(CommandError, match=r"x\.json: Expecting property name"):
        call_command("load_reference")
