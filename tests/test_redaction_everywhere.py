"""A word planted through every door is redacted and then hunted: in every table, at every public address, in Redis."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from django.conf import settings as django_settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client
from django.utils import timezone
from redis import Redis

from crossings import drafts, dumpfile, ledger
from crossings.board import dump
from crossings.ingest import ingest_file
from crossings.ledger import rebuild
from crossings.models import (
    Alarm,
    Attempt,
    Change,
    Delivery,
    Draft,
    Endpoint,
    IdempotencyKey,
    Poll,
    RawBatch,
    Reading,
    Redaction,
    Report,
    Source,
)
from tests.api import Api, api
from tests.desk import admin_url, log, logged_in, staff
from tests.factories import claim, lanes, make_crossing, make_key, make_source, reading
from tests.workbooks import xlsx

__all__ = ["api"]
pytestmark = pytest.mark.django_db
WORD, OTHER = "Zarqandar", "زرقندار"
LANGUAGES = ("", "/ps", "/fa-af", "/ur")
NOW = timezone.now().replace(microsecond=0)


def phrase(of: str) -> str:
    """A text with marks that every format writes in a way of its own."""
    return f'{of}: {WORD} & {OTHER} said "shut",\nthen <left>'


def ago(minutes: float) -> str:
    return (NOW - timedelta(minutes=minutes)).isoformat()


def spoken(of: str, minutes: float, **more: Any) -> Any:
    """A claim with the words wherever words may stand."""
    told = [{"who": ["patients"], "text": phrase(f"condition {of}")}, {"text": phrase(f"alone {of}")}]
    people = [{"traffic": "people", "state": "restricted", "conditions": told}]
    given = {"note": phrase(f"note {of}"), "attribution": f"{WORD} {OTHER} {of}", "by": "armed_group",
             "by_name": f"Band of {WORD} {of}", "url": f"https://example.org/{WORD}/{of}"}  # fmt: skip
    return claim(id=of, effective_at=ago(minutes), reported_at=ago(minutes), lanes=people, **given, **more)


def counted(of: str, minutes: float) -> Any:
    given = {"note": phrase(f"count {of}"), "attribution": f"{WORD} {of}", "url": f"https://example.org/{WORD}/q{of}"}
    return reading(id=f"q-{of}", observed_at=ago(minutes), **given)


def fed(source: Source, name: str, body: bytes, folder: Path) -> Poll:
    path = folder / name
    path.write_bytes(body)
    row = ingest_file(source, path)
    assert row.counts.get("recorded") or row.counts.get("draft"), (name, row.error, row.detail, row.items)
    return row


# The doors


def push_all(api: Api) -> None:
    broker = make_source("broker", kind="field")
    key = make_key(broker)
    due = {"basis": "announced", "effective_at": (NOW + timedelta(days=1)).isoformat()}
    wrong = {"note": phrase("note push")}
    sent = [("reports/", spoken("push", 100, declared_by="PK")), ("readings/", counted("push", 100)),
            ("batch/", {"reports": [spoken("batch", 90), wrong], "readings": [counted("b", 90)]}),
            ("reports/", spoken("promise", 80) | due), ("reports/", spoken("inside", 70, visibility="staff")),
            ("reports/", claim(crossing=phrase("note push")))]  # fmt: skip
    for number, (path, body) in enumerate(sent):
        headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": f"{number}"}
        answer = api.client.post(f"/api/v1/{path}", json.dumps(body), "application/json", headers=headers)
        assert answer.status_code in (201, 207, 422), answer.content
    taken_back = claim(id="gone", effective_at=ago(60), note=phrase("note gone"))
    api.with_key(key).push("reports/", taken_back)
    assert api.with_key(key).push("reports/gone/retraction/", {"reason": phrase("note gone")}).status_code == 201
    asked = api.with_key(key).push("crossings/torkham/passage/", {"to": "PK", "groups": []})
    assert asked.status_code in (200, 422)
    stranger = api.with_key(make_key(make_source("stranger", trusted=False)))
    assert stranger.push("reports/", spoken("draft", 50)).status_code == 202


def feed_all(folder: Path) -> None:
    feed = make_source("feed", format="partner")
    refused = claim(crossing=phrase("note json"), effective_at=ago(45))
    document = {"reports": [spoken("json", 45), refused], "readings": [counted("json", 45)]}
    fed(feed, "a.json", json.dumps(document).encode(), folder)
    lines = [{"kind": "report", **spoken("ndjson", 40)}, {"kind": "reading", **counted("ndjson", 40)}]
    fed(feed, "b.ndjson", "\n".join(json.dumps(each, ensure_ascii=False) for each in lines).encode(), folder)
    row = f'c1,torkham,{ago(35)},cargo,closed,"{phrase("note csv").replace(chr(34), chr(34) * 2)}",{WORD} csv'
    more = f'c1,torkham,{ago(35)},people,closed,"and {WORD} again",{WORD} csv'
    table = f"id,crossing,effective_at,traffic,state,note,attribution\n{row}\n{more}\n"
    fed(feed, "c.csv", table.encode(), folder)
    sheet = make_source("sheet", format="sheet", options={"timezone": "UTC"})
    head = ["crossing", "effective_at", "traffic", "state", "note", "attribution"]
    when = (NOW - timedelta(minutes=30)).strftime("%Y-%m-%d %H:%M")
    fed(sheet, "d.xlsx", xlsx(head, ["Torkham", when, "cargo", "closed", phrase("note xlsx"), f"{WORD} xlsx"]), folder)
    plain = f"{';'.join(head)}\nTorkham;{when};vehicles;closed;said by {WORD} and {OTHER};{WORD} sheet\n"
    fed(sheet, "e.csv", plain.encode(), folder)


def accept_article(folder: Path) -> None:
    news = make_source("news", kind="press", format="rss")
    said = f"At the gate &lt;b&gt;{WORD}&lt;/b&gt; &amp;amp; {OTHER} said so."
    item = f"<item><guid>1</guid><title>{WORD} speaks</title><description>{said}</description></item>"
    fed(news, "f.rss", f'<rss version="2.0"><channel>{item}</channel></rss>'.encode(), folder)
    draft = Draft.objects.get(source=news)
    content = claim(effective_at=ago(20), lanes=lanes("closed", "cargo"), note=f"{WORD} & {OTHER} said so.",
                    attribution=f"{WORD} speaks")  # fmt: skip
    drafts.accept(draft, by=User.objects.get(username="chief"), now=timezone.now(), content=content)


def log_by_hand() -> None:
    chief = logged_in(staff("chief", superuser=True))
    typed = {"lane_cargo_both": "closed", "when": "now", "queue_low": "9", "note": phrase("note desk")}
    log(chief, typed | {"attribution": f"{WORD} at the desk"})
    waiting = Draft.objects.get(source__slug="stranger")
    drafts.accept(waiting, by=User.objects.get(username="chief"), now=timezone.now())


def quote_it() -> None:
    """Where only a fault of somebody else puts it: alarms, the receiver of a webhook, an entry of the admin's log."""
    now, broker = timezone.now(), Source.objects.get(slug="broker")
    Alarm.sound("failing", broker, f"3 failures in a row: “{phrase('note push')}” is no word", now)
    said = f"he said {phrase('note push')}"
    given = {"key": broker.keys.get(), "url": "https://example.org/", "secret": "s", "since": now}
    endpoint = Endpoint.objects.create(**given, detail=said)
    change = next(each for each in Change.objects.all() if WORD in str(each.body))
    delivery = Delivery.objects.create(endpoint=endpoint, change=change, due_at=now, created_at=now)
    Attempt.objects.create(delivery=delivery, at=now, took_ms=1, detail=f"400 cannot read {WORD}"[:300])
    kind = ContentType.objects.get_for_model(Report)
    LogEntry.objects.create(
        user=User.objects.get(username="chief"), content_type=kind, object_id="1", object_repr="Report 1",
        action_flag=CHANGE, change_message=json.dumps([{"changed": {"name": phrase("note push")}}]),
    )  # fmt: skip


