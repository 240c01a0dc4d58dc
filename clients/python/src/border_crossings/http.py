"""HTTP as a good guest speaks it: asks with the tag of what it holds, waits when told to, and tries again."""

from __future__ import annotations

import gzip
import http.client
import json
import random
import time
import urllib.error
import urllib.request
import zlib
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import Any, BinaryIO
from urllib.parse import urlencode

TRY_AGAIN = (429, 502, 503, 504)
KEPT = 64
"""Answers that are held with their tags."""
LONGEST_WAIT_S = 60.0
SOON_S = 8.0
"""So long at most, unless it is told longer, between looks at a request that is being worked on."""
PATIENCE_S = 90.0
"""Told to wait, it waits so long in total and no longer: more than a request that was cut off is held open."""


class Problem(Exception):
    """The API refused (RFC 9457). `errors` names each fault by JSON pointer."""

    def __init__(self, status: int, content: Mapping[str, Any]) -> None:
        self.status = status
        self.kind = str(content.get("type", "")).rpartition("#")[2]
        self.detail = str(content.get("detail") or content.get("title") or "")
        self.errors: list[dict[str, Any]] = list(content.get("errors") or [])
        super().__init__(f"{status} {self.kind}: {self.detail}")


class Unavailable(Exception):
    """Nobody answered, or only that it cannot for the moment, however often it was tried. `wait`: the seconds that it
    asked for last.
    """

    def __init__(self, why: str, wait: float = 0.0) -> None:
        super().__init__(why)
        self.wait = wait


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Message
    body: bytes

    def wait(self) -> float:
        """Seconds until the next try, as Retry-After says it; 0 where it does not."""
        told = self.headers.get("Retry-After", "")
        try:
            return max(0.0, float(told))
        except ValueError:
            pass
        try:
            return max(0.0, parsedate_to_datetime(told).timestamp() - time.time())
        except (TypeError, ValueError):
            return 0.0


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A key must not be carried to another host."""

    def redirect_request(self, *args: Any) -> None:
        return None


class Http:
    """`base` is the address of the site. `tries` at most, with a pause between them that grows, but for a request that
    is still being worked on: its answer is waited for. `sleep` for tests.
    """

    def __init__(
        self, base: str, *, timeout: float = 30.0, tries: int = 6, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.base, self.timeout, self.tries, self.sleep = base.rstrip("/"), timeout, tries, sleep
        self._opener = urllib.request.build_opener(_NoRedirect)
        self._held: OrderedDict[str, tuple[str, Any]] = OrderedDict()

    def get(self, path: str, query: Mapping[str, object] | None = None, key: str = "") -> Any:
        """The JSON at this path under /api/v1/. Raises Problem and Unavailable."""
        address = self.address(path, query)
        tag, held = self._held.get(address, ("", None))
        headers = {"If-None-Match": tag} if tag else {}
        answer = self.ask("GET", address, headers, key=key)
        if answer.status == 304:
            self._held.move_to_end(address)
            return held
        content = _json(answer)
        if answer.headers.get("ETag") and not key:
            self._held[address] = (answer.headers["ETag"], content)
            if len(self._held) > KEPT:
                self._held.popitem(last=False)
        return content

    def post(self, path: str, content: Any, key: str, headers: Mapping[str, str]) -> tuple[int, Any]:
        """Status and JSON. What is posted carries an Idempotency-Key, so that a second try does nothing twice."""
        body = json.dumps(content).encode()
        sent = {"Content-Type": "application/json", **headers}
        answer = self.ask("POST", self.address(path), sent, body, key)
        return answer.status, _json(answer)

    def address(self, path: str, query: Mapping[str, object] | None = None) -> str:
        given = {name: value for name, value in (query or {}).items() if value not in (None, "")}
        return f"{self.base}/api/v1/{path}" + (f"?{urlencode(given)}" if given else "")

    def ask(
        self, method: str, address: str, headers: Mapping[str, str], body: bytes | None = None, key: str = ""
    ) -> Answer:
        """The answer, after as many tries as it takes. Raises Problem, and Unavailable after the last."""
        sent = {"Accept-Encoding": "gzip", "User-Agent": "border-crossings/0.1", **headers}
        if key:
            sent["Authorization"] = f"Bearer {key}"
        why, told, waited, number, working = "", 0.0, 0.0, 0, False
        while number < self.tries or working:
            told, working = 0.0, False
            try:
                answer = self._once(urllib.request.Request(address, body, sent, method=method))
            except (OSError, http.client.HTTPException, EOFError, zlib.error) as error:
                why = str(error) or type(error).__name__
            else:
                if answer.status < 300 or answer.status == 304:
                    return answer
                problem = _problem(answer)
                working = problem.kind == "in-progress"
                if answer.status not in TRY_AGAIN and not working:
                    raise problem
                why, told = str(problem), answer.wait()
            number += 1
            if number < self.tries or working:
                most = SOON_S if working else LONGEST_WAIT_S
                pause = max(told, min(most, 0.25 * 2**number) * random.uniform(0.5, 1))
                waited += pause
                if waited > PATIENCE_S:
                    break
                self.sleep(pause)
        raise Unavailable(f"{method} {address}: {why}", told)

    def _once(self, request: urllib.request.Request) -> Answer:
        try:
            response = self._opener.open(request, timeout=self.timeout)
        except urllib.error.HTTPError as error:
            response = error
        with closing(response):
            body = response.read()
            headers: Message = response.headers
            if headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            return Answer(response.status, headers, body)

    def save(self, path: str, file: BinaryIO) -> None:
        """The bytes at this path under /api/v1/, into the file. Raises Problem, and Unavailable for a broken line."""
        request = urllib.request.Request(self.address(path), headers={"Accept-Encoding": "identity"})
        try:
            with closing(self._opener.open(request, timeout=self.timeout)) as response:
                while piece := response.read(1 << 16):
                    file.write(piece)
        except urllib.error.HTTPError as error:
            with closing(error):
                raise _problem(Answer(error.code, error.headers, error.read())) from None
        except (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError) as error:
            raise Unavailable(f"{path}: {error}") from None


def _json(answer: Answer) -> Any:
    try:
        return json.loads(answer.body)
    except ValueError:
        raise Unavailable("What came is no JSON: somebody else answered in its place.") from None


def _problem(answer: Answer) -> Problem:
    try:
        content = json.loads(answer.body)
    except ValueError:
        leads_to = answer.headers.get("Location")
        content = {"detail": f"It leads to {leads_to}: use that address."} if leads_to else {}
    return Problem(answer.status, content if isinstance(content, dict) else {})
