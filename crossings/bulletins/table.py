"""How crossings stood at an hour -> the rows of a bulletin, in the words of the board and in every language at once.

A row is one crossing. Its `facts` are what two bulletins are compared by, told without ages, which always change:

    {"slug", "zones", "to": ["PK", "AF"], "facts": {"PK": {"cargo": […], …}},
     "said": {"en": {"name", "sides", "line", "ways"}}}

`to` is the order in which its directions are shown: what is kept as JSON keeps none of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import gettext, override

from crossings.board.short import lane_word
from crossings.domain.vocabulary import Confidence, Goods, State, Traffic
from crossings.domain.wfp import WORDS, Wfp, wfp_word
from crossings.phrases import words
from crossings.phrases.countries import country
from crossings.phrases.lanes import ordered, sides_of
from crossings.phrases.names import own_name
from crossings.phrases.queues import brief_count, important_first, waiting, waiting_somewhere
from crossings.phrases.sentences import speakers
from crossings.phrases.short import to_come, told
from crossings.phrases.text import capital, plain, spaced
from crossings.phrases.times import COARSE, Clock, moment

Json = dict[str, Any]
Rows = list[Json]
NOTHING = "–"
JUST_NOW = timedelta(minutes=5)
MOST_COUNTS, MOST_ROLES, MOST_ZONES = 2, 2, 3
CELLS = ("cargo", "aid", "people", "queue", "checked", "role", "wfp", "planned")
MARKED = ("cargo", "aid", "people", "queue", "wfp", "planned")
"""Of which a change is marked: that something was checked anew, and by whom, is no news."""


def rows(crossings: Sequence[Json], at: datetime, now: datetime) -> Rows:
    """A row for each crossing, which is told as it stood `at` the hour, in the order given. No queries."""
    found: Rows = [
        {
            "slug": each["slug"],
            "zones": [side["timezone"] for side in each["sides"]],
            "to": sides_of(each),
            "facts": {to: _facts(each, to) for to in sides_of(each)},
            "said": {},
        }
        for each in crossings
    ]
    for language, _ in settings.LANGUAGES:
        with override(language):
            for row, each in zip(found, crossings, strict=True):
                clock = Clock(at, tuple(row["zones"]), past=now - at > JUST_NOW)
                row["said"][language] = _said(each, clock)
    return found


def as_of(of: Iterable[Json], at: datetime) -> str:
    """The hour in the local times of the crossings, where these are few; else in UTC."""
    zones = list(dict.fromkeys(zone for row in of for zone in row["zones"]))
    return plain(Clock(at, tuple(zones) if 0 < len(zones) <= MOST_ZONES else ("UTC",)).when(at))


# What is compared


def _facts(crossing: Json, to: str) -> Json:
    cargo, people = _cargo(crossing, to), _travellers(crossing, to)
    return {
        "cargo": [_fact(lane) for lane in cargo],
        "aid": [_fact(_for_aid(lane)) for lane in cargo],
        "people": [_fact(lane) for lane in people],
        "queue": [
            [each[key] for key in ("traffic", "unit", "side", "to", "place", "low", "high")]
            for each in _counts(crossing, to)
        ],
        "wfp": _wfp([*cargo, *people]),
        "planned": [
            [each["at"], sorted([lane["traffic"], lane["state"]] for lane in lanes)]
            for each, lanes in _planned(crossing, to)
        ],
    }


def _fact(lane: Json) -> list[Any]:
    """The lane as a short form says it, on whose behalf, and on which conditions."""
    terms = sorted(lane["conditions"], key=str)
    silent = words.silent_sides(lane) if lane["state"] != State.CLOSED else []
    return [lane["traffic"], *lane_word(lane), _disputed(lane), silent, lane["held_by"], terms]


def _disputed(lane: Json) -> bool:
    return bool(lane["confidence"] == Confidence.DISPUTED and lane["state"] != State.UNKNOWN)


# What is told


def _said(crossing: Json, clock: Clock) -> Json:
    lanes = [lane for lane in ordered(crossing["status"]["lanes"]) if words.reported(lane)]
    name = own_name(crossing)[1]
    in_line = told(lanes, crossing, lambda lane: _in_line(lane, crossing, clock)) if lanes else ""
    line = gettext("%(lanes)s: %(word)s") % {"lanes": name, "word": in_line or gettext("nothing reported")}
    places = [
        spaced(side["place"], f"({country(side['country'])})" if side["place"] else country(side["country"]))
        for side in crossing["sides"]
    ]
    ways = {to: _way(crossing, to, clock) for to in sides_of(crossing)}
    return {"name": name, "sides": plain(" – ".join(places)), "line": plain(line), "ways": ways}


def _way(crossing: Json, to: str, clock: Clock) -> Json:
    cargo, people = _cargo(crossing, to), _travellers(crossing, to)
    lanes = [lane for lane in (*cargo, *people) if words.reported(lane)]
    cells = {
        "direction": capital(words.directions_named([to])),
        "cargo": "; ".join(_in_full(lane, clock) for lane in cargo),
        "aid": "; ".join(_in_full(_for_aid(lane), clock) for lane in cargo),
        "people": _of_travellers(people, clock),
        "queue": "; ".join(brief_count(each, clock) for each in _counts(crossing, to)[:MOST_COUNTS]),
        "checked": _checked(lanes, clock),
        "role": "; ".join(_roles(lanes, crossing)),
        "wfp": _wfp([*cargo, *people]),
        "planned": "; ".join(_plan(each, its, clock) for each, its in _planned(crossing, to)),
    }
    return {name: plain(text) or NOTHING for name, text in cells.items()}


def _of_travellers(lanes: Iterable[Json], clock: Clock) -> str:
    """Where those on foot and those in cars stand alike, only how."""
    alike: dict[str, list[str]] = {}
    for lane in lanes:
        alike.setdefault(_in_full(lane, clock), []).append(lane["traffic"])
    if len(alike) < 2:
        return next(iter(alike), "")
    form = gettext("%(lanes)s: %(word)s")
    return "; ".join(form % {"lanes": words.traffic_named(traffic), "word": text} for text, traffic in alike.items())


def _in_full(lane: Json, clock: Clock) -> str:
    """As the board's short form, with whom it lets through, and that its sources disagree."""
    text = spaced(words.word(lane, clock), words.more(lane, clock))
    if not _disputed(lane):
        return text
    return gettext("%(words)s, %(age)s") % {"words": text, "age": gettext("sources disagree")}


