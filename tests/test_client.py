"""The Python client against the real site."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from border_crossings import Client, Follower, NotGenuine, Problem, Rewound, Unavailable, read_dump, verify
from django.core.management import call_command
from django.utils import timezone
from standardwebhooks import Webhook

from crossings.models import Report
from tests.factories import claim, lanes, make_crossing, make_key, make_source, reading, say, say_the_week
from tracker.state import BASE_DIR

PACKAGE = BASE_DIR / "clients/python"


@pytest.fixture
def week(transactional_db: None, settings: Any, tmp_path: Path) -> Any:
    settings.STATE = tmp_path
    make_crossing()
    make_crossing("dorohusk", ("PL", "UA"), latitude=51.18, longitude=23.8)
    source = make_source("amu")
    say_the_week(source)
    return source


@pytest.fixture
def client(week: Any, live_server: Any) -> Client:
    return Client(live_server.url, make_key(week), tries=2, sleep=lambda _: None)


def closing(number: int, state: str = "closed") -> dict[str, Any]:
    at = timezone.now().replace(microsecond=0) - timedelta(hours=30) + timedelta(minutes=number)
    return claim(id=f"now-{number}", effective_at=at.isoformat(), lanes=lanes(state))


def test_it_reads_the_board_a_crossing_and_its_past(client: Client) -> None:
    assert [each["slug"] for each in client.crossings()] == ["dorohusk", "torkham"]
    assert [each["slug"] for each in client.crossings(bbox=(60, 29, 75, 39), country="PK")] == ["torkham"]
    assert client.board(updated_since=timezone.now())["crossings"] == []
    then = client.crossing("torkham", at=datetime(2023, 2, 23, 7, 30, tzinfo=UTC))
    assert then["status"]["state"] == "unknown"
    assert len(list(client.history("torkham"))) >= 5
    assert len(list(client.reports("torkham"))) == 5
    assert client.summary()["crossings"] == 2
    with pytest.raises(Problem) as refused:
        client.crossing("nowhere")
    assert (refused.value.status, refused.value.kind) == (404, "not-found")


def test_it_walks_through_all_pages(client: Client, week: Any) -> None:
    now = timezone.now()
    say(week, *[reading(id=str(n), observed_at=(now - timedelta(hours=n)).isoformat()) for n in range(120)], now=now)
    assert len({each["id"] for each in client.readings("torkham")}) == 120
    assert sum(each["count"] for each in client.readings("torkham", bucket="day")) == 120


def test_what_it_holds_is_asked_for_by_its_tag(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    once = client.http._once

    def watched(request: Any) -> Any:
        answer = once(request)
        seen.append(answer.status)
        return answer

    monkeypatch.setattr(client.http, "_once", watched)
    assert client.board() == client.board()
    assert client.changes(3) == client.changes(3)
    assert seen == [200, 304, 200, 304]


# Pushing


def test_it_pushes_once_however_often_it_is_sent(client: Client) -> None:
    sent = closing(1)
    first = client.push_report(sent, idempotency_key="one")
    assert first["outcome"] == "recorded"
    assert client.push_report(sent, idempotency_key="one") == first
    assert client.push_report(sent)["outcome"] == "same"
    assert client.push_reading(reading(id="q"))["outcome"] == "recorded"
    assert client.push_batch([closing(2)])["counts"] == {"recorded": 1}
    assert client.retract(first["report"], "a mistake")["outcome"] == "retracted"
    assert client.retract("now-2", "a mistake")["outcome"] == "retracted"
    numeric = client.push_report(closing(3) | {"id": str(first["report"])})
    assert client.retract(str(first["report"]), "a mistake")["report"] == numeric["report"]
    with pytest.raises(Problem) as refused:
        client.push_report(claim(lanes=[]))
    assert refused.value.status == 422 and refused.value.errors[0]["pointer"]
    with pytest.raises(Problem, match="401"):
        Client(client.http.base, "wrong").push_report(sent)


# Following


def test_it_follows_from_where_it_was_across_restarts(client: Client, week: Any, tmp_path: Path) -> None:
    place, seen = tmp_path / "position.json", []

    def follower() -> Follower:
        return Follower(client, place, limit=2)

    there_are = [each["position"] for each in client.changes(0)["changes"]]
    assert follower().poll(lambda change: seen.append(change["position"])) == len(there_are)
    assert follower().poll(lambda change: seen.append(change["position"])) == 0
    say(week, closing(1), now=timezone.now())
    follower().poll(lambda change: seen.append(change["position"]))
    assert seen == [each["position"] for each in client.changes(0)["changes"]] == list(range(1, len(seen) + 1))
    assert json.loads(place.read_text()) == {"position": seen[-1]}


def test_a_change_whose_handler_failed_comes_again(client: Client, tmp_path: Path) -> None:
    seen: list[int] = []

    def fails_once(change: Any) -> None:
        seen.append(change["position"])
        if seen == [1, 2]:
            raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError):
        Follower(client, tmp_path / "place").poll(fails_once)
    Follower(client, tmp_path / "place").poll(fails_once)
    assert seen[:4] == [1, 2, 2, 3]


def test_it_says_when_the_positions_end_before_its_own(client: Client, tmp_path: Path) -> None:
    with pytest.raises(Rewound):
        Follower(client, tmp_path / "place", start=10_000).poll(print)


def test_a_damaged_place_is_not_taken_for_a_new_one(client: Client, tmp_path: Path) -> None:
    (tmp_path / "place").write_text("")
    with pytest.raises(ValueError, match="Expecting value"):
        Follower(client, tmp_path / "place")


# A bad line


Script = list[tuple[int, dict[str, str], bytes]]


@contextmanager
def a_site(script: Script) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """Gives these answers, one after the other; an empty status hangs up."""
    seen: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(dict(self.headers.items()))
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, headers, body = script.pop(0)
            if status:
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", seen
    finally:
        server.shutdown()
        server.server_close()


BUSY = (503, {"Retry-After": "7"}, b'{"type": "/api/docs/#unavailable", "detail": "later"}')
EMPTY = (200, {"ETag": '"1"'}, b'{"crossings": []}')


def test_it_waits_as_it_is_told_and_longer_after_each_failure() -> None:
    script: Script = [
        BUSY,
        (0, {}, b""),
        (429, {}, b""),
        (502, {}, b"<html>"),
        (200, {"Content-Length": "99"}, b"{"),
        EMPTY,
    ]
    pauses: list[float] = []
    with a_site(script) as (base, _):
        assert Client(base, sleep=pauses.append).board() == {"crossings": []}
    assert pauses[0] == 7
    for pause, most in zip(pauses[1:], (1, 2, 4, 8), strict=True):
        assert most / 2 <= pause <= most


def test_a_follower_waits_as_it_is_told_however_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("border_crossings.follow.time.sleep", pauses.append)
    page: tuple[int, dict[str, str], bytes] = (200, {}, b'{"changes": [], "position": 0, "more": false}')
    with a_site([(503, {"Retry-After": "300"}, BUSY[2]), page]) as (base, _):
        Follower(Client(base, sleep=pauses.append), tmp_path / "place").run(print, lambda: len(pauses) == 2)
    assert pauses == [300, 5]


def test_it_gives_up_after_its_last_try() -> None:
    pauses: list[float] = []
    with a_site([BUSY, BUSY, BUSY]) as (base, _), pytest.raises(Unavailable, match="later"):
        Client(base, tries=3, sleep=pauses.append).board()
    assert pauses == [7, 7]


WORKING = b'{"type": "/api/docs/#in-progress", "detail": "at work"}'


@pytest.mark.parametrize("told", [["59"], ["1"] * 9])
def test_it_outlasts_a_request_that_was_cut_off(told: list[str]) -> None:
    """However few tries it has: a name is held for a minute."""
    script: Script = [(409, {"Retry-After": each}, WORKING) for each in told]
    pauses: list[float] = []
    with a_site([*script, (200, {}, b'{"outcome": "same"}')]) as (base, _):
        client = Client(base, "secret", tries=2, sleep=pauses.append)
        assert client.push_report({"id": "1"}) == {"outcome": "same"}
    assert len(pauses) == len(told) and sum(pauses) <= 90


def test_it_waits_a_minute_and_a_half_as_it_is_told_and_no_longer() -> None:
    pauses: list[float] = []
    for busy in ([(409, {"Retry-After": "1"}, WORKING)] * 40, [(429, {"Retry-After": "3600"}, b"{}")] * 3):
        with a_site(busy) as (base, _), pytest.raises(Unavailable):
            Client(base, "secret", sleep=pauses.append).push_report({"id": "1"})
    assert 60 < sum(pauses) <= 90


def test_a_push_is_tried_again_under_the_same_name_and_no_key_goes_elsewhere() -> None:
    script: Script = [
        (0, {}, b""),
        (409, {"Retry-After": "1"}, b'{"type": "/api/docs/#in-progress"}'),
        (201, {}, b'{"outcome": "recorded"}'),
        EMPTY,
        (307, {"Location": "http://127.0.0.2/"}, b""),
    ]
    with a_site(script) as (base, seen):
        client = Client(base, "secret", sleep=lambda _: None)
        assert client.push_report({"id": "1"}) == {"outcome": "recorded"}
        assert len({each["Idempotency-Key"] for each in seen}) == 1
        client.board()
        assert "Authorization" not in seen[-1]
        with pytest.raises(Problem, match="307 : It leads to http"):
            client.push_report({})


# Webhooks and the dump

SECRET = "whsec_" + base64.b64encode(b"x" * 32).decode()
OTHER = "whsec_" + base64.b64encode(b"y" * 32).decode()


def signed(body: bytes, at: datetime | None = None) -> dict[str, str]:
    at = at or datetime.now(UTC)
    signature = Webhook(SECRET).sign("msg_1", at, body.decode())
    return {"webhook-id": "msg_1", "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": signature}


def test_a_genuine_webhook_is_told_from_others() -> None:
    body = b'{"position": 7}'
    assert verify(signed(body), body, SECRET) == {"position": 7}
    assert verify(signed(body), body, [OTHER, SECRET]) == {"position": 7}
    hour_ago = datetime.now(UTC) - timedelta(hours=1)
    wrong: list[tuple[dict[str, str], bytes, str]] = [
        (signed(body), b'{"position": 8}', SECRET),
        (signed(body), body, OTHER),
        (signed(body, hour_ago), body, SECRET),
        ({}, body, SECRET),
        ({**signed(body), "webhook-signature": "garbage"}, body, SECRET),
        ({**signed(body), "webhook-signature": "v1,!"}, body, SECRET),
        (signed(body), b"\xff", SECRET),
    ]
    for headers, sent, secret in wrong:
        with pytest.raises(NotGenuine):
            verify(headers, sent, secret)


def test_it_fetches_the_dump_and_reads_it(client: Client, tmp_path: Path) -> None:
    with pytest.raises(Problem, match="every night"):
        client.save_dump(tmp_path / "all.gz")
    call_command("dump", verbosity=0)
    path = client.save_dump(tmp_path / "all.gz")
    [head] = read_dump(path, "dump")
    assert head["position"] == client.board()["position"]
    assert {each["report"] for each in read_dump(path, "report")} == set(Report.objects.values_list("pk", flat=True))
    assert {path.name for path in tmp_path.iterdir()} == {"all.gz", "dump"}


# As a package


def test_it_needs_nothing_of_the_site() -> None:
    alone = "import sys; import border_crossings; print(*{name.partition('.')[0] for name in sys.modules})"
    told = subprocess.run(
        [sys.executable, "-c", alone], cwd=PACKAGE / "src", check=True, capture_output=True, text=True
    )
    assert not {"django", "crossings", "tracker"} & set(told.stdout.split())


@pytest.mark.faults
def test_it_can_be_installed(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--system-site-packages", str(tmp_path / "venv")], check=True)
    python = tmp_path / "venv/bin/python"
    copy = shutil.copytree(PACKAGE, tmp_path / "client")  # building leaves things behind
    done = subprocess.run(
        [python, "-m", "pip", "install", "--quiet", str(copy)], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    told = "import border_crossings, pathlib; print(pathlib.Path(border_crossings.__file__).parent / 'py.typed')"
    found = subprocess.run([python, "-c", told], check=True, capture_output=True, text=True, cwd=tmp_path).stdout
    assert Path(found.strip()).exists() and str(tmp_path) in found
