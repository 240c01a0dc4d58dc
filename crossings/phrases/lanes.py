"""The lanes of a crossing as a page lays them out: by direction, cargo first, what is the same said once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import gettext

from crossings.domain.vocabulary import State
from crossings.evidence.recent import Claimed
from crossings.phrases import words
from crossings.phrases.conditions import EXCEPT, Terms, terms
from crossings.phrases.holders import by_whom, gate_name
from crossings.phrases.queues import brief_count, pace, waiting
from crossings.phrases.sentences import Sentence, sentence, speakers, trust
from crossings.phrases.story import orders
from crossings.phrases.text import capital
from crossings.phrases.times import Clock, Stamped

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Gate:
    name: str
    mark: str
    word: str


@dataclass(frozen=True, slots=True)
class Row:
    """One lane, or several of one direction that read alike.

    `more` belongs to the word, `terms` are a restricted lane's conditions, `trust` is empty where nothing is known.
    """

    what: str = field(compare=False)
    mark: str
    word: str
    more: tuple[str, ...]
    since: Stamped | None
    fresh: str = ""
    confirmed: Stamped | None = None
    gates: tuple[Gate, ...] = ()
    held: str = ""
    terms: Terms | None = None
    hours: str = ""
    trust: str = ""


@dataclass(frozen=True, slots=True)
class Way:
    """A direction, or both where they stand alike."""

    heading: str
    rows: tuple[Row, ...]


def sides_of(crossing: Json) -> list[str]:
    """The directions in the order they are shown: into the second country first."""
    return list(reversed(crossing["countries"]))


def ordered(lanes: Sequence[Json]) -> list[Json]:
    order = {traffic.value: rank for rank, traffic in enumerate(words.TRAFFIC_ORDER)}
    return sorted(lanes, key=lambda lane: order[lane["traffic"]])


def ways(crossing: Json, clock: Clock) -> list[Way]:
    """Each direction in few words; those that read alike are told once. Nothing at all where nothing was ever reported
    of the crossing."""
    lanes = crossing["status"]["lanes"]
    if not any(words.reported(lane) for lane in lanes):
        return []
    alike: dict[tuple[tuple[str, Row], ...], list[str]] = {}
    for to in sides_of(crossing):
        rows = short_rows([lane for lane in lanes if lane["to"] == to], clock)
        if rows:
            alike.setdefault(tuple((row.what, row) for row in rows), []).append(to)
    return [Way(capital(words.directions_named(to)), tuple(row for _, row in rows)) for rows, to in alike.items()]


def short_rows(lanes: Sequence[Json], clock: Clock) -> list[Row]:
    """Of one direction: one row for all lanes that read alike, where the first of them stands."""
    groups: dict[Row, list[str]] = {}
    for lane in ordered(lanes):
        groups.setdefault(short_row(lane, clock), []).append(lane["traffic"])
    return [replace(read, what=capital(words.traffic_named(traffic))) for read, traffic in groups.items()]


def rows(crossing: Json, clock: Clock, claims: Mapping[int, Claimed] | None = None) -> list[Row]:
    """Every lane with all there is, cargo first; lanes that read alike are told once. Nothing where nothing was ever
    reported."""
    status = crossing["status"]
    if not any(words.reported(lane) for lane in status["lanes"]):
        return []
    groups: dict[Row, list[tuple[str, str]]] = {}
    for lane in ordered(sorted(status["lanes"], key=lambda lane: sides_of(crossing).index(lane["to"]))):
        read = row(lane, speakers(lane, status["sources"], claims), clock)
        groups.setdefault(read, []).append((lane["traffic"], lane["to"]))
    carried = [(lane["traffic"], lane["to"]) for lane in status["lanes"]]
    return [replace(read, what=capital(words.lanes_named(lanes, carried))) for read, lanes in groups.items()]


def short_row(lane: Json, clock: Clock) -> Row:
    """As on the board: the word, whom it concerns, since when and how fresh."""
    told = lane["state"] == State.UNKNOWN and lane["last_known"] is not None
    return Row(
        what=words.traffic_named([lane["traffic"]]),
        mark=words.mark(lane),
        word=words.word(lane, clock),
        more=tuple(part for part in [words.more(lane, clock)] if part),
        fresh=words.freshness(lane, clock),
        since=None if told else clock.stamped(lane["since"], lane["since_precision"], brief=True),
        hours=_hours(lane, clock) if words.shut_at_this_hour(lane) else "",
    )


def row(lane: Json, voices: Sequence[str], clock: Clock) -> Row:
    """As on the crossing's own page: all there is."""
    confirmed = lane["confirmed_at"]
    at_once = confirmed == lane["since"] or clock.is_dated(confirmed)
    return Row(
        what=words.traffic_named([lane["traffic"]]),
        mark=words.mark(lane),
        word=words.word(lane, clock),
        more=tuple(capital(part) for part in words.unknown_details(lane, clock)),
        since=clock.stamped_day(lane["since"])
        if words.fell_silent(lane)
        else clock.stamped(lane["since"], lane["since_precision"]),
        confirmed=None if at_once else clock.stamped(confirmed, brief=True),
        gates=tuple(_gate(key, state, lane) for key, state in lane["gates"].items()),
        held=_held(lane),
        terms=terms(lane) if lane["state"] == State.RESTRICTED else None,
        hours=capital(_hours(lane, clock)),
        trust=capital(trust(lane, clock, voices)),
    )


