"""A change as a piece of news: what was told, by whom, as of when. It is read for years: nothing in it is relative to
the present, and what was reported open stays "reported open" (DESIGN rule 7).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext

from crossings.domain.vocabulary import ChangeType
from crossings.phrases import words
from crossings.phrases.chapters import changes
from crossings.phrases.story import Voice, announcement, carried, voice, web_address
from crossings.phrases.text import apart, capital, spaced
from crossings.phrases.times import Clock, Stamped

Json = dict[str, Any]
Reports = Mapping[int, Json]

TOLD = (
    ChangeType.LANES_CHANGED,
    ChangeType.CONDITIONS_CHANGED,
    ChangeType.ANNOUNCEMENT_MADE,
    ChangeType.ANNOUNCEMENT_ENDED,
    ChangeType.REPORT_RETRACTED,
    ChangeType.HISTORY_CORRECTED,
)
"""The changes that a reader cares about."""


@dataclass(frozen=True, slots=True)
class News:
    """`lines` say what is new; `at` is from when, where that is told."""

    lines: tuple[str, ...]
    voices: tuple[Voice, ...]
    at: Stamped | None


def news(change: Json, reports: Reports, clock: Clock) -> News:
    """`reports` are the public ones that the changes name, by number; the clock is that of the change."""
    named = [
        each for each in change["status"]["sources"] if not change["reports"] or each["report"] in change["reports"]
    ]
    spoke = tuple(dict.fromkeys(replace(voice(each, clock), said=None, age="") for each in named))
    match change["type"]:
        case ChangeType.LANES_CHANGED | ChangeType.CONDITIONS_CHANGED:
            return News(_lanes(change), spoke, clock.stamped(change["at"], change["at_precision"]))
        case ChangeType.ANNOUNCEMENT_MADE | ChangeType.ANNOUNCEMENT_ENDED:
            return _announced(change, clock)
        case ChangeType.REPORT_RETRACTED:
            return _taken_back(change, reports)
    return News((_told(gettext("Corrected"), _span(change["range"], clock)),), _who(change, reports), None)


def _told(what: str, how: str) -> str:
    return gettext("%(lanes)s: %(event)s") % {"lanes": what, "event": how} if how else what


def _lanes(change: Json) -> tuple[str, ...]:
    moved = {(lane["traffic"], lane["to"]): lane for lane in change["lanes"]}
    now = [lane for lane in change["status"]["lanes"] if (lane["traffic"], lane["to"]) in moved]
    if change["type"] == ChangeType.LANES_CHANGED:
        return tuple(told for _, told in changes(now, [], []))
    before = [{**lane, **moved[lane["traffic"], lane["to"]]["before"]} for lane in now]
    return tuple(told for _, told in changes(now, before, []))


def _announced(change: Json, clock: Clock) -> News:
    said = next((each for each in change["status"]["announced"] if each["report"] in change["reports"]), None)
    if said is None:  # one of staff's own, or of the many that ended before
        lanes = _by_state([{**lane, "state": lane["after"]} for lane in change["lanes"]], change)
        return News(tuple(_told(gettext("Announced"), line) for line in lanes), (), None)
    found = announcement(said, {"status": change["status"]}, clock)
    text = spaced(gettext("Ordered:"), found.words) if found.ordered else _told(gettext("Announced"), found.words)
    ended = change["type"] == ChangeType.ANNOUNCEMENT_ENDED and found.outcome
    who = Voice(found.voice, "", "")
    return News((spaced(text, f"({found.outcome})") if ended else text,), (who,), found.due)


def _taken_back(change: Json, reports: Reports) -> News:
    said = [reports[number] for number in change["reports"] if number in reports]
    lines = _by_state([lane for each in said for lane in each["lanes"]], change)
    told = tuple(_told(gettext("Taken back"), line) for line in lines) or (gettext("Taken back"),)
    return News(told, _who(change, reports), None)


def _who(change: Json, reports: Reports) -> tuple[Voice, ...]:
    said = [reports[number] for number in change["reports"] if number in reports]
    return tuple(dict.fromkeys(Voice(apart(each["source"]), "", web_address(each["url"])) for each in said))


def _by_state(lanes: list[Json], change: Json) -> list[str]:
    by_state: dict[str, list[tuple[str, str]]] = {}
    for lane in lanes:
        by_state.setdefault(lane["state"], []).append((lane["traffic"], lane["to"]))
    known = carried({"status": change["status"]})
    return [_told(capital(words.lanes_named(of, known)), words.state_word(state)) for state, of in by_state.items()]


def _span(span: Json | None, clock: Clock) -> str:
    ends = [clock.stamped_day(span[end]) for end in ("from", "to")] if span else []
    return " – ".join(dict.fromkeys(each.words for each in ends if each))
