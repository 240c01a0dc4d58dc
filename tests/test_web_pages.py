"""The public pages through the front door: the week as it can be read, what a stranger may send, what it costs."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crossings.ledger import settle
from crossings.models import Crossing
from crossings.web import style, views
from tests.factories import lanes, make_crossing, make_source, say, say_the_week

pytestmark = pytest.mark.django_db

GUARD = "crossings.web.middleware.ContentSecurity"
HOUR = timedelta(hours=1)
VOID = {"meta", "link", "input", "br", "path", "use", "circle"}


class Balanced(HTMLParser):
    """Fails on a tag that is not closed where it should be."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.inside: list[str] = []
        self.feed(html)
        assert not self.inside, self.inside

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert tag in VOID or self.inside.pop() == tag, (tag, self.inside, self.getpos())


def words_of(html: str) -> str:
    """What a reader sees, in one line."""
    shown = re.sub(r"<(style|head)\b.*?</\1>", " ", html, flags=re.DOTALL)
    text = unescape(re.sub(r"</?(bdi|span|b|time|a)\b[^>]*>", "", shown))
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


class Reader:
    """A browser of the simplest kind; whatever it gets must be clean."""

    def __init__(self) -> None:
        self.client = Client()

    def get(self, path: str, tag: str = "", status: int = 200, **query: str) -> Any:
        answer = self.client.get(path, query or None, headers={"If-None-Match": tag} if tag else {})
        assert answer.status_code == status, answer.content[:2000]
        assert not answer.cookies
        assert "Vary" not in answer.headers
        assert answer.headers["Content-Security-Policy"] == style.PUBLIC
        if answer.headers.get("Content-Type", "").startswith("text/html"):
            html = answer.content.decode()
            Balanced(html)
            assert "<script" not in html and " style=" not in html and 'href=""' not in html
        return answer

    def read(self, path: str, status: int = 200, **query: str) -> str:
        return words_of(self.get(path, status=status, **query).content.decode())


@pytest.fixture
def reader(settings: Any) -> Reader:
    if GUARD not in settings.MIDDLEWARE:
        settings.MIDDLEWARE = [GUARD, *settings.MIDDLEWARE]
    return Reader()


@pytest.fixture
def week() -> Crossing:
    crossing = make_crossing(names={"ps": "تورخم", "ur": "طورخم"}, codes=["AFRKH"])
    say_the_week(make_source("amu", public_label="Amu TV"))
    return crossing


def ago(hours: float) -> str:
    return (timezone.now() - hours * HOUR).strftime("%Y-%m-%dT%H:%M:%SZ")


# The seed week

WEEK = [
    ("2023-02-20T12:00", "closed by Afghanistan since Sunday 19 Feb 2023, about 17:30 Kabul / about 18:00 Karachi"),
    ("2023-02-23T08:00", "not known (last known: closed, until 23 Feb); no word from Pakistan."),
    ("2023-02-23T18:00", "closed by Pakistan since Thursday 23 Feb 2023, 13:30 Kabul / 14:00 Karachi"),
    ("2023-02-24T15:00", "closed by Pakistan since Thursday 23 Feb 2023, 13:30 Kabul / 14:00 Karachi"),
    (
        "2023-02-25T12:00",
        "last reported open, 2 days earlier (since Saturday 25 Feb 2023, 06:00 Kabul / 06:30 Karachi); "
        "not confirmed since (Amu TV)",
    ),
    ("2023-05-20T12:00", "not known (last reported open, until 26 Apr); nobody has spoken of it lately."),
]


@pytest.mark.parametrize(("at", "sentence"), WEEK)
def test_each_of_the_six_periods_is_read_off_the_page_as_it_stood(reader, week, at, sentence):
    page = reader.read("/c/torkham/", at=at)
    assert f"Goods trucks to Pakistan: {sentence}" in page
    assert f"Goods trucks to Afghanistan: {sentence}" in page
    assert "As it stood on" in page