def _in_line(lane: Json, crossing: Json, clock: Clock) -> str:
    """The same, and what is to make it stricter within a day."""
    text, coming = _in_full(lane, clock), to_come(lane, crossing, clock)
    return gettext("%(words)s, %(age)s") % {"words": text, "age": coming} if coming else text


def _cargo(crossing: Json, to: str) -> list[Json]:
    return [lane for lane in crossing["status"]["lanes"] if lane["to"] == to and lane["traffic"] == Traffic.CARGO]


def _travellers(crossing: Json, to: str) -> list[Json]:
    """Those on foot and those in cars and buses."""
    lanes = [lane for lane in crossing["status"]["lanes"] if lane["to"] == to and lane["traffic"] != Traffic.CARGO]
    return ordered(lanes)[::-1]


def _for_aid(lane: Json) -> Json:
    """The lane of goods trucks for humanitarian aid: at a gate that names it in its conditions, these alone count;
    elsewhere aid is goods as all others.
    """
    naming = {term.get("side") for term in lane["conditions"] if _names_aid(term)}
    kept = [term for term in lane["conditions"] if _names_aid(term) or term.get("side") not in naming]
    return {**lane, "conditions": kept}


def _names_aid(term: Json) -> bool:
    return Goods.HUMANITARIAN in term.get("goods", ())


def _counts(crossing: Json, to: str) -> list[Json]:
    """What waits that way, and what waits without a way being said."""
    lanes = [lane for lane in ordered(crossing["status"]["lanes"]) if lane["to"] == to]
    found = [each for lane in lanes for each in waiting(crossing["queues"], lane, crossing["countries"])]
    found += [each for lane in lanes for each in waiting_somewhere(crossing["queues"], lane["traffic"])]
    return important_first(found)


def _checked(lanes: Iterable[Json], clock: Clock) -> str:
    """When the least surely known of these lanes was last heard of."""
    heard = [lane for lane in lanes if lane["confirmed_at"]]
    if not heard:
        return ""
    lane = min(heard, key=lambda lane: moment(lane["confirmed_at"]) or clock.now)
    at = moment(lane["confirmed_at"]) or clock.now
    coarse = lane["confirmed_at"] == lane["since"] or (lane["since_precision"] in COARSE and clock.is_noon(at))
    return clock.when(at, lane["since_precision"], brief=True) if coarse else clock.when(at, brief=True)


def _roles(lanes: Iterable[Json], crossing: Json) -> list[str]:
    """Who was heard, by public label."""
    found = [label for lane in lanes for label in speakers(lane, crossing["status"]["sources"])]
    return list(dict.fromkeys(found))[:MOST_ROLES]


def _wfp(lanes: Iterable[Json]) -> str:
    """Over the lanes of which anything was ever said."""
    return wfp_word(State(lane_word(lane)[0]) for lane in lanes if words.reported(lane)).value


def _planned(crossing: Json, to: str) -> list[tuple[Json, list[Json]]]:
    """What is ordered or announced and has not come, each with its lanes of that direction."""
    waits = [each for each in crossing["status"]["announced"] if each["outcome"] is None]
    found = [(each, [lane for lane in each["lanes"] if lane["to"] == to]) for each in waits]
    return [(each, lanes) for each, lanes in found if lanes]


def _plan(said: Json, lanes: Sequence[Json], clock: Clock) -> str:
    """ "Planned: Open, goods trucks, Saturday 25 Feb, 06:00 Kabul": the words of WFP, the rest in the reader's."""
    alike: dict[str, list[str]] = {}
    for lane in lanes:
        alike.setdefault(WORDS[State(lane["state"])].value, []).append(lane["traffic"])
    at = moment(said["at"])
    when = clock.when(at, said["precision"], brief=True) if at else ""
    return "; ".join(
        f"{Wfp.PLANNED.value}: " + ", ".join(filter(None, (word, words.traffic_named(traffic), when)))
        for word, traffic in alike.items()
    )
