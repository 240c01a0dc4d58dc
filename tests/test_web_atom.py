"""News for feed readers, as their programs read it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from django.test import Client
from django.utils import timezone

from crossings.ledger import redact, retract
from crossings.models import Change, Report
from tests.factories import claim, lanes, make_crossing, make_source, say, say_the_week

pytestmark = pytest.mark.django_db
NS = {"a": "http://www.w3.org/2005/Atom"}
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
HOUR = timedelta(hours=1)


@pytest.fixture
def week() -> Any:
    make_crossing(names={"ps": "تورخم"})
    make_crossing("dorohusk", ("PL", "UA"))
    source = make_source("amu", note="staff's note on amu")
    say_the_week(source)
    return source


def read(client: Client, path: str) -> ElementTree.Element:
    answer = client.get(path)
    assert answer.status_code == 200, path
    assert answer.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    assert not answer.cookies and "secret name" not in answer.content.decode()
    return ElementTree.fromstring(answer.content)


def texts(feed: ElementTree.Element, path: str) -> list[str]:
    return [each.text or "" for each in feed.findall(path, NS)]


def test_a_feed_is_valid_atom_and_tells_the_newest_first(client: Client, week: Any) -> None:
    feed = read(client, "/c/torkham/feed.atom")
    assert feed.get(LANG) == "en"
    links = {link.get("rel"): link.get("href") for link in feed.findall("a:link", NS)}
    assert links == {"self": "http://testserver/c/torkham/feed.atom", "alternate": "http://testserver/c/torkham/"}
    assert texts(feed, "a:author/a:name") == ["Border crossings"]
    assert texts(feed, "a:title") == ["Torkham – Border crossings"]
    entries = feed.findall("a:entry", NS)
    ids = texts(feed, "a:entry/a:id")
    assert entries and len(set(ids)) == len(ids)
    assert all(each.startswith("tag:testserver,2026:changes/") for each in ids)
    updated = [datetime.fromisoformat(each) for each in texts(feed, "a:entry/a:updated")]
    assert updated == sorted(updated, reverse=True)
    assert texts(feed, "a:updated") == texts(entries[0], "a:updated")
    assert texts(feed, "a:entry/a:link") == [""] * len(entries)


def test_an_entry_says_what_is_new_since_when_and_who_says_so(client: Client, week: Any) -> None:
    feed = read(client, "/c/torkham/feed.atom")
    told = dict(zip(texts(feed, "a:entry/a:title"), texts(feed, "a:entry/a:summary"), strict=True))
    title = "Torkham: All traffic, both ways: closed by Afghanistan"
    assert title in told
    assert "label of amu" in told[title] and "Sunday 19 Feb 2023" in told[title]
    assert any("reported open" in each for each in told)


def test_no_title_says_open_of_its_own_voice(client: Client, week: Any) -> None:
    now = timezone.now()
    for source in (week, make_source("other")):
        for side in ("AF", "PK"):
            said = claim(effective_at=(now - HOUR).isoformat(), declared_by=side, lanes=lanes("open"))
            say(source, said, now=now)
    for title in texts(read(client, "/feed.atom"), "a:entry/a:title"):
        assert "open" not in title.replace("reported open", ""), title


def test_announcements_retractions_and_corrections_are_news(client: Client, week: Any) -> None:
    now = timezone.now()
    promise = claim(
        id="p", basis="announced", effective_at=(now + HOUR).isoformat(), declared_by="PK", lanes=lanes("open")
    )
    say(week, promise, now=now)
    retract(Report.objects.get(external_id="week-3"), reason="a mistake", now=now)
    titles = texts(read(client, "/feed.atom"), "a:entry/a:title")
    assert any("Announced: Pakistan to open" in each for each in titles), titles
    assert any(each.startswith("Torkham: Taken back: All traffic, both ways: closed") for each in titles), titles


def test_a_correction_is_news_unless_it_reaches_far_back(client: Client, week: Any) -> None:
    assert Change.objects.filter(type="history.corrected").exists() is False
    say(week, claim(effective_at="2023-02-22T05:00:00Z"), now=timezone.now(), backfilled=True)
    assert Change.objects.filter(type="history.corrected").exists()
    assert not any("Corrected" in each for each in texts(read(client, "/feed.atom"), "a:entry/a:title"))
    now = timezone.now()
    for days, state in ((3, "open"), (1, "closed"), (2, "closed")):
        said = claim(effective_at=(now - timedelta(days=days)).isoformat(), lanes=lanes(state))
        say(week, said, now=now - timedelta(hours=12))
    feed = read(client, "/feed.atom")
    entry = next(each for each in feed.findall("a:entry", NS) if "Corrected" in texts(each, "a:title")[0])
    assert "label of amu" in texts(entry, "a:summary")[0]
    assert [link.get("href") for link in entry.findall("a:link", NS)] == ["http://testserver/c/torkham/history/"]


def test_what_was_redacted_is_gone_and_what_staff_keep_was_never_there(client: Client, week: Any) -> None:
    now = timezone.now()
    hidden = claim(effective_at=(now - HOUR).isoformat(), visibility="staff", note="for staff", attribution="for staff")
    say(make_source("desk", kind="staff", public_label="label of the desk"), hidden, now=now)
    page = client.get("/feed.atom").content.decode()
    assert "for staff" not in page
    said = claim(effective_at=now.isoformat(), lanes=[{"traffic": "all", "state": "restricted", "conditions": [
        {"who": ["nationals"], "text": "the gatekeeper's cousin"}]}])  # fmt: skip
    say(week, said, now=now)
    assert "cousin" in client.get("/feed.atom").content.decode()
    redact(Report.objects.latest("pk"), ["conditions"], reason="a person", now=now, by=None)
    assert "cousin" not in client.get("/feed.atom").content.decode()


def test_of_a_country_there_are_its_crossings_alone(client: Client, week: Any) -> None:
    say(week, claim(crossing="dorohusk", effective_at=timezone.now().isoformat()), now=timezone.now())
    of_poland = read(client, "/feed.atom?country=pl")
    assert {each.partition(":")[0] for each in texts(of_poland, "a:entry/a:title")} == {"Dorohusk"}
    assert "Poland" in texts(of_poland, "a:title")[0]
    assert len(texts(read(client, "/feed.atom"), "a:entry/a:id")) > len(texts(of_poland, "a:entry/a:id"))
    for wrong in ("/feed.atom?country=Atlantis", "/c/nowhere/feed.atom"):
        assert client.get(wrong).status_code == 404


def test_it_is_304_until_something_is_new_whatever_the_minute(client: Client, week: Any) -> None:
    for path in ("/feed.atom", "/c/torkham/feed.atom", "/feed.atom?country=AF&utm_source=x"):
        tag = client.get(path).headers["ETag"]
        assert client.get(path, headers={"If-None-Match": tag}).status_code == 304
    say(week, claim(effective_at=timezone.now().isoformat()), now=timezone.now())
    assert client.get("/feed.atom", headers={"If-None-Match": tag}).status_code == 200


def test_every_language_has_its_own(client: Client, week: Any) -> None:
    feed = read(client, "/ps/c/torkham/feed.atom")
    assert feed.get(LANG) == "ps"
    assert texts(feed, "a:title")[0].startswith("تورخم")
    assert texts(feed, "a:entry/a:title")[0].startswith("تورخم")


def test_a_silent_house_has_an_empty_feed(client: Client) -> None:
    feed = read(client, "/feed.atom")
    assert feed.findall("a:entry", NS) == []


def test_the_pages_lead_to_their_feeds(client: Client, week: Any) -> None:
    link = '<link rel="alternate" type="application/atom+xml" href="{}">'
    for page, feed in {
        "/": "/feed.atom",
        "/?country=AF": "/feed.atom?country=AF",
        "/c/torkham/": "/c/torkham/feed.atom",
        "/ps/c/torkham/": "/ps/c/torkham/feed.atom",
    }.items():
        assert link.format(feed) in client.get(page).content.decode(), page
