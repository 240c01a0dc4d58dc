"""What is taken out of a forwarded message before it is kept: a table of ways in which people write."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossings.domain.fields import phone_number_in
from crossings.domain.pasted import cleaned

PLACES = ["torkham", "Torkham", "Torkham Gate", "تورخم", "طورخم", "Chaman", "Spin Boldak", "سپین بولدک", "چمن",
          "Ghulam Khan", "غلام خان", "Islam Qala", "اسلام قلعه", "Hairatan", "حیرتان", "Sher Khan Bandar",
          "شیرخان بندر", "Angoor Ada"]  # fmt: skip

TAKEN_OUT = [
    # telephone numbers
    ("Call 0093 70 123 4567 now", "Call [number] now"),
    ("My number +93-70-123-4567.", "My number [number]."),
    ("0300-1234567 Torkham closed", "[number] Torkham closed"),
    ("زما شمېره ۰۷۰۰۱۲۳۴۵۶ ده", "زما شمېره [number] ده"),
    ("رقم ٠٧٩٩١٢٣٤٥٦", "رقم [number]"),
    ("+92 (300) 123 45 67", "[number]"),
    ("whatsapp 0700 11 22 33", "whatsapp [number]"),
    ("تماس: 12345678", "تماس: [number]"),
    ("tel:+93701234567", "[link]"),
    ("https://wa.me/93701234567?text=hi", "[link]"),
    ("see t.me/border_news/12", "see [link]"),
    # plates
    ("truck LES-1234 burnt", "truck [plate] burnt"),
    ("number plate KBL 5123", "number plate [plate]"),
    ("نمبر پلیټ KBL-5123", "نمبر پلیټ [plate]"),
    ("پلاک 12345 در سرحد", "پلاک [plate] در سرحد"),
    # addresses and handles
    ("write karim@example.org", "write [address]"),
    ("via @karim_khan: closed", "via [handle]: closed"),
    # who wrote
    ("[22/02, 14:05] Karim Khan: Torkham closed", "[22/02, 14:05] [name]: Torkham closed"),
    ("[22/02/2023, 2:05:11 PM] ~ Karim: closed", "[22/02/2023, 2:05:11 PM] [name]: closed"),
    ("[14:05, 22/02/2023] +93 70 123 4567: closed", "[22/02/2023, 14:05] [name]: closed"),
    ("22/02/2023, 14:05 - Karim Khan: closed", "[22/02/2023, 14:05] [name]: closed"),
    ("[۲۲/۰۲, ۱۴:۰۵] کریم خان: تورخم بند دی", "[۲۲/۰۲, ۱۴:۰۵] [name]: تورخم بند دی"),
    ("Forwarded from Karim Khan\nclosed", "Forwarded from [name]\nclosed"),
    ("Forwarded message from: Ali\nclosed", "Forwarded message from: [name]\nclosed"),
    ("فوروارد شده از کریم\nبسته", "فوروارد شده از [name]\nبسته"),
    ("~ Karim\nclosed", "[name]\nclosed"),
    ("From: Karim <k@example.org>\nclosed", "From: [name]\nclosed"),
    # names behind titles
    ("Haji Karim Khan said it is closed", "Haji [name] said it is closed"),
    ("Commander Rahim told us", "Commander [name] told us"),
    ("Mr. John Smith from customs", "Mr. [name] from customs"),
    ("haji karim said", "haji [name] said"),
    ("Maulvi Abdul Basit at Torkham", "Maulvi [name] at Torkham"),
    ("ښاغلی کریم وویل تورخم بند دی", "ښاغلی [name] وویل تورخم بند دی"),
    ("ښاغلي کریم خان وویل", "ښاغلي [name] وویل"),
    ("حاجي عبد الله وویل", "حاجي [name] وویل"),
    ("آقای احمدی گفت تورخم بسته شد", "آقای [name] گفت تورخم بسته شد"),
    ("جناب کریم صاحب نے کہا", "جناب [name] صاحب نے کہا"),
    ("کریم صاحب وایي دروازه بنده ده", "[name] صاحب وایي دروازه بنده ده"),
    ("مولوی نور محمد در تورخم", "مولوی [name] در تورخم"),
    # who signed
    ("Gate is closed\n— Karim", "Gate is closed\n— [name]"),
    ("Gate is closed\nRegards, Karim Khan", "Gate is closed\nRegards, [name]"),
    ("Gate is closed\n- Karim Khan", "Gate is closed\n- [name]"),
    ("دروازه بنده ده\n— کریم خان", "دروازه بنده ده\n— [name]"),
    ("My name is Karim and I drive", "My name is [name] and I drive"),
    ("زما نوم کریم دی", "زما نوم [name] دی"),
    # on other sites
    ("skype:karim.khan1 closed", "[link] closed"),
    ("see facebook.com/karim.khan.9", "see [link]"),
    ("https://www.facebook.com/karim.khan.9/posts/1", "[link]"),
    ("twitter.com/karimk and https://x.com/karimk", "[link] and [link]"),
    ("instagram.com/karim.k", "[link]"),
    ("t.me/karim", "[link]"),
    # other plates and papers
    ("truck LES 1234 burnt", "truck [plate] burnt"),
    ("lorry KBL 2-12345 is stuck", "lorry [plate] is stuck"),
    ("passport AB1234567 was taken", "passport [number] was taken"),
    ("Passport no. P01234567", "Passport no. [number]"),
    # who said it
    ("Karim said Torkham is closed", "[name] said Torkham is closed"),
    ("At Torkham Gul Karim told us", "At Torkham [name] told us"),
    ("told by Noor Wali that it is closed", "told by [name] that it is closed"),
    ("a driver Karim Khan says", "a driver [name] says"),
    ("my friend, Samiullah, saw it", "my friend, [name], saw it"),
    ("my driver karim said so", "my driver [name] said so"),
    ("کریم وویل تورخم بند دی", "[name] وویل تورخم بند دی"),
    ("احمد خان نے بتایا کہ طورخم بند ہے", "[name] نے بتایا کہ طورخم بند ہے"),
    ("نجیب الله نے کہا", "[name] نے کہا"),
    ("کریم گفت تورخم بسته شد", "[name] گفت تورخم بسته شد"),
    ("ډرایور کریم په تورخم کې دی", "ډرایور [name] په تورخم کې دی"),
    ("زما ملګري کریم راته وویل", "زما ملګري [name] راته وویل"),
]

KEPT = [
    "Torkham closed since 14:30 on 22/02/2023",
    "2023-02-22 14:05 Torkham closed",
    "more than 1,400 trucks and up to 6,000 on both sides",
    "about 1400 trucks, 300 buses",
    "Ghulam Khan and Sher Khan Bandar are open",
    "غلام خان او شیرخان بندر خلاص دي",
    "The road from Islam Qala to Hairatan",
    "اسلام قلعه باز است",
    "Haji Camp is full",
    "Commander of the gate said",
    "General traffic strike at Chaman",
    "Major Road works near Torkham",
    "Closed\n- Torkham",
    "fee of PKR-5000, HS 2523, UTC+4",
    "وزیر صاحب وویل",
    "والی صاحب گفت",
    "محترم ورونو تورخم بند دی",
    "د تورخم دروازه له نن سهار راهیسې بنده ده",
    "دروازه تورخم از ساعت ۵ عصر بسته شد",
    "طورخم بارڈر آج صبح 9 بجے بند کر دیا گیا",
    "۱۴۰۰ لارۍ په تورخم کې ولاړې دي",
    "F-16 and AK-47 and MI-17",
    "3 Hut 1401, 1401/12/03",
    "see https://example.org/2023/02/torkham-closed",
    "07:00 to 17:00, 08:00-12:00",
    "I am at Torkham. This is Torkham.",
    "Officials said Torkham is closed, police told us",
    "Ghulam Khan said to be open",
    "غلام خان نے کہا",
    "چارواکو وویل چې تورخم بند دی",
    "حکام نے بتایا کہ طورخم بند ہے",
    "WFP 120 trucks, FEB 2023, NLC 300 and AFN 5000",
    "HS 0806, 2523, 3102",
    "Mullah said, the mullah told us, Border Police said",
    "THE 1400 TRUCKS, ALL 300 BUSES",
    "https://www.dawn.com/news/1738567/torkham-closed and https://example-x.com/a",
]

UNSURE = [
    ("Jawadi said Torkham is closed", "Jawadi"),
    ("told by Zmarai at Torkham", "Zmarai"),
    ("زمری وویل تورخم بند دی", "زمری"),
    ("ډرایور زمری په تورخم کې دی", "زمری"),
    ("سرفراز نے بتایا", "سرفراز"),
]


@pytest.mark.parametrize(("sent", "kept"), TAKEN_OUT)
def test_what_is_private_is_replaced_by_a_mark(sent, kept):
    assert cleaned(sent, PLACES).text == kept


@pytest.mark.parametrize("text", KEPT)
def test_names_of_places_times_dates_and_counts_stay(text):
    assert cleaned(text, PLACES).text == text
    assert cleaned(text, PLACES).taken_out == {}


def test_what_was_taken_out_is_counted_by_kind_and_a_name_that_may_be_one_is_pointed_out():
    found = cleaned("Haji Karim and Gul Agha, call 0700123456 or 0799123456. Torkham Gate closed.", PLACES)
    assert found.taken_out == {"name": 1, "number": 2}
    assert found.unsure == ("Gul Agha",)


@pytest.mark.parametrize(("sent", "name"), UNSURE)
def test_what_may_be_the_name_of_who_said_it_is_pointed_out_and_stays(sent, name):
    assert cleaned(sent, PLACES).text == sent
    assert cleaned(sent, PLACES).unsure == (name,)


@pytest.mark.parametrize("text", ["Officials said", "غلام خان نے کہا", "چارواکو وویل", "حکام نے بتایا", "Torkham said"])
def test_offices_and_places_are_not_pointed_out(text):
    assert cleaned(text, PLACES).unsure == ()


def test_controls_overrides_and_what_is_too_long_do_no_harm():
    assert cleaned("Tor\u202ekham\x00 closed\u2066").text == "Torkham closed"
    assert len(cleaned("a" * 100_000).text) <= 40_000


@given(st.text(st.sampled_from("0123456789۰۵+- ()./\n:[]~@aA کم"), max_size=80))
@settings(max_examples=300, deadline=None)
def test_no_telephone_number_is_ever_left(text):
    assert not phone_number_in(cleaned(text).text)


@pytest.mark.parametrize("kept", [kept for _, kept in TAKEN_OUT])
def test_what_was_cleaned_once_stays_as_it_is(kept):
    assert cleaned(kept, PLACES).text == kept


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "1",
        "1 ",
        "@a",
        "ا",
        "A a ",
        "[1",
        "\n~",
        "Mr A ",
        "حاجي ",
        "a.",
        "+1-",
        "00",
        ": ",
        "- A\n",
        "ABC 1",
        "a said ",
        "کریم ",
        "driver ",
    ],
)
def test_no_text_keeps_it_busy_for_long(piece):
    started = time.perf_counter()
    cleaned(piece * (20_000 // len(piece)))
    assert time.perf_counter() - started < 2
