"""What a claim or a reading may hold, and how each fault is named."""

from __future__ import annotations

import json
import os
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crossings.domain.border import Border, Side
from crossings.domain.claims import Claim, claim_from_json
from crossings.domain.conditions import Condition
from crossings.domain.faults import Refused
from crossings.domain.hours import hours_now, openings_from_json
from crossings.domain.readings import reading_from_json
from crossings.domain.vocabulary import (
    Basis,
    By,
    CountryOf,
    Document,
    Effect,
    Goods,
    How,
    LimitPer,
    Measure,
    Method,
    Passing,
    Per,
    Precision,
    QueuePlace,
    Reason,
    State,
    Traffic,
    Unit,
    Vehicle,
    Visibility,
    Weekday,
    Where,
    Who,
)

TORKHAM = Border(
    "torkham",
    (Side("AF", "Torkham", "Asia/Kabul"), Side("PK", "Torkham", "Asia/Karachi")),
    tuple(Traffic),
    ("AF", "PK"),
)
DOROHUSK = Border(
    "dorohusk-yahodyn",
    (Side("PL", "Dorohusk", "Europe/Warsaw"), Side("UA", "Yahodyn", "Europe/Kyiv")),
    (Traffic.VEHICLES, Traffic.CARGO),
    ("PL", "UA"),
)
SMALL: dict[str, Any] = {
    "effective_at": "2023-02-24T05:00:00Z",
    "declared_by": "PK",
    "lanes": [{"traffic": "people", "to": "PK", "state": "restricted"}],
}
IN_FULL: dict[str, Any] = {
    "id": "amu-2023-02-25-4", "crossing": "torkham", "declared_by": "PK", "one_gate": True,
    "effective_at": "2023-02-24T05:00:00Z", "precision": "hour", "until": "2023-03-01", "basis": "ordered",
    "where": "road", "by": "armed_group", "by_name": "a militia",
    "lanes": [
        {"traffic": "people", "state": "restricted", "conditions": [
            {"who": ["nationals"], "country": "PK"},
            {"effect": "deny", "goods": ["fuel"], "hs": ["27", "01-24"], "vehicle": ["tanker"], "days": ["fri"],
             "hours": ["08:00", "24:00"], "how": "convoy", "limit": {"count": 150, "per": "day"},
             "fee": {"amount": 600, "currency": "PKR"}, "documents": ["permit"], "country": "AF",
             "country_of": "vehicle", "text": "only before the fast is broken"}]},
        {"traffic": "cargo", "to": "AF", "state": "closed"}],
    "reason": "security", "note": "Talks on vehicles and goods go on.", "attribution": "Taliban officials",
    "url": "https://example.org/article", "visibility": "staff", "reported_at": "2023-02-25T09:00:00+05:00",
}  # fmt: skip
READING: dict[str, Any] = {
    "id": "r1", "crossing": "torkham", "side": "AF", "traffic": "cargo", "to": "PK", "measure": "passed",
    "unit": "trucks", "low": 1400, "high": 6000, "per": "day", "place": "terminal", "loaded": True, "method": "counted",
    "observed_at": "2023-02-24", "precision": "day", "attribution": "a driver", "url": "https://example.org/x",
    "reported_at": "2023-02-25T09:00:00Z", "note": "both lots",
}  # fmt: skip


def claimed(border: Border = TORKHAM, **changes: Any) -> Claim:
    return claim_from_json(SMALL | changes, border)


def faults(data: Any, border: Border = TORKHAM) -> list[tuple[str, str]]:
    with pytest.raises(Refused) as refused:
        claim_from_json(data, border)
    assert all(fault.detail for fault in refused.value.faults)
    return [(fault.pointer, fault.code) for fault in refused.value.faults]


def lane(**changes: Any) -> dict[str, Any]:
    return {"lanes": [SMALL["lanes"][0] | changes]}


