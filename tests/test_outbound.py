"""The one HTTP door, against real servers on this machine that answer as badly as the world does."""

from __future__ import annotations

import datetime as dt
import gzip
import ipaddress
import json
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.conf import settings as site

from crossings import ingest, outbound
from crossings.models import Poll, Report
from crossings.outbound import NotModified, OutboundError, Posted, Reply
from crossings.outbound.line import tls
from tests.factories import claim, make_crossing, make_source

Play = Callable[[socket.socket, str], None]


@contextmanager
def server(play: Play, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Answers every connection with `play(line, head of the request)`; yields host:port."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        thread = Thread(target=_serve, args=(door, play, tls), daemon=True)
        thread.start()
        yield f"127.0.0.1:{door.getsockname()[1]}"
        with suppress(OSError):
            door.shutdown(socket.SHUT_RDWR)


def _serve(door: socket.socket, play: Play, tls: ssl.SSLContext | None) -> None:
    while True:
        try:
            line, _ = door.accept()
        except OSError:
            return
        with suppress(OSError), line:
            safe = tls.wrap_socket(line, server_side=True) if tls else line
            head = b""
            while b"\r\n\r\n" not in head and head[:2] != b"\x16\x03" and (more := safe.recv(4096)):
                head += more
            while len(head.partition(b"\r\n\r\n")[2]) < _length(head) and (more := safe.recv(4096)):
                head += more
            play(safe, head.decode("latin-1"))


def _length(head: bytes) -> int:
    found = re.search(rb"(?i)content-length: *(\d+)", head)
    return int(found[1]) if found else 0


def says(body: bytes = b"", status: str = "200 OK", **headers: Any) -> Play:
    lines = {"Content-Length": len(body), **{name.replace("_", "-"): value for name, value in headers.items()}}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value is not None)
    return lambda line, _: line.sendall(f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body)


@pytest.fixture
def here(settings: Any) -> None:
    """This machine may be asked, as the setting for tests and development has it."""
    settings.ALLOWED_ADDRESSES = ["127.0.0.0/8"]


def failure(play: Play, **options: Any) -> OutboundError:
    with server(play) as host, pytest.raises(OutboundError) as error:
        outbound.get(f"http://{host}/feed", **options)
    return error.value


def test_a_body_comes_with_its_marks(here: None) -> None:
    with server(
        says(b"[1]", ETag='"7"', Last_Modified="Wed, 29 Jun 2022 17:25:16 GMT", Content_Type="text/json")
    ) as host:
        assert outbound.get(f"http://{host}/") == Reply(b"[1]", '"7"', "Wed, 29 Jun 2022 17:25:16 GMT", "text/json")


def test_the_request_says_who_asks_and_where(here: None) -> None:
    heads: list[str] = []

    def play(line: socket.socket, head: str) -> None:
        heads.append(head)
        says()(line, head)

    with server(play) as host:
        outbound.get(f"http://{host}/a b/ü?q=ق&x=%20".replace(" ", "%20"))
        assert heads[0].startswith("GET /a%20b/%C3%BC?q=%D9%82&x=%20 HTTP/1.1\r\n")
        assert f"Host: {host}\r\n" in heads[0]
        assert "Accept-Encoding: gzip\r\n" in heads[0]


def test_a_sources_own_headers_are_sent(here: None) -> None:
    heads: list[str] = []

    def play(line: socket.socket, head: str) -> None:
        heads.append(head)
        says()(line, head)

    with server(play) as host:
        outbound.get(f"http://{host}/", more="Authorization: Bearer abc\n\nx-client-locale: uk\nUser-Agent: us\n")
    assert {"Authorization: Bearer abc", "x-client-locale: uk", "User-Agent: us"} <= set(heads[0].split("\r\n"))


@pytest.mark.parametrize(
    "more", ["no colon", "Host: evil", "X y: z", "X: ü", "X: a\x00b", ": x", "accept-encoding: br"]
)
def test_headers_that_would_break_the_request_are_refused_and_not_told(more: str) -> None:
    with pytest.raises(OutboundError, match="headers_not_allowed") as error:
        outbound.get("https://example.org/", more=f"X: 1\n{more}")
    assert "Line 2" in error.value.detail
    assert more not in error.value.detail


