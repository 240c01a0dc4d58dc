"""The round: one tap for each crossing that is as before, whatever becomes of the connection."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crossings import bell, ledger
from crossings.admin.speakers import own_source
from crossings.models import Confirmation, Crossing, Current, Duty, Proposal, Round
from tests.desk import logged_in
from tests.factories import claim, lanes, make_crossing, make_source, say

pytestmark = pytest.mark.django_db
ROUND = "/admin/crossings/crossing/round/"
MINE = "/admin/crossings/crossing/round/mine/"
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def no_broker() -> Any:
    bell.breaker.failed()
    yield
    bell.breaker.closed_until = 0.0


def member(name: str = "zahra", role: str = "recorder", *countries: str) -> User:
    user = User.objects.create(username=name, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    if countries:
        Duty.objects.create(user=user, countries=list(countries))
    return user


@pytest.fixture
def zahra() -> User:
    return member()


@pytest.fixture
def client(zahra: User) -> Client:
    return logged_in(zahra)


def known(slug: str = "torkham", state: str = "closed", ago: timedelta = 2 * HOUR, **fields: Any) -> Crossing:
    """A crossing of which something was said a while ago."""
    crossing = make_crossing(slug, **fields)
    source = make_source(f"of-{slug}")
    at = timezone.now() - ago
    say(source, claim(id="1", crossing=slug, lanes=lanes(state), effective_at=at.isoformat()), now=at)
    return crossing


def begin(client: Client) -> Any:
    return client.post(ROUND, {"begin": "1"}, follow=True)


def button(client: Client, slug: str = "torkham") -> str:
    """What the button of this crossing sends."""
    [stop] = [each for each in client.get(ROUND).context["left"] if each.crossing.slug == slug]
    return f"{slug}:{stop.seen}"


def tap(client: Client, value: str, how: str = "was_told", **more: Any) -> Any:
    return client.post(ROUND, {"tap": value, "how": how, **more})


def send(client: Client, value: str, at: datetime, how: str = "was_told") -> Any:
    """A tap as the page's own program sends it."""
    return client.post(ROUND, {"tap": value, "how": how, "at": at.isoformat()}, headers={"Accept": "application/json"})


def text(response: Any) -> str:
    found: str = response.content.decode()
    return found


def test_one_tap_says_that_it_is_as_before_and_how_that_is_known(client: Client, zahra: User) -> None:
    known()
    begin(client)
    before = timezone.now()
    answer = tap(client, button(client))
    made = Confirmation.objects.get()
    assert answer.status_code == 302
    assert (made.how_known, made.recorded_by, made.source) == ("was_told", zahra, own_source(zahra))
    assert before <= made.confirmed_at <= timezone.now()
    page = client.get(ROUND)
    assert "1 of 1" in text(page) and "As before: confirmed." in text(page)
    assert not page.context["left"] and "All are done." in text(page)
    assert LogEntry.objects.get().object_repr == "Torkham"


def test_without_javascript_the_page_goes_on_at_the_next_that_is_left(client: Client) -> None:
    for slug in ("a", "b", "c"):
        known(slug)
    begin(client)
    assert tap(client, button(client, "b"))["Location"] == f"{ROUND}#c-c"
    assert tap(client, button(client, "c"))["Location"] == f"{ROUND}#c-a"
    assert tap(client, button(client, "a"))["Location"] == ROUND


def test_how_it_is_known_stays_chosen_until_it_is_changed(client: Client) -> None:
    for slug in ("a", "b"):
        known(slug)
    begin(client)
    assert "checked" not in text(client.get(ROUND))
    tap(client, button(client, "a"), "media")
    assert 'value="media" required checked' in text(client.get(ROUND))
    tap(client, button(client, "b"), "saw_it")
    assert list(Confirmation.objects.order_by("pk").values_list("how_known", flat=True)) == ["media", "saw_it"]


@pytest.mark.parametrize("how", ["", "guessed", "official_paper"])
def test_a_tap_that_does_not_say_how_it_is_known_is_asked_back(client: Client, how: str) -> None:
    known()
    begin(client)
    answer = tap(client, button(client), how)
    assert "why=how" in answer["Location"] and not Confirmation.objects.exists()
    assert "Choose above how you know" in text(client.get(answer["Location"].partition("#")[0]))


def test_the_moment_of_the_tap_counts_and_the_same_tap_sent_again_is_one_confirmation(client: Client) -> None:
    known()
    begin(client)
    value, at = button(client), timezone.now() - 25 * timedelta(minutes=1)
    for _ in range(2):
        told = send(client, value, at).json()
        assert told["outcome"] == "done" and "As before: confirmed." in told["row"]
    assert Confirmation.objects.get().confirmed_at == at
    status = Current.objects.get().status
    assert datetime.fromisoformat(status["confirmed_at"]) == at


