"""The line to the other side: to checked addresses only, and nothing lasts beyond the deadline."""

from __future__ import annotations

import ssl
import time
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from functools import lru_cache
from threading import Lock
from typing import Any

import certifi
import httpcore

from crossings.outbound.addresses import OutboundError, Url, check_address, resolve

CONNECT, READ = 3.0, 5.0
"""Seconds to connect, and of silence."""
ONE_MAKES = Lock()
"""Reading all certificates takes a while and some megabytes: threads that begin together wait for one of them."""
AGENT = "border-crossing-status-tracker/0.1"


class Guard(httpcore.SyncBackend):
    """Connects to checked addresses only, and lets nothing last beyond the deadline."""

    def __init__(self, url: Url, deadline: float) -> None:
        self.url, self.deadline = url, deadline

    def connect_tcp(self, host: str, port: int, *args: Any, **options: Any) -> httpcore.NetworkStream:
        addresses = resolve(host, port)
        for address in addresses:
            check_address(address, self.url)
        options["timeout"] = min(CONNECT, max(0.1, self.deadline - time.monotonic())) / min(len(addresses), 3)
        for address in addresses:
            try:
                stream = super().connect_tcp(address, port, *args, **options)
                break
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if address == addresses[-1]:
                    raise
        try:
            check_address(str(stream.get_extra_info("server_addr")[0]), self.url)
        except OutboundError:
            stream.close()
            raise
        return Timed(stream, self.deadline)


class Timed(httpcore.NetworkStream):
    """A connection whose every wait ends with the deadline at the latest."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self.stream, self.deadline = stream, deadline

    def _left(self, timeout: float | None) -> float:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout
        return min(left, timeout or READ)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.stream.read(max_bytes, self._left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.stream.write(buffer, self._left(timeout))

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        try:
            return Timed(self.stream.start_tls(ssl_context, server_hostname, self._left(timeout)), self.deadline)
        except httpcore.ConnectError as error:
            reason = getattr(error.__cause__, "verify_message", "") or str(error)
            raise OutboundError("tls_error", f"No secure connection: {reason}.") from None

    def get_extra_info(self, info: str) -> Any:
        return self.stream.get_extra_info(info)

    def close(self) -> None:
        self.stream.close()


def pool(guard: Guard) -> httpcore.ConnectionPool:
    with ONE_MAKES:
        context = tls()
    return httpcore.ConnectionPool(ssl_context=context, network_backend=guard)


@lru_cache(maxsize=1)
def tls() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


@contextmanager
def in_words(guard: Guard, total: float) -> Generator[None]:
    try:
        yield
    except httpcore.TimeoutException as error:
        over = time.monotonic() >= guard.deadline
        detail = f"It took longer than {total:.0f} s." if over else f"It fell silent: {type(error).__name__}."
        raise OutboundError("feed_timeout", detail) from None
    except httpcore.RemoteProtocolError as error:
        code = "truncated_body" if "complete message" in str(error) else "bad_response"
        raise OutboundError(code, f"{error}.") from None
    except (httpcore.NetworkError, httpcore.ProtocolError) as error:
        raise OutboundError("connection_failed", f"{guard.url.authority}: {error}.") from None
    except zlib.error as error:
        raise OutboundError("bad_response", f"It cannot be inflated: {error}.") from None


def request(headers: dict[str, str]) -> dict[str, Any]:
    timeouts = {"connect": CONNECT, "read": READ, "write": READ, "pool": CONNECT}
    return {"headers": headers, "extensions": {"timeout": timeouts}}
