"""A second person at sensitive crossings: to loosen and to redact, never to close."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.utils import timezone

from crossings import bell, proposals
from crossings.admin.speakers import own_source
from crossings.ingest import read_claim
from crossings.matching import Names
from crossings.models import Crossing, Current, Draft, Duty, Proposal, Report
from tests.desk import admin_url, fields_of, log, logged_in, staff
from tests.factories import claim, lanes, make_crossing, make_source, say

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
LIST = "/admin/crossings/proposal/"
PHONE = "+92 300 1234567"


@pytest.fixture(autouse=True)
def no_broker() -> Any:
    bell.breaker.failed()
    yield
    bell.breaker.closed_until = 0.0


def member(name: str, role: str, *countries: str) -> User:
    user = User.objects.create(username=name, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    if countries:
        Duty.objects.create(user=user, countries=list(countries))
    return user


@pytest.fixture
def torkham() -> Crossing:
    """Sensitive, and closed for three hours."""
    crossing = make_crossing(sensitive=True)
    at = timezone.now() - 3 * HOUR
    say(make_source("amu"), claim(id="1", lanes=lanes("closed"), effective_at=at.isoformat(), note="by decree"), now=at)
    return crossing


@pytest.fixture
def zahra() -> User:
    return member("zahra", "recorder", "AF")


@pytest.fixture
def omar() -> User:
    return member("omar", "reviewer", "PK")


def propose(user: User, state: str = "open", key: str = "form-1", ago: timedelta = HOUR) -> proposals.Done:
    """An update as the log form sends it."""
    source, now = own_source(user), timezone.now()
    said = claim(id=key, lanes=lanes(state), effective_at=(now - ago).isoformat())
    item = read_claim(said, Names.load(), source)
    return proposals.record(source, [item], by=user, now=now, key=key, how_known="was_told")


def state() -> str:
    return str(Current.objects.get(crossing__slug="torkham").status["state"])


def text(response: Any) -> str:
    found: str = response.content.decode()
    return found


def agree(client: Client, row: Proposal) -> Any:
    """[Agree] on the page as it is shown now."""
    return client.post(admin_url(row, "agree"), seen_on(client, row), follow=True)


def seen_on(client: Client, row: Proposal) -> dict[str, str]:
    return {"seen": client.get(admin_url(row)).context["seen"]}


def test_what_loosens_waits_and_the_board_does_not_say_it_until_a_second_person_agrees(
    torkham: Crossing, zahra: User, omar: User
) -> None:
    done = propose(zahra)
    [row] = done.proposals
    assert (done.results, state()) == ([], "closed")
    assert "closed" in text(Client().get("/c/torkham/")) and row.kind == "update"
    reviewer = logged_in(omar)
    page = text(reviewer.get(admin_url(row)))
    for words in ("All traffic, both ways: open", "zahra", "was told", "What the board will say afterwards", "Agree"):
        assert words in page
    done_page = agree(reviewer, row)
    assert "Agreed, and done." in text(done_page) and state() == "open"
    row.refresh_from_db()
    assert (row.decision, row.decided_by) == ("agreed", omar)
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id, entry.change_message) == (omar, str(row.pk), "Agreed.")


def test_it_is_recorded_in_the_name_of_whoever_proposed_it_as_of_when_they_said_it(
    torkham: Crossing, zahra: User, omar: User
) -> None:
    [row] = propose(zahra).proposals
    Proposal.objects.filter(pk=row.pk).update(proposed_at=row.proposed_at - HOUR)
    agree(logged_in(omar), row)
    report = Report.objects.get(source=own_source(zahra))
    assert (report.recorded_by, report.how_known) == (zahra, "was_told")
    assert report.reported_at == row.proposed_at and report.recorded_at > row.proposed_at


def test_whoever_proposed_it_cannot_agree_but_may_withdraw_it(torkham: Crossing, omar: User) -> None:
    [row] = propose(omar).proposals
    client = logged_in(omar)
    page = text(client.get(admin_url(row)))
    assert "You proposed it: a second person has to agree." in page and "Agree: do it" not in page
    assert "a second person has to" in text(client.post(admin_url(row, "agree"), seen_on(client, row), follow=True))
    assert state() == "closed"
    client.post(admin_url(row, "refuse"), {"reason": "I misheard."})
    row.refresh_from_db()
    assert (row.decision, row.decision_reason, state()) == ("withdrawn", "I misheard.", "closed")


def test_a_recorder_sees_what_waits_withdraws_their_own_and_decides_nothing(
    torkham: Crossing, zahra: User, omar: User
) -> None:
    [own], [other] = propose(zahra).proposals, propose(omar, key="form-2").proposals
    client = logged_in(zahra)
    assert client.get(LIST).status_code == 200
    assert "Agree: do it" not in text(client.get(admin_url(other)))
    assert client.post(admin_url(other, "agree"), {"seen": ""}).status_code == 403
    assert client.post(admin_url(other, "refuse"), {"reason": "No."}).status_code == 403
    assert client.post(admin_url(own, "refuse"), {"reason": "No."}).status_code == 302
    assert list(Proposal.objects.order_by("pk").values_list("decision", flat=True)) == ["withdrawn", ""]


def test_for_a_reviewer_of_other_countries_it_is_not_there(torkham: Crossing, zahra: User) -> None:
    [row] = propose(zahra).proposals
    client = logged_in(member("olena", "reviewer", "UA"))
    assert client.get(admin_url(row)).status_code == 404
    assert client.post(admin_url(row, "agree"), {"seen": ""}).status_code == 404
    assert client.post(admin_url(row, "refuse"), {"reason": "No."}).status_code == 404
    assert not client.get(LIST).context["cl"].result_list


def test_closing_needs_nobody(torkham: Crossing, zahra: User) -> None:
    assert propose(zahra, "closed").proposals == []


def test_what_time_alone_loosened_holds_no_closing_up(zahra: User) -> None:
    make_crossing(sensitive=True)
    now = timezone.now()
    ended = claim(
        id="2", lanes=lanes("closed"), effective_at=(now - 2 * HOUR).isoformat(), until=(now - HOUR).isoformat()
    )
    say(make_source("decree"), ended, now=now - 2 * HOUR)
    assert state() == "closed"  # the worker has not been there yet
    source = own_source(zahra)
    said = claim(id="x", lanes=lanes("closed", "cargo"), effective_at=(now - HOUR / 2).isoformat())
    done = proposals.record(source, [read_claim(said, Names.load(), source)], by=zahra, now=now, key="x")
    assert done.proposals == [] and len(done.results) == 1


def test_one_act_on_many_crossings_records_all_and_proposes_where_it_must(torkham: Crossing, zahra: User) -> None:
    make_crossing("chaman")
    source, now = own_source(zahra), timezone.now()
    items = [
        read_claim(claim(id=f"a:{slug}", crossing=slug, effective_at=now.isoformat()), Names.load(), source)
        for slug in ("torkham", "chaman")
    ]
    for _ in range(2):
        done = proposals.record(source, items, by=zahra, now=now, key="a")
        assert [row.crossing.slug for row in done.proposals] == ["torkham"]
    assert Report.objects.filter(crossing__slug="chaman").count() == 1 and Proposal.objects.count() == 1


def test_a_retraction_that_loosens_waits_and_one_that_does_not_is_done(
    torkham: Crossing, zahra: User, omar: User
) -> None:
    report = torkham.reports.get()
    done = proposals.retract(report, reason="It was Chaman.", by=zahra, now=timezone.now())
    assert done is not None and [row.kind for row in done.proposals] == ["retraction"]
    assert state() == "closed" and not hasattr(Report.objects.get(), "retraction")
    [row] = done.proposals
    assert "Takes back: All traffic, both ways: closed" in text(logged_in(omar).get(admin_url(row)))
    agree(logged_in(omar), row)
    assert state() == "unknown"
    propose(zahra, "closed", "form-2")
    later = propose(omar, "closed", "form-3", HOUR / 2)
    assert later.proposals == []
    newest = Report.objects.order_by("-pk")[0]
    undone = proposals.retract(newest, reason="Twice.", by=omar, now=timezone.now())
    assert undone is not None and undone.proposals == [] and state() == "closed"


def test_a_redaction_waits_and_shows_the_words_it_blanks(torkham: Crossing, omar: User) -> None:
    editor = member("ed", "editor")
    row = proposals.redact(torkham.reports.get(), ["note"], reason="Names a person.", by=editor, now=timezone.now())
    assert row is not None and Report.objects.get().note == "by decree"
    assert "Note: by decree" in text(logged_in(omar).get(admin_url(row)))
    assert "Agreed, and done." in text(agree(logged_in(omar), row))
    assert Report.objects.get().note != "by decree"


def test_refusal_leaves_everything_and_says_why(torkham: Crossing, zahra: User, omar: User) -> None:
    [row] = propose(zahra).proposals
    client = logged_in(omar)
    for reason, words in (("", "required"), (PHONE, "Telephone numbers")):
        page = text(client.post(admin_url(row, "refuse"), {"reason": reason}))
        assert words in page and reason in page
    client.post(admin_url(row, "refuse"), {"reason": "Nobody else heard of it."})
    row.refresh_from_db()
    assert (row.decision, row.decision_reason) == ("refused", "Nobody else heard of it.")
    assert state() == "closed" and Report.objects.count() == 1
    assert "Agree: do it" not in text(client.get(admin_url(row)))
    assert "It was decided before" in text(client.post(admin_url(row, "agree"), {"seen": ""}, follow=True))
    assert [each.change_message for each in LogEntry.objects.all()] == ["Refused."]


def test_the_form_that_was_refused_proposes_nothing_when_it_comes_again(
    torkham: Crossing, zahra: User, omar: User
) -> None:
    [row] = propose(zahra).proposals
    proposals.refuse(row, by=omar, now=timezone.now(), reason="No.")
    [again] = propose(zahra).proposals
    assert again == row and Proposal.objects.count() == 1


def test_what_was_reported_meanwhile_is_shown_before_anybody_agrees(torkham: Crossing, zahra: User, omar: User) -> None:
    [row] = propose(zahra).proposals
    client = logged_in(omar)
    page_before = seen_on(client, row)
    now = timezone.now()
    say(make_source("dawn"), claim(id="9", lanes=lanes("closed"), effective_at=now.isoformat()), now=now)
    answer = text(client.post(admin_url(row, "agree"), page_before, follow=True))
    assert "Something was reported meanwhile: nothing was done" in answer and state() == "closed"
    row.refresh_from_db()
    assert row.decision == ""
    assert "Agreed, and done." in text(agree(client, row))


def test_what_it_speaks_of_may_be_gone_and_the_page_says_so(torkham: Crossing, zahra: User, omar: User) -> None:
    report = torkham.reports.get()
    row = Proposal.objects.create(
        kind="confirmation", crossing=torkham, source=own_source(zahra), key="k", proposed_by=zahra,
        proposed_at=timezone.now(), content={"reports": [report.pk], "at": timezone.now().isoformat()},
    )  # fmt: skip
    client = logged_in(omar)
    assert "Still so at" in text(client.get(admin_url(row)))
    Crossing.objects.update(sensitive=False)
    proposals.retract(report, reason="Wrong.", by=zahra, now=timezone.now())
    page = text(client.get(admin_url(row)))
    assert "It cannot be done any more" in page and "Agree: do it" not in page
    assert "taken back meanwhile" in text(client.post(admin_url(row, "agree"), seen_on(client, row), follow=True))


def test_a_draft_that_loosens_waits_for_a_second_person_too(torkham: Crossing, omar: User) -> None:
    rumour, now = make_source("rumour", trusted=False), timezone.now()
    say(rumour, claim(id="r", effective_at=(now - HOUR).isoformat()), now=now)
    row = proposals.accept(Draft.objects.get(), by=omar, now=now)
    assert isinstance(row, Proposal) and state() == "closed"
    other = logged_in(member("ed", "reviewer"))
    assert "All traffic, both ways: open" in text(other.get(admin_url(row)))
    agree(other, row)
    assert (state(), Draft.objects.get().decision) == ("open", "accepted")


def test_what_a_correction_closes_is_recorded_before_a_second_person_agrees_to_the_rest(torkham: Crossing) -> None:
    Crossing.objects.update(sensitive=False)
    client = logged_in(staff("dina", "add_report", "view_report", "view_proposal"))
    log(client, {"lane_cargo_both": "open", "lane_people_both": "closed", "declared_by": "", "when": "now"})
    Crossing.objects.update(sensitive=True)
    wrong = Report.objects.latest("pk")
    url = admin_url(wrong, "correct")
    sent = {**fields_of(client.get(url)), "because-reason": "heard wrong", "action": "preview"}
    for name, said in (("cargo", "closed"), ("people", "open")):
        sent |= {f"lane_{name}_{side}": said for side in ("AF", "PK")}
    shown = client.post(url, sent)
    page = text(client.post(url, {**fields_of(shown), "action": "save"}, follow=True))
    assert "What it closes is recorded. The rest waits for a second person" in page
    stands = {lane["traffic"]: lane["state"] for lane in Current.objects.get(crossing=torkham).status["lanes"]}
    assert (stands["cargo"], stands["people"]) == ("closed", "closed")
    recorded = Report.objects.latest("pk")
    assert recorded != wrong and not hasattr(wrong, "retraction")
    assert LogEntry.objects.filter(object_id=str(recorded.pk), action_flag=ADDITION).exists()


def test_a_crossing_is_sensitive_no_more_once_two_persons_said_so(torkham: Crossing, omar: User) -> None:
    editor = logged_in(member("ed", "editor"))
    assert "No longer sensitive" in text(editor.get(admin_url(torkham)))
    assert "required" in text(editor.post(admin_url(torkham, "unmark"), {"reason": ""}))
    page = text(editor.post(admin_url(torkham, "unmark"), {"reason": "The talks are over."}, follow=True))
    assert "the crossing stays sensitive until then" in page
    torkham.refresh_from_db()
    assert torkham.sensitive
    agree(logged_in(omar), Proposal.objects.get())
    torkham.refresh_from_db()
    assert not torkham.sensitive
    assert "not marked as sensitive" in text(editor.get(admin_url(torkham, "unmark"), follow=True))
    assert logged_in(omar).get(admin_url(torkham, "unmark")).status_code == 403


def test_what_waits_comes_first_and_what_was_decided_is_found_by_its_decision(
    torkham: Crossing, zahra: User, omar: User
) -> None:
    [one], [two] = propose(zahra).proposals, propose(zahra, key="form-2").proposals
    proposals.refuse(one, by=omar, now=timezone.now(), reason="No.")
    client = logged_in(omar)
    assert list(client.get(LIST).context["cl"].result_list) == [two]
    assert list(client.get(LIST, {"decided": "refused"}).context["cl"].result_list) == [one]
    assert len(client.get(LIST, {"decided": "any"}).context["cl"].result_list) == 2


def test_nobody_adds_edits_or_deletes_a_proposal_by_hand(torkham: Crossing, zahra: User) -> None:
    [row] = propose(zahra).proposals
    chief = logged_in(staff("chief", superuser=True))
    assert chief.get(f"{LIST}add/").status_code == 403
    assert chief.post(admin_url(row), {"decision": "agreed", "_save": "1"}).status_code == 403
    assert chief.post(admin_url(row, "delete"), {"post": "yes"}).status_code == 403
    assert logged_in(User.objects.create(username="n", is_staff=True)).get(admin_url(row)).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_two_persons_who_agree_at_once_do_it_once() -> None:
    make_crossing(sensitive=True)
    now = timezone.now()
    say(make_source("amu"), claim(id="1", lanes=lanes("closed"), effective_at=(now - HOUR).isoformat()), now=now)
    [row] = propose(User.objects.create(username="zahra")).proposals
    people = [User.objects.create(username=f"second-{n}") for n in range(4)]
    start = threading.Barrier(len(people))

    def agreed(person: User) -> bool:
        try:
            start.wait(10)
            proposals.agree(Proposal.objects.get(pk=row.pk), by=person, now=timezone.now())
        except proposals.NotNow:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(len(people)) as pool:
        assert sorted(pool.map(agreed, people)) == [False, False, False, True]
    assert Report.objects.count() == 2
    assert state() == "open"
