"""What may be read in a pasted text, and what never is: a table of texts in English, Pashto, Dari and Urdu."""

from __future__ import annotations

from datetime import datetime

import pytest

from crossings.domain.pasted import Place, Why, found, sent
from tests.factories import utc

TORKHAM = Place(("AF", "PK"), ("Asia/Kabul", "Asia/Karachi"), called=("Torkham", "تورخم", "طورخم"),
                others=("Chaman", "Spin Boldak", "چمن", "سپین بولدک", "Ghulam Khan", "غلام خان"))  # fmt: skip
THURSDAY = utc("2023-02-23 09:00")
"""13:30 in Kabul, 14:00 in Karachi."""


def read(text: str, said: datetime = THURSDAY, place: Place = TORKHAM) -> dict[str, str]:
    """What would be filled in; of who may pass, all of it."""
    told: dict[str, str] = {}
    for each in found(text, said, place):
        if each.value:
            told[each.field] = f"{told[each.field]} {each.value}" if each.field in told else each.value
    return told


def since(day: str, clock: str = "", zone: str = "Asia/Kabul", precision: str = "day") -> dict[str, str]:
    return {"when": "at", "day": day, "zone": zone, "precision": precision, **({"clock": clock} if clock else {})}


TODAY, YESTERDAY = since("2023-02-23"), since("2023-02-22")
PK_TOLD = {"declared_by": "PK"}
AF_TOLD = {"declared_by": "AF"}
CLOSED, OPEN = {"lane_all": "closed"}, {"lane_all": "open"}
TOLD: list[tuple[str, dict[str, str]]] = [
    # English
    ("Torkham is closed", CLOSED),
    ("TORKHAM GATE SHUT.", CLOSED),
    ("Torkham border has reopened", OPEN),
    ("Torkham is closed for trucks and pedestrians", {"lane_cargo_both": "closed", "lane_people_both": "closed"}),
    ("Torkham: closed for trucks, open for pedestrians", {"lane_cargo_both": "closed", "lane_people_both": "open"}),
    ("Torkham closed for trucks but people can cross", {"lane_cargo_both": "closed"}),
    ("Pakistan closed Torkham for trucks", {**PK_TOLD, "lane_cargo_both": "closed"}),
    ("Pakistani side is closed", {**PK_TOLD, **CLOSED}),
    ("Torkham was closed by the Taliban", {**AF_TOLD, **CLOSED}),
    ("The Afghan authorities have closed the gate", {**AF_TOLD, **CLOSED}),
    ("Torkham closed for trucks to Pakistan", {"lane_cargo_PK": "closed"}),
    ("Torkham closed towards Afghanistan", {f"lane_{each}_AF": "closed" for each in ("people", "vehicles", "cargo")}),
    ("Torkham closed since yesterday", {**CLOSED, **YESTERDAY}),
    ("Torkham closed since Sunday", {**CLOSED, **since("2023-02-19")}),
    ("Torkham closed since 19 February", {**CLOSED, **since("2023-02-19")}),
    ("Torkham closed since 19/02/2023", {**CLOSED, **since("2023-02-19")}),
    ("Torkham closed since 2 Hut", {**CLOSED, **since("2023-02-21")}),
    ("Torkham closed two days ago", {**CLOSED, **since("2023-02-21")}),
    ("Torkham closed for the third day", {**CLOSED, **since("2023-02-21")}),
    ("Torkham closed since this morning", {**CLOSED, **TODAY}),
    ("Torkham closed at 11:00", {**CLOSED, **since("2023-02-23", "11:00", precision="hour")}),
    ("Pakistan closed Torkham at 1 pm",
     {**PK_TOLD, **CLOSED, **since("2023-02-23", "13:00", "Asia/Karachi", "exact")}),
    ("Torkham is closed now", {**CLOSED, "when": "now"}),
    ("Torkham will open tomorrow", {**OPEN, "basis": "announced", **since("2023-02-24")}),
    ("Torkham closed. More than 1,400 trucks are stranded.",
     {**CLOSED, "queue_low": "1400", "queue_unit": "trucks", "queue_traffic": "cargo"}),
    ("Up to 6,000 trucks are waiting on both sides",
     {"queue_high": "6000", "queue_unit": "trucks", "queue_traffic": "cargo"}),
    ("About 300 trucks waiting on the Afghan side",
     {"queue_low": "300", "queue_high": "300", "queue_unit": "trucks", "queue_traffic": "cargo",
      "queue_method": "estimated", "queue_side": "AF"}),
    ("Between 1,800 and 2,500 trucks stuck",
     {"queue_low": "1800", "queue_high": "2500", "queue_unit": "trucks", "queue_traffic": "cargo"}),
    ("Only patients are allowed at Torkham", {"lane_people_both": "restricted", "who": "patients"}),
    ("Torkham closed except for patients and students", {"lane_people_both": "restricted", "who": "patients students"}),
    ("Only Pakistani citizens allowed to cross", {"lane_people_both": "restricted", "nationals": "PK"}),
    ("Torkham is open only for pedestrians", {"lane_people_both": "open"}),
    ("Torkham reopened. Only patients allowed.", {"lane_people_both": "restricted", "who": "patients"}),
    ("[22/02, 14:05] [name]: Torkham closed today",
     {**CLOSED, **YESTERDAY, "said_day": "2023-02-22", "said_clock": "14:05"}),
    # Pashto
    ("تورخم بند دی", CLOSED),
    ("د تورخم دروازه له نن سهار راهیسې بنده ده", {**CLOSED, **TODAY}),
    ("د تورخم لاره د لاریو پر مخ تړل شوې ده", {"lane_cargo_both": "closed"}),
    ("تورخم خلاص شو", OPEN),
    ("پاکستان تورخم بند کړ", {**PK_TOLD, **CLOSED}),
    ("د پاکستان له خوا تورخم وتړل شو", {**PK_TOLD, **CLOSED}),
    ("تورخم به سبا خلاص شي", {**OPEN, "basis": "announced", **since("2023-02-24")}),
    ("۱۴۰۰ لارۍ په تورخم کې ولاړې دي",
     {"queue_low": "1400", "queue_high": "1400", "queue_unit": "trucks", "queue_traffic": "cargo"}),
    ("تورخم د مسافرو پر مخ پرون خلاص شو", {"lane_people_both": "open", **YESTERDAY}),
    ("تورخم دوه ورځې مخکې وتړل شو", {**CLOSED, **since("2023-02-21")}),
    # Dari
    ("دروازه تورخم بسته شد", CLOSED),
    ("پاکستان دروازه تورخم را بست", {**PK_TOLD, **CLOSED}),
    ("تورخم از سوی طالبان بسته شد", {**AF_TOLD, **CLOSED}),
    ("تورخم دیروز باز شد", {**OPEN, **YESTERDAY}),
    ("تورخم به روی مسافران باز شد", {"lane_people_both": "open"}),
    ("قرار است تورخم فردا باز شود", {**OPEN, "basis": "announced", **since("2023-02-24")}),
    ("بیش از ۱۴۰۰ موتر باربری در تورخم گیر مانده اند",
     {"queue_low": "1400", "queue_unit": "trucks", "queue_traffic": "cargo"}),
    # Urdu
    ("طورخم بارڈر بند کر دیا گیا", CLOSED),
    ("طورخم بارڈر کھول دیا گیا", OPEN),
    ("طورخم آج صبح 9 بجے بند کر دیا گیا", {**CLOSED, **since("2023-02-23", "09:00", precision="hour")}),
    ("پاکستان نے طورخم بند کر دیا", {**PK_TOLD, **CLOSED}),
    ("طورخم کل کھل جائے گا", {**OPEN, "basis": "announced", "when": "unsaid"}),
]  # fmt: skip

