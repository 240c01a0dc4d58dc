"""The one HTTP door to the outside: bounded in time and size, and only to addresses that are the public's.

https on the ports 443 and 8443 alone. A name is resolved once, every address it has must be public, and the connection
is made to the very address that was checked. The networks in settings.ALLOWED_ADDRESSES are excepted, for tests and
development: they may be private, and may be spoken to by plain http on any port.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import ssl
import time
import zlib
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from threading import Thread
from typing import Any
from urllib.parse import quote, urlsplit

import certifi
import httpcore
from django.conf import settings

CONNECT, READ, TOTAL = 3.0, 5.0, 20.0
"""Seconds to connect, of silence, and for the whole."""
MOST_BYTES = 5 * 1024 * 1024
PORTS = (443, 8443)
AGENT = "border-crossing-status-tracker/0.1"
HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
OURS = {"host", "connection", "content-length", "transfer-encoding", "accept-encoding", "te", "upgrade"}
NAT64 = ipaddress.ip_network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class OutboundError(Exception):
    """`code` is a stable word, `detail` says what to do about it."""

    def __init__(self, code: str, detail: str) -> None:
        self.code, self.detail = code, detail
        super().__init__(f"{code}: {detail}")


@dataclass(frozen=True, slots=True)
class Reply:
    """What came, inflated. `etag` and `last_modified` are to be sent with the next request for the same."""

    body: bytes
    etag: str = ""
    last_modified: str = ""
    content_type: str = ""


class NotModified:
    """The other side still has what it sent last."""


def get(
    address: str,
    *,
    more: str = "",
    etag: str = "",
    last_modified: str = "",
    limit: int = MOST_BYTES,
    total: float = TOTAL,
) -> Reply | NotModified:
    """Fetch an address; `limit` in bytes, as sent and as inflated, `total` in seconds, `more` headers one a line.

    Raises OutboundError: url_not_allowed, headers_not_allowed, address_not_allowed, name_not_found, connection_failed,
    tls_error, feed_timeout, feed_too_large, truncated_body, encoding_not_supported, redirect_refused,
    unexpected_status, bad_response.
    """
    url = read_url(address)
    headers = {"Host": url.authority, "User-Agent": AGENT, "Accept": "*/*", "Accept-Encoding": "gzip"}
    headers |= read_headers(more)
    headers |= {"If-None-Match": etag} if etag else {}
    headers |= {"If-Modified-Since": last_modified} if last_modified else {}
    guard = Guard(url, time.monotonic() + total)
    with _in_words(guard, total), _pool(guard) as pool, pool.stream("GET", url.core(), **_request(headers)) as answer:
        found = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in answer.headers}
        if answer.status == 304 and (etag or last_modified):
            return NotModified()
        _check(answer.status, found, limit)
        body = b"".join(_inflated(answer.iter_stream(), found.get("content-encoding", ""), limit))
    kept = {name: _sendable(found.get(name, ""), most) for name, most in (("etag", 200), ("last-modified", 100))}
    return Reply(body, kept["etag"], kept["last-modified"], found.get("content-type", ""))


def _sendable(value: str, most: int) -> str:
    """A validator as it came, to be sent back; none where it could not be sent, or would not be the same."""
    return value if value.isascii() and value.isprintable() and len(value) <= most else ""


def _request(headers: dict[str, str]) -> dict[str, Any]:
    timeouts = {"connect": CONNECT, "read": READ, "write": READ, "pool": CONNECT}
    return {"headers": headers, "extensions": {"timeout": timeouts}}


# Where to


@dataclass(frozen=True, slots=True)
class Url:
    scheme: str
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == 443 and self.scheme == "https" else f"{host}:{self.port}"

    def core(self) -> httpcore.URL:
        return httpcore.URL(scheme=self.scheme, host=self.host, port=self.port, target=self.target)


def read_url(address: str) -> Url:
    """Take an address apart; raises OutboundError url_not_allowed for one we would never ask."""
    try:
        if re.search(r"[\x00-\x20\x7f\\#]", address):
            raise ValueError("no spaces, backslashes or #")
        parts = urlsplit(address)
        if parts.scheme not in ("https", "http") or not parts.hostname or "@" in parts.netloc:
            raise ValueError("https://host/path, without a name or password")
        host = parts.hostname.encode("idna").decode() if not parts.hostname.isascii() else parts.hostname
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise OutboundError("url_not_allowed", f"This address cannot be used: {error}.") from None
    if not _allowed_networks() and (parts.scheme != "https" or port not in PORTS):
        raise OutboundError("url_not_allowed", "Only https on port 443 or 8443 is used.")
    target = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._") + (
        f"?{quote(parts.query, safe=QUERY)}" if parts.query else ""
    )
    return Url(parts.scheme, host, port, target)


QUERY = "/%:@!$&'()*+,;=~-._?[]"


def read_headers(text: str) -> dict[str, str]:
    """`Authorization: Bearer …`, one a line; raises OutboundError headers_not_allowed."""
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        name, _, value = (part.strip() for part in line.partition(":"))
        if not line.strip():
            continue
        # The line itself is not quoted: it may be a secret.
        if not HEADER.fullmatch(name) or not value.isascii() or not value.isprintable() or name.lower() in OURS:
            raise OutboundError(
                "headers_not_allowed", f"Line {number} of the headers is not `Name: value`, or is ours."
            )
        found[name] = value
    return found


def _allowed_networks() -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    return [ipaddress.ip_network(each) for each in getattr(settings, "ALLOWED_ADDRESSES", [])]


def is_public(address: Address) -> bool:
    """Whether anybody on the internet would reach the same machine there; looks into wrapped IPv4 addresses."""
    if isinstance(address, ipaddress.IPv6Address):
        wrapped = address.ipv4_mapped or address.sixtofour
        if address in NAT64:
            wrapped = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if wrapped is not None:
            return is_public(wrapped)
        if address.is_site_local or address.teredo is not None:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _check_address(text: str, url: Url) -> None:
    address = ipaddress.ip_address(text.split("%")[0])
    if any(address in network for network in _allowed_networks()):
        return
    if not is_public(address):
        raise OutboundError("address_not_allowed", f"{url.host} is {address}, which is not a public address.")
    if url.scheme != "https" or url.port not in PORTS:
        raise OutboundError("url_not_allowed", "Only https on port 443 or 8443 is used.")


def _resolve(host: str, port: int) -> list[str]:
    """All its addresses. In a thread of its own: the system's resolver cannot be told to hurry."""
    found: list[list[str] | OSError] = []

    def ask() -> None:
        try:
            found.append([str(row[4][0]) for row in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)])
        except (OSError, UnicodeError) as error:
            found.append(OSError(str(error)))

    asking = Thread(target=ask, daemon=True)
    asking.start()
    asking.join(CONNECT)
    if not found:
        raise OutboundError("feed_timeout", f"The address of {host} was not found within {CONNECT:.0f} s.")
    if isinstance(found[0], OSError) or not found[0]:
        raise OutboundError("name_not_found", f"There is no address for {host}: {found[0]}.")
    return list(dict.fromkeys(found[0]))


