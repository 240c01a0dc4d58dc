"""The queue of drafts: in order, one screen each, decided without a detour; whose each is; and who may see which."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crossings import drafts, ledger, proposals, reviewing
from crossings.feeds.base import Entry
from crossings.ledger.entries import hold_entry
from crossings.models import Crossing, Draft, Duty, Proposal, Report
from tests.desk import admin_url, fields_of, logged_in, staff
from tests.factories import claim, lanes, make_crossing, make_source, reading, say
from tests.test_admin_drafts import ago, held, row_of, text

pytestmark = pytest.mark.django_db
REVIEW = "/admin/crossings/draft/review/"
RIGHTS = ("change_draft", "view_draft", "add_report", "view_report")


@pytest.fixture
def torkham() -> Crossing:
    return make_crossing(names={"ps": "تورخم"})


@pytest.fixture
def zahra(torkham: Crossing) -> User:
    return staff("zahra", *RIGHTS)


@pytest.fixture
def client(zahra: User) -> Client:
    return logged_in(zahra)


@pytest.fixture
def omar(torkham: Crossing) -> User:
    return staff("omar", *RIGHTS)


def of(user: User, *countries: str) -> Client:
    Duty.objects.update_or_create(user=user, defaults={"countries": list(countries)})
    return logged_in(User.objects.get(pk=user.pk))


def article(title: str, body: str, number: str = "1") -> Draft:
    news = make_source(f"news{number}", kind="press", format="rss")
    return row_of(
        hold_entry(news, Entry(number, title, body, "https://example.org/1", timezone.now()), now=timezone.now())
    )


def shown(response: Any) -> Draft:
    draft: Draft = response.context["original"]
    return draft


def post(client: Client, draft: Draft, action: str, **more: Any) -> Any:
    page = client.get(REVIEW, {"draft": draft.pk})
    given = {"draft": draft.pk, "action": action, "stood": page.context.get("stood", []), **more}
    return client.post(REVIEW, given, follow=True)


# In order


def test_what_closes_comes_first_and_then_what_has_waited_longest(torkham, client):
    make_crossing("chaman")
    say(make_source(), claim(lanes=lanes("open"), effective_at=ago(hours=3)), now=timezone.now())
    opens = held("a", lanes=lanes("open"))
    closes, later = held("b"), held("c", crossing="chaman", lanes=lanes("open"))
    assert [row.pk for row in reviewing.queue(User.objects.get())] == [closes.pk, opens.pk, later.pk]
    page = client.get(REVIEW)
    assert shown(page).pk == closes.pk and "it closes or restricts" in text(page) and "1 of 3" in text(page)
    following = client.get(REVIEW, {"draft": opens.pk})
    assert (following.context["place"].previous.pk, following.context["place"].following.pk) == (closes.pk, later.pk)


def test_the_screen_shows_the_evidence_what_the_board_says_and_what_accepting_would_change(torkham, client):
    say(make_source("amu"), claim(lanes=lanes("open"), effective_at=ago(hours=3), note="seen open"), now=timezone.now())
    held(note="Torkham gate is shut <b>now</b>")
    page = text(client.get(REVIEW))
    for words in ("<mark>Torkham</mark> gate is shut &lt;b&gt;now", "What the board will say if it is accepted",
                  "changes", "seen open", "secret name of rumour", "the source is not trusted"):  # fmt: skip
        assert words in page, words


def test_an_empty_queue_says_so_and_names_what_others_are_working_on(torkham, client, omar):
    assert "Nothing waits for you" in text(client.get(REVIEW))
    draft = held()
    drafts.take_in_hand(draft, omar, timezone.now())
    page = text(client.get(REVIEW))
    assert "Nothing waits for you" in page and "Somebody else is working on 1 draft" in page


def test_the_screen_takes_the_same_queries_for_a_short_and_for_a_long_queue(
    torkham, client, django_assert_max_num_queries
):
    draft = held()
    client.get(REVIEW, {"draft": draft.pk})
    with CaptureQueriesContext(connection) as few:
        client.get(REVIEW, {"draft": draft.pk})
    make_crossing("chaman")
    for n in range(8):
        held(f"s{n}", crossing="chaman")
    with django_assert_max_num_queries(len(few) + 2):
        client.get(REVIEW, {"draft": draft.pk})


# Decided


def test_what_is_accepted_stands_on_the_board_can_be_undone_and_the_next_comes_at_once(torkham, client):
    make_crossing("chaman")
    draft, following = held("a"), held("b", crossing="chaman")
    done = post(client, draft, "accept")
    report = Report.objects.get()
    assert shown(done).pk == following.pk
    assert "Accepted. The board says it now." in text(done) and admin_url(report, "retract") in text(done)
    assert LogEntry.objects.get().get_change_message() == "Accepted."
    assert "Nothing waits for you" in text(post(client, following, "accept"))


def test_what_is_rejected_needs_a_reason_and_keeps_what_was_typed(torkham, client):
    draft = held()
    assert "This field is required" in text(post(client, draft, "reject"))
    refused = text(post(client, draft, "reject", reason="he said 0093 70 123 4567"))
    assert "Telephone numbers are not kept" in refused and "he said 0093 70 123 4567" in refused
    post(client, draft, "reject", reason="nobody else heard it")
    draft.refresh_from_db()
    assert (draft.decision, draft.decision_reason, str(draft.decided_by)) == (
        "rejected",
        "nobody else heard it",
        "zahra",
    )


def test_who_corrects_or_merges_from_the_queue_comes_back_to_its_next(torkham, client):
    make_crossing("chaman")
    draft, same, following = held("a"), held("b"), held("c", crossing="chaman")
    url = client.get(REVIEW, {"draft": draft.pk}).context["merge"]
    form = fields_of(client.get(url))
    assert form["into"] == f"draft-{same.pk}"
    assert shown(client.post(url, form, follow=True)).pk == same.pk
    url = client.get(REVIEW, {"draft": same.pk}).context["correct"]
    sent = client.get(url).context["send_to"]
    preview = client.post(sent, {**fields_of(client.get(url)), "action": "preview"})
    done = client.post(sent, {**fields_of(preview), "action": "save"}, follow=True)
    assert shown(done).pk == following.pk and "Accepted as corrected" in text(done)


def test_a_board_that_moved_since_the_screen_was_shown_is_looked_at_again_before_accepting(torkham, client):
    draft = held()
    page = client.get(REVIEW, {"draft": draft.pk})
    say(make_source("amu"), claim(lanes=lanes("open"), effective_at=ago(minutes=2)), now=timezone.now())
    again = client.post(REVIEW, {"draft": draft.pk, "action": "accept", "stood": page.context["stood"]})
    assert "something was recorded since you looked" in text(again)
    draft.refresh_from_db()
    assert draft.decision == ""
    client.post(REVIEW, {"draft": draft.pk, "action": "accept", "stood": again.context["stood"]})
    draft.refresh_from_db()
    assert draft.decision == "accepted"


def test_of_two_who_decide_at_once_one_does_and_the_other_is_told_who(torkham, client, omar):
    draft = held()
    client.get(REVIEW, {"draft": draft.pk})
    drafts.reject(draft, by=omar, now=timezone.now(), reason="a rumour")
    told = client.post(REVIEW, {"draft": draft.pk, "action": "accept"}, follow=True)
    assert "It was rejected by omar on" in text(told) and not Report.objects.exists()


def test_what_needs_a_second_person_waits_for_them_and_leaves_the_queue(torkham, client, zahra):
    say(make_source("amu"), claim(lanes=lanes("closed"), effective_at=ago(hours=3)), now=timezone.now())
    Crossing.objects.update(sensitive=True)
    draft = held(lanes=lanes("open"))
    assert "a second person has to agree" in text(client.get(REVIEW))
    done = text(post(client, draft, "accept"))
    assert "It waits for a second person: the board does not say it yet." in done and "Nothing waits for you" in done
    proposal = Proposal.objects.get()
    assert (proposal.draft, proposal.decision) == (draft, "")
    assert "It waits for a second person" in text(client.get(admin_url(draft)))
    proposals.refuse(proposal, by=staff("omar"), now=timezone.now(), reason="not sure")
    assert [row.pk for row in reviewing.queue(zahra)] == [draft.pk]


def test_what_cannot_be_accepted_as_it_stands_says_why(torkham, client):
    draft = held(measure="waiting", unit="trucks", low=..., high=6000, lanes=..., effective_at=...)
    Draft.objects.filter(pk=draft.pk).update(content={**draft.content, "low": 7000})
    page = text(client.get(REVIEW))
    assert "cannot be accepted as it stands" in page and 'value="accept"' not in page


# Texts


def test_a_text_is_shown_with_its_words_marked_and_what_each_would_fill_in(torkham, client):
    draft = article("Gate shut", "Pakistan closed Torkham yesterday. <b>1,400 trucks</b> are waiting.")
    page = client.get(REVIEW)
    for words in ("<mark>Pakistan closed</mark> <mark>Torkham</mark> <mark>yesterday</mark>", "says that it is closed",
                  "All lanes: closed", "because of “Torkham”", "&lt;b&gt;", "which side acted: Pakistan"):  # fmt: skip
        assert words in text(page), words
    form = fields_of(client.get(admin_url(draft, "correct"), {"crossing": "torkham"}))
    assert (form["lane_all"], form["declared_by"], form["queue_low"], form["precision"]) == (
        "closed",
        "PK",
        "1400",
        "day",
    )
    assert form["day"] and form["url"] == "https://example.org/1" and form["note"] == ""


def test_who_may_pass_by_a_text_stands_in_the_rows_of_conditions(torkham, client):
    draft = article("Torkham", "Only patients are allowed at Torkham.")
    form = fields_of(client.get(admin_url(draft, "correct"), {"crossing": "torkham"}))
    assert (form["lane_people_both"], form["c0-who"]) == ("restricted", "patients")


# Whose it is


def test_a_draft_is_in_the_hand_of_who_looks_at_it_and_skipped_by_others_unless_they_take_it_over(
    torkham, client, omar
):
    make_crossing("chaman")
    first, second = held("a"), held("b", crossing="chaman")
    client.get(REVIEW)
    first.refresh_from_db()
    assert str(first.in_hand_of) == "zahra"
    other = logged_in(omar)
    assert shown(other.get(REVIEW)).pk == second.pk
    page = other.get(REVIEW, {"draft": first.pk})
    assert "zahra is working on it" in text(page)
    assert "zahra is working on it" in text(other.get(admin_url(first)))
    assert other.post(REVIEW, {"draft": first.pk, "action": "hold"}).status_code == 409
    other.post(REVIEW, {"draft": first.pk, "action": "over"})
    first.refresh_from_db()
    assert str(first.in_hand_of) == "omar"
    assert client.post(REVIEW, {"draft": first.pk, "action": "leave"}).status_code == 204
    first.refresh_from_db()
    assert str(first.in_hand_of) == "omar"


def test_it_is_let_go_on_leaving_going_on_deciding_and_after_ten_minutes(torkham, client, zahra, omar):
    make_crossing("chaman")
    first, second = held("a"), held("b", crossing="chaman")
    client.get(REVIEW, {"draft": first.pk})
    client.get(REVIEW, {"draft": second.pk})
    first.refresh_from_db()
    assert first.in_hand_of is None
    client.post(REVIEW, {"draft": second.pk, "action": "leave"})
    second.refresh_from_db()
    assert second.in_hand_of is None
    now = timezone.now()
    assert drafts.take_in_hand(first, zahra, now)
    assert not drafts.take_in_hand(first, omar, now + timedelta(minutes=9))
    assert drafts.take_in_hand(first, omar, now + timedelta(minutes=10))
    drafts.reject(first, by=omar, now=now, reason="x")
    assert first.in_hand_of is None
    assert not drafts.take_in_hand(first, zahra, now)


# Who may see which


def test_drafts_outside_of_a_persons_countries_are_not_there(torkham, omar):
    draft = held()
    stranger = of(omar, "UZ")
    assert stranger.get(admin_url(draft)).status_code == 302
    for act in ("accept", "correct", "merge", "reject"):
        assert (
            stranger.get(admin_url(draft, act)).status_code == stranger.post(admin_url(draft, act)).status_code == 404
        )
    assert f"#{draft.pk}" not in text(stranger.get("/admin/crossings/draft/"))
    assert f"#{draft.pk}" not in text(stranger.get("/admin/crossings/draft/", {"q": "torkham"}))
    assert "Nothing waits for you" in text(stranger.get(REVIEW, {"draft": draft.pk}))
    stranger.post(REVIEW, {"draft": draft.pk, "action": "accept"})
    draft.refresh_from_db()
    assert draft.decision == "" and shown(of(omar, "PK").get(REVIEW)).pk == draft.pk


def test_a_text_is_seen_by_who_looks_after_a_crossing_it_may_speak_of_and_by_who_has_all(torkham, client, omar):
    make_crossing("hairatan", ("AF", "UZ"))
    speaks, silent = article("Torkham shut", "-"), article("Elsewhere", "-", "2")
    assert [row.pk for row in reviewing.queue(User.objects.get(username="zahra"))] == [speaks.pk, silent.pk]
    theirs = of(omar, "PK")
    assert [row.pk for row in reviewing.queue(User.objects.get(username="omar"))] == [speaks.pk]
    assert theirs.get(admin_url(silent)).status_code == 302 and theirs.get(admin_url(speaks)).status_code == 200
    of(omar, "UZ")
    assert reviewing.queue(User.objects.get(username="omar")) == []


def test_a_draft_is_not_accepted_for_a_crossing_outside_of_ones_countries(torkham, omar):
    make_crossing("hairatan", ("AF", "UZ"))
    client = of(omar, "PK")
    speaks = article("Torkham shut", "-")
    url = admin_url(speaks, "correct")
    assert "No crossing is called" in text(client.get(url, {"crossing": "hairatan"}))
    count = held(measure="waiting", unit="trucks", low=..., high=6000, lanes=..., effective_at=...)
    content = {**reading(high=60, low=None, crossing="hairatan", side="UZ")}
    page = client.post(admin_url(count, "correct"), {"content": json.dumps(content)})
    assert "No crossing is called" in text(page)


def test_only_who_may_change_drafts_comes_to_the_queue(torkham):
    draft = held()
    logger = logged_in(staff("logger", "view_draft", "add_report"))
    assert logger.get(REVIEW).status_code == 403
    assert logger.post(REVIEW, {"draft": draft.pk, "action": "accept"}).status_code == 403
    assert "Review one after the other" not in text(logger.get("/admin/crossings/draft/"))


@pytest.mark.parametrize("given", [{}, {"draft": "x"}, {"draft": "²"}, {"draft": "9" * 30}, {"draft": "-1"}])
def test_nonsense_leads_to_the_first_of_the_queue(torkham, client, given):
    draft = held()
    assert shown(client.get(REVIEW, given, follow=True)).pk == draft.pk
    for action in ("accept", "reject", "over", "leave", "hold", "", "x"):
        assert client.post(REVIEW, {**given, "action": action}).status_code in (204, 302)
    draft.refresh_from_db()
    assert draft.decision == ""


def test_what_was_accepted_last_can_be_undone_by_its_key_also_after_another_draft_was_looked_at(torkham, client, omar):
    make_crossing("chaman")
    first, second = held("a"), held("b", crossing="chaman")
    post(client, first, "accept")
    client.get(REVIEW, {"draft": second.pk})
    page = text(client.get(REVIEW, {"draft": second.pk}))
    first.refresh_from_db()
    undo = f'href="{admin_url(first.report, "retract")}" data-key="u"'
    assert undo in page and f"Undo {first}" in page
    assert undo not in text(of(omar).get(REVIEW, {"draft": second.pk})), "it is of who accepted it"
    assert first.report is not None
    ledger.retract(first.report, reason="mistaken", now=timezone.now())
    assert undo not in text(client.get(REVIEW, {"draft": second.pk}))


def test_a_report_of_another_side_says_not_the_same_and_into_a_retracted_one_nothing_is_merged(torkham, client):
    now, source = timezone.now(), make_source("amu")
    for side in ("AF", "PK"):
        say(source, claim(id=side, declared_by=side, lanes=lanes("closed"), effective_at=ago(hours=1)), now=now)
    theirs, ours = Report.objects.get(external_id="AF"), Report.objects.get(external_id="PK")
    draft = held("d", declared_by="PK", effective_at=ago(hours=1))
    same = {word.key: word.same for word in client.get(REVIEW, {"draft": draft.pk}).context["words"]}
    assert same == {f"report-{ours.pk}": True, f"report-{theirs.pk}": False}
    ledger.retract(ours, reason="mistaken", now=now)
    page = client.get(REVIEW, {"draft": draft.pk})
    assert [(word.same, word.marks, word.holds) for word in page.context["words"]] == [
        (False, [], True), (False, ["retracted"], False),
    ]  # fmt: skip
    assert f"with=report-{ours.pk}" not in text(page) and f"with=report-{theirs.pk}" in text(page)
    merging = client.get(admin_url(draft, "merge"))
    assert [key for key, _ in merging.context["form"].fields["into"].choices] == [f"report-{theirs.pk}"]