def _hours(lane: Json, clock: Clock) -> str:
    """Where the word says already that it is shut, only when it opens."""
    if lane["state"] not in (State.OPEN, State.RESTRICTED):
        return ""
    return words.opens_next(lane, clock) if words.mark(lane) == words.SHUT else words.hours_now(lane, clock)


def _held(lane: Json) -> str:
    """Who holds it, where the word does not say so."""
    if lane["state"] == State.CLOSED:
        return "" if by_whom(lane) else gettext("by whom was not said")
    if lane["state"] == State.RESTRICTED:
        return gettext("set %(by)s") % {"by": by_whom(lane)} if by_whom(lane) else gettext("by whom was not said")
    return ""


def _gate(key: str, state: str, lane: Json) -> Gate:
    """A gate's own word. What the lane's confidence says of an open gate it says only where the lane is open.

    Of a gate that was only seen to let pass, its own side has not said so: it is never called open.
    """
    name = gate_name(key)
    loosened = key in lane.get("loosened", ())
    if state == State.OPEN:
        if loosened:
            return Gate(name, State.UNKNOWN.value, gettext("passed, says the other side"))
        if words.mark(lane) == words.SHUT:
            return Gate(name, words.SHUT, gettext("open at its hours"))
        sure = words.sure(lane) and lane["state"] == State.OPEN
        return Gate(name, state if sure else State.UNKNOWN.value, gettext("open") if sure else gettext("reported open"))
    if state == State.RESTRICTED:
        if loosened:
            return Gate(name, state, gettext("passed on conditions, says the other side"))
        return Gate(name, state, gettext("with exceptions") if terms(lane).kind == EXCEPT else gettext("on conditions"))
    return Gate(name, state, gettext("closed") if state == State.CLOSED else gettext("not known"))


@dataclass(frozen=True, slots=True)
class Answer:
    """A direction's first lane in a sentence, what is ordered of it, what waits there, and the other lanes in a few
    words."""

    mark: str
    sentence: Sentence
    others: tuple[Row, ...]
    orders: tuple[tuple[str, str], ...] = ()
    queue: str = ""
    queues_left: int = 0
    pace: str = ""


def first_lanes(crossing: Json) -> list[Json]:
    """Of each direction the lane that is told first: the goods trucks, or whatever comes first there."""
    lanes = crossing["status"]["lanes"]
    ways_ = [ordered([lane for lane in lanes if lane["to"] == to]) for to in sides_of(crossing)]
    return [found[0] for found in ways_ if found]


def answers(crossing: Json, clock: Clock, claims: Mapping[int, Claimed] | None = None) -> list[Answer]:
    """What the page says first, for each direction."""
    return [_answer(lane, crossing, clock, claims) for lane in first_lanes(crossing)]


def _answer(lane: Json, crossing: Json, clock: Clock, claims: Mapping[int, Claimed] | None) -> Answer:
    status = crossing["status"]
    others = [each for each in status["lanes"] if each["to"] == lane["to"] and each is not lane]
    waits = waiting(crossing["queues"], lane, crossing["countries"])
    return Answer(
        mark=words.mark(lane),
        sentence=sentence(lane, clock, speakers(lane, status["sources"], claims)),
        others=tuple(short_rows([each for each in others if words.reported(each)], clock)),
        orders=tuple(orders(crossing, lane, clock)),
        queue=brief_count(waits[0], clock) if waits else "",
        queues_left=len(waits) - 1,
        pace=capital(pace(crossing, lane, clock)),
    )


def title(crossing: Json, clock: Clock) -> str:
    """The crossing in one short form: its first traffic, both ways; of a past page, with its day."""
    lanes = first_lanes(crossing)
    parts: dict[str, list[str]] = {}
    for lane in lanes:
        parts.setdefault(words.word(lane, clock), []).append(lane["to"])
    name = str(crossing["name"])
    if clock.past:
        name = gettext("%(name)s on %(day)s") % {"name": name, "day": clock.day(clock.now)}
    if not parts:
        return name
    told = [
        gettext("%(way)s: %(word)s")
        % {"way": words.directions_named(to) if len(parts) > 1 else gettext("both ways"), "word": word}
        for word, to in parts.items()
    ]
    form = gettext("%(name)s: %(traffic)s %(told)s")
    return form % {
        "name": name,
        "traffic": words.traffic_named([lanes[0]["traffic"]]),
        "told": gettext(", ").join(told),
    }
