"""Would one be let through? Which lane what was told is about, and what cannot be meant."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crossings.domain.faults import Refused
from crossings.domain.traveller import asking_from_json
from crossings.domain.vocabulary import Traffic
from tests.passages import TORKHAM, Json

TRAFFIC: list[tuple[Json, Traffic]] = [
    ({}, Traffic.PEOPLE),
    ({"who": ["patients"]}, Traffic.PEOPLE),
    ({"vehicle": []}, Traffic.PEOPLE),
    ({"vehicle": ["bus"]}, Traffic.VEHICLES),
    ({"vehicle": ["ambulance"]}, Traffic.VEHICLES),
    ({"goods": ["coal"]}, Traffic.CARGO),
    ({"hs": ["0806"]}, Traffic.CARGO),
    ({"vehicle": ["empty"]}, Traffic.CARGO),
    ({"vehicle": ["car"], "goods": ["postal"]}, Traffic.CARGO),
    ({"traffic": "people", "goods": ["food"]}, Traffic.PEOPLE),
]


@pytest.mark.parametrize(("told", "traffic"), TRAFFIC)
def test_what_one_travels_with_says_which_lane(told: Json, traffic: Traffic) -> None:
    assert asking_from_json({"to": "PK", **told}, TORKHAM).lane == (traffic, "PK")


REFUSED: list[tuple[Json, str, str]] = [
    ({}, "/to", "required"),
    ({"to": "IN"}, "/to", "not_a_side"),
    ({"to": "PK", "who": ["patients", "wizards"]}, "/who/1", "unknown_word"),
    ({"to": "PK", "who": "patients"}, "/who", "not_a_list"),
    ({"to": "PK", "documents": [1]}, "/documents/0", "unknown_word"),
    ({"to": "PK", "goods": ["gold"]}, "/goods/0", "unknown_word"),
    ({"to": "PK", "vehicle": ["boat"]}, "/vehicle/0", "unknown_word"),
    ({"to": "PK", "hs": ["grapes"]}, "/hs/0", "unknown_word"),
    ({"to": "PK", "hs": ["01"] * 41}, "/hs", "not_a_list"),
    ({"to": "PK", "nationality": "Afghan"}, "/nationality", "unknown_country"),
    ({"to": "PK", "family_in": ["PK", None]}, "/family_in/1", "unknown_country"),
    ({"to": "PK", "traffic": "rail"}, "/traffic", "unknown_word"),
    ({"to": "PK", "vehicle": ["empty"], "goods": ["coal"]}, "/vehicle", "contradiction"),
    ({"to": "PK", "name": "Ahmad"}, "/name", "unknown_field"),
]


@pytest.mark.parametrize(("data", "pointer", "code"), REFUSED)
def test_what_cannot_be_meant_is_refused_by_pointer(data: Json, pointer: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        asking_from_json(data, TORKHAM)
    assert [(fault.pointer, fault.code) for fault in refused.value.faults] == [(pointer, code)]


def test_a_crossing_that_does_not_carry_the_load_is_said_at_once() -> None:
    with pytest.raises(Refused) as refused:
        asking_from_json({"to": "PK", "goods": ["coal"]}, replace(TORKHAM, traffic=(Traffic.PEOPLE,)))
    assert [fault.code for fault in refused.value.faults] == ["not_carried"]