def test_who_may_pass_on_friday_is_told_in_plain_words(reader, week):
    page = reader.read("/c/torkham/", at="2023-02-24T15:00")
    assert "People on foot: closed except…" in page
    for condition in (
        "only citizens of Pakistan",
        "only people with close family in Pakistan",
        "only patients from Afghanistan with a permit",
    ):
        assert condition in page
    assert "Held by Pakistan" in page and "Afghanistan: reported open" not in page
    assert "Reason given for what does not pass freely: security." in page
    assert "Talks on vehicles and goods go on." in page


def test_at_thursday_noon_as_it_was_known_then_the_pakistani_closing_is_not_heard_of(reader, week):
    page = reader.read("/c/torkham/", at="2023-02-23T14:00", as_known_at="2023-02-23T12:00")
    assert "no word from Pakistan" in page and "closed by Pakistan" not in page
    assert "as it was known on Thursday 23 Feb 2023, 12:00 Kabul / 12:30 Karachi" in page


def test_the_history_tells_the_week_period_by_period(reader, week):
    page = reader.read("/c/torkham/history/")
    told = [
        "Sunday 19 Feb 2023, about 17:30 Kabul / about 18:00 Karachi lasted 3 days All traffic, both ways: closed by "
        "Afghanistan",
        "Thursday 23 Feb 2023, 07:00 Kabul / 07:30 Karachi lasted 6 hours All traffic, both ways: not known: no word "
        "from Pakistan",
        "Thursday 23 Feb 2023, 13:30 Kabul / 14:00 Karachi lasted 20 hours All traffic, both ways: closed by Pakistan",
        "Friday 24 Feb 2023, 09:30 Kabul / 10:00 Karachi lasted 20 hours People on foot, both ways: closed by Pakistan "
        "except for citizens of Pakistan, people with close family in Pakistan and patients from Afghanistan with a "
        "permit",
        "Goods trucks, cars and buses, both ways: reported open",
        "and since then",
    ]  # fmt: skip
    for line in told:
        assert line in page
    assert [page.index(line) for line in told[:4]] == sorted((page.index(line) for line in told[:4]), reverse=True)


def test_a_past_page_shows_no_later_history(reader, week):
    page = reader.read("/c/torkham/", at="2023-02-23T08:00")
    assert "closed by Afghanistan" in page and "closed by Pakistan" not in page


# The board


def test_the_board_shows_cargo_first_with_its_word_its_age_and_the_queue(reader):
    make_crossing(names={"ps": "تورخم", "ur": "طورخم"})
    customs = make_source("customs", kind="authority", country="PK", public_label="Pakistan Customs")
    say(
        customs,
        {"crossing": "torkham", "effective_at": ago(5), "reported_at": ago(3), "lanes": lanes("closed")},
        {"crossing": "torkham", "side": "PK", "traffic": "cargo", "measure": "waiting", "unit": "trucks",
         "high": 6000, "observed_at": ago(2)},
        now=timezone.now(),
    )  # fmt: skip
    page = reader.read("/")
    assert "Afghanistan – Pakistan" in page and "Torkham تورخم طورخم" in page
    assert "Goods trucks, cars and buses, people on foot: closed by Pakistan" in page
    assert "confirmed 3 hours ago" in page
    assert "up to 6,000 trucks waiting in Pakistan · 2 hours ago" in page


def test_an_opening_by_one_source_is_not_called_open_on_the_board_nor_in_the_title(reader):
    make_crossing()
    say(make_source("amu"), {"crossing": "torkham", "effective_at": ago(5), "reported_at": ago(3),
        "lanes": lanes("open")}, now=timezone.now())  # fmt: skip
    board, page = reader.read("/"), reader.get("/c/torkham/").content.decode()
    assert "people on foot: last reported open, 3 hours ago" in board and ": open" not in board
    assert "<title>Torkham: goods trucks both ways: last reported open, 3 hours ago</title>" in page


