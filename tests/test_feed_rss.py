"""RSS and Atom: what a person gets to read of each entry, and the XML that is refused."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from crossings import ingest
from crossings.feeds import FORMATS, Context, Entry, FeedError, Item, Kind
from crossings.feeds.rss import text_of_html
from crossings.management.commands.ingest import make_source as make_source_for
from crossings.models import Draft
from tests.factories import utc

FIXTURES = Path(__file__).parent / "fixtures" / "feeds"
RSS, ATOM = ((FIXTURES / name).read_bytes() for name in ("feed.rss", "feed.atom"))
NOW = utc("2023-02-25 12:00")


def read(body: bytes | str) -> list[Item]:
    return list(FORMATS["rss"].parse(body if isinstance(body, bytes) else body.encode(), Context(NOW)).items)


def rss(*items: str, head: str = "") -> str:
    return f'<?xml version="1.0"?>{head}<rss version="2.0"><channel>{"".join(items)}</channel></rss>'


def entries(body: bytes | str) -> list[Entry]:
    items = read(body)
    assert all(item.kind is Kind.ENTRY for item in items)
    return [item.data for item in items if not item.faults]


def test_an_entry_of_rss_is_its_title_text_address_and_time() -> None:
    first, second = entries(RSS)
    assert first == Entry(
        id="news-1",
        title="Torkham closed & quiet",
        text="The gate was shut on Sunday.\nTrucks < 5 t too.",
        url="https://example.org/1",
        published_at=utc("2023-02-19 14:00"),
    )
    # The whole text goes before the summary; an address that is none and a time that is none are left out.
    assert (second.title, second.text, second.url, second.published_at) == ("Chaman", "Open\nfor patients", "", None)
    assert second.id.startswith("sha256:")


def test_an_entry_of_atom_is_read_by_the_type_of_its_texts() -> None:
    first, second = entries(ATOM)
    assert first == Entry(
        id="urn:1",
        title="Weights < 5 t pass",
        text="plain <b> text",
        url="https://example.org/a?b=1&c=2",
        published_at=utc("2023-02-25 01:30"),
    )
    assert (second.title, second.text) == ("Torkham open", "Goods move\na < b")
    assert second.published_at == utc("2023-02-25 09:00")


def test_an_entry_without_words_is_refused_alone() -> None:
    items = read(RSS)
    assert [(item.at, [fault.code for fault in item.faults]) for item in items] == [
        ("entry 1", []), ("entry 2", []), ("entry 3", ["required"]),
    ]  # fmt: skip


def test_the_older_rss_is_read_too() -> None:
    body = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
        xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>News</title></channel>
        <item><title>Zaranj</title><link>http://example.org/z</link><dc:date>2023-02-20T10:00:00Z</dc:date></item></rdf:RDF>"""
    assert entries(body) == [
        Entry("http://example.org/z", "Zaranj", "", "http://example.org/z", utc("2023-02-20 10:00"))
    ]


def test_a_feed_in_its_own_encoding_is_read() -> None:
    body = (
        '<?xml version="1.0" encoding="windows-1251"?><rss><channel><item><title>Кордон</title></item></channel></rss>'
    )
    assert [entry.title for entry in entries(body.encode("cp1251"))] == ["Кордон"]


def test_the_same_entry_has_the_same_id_again() -> None:
    body = rss("<item><title>No id</title><description>here</description></item>")
    assert entries(body) == entries(body)
    long = rss(f"<item><guid>{'x' * 5000}</guid><title>Long id</title></item>")
    assert len(entries(long)[0].id) < 80


TWICE = rss(
    "<item><guid>g</guid><title>Torkham CLOSED</title></item>",
    "<item><guid>g</guid><title>Sports</title></item>",
    "<item><guid>g</guid><title>Sports</title><pubDate>Sun, 19 Feb 2023 14:00:00 +0000</pubDate></item>",
    "<item><guid>h</guid><title>Chaman</title></item>",
)


def test_entries_that_share_a_name_are_told_apart_in_whatever_order() -> None:
    found = {entry.id: entry.title for entry in entries(TWICE)}
    assert sorted(found.values()) == ["Chaman", "Sports", "Sports", "Torkham CLOSED"]
    assert found["h"] == "Chaman"
    again = rss(*(f"<item>{item}" for item in reversed(TWICE.removesuffix("</channel></rss>").split("<item>")[1:])))
    assert {entry.id: entry.title for entry in entries(again)} == found


@pytest.mark.django_db
def test_no_entry_is_lost_where_two_share_a_name(tmp_path: Path) -> None:
    source, path = make_source_for("news", FORMATS["rss"]), tmp_path / "feed.rss"
    outcomes = []
    for body in (TWICE, f"{TWICE}\n"):
        path.write_text(body)
        outcomes.append(ingest.ingest_file(source, path, lambda: NOW).counts)
    assert outcomes == [{"draft": 4}, {"same": 4}]
    titles = Draft.objects.filter(decision="").values_list("content__title", flat=True)
    assert sorted(titles) == ["Chaman", "Sports", "Sports", "Torkham CLOSED"]


