"""What happened and what was said: announcements, conflicts, sources and the periods of the history, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from crossings.domain.vocabulary import Outcome, Precision, SourceKind, State
from crossings.phrases import words
from crossings.phrases.conditions import EXCEPT, WITH, terms
from crossings.phrases.countries import country
from crossings.phrases.text import apart, capital, listed
from crossings.phrases.times import Clock, Stamped, length, moment
from crossings.serializers import Card

Json = dict[str, Any]
Lanes = list[tuple[str, str]]


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
    words: str
    due: Stamped | None
    voice: str
    said: Stamped | None
    outcome: str
    ended: Stamped | None


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two that disagree on one gate: what the page goes by, and what another source says."""

    gate: str
    lanes: str
    ours: str
    theirs: str
    voice: str
    said: Stamped | None
    age: str


@dataclass(frozen=True, slots=True)
class Chapter:
    """One period: when it began, how long it lasted, what was new."""

    start: Stamped | None
    length: str
    changes: tuple[tuple[str, str], ...]
    also_said: tuple[tuple[Stamped, str], ...]
    voices: tuple[Voice, ...]


def web_address(url: str) -> str:
    return url if url.startswith(("https://", "http://")) else ""


def voice(source: Json, clock: Clock) -> Voice:
    at = moment(source["reported_at"])
    kind = gettext(SourceKind(source["kind"]).label)
    said = clock.stamped(source["reported_at"])
    return Voice(apart(source["label"]), kind, web_address(source["url"]), said, clock.age(at) if at else "")


def carried(crossing: Json) -> Lanes:
    return [(lane["traffic"], lane["to"]) for lane in crossing["status"]["lanes"]]


def announcement(said: Json, crossing: Json, clock: Clock) -> Announcement:
    promised: dict[str, Lanes] = {}
    for lane in said["lanes"]:
        promised.setdefault(_promise({"conditions": [], **lane}), []).append((lane["traffic"], lane["to"]))
    parts = [
        gettext("%(promise)s: %(lanes)s") % {"lanes": words.lanes_named(lanes, carried(crossing)), "promise": promise}
        for promise, lanes in promised.items()
    ]
    text = gettext("; ").join(parts)
    if said["by"]:
        text = gettext("%(country)s %(words)s") % {"country": country(said["by"]), "words": text}
    return Announcement(
        words=capital(text),
        due=clock.stamped(said["at"], said["precision"]),
        voice=apart(said["source"]),
        said=clock.stamped(said["said_at"]),
        outcome=_outcome(said, clock),
        ended=clock.stamped(said["ended_at"]),
    )


def _promise(lane: Json) -> str:
    match lane["state"]:
        case State.OPEN:
            return gettext("to open")
        case State.CLOSED:
            return gettext("to close")
        case State.RESTRICTED:
            asked = terms(lane)
            if asked.kind == EXCEPT:
                return gettext("to be closed except for %(who)s") % {"who": asked.words}
            return gettext("to be on conditions: %(terms)s") % {"terms": asked.words or gettext("not known to us")}
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
    """One for each source and what it says of a gate, the lanes told together."""
    lanes = {(lane["traffic"], lane["to"]): lane for lane in crossing["status"]["lanes"]}
    found: dict[tuple[str, str, str, int], list[Json]] = {}
    for each in crossing["status"]["conflicts"]:
        key = each["side"] if each.get("where", "gate") == "gate" else f"{each['side']}:road"
        ours = lanes[each["traffic"], each["to"]]["gates"].get(key, State.UNKNOWN)
        found.setdefault((key, ours, each["state"], each["report"]), []).append(each)
    return [
        Conflict(
            gate=words.gate_name(key),
            lanes=words.lanes_named([(each["traffic"], each["to"]) for each in group], carried(crossing)),
            ours=_bare(ours),
            theirs=_bare(theirs),
            voice=apart(group[0]["source"]),
            said=clock.stamped(group[0]["reported_at"]),
            age=_age(group[0]["reported_at"], clock),
        )
        for (key, ours, theirs, _), group in found.items()
    ]


def _age(stamp: str | None, clock: Clock) -> str:
    at = moment(stamp)
    return clock.age(at) if at else ""


def _bare(state: str) -> str:
    return {
        State.OPEN: gettext("reported open"),
        State.RESTRICTED: gettext("on conditions"),
        State.CLOSED: gettext("closed"),
        State.UNKNOWN: gettext("not known"),
    }[State(state)]


def chapters(
    periods: Sequence[Json], cards: Mapping[int, Card], clock: Clock, *, more: bool, unsure: Lanes
) -> list[Chapter]:
    """The periods, newest first, each against the one before it.

    With `more` the last one given is there for the comparison only. `unsure` are the lanes that the page does not
    call open now, whatever was reported.
    """
    count = len(periods) - 1 if more else len(periods)
    return [
        _chapter(
            periods[i],
            periods[i - 1] if i else None,
            periods[i + 1] if i + 1 < len(periods) else None,
            cards,
            clock,
            unsure,
        )
        for i in range(count)
    ]


