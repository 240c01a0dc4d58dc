"""Checked values out of a JSON object; every fault is gathered, none ends the reading."""

from __future__ import annotations

import math
import re
import unicodedata
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from crossings.domain.faults import Fault
from crossings.domain.vocabulary import Word

W = TypeVar("W", bound=Word)

RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([Zz]|[+-]\d\d:\d\d)?\Z")
DATE = re.compile(r"\d{4}-\d\d-\d\d\Z")
MONTH = re.compile(r"\d{4}-\d\d\Z")
EARLIEST, LATEST = 1900, 2199
"""Years; what lies outside is a slip of the pen, and near the ends of the calendar arithmetic fails."""
COUNTRY = re.compile(r"[A-Z]{2}\Z")
URL = re.compile(r"https?://[^\s<>\"\\^`{|}]+\Z", re.IGNORECASE)

# Bidirectional overrides and isolates can make a sentence read as its opposite; other controls have no use here.
BIDI_CONTROLS = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
# Nine digits or more with what people put between them. A comma and a space part the items of a list.
DASHES = r"\-\u2010-\u2015\u2043\u2212\ufe58\ufe63\uff0d"
# What goes on without a space is another number, or more of this one.
PHONE = re.compile(
    rf"(?<!\d)\+?\d(?:(?:[\s()./_*:|{DASHES}\u200c\u200d]{{0,3}}|[,،])\d){{8,14}}(?!\d)(?:[./_*:|,،{DASHES}]\d+)*"
)

YEAR, MONTH_NO, DAY_NO = r"(?:19\d\d|2[01]\d\d|1[34]\d\d)", r"(?:0?[1-9]|1[0-2])", r"(?:0?[1-9]|[12]\d|3[01])"
"""Years of the common era, and of the solar calendar."""
DAYS = re.compile(
    rf"(?<!\d)(?<!\d[./_*:|,{DASHES}])"
    rf"(?:{YEAR}([./-]){MONTH_NO}\1{DAY_NO}(?!\d)"
    rf"(?:T\d\d:\d\d(?::\d\d(?:\.\d{{1,9}})?)?|[/{DASHES}](?:{YEAR}\1)?(?:{MONTH_NO}\1)?{DAY_NO}(?!\d))?"
    rf"|(?:{DAY_NO}(?:[./-]{MONTH_NO})?(?:[./-]{YEAR})?\s?[{DASHES}]\s?)?"
    rf"{DAY_NO}([./-]){MONTH_NO}\2{YEAR}|{MONTH_NO}/{DAY_NO}/{YEAR}"
    rf"|{DAY_NO}[./-]{DAY_NO}[./-]\d\d(?=,?\s\d?\d:\d\d))"
    rf"(?!\d)(?![./{DASHES}]\d)"
)
HOUR = r"(?:[01]?\d|2[0-4]):[0-5]\d(?::[0-5]\d)?(?!\d)"
AMOUNT = r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d\d?)?(?!\d)"
NEXT = rf"(?:\s?[{DASHES}/,،;]\s?|\s)"
ALONE = rf"(?<!\d)(?<!\d[\s()./_*:|,{DASHES}])(?:(?:{YEAR}|\d\d?),?\s)?"
TIMES = re.compile(
    rf"{ALONE}(?:{HOUR}(?:{NEXT}{HOUR})+(?![./_*:|,{DASHES}]\d)|{HOUR}(?![\s./_*:|,{DASHES}]\d)"
    rf"|{AMOUNT}(?:{NEXT}{AMOUNT})*(?![\s./_*:|,{DASHES}]\d))"
)
"""Of the day, alone or several; and amounts with their thousands marked."""
ON_A_MAP = re.compile(r"(?<![\d.])[-+]?(?:0|[1-9]\d?)\.\d{2,7}[,\s/]\s?[-+]?(?:0|[1-9]\d{0,2})\.\d{2,7}(?![\d.]\d?)")
ADDRESS = re.compile(r"https?://[^\s<>]+", re.IGNORECASE)
IN_ADDRESS = re.compile(r"(?:19|20|21)\d\d([/-])\d\d(?:\1\d\d)?(?:[/-][1-9]\d{0,12}(?!\d))?|[/_,*:|]")
"""The day of an article, with its number; and what parts an address."""


