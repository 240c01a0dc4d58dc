"""What is a telephone number and what only looks like one: tables of how people write both."""

from __future__ import annotations

import time

import pytest

from crossings.domain.fields import phone_number_in
from crossings.domain.pasted import cleaned

NUMBERS = [
    "0700123456", "0700 123 456", "0300-1234567", "+92 (300) 123 45 67", "۰۷۰۰۱۲۳۴۵۶",
    "0700-12-34-56", "0300-12-34-567", "0300/1234567", "0700_123_456", "0700,123,456", "۰۷۰۰/۱۲۳/۴۵۶", "0700*123*456",
    "0300:1234567", "0300 . 1234567", "0300 - 1234567", "0300 \u2212 1234567", "0300\uff0d1234567", "0700|123|456",
    "0700،123،456", "0300 12:34 567", "07:00:12:34:56", "+93/700/123456", "0700 | 123 | 456", "0300-12-11-2023",
    "0301-12-11-2023 or so", "93.700.123.456", "0300 1,234,567", "https://example.org/?phone=0700123456",
]  # fmt: skip
NO_NUMBERS = [
    "1,400 to 6,000 trucks", "2023-02-24 14:30", "24.02.2023", "from 07:00 to 19:00", "1400-6000",
    "HS 0806, 2523, 3102", "06:00-18:00, 19:00-21:00", "34.1234, 71.0912", "34.1234,71.0912", "2023-02-19/2023-02-25",
    "1,400,000 afghani", "1,400,000,000 afghani", "10,000-14,000 trucks", "10,000 – 14,000", "in 2023 10,000 trucks",
    "https://example.org/news/2023/02/19/12345/torkham", "https://example.org/2023-02-19-12345",
    "https://example.org/1234567/story_8901", "2023-02-24T05:00:00Z", "2023-02-24T05:00:00.123456Z",
    "2023-02-24T05:00:00+04:30", "2023-02-24 14:30 1400 trucks", "24.02.2023 1400 trucks", "24 Feb 2023 07:00-19:00",
    "February 24 07:00-19:00", "07:00-19:00 1400 trucks", "14:30 1400 trucks", "19-25/02/2023", "19/02-25/02/2023",
    "2023-02-19/25", "22/02/23 14:05", "22/02/2023, 14:05:11", "۱۴۰۱/۱۲/۰۳ ۱۴:۰۵", "1401/12/03-1401/12/05",
    "2023-02-24,1400,300", "1400, 2300, 600 trucks", "07:00-19:00; 08:00-12:00", "2023-02-19 – 2023-02-25",
    "19.02.2023-25.02.2023", "2023-02-24: 1400 trucks", "$1,200,000.50 and 3,400",
    "4,500 / 6,000 / 1,200", "1 400 trucks, 300 buses",
]  # fmt: skip


@pytest.mark.parametrize("text", NUMBERS)
def test_a_telephone_number_is_found_however_it_is_parted_and_taken_out_of_a_message(text: str) -> None:
    assert phone_number_in(text) and phone_number_in(f"call me: {text}!")
    assert "[" in cleaned(text).text and not phone_number_in(cleaned(text).text)


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_dates_hours_counts_and_places_on_the_map_are_none(text: str) -> None:
    assert not phone_number_in(text) and not phone_number_in(f"Closed ({text}).")


def test_of_two_numbers_without_a_space_between_them_nothing_is_left() -> None:
    assert cleaned("0300-1234567,0301-7654321 and 0300/1234567/0301/7654321").text == "[number] and [number]"


@pytest.mark.parametrize("piece", ["1", "1 ", "07:00 ", "07:00-", "2023-02-24/", "1,400 ", "1,", "https://1", "34.1,"])
def test_no_text_keeps_the_search_busy_for_long(piece: str) -> None:
    started = time.perf_counter()
    cleaned(piece * (20_000 // len(piece)))
    assert time.perf_counter() - started < 2
