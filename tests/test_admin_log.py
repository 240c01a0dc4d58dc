"""Staff log what they learned: one form, one claim, previewed before it is saved."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crossings import board, ledger
from crossings.admin.log.entry import Entry
from crossings.domain.claims import claim_from_json, stamp
from crossings.models import Change, Current, Draft, Period, Reading, Report, Source
from tests.desk import LOG, ON_CONDITIONS, WEEK, at, blank, fields_of, log, logged_in, preview, save, staff
from tests.factories import SEED_WEEK, make_crossing, make_source, utc

pytestmark = pytest.mark.django_db
SIX = ["closed", "unknown", "closed", "restricted", "restricted", "unknown"]
KABUL = "Asia/Kabul"


@pytest.fixture
def torkham():
    return make_crossing()


@pytest.fixture
def user():
    return staff("zahra", "add_report", "view_report")


@pytest.fixture
def client(user):
    return logged_in(user)


def now_text(response):
    return response.content.decode()


def test_the_seed_week_logged_by_hand_makes_its_six_periods_and_its_changes(torkham, client, user):
    for typed in WEEK:
        response = log(client, typed)
        assert "Recorded: Report" in now_text(response)
    periods = Period.objects.filter(crossing=torkham).order_by("start")
    assert [period.state for period in periods] == SIX
    reports = list(Report.objects.order_by("pk"))
    friday = utc("2023-02-24 06:00")
    assert {report.recorded_by for report in reports} == {user}
    assert {report.source.slug for report in reports} == {"staff-zahra"}
    shown = board.crossing("torkham", at=friday, now=timezone.now())
    people = next(lane for lane in shown["status"]["lanes"] if lane["traffic"] == "people")
    assert [condition["who"] for condition in people["conditions"]] == [["nationals"], ["family"], ["patients"]]
    assert people["held_by"] == [{"side": "PK", "where": "gate", "by": "authority"}]
    assert "history.corrected" in set(Change.objects.values_list("type", flat=True))
    assert ledger.rebuild(check=True, now=timezone.now()) == []


def test_what_is_typed_is_the_very_claim_that_a_partner_would_push(torkham, client):
    for typed in WEEK:
        log(client, typed)
    for report, pushed in zip(Report.objects.order_by("pk"), SEED_WEEK, strict=True):
        claim = claim_from_json(pushed, torkham.border())
        assert report.lanes == [lane.as_json() for lane in claim.lanes] or sorted(map(str, report.lanes)) == sorted(
            str(lane.as_json()) for lane in claim.lanes
        )
        assert (report.effective_at, report.precision) == (claim.effective_at, claim.precision)
        assert (report.declared_by, report.one_gate) == (claim.declared_by, claim.one_gate)
        assert (report.reason, report.note) == (claim.reason or "", claim.note)


def test_the_preview_says_what_the_board_will_say_marks_what_changes_and_keeps_nothing(torkham, client):
    log(client, {"lane_all": "closed", "when": "now", "declared_by": "AF"})
    before = Report.objects.count(), Period.objects.count(), Change.objects.count(), Current.objects.get().version
    page = preview(client, {"lane_cargo_PK": "restricted", "when": "now", "c0-effect": "allow", "c0-goods": "medicine",
                            "declared_by": "AF"})  # fmt: skip
    text = now_text(page)
    steps = page.context["shown"].steps
    changing = {step.lanes: step.then.words for step in steps if step.kind == "changes"}
    assert list(changing) == ["Goods trucks to Pakistan"]
    assert "closed by Afghanistan" in changing["Goods trucks to Pakistan"]
    assert "except for medicine" in changing["Goods trucks to Pakistan"]
    assert "What the board will say" in text and 'value="save"' in text
    after = Report.objects.count(), Period.objects.count(), Change.objects.count(), Current.objects.get().version
    assert before == after


def test_a_form_sent_twice_is_recorded_once_and_lands_on_the_same_page(torkham, client):
    shown = preview(client, {"lane_all": "closed", "when": "now", "queue_low": "1400", "queue_high": "1400"})
    first, second = save(client, shown), save(client, shown)
    assert (Report.objects.count(), Reading.objects.count()) == (1, 1)
    assert first.redirect_chain == second.redirect_chain
    assert "Recorded: Report" in now_text(first)
    assert "already recorded" in now_text(second)


def test_a_saved_form_gone_back_to_and_changed_is_not_saved_over_but_offered_as_another_update(torkham, client):
    shown = preview(client, {"lane_all": "closed", "when": "now", "note": "first"})
    save(client, shown)
    again = client.post(LOG, {**fields_of(shown), "note": "second thoughts", "action": "preview"})
    assert "was saved before, with other content" in now_text(again)
    assert "second thoughts" in now_text(again)
    assert Report.objects.count() == 1
    page = save(client, client.post(LOG, {**fields_of(again), "action": "preview"}))
    assert "Recorded: Report" in now_text(page)
    assert list(Report.objects.order_by("pk").values_list("note", flat=True)) == ["first", "second thoughts"]


def test_what_changed_after_the_preview_is_previewed_again_and_not_saved_unseen(torkham, client):
    shown = preview(client, {"lane_all": "closed", "when": "now"})
    page = client.post(LOG, {**fields_of(shown), "lane_all": "open", "action": "save"})
    assert "changed after the preview" in now_text(page)
    assert Report.objects.count() == 0
    assert "Recorded: Report" in now_text(save(client, page))


def test_now_means_the_moment_of_the_preview_that_was_read(torkham, client):
    shown = preview(client, {"lane_all": "closed", "when": "now"})
    stamped = fields_of(shown)["now_at"]
    save(client, shown)
    assert stamp(Report.objects.get().effective_at) == stamped.replace("+0000", "Z")


NONSENSE = [
    ({"when": "now"}, "lane_all", "Choose how at least one lane stands"),
    ({"lane_all": "ajar", "when": "now"}, "lane_all", "ajar is not one of the available choices"),
    ({"lane_all": "closed", "when": "at"}, "day", "Give the day, or choose"),
    ({"lane_all": "closed", **at("2023-02-24", "", KABUL)}, "clock", "say below that only the day is known"),
    ({"lane_all": "closed", **at("24th of February", "10:00", KABUL)}, "day", "A day is written 2023-02-24"),
    ({"lane_all": "closed", **at("2023-02-24", "ten", KABUL)}, "clock", "A time of day is written 14:30"),
    ({"lane_all": "closed", **at("0223-02-24", "10:00", KABUL)}, "day", "Our records begin in 1990"),
    ({"lane_all": "closed", **at("2123-02-24", "10:00", KABUL)}, "day", "ahead of our clock"),
    ({"lane_all": "closed", **at("2123-02-24", "", KABUL, precision="day")}, "day", "ahead of our clock"),
    ({"lane_all": "closed", "when": "unsaid"}, "day", "only an announcement may leave this out"),
    ({"lane_all": "closed", **at("2023-02-24", "10:00", KABUL), "until_day": "2023-02-20"}, "until_day",
     "The end lies before the beginning"),
    ({"lane_all": "closed", "when": "now", "until_clock": "10:00"}, "until_day", "Give the day, too"),
    ({"lane_all": "closed", "when": "now", "said_day": "2123-02-20", "said_clock": "10:00"}, "said_day",
     "Nobody can have said it yet"),
    ({"lane_all": "closed", "when": "now", "one_gate": "on"}, "one_gate", "Choose above which side"),
    ({"lane_all": "closed", "when": "now", "note": "call 0093 70 123 4567"}, "note", "Telephone numbers are not kept"),
    ({"lane_all": "closed", "when": "now", "attribution": "Karim +93 70 123 4567"}, "attribution", "Telephone numbers"),
    ({"lane_all": "closed", "when": "now", "url": "amu.tv/1"}, "url", "An address that starts with https://"),
    ({"lane_all": "closed", "when": "now", "source": "nobody"}, "source", "not one of the available choices"),
    ({"lane_all": "closed", "when": "now", "queue_low": "many"}, "queue_low", "Enter a whole number"),
    ({"lane_all": "closed", "when": "now", "queue_low": "-4"}, "queue_low", "from 0 to"),
    ({"when": "now", "queue_low": "10", "queue_high": "5"}, "queue_high", "must not be less than"),
    ({"lane_all": "closed", "when": "now", "queue_low": "10", "visibility": "staff"}, "queue_low", "always public"),
]  # fmt: skip


@pytest.mark.parametrize(("typed", "field", "words"), NONSENSE)
def test_nonsense_is_refused_beside_its_field_and_nothing_typed_is_lost(torkham, client, typed, field, words):
    typed = {"by_name": "the union", "reason": "strike", **typed}
    page = preview(client, typed)
    assert page.status_code == 200
    assert words in " ".join(page.context["form"].errors.get(field, [])), page.context["form"].errors
    assert words.split("“")[0] in now_text(page)
    assert 'value="save"' not in now_text(page)
    kept = fields_of(page)
    wrong_choice = {"source", "lane_all"} & {field}
    for name, value in typed.items():
        assert kept.get(name) == value or name in wrong_choice, name
    assert not Report.objects.exists() and not Draft.objects.exists() and not Reading.objects.exists()


CONDITION_NONSENSE = [
    ({"c0-effect": "deny"}, "traffic", "must say who, what or how many"),
    ({"c0-count": "150", "lane_people_both": "closed"}, "traffic", "None of these lanes is on conditions"),
    ({"c0-who": "patients", "c0-traffic": "cargo"}, "traffic", "None of these lanes is on conditions"),
    ({"c0-text": "ask +93 70 123 4567"}, "text", "Telephone numbers"),
    ({"c0-count": "-1"}, "count", "from 0 to"),
    ({"c0-who": "martians"}, "who", "not one of the available choices"),
]


@pytest.mark.parametrize(("typed", "field", "words"), CONDITION_NONSENSE)
def test_nonsense_in_a_condition_is_refused_in_its_row(torkham, client, typed, field, words):
    base = {"lane_people_both": "restricted", "when": "now", "c0-effect": "allow", "c0-per": "day"}
    page = preview(client, {**base, **typed})
    row = page.context["rows"][0]
    assert words in " ".join(row.errors.get(field, [])), row.errors
    assert len(row.errors[field]) == 1
    assert words in now_text(page)
    assert not Report.objects.exists()


def test_a_day_stands_at_its_noon_and_a_month_at_that_of_its_15th(torkham, client):
    log(client, {"lane_all": "closed", "declared_by": "PK", **at("2023-02-24", "", KABUL, precision="day")})
    log(client, {"lane_all": "closed", "declared_by": "AF", **at("2023-03-02", "", KABUL, precision="month")})
    found = [stamp(report.effective_at) for report in Report.objects.order_by("pk")]
    assert found == ["2023-02-24T07:00:00Z", "2023-03-15T07:30:00Z"]


def test_a_time_that_the_clocks_jumped_over_is_refused(client):
    make_crossing("dorohusk", ("PL", "UA"))
    page = preview(client, {"lane_all": "closed", **at("2023-03-26", "02:30", "Europe/Warsaw")}, "dorohusk")
    assert "no such time in Warsaw" in " ".join(page.context["form"].errors["clock"])


def test_a_day_whose_noon_is_still_to_come_is_asked_for_more_exactly(torkham, client, user):
    morning = utc("2026-06-01 03:00")
    typed = {**blank(client, "torkham"), "lane_all": "closed", **at("2026-06-01", "", KABUL, precision="day")}
    entry = Entry(torkham, user, morning, QueryDict(urlencode(typed)))
    assert not entry.read()
    assert "its noon, which is still to come" in str(entry.form.errors["day"])


def test_all_that_is_wrong_is_told_at_once(torkham, client):
    typed = {"when": "at", "note": "+93 70 123 4567", "url": "amu.tv", "one_gate": "on", "queue_low": "some",
             "lane_people_both": "restricted", "c0-effect": "allow", "c0-text": "or +93 70 123 4567"}  # fmt: skip
    page = preview(client, typed)
    assert {"day", "note", "url", "one_gate", "queue_low"} == set(page.context["form"].errors)
    assert "Telephone numbers" in str(page.context["rows"][0].errors["text"])


def test_an_announcement_without_a_time_moves_no_lane_and_is_told_as_announced(torkham, client):
    page = preview(client, {"lane_all": "open", "basis": "announced", "when": "unsaid", "declared_by": "PK"})
    (told,) = page.context["shown"].announced
    assert "Pakistan" in told and "to open" in told
    save(client, page)
    assert Report.objects.get().effective_at is None
    assert Current.objects.get().state == "unknown"


def test_a_backlog_alone_is_a_reading_and_no_report(torkham, client, user):
    page = log(client, {"when": "now", "queue_low": "1400", "queue_side": "PK", "queue_traffic": "cargo",
                        "queue_unit": "trucks", "queue_method": "counted"})  # fmt: skip
    reading = Reading.objects.get()
    assert (reading.low, reading.high, reading.side, reading.method, reading.recorded_by) == (
        1400,
        None,
        "PK",
        "counted",
        user,
    )
    assert not Report.objects.exists()
    assert "ore than 1,400 trucks waiting" in now_text(page)


def test_what_is_for_staff_only_moves_nothing_public(torkham, client):
    page = preview(client, {"lane_all": "closed", "when": "now", "visibility": "staff"})
    assert any("staff only" in note for note in page.context["shown"].notes)
    save(client, page)
    assert Report.objects.get().visibility == "staff"
    assert not Change.objects.exists() and not Period.objects.exists()


def test_the_word_of_an_untrusted_source_waits_as_a_draft(torkham, client):
    make_source("rumour", trusted=False)
    page = preview(client, {"lane_all": "closed", "when": "now", "source": "rumour"})
    assert any("waits as a draft" in note for note in page.context["shown"].notes)
    first, second = save(client, page), save(client, page)
    assert Draft.objects.count() == 1 and not Report.objects.exists()
    assert "It waits as a draft" in now_text(first)
    assert "already recorded" in now_text(second)


def test_staff_speak_for_themselves_or_pass_on_a_word_but_not_as_a_colleague_nor_as_a_service(torkham, client):
    make_source("staff-omar", kind="staff")
    make_source("cbp", address="https://example.org/", format="cbp")
    make_source("gone", active=False)
    make_source("broker")
    page = client.get(LOG, {"crossing": "torkham"})
    assert [value for value, _ in page.context["form"].fields["source"].choices] == ["own", "broker"]
    assert not Source.objects.filter(slug="staff-zahra").exists()


def test_a_source_that_may_not_speak_of_the_crossing_is_refused_beside_the_source(torkham, client):
    source = make_source("broker")
    source.crossings.add(make_crossing("chaman"))
    page = preview(client, {"lane_all": "closed", "when": "now", "source": "broker"})
    assert "may not speak of this crossing" in " ".join(page.context["form"].errors["source"])


def test_one_more_condition_keeps_all_that_was_typed_and_complains_of_nothing(torkham, client):
    form = {**fields_of(client.get(LOG, {"crossing": "torkham"})), **ON_CONDITIONS, "note": "so far", "action": "more"}
    page = client.post(LOG, form)
    assert len(page.context["rows"]) == 4
    assert "errorlist" not in now_text(page)
    kept = fields_of(page)
    assert (kept["note"], kept["c2-documents"], kept["c1-traffic"]) == ("so far", "permit", "people")


def test_choosing_another_crossing_shows_its_lanes_and_keeps_what_was_typed(torkham, client):
    make_crossing("medyka", ("PL", "UA"), traffic=["vehicles", "cargo"])
    form = {
        **fields_of(client.get(LOG, {"crossing": "torkham"})),
        "note": "wait",
        "crossing": "medyka",
        "action": "save",
    }
    page = client.post(LOG, form)
    assert "now speaks of Medyka" in now_text(page)
    assert fields_of(page)["note"] == "wait"
    assert "lane_people_both" not in fields_of(page)
    assert not Report.objects.exists()


def test_the_crossing_is_found_by_any_name_in_any_script_or_chosen_from_a_list(torkham, client):
    torkham.names = {"ps": "تورخم"}
    torkham.save()
    assert client.get(LOG, {"crossing": "تورخم"}).context["form"]
    [border] = client.get(LOG).context["borders"]
    assert (border.name, border.crossings) == ("Afghanistan – Pakistan", [torkham])
    assert "No crossing is called" in now_text(client.get(LOG, {"crossing": "atlantis"}))


def test_only_staff_who_may_add_reports_may_log(torkham):
    for permissions, status in (((), 403), (("view_report",), 403), (("add_report",), 200)):
        client = logged_in(staff(f"s{len(permissions)}{status}", *permissions))
        assert client.get(LOG, {"crossing": "torkham"}).status_code == status
        assert client.post(LOG, {"crossing": "torkham", "action": "save"}).status_code == status


def test_a_username_that_no_slug_can_hold_still_speaks_for_one_person_only(torkham):
    for name in ("a.b@c", "ab@c", "ab-c"):
        log(logged_in(staff(name, "add_report")), {"lane_all": "closed", "when": "now"})
    assert Source.objects.filter(kind="staff", public_label="our staff").count() == 3


def test_the_form_takes_the_same_queries_whatever_was_said_before(torkham, client, django_assert_num_queries):
    log(client, WEEK[0])
    with CaptureQueriesContext(connection) as queries:
        client.get(LOG, {"crossing": "torkham"})
    spent = len(queries)
    assert spent <= 14
    for typed in WEEK[1:]:
        log(client, typed)
    make_crossing("chaman")
    with django_assert_num_queries(spent):
        client.get(LOG, {"crossing": "torkham"})


def test_all_that_is_marked_is_told_above_the_form_with_the_way_to_it(torkham, client):
    typed = {"lane_all": "closed", "when": "today", "url": "amu.tv", "queue_low": "some",
             "lane_people_both": "restricted", "c0-effect": "allow", "c0-text": "or +93 70 123 4567"}  # fmt: skip
    page = preview(client, typed)
    told = {fault.href: f"{fault.label}: {fault.words}" for fault in page.context["faults"]}
    assert set(told) == {"#id_clock", "#id_url", "#id_queue_low", "#id_c0-text"}
    assert told["#id_c0-text"].startswith("Condition 1, What no word above says: Telephone numbers")
    for href, words in told.items():
        assert f'href="{href}"' in now_text(page) and f'id="{href[1:]}"' in now_text(page), words
    assert "errornote" not in now_text(preview(client, {"lane_all": "closed", "when": "now"}))


def test_when_marked_is_gone_to_though_it_is_a_list_of_radios(torkham, client):
    page = preview(client, {"lane_all": "closed", "when": ""})
    assert [fault.href for fault in page.context["faults"]] == ["#id_when"] and 'id="id_when"' in now_text(page)
