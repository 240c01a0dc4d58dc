"""A reader of the public pages: a browser of the simplest kind, who looks at what every page must have."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from crossings.models import Crossing
from crossings.web import style
from tests.factories import make_crossing, make_source, say_the_week

GUARD = "crossings.web.middleware.ContentSecurity"
HOUR = timedelta(hours=1)
VOID = {"meta", "link", "input", "br", "path", "use", "circle"}


class Balanced(HTMLParser):
    """Fails on a tag that is not closed where it should be."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.inside: list[str] = []
        self.feed(html)
        assert not self.inside, self.inside

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert tag in VOID or self.inside.pop() == tag, (tag, self.inside, self.getpos())


def words_of(html: str) -> str:
    """What a reader sees, in one line."""
    shown = re.sub(r"<(style|head|aside)\b.*?</\1>", " ", html, flags=re.DOTALL)  # the aside is hidden
    text = unescape(re.sub(r"</?(bdi|span|b|time|a)\b[^>]*>", "", shown))
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


class Reader:
    """A browser of the simplest kind; whatever it gets must be clean."""

    def __init__(self) -> None:
        self.client = Client()

    def get(self, path: str, tag: str = "", status: int = 200, **query: str) -> Any:
        answer = self.client.get(path, query or None, headers={"If-None-Match": tag} if tag else {})
        assert answer.status_code == status, answer.content[:2000]
        assert not answer.cookies
        assert set(answer.headers.get("Vary", "Accept-Encoding").split(", ")) <= {"Accept-Encoding", "Save-Data"}
        assert answer.headers["Content-Security-Policy"] == style.PUBLIC
        if answer.headers.get("Content-Type", "").startswith("text/html"):
            html = answer.content.decode()
            Balanced(html)
            assert not re.search('<script(?! src="/static/crossings/site.js" [^<>]*></script>)', html)
            assert " style=" not in html and 'href=""' not in html
        return answer

    def read(self, path: str, status: int = 200, **query: str) -> str:
        return words_of(self.get(path, status=status, **query).content.decode())


@pytest.fixture
def reader(settings: Any) -> Reader:
    if GUARD not in settings.MIDDLEWARE:
        settings.MIDDLEWARE = [GUARD, *settings.MIDDLEWARE]
    return Reader()


@pytest.fixture
def week() -> Crossing:
    crossing = make_crossing(names={"ps": "تورخم", "ur": "طورخم"}, codes=["AFRKH"])
    say_the_week(make_source("amu", public_label="Amu TV"))
    return crossing


def ago(hours: float) -> str:
    return (timezone.now() - hours * HOUR).strftime("%Y-%m-%dT%H:%M:%SZ")
