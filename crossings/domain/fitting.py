"""One condition against one traveller: it fits, it does not, or it depends on what is still missing or was not told.

Every part that a condition gives must hold, and of a list every word ("lists combine"). What nobody can tell from
words (a limit, a fee, a text) never simply holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import Enum

from crossings.domain.border import Border, Lane
from crossings.domain.conditions import Condition
from crossings.domain.hours import WEEKDAYS, Opening
from crossings.domain.traveller import Traveller
from crossings.domain.vocabulary import CountryOf, Document, Effect, Goods, How, Traffic, Vehicle, Who, Word

STUFF = {
    **{Goods.FOOD: "food", Goods.PERISHABLES: "food"},
    **{each: each.value for each in (Goods.MEDICINE, Goods.LIVESTOCK, Goods.FUEL, Goods.COAL, Goods.POSTAL)},
}
"""What a load consists of; perishables may be food and food may perish, the others exclude each other."""
TRADE = {Goods.BILATERAL, Goods.TRANSIT}
FOOD_CODES = tuple(f"{chapter:02}" for chapter in range(1, 25))
CODES = {
    "food": FOOD_CODES,
    "livestock": ("01",),
    "medicine": ("30",),
    "coal": ("2701", "2702", "2703", "2704"),
    "fuel": ("2705", "2706", "2707", "2708", "2709", "2710", "2711"),
}
"""The customs codes under which each kind of load is found, where that can be said."""
LADEN = {Vehicle.LOADED, Vehicle.EMPTY}
SOON = timedelta(hours=48)
"""How far ahead a closing is near at hand: a truck may stand in the queue as long."""


class NeedKind(Word):
    MISSING = "missing", "not had, or not at this hour"
    ASKED = "asked", "not told"
    BOUND = "bound", "holds for whoever passes"
    UNJUDGED = "unjudged", "cannot be judged from what was told"


@dataclass(frozen=True, slots=True)
class Need:
    """What stands between a traveller and a condition. `part` names the part of the condition, or, where something was
    not told, the field of the traveller that would tell it; `words` narrows it down."""

    part: str
    kind: NeedKind
    words: tuple[str, ...] = ()


class Fit(Enum):
    YES = "yes"
    MAYBE = "maybe"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Fitted:
    """`needs` says what a MAYBE depends on."""

    condition: Condition
    fit: Fit
    needs: tuple[Need, ...] = ()


@dataclass(frozen=True, slots=True)
class Spot:
    """Where and when a condition is held against somebody: the lane, the gate's side, the moment."""

    border: Border
    lane: Lane
    side: str
    at: datetime


Part = tuple[Fit, Need | None]
YES: Part = (Fit.YES, None)
NO: Part = (Fit.NO, None)


def fitted(condition: Condition, told: Traveller, spot: Spot) -> Fitted:
    parts = [*_being(condition, told, spot), *_having(condition, told, spot)]
    if any(fit is Fit.NO for fit, _ in parts):
        return Fitted(condition, Fit.NO)
    needs = dict.fromkeys(need for fit, need in parts if fit is Fit.MAYBE and need)
    return Fitted(condition, Fit.MAYBE if needs else Fit.YES, tuple(needs))


def at_odds(told: Traveller) -> bool:
    """Whether what was told of the load contradicts itself: two trades, or goods and customs codes that do not meet."""
    if set(told.goods or ()) >= TRADE:
        return True
    if told.goods is None or not told.hs:
        return False
    stuff = {STUFF[each] for each in told.goods if each in STUFF}
    unmatched = any(kind in CODES and not any(_under(code, kind) for code in told.hs) for kind in stuff)
    strange = stuff <= set(CODES) and any(not any(_under(code, kind) for kind in stuff) for code in told.hs)
    return unmatched or (strange and bool(stuff or not told.goods))


def _under(code: str, kind: str) -> bool:
    return any(code.startswith(each) or each.startswith(code) for each in CODES[kind])


def _asked(part: str, *words: str) -> Part:
    return Fit.MAYBE, Need(part, NeedKind.ASKED, words)


def _unjudged(part: str, *words: str) -> Part:
    return Fit.MAYBE, Need(part, NeedKind.UNJUDGED, words)


