"""Files are taken out of one's own countries only, and brought in after a trial that says row by row what would be."""

from __future__ import annotations

import csv
import io
import os
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook  # type: ignore[import-untyped]

from crossings import ledger
from crossings.domain.claims import stamp
from crossings.feeds.base import Context
from crossings.feeds.partner import parse as partner
from crossings.ingest import read_claim
from crossings.ledger import rebuild
from crossings.matching import Names
from crossings.models import Change, Crossing, Draft, Duty, Period, Proposal, Reading, Report, Source
from tests.desk import logged_in, staff
from tests.factories import WEEK_OVER, claim, lanes, make_crossing, make_source, reading, say, say_the_week

pytestmark = pytest.mark.django_db
RIGHTS = ("export_report", "import_report", "add_crossing", "change_crossing", "view_report")


def at(act: str) -> str:
    return reverse(f"admin:crossings_report_{act}")


@pytest.fixture(autouse=True)
def state(tmp_path, settings):
    settings.STATE = tmp_path


@pytest.fixture
def torkham():
    return make_crossing(names={"ps": "تورخم"}, aliases=["Tor Kham"], codes=["AFRKH"])


@pytest.fixture
def user():
    return staff("zahra", *RIGHTS)


@pytest.fixture
def client(user):
    return logged_in(user)


def of_pk():
    person = staff("rahim", *RIGHTS)
    Duty.objects.create(user=person, countries=["PK"])
    return person


def text(response: Any) -> str:
    return str(response.content.decode())


def out(client, what="reports", form="csv", **typed):
    return client.post(at("export"), {"out-what": what, "out-form": form, **{f"out-{k}": v for k, v in typed.items()}})


def body_of(client, what="reports", form="csv", **typed) -> bytes:
    answer = out(client, what, form, **typed)
    assert answer.status_code == 200 and answer.streaming, text(answer)
    return b"".join(answer.streaming_content)