def condition(**parts: Any) -> dict[str, Any]:
    return lane(conditions=[parts])


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"basis": "rumoured"}, "/basis", "unknown_word"),
        ({"basis": 7}, "/basis", "unknown_word"),
        ({"precision": "week"}, "/precision", "unknown_word"),
        ({"where": "bridge"}, "/where", "unknown_word"),
        ({"by": "aliens"}, "/by", "unknown_word"),
        ({"reason": "mood"}, "/reason", "unknown_word"),
        ({"visibility": "secret"}, "/visibility", "unknown_word"),
        ({"one_gate": "yes"}, "/one_gate", "not_a_flag"),
        ({"one_gate": True, "declared_by": None}, "/one_gate", "side_required"),
        ({"declared_by": "IR"}, "/declared_by", "not_a_side"),
        ({"declared_by": "Pakistan"}, "/declared_by", "unknown_country"),
        ({"effective_at": None}, "/effective_at", "required"),
        ({"effective_at": None, "basis": "ordered"}, "/effective_at", "required"),
        ({"effective_at": "2023-02-24T05:00:00"}, "/effective_at", "timezone_required"),
        ({"effective_at": "2023-02-24"}, "/effective_at", "timezone_required"),
        ({"effective_at": "2023-02"}, "/effective_at", "invalid_timestamp"),
        ({"effective_at": "yesterday"}, "/effective_at", "invalid_timestamp"),
        ({"effective_at": 1677214800}, "/effective_at", "invalid_timestamp"),
        ({"effective_at": "2023-02-30T05:00:00Z"}, "/effective_at", "invalid_timestamp"),
        ({"effective_at": "2023-02-30", "precision": "day"}, "/effective_at", "invalid_timestamp"),
        ({"effective_at": "2023-13", "precision": "month"}, "/effective_at", "invalid_timestamp"),
        ({"effective_at": "2016-12-31T23:59:60Z"}, "/effective_at", "invalid_timestamp"),
        ({"effective_at": "0000-01-01T00:00:00Z"}, "/effective_at", "invalid_timestamp"),
        ({"effective_at": "10000-01-01T00:00:00Z"}, "/effective_at", "invalid_timestamp"),
        ({"effective_at": "0001-01-01T00:00:00+05:00"}, "/effective_at", "invalid_timestamp"),
        ({"effective_at": "0001-01-01T00:00:00Z", "precision": "day"}, "/effective_at", "invalid_timestamp"),
        ({"effective_at": "2023-02-24T05:00:00+25:00"}, "/effective_at", "invalid_timestamp"),
        ({"effective_at": "٢٠٢٣-٠٢-٢٤T٠٥:٠٠:٠٠Z"}, "/effective_at", "invalid_timestamp"),
        ({"until": "2023-02-24T05:00:00Z"}, "/until", "invalid_interval"),
        ({"until": "2023-02-23"}, "/until", "invalid_interval"),
        ({"until": "2023-02-24T06:00:00"}, "/until", "timezone_required"),
        ({"until": "9999-12-31"}, "/until", "invalid_timestamp"),
        ({"until": "2023-02-30"}, "/until", "invalid_timestamp"),
        ({"reported_at": "2023-02-25"}, "/reported_at", "invalid_timestamp"),
        ({"reported_at": "2023-02-25T09:00:00"}, "/reported_at", "timezone_required"),
        ({"lanes": None}, "/lanes", "required"),
        ({"lanes": []}, "/lanes", "required"),
        ({"lanes": {"people": "open"}}, "/lanes", "required"),
        (lane(traffic="camels"), "/lanes/0/traffic", "unknown_word"),
        (lane(traffic=None), "/lanes/0/traffic", "required"),
        (lane(state=None), "/lanes/0/state", "required"),
        (lane(state="ajar"), "/lanes/0/state", "unknown_word"),
        (lane(to="IR"), "/lanes/0/to", "not_a_side"),
        (lane(open=True), "/lanes/0/open", "unknown_field"),
        ({"lanes": [SMALL["lanes"][0], {"traffic": "all", "state": "open"}]}, "/lanes/1", "lane_twice"),
        (lane(state="open", conditions=[{"who": ["patients"]}]), "/lanes/0/conditions", "conditions_not_allowed"),
        (lane(state="closed", conditions=[{"who": ["patients"]}]), "/lanes/0/conditions", "conditions_not_allowed"),
        (lane(conditions={"who": ["patients"]}), "/lanes/0/conditions", "not_a_list"),
        (lane(conditions=[{"who": ["patients"]}] * 41), "/lanes/0/conditions", "not_a_list"),
        (condition(), "/lanes/0/conditions/0", "empty_condition"),
        (condition(effect="deny"), "/lanes/0/conditions/0", "empty_condition"),
        (condition(who="patients", how="convoy"), "/lanes/0/conditions/0/who", "not_a_list"),
        (condition(who=["patients", "dragons"]), "/lanes/0/conditions/0/who/1", "unknown_word"),
        (condition(goods=["gold", "fuel"]), "/lanes/0/conditions/0/goods/0", "unknown_word"),
        (condition(hs=["1"], how="convoy"), "/lanes/0/conditions/0/hs", "unknown_word"),
        (condition(limit={"count": 5}, how="convoy"), "/lanes/0/conditions/0/limit/per", "required"),
        (condition(limit={"count": -1, "per": "day"}, text="x"), "/lanes/0/conditions/0/limit/count", "out_of_range"),
        (condition(fee={"amount": 5}, how="convoy"), "/lanes/0/conditions/0/fee", "required"),
        (condition(hours=["8", "17"], how="convoy"), "/lanes/0/conditions/0/hours", "invalid_hours"),
        (condition(who=["patients"], country_of="person"), "/lanes/0/conditions/0/country", "required"),
        (condition(text="call 0300 1234567"), "/lanes/0/conditions/0/text", "phone_number"),
        ({"colour": "red"}, "/colour", "unknown_field"),
        ({"a/b~c": 1}, "/a~1b~0c", "unknown_field"),
        ({"note": 5}, "/note", "not_a_text"),
        ({"note": "x" * 10_000}, "/note", "text_too_long"),
        ({"attribution": "x" * 201}, "/attribution", "text_too_long"),
        ({"note": "half a \x00 word"}, "/note", "invalid_text"),
        ({"note": "half a pair \ud83d"}, "/note", "invalid_text"),
        ({"by_name": "0300 1234567"}, "/by_name", "phone_number"),
        ({"url": "javascript:alert(1)"}, "/url", "url_not_allowed"),
        ({"url": "https://example.org/\" onclick=\"x"}, "/url", "url_not_allowed"),
    ],
)  # fmt: skip
def test_each_fault_has_its_pointer_and_its_code(changes: dict[str, Any], pointer: str | None, code: str | None):
    if pointer is None:
        claimed(**changes)
    else:
        assert faults(SMALL | changes) == [(pointer, code)]


