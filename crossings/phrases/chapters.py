"""The history as a timeline: what began, who said so, who said otherwise, and what was taken back or learned late."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext

from crossings.domain.claims import stamp
from crossings.domain.vocabulary import Basis, Precision, SourceKind, State, Where
from crossings.evidence.recent import Claimed
from crossings.phrases import words
from crossings.phrases.conditions import EXCEPT, WITH, terms
from crossings.phrases.holders import by_whom, gate_name
from crossings.phrases.labels import label
from crossings.phrases.story import Lanes, Voice, web_address
from crossings.phrases.text import apart, capital, listed
from crossings.phrases.times import DAY, HOUR, Clock, Stamped, length, moment

Json = dict[str, Any]

RETOLD = timedelta(hours=72)
"""What is said so long after it began is told of the past, not of how it stands."""


@dataclass(frozen=True, slots=True)
class Otherwise:
    """What another source said at that time, against what the page goes by."""

    words: tuple[tuple[str, str], ...]
    voice: Voice


@dataclass(frozen=True, slots=True)
class Correction:
    """A claim that was taken back: what it had said, when it was withdrawn, and what its source said instead."""

    words: tuple[tuple[str, str], ...]
    voice: Voice
    taken_back: Stamped | None
    instead: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Chapter:
    """One period: when it began, how long it lasted, what was new; `learned` only where we heard of it late."""

    start: Stamped | None
    length: str
    changes: tuple[tuple[str, str], ...]
    also_said: tuple[tuple[Stamped, str], ...]
    voices: tuple[Voice, ...]
    otherwise: tuple[Otherwise, ...] = ()
    corrections: tuple[Correction, ...] = ()
    learned: Stamped | None = None


def chapters(
    periods: Sequence[Json], claims: Mapping[int, Claimed], clock: Clock, *, more: bool, unsure: Lanes
) -> list[Chapter]:
    """The periods, newest first, each against the one before it.

    With `more` the last one given is there for the comparison only. `unsure` are the lanes that the page does not
    call open now, whatever was reported.
    """
    count = len(periods) - 1 if more else len(periods)
    each_between = zip(periods, [None, *periods], [*periods[1:], None], strict=False)
    return [_chapter(period, after, before, claims, clock, unsure) for period, after, before in each_between][:count]


def _chapter(
    period: Json, after: Json | None, before: Json | None, claims: Mapping[int, Claimed], clock: Clock, unsure: Lanes
) -> Chapter:
    start, end = moment(period["start"]) or clock.now, moment(period["end"])
    lasts = end is None or end > clock.now
    told = changes(period["lanes"], before["lanes"] if before else [], unsure if lasts else [])
    known = before["reports"] if before else []
    fresh = [claims[report] for report in period["reports"] if report not in known and report in claims]
    exact = all(
        each is None or each["start_precision"] in (Precision.EXACT, Precision.HOUR) for each in (period, after)
    )
    # Silence has no hour: what was only forgotten then is told by its day.
    silence = all(mark == State.UNKNOWN for mark, _ in told) and not fresh
    lasted = "" if lasts or end is None else length(start, end, exact=exact and not silence)
    first = None if silence else clock.stamped(period["start"], period["start_precision"])
    return Chapter(
        start=first or clock.stamped_day(period["start"]),
        length=gettext("lasted %(span)s") % {"span": lasted} if lasted else gettext("and since then"),
        changes=tuple(told),
        also_said=tuple(_also_said(period, claims, clock)),
        voices=tuple(dict.fromkeys(_voice(each) for each in fresh)),
        otherwise=tuple(_otherwise(period, claims.values(), clock)),
        corrections=tuple(_corrections(period, claims.values(), clock)),
        learned=_learned(start, fresh, clock),
    )


def _learned(start: datetime, fresh: Sequence[Claimed], clock: Clock) -> Stamped | None:
    """Late news mends the past, and says so; what was filled in from old papers is no news."""
    heard = min((each.recorded_at for each in fresh), default=start)
    late = heard - start > DAY and not any(each.backfilled for each in fresh)
    return clock.stamped(stamp(heard), brief=True) if late else None


def _otherwise(period: Json, claims: Iterable[Claimed], clock: Clock) -> Iterable[Otherwise]:
    """The last word of each other source that spoke at the time, where it differs on a gate that was known."""
    start, end = moment(period["start"]) or clock.now, moment(period["end"]) or clock.now
    by_source: dict[str, Claimed] = {}
    for each in sorted(claims, key=lambda each: (each.effective_at or start, each.recorded_at, each.report)):
        counts = each.effective_at and each.basis != Basis.ANNOUNCED and not each.retracted_at
        if counts and each.heard_at < end:
            by_source[each.source] = each
    for each in by_source.values():
        retold = each.heard_at - (each.effective_at or start) > RETOLD
        differing = [lane for lane in each.lanes if _differs(lane, each, period)]
        if each.heard_at >= start and not retold and differing:
            yield Otherwise(tuple(_claimed(each, differing, period)), _voice(each, clock))


def _differs(lane: Json, claim: Claimed, period: Json) -> bool:
    for ours in period["lanes"]:
        if (ours["traffic"], ours["to"]) == (lane["traffic"], lane["to"]):
            sides = [claim.side] if claim.side else [key for key in ours["gates"] if ":" not in key]
            keys = [f"{side}:road" for side in sides] if claim.where == Where.ROAD else sides
            known = [ours["gates"][key] for key in keys if ours["gates"].get(key, State.UNKNOWN) != State.UNKNOWN]
            return any(state != lane["state"] for state in known)
    return False


def _corrections(period: Json, claims: Iterable[Claimed], clock: Clock) -> Iterable[Correction]:
    start, end = moment(period["start"]) or clock.now, moment(period["end"]) or clock.now
    said = list(claims)
    for each in said:
        if each.retracted_at and each.effective_at and start <= each.effective_at < end:
            later = [other for other in said if _replaces(other, each)]
            instead = [line for other in later for line in _claimed(other, other.lanes, period)]
            back = clock.stamped(stamp(each.retracted_at), brief=True)
            yield Correction(tuple(_claimed(each, each.lanes, period)), _voice(each), back, tuple(instead))


def _replaces(other: Claimed, wrong: Claimed) -> bool:
    """Whether its source said it in the place of what it took back."""
    if other.retracted_at or not (other.effective_at and wrong.effective_at and wrong.retracted_at):
        return False
    near = abs(other.effective_at - wrong.effective_at) <= RETOLD
    then = wrong.retracted_at - HOUR <= other.recorded_at <= wrong.retracted_at + RETOLD
    return other.source == wrong.source and near and then and bool(other.states.keys() & wrong.states.keys())


def _claimed(claim: Claimed, lanes: Sequence[Json], period: Json) -> list[tuple[str, str]]:
    """What a claim said of these lanes, as (mark, words); what the page does not go by is never marked as open."""
    holder = {"side": claim.side or None, "where": claim.where, "by": claim.by}
    told: dict[tuple[str, str], Lanes] = {}
    for lane in lanes:
        terms_ = [{**each, "side": claim.side or None} for each in lane.get("conditions", ())]
        event = _state_and_holder({**lane, "conditions": terms_, "held_by": [holder], "gates": {}})
        mark = State.UNKNOWN.value if lane["state"] == State.OPEN else lane["state"]
        told.setdefault((mark, event), []).append((lane["traffic"], lane["to"]))
    return _by_lanes(told, period["lanes"])


def _by_lanes(told: Mapping[tuple[str, str], Lanes], lanes: Sequence[Json]) -> list[tuple[str, str]]:
    carried = [(lane["traffic"], lane["to"]) for lane in lanes]
    form = gettext("%(lanes)s: %(event)s")
    return [
        (mark, capital(form % {"lanes": words.lanes_named(found, carried), "event": event}))
        for (mark, event), found in told.items()
    ]


def _also_said(period: Json, claims: Mapping[int, Claimed], clock: Clock) -> list[tuple[Stamped, str]]:
    """Other beginnings, each with those who named it."""
    start = clock.stamped(period["start"], period["start_precision"])
    found: dict[Stamped, list[str]] = {}
    for each in period.get("said_to_begin", ()):
        at = clock.stamped(each["at"], each["precision"])
        if at and start and at.words != start.words and each["report"] in claims:
            found.setdefault(at, []).append(apart(claims[each["report"]].label))
    return [(at, listed(labels)) for at, labels in found.items()]


def _voice(claim: Claimed, clock: Clock | None = None) -> Voice:
    said = clock.stamped(stamp(claim.heard_at), brief=True) if clock else None
    return Voice(apart(claim.label), label(SourceKind(claim.kind)), web_address(claim.url), said)


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
    return _by_lanes(told, lanes)


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
    known = {"by": _after_space(by_whom(lane)), "who": held.words, "terms": held.words}
    match lane["state"]:
        case State.OPEN:
            return gettext("reported open")
        case State.CLOSED:
            return gettext("closed%(by)s") % known
        case State.UNKNOWN:
            silent = [gate_name(key) for key in words.silent_sides(lane)]
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
