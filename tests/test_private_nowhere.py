"""A walk over every address there is: what is meant for staff is in no public answer, and what was made for a key, a
cookie or a person of staff is no answer that others are given.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from datetime import timedelta
from difflib import unified_diff
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone, translation

from crossings import drafts, ledger
from crossings.admin.door import BEFORE_THE_DOOR
from crossings.models import Alarm, Draft, Poll, RawBatch, Report, Source
from tests.api import Api, api
from tests.desk import logged_in, staff
from tests.factories import claim, lanes, make_crossing, make_key, make_source, reading, say
from tests.test_front import Asked
from tests.walk import address as address_of_row
from tests.walk import addresses, first_rows

__all__ = ["api"]
pytestmark = pytest.mark.django_db
HUSH = "Hushword"
LANGUAGES = ("en", "ps", "fa-af", "ur")
TRANSLATED = ("/ps/", "/fa-af/", "/ur/")

# Whom each address is for. A new one fails the test until it stands here.
PUBLIC = {
    "api-docs", "api-crossings", "api-map", "api-table", "api-crossing", "api-history", "api-crossing-reports",
    "api-crossing-readings", "api-changes", "api-summary", "api-dump", "api-dump-checksum", "api-report", "api-schema",
    "web:board", "web:map", "web:crossing", "web:history", "web:share", "web:crossing-feed", "web:badge",
    "web:passage", "web:feed", "web:subscribe", "web:worker", "web:about", "web:healthz", "web:readyz",
}  # fmt: skip
KEYED = {
    "api-reports", "api-readings", "api-batch", "api-retraction", "api-draft", "api-passage", "api-webhooks",
    "api-webhook", "api-webhook-rotation", "api-webhook-challenge", "api-webhook-resumption", "api-deliveries",
    "api-redelivery",
}  # fmt: skip
# For whoever holds the link in a letter.
OWN = {"web:subscription", "web:leave"}
STAFF = ("admin:", "desk:")

QUERIES = ("", "?lite=1", "?at=2023-02-24T12:00:00Z", "?as_known_at=2099-01-01T00:00:00Z", "?limit=500", "?state=open",
           f"?q={HUSH[:2]}", "?traffic=cargo&to=PK", "?bucket=day", "?after=0&limit=1000")  # fmt: skip


def names(patterns: Any, prefix: str = "") -> Iterator[str]:
    for each in patterns:
        if isinstance(each, URLResolver):
            yield from names(each.url_patterns, f"{each.namespace}:" if each.namespace else prefix)
        else:
            assert isinstance(each, URLPattern)
            yield f"{prefix}{each.name}"


def all_names() -> set[str]:
    return set(names(get_resolver().url_patterns))


def test_every_address_is_known_to_be_for_somebody() -> None:
    found = {name for name in all_names() if not name.startswith(STAFF)}
    assert found == PUBLIC | KEYED | OWN, "say whom a new address is for"


def test_no_language_has_addresses_of_its_own() -> None:
    found = all_names()
    for language in LANGUAGES:
        with translation.override(language):
            assert all_names() == found


ARGUMENTS: list[dict[str, Any]] = [
    {}, {"slug": "torkham"}, {"number": 1}, {"id": "1"}, {"token": "x" * 43}, {"number": 1, "position": 1},
]  # fmt: skip


def address(name: str) -> str:
    for given in ARGUMENTS:
        try:
            return reverse(name, kwargs=given)
        except NoReverseMatch:
            continue
    raise AssertionError(f"{name} takes arguments that the walk does not know")


def paths(wanted: set[str]) -> list[str]:
    found: list[str] = []
    for language in LANGUAGES:
        with translation.override(language):
            found += [address(name) for name in sorted(wanted)]
    return list(dict.fromkeys(found))


def public_paths() -> list[str]:
    found = paths(PUBLIC)
    return [*found, *(f"/api/v1/reports/{pk}/" for pk in Report.objects.values_list("pk", flat=True))]


@pytest.fixture
def house(api: Api) -> dict[str, Any]:
    """Something of everything, with the word wherever only staff may read it."""
    now = timezone.now()
    make_crossing()
    said = make_source("amu", name=f"{HUSH} the informant", note=HUSH, public_label="a customs agent", kind="field")
    key = make_key(said, name=HUSH, contact=f"{HUSH.lower()}@example.org")
    chief = staff(f"{HUSH.lower()}-chief", superuser=True)
    recent = {"effective_at": (now - timedelta(hours=1)).isoformat(), "lanes": lanes("closed")}
    inside = claim(id="in", visibility="staff", note=HUSH, attribution=HUSH, by_name=HUSH,
                   url=f"https://example.org/{HUSH}", effective_at=now.isoformat(), lanes=[
                       {"traffic": "people", "state": "restricted", "conditions": [{"text": HUSH}]}])  # fmt: skip
    due = claim(id="due", visibility="staff", basis="announced", note=HUSH)
    say(said, claim(id="1", **recent), inside, due, reading(observed_at=now.isoformat()), now=now, by=chief)
    say(make_source("other", name=f"{HUSH} two"), claim(id="2", **recent | {"lanes": lanes("open")}), now=now)
    ledger.retract(Report.objects.get(external_id="2"), reason=HUSH, now=now, by=chief)
    ledger.redact(Report.objects.get(external_id="1"), ["note"], reason=HUSH, now=now, by=chief)
    stranger = make_source("stranger", name=f"{HUSH} three", trusted=False)
    say(stranger, claim(id="3", note=HUSH, **recent), claim(id="4", note=HUSH, **recent), now=now)
    drafts.reject(Draft.objects.get(external_id="4"), by=chief, now=now, reason=HUSH)
    poll = Poll.objects.create(
        source=said, started_at=now, finished_at=now, detail=HUSH, items=[{"at": HUSH, "outcome": "recorded"}]
    )
    RawBatch.objects.create(poll=poll, source=said, body=zlib.compress(HUSH.encode()), received_at=now, state="dead")
    Alarm.sound("poison", said, HUSH, now)
    stranger_key = make_key(stranger)
    return {"key": key, "stranger": stranger_key, "chief": chief}


def carries(answer: Any) -> bool:
    content = b"".join(answer.streaming_content) if getattr(answer, "streaming", False) else answer.content
    content = zlib.decompress(content, 31) if content[:2] == b"\x1f\x8b" else content
    return HUSH.casefold() in (content.decode("utf-8", "replace") + str(answer.headers)).casefold()


def bearer(key: str) -> Any:
    return {"Authorization": f"Bearer {key}"} if key else {}


def test_nothing_meant_for_staff_is_in_any_public_answer(house: dict[str, Any]) -> None:
    assert carries(logged_in(house["chief"]).get("/admin/crossings/source/"))  # it is there to be found
    client, asked = Client(), 0
    for path in public_paths():
        for query in QUERIES[: 2 if path.startswith(TRANSLATED) else None]:
            answer = client.get(path + query)
            assert answer.status_code < 500, path + query
            echoed = query.startswith("?q=") and HUSH.casefold() not in query.casefold()
            assert not carries(answer) or echoed, path + query
            asked += 1
    assert asked > 300


def test_a_report_for_staff_and_its_number_are_nothing_to_the_public(house: dict[str, Any]) -> None:
    for report in Report.objects.filter(visibility="staff"):
        assert Client().get(f"/api/v1/reports/{report.pk}/").status_code == 404
        told = Client().get("/api/v1/changes/?limit=1000").content + Client().get("/api/v1/crossings/torkham/").content
        assert f'"report":{report.pk},'.encode() not in told and f'"reports":[{report.pk}'.encode() not in told


def test_no_door_for_keys_tells_another_key_or_nobody_anything(house: dict[str, Any]) -> None:
    draft = Draft.objects.get(external_id="3")
    for path in [*paths(KEYED), f"/api/v1/drafts/{draft.pk}/", "/api/v1/reports/in/retraction/"]:
        for method in ("get", "post"):
            for headers in (bearer(""), bearer("nonsense"), bearer(house["key"])):
                answer = getattr(Client(), method)(path, **sent(method), headers=headers)
                assert answer.status_code < 500 and not carries(answer), (method, path)
                assert answer.status_code in (401, 405) or headers == bearer(house["key"]), (method, path)
                assert_own(answer, path)


def sent(method: str) -> dict[str, Any]:
    return {"data": json.dumps({"reports": []}), "content_type": "application/json"} if method == "post" else {}


def assert_own(answer: Any, path: str) -> None:
    """That no cache keeps it for others."""
    kept = answer.headers.get("Cache-Control", "")
    assert "public" not in kept, path
    assert "private" in kept or "no-store" in kept, path


def test_every_page_of_staff_is_for_staff_and_for_no_cache(house: dict[str, Any]) -> None:
    chief, seen = logged_in(house["chief"]), 0
    for path in staff_paths():
        stranger, own = Client().get(path), chief.get(path)
        assert stranger.status_code in (301, 302, 404) or path.endswith("/login/"), path
        assert not carries(stranger), path
        assert own.status_code < 500, path
        if own.status_code == 200:
            assert_own(own, path)
            seen += 1
    assert seen > 40


def staff_paths() -> Iterator[str]:
    rows = first_rows()
    for name, pattern in sorted(dict(addresses(get_resolver().url_patterns)).items()):
        if name not in BEFORE_THE_DOOR:
            yield address_of_row(name, pattern, rows)


def test_public_answers_set_no_cookie_vary_with_none_and_are_the_same_for_all(house: dict[str, Any]) -> None:
    """A page asked with a session is the page of everybody; what is not may be kept by nobody."""
    chief = logged_in(house["chief"])
    for path in public_paths():
        plain, session, key = Client().get(path), chief.get(path), Client().get(path, headers=bearer(house["key"]))
        for answer in (plain, session, key):
            assert not answer.cookies, path
            assert "cookie" not in answer.headers.get("Vary", "").lower(), path
            assert "authorization" not in answer.headers.get("Vary", "").lower(), path
        alike = {bare(plain), bare(Client().get(path))}  # a minute may have passed between them
        for own in (session, key):
            if bare(own) not in alike:
                assert_own(own, f"{path}: {''.join(unified_diff(pieces(plain), pieces(own), n=0))}")
        if path.startswith("/api/") and key.status_code == 200:
            assert_own(key, path)


def pieces(answer: Any) -> list[str]:
    return [f"{each}>\n" for each in bare(answer).decode("utf-8", "replace").split(">")]


def bare(answer: Any) -> bytes:
    content: bytes = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return content


def test_what_is_posted_to_a_public_page_is_answered_to_its_sender_alone(house: dict[str, Any]) -> None:
    for path in public_paths():
        answer = Client().post(path, {"kind": "traveller"})
        assert answer.status_code < 500 and not carries(answer), path
        assert "public" not in answer.headers.get("Cache-Control", ""), path
        assert not answer.cookies, path


def test_links_out_of_letters_are_for_no_cache(house: dict[str, Any]) -> None:
    for path in paths(OWN):
        answer = Client().get(path)
        assert answer.status_code < 500 and not carries(answer)
        assert_own(answer, path)


@pytest.mark.django_db(transaction=True)
def test_who_comes_after_staff_or_a_key_is_given_nothing_of_theirs(house: dict[str, Any]) -> None:
    """Through all that keeps answers in the process, each address asked by its owner first."""
    asked = Asked()
    cookie = f"sessionid={logged_in(User.objects.get(pk=house['chief'].pk)).cookies['sessionid'].value}"
    try:
        asked.front.lookout.start()
        asked.until(lambda: asked.front.lookout.tag is not None)
        for path in [*paths(PUBLIC | KEYED | OWN), *staff_paths()]:
            asked(path, authorization=f"Bearer {house['key']}")
            own = asked(path, cookie=cookie)
            after = asked(path)
            again = asked(path)
            assert HUSH.casefold().encode() not in (after.body + again.body).lower(), path
            for answer in (after, again):
                assert "Set-Cookie" not in answer.headers or path.startswith("/admin/login"), path
            if path.startswith("/admin/") and own.status == 200:
                assert after.status in (302, 404) or path.endswith("/login/"), path
    finally:
        asked.front.lookout._over.set()
        say(Source.objects.get(slug="amu"), claim(id="wake", lanes=lanes("open")), now=timezone.now())
        asked.front.lookout.stop()