@pytest.mark.parametrize(
    ("data", "pointer"),
    [
        *((data, "") for data in (None, 5, "closed", [], [SMALL])),
        (SMALL | {"lanes": ["people"]}, "/lanes/0"),
        (SMALL | lane(conditions=["patients"]), "/lanes/0/conditions/0"),
        (SMALL | condition(limit=5), "/lanes/0/conditions/0/limit"),
        (SMALL | condition(fee="5 PKR"), "/lanes/0/conditions/0/fee"),
    ],
)
def test_what_is_no_object_is_refused(data: Any, pointer: str):
    assert (pointer, "not_an_object") in faults(data)


def test_every_fault_is_named_at_once():
    bad: dict[str, Any] = {"declared_by": "IR", "basis": "rumoured", "effective_at": None, "lanes": [], "colour": 1}
    found = {("/declared_by", "not_a_side"), ("/basis", "unknown_word"), ("/effective_at", "required")}
    assert set(faults(bad)) == found | {("/lanes", "required"), ("/colour", "unknown_field")}


def test_pointers_start_where_the_item_stands():
    with pytest.raises(Refused) as refused:
        claim_from_json(SMALL | lane(state="ajar"), TORKHAM, pointer="/reports/7")
    assert [fault.pointer for fault in refused.value.faults] == ["/reports/7/lanes/0/state"]


