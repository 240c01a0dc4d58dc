"""Endpoints through the API: made, shown, chosen anew, rotated, taken up again; each by its own key alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from crossings import webhooks
from crossings.api import docs
from crossings.api.schema import document
from crossings.models import Delivery, Endpoint, Source
from crossings.webhooks.sign import secrets_of
from tests.api import V1, Api, api, body, broker, faults
from tests.factories import claim, lanes, make_key, make_source, say
from tests.receivers import Receiver, a_receiver, echoes, says
from tests.test_api_schema import check, curls

__all__ = ["api", "broker"]

pytestmark = pytest.mark.django_db(transaction=True)
URL = "https://partner.example/hooks"


@pytest.fixture
def partner(api: Api, broker: Source) -> Api:
    return api.with_key(make_key(broker))


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.ALLOWED_ADDRESSES = ["127.0.0.0/8"]
    with a_receiver() as server:
        server.answers["/hook"] = echoes
        yield server


def send(api: Api, method: str, path: str, content: Any = None) -> Any:
    sent = {"data": json.dumps(content), "content_type": "application/json"} if content is not None else {}
    answer = getattr(api.client, method)(V1 + path, headers={"Authorization": f"Bearer {api.key}"}, **sent)
    return api._seen(answer)


def made(api: Api, **fields: Any) -> Any:
    answer = send(api, "post", "webhooks/", {"url": URL, **fields})
    assert answer.status_code == 201, answer.content
    check("WebhookMade", body(answer))
    return body(answer)


def seen(api: Api, number: int) -> Any:
    shown = api.json(f"webhooks/{number}/")
    check("Webhook", shown)
    return shown


def test_it_is_made_proven_told_and_its_log_is_read(partner: Api, receiver: Receiver, broker: Source) -> None:
    first = made(partner, url=receiver.url(), crossings=["AFRKH"], traffic=["cargo"], turn="tighter")
    assert first["secret"].startswith("whsec_")
    assert (first["state"], first["crossings"], first["turn"]) == ("unproven", ["torkham"], "tighter")
    webhooks.deliver_due()
    shown = seen(partner, first["id"])
    assert shown["state"] == "active" and "secret" not in shown
    now = timezone.now()
    say(broker, claim(effective_at=now.isoformat(), lanes=lanes("closed")), now=now)
    assert seen(partner, first["id"])["waiting"] == 1
    webhooks.deliver_due()
    [told] = [message for message in receiver.got["/hook"] if message.id.startswith("change-")]
    assert told.signed_by(first["secret"])
    check("WebhookMessage", told.content)
    log = partner.json(f"webhooks/{first['id']}/deliveries/")
    check("WebhookDeliveries", log)
    [row] = log["deliveries"]
    assert (row["id"], row["state"], row["attempts"][0]["status"]) == (told.id, "delivered", 200)
    again = send(partner, "post", f"webhooks/{first['id']}/deliveries/{row['position']}/redelivery/")
    assert again.status_code == 202 and body(again)["state"] == "waiting"
    webhooks.deliver_due()
    assert receiver.ids().count(told.id) == 2


def test_the_document_tells_what_is_posted(partner: Api, receiver: Receiver) -> None:
    made(partner, url=receiver.url())
    webhooks.deliver_due()
    check("WebhookChallenge", receiver.got["/hook"][0].content)
    told = document()["webhooks"]
    shapes = {name: each["post"]["requestBody"]["content"]["application/json"]["schema"] for name, each in told.items()}
    assert shapes == {
        "change": {"$ref": "#/components/schemas/WebhookMessage"},
        "challenge": {"$ref": "#/components/schemas/WebhookChallenge"},
    }


def test_the_log_comes_in_pages(partner: Api, broker: Source) -> None:
    number = made(partner)["id"]
    now = timezone.now() - timedelta(hours=2)
    for turn in range(5):
        at = now + timedelta(minutes=20 * turn)
        say(broker, claim(effective_at=at.isoformat(), lanes=lanes("open" if turn % 2 else "closed")), now=at)
    page, positions = partner.json(f"webhooks/{number}/deliveries/", limit=2), []
    while True:
        positions += [row["position"] for row in page["deliveries"]]
        if page["next"] is None:
            break
        page = partner.json(page["next"].removeprefix("http://testserver"))
    assert positions == sorted(Delivery.objects.values_list("change", flat=True), reverse=True)
    assert len(positions) >= 5
    assert faults(partner.get(f"webhooks/{number}/deliveries/", cursor="x")) == {"cursor": "invalid_cursor"}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({}, {"/url": "required"}),
        ([], {"": "not_an_object"}),
        ({"url": "http://partner.example/"}, {"/url": "url_not_allowed"}),
        ({"url": "https://partner.example:25/"}, {"/url": "url_not_allowed"}),
        ({"url": "https://a:b@partner.example/"}, {"/url": "url_not_allowed"}),
        ({"url": "https://" + "x" * 500}, {"/url": "text_too_long"}),
        ({"url": 7}, {"/url": "not_a_text"}),
        ({"url": URL, "crossings": ["torkham", "nowhere"]}, {"/crossings/1": "unknown_crossing"}),
        ({"url": URL, "crossings": ["the gate"]}, {"/crossings/0": "ambiguous_crossing"}),
        ({"url": URL, "crossings": "torkham"}, {"/crossings": "not_a_list"}),
        ({"url": URL, "crossings": ["torkham"] * 101}, {"/crossings": "not_a_list"}),
        ({"url": URL, "countries": ["PK", "Pakistan"]}, {"/countries/1": "unknown_country"}),
        ({"url": URL, "to": [3]}, {"/to/0": "not_a_text"}),
        ({"url": URL, "traffic": ["all"]}, {"/traffic/0": "unknown_word"}),
        ({"url": URL, "types": ["lanes.moved"]}, {"/types/0": "unknown_word"}),
        ({"url": URL, "turn": "worse"}, {"/turn": "unknown_word"}),
        ({"url": URL, "least_confidence": "sure"}, {"/least_confidence": "unknown_word"}),
        ({"url": URL, "secret": "mine"}, {"/secret": "unknown_field"}),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(partner: Api, content: Any, expected: dict[str, str]) -> None:
    answer = send(partner, "post", "webhooks/", content)
    assert answer.status_code == 422
    assert faults(answer) == expected
    assert not Endpoint.objects.exists()


def test_a_twenty_first_endpoint_of_a_key_is_refused(partner: Api) -> None:
    for _ in range(20):
        last = made(partner)
    answer = send(partner, "post", "webhooks/", {"url": URL})
    assert (answer.status_code, faults(answer)) == (422, {"": "too_many_endpoints"})
    assert send(partner, "delete", f"webhooks/{last['id']}/").status_code == 204
    made(partner)


def test_it_is_chosen_anew_and_what_is_left_out_stays(partner: Api) -> None:
    number = made(partner, countries=["PK"], turn="looser", least_confidence="single")["id"]
    Endpoint.objects.update(state=Endpoint.State.ACTIVE)
    answer = send(partner, "patch", f"webhooks/{number}/", {"countries": None, "turn": None, "to": ["af"]})
    assert answer.status_code == 200
    shown = seen(partner, number)
    assert shown == body(answer)
    assert (shown["countries"], shown["turn"], shown["to"]) == ([], None, ["AF"])
    assert (shown["least_confidence"], shown["state"], shown["url"]) == ("single", "active", URL)
    assert send(partner, "patch", f"webhooks/{number}/", {}).status_code == 200
    assert faults(send(partner, "patch", f"webhooks/{number}/", {"url": None})) == {"/url": "required"}


def test_moved_to_another_address_it_is_proven_anew_and_misses_nothing(
    partner: Api, receiver: Receiver, broker: Source
) -> None:
    number = made(partner, url=receiver.url())["id"]
    webhooks.deliver_due()
    answer = send(partner, "patch", f"webhooks/{number}/", {"url": receiver.url("/moved")})
    assert body(answer)["state"] == "unproven"
    now = timezone.now()
    say(broker, claim(effective_at=now.isoformat(), lanes=lanes("closed")), now=now)
    webhooks.deliver_due(lambda: now + timedelta(minutes=1))
    assert not any(name.startswith("change-") for name in receiver.ids("/moved"))
    assert seen(partner, number)["detail"] == "The challenge was not in its answer."
    receiver.answers["/moved"] = echoes
    assert send(partner, "post", f"webhooks/{number}/challenge/").status_code == 202
    webhooks.deliver_due(lambda: now + timedelta(minutes=2))
    webhooks.deliver_due(lambda: now + timedelta(minutes=2))
    assert receiver.ids("/moved")[-1].startswith("change-")


def test_the_secret_is_rotated_and_shown_once(partner: Api) -> None:
    first = made(partner)
    answer = send(partner, "post", f"webhooks/{first['id']}/rotation/")
    check("WebhookMade", body(answer))
    second = body(answer)
    assert second["secret"] != first["secret"] and second["old_secret_until"] is not None
    assert second["secret"] not in partner.get("webhooks/").content.decode()
    row = Endpoint.objects.get()
    assert secrets_of(row, timezone.now()) == [second["secret"], first["secret"]]


def test_it_is_taken_up_again_once_it_is_proven(partner: Api, receiver: Receiver) -> None:
    number = made(partner, url=receiver.url())["id"]
    refused = send(partner, "post", f"webhooks/{number}/resumption/")
    assert (refused.status_code, faults(refused)) == (422, {"": "not_proven"})
    for state in ("paused", "gone"):
        Endpoint.objects.update(state=state, rests_until=timezone.now() + timedelta(hours=1))
        answer = send(partner, "post", f"webhooks/{number}/resumption/")
        assert (answer.status_code, body(answer)["state"], body(answer)["rests_until"]) == (200, "active", None)
    assert send(partner, "post", f"webhooks/{number}/challenge/").status_code == 202
    assert seen(partner, number)["state"] == "active"


def test_another_keys_endpoint_is_not_there(partner: Api, api: Api, broker: Source) -> None:
    number = made(partner)["id"]
    now = timezone.now()
    say(broker, claim(effective_at=now.isoformat(), lanes=lanes("closed")), now=now)
    position = Delivery.objects.get().change_id
    for stranger in (api.with_key(make_key(broker)), api.with_key(make_key(make_source("other")))):
        assert stranger.json("webhooks/") == {"webhooks": []}
        for method, path in (
            ("get", ""), ("patch", ""), ("delete", ""), ("post", "rotation/"), ("post", "challenge/"),
            ("post", "resumption/"), ("get", "deliveries/"), ("post", f"deliveries/{position}/redelivery/"),
        ):  # fmt: skip
            content: Any = {} if method == "patch" else None
            assert send(stranger, method, f"webhooks/{number}/{path}", content).status_code == 404, path
    for path in (f"{number + 1}/", f"{10**30}/", f"{number}/deliveries/{10**30}/redelivery/"):
        assert send(partner, "post" if "re" in path else "get", f"webhooks/{path}").status_code == 404


def test_it_takes_a_good_key_of_that_scope(api: Api, broker: Source) -> None:
    assert api.get("webhooks/").status_code == 401
    pusher = api.with_key(make_key(broker, scopes=["report"]))
    answer = pusher.get("webhooks/")
    assert (answer.status_code, faults(answer)) == (403, {"": "scope_missing"})
    assert send(pusher, "post", "webhooks/", {"url": URL}).status_code == 403


def test_one_that_was_taken_away_is_told_nothing_and_not_shown(
    partner: Api, receiver: Receiver, broker: Source
) -> None:
    number = made(partner, url=receiver.url())["id"]
    webhooks.deliver_due()
    now = timezone.now()
    say(broker, claim(effective_at=now.isoformat(), lanes=lanes("closed")), now=now)
    answer = send(partner, "delete", f"webhooks/{number}/")
    assert (answer.status_code, answer.content, answer.headers["Cache-Control"]) == (204, b"", "private, no-store")
    webhooks.deliver_due()
    assert [name for name in receiver.ids() if name.startswith("change-")] == []
    assert partner.get(f"webhooks/{number}/").status_code == 404
    assert partner.json("webhooks/") == {"webhooks": []}


def test_an_address_that_answers_but_is_not_its_owners_stays_unproven(partner: Api, receiver: Receiver) -> None:
    receiver.answers["/other"] = says(200, b"hello")
    number = made(partner, url=receiver.url("/other"))["id"]
    webhooks.deliver_due()
    assert seen(partner, number)["state"] == "unproven"


def test_the_lines_of_the_docs_work_as_they_stand(partner: Api) -> None:
    number, taken = "7", []
    for words in curls(docs.examples("http://testserver")["told"]):
        [address] = [word for word in words if word.startswith("http://testserver")]
        path = address.removeprefix("http://testserver/api/v1/").replace("/7/", f"/{number}/")
        content = json.loads(words[words.index("-d") + 1]) if "-d" in words else None
        method = words[words.index("-X") + 1].lower() if "-X" in words else "post" if content else "get"
        answer = send(partner, method, path, content)
        taken.append(answer.status_code)
        number = str(body(answer).get("id", number)) if answer.content else number
    assert taken == [201, 200, 200, 200, 200, 202, 204]
