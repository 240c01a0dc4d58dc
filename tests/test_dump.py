"""The dump of everything public: what is in it, how it is given, and how a redaction takes it away."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections import Counter
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from crossings import dumpfile
from crossings.api import docs
from crossings.board import dump as dumps
from crossings.ledger import redact, retract
from crossings.models import Reading, Report
from crossings.tasks import dump_due
from tests.api import Api, api
from tests.factories import claim, lanes, make_crossing, make_key, make_source, reading, say, say_the_week
from tests.test_api_schema import check, curls

__all__ = ["api"]
pytestmark = pytest.mark.django_db(transaction=True)
DATA, SUM = "dump.ndjson.gz", "dump.sha256"


@pytest.fixture
def state(tmp_path: Path, settings: Any) -> Path:
    settings.STATE = tmp_path
    return tmp_path / "dump"


@pytest.fixture
def week(state: Path) -> Any:
    make_crossing()
    source = make_source("amu", note="staff's note on amu")
    say_the_week(source)
    now = timezone.now()
    hidden = claim(effective_at=now.isoformat(), visibility="staff", note="for staff only")
    say(make_source("desk", kind="staff", public_label="the desk"), hidden, now=now)
    say(source, reading(id="q1", note="counted twice"), reading(id="q2", low=7, high=7), now=now)
    retract(Report.objects.get(external_id="week-3"), reason="a secret reason", now=now)
    retract(Reading.objects.get(external_id="q2"), reason="miscounted", now=now)
    return source


def fetched(api: Api) -> bytes:
    answer = api.get(DATA)
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)


def lines(body: bytes) -> list[Any]:
    return [json.loads(line) for line in gzip.decompress(body).splitlines()]


def test_everything_public_is_in_it_and_nothing_else(api: Api, week: Any) -> None:
    call_command("dump", verbosity=0)
    body = fetched(api)
    told = lines(body)
    assert told[0]["kind"] == "dump" and told[0]["position"] == api.json("changes/?limit=1000")["position"]
    counts = Counter(each["kind"] for each in told)
    changes = len(api.json("changes/?limit=1000")["changes"])
    periods = len(api.json("crossings/torkham/history/")["periods"])
    assert counts == {
        "dump": 1, "crossing": 1, "source": 1, "report": 5, "reading": 1, "retraction": 1, "period": periods,
        "change": changes,
    }  # fmt: skip
    text = gzip.decompress(body).decode()
    for hidden in ("secret name", "staff's note", "for staff only", "a secret reason", "the desk", "miscounted"):
        assert hidden not in text
    for kind, shape in {"crossing": "Crossing", "report": "Report", "reading": "Reading", "change": "Change"}.items():
        for each in told:
            if each["kind"] == kind:
                check(shape, {key: value for key, value in each.items() if key != "kind"})
    [ours] = [each for each in told if each["kind"] == "crossing"]
    assert ours == {"kind": "crossing", **api.json("crossings/torkham/")}


def test_its_checksum_is_that_of_its_bytes(api: Api, week: Any) -> None:
    call_command("dump", verbosity=0)
    body, said = fetched(api), api.get(SUM)
    assert said.content.decode() == f"{hashlib.sha256(body).hexdigest()}  dump.ndjson.gz\n"
    assert said.headers["Content-Type"] == "text/plain; charset=utf-8"
    whole = api.get(DATA)
    assert whole.headers["Content-Type"] == "application/gzip"
    assert whole.headers["Content-Length"] == str(len(body))
    for path in (DATA, SUM):
        tag = api.get(path).headers["ETag"]
        assert api.get(path, tag=tag).status_code == 304
        assert api.get(path).headers["Cache-Control"] == "no-cache"
        assert api.with_key(make_key(week)).get(path).headers["Cache-Control"] == "private, no-store"


def test_while_there_is_none_a_problem_says_when(api: Api, state: Path) -> None:
    for path in (DATA, SUM):
        answer = api.get(path)
        assert answer.status_code == 404
        assert "every night" in json.loads(answer.content)["detail"]


def test_one_is_made_a_day_and_none_where_there_is_one(api: Api, week: Any) -> None:
    dump_due()
    first = dumps.served()
    assert first is not None
    dump_due()
    assert dumps.served() == first
    now = timezone.now()
    say(week, claim(effective_at=now.isoformat(), lanes=lanes("closed")), now=now)
    tomorrow = dumps.make_if_due(now + timedelta(days=1))
    assert tomorrow is not None and tomorrow == dumps.served() != first
    assert {path.name for path in dumpfile.folder().iterdir()} == {tomorrow.name, "dump.json"}


def test_a_redaction_takes_it_away_and_the_next_is_without_the_words(api: Api, week: Any) -> None:
    call_command("dump", verbosity=0)
    assert "counted twice" in gzip.decompress(fetched(api)).decode()
    redact(Reading.objects.get(external_id="q1"), ["note"], reason="x", now=timezone.now(), by=None)
    assert api.get(DATA).status_code == api.get(SUM).status_code == 404
    assert [path.name for path in dumpfile.folder().iterdir()] == []
    dump_due()
    assert "counted twice" not in gzip.decompress(fetched(api)).decode()


def test_one_that_could_not_be_deleted_is_not_given_away(api: Api, week: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    call_command("dump", verbosity=0)

    def fails() -> None:
        raise PermissionError("read-only")

    monkeypatch.setattr(dumpfile, "withdraw", fails)
    redact(Reading.objects.get(external_id="q1"), ["note"], reason="x", now=timezone.now(), by=None)
    assert dumpfile.found() is not None
    assert api.get(DATA).status_code == 404


WHEN = ["as it is written", "as it is put in place"]


@pytest.mark.parametrize("when", WHEN)
def test_one_during_which_something_is_redacted_does_not_survive(
    api: Api, week: Any, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    put = dumpfile.put

    def redacted() -> None:
        # By its own connection: another process does it.
        from_other_thread(lambda: redact(Reading.objects.get(external_id="q1"), ["note"], reason="x",
                                         now=timezone.now(), by=None))  # fmt: skip

    def slow_put(lines: Any, made_at: str, redactions: int) -> Any:
        if when == "as it is written":

            def interrupted() -> Any:
                for number, line in enumerate(lines):
                    if number == 2:
                        redacted()
                    yield line

            return put(interrupted(), made_at, redactions)
        made = put(lines, made_at, redactions)
        monkeypatch.setattr(dumpfile, "withdraw", lambda: None)  # theirs came just before
        redacted()
        monkeypatch.undo()
        return made

    monkeypatch.setattr(dumpfile, "put", slow_put)
    assert dumps.make(timezone.now()) is None
    monkeypatch.undo()
    assert dumpfile.found() is None
    assert api.get(DATA).status_code == 404


def from_other_thread(work: Any) -> None:
    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = Thread(target=run)
    thread.start()
    thread.join()


def test_two_do_not_make_it_at_once(week: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    second: list[Any] = []
    put = dumpfile.put

    def slow_put(*given: Any) -> Any:
        from_other_thread(lambda: second.append(dumps.make(timezone.now())))
        return put(*given)

    monkeypatch.setattr(dumpfile, "put", slow_put)
    assert dumps.make(timezone.now()) is not None
    assert second == [None]


def test_a_full_disk_leaves_the_last_one(api: Api, week: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    call_command("dump", verbosity=0)
    before = fetched(api)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(dumpfile.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        dumps.make(timezone.now())
    monkeypatch.undo()
    assert fetched(api) == before
    assert len(list(dumpfile.folder().iterdir())) == 2


def test_the_lines_of_the_docs_fetch_it(api: Api, week: Any) -> None:
    call_command("dump", verbosity=0)
    for words in curls(docs.examples("http://testserver")["dump"]):
        [address] = [word for word in words if word.startswith("http")]
        assert api.get(address.removeprefix("http://testserver")).status_code == 200