NOTHING = [
    # denied
    "Torkham is not open",
    "Torkham isn't open yet",
    "Torkham is not closed, this is false",
    "Officials denied that Torkham is open",
    "تورخم نه دی خلاص",
    "تورخم لا تر اوسه نه دی خلاص شوی",
    "تورخم باز نیست",
    "تورخم باز نشده است",
    "دروازه تورخم باز نمی شود",
    "طورخم ابھی نہیں کھلا",
    "طورخم بند نہیں ہے",
    # only possible, hoped for, demanded, heard
    "Torkham may open",
    "Torkham might be closed",
    "Torkham could reopen soon if talks succeed",
    "Traders demand that Torkham be opened",
    "I heard Torkham is closed",
    "Torkham reportedly closed",
    "Rumour: Torkham open",
    "If Torkham is closed trucks go elsewhere",
    "شاید تورخم خلاص شي",
    "ویل کېږي چې تورخم خلاص دی",
    "ممکن تورخم باز شود",
    "تورخم باز شود",
    "تورخم خلاص شي",
    "شاید طورخم کھل جائے",
    # asked
    "Is Torkham open?",
    "is torkham closed",
    "آیا تورخم باز است؟",
    "کیا طورخم کھلا ہے؟",
    "تورخم خلاص دی؟",
    # of another time
    "Torkham was closed last year",
    "Torkham had been closed for trucks",
    "In the past Torkham was closed every winter",
    "تورخم تېر کال بند و",
    "سال گذشته تورخم بسته شد",
    "پچھلے سال طورخم بند رہا",
    # of another crossing
    "Chaman is closed",
    "چمن بند دی",
    "Spin Boldak is open. It opened for trucks.",
    # of no gate at all
    "1,400 trucks crossed Torkham yesterday",
    "Pakistani forces opened fire at Torkham",
    "Karim lives close to Torkham",
    "د برق بند د تورخم په خوا کې",
    "Torkham border crossing",
    "باز هم در تورخم جنگ است",
    "",
]