def test_what_has_not_changed_is_not_sent_again(here: None) -> None:
    def play(line: socket.socket, head: str) -> None:
        known = 'If-None-Match: "7"' in head and "If-Modified-Since: Wed" in head
        (says(status="304 Not Modified") if known else says(b"new"))(line, head)

    with server(play) as host:
        assert outbound.get(f"http://{host}/") == Reply(b"new")
        answer = outbound.get(f"http://{host}/", etag='"7"', last_modified="Wed, 29 Jun 2022 17:25:16 GMT")
        assert isinstance(answer, NotModified)


def test_gzip_is_inflated_even_in_members_and_chunks(here: None) -> None:
    body = gzip.compress(b"one ") + gzip.compress(b"two")

    def play(line: socket.socket, _: str) -> None:
        line.sendall(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n")
        for byte in body:
            line.sendall(b"1\r\n" + bytes([byte]) + b"\r\n")
        line.sendall(b"0\r\n\r\n")

    with server(play) as host:
        reply = outbound.get(f"http://{host}/")
        assert isinstance(reply, Reply)
        assert reply.body == b"one two"


BOMB = gzip.compress(b"\x00" * 50_000_000)
BAD_ANSWERS: list[tuple[str, Play, str]] = [
    ("404", says(status="404 Not Found"), "unexpected_status"),
    ("503", says(status="503 Service Unavailable"), "unexpected_status"),
    ("204", says(status="204 No Content", Content_Length=None), "unexpected_status"),
    ("206", says(b"x", status="206 Partial Content"), "unexpected_status"),
    ("304 unasked", says(status="304 Not Modified"), "unexpected_status"),
    ("301 away", says(status="301 Moved", Location="http://169.254.169.254/"), "redirect_refused"),
    ("302 within", says(status="302 Found", Location="/other"), "redirect_refused"),
    ("308 downgrade", says(status="308 Moved", Location="http://example.org/"), "redirect_refused"),
    ("said too long", says(Content_Length=6_000_000), "feed_too_large"),
    ("too long", says(b"x" * 5_300_000, Content_Length=None), "feed_too_large"),
    ("bomb", says(BOMB, Content_Encoding="gzip"), "feed_too_large"),
    ("gzip in gzip", says(gzip.compress(b"x"), Content_Encoding="gzip, gzip"), "encoding_not_supported"),
    ("brotli", says(b"x", Content_Encoding="br"), "encoding_not_supported"),
    ("no gzip", says(b"plain", Content_Encoding="gzip"), "bad_response"),
    ("half a gzip", says(gzip.compress(b"x" * 1000)[:-9], Content_Encoding="gzip"), "truncated_body"),
    ("half a body", says(b"x" * 50, Content_Length=100), "truncated_body"),
    ("half a chunk", says(b"5\r\nab", Content_Length=None, Transfer_Encoding="chunked"), "truncated_body"),
    ("no HTTP", lambda line, _: line.sendall(b"SSH-2.0-OpenSSH\r\n\r\n"), "bad_response"),
    ("nothing", lambda line, _: None, "bad_response"),
    ("endless headers", lambda line, _: line.sendall(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 50_000), "bad_response"),
]  # fmt: skip


@pytest.mark.parametrize(("play", "code"), [row[1:] for row in BAD_ANSWERS], ids=[row[0] for row in BAD_ANSWERS])
def test_a_bad_answer_has_a_code_and_words(here: None, play: Play, code: str) -> None:
    error = failure(play)
    assert error.code == code, error
    assert error.detail


def test_the_limit_is_the_callers(here: None) -> None:
    assert failure(says(b"x" * 11), limit=10).code == "feed_too_large"
    with server(says(b"x" * 10)) as host:
        assert isinstance(outbound.get(f"http://{host}/", limit=10), Reply)


def drip(first: bytes) -> Play:
    def play(line: socket.socket, _: str) -> None:
        line.sendall(first)
        while True:
            line.sendall(b"x")
            time.sleep(0.05)

    return play


@pytest.mark.parametrize(
    "first",
    [b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: ", b""],
    ids=["body", "head", "line"],
)
def test_a_drip_ends_with_the_deadline(here: None, first: bytes) -> None:
    started = time.monotonic()
    assert failure(drip(first), total=0.6).code == "feed_timeout"
    assert time.monotonic() - started < 1.5


def test_silence_ends_with_the_deadline(here: None) -> None:
    started = time.monotonic()
    assert failure(lambda line, _: time.sleep(3), total=0.6).code == "feed_timeout"
    assert time.monotonic() - started < 1.5


def test_nobody_there_is_no_connection(here: None) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        host = f"127.0.0.1:{door.getsockname()[1]}"
    with pytest.raises(OutboundError, match="connection_failed"):
        outbound.get(f"http://{host}/")


# Sending


def test_what_is_posted_arrives_whole_with_its_headers(here: None) -> None:
    heads: list[str] = []

    def play(line: socket.socket, head: str) -> None:
        heads.append(head)
        says(b"thank you", status="202 Accepted", Retry_After="7")(line, head)

    with server(play) as host:
        answer = outbound.post(f"http://{host}/hook?a=1", b'{"a":1}', {"webhook-id": "1"})
    assert answer == Posted(202, b"thank you", "7")
    assert heads[0].startswith("POST /hook?a=1 HTTP/1.1\r\n")
    assert {"Content-Type: application/json", "Content-Length: 7", "webhook-id: 1"} <= set(heads[0].split("\r\n"))
    assert heads[0].endswith('{"a":1}')


@pytest.mark.parametrize("status", ["302 Found", "410 Gone", "500 Oops"])
def test_whatever_the_answer_to_a_post_is_it_comes_back(here: None, status: str) -> None:
    with server(says(b"x", status=status, Location="http://169.254.169.254/")) as host:
        assert outbound.post(f"http://{host}/", b"{}", {}).status == int(status[:3])


def test_of_an_answer_to_a_post_no_more_than_64_kib_are_read(here: None) -> None:
    with server(says(b"x" * 1_000_000, Content_Length=None)) as host:
        assert len(outbound.post(f"http://{host}/", b"{}", {}).body) == 65_536


def test_an_answer_that_breaks_off_or_drips_after_its_status_counts(here: None) -> None:
    with server(says(b"half", Content_Length=100)) as host:
        assert outbound.post(f"http://{host}/", b"{}", {}).status == 200
    started = time.monotonic()
    with server(drip(b"HTTP/1.1 204 Fine\r\nContent-Length: 100000\r\n\r\n")) as host:
        assert outbound.post(f"http://{host}/", b"{}", {}, total=0.6).status == 204
    assert time.monotonic() - started < 1.5


def test_a_post_that_is_not_answered_ends_with_the_deadline(here: None) -> None:
    with server(lambda line, _: time.sleep(2)) as host, pytest.raises(OutboundError, match="feed_timeout"):
        outbound.post(f"http://{host}/", b"{}", {}, total=0.6)


def test_nothing_is_posted_to_an_address_that_is_not_public() -> None:
    with pytest.raises(OutboundError, match="address_not_allowed"):
        outbound.post("https://169.254.169.254/latest/", b"{}", {})


# Addresses


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.1", "2130706433", "0x7f.1", "0177.0.0.1", "①②⑦.0.0.1", "localhost", "0.0.0.0", "10.1.2.3",
        "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254", "224.0.0.1", "255.255.255.255", "192.0.2.1",
        "198.18.0.1", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fec0::1]",
        "[fe80::1]", "[fc00::1]", "[ff02::1]", "[2001:db8::1]", "[2001:0:53aa:64c::1]", "[64:ff9b:1::7f00:1]",
        "[::127.0.0.1]",
    ],
)  # fmt: skip
def test_no_address_but_a_public_one_is_asked(address: str) -> None:
    with pytest.raises(OutboundError, match="address_not_allowed"):
        outbound.get(f"https://{address}/")


