"""The lanes of a crossing as a page lays them out: by direction, cargo first, what is the same said once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import gettext

from crossings.domain.vocabulary import Confidence, State
from crossings.phrases import words
from crossings.phrases.conditions import EXCEPT, Terms, terms
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
    age: str = ""
    gates: tuple[Gate, ...] = ()
    holding: bool = False
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


def ways(crossing: Json, clock: Clock, *, brief: bool = False) -> list[Way]:
    """Directions that read alike are told once. Nothing at all where nothing was ever reported of the crossing."""
    lanes = crossing["status"]["lanes"]
    if not any(words.reported(lane) for lane in lanes):
        return []
    alike: dict[tuple[tuple[str, Row], ...], list[str]] = {}
    for to in sides_of(crossing):
        rows = _rows(ordered([lane for lane in lanes if lane["to"] == to]), clock, brief)
        if rows:
            alike.setdefault(tuple((row.what, row) for row in rows), []).append(to)
    return [Way(capital(words.directions_named(to)), tuple(row for _, row in rows)) for rows, to in alike.items()]


def _rows(lanes: Sequence[Json], clock: Clock, brief: bool) -> list[Row]:
    """One for all lanes that read alike, where the first of them stands."""
    groups: dict[Row, list[str]] = {}
    for lane in lanes:
        read = short_row(lane, clock) if brief else row(lane, clock)
        groups.setdefault(read, []).append(lane["traffic"])
    return [replace(read, what=capital(words.traffic_named(traffic))) for read, traffic in groups.items()]


def short_row(lane: Json, clock: Clock) -> Row:
    """As on the board: the word, whom it concerns, since when and how fresh."""
    shut = words.shut_at_this_hour(lane) and lane["state"] in (State.OPEN, State.RESTRICTED)
    told = lane["state"] == State.UNKNOWN and lane["last_known"] is not None
    return Row(
        what=words.traffic_named([lane["traffic"]]),
        mark=words.mark(lane),
        word=words.word(lane, clock),
        more=tuple(part for part in [words.more(lane, clock)] if part),
        fresh=words.freshness(lane, clock),
        since=None if told else clock.stamped(lane["since"], lane["since_precision"], brief=True),
        hours=words.hours_now(lane, clock) if shut else "",
    )


def row(lane: Json, clock: Clock) -> Row:
    """As on the crossing's own page: all there is."""
    unknown = lane["state"] == State.UNKNOWN
    return Row(
        what=words.traffic_named([lane["traffic"]]),
        mark=words.mark(lane),
        word=words.word(lane, clock),
        more=tuple(capital(part) for part in words.unknown_details(lane, clock)),
        since=clock.stamped_day(lane["since"])
        if words.fell_silent(lane)
        else clock.stamped(lane["since"], lane["since_precision"]),
        confirmed=clock.stamped(lane["confirmed_at"]),
        age=words.confirmed_age(lane, clock),
        gates=tuple(_gate(key, state, lane) for key, state in lane["gates"].items()),
        holding=lane["state"] in (State.CLOSED, State.RESTRICTED),
        held=words.by_whom(lane),
        terms=terms(lane) if lane["state"] == State.RESTRICTED else None,
        hours=words.hours_now(lane, clock),
        trust="" if unknown else gettext(Confidence(lane["confidence"]).label),
    )


def _gate(key: str, state: str, lane: Json) -> Gate:
    """A gate's own word. What the lane's confidence says of an open gate it says only where the lane is open."""
    name = words.gate_name(key)
    if state == State.OPEN:
        sure = words.sure(lane) and lane["state"] == State.OPEN
        return Gate(name, state if sure else State.UNKNOWN.value, gettext("open") if sure else gettext("reported open"))
    if state == State.RESTRICTED:
        return Gate(name, state, gettext("with exceptions") if terms(lane).kind == EXCEPT else gettext("on conditions"))
    return Gate(name, state, gettext("closed") if state == State.CLOSED else gettext("not known"))


@dataclass(frozen=True, slots=True)
class Answer:
    """A direction's first lane in a sentence, and the others in a few words."""

    mark: str
    sentence: str
    others: tuple[Row, ...]


def answers(crossing: Json, clock: Clock) -> list[Answer]:
    """What the page says first, for each direction: of the goods trucks, or of whatever comes first there."""
    found = []
    sources = crossing["status"]["sources"]
    for to in sides_of(crossing):
        lanes = ordered([lane for lane in crossing["status"]["lanes"] if lane["to"] == to])
        if lanes:
            sentence = words.sentence(lanes[0], clock, speakers(lanes[0], sources))
            heard = [lane for lane in lanes[1:] if words.reported(lane)]
            found.append(Answer(words.mark(lanes[0]), sentence, tuple(_rows(heard, clock, brief=True))))
    return found


def speakers(lane: Json, sources: Sequence[Json]) -> list[str]:
    """The labels of those on whom the lane rests, the last heard first; nobody where that cannot be told."""
    if "reports" in lane:
        return list(dict.fromkeys(each["label"] for each in sources if each["report"] in lane["reports"]))
    labels = list(dict.fromkeys(each["label"] for each in sources))
    return labels if len(labels) == 1 else []


def title(crossing: Json, clock: Clock) -> str:
    """The crossing in one short form: its first traffic, both ways; of a past page, with its day."""
    lanes = {
        to: ordered([lane for lane in crossing["status"]["lanes"] if lane["to"] == to]) for to in sides_of(crossing)
    }
    parts: dict[str, list[str]] = {}
    for to, found in lanes.items():
        if found:
            parts.setdefault(words.word(found[0], clock), []).append(to)
    name = str(crossing["name"])
    if clock.past:
        name = gettext("%(name)s on %(day)s") % {"name": name, "day": clock.day(clock.now)}
    if not parts:
        return name
    first = next(found[0]["traffic"] for found in lanes.values() if found)
    told = [
        gettext("%(way)s: %(word)s")
        % {"way": words.directions_named(to) if len(parts) > 1 else gettext("both ways"), "word": word}
        for word, to in parts.items()
    ]
    form = gettext("%(name)s: %(traffic)s %(told)s")
    return form % {"name": name, "traffic": words.traffic_named([first]), "told": gettext(", ").join(told)}