def test_a_tap_that_was_taken_is_still_taken_when_it_comes_again_after_other_news(client: Client) -> None:
    known()
    begin(client)
    value, at = button(client), timezone.now()
    send(client, value, at)
    now = timezone.now()
    say(make_source("amu"), claim(id="2", lanes=lanes("open"), effective_at=now.isoformat()), now=now)
    assert send(client, value, at).json()["outcome"] == "done"
    client.post(ROUND, {"end": "1"})
    begin(client)
    assert send(client, value, at).json()["outcome"] == "done"
    assert Confirmation.objects.count() == 1


def test_two_taps_on_one_crossing_in_one_round_are_one(client: Client) -> None:
    known()
    begin(client)
    value = button(client)
    tap(client, value)
    tap(client, value)
    assert Confirmation.objects.count() == 1


@pytest.mark.parametrize(
    ("off", "why"),
    [
        (timedelta(hours=25), "more than a day old"),
        (timedelta(minutes=-5), "runs before ours"),
        (timedelta(hours=23), ""),
        (timedelta(seconds=-20), ""),
    ],
)
def test_a_tap_from_another_day_or_from_a_clock_ahead_is_asked_again(client: Client, off: timedelta, why: str) -> None:
    known(ago=timedelta(hours=30))
    begin(client)
    told = send(client, button(client), timezone.now() - off).json()
    assert (told["outcome"], Confirmation.objects.exists()) == (("look", False) if why else ("done", True))
    assert why in told["row"]


@pytest.mark.parametrize("at", ["yesterday", "2026-13-40T00:00:00Z", "2026-11-11T10:00:00"])
def test_what_is_no_moment_confirms_nothing(client: Client, at: str) -> None:
    known()
    begin(client)
    client.post(ROUND, {"tap": button(client), "how": "media", "at": at})
    assert not Confirmation.objects.exists()


def test_what_was_reported_meanwhile_is_shown_and_asked_again(client: Client) -> None:
    known()
    begin(client)
    value, now = button(client), timezone.now()
    say(make_source("amu"), claim(id="2", lanes=lanes("restricted"), effective_at=now.isoformat()), now=now)
    told = send(client, value, timezone.now()).json()
    assert told["outcome"] == "look" and not Confirmation.objects.exists()
    assert "Something was reported meanwhile" in told["row"] and "on conditions" in told["row"]
    assert button(client) != value and button(client) in told["row"]
    answer = tap(client, value)
    assert answer["Location"] == f"{ROUND}?look=torkham&why=overtaken#c-torkham"
    assert "Something was reported meanwhile" in text(client.get(answer["Location"].partition("#")[0]))
    assert send(client, button(client), timezone.now()).json()["outcome"] == "done"


def test_a_confirmation_by_somebody_else_overtakes_nothing(client: Client) -> None:
    known()
    begin(client)
    value = button(client)
    other = logged_in(member("omar"))
    begin(other)
    tap(other, value)
    assert send(client, value, timezone.now()).json()["outcome"] == "done"
    assert Confirmation.objects.count() == 2


def test_where_nothing_is_known_only_the_form_is_offered(client: Client) -> None:
    make_crossing()
    begin(client)
    page = text(client.get(ROUND))
    assert "Nothing is known of it that could be confirmed" in page and 'name="tap"' not in page
    assert "/admin/crossings/report/log/?crossing=torkham&amp;back=round" in page
    assert send(client, button(client), timezone.now()).json()["outcome"] == "look"
    assert not Confirmation.objects.exists()


def test_what_was_forgotten_is_not_confirmed_by_a_page_left_open(client: Client) -> None:
    known(ago=timedelta(days=3), forget_after=timedelta(days=2))
    begin(client)
    assert send(client, button(client), timezone.now()).json()["outcome"] == "look"


def test_an_update_logged_on_the_way_is_done_with_that_crossing(client: Client, zahra: User) -> None:
    known()
    begin(client)
    now = timezone.now()
    say(own_source(zahra), claim(id="x", lanes=lanes("open"), effective_at=now.isoformat()), now=now, by=zahra)
    page = text(client.get(ROUND))
    assert "1 of 1" in page and "An update was logged." in page


def test_what_colleagues_did_or_was_done_before_the_round_leaves_it_to_be_done(client: Client, zahra: User) -> None:
    crossing = known()
    report = crossing.reports.get()
    ledger.confirm([report], source=own_source(zahra), at=timezone.now(), now=timezone.now(), by=zahra)
    begin(client)
    ledger.confirm([report], source=make_source("amu"), at=timezone.now(), now=timezone.now(), by=member("omar"))
    assert "0 of 1" in text(client.get(ROUND))


def test_a_round_that_was_left_is_taken_up_again_with_what_is_left_first(client: Client, zahra: User) -> None:
    for slug in ("a", "b", "c"):
        known(slug)
    begin(client)
    tap(client, button(client, "a"))
    later = logged_in(zahra)
    page = later.get(ROUND)
    assert [stop.crossing.slug for stop in page.context["left"]] == ["b", "c"]
    assert [stop.crossing.slug for stop in page.context["stops_done"]] == ["a"]
    begin(later)
    assert Round.objects.count() == 1