def test_traffic_a_crossing_does_not_carry():
    people = {"lanes": [{"traffic": "people", "state": "open"}]}
    assert faults(SMALL | {"declared_by": None} | people, DOROHUSK) == [("/lanes/0/traffic", "not_carried")]


class TestWhatIsLeftOut:
    def test_has_its_default(self):
        claim = claim_from_json(
            {"effective_at": "2023-02-24T05:00:00Z", "lanes": [{"traffic": "cargo", "state": "open"}]}, TORKHAM
        )
        assert (claim.crossing, claim.declared_by, claim.one_gate) == ("torkham", "", False)
        assert (claim.basis, claim.precision, claim.where) == (Basis.OBSERVED, Precision.EXACT, Where.GATE)
        assert (claim.by, claim.visibility) == (By.AUTHORITY, Visibility.PUBLIC)
        assert (claim.until, claim.reported_at, claim.reason) == (None, None, None)

    def test_no_direction_means_both(self):
        claim = claimed(lanes=[{"traffic": "cargo", "state": "open"}])
        assert [each.lane for each in claim.lanes] == [("cargo", "AF"), ("cargo", "PK")]

    def test_all_means_all_that_the_crossing_carries(self):
        everything = [{"traffic": "all", "to": "UA", "state": "closed"}]
        claim = claimed(DOROHUSK, declared_by="PL", lanes=everything)
        assert [each.lane for each in claim.lanes] == [("vehicles", "UA"), ("cargo", "UA")]

    def test_an_authority_speaks_of_its_own_gate_unless_it_names_another(self):
        unnamed = {key: value for key, value in SMALL.items() if key != "declared_by"}
        assert claim_from_json(unnamed, TORKHAM, speaks_for="AF").declared_by == "AF"
        assert claim_from_json(SMALL, TORKHAM, speaks_for="AF").declared_by == "PK"

    def test_only_an_announcement_may_leave_out_its_time(self):
        assert claimed(effective_at=None, basis="announced").effective_at is None

    def test_a_condition_allows(self):
        claim = claimed(**condition(who=["patients"]))
        assert claim.lanes[0].conditions == (Condition(Effect.ALLOW, who=(Who.PATIENTS,)),)


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0, micro: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, second, micro, tzinfo=UTC)


class TestTimes:
    @pytest.mark.parametrize(
        ("given_time", "precision", "side", "stands_at"),
        [
            ("2023-02-24", "day", "AF", utc(2023, 2, 24, 7, 30)),
            ("2023-02-24", "day", "PK", utc(2023, 2, 24, 7)),
            ("2023-02-24", "day", None, utc(2023, 2, 24, 7, 30)),
            ("2023-02-24T20:00:00Z", "day", "PK", utc(2023, 2, 25, 7)),
            ("2023-02", "month", "PK", utc(2023, 2, 15, 7)),
            ("2023-02-24", "month", "PK", utc(2023, 2, 15, 7)),
            ("2023-02-24T05:00:00Z", "month", "PK", utc(2023, 2, 15, 7)),
            ("2023-02-24T05:10:00+05:00", "hour", "PK", utc(2023, 2, 24, 0, 10)),
            ("2023-02-24t05:10:00z", "exact", "PK", utc(2023, 2, 24, 5, 10)),
            ("2023-02-24T05:10:00.123456789Z", "exact", "PK", utc(2023, 2, 24, 5, 10, 0, 123456)),
        ],
    )
    def test_a_day_stands_at_local_noon_and_a_month_on_its_15th(
        self, given_time: str, precision: str, side: str | None, stands_at: datetime
    ):
        claim = claimed(effective_at=given_time, precision=precision, declared_by=side)
        assert claim.effective_at == stands_at

    @pytest.mark.parametrize(
        ("day", "noon", "end"),
        [("2023-03-25", (25, 11), (25, 23)), ("2023-03-26", (26, 10), (26, 22)), ("2023-03-27", (27, 10), (27, 22))],
    )
    def test_days_follow_summer_time(self, day: str, noon: tuple[int, int], end: tuple[int, int]):
        lanes = [{"traffic": "cargo", "state": "closed"}]
        claim = claimed(DOROHUSK, declared_by="PL", effective_at=day, until=day, precision="day", lanes=lanes)
        assert claim.effective_at == utc(2023, 3, *noon)
        assert claim.until == utc(2023, 3, *end)

    def test_an_end_known_as_a_date_is_the_end_of_that_local_day(self):
        claim = claimed(until="2023-02-28")
        assert (claim.until, claim.until_date) == (utc(2023, 2, 28, 19), date(2023, 2, 28))

    def test_an_end_known_as_a_time_has_no_date(self):
        claim = claimed(until="2023-02-28T10:00:00+05:00")
        assert (claim.until, claim.until_date) == (utc(2023, 2, 28, 5), None)


