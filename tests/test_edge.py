"""Through nginx and the web processes: answers go on while the app is killed, the database stopped, and both return."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import timezone

from crossings.front.place import PARAMETERS
from tests import edge
from tests.factories import lanes, make_crossing, make_key, make_source, say
from tests.faults import a_postgres
from tracker.embedded import Postgres, free_port
from tracker.process import end

pytestmark = [pytest.mark.faults, pytest.mark.skipif(edge.NGINX is None, reason="nginx is not installed")]
BOARD, PAGE = "/api/v1/crossings/", "/c/torkham/"
WAYS = [
    BOARD,
    "/api/v1/summary.json",
    "/api/v1/crossings/torkham/",
    "/",
    PAGE,
    "/ps/c/torkham/",
    "/c/torkham/share.txt",
]


@pytest.fixture
def postgres(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[Postgres]:
    with django_db_blocker.unblock(), a_postgres() as service:  # type: ignore[attr-defined]
        make_crossing()
        broker = make_source("broker", trusted=True)
        word = {"id": "1", "crossing": "torkham", "effective_at": "2023-02-19T06:00:00Z", "lanes": lanes("closed")}
        say(broker, word, now=timezone.now())
        yield service


def environment(postgres: Postgres, folder: Path) -> dict[str, str]:
    given = os.environ | {
        "DATABASE_URL": postgres.url(),
        "TRACKER_PROXIES": "1",
        "TRACKER_HOSTS": "localhost 127.0.0.1",
    }
    return edge.collect_static(given, folder)


class Reader(threading.Thread):
    """Goes on asking, as a crowd would, and counts what it is given."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self.port, self.over, self.given = port, threading.Event(), Counter[int]()
        self.late = 0

    def run(self) -> None:
        while not self.over.is_set():
            for path in WAYS:
                try:
                    status, headers, _ = edge.get(self.port, path)
                    self.late += "Age" in headers or headers.get("X-Cache") == "STALE"
                except OSError:
                    status = 0
                self.given[status] += 1
            time.sleep(0.02)


def test_everybody_is_answered_while_the_app_and_the_database_go_and_come(postgres: Postgres, tmp_path: Path) -> None:
    env, app_port = environment(postgres, tmp_path), free_port()
    web = edge.start_web(app_port, env, tmp_path / "web.log")
    try:
        edge.until_up(app_port)
        with edge.an_edge(app_port) as (port, _):
            for path in WAYS:
                assert edge.get(port, path)[0] == 200, edge.get(port, path)
            reader = Reader(port)
            reader.start()
            time.sleep(1)
            os.killpg(web.pid, signal.SIGKILL)
            time.sleep(3)
            web = edge.start_web(app_port, env, tmp_path / "web-2.log")
            edge.until_up(app_port)
            time.sleep(2)
            assert postgres.child is not None
            postgres.child.send_signal(signal.SIGQUIT)
            postgres.child.wait()
            time.sleep(4)
            os.killpg(web.pid, signal.SIGKILL)  # both are away
            time.sleep(2)
            postgres.start()
            web = edge.start_web(app_port, env, tmp_path / "web-3.log")
            edge.until_up(app_port)
            time.sleep(2)
            reader.over.set()
            reader.join(10)
            assert set(reader.given) == {200} and reader.late > 20, reader.given
            status, headers, _ = edge.get(port, BOARD)
            assert status == 200 and "Age" not in headers
    finally:
        end(web, signal.SIGTERM, 5)


def test_the_app_alone_gives_its_last_good_answers_with_their_age(postgres: Postgres, tmp_path: Path) -> None:
    with edge.a_web(environment(postgres, tmp_path), tmp_path / "web.log") as port:
        for _ in range(8):  # so that each of its processes has them
            for path in WAYS:
                assert edge.get(port, path)[0] == 200, edge.get(port, path)
        assert postgres.child is not None
        postgres.child.send_signal(signal.SIGQUIT)
        postgres.child.wait()
        time.sleep(2.5)
        status, headers, body = edge.get(port, BOARD)
        assert status == 200 and 1 <= int(headers["Age"]) < 30 and json.loads(body)["crossings"]
        assert edge.get(port, BOARD, If_None_Match=headers["ETag"])[0] == 304
        status, headers, body = edge.get(port, "/ps/c/torkham/")
        assert status == 200 and b'id="saved" hidden' not in body and b" UTC</time>" in body
        assert "ETag" not in headers  # no browser holds it for a page of now
        assert edge.get(port, "/api/v1/crossings/torkham/?at=2023-02-20")[0] == 503  # nobody had asked for it
        postgres.start()
        edge.until_up(port, "/api/v1/crossings/torkham/?at=2023-02-20")
        time.sleep(1)
        assert "Age" not in edge.get(port, BOARD)[1]
        assert b'id="saved" hidden' in edge.get(port, "/ps/c/torkham/")[2]


