"""The bulletin tells how chosen crossings stood at an hour, and what is not as in the last one of its name."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from openpyxl import load_workbook  # type: ignore[import-untyped]

from crossings import board, bulletins, reference
from crossings.board.many import many
from crossings.domain.claims import stamp
from crossings.domain.vocabulary import State
from crossings.domain.wfp import wfp_word
from crossings.models import Bulletin, Crossing, Duty, Report
from tests.desk import fields_of, logged_in, staff
from tests.factories import (
    THURSDAY_NOON,
    WEEK_OVER,
    claim,
    lanes,
    make_crossing,
    make_source,
    reading,
    say,
    say_the_week,
)

pytestmark = pytest.mark.django_db
NEW = "/admin/crossings/bulletin/new/"
BULLETINS = "/admin/crossings/bulletin/"


@pytest.fixture
def torkham():
    return make_crossing(names={"ps": "تورخم"})


@pytest.fixture
def user():
    return staff("zahra", "view_bulletin", "add_bulletin")


@pytest.fixture
def client(user):
    return logged_in(user)


def text(response: Any) -> str:
    return str(response.content.decode())


def shown(client, **typed):
    typed = {"name": "Morning", "countries": ["AF"], "when": "now", **typed}
    return client.post(NEW, {**fields_of(client.get(NEW)), **typed})


def issued(client, **typed):
    page = shown(client, **typed)
    client.post(NEW, {"bulletin": page.context["token"]})
    return Bulletin.objects.latest("pk")


def at_hour(moment):
    return {"when": "at", "day": f"{moment:%Y-%m-%d}", "clock": f"{moment:%H:%M}", "zone": "UTC"}


def cell(response, direction, name):
    way = next(way for row in response.context["rows"] for way in row["ways"] if way["direction"] == direction)
    return next(each for each in way["cells"] if each["name"] == name)


def said_now(source, *items, ago=timedelta(hours=1)):
    now = timezone.now()
    say(
        source,
        *({**each, "effective_at": stamp(now - ago), "reported_at": stamp(now - ago)} for each in items),
        now=now,
    )


# What it tells


@pytest.mark.parametrize(
    ("states", "word"),
    [
        (["open", "open"], "Open"), (["closed", "closed"], "Closed"), (["restricted"], "Restricted"),
        (["unknown"], "Unknown"), ([], "Unknown"), (["open", "unknown"], "Unknown"), (["open", "closed"], "Restricted"),
        (["closed", "unknown"], "Restricted"),
    ],
)  # fmt: skip
def test_the_words_of_wfp_follow_from_the_lanes_of_a_direction(states, word):
    assert wfp_word(map(State, states)) == word


@pytest.mark.fuzz
def test_many_crossings_are_told_at_a_past_moment_just_as_each_alone_is_as_known_then():
    reference.load(timezone.now())
    chosen = list(Crossing.objects.order_by("pk"))
    assert len(chosen) > 20
    moments = sorted(Report.objects.values_list("recorded_at", flat=True).distinct())
    for moment in [*moments[:: len(moments) // 12], timezone.now()]:
        for found in many(chosen, moment):
            alone = board.crossing(found["slug"], moment, moment, now=timezone.now())
            assert found == {key: alone[key] for key in found}, (found["slug"], moment)


def test_it_takes_as_many_queries_for_three_crossings_as_for_thirty(client, torkham):
    def queries():
        with CaptureQueriesContext(
            connection,
        ) as found:
            assert shown(client).status_code == 200
        return len(found)

    source = make_source()
    for slug in ("chaman", "ghulam-khan"):
        make_crossing(slug)
    say(source, *(claim(crossing=each.slug) for each in Crossing.objects.all()), now=WEEK_OVER)
    queries()  # what is remembered between requests
    few = queries()
    for n in range(27):
        make_crossing(f"gate-{n}")
        say(source, claim(crossing=f"gate-{n}", lanes=lanes("closed")), now=WEEK_OVER)
    assert queries() == few


def test_a_past_hour_tells_what_was_known_then_and_nothing_learned_later(client, torkham):
    source = make_source("amu", public_label="Amu TV")
    say_the_week(source)
    late = claim(id="late", declared_by="PK", effective_at="2023-02-22T00:00:00Z", lanes=lanes("closed"))
    say(source, late, now=WEEK_OVER + timedelta(days=1))
    page = shown(client, **at_hour(THURSDAY_NOON))
    assert cell(page, "To Pakistan", "cargo")["text"].startswith("not known")
    assert cell(page, "To Pakistan", "wfp")["text"] == "Unknown"
    assert "12:00 Kabul" in page.context["as_of"] and "12:30 Karachi" in page.context["as_of"]


def test_open_is_said_only_where_it_is_sure_and_a_closure_at_once(client, torkham):
    said_now(make_source(), claim(lanes=lanes("open")))
    page = shown(client)
    assert cell(page, "To Pakistan", "wfp")["text"] == "Unknown"
    assert "last reported open" in cell(page, "To Pakistan", "cargo")["text"]
    said_now(make_source("moi", kind="authority", country="PK"), claim(lanes=lanes("closed")), ago=timedelta(minutes=5))
    page = shown(client)
    assert cell(page, "To Pakistan", "wfp")["text"] == "Closed"
    assert cell(page, "To Pakistan", "cargo")["text"] == "closed by Pakistan"


def test_humanitarian_aid_goes_by_what_names_it_and_else_as_all_cargo(client, torkham):
    only = [{"traffic": "cargo", "state": "restricted", "to": "AF", "conditions": [
        {"goods": ["humanitarian"]}, {"goods": ["perishables"]}]}]  # fmt: skip
    said_now(make_source(), claim(declared_by="PK", lanes=[*only, {"traffic": "cargo", "state": "closed", "to": "PK"}]))
    page = shown(client)
    assert cell(page, "To Afghanistan", "cargo")["text"] == "closed except… humanitarian aid and perishables"
    assert cell(page, "To Afghanistan", "aid")["text"] == "closed except… humanitarian aid"
    assert (
        cell(page, "To Pakistan", "aid")["text"] == cell(page, "To Pakistan", "cargo")["text"] == "closed by Pakistan"
    )


def test_what_is_announced_is_planned_beside_the_word_that_holds(client, torkham):
    source = make_source()
    said_now(source, claim(lanes=lanes("closed"), declared_by="PK"))
    now = timezone.now()
    plan = claim(effective_at=stamp(now + timedelta(hours=5)), basis="announced", lanes=lanes("open", "cargo"))
    say(source, plan, now=now)
    page = shown(client)
    assert cell(page, "To Pakistan", "wfp")["text"] == "Closed"
    assert cell(page, "To Pakistan", "planned")["text"].startswith("Planned: Open, goods trucks, ")


def test_who_was_heard_is_told_by_role_and_never_by_name(client, torkham):
    source = make_source("contact", kind="field", public_label="customs agent, Pakistani side")
    said_now(source, claim(lanes=lanes("closed"), declared_by="PK"))
    say(source, reading(observed_at=stamp(timezone.now() - timedelta(hours=1))), now=timezone.now())
    page = shown(client)
    assert cell(page, "To Pakistan", "role")["text"] == "customs agent, Pakistani side"
    assert "trucks waiting in Pakistan" in cell(page, "To Afghanistan", "queue")["text"]
    assert cell(page, "To Pakistan", "queue")["text"] == "–"
    kept = issued(client)
    told = text(page) + text(client.get(f"{BULLETINS}{kept.pk}/change/")) + str(kept.rows)
    assert "secret name" not in told


# Issuing it


def test_the_form_says_beside_the_field_what_would_be_right_and_keeps_what_was_typed(client, torkham):
    page = shown(
        client, name="Noon of ours", countries=[], when="at", day="2999-01-01", clock="12:00", zone="Asia/Kabul"
    )
    told = page.context["form"].errors
    assert "ahead of our clock" in told["day"][0] and "Choose a country" in told["countries"][0]
    assert "Noon of ours" in text(page) and "2999-01-01" in text(page)
    assert "one by one" in text(page)
    assert "Telephone" in shown(client, name="Call 0799 123 456").context["form"].errors["name"][0]
    assert not Bulletin.objects.exists()


def test_sent_twice_it_is_issued_once_and_stands_in_the_trail(client, torkham, user):
    said_now(make_source(), claim(lanes=lanes("closed")))
    page = shown(client)
    assert not Bulletin.objects.exists()
    for _ in range(2):
        assert client.post(NEW, {"bulletin": page.context["token"]}).status_code == 302
    bulletin = Bulletin.objects.get()
    assert (bulletin.name, bulletin.made_by) == ("Morning", user)
    assert LogEntry.objects.filter(object_id=bulletin.pk, change_message="Issued.").count() == 1


def test_as_last_time_is_one_tap_and_marks_cell_by_cell_what_changed(client, torkham):
    source = make_source()
    said_now(source, claim(lanes=lanes("closed"), declared_by="PK"), ago=timedelta(hours=3))
    first = issued(client)
    assert not any(row["changed"] for row in first.rows)
    make_crossing("chaman")
    said_now(source, claim(lanes=[{"traffic": "cargo", "state": "open", "to": "AF"}]), ago=timedelta(minutes=20))
    assert f"?again={first.pk}" in text(client.get(NEW))
    page = client.get(NEW, {"again": first.pk})
    changed = cell(page, "To Afghanistan", "cargo")
    assert changed["changed"] and changed["was"] == "closed by Pakistan"
    assert not cell(page, "To Pakistan", "cargo")["changed"] and not cell(page, "To Afghanistan", "checked")["changed"]
    assert [row["name"] for row in page.context["rows"]] == ["Torkham"]
    client.post(NEW, {"bulletin": page.context["token"]})
    told = client.get(f"{BULLETINS}{Bulletin.objects.latest('pk').pk}/change/")
    assert "▲ changed" in text(told) and "before: closed by Pakistan" in text(told)


def test_that_time_passed_and_that_it_was_confirmed_is_no_change(client, torkham):
    source = make_source()
    said_now(source, claim(lanes=lanes("closed"), declared_by="PK"), ago=timedelta(hours=5))
    issued(client)
    said_now(source, claim(lanes=lanes("closed"), declared_by="PK"), ago=timedelta(minutes=1))
    assert shown(client).context["news"] == 0


def test_its_directions_stand_in_one_order_before_and_after_it_is_issued(client):
    make_crossing("medyka", ("PL", "UA"))
    make_crossing("torkham", ("AF", "PK"))
    page = shown(client, countries=["AF", "PL"])
    before = [way["direction"] for row in page.context["rows"] for way in row["ways"]]
    client.post(NEW, {"bulletin": page.context["token"]})
    kept = client.get(f"{BULLETINS}{Bulletin.objects.get().pk}/change/")
    assert [way["direction"] for row in kept.context["rows"] for way in row["ways"]] == before
    assert before == ["To Ukraine", "To Poland", "To Pakistan", "To Afghanistan"]


def test_crossings_that_came_and_went_since_the_last_one_are_told(client, torkham):
    make_crossing("islam-qala", ("AF", "IR"))
    issued(client, countries=["IR"])
    page = shown(client, countries=["PK"])
    assert [(row["name"], row["flag"]) for row in page.context["rows"]] == [
        ("Torkham", "new"), ("Islam Qala", "not in this bulletin any more"),
    ]  # fmt: skip
    third = issued(client, countries=["PK"])
    assert "▲ New: Torkham" in bulletins.message("x", third.at, third.rows, "en", "")
    assert shown(client, countries=["PK"]).context["news"] == 0


def test_another_issued_meanwhile_is_compared_with_first(client, torkham):
    page, other = shown(client), shown(client)
    client.post(NEW, {"bulletin": other.context["token"]})
    again = client.post(NEW, {"bulletin": page.context["token"]})
    assert again.status_code == 200 and "Not issued yet" in text(again)
    client.post(NEW, {"bulletin": again.context["token"]})
    assert Bulletin.objects.count() == 2


# Reading it


def test_the_message_has_a_line_a_crossing_and_what_changed_first(client, torkham):
    make_crossing("angoor-adda")
    source = make_source()
    said_now(source, claim(lanes=lanes("closed"), declared_by="PK"), ago=timedelta(hours=3))
    issued(client)
    said_now(source, claim(lanes=lanes("restricted", "people"), declared_by="PK"), ago=timedelta(minutes=20))
    kept = issued(client)
    lines = text(client.get(f"{BULLETINS}{kept.pk}/change/")).split("<textarea")[1].split("</textarea>")[0].split("\n")
    lines = [line for line in lines if ":" in line]
    assert lines[1].startswith("▲ Changed: Torkham: goods trucks, cars and buses, both ways: closed by Pakistan")
    assert lines[2] == "Angoor Adda: nothing reported"


def test_it_is_read_in_each_language_that_is_offered(client, torkham, settings):
    said_now(make_source(), claim(lanes=lanes("closed"), declared_by="PK"))
    kept = issued(client)
    for language, _ in settings.LANGUAGES:
        told = bulletins.message(kept.name, kept.at, kept.rows, language, "http://x/")
        assert ("تورخم" in told) == (language == "ps")
        assert client.get(f"{BULLETINS}{kept.pk}/change/?language={language}").context["said_in"] == language


def test_the_spreadsheet_holds_the_table_as_text_and_nothing_that_runs(client, torkham):
    said_now(make_source(public_label="=HYPERLINK(1)"), claim(lanes=lanes("closed"), declared_by="PK"))
    kept = issued(client, name="=1+1")
    answer = client.get(f"{BULLETINS}{kept.pk}/xlsx/")
    sheet = load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    cells = [each for row in sheet.iter_rows() for each in row if each.value is not None]
    assert {each.data_type for each in cells} == {"s"} and not any(each.hyperlink for each in cells)
    values = [each.value for each in cells]
    assert values[0] == "=1+1" and "=HYPERLINK(1)" in values and "Closed" in values and "Torkham" in values


# Whose it is


def test_who_looks_after_one_country_makes_and_sees_only_bulletins_of_it(client, torkham):
    make_crossing("islam-qala", ("AF", "IR"))
    own, wide = issued(client, name="Own", countries=["PK"]), issued(client, name="Wide")
    reviewer = staff("rahim", "view_bulletin", "add_bulletin")
    Duty.objects.create(user=reviewer, countries=["PK"])
    theirs = logged_in(reviewer)
    assert "Islam Qala" not in text(theirs.get(NEW)) and "Wide" not in text(theirs.get(BULLETINS))
    assert [row["name"] for row in shown(theirs).context["rows"]] == ["Torkham"]
    assert "crossings" in shown(theirs, countries=[], crossings=["islam-qala"]).context["form"].errors
    for act in ("change", "xlsx", "history"):
        assert theirs.get(f"{BULLETINS}{own.pk}/{act}/").status_code == 200, act
        assert theirs.get(f"{BULLETINS}{wide.pk}/{act}/").status_code in (302, 404), act
    assert theirs.get(NEW, {"again": wide.pk}).status_code == 404
    assert shown(theirs, name="Wide").context["first"]


def test_a_recorder_reads_bulletins_and_issues_none(client, torkham):
    kept = issued(client)
    recorder = logged_in(staff("gul", "view_bulletin"))
    assert recorder.get(f"{BULLETINS}{kept.pk}/change/").status_code == 200
    assert recorder.get(NEW).status_code == 403
    assert logged_in(staff("nobody")).get(f"{BULLETINS}{kept.pk}/change/").status_code == 403
