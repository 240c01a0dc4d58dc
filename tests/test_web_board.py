"""The board as one asks it: filters as links, the order of one lane, the search, its weight, and what it never says."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.http import QueryDict
from django.utils import timezone, translation

from crossings import reference
from crossings.board import Filters
from crossings.domain.vocabulary import Confidence
from crossings.models import Crossing, Current
from crossings.web.filters import address, offered, read_filters
from crossings.web.pairs import by_lane, card, least
from tests import lanes as made
from tests.factories import lanes, make_crossing, make_source, say
from tests.reader import ago, reader, words_of

__all__ = ["reader"]

BUDGET = 10_240
"""Bytes of the board of sixty crossings as a phone fetches it."""


# What an address asks for

ASKED = [
    ("", Filters()),
    ("for=cargo&to=AF", Filters(traffic="cargo", to="AF")),
    ("to=af&for=cargo&utm_source=chat&fbclid=1", Filters(traffic="cargo", to="AF")),
    ("for=Cargo&to=ZZ", Filters()),
    ("for=cargo%00&to=A", Filters()),
    ("country=af", Filters(country="AF")),
    ("country=%20AF%20", Filters(country="AF")),
    ("country=Afghanistan", Filters()),
    ("q=Afghanistan", Filters(country="AF")),
    ("q=%20pakistan%20", Filters(country="PK")),
    ("q=T%C3%BCrkiye", Filters(country="TR")),
    ("q=Pakistan&country=AF", Filters(country="AF", q="Pakistan")),
    ("q=%20%20torkham%20%20gate%20", Filters(q="torkham gate")),
    ("q=%00tor%1bk%0aham%e2%80%ae%e2%81%a7", Filters(q="tork ham")),
    ("q=" + "x" * 10_000, Filters(q="x" * 80)),
    ("q=%ff%fe", Filters(q="\ufffd\ufffd")),
    ("q=%d8%a7%d8%b3%d9%84%d8%a7%d9%85%e2%80%8c%d9%82%d9%84%d8%b9%d9%87", Filters(q="اسلام\u200cقلعه")),
    ("state=closed", Filters(state="closed")),
    ("state=ajar", Filters()),
]


@pytest.mark.parametrize(("query", "filters"), ASKED)
def test_an_address_asks_for_what_it_can_mean_and_the_rest_is_ignored(query, filters):
    assert read_filters(QueryDict(query)) == filters


@pytest.mark.parametrize(
    ("filters", "told"),
    [
        (Filters(), "/"),
        (Filters(traffic="cargo", to="AF"), "/?for=cargo&to=AF"),
        (Filters(to="AF", country="PK", q="a b&c"), "/?to=AF&country=PK&q=a+b%26c"),
    ],
)
def test_what_is_the_same_has_one_address(filters, told):
    assert address("/", filters) == told
    assert read_filters(QueryDict(told.lstrip("/?"))) == filters


@pytest.mark.parametrize(
    ("filters", "codes"),
    [
        (Filters(), ["AF", "PK", "IR", "PL"]),
        (Filters(to="UA"), ["AF", "PK", "IR", "PL", "UA"]),
        (Filters(country="PK"), ["PK", "AF", "IR"]),
        (Filters(country="XK"), []),
    ],
)
def test_the_ways_offered_are_those_of_most_crossings_or_of_the_country_and_its_neighbours(filters, codes):
    pairs = [("AF", "PK"), ("AF", "PK"), ("AF", "UZ"), ("IR", "PK"), ("AF", "IR"), ("PL", "UA")]
    assert offered(pairs, filters) == codes


# The order of one lane


def place(name: str, *found: Any) -> Any:
    return {**made.crossing(*found), "slug": name.lower(), "name": name, "names": {}}


OPEN = {"since": "2023-02-24T05:00:00Z", "since_precision": "exact"}
PLACES = [
    place("Never", made.never()),
    place("Shut", made.lane("closed")),
    place("Old", made.lane("open", **OPEN, confirmed_at="2023-02-24T05:00:00Z")),
    place("Single", made.lane("open", **OPEN, confidence="single")),
    place("New", made.lane("open", **OPEN, confirmed_at="2023-02-24T08:00:00Z")),
    place("Also New", made.lane("open", **OPEN, confirmed_at="2023-02-24T08:00:00Z")),
    place("Night", made.lane("open", **OPEN, now="outside_hours")),
    place("Students", made.lane("restricted", conditions=[made.STUDENTS])),
    place("Other way", made.lane("open", to="AF")),
    place("On foot", made.lane("open", traffic="people")),
    place("Silent", made.unknown(last_known="open", since="2023-02-20T05:00:00Z")),
]


def test_the_lane_asked_for_orders_the_crossings_open_for_sure_first_closed_last():
    found = [crossing["name"] for crossing, _ in by_lane(PLACES, Filters(traffic="cargo", to="PK"))]
    assert found == ["Also New", "New", "Old", "Night", "Students", "Single", "Silent", "Never", "Shut"]


def test_the_mark_of_two_ways_is_that_of_the_worse_one_and_goods_trucks_go_first():
    both = [made.lane("open", to="AF"), made.lane("closed"), made.lane("open", traffic="people")]
    assert least(both) == "closed"
    assert least([made.lane("open"), made.unknown(to="AF")]) == "unknown"
    assert least([made.lane("open"), made.lane("closed", traffic="people")]) == "open"
    assert least([]) == "unknown"


@pytest.mark.parametrize(
    ("language", "own", "others"),
    [
        ("en", ("", "Torkham"), ["تورخم", "طورخم"]),
        ("ps", ("", "تورخم"), ["Torkham", "طورخم"]),
        ("ur", ("", "طورخم"), ["Torkham", "تورخم"]),
        ("fa-af", ("en", "Torkham"), ["تورخم", "طورخم"]),
    ],
)
def test_a_crossing_is_called_as_the_readers_of_the_page_call_it(language, own, others):
    found = {**PLACES[0], "name": "Torkham", "names": {"ps": "تورخم", "ur": "طورخم", "hi": "TORKHAM"}}
    found["sides"] = [{"timezone": "Asia/Kabul"}, {"timezone": "Asia/Karachi"}]
    with translation.override(language):
        shown = card(found, found["status"]["lanes"], made.NOW)
    assert shown.name == own and [name for _, name in shown.names] == others


# Through the front door


SAID = {"effective_at": ago(5), "reported_at": ago(1.1)}


def stood(slug: str, state: str, *traffic: str, countries: tuple[str, str] = ("AF", "PK"), **fields: Any) -> None:
    """A crossing as both its authorities tell it, of all crossings at the same time."""
    make_crossing(slug, countries, **fields)
    for code in countries:
        source = make_source(f"customs-{code.lower()}-{slug}", kind="authority", country=code)
        told = {"crossing": slug, **SAID, "lanes": lanes(state, *traffic)}
        say(source, told, now=timezone.now())


@pytest.fixture
def border(db: None) -> None:
    stood("torkham", "closed")
    stood("chaman", "open", names={"ps": "چمن"}, aliases=["Spin Boldak", "Friendship Gate"])
    stood("kharlachi", "open", "people", traffic=["people"])
    stood("hairatan", "open", countries=("AF", "UZ"))


def names_of(html: str) -> list[str]:
    return re.findall(r'<h[23]><a href="/c/([a-z]+)/"', html)


def test_one_lane_is_filtered_sorted_and_marked(reader, border):
    html = reader.get("/?for=cargo&to=AF").content.decode()
    assert names_of(html) == ["chaman", "hairatan", "torkham"]
    assert "<h1>Goods trucks to Afghanistan</h1>" in html and "<title>Goods trucks to Afghanistan" in html
    assert '<a href="/map/?for=cargo&amp;to=AF">On the map</a>' in html
    page = words_of(html)
    assert "open, and confirmed: 2" in page and "closed: 1" in page
    assert "To Pakistan and to Afghanistan" not in page
    assert names_of(reader.get("/?for=cargo&to=UZ").content.decode()) == ["hairatan"]
    assert names_of(reader.get("/?for=people").content.decode())[:3] == ["chaman", "hairatan", "kharlachi"]
    assert names_of(reader.get("/?country=UZ").content.decode()) == ["hairatan"]
    assert names_of(reader.get("/?for=cargo&country=PK&q=ch").content.decode()) == ["chaman"]


@pytest.mark.parametrize(
    ("path", "chosen"),
    [
        ("/", ["All traffic", "Both ways", "All countries"]),
        ("/?for=cargo&to=AF", ["Goods trucks", "To Afghanistan", "All countries"]),
        ("/?country=AF", ["All traffic", "Both ways", "Afghanistan"]),
    ],
)
def test_each_filter_is_a_link_and_the_chosen_ones_say_so(reader, border, path, chosen):
    html = reader.get(path).content.decode()
    assert re.findall(r'aria-current="true">([^<]+)<', html) == chosen
    for link in ("for=cargo", "for=vehicles", "for=people", "to=AF", "to=PK", "country=UZ"):
        assert link in html or path != "/"


def test_a_page_that_is_asked_for_in_other_words_is_the_same_page(reader, border):
    tags = {
        reader.get(path).headers["ETag"]
        for path in ("/?for=cargo&to=AF", "/?to=af&for=cargo&x=1", "/?for=cargo&to=AF&traffic=people&q=%20%00")
    }
    assert len(tags) == 1
    assert reader.get("/?for=cargo").headers["ETag"] not in tags


@pytest.mark.parametrize(
    "q", ["chaman", "CHAMAN", "چمن", "spin boldak", "Spin-Boldak", "friendship", "boldak", "چَمَن", "ｃｈａｍａｎ"]
)
def test_every_name_alias_and_script_finds_its_crossing(reader, border, q):
    html = reader.get("/", q=q).content.decode()
    assert names_of(html) == ["chaman"] and 'value="' + q in html


@pytest.mark.parametrize("q", ["Hayratan", "Hayratan port", "Hairatan bridge", "hairaton"])
def test_a_name_that_is_nearly_right_is_asked_back(reader, border, q):
    html = reader.get("/", q=q).content.decode()
    assert names_of(html) == [] and '<li><a href="/c/hairatan/"><bdi>Hairatan</bdi></a></li>' in html
    assert f"No crossing here is called “{q}”. Did you mean Hairatan" in words_of(html)


def test_a_name_like_no_other_is_not_guessed_at(reader, border):
    page = reader.read("/", q="Zwolle")
    assert "No crossing here is called “Zwolle”." in page and "Did you mean" not in page


def test_what_other_filters_hide_is_named_where_the_search_finds_it(reader, border):
    page = reader.read("/", q="hairatan", to="PK")
    assert "No crossing here is called “hairatan”. Did you mean Hairatan" in page


@pytest.mark.parametrize(
    "q",
    ["\x00", "\u202e\u2066", "x" * 10_000, "<script>alert(1)</script>", '"><b>', "%", "\\", "\x1b[2J", "ـ" * 50,
     "\ufffd", "٪؟", "🚚" * 60, "a\u0300" * 200, "'; DROP TABLE x; --"],
)  # fmt: skip
def test_a_hostile_question_is_text(reader, border, q):
    html = reader.get("/", q=q).content.decode()
    assert "<script>" not in html and "<b>" not in html and "\u202e" not in html and len(html) < 40_000


# Short forms never say "open" where it is not sure

NOT_SURE = [each for each in Confidence.words() if each != Confidence.CURRENT]


def stands(confidence: str, **fields: Any) -> None:
    """The stored statuses, made no surer than that."""
    for row in Current.objects.all():
        row.status["lanes"] = [{**lane, "confidence": confidence, **fields} for lane in row.status["lanes"]]
        row.save()


def claims_open(html: str) -> list[str]:
    main = re.sub(r'<p class="lead">.*?</p>', "", html[html.index("<main") : html.index("</main>")])
    told = re.sub(r"last reported open( with conditions)?", "", words_of(main))
    return re.findall(r"\bopen\b", told) + re.findall(r'class="open"|#m-open', main)


@pytest.mark.parametrize("path", ["/", "/?for=cargo", "/?for=cargo&to=AF", "/?q=chaman", "/map/", "/map/?for=people"])
def test_the_board_and_the_map_say_open_only_of_what_is_sure(reader, border, path):
    assert claims_open(reader.get(path).content.decode())
    for confidence in NOT_SURE:
        for fields in ({}, {"state": "restricted", "conditions": [made.STUDENTS]}):
            stands(confidence, **fields)
            html = reader.get(path).content.decode()
            assert claims_open(html) == [], (confidence, fields)
            assert "last reported open" in words_of(html)
            stands("current", state="open", conditions=[])


# Its weight


def weight(reader: Any, path: str) -> int:
    return len(gzip.compress(reader.get(path).content, 6))


def test_the_board_of_sixty_crossings_is_light(reader, db):
    reference.load(timezone.now())
    for n in range(60 - Crossing.objects.count()):
        stood(f"gate{'abcdefgh'[n]}", "open" if n % 2 else "closed", names={"ps": "نوې دروازه", "ur": "نیا گیٹ"})
    assert Crossing.objects.count() == 60
    weights = {path: weight(reader, path) for path in ("/", "/?for=cargo", "/?to=AF", "/?for=cargo&to=AF")}
    assert max(weights.values()) <= BUDGET, weights


def test_the_board_is_light_on_the_day_on_which_every_crossing_has_its_own_news(reader, db):
    reference.load(timezone.now())
    for n in range(60 - Crossing.objects.count()):
        make_crossing(f"gate{'abcdefgh'[n]}", names={"ps": "نوې دروازه", "ur": "نیا گیٹ"})
    say(make_source("desk", kind="staff"), *news(), now=timezone.now())
    weights = {path: weight(reader, path) for path in ("/", "/?for=cargo")}
    assert max(weights.values()) <= BUDGET, weights


def news() -> Iterator[Any]:
    """Of every crossing something else: a claim for each direction, and a count."""
    words = ["closed", "open", "restricted", "closed"]
    for n, crossing in enumerate(Crossing.objects.order_by("slug")):
        for m, to in enumerate(crossing.countries):
            yield {
                "crossing": crossing.slug, "effective_at": ago(3 + 2.7 * n + m), "reported_at": ago(1 + n / 5),
                "lanes": [{"traffic": each, "state": words[(n + m) % 4], "to": to} for each in crossing.traffic],
                "where": "road" if (n + m) % 4 == 3 else "gate", "declared_by": to,
            }  # fmt: skip
        yield {
            "crossing": crossing.slug, "side": crossing.country_a, "traffic": "cargo", "measure": "waiting",
            "unit": "trucks", "low": 17 * n + 1, "high": 31 * n + 5, "observed_at": ago(1 + n / 7),
        }  # fmt: skip
