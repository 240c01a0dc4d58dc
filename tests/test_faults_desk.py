"""The web process is killed in the middle of acts of staff: each is done whole or not at all, and only once."""

from __future__ import annotations

import http.client
import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone

from crossings.models import Confirmation, Report, Retraction
from tests import edge
from tests.desk import Fields, FormReader, admin_url, logged_in, staff
from tests.factories import make_crossing
from tests.faults import a_postgres, nothing_amiss
from tracker.embedded import Postgres, free_port
from tracker.process import Child, end

pytestmark = [pytest.mark.faults]
LOG = "/admin/crossings/report/log/"
FORM = "application/x-www-form-urlencoded"
GATES = 5
KILLS = 10
PATIENCE_S = 60


@pytest.fixture
def postgres(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[Postgres]:
    with django_db_blocker.unblock(), a_postgres() as service:  # type: ignore[attr-defined]
        for number in range(GATES):
            make_crossing(f"gate-{number}")
        yield service


class House:
    """The site, killed and started again by a thread of its own."""

    def __init__(self, postgres: Postgres, folder: Path) -> None:
        given = os.environ | {"DATABASE_URL": postgres.url(), "TRACKER_HOSTS": "localhost 127.0.0.1"}
        self.env, self.folder, self.port = edge.collect_static(given, folder), folder, free_port()
        self.web: Child = self._start()
        self.calm, self.over = threading.Event(), threading.Event()
        self.kills = 0

    def _start(self) -> Child:
        web = edge.start_web(self.port, self.env, self.folder / "web.log")
        edge.until_up(self.port)
        return web

    def go_on_killing(self) -> None:
        while self.kills < KILLS and not self.over.is_set():
            time.sleep(random.uniform(1, 5))  # a fresh process takes a while for its first page
            os.killpg(self.web.pid, signal.SIGKILL)
            self.web.wait()
            self.kills += 1
            self.web = self._start()
        self.calm.set()
        self.over.wait()  # the site dies with the thread that started it


class Person:
    """A member of staff at a browser that tries again where nobody answers."""

    def __init__(self, house: House, client: Client) -> None:
        self.house, self.cookies = house, {name: each.value for name, each in client.cookies.items()}

    def ask(self, path: str, data: Fields | None = None) -> str:
        begun, why = time.monotonic(), ""
        while time.monotonic() - begun < PATIENCE_S:
            try:
                return self._once(path, data)
            except (OSError, http.client.HTTPException) as error:
                why = repr(error)
                time.sleep(0.1)
        raise AssertionError(f"Nobody answers any more: {why}")

    def _once(self, path: str, data: Fields | None) -> str:
        line = http.client.HTTPConnection("127.0.0.1", self.house.port, timeout=20)
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        body = None if data is None else urlencode(data, doseq=True)
        if body is not None:
            headers |= {"Content-Type": FORM, "Origin": f"http://127.0.0.1:{self.house.port}"}
        line.request("GET" if body is None else "POST", path, body, headers)
        answer = line.getresponse()
        text = answer.read().decode()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                key, _, rest = value.partition("=")
                self.cookies[key] = rest.partition(";")[0]
        line.close()
        assert answer.status in (200, 302), (answer.status, path, text[-400:])
        return text

    def act(self, path: str, typed: Fields) -> None:
        """Fill in, preview, save: each sent until somebody answers."""
        form = _fields(self.ask(path))
        shown = _fields(self.ask(path.partition("?")[0], {**form, **typed, "action": "preview"}))
        assert shown.get("seen"), "the preview was refused"
        self.ask(path.partition("?")[0], {**shown, "action": "save"})


def _fields(html: str) -> Fields:
    found = FormReader(html).fields
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def whole(sent: int) -> None:
    """An update of five crossings is recorded of all or of none; whoever sent it until it was answered: of all."""
    acts: dict[str, set[str]] = {}
    for key in Report.objects.filter(external_id__contains=":").values_list("external_id", flat=True):
        act, _, slug = key.partition(":")
        acts.setdefault(act, set()).add(slug)
    assert {len(slugs) for slugs in acts.values()} <= {GATES}, acts
    assert len(acts) == sent


def test_the_site_is_killed_again_and_again_while_staff_work(postgres: Postgres, tmp_path: Path) -> None:
    zahra = staff("zahra", superuser=True)
    house = House(postgres, tmp_path)
    person = Person(house, logged_in(zahra))
    killer = threading.Thread(target=house.go_on_killing, daemon=True)
    try:
        killer.start()
        slugs = urlencode({"crossing": [f"gate-{n}" for n in range(GATES)]}, doseq=True)
        sent = corrected = 0
        while not house.calm.is_set():
            # Openings of so many at once would wait as drafts.
            person.act(f"{LOG}?{slugs}", {"lane_all": "closed", "declared_by": "", "when": "now", "note": str(sent)})
            sent += 1
            report = Report.objects.filter(retraction=None, external_id__contains=":").latest("pk")
            person.act(
                admin_url(report, "correct"),
                {"because-reason": "heard wrong", "lane_all": "closed", "reason": "security"},
            )
            corrected += 1
        house.over.set()
        killer.join(60)
    finally:
        house.over.set()
        killer.join(60)
        end(house.web, signal.SIGTERM, 5)
    assert house.kills == KILLS and corrected
    whole(sent)
    replaced: Any = Report.objects.exclude(external_id__contains=":")
    assert Retraction.objects.count() == corrected == replaced.count(), "both halves of each correction"
    assert not Confirmation.objects.exists()
    nothing_amiss(now=timezone.now())