# The hunt


def tables() -> Iterator[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
        names = [name for (name,) in cursor.fetchall()]
        for name in names:
            cursor.execute(f'SELECT t::text FROM "{name}" t')
            for (row,) in cursor.fetchall():
                yield name, row


def bodies() -> Iterator[tuple[str, str]]:
    """What rows hold in a form in which no search finds it."""
    for batch in RawBatch.objects.all():
        body = zlib.decompress(batch.body)
        parts = [body]
        if body[:2] == b"PK":
            with ZipFile(BytesIO(body)) as book:
                parts += [book.read(name) for name in book.namelist()]
        for part in parts:
            yield f"batch {batch.pk}", part.decode("utf-8", "replace") + part.decode("utf-16", "replace")
    for row in IdempotencyKey.objects.all():
        yield "answer", row.body
    with connection.cursor() as cursor:
        cursor.execute("SELECT session_data FROM django_session")
        for (data,) in cursor.fetchall():
            packed = data.split(":")[0]
            raw = base64.urlsafe_b64decode(packed.lstrip(".") + "=" * (-len(packed.lstrip(".")) % 4))
            yield "session", (zlib.decompress(raw) if packed.startswith(".") else raw).decode()


def public() -> Iterator[tuple[str, str]]:
    client = Client()
    for path in addresses():
        answer = client.get(path)
        assert answer.status_code in (200, 301, 302, 404), (path, answer.status_code)
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
        yield path, unpacked(content)


def unpacked(content: bytes) -> str:
    return (zlib.decompress(content, 31) if content[:2] == b"\x1f\x8b" else content).decode("utf-8", "replace")


def addresses() -> Iterator[str]:
    v1, then = "/api/v1/", ago(25).replace("+00:00", "Z")
    for path in ("crossings/", "crossings.geojson", "crossings.csv", "summary.json", "changes/?limit=1000", "schema/",
                 "dump.ndjson.gz", "dump.sha256", "crossings/torkham/", f"crossings/torkham/?at={then}",
                 f"crossings/torkham/?as_known_at={then}", "crossings/torkham/history/", "crossings/torkham/reports/",
                 f"crossings/torkham/history/?as_known_at={then}", "crossings/torkham/readings/",
                 "crossings/torkham/readings/?bucket=hour"):  # fmt: skip
        yield v1 + path
    for report in Report.objects.all():
        yield f"{v1}reports/{report.pk}/"
    crossing = ("", "history/", "share.txt", "badge.svg", "passage/", f"?at={then}", "?lite=1", "history/?lite=1",
                "feed.atom", "subscribe/", "passage/?to=PK&kind=traveller")  # fmt: skip
    for prefix in LANGUAGES:
        yield from (f"{prefix}{path}" for path in ("/", "/map/", "/feed.atom", "/about/", "/?lite=1"))
        yield from (f"{prefix}/c/torkham/{path}" for path in crossing)


def in_redis() -> Iterator[tuple[str, str]]:
    client = Redis.from_url(django_settings.REDIS_URL)
    for key in client.scan_iter():
        kind = client.type(key)
        held: Any = client.get(key) if kind == b"string" else client.dump(key)
        held = client.lrange(key, 0, -1) if kind == b"list" else held
        yield key.decode("utf-8", "replace"), str(held)


def dumped() -> Iterator[tuple[str, str]]:
    for path in dumpfile.folder().glob("*"):
        yield path.name, unpacked(path.read_bytes())


SPELT = (WORD.casefold(), OTHER, json.dumps(OTHER)[1:-1], "".join(f"&#{ord(each)};" for each in OTHER))


def found(where: Iterator[tuple[str, str]]) -> set[str]:
    return {name for name, text in where if any(each in text.casefold() for each in SPELT)}


@pytest.fixture
def planted(api: Api, tmp_path: Path, settings: Any) -> Iterator[None]:
    settings.STATE = tmp_path / "state"
    make_crossing()
    push_all(api)
    log_by_hand()
    feed_all(tmp_path)
    accept_article(tmp_path)
    quote_it()
    dump.make(timezone.now())
    yield


def redact_all() -> None:
    """As the admin does it, one after the other."""
    chief = logged_in(User.objects.get(username="chief"))
    rows: list[Report | Reading] = [*Report.objects.all(), *Reading.objects.all()]
    for row in rows:
        page = chief.get(admin_url(row, "redact"))
        if "fields_to_blank" not in page.content.decode():
            continue
        fields = [name for name, _ in page.context["form"].fields["fields_to_blank"].choices]
        given = {"fields_to_blank": fields, "reason": f"a name: {row.note}"[:500]}
        done = chief.post(admin_url(row, "redact"), given, follow=True)
        assert done.status_code == 200


@pytest.mark.django_db(transaction=True)  # the dump is made of one state of the database
def test_a_redacted_word_is_nowhere_any_more(planted: None) -> None:
    before = found(tables()) | {name.split()[0] for name in found(bodies())}
    assert before >= {
        "crossings_report", "crossings_reading", "crossings_change", "crossings_current", "crossings_period",
        "crossings_draft", "crossings_poll", "crossings_alarm", "crossings_retraction", "answer",
        "crossings_attempt", "crossings_endpoint", "django_admin_log", "batch",
    }  # fmt: skip
    assert len(found(bodies())) == 7
    assert len(found(dumped())) == 1
    seen = found(public())
    assert {"/api/v1/changes/?limit=1000", "/api/v1/crossings/torkham/", "/c/torkham/", "/ps/c/torkham/"} <= seen
    redact_all()
    assert found(tables()) == set()
    assert found(bodies()) == set()
    assert found(public()) == set()
    assert found(in_redis()) == set()
    assert found(dumped()) == set()
    assert dump.make(timezone.now()) is not None
    assert found(dumped()) == set() and Redaction.objects.count() > 15


@pytest.mark.django_db(transaction=True)  # the dump is made of one state of the database
def test_states_times_and_the_derived_history_stay_as_they_were(planted: None) -> None:
    def bare() -> Any:
        rows = Report.objects.order_by("pk").values_list("pk", "effective_at", "recorded_at", "external_id")
        return list(rows), [each["state"] for each in lanes_now()]

    before = bare()
    redact_all()
    assert bare() == before
    assert rebuild(check=True, now=timezone.now()) == []


def lanes_now() -> Any:
    return json.loads(Client().get("/api/v1/crossings/torkham/").content)["status"]["lanes"]


def test_what_was_kept_of_a_request_is_asked_anew_after_it(api: Api) -> None:
    make_crossing()
    key = make_key(make_source())
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": "1"}

    def push() -> Any:
        return api.client.post("/api/v1/reports/", json.dumps(spoken("a", 5)), "application/json", headers=headers)

    assert push().status_code == 201
    ledger.redact(Report.objects.get(), ["note"], reason="x", now=timezone.now(), by=None)
    assert not IdempotencyKey.objects.exists()
    again = push()
    assert again.status_code == 200 and phrase("note a") not in json.loads(again.content)["status"]["note"]


def test_whoever_holds_an_answer_with_the_words_of_a_reading_asks_again(api: Api) -> None:
    make_crossing()
    key = api.with_key(make_key(make_source()))
    key.push("readings/", counted("old", 60 * 24 * 30))
    tag = api.get("crossings/torkham/readings/").headers["ETag"]
    ledger.redact(Reading.objects.get(), ["note", "attribution", "url"], reason="x", now=timezone.now(), by=None)
    fresh = api.get("crossings/torkham/readings/", tag)
    assert fresh.status_code == 200 and WORD not in fresh.content.decode()
    assert api.json("changes/")["changes"][-1]["type"] == "report.redacted"


def test_conditions_beyond_a_checkpoint_lose_their_words_too(api: Api) -> None:
    make_crossing()
    key = api.with_key(make_key(make_source()))
    told = [{"who": ["patients"], "text": phrase("condition")}, {"text": phrase("alone")}]
    people = [{"traffic": "people", "state": "restricted", "conditions": told}]
    key.push("reports/", claim(id="first", effective_at=ago(5000), lanes=people))
    for number in range(80):
        state = "closed" if number % 2 else "open"
        key.push("reports/", claim(id=str(number), effective_at=ago(4000 - number * 40), lanes=lanes(state, "cargo")))
    assert "crossings_period" in found(tables())
    ledger.redact(Report.objects.get(external_id="first"), ["conditions"], reason="x", now=timezone.now(), by=None)
    assert found((name, row) for name, row in tables() if name in ("crossings_period", "crossings_current")) == set()
    assert rebuild(check=True, now=timezone.now()) == []