def _listed(word: Word, told: tuple[Word, ...] | None, part: str) -> Part:
    if told is None:
        return _asked(part, word.value)
    return YES if word in told else NO


# Who and what it is


def _being(condition: Condition, told: Traveller, spot: Spot) -> Iterator[Part]:
    of_person = condition.country if condition.country_of in (None, CountryOf.PERSON) else ""
    for word in condition.who:
        yield _person(word, of_person, told, spot)
    if condition.country and not (of_person and {Who.NATIONALS, Who.FAMILY} & set(condition.who)):
        yield _country(condition, told)
    for kind in condition.goods:
        yield _goods(kind, condition.effect, told)
    if condition.hs:
        yield _hs(condition, told)
    for vehicle in condition.vehicle:
        yield _vehicle(vehicle, told)


def _person(word: Who, country: str, told: Traveller, spot: Spot) -> Part:
    match word:
        case Who.NATIONALS | Who.FOREIGNERS:
            return _nationality(word, country, told.nationality, spot)
        case Who.FAMILY:
            return _family(country, told)
        case Who.VISA_HOLDERS:
            return _visa(told)
        case Who.DRIVERS if spot.lane[0] is Traffic.CARGO:
            return YES  # a truck comes with its driver, whoever asks for it
    return _listed(word, told.who, "who")


def _nationality(word: Who, country: str, nationality: str, spot: Spot) -> Part:
    if not nationality:
        return _asked("nationality", *([country] if country else []))
    if word is Who.NATIONALS and country:
        return YES if nationality == country else NO
    if nationality not in spot.border.countries:
        return YES if word is Who.FOREIGNERS else NO
    if word is Who.FOREIGNERS and nationality == spot.side:
        return NO
    return _unjudged("who", word.value)  # whose nationals, and foreign to whom, was not said


def _family(country: str, told: Traveller) -> Part:
    if country and told.family_in is not None:
        return YES if country in told.family_in else NO
    if country:
        return _asked("family_in", country)
    if told.family_in or Who.FAMILY in (told.who or ()):
        return YES
    return _asked("family_in") if told.family_in is None else NO


def _visa(told: Traveller) -> Part:
    if Who.VISA_HOLDERS in (told.who or ()) or Document.VISA in (told.documents or ()):
        return YES
    if told.documents is None:
        return _asked("documents", Document.VISA.value)
    return _asked("who", Who.VISA_HOLDERS.value) if told.who is None else NO


def _country(condition: Condition, told: Traveller) -> Part:
    fields = {
        CountryOf.VEHICLE: ("vehicle_country", told.vehicle_country),
        CountryOf.ORIGIN: ("origin", told.origin),
        CountryOf.DESTINATION: ("destination", told.destination),
    }
    part, known = fields.get(condition.country_of or CountryOf.PERSON, ("nationality", told.nationality))
    if not known:
        return _asked(part, condition.country)
    return YES if known == condition.country else NO


def _goods(word: Goods, effect: Effect, told: Traveller) -> Part:
    if told.goods is None:
        return _asked("goods", word.value)
    stuff = {STUFF[each] for each in told.goods if each in STUFF}
    if word in told.goods:
        mixed = effect is Effect.ALLOW and word in STUFF and len(stuff) > 1
        return _unjudged("goods", word.value) if mixed else YES
    if not told.goods:
        return NO
    # What a load is made of, and what kind of trade it is, may have been left out each by itself.
    if word in STUFF:
        return _asked("goods", word.value) if not stuff or STUFF[word] in stuff else NO
    return _asked("goods", word.value) if word in TRADE and not TRADE & set(told.goods) else NO


def _hs(condition: Condition, told: Traveller) -> Part:
    if told.goods == () and not told.hs:
        return NO
    if not told.hs:
        return _asked("hs", *condition.hs)
    fits = [_code(code, condition.hs) for code in told.hs]
    if condition.effect is Effect.DENY:
        worst = Fit.YES if Fit.YES in fits else Fit.MAYBE if Fit.MAYBE in fits else Fit.NO
    else:
        worst = Fit.NO if Fit.NO in fits else Fit.MAYBE if Fit.MAYBE in fits else Fit.YES
    return _asked("hs", *condition.hs) if worst is Fit.MAYBE else (worst, None)


