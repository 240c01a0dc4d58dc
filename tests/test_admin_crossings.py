"""The facts of crossings and sources, API keys and drafts in the admin."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from crossings import ledger
from crossings.admin.hours import line_of, read_line
from crossings.domain.keys import hash_of
from crossings.models import ApiKey, Change, Crossing, Current, Draft, Poll, Report, Source, SourceState
from tests.desk import admin_url, fields_of, log, logged_in, staff
from tests.factories import claim, make_crossing, make_source, say

pytestmark = pytest.mark.django_db
ADD = "/admin/crossings/{}/add/"


@pytest.fixture
def chief():
    return staff("chief", superuser=True)


@pytest.fixture
def client(chief):
    return logged_in(chief)


def text(response):
    return response.content.decode()


def send(client, url, **typed):
    return client.post(url, {**fields_of(client.get(url)), **typed}, follow=True)


CHAMAN = {
    "name": "Chaman", "slug": "chaman", "names": "ps: چمن\nur: چمن", "aliases": "Spin Boldak\nFriendship Gate",
    "codes": "AFSBK", "traffic": ["people", "cargo"], "country_a": "af", "place_a": "Spin Boldak",
    "timezone_a": "Asia/Kabul", "country_b": "PK", "place_b": "Chaman", "timezone_b": "Asia/Karachi",
    "latitude": "30.92", "longitude": "66.45", "must_speak": ["b"], "fresh_for": "12", "forget_after": "30",
    "hours": "PK 8:00-17:00 mon-sat cargo to AF except 2026-08-14\nAF 00:00-24:00",
}  # fmt: skip


def test_a_new_crossing_is_announced_and_has_its_place_on_the_board(client):
    done = send(client, ADD.format("crossing"), **CHAMAN)
    assert "was added successfully" in text(done)
    crossing = Crossing.objects.get()
    assert (crossing.names, crossing.codes, crossing.must_speak) == ({"ps": "چمن", "ur": "چمن"}, ["AFSBK"], ["PK"])
    assert (crossing.countries, crossing.aliases) == (("AF", "PK"), ["Spin Boldak", "Friendship Gate"])
    assert (crossing.fresh_for, crossing.forget_after) == (timedelta(hours=12), timedelta(days=30))
    assert line_of(crossing.hours[0]) == "PK 08:00-17:00 mon tue wed thu fri sat cargo to AF except 2026-08-14"
    assert crossing.border().must_speak == ("PK",)
    assert Current.objects.get().crossing == crossing
    assert Change.objects.get().type == "crossing.changed"


def test_an_edit_is_announced_and_moves_the_version_and_one_that_changes_nothing_is_not(client):
    send(client, ADD.format("crossing"), **CHAMAN)
    crossing = Crossing.objects.get()
    before = Current.objects.get().version
    send(client, admin_url(crossing))
    assert (Change.objects.count(), Current.objects.get().version) == (1, before)
    send(client, admin_url(crossing), aliases="Spin Boldak\nWesh")
    assert list(Change.objects.values_list("type", flat=True)) == ["crossing.changed"] * 2
    assert Current.objects.get().version == before + 1
    crossing.refresh_from_db()
    assert crossing.aliases == ["Spin Boldak", "Wesh"]


def test_fewer_lanes_or_another_speaker_derive_the_crossing_anew(client):
    crossing = make_crossing()
    log(client, {"lane_all": "closed", "when": "now"})
    send(client, admin_url(crossing), traffic=["cargo"])
    assert {lane["traffic"] for lane in Current.objects.get().status["lanes"]} == {"cargo"}
    assert ledger.rebuild(check=True, now=timezone.now()) == []


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"slug": "Chaman"}, "slug", "Lower-case letters"),
        ({"slug": "spin boldak"}, "slug", "Enter a valid"),
        ({"names": "چمن"}, "names", "a line names the language and the name"),
        ({"names": "ps: a\nps: b"}, "names", "ps stands here twice"),
        ({"codes": "afrkh"}, "codes", "is a code of Torkham already"),
        ({"traffic": ["boats"]}, "traffic", "not one of the available choices"),
        ({"traffic": []}, "traffic", "required"),
        ({"country_a": "Afghanistan"}, "country_a", "two letters are expected"),
        ({"country_a": "A1"}, "country_a", "two letters are expected"),
        ({"country_a": "PK"}, "country_b", "The two sides are two countries"),
        ({"timezone_b": "Karachi"}, "timezone_b", "Zones are named as in Asia/Kabul"),
        ({"timezone_a": "../etc"}, "timezone_a", "Zones are named as in Asia/Kabul"),
        ({"latitude": "134"}, "latitude", "from -90 to 90"),
        ({"latitude": ""}, "longitude", "both latitude and longitude"),
        ({"fresh_for": "0"}, "fresh_for", "At least"),
        ({"forget_after": "soon"}, "forget_after", "Enter a number"),
        ({"hours": "PK from dawn"}, "hours", "is not understood"),
        ({"hours": "PK 07:00-19:00 mon-sunday"}, "hours", "is not understood"),
        ({"hours": "PK 07:00-19:00 except soon"}, "hours", "is not understood"),
        ({"hours": "IR 07:00-19:00"}, "hours", "One of AF, PK is expected"),
    ],
)
def test_nonsense_about_a_crossing_is_refused_beside_its_field_and_stays_as_typed(client, typed, field, words):
    make_crossing(codes=["AFRKH"])
    page = client.post(ADD.format("crossing"), {**CHAMAN, **typed})
    errors = page.context["adminform"].form.errors
    assert words in " ".join(errors.get(field, [])), errors
    assert fields_of(page)["note" if field == "traffic" else next(iter(typed))] == (
        "" if field == "traffic" else next(iter(typed.values()))
    )
    assert Crossing.objects.count() == 1


def test_the_address_never_changes_nor_do_the_countries_once_something_was_said(client):
    crossing = make_crossing()
    send(client, admin_url(crossing), slug="other", country_a="IR", must_speak=["a"])
    crossing.refresh_from_db()
    assert (crossing.slug, crossing.country_a, crossing.must_speak) == ("torkham", "IR", ["IR"])
    log(client, {"lane_all": "closed", "when": "now"})
    send(client, admin_url(crossing), slug="other", country_a="AF", must_speak=["a"])
    crossing.refresh_from_db()
    assert (crossing.slug, crossing.country_a, crossing.must_speak) == ("torkham", "IR", ["IR"])


def test_the_list_calls_a_crossing_open_only_where_that_is_sure(client):
    make_crossing()
    log(client, {"lane_all": "open", "when": "now"})
    listed = "/admin/crossings/crossing/"
    assert '<td class="field-state">open</td>' in text(client.get(listed))
    make_crossing("chaman")
    now = timezone.now()
    say(make_source("amu"), claim(crossing="chaman", effective_at=now.isoformat()), now=now)
    page = text(client.get(listed))
    assert '<td class="field-state">last reported open</td>' in page and '<td class="field-state">open</td>' in page
    assert len(client.get(listed, {"state": "open"}).context["cl"].result_list) == 2
    assert "Last reported" in page or "last reported" in page


def test_its_page_shows_how_it_stands_with_what_can_be_done(client):
    crossing = make_crossing()
    log(client, {"lane_all": "closed", "when": "now", "declared_by": "PK", "queue_low": "70"})
    page = text(client.get(admin_url(crossing)))
    for words in ("closed by Pakistan", "ore than 70 trucks waiting", "/c/torkham/", "?crossing=torkham"):
        assert words in page


@pytest.mark.parametrize(
    "line",
    ["PK 07:00-19:00", "AF 20:00-04:00 fri", "PK 00:00-24:00 mon tue cargo people to AF except 2026-08-14 2026-12-25"],
)
def test_an_opening_reads_back_as_it_was_written(line):
    assert line_of(read_line(line)) == line


# Sources

FEED = {
    "name": "Broker", "slug": "broker", "public_label": "a customs broker", "kind": "partner", "trusted": "on",
    "active": "on", "address": "https://example.org/feed.json", "format": "partner", "interval": "15",
}  # fmt: skip


def test_a_source_is_made_with_its_address_format_interval_and_trust(client):
    make_crossing()
    done = send(client, ADD.format("source"), **FEED, crossings=[str(Crossing.objects.get().pk)])
    assert "was added successfully" in text(done)
    source = Source.objects.get()
    assert (source.interval, source.trusted, source.format) == (timedelta(minutes=15), True, "partner")
    assert [crossing.slug for crossing in source.crossings.all()] == ["torkham"]


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"address": "http://example.org/feed.json"}, "address", "such as https://example.org/feed.json"),
        ({"address": "ftp://example.org/"}, "address", "such as https://example.org/feed.json"),
        ({"address": "file:drop/partner"}, "address", "from the root"),
        ({"address": "file:/srv/../etc"}, "address", "from the root"),
        ({"format": ""}, "format", "Say in which format"),
        ({"format": "xml"}, "format", "not one of the available choices"),
        ({"address": ""}, "address", "A format needs an address"),
        ({"kind": "authority"}, "country", "An authority speaks for one side"),
        ({"country": "Pakistan"}, "country", "two letters are expected"),
        ({"interval": "0.5"}, "interval", "At least 1 is expected"),
        ({"interval": "often"}, "interval", "Enter a number"),
    ],
)
def test_nonsense_about_a_source_is_refused_beside_its_field(client, typed, field, words):
    page = client.post(ADD.format("source"), {**FEED, **typed})
    errors = page.context["adminform"].form.errors
    assert words in " ".join(errors.get(field, [])), errors
    assert not Source.objects.exists()


def test_how_the_polling_goes_is_read_only_and_survives_an_edit(client):
    source = make_source("broker", address="file:/srv/drop", format="partner")
    at = timezone.now() - timedelta(hours=1)
    SourceState.objects.create(source=source, failing_since=at, failures=4, last_polled_at=at)
    page = client.get(admin_url(source))
    assert "UTC (60 minutes ago), 4 times" in text(page) or "UTC (1 hour ago), 4 times" in text(page)
    send(client, admin_url(source), public_label="a broker", failures="0")
    assert SourceState.objects.get().failures == 4
    failing = client.get("/admin/crossings/source/?polling=failing").context["cl"].result_list
    assert [row.slug for row in failing] == ["broker"]


def test_poll_now_asks_the_worker_out_of_turn(client):
    source = make_source("broker", address="file:/srv/drop", format="partner")
    assert "file:/srv/drop, format partner" in text(client.get(admin_url(source, "poll")))
    assert "Asked for at" in text(client.post(admin_url(source, "poll"), follow=True))
    idle = make_source("idle")
    assert "can be polled" in text(client.post(admin_url(idle, "poll"), follow=True))


def test_a_poll_tells_what_came_of_its_items_those_that_need_somebody_first(client):
    source, now = make_source(), timezone.now()
    items = [{"at": "/reports/0", "outcome": "recorded", "report": 7}, {
        "at": "/reports/1", "outcome": "refused",
        "faults": [{"pointer": "/crossing", "code": "unknown_crossing", "detail": "Not a crossing: <b>atlantis</b>."}],
    }]  # fmt: skip
    poll = Poll.objects.create(source=source, started_at=now, finished_at=now + timedelta(seconds=2), bytes=12_345,
                               counts={"recorded": 2, "refused": 1}, items=items)  # fmt: skip
    page = text(client.get(admin_url(poll)))
    assert page.index("/reports/1") < page.index("/reports/0")
    for words in ("12,345", "2.0 s", "recorded 2, refused 1", "&lt;b&gt;atlantis", "/admin/crossings/report/7/change/"):
        assert words in page


# API keys


def test_a_key_is_shown_once_kept_as_its_hash_and_revoked(client):
    source = make_source()
    made = send(client, ADD.format("apikey"), source=str(source.pk), name="broker's program", expires="")
    row = ApiKey.objects.get()
    key = made.context["key"]
    assert (row.hash, row.source, row.name) == (hash_of(key), source, "broker's program")
    assert key in text(made) and "no-store" in made["Cache-Control"]
    assert key not in text(client.get(admin_url(row))) + text(client.get("/admin/crossings/apikey/"))
    assert key not in str(client.cookies)
    assert row.revoked_at is None
    assert client.get(admin_url(row, "revoke")).status_code == 200 and ApiKey.objects.get().revoked_at is None
    client.post(admin_url(row, "revoke"))
    assert ApiKey.objects.get().revoked_at is not None
    assert "revoked before" in text(client.post(admin_url(row, "revoke"), follow=True))


def test_a_key_needs_a_source_and_a_day_that_is_not_past(client):
    page = send(client, ADD.format("apikey"), expires="2020-01-01")
    assert "This field is required" in text(page) and "This day is past" in text(page)
    assert not ApiKey.objects.exists()


def test_a_key_is_made_with_its_scopes_rate_and_contact_and_shows_them(client):
    page = text(client.get(ADD.format("apikey")))
    assert page.count("checked") == 3 and 'value="3000"' in page
    given = {"scopes": ["report", "webhook"], "rate": "60", "contact": "desk@broker.example"}
    send(client, ADD.format("apikey"), source=str(make_source().pk), **given)
    row = ApiKey.objects.get()
    assert (row.scopes, row.rate, row.contact) == (["report", "webhook"], 60, "desk@broker.example")
    page = text(client.get(admin_url(row)))
    for words in ("push reports and readings, be told of changes by webhooks", "60", "desk@broker.example"):
        assert words in page
    assert "older than seven days" not in page


# Drafts


def held(client, **typed):
    make_crossing()
    make_source("rumour", trusted=False)
    log(client, {"lane_all": "closed", "declared_by": "AF", "when": "now", "source": "rumour", **typed})
    return Draft.objects.get()


def test_a_draft_is_previewed_accepted_once_and_stays_with_its_decision(client, chief):
    draft = held(client)
    waiting = client.get("/admin/crossings/draft/")
    assert [row.pk for row in waiting.context["cl"].result_list] == [draft.pk]
    assert "the source is not trusted" in text(waiting)
    page = client.get(admin_url(draft, "accept"))
    assert {step.kind for step in page.context["shown"].steps} == {"changes"}
    assert not Report.objects.exists()
    done = client.post(admin_url(draft, "accept"), follow=True)
    assert "Accepted" in text(done)
    draft.refresh_from_db()
    assert (draft.decision, draft.decided_by, draft.report) == ("accepted", chief, Report.objects.get())
    assert Current.objects.get().state == "closed"
    assert "was accepted by chief" in text(client.post(admin_url(draft, "accept"), follow=True))
    assert "was decided before" in text(client.post(admin_url(draft, "reject"), {"reason": "no"}, follow=True))
    assert client.get("/admin/crossings/draft/").context["cl"].result_count == 0
    assert client.get("/admin/crossings/draft/?decided=accepted").context["cl"].result_count == 1


def test_a_draft_is_rejected_with_a_reason_and_moves_nothing(client, chief):
    draft = held(client)
    assert "This field is required" in text(client.post(admin_url(draft, "reject"), {"reason": ""}))
    send(client, admin_url(draft, "reject"), reason="nobody else heard it")
    draft.refresh_from_db()
    assert (draft.decision, draft.decided_by, draft.decision_reason) == ("rejected", chief, "nobody else heard it")
    assert not Report.objects.exists() and not Change.objects.exists()


def test_a_draft_of_a_reading_is_told_and_accepted(client):
    draft = held(client, lane_all="", queue_high="6000")
    assert "p to 6,000 trucks" in text(client.get(admin_url(draft)))
    client.post(admin_url(draft, "accept"))
    assert Current.objects.get().queues[0]["high"] == 6000


def test_who_may_log_sees_drafts_and_does_not_decide_on_them(client):
    draft = held(client)
    logger = logged_in(staff("zahra", "add_report"))
    assert logger.get(admin_url(draft)).status_code == 200
    for act in ("accept", "reject"):
        assert logger.post(admin_url(draft, act), {"reason": "x"}).status_code == 403
