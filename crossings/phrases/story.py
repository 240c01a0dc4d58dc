"""What was said: announcements and how they ended, conflicts and sources, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from crossings.domain.announcements import Announcement as Promised
from crossings.domain.vocabulary import STRICTNESS, Basis, Outcome, SourceKind, State
from crossings.phrases import words
from crossings.phrases.conditions import EXCEPT, terms
from crossings.phrases.countries import country
from crossings.phrases.holders import gates_named
from crossings.phrases.labels import label
from crossings.phrases.text import apart, capital
from crossings.phrases.times import Clock, Stamped, moment

Json = dict[str, Any]
Lanes = list[tuple[str, str]]
RECORD_OF = 5


@dataclass(frozen=True, slots=True)
class Voice:
    """A source as the public may know it. `url` is empty where it is no web address."""

    label: str
    kind: str
    url: str
    said: Stamped | None = None
    age: str = ""


@dataclass(frozen=True, slots=True)
class Announcement:
    """What was said to come. `ordered`: by whoever runs the gate, so that it takes effect at its time."""

    words: str
    due: Stamped | None
    voice: str
    said: Stamped | None
    outcome: str
    ended: Stamped | None
    ordered: bool = False
    pending: bool = False
    mark: str = ""
    lanes: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two that disagree on one gate: what the page goes by, and what another source says."""

    gate: str
    lanes: str
    ours: str
    ours_mark: str
    theirs: str
    theirs_mark: str
    voice: str
    said: Stamped | None
    age: str


def web_address(url: str) -> str:
    return url if url.startswith(("https://", "http://")) else ""


def voice(source: Json, clock: Clock) -> Voice:
    kind, at = label(SourceKind(source["kind"])), source["reported_at"]
    return Voice(
        apart(source["label"]), kind, web_address(source["url"]), clock.stamped(at, brief=True), age_beside(at, clock)
    )


def age_beside(at: str | None, clock: Clock) -> str:
    """The age to stand beside a time; none beside a day."""
    found = moment(at)
    return clock.age(found) if found and not clock.is_dated(at) else ""


def carried(crossing: Json) -> Lanes:
    return [(lane["traffic"], lane["to"]) for lane in crossing["status"]["lanes"]]


def announcement(said: Json, crossing: Json, clock: Clock) -> Announcement:
    ordered = said.get("basis") == Basis.ORDERED
    strictest = max((State(lane["state"]) for lane in said["lanes"]), key=STRICTNESS.__getitem__)
    return Announcement(
        words=capital(_order(said, crossing, clock) if ordered else _promised(said, crossing)),
        due=clock.stamped(said["at"], said["precision"]),
        voice=apart(said["source"]),
        said=clock.stamped(said["said_at"], brief=True),
        outcome="" if ordered else _outcome(said, clock),
        ended=clock.stamped(said["ended_at"], brief=True),
        ordered=ordered,
        pending=said["outcome"] is None,
        mark=_unsure(strictest),
        lanes=frozenset((lane["traffic"], lane["to"]) for lane in said["lanes"]),
    )


def _promised(said: Json, crossing: Json) -> str:
    """ "Pakistan to open: goods trucks, both ways" """
    form = gettext("%(promise)s: %(lanes)s")
    text = gettext("; ").join(
        form % {"promise": promise, "lanes": lanes} for promise, lanes in _by_state(said, crossing, _promise)
    )
    return gettext("%(country)s %(words)s") % {"country": country(said["by"]), "words": text} if said["by"] else text


def _order(said: Json, crossing: Json, clock: Clock) -> str:
    """ "closed from Monday 27 Feb 2023 by Pakistan: goods trucks, both ways" """
    form = gettext("%(order)s: %(lanes)s")
    return gettext("; ").join(
        form % {"order": _begins(said, state, clock), "lanes": lanes}
        for state, lanes in _by_state(said, crossing, _ordered)
    )


def _begins(said: Json, state: str, clock: Clock) -> str:
    known = {"state": state, "when": clock.when(moment(said["at"]) or clock.now, said["precision"])}
    if not said["by"]:
        return gettext("%(state)s from %(when)s") % known
    return gettext("%(state)s from %(when)s by %(who)s") % {**known, "who": country(said["by"])}


def orders(crossing: Json, lane: Json, clock: Clock) -> list[tuple[str, str]]:
    """What is ordered of one lane and has yet to take effect, each as a mark and words."""
    return [
        (_unsure(each["state"]), capital(_begins(said, _ordered({"conditions": [], **each}), clock)))
        for said in crossing["status"]["announced"]
        if said.get("basis") == Basis.ORDERED
        for each in said["lanes"]
        if (each["traffic"], each["to"]) == (lane["traffic"], lane["to"])
    ]


def _by_state(said: Json, crossing: Json, name: Callable[[Json], str]) -> list[tuple[str, str]]:
    """The lanes it speaks of, those together of which it says the same."""
    found: dict[str, Lanes] = {}
    for lane in said["lanes"]:
        found.setdefault(name({"conditions": [], **lane}), []).append((lane["traffic"], lane["to"]))
    return [(told, words.lanes_named(lanes, carried(crossing))) for told, lanes in found.items()]