def _chapter(
    period: Json, after: Json | None, before: Json | None, cards: Mapping[int, Card], clock: Clock, unsure: Lanes
) -> Chapter:
    start, end = moment(period["start"]), moment(period["end"])
    lasts = end is None or end > clock.now
    told = changes(period["lanes"], before["lanes"] if before else [], unsure if lasts else [])
    known = before["reports"] if before else []
    fresh = [report for report in period["reports"] if report not in known and report in cards]
    exact = all(
        each is None or each["start_precision"] in (Precision.EXACT, Precision.HOUR) for each in (period, after)
    )
    # Silence has no hour: what was only forgotten then is told by its day.
    silence = all(mark == State.UNKNOWN for mark, _ in told) and not fresh
    lasted = "" if lasts or start is None or end is None else length(start, end, exact=exact and not silence)
    return Chapter(
        start=clock.stamped_day(period["start"])
        if silence
        else clock.stamped(period["start"], period["start_precision"]),
        length=gettext("lasted %(span)s") % {"span": lasted} if lasted else gettext("and since then"),
        changes=tuple(told),
        also_said=tuple(_also_said(period, cards, clock)),
        voices=tuple(dict.fromkeys(_voice_of(cards[report]) for report in fresh)),
    )


def _also_said(period: Json, cards: Mapping[int, Card], clock: Clock) -> list[tuple[Stamped, str]]:
    """Other beginnings, each with those who named it."""
    start = clock.stamped(period["start"], period["start_precision"])
    found: dict[Stamped, list[str]] = {}
    for each in period.get("said_to_begin", ()):
        at = clock.stamped(each["at"], each["precision"])
        if at and start and at.words != start.words and each["report"] in cards:
            found.setdefault(at, []).append(apart(cards[each["report"]].label))
    return [(at, listed(labels)) for at, labels in found.items()]


def _voice_of(card: Card) -> Voice:
    return Voice(apart(card.label), gettext(SourceKind(card.kind).label), web_address(card.url))


def changes(lanes: Sequence[Json], before: Sequence[Json], unsure: Lanes) -> list[tuple[str, str]]:
    """What was new, as (mark, words): lanes that changed alike are told together."""
    earlier = {(lane["traffic"], lane["to"]): lane for lane in before}
    told: dict[tuple[str, str], Lanes] = {}
    for lane in lanes:
        was = earlier.get((lane["traffic"], lane["to"]))
        if not words.reported(lane) or (was and _key(lane) == _key(was)):
            continue
        key = lane["traffic"], lane["to"]
        mark = State.UNKNOWN.value if key in unsure and words.says_open(lane) else lane["state"]
        told.setdefault((mark, _event(lane, was)), []).append(key)
    all_lanes = [(lane["traffic"], lane["to"]) for lane in lanes]
    form = gettext("%(lanes)s: %(event)s")
    return [
        (mark, capital(form % {"lanes": words.lanes_named(found, all_lanes), "event": event}))
        for (mark, event), found in told.items()
    ]


def _key(lane: Json) -> tuple[Any, ...]:
    return lane["state"], _unordered(lane["conditions"]), _unordered(lane["held_by"]), words.reported(lane)


def _unordered(items: Sequence[Json]) -> list[str]:
    return sorted(map(repr, items))


def _event(lane: Json, was: Json | None) -> str:
    event = _state_and_holder(lane)
    if was and words.reported(was) and was["state"] == lane["state"]:
        if _unordered(was["conditions"]) != _unordered(lane["conditions"]):
            return gettext("conditions changed: %(event)s") % {"event": event}
        return gettext("still %(event)s") % {"event": event}
    return event


def _state_and_holder(lane: Json) -> str:
    held = terms(lane)
    known = {"by": _after_space(words.by_whom(lane)), "who": held.words, "terms": held.words}
    match lane["state"]:
        case State.OPEN:
            return gettext("reported open")
        case State.CLOSED:
            return gettext("closed%(by)s") % known
        case State.UNKNOWN:
            silent = [words.gate_name(key) for key in words.silent_sides(lane)]
            if silent and len(silent) < len(lane["gates"]):
                return gettext("not known: no word from %(sides)s") % {"sides": listed(silent)}
            return gettext("not known any more")
    if held.kind == EXCEPT:
        return gettext("closed%(by)s except for %(who)s") % known
    if held.kind == WITH:
        return gettext("reported open with conditions set%(by)s: %(terms)s") % known
    return gettext("passable on conditions not known to us, set%(by)s") % known


def _after_space(text: str) -> str:
    return f" {text}" if text else ""
