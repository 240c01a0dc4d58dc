"""Words that are to be blanked are found within what sources sent, in whatever way it writes them."""

from __future__ import annotations

import json

import pytest

from crossings.ledger.traces import Words
from tests.workbooks import xlsx


@pytest.mark.parametrize(
    ("text", "carries"),
    [
        ("he said: KARIM  the\nbroker.", True),
        ('{"note": "Karim the broker"}', True),
        (json.dumps({"note": "Karim the broker"}).replace("K", "\\u004b"), True),
        ("<b>Ka</b>rim the&nbsp;broker", True),
        ("&amp;lt;p&amp;gt;Karim&amp;#32;the broker", True),
        ("Karim the brokers", False),
        ("Karima the broker", False),
        ("Karim, the broker", False),
    ],
)
def test_words_are_found_however_they_are_written(text: str, carries: bool) -> None:
    words = Words(["Karim the broker"])
    assert words.within(text) is carries
    assert words.within_bytes(text.encode()) is carries


def test_what_cannot_be_looked_into_is_taken_to_carry_them() -> None:
    assert Words(["Karim"]).within_bytes(b"PK\x03\x04 no workbook")
    assert not Words(["Karim"]).within_bytes(xlsx(["Karima"], ["im"]))
    assert not Words([""]).within("anything")
