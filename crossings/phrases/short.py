"""A crossing in few letters: the text that is sent on, and the badge. Rule 7 holds as in words.py.

Lengths count Unicode code points, the address among them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.dateformat import format as format_date
from django.utils.translation import get_language, gettext, pgettext

from crossings.domain.fields import clean
from crossings.domain.vocabulary import Basis, Confidence, Precision, State
from crossings.phrases import words
from crossings.phrases.conditions import EXCEPT, terms
from crossings.phrases.countries import zone_name
from crossings.phrases.lanes import ordered, sides_of
from crossings.phrases.sentences import speakers
from crossings.phrases.text import capital, plain, spaced
from crossings.phrases.times import COARSE, DAY, Clock, moment

Json = dict[str, Any]
Lane = tuple[str, str]

MOST, MOST_ELSEWHERE = 160, 140
"""Letters of one message: in English, and in other languages."""
CLIPPED_LEAST = 6
"""A name of which no more is left helps nobody."""
STRICTNESS = [State.OPEN.value, words.SHUT, State.UNKNOWN.value, State.RESTRICTED.value, State.CLOSED.value]
"""Of the marks, the loosest first."""


@dataclass(frozen=True, slots=True)
class Message:
    """`words` tell of the crossing, `address` is where more is told: empty where there is no room for it."""

    words: str
    address: str

    @property
    def text(self) -> str:
        # On a line of its own: in a sentence from right to left an address would fall apart.
        return "\n".join(part for part in (self.words, self.address) if part)


def word(lane: Json) -> str:
    """The shortest that says how a lane stands: without holder, age and conditions."""
    match words.mark(lane):
        case State.OPEN:
            return gettext("open")
        case State.CLOSED:
            return gettext("closed")
        case State.UNKNOWN:
            return gettext("not known")
        case words.SHUT:
            return gettext("shut at this hour")
    return gettext("closed except…") if terms(lane).kind == EXCEPT else gettext("on conditions")


def brief(lane: Json, clock: Clock) -> str:
    """As `word`, but of an opening that is not sure it says when that was last reported."""
    told_ = words.says_open(lane) and not words.sure(lane)
    return plain(words.word(lane, clock)) if told_ else word(lane)


def strictest(lanes: Sequence[Json]) -> Json:
    """The one a badge goes by: of lanes that stand alike, the first."""
    return max(lanes, key=lambda lane: STRICTNESS.index(words.mark(lane)))


def leading(crossing: Json) -> list[Json]:
    """The lanes of the goods trucks, or of whatever comes first there, in the order in which directions are told."""
    lanes = ordered(crossing["status"]["lanes"])
    first = [lane for lane in lanes if lane["traffic"] == lanes[0]["traffic"]]
    order = sides_of(crossing)
    return sorted(first, key=lambda lane: order.index(lane["to"]))


def as_of(clock: Clock) -> str:
    """The moment spoken of, on the first side: "24 Feb 12:30 Kabul"; of a past one with its year."""
    local = clock.local(clock.now)
    form = pgettext("day format with year", "j M Y") if clock.past else pgettext("short day format", "j M")
    return f"{format_date(local, form)} {local:%H:%M} {zone_name(clock.zones[0])}"


def to_come(lane: Json, crossing: Json, clock: Clock) -> str:
    """ "ordered: closed from 06:20": the soonest order or announcement, within a day, that makes the lane stricter."""
    found = []
    for said in crossing["status"]["announced"]:
        at = moment(said["at"])
        if at is None or said["outcome"] is not None or not clock.now < at <= clock.now + DAY:
            continue
        found += [
            (at, said, each)
            for each in said["lanes"]
            if (each["traffic"], each["to"]) == (lane["traffic"], lane["to"])
            and _stricter(each["state"], lane["state"])
        ]
    if not found:
        return ""
    at, said, each = min(found, key=lambda one: one[0])
    ordered_ = said["basis"] == Basis.ORDERED
    form = gettext("%(state)s from %(when)s") % {"state": _then(each, ordered_), "when": _soon(at, said, clock)}
    if ordered_:
        return spaced(_small(gettext("Ordered:")), form)
    return gettext("%(lanes)s: %(word)s") % {"lanes": _small(gettext("Announced")), "word": form}


def _stricter(then: str, now: str) -> bool:
    return STRICTNESS.index(then) > max(STRICTNESS.index(now), STRICTNESS.index(State.UNKNOWN.value))


def _then(lane: Json, ordered_: bool) -> str:
    if lane["state"] == State.CLOSED:
        return gettext("closed") if ordered_ else gettext("to close")
    return gettext("closed except…") if terms({"conditions": [], **lane}).kind == EXCEPT else gettext("on conditions")


def _soon(at: datetime, said: Json, clock: Clock) -> str:
    """On the first side, which the message names: "06:20", "25 Feb 06:20"."""
    precision = clock.precision(at, said["precision"])
    if precision in COARSE:
        return clock.when(at, precision, brief=True)
    local = clock.local(at)
    time = (
        f"{local:%H:%M}"
        if local.date() == clock.local(clock.now).date()
        else f"{clock.short_day(local.date())} {local:%H:%M}"
    )
    return gettext("about %(time)s") % {"time": time} if precision == Precision.HOUR else time


def _small(text: str) -> str:
    return text[:1].lower() + text[1:]


def one_line(text: str) -> str:
    """Without breaks, and without signs that would turn the letters around it."""
    return " ".join(clean(text).split())


def message(crossing: Json, name: str, clock: Clock, address: str) -> Message:
    """What is sent on of the crossing, by that name: cargo first, both directions, the time, who says so, and where
    more is told.

    What is to make it stricter within a day stands beside the state. Where that is too long there go, in this order:
    other traffic, the source, the words around the state, the crossing's name, the address. The state and the time
    always stay.
    """
    most = MOST if (get_language() or "en").startswith("en") else MOST_ELSEWHERE
    found = (Message(told, address) for told in _tellings(crossing, one_line(name), clock))
    fitting = next((each for each in found if len(each.text) <= most), None)
    return fitting or _clipped(crossing, one_line(name), clock, address, most)


def told(lanes: Sequence[Json], crossing: Json, say: Callable[[Json], str]) -> str:
    """ "goods trucks, both ways: closed": lanes that stand alike are told at once."""
    alike = _alike(lanes, say)
    if len(alike) > 1 and len({lane["traffic"] for lane in lanes}) == 1:
        return spaced(words.traffic_named([lanes[0]["traffic"]]), by_way(lanes, say))
    carried = [(lane["traffic"], lane["to"]) for lane in crossing["status"]["lanes"]]
    form = gettext("%(lanes)s: %(word)s")
    return gettext("; ").join(
        form % {"lanes": words.lanes_named(those, carried), "word": said} for said, those in alike.items()
    )


def by_way(lanes: Sequence[Json], say: Callable[[Json], str]) -> str:
    """Lanes of one traffic, which is not named: "closed", or "to Pakistan: closed, to Afghanistan: open"."""
    alike = _alike(lanes, say)
    if len(alike) == 1:
        return next(iter(alike))
    form = gettext("%(lanes)s: %(word)s")
    return gettext(", ").join(
        form % {"lanes": words.directions_named([to for _, to in those]), "word": said} for said, those in alike.items()
    )


def _alike(lanes: Sequence[Json], say: Callable[[Json], str]) -> dict[str, list[Lane]]:
    found: dict[str, list[Lane]] = {}
    for lane in lanes:
        found.setdefault(say(lane), []).append((lane["traffic"], lane["to"]))
    return found


def _tellings(crossing: Json, name: str, clock: Clock) -> Iterator[str]:
    """The longest first."""

    def in_full(lane: Json) -> str:
        said = words.word(lane, clock)
        if lane["confidence"] != Confidence.DISPUTED or lane["state"] == State.UNKNOWN:
            return said
        return gettext("%(words)s, %(age)s") % {"words": said, "age": gettext("sources disagree")}

    def full(lane: Json) -> str:
        return _and_then(in_full(lane), lane, crossing, clock)

    lanes = leading(crossing)
    heard = [lane for lane in ordered(crossing["status"]["lanes"]) if words.reported(lane)]
    source = _source(lanes, crossing)
    if lanes[0] in heard:
        yield _whole(name, told(heard, crossing, full), clock, source)
    yield _whole(name, told(lanes, crossing, full), clock, source)
    yield _whole(name, told(lanes, crossing, full), clock)
    yield _whole(name, _shortest(crossing, clock), clock)


def _shortest(crossing: Json, clock: Clock) -> str:
    return told(leading(crossing), crossing, lambda lane: _and_then(word(lane), lane, crossing, clock))


def _and_then(said: str, lane: Json, crossing: Json, clock: Clock) -> str:
    coming = to_come(lane, crossing, clock)
    return gettext("%(words)s, %(age)s") % {"words": said, "age": coming} if coming else said


def _whole(name: str, told_: str, clock: Clock, source: str = "") -> str:
    given = {"name": name, "told": told_, "time": as_of(clock), "source": source}
    if not name:
        return capital(plain(gettext("%(told)s. As of %(time)s") % given))
    if not source:
        return plain(gettext("%(name)s: %(told)s. As of %(time)s") % given)
    return plain(gettext("%(name)s: %(told)s. As of %(time)s, source: %(source)s") % given)


def _source(lanes: Sequence[Json], crossing: Json) -> str:
    """Whoever was heard last of those on whom these lanes rest; nobody where that cannot be told."""
    found = [label for lane in lanes for label in speakers(lane, crossing["status"]["sources"]) if words.reported(lane)]
    return one_line(found[0]) if found else ""


def _clipped(crossing: Json, name: str, clock: Clock, address: str, most: int) -> Message:
    """With as much of the name as there is room for; without the address, where that leaves none for the rest."""
    short = _shortest(crossing, clock)
    if len(_whole("", short, clock)) > most:
        short = told(leading(crossing), crossing, word)
    bare = Message(_whole("", short, clock), address)
    if len(bare.text) > most:
        bare = Message(bare.words, "")
    around = len(_whole("-", short, clock)) - 1 - len(bare.words)
    room = most - len(bare.text) - around
    clip = name if len(name) <= room else f"{name[: room - 1]}…" if room >= CLIPPED_LEAST else ""
    return Message(_whole(clip, short, clock), bare.address)
