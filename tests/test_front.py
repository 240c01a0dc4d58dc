"""What stands before Django: a public answer is made once per change, and is nobody's own."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crossings import ledger
from crossings.front import Front
from crossings.front.place import PARAMETERS, canonical, place_of
from crossings.front.shelf import Kept, Shelf, tags_of
from crossings.models import Report, Source
from tests.factories import lanes, make_crossing, make_key, make_source, say

BOARD = "/api/v1/crossings/"


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


class Asked:
    """A front of its own, asked as a server would ask it."""

    def __init__(self) -> None:
        self.front = Front()

    def __call__(self, path: str, method: str = "GET", **headers: str) -> Answer:
        path, _, query = path.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "HTTP_HOST": "localhost",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(),
            "wsgi.errors": io.StringIO(),
            **{f"HTTP_{name.upper()}": value for name, value in headers.items()},
        }
        told: list[Any] = []
        body = b"".join(self.front(environ, lambda status, given, *_: told.extend([status, given])))
        return Answer(int(told[0][:3]), dict(told[1]), body)

    def until(self, true: Callable[[], bool]) -> float:
        begun = time.monotonic()
        while not true():
            assert time.monotonic() - begun < 5
            time.sleep(0.005)
        return time.monotonic() - begun


@pytest.fixture
def broker(transactional_db: None) -> Source:
    make_crossing()
    made = make_source("broker", trusted=True)
    say(
        made,
        {"id": "1", "crossing": "torkham", "effective_at": "2023-02-19T06:00:00Z", "lanes": lanes("closed")},
        now=timezone.now(),
    )
    return made


@pytest.fixture
def asked(broker: Source) -> Iterator[Asked]:
    ask = Asked()
    ask.front.lookout.start()
    ask.until(lambda: ask.front.lookout.tag is not None)
    while time.time() % 60 > 58:  # answers are made anew each minute, which no test here wants to meet
        time.sleep(0.1)
    yield ask
    ask.front.lookout._over.set()
    with connection.cursor() as cursor:
        cursor.execute("NOTIFY crossings_feed")  # so that nobody waits for it to look up
    ask.front.lookout.stop()


# What a request asks for

QUERIES = [
    ("", ""),
    ("utm_source=mail", ""),
    ("country=AF&utm=1", "country=AF"),
    ("to=PK&country=AF", "country=AF&to=PK"),
    ("country=AF&country=PK", "country=AF&country=PK"),
    ("q=%D8%AA%D9%88", "q=%D8%AA%D9%88"),
    ("at=", "at="),
    ("<script>", ""),
    ("q=تورخم".encode().decode("latin-1"), "q=%D8%AA%D9%88%D8%B1%D8%AE%D9%85"),
]


@pytest.mark.parametrize(("query", "kept"), QUERIES)
def test_only_parameters_that_mean_something_tell_answers_apart(query: str, kept: str) -> None:
    assert canonical(query) == kept


def test_every_parameter_that_the_schema_names_is_known(client: Client) -> None:
    document = client.get("/api/v1/schema/").json()
    public = [each["get"] for each in document["paths"].values() if "If-None-Match" in str(each.get("get"))]
    named = {each["name"] for get in public for each in get.get("parameters", []) if each["in"] == "query"}
    assert public and named <= PARAMETERS


NOT_KEPT = [
    {"REQUEST_METHOD": "POST"},
    {"HTTP_AUTHORIZATION": "Bearer x"},
    {"PATH_INFO": "/admin/"},
    {"PATH_INFO": "/readyz"},
    {"PATH_INFO": "/static/crossings/site.css"},
    {"PATH_INFO": "/api/v1/dump.ndjson.gz"},
    {"QUERY_STRING": "q=" + "a" * 500},
    {"QUERY_STRING": "a&" * 1001},
]


@pytest.mark.parametrize("environ", NOT_KEPT)
def test_what_is_no_public_reading_has_no_place(environ: dict[str, str]) -> None:
    plain = {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "QUERY_STRING": "", "HTTP_HOST": "localhost"}
    assert place_of(plain) is not None
    assert place_of(plain | environ) is None


TAGS = [
    ('"77"', BOARD, ('"77"',)),
    ('W/"77"', BOARD, ('"77"',)),
    ('W/"77-board-en-abc-202611221200"', "/", ('"77-board-en-abc-202611221200"', '"77-board-en-abc"')),
    ('"77-123456789012"', BOARD, ('"77-123456789012"',)),
]


@pytest.mark.parametrize(("etag", "path", "tags"), TAGS)
def test_a_page_may_be_held_without_its_minute(etag: str, path: str, tags: tuple[str, ...]) -> None:
    assert tags_of(etag, path) == tags


def test_the_shelf_is_bounded_and_the_least_asked_for_goes_first() -> None:
    def place(name: str) -> Any:
        return place_of({"REQUEST_METHOD": "GET", "PATH_INFO": f"/c/{name}/", "HTTP_HOST": "localhost"})

    def kept(size: int) -> Kept:
        return Kept(("1", 0), ("1", 0), timezone.now(), None, b"x" * size, [], [], ('"1"',))

    shelf = Shelf(most_bytes=20_000, most_answers=3)
    for name in ("a", "b", "c"):
        shelf.put(place(name), kept(10))
    assert shelf.get(place("a"))
    shelf.put(place("d"), kept(10))
    assert shelf.get(place("b")) is None and shelf.get(place("a"))
    shelf.put(place("e"), kept(12_000))
    assert shelf.get(place("a")) is None and shelf.get(place("e")) and len(shelf) < 3
    shelf.put(place("f"), kept(20_000))
    assert len(shelf) == 0


# Kept, and made anew

PUBLIC = [
    BOARD,
    "/api/v1/crossings.geojson",
    "/api/v1/crossings.csv",
    "/api/v1/summary.json",
    "/api/v1/changes/",
    "/api/v1/crossings/torkham/",
    "/api/v1/crossings/torkham/history/",
    "/api/v1/crossings/torkham/reports/",
    "/api/v1/crossings/torkham/readings/",
    "/",
    "/map/",
    "/about/",
    "/c/torkham/",
    "/ps/c/torkham/",
    "/c/torkham/history/",
    "/c/torkham/share.txt",
    "/c/torkham/badge.svg",
]


def test_the_same_again_costs_no_query_and_is_the_same(asked: Asked) -> None:
    for path in PUBLIC:
        first = asked(path)
        with CaptureQueriesContext(connection) as queries:
            again = asked(path)
            held = asked(path, if_none_match=first.headers["ETag"])
        assert (first.status, again, len(queries)) == (200, first, 0), path
        assert (held.status, held.body) == (304, b""), path
        assert held.headers["ETag"] == first.headers["ETag"] and "Content-Length" not in held.headers, path


def test_the_answers_are_those_that_django_gives(asked: Asked, client: Client) -> None:
    for path in PUBLIC:
        asked(path)
        there = client.get(path, headers={"host": "localhost"})
        assert asked(path).body == there.content
        assert asked(path).headers == {**dict(there.headers), "Content-Length": str(len(there.content))}


def test_a_change_is_seen_at_once_by_whoever_made_it_elsewhere(asked: Asked, broker: Source) -> None:
    before = asked(BOARD)
    now = timezone.now().isoformat()
    say(broker, {"id": "2", "crossing": "torkham", "effective_at": now, "lanes": lanes("open")}, now=timezone.now())
    assert asked.until(lambda: asked(BOARD).body != before.body) < 1
    assert asked(BOARD).headers["ETag"] != before.headers["ETag"]
    assert asked(BOARD, if_none_match=before.headers["ETag"]).status == 200


def test_a_confirmation_moves_the_version_and_not_the_position(asked: Asked, broker: Source) -> None:
    now = timezone.now() - timedelta(hours=2)
    word = {"id": "2", "crossing": "torkham", "effective_at": now.isoformat(), "lanes": lanes("closed")}
    [result] = say(broker, word, now=now)
    said = Report.objects.get(pk=result.report or 0)
    before = json.loads(asked(BOARD).body)
    ledger.confirm([said], source=broker, at=timezone.now(), now=timezone.now())
    asked.until(lambda: json.loads(asked(BOARD).body)["version"] > before["version"])
    assert json.loads(asked(BOARD).body)["position"] == before["position"]


def test_who_holds_an_answer_is_told_so_though_nobody_has_asked_for_it_here(asked: Asked) -> None:
    etag = asked(BOARD).headers["ETag"]
    asked.front.shelf = Shelf()
    assert asked(BOARD, if_none_match=etag).status == 304
    with CaptureQueriesContext(connection) as queries:
        assert asked(BOARD, if_none_match=etag).status == 304
        assert asked(BOARD).status == 200
    assert len(queries) == 0


def test_a_page_that_is_held_is_not_made_anew_for_the_minutes_sake(asked: Asked, monkeypatch: Any) -> None:
    page = asked("/c/torkham/")
    lasting = page.headers["ETag"].rpartition("-")[0] + '"'
    later, now = time.time() + 60, timezone.now() + timedelta(minutes=1)
    monkeypatch.setattr(time, "time", lambda: later)
    monkeypatch.setattr(timezone, "now", lambda: now)
    assert asked("/c/torkham/", if_none_match=lasting).status == 304
    with CaptureQueriesContext(connection) as queries:
        assert asked("/c/torkham/", if_none_match=lasting).status == 304
    assert len(queries) == 0
    with CaptureQueriesContext(connection) as queries:
        assert asked("/c/torkham/").status == 200  # whoever asks for it whole gets it with the ages of now
    assert len(queries) > 0


def test_what_was_kept_before_a_redaction_is_not_given_even_while_the_database_is_away(
    asked: Asked, broker: Source
) -> None:
    word = {"id": "2", "crossing": "torkham", "effective_at": "2023-02-20T06:00:00Z", "lanes": lanes("closed")}
    [result] = say(broker, {**word, "note": "So says Karim."}, now=timezone.now())
    before, after = "/api/v1/crossings/torkham/reports/", "/api/v1/crossings/torkham/"
    assert b"Karim" in asked(before).body
    asked.until(lambda: len(asked.front.shelf) == 1)
    said = Report.objects.get(pk=result.report or 0)
    ledger.redact(said, ["note"], reason="a name", now=timezone.now(), by=None)
    asked.until(lambda: b"Karim" not in asked(after).body and len(asked.front.shelf) == 2)
    asked.front.lookout._lost(OSError("gone"))
    connection.close()
    assert asked.front.lookout.away and "Age" in asked(after).headers
    assert (asked(before).status, asked("/ps/").status) == (503, 503)


# Nobody's own


def test_what_nobody_reads_splits_nothing_and_stands_in_no_answer(asked: Asked) -> None:
    asked("/c/torkham/?utm=evil")
    with CaptureQueriesContext(connection) as queries:
        page = asked("/c/torkham/")
    assert len(queries) == 0 and b"evil" not in page.body and len(asked.front.shelf) == 1


def test_an_answer_with_a_key_is_neither_kept_nor_given_from_what_is_kept(asked: Asked, broker: Source) -> None:
    asked(BOARD)
    held = asked(BOARD, authorization=f"Bearer {make_key(broker)}")
    assert "private" in held.headers["Cache-Control"]
    assert "public" in asked(BOARD).headers["Cache-Control"] and len(asked.front.shelf) == 1


def test_a_staff_member_is_given_the_same_as_anybody(asked: Asked) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("zarmina"))
    cookie = f"sessionid={client.cookies['sessionid'].value}"
    staff = asked("/c/torkham/", cookie=cookie)
    assert staff == asked("/c/torkham/") and "Set-Cookie" not in staff.headers
    asked("/admin/", cookie=cookie)
    assert len(asked.front.shelf) == 1


def test_what_is_no_answer_is_not_kept(asked: Asked) -> None:
    for path in ("/c/nowhere/", "/api/v1/crossings/nowhere/", f"{BOARD}?state=ajar", "/nothing"):
        assert asked(path).status in (400, 404)
    assert len(asked.front.shelf) == 0


def test_a_host_that_is_not_ours_is_given_nothing(asked: Asked) -> None:
    asked(BOARD)
    assert asked(BOARD, host="evil.example").status == 400
    assert len(asked.front.shelf) == 1


def test_codings_and_text_pages_are_kept_apart(asked: Asked) -> None:
    plain, packed = asked(BOARD), asked(BOARD, accept_encoding="gzip, br")
    assert packed.headers["Content-Encoding"] == "br" and packed.body != plain.body
    assert asked(BOARD).body == plain.body and asked(BOARD, accept_encoding="br").body == packed.body
    assert asked("/c/torkham/", save_data="on").body != asked("/c/torkham/").body


def test_head_is_answered_from_what_is_kept(asked: Asked) -> None:
    whole = asked(BOARD)
    assert asked(BOARD, "HEAD").headers == whole.headers