def digits(text: str) -> str:
    """With the digits of any script as 0 to 9."""
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text)


LONGEST_ROW_NUMBER = 18


def row_number(text: str) -> int:
    """The number of a row as it stands in an address or a form; 0, which no row has, for what is none."""
    return int(text) if text.isdecimal() and len(text) <= LONGEST_ROW_NUMBER else 0


def phone_numbers(text: str) -> list[tuple[int, int]]:
    """Where something stands that seems to be a telephone number; times, dates and amounts are not taken for one."""
    plain = text if text.isascii() else digits(text)
    plain = ADDRESS.sub(lambda link: IN_ADDRESS.sub(_blank, link[0]), plain)
    for pattern in (DAYS, ON_A_MAP, TIMES):
        plain = pattern.sub(_blank, plain)
    return [found.span() for found in PHONE.finditer(plain)]


def _blank(found: re.Match[str]) -> str:
    return "#" * len(found[0])


def phone_number_in(text: str) -> bool:
    """Whether a text seems to hold a telephone number."""
    return bool(phone_numbers(text))


def clean(text: str) -> str:
    """The text in NFC, without control and invisible characters; line breaks and the joiners of Persian stay."""
    if text.isascii() and text.isprintable():
        return text.strip()
    text = text.replace("\r\n", "\n").replace("\r", "\n").translate(BIDI_CONTROLS)
    kept = "".join(c for c in text if c in "\n\u200c\u200d" or unicodedata.category(c) not in ("Cc", "Cf"))
    return unicodedata.normalize("NFC", kept).strip()


MOST_FAULTS = 100
MOST_IN_A_LIST = 100


