"""Conflicts and silence as work: each line with its words and its one next action, what presses most first."""

from __future__ import annotations

import zlib
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crossings import bell, proposals
from crossings.admin.speakers import own_source
from crossings.ingest import read_claim
from crossings.ledger import settle
from crossings.matching import Names
from crossings.models import Alarm, Crossing, Draft, Duty, Poll, Proposal, RawBatch, Report, Source, SourceState
from tests.desk import admin_url, logged_in, staff
from tests.factories import claim, lanes, make_crossing, make_source, say

pytestmark = pytest.mark.django_db
WORK = "/admin/crossings/crossing/work/"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def no_broker() -> Any:
    bell.breaker.failed()
    yield
    bell.breaker.closed_until = 0.0


@pytest.fixture
def now() -> datetime:
    return timezone.now()


def member(name: str, role: str, *countries: str) -> Client:
    user = User.objects.create(username=name, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    if countries:
        Duty.objects.create(user=user, countries=list(countries))
    return logged_in(user)


@pytest.fixture
def client() -> Client:
    return member("zahra", "reviewer")


def parts(client: Client) -> dict[str, list[Any]]:
    return {part.title: part.lines for part in client.get(WORK).context["parts"]}


def source(slug: str) -> Source:
    return Source.objects.filter(slug=slug).first() or make_source(slug)


def said(who: str, state: str, at: datetime, slug: str = "torkham", **fields: Any) -> None:
    given = {"id": f"{who}-{slug}-{at:%d%H%M%S}", "crossing": slug, "effective_at": at.isoformat(), **fields}
    say(source(who), claim(lanes=lanes(state), **given), now=min(at, timezone.now()))


def disputed(slug: str, first: str, second: str, now: datetime) -> None:
    """Two sources, both heard now."""
    for who, state, at in (("amu", first, now - 2 * HOUR), ("dawn", second, now - HOUR)):
        say(source(who), claim(id=slug, crossing=slug, lanes=lanes(state), effective_at=at.isoformat()), now=now)


def announced(slug: str, state: str, at: datetime, now: datetime) -> None:
    make_crossing(slug)
    said("amu", "closed" if state == "open" else "open", now - 10 * DAY, slug)
    item = claim(id=f"a-{slug}", crossing=slug, basis="announced", lanes=lanes(state), declared_by="PK",
                 effective_at=at.isoformat(), reported_at=(now - 9 * DAY).isoformat())  # fmt: skip
    say(source("amu"), item, now=now - 9 * DAY)


def test_where_nothing_waits_the_desk_says_so(client: Client, now: datetime) -> None:
    make_crossing()
    said("amu", "closed", now - HOUR)
    assert "Nothing waits for anybody." in client.get(WORK).content.decode()


def test_what_nobody_ever_spoke_of_and_what_is_forgotten_is_work_with_a_count_and_one_next_action(
    client: Client, now: datetime
) -> None:
    make_crossing("a-gate", traffic=["people"])
    for slug in ("b-gate", "c-gate", "heard"):
        make_crossing(slug)
    said("amu", "closed", now - 90 * DAY, "c-gate")
    said("amu", "closed", now - HOUR, "heard")
    settle(timezone.now())
    [(title, lines)] = parts(client).items()
    assert title == "Silent: 3 crossings"
    assert [line.about for line in lines] == ["C Gate", "B Gate", "A Gate"]
    assert "last heard of" in lines[0].words and lines[1].words == "Never heard of"
    assert (lines[0].verb, lines[0].url) == ("Ask, and log what holds", "/admin/crossings/report/log/?crossing=c-gate")
    assert "Nothing waits for anybody." not in client.get(WORK).content.decode()


def test_a_dispute_shows_both_words_and_asks_for_what_holds_and_a_disputed_open_comes_first(
    client: Client, now: datetime
) -> None:
    for slug in ("a-gate", "b-gate"):
        make_crossing(slug)
    disputed("a-gate", "open", "closed", now)
    disputed("b-gate", "closed", "open", now)
    settle(timezone.now())
    [title] = parts(client)
    assert title == "Sources disagree"
    first, second = parts(client)[title]
    states = {
        each.slug: each.current.status["lanes"][0]["state"] for each in Crossing.objects.select_related("current")
    }
    assert (first.about, second.about) == ("B Gate", "A Gate") and states == {"a-gate": "closed", "b-gate": "open"}
    assert "last reported open" in first.words and "label of amu says of all traffic" in first.words
    assert first.words.endswith("closed") and "reported open" in second.words
    assert (first.verb, first.url) == ("Ask, and log what holds", "/admin/crossings/report/log/?crossing=b-gate")
    assert first.pressing


def test_what_nobody_has_spoken_of_lately_is_confirmed_or_logged_the_longest_unheard_first(
    client: Client, now: datetime
) -> None:
    for n, days in enumerate((2, 5, 3)):
        make_crossing(f"gate-{n}")
        said("amu", "closed", now - days * DAY, f"gate-{n}")
    settle(timezone.now())
    lines = parts(client)["Nobody has spoken lately"]
    assert [line.about for line in lines] == ["Gate 1", "Gate 2", "Gate 0"]
    confirm = f"/admin/crossings/crossing/{Crossing.objects.get(slug='gate-1').pk}/confirm/"
    assert lines[0].url == confirm and "last confirmed 5 days ago" in lines[0].words
    assert client.get(confirm).status_code == 200


def test_what_is_half_heard_names_the_side_to_ask(client: Client, now: datetime) -> None:
    make_crossing()
    said("amu", "open", now - HOUR, declared_by="AF", one_gate=True)
    [line] = parts(client)["Half heard: one side has not spoken"]
    assert line.verb == "Ask in Pakistan, and log what they say" and "no word from Pakistan" in line.words
    assert line.url.endswith("?crossing=torkham")


@pytest.mark.parametrize(
    ("state", "due_in", "verb"),
    [
        ("open", -2 * HOUR, "Did it open? Log it"),
        ("closed", -2 * HOUR, "Did it close? Log it"),
        ("restricted", -2 * HOUR, "Did it come about? Log it"),
        ("open", 3 * HOUR, "Ask whether it stands, and log it"),
        ("open", 30 * HOUR, None),
        ("open", -30 * HOUR, "Did it open? Log it"),
        ("open", -5 * DAY, None),
    ],
)
def test_what_was_announced_is_asked_after_when_it_is_due_soon_due_or_lapsed(
    client: Client, now: datetime, state: str, due_in: timedelta, verb: str | None
) -> None:
    announced("torkham", state, now + due_in, now)
    settle(timezone.now())
    lines = parts(client).get("Announced, and due", [])
    assert [line.verb for line in lines] == ([verb] if verb else [])


def test_what_lapsed_is_asked_after_no_more_once_somebody_has_spoken(client: Client, now: datetime) -> None:
    announced("torkham", "open", now - 30 * HOUR, now)
    assert "Announced, and due" in parts(client)
    said("dawn", "closed", now - HOUR)
    assert "Announced, and due" not in parts(client)


def aside(of: Source, now: datetime) -> RawBatch:
    poll = Poll.objects.create(source=of, started_at=now)
    return RawBatch.objects.create(
        poll=poll, source=of, body=zlib.compress(b"{}"), received_at=now, state="dead", attempts=5
    )


def proposal(now: datetime, name: str = "omar") -> Proposal:
    user = User.objects.create(username=name)
    crossing = Crossing.objects.get(slug="torkham")
    return proposals.unmark(crossing, reason="The talks are over.", by=user, now=now)


def test_drafts_proposals_alarms_failing_sources_and_batches_each_lead_to_what_is_done_next(now: datetime) -> None:
    make_crossing(sensitive=True)
    feed, rumour = make_source("feed"), make_source("rumour", trusted=False)
    for n, age in enumerate((HOUR, 3 * DAY)):
        say(rumour, claim(id=str(n), lanes=lanes("closed"), effective_at=(now - age).isoformat()), now=now - age)
    SourceState.objects.create(source=feed, failing_since=now - HOUR, failures=3)
    Alarm.sound("failing", feed, "3 failures in a row", now)
    batch, row = aside(feed, now), proposal(now)
    found = parts(member("ed", "editor"))
    assert list(found) == [
        "Alarms", "Waits for a second person", "Sources that fail", "Batches set aside", "Drafts", "Silent: 1 crossing",
    ]  # fmt: skip
    [alarm], [waits], [fails], [dead], (old, new), _ = found.values()
    assert alarm.url == admin_url(Alarm.objects.get()) and alarm.words.startswith("the source keeps failing")
    assert (waits.url, waits.verb) == (admin_url(row), "Agree or refuse")
    assert "That it be sensitive no more, proposed by omar" in waits.words
    assert fails.url == "/admin/crossings/source/glance/" and "failed 3 times in a row" in fails.words
    assert dead.url == admin_url(batch) and "tried 5 times" in dead.words
    assert (old.pressing, new.pressing) == (True, False) and "3 days ago" in old.words
    assert old.verb == "Review it" and str(Draft.objects.order_by("created_at")[0].pk) in old.url


def test_everybody_sees_what_their_role_sees_and_is_offered_what_it_may_do(now: datetime) -> None:
    make_crossing(sensitive=True)
    say(make_source("rumour", trusted=False), claim(lanes=lanes("closed"), effective_at=now.isoformat()), now=now)
    feed = make_source("feed")
    aside(feed, now)
    Alarm.sound("quiet", feed, "silent", now)
    proposal(now)
    recorder, viewer = member("rec", "recorder"), logged_in(staff("viewer", "view_crossing"))
    found = parts(recorder)
    assert list(found) == ["Alarms", "Waits for a second person", "Drafts", "Silent: 1 crossing"]
    [silent] = found.pop("Silent: 1 crossing")
    assert silent.verb == "Ask, and log what holds"
    assert {line.verb for lines in found.values() for line in lines} == {"Look at it"}
    said("amu", "closed", now - 3 * DAY)
    settle(timezone.now())
    [[line]] = parts(viewer).values()
    assert line.verb == "Look at it" and line.url.endswith("/change/")
    assert logged_in(User.objects.create(username="nobody", is_staff=True)).get(WORK).status_code == 403


def test_who_proposed_something_is_not_asked_to_agree_to_it(now: datetime) -> None:
    crossing = make_crossing(sensitive=True)
    client = member("omar", "reviewer")
    proposals.unmark(crossing, reason="-", by=User.objects.get(username="omar"), now=now)
    [line] = parts(client)["Waits for a second person"]
    assert line.verb == "Look at it"


def test_only_work_of_countries_that_one_looks_after_is_shown(now: datetime) -> None:
    for slug, pair in (("torkham", ("AF", "PK")), ("medyka", ("PL", "UA"))):
        make_crossing(slug, pair, sensitive=True)
        said("amu", "closed", now - 3 * DAY, slug)
        untrusted = make_source(f"rumour-{slug}", trusted=False, countries=[pair[0]])
        say(untrusted, claim(id=slug, crossing=slug, lanes=lanes("open"), effective_at=now.isoformat()), now=now)
        user, report = User.objects.create(username=slug), Report.objects.get(crossing__slug=slug)
        proposals.retract(report, reason="-", by=user, now=now)
        feed = make_source(f"feed-{slug}", countries=[pair[0]])
        SourceState.objects.create(source=feed, failing_since=now, failures=1)
        Alarm.sound("quiet", feed, "silent", now)
        aside(feed, now)
    settle(timezone.now())
    page = member("zahra", "editor", "AF").get(WORK).content.decode()
    assert "Torkham" in page and "feed-torkham" in page
    assert "Medyka" not in page and "medyka" not in page
    front = member("olena", "editor", "UA").get("/admin/").content.decode()
    assert "1 proposal waits" in front and "1 crossing of which nobody" in front
    assert "2 " not in front.partition("What waits for somebody")[2].partition("</section>")[0]


def test_long_lists_are_cut_and_say_how_many_more_there_are(client: Client, now: datetime) -> None:
    for n in range(23):
        make_crossing(f"gate-{n}")
        said("amu", "closed", now - 3 * DAY, f"gate-{n}")
        old = claim(id=f"r{n}", crossing=f"gate-{n}", lanes=lanes("open"), effective_at=now.isoformat())
        say(Source.objects.filter(slug="rumour").first() or make_source("rumour", trusted=False), old, now=now)
    settle(timezone.now())
    page = client.get(WORK)
    assert [(len(part.lines), part.more) for part in page.context["parts"]] == [(20, "and 3 more")] * 2
    assert 'href="/admin/crossings/crossing/?trust=stale">and 3 more' in page.content.decode()


def test_the_desk_takes_the_same_queries_however_much_there_is(client: Client, now: datetime) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as taken:
            assert client.get(WORK).status_code == 200
        return len(taken)

    def some(first: int, last: int) -> None:
        for n in range(first, last):
            slug = f"gate-{n}"
            make_crossing(slug, sensitive=True)
            said("amu", "closed", now - 3 * DAY, slug)
            feed = make_source(f"feed-{n}", trusted=False)
            say(feed, claim(id=slug, crossing=slug, lanes=lanes("open"), effective_at=now.isoformat()), now=now)
            SourceState.objects.create(source=feed, failing_since=now, failures=2)
            Alarm.sound("quiet", feed, "silent", now)
            aside(feed, now)
            omar, _ = User.objects.get_or_create(username="omar")
            opened = claim(id=f"x{n}", crossing=slug, effective_at=(now - HOUR).isoformat())
            own = own_source(omar)
            proposals.record(own, [read_claim(opened, Names.load(), own)], by=omar, now=now, key=slug)
        settle(timezone.now())

    some(0, 2)
    few = queries()
    some(2, 12)
    assert queries() == few < 30
    assert Proposal.objects.count() == 12


def test_the_front_page_leads_to_the_desk_first_and_to_the_round(client: Client) -> None:
    page = client.get("/admin/").content.decode()
    places = [page.index(f'href="{path}"') for path in (WORK, "/admin/crossings/crossing/round/")]
    assert places == sorted(places) and places[0] < page.index('href="/admin/crossings/report/log/"')
    nobody = logged_in(User.objects.create(username="nobody", is_staff=True)).get("/admin/").content.decode()
    assert WORK not in nobody
