"""Statuses and claims in the words of the public pages."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext

from crossings import board
from crossings.domain.vocabulary import Basis, ChangeType, Confidence, State, Visibility, Where
from crossings.models import Change, Crossing, Draft, Reading, Report
from crossings.phrases import words
from crossings.phrases.conditions import EXCEPT, WITH, terms
from crossings.phrases.countries import country
from crossings.phrases.labels import label
from crossings.phrases.lanes import ordered
from crossings.phrases.queues import queue
from crossings.phrases.story import announcement
from crossings.phrases.text import capital, plain
from crossings.phrases.times import Clock, moment
from crossings.serializers import queue_json

Json = dict[str, Any]
NO_TIME = "–"


def clock_at(crossing: Crossing, now: datetime) -> Clock:
    return Clock(now, (crossing.timezone_a, crossing.timezone_b))


def when(
    crossing: Crossing | None, at: datetime | None, now: datetime, precision: str = "exact", *, brief: bool = False
) -> str:
    """In both sides' local times with the zones named; what belongs to no crossing in UTC; a dash for no time."""
    return plain(_clock(crossing, now).when(at, precision, brief=brief)) if at else NO_TIME


def ago(at: datetime | None, now: datetime) -> str:
    """A time that belongs to no crossing, and how far it is off."""
    if at is None:
        return NO_TIME
    return gettext("%(when)s (%(age)s)") % {"when": when(None, at, now), "age": age(None, at, now)}


def _clock(crossing: Crossing | None, now: datetime) -> Clock:
    return clock_at(crossing, now) if crossing is not None else Clock(now, ("UTC",))


def as_it_stands(crossing: Crossing, now: datetime) -> Json:
    """The crossing's JSON as the public sees it now, whether or not the worker kept up."""
    return board.sheet(crossing.slug, now).json()


@dataclass(frozen=True, slots=True)
class Standing:
    """Lanes that stand alike, as the board says it: `mark` is their state for the eye."""

    lanes: str
    mark: str
    words: str


@dataclass(frozen=True, slots=True)
class Step:
    """Lanes now, and as they would be. `kind`: changes, confirmed, same. `named`: the lanes themselves."""

    lanes: str
    now: Standing
    then: Standing
    kind: str
    named: Sequence[tuple[str, str]] = ()


def standings(shown: Json, clock: Clock) -> list[Standing]:
    lanes = ordered(shown["status"]["lanes"])
    alike: dict[tuple[str, str], list[Json]] = {}
    for lane in lanes:
        alike.setdefault(_said_of(lane, clock), []).append(lane)
    return [Standing(_named(group, lanes), mark, text) for (mark, text), group in alike.items()]


def lane_words(shown: Json, clock: Clock) -> dict[tuple[Any, str], str]:
    """The board's short form of each lane."""
    return {(lane["traffic"], lane["to"]): plain(words.word(lane, clock)) for lane in shown["status"]["lanes"]}


def _said_of(lane: Json, clock: Clock) -> tuple[str, str]:
    text = gettext("; ").join(part for part in (words.standing(lane, clock), words.freshness(lane, clock)) if part)
    return words.mark(lane), plain(text)


def _named(group: Sequence[Json], lanes: Sequence[Json]) -> str:
    named, known = ([(lane["traffic"], lane["to"]) for lane in each] for each in (group, lanes))
    return plain(capital(words.lanes_named(named, known)))


MOVES = ("state", "since", "conditions", "held_by", "gates", "last_known")
CONFIRMS = ("confidence", "confirmed_at")
KINDS = ("changes", "confirmed", "same")


def steps(before: Json, after: Json, clock: Clock) -> list[Step]:
    """How the lanes stand, how they would, and what that does to them: what changes first, those alike together."""
    was = {(lane["traffic"], lane["to"]): lane for lane in before["status"]["lanes"]}
    lanes = ordered(after["status"]["lanes"])
    alike: dict[tuple[str, tuple[str, str], tuple[str, str]], list[Json]] = {}
    for lane in lanes:
        old = was.get((lane["traffic"], lane["to"]), lane)
        alike.setdefault(_step(old, lane, clock), []).append(lane)
    found = []
    for (kind, now, then), group in sorted(alike.items(), key=lambda each: KINDS.index(each[0][0])):
        named, keys = _named(group, lanes), [(lane["traffic"], lane["to"]) for lane in group]
        found.append(Step(named, Standing(named, *now), Standing(named, *then), kind, keys))
    return found


def _step(old: Json, lane: Json, clock: Clock) -> tuple[str, tuple[str, str], tuple[str, str]]:
    """The kind, and both in words. What would read the same says by which words it is trusted otherwise."""
    now, then = _said_of(old, clock), _said_of(lane, clock)
    if _differ(old, lane, MOVES):
        return "changes", now, then
    if not _differ(old, lane, CONFIRMS) or (now == then and old["confidence"] == lane["confidence"]):
        return "same", now, then
    if now == then:
        trusted = gettext("%(words)s; trusted otherwise: “%(before)s” before, “%(after)s” then") % {
            "words": then[1], "before": label(Confidence(old["confidence"])),
            "after": label(Confidence(lane["confidence"])),
        }  # fmt: skip
        then = then[0], trusted
    return "confirmed", now, then


