"""A lane in words: pure functions from the status JSON to phrases and sentences.

DESIGN rule 7 is kept here and nowhere else: a lane is called open only where its confidence is `current`; otherwise it
was "last reported open, 3 days ago", beside the unknown mark.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext

from crossings.domain.vocabulary import Confidence, Passing, Precision, State, Traffic
from crossings.phrases.conditions import EXCEPT, WITH, Terms, brief, terms
from crossings.phrases.countries import country
from crossings.phrases.holders import by_whom, gates_named
from crossings.phrases.labels import label
from crossings.phrases.text import plain, spaced
from crossings.phrases.times import COARSE, DAY, Clock, moment, span

Json = dict[str, Any]

TRAFFIC_ORDER = (Traffic.CARGO, Traffic.VEHICLES, Traffic.PEOPLE)
"""Cargo first: goods trucks are what most readers ask for."""
SHUT = "shut"
"""The mark of a lane that is open, but not at this hour."""
BREATH = 70
"""So many letters of exceptions can be told in the same breath as the state."""
EVENING, MORNING = 16, 9


def reported(lane: Json) -> bool:
    return lane["since"] is not None


def sure(lane: Json) -> bool:
    return bool(lane["confidence"] == Confidence.CURRENT)


def says_open(lane: Json) -> bool:
    """Whether its state, taken at its word, lets most pass: open, or restricted by denials alone."""
    return lane["state"] == State.OPEN or (lane["state"] == State.RESTRICTED and terms(lane).kind == WITH)


def state_word(state: str) -> str:
    """A state as it was reported, whatever may be made of it now."""
    return {
        State.OPEN: gettext("reported open"),
        State.RESTRICTED: gettext("on conditions"),
        State.CLOSED: gettext("closed"),
        State.UNKNOWN: gettext("not known"),
    }[State(state)]


def silent_sides(lane: Json) -> list[str]:
    return [key for key, state in lane["gates"].items() if state == State.UNKNOWN]


def mark(lane: Json) -> str:
    """The shape beside the word: open, restricted, closed, unknown, or shut at this hour."""
    if not says_open(lane):
        return str(lane["state"])
    if not sure(lane):
        return State.UNKNOWN.value
    return SHUT if shut_at_this_hour(lane) else str(lane["state"])


def word(lane: Json, clock: Clock) -> str:
    """The short form of a lane, on its own feet: board, title, share text."""
    if not reported(lane):
        return gettext("nothing reported")
    if lane["state"] == State.UNKNOWN:
        return gettext("not known")
    if lane["state"] == State.CLOSED:
        return spaced(gettext("closed"), by_whom(lane))
    if lane["state"] == State.RESTRICTED and terms(lane).kind != WITH:
        return gettext("closed except…") if terms(lane).kind == EXCEPT else gettext("on conditions not known to us")
    return _open_word(lane, clock)


def _open_word(lane: Json, clock: Clock) -> str:
    conditional = lane["state"] == State.RESTRICTED
    if conditional and silent_sides(lane):
        return gettext("with conditions, and no word from %(sides)s") % {"sides": gates_named(silent_sides(lane))}
    if not sure(lane):
        form = gettext("last reported open with conditions") if conditional else gettext("last reported open")
        age = reported_age(lane, clock)
        return gettext("%(words)s, %(age)s") % {"words": form, "age": age} if age else form
    if shut_at_this_hour(lane):
        return shut_word(lane, clock)
    return gettext("open, with conditions") if conditional else gettext("open")


def more(lane: Json, clock: Clock) -> str:
    """What a short form adds to the word: whom a restricted lane lets through, what an unknown one was before."""
    if lane["state"] == State.RESTRICTED:
        listing = brief(terms(lane).gates)
        return listing if terms(lane).kind == EXCEPT or not listing else f"({listing})"
    return "".join(f"({detail})" for detail in unknown_details(lane, clock)[:1])


def unknown_details(lane: Json, clock: Clock) -> list[str]:
    """Of an unknown lane, what it was before and why it is not known; what matters most first."""
    if lane["state"] != State.UNKNOWN or not reported(lane):
        return []
    was, why = last_known(lane, clock), why_unknown(lane)
    half = bool(silent_sides(lane)) and len(silent_sides(lane)) < len(lane["gates"])
    return [part for part in ((why, was) if half else (was, why)) if part]


def last_known(lane: Json, clock: Clock) -> str:
    """What an unknown lane was before it became so: "last known: closed; not known since 26 Apr"."""
    since = moment(lane["since"])
    if lane["last_known"] is None or since is None:
        return ""
    forms = {
        State.OPEN: gettext("last reported open; not known since %(day)s"),
        State.RESTRICTED: gettext("last known: passable on conditions only; not known since %(day)s"),
        State.CLOSED: gettext("last known: closed; not known since %(day)s"),
    }
    return forms[State(lane["last_known"])] % {"day": clock.day(since, brief=True)}


def why_unknown(lane: Json) -> str:
    silent = silent_sides(lane)
    if lane["confidence"] == Confidence.ASSUMED:
        if lane["last_known"] in (State.CLOSED, State.RESTRICTED):
            return gettext("its stated end has passed, with no word that it opened")
        return gettext("an announced time has passed without word")
    if silent and len(silent) < len(lane["gates"]):
        return gettext("no word from %(sides)s") % {"sides": gates_named(silent)}
    return gettext("nobody has spoken of it lately")


def confirmed_age(lane: Json, clock: Clock) -> str:
    at = moment(lane["confirmed_at"])
    if at is None:
        return ""
    # What was heard as it began is known no better than its beginning; nor is a noon in what is known by days.
    coarse = lane["confirmed_at"] == lane["since"] or (lane["since_precision"] in COARSE and clock.is_noon(at))
    return clock.age(at, lane["since_precision"] if coarse else Precision.EXACT)


def reported_age(lane: Json, clock: Clock) -> str:
    """When it was last said to stand so: as it began, or by whatever was heard after that."""
    since = moment(lane["since"])
    if since and heard_earlier(lane):
        return clock.age(since, lane["since_precision"])
    return confirmed_age(lane, clock)


def heard_earlier(lane: Json) -> bool:
    """Whether one gate was last heard of before the lane came to stand so: an open lane is as sure as its least
    sure gate."""
    since, confirmed = moment(lane["since"]), moment(lane["confirmed_at"])
    return bool(since and confirmed and confirmed < since)


def fell_silent(lane: Json) -> bool:
    """Whether it is unknown because nobody spoke of it any more: that has no hour, only a day."""
    silent = len(silent_sides(lane)) == len(lane["gates"])
    return lane["state"] == State.UNKNOWN and silent and lane["confidence"] != Confidence.ASSUMED and reported(lane)


def freshness(lane: Json, clock: Clock, *, one_each: bool = False) -> str:
    """How far to trust the word, in a few words; where the word tells the age already it is not told again.

    `one_each`: of several gates each is told of by one source only.
    """
    confidence, age = Confidence(lane["confidence"]), confirmed_age(lane, clock)
    if not reported(lane) or lane["state"] == State.UNKNOWN:
        return ""
    if confidence is Confidence.ASSUMED:
        return gettext("assumed: no word since it was to change")
    if heard_earlier(lane) and confidence is Confidence.CURRENT:
        form = (
            gettext("every gate heard of in the %(span)s before")
            if clock.past
            else gettext("every gate heard of in the last %(span)s")
        )
        return form % {"span": span(clock.now - (moment(lane["confirmed_at"]) or clock.now))}
    if heard_earlier(lane) and confidence is Confidence.STALE:
        return gettext("one gate last heard of %(age)s") % {"age": age}
    told = says_open(lane) and not sure(lane) and not (lane["state"] == State.RESTRICTED and silent_sides(lane))
    if told or not age:
        return _unsure(confidence, one_each)
    return {
        Confidence.CURRENT: gettext("confirmed %(age)s"),
        Confidence.SINGLE: gettext("one source only for each gate, %(age)s")
        if one_each
        else gettext("one source only, %(age)s"),
        Confidence.STALE: gettext("last confirmed %(age)s"),
        Confidence.DISPUTED: gettext("sources disagree; last confirmed %(age)s"),
    }[confidence] % {"age": age}


def _unsure(confidence: Confidence, one_each: bool) -> str:
    return {
        Confidence.SINGLE: gettext("one source only for each gate") if one_each else gettext("one source only"),
        Confidence.STALE: gettext("not confirmed since"),
        Confidence.DISPUTED: gettext("sources disagree"),
    }.get(confidence, "")


def shut_at_this_hour(lane: Json) -> bool:
    return bool(lane.get("now") == Passing.OUTSIDE_HOURS)


def shut_word(lane: Json, clock: Clock) -> str:
    """Shut for the night, where it is one; else shut at this hour."""
    opening = _next_opening(lane)
    here = clock.local(clock.now).hour
    overnight = opening is not None and opening - clock.now < 0.75 * DAY and not MORNING <= here < EVENING
    return gettext("shut for the night") if overnight else gettext("shut at this hour")


def opens_next(lane: Json, clock: Clock) -> str:
    """When its hours begin again; that it then opens is said only where it is sure to be open at its hours."""
    opening = _next_opening(lane)
    if opening is None:
        return ""
    form = gettext("opens %(when)s") if says_open(lane) and sure(lane) else gettext("its hours begin %(when)s")
    return form % {"when": clock.when(opening, brief=True)}


def _next_opening(lane: Json) -> datetime | None:
    return moment(lane["next_opening"]["at"]) if lane["next_opening"] else None


def hours_now(lane: Json, clock: Clock) -> str:
    """Whether the hours let it pass at this moment, and when it opens next."""
    if not shut_at_this_hour(lane):
        return gettext("within its hours now") if lane.get("now") == Passing.PASSING else ""
    shut, opens = shut_word(lane, clock), opens_next(lane, clock)
    return gettext("%(shut)s; %(opens)s") % {"shut": shut, "opens": opens} if opens else shut


def traffic_named(traffic: Iterable[str]) -> str:
    """ "goods trucks, cars and buses", cargo first."""
    given = set(traffic)
    return gettext(", ").join(label(each) for each in TRAFFIC_ORDER if each in given)


def directions_named(to: Sequence[str]) -> str:
    return gettext(" and ").join(gettext("to %(country)s") % {"country": country(each)} for each in to)


def lanes_named(lanes: Iterable[tuple[str, str]], carried: Iterable[tuple[str, str]]) -> str:
    """Some of the lanes a crossing carries: "all traffic, both ways", "goods trucks to Pakistan"."""
    all_traffic = {traffic for traffic, _ in carried}
    by_ways: dict[tuple[str, ...], list[str]] = {}
    found = list(dict.fromkeys(lanes))
    for traffic in TRAFFIC_ORDER:
        ways = tuple(to for each, to in found if each == traffic)
        if ways:
            by_ways.setdefault(tuple(sorted(ways)), []).append(traffic)
    parts = []
    for ways, traffics in by_ways.items():
        whole = len(traffics) > 1 and set(traffics) == all_traffic
        what = gettext("all traffic") if whole else traffic_named(traffics)
        if len(ways) > 1:
            parts.append(gettext("%(what)s, both ways") % {"what": what})
        else:
            parts.append(spaced(what, directions_named(ways)))
    return gettext("; ").join(parts)


@dataclass(frozen=True, slots=True)
class Standing:
    """State, holder and conditions; then since when; then why, of what is not known."""

    lead: str
    tail: str = ""
    why: str = ""


def standing(lane: Json, clock: Clock) -> str:
    """State, holder, conditions and beginning, in one phrase."""
    told = standing_parts(lane, clock)
    return gettext("; ").join(part for part in (spaced(told.lead, told.tail), told.why) if part)


def standing_parts(lane: Json, clock: Clock) -> Standing:
    since = since_when(lane, clock)
    if not reported(lane):
        return Standing(gettext("nothing was ever reported"))
    if lane["state"] == State.UNKNOWN:
        was = last_known(lane, clock)
        return Standing(gettext("not known"), f"({was})" if was else "", why_unknown(lane))
    if lane["state"] == State.RESTRICTED:
        return _restricted(lane, clock, since)
    if lane["state"] == State.CLOSED:
        taken_over = lane.get("held_since")
        if taken_over and by_whom(lane):
            when = clock.when(moment(taken_over[0]) or clock.now, taken_over[1])
            return Standing(gettext("closed"), since, spaced(by_whom(lane), gettext("since %(when)s") % {"when": when}))
        return Standing(word(lane, clock), since)
    if sure(lane):
        return Standing(gettext("open"), since)
    return Standing(word(lane, clock), f"({since})")


def _restricted(lane: Json, clock: Clock, since: str) -> Standing:
    held, by = terms(lane), by_whom(lane)
    if held.kind == EXCEPT:
        return _closed_except(held, by, since)
    if held.kind == WITH:
        form = gettext("%(since)s: %(terms)s")
        if sure(lane) and not silent_sides(lane):
            lead = spaced(gettext("open, with conditions set"), by) if by else gettext("open, with conditions")
            return Standing(lead, form % {"since": since, "terms": held.words})
        return Standing(word(lane, clock), form % {"since": f"({since})", "terms": held.words})
    set_by = spaced(gettext("set"), by, since) if by else since
    return Standing(gettext("passable only on conditions not known to us"), f"({set_by})")


def _closed_except(held: Terms, by: str, since: str) -> Standing:
    closed = spaced(gettext("closed"), by)
    if len(plain(held.words)) <= BREATH:
        return Standing(gettext("%(closed)s except for %(who)s") % {"closed": closed, "who": held.words}, since)
    lead = gettext("%(closed)s, with exceptions,") % {"closed": closed}
    return Standing(lead, gettext("%(since)s: only for %(who)s") % {"since": since, "who": held.words})


def since_when(lane: Json, clock: Clock) -> str:
    at = moment(lane["since"])
    return gettext("since %(when)s") % {"when": clock.when(at, lane["since_precision"])} if at else ""