@pytest.mark.parametrize(("text", "told"), TOLD)
def test_what_is_said_plainly_is_found(text, told):
    assert read(text) == told


@pytest.mark.parametrize("text", NOTHING)
def test_what_is_denied_possible_asked_past_or_of_elsewhere_gives_nothing(text):
    assert read(text) == {}


OTHER = Place(TORKHAM.sides, TORKHAM.zones, called=("Chaman", "چمن"), others=("Torkham", "تورخم"))


@pytest.mark.parametrize(
    ("text", "torkham", "chaman"),
    [
        ("Torkham is open and Chaman closed", OPEN, CLOSED),
        ("Torkham and Chaman are closed", CLOSED, CLOSED),
        ("Torkham closed. Chaman is open.", CLOSED, OPEN),
        ("Chaman: open\nTorkham: closed", CLOSED, OPEN),
        ("Torkham is closed, but Chaman is open for trucks", CLOSED, {"lane_cargo_both": "open"}),
        ("تورخم بند دی خو چمن خلاص دی", CLOSED, OPEN),
    ],
)
def test_of_two_crossings_each_gets_what_was_said_of_it(text, torkham, chaman):
    assert read(text) == torkham
    assert read(text, place=OTHER) == chaman


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Torkham is not open", Why.DENIED),
        ("Is Torkham open?", Why.ASKED),
        ("Torkham might be closed", Why.MAYBE),
        ("Torkham was closed last year", Why.PAST),
        ("Torkham opened at 8 am and closed at 11 am", Why.TWO_WAYS),
        ("Torkham closed since 03/02/2023", Why.TWO_WAYS),
        ("طورخم کل بند ہوا", Why.TWO_WAYS),
        ("Torkham closed since Thursday", Why.TWO_WAYS),
        ("Torkham closed at 11 pm", Why.NOT_YET),
        ("Torkham is closed. It will reopen tomorrow.", Why.LATER),
        ("Torkham closed, 300 trucks stuck, later 500 trucks stuck", Why.TWO_WAYS),
        ("Closed by Pakistan, then closed by the Taliban", Why.BOTH),
    ],
)
def test_what_is_not_sure_is_left_empty_and_named(text, why):
    assert why in [each.why for each in found(text, THURSDAY, TORKHAM) if not each.value]