class TestTexts:
    @pytest.mark.parametrize(
        "note",
        [
            "call 0300 1234567",
            "call +92 300 1234567",
            "call +92-300-1234567.",
            "0300.1234567",
            "(0300) 1234567",
            "اتصل ٠٣٠٠ ١٢٣٤٥٦٧",
            "زنگ بزنید ۰۷۰۰۱۲۳۴۵۶",
            "واٹس ایپ +۹۲۳۰۰۱۲۳۴۵۶۷",
            "since 2023-02-24 05:00, call 0300-1234567",
            "0300\u200b1234567",
            "0300–1234567",
            "Tel.0300 1234567",
        ],
    )
    def test_a_telephone_number_is_not_kept(self, note: str):
        assert faults(SMALL | {"note": note}) == [("/note", "phone_number")]

    @pytest.mark.parametrize(
        "note",
        [
            "since 2023-02-24 05:00 local time",
            "2023-02-24T05:00:00Z",
            "24.02.2023 – 28.02.2023, 08:00-17:00",
            "24/02/2023 05:00",
            "۱۴۰۱/۱۲/۰۵ ساعت ۰۸:۳۰",
            "from 08:00 to 17:00, 09:00 to 12:00 on Fridays",
            "up to 6,000 trucks; 1,400 on one side, 7,000 by another count",
            "a fee of PKR 1,500,000",
            "5 000 000 afghani",
            "HS 2709 and 2710",
            "see https://example.org/2023/02/24/1234567890",
        ],
    )
    def test_a_date_a_time_or_an_amount_is_no_telephone_number(self, note: str):
        assert claimed(note=note).note == note

    @pytest.mark.parametrize(
        ("sent", "kept"),
        [
            ("  two  words \n", "two  words"),
            ("open\u202edesolc\u202c", "opendesolc"),
            ("\u2066a\u2069b\u202a", "ab"),
            ("bell\x07 tab\t end", "bell tab end"),
            ("one\r\ntwo\rthree", "one\ntwo\nthree"),
            ("e\u0301", "é"),
            ("e\u202a\u0301", "é"),
        ],
    )
    def test_texts_are_cleaned(self, sent: str, kept: str):
        assert claimed(note=sent).note == kept

    @pytest.mark.parametrize("kept", ["می\u200cشود", "تورخم 👨\u200d👩\u200d👧", "Ŵ\nsecond line"])
    def test_what_scripts_need_stays(self, kept: str):
        assert claimed(note=kept).note == kept

    def test_2000_characters_of_note_are_kept_and_one_more_is_not(self):
        assert len(claimed(note="x" * 2000).note) == 2000
        assert faults(SMALL | {"note": "x" * 2001}) == [("/note", "text_too_long")]

    def test_a_text_that_grows_when_normalised_is_measured_as_it_is_kept(self):
        assert faults(SMALL | {"attribution": "\u0958" * 200}) == [("/attribution", "text_too_long")]


