"""When something began, as a message tells it: only what cannot be meant otherwise is taken for a time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from persiantools.jdatetime import JalaliDate

from crossings.domain.pasted_words import flat, flat_pattern, words

HEADER = re.compile(
    r"^\[(\d{1,4})[/.\-](\d{1,2})(?:[/.\-](\d{2,4}))?,\s+(\d{1,2}):(\d\d)(?::\d\d)?(?:\s?([ap])\.?m\.?)?\]",
    re.MULTILINE,
)  # fmt: skip
FRESH = timedelta(days=60)
"""A message is passed on soon: by this its day is told from its month."""
BACK = timedelta(days=180)


@dataclass(frozen=True, slots=True)
class Phrase:
    """A day, a time of day, or how long ago: where it stands, and what it means; nothing where that is not sure."""

    start: int
    end: int
    day: date | None = None
    clock: time | None = None
    at: datetime | None = None
    sure: bool = True
    ahead: bool = False


@dataclass(frozen=True, slots=True)
class Sent:
    """When a message was sent, by the head of it: of the telephone's clock, taken as of `zone`."""

    start: int
    end: int
    at: datetime


def sent(text: str, now: datetime, zone: str) -> list[Sent]:
    """The heads of messages that stand in a cleaned text, each with its time in UTC."""
    found = []
    for each in HEADER.finditer(flat(text)):
        at = _head(each, now, ZoneInfo(zone))
        if at is not None:
            found.append(Sent(each.start(), each.end(), at))
    return found


def _head(each: re.Match[str], now: datetime, zone: ZoneInfo) -> datetime | None:
    first, second, third, hour, minute = (int(part) if part else 0 for part in each.groups()[:5])
    hour = hour % 12 + (12 if each[6] == "p" else 0) if each[6] else hour
    if hour > 23 or minute > 59:
        return None
    days: set[date] = set()
    for year in _years(third, now) if first < 100 else (first,):
        orders = ((second, third),) if first > 99 else ((second, first), (first, second))
        days |= {day for month, dom in orders if (day := _date(year, month, dom))}
    moments = {datetime.combine(day, time(hour, minute), zone).astimezone(UTC) for day in days}
    known = sorted(at for at in moments if at <= now + timedelta(minutes=5))
    if third or first > 99:
        return known[0] if len(known) == 1 else _alone([at for at in known if at > now - FRESH])
    return _alone([at for at in known if at > now - FRESH])


def _alone(found: list[datetime]) -> datetime | None:
    return found[0] if len(found) == 1 else None


def _years(third: int, now: datetime) -> tuple[int, ...]:
    if not third:
        return now.year, now.year - 1
    return (third if third > 99 else 2000 + third,)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


WEEKDAYS = [
    "monday|mon|دوشنبه|دوشنبې|سوموار",
    "tuesday|tue|tues|سه شنبه|سه‌شنبه|سېشنبه|سې شنبه|منگل",
    "wednesday|wed|چهارشنبه|چهار شنبه|چارشنبه|چارشنبې|بدھ",
    "thursday|thu|thur|thurs|پنجشنبه|پنج شنبه|پنج‌شنبه|پنجشنبې|جمعرات",
    "friday|fri|جمعه|جمعې|جمعہ",
    "saturday|sat|شنبه|شنبې|اونۍ",
    "sunday|sun|یکشنبه|یک شنبه|یک‌شنبه|یکشنبې|اتوار",
]
WEEKDAY = [words(f"(?:{each})") for each in WEEKDAYS]
COMPOUND = re.compile(flat_pattern(r"(?:یک|دو|سه|چهار|چار|پنج|سې)\s\Z"))
MONTHS = [
    "jan(?:uary)?|جنوري|جنوری", "feb(?:ruary)?|فبروري|فبروری|فروری", "mar(?:ch)?|مارچ|مارس", "apr(?:il)?|اپریل|اپرېل",
    "may|مې|می|مئی",
    "june?|جون|جون", "july?|جولای|جولائی", "aug(?:ust)?|اګست|اگست", "sept?(?:ember)?|سپتمبر|ستمبر",
    "oct(?:ober)?|اکتوبر|اکتوبر",
    "nov(?:ember)?|نومبر|نوامبر", "dec(?:ember)?|دسمبر|ډسمبر",
]  # fmt: skip
SOLAR = [
    "hamal|حمل|وری", "sawr|ثور|غویی", "jawza|جوزا|غبرګولی", "saratan|سرطان|چنګاښ", "asad|اسد|زمری", "sunbula|سنبله|وږی",
    "mizan|میزان|تله", "aqrab|عقرب|لړم", "qaws|قوس|لیندۍ", "jadi|جدی|جدي|مرغومی", "dalw|دلو|سلواغه", "hut|حوت|کب",
]  # fmt: skip
ORDINAL = r"(?:st|nd|rd|th)?"
# The number of the day has to stand beside the month; a year may follow.
DATED = [
    (
        number,
        calendar,
        re.compile(
            rf"(?<![\w:])(\d{{1,2}}){ORDINAL}(?: of)?[ \-]({'|'.join(map(flat_pattern, [each]))})(?!\w)(?:["
            rf" ,]+(\d{{4}}))?"
        ),
        re.compile(rf"(?<!\w)({flat_pattern(each)})[ \-](\d{{1,2}}){ORDINAL}(?![\w:,]\d)(?:,? +(\d{{4}}))?(?!\w)"),
    )
    for calendar, names in (("gregorian", MONTHS), ("solar", SOLAR))
    for number, each in enumerate(names, 1)
]
ISO = re.compile(r"(?<!\d)(\d{4})-(\d\d)-(\d\d)(?!\d)")
SLASHED = re.compile(
    r"(?<![\d/\[])(\d{1,2})[/.](\d{1,2})[/.](\d{4}|\d\d)(?![\d/])"
    r"|(?<![\d/\[])(\d{4})/(\d{1,2})/(\d{1,2})(?![\d/])",
)  # fmt: skip