def test_a_round_of_yesterday_says_so(client: Client, zahra: User) -> None:
    known()
    Round.objects.create(user=zahra, begun_at=timezone.now() - timedelta(days=1))
    assert "This round began" in text(client.get(ROUND))


def test_at_its_end_the_round_says_what_came_of_it(client: Client) -> None:
    for slug in ("a", "b", "c"):
        known(slug)
    begin(client)
    tap(client, button(client, "a"))
    page = text(client.post(ROUND, {"end": "1"}, follow=True))
    for words in ("1 of 3 crossings were done", "1 as before", "<bdi>B</bdi>, <bdi>C</bdi>", "Begin the round"):
        assert words in page
    assert Round.objects.get().ended_at is not None


def test_nothing_confirms_many_at_once(client: Client) -> None:
    for slug in ("a", "b"):
        known(slug)
    begin(client)
    client.post(ROUND, {"tap": [button(client, "a"), button(client, "b")], "how": "media"})
    assert Confirmation.objects.count() == 1


def test_the_crossings_of_the_round_are_chosen_among_those_looked_after() -> None:
    for slug, pair in (("torkham", ("AF", "PK")), ("chaman", ("AF", "PK")), ("medyka", ("PL", "UA"))):
        make_crossing(slug, pair)
    client = logged_in(member("omar", "recorder", "AF"))
    assert [stop.crossing.slug for stop in begin(client).context["left"]] == ["chaman", "torkham"]
    page = text(client.get(MINE))
    assert "Torkham" in page and "Medyka" not in page
    torkham, medyka = (Crossing.objects.get(slug=slug) for slug in ("torkham", "medyka"))
    refused = client.post(MINE, {"crossings": [torkham.pk, medyka.pk]})
    assert "no crossing that you look after" in text(refused)
    assert f'value="{torkham.pk}" checked' in text(refused)
    client.post(MINE, {"crossings": [torkham.pk]})
    assert [stop.crossing.slug for stop in client.get(ROUND).context["left"]] == ["torkham"]
    client.post(MINE, {})
    assert len(client.get(ROUND).context["left"]) == 2


def test_a_crossing_of_other_countries_is_not_there() -> None:
    known("medyka", countries=("PL", "UA"))
    client = logged_in(member("omar", "recorder", "AF"))
    begin(client)
    assert tap(client, "medyka:x").status_code == 404
    assert tap(client, "nowhere:x").status_code == 404
    assert tap(client, "").status_code == 404


def test_who_may_not_log_goes_on_no_round() -> None:
    viewer = User.objects.create(username="viewer", is_staff=True)
    assert logged_in(viewer).get(ROUND).status_code == 403
    assert logged_in(viewer).post(ROUND, {"begin": "1"}).status_code == 403
    assert logged_in(viewer).get(MINE).status_code == 403


def test_what_would_loosen_a_sensitive_crossing_waits_for_a_second_person_and_is_done_with(
    client: Client, zahra: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    crossing = known(sensitive=True)
    begin(client)

    def needs(*args: Any, **more: Any) -> int:
        raise ledger.NeedsSecond(crossing.slug, ["cargo>PK"])

    monkeypatch.setattr(ledger, "confirm", needs)
    value, at = button(client), timezone.now()
    for _ in range(2):
        assert "It waits for a second person" in send(client, value, at).json()["row"]
    assert Proposal.objects.get().proposed_by == zahra
    assert "1 of 1" in text(client.get(ROUND))


def test_the_round_takes_the_same_queries_however_many_crossings_there_are(client: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as taken:
            assert client.get(ROUND).status_code == 200
        return len(taken)

    for n in range(3):
        known(f"gate-{n}")
    begin(client)
    tap(client, button(client, "gate-0"))
    few = queries()
    for n in range(3, 40):
        known(f"gate-{n}")
    tap(client, button(client, "gate-7"))
    assert queries() == few < 25
    assert len(client.get(ROUND).context["left"]) == 38


def test_what_one_tap_can_do_comes_first_and_the_rest_under_its_own_heading_and_both_are_counted(
    client: Client,
) -> None:
    for slug in ("a", "c"):
        make_crossing(slug)
    known("b")
    known("d")
    page = begin(client)
    assert [stop.crossing.slug for stop in page.context["left"]] == ["b", "d", "a", "c"]
    shown = text(page)
    places = [shown.index(words) for words in ('id="c-b"', 'id="c-d"', "Nothing known of 2: log what you learn",
                                               'id="c-a"', 'id="c-c"')]  # fmt: skip
    assert places == sorted(places) and "0 of 4" in shown
    assert tap(client, button(client, "d"))["Location"] == f"{ROUND}#c-a"
    tap(client, button(client, "b"))
    after = text(client.get(ROUND))
    assert "2 of 4" in after and "All are done." not in after and 'id="c-a"' in after