def all_that_changes(found: Sequence[Step]) -> list[str]:
    """The lanes that change, those that will stand alike together, a line for each."""
    known = [lane for step in found for lane in step.named]
    alike: dict[str, list[tuple[str, str]]] = {}
    for step in found:
        if step.kind == "changes":
            alike.setdefault(step.then.words, []).extend(step.named)
    form = gettext("%(lanes)s: %(words)s")
    return [
        form % {"lanes": plain(capital(words.lanes_named(named, known))), "words": text}
        for text, named in alike.items()
    ]  # fmt: skip


def _differ(old: Json, new: Json, keys: Iterable[str]) -> bool:
    return any(old[key] != new[key] for key in keys)


def announced_anew(before: Json, after: Json, clock: Clock) -> list[str]:
    known = {each["report"] for each in before["status"]["announced"]}
    fresh = [each for each in after["status"]["announced"] if each["report"] not in known]
    told = [announcement(each, after, clock) for each in fresh]
    return [
        plain(": ".join(part for part in (each.words, each.due.words if each.due else "") if part)) for each in told
    ]


def rewritten(stretch: Json, clock: Clock) -> str:
    """What of the past reads differently then: the `range` of a change."""
    start, end = moment(stretch["from"]), moment(stretch["to"])
    told = {name: plain(clock.when(at)) if at else "" for name, at in (("start", start), ("end", end))}
    if end is None:
        return gettext("It rewrites the history from %(start)s on.") % told
    return gettext("It rewrites the history from %(start)s to %(end)s.") % told


def loosened_anew(before: Json, after: Json, clock: Clock) -> list[str]:
    """The gates of which nothing was said, and that stand looser because something passed the other one (rule 2)."""
    was = {(lane["traffic"], lane["to"]): lane for lane in before["status"]["lanes"]}
    lanes = ordered(after["status"]["lanes"])
    told: dict[str, list[Json]] = {}
    for lane in lanes:
        old = was.get((lane["traffic"], lane["to"]), lane)
        for gate in lane.get("loosened", []):
            if gate not in old.get("loosened", []):
                told.setdefault(_passed(gate, old, clock), []).append(lane)
    form = gettext("%(lanes)s: %(passed)s")
    return [form % {"lanes": _named(group, lanes), "passed": passed} for passed, group in told.items()]


def _passed(gate: str, old: Json, clock: Clock) -> str:
    """Of a gate that is loosened: how it was reported before."""
    holds = any(_gate_of(held) == gate for held in old["held_by"])
    heard = plain(words.confirmed_age(old, clock)) if holds else ""
    side, _, road = gate.partition(":")
    form = gettext("the road in %(country)s") if road else gettext("the gate of %(country)s")
    known = {"gate": form % {"country": country(side)}, "age": heard}
    if old["gates"].get(gate) == State.CLOSED:
        if heard:
            return gettext("%(gate)s was reported closed %(age)s; this says that it is passed.") % known
        return gettext("%(gate)s was reported closed; this says that it is passed.") % known
    if heard:
        return gettext("%(gate)s was reported to be on conditions %(age)s; this says that it is passed.") % known
    return gettext("%(gate)s was reported to be on conditions; this says that it is passed.") % known


def _gate_of(held: Json) -> str:
    return f"{held['side']}:road" if held["where"] == Where.ROAD else str(held["side"])


def counts(queues: Sequence[Json], clock: Clock) -> list[str]:
    return [_count(each, clock) for each in queues]


def counted_anew(before: Json, after: Json, counted: Sequence[Json], clock: Clock) -> list[str]:
    """What is new among the counts shown; and those of `counted` that are too old to be shown."""
    fresh = [each for each in after["queues"] if each not in before["queues"]]
    past = [each for each in counted if not any(_same_count(each, shown) for shown in after["queues"])]
    form = gettext("%(count)s; too old for the board of today: it stands in the record of its time")
    return [*counts(fresh, clock), *(form % {"count": _count(each, clock)} for each in past)]


def _same_count(one: Json, other: Json) -> bool:
    return all(one[key] == other[key] for key in ("observed_at", "measure", "unit", "side", "traffic", "low", "high"))


def _count(each: Json, clock: Clock) -> str:
    told = queue(each, clock)
    return plain(gettext(", ").join(part for part in (told.words, told.place, told.how, told.age) if part))


def carried(crossing: Crossing) -> list[tuple[str, str]]:
    return [(traffic, to) for traffic in crossing.traffic for to in crossing.countries]