def test_two_gates_and_their_authorities_make_an_opening_that_is_called_open(reader):
    make_crossing()
    for country in ("AF", "PK"):
        say(make_source(f"customs-{country.lower()}", kind="authority", country=country),
            {"crossing": "torkham", "effective_at": ago(5), "reported_at": ago(1.1), "lanes": lanes("open")},
            now=timezone.now())  # fmt: skip
    assert "people on foot: open since" in reader.read("/")
    assert "Goods trucks to Pakistan: open since" in reader.read("/c/torkham/")


def test_what_was_never_reported_says_so(reader):
    make_crossing()
    make_crossing("kharlachi", traffic=["people", "cargo"])
    say(make_source("amu"), {"crossing": "kharlachi", "effective_at": ago(5), "reported_at": ago(3),
        "lanes": lanes("closed", "cargo")}, now=timezone.now())  # fmt: skip
    board = reader.read("/")
    assert "People on foot: nothing reported" in board and "Nothing was ever reported of: Torkham" in board
    assert "Goods trucks to Pakistan: nothing was ever reported." in reader.read("/c/torkham/")


def test_the_board_can_be_asked_for_a_name_or_a_country(reader, week):
    make_crossing("hairatan", ("AF", "UZ"))
    assert "Hairatan" not in reader.read("/", q="طورخم") and "Torkham" in reader.read("/", q="طورخم")
    assert "Torkham" not in reader.read("/", country="uz")
    assert "Torkham" in reader.read("/", state="nonsense", traffic="\x00")


def test_time_alone_moves_the_page_even_where_no_worker_runs(reader):
    make_crossing(fresh_for=HOUR)
    say(make_source("staff", kind="staff"), {"crossing": "torkham", "effective_at": ago(3), "reported_at": ago(2),
        "lanes": lanes("open")}, now=timezone.now() - 1.9 * HOUR)  # fmt: skip
    assert "last reported open, 2 hours ago" in reader.read("/")
    settle(timezone.now())
    assert "last reported open, 2 hours ago" in reader.read("/")


# Sides of one story


def test_sources_that_disagree_stand_side_by_side(reader):
    make_crossing()
    say(make_source("dawn", public_label="Dawn"), {"crossing": "torkham", "declared_by": "PK", "effective_at": ago(5),
        "reported_at": ago(4), "lanes": lanes("closed")}, now=timezone.now())  # fmt: skip
    say(make_source("tnn", public_label="TNN"), {"crossing": "torkham", "declared_by": "PK", "effective_at": ago(6),
        "reported_at": ago(1.2), "lanes": lanes("open")}, now=timezone.now())  # fmt: skip
    page = reader.read("/c/torkham/")
    assert "Gate: Pakistan · all traffic, both ways This page goes by closed TNN reported open 1 hour ago" in page


def test_a_promise_is_shown_with_its_time_and_moves_nothing(reader):
    make_crossing()
    dawn = make_source("dawn", public_label="Dawn")
    promised = {"crossing": "torkham", "declared_by": "PK", "basis": "announced", "reported_at": ago(1),
                "effective_at": (timezone.now() + 20 * HOUR).strftime("%Y-%m-%d"), "precision": "day",
                "lanes": lanes("open")}  # fmt: skip
    say(dawn, {"crossing": "torkham", "declared_by": "PK", "effective_at": ago(5), "lanes": lanes("closed")}, promised,
        now=timezone.now())  # fmt: skip
    page = reader.read("/c/torkham/")
    assert "Pakistan to open: all traffic, both ways, " in page and "Outcome: still to come" in page
    assert "Goods trucks to Pakistan: closed by Pakistan" in page


def test_opening_hours_and_the_next_opening_are_told(reader):
    here = timezone.now().astimezone(UTC)
    opens, closes = ((here + n * HOUR).strftime("%H:00") for n in (10, 12))
    make_crossing(timezone_a="UTC", timezone_b="UTC",
                  hours=[{"side": side, "opens": opens, "closes": closes} for side in ("AF", "PK")])  # fmt: skip
    say(make_source("staff", kind="staff"), {"crossing": "torkham", "effective_at": ago(3), "lanes": lanes("open")},
        now=timezone.now())  # fmt: skip
    page = reader.read("/c/torkham/")
    assert f"Gate of Pakistan: all traffic, every day, {opens} to {closes} local time" in page
    assert "shut at this hour; its hours begin" in page
    assert "open, but shut at this hour" in reader.read("/")


