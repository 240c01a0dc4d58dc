"""Passing it on: the text of a message, the links that carry it, the preview and the badge."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone, translation

from crossings.domain.vocabulary import Confidence, State
from crossings.phrases.short import MOST, MOST_ELSEWHERE, Message, message
from crossings.phrases.times import Clock
from crossings.web.badge import drawn
from tests.factories import lanes, make_crossing, make_source, say
from tests.lanes import CITIZENS, CLOCK, NOW, STUDENTS, ZONES, Json, crossing, lane, never, unknown
from tests.reader import ago, reader, week

__all__ = ["reader", "week"]

ADDRESS = "https://crossings.example/c/torkham/"
AMU = {"label": "Amu TV", "kind": "press", "url": "", "report": 1, "reported_at": "2023-02-24T06:00:00Z"}
OPEN = {"gates": {"AF": "open", "PK": "open"}}


def told(
    *lanes_: Json, address: str = ADDRESS, name: str = "Torkham", clock: Clock = CLOCK, to_come: Sequence[Json] = ()
) -> Message:
    return message(crossing(*lanes_, sources=[AMU], announced=list(to_come)), name, clock, address)


def coming(
    at: str = "2023-02-25T01:50:00Z", state: str = "closed", to: Sequence[str] = ("PK", "AF"), **fields: Any
) -> Json:
    """An order of Pakistan for goods trucks."""
    lanes_ = [{"traffic": "cargo", "to": each, "state": state} for each in to]
    given = {"report": 9, "basis": "ordered", "at": at, "precision": "exact", "lanes": lanes_, "by": "PK",
             "source": "Customs", "said_at": "2023-02-24T06:00:00Z", "outcome": None, "ended_at": None}  # fmt: skip
    return {**given, **fields}


def both(state: str = "closed", **fields: Any) -> list[Json]:
    return [lane(state, **fields), lane(state, to="AF", **fields)]


# The words of a message

MESSAGES: list[tuple[str, list[Json], str]] = [
    (
        "both directions alike are said once",
        both(),
        "Torkham: goods trucks, both ways: closed by Pakistan. As of 24 Feb 13:30 Kabul, source: Amu TV",
    ),
    (
        "directions that differ are both said",
        [lane(), lane("open", to="AF", **OPEN)],
        "Torkham: goods trucks to Pakistan: closed by Pakistan, to Afghanistan: open. "
        "As of 24 Feb 13:30 Kabul, source: Amu TV",
    ),
    (
        "all traffic alike is said once",
        [*both(), *both(traffic="people"), *both(traffic="vehicles")],
        "Torkham: all traffic, both ways: closed by Pakistan. As of 24 Feb 13:30 Kabul, source: Amu TV",
    ),
    (
        "other traffic follows the goods trucks where there is room",
        [*both("open", traffic="people", **OPEN), *both()],
        "Torkham: goods trucks, both ways: closed by Pakistan; people on foot, both ways: open. "
        "As of 24 Feb 13:30 Kabul, source: Amu TV",
    ),
    (
        "an opening that is not sure is not called open",
        both("open", confidence="stale", confirmed_at="2023-02-21T06:00:00Z", **OPEN),
        "Torkham: goods trucks, both ways: last reported open, 3 days ago. As of 24 Feb 13:30 Kabul, source: Amu TV",
    ),
    (
        "who may pass is told by the page",
        both("restricted", conditions=[CITIZENS]),
        "Torkham: goods trucks, both ways: closed except…. As of 24 Feb 13:30 Kabul, source: Amu TV",
    ),
    (
        "of what was never reported there is no source",
        [never(), {**never(), "to": "AF"}],
        "Torkham: goods trucks, both ways: nothing reported. As of 24 Feb 13:30 Kabul",
    ),
]


@pytest.mark.parametrize(("lanes_", "words"), [each[1:] for each in MESSAGES], ids=[each[0] for each in MESSAGES])
def test_a_message_tells_the_state_the_time_the_source_and_the_address(lanes_, words):
    assert told(*lanes_, address="https://a.example/").text == f"{words}\nhttps://a.example/"


TO_COME: list[tuple[str, list[Json], Json, str]] = [
    ("an order", both("open", **OPEN), coming(), "goods trucks, both ways: open, ordered: closed from 25 Feb 06:20"),
    ("one of the same day", both("open", **OPEN), coming("2023-02-24T15:00:00Z"),
     "goods trucks, both ways: open, ordered: closed from 19:30"),
    ("an announcement", both("open", **OPEN), coming(basis="announced"),
     "goods trucks, both ways: open, announced: to close from 25 Feb 06:20"),
    ("of one way", both("open", **OPEN), coming(to=["PK"]),
     "goods trucks to Pakistan: open, ordered: closed from 25 Feb 06:20, to Afghanistan: open"),
    ("conditions", both("open", **OPEN), coming(state="restricted"),
     "goods trucks, both ways: open, ordered: on conditions from 25 Feb 06:20"),
    ("known to the day", both("open", **OPEN), coming("2023-02-25T07:30:00Z", precision="day"),
     "goods trucks, both ways: open, ordered: closed from 25 Feb"),
    ("what is closed already", both(), coming(), "goods trucks, both ways: closed by Pakistan"),
    ("an opening", both(), coming(state="open"), "goods trucks, both ways: closed by Pakistan"),
    ("in two days", both("open", **OPEN), coming("2023-02-26T09:00:00Z"), "goods trucks, both ways: open"),
    ("one that was put off", both("open", **OPEN), coming(basis="announced", outcome="withdrawn"),
     "goods trucks, both ways: open"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("lanes_", "order", "words"), [each[1:] for each in TO_COME], ids=[each[0] for each in TO_COME]
)
def test_a_message_tells_of_a_closing_within_a_day(lanes_: list[Json], order: Json, words: str) -> None:
    text = told(*lanes_, to_come=[order], address="https://a.example/").words
    assert text == f"Torkham: {words}. As of 24 Feb 13:30 Kabul, source: Amu TV"


def test_the_soonest_closing_is_told_and_stays_however_little_room_there_is() -> None:
    orders = [coming("2023-02-25T05:00:00Z"), coming()]
    for n in range(1, 200):
        text = told(*both("open", **OPEN), to_come=orders, address=f"https://{'a' * n}/").text
        assert "open, ordered: closed from 25 Feb 06:20. As of" in text and len(text) <= MOST


def test_too_long_a_message_loses_other_traffic_then_the_source_then_words_then_the_name_then_the_address():
    several = [*both(), *both("open", traffic="people", **OPEN)]
    found = [told(*several, address=f"https://{'a' * n}/", name="Torkham Gate").text for n in range(1, 150)]
    steps = list(dict.fromkeys(text.partition("\n")[0] for text in found))
    start = "Torkham Gate: goods trucks, both ways: "
    time = ". As of 24 Feb 13:30 Kabul"
    assert steps[:4] == [
        f"{start}closed by Pakistan; people on foot, both ways: open{time}, source: Amu TV",
        f"{start}closed by Pakistan{time}, source: Amu TV",
        f"{start}closed by Pakistan{time}",
        f"{start}closed{time}",
    ]
    assert steps[4:-1] == [f"{'Torkham Gate'[:n]}…{start[12:]}closed{time}" for n in range(10, 4, -1)]
    assert steps[-1] == f"Goods trucks, both ways: closed{time}"
    assert found[-1] == f"{start}closed{time}"


def every_lane() -> list[Json]:
    """Each state with each confidence, within its hours and without, with conditions and without."""
    found = []
    for state, confidence, now, conditions in itertools.product(
        State.words(), Confidence.words(), ("passing", "outside_hours", "hours_unknown"), ([], [CITIZENS], [STUDENTS])
    ):
        opening = {"at": "2023-02-25T03:00:00Z"} if now == "outside_hours" else None
        fields: Json = {"confidence": confidence, "now": now, "next_opening": opening, "conditions": conditions}
        fields["gates"] = OPEN["gates"] if state == "open" else {"AF": "open", "PK": state}
        found.append(unknown(**fields) if state == "unknown" else lane(state, **fields))
    return found


LONGEST = "https://bordercrossings.example.org/fa-af/c/sher-khan-bandar-panji-poyon/"


@pytest.mark.parametrize("language", [code for code, _ in settings.PLANNED_LANGUAGES.items()] + ["en"])
def test_no_message_is_too_long_and_none_loses_the_state_or_the_time(language):
    most = MOST if language == "en" else MOST_ELSEWHERE
    with translation.override(language):
        for one, other, to_come in itertools.product(
            every_lane()[::11], every_lane()[::13], ([], [coming(), coming("2023-02-24T15:00:00Z", "restricted")])
        ):
            for name, address in (
                ("Torkham", ADDRESS),
                ("Sher Khan Bandar–Panji Poyon", LONGEST),
                ("X" * 120, "h" * 120),
            ):
                text = told(one, {**other, "to": "AF"}, address=address, name=name, to_come=to_come).text
                assert len(text) <= most, text
                assert "13:30" in text and not set(text) & set("\u2066\u2067\u2068\u2069\u202e")


def test_no_short_form_says_open_where_the_lane_is_not_current():
    for each in every_lane():
        alone = crossing(each, {**each, "to": "AF"}, sources=[AMU])
        forms = [told(each, {**each, "to": "AF"}, address="h" * n).text for n in (10, 70, 90, 100, 120)]
        forms.append(drawn(alone["status"]["lanes"], alone | {"names": {}}, CLOCK))
        sure = each["confidence"] == Confidence.CURRENT
        for form in forms:
            bare = form.replace("last reported open", "")
            assert sure or not re.search(r"\bopen\b", bare), (each, form)
            assert sure or "#0f6339" not in form


# Through the front door


@pytest.mark.django_db
def test_share_txt_is_one_plain_message_that_caches_can_keep(reader, week):
    customs = make_source("customs", kind="authority", country="PK", public_label="Pakistan Customs")
    say(customs, {"crossing": "torkham", "effective_at": ago(3), "lanes": lanes("closed")}, now=timezone.now())
    answer = reader.get("/c/torkham/share.txt")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    text = answer.content.decode()
    assert re.fullmatch(
        r"Torkham: all traffic, both ways: closed by Pakistan\. As of \d+ \w+ \d\d:\d\d Kabul, "
        r"source: Pakistan Customs\nhttp://testserver/c/torkham/\n", text
    ), text  # fmt: skip
    reader.get("/c/torkham/share.txt", tag=answer.headers["ETag"], status=304)
    assert Client().post("/c/torkham/share.txt").status_code == 405
    assert reader.client.get("/c/nowhere/share.txt").status_code == 404


@pytest.mark.django_db
def test_share_txt_warns_of_a_closing_that_is_ordered(reader, week):
    customs = make_source("customs", kind="authority", country="PK", public_label="Pakistan Customs")
    word = {"crossing": "torkham", "declared_by": "PK", "basis": "ordered", "lanes": lanes("closed", "cargo")}
    say(customs, {"crossing": "torkham", "effective_at": ago(3), "lanes": lanes("open")},
        {**word, "effective_at": ago(-5)}, now=timezone.now())  # fmt: skip
    text = reader.get("/c/torkham/share.txt").content.decode()
    assert re.match(r"Torkham: goods trucks, both ways: [\w ]+, ordered: closed from [\w ]*\d\d:\d\d\. As of ", text), (
        text
    )


@pytest.mark.django_db
def test_a_message_of_the_past_says_of_which_day_with_its_year_and_leads_back_there(reader, week):
    text = reader.get("/c/torkham/share.txt?at=2023-02-24T15:00").content.decode()
    assert "goods trucks, both ways: closed by Pakistan. As of 24 Feb 2023 15:00 Kabul" in text
    assert text.endswith("http://testserver/c/torkham/?at=2023-02-24T10%3A30%3A00Z\n")
    refused = reader.get("/c/torkham/share.txt?at=sometime", status=400)
    assert "no-store" in refused.headers["Cache-Control"] and b"closed" not in refused.content


@pytest.mark.django_db
def test_the_links_on_the_page_carry_the_message(reader, week):
    html = reader.get("/c/torkham/?at=2023-02-24T15:00").content.decode()
    text = reader.get("/c/torkham/share.txt?at=2023-02-24T15:00").content.decode().strip()
    links = {
        urlsplit(unescape(url)).netloc: unescape(url) for url in re.findall(r'href="(https://[^"]+)" rel="noref', html)
    }
    assert parse_qs(urlsplit(links["wa.me"]).query)["text"] == [text]
    telegram = parse_qs(urlsplit(links["t.me"]).query)
    assert "\n".join([*telegram["text"], *telegram["url"]]) == text
    assert text.split("\n")[0] in unescape(html) and 'href="/c/torkham/share.txt?at=' in html


@pytest.mark.django_db
def test_a_preview_tells_the_state_with_its_time(reader, week):
    html = reader.get("/c/torkham/?at=2023-02-24T15:00").content.decode()
    found = dict(re.findall(r'<meta (?:property|name)="([^"]+)" content="([^"]*)">', html))
    assert found["og:title"] == (
        "Torkham on Friday 24 Feb 2023: goods trucks both ways: closed by Pakistan (24 Feb 2023 15:00 Kabul)"
    )
    assert found["og:description"] == found["description"] and "closed by Pakistan since" in found["description"]
    assert found["og:url"] == "http://testserver/c/torkham/?at=2023-02-24T10%3A30%3A00Z"
    assert (found["og:locale"], found["twitter:card"]) == ("en_GB", "summary")
    board = dict(re.findall(r'<meta (?:property|name)="([^"]+)" content="([^"]*)">', reader.get("/").content.decode()))
    assert board["og:url"] == "http://testserver/" and board["og:title"] and board["og:description"]


# The badge


@pytest.mark.django_db
def test_the_badge_is_a_small_picture_with_a_word_a_shape_and_a_title_that_any_page_may_show(reader, week):
    say(make_source("staff", kind="staff", public_label="Our staff"),
        {"crossing": "torkham", "effective_at": ago(3), "lanes": lanes("closed")}, now=timezone.now())  # fmt: skip
    answer = reader.get("/c/torkham/badge.svg")
    assert answer.headers["Content-Type"] == "image/svg+xml" and answer.headers["Access-Control-Allow-Origin"] == "*"
    assert len(answer.content) <= 1500
    picture = ElementTree.fromstring(answer.content.decode())
    assert picture.get("role") == "img"
    title, *texts = [each.text or "" for each in picture.iter() if each.tag.endswith(("title", "text"))]
    assert title.startswith("Torkham: goods trucks, both ways: closed. As of ")
    assert texts == ["Torkham, goods trucks, both ways", "closed"]
    assert "#a3151c" in answer.content.decode() and "<path" in answer.content.decode()
    assert reader.get("/c/torkham/badge.svg", tag=answer.headers["ETag"], status=304).headers[
        "Access-Control-Allow-Origin"
    ]


@pytest.mark.django_db
def test_a_badge_shows_the_lane_asked_for_or_the_stricter_way_and_never_one_lane_for_another(reader):
    make_crossing("badini", traffic=["cargo", "people"])
    say(make_source("staff", kind="staff"),
        {"crossing": "badini", "effective_at": ago(3), "lanes": [
            {"traffic": "cargo", "to": "AF", "state": "closed"}, {"traffic": "cargo", "to": "PK", "state": "open"},
            {"traffic": "people", "state": "open"}]}, now=timezone.now())  # fmt: skip

    def words(query: str) -> list[str]:
        found = re.findall(r"<text[^>]*>([^<]*)<", reader.get(f"/c/badini/badge.svg{query}").content.decode())
        return [unescape(each) for each in found]

    assert words("") == ["Badini, goods trucks to Afghanistan", "closed"]
    assert words("?traffic=cargo&to=pk") == ["Badini, goods trucks to Pakistan", "open"]
    assert words("?to=PK") == ["Badini, goods trucks to Pakistan", "open"]
    assert words("?traffic=people") == ["Badini, people on foot, both ways", "open"]
    for wrong in ("traffic=vehicles", "to=IR", "traffic=x", "at=never"):
        assert reader.client.get(f"/c/badini/badge.svg?{wrong}").status_code == 404


def test_a_badge_of_a_hostile_name_stays_a_picture():
    hostile = '<script>&"\u202e\u2069' + "ي" * 200
    drawing = drawn([lane()], crossing(lane()) | {"name": hostile, "names": {}}, Clock(NOW, ZONES))
    assert ElementTree.fromstring(drawing) is not None
    assert "\u202e" not in drawing and len(drawing.encode()) < 3000