def _ordered(lane: Json) -> str:
    return gettext("closed") if lane["state"] == State.CLOSED else _promise(lane)


@dataclass(frozen=True, slots=True)
class Record:
    """How earlier announcements ended."""

    openings: str
    closings: str


def record(ended: Sequence[Promised], clock: Clock) -> Record:
    """ "Last 5 announced openings: 1 kept". What several said of one day is one announcement, kept if it came about."""
    told = {}
    for opening in (True, False):
        by_day: dict[object, bool] = {}
        for each in sorted(ended, key=lambda each: each.due or each.said.reported_at, reverse=True):
            state = State.OPEN if opening else State.CLOSED
            if each.outcome and all(lane.state is state for lane in each.said.lanes.values()):
                day = clock.local(each.due or each.said.reported_at).date()
                by_day[day] = by_day.get(day, False) or each.outcome is Outcome.KEPT
        told[opening] = list(by_day.values())[:RECORD_OF]
    return Record(_openings(told[True]), _closings(told[False]))


def _openings(kept: Sequence[bool]) -> str:
    if len(kept) == 1:
        return (
            gettext("The last announced opening was kept")
            if kept[0]
            else gettext("The last announced opening was not kept")
        )
    form = gettext("Last %(n)s announced openings: %(kept)s kept")
    return form % {"n": apart(len(kept)), "kept": apart(sum(kept))} if kept else ""


def _closings(kept: Sequence[bool]) -> str:
    if len(kept) == 1:
        return (
            gettext("The last announced closing was kept")
            if kept[0]
            else gettext("The last announced closing was not kept")
        )
    form = gettext("Last %(n)s announced closings: %(kept)s kept")
    return form % {"n": apart(len(kept)), "kept": apart(sum(kept))} if kept else ""


def _promise(lane: Json) -> str:
    match lane["state"]:
        case State.OPEN:
            return gettext("to open")
        case State.CLOSED:
            return gettext("to close")
        case State.RESTRICTED:
            asked = terms(lane)
            if not lane.get("conditions"):
                return gettext("to be on conditions: %(terms)s") % {"terms": gettext("not known to us")}
            if asked.kind == EXCEPT:
                return gettext("to be closed except for %(who)s") % {"who": asked.words}
            return gettext("to be on conditions: %(terms)s") % {"terms": asked.words}
    return gettext("not known")


def _outcome(said: Json, clock: Clock) -> str:
    due = moment(said["at"])
    match said["outcome"]:
        case Outcome.KEPT:
            return gettext("kept")
        case Outcome.WITHDRAWN:
            return gettext("withdrawn or put off")
        case Outcome.LAPSED:
            return gettext("lapsed: no word that it came about")
    return gettext("due, no word yet") if due and due <= clock.now else gettext("still to come")


def conflicts(crossing: Json, clock: Clock) -> list[Conflict]:
    """One for each source and what it says against the page, the gates and lanes told together."""
    ours = {(lane["traffic"], lane["to"]): lane["gates"] for lane in crossing["status"]["lanes"]}
    found: dict[Against, dict[str, Lanes]] = {}
    for each in crossing["status"]["conflicts"]:
        lane = each["traffic"], each["to"]
        gate = each["side"] if each.get("where", "gate") == "gate" else f"{each['side']}:road"
        said = Against(ours[lane].get(gate, State.UNKNOWN.value), each["state"], each["source"], each["reported_at"])
        found.setdefault(said, {}).setdefault(gate, []).append(lane)
    return [
        _conflict(said, gates, lanes, crossing, clock)
        for said, by_gate in found.items()
        for lanes, gates in _alike(by_gate).items()
    ]


@dataclass(frozen=True, slots=True)
class Against:
    ours: str
    theirs: str
    source: str
    at: str


def _alike(by_gate: Mapping[str, Lanes]) -> dict[tuple[tuple[str, str], ...], list[str]]:
    """The gates of which the same lanes are told."""
    found: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for gate, lanes in by_gate.items():
        found.setdefault(tuple(sorted(lanes)), []).append(gate)
    return found


def _conflict(
    said: Against, gates: Sequence[str], lanes: Iterable[tuple[str, str]], crossing: Json, clock: Clock
) -> Conflict:
    return Conflict(
        gate=gates_named(gates),
        lanes=words.lanes_named(lanes, carried(crossing)),
        ours=words.state_word(said.ours),
        ours_mark=_unsure(said.ours),
        theirs=words.state_word(said.theirs),
        theirs_mark=_unsure(said.theirs),
        voice=apart(said.source),
        said=clock.stamped(said.at, brief=True),
        age=age_beside(said.at, clock),
    )


def _unsure(state: str) -> str:
    """The mark of what is disputed: never that of open."""
    return State.UNKNOWN.value if state == State.OPEN else state