NARROWED: list[tuple[str, dict[str, str]]] = [
    ("Pakistan reopens Torkham and Chaman for trucks only, tomorrow 9am … no pedestrians allowed",
     {**PK_TOLD, "lane_cargo_both": "open", "basis": "announced",
      **since("2023-02-24", "09:00", "Asia/Karachi", "exact")}),
    ("Torkham closed. Patients with permits are allowed", {}),
    ("Torkham is open. No pedestrians allowed.", {}),
    ("Torkham is open, no trucks", {}),
    ("Torkham is open but pedestrians are not allowed", {}),
    ("Torkham is open for trucks, pedestrians are not allowed", {}),
    ("Torkham is open for trucks. Pedestrians are not allowed.", {"lane_cargo_both": "open"}),
    ("Torkham is open for patients", {}),
    ("Torkham is open except for trucks", {}),
    ("Torkham is open except for students", {}),
    ("Torkham closed except for trucks", {}),
    ("Torkham closed only for students, everybody else may pass", {}),
    ("Torkham is only open for officials", {}),
    # Pashto
    ("تورخم یوازې د لاریو لپاره خلاص شو", {"lane_cargo_both": "open"}),
    ("تورخم خلاص دی. پیاده خلکو ته اجازه نشته.", {}),
    ("تورخم بند دی. ناروغانو ته اجازه شته.", {}),
    ("تورخم د ناروغانو لپاره خلاص دی", {}),
    # Dari
    ("تورخم فقط برای لاری ها باز شد", {"lane_cargo_both": "open"}),
    ("تورخم باز است اما عابران اجازه ندارند", {}),
    ("تورخم بسته است. مریضان اجازه دارند.", {}),
    ("تورخم به جز لاری ها بسته است", {}),
    # Urdu
    ("طورخم صرف ٹرکوں کے لیے کھول دیا گیا", {"lane_cargo_both": "open"}),
    ("طورخم کھلا ہے لیکن پیدل افراد کو اجازت نہیں", {}),
    ("طورخم بند ہے۔ مریضوں کو جانے کی اجازت ہے۔", {}),
    ("طورخم مریضوں کے لیے کھول دیا گیا", {}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "told"), NARROWED)
def test_what_is_said_of_some_only_is_filled_in_for_no_others_and_named_where_it_is_not_sure(text, told):
    assert read(text) == told
    unsure = [each.why for each in found(text, THURSDAY, TORKHAM) if not each.value]
    assert told or {Why.NARROWED, Why.DENIED, Why.MAYBE} & set(unsure)


@pytest.mark.parametrize(
    "text", ["Torkham has just opened", "Torkham just now reopened", "Traders say Torkham is open"]
)
def test_words_that_narrow_nothing_leave_what_is_said_of_all(text):
    assert read(text)["lane_all"] == "open"


def test_what_was_found_stands_where_it_says():
    text = "Pakistan closed Torkham yesterday"
    marked = {each.field: text[each.start : each.end] for each in found(text, THURSDAY, TORKHAM)}
    assert (marked["lane_all"], marked["day"], marked["declared_by"]) == ("closed", "yesterday", "Pakistan closed")


def test_a_time_of_day_is_left_open_where_the_clocks_of_the_sides_differ_by_more_than_half_an_hour():
    far = Place(("AF", "IR"), ("Asia/Kabul", "Asia/Tehran"), called=("Islam Qala",))
    assert "clock" not in read("Islam Qala closed at 11:00", place=far)
    assert read("Iran closed Islam Qala at 11:00", place=far)["zone"] == "Asia/Tehran"


@pytest.mark.parametrize(
    ("head", "at"),
    [
        ("[22/02, 14:05] [name]: x", "2023-02-22 09:35"),
        ("[22/02/2023, 2:05:11 PM] [name]: x", "2023-02-22 09:35"),
        ("[2/22/23, 14:05] [name]: x", "2023-02-22 09:35"),
        ("[۲۲/۰۲, ۱۴:۰۵] [name]: x", "2023-02-22 09:35"),
        ("[02/03, 14:05] [name]: x", "2023-02-03 09:35"),  # in March it would be still to come
        ("[31/02, 14:05] [name]: x", None),
        ("[22/02, 25:05] [name]: x", None),
        ("[02/01, 14:05] [name]: x", None),
        ("no head", None),
    ],
)
def test_the_head_of_a_message_tells_when_it_was_sent(head, at):
    assert [each.at for each in sent(head, THURSDAY, "Asia/Kabul")] == ([utc(at)] if at else [])


def test_a_huge_text_is_read_in_good_time():
    found("Torkham closed 1,400 trucks waiting at 5 pm, " * 2000, THURSDAY, TORKHAM)
