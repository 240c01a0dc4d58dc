"""Receivers of webhooks on this machine: they keep what came, and answer as they are told."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any, TypeVar

from standardwebhooks.webhooks import Webhook

from crossings.models import ApiKey, Endpoint, Source
from crossings.webhooks.sign import new_secret
from tests.factories import make_key, make_source

Json = dict[str, Any]
S = TypeVar("S", bound=ThreadingHTTPServer)


@dataclass
class Message:
    id: str
    timestamp: str
    signature: str
    body: bytes = field(repr=False)
    came: float

    @property
    def content(self) -> Json:
        found: Json = json.loads(self.body)
        return found

    def signed_by(self, secret: str) -> bool:
        at = datetime.fromtimestamp(int(self.timestamp), UTC)
        return Webhook(secret).sign(self.id, at, self.body.decode()) in self.signature.split(" ")


Answer = Callable[[BaseHTTPRequestHandler, Message], None]


def says(status: int = 204, body: bytes = b"", after: float = 0, **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler, message: Message) -> None:
        time.sleep(after)
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def echoes(handler: BaseHTTPRequestHandler, message: Message) -> None:
    """What an owner's receiver answers to a challenge."""
    says(200, message.content.get("challenge", "").encode())(handler, message)


class Receiver(ThreadingHTTPServer):
    """By path: what came (`got`), and how it answers (`answers`; else 204)."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, port: int = 0) -> None:
        self.got: dict[str, list[Message]] = {}
        self.answers: dict[str, Answer] = {}
        self.lock = Lock()
        super().__init__(("127.0.0.1", port), _Handler)

    def url(self, path: str = "/hook") -> str:
        return f"http://127.0.0.1:{self.server_port}{path}"

    def ids(self, path: str = "/hook") -> list[str]:
        return [message.id for message in self.got.get(path, [])]

    def positions(self, path: str = "/hook") -> list[int]:
        return [message.content["data"]["position"] for message in self.got.get(path, [])]


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        at, by = self.headers["webhook-timestamp"], self.headers["webhook-signature"]
        message = Message(self.headers["webhook-id"], at, by, body, time.time())
        self.close_connection = True
        with self.server.lock:
            self.server.got.setdefault(self.path, []).append(message)
        with suppress(OSError):  # hung up on: that was the test
            self.server.answers.get(self.path, says())(self, message)

    def log_message(self, *_: Any) -> None: ...


@contextmanager
def serving(server: S) -> Iterator[S]:
    """In a thread of its own; nobody has to wait for it at the end."""
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def a_receiver(port: int = 0) -> Iterator[Receiver]:
    with serving(Receiver(port)) as server:
        yield server


def make_endpoint(url: str, now: datetime, source: Source | None = None, **fields: Any) -> Endpoint:
    """One that has proven itself, of a key of that source (made where there is none)."""
    source = source or Source.objects.filter(slug="listener").first() or make_source("listener")
    key = ApiKey.objects.filter(source=source).first()
    if key is None:
        make_key(source)
        key = ApiKey.objects.get(source=source)
    given = {"state": Endpoint.State.ACTIVE, "since": now, "secret": new_secret(), "key": key}
    return Endpoint.objects.create(url=url, **{**given, **fields})