def test_an_address_is_kept_without_what_cannot_be_seen() -> None:
    [entry] = entries(rss("<item><title>t</title><link>https://example.org/\u202egpj.exe\u200b</link></item>"))
    assert entry.url == "https://example.org/gpj.exe"
    [entry] = entries(rss("<item><title>t</title><link>https://example.org/&amp;#x202e;gpj.exe</link></item>"))
    assert entry.url == "https://example.org/gpj.exe"


TEXTS = [
    ("plain", "plain"),
    ("<p>one</p><p>two</p>", "one\ntwo"),
    ("one<br>two<br/>three", "one\ntwo\nthree"),
    ("a  <b>bold</b>\n word", "a bold\nword"),
    ("<script>alert(1)</script>after", "after"),
    ("<style>p {}</style>after", "after"),
    ("<SCRIPT>x</SCRIPT>after", "after"),
    ("<script>never closed", ""),
    ("before<!-- <b>hidden</b> -->after", "beforeafter"),
    ("<img src=x onerror=alert(1)>", ""),
    ("&lt;script&gt;", "<script>"),
    ("&amp;#0; &#0; &#xD800;", "&#0; \ufffd \ufffd"),
    ("5 < 6", "5 < 6"),
    ("left\u202eright", "leftright"),
]


@pytest.mark.parametrize(("given", "shown"), TEXTS)
def test_texts_are_what_a_reader_would_see(given: str, shown: str) -> None:
    assert text_of_html(given) == shown


def test_long_texts_are_cut() -> None:
    [entry] = entries(rss(f"<item><title>{'t' * 1000}</title><description>{'d ' * 50_000}</description></item>"))
    assert (len(entry.title), len(entry.text)) == (300, 5000)


LAUGHS = "<!DOCTYPE rss [<!ENTITY a 'ha'>" + "".join(
    f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 10}'>" for n in range(9)
)
REFUSED = [
    ("", "empty_body"),
    (b"\xef\xbb\xbf \n", "empty_body"),
    ('{"items": []}', "unexpected_content_type"),
    ("<!DOCTYPE html><html><body>Log in</body></html>", "unexpected_content_type"),
    ("<html lang='en'>", "unexpected_content_type"),
    ("<opml/>", "schema_mismatch"),
    ("plain words", "invalid_xml"),
    (rss("<item><title>cut"), "invalid_xml"),
    (RSS[:400], "invalid_xml"),
    (rss("<item><title>&undefined;</title></item>"), "invalid_xml"),
    (RSS.replace(b"Border", b"\xe9"), "invalid_xml"),
    ('<?xml version="1.0" encoding="klingon"?><rss/>', "bad_encoding"),
    (rss("<item><title>&j;</title></item>", head=f"{LAUGHS}]>"), "xml_entities_forbidden"),
    (rss(head='<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>'), "xml_dtd_forbidden"),
    (rss(head='<!DOCTYPE rss [<!ENTITY % x SYSTEM "http://example.org/x">%x;]>'), "xml_dtd_forbidden"),
    (rss(head='<!DOCTYPE rss SYSTEM "http://example.org/rss.dtd">'), "xml_dtd_forbidden"),
    (rss(head="<!DOCTYPE rss [<!ELEMENT a ANY>]>"), "xml_dtd_forbidden"),
    (rss(head="<!DOCTYPE rss>"), "xml_dtd_forbidden"),
    ("<rss>" + "<a>" * 200_000, "too_deep"),
    (rss("<item><title>x</title></item>" * 1001), "too_many_items"),
    (b" " * (5 * 2**20) + RSS, "feed_too_large"),
]


@pytest.mark.parametrize(("body", "code"), REFUSED)
def test_what_is_no_feed_or_would_harm_is_refused_at_once(body: bytes | str, code: str) -> None:
    began = time.process_time()
    with pytest.raises(FeedError) as caught:
        read(body)
    assert (caught.value.code, time.process_time() - began < 2) == (code, True), caught.value.detail


@pytest.mark.parametrize("piece", ["<", "<!--", "<script>", "<b>", "&", "&lt;", "&#x", "a", "]]>", "<p", "\u0301"])
def test_a_great_text_takes_no_great_time(piece: str) -> None:
    text = (piece * 5_000_000)[: 4 * 2**20 // len(piece.encode())].replace("]]>", "]] >")
    began = time.process_time()
    entries(rss(*(f"<item><title>t</title><description><![CDATA[{text[n:n + 40_000]}]]></description></item>"
                  for n in range(0, len(text), 40_000))))  # fmt: skip
    assert time.process_time() - began < 5