@pytest.mark.parametrize("text", ["8.8.8.8", "2606:4700::1", "64:ff9b::808:808", "2002:808:808::1", "::ffff:8.8.8.8"])
def test_public_addresses_are_public_however_they_are_wrapped(text: str) -> None:
    assert outbound.is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize(
    "address",
    [
        "http://example.org/", "https://example.org:25/", "https://example.org:6379/", "ftp://example.org/", "//x/", "",
        "https://user:pass@example.org/", "https://example.org/#x", "https://example.org\\@evil/", "https:///x",
        "https://example.org/\r\nX: y", "https://exa mple.org/", "https://example.org:99999/", "https://[::1/",
        "file:/x", "https://" + "x" * 70 + "ü.example/",
    ],
)  # fmt: skip
def test_an_address_we_would_never_ask_is_refused_before_anything_is_sent(address: str) -> None:
    with pytest.raises(OutboundError, match="url_not_allowed"):
        outbound.get(address)


def test_plain_http_needs_an_allowed_address(settings: Any) -> None:
    settings.ALLOWED_ADDRESSES = ["192.0.2.0/24"]
    with pytest.raises(OutboundError, match="address_not_allowed"):
        outbound.get("http://127.0.0.1:1/")
    with pytest.raises(OutboundError, match="url_not_allowed"):
        outbound.get("http://8.8.8.8/")


