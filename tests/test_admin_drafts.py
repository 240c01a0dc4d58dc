"""Drafts at the desk: those that say the same stand together; each is accepted, corrected, merged or rejected once."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crossings import drafts, ledger
from crossings.domain.claims import stamp
from crossings.feeds.base import Entry
from crossings.ledger import Result
from crossings.ledger.entries import hold_entry
from crossings.models import Confirmation, Crossing, Current, Draft, Reading, Report, Source
from tests.desk import admin_url, fields_of, logged_in, staff
from tests.factories import SEED_WEEK, claim, lanes, make_crossing, make_source, reading, say

pytestmark = pytest.mark.django_db
LIST = "/admin/crossings/draft/"


@pytest.fixture
def client() -> Client:
    return logged_in(staff("zahra", "change_draft", "view_draft", "add_report"))


@pytest.fixture
def torkham() -> Crossing:
    return make_crossing()


def text(response: Any) -> str:
    found: str = response.content.decode()
    return found


def ago(**length: float) -> str:
    return stamp((timezone.now() - timedelta(**length)).replace(microsecond=0)) or ""


def row_of(result: Result) -> Draft:
    assert result.draft is not None
    return Draft.objects.get(pk=result.draft)


def held(slug: str = "rumour", **fields: Any) -> Draft:
    """A claim, closed an hour ago where nothing else is given, that waits."""
    source = Source.objects.filter(slug=slug).first() or make_source(slug, trusted=False)
    sent = {"id": f"{slug}-{Draft.objects.count()}", "lanes": lanes("closed"), "effective_at": ago(hours=1), **fields}
    [result] = say(source, reading(**sent) if "measure" in fields else claim(**sent), now=timezone.now())
    return row_of(result)


def send(client: Client, url: str, **typed: Any) -> Any:
    return client.post(url, {**fields_of(client.get(url)), **typed}, follow=True)


# Together


def test_those_that_say_the_same_stand_together_in_the_list_and_name_each_other(torkham, client):
    make_crossing("chaman")
    first, elsewhere, second = held("a"), held("b", crossing="chaman"), held("c")
    page = client.get(LIST)
    assert [row.pk for row in page.context["cl"].result_list] == [second.pk, first.pk, elsewhere.pk]
    assert [[near.pk for near in row.near] for row in page.context["cl"].result_list] == [[first.pk], [second.pk], []]
    assert "secret name of a)" in text(page)


def test_the_page_of_a_draft_shows_beside_it_what_the_board_says_and_what_others_said(torkham, client):
    say(make_source("amu"), claim(lanes=lanes("open"), effective_at=ago(hours=3), note="seen open"), now=timezone.now())
    other, draft = held("other", note="from the road"), held()
    page = client.get(admin_url(draft))
    assert [word.key for word in page.context["words"]] == [f"draft-{other.pk}", f"report-{Report.objects.get().pk}"]
    assert [word.same for word in page.context["words"]] == [True, False]
    for words in ("What the board says now", "from the road", "seen open", "secret name of amu", "Merge with this"):
        assert words in text(page), words


def test_the_list_takes_the_same_queries_for_one_draft_and_for_many(torkham, client, django_assert_num_queries):
    held()
    with CaptureQueriesContext(connection) as few:
        client.get(LIST)
    for n in range(12):
        held(f"s{n}")
    hold_entry(make_source("news"), Entry("1", "T", "Torkham"), now=timezone.now())
    with django_assert_num_queries(len(few)):
        client.get(LIST)


# Accept, merge, reject


def test_what_says_the_same_is_merged_with_one_that_is_accepted(torkham, client):
    draft, same, part = held("a"), held("b"), held("c", lanes=lanes("closed", "cargo"))
    page = client.get(admin_url(draft, "accept"))
    assert f"Draft {same.pk}, secret name of b" in text(page)
    done = client.post(admin_url(draft, "accept"), {"also": [same.pk, part.pk]}, follow=True)
    assert f"Draft {part.pk}: merged with Report" in text(done)
    report = Report.objects.get()
    for each in (same, part):
        each.refresh_from_db()
        assert (each.decision, each.report) == ("merged", report)
    # One hour is when they say it began; only who says it of every lane confirms it.
    assert {row.source.slug for row in Confirmation.objects.all()} == {"b"}
    assert f"Draft {same.pk}" in text(client.get(admin_url(draft)))


def test_a_draft_is_merged_with_a_report_and_confirms_it_where_it_covers_it(torkham, client):
    say(make_source("amu"), claim(lanes=lanes("closed"), effective_at=ago(hours=2)), now=timezone.now())
    report, draft = Report.objects.get(), held()
    url = admin_url(draft, "merge") + f"?with=report-{report.pk}"
    page = client.get(url)
    assert fields_of(page)["into"] == f"report-{report.pk}" and fields_of(page)["confirms"] == "on"
    assert f"merged with Report {report.pk}" in text(client.post(url, fields_of(page), follow=True))
    draft.refresh_from_db()
    assert (draft.decision, draft.report) == ("merged", report)
    assert Confirmation.objects.get().source == draft.source
    assert "Merged" in text(client.get(admin_url(draft)))
    assert LogEntry.objects.get().object_id == str(draft.pk)


def test_a_merge_needs_something_to_be_merged_with(torkham, client):
    make_crossing("chaman")
    say(make_source("amu"), claim(crossing="chaman", effective_at=ago(hours=2)), now=timezone.now())
    draft, other = held(), held("other")
    url = admin_url(draft, "merge")
    assert "Choose one, or give the number" in text(send(client, url))
    assert "Choose one, or give the number" in text(send(client, url, into=f"draft-{other.pk}", report="1"))
    assert "There is no such report" in text(send(client, url, report="999999"))
    assert "They speak of different crossings" in text(send(client, url, report=str(Report.objects.get().pk)))
    assert "not one of the available choices" in text(client.post(url, {"into": "draft-999999"}))
    draft.refresh_from_db()
    assert draft.decision == ""


def test_at_a_sensitive_crossing_a_merge_confirms_nothing_that_loosens(torkham, client):
    long_ago, now = timezone.now() - timedelta(days=70), timezone.now()
    say(make_source("amu"), claim(effective_at=stamp(long_ago)), now=long_ago)
    ledger.settle(now)
    Crossing.objects.update(sensitive=True)
    report, draft = Report.objects.get(), held(lanes=lanes("open"))
    page = send(client, admin_url(draft, "merge"), report=str(report.pk), confirms="on")
    assert "A second person would have to agree: merge it without confirming" in text(page)
    assert not Confirmation.objects.exists()


def test_what_closes_and_opens_at_a_sensitive_crossing_is_corrected_to_its_closing_first(torkham, client):
    stood = [*lanes("open", "cargo"), *lanes("closed", "people", "vehicles")]
    say(make_source("amu"), claim(lanes=stood, effective_at=ago(hours=2)), now=timezone.now())
    Crossing.objects.update(sensitive=True)
    draft = held(lanes=[*lanes("closed", "cargo"), *lanes("open", "people")])
    page = text(client.get(admin_url(draft, "accept"), follow=True))
    assert "what it closes need not wait for the second person whom the rest needs" in page


def test_what_says_the_same_is_rejected_with_it(torkham, client):
    draft, same, other = held("a"), held("b"), held("c")
    send(client, admin_url(draft, "reject"), reason="nobody else heard it", also=[str(same.pk)])
    told = {row.pk: (row.decision, row.decision_reason) for row in Draft.objects.all()}
    assert told[draft.pk] == told[same.pk] == ("rejected", "nobody else heard it")
    assert told[other.pk] == ("", "")


@pytest.mark.parametrize("act", ["accept", "correct", "merge", "reject"])
def test_what_was_decided_is_not_decided_again_and_says_how_it_was(torkham, client, act):
    draft = held()
    drafts.reject(draft, by=staff("omar"), now=timezone.now(), reason="a rumour")
    for page in (client.get(admin_url(draft, act), follow=True), client.post(admin_url(draft, act), {}, follow=True)):
        assert "It was rejected by omar on" in text(page)
    assert "Accept…" not in text(client.get(admin_url(draft)))


@pytest.mark.parametrize("act", ["accept", "correct", "merge", "reject"])
def test_only_who_may_change_drafts_decides(torkham, act):
    draft = held()
    logger = logged_in(staff("logger", "add_report"))
    assert logger.get(admin_url(draft, act)).status_code == 403
    assert logger.post(admin_url(draft, act), {"reason": "x"}).status_code == 403


# Corrected


def correct(client: Client, draft: Draft, **typed: Any) -> Any:
    """The form as it opens, these fields typed, previewed and saved. Its own times are not asked back."""
    url = admin_url(draft, "correct")
    shown = client.post(url, {**fields_of(client.get(url)), **typed, "action": "preview"})
    return client.post(url, {**fields_of(shown), "action": "save"}, follow=True)


def test_the_form_opens_with_all_of_the_claim_and_saved_unchanged_is_that_claim(torkham, client):
    for n, sent in enumerate(SEED_WEEK):
        draft = held(**{**sent, "id": f"w{n}"})
        assert 'name="lane_cargo_PK"' in text(client.get(admin_url(draft, "correct")))
        done = correct(client, draft)
        assert "Accepted as corrected" in text(done), text(done)
        draft.refresh_from_db()
        report = draft.report
        assert report is not None and report.digest == draft.digest
    assert Current.objects.get().state  # derived


def test_a_draft_is_corrected_previewed_and_accepted_and_what_was_sent_stays(torkham, client):
    draft = held(note="all of it", until=ago(hours=-5), precision="exact")
    url = admin_url(draft, "correct")
    typed = {f"lane_{what}_{to}": "" for what in ("people", "vehicles") for to in ("AF", "PK")}
    shown = client.post(url, {**fields_of(client.get(url)), **typed, "note": "goods only", "action": "preview"})
    assert {step.lanes for step in shown.context["shown"].steps if step.kind == "changes"} == {
        "Goods trucks, both ways"
    }
    assert not Report.objects.exists()
    client.post(url, {**fields_of(shown), "action": "save"}, follow=True)
    report = Report.objects.get()
    assert ({lane["traffic"] for lane in report.lanes}, report.note, report.source.slug) == (
        {"cargo"},
        "goods only",
        "rumour",
    )
    draft.refresh_from_db()
    assert (draft.decision, draft.report, draft.content["note"], len(draft.content["lanes"])) == (
        "accepted",
        report,
        "all of it",
        6,
    )
    assert not Source.objects.filter(kind="staff").exists()


def test_a_correction_with_faults_or_changed_after_its_preview_is_not_saved(torkham, client):
    draft = held()
    url = admin_url(draft, "correct")
    form = fields_of(client.get(url))
    faulty = client.post(url, {**form, "note": "call 0093 70 123 4567", "action": "preview"})
    assert "Telephone numbers are not kept" in text(faulty)
    empty = {name: "" for name in form if name.startswith("lane_")}
    assert "at least one lane" in text(client.post(url, {**form, **empty, "queue_low": "5", "action": "preview"}))
    shown = client.post(url, {**form, "action": "preview"})
    page = client.post(url, {**fields_of(shown), "note": "typed later", "action": "save"})
    assert "changed after the preview" in text(page)
    assert not Report.objects.exists()


CONDITIONS = [{"hs": ["01-24"]}, {"goods": ["perishables"], "hours": ["08:00", "24:00"]}]


def test_what_the_form_cannot_hold_is_corrected_as_json_with_its_faults_by_pointer(torkham, client):
    draft = held(lanes=[{"traffic": "cargo", "state": "restricted", "conditions": CONDITIONS}])
    url = admin_url(draft, "correct")
    form = fields_of(client.get(url))
    content = json.loads(form["content"])
    assert content == draft.content
    for wrong, words in (
        ("{", "This is no JSON"),
        ("[]", "One JSON object is expected"),
        ("[" * 100_000, "This is no JSON"),
        (json.dumps({**content, "lanes": [{"traffic": "cargo", "state": "ajar"}]}), "/lanes/0/state Not one of"),
        (json.dumps({**content, "crossing": "Torkam"}), "Did you mean torkham?"),
        (json.dumps({**content, "shade": 1}), "/shade There is no such field"),
    ):
        assert words in text(client.post(url, {**form, "content": wrong})), words
    content["note"] = "looked into"
    shown = client.post(url, {**form, "content": json.dumps(content)})
    assert shown.context["shown"].moves and not Report.objects.exists()
    assert "Accepted as corrected" in text(client.post(url, fields_of(shown), follow=True))
    assert (Report.objects.get().note, Report.objects.get().lanes[0]["conditions"]) == (
        "looked into",
        draft.content["lanes"][0]["conditions"],
    )


@pytest.mark.parametrize(("at", "field"), [("10:20:30", "token"), ("10:20:30.5", "content")])
def test_seconds_are_kept_by_the_form_and_parts_of_one_as_json(torkham, client, at, field):
    draft = held(effective_at=f"2026-03-01T{at}Z")
    assert field in fields_of(client.get(admin_url(draft, "correct")))


def test_json_that_was_changed_after_its_preview_is_previewed_again(torkham, client):
    draft = held(measure="waiting", unit="trucks", low=..., high=6000, lanes=..., effective_at=...)
    url = admin_url(draft, "correct")
    shown = client.post(url, fields_of(client.get(url)))
    content = {**json.loads(fields_of(shown)["content"]), "high": 60}
    again = client.post(url, {**fields_of(shown), "content": json.dumps(content)})
    assert not Reading.objects.exists()
    client.post(url, fields_of(again))
    assert Reading.objects.get().high == 60


# Texts


TEXT = Entry("guid-1", "Gate shut", "Pakistan shut the gate at Torkham. <b>Trucks wait</b>.", "https://example.org/1",
             timezone.now() - timedelta(hours=2))  # fmt: skip


@pytest.fixture
def article(torkham) -> Draft:
    make_crossing("chaman")
    news = make_source("news", kind="press", format="rss", address="https://example.org/rss")
    return row_of(hold_entry(news, TEXT, now=timezone.now()))


def test_a_text_is_shown_as_evidence_with_the_crossings_it_may_speak_of(article, client):
    assert "Gate shut; Pakistan shut" in text(client.get(LIST))
    page = client.get(admin_url(article))
    for words in ("a text: a person reads it", "It speaks of Torkham…", "https://example.org/1", "&lt;b&gt;Trucks"):
        assert words in text(page), words
    assert "Accept…" not in text(page) and "<b>Trucks" not in text(page)
    assert client.get(admin_url(article, "accept")).headers["Location"] == admin_url(article, "correct")


def test_a_person_writes_down_what_a_text_claims(article, client):
    url = admin_url(article, "correct")
    picked = client.get(url)
    assert 'href="?crossing=torkham"' in text(picked) and "Trucks wait" in text(picked)
    assert "Did you mean torkham?" in text(client.get(url, {"crossing": "Torkam"}))
    form = fields_of(client.get(url, {"crossing": "torkham"}))
    assert (form["url"], form["when"], form.get("day")) == ("https://example.org/1", "at", "")
    assert form["said_day"] and form["said_clock"]
    typed = {"lane_all": "closed", "declared_by": "PK", "when": "now", "queue_low": "300", "how_known": "media"}
    shown = client.post(url, {**form, **typed, "action": "preview"})
    assert "What the board will say" in text(shown)
    client.post(url, {**fields_of(shown), "action": "save"}, follow=True)
    report, counted = Report.objects.get(), Reading.objects.get()
    assert (report.source.slug, report.external_id, report.how_known, str(report.recorded_by)) == (
        "news",
        "guid-1",
        "media",
        "zahra",
    )
    article.refresh_from_db()
    assert (article.decision, article.crossing.slug, article.report, article.reading) == (
        "accepted",
        "torkham",
        report,
        counted,
    )
    assert "Gate shut" in text(client.get(admin_url(article)))


def test_a_text_is_merged_with_a_report_by_its_number(article, client):
    say(make_source("amu"), claim(lanes=lanes("closed"), effective_at=ago(hours=4)), now=timezone.now())
    send(client, admin_url(article, "merge"), report=str(Report.objects.get().pk))
    article.refresh_from_db()
    assert (article.decision, article.report) == ("merged", Report.objects.get())


def test_a_link_of_a_text_that_is_none_leads_nowhere(torkham, client):
    news = make_source("news")
    result = hold_entry(news, Entry("x", "T", "t", "javascript:alert(1)"), now=timezone.now())
    page = text(client.get(admin_url(row_of(result))))
    assert 'href="javascript:' not in page