class Guard(httpcore.SyncBackend):
    """Connects to checked addresses only, and lets nothing last beyond the deadline."""

    def __init__(self, url: Url, deadline: float) -> None:
        self.url, self.deadline = url, deadline

    def connect_tcp(self, host: str, port: int, *args: Any, **options: Any) -> httpcore.NetworkStream:
        addresses = _resolve(host, port)
        for address in addresses:
            _check_address(address, self.url)
        options["timeout"] = min(CONNECT, max(0.1, self.deadline - time.monotonic())) / min(len(addresses), 3)
        for address in addresses:
            try:
                stream = super().connect_tcp(address, port, *args, **options)
                break
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if address == addresses[-1]:
                    raise
        try:
            _check_address(str(stream.get_extra_info("server_addr")[0]), self.url)
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


# What comes back


def _pool(guard: Guard) -> httpcore.ConnectionPool:
    return httpcore.ConnectionPool(ssl_context=_tls(), network_backend=guard)


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


@contextmanager
def _in_words(guard: Guard, total: float) -> Generator[None]:
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


def _check(status: int, headers: dict[str, str], limit: int) -> None:
    if 300 <= status < 400 and "location" in headers:
        raise OutboundError(
            "redirect_refused", f"It points to {headers['location'][:200]}; redirects are not followed."
        )
    if status != 200:
        raise OutboundError("unexpected_status", f"It answered {status} where 200 was expected.")
    length = headers.get("content-length", "0")
    if length.isdigit() and int(length) > limit:
        raise _too_large(limit)


def _too_large(limit: int) -> OutboundError:
    return OutboundError("feed_too_large", f"More than {limit / 1024 / 1024:.1f} MiB; the limit may be set per source.")


def _inflated(chunks: Iterable[bytes], encoding: str, limit: int) -> Iterator[bytes]:
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        yield from _counted(chunks, limit)
    elif encoding in ("gzip", "x-gzip"):
        yield from _counted(_gunzipped(_counted(chunks, limit), limit), limit)
    else:
        raise OutboundError("encoding_not_supported", f"It is sent as {encoding[:40]}; only gzip is understood.")


def _counted(chunks: Iterable[bytes], limit: int) -> Iterator[bytes]:
    seen = 0
    for chunk in chunks:
        seen += len(chunk)
        if seen > limit:
            raise _too_large(limit)
        yield chunk


def _gunzipped(chunks: Iterable[bytes], most: int) -> Iterator[bytes]:
    """Inflated in pieces of at most `most` + 1 bytes, so that a bomb is cut before it goes off."""
    member, begun = zlib.decompressobj(31), False
    for data in chunks:
        while data:
            begun = True
            yield member.decompress(data, most + 1)
            data = member.unconsumed_tail
            if member.eof:
                data, member, begun = member.unused_data, zlib.decompressobj(31), False
    if begun:
        raise OutboundError("truncated_body", "The compressed answer ends before its end.")
