"""A partner's program: it speaks HTTP to the API, and looks at what every answer must have."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from crossings.models import Draft, Reading, Report, Source
from tests.factories import claim, make_crossing, make_key, make_source

DOOR = "crossings.api.door.ApiDoor"
V1 = "/api/v1/"


class Api:
    """Calls under /api/v1/; `key` is sent where there is one. No answer may be a server error."""

    def __init__(self, key: str = "") -> None:
        self.client = Client(raise_request_exception=True)
        self.key = key

    def with_key(self, key: str) -> Api:
        return Api(key)

    def get(self, path: str, tag: str = "", **parameters: Any) -> Any:
        headers = {"If-None-Match": tag} if tag else {}
        address = path if path.startswith("/") else V1 + path
        return self._seen(self.client.get(address, parameters or None, headers=headers | self._auth()))

    def json(self, path: str, **parameters: Any) -> Any:
        answer = self.get(path, **parameters)
        assert answer.status_code == 200, answer.content
        return json.loads(answer.content)

    def push(self, path: str, body: Any, content_type: str = "application/json") -> Any:
        """`body` is sent as it is where it is bytes, else as JSON."""
        sent = body if isinstance(body, bytes) else json.dumps(body)
        return self._seen(self.client.post(V1 + path, sent, content_type=content_type, headers=self._auth()))

    def _auth(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"} if self.key else {}

    @staticmethod
    def _seen(answer: Any) -> Any:
        assert answer.status_code < 500, answer.content
        assert not answer.cookies
        assert answer.headers.get("Vary", "Accept-Encoding") == "Accept-Encoding"
        if answer.status_code >= 400:
            assert answer.headers["Content-Type"] == "application/problem+json"
            problem = json.loads(answer.content)
            assert problem.keys() >= {"type", "title", "status", "detail", "errors"}
            assert problem["status"] == answer.status_code
        return answer


def faults(answer: Any) -> dict[str, str]:
    """The codes of a problem by pointer, or by parameter."""
    return {each.get("parameter", each["pointer"]): each["code"] for each in json.loads(answer.content)["errors"]}


@pytest.fixture
def api(settings: Any) -> Api:
    if DOOR not in settings.MIDDLEWARE:
        settings.MIDDLEWARE = [settings.MIDDLEWARE[0], DOOR, *settings.MIDDLEWARE[1:]]
    return Api()


GOOD = json.dumps(claim()).encode()
DOORS = ["reports/", "readings/", "batch/", "reports/1/retraction/"]


def body(answer: Any) -> Any:
    return json.loads(answer.content)


def stored() -> tuple[int, int, int]:
    """How many reports, readings and drafts there are."""
    return Report.objects.count(), Reading.objects.count(), Draft.objects.count()


@pytest.fixture
def broker() -> Source:
    """A trusted partner, and two crossings that share an alias."""
    make_crossing(codes=["AFRKH", "cbp:1"], names={"ps": "تورخم"}, aliases=["The Gate"])
    make_crossing("chaman", aliases=["The Gate"])
    return make_source("broker")


@pytest.fixture
def partner(api: Api, broker: Source) -> Api:
    return api.with_key(make_key(broker))
