"""The Solar Hijri calendar as Afghans keep it: the same days as in Iran, with their own names of the months."""

from __future__ import annotations

from datetime import date

from django.utils.translation import get_language
from persiantools.jdatetime import JalaliDate

from crossings.phrases.text import apart

MONTHS = {
    "ps": ["وری", "غویی", "غبرګولی", "چنګاښ", "زمری", "وږی", "تله", "لړم", "لیندۍ", "مرغومی", "سلواغه", "کب"],
    "fa-af": ["حمل", "ثور", "جوزا", "سرطان", "اسد", "سنبله", "میزان", "عقرب", "قوس", "جدی", "دلو", "حوت"],
}
EARLIEST = date(1925, 3, 21)
"""Before that year nobody counted by these months."""


def solar_day(day: date) -> str:
    """ "1 قوس 1405" in Dari and Pashto; empty in other languages, whose readers keep the Gregorian calendar alone."""
    months = MONTHS.get(get_language() or "")
    if months is None or day < EARLIEST:
        return ""
    kept = JalaliDate(day)
    return apart(f"{kept.day} {months[kept.month - 1]} {kept.year}")