def test_the_edge_keeps_what_is_everybodys_and_nothing_else(postgres: Postgres, tmp_path: Path) -> None:
    broker = make_source("second", trusted=True)
    key = make_key(broker)
    with edge.a_web(environment(postgres, tmp_path), tmp_path / "web.log") as app, edge.an_edge(app) as (port, folder):
        first = edge.get(port, BOARD)
        assert first[1]["X-Cache"] == "MISS"
        again = edge.get(port, f"{BOARD}?utm_source=mail&_=1", Accept_Encoding="identity")
        assert again[1]["X-Cache"] in ("HIT", "STALE", "UPDATING") and again[2] == first[2]
        held = edge.get(port, BOARD, If_None_Match=first[1]["ETag"])
        assert (held[0], held[2]) == (304, b"")
        # A key, a parameter given twice, one whose name is disguised: none of them gets, or leaves, another's answer.
        keyed = edge.get(port, BOARD, Authorization=f"Bearer {key}")
        assert keyed[1]["X-Cache"] == "BYPASS" and "private" in keyed[1]["Cache-Control"]
        assert edge.get(port, f"{BOARD}?state=open&state=closed")[0] == 400
        assert b"LOCALHOST:81" in edge.get(port, PAGE, Host="LOCALHOST:81")[2]
        assert b"LOCALHOST:81" not in edge.get(port, PAGE, Host="localhost")[2]
        disguised = edge.get(port, f"{BOARD}?%73tate=open")
        assert json.loads(disguised[2])["crossings"] == [] and json.loads(edge.get(port, BOARD)[2])["crossings"]
        for coding in ("br", "gzip"):
            assert edge.get(port, BOARD, Accept_Encoding=f"{coding}, deflate")[1]["Content-Encoding"] == coding
        assert "Content-Encoding" not in edge.get(port, BOARD, Accept_Encoding="br;q=0, gzip;q=0.0")[1]
        assert edge.get(port, PAGE, Save_Data="on")[2] != edge.get(port, PAGE)[2]
        staff = edge.get(port, "/admin/login/")
        assert "no-store" in staff[1]["Cache-Control"] and "X-Cache" not in staff[1]
        # An open page asks without the minute; what it holds is said to be so, and no page is sent.
        tag = re.search(rb'data-tag="([^"]+)"', edge.get(port, PAGE)[2])
        assert tag and edge.get(port, PAGE, If_None_Match=f'W/"{tag[1].decode()}"')[0] == 304
        say(
            broker,
            {"id": "9", "crossing": "torkham", "effective_at": timezone.now().isoformat(), "lanes": lanes("open")},
            now=timezone.now(),
        )
        begun = time.monotonic()
        while edge.get(port, BOARD)[1]["ETag"] == first[1]["ETag"]:
            assert time.monotonic() - begun < 4
            time.sleep(0.02)
        logged = (folder / "access.log").read_text()
        assert "utm_source" not in logged and "127.0.0.1" not in logged and '"' not in logged


def test_a_client_that_asks_too_much_is_told_when_to_come_again(postgres: Postgres, tmp_path: Path) -> None:
    with edge.a_web(environment(postgres, tmp_path), tmp_path / "web.log") as app, edge.an_edge(app) as (port, _):
        name = ("at", "%61t")
        answers = [edge.get(port, f"{BOARD}torkham/?{name[n % 2]}=2023-02-{20 + n % 8}") for n in range(80)]
        refused = next(answer for answer in answers if answer[0] == 429)
        assert refused[1]["Retry-After"] == "2" and json.loads(refused[2])["status"] == 429
        assert edge.get(port, BOARD)[0] == 200


def test_the_edge_knows_the_same_parameters_as_the_app() -> None:
    found = re.search(r"\(\?!\(\?:([a-z_|]+)\)", edge.CONF.read_text())
    assert found and set(found[1].split("|")) == PARAMETERS


def test_nginx_takes_the_file_as_it_is(tmp_path: Path) -> None:
    conf = tmp_path / "nginx.conf"
    conf.write_text(edge.our_conf(tmp_path, 8080, 8000))
    done = subprocess.run(
        [str(edge.NGINX), "-t", "-p", str(tmp_path), "-c", str(conf)], capture_output=True, check=False
    )
    assert done.returncode == 0 and b"warn" not in done.stderr, done.stderr.decode()