def _code(code: str, named: tuple[str, ...]) -> Fit:
    """A code against codes and ranges; a chapter may hold a heading that is named: that is a MAYBE."""
    found = Fit.NO
    for each in named:
        low, _, high = each.partition("-")
        high = high or low
        if low <= code[: len(low)] and code[: len(high)] <= high and len(code) >= max(len(low), len(high)):
            return Fit.YES
        if low[: len(code)] <= code <= high[: len(code)]:
            found = Fit.MAYBE
    return found


def _vehicle(word: Vehicle, told: Traveller) -> Part:
    vehicle, laden = told.vehicle or (), bool(told.goods or told.hs)
    if word in vehicle:
        return YES
    if word is Vehicle.LOADED:
        return YES if laden else NO if told.goods == () else _asked("goods")
    if word is Vehicle.EMPTY:
        return NO if laden or Vehicle.LOADED in vehicle else _asked("vehicle", word.value)
    if vehicle and set(vehicle) <= LADEN:
        return _asked("vehicle", word.value)  # that it is loaded, or empty, does not say what it is
    return _listed(word, told.vehicle, "vehicle")


# What it has, and what is asked of whoever passes


def _having(condition: Condition, told: Traveller, spot: Spot) -> Iterator[Part]:
    denies = condition.effect is Effect.DENY
    if condition.documents:
        yield _documents(condition, told)
    if condition.days or condition.hours:
        yield _timed(condition, spot)
    if condition.how is How.ON_FOOT and (denies or spot.lane[0] is Traffic.PEOPLE):
        yield YES if spot.lane[0] is Traffic.PEOPLE else NO
    elif condition.how:
        yield _rule("how", denies, condition.how.value)
    if condition.limit:
        yield _rule("limit", denies)
    if condition.fee:
        yield _rule("fee", denies)
    if condition.text:
        yield _unjudged("text")


def _rule(part: str, denies: bool, *words: str) -> Part:
    """What whoever passes has to bear with. Of those who may not pass it only narrows down who is meant."""
    return Fit.MAYBE, Need(part, NeedKind.UNJUDGED if denies else NeedKind.BOUND, words)


def _documents(condition: Condition, told: Traveller) -> Part:
    if told.documents is None:
        return _asked("documents", *condition.documents)
    lacking = tuple(each.value for each in condition.documents if each not in told.documents)
    if not lacking:
        return YES
    return NO if condition.effect is Effect.DENY else (Fit.MAYBE, Need("documents", NeedKind.MISSING, lacking))


def _timed(condition: Condition, spot: Spot) -> Part:
    """Its days and hours, now and for as long as is near at hand: a denial may begin in the queue."""
    part = "hours" if condition.hours else "days"
    stretches = _stretches(condition, spot)
    within = any(start <= spot.at < end for start, end in stretches)
    if condition.effect is Effect.DENY:
        begins = any(spot.at < start <= spot.at + SOON for start, _ in stretches)
        return YES if within else (Fit.MAYBE, Need(part, NeedKind.MISSING)) if begins else NO
    if not within:
        return Fit.MAYBE, Need(part, NeedKind.MISSING)
    holds_until = spot.at
    for start, end in stretches:
        if start <= holds_until:
            holds_until = max(holds_until, end)
    return YES if holds_until > spot.at + SOON else (Fit.MAYBE, Need(part, NeedKind.BOUND))


def _stretches(condition: Condition, spot: Spot) -> list[tuple[datetime, datetime]]:
    """When it holds, from yesterday to past what is near at hand, in the local time of the gate's side."""
    opens, closes = (_clock(each) for each in condition.hours or ("00:00", "24:00"))
    opening = Opening(spot.side, opens, closes, condition.days or WEEKDAYS)
    today = spot.at.astimezone(spot.border.zone(spot.side)).date()
    days = [today + timedelta(days=ahead) for ahead in range(-1, SOON.days + 2)]
    return [stretch for day in days if (stretch := opening.stretch(spot.border, day))]


def _clock(text: str) -> time:
    return time(0) if text == "24:00" else time.fromisoformat(text)