# Strangers

HOSTILE = '<script>alert(1)</script>\u202e"onload=x&amp;\u2069</bdi></title>' + "ي" * 400


def test_hostile_text_is_shown_as_text_and_breaks_no_page(reader):
    make_crossing(name=HOSTILE[:100], names={"ps": HOSTILE, '"><script>': "x"}, codes=[HOSTILE],
                  hours_note=HOSTILE[:280], place_a=HOSTILE[:100])  # fmt: skip
    source = make_source("evil", public_label=HOSTILE[:180])
    say(source, {"crossing": "torkham", "effective_at": ago(5), "note": HOSTILE, "by_name": HOSTILE[:180],
        "url": "https://example.org/?a=<b>", "lanes": [
            {"traffic": "all", "state": "restricted", "conditions": [{"text": HOSTILE}]}]} | {"url": "https://example.org/"},
        {"crossing": "torkham", "traffic": "cargo", "measure": "waiting", "unit": "trucks", "high": 5,
         "observed_at": ago(1), "note": HOSTILE}, now=timezone.now())  # fmt: skip
    for path in ("/", "/c/torkham/", "/c/torkham/history/"):
        html = reader.get(path).content.decode()
        assert "<script>" not in html
        assert html.count("<bdi") == html.count("</bdi>")


