"""The US border wait-time service: a whole real reply, and what may be wrong with one."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from crossings.domain.claims import stamp
from crossings.feeds import FORMATS, Batch, Context, FeedError, Item, Kind
from tests.factories import utc

Json = dict[str, Any]
BODY = (Path(__file__).parent / "fixtures" / "cbp_bwtnew_2022-06-29.json").read_bytes()
REPLY = utc("2022-06-29 17:25:16")
CONTEXT = Context(utc("2022-06-29 17:26"))


def read(ports: Any) -> Batch:
    return FORMATS["cbp"].parse(ports if isinstance(ports, bytes) else json.dumps(ports).encode(), CONTEXT)


def port(number: str, **changes: Any) -> Json:
    """A port of the reply; `commercial_vehicle_lanes__standard_lanes__operational_status="…"` changes what is deep."""
    [found] = [each for each in json.loads(BODY) if each["port_number"] == number]
    for path, value in changes.items():
        *parents, last = path.split("__")
        target = found
        for name in parents:
            target = target[name]
        target[last] = value
    return found


def states(items: list[Item]) -> Json:
    """By port and traffic; each claim names one lane, into the United States."""
    found = {}
    for item in items:
        if item.kind is Kind.REPORT and not item.faults:
            [lane] = item.data["lanes"]
            assert (item.data["declared_by"], lane["to"]) == ("US", "US")
            found[f"{item.data['crossing'].removeprefix('cbp:')} {lane['traffic']}"] = lane["state"]
    return found


def waits(items: list[Item]) -> Json:
    return {
        f"{item.data['crossing'].removeprefix('cbp:')} {item.data['traffic']}": (
            item.data["low"], item.data["high"], item.data["observed_at"],
        )
        for item in items
        if item.kind is Kind.READING and not item.faults
    }  # fmt: skip


WHOLE = read(BODY)
ITEMS = list(WHOLE.items)


def test_all_ports_of_the_reply_speak_of_one_moment() -> None:
    assert WHOLE.reply_at == REPLY
    assert not [item for item in ITEMS if item.faults]
    claims = [item.data for item in ITEMS if item.kind is Kind.REPORT]
    assert {(claim["effective_at"], claim["reported_at"]) for claim in claims} == {(stamp(REPLY), stamp(REPLY))}
    for place, data in zip(WHOLE.places, json.loads(BODY), strict=True):
        local = REPLY.astimezone(place.sides[0].zone)
        # Four ports of Arizona have their clocks an hour ahead, as in the rest of the Mountain zone.
        ahead = timedelta(hours=1) if data["time"] == "11:25:16" and local.hour == 10 else timedelta()
        assert (local + ahead).strftime("%H:%M:%S") == data["time"], place


def test_the_states_are_those_of_the_lanes() -> None:
    found = states(ITEMS)
    assert Counter(found.values()) == {"open": 124, "restricted": 5, "closed": 12}
    expected = {
        "250401 vehicles": "open",
        "250401 people": "open",
        "250201 cargo": "closed",  # its one kind of lane is closed
        "300403 cargo": "closed",
        "090102 people": "closed",
        "230502 vehicles": "closed",  # standard, SENTRI and ready lanes all closed
        "090103 vehicles": "restricted",  # for NEXUS alone
        "230302 cargo": "restricted",  # for FAST alone
        "230301 vehicles": "restricted",  # for ready lanes alone
    }
    assert {key: found[key] for key in expected} == expected
    silent = {"070803", "240403", "230103", "260802", "250407"}  # Update Pending throughout
    assert not [key for key in found if key.split()[0] in silent]


def test_the_waits_are_those_of_the_standard_lanes_at_their_own_time() -> None:
    found = waits(ITEMS)
    assert len(found) == 124
    expected = {
        "250401 vehicles": (140, 140, "2022-06-29T17:00:00Z"),
        "070801 vehicles": (5, 5, "2022-06-29T16:00:00Z"),  # "no delay" of 5 minutes, "At Noon EDT"
        "090101 vehicles": (10, 10, "2022-06-29T17:22:00Z"),  # "At 1:22 pm EDT"
        "011501 vehicles": (0, 0, "2022-06-28T19:00:00Z"),  # "At 3:00 pm EDT", an hour still to come: yesterday's
        "260101 vehicles": (3, 3, "2022-06-29T15:00:00Z"),  # "At 8:00 am PST", in Arizona, in summer
        "260402 cargo": (0, 0, "2022-06-29T17:00:00Z"),  # "At 10:00 am MST"
        "380001 cargo": (30, 30, "2022-06-29T17:00:00Z"),
    }
    assert {key: found[key] for key in expected} == expected
    assert "090103 vehicles" not in found  # no standard lane is open there
    notes = {item.data["id"][:15]: item.data["note"] for item in ITEMS if item.kind is Kind.READING}
    assert (
        notes["250401-vehicles"] == "5 lanes open. NEXUS/SENTRI: 20 min, 6 lanes open. Ready: 100 min, 17 lanes open."
    )


def test_every_port_is_a_crossing() -> None:
    places = {place.code: place for place in WHOLE.places}
    assert len(places) == len({place.slug for place in WHOLE.places}) == 76
    bridge = places["cbp:070801"]
    assert (bridge.slug, bridge.name) == (
        "alexandria-bay-thousand-islands-bridge", "Alexandria Bay – Thousand Islands Bridge",
    )  # fmt: skip
    assert [(side.country, side.timezone) for side in bridge.sides] == [
        ("US", "America/New_York"), ("CA", "America/Toronto"),
    ]  # fmt: skip
    assert bridge.must_speak == ("US",)
    names = {code: places[code].name for code in ("cbp:071201", "cbp:020901", "cbp:l24501", "cbp:240403")}
    assert list(names.values()) == ["Champlain", "Derby Line I-91", "Fort Hancock", "FT HANCOCK"]
    for place in WHOLE.places:
        assert all(ZoneInfo(side.timezone) for side in place.sides)


@pytest.mark.parametrize(
    ("number", "carries"),
    [
        ("250401", ["people", "vehicles"]),
        ("230404", ["cargo"]),
        ("260403", ["people"]),
        ("250407", ["people"]),  # Update Pending throughout, with 14 lanes for people
        ("260802", ["cargo"]),
        ("070803", ["people", "vehicles", "cargo"]),  # nothing is known of it
    ],
)
def test_a_crossing_carries_what_it_has_lanes_for(number: str, carries: list[str]) -> None:
    assert [*read([port(number)]).places[0].traffic] == carries


CARGO = "commercial_vehicle_lanes"
LANE_STATES = [
    ("Open", "no delay", "no delay", "open"),
    ("Open", "Lanes Closed", "delay", "restricted"),
    ("Open", "Lanes Closed", "N/A", "closed"),
    ("Open", "Update Pending", "Lanes Closed", "closed"),
    ("Open", "N/A", "", None),
    ("Open", "Update Pending", "Update Pending", None),
    ("Closed", "no delay", "no delay", "closed"),
    ("Closed", "N/A", "N/A", "closed"),
]


@pytest.mark.parametrize(("status", "standard", "fast", "state"), LANE_STATES)
def test_a_gate_is_open_to_all_on_conditions_to_members_and_closed_where_all_lanes_that_report_are(
    status: str, standard: str, fast: str, state: str | None
) -> None:
    lanes = {f"{CARGO}__standard_lanes__operational_status": standard, f"{CARGO}__FAST_lanes__operational_status": fast}
    found = list(read([port("071201", port_status=status, **lanes)]).items)
    assert states(found).get("071201 cargo") == state
    assert ("071201 cargo" in waits(found)) == (state == "open" and standard == "no delay")


def test_an_open_port_with_every_lane_closed_is_closed() -> None:
    groups = ("commercial_vehicle_lanes", "passenger_vehicle_lanes", "pedestrian_lanes")
    closed = port("230502")
    for group in groups:
        for lane in closed[group].values():
            if isinstance(lane, dict) and lane["operational_status"] != "N/A":
                lane |= {"operational_status": "Lanes Closed", "delay_minutes": "", "update_time": ""}
    found = list(read([closed]).items)
    assert closed["port_status"] == "Open"
    assert states(found) == {"230502 vehicles": "closed", "230502 cargo": "closed"}
    assert not waits(found)


STANDARD = f"{CARGO}__standard_lanes__"
ITEM_FAULTS: list[tuple[Json, str, str]] = [
    ({f"{STANDARD}operational_status": "OPENISH"}, "unknown_word", "/standard_lanes/operational_status"),
    ({f"{STANDARD}delay_minutes": "ten"}, "invalid_wait", "/standard_lanes/delay_minutes"),
    ({f"{STANDARD}delay_minutes": "-5"}, "invalid_wait", "/standard_lanes/delay_minutes"),
    ({f"{STANDARD}delay_minutes": "99999999999"}, "invalid_wait", "/standard_lanes/delay_minutes"),
    ({f"{STANDARD}update_time": "lately"}, "invalid_timestamp", "/standard_lanes/update_time"),
    ({f"{STANDARD}update_time": "At 25:00 pm EDT"}, "invalid_timestamp", "/standard_lanes/update_time"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "code", "pointer"), ITEM_FAULTS)
def test_a_strange_value_is_named_and_the_rest_is_taken(changes: Json, code: str, pointer: str) -> None:
    items = list(read([port("071201", **changes), port("250401")]).items)
    [fault] = [fault for item in items for fault in item.faults]
    assert (fault.code, fault.pointer) == (code, f"/{CARGO}{pointer}")
    assert {"071201 cargo", "071201 vehicles", "250401 vehicles"} <= states(items).keys()


PORT_FAULTS: list[tuple[Json, str]] = [
    ({"port_number": ""}, "schema_mismatch"),
    ({"port_number": "../../x"}, "schema_mismatch"),
    ({"port_name": 7}, "schema_mismatch"),
    ({"border": "Lunar Border"}, "schema_mismatch"),
    ({"date": ""}, "invalid_timestamp"),
    ({"date": "6/31/2022"}, "invalid_timestamp"),
    ({"date": "1/1/0001"}, "invalid_timestamp"),
    ({"date": "6/28/2022"}, "clock_off"),
    ({"time": "13:55:16"}, "clock_off"),
    ({"port_number": "250401"}, "port_twice"),
]


@pytest.mark.parametrize(("changes", "code"), PORT_FAULTS)
def test_a_port_that_cannot_be_read_leaves_the_others(changes: Json, code: str) -> None:
    batch = read([port("250401"), port("071201", **changes), port("300402"), "junk"])
    items = list(batch.items)
    assert sorted(fault.code for item in items for fault in item.faults) == sorted([code, "schema_mismatch"])
    assert len(batch.places) == 2
    assert batch.reply_at == REPLY


@pytest.mark.parametrize("body", ["[]", "{}", '[{"a": 1}]', "[1, 2]", '[{"port_number": "1"}]', '"text"', "null"])
def test_what_is_no_list_of_ports_is_refused(body: str) -> None:
    with pytest.raises(FeedError, match="schema_mismatch"):
        read(body.encode())


def test_the_hour_that_comes_twice_is_told_apart_by_the_other_ports() -> None:
    """1:30 in New York on the night the clocks go back; in Texas and California the hour is clear."""
    clock = {"date": "11/6/2022", "time": "01:30:00"}
    others = {"date": "11/6/2022", "time": "00:30:00"}, {"date": "11/5/2022", "time": "22:30:00"}
    ports = [
        port("070801", **clock),
        port("230401", **others[0]),
        port("230402", **others[0]),
        port("250401", **others[1]),
    ]
    assert read(ports).reply_at == utc("2022-11-06 05:30")


TIMES: list[tuple[str, str]] = [
    ("At Noon EDT", "2022-06-29T16:00:00Z"),
    ("At Midnight EDT", "2022-06-29T04:00:00Z"),
    ("At 1:22 pm EDT", "2022-06-29T17:22:00Z"),
    ("At 12:05 am EDT", "2022-06-29T04:05:00Z"),
    ("at  9 am  EDT", "2022-06-29T13:00:00Z"),
    ("At 11:50 pm EDT", "2022-06-29T03:50:00Z"),
    ("At 1:00 pm EST", "2022-06-29T17:00:00Z"),  # printed in summer: the port's own time is meant
    ("At Noon CDT", "2022-06-29T17:00:00Z"),
]


@pytest.mark.parametrize(("text", "at"), TIMES)
def test_a_clock_time_without_a_date_is_the_latest_one_before_the_reply(text: str, at: str) -> None:
    found = waits(list(read([port("071201", **{f"{STANDARD}update_time": text})]).items))
    assert found["071201 cargo"][2] == at


def test_a_mended_number_of_the_same_hour_is_another_reading() -> None:
    def ids(minutes: str) -> set[str]:
        items = read([port("071201", **{f"{STANDARD}delay_minutes": minutes})]).items
        return {item.data["id"] for item in items if item.kind is Kind.READING and item.data["traffic"] == "cargo"}

    assert ids("5") == ids("5")
    assert ids("5").isdisjoint(ids("35"))


def test_a_notice_with_a_telephone_number_is_left_out() -> None:
    def note(notice: str) -> str:
        items: list[Item] = list(read([port("071201", construction_notice=notice)]).items)
        return next(item.data["note"] for item in items if item.kind is Kind.REPORT)

    assert note("Bridge works\r\nuntil May.") == "Bridge works\nuntil May."
    assert note("Call +1 518 298 8347 before you come.") == ""


def test_texts_that_no_database_takes_are_cleaned() -> None:
    broken = port("071201", port_name="Cham\x00plain", construction_notice="a\ud800b")
    place = read([broken]).places[0]
    assert place.name == "Champlain"
