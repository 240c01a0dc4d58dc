"""Solar Hijri days with the months as Afghans call them."""

from datetime import date

import pytest
from django.utils.translation import override

from crossings.phrases.solar import solar_day
from crossings.phrases.text import plain


@pytest.mark.parametrize(
    ("day", "dari", "pashto"),
    [
        (date(2023, 2, 19), "30 دلو 1401", "30 سلواغه 1401"),
        (date(2023, 2, 24), "5 حوت 1401", "5 کب 1401"),
        (date(2023, 3, 21), "1 حمل 1402", "1 وری 1402"),
        (date(2025, 3, 20), "30 حوت 1403", "30 کب 1403"),  # a leap year
        (date(2025, 10, 12), "20 میزان 1404", "20 تله 1404"),
        (date(2026, 11, 22), "1 قوس 1405", "1 لیندۍ 1405"),
    ],
)
def test_a_day_is_named_as_afghans_name_it(day, dari, pashto):
    with override("fa-af"):
        assert plain(solar_day(day)) == dari
    with override("ps"):
        assert plain(solar_day(day)) == pashto


@pytest.mark.parametrize("language", ["en", "ur"])
def test_other_readers_keep_the_gregorian_calendar(language):
    with override(language):
        assert solar_day(date(2026, 11, 22)) == ""


def test_days_of_before_the_calendar_have_no_solar_name():
    with override("fa-af"):
        assert solar_day(date(1900, 1, 1)) == ""