def claimed(lanes: Sequence[Json], all_lanes: Sequence[tuple[str, str]]) -> list[str]:
    """What a claim says of its lanes, those alike together: "goods trucks, both ways: closed"."""
    alike: dict[str, list[Json]] = {}
    for lane in lanes:
        subject = lane["traffic"] if lane.get("conditions") else ""
        key = json.dumps([lane["state"], lane.get("conditions"), subject], sort_keys=True)
        alike.setdefault(key, []).append(lane)
    form = gettext("%(lanes)s: %(state)s")
    return [
        plain(capital(form % {
            "lanes": words.lanes_named([(lane["traffic"], lane["to"]) for lane in group], all_lanes),
            "state": _state(group[0]),
        }))
        for group in alike.values()
    ]  # fmt: skip


def _state(lane: Json) -> str:
    if lane["state"] != State.RESTRICTED:
        return {State.OPEN: gettext("open"), State.CLOSED: gettext("closed"), State.UNKNOWN: gettext("not known")}[
            State(lane["state"])
        ]
    asked = terms({"conditions": [], **lane})
    if asked.kind == EXCEPT:
        return gettext("closed except for %(who)s") % {"who": asked.words}
    if asked.kind == WITH:
        return gettext("open, with conditions: %(terms)s") % {"terms": asked.words}
    return gettext("on conditions not known to us")


def said(report: Report) -> str:
    """A report's lanes in one line."""
    return gettext("; ").join(claimed(report.lanes, carried(report.crossing)))


def counted(reading: Reading, now: datetime) -> str:
    label = reading.source.public_label
    return _count(queue_json(reading, label), clock_at(reading.crossing, now))


def side_named(code: str) -> str:
    return country(code) if code else gettext("nobody named")


def in_short(crossing: Crossing, now: datetime) -> str:
    """The board's short form of its first traffic, from the stored status: for lists."""
    status = crossing.current.status if hasattr(crossing, "current") else {}
    lanes = ordered(status.get("lanes", []))
    clock = clock_at(crossing, now)
    first = [lane for lane in lanes if lane["traffic"] == lanes[0]["traffic"]]
    told = {lane["to"]: plain(words.word(lane, clock)) for lane in first}
    if len(set(told.values())) == 1:
        return next(iter(told.values()))
    return gettext("; ").join(f"{country(to)}: {word}" for to, word in told.items()) or gettext("nothing reported")


def one_word(crossing: Crossing) -> str:
    """The crossing's one word; what is not sure to be open was "last reported open" (rule 7)."""
    status = crossing.current.status if hasattr(crossing, "current") else {}
    word, last = board.crossing_word(status) if status else (State.UNKNOWN.value, None)
    return gettext("last reported open") if last == State.OPEN else gettext(State(word).label)


def last_heard(crossing: Crossing, now: datetime) -> str:
    at = moment(crossing.current.status.get("confirmed_at")) if hasattr(crossing, "current") else None
    return plain(clock_at(crossing, now).age(at)) if at else "–"


def age(crossing: Crossing | None, at: datetime, now: datetime) -> str:
    return plain(_clock(crossing, now).age(at))


def what_became(row: Report | Reading, now: datetime) -> str:
    """What the board makes of something that was just recorded."""
    if isinstance(row, Reading):
        return gettext("It stands among the counts.")
    if row.visibility == Visibility.STAFF:
        return gettext("It is for staff only: the board says none of it.")
    if row.basis == Basis.ANNOUNCED:
        return gettext("The board shows it as announced.")
    if row.effective_at is not None and row.effective_at > now:
        told = {"when": when(row.crossing, row.effective_at, now, row.precision)}
        return gettext("It begins on %(when)s: until then the board says what it said before.") % told
    if any(each["report"] == row.pk for each in as_it_stands(row.crossing, now)["status"]["sources"]):
        return gettext("The board says it now.")
    # Its own time of recording is that of the changes it made.
    lately = Change.objects.filter(crossing=row.crossing, type=ChangeType.HISTORY_CORRECTED).order_by("-position")[:50]
    if any(change.recorded_at == row.recorded_at for change in lately):
        return gettext("It stands in the history: the board still goes by something newer.")
    return gettext("It is recorded; nothing on the board or in the history changes by it.")


def drafted(draft: Draft) -> list[str]:
    """What a draft says, with the time it speaks of."""
    content, now = draft.content, timezone.now()
    assert draft.crossing is not None  # only a text has none
    if draft.kind == Draft.Kind.READING:
        label = {"source": draft.source.public_label}
        return [_count({**content, **label}, clock_at(draft.crossing, now))]
    side = gettext("which side acted: %(side)s") % {"side": side_named(content.get("declared_by") or "")}
    at = moment(content.get("effective_at"))
    since = when(draft.crossing, at, now, content.get("precision") or "exact")
    basis = gettext(Basis(content.get("basis") or Basis.OBSERVED).label)
    return [*claimed(content["lanes"], carried(draft.crossing)), f"{since}; {side}; {basis}"]
