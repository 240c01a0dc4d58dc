"""Compression by the app itself: what is compressed, for whom, and what never is."""

from __future__ import annotations

import gzip
from typing import Any

import brotli
import pytest
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase, StreamingHttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone

from crossings.web.compress import Compress, chosen
from tests.factories import lanes, make_key, make_source, say
from tests.reader import ago, reader, week

__all__ = ["reader", "week"]

WORDS = b"Torkham: closed by Pakistan. " * 40


# Which coding

ACCEPTED = [
    ("", ""),
    ("gzip", "gzip"),
    ("gzip, deflate, br, zstd", "br"),
    ("gzip;q=1.0, br;q=0.8", "gzip"),
    ("br;q=0, gzip", "gzip"),
    ("*", "br"),
    ("*;q=0", ""),
    ("br;q=0, *;q=0.1", "gzip"),
    ("identity, gzip;q=0.5", ""),
    ("identity;q=0.1, gzip;q=0.5", "gzip"),
    ("GZIP ; Q=0.7", "gzip"),
    ("gzip;q=many", ""),
    ("deflate, zstd", ""),
    (",,;q=1,", ""),
]


@pytest.mark.parametrize(("accepted", "coding"), ACCEPTED)
def test_the_coding_the_client_likes_best_is_chosen(accepted, coding):
    assert chosen(accepted) == coding


# What is compressed


def answered(response: HttpResponseBase, path: str = "/", method: str = "get", accept: str = "br, gzip") -> Any:
    request: HttpRequest = getattr(RequestFactory(), method)(path, headers={"Accept-Encoding": accept})
    return Compress(lambda _: response)(request)


def text(headers: dict[str, str] | None = None, content: bytes = WORDS) -> HttpResponse:
    return HttpResponse(content, headers={"Content-Type": "text/html; charset=utf-8", **(headers or {})})


@pytest.mark.parametrize(("accept", "undo"), [("br", brotli.decompress), ("gzip", gzip.decompress)])
def test_an_answer_comes_out_of_it_as_it_went_in(accept, undo):
    answer = answered(text({"ETag": '"77"', "Content-Length": str(len(WORDS))}), accept=accept)
    assert answer.headers["Content-Encoding"] == accept and undo(answer.content) == WORDS
    assert int(answer.headers["Content-Length"]) == len(answer.content) < len(WORDS) / 10
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert answer.headers["ETag"] == 'W/"77"'


@pytest.mark.parametrize(
    "kind", ["application/json", "application/problem+json", "application/geo+json", "image/svg+xml", "text/csv",
             "application/atom+xml; charset=utf-8", "text/javascript"]
)  # fmt: skip
def test_every_kind_of_text_is_compressed(kind):
    assert "Content-Encoding" in answered(text({"Content-Type": kind})).headers


def test_what_is_small_no_text_or_for_nobody_else_is_left_alone():
    with_cookie = text()
    with_cookie.set_cookie("sessionid", "1")
    streamed = StreamingHttpResponse([WORDS], headers={"Content-Type": "text/html"})
    left = [
        (text(content=WORDS[:399]), {}),
        (text(), {"accept": "identity"}),
        (text({"Cache-Control": "private, no-store"}), {}),
        (with_cookie, {}),
        (text({"Content-Type": "image/png"}), {}),
        (text({"Content-Encoding": "gzip"}), {}),
        (streamed, {}),
        (text(), {"method": "post"}),
        (text(), {"path": "/admin/crossings/report/"}),
        (text(), {"path": "/static/crossings/site.js"}),
    ]
    for response, how in left:
        before = response.headers.get("Content-Encoding")
        assert answered(response, **how).headers.get("Content-Encoding") == before, (response.headers, how)


def test_what_another_would_get_otherwise_says_so_even_where_it_was_not_compressed():
    assert answered(text({"Vary": "Save-Data"}), accept="").headers["Vary"] == "Save-Data, Accept-Encoding"
    assert answered(HttpResponse(status=304)).headers["Vary"] == "Accept-Encoding"
    assert "Vary" not in answered(text({"Cache-Control": "no-store"})).headers


# Through the front door


@pytest.mark.django_db
def test_pages_and_api_are_compressed_and_still_answer_304(week):
    say(make_source("staff", kind="staff"), {"crossing": "torkham", "effective_at": ago(3), "lanes": lanes("closed")},
        now=timezone.now())  # fmt: skip
    paths = ["/", "/?lite=1", "/c/torkham/", "/c/torkham/history/", "/api/v1/crossings/", "/api/v1/crossings/torkham/",
             "/api/v1/crossings.csv", "/c/torkham/badge.svg", "/sw.js", "/about/"]  # fmt: skip
    for path in paths:
        plain = Client().get(path)
        if plain.status_code == 404:
            continue
        for accept, undo in (("br", brotli.decompress), ("gzip", gzip.decompress)):
            answer = Client().get(path, headers={"Accept-Encoding": accept})
            assert answer.headers["Content-Encoding"] == accept, path
            assert "Accept-Encoding" in answer.headers["Vary"]
            assert undo(answer.content) == plain.content or plain.headers["ETag"] != answer.headers["ETag"]
            tag = answer.headers["ETag"]
            assert tag.startswith("W/")
            again = Client().get(path, headers={"Accept-Encoding": accept, "If-None-Match": tag})
            assert again.status_code == 304 or again.headers["ETag"] != tag, path
            assert "Content-Encoding" not in again.headers or again.status_code == 200


@pytest.mark.django_db
def test_an_answer_to_a_key_and_the_admin_are_never_compressed(week, admin_client):
    key = make_key(make_source("broker"))
    answer = Client().get(
        "/api/v1/crossings/", headers={"Accept-Encoding": "gzip, br", "Authorization": f"Bearer {key}"}
    )
    assert len(answer.content) > 400 and "Content-Encoding" not in answer.headers
    for client, path in ((admin_client, "/admin/"), (Client(), "/admin/login/")):
        answer = client.get(path, headers={"Accept-Encoding": "gzip, br"})
        assert len(answer.content) > 400 and "Content-Encoding" not in answer.headers


@pytest.mark.django_db
def test_a_head_request_is_told_what_a_get_would_be(week):
    asked = {"Accept-Encoding": "br"}
    head, get = (getattr(Client(), method)("/about/", headers=asked) for method in ("head", "get"))
    for name in ("Content-Encoding", "Vary", "Content-Length"):
        assert head.headers[name] == get.headers[name]
