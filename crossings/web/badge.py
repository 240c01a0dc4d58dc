"""The badge: one small picture of how a crossing stands, for other sites. A short form, so rule 7 holds."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils.translation import get_language_bidi, gettext

from crossings.phrases import short, words
from crossings.phrases.names import own_name
from crossings.phrases.text import plain
from crossings.phrases.times import Clock
from crossings.web.look import Look
from crossings.web.respond import SVG, answer, public, short_hash

Json = dict[str, Any]

COLOURS = {"open": "#0f6339", "restricted": "#8a5200", "closed": "#a3151c", "unknown": "#535e66", "shut": "#535e66"}
PAD, MARK = 7, 14
WIDE, NARROW = "mwMWQOGD@%&—", "ijlI1.,:;'’|!()[]tf- "
LETTERS = 48
"""So many of a part are shown; all of them are in the title."""


@public
def badge(request: HttpRequest, slug: str) -> HttpResponseBase:
    """`?traffic=&to=` name the lane. One that the crossing does not carry is not found: no other may stand for it."""
    look = Look(request, slug)
    lanes = _asked(look.json, request.GET)
    if look.moments.fault or not lanes:
        raise Http404
    version = f"{look.sheet.tag}-{short_hash(look.moments.query, *(lane['traffic'] + lane['to'] for lane in lanes))}"
    response = answer(request, version, look.now, lambda: drawn(lanes, look.json, look.moments.clock), SVG)
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def _asked(crossing: Json, query: Mapping[str, str]) -> list[Json]:
    traffic, to = query.get("traffic", ""), query.get("to", "").upper()
    lanes = [lane for lane in crossing["status"]["lanes"] if lane["traffic"] == traffic] if traffic else []
    lanes = lanes or ([] if traffic else short.leading(crossing))
    return [lane for lane in lanes if to in ("", lane["to"])]


@dataclass(frozen=True, slots=True)
class Part:
    """One half of the badge, in pixels: where it begins, how wide it is, the middle and the length of its text."""

    text: str
    x: int
    width: int
    middle: int
    length: int


def drawn(lanes: list[Json], crossing: Json, clock: Clock) -> str:
    told, word, mark = _told(lanes, crossing, clock)
    called = short.one_line(own_name(crossing)[1])
    name = gettext("%(name)s, %(lanes)s") % {"name": called, "lanes": told}
    whole = gettext("%(name)s: %(told)s. As of %(time)s") % {
        "name": called,
        "told": short.told(lanes, crossing, lambda lane: words.word(lane, clock)),
        "time": short.as_of(clock),
    }
    rtl = get_language_bidi()
    first, second = _clip(name), _clip(word)
    lengths = _length(first), _length(second)
    widths = lengths[0] + 2 * PAD, lengths[1] + 3 * PAD + MARK
    starts = (widths[1], 0) if rtl else (0, widths[0])
    mark_x = starts[1] + (widths[1] - PAD - MARK if rtl else PAD)
    middle = starts[1] + PAD + lengths[1] // 2 + (0 if rtl else PAD + MARK)
    parts = {
        "name": Part(first, starts[0], widths[0], starts[0] + widths[0] // 2, lengths[0]),
        "word": Part(second, starts[1], widths[1], middle, lengths[1]),
    }
    drawing = {"mark": mark, "mark_x": mark_x, "colour": COLOURS[mark], "width": sum(widths), "rtl": rtl}
    return render_to_string("badge.svg", {**parts, **drawing, "whole": plain(whole)}).strip()


def _told(lanes: list[Json], crossing: Json, clock: Clock) -> tuple[str, str, str]:
    """Of which lanes it speaks, their word and their mark: of all where they stand alike, else of the strictest."""
    strictest = short.strictest(lanes)
    long, brief = {words.word(lane, clock) for lane in lanes}, {short.word(lane) for lane in lanes}
    spoken_of = lanes if len(brief) == 1 else [strictest]
    word = short.word(strictest) if len(long) > 1 and len(brief) == 1 else words.word(strictest, clock)
    carried = [(lane["traffic"], lane["to"]) for lane in crossing["status"]["lanes"]]
    named = words.lanes_named([(lane["traffic"], lane["to"]) for lane in spoken_of], carried)
    return plain(named), plain(word), words.mark(strictest)


def _clip(text: str) -> str:
    return text if len(text) <= LETTERS else f"{text[: LETTERS - 1]}…"


def _length(text: str) -> int:
    """About as long as it would be at 12 pixels; the picture then has it set to just that."""
    widths = (0 if unicodedata.combining(c) else 10 if c in WIDE else 4 if c in NARROW else 6.6 for c in text)
    return max(round(sum(widths)), 1)
