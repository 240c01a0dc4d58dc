"""Sending a message, and hearing no more of the answer than is needed."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

import httpcore

from crossings.outbound.addresses import OutboundError, read_url
from crossings.outbound.line import AGENT, Guard, in_words, pool, request

TOTAL = 10.0
"""Seconds for the whole."""
MOST_HEARD = 65_536


@dataclass(frozen=True, slots=True)
class Posted:
    """The answer, whatever it was: of the body the first 64 KiB at most. A redirect is an answer like any other."""

    status: int
    body: bytes = b""
    retry_after: str = ""


def post(address: str, body: bytes, headers: Mapping[str, str], *, total: float = TOTAL) -> Posted:
    """Send JSON to an address; `total` in seconds. What breaks off after the status came is no fault.

    Raises OutboundError: url_not_allowed, address_not_allowed, name_not_found, connection_failed, tls_error,
    feed_timeout, truncated_body, bad_response.
    """
    url = read_url(address)
    ours = {"Host": url.authority, "User-Agent": AGENT, "Accept": "*/*", "Accept-Encoding": "identity"}
    ours |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
    guard = Guard(url, time.monotonic() + total)
    sent = request({**ours, **headers})
    with in_words(guard, total), pool(guard) as at, at.stream("POST", url.core(), content=body, **sent) as answer:
        found = {name.lower(): value.decode("latin-1") for name, value in answer.headers}
        return Posted(answer.status, _heard(answer), found.get(b"retry-after", "")[:100])


def _heard(answer: httpcore.Response) -> bytes:
    heard = b""
    try:
        for chunk in answer.iter_stream():
            heard += chunk
            if len(heard) >= MOST_HEARD:
                break
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, OutboundError):
        pass
    return heard[:MOST_HEARD]