TODAY = words(
    "today", "this morning", "this afternoon", "this evening", "tonight", "نن", "نن سهار", "نن ماښام", "نن غرمه",
    "امروز", "امروز صبح", "امشب", "آج", "آج صبح", "آج شام",
)  # fmt: skip
YESTERDAY = words(
    "yesterday", "yesterday morning", "yesterday evening", "last night", "پرون", "دیروز", "دیشب", "گزشتہ روز",
)  # fmt: skip
TOMORROW = words("tomorrow", "سبا", "فردا")
NOW = words(
    "now", "right now", "just now", "at the moment", "currently", "اوس", "همدا اوس", "اکنون", "الان", "همین حالا",
    "فعلا", "فعلاً", "ابھی", "اس وقت", "حالا",
)  # fmt: skip
UNCERTAIN = words(
    "کل", "the other day", "recently", "some days", "few days", "a while", r"for (?:\w+|\d+) (?:days|weeks|hours)",
    "last \\w+day", "چند روز", "څو ورځې", "کئی دن",
)  # fmt: skip
"""Urdu کل is yesterday and tomorrow."""


def _counted(words: str) -> dict[str, int]:
    return {flat(each): n for n, same in enumerate(words.split(), 1) for each in same.split("|")}


COUNTED = {
    **{str(n): n for n in range(1, 61)},
    **_counted("one two three four five six seven eight nine ten"),
    **_counted("first second third fourth fifth sixth seventh eighth ninth tenth"),
    **_counted("یو|یوه|یک|ایک دوه|دو درې|سه|تین څلور|چهار|چار پنځه|پنج|پانچ شپږ|شش|چھ"),
    "an": 1, "a": 1,
}  # fmt: skip
NUMBER = "|".join(sorted(COUNTED, key=len, reverse=True))
AGO = re.compile(
    flat_pattern(rf"(?<!\w)({NUMBER})\s+(?:(days?|ورځې|ورځ|روز|دن)|(hours?|ساعته|ساعت|گھنٹے|گھنٹہ|ساعتونه))\s+")
    + flat_pattern(r"(?:ago|back|earlier|مخکې|وړاندې|پیش|قبل|پہلے)(?!\w)")
)
NTH_DAY = re.compile(rf"(?<!\w)for (?:the |a )?({NUMBER})(?:st|nd|rd|th)? (?:consecutive |straight )?day(?!\w)")

CLOCK24 = re.compile(r"(?<![\d:/,\[\-])(?<!\[)([01]?\d|2[0-3]):([0-5]\d)(?!\s?[ap]\.?m)(?![\d:\]])")
CLOCK12 = re.compile(r"(?<![\d:/,\-])(1[0-2]|0?[1-9])(?::([0-5]\d))?\s?([ap])\.?m\b\.?(?!\])")
NAMED_CLOCK = re.compile(
    flat_pattern(r"(?<!\w)(?:(?P<a>صبح|سهار|شام|عصر|ماښام|مازدیګر|سه پهر)\s+)?(?:ساعت |په |پر |له )?(?P<h>1[0-2]"
    r"|0?[1-9])(?::(?P<m>[0-5]\d))?\s?(?:بجې|بجو|بجے)?"
                 r"(?:\s?(?P<b>صبح|سهار|عصر|شام|ماښام|مازدیګر))?(?!\w)")
)  # fmt: skip
MORNING = frozenset(flat(word) for word in ("صبح", "سهار"))
NOON = words("at noon", "noon", "midday")
MIDNIGHT = words("midnight", "at midnight")


def phrases(clause: str, start: int, said: datetime, zone: str) -> Iterator[Phrase]:
    """All that tells a time in this clause of a flat text, which begins at `start`; `said`: when it was said."""
    here = said.astimezone(ZoneInfo(zone))
    for found in (_days(clause, here), _clocks(clause)):
        taken: list[tuple[int, int]] = []
        for phrase in found:
            if not any(phrase.start < end and begin < phrase.end for begin, end in taken):
                taken.append((phrase.start, phrase.end))
                yield replace(phrase, start=phrase.start + start, end=phrase.end + start)


