"""A lane in words: pure functions from the status JSON to phrases and sentences.

DESIGN rule 7 is kept here and nowhere else: a lane is called open only where its confidence is `current`; otherwise it
was "last reported open, 3 days ago", beside the unknown mark.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext

from crossings.domain.vocabulary import By, Confidence, Passing, State, Traffic, Where
from crossings.phrases.conditions import EXCEPT, WITH, brief, terms
from crossings.phrases.countries import country
from crossings.phrases.text import apart, capital, listed
from crossings.phrases.times import Clock, moment, span

Json = dict[str, Any]

TRAFFIC_ORDER = (Traffic.CARGO, Traffic.VEHICLES, Traffic.PEOPLE)
"""Cargo first: goods trucks are what most readers ask for."""


def reported(lane: Json) -> bool:
    return lane["since"] is not None


def sure(lane: Json) -> bool:
    return bool(lane["confidence"] == Confidence.CURRENT)


def says_open(lane: Json) -> bool:
    """Whether its state, taken at its word, lets most pass: open, or restricted by denials alone."""
    return lane["state"] == State.OPEN or (lane["state"] == State.RESTRICTED and terms(lane).kind == WITH)


def silent_sides(lane: Json) -> list[str]:
    return [key for key, state in lane["gates"].items() if state == State.UNKNOWN]


def mark(lane: Json) -> str:
    """The shape beside the word: open, restricted, closed or unknown."""
    if says_open(lane) and not sure(lane):
        return State.UNKNOWN.value
    return str(lane["state"])


def word(lane: Json, clock: Clock) -> str:
    """The short form of a lane, on its own feet: board, title, share text."""
    if not reported(lane):
        return gettext("nothing reported")
    if lane["state"] == State.UNKNOWN:
        return gettext("not known")
    if lane["state"] == State.CLOSED:
        return _spaced(gettext("closed"), by_whom(lane))
    if lane["state"] == State.RESTRICTED and terms(lane).kind != WITH:
        return gettext("closed except…") if terms(lane).kind == EXCEPT else gettext("on conditions not known to us")
    return _open_word(lane, clock)


def _open_word(lane: Json, clock: Clock) -> str:
    conditional = lane["state"] == State.RESTRICTED
    if conditional and silent_sides(lane):
        return gettext("with conditions, and no word from %(sides)s") % {"sides": _gates_named(silent_sides(lane))}
    if not sure(lane):
        form = gettext("last reported open with conditions") if conditional else gettext("last reported open")
        age = reported_age(lane, clock)
        return gettext("%(words)s, %(age)s") % {"words": form, "age": age} if age else form
    if shut_at_this_hour(lane):
        return gettext("open, but shut at this hour")
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
    """What an unknown lane was before it became so: "last known: closed, until 26 Apr"."""
    since = moment(lane["since"])
    if lane["last_known"] is None or since is None:
        return ""
    forms = {
        State.OPEN: gettext("last reported open, until %(day)s"),
        State.RESTRICTED: gettext("last known: passable on conditions only, until %(day)s"),
        State.CLOSED: gettext("last known: closed, until %(day)s"),
    }
    return forms[State(lane["last_known"])] % {"day": clock.day(since, brief=True)}


def why_unknown(lane: Json) -> str:
    silent = silent_sides(lane)
    if lane["confidence"] == Confidence.ASSUMED:
        if lane["last_known"] in (State.CLOSED, State.RESTRICTED):
            return gettext("its stated end has passed, with no word that it opened")
        return gettext("an announced time has passed without word")
    if silent and len(silent) < len(lane["gates"]):
        return gettext("no word from %(sides)s") % {"sides": _gates_named(silent)}
    return gettext("nobody has spoken of it lately")


def _gates_named(keys: Iterable[str]) -> str:
    return listed([gate_name(key) for key in keys])


def gate_name(key: str) -> str:
    """ "PK" is Pakistan; "PL:road" the road in Poland."""
    side, _, where = key.partition(":")
    return gettext("the road in %(country)s") % {"country": country(side)} if where else country(side)


def confirmed_age(lane: Json, clock: Clock) -> str:
    at = moment(lane["confirmed_at"])
    if at is None:
        return ""
    # What was heard as it began is known no better than its beginning.
    return clock.age(at, lane["since_precision"] if lane["confirmed_at"] == lane["since"] else "exact")


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


def freshness(lane: Json, clock: Clock) -> str:
    """How far to trust the word, in a few words; where the word tells the age already it is not told again."""
    confidence, age = Confidence(lane["confidence"]), confirmed_age(lane, clock)
    if not reported(lane) or lane["state"] == State.UNKNOWN:
        return ""
    told = says_open(lane) and not sure(lane) and not (lane["state"] == State.RESTRICTED and silent_sides(lane))
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
    if told or not age:
        return {
            Confidence.SINGLE: gettext("one source only"),
            Confidence.STALE: gettext("not confirmed since"),
            Confidence.DISPUTED: gettext("sources disagree"),
        }.get(confidence, "")
    return {
        Confidence.CURRENT: gettext("confirmed %(age)s"),
        Confidence.SINGLE: gettext("one source only, %(age)s"),
        Confidence.STALE: gettext("last confirmed %(age)s"),
        Confidence.DISPUTED: gettext("sources disagree; last confirmed %(age)s"),
    }[confidence] % {"age": age}


def by_whom(lane: Json) -> str:
    """Who holds it: "by Pakistan", "by protesters on the road in Poland"; empty where nobody was named."""
    sides = [held["side"] for held in lane["held_by"] if _gate_authority(held)]
    others = [_holder(held) for held in lane["held_by"] if not _gate_authority(held)]
    named = [country(side) for side in sides if side]
    by = [gettext("by %(sides)s") % {"sides": listed(named)}] if named else []
    return listed([*by, *(other for other in others if other)])


def _gate_authority(held: Json) -> bool:
    return bool(held["where"] == Where.GATE and held["by"] == By.AUTHORITY)


def _holder(held: Json) -> str:
    place = ""
    if held["side"]:
        road = held["where"] == Where.ROAD
        form = gettext("on the road in %(country)s") if road else gettext("in %(country)s")
        place = form % {"country": country(held["side"])}
    elif held["where"] == Where.ROAD:
        place = gettext("on the road")
    if held["by"] == By.AUTHORITY:
        return place
    if held["by"] == By.UNKNOWN:
        return _spaced(place, gettext("(not known by whom)"))
    return _spaced(gettext("by %(who)s") % {"who": gettext(By(held["by"]).label)}, place)


def shut_at_this_hour(lane: Json) -> bool:
    return bool(lane.get("now") == Passing.OUTSIDE_HOURS)


def hours_now(lane: Json, clock: Clock) -> str:
    """Whether the hours let it pass at this moment, and when it opens next."""
    if not shut_at_this_hour(lane):
        return gettext("within its hours now") if lane.get("now") == Passing.PASSING else ""
    opening = moment(lane["next_opening"]["at"]) if lane["next_opening"] else None
    if opening is None:
        return gettext("shut at this hour")
    return gettext("shut at this hour; its hours begin %(when)s") % {"when": clock.when(opening, brief=True)}


def traffic_named(traffic: Iterable[str]) -> str:
    """ "goods trucks, cars and buses", cargo first."""
    given = set(traffic)
    return gettext(", ").join(gettext(each.label) for each in TRAFFIC_ORDER if each in given)


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
            parts.append(_spaced(what, directions_named(ways)))
    return gettext("; ").join(parts)


def sentence(lane: Json, clock: Clock, speakers: Sequence[str] = ()) -> str:
    """The whole answer for one lane: "Goods trucks to Pakistan: closed by Pakistan since …; confirmed … by …"."""
    what = capital(_spaced(traffic_named([lane["traffic"]]), directions_named([lane["to"]])))
    parts = [standing(lane, clock)]
    fresh = freshness(lane, clock)
    if fresh:
        aside = lane["confidence"] == Confidence.SINGLE or heard_earlier(lane) or (says_open(lane) and not sure(lane))
        form = gettext("%(fresh)s (%(who)s)") if aside else gettext("%(fresh)s by %(who)s")
        who = _speakers_named(speakers)
        parts.append(form % {"fresh": fresh, "who": who} if who and _heard(lane) else fresh)
    if reported(lane) and shut_at_this_hour(lane) and lane["state"] in (State.OPEN, State.RESTRICTED):
        parts.append(hours_now(lane, clock))
    return gettext("%(what)s: %(how)s.") % {"what": what, "how": gettext("; ").join(parts)}


def _heard(lane: Json) -> bool:
    return lane["confidence"] != Confidence.ASSUMED and lane["confirmed_at"] is not None


def _speakers_named(labels: Sequence[str]) -> str:
    names = [apart(label) for label in labels[:2]]
    if len(labels) > 2:
        names.append(gettext("others"))
    return listed(names)


def standing(lane: Json, clock: Clock) -> str:
    """State, holder, conditions and beginning, in one phrase."""
    if not reported(lane):
        return gettext("nothing was ever reported")
    since = since_when(lane, clock)
    if lane["state"] == State.UNKNOWN:
        was = last_known(lane, clock)
        known = gettext("not known (%(was)s)") % {"was": was} if was else gettext("not known")
        return gettext("%(words)s; %(why)s") % {"words": known, "why": why_unknown(lane)}
    if lane["state"] == State.RESTRICTED:
        return _restricted(lane, clock, since)
    if lane["state"] == State.CLOSED:
        return _spaced(word(lane, clock), since)
    if sure(lane):
        return _spaced(gettext("open"), since)
    return gettext("%(word)s (%(since)s)") % {"word": word(lane, clock), "since": since}


def _restricted(lane: Json, clock: Clock, since: str) -> str:
    held, by = terms(lane), by_whom(lane)
    if held.kind == EXCEPT:
        closed = _spaced(gettext("closed"), by, since)
        return gettext("%(closed)s, except for %(who)s") % {"closed": closed, "who": held.words}
    if held.kind == WITH:
        sure_of_all = sure(lane) and not silent_sides(lane)
        form = (
            gettext("open %(since)s, %(set)s: %(terms)s") if sure_of_all else gettext("%(word)s (%(since)s): %(terms)s")
        )
        set_by = _spaced(gettext("with conditions set"), by) if by else gettext("with conditions")
        return form % {"word": word(lane, clock), "since": since, "set": set_by, "terms": held.words}
    return _spaced(gettext("passable only on conditions not known to us, set"), by, since)


def since_when(lane: Json, clock: Clock) -> str:
    at = moment(lane["since"])
    return gettext("since %(when)s") % {"when": clock.when(at, lane["since_precision"])} if at else ""


def _spaced(*parts: str) -> str:
    return " ".join(part for part in parts if part)
