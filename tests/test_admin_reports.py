"""What was said is looked at, confirmed, taken back and redacted in the admin, and never edited."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crossings import ledger
from crossings.domain.claims import stamp
from crossings.models import Change, Confirmation, Current, Reading, Redaction, Report, Retraction
from tests.desk import KABUL, WEEK, admin_url, at, fields_of, log, logged_in, staff
from tests.factories import make_crossing, make_source

pytestmark = pytest.mark.django_db
REPORTS = "/admin/crossings/report/"


@pytest.fixture
def torkham():
    return make_crossing()


@pytest.fixture
def user():
    return staff("zahra", "add_report", "view_report")


@pytest.fixture
def client(user):
    return logged_in(user)


def days_ago(days):
    return (timezone.now() - timedelta(days=days)).date().isoformat()


def text(response):
    return response.content.decode()


def send(client, url, **typed):
    return client.post(url, {**fields_of(client.get(url)), **typed}, follow=True)


def close(client, **typed):
    log(client, {"lane_all": "closed", "declared_by": "AF", "when": "now", **typed})
    return Report.objects.latest("pk")


def test_a_retraction_shows_what_it_will_do_asks_why_and_gives_back_what_stood_before(torkham, client, user):
    log(client, {"lane_all": "open", **at(days_ago(5), "10:00", KABUL)})
    before = Current.objects.get().status
    mistake = close(client)
    page = client.get(admin_url(mistake, "retract"))
    changing = {step.lanes: (step.now.mark, step.then.mark) for step in page.context["shown"].steps}
    assert all(marks[0] == "closed" and marks[1] != "closed" for marks in changing.values())
    assert not Retraction.objects.exists()
    assert (
        "Say why" in text(client.post(admin_url(mistake, "retract"), {"reason": " "}))
        or not Retraction.objects.exists()
    )
    done = send(client, admin_url(mistake, "retract"), reason="heard wrong")
    assert "counts no more" in text(done) and "heard wrong" in text(done)
    taken = Retraction.objects.get()
    assert (taken.report, taken.recorded_by, taken.reason) == (mistake, user, "heard wrong")
    after = Current.objects.get().status
    assert [lane["state"] for lane in after["lanes"]] == [lane["state"] for lane in before["lanes"]]
    assert "report.retracted" in set(Change.objects.values_list("type", flat=True))
    assert ledger.rebuild(check=True, now=timezone.now()) == []


def test_a_retraction_sent_twice_is_one(torkham, client):
    report = close(client)
    send(client, admin_url(report, "retract"), reason="heard wrong")
    again = client.post(admin_url(report, "retract"), {"reason": "heard wrong"}, follow=True)
    assert "It was retracted before" in text(again)
    assert Retraction.objects.count() == 1


def test_the_reason_of_a_retraction_holds_no_telephone_number_and_stays_as_typed(torkham, client):
    report = close(client)
    page = send(client, admin_url(report, "retract"), reason="ask Karim, +93 70 123 4567")
    assert "Telephone numbers are not kept here" in text(page)
    assert "+93 70 123 4567" in text(page)
    assert not Retraction.objects.exists()


def test_a_reading_is_retracted_too(torkham, client, user):
    log(client, {"when": "now", "queue_low": "14000"})
    reading = Reading.objects.get()
    assert Current.objects.get().queues
    send(client, admin_url(reading, "retract"), reason="one nought too many")
    assert Retraction.objects.get().reading == reading
    assert Current.objects.get().queues == []


def test_as_before_confirm_moves_only_how_fresh_it_is(torkham, client, user):
    began, later = days_ago(3), days_ago(1)
    report = close(client, **at(began, "10:00", KABUL), said_day=began, said_clock="10:30")
    before = Current.objects.get()
    changes = Change.objects.count()
    done = send(client, admin_url(report, "confirm"), how_known="was_told", day=later, clock="09:00", zone=KABUL)
    assert "it held still on" in text(done)
    row = Confirmation.objects.get()
    assert (row.recorded_by, row.how_known, row.source.slug) == (user, "was_told", "staff-zahra")
    assert stamp(row.confirmed_at) == f"{later}T04:30:00Z"
    after = Current.objects.get()
    assert after.version > before.version
    keys = ("state", "since", "gates", "conditions", "held_by", "last_known")
    moved = [[(lane["confirmed_at"]) for lane in each.status["lanes"]] for each in (before, after)]
    assert moved[0] != moved[1] and set(moved[1]) == {f"{later}T04:30:00Z"}
    same = [[[lane[key] for key in keys] for lane in each.status["lanes"]] for each in (before, after)]
    assert same[0] == same[1]
    assert set(Change.objects.values_list("type", flat=True)[changes:]) <= {"confidence.changed"}


def test_what_silence_or_a_newer_word_has_overtaken_is_not_confirmed(torkham, client):
    forgotten = close(client, **at(days_ago(200), "10:00", KABUL), said_day=days_ago(200), said_clock="10:30")
    page = client.get(admin_url(forgotten, "confirm"), follow=True)
    assert "no longer rests on it" in text(page)
    assert Confirmation.objects.count() == 0


def test_a_confirmation_sent_twice_counts_once(torkham, client):
    report = close(client, **at(days_ago(5), "10:00", KABUL))
    form = fields_of(client.get(admin_url(report, "confirm")))
    first, second = (client.post(admin_url(report, "confirm"), form, follow=True) for _ in range(2))
    assert "Confirmed: it held still" in text(first)
    assert "already confirmed" in text(second)
    assert Confirmation.objects.count() == 1


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"day": "2126-01-01"}, "ahead of our clock"),
        ({"day": "2020-01-01"}, "had not begun then"),
        ({"day": "yesterday"}, "A day is written"),
        ({"clock": ""}, "This field is required"),
        ({"how_known": "guessed"}, "not one of the available choices"),
    ],
)
def test_a_confirmation_that_cannot_be_is_refused_beside_its_field(torkham, client, typed, words):
    report = close(client, **at(days_ago(5), "10:00", KABUL))
    page = send(client, admin_url(report, "confirm"), **typed)
    assert words in text(page)
    assert not Confirmation.objects.exists()


def test_the_crossing_is_confirmed_by_confirming_what_its_status_rests_on(torkham, client):
    old = close(client, **at(days_ago(9), "10:00", KABUL), declared_by="")
    ruling = close(client, **at(days_ago(5), "10:00", KABUL), declared_by="")
    page = client.get(admin_url(torkham))
    assert "As before, confirm" in text(page)
    send(client, admin_url(torkham, "confirm"))
    assert [row.report for row in Confirmation.objects.all()] == [ruling] != [old]


def test_a_crossing_of_which_nothing_is_known_cannot_be_confirmed(torkham, client):
    assert "As before, confirm" not in text(client.get(admin_url(torkham)))
    assert "Nothing is known of it" in text(client.get(admin_url(torkham, "confirm"), follow=True))


def test_a_retracted_report_cannot_be_confirmed(torkham, client):
    report = close(client)
    send(client, admin_url(report, "retract"), reason="heard wrong")
    assert "cannot be confirmed" in text(client.get(admin_url(report, "confirm"), follow=True))


def test_a_superuser_blanks_free_text_everywhere_and_nobody_else_does(torkham, client):
    report = close(client, note="seen by Karim from his shop", by_name="guards", when="now")
    assert client.get(admin_url(report, "redact")).status_code == 403
    chief = logged_in(staff("chief", superuser=True))
    page = chief.get(admin_url(report, "redact"))
    assert "seen by Karim" in text(page) and "Address:" not in text(page)
    assert "Choose at least one" in text(chief.post(admin_url(report, "redact"), {"reason": "names a person"}))
    done = send(chief, admin_url(report, "redact"), fields_to_blank=["note"], reason="names a person")
    report.refresh_from_db()
    assert (report.note, report.by_name) == ("", "guards")
    row = Redaction.objects.get()
    assert (str(row.recorded_by), row.fields, row.reason) == ("chief", ["note"], "names a person")
    assert "names a person" in text(done)
    assert not any("Karim" in str(entry.change_message) for entry in LogEntry.objects.all())


def test_the_detail_page_tells_who_when_and_why_of_everything(torkham, client, user):
    report = close(client, note="talks go on", attribution="Taliban officials", how_known="media")
    send(client, admin_url(report, "confirm"), how_known="saw_it")
    send(client, admin_url(report, "retract"), reason="heard wrong")
    page = text(client.get(admin_url(report)))
    for words in ("talks go on", "Taliban officials", "media", "zahra", "heard wrong", "saw it", "Afghanistan",
                  report.external_id, "All traffic, both ways: closed", "our staff"):  # fmt: skip
        assert words in page, words


def test_the_list_filters_searches_and_shows_the_newest_first(torkham, client):
    first = close(client, note="about melons")
    second = close(client)
    send(client, admin_url(first, "retract"), reason="heard wrong")
    found = {}
    for query in ("", "?retracted=yes", "?retracted=no", "?q=melons", "?q=torkham", "?q=" + second.external_id,
                  "?basis__exact=announced", f"?crossing__id__exact={torkham.pk}",
                  f"?source__id__exact={first.source_id}"):  # fmt: skip
        found[query] = [row.pk for row in client.get(REPORTS + query).context["cl"].result_list]
    both = [second.pk, first.pk]
    assert list(found.values()) == [both, [first.pk], [second.pk], [first.pk], both, [second.pk], [], both, both]


def test_what_staff_did_stands_among_their_actions(torkham, client, user):
    report = close(client)
    send(client, admin_url(report, "confirm"))
    send(client, admin_url(report, "retract"), reason="heard wrong")
    told = LogEntry.objects.filter(user=user).order_by("pk").values_list("action_flag", "object_repr")
    assert list(told) == [(1, str(report)), (2, str(report)), (2, str(report))]


def test_reports_are_retracted_and_confirmed_only_by_those_who_may_log(torkham, client):
    report = close(client)
    viewer = logged_in(staff("viewer", "view_report"))
    assert viewer.get(admin_url(report)).status_code == 200
    assert "Retract…" not in text(viewer.get(admin_url(report)))
    for act in ("retract", "confirm", "redact"):
        assert viewer.get(admin_url(report, act)).status_code == 403
        assert viewer.post(admin_url(report, act), {"reason": "x"}).status_code == 403


LISTS = ("report", "reading", "crossing", "source", "poll", "draft", "change", "period", "apikey")


def test_each_list_takes_the_same_queries_however_long_it_is(django_assert_num_queries):
    chief = logged_in(staff("chief", superuser=True))
    make_crossing()
    for typed in WEEK[:2]:
        log(chief, {**typed, "queue_low": "5"})
    urls = [f"/admin/crossings/{name}/" for name in LISTS] + ["/admin/crossings/draft/?decided=any"]
    spent = {}
    for url in urls:
        with CaptureQueriesContext(connection) as queries:
            chief.get(url)
        spent[url] = len(queries)
    assert max(spent.values()) <= 11, spent
    make_crossing("chaman")
    make_source("rumour", trusted=False)
    for slug in ("torkham", "chaman"):
        for typed in WEEK[2:4]:
            log(chief, {**typed, "queue_low": "7"}, slug)
            log(chief, {**typed, "queue_low": "7", "source": "rumour"}, slug)
    for url in urls:
        with django_assert_num_queries(spent[url]):
            chief.get(url)