class Fields:
    """Reads one JSON object. Faults go to the shared list; what is unreadable comes back as the default."""

    def __init__(self, data: Any, pointer: str, faults: list[Fault]) -> None:
        self.pointer, self.faults = pointer, faults
        self.asked: set[str] = set()
        self.data: dict[str, Any] = data if isinstance(data, dict) else {}
        if not isinstance(data, dict):
            self.fault("", "not_an_object", "A JSON object is expected here.")

    def fault(self, key: str, code: str, detail: str) -> None:
        """Note it; of a flood of them the first hundred, which say what is wrong."""
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(Fault(f"{self.pointer}/{key}" if key else self.pointer, code, detail))

    def get(self, key: str) -> Any:
        self.asked.add(key)
        return self.data.get(key)

    def no_others(self) -> None:
        """A misspelt key would lose what its sender meant, so it is a fault."""
        known = ", ".join(sorted(self.asked))
        for key in sorted(self.data.keys() - self.asked)[:MOST_FAULTS]:
            name = key.encode("utf-8", "replace").decode().replace("~", "~0").replace("/", "~1")[:100]
            self.fault(name, "unknown_field", f"There is no such field here. Known fields: {known}.")

    def word(self, key: str, kind: type[W], default: W | None = None, *, also: str = "") -> W | None:
        """`also`: a further word that the caller takes, for the list of those that would be right."""
        value = self.get(key)
        if value is None:
            return default
        if isinstance(value, str):
            try:
                return kind(value.strip().lower())
            except ValueError:
                pass
        self.fault(key, "unknown_word", f"Not one of: {', '.join([*kind.words(), *([also] if also else [])])}.")
        return default

    def words(self, key: str, kind: type[W]) -> tuple[W, ...]:
        value = self.get(key)
        if value is None:
            return ()
        if not isinstance(value, list) or len(value) > MOST_IN_A_LIST:
            detail = f"A list of at most {MOST_IN_A_LIST} is expected, of: {', '.join(kind.words())}."
            self.fault(key, "not_a_list", detail)
            return ()
        found: list[W] = []
        for index, each in enumerate(value):
            try:
                found.append(kind(each.strip().lower()))
            except (ValueError, AttributeError):
                self.fault(f"{key}/{index}", "unknown_word", f"Not one of: {', '.join(kind.words())}.")
        return tuple(dict.fromkeys(found))

    def text(self, key: str, limit: int = 500, *, public: bool = False) -> str:
        """A cleaned text; `public` ones may hold no telephone number."""
        value = self.get(key)
        if value is None:
            return ""
        if not isinstance(value, str):
            self.fault(key, "not_a_text", "A text is expected.")
            return ""
        if "\x00" in value or any("\ud800" <= c <= "\udfff" for c in value):
            self.fault(key, "invalid_text", "The text holds characters that cannot be stored (NUL or half a pair).")
            return ""
        # What is far too long is not cleaned first; what grows by cleaning is measured as it would be kept.
        value = clean(value) if len(value) <= limit * 2 else value
        if len(value) > limit:
            self.fault(key, "text_too_long", f"At most {limit} characters; this has {len(value)}.")
            return ""
        if public and phone_number_in(value):
            self.fault(key, "phone_number", "Telephone numbers are not kept here: take it out and send again.")
        return value

    def link(self, key: str) -> str:
        value = self.text(key, 1000)
        if value and not URL.match(value):
            self.fault(key, "url_not_allowed", "An address that starts with https:// or http:// is expected.")
            return ""
        return value

    def flag(self, key: str, default: bool = False) -> bool:
        value = self.get(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.fault(key, "not_a_flag", "true or false is expected.")
            return default
        return value

    def optional_flag(self, key: str) -> bool | None:
        return self.flag(key) if self.get(key) is not None else None

    def number(self, key: str, low: int, high: int) -> int | None:
        value = self.get(key)
        if value is None:
            return None
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or (isinstance(value, float) and not (math.isfinite(value) and value.is_integer())):
            self.fault(key, "not_a_whole_number", "A whole number is expected.")
            return None
        if not low <= value <= high:
            self.fault(key, "out_of_range", f"A number from {low} to {high} is expected.")
            return None
        return int(value)

    def country(self, key: str) -> str:
        value = self.get(key)
        if value is None or value == "":
            return ""
        if not isinstance(value, str) or not COUNTRY.match(value.strip().upper()):
            self.fault(key, "unknown_country", "An ISO 3166-1 alpha-2 code is expected, such as PK.")
            return ""
        return value.strip().upper()

    def moment(self, key: str) -> datetime | None:
        """A time with its zone, as an aware datetime in UTC."""
        value = self.get(key)
        return None if value is None else self._instant(key, value)

    def moment_or_date(self, key: str, *, month: bool = False) -> datetime | date | None:
        """A time, or a date alone; with `month` also a month alone, as its 15th."""
        value = self.get(key)
        if isinstance(value, str) and (DATE.match(value) or (month and MONTH.match(value))):
            try:
                day = date.fromisoformat(value if len(value) == 10 else f"{value}-15")
                if not EARLIEST <= day.year <= LATEST:
                    raise ValueError
                return day
            except ValueError:
                self.fault(key, "invalid_timestamp", f"There is no day {value}.")
                return None
        return None if value is None else self._instant(key, value)

    def _instant(self, key: str, value: Any) -> datetime | None:
        if not isinstance(value, str) or not RFC3339.match(value):
            self.fault(key, "invalid_timestamp", "A time as in RFC 3339 is expected, such as 2023-02-24T05:00:00Z.")
            return None
        try:
            instant = datetime.fromisoformat(value.upper())
            if instant.tzinfo is None:
                self.fault(key, "timezone_required", "The time has no zone: add Z or an offset such as +04:30.")
                return None
            if not EARLIEST <= instant.year <= LATEST:
                raise ValueError
            return instant.astimezone(UTC)
        except (ValueError, OverflowError):
            self.fault(key, "invalid_timestamp", f"There is no such time, or not from {EARLIEST} to {LATEST}.")
            return None
