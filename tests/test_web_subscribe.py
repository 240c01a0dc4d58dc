"""Asking for letters, confirming them and leaving: the pages, and what strangers may send to them."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from django.conf import settings as site
from django.core.cache import cache
from django.db import OperationalError, connection
from django.db.models import QuerySet
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crossings import alerts
from crossings.domain import alerting
from crossings.models import Crossing, Subscription
from crossings.web import style
from crossings.web import subscribe as door
from tests.factories import lanes, make_crossing, make_source, say
from tests.post import Mailbox, mailbox, subscribed, text
from tests.reader import Balanced, Reader, ago, reader, words_of

__all__ = ["mailbox", "reader"]
pytestmark = pytest.mark.django_db

PATH = "/c/torkham/subscribe/"
FORM = "application/x-www-form-urlencoded"
LANGUAGES = ["en", *site.PLANNED_LANGUAGES]
ON_ITS_WAY = "If this address can be reached, a letter with a link is on its way."


@pytest.fixture(autouse=True)
def nothing_counted() -> None:
    cache.clear()


@pytest.fixture
def torkham() -> Crossing:
    crossing = make_crossing(names={"ps": "تورخم", "fa": "تورخم", "ur": "طورخم"})
    said = {"crossing": "torkham", "effective_at": ago(2), "lanes": lanes("open")}
    say(make_source("desk", kind="staff", public_label="our desk"), said, now=timezone.now())
    return crossing


def stamp(path: str = PATH) -> str:
    found = re.search(r'name="stamp" value="([^"]+)"', Client().get(path).content.decode())
    assert found
    return found[1]


def clean(answer: Any, status: int, referrer: str) -> str:
    assert answer.status_code == status, answer.content[:2000]
    assert answer.headers["Cache-Control"] == "no-store" and answer.headers["X-Robots-Tag"] == "noindex"
    assert answer.headers["Referrer-Policy"] == referrer
    assert answer.headers["Content-Security-Policy"] == style.PUBLIC
    assert "ETag" not in answer.headers and "Cookie" not in answer.headers.get("Vary", "") and not answer.cookies
    html = str(answer.content.decode())
    Balanced(html)
    assert "<script" not in html and " style=" not in html
    return html


def send(told: dict[str, str], status: int = 200, path: str = PATH, headers: Mapping[str, str] | None = None) -> str:
    given = urlencode({"stamp": stamp(path) if status != 404 else "", **told})
    answer = Client(enforce_csrf_checks=True).post(path, given, content_type=FORM, headers=headers)
    return clean(answer, status, "same-origin")


def ask(email: str = "karim@example.org", **told: str) -> str:
    return send({"email": email, "traffic": "cargo", "to": "PK", **told})


def act(row: Subscription, **told: str) -> str:
    answer = Client(enforce_csrf_checks=True).post(f"/subscription/{row.token}/", told)
    return words_of(clean(answer, 200, "no-referrer"))


# From the crossing's page to the letters, and out again


def test_a_reader_asks_confirms_is_told_and_leaves(mailbox: Mailbox, torkham: Crossing, reader: Reader) -> None:
    assert f'href="{PATH}"' in reader.get("/c/torkham/").content.decode()
    assert ON_ITS_WAY in words_of(ask())
    assert alerts.run(timezone.now()) == 1
    letter = mailbox.one()
    assert letter["Subject"] == "Torkham: confirm that you want letters" and letter["List-Unsubscribe"] is None
    assert "Torkham: goods trucks to Pakistan" in text(letter)
    found = re.search(r"https://borders\.example\.org(/subscription/\S+/)\n", text(letter))
    assert found
    link = found[1]

    page = words_of(clean(Client().get(link), 200, "no-referrer"))
    assert "Be told by e-mail when this changes?" in page and "Goods trucks to Pakistan" in page
    assert '<button class="second" name="act" value="leave">' in Client().get(link).content.decode()
    row = Subscription.objects.get()
    assert row.confirmed_at is None  # mail programs look at links before their readers do
    assert "You are told by e-mail when this changes" in act(row, act="confirm")

    said = {"crossing": "torkham", "declared_by": "PK", "effective_at": ago(0), "lanes": lanes("closed")}
    say(make_source("other-desk", kind="staff"), said, now=timezone.now())
    assert alerts.run(timezone.now()) == 1
    news = mailbox.one()
    one_click = urlsplit(str(news["List-Unsubscribe"]).strip().strip("<>")).path
    assert clean(Client().get(one_click), 200, "no-referrer") and Subscription.objects.exists()
    answer = Client(enforce_csrf_checks=True).post(one_click, {"List-Unsubscribe": "One-Click"})
    assert "Your address is deleted." in words_of(clean(answer, 200, "no-referrer"))
    assert not Subscription.objects.exists()
    gone = words_of(clean(Client().get(link), 404, "no-referrer"))
    assert "This link leads nowhere any more" in gone


def test_the_button_ends_it_too_before_and_after_it_is_confirmed(torkham: Crossing) -> None:
    for confirmed in (False, True):
        alerts.ask("karim@example.org", torkham, "", "", "en", timezone.now())
        row = Subscription.objects.get()
        if confirmed:
            act(row, act="confirm")
        assert "Your address is deleted." in act(row, act="leave")
        assert not Subscription.objects.exists()


@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_at_any_page_of_it_changes_nothing(torkham: Crossing, method: str) -> None:
    alerts.ask("karim@example.org", torkham, "", "", "en", timezone.now())
    before = list(Subscription.objects.values())
    for path in (f"/subscription/{Subscription.objects.get().token}/", PATH):
        for each in (path, f"{path}leave/" if "subscription" in path else path):
            with CaptureQueriesContext(connection) as seen:
                assert getattr(Client(), method)(each).status_code == 200
            assert all(query["sql"].startswith("SELECT") for query in seen.captured_queries)
    assert list(Subscription.objects.values()) == before
    act(Subscription.objects.get())  # nor does a post that says nothing
    assert list(Subscription.objects.values()) == before


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_speaks_the_reader_s_language_and_so_do_the_letters(
    mailbox: Mailbox, torkham: Crossing, language: str
) -> None:
    prefix = "" if language == "en" else f"/{language}"
    pages = [Client().get(prefix + PATH).content.decode()]
    pages.append(send({"email": "karim@example.org"}, path=prefix + PATH))
    pages.append(send({"email": "nobody"}, status=400, path=prefix + PATH))
    row = Subscription.objects.get()
    assert row.language == language
    here = f"{prefix}/subscription/{row.token}/"
    alerts.run(timezone.now())
    letter = mailbox.one()
    assert here in text(letter) and letter["Content-Language"] == language
    client = Client()
    pages += [client.get(here).content.decode(), client.post(here, {"act": "confirm"}).content.decode()]
    pages += [client.post(here, {"act": "leave"}).content.decode(), client.get(here).content.decode()]
    for html in pages:
        Balanced(html)
        assert f'<html lang="{language}" dir="{"ltr" if language == "en" else "rtl"}">' in html
        if language != "en":
            bare = words_of(html).replace("name@example.org", "")
            assert re.findall(r"\b[A-Za-z’]+(?: [A-Za-z’]+){2,}", bare) == []
    if language != "en":
        assert re.findall(r"\b[A-Za-z’]+(?: [A-Za-z’]+){2,}", text(letter)) == []


def test_what_is_told_of_the_address_is_told_before_it_is_given(torkham: Crossing, reader: Reader) -> None:
    page = words_of(Client().get(PATH).content.decode())
    assert "Your address is kept sealed, shown to nobody" in page and "deleted when you unsubscribe" in page
    assert "e-mail address. It is kept sealed" in reader.read("/about/")


def test_the_form_promises_what_the_rules_keep(torkham: Crossing) -> None:
    page = words_of(Client().get(PATH).content.decode())
    assert "New conditions and announced closings are told too; announced openings are not." in page
    assert "told within ten minutes where it is confirmed" in page
    minutes = (alerting.SETTLES, alerting.SURE_APART)
    assert max(minutes) == timedelta(minutes=10)
    assert max(alerting.WAITS, alerting.BUNDLED, alerting.APART) == timedelta(hours=2)


def test_the_page_after_confirming_says_how_it_stands_now(torkham: Crossing) -> None:
    alerts.ask("karim@example.org", torkham, "cargo", "PK", "en", timezone.now())
    row = Subscription.objects.get()
    looked = words_of(Client().get(f"/subscription/{row.token}/").content.decode())
    assert "goods trucks to Pakistan: open." in act(row, act="confirm") and "Now (" not in looked


# Nobody learns whose addresses are known


def test_the_answer_is_the_same_for_an_address_that_is_known_and_one_that_is_not(
    mailbox: Mailbox, torkham: Crossing
) -> None:
    subscribed(torkham, address="known@example.org", at=timezone.now())
    known, unknown = ask("known@example.org"), ask("unknown@example.org")
    assert known == unknown == ask("Known@Example.org")
    assert Subscription.objects.count() == 2
    assert alerts.run(timezone.now()) == 2
    subjects = {str(letter["To"]): str(letter["Subject"]) for letter in mailbox.taken()}
    assert subjects == {
        "known@example.org": "Torkham: you are told of changes already",
        "unknown@example.org": "Torkham: confirm that you want letters",
    }


def test_nobody_changes_another_s_subscription_by_asking_in_their_name(torkham: Crossing) -> None:
    row = subscribed(torkham, at=timezone.now(), address="known@example.org")
    send({"email": "known@example.org", "traffic": "cargo", "to": "PK"}, path=f"/ps{PATH}")
    row.refresh_from_db()
    assert row.language == "en" and row.confirmed_at is not None


# Limits


def test_one_mailbox_gets_one_letter_in_ten_minutes_however_often_it_is_asked_for(
    mailbox: Mailbox, torkham: Crossing
) -> None:
    first = ask()
    assert alerts.run(timezone.now()) == 1
    for told in ({}, {"to": "AF"}, {"traffic": ""}):
        assert ask(**told) == first
    assert alerts.run(timezone.now()) == 0 and Subscription.objects.count() == 1


def test_one_client_asks_five_times_an_hour_and_is_then_told_to_come_later(torkham: Crossing) -> None:
    for n in range(door.PER_CLIENT):
        ask(f"reader{n}@example.org")
    told = {"email": "reader9@example.org"}
    assert "Many letters were asked for from your connection." in words_of(send(told, status=429))
    assert Subscription.objects.count() == door.PER_CLIENT
    answer = Client().post(PATH, {**told, "stamp": stamp()}, REMOTE_ADDR="203.0.113.9", content_type=FORM)
    assert answer.status_code == 400  # as it stands it is no form: nothing is counted
    given = urlencode({**told, "stamp": stamp()})
    assert Client().post(PATH, given, content_type=FORM, REMOTE_ADDR="203.0.113.9").status_code == 200


def posted(email: str, client: str) -> int:
    given = urlencode({"email": email, "stamp": stamp()})
    return int(Client().post(PATH, given, content_type=FORM, REMOTE_ADDR=client).status_code)


@pytest.mark.parametrize(
    ("form", "allowed"),
    [("2a01:4f8::{:x}", False), ("2a01:4f8:0:0:{:x}::", False), ("2a01:4f8:0:{:x}::", True),
     ("::ffff:203.0.113.{}", True)],
)  # fmt: skip
def test_one_customer_s_addresses_are_counted_as_one_however_they_are_written(
    torkham: Crossing, form: str, allowed: bool
) -> None:
    answers = [posted(f"reader{n}@example.org", form.format(n)) for n in range(1, door.PER_CLIENT + 2)]
    assert answers[-1] == (200 if allowed else 429)


def test_a_mailbox_is_one_whatever_stands_behind_its_plus(torkham: Crossing) -> None:
    for n, address in enumerate(["a+1@example.org", "A+2@example.org", "a@EXAMPLE.org", "a+@example.org"]):
        assert posted(address, f"203.0.113.{n}") == 200
    assert Subscription.objects.count() == 1
    posted("b@example.org", "203.0.113.9")
    assert Subscription.objects.count() == 2


@pytest.mark.parametrize(("proxies", "allowed"), [(0, False), (1, True), (2, False)])
def test_behind_proxies_a_client_is_who_the_outermost_of_ours_saw(
    torkham: Crossing, settings: Any, proxies: int, allowed: bool
) -> None:
    settings.PROXIES = proxies
    for n in range(door.PER_CLIENT + 1):
        seen = f"198.51.100.7, 203.0.113.{n}"
        given = urlencode({"email": f"reader{n}@example.org", "stamp": stamp()})
        answer = Client().post(PATH, given, content_type=FORM, headers={"X-Forwarded-For": seen})
        last = answer.status_code
    assert last == (200 if allowed else 429)


def test_while_nobody_can_count_nothing_is_taken_and_the_page_says_so(torkham: Crossing, settings: Any) -> None:
    settings.CACHES = {"default": site.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}}
    page = send({"email": "karim@example.org"}, status=503)
    assert "We cannot take this just now." in words_of(page)
    assert not Subscription.objects.exists()


@pytest.mark.parametrize("path", [PATH, "/subscription/x/", "/subscription/x/leave/"])
def test_without_a_database_the_page_says_so_and_nobody_keeps_that(
    torkham: Crossing, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise OperationalError

    monkeypatch.setattr(QuerySet, "first", fail)
    for answer in (Client().get(path), Client().post(path, "", content_type=FORM)):
        assert answer.status_code == 503 and answer.headers["Cache-Control"] == "no-store"


# What strangers may send

BAD = ["", "nobody", "a@b", "a@localhost", "a@[127.0.0.1]", "a@example.org\r\nBcc: all@example.org", "a@example.org\0",
       "a b@example.org", '"a b"@example.org', "a@example.org,b@example.org", "<a@example.org>", "a@@example.org",
       "кarim@example.org", "karim@example.org\u202e", "ka\u200brim@example.org", "x" * 10_000 + "@example.org",
       "a@" + "x." * 200 + "org", "a@exa mple.org", "a@example..org", "a@-example.org",
       "a@example.org?cc=b@example.org",
       "(a)a@example.org", "a;b@example.org", "a@xn--", "@example.org", "a@", "a@.org"]  # fmt: skip


@pytest.mark.parametrize("address", BAD)
def test_what_is_no_address_is_named_beside_its_field_and_goes_nowhere(torkham: Crossing, address: str) -> None:
    html = send({"email": address, "traffic": "cargo"}, status=400)
    assert 'id="email-fault">Write an e-mail address' in html and 'value="cargo" checked' in html
    assert not Subscription.objects.exists()


@pytest.mark.parametrize(
    ("given", "used"),
    [("karim@example.org ", "karim@example.org"), ("karim+torkham@EXAMPLE.org", "karim+torkham@example.org"),
     ("karim@bücher.example", "karim@xn--bcher-kva.example"),
     ("k.a_r'im@mail.example.org", "k.a_r'im@mail.example.org")],
)  # fmt: skip
def test_what_is_an_address_is_used_as_mail_wants_it(torkham: Crossing, given: str, used: str) -> None:
    ask(given)
    assert Subscription.objects.get().address == used


def test_lanes_that_there_are_not_are_refused_and_hostile_text_is_shown_as_text(torkham: Crossing) -> None:
    html = send({"email": '"><script>alert(1)</script>', "traffic": "camels", "to": "ZZ"}, status=400)
    assert "&lt;script&gt;" in html and 'id="traffic-fault">' in html and 'id="to-fault">' in html
    make_crossing("footbridge", traffic=["people"])
    assert "goods trucks" not in words_of(Client().get("/c/footbridge/subscribe/").content.decode()).lower()
    send({"email": "a@example.org", "traffic": "cargo"}, status=400, path="/c/footbridge/subscribe/")


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"},
     {"Origin": "null"}],
)  # fmt: skip
def test_a_form_on_another_site_asks_for_nothing(torkham: Crossing, headers: dict[str, str]) -> None:
    send({"email": "karim@example.org"}, status=400, headers=headers)
    assert not Subscription.objects.exists()


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://testserver"}])
def test_a_form_of_ours_asks(torkham: Crossing, headers: dict[str, str]) -> None:
    send({"email": "karim@example.org"}, headers=headers)
    assert Subscription.objects.exists()


def test_a_form_without_our_stamp_or_with_another_crossing_s_is_asked_for_once_more(torkham: Crossing) -> None:
    make_crossing("elsewhere")
    for wrong in ("", "x", stamp("/c/elsewhere/subscribe/")):
        page = send({"email": "karim@example.org", "stamp": wrong}, status=400)
        assert "Please look it over and send it once more." in words_of(page) and 'value="karim@example.org"' in page
        assert "open for too long" not in words_of(page)
        page = words_of(send({"email": "nobody", "stamp": wrong}, status=400))
        assert "Write an e-mail address" in page and "once more" not in page
    assert not Subscription.objects.exists()


def test_a_form_that_was_open_for_two_days_says_so(torkham: Crossing, monkeypatch: pytest.MonkeyPatch) -> None:
    old = stamp()
    monkeypatch.setattr(door, "STAMP_LASTS_S", -1)
    page = send({"email": "karim@example.org", "stamp": old}, status=400)
    assert "This page was open for too long." in words_of(page)


@pytest.mark.parametrize(
    ("body", "kind"),
    [("email=a@example.org&pad=" + "x" * door.MOST_BYTES, FORM), ('{"email": "a@example.org"}', "application/json"),
     ("&".join(["email=a"] * 1001), FORM), ("email=a", f"{FORM}; charset=utf-16")],
)  # fmt: skip
def test_a_body_that_is_too_large_or_of_another_kind_is_not_read(torkham: Crossing, body: str, kind: str) -> None:
    clean(Client().post(PATH, body, content_type=kind), 400, "same-origin")


@pytest.mark.parametrize("token", ["x", "x" * 10_000, "%00", "..%2f", "' OR 1=1", "ﷺ", "<script>"])
def test_a_wrong_token_opens_nothing(torkham: Crossing, token: str) -> None:
    subscribed(torkham, at=timezone.now())
    for path in (f"/subscription/{token}/", f"/subscription/{token}/leave/"):
        for answer in (Client().get(path), Client().post(path, {"act": "leave"})):
            assert answer.status_code == 404
    assert Subscription.objects.count() == 1


def test_there_is_none_for_a_crossing_that_there_is_not(torkham: Crossing) -> None:
    clean(Client().get("/c/nowhere/subscribe/"), 404, "same-origin")
    send({"email": "a@example.org"}, status=404, path="/c/nowhere/subscribe/")
    assert Client().put(PATH).status_code == 405


def test_no_address_and_no_token_is_in_a_log(
    mailbox: Mailbox, torkham: Crossing, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        ask("xyzzy@example.org")
        send({"email": "xyzzy"}, status=400)
        row = Subscription.objects.get()
        alerts.run(timezone.now())
        act(row, act="confirm")
        act(row, act="leave")
        Client().get(f"/subscription/{row.token}/")
    ours = " ".join(each.getMessage() for each in caplog.records if each.name not in ("mail.log", "django.db.backends"))
    assert "xyzzy" not in ours and row.token not in ours


def test_the_crossing_s_own_page_stays_the_same_for_everybody(torkham: Crossing, reader: Reader) -> None:
    first = reader.get("/c/torkham/")
    assert "public" in first.headers["Cache-Control"] and "csrf" not in first.content.decode()
