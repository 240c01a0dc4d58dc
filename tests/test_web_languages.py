"""Every public page in every language: that it is there, that it is whole, and that "open" is said only where sure."""

from __future__ import annotations

import csv
import io
import itertools
import json
import re
from html import unescape
from typing import Any
from urllib.parse import unquote

import pytest
from babel.messages.pofile import read_po
from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext

from crossings.domain.vocabulary import Confidence, State
from crossings.models import Current
from tests.factories import lanes, make_crossing, make_source, say
from tests.lanes import STUDENTS, Json
from tests.reader import ago, reader, week, words_of
from tracker.state import BASE_DIR

__all__ = ["reader", "week"]
pytestmark = pytest.mark.django_db

ELSEWHERE = list(settings.PLANNED_LANGUAGES)
LANGUAGES = ["en", *ELSEWHERE]
FRIDAY, AS_LINKED = "?at=2023-02-24T15:00", "?at=2023-02-24T10:30:00Z"
TORKHAM = [
    "/c/torkham/", f"/c/torkham/{FRIDAY}", "/c/torkham/history/", "/c/torkham/passage/", "/c/torkham/subscribe/",
]  # fmt: skip
PAGES = ["/", "/?for=cargo&to=AF", "/?q=torkam", "/map/", "/about/", *TORKHAM]
TEXTS = ["/?lite=1", "/c/torkham/?lite=1", "/c/torkham/share.txt", "/c/torkham/badge.svg"]


def prefix(language: str) -> str:
    return "" if language == "en" else f"/{language}"


def seen(html: str) -> str:
    title = re.search(r"<title>(.*?)</title>", html, re.DOTALL)
    return f"{unescape(title[1]) if title else ''} {words_of(html)}"


# Whole pages


def linked(reader: Any, path: str) -> list[tuple[str, str]]:
    """Where the languages named at the head of a page lead: path and code."""
    html = reader.client.get(path).content.decode()
    found = re.search(r'<nav class="tongues".*?</nav>', html, re.DOTALL)
    links = re.findall(r'<a href="([^"]+)" lang="([^"]+)"', found[0]) if found else []
    return [(unquote(unescape(url)), code) for url, code in links]


@pytest.mark.parametrize("path", PAGES)
def test_every_page_leads_to_itself_in_the_other_languages(reader, week, path):
    there = path.replace(FRIDAY, AS_LINKED)
    for language in LANGUAGES:
        expected = [(prefix(other) + there, other) for other in LANGUAGES if other != language]
        assert linked(reader, prefix(language) + path) == expected


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_there_in_every_language(reader, week, language):
    for path in [*PAGES, *TEXTS]:
        answer = reader.client.get(prefix(language) + path)
        assert answer.status_code == 200
        html = answer.content.decode()
        assert "<html" not in html or f'<html lang="{language}"' in html


def english_texts() -> set[str]:
    """The stretches of more than three words of all texts, between their placeholders."""
    catalog = read_po(io.BytesIO((BASE_DIR / "locale/ps/LC_MESSAGES/django.po").read_bytes()))
    ids = [each for message in catalog for each in ([message.id] if isinstance(message.id, str) else message.id)]
    parts = [" ".join(part.split()) for each in ids for part in re.split(r"%\(\w+\)[sd]|<[^>]+>", each)]
    return {part for part in parts if len(part.split()) > 3}


@pytest.mark.parametrize("language", ELSEWHERE)
def test_no_english_sentence_is_left_in_a_translated_page(reader, week, language):
    english = english_texts()
    assert len(english) > 100
    whole = seen(reader.get("/c/torkham/history/").content.decode() + reader.get("/about/").content.decode())
    assert sum(text in whole for text in english) > 10
    for path in [*TORKHAM, "/", "/map/", "/about/", "/?lite=1", "/c/torkham/?lite=1"]:
        page = seen(reader.client.get(prefix(language) + path).content.decode())
        assert [text for text in english if text in page] == [], path
        bare = page.replace("Talks on vehicles and goods go on.", "")  # a note stays in its own words
        assert re.findall(r"\b[A-Za-z’]+(?: [A-Za-z’]+){3,}", bare) == [], path


