"""Which addresses are asked at all: read from what was typed, checked again as they are connected to."""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass
from threading import Thread
from urllib.parse import quote, urlsplit

import httpcore
from django.conf import settings

PORTS = (443, 8443)
HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
OURS = {"host", "connection", "content-length", "transfer-encoding", "accept-encoding", "te", "upgrade"}
NAT64 = ipaddress.ip_network("64:ff9b::/96")
PATIENCE = 3.0
"""Seconds for the addresses of a name."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class OutboundError(Exception):
    """`code` is a stable word, `detail` says what to do about it."""

    def __init__(self, code: str, detail: str) -> None:
        self.code, self.detail = code, detail
        super().__init__(f"{code}: {detail}")


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


def check_address(text: str, url: Url) -> None:
    address = ipaddress.ip_address(text.split("%")[0])
    if any(address in network for network in _allowed_networks()):
        return
    if not is_public(address):
        raise OutboundError("address_not_allowed", f"{url.host} is {address}, which is not a public address.")
    if url.scheme != "https" or url.port not in PORTS:
        raise OutboundError("url_not_allowed", "Only https on port 443 or 8443 is used.")


def resolve(host: str, port: int) -> list[str]:
    """All its addresses. In a thread of its own: the system's resolver cannot be told to hurry."""
    found: list[list[str] | OSError] = []

    def ask() -> None:
        try:
            found.append([str(row[4][0]) for row in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)])
        except (OSError, UnicodeError) as error:
            found.append(OSError(str(error)))

    asking = Thread(target=ask, daemon=True)
    asking.start()
    asking.join(PATIENCE)
    if not found:
        raise OutboundError("feed_timeout", f"The address of {host} was not found within {PATIENCE:.0f} s.")
    if isinstance(found[0], OSError) or not found[0]:
        raise OutboundError("name_not_found", f"There is no address for {host}: {found[0]}.")
    return list(dict.fromkeys(found[0]))