def test_a_link_that_is_no_web_address_is_not_made(reader):
    make_crossing()
    source = make_source("dawn", public_label="Dawn")
    say(source, {"crossing": "torkham", "effective_at": ago(5), "lanes": lanes("closed")}, now=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute("SET crossings.redacting = 'on'")
        cursor.execute("UPDATE crossings_report SET url = 'javascript:alert(1)'")
        cursor.execute("SET crossings.redacting = 'off'")
    html = reader.get("/c/torkham/").content.decode()
    assert "Dawn" in html and "javascript:" not in html


def test_no_name_of_a_source_is_seen_and_no_word_meant_for_staff(reader):
    make_crossing()
    source = make_source("amu")
    say(source, {"crossing": "torkham", "effective_at": ago(5), "lanes": lanes("closed")},
        {"crossing": "torkham", "effective_at": ago(4), "lanes": lanes("open"), "visibility": "staff", "note": "hush"},
        now=timezone.now())  # fmt: skip
    for path in ("/", "/c/torkham/", "/c/torkham/history/", "/readyz"):
        html = Client().get(path).content.decode()
        assert "secret name" not in html and "hush" not in html


@pytest.mark.parametrize(
    "query", ["at=yesterday", "at=2999-01-01", "at=%00", "as_known_at=1066-10-14", "at=" + "9" * 5000]
)
def test_a_moment_nobody_can_know_is_answered_with_how_it_stands_and_a_word_of_help(reader, week, query):
    page = reader.get(f"/c/torkham/?{query}", status=400)
    assert "no-store" in page.headers["Cache-Control"]
    assert 'class="fault"' in page.content.decode() and "nobody has spoken of it lately" in page.content.decode()


@pytest.mark.parametrize("path", ["/c/nowhere/", "/c/nowhere/history/", "/nothing", "/c/torkham/history/?cursor=!!"])
def test_what_is_not_there_is_a_friendly_page(reader, week, path):
    assert "There is no such page" in reader.read(path, status=404)


@pytest.mark.parametrize("path", ["/", "/c/torkham/", "/c/torkham/history/", "/about/", "/healthz"])
def test_pages_are_for_reading_only(week, path):
    assert Client(enforce_csrf_checks=False).post(path).status_code == 405


def test_the_page_after_a_failure_needs_nothing_but_itself():
    answer = views.failed(None)
    assert answer.status_code == 500 and "Something went wrong here" in words_of(answer.content.decode())


def test_the_meanings_are_told_from_the_vocabulary(reader):
    page = reader.read("/about/")
    for told in ("Closed except…", "Not known means neither open nor closed", "One source only", "Lapsed without word",
                 "landslide", "customs agents", "number plates"):  # fmt: skip
        assert told in page


# Costs


def queries(reader: Reader, path: str) -> int:
    with CaptureQueriesContext(connection) as seen:
        reader.get(path)
    return len(seen)


def test_each_page_takes_as_many_queries_for_sixty_crossings_and_a_long_history_as_for_three(reader):
    source, other = make_source("amu"), make_source("dawn")
    paths = ["/", "/c/c0/", "/c/c0/history/", "/c/c0/?at=2023-03-01", "/c/c0/?as_known_at=2023-03-01"]

    def grow(first: int, last: int, days: int) -> None:
        for n in range(first, last):
            make_crossing(f"c{n}")
        start = datetime(2023, 1, 1, tzinfo=UTC)
        for who in (source, other):
            said = [
                {"id": f"{who.slug}-{n}-{day}", "crossing": f"c{n}", "lanes": lanes("open" if day % 2 else "closed"),
                 "effective_at": (start + timedelta(days=day, hours=who.pk)).isoformat()}
                for n in range(0, last, 20) for day in range(days)
            ]  # fmt: skip
            counted = [
                {"id": f"{who.slug}-q{n}-{day}", "crossing": f"c{n}", "measure": "waiting", "unit": "trucks",
                 "high": day, "observed_at": (start + timedelta(days=day)).isoformat()}
                for n in range(0, last, 20) for day in range(days)
            ]  # fmt: skip
            say(who, *said, *counted, now=timezone.now(), backfilled=True)
        settle(timezone.now())

    grow(0, 3, 70)
    few = {path: queries(reader, path) for path in paths}
    grow(3, 60, 140)
    assert {path: queries(reader, path) for path in paths} == few
    assert max(few.values()) <= 16, few


def test_a_reader_who_has_the_page_gets_it_for_one_look_at_the_version(reader, week):
    settle(timezone.now())
    for path, most in (("/", 3), ("/c/torkham/", 1), ("/c/torkham/?at=2023-02-24", 1)):
        page = reader.get(path)
        assert page.headers["Cache-Control"].startswith("public, max-age=1, stale-while-revalidate=")
        with CaptureQueriesContext(connection) as seen:
            again = reader.get(path, tag=page.headers["ETag"], status=304 if same_minute(page) else 200)
        assert again.headers["ETag"]
        assert len(seen) <= most or again.status_code == 200


def same_minute(page: Any) -> bool:
    return f"{timezone.now():%Y%m%d%H%M}" in page.headers["ETag"]


def test_a_new_word_makes_a_new_page(reader, week):
    pages = [reader.get(path) for path in ("/", "/c/torkham/")]
    say(
        make_source("tnn"),
        {"crossing": "torkham", "effective_at": ago(1), "lanes": lanes("closed")},
        now=timezone.now(),
    )
    for page, path in zip(pages, ("/", "/c/torkham/"), strict=True):
        assert "closed" in reader.read(path) and reader.get(path, tag=page.headers["ETag"])


def test_history_is_paged_without_a_gap(reader):
    make_crossing()
    start = datetime(2022, 1, 1, tzinfo=UTC)
    said = [
        {"id": f"w{day}", "crossing": "torkham", "lanes": lanes("open" if day % 2 else "closed"),
         "effective_at": (start + timedelta(days=day)).isoformat()}
        for day in range(120)
    ]  # fmt: skip
    say(make_source("amu"), *said, now=timezone.now(), backfilled=True)
    path, told = "/c/torkham/history/", []
    while path:
        html = reader.get(path).content.decode()
        told += re.findall(r'class="when"><time datetime="([^"]+)"', html)
        following = re.search(r'rel="next" href="([^"]+)"', html)
        path = unescape(following[1]) if following else ""
    assert len(told) == 120 and told == sorted(told, reverse=True) and len(set(told)) == 120