class TestTheRoundTrip:
    @pytest.mark.parametrize(
        "data",
        [
            SMALL,
            IN_FULL,
            SMALL | {"effective_at": "2023-02", "precision": "month", "until": "2023-04-30"},
            SMALL | {"effective_at": "2023-02-24", "precision": "day", "until": "2023-02-24", "declared_by": None},
            SMALL | {"effective_at": None, "basis": "announced"},
            SMALL | {"note": "e\u202a\u0301 \u0958"},
        ],
    )
    def test_a_claim_comes_back_from_its_json_the_same(self, data: dict[str, Any]):
        claim = claim_from_json(data, TORKHAM)
        again = claim_from_json(json.loads(json.dumps(claim.as_json())), TORKHAM)
        assert again == claim
        assert again.digest() == claim.digest()

    def test_every_field_of_the_contract_is_in_it(self):
        assert claim_from_json(IN_FULL, TORKHAM).as_json().keys() == IN_FULL.keys()

    def test_the_way_it_was_written_makes_no_difference(self):
        one = claimed(effective_at="2023-02-24T05:00:00Z", declared_by="PK")
        two = claimed(effective_at="2023-02-24T10:00:00+05:00", declared_by=" pk ", basis="Observed", note=" ")
        assert one.digest() == two.digest()

    @pytest.mark.parametrize(
        "change",
        [{"declared_by": "AF"}, {"until": "2023-03-01"}, {"basis": "ordered"}, {"note": "x"}, lane(state="closed")],
    )
    def test_another_content_has_another_digest(self, change: dict[str, Any]):
        assert claimed(**change).digest() != claimed().digest()

    def test_a_reading_comes_back_from_its_json_the_same(self):
        reading = reading_from_json(READING, TORKHAM)
        again = reading_from_json(json.loads(json.dumps(reading.as_json())), TORKHAM)
        assert again == reading
        assert again.digest() == reading.digest()
        assert reading.as_json().keys() == READING.keys()


class TestReadings:
    @pytest.mark.parametrize(
        ("changes", "pointer", "code"),
        [
            ({"measure": "guessed"}, "/measure", "unknown_word"),
            ({"measure": None}, "/measure", "required"),
            ({"unit": None}, "/unit", "required"),
            ({"unit": "camels"}, "/unit", "unknown_word"),
            ({"observed_at": None}, "/observed_at", "required"),
            ({"observed_at": "2023-02-24T05:00:00"}, "/observed_at", "timezone_required"),
            ({"observed_at": "2023-02-24", "precision": "hour"}, "/observed_at", "timezone_required"),
            ({"per": None}, "/per", "required"),
            ({"measure": "turned_back", "per": None}, "/per", "required"),
            ({"low": None, "high": None}, "/low", "required"),
            ({"low": 7000}, "/high", "out_of_range"),
            ({"low": -1}, "/low", "out_of_range"),
            ({"high": 10**9}, "/high", "out_of_range"),
            ({"high": 10**400}, "/high", "out_of_range"),
            ({"low": 1.5}, "/low", "not_a_whole_number"),
            ({"low": True}, "/low", "not_a_whole_number"),
            ({"low": "1400"}, "/low", "not_a_whole_number"),
            ({"low": float("nan")}, "/low", "not_a_whole_number"),
            ({"side": "IR"}, "/side", "not_a_side"),
            ({"to": "IR"}, "/to", "not_a_side"),
            ({"traffic": "camels"}, "/traffic", "unknown_word"),
            ({"loaded": "yes"}, "/loaded", "not_a_flag"),
            ({"place": "sea"}, "/place", "unknown_word"),
            ({"method": "dreamt"}, "/method", "unknown_word"),
            ({"note": "0300 1234567"}, "/note", "phone_number"),
            ({"colour": "red"}, "/colour", "unknown_field"),
        ],
    )
    def test_each_fault_has_its_pointer_and_its_code(self, changes: dict[str, Any], pointer: str, code: str):
        with pytest.raises(Refused) as refused:
            reading_from_json(READING | changes, TORKHAM)
        assert [(fault.pointer, fault.code) for fault in refused.value.faults] == [(pointer, code)]

    def test_up_to_has_only_a_high_and_more_than_only_a_low(self):
        assert reading_from_json(READING | {"low": None}, TORKHAM).high == 6000
        assert reading_from_json(READING | {"high": None}, TORKHAM).low == 1400

    def test_what_is_left_out_has_its_default(self):
        small = {"measure": "waiting", "unit": "trucks", "high": 5, "observed_at": "2023-02-24T05:00:00Z"}
        reading = reading_from_json(small, TORKHAM)
        assert (reading.side, reading.traffic, reading.to, reading.per, reading.loaded) == ("", None, "", None, None)
        assert (reading.place, reading.method) == (QueuePlace.GATE, Method.REPORTED)