def _days(clause: str, here: datetime) -> Iterator[Phrase]:
    yield from _dates(clause, here.date())
    for found in AGO.finditer(clause):
        n = COUNTED[found[1]]
        if found[2]:
            yield Phrase(*found.span(), day=here.date() - timedelta(days=n))
        else:
            yield Phrase(*found.span(), at=here - timedelta(hours=n))
    for found in NTH_DAY.finditer(clause):
        yield Phrase(*found.span(), day=here.date() - timedelta(days=COUNTED[found[1]] - 1))
    for pattern, off in ((TODAY, 0), (YESTERDAY, -1), (TOMORROW, 1)):
        for found in pattern.finditer(clause):
            yield Phrase(*found.span(), day=here.date() + timedelta(days=off), ahead=off > 0)
    for found in UNCERTAIN.finditer(clause):
        yield Phrase(*found.span(), sure=False)
    for number, pattern in enumerate(WEEKDAY):
        for found in pattern.finditer(clause):
            if number == 5 and COMPOUND.search(clause[: found.start()]):
                continue
            back = (here.weekday() - number) % 7
            # On the very weekday today may be meant, or a week ago.
            day = here.date() - timedelta(days=back) if back else None
            yield Phrase(*found.span(), day=day, sure=day is not None)
    for found in NOW.finditer(clause):
        yield Phrase(*found.span(), at=here)


def _dates(clause: str, today: date) -> Iterator[Phrase]:
    for found in ISO.finditer(clause):
        day = _date(*(int(part) for part in found.groups()))
        yield Phrase(*found.span(), day=day, sure=day is not None)
    for found in SLASHED.finditer(clause):
        yield Phrase(*found.span(), day=(day := _slashed(found)), sure=day is not None)
    for number, calendar, before, after in DATED:
        for pattern, place in ((before, 1), (after, 2)):
            for found in pattern.finditer(clause):
                year = int(found[3]) if found[3] else None
                day = (_solar if calendar == "solar" else _gregorian)(number, int(found[place]), year, today)
                yield Phrase(*found.span(), day=day, sure=day is not None)


def _slashed(found: re.Match[str]) -> date | None:
    """23/02/2023 can only be read one way, 03/02/2023 in two; a year such as 1401 is of the solar calendar."""
    if found[4]:
        year, month, day = int(found[4]), int(found[5]), int(found[6])
        return _of_solar(year, month, day) if year < 1500 else _date(year, month, day)
    one, two, year = int(found[1]), int(found[2]), int(found[3])
    if 1300 < year < 1500:
        return None
    year = year if year > 99 else 2000 + year
    read = {day for day in (_date(year, two, one), _date(year, one, two)) if day}
    return read.pop() if len(read) == 1 else None


def _gregorian(month: int, day: int, year: int | None, today: date) -> date | None:
    if year is not None:
        return _date(year, month, day)
    return _newest([_date(each, month, day) for each in (today.year, today.year - 1)], today)


def _solar(month: int, day: int, year: int | None, today: date) -> date | None:
    if year is not None:
        return _of_solar(year, month, day)
    this = JalaliDate(today).year  # type: ignore[no-untyped-call]
    return _newest([_of_solar(each, month, day) for each in (this, this - 1)], today)


def _of_solar(year: int, month: int, day: int) -> date | None:
    try:
        found: date = JalaliDate(year, month, day).to_gregorian()  # type: ignore[no-untyped-call]
        return found
    except ValueError:
        return None


def _newest(days: list[date | None], today: date) -> date | None:
    """Of no year: the one that was lately; one that lies half a year back may be meant of the year to come."""
    return next((day for day in days if day and today - BACK <= day <= today), None)


def _clocks(clause: str) -> Iterator[Phrase]:
    for found in CLOCK12.finditer(clause):
        hour = int(found[1]) % 12 + (12 if found[3] == "p" else 0)
        yield Phrase(*found.span(), clock=time(hour, int(found[2] or 0)))
    for found in NAMED_CLOCK.finditer(clause):
        part = found["a"] or found["b"]
        if part:
            hour = int(found["h"]) % 12 + (0 if part in MORNING else 12)
            yield Phrase(*found.span(), clock=time(hour, int(found["m"] or 0)))
    for found in CLOCK24.finditer(clause):
        hour = int(found[1])
        # 5:30 may be of the morning and of the evening; 05:30 and 14:30 are not.
        sure = hour > 12 or len(found[1]) == 2
        yield Phrase(*found.span(), clock=time(hour, int(found[2])) if sure else None, sure=sure)
    for pattern, hour in ((NOON, 12), (MIDNIGHT, 0)):
        for found in pattern.finditer(clause):
            yield Phrase(*found.span(), clock=time(hour) if hour else None, sure=bool(hour))
