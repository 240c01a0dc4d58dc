"""What the words of the border guard's map say of a crossing's lanes."""

from __future__ import annotations

import re
from typing import Any

from crossings.domain.fields import clean, phone_number_in
from crossings.domain.vocabulary import State
from crossings.feeds.base import FeedError

STATES = {
    State.OPEN: ("відкритий", "відкрито", "відчинений"),
    State.CLOSED: ("закритий", "закрито", "зачинений", "тимчасово зачинений", "тимчасово закритий"),
    State.RESTRICTED: ("обмежений", "обмежено", "обмежено відкритий", "частково відкритий", "працює з обмеженнями"),
}
WORDS = {word: state for state, words in STATES.items() for word in words}
ONLY = re.compile(r"відкрит\w.*\b(лише|тільки|крім|обмеж\w*)\b")
PEOPLE, NO_PEOPLE = re.compile("пішохідн"), re.compile(r"пропуску? пішоходів\W+не\W+здійснюється")
# No sentence goes over the beginning of another, so that a long text is gone through once.
NO_CARS = re.compile(r"пропуск легкових(?:(?!пропуск легкових)[^<])*не здійснюється", re.IGNORECASE)
BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
CARS, BUSES, TRUCKS = re.compile("легков|пасажир|автобус"), re.compile("автобус"), re.compile("вантажн")
NO_LOAD = re.compile("без вантажу")

Row = dict[str, str]
Lane = dict[str, Any]


def lanes_of(row: Row) -> tuple[list[Lane], list[Lane]]:
    """The lanes of vehicles and cargo, and those of people on foot. Raises FeedError: unknown_word, flags_differ."""
    state, only = state_of(row)
    words = row["character"]
    vehicles = CARS.search(words) or row["cars_waiting"] or cars_refused(row)
    cargo = TRUCKS.search(f"{words} {row.get('category', '')}") or row["trucks_waiting"]
    lanes = [_vehicles(row, state, only)] if vehicles else []
    lanes += [_cargo(row, state, only)] if cargo else []
    on_foot = PEOPLE.search(words) and not NO_PEOPLE.search(words)
    return lanes, [_lane("people", state, [only] if only else [])] if on_foot else []


def state_of(row: Row) -> tuple[State, Lane]:
    """The state of the whole crossing, and where it is open to some alone, to whom."""
    said = " ".join(row["state"].lower().split())
    if ONLY.match(said):
        return State.RESTRICTED, {"text": clean(row["state"])[:500]}
    state = WORDS.get(said)
    if state is None:
        raise FeedError("unknown_word", f'"{row["state"][:80]}" is not known; known: {", ".join(WORDS)}.')
    if state is State.OPEN and row.get("closure_flag") == "1":
        raise FeedError("flags_differ", "The state is open while closure_flag says closed.")
    if state is State.OPEN and row.get("restricted_flag") == "1":
        return State.RESTRICTED, {}
    return state, {}


def cars_refused(row: Row) -> str:
    """The sentence that may stand where the number of cars would: cars are not let through."""
    found = NO_CARS.search(row.get("state_of_busy_raw", ""))
    return clean(found[0])[:500] if found else ""


def note_of(row: Row) -> str:
    """The free text without its markup; nothing where it seems to hold a telephone number."""
    busy = "; ".join(part.strip() for part in BREAK.split(row.get("state_of_busy_raw", "")))
    parts = [re.sub(r"<[^<>]*>", " ", part) for part in (busy, row["character"], row.get("category", ""))]
    note = "\n".join(clean(part) for part in parts if part)[:2000]
    return "" if phone_number_in(note) else note


def _vehicles(row: Row, state: State, only: Lane) -> Lane:
    refused, conditions = cars_refused(row), [only] if only else []
    if not refused or state is State.CLOSED:
        return _lane("vehicles", state, conditions)
    if not BUSES.search(row["character"]):
        return _lane("vehicles", State.CLOSED, [])
    return _lane("vehicles", state, [*conditions, {"effect": "deny", "vehicle": ["car"], "text": refused}])


def _cargo(row: Row, state: State, only: Lane) -> Lane:
    category = row.get("category", "")
    if state is not State.CLOSED and NO_LOAD.search(category):
        texts = [*([only["text"]] if only else []), clean(category)]
        only = {"vehicle": ["empty"], "text": "; ".join(texts)[:500]}
    return _lane("cargo", state, [only] if only else [])


def _lane(traffic: str, state: State, conditions: list[Lane]) -> Lane:
    if conditions:
        return {"traffic": traffic, "state": State.RESTRICTED.value, "conditions": conditions}
    return {"traffic": traffic, "state": state.value}