TRICKY = st.sampled_from(
    ["", "all", "AF", "pk", "people", "open", "restricted", "closed", "announced", "day", "month", "allow", "\ud800",
     "2023-02-24", "2023-02", "2023-02-24T05:00:00Z", "0001-01-01", "9999-12-31", "9999-12-31T23:59:59Z", "08:00",
     "0001-01-01T00:00:00+14:00", "24:00", "PKR", 10**400, -1, 150, 1e308, float("inf"), float("nan"), True, None]
)  # fmt: skip
WORDS = (Basis, By, CountryOf, Document, Effect, Goods, How, LimitPer, Measure, Per, Reason, State, Unit, Vehicle)
ANY_WORD = st.sampled_from([word.value for kind in (*WORDS, Who, Weekday, Where, Traffic) for word in kind])
KEYS = st.sampled_from(
    sorted({*IN_FULL, *IN_FULL["lanes"][0], *IN_FULL["lanes"][0]["conditions"][1], *READING, "opens", "closes",
            "holidays", "count", "amount", "currency", "~/"})
)  # fmt: skip
ANYTHING = st.recursive(
    TRICKY | ANY_WORD | st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS | st.text(max_size=5), inner, max_size=6),
    max_leaves=12,
)


def places(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths to everything inside a JSON value, itself first."""
    inside = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [path, *(found for key, value in inside for found in places(value, (*path, key)))]


@st.composite
def nearly(draw: st.DrawFn, whole: dict[str, Any]) -> Any:
    """A good value in which one to three places hold anything."""
    data = deepcopy(whole)
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(places(data)[1:]))
        inner = data
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = draw(ANYTHING)
    return data


OPENING = {"side": "PK", "opens": "07:00", "closes": "19:00", "days": ["mon"], "holidays": ["2026-08-14"], "to": "AF"}
QUICK = settings(max_examples=400, deadline=None, derandomize=os.environ.get("CI") == "true")


@QUICK
@given(nearly(IN_FULL) | ANYTHING)
def test_any_json_gives_a_claim_that_survives_the_round_trip_or_its_faults(data: Any):
    try:
        claim = claim_from_json(data, TORKHAM)
    except Refused as refused:
        assert refused.faults
        return
    again = claim_from_json(json.loads(json.dumps(claim.as_json())), TORKHAM)
    assert (again, again.digest()) == (claim, claim.digest())


@QUICK
@given(nearly(READING) | ANYTHING)
def test_any_json_gives_a_reading_that_survives_the_round_trip_or_its_faults(data: Any):
    try:
        reading = reading_from_json(data, TORKHAM)
    except Refused as refused:
        assert refused.faults
        return
    again = reading_from_json(json.loads(json.dumps(reading.as_json())), TORKHAM)
    assert (again, again.digest()) == (reading, reading.digest())


@QUICK
@given(st.lists(nearly(OPENING), max_size=2) | ANYTHING)
def test_any_json_gives_hours_or_their_faults(data: Any):
    try:
        openings = openings_from_json(data, TORKHAM.countries)
    except Refused as refused:
        assert refused.faults
        return
    border = replace(TORKHAM, hours=openings)
    assert all(hours_now(border, each, utc(2023, 2, 24, 5)).passing in Passing for each in border.lanes)