def test_every_address_of_a_name_must_be_public_and_the_checked_one_is_connected_to(
    here: None, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name server that says something else the second time is not asked a second time."""
    asked: list[str] = []

    def resolver(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        asked.append(host)
        addresses = ["8.8.8.8", "10.0.0.1"] if host == "one-of-two.example" else ["127.0.0.1"]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    with server(says(b"ok")) as host:
        port = host.split(":")[1]
        monkeypatch.setattr(socket, "getaddrinfo", resolver)
        assert outbound.get(f"http://rebinds.example:{port}/") == Reply(b"ok")
        assert asked.count("rebinds.example") == 1
        settings.ALLOWED_ADDRESSES = []
        with pytest.raises(OutboundError, match="address_not_allowed"):
            outbound.get("https://rebinds.example/")
        with pytest.raises(OutboundError, match=r"address_not_allowed: .*10\.0\.0\.1"):
            outbound.get("https://one-of-two.example/")


def test_proxies_of_the_environment_are_not_used(here: None, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1/")
    with server(says(b"ok")) as host:
        assert outbound.get(f"http://{host}/") == Reply(b"ok")


# TLS


def certificate(folder: Path, name: str) -> ssl.SSLContext:
    """A server's own certificate that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "key.pem").write_bytes(private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


def test_a_certificate_must_be_vouched_for_and_name_the_host(
    here: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with server(says(b"safe"), certificate(tmp_path, "localhost")) as host:
        port = host.split(":")[1]
        with pytest.raises(OutboundError, match=r"tls_error: .*self-signed"):
            outbound.get(f"https://localhost:{port}/")
        tls.cache_clear()
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
        assert outbound.get(f"https://localhost:{port}/") == Reply(b"safe")
        with pytest.raises(OutboundError, match=r"tls_error: .*127\.0\.0\.1"):
            outbound.get(f"https://127.0.0.1:{port}/")
    tls.cache_clear()


def test_something_that_speaks_no_tls_is_a_tls_error(here: None) -> None:
    with server(says(b"plain")) as host, pytest.raises(OutboundError, match="tls_error"):
        outbound.get(f"https://{host}/")


# A source with an address on the web


@pytest.mark.django_db
def test_a_source_on_the_web_is_asked_only_for_what_is_new(here: None) -> None:
    make_crossing()
    state: dict[str, Any] = {"etag": '"1"', "body": json.dumps({"reports": [claim(id="1")]}).encode()}
    asked: list[bool] = []

    def play(line: socket.socket, head: str) -> None:
        known = f"If-None-Match: {state['etag']}" in head
        asked.append(known)
        (says(status="304 Not Modified") if known else says(state["body"], ETag=state["etag"]))(line, head)

    with server(play) as host:
        source = make_source(format="partner", address=f"http://{host}/feed.json", trusted=True)
        old = ingest.ingest_source(source)[0]
        assert (old.counts, old.error) == ({"draft": 1}, "")  # polled, and from years ago
        assert [row.counts for row in ingest.ingest_source(source)] == [{"unchanged": 1}]
        state |= {"etag": '"2"', "body": b"<html>Log in</html>"}
        assert [row.error for row in ingest.ingest_source(source)] == ["unexpected_content_type"]
        assert [row.error for row in ingest.ingest_source(source)] == ["unexpected_content_type"]
    assert asked == [False, True, False, False]
    [unreachable] = ingest.ingest_source(source)
    assert unreachable.error == "connection_failed"
    assert Poll.objects.count() == 5
    assert not Report.objects.exists()


def test_nothing_is_allowed_but_the_public_unless_the_environment_says_so() -> None:
    assert not getattr(site, "ALLOWED_ADDRESSES", [])