def table(body: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"))))


def sent(body: bytes | list[dict[str, Any]], name: str = "week.csv") -> SimpleUploadedFile:
    if isinstance(body, list):
        written = io.StringIO()
        writer = csv.DictWriter(written, list(dict.fromkeys(key for row in body for key in row)))
        writer.writeheader()
        writer.writerows(body)
        body = written.getvalue().encode()
    return SimpleUploadedFile(name, body)


def tried(client, body, what="reports", source="own", name="week.csv"):
    return client.post(
        at("import"), {"in-what": what, "in-source": source, "in-file": sent(body, name), "action": "try"}
    )


def done(client, page):
    given = page.context["form"]
    typed = {"in-token": page.context["token"], "in-what": given.cleaned_data["what"]}
    return client.post(at("import"), {**typed, "in-source": given.cleaned_data["source"], "action": "take"})


def fates(page) -> list[str]:
    return [line["fate"].split(":")[0] for line in page.context["lines"]]


def row(**given: Any) -> dict[str, Any]:
    usual = {
        "id": "a",
        "crossing": "torkham",
        "effective_at": "2023-02-24T05:00:00Z",
        "traffic": "all",
        "state": "closed",
    }
    return {**usual, **given}


def periods() -> list[tuple[Any, ...]]:
    return list(
        Period.objects.order_by("crossing__slug", "start").values_list("crossing__slug", "start", "end", "lanes")
    )


# Out and in again


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_what_is_taken_out_gives_the_same_periods_and_counts_in_another_database(client, torkham, form):
    say_the_week(make_source())
    say(make_source("dawn"), claim(id="gone", lanes=lanes("open")), now=WEEK_OVER)
    ledger.retract(Report.objects.get(external_id="gone"), reason="mistaken", now=WEEK_OVER)
    say(Source.objects.get(slug="broker"), reading(id="q", note='=HYPERLINK("x")\nnext'), now=WEEK_OVER)
    files = {what: body_of(client, what, form) for what in ("crossings", "reports", "readings")}
    ledger.settle(timezone.now())  # the silence since then
    before, told = periods(), Reading.objects.values_list("low", "high", "observed_at", "note", "side").get()
    empty_all()
    assert not periods()
    for what, body in files.items():
        page = tried(client, body, "crossings" if what == "crossings" else "reports", "broker", f"x.{form}")
        assert "refused" not in fates(page), page.context["lines"]
        done(client, page)
    assert [each[1:] for each in periods()] == [each[1:] for each in before] and len(before) > 4
    assert Reading.objects.values_list("low", "high", "observed_at", "note", "side").get() == told
    assert Crossing.objects.get().names == {"ps": "تورخم"} and Report.objects.count() == 5


def empty_all() -> None:
    """As in a database where nothing was ever said."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("TRUNCATE crossings_crossing, crossings_report, crossings_reading, crossings_change CASCADE")


def test_the_partner_formats_own_columns_are_read_by_the_partner_format_itself(client, torkham):
    say_the_week(make_source())
    items = list(partner(body_of(client, partner="on"), Context(timezone.now())).items)
    source = make_source("elsewhere")
    read = [read_claim(item.data, Names.load(), source) for item in items]
    assert [each.external_id for each in read] == [f"week-{n}" for n in range(1, 6)]
    assert [each.digest() for each in read] == list(Report.objects.order_by("pk").values_list("digest", flat=True))


def test_the_same_file_twice_adds_nothing(client, torkham):
    page = tried(client, [row(), row(id="b", effective_at="2023-02-25T05:00:00Z")])
    assert fates(page) == ["new", "new"]
    assert fates(done(client, page)) == ["new", "new"] and fates(done(client, page)) == ["the same again"] * 2
    again = tried(client, [row()])
    assert fates(again) == ["the same again"] and "nothing in it to bring in" in text(again)
    assert Report.objects.count() == 2


# The trial


def test_a_trial_writes_nothing_and_tells_each_row_its_fate(client, torkham):
    make_crossing("islam-qala", ("AF", "IR"))
    source = make_source()
    say(source, claim(id="known", lanes=lanes("open")), now=WEEK_OVER)
    rows = [
        row(id="new"), row(id="known", state="closed"), row(id="bad", state="ajar"),
        row(id="where", crossing="nowhere"), row(id="far", crossing="islam-qala"),
        row(id="odd", effective_at="2023-02-24 05:00"),
        row(id="old", effective_at="1980-02-24T05:00:00Z", state="open"),
    ]  # fmt: skip
    counts = [model.objects.count() for model in (Report, Draft, Change, Proposal, LogEntry)]
    page = tried(logged_in(of_pk()), rows, source="broker")
    assert fates(page) == [
        "new", "conflict", "refused", "refused", "outside of your countries", "refused", "held as a draft"
    ]  # fmt: skip
    told = {line["at"]: "; ".join(line["details"]) for line in page.context["lines"]}
    assert told["row 4"] == "state: Not one of: open, unknown, restricted, closed."
    assert told["row 5"].startswith('crossing: No crossing is called "nowhere"')
    assert "effective_at" in told["row 7"]
    assert [model.objects.count() for model in (Report, Draft, Change, Proposal, LogEntry)] == counts
    assert dict(page.context["counts"])["refused"] == 3


def test_only_what_can_be_taken_is_taken_in_the_name_that_was_chosen_and_noted_in_the_trail(client, torkham, user):
    make_source()
    page = tried(client, [row(), row(id="bad", state="ajar")], source="broker")
    assert "said by: secret name of broker" in text(page)
    done(client, page)
    report = Report.objects.get()
    assert (report.source.slug, report.recorded_by) == ("broker", user)
    entry = LogEntry.objects.latest("pk")
    assert "week.csv" in entry.change_message and "new 1, refused 1" in entry.change_message


def test_rows_of_one_id_far_apart_in_a_file_are_told_alike_on_trial_and_in_earnest(client, torkham):
    first = datetime.fromisoformat("2020-01-01T00:00:00+00:00")
    rows = [row(id=f"n{n}", effective_at=stamp(first + timedelta(hours=n))) for n in range(502)]
    rows += [row(id="n0", effective_at=stamp(first), basis="ordered")]
    page = tried(client, rows)
    assert fates(page).count("new") == 400 and "conflict" in fates(page)
    assert fates(done(client, page)) == fates(page)
    assert Report.objects.count() == 502


def test_what_loosens_a_sensitive_crossing_waits_for_a_second_person_and_the_rest_is_taken(client, torkham):
    Crossing.objects.update(sensitive=True)
    make_crossing("chaman")
    now = timezone.now()
    say(make_source(), claim(lanes=lanes("closed"), effective_at=stamp(now - timedelta(days=1))), now=now)
    said = stamp(now - timedelta(hours=1))
    rows = [row(id="a", state="open", effective_at=said), row(id="b", crossing="chaman", effective_at=said)]
    page = tried(client, rows)
    assert fates(page) == ["waits for a second person", "new"] and not Proposal.objects.exists()
    page = done(client, page)
    assert fates(page) == ["waits for a second person", "new"]
    assert "the board does not say it yet" in text(page)
    assert Proposal.objects.get().crossing == torkham and Report.objects.count() == 2


def test_of_a_row_that_closes_and_opens_only_what_opens_waits_and_the_file_again_adds_nothing(client, torkham):
    now = timezone.now()
    stood = [*lanes("open", "cargo"), *lanes("closed", "people", "vehicles")]
    say(make_source(), claim(lanes=stood, effective_at=stamp(now - timedelta(days=1))), now=now)
    Crossing.objects.update(sensitive=True)
    said = {"id": "a", "effective_at": stamp(now - timedelta(hours=1))}
    rows = [row(**said, traffic="cargo", state="closed"), row(**said, traffic="people", state="open")]
    for counts in ((1, 0), (2, 1)):
        page = tried(client, rows)
        assert fates(page) == ["waits for a second person"]
        assert "Only what loosens waits: the rest is taken at once." in text(page)
        assert (Report.objects.count(), Proposal.objects.count()) == counts
        page = done(client, page)
        assert (Report.objects.count(), Proposal.objects.count()) == (2, 1)


def test_a_file_takes_nothing_back(client, torkham):
    page = tried(client, [{"kind": "retraction", "id": "a", "crossing": "torkham", "note": ""}])
    assert fates(page) == ["refused"] and "on the report’s page" in text(page)


# Crossings


def test_crossings_are_made_and_changed_by_the_rules_of_their_form_and_never_deleted(client, torkham):
    make_crossing("chaman")
    new = {"slug": "ghulam-khan", "name": "Ghulam Khan", "side_a.country": "AF", "side_a.timezone": "Asia/Kabul",
           "side_b.country": "PK", "side_b.timezone": "Asia/Karachi", "traffic": "cargo; people"}  # fmt: skip
    rows = [
        {"slug": "torkham", "note": "New scanner.", "must_speak": "PK"}, new,
        {**new, "slug": "bad", "side_b.timezone": "Kabul", "location.lat": "95"}, {"slug": "chaman", "name": "Chaman"},
        {"slug": "torkham", "note": "twice"},
    ]  # fmt: skip
    page = tried(client, rows, "crossings")
    assert fates(page) == ["changed", "new", "refused", "the same again", "refused"]
    lines = ["; ".join(line["details"]) for line in page.context["lines"]]
    assert "note: – → New scanner." in lines[0] and "must_speak" in lines[0]
    assert "side_b.timezone: Zones are named as in Asia/Kabul." in lines[2] and "location.lat" in lines[2]
    assert "row 2 already" in lines[4] and Crossing.objects.count() == 2 and not LogEntry.objects.exists()
    assert fates(done(client, page)) == fates(page)
    torkham.refresh_from_db()
    assert (torkham.note, torkham.must_speak, torkham.aliases) == ("New scanner.", ["PK"], ["Tor Kham"])
    made = Crossing.objects.get(slug="ghulam-khan")
    assert set(made.traffic) == {"people", "cargo"}
    assert Change.objects.filter(type="crossing.changed").values_list("crossing__slug", flat=True).count() == 2
    assert {entry.object_id for entry in LogEntry.objects.all()} == {str(torkham.pk), str(made.pk)}


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_crossings_taken_out_and_in_again_are_the_same(client, torkham, form):
    Crossing.objects.update(
        fresh_for=timedelta(hours=6), must_speak=["PK"], sensitive=True, latitude=-12.5, note="=1+1", hours_note="'=x",
        hours=[{"side": "PK", "opens": "07:00", "closes": "19:00", "days": ["mon", "tue"], "traffic": ["cargo"]}],
    )  # fmt: skip
    page = tried(client, body_of(client, "crossings", form), "crossings", name=f"x.{form}")
    assert fates(page) == ["the same again"], page.context["lines"]


def test_no_file_takes_the_mark_of_a_sensitive_crossing_away_or_moves_one_of_which_something_was_said(client, torkham):
    assert fates(tried(client, [{"slug": "torkham", "sensitive": "yes"}], "crossings")) == ["changed"]
    Crossing.objects.update(sensitive=True)
    rows = [{"slug": "torkham", "sensitive": "false"}]
    page = tried(client, rows, "crossings")
    assert fates(page) == ["refused"] and "second person" in text(page)
    Crossing.objects.update(sensitive=False)
    say_the_week(make_source())
    page = tried(client, [{"slug": "torkham", "side_a.country": "IR"}], "crossings")
    assert fates(page) == ["refused"] and "its countries stay" in text(page)


def test_crossings_outside_of_ones_countries_are_neither_changed_nor_made(torkham):
    make_crossing("islam-qala", ("AF", "IR"))
    new = {"slug": "milak", "name": "Milak", "side_a.country": "AF", "side_a.timezone": "Asia/Kabul",
           "side_b.country": "IR", "side_b.timezone": "Asia/Tehran"}  # fmt: skip
    page = tried(logged_in(of_pk()), [{"slug": "islam-qala", "note": "x"}, new], "crossings")
    assert fates(page) == ["outside of your countries", "refused"]


# Whose it is


def test_only_rows_of_ones_own_countries_are_taken_out_and_that_is_noted(torkham):
    make_crossing("islam-qala", ("AF", "IR"))
    source = make_source()
    say(source, claim(id="a"), claim(id="b", crossing="islam-qala"), reading(id="r"), now=WEEK_OVER)
    say(source, reading(id="s", crossing="islam-qala", side="IR"), now=WEEK_OVER)
    theirs = logged_in(of_pk())
    for what in ("crossings", "reports", "readings"):
        body = body_of(theirs, what)
        assert b"torkham" in body and b"islam-qala" not in body, what
    told = [entry.change_message for entry in LogEntry.objects.order_by("pk")]
    assert told == ["Taken out as CSV: 1."] * 3
    assert out(theirs, crossing="islam-qala").context["out"].errors["crossing"]
    page = text(theirs.get(at("files")))
    assert "Islam Qala" not in page and "names sources by slug and label" in page


def test_who_may_only_take_out_cannot_bring_in_and_others_see_no_page():
    only = logged_in(staff("gul", "export_report"))
    assert "in-file" not in text(only.get(at("files"))) and only.post(at("import")).status_code == 403
    nobody = logged_in(staff("nobody", "view_report"))
    assert [nobody.get(at(act)).status_code for act in ("files", "export", "import")] == [403] * 3


def test_a_staff_file_names_who_said_it_and_what_was_taken_back_and_the_choice_is_kept_to(client, torkham):
    say_the_week(make_source())
    ledger.retract(Report.objects.get(external_id="week-1"), reason="mistaken", now=WEEK_OVER)
    rows = table(body_of(client, start="2023-02-23", end="2023-02-23"))
    assert {each["id"] for each in rows} == {"week-2", "week-3"} and len(rows) == 12
    assert {each["source"] for each in rows} == {"broker"} and rows[0]["source_label"] == "label of broker"
    everything = table(body_of(client))
    assert {each["id"] for each in everything if each["retracted"]} == {"week-1"}
    assert "week-1" not in {each["id"] for each in table(body_of(client, partner="on"))}
    assert out(client, start="2023-02-23", end="2023-02-22").context["out"].errors["end"]


def test_rows_that_are_the_word_of_another_source_than_the_chosen_one_are_refused(client, torkham):
    say(make_source(name="The broker"), claim(id="a"), now=WEEK_OVER)
    say(make_source("dawn"), claim(id="b", lanes=lanes("open")), now=WEEK_OVER)
    body, partner_form = body_of(client), body_of(client, partner="on")
    own = tried(client, body)
    assert fates(own) == ["refused", "refused"] and "There is nothing in it to bring in." in text(own)
    assert "This row is the word of The broker: choose that source." in text(own)
    theirs = tried(client, body, source="broker")
    assert fates(theirs)[0] != "refused" and fates(theirs)[1] == "refused"
    assert "refused" not in fates(tried(client, partner_form))


def test_a_file_of_several_sources_says_that_only_one_is_brought_in(client, torkham):
    say(make_source(), claim(id="a"), now=WEEK_OVER)
    assert "several sources" not in text(tried(client, body_of(client)))
    say(make_source("dawn"), claim(id="b"), now=WEEK_OVER)
    assert "several sources (broker, dawn)" in text(tried(client, body_of(client)))
    assert "several sources" not in text(tried(client, body_of(client, source="dawn")))


def test_no_cell_that_is_taken_out_is_a_formula(client, torkham):
    say(make_source(public_label="@SUM(A1)"), claim(note="=1+1", by_name="+cmd|x"), now=WEEK_OVER)
    [first, *_] = table(body_of(client))
    assert (first["note"], first["by_name"], first["source_label"]) == ("'=1+1", "'+cmd|x", "'@SUM(A1)")
    sheet = load_workbook(io.BytesIO(body_of(client, form="xlsx"))).active
    cells = [each for line in sheet.iter_rows() for each in line if each.value is not None]
    assert {each.data_type for each in cells} <= {"s", "b"} and "=1+1" in {each.value for each in cells}


# Files that are refused, and what is kept


def test_a_refused_file_is_told_why_and_the_other_choices_stay(client, torkham):
    make_source()
    page = tried(client, b"\xff\xfe\x00", source="broker")
    assert "UTF-16" in str(page.context["into"].errors["file"]) or "UTF-8" in str(page.context["into"].errors["file"])
    assert '<option value="broker" selected>' in text(page)
    large = tried(client, b"x" * (9 * 2**20), source="broker")
    assert "9.0 MiB; at most 8" in text(large)
    assert "Choose a file" in text(client.post(at("import"), {"in-what": "reports", "in-source": "own"}))


def test_a_file_stays_where_another_choice_is_refused(client, torkham):
    page = tried(client, [row()], source="nobody")
    assert page.context["into"].errors.keys() == {"source"} and "week.csv" in text(page)
    token = page.context["into"]["token"].value()
    again = client.post(at("import"), {"in-what": "reports", "in-source": "own", "in-token": token, "action": "try"})
    assert fates(again) == ["new"]


def test_a_kept_file_is_for_the_person_who_sent_it_and_for_an_hour(client, torkham, tmp_path):
    page = tried(client, [row()])
    assert done(logged_in(of_pk()), page).context["into"].errors["file"]
    [kept] = (tmp_path / "uploads").iterdir()
    assert kept.stat().st_mode & 0o077 == 0 and "week" not in kept.name
    forged = {"in-what": "reports", "in-source": "own", "in-token": "../../etc/passwd", "action": "take"}
    assert client.post(at("import"), forged).context["into"].errors["file"]
    os.utime(kept, (0, 0))
    client.get(at("files"))
    assert not kept.exists()
    assert "no longer kept" in text(done(client, page)) and not Report.objects.exists()


def test_periods_after_a_file_are_those_that_a_rebuild_derives(client, torkham):
    done(client, tried(client, [row(), row(id="b", state="open", effective_at="2023-02-22T05:00:00Z")]))
    assert Period.objects.count() > 1 and rebuild(check=True, now=timezone.now()) == []