SOLAR = {"ps": "5 کب 1401", "fa-af": "5 حوت 1401"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_afghans_are_told_the_solar_day_beside_the_gregorian_one(reader, week, language):
    page = words_of(reader.client.get(f"{prefix(language)}/c/torkham/{FRIDAY}").content.decode())
    bare = re.sub("[\u2066-\u2069]", "", page)
    assert re.search(r"\b24 \S+ 2023", bare)
    assert ("1401" in bare) is (language in SOLAR) and SOLAR.get(language, "") in bare


# Short forms, over every state and confidence

HEDGES = ["last reported open with conditions", "last reported open; not known since %(day)s", "last reported open",
          "reported open", "its stated end has passed, with no word that it opened",
          "Border crossings: open, closed or not known"]  # fmt: skip
FORMS = ["/", "/?for=cargo&to=AF", "/?lite=1", "/map/", "/map/?for=cargo", "/c/torkham/badge.svg",
         "/c/torkham/share.txt", "/c/torkham/"]  # fmt: skip
STANDS = list(itertools.product(State.words(), Confidence.words()))


@pytest.fixture
def torkham() -> None:
    make_crossing()
    say(make_source("staff", kind="staff"), {"crossing": "torkham", "effective_at": ago(5), "lanes": lanes("open")},
        now=timezone.now())  # fmt: skip


def stands(state: str, confidence: str) -> None:
    """The stored status, made so."""
    row = Current.objects.get()
    fields: Json = {"state": state, "confidence": confidence, "gates": {"AF": state, "PK": state}}
    fields["last_known"] = "open" if state == State.UNKNOWN else None
    fields["conditions"] = [STUDENTS] if state == State.RESTRICTED else []
    row.status |= {"state": state, "lanes": [{**lane, **fields} for lane in row.status["lanes"]]}
    row.save()


def short_words(path: str, text: str) -> str:
    """What a short form tells: of the page of a crossing its title and what previews show."""
    if path == "/c/torkham/":
        head = text[: text.index("</head>")]
        return unescape(" ".join(re.findall(r"<title>.*?</title>|<meta [^>]*content=\"[^\"]*\"", head, re.DOTALL)))
    if path.endswith("share.txt"):
        return text
    return words_of(re.sub(r'<p class="lead">.*?</p>', "", text))  # of what is all read here


def says_open(text: str) -> bool:
    """In the present language, and without a word that takes it back."""
    bare = re.sub("[\u2066-\u2069]", "", text)
    for hedge in HEDGES:
        pattern = r".{1,30}?".join(re.escape(part) for part in gettext(hedge).split("%(day)s"))
        bare = re.sub(pattern, " ", bare)
    return bool(re.search(rf"(?<![\w\u200c]){gettext('open')}(?![\w\u200c])", bare))


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_short_form_says_open_but_of_what_is_current(reader, torkham, language):
    for state, confidence in STANDS:
        stands(state, confidence)
        sure = confidence == Confidence.CURRENT
        for path in FORMS:
            text = reader.client.get(prefix(language) + path).content.decode()
            with translation.override(language):
                told = says_open(short_words(path, text))
            assert told is False or (sure and state in ("open", "restricted")), (path, state, confidence)
            assert told or not (sure and state == "open"), (path, "the word itself was not found")


def values(found: Any) -> list[Any]:
    if isinstance(found, dict):
        return [each for key, value in found.items() if not key.startswith("last_") for each in values(value)]
    return [each for item in found for each in values(item)] if isinstance(found, list) else [found]


def test_no_list_for_machines_says_open_but_of_what_is_current(reader, torkham):
    for state, confidence in STANDS:
        stands(state, confidence)
        surely = state == State.OPEN and confidence == Confidence.CURRENT
        get = reader.client.get
        summary = json.loads(get("/api/v1/summary.json").content)
        assert summary["counts"]["open"] == surely and len(summary["not_open"]) == (not surely)
        assert surely or ("open" not in values(summary) and summary["not_open"][0]["open_lanes"] == 0)
        layer = json.loads(get("/api/v1/crossings.geojson").content)
        assert ("open" in values(layer["features"])) is surely, (state, confidence)
        rows = list(csv.DictReader(io.StringIO(get("/api/v1/crossings.csv").content.decode("utf-8-sig"))))[1:]
        assert {row["state"] == "open" for row in rows} == {surely}, (state, confidence)
