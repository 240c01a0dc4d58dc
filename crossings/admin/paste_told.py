"""What was found in a text, for eyes: its words marked, and a line for each stretch of them that says what and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crossings.admin import wording
from crossings.domain import vocabulary as v
from crossings.domain.pasted import Found, Why
from crossings.models import Crossing
from crossings.phrases.countries import country
from crossings.phrases.text import capital
from crossings.phrases.times import zone_name
from crossings.phrases.words import traffic_named

WHY: dict[Why, Promise] = {
    Why.OPEN: _("says that it is open"),
    Why.CLOSED: _("says that it is closed"),
    Why.CONDITIONS: _("says who or what may pass"),
    Why.ACTED: _("names the side that acted"),
    Why.AHEAD: _("says what will be: announced"),
    Why.TIME: _("names a time"),
    Why.TIME_ZONE: _("names a time; of which side is not said, so only to the hour"),
    Why.SENT: _("when the message was sent, by the telephone’s clock"),
    Why.COUNT: _("names a number that waits"),
    Why.SIDE: _("names the side on which they wait"),
    Why.DENIED: _("not sure, nothing filled in: a word of denial stands beside it"),
    Why.ASKED: _("not sure, nothing filled in: it is a question"),
    Why.MAYBE: _("not sure, nothing filled in: hoped, demanded, heard of, or only possible"),
    Why.PAST: _("not sure, nothing filled in: it speaks of another time"),
    Why.LATER: _("left out: it says what will be, beside what is"),
    Why.TWO_WAYS: _("not sure, nothing filled in: it can be read in two ways"),
    Why.TWO_TIMES: _("not sure, nothing filled in: several times are named"),
    Why.BOTH: _("not sure, nothing filled in: both sides are named"),
    Why.NARROWED: _("not sure, nothing filled in: it says this of some only, or who or what may pass or may not"),
    Why.NOT_YET: _("not sure, nothing filled in: that time had not come when it was said, or only the hour would tell"),
    Why.SIDE_ZONE: _("not sure, nothing filled in: the sides’ clocks differ, and it does not say whose is meant"),
}
STATES: dict[str, Promise] = {
    v.State.OPEN: _("open"),
    v.State.CLOSED: _("closed"),
    v.State.RESTRICTED: _("on conditions"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """What stands in the text, what would be filled in for it, and why; `sure` is false where nothing is."""

    words: str
    what: str
    why: str
    sure: bool


def marked(text: str, told: Iterable[Found], also: Iterable[tuple[int, int]] = ()) -> SafeString:
    """The text with these words in <mark>."""
    spans = sorted({*((each.start, each.end) for each in told), *also})
    pieces: list[tuple[str, str, str]] = []
    at = 0
    for start, end in _merged(spans):
        pieces += [("", text[at:start], ""), ("<mark>", text[start:end], "</mark>")]
        at = end
    pieces.append(("", text[at:], ""))
    return format_html_join("", "{}{}{}", ((SafeString(a), piece, SafeString(b)) for a, piece, b in pieces if piece))


def _merged(spans: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    last: tuple[int, int] | None = None
    for start, end in spans:
        if start >= end:
            continue
        if last is not None and start < last[1]:
            last = last[0], max(last[1], end)
            continue
        if last is not None:
            yield last
        last = start, end
    if last is not None:
        yield last


def where_named(text: str, words: Iterable[str]) -> list[tuple[int, int]]:
    """Where these words stand in the text as they are."""
    found = []
    for each in words:
        at = text.find(each) if each else -1
        while at >= 0:
            found.append((at, at + len(each)))
            at = text.find(each, at + len(each))
    return found


def lines(text: str, told: Iterable[Found], crossing: Crossing) -> list[Line]:
    """One for each stretch of words, in their order."""
    groups: dict[tuple[int, int, Why], list[Found]] = {}
    for each in told:
        groups.setdefault((each.start, each.end, each.why), []).append(each)
    return [
        Line(
            text[start:end], gettext("; ").join(filter(None, (_value(each, crossing) for each in group))),
            str(WHY[why]), any(each.value for each in group),
        )
        for (start, end, why), group in groups.items()
    ]  # fmt: skip


def _value(each: Found, crossing: Crossing) -> str:
    name, value = each.field, each.value
    if not value:
        return ""
    if name.startswith("lane_"):
        return gettext("%(lanes)s: %(state)s") % {"lanes": capital(_lanes(name)), "state": STATES[value]}
    if name == "declared_by":
        return gettext("which side acted: %(side)s") % {"side": wording.side_named(value)}
    if name == "queue_side":
        return gettext("on the side of %(side)s") % {"side": wording.side_named(value)}
    if name == "nationals":
        return gettext("nationals of %(country)s") % {"country": country(value)}
    if name in ("zone",):
        return gettext("%(city)s time") % {"city": zone_name(value)}
    if name == "when":
        return gettext("now") if value == "now" else ""
    forms = {"queue_low": gettext("at least %(n)s"), "queue_high": gettext("at most %(n)s")}
    if name in forms:
        return forms[name] % {"n": value}
    return _worded(name, value)


KINDS: dict[str, type[v.Word]] = {
    "basis": v.Basis, "precision": v.Precision, "queue_unit": v.Unit, "queue_traffic": v.Traffic,
    "queue_method": v.Method, "who": v.Who, "goods": v.Goods,
}  # fmt: skip


def _worded(name: str, value: str) -> str:
    kind = KINDS.get(name)
    return gettext(kind(value).label) if kind else value


def _lanes(name: str) -> str:
    _, traffic, to = [*name.split("_"), ""][:3]
    if traffic == "all":
        return gettext("all lanes")
    told = {"traffic": traffic_named([v.Traffic(traffic)]), "country": country(to) if to != "both" else ""}
    form = gettext("%(traffic)s, both ways") if to == "both" else gettext("%(traffic)s to %(country)s")
    return form % told


TAKEN: dict[str, Promise] = {
    "name": _("names: %(n)s"),
    "number": _("telephone numbers: %(n)s"),
    "plate": _("number plates: %(n)s"),
    "address": _("e-mail addresses: %(n)s"),
    "handle": _("account names: %(n)s"),
    "link": _("links to persons: %(n)s"),
}


def taken_out(counts: dict[str, int]) -> str:
    """What was left out before it was kept."""
    return gettext(", ").join(str(TAKEN[kind]) % {"n": n} for kind, n in counts.items() if kind in TAKEN)


def quoted(line: str) -> SafeString:
    return format_html("“{}”", line)
