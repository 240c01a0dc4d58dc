"""Small drawings, made here as SVG and put into the page: a strip of days, and the counts of a queue.

Neither holds a word but its title: what it shows is told beside it. State is drawn by shape: a full bar is closed, a
lower one on conditions, an outline reported open, dots on the ground not known.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, ngettext

from crossings.domain.vocabulary import Method, State, Traffic, Unit
from crossings.evidence.recent import DayCount
from crossings.phrases.countries import country
from crossings.phrases.days import Strip
from crossings.phrases.queues import amount, number, unit_named
from crossings.phrases.text import apart, capital, listed, plain
from crossings.phrases.times import Clock
from crossings.phrases.words import traffic_named

HIGH = 10
COUNTED_DAYS = 30
WIDE, TALL = 300, 60


def strip_svg(strip: Strip) -> SafeString:
    """A column for each day, the oldest first."""
    paths: dict[str, list[str]] = {}
    at = 0
    for state, run in groupby(strip.days):
        n = len(list(run))
        paths.setdefault(state, []).append(_bar(state, at, n))
        at += n
    drawn = format_html_join("", '<path class="{}" d="{}"/>', ((state, "".join(d)) for state, d in paths.items()))
    title = gettext("%(name)s, day by day") % {"name": strip.name}
    return format_html(
        '<svg role="img" viewBox="0 0 {} {}" preserveAspectRatio="none"><title>{}</title>{}</svg>',
        at, HIGH, plain(title), drawn,
    )  # fmt: skip


def _bar(state: str, at: int, n: int) -> str:
    match state:
        case State.CLOSED:
            return f"M{at} 0h{n}v{HIGH}h-{n}z"
        case State.RESTRICTED:
            return f"M{at} 4h{n}v6h-{n}z"
        case State.OPEN:
            return f"M{at} 9.6V.4h{n}v9.2z"
    return f"M{at} 9.4h{n}"


@dataclass(frozen=True, slots=True)
class Line:
    day: str
    words: str
    voices: str


@dataclass(frozen=True, slots=True)
class Chart:
    """The counts of one queue over some days: a drawing, a sentence and a table that say the same."""

    sentence: str
    svg: SafeString
    top: str
    first: str
    last: str
    lines: tuple[Line, ...]


def charts(counts: Sequence[DayCount], traffic: str, clock: Clock) -> list[Chart]:
    """One for each side and unit that was counted on at least two days."""
    by_queue: dict[tuple[str, str], list[DayCount]] = {}
    for each in counts:
        by_queue.setdefault((each.side, each.unit), []).append(each)
    today = clock.local(clock.now).date()
    return [_chart(found, traffic, today, clock) for found in by_queue.values() if len(found) > 1]


def _chart(found: Sequence[DayCount], traffic: str, today: date, clock: Clock) -> Chart:
    first = today - timedelta(days=COUNTED_DAYS - 1)
    least, most = min(each.low for each in found), max(each.high for each in found)
    unit = unit_named(found[0].unit, most)
    what = unit if (traffic, found[0].unit) == (Traffic.CARGO, Unit.TRUCKS) else _of(unit, traffic)
    side = found[0].side
    where = gettext("on both sides, or side not said")
    if side:
        where = gettext("in %(country)s") % {"country": country(side)}
    days = ngettext("counted on %(n)s day", "counted on %(n)s days", len(found)) % {"n": apart(len(found))}
    form = gettext("%(what)s waiting %(where)s, the last %(days)s days: %(low)s to %(high)s, %(counted)s.")
    if least == most:
        form = gettext("%(what)s waiting %(where)s, the last %(days)s days: %(high)s, %(counted)s.")
    told = {"what": capital(what), "where": where, "days": apart(COUNTED_DAYS), "low": number(least),
            "high": number(most), "counted": days}  # fmt: skip
    title = gettext("%(what)s waiting %(where)s, day by day") % told
    return Chart(
        sentence=form % told,
        svg=_counts_svg(found, first, most, plain(title)),
        top=gettext("%(n)s %(unit)s") % {"n": number(most), "unit": unit},
        first=clock.short_day(first),
        last=clock.short_day(today),
        lines=tuple(_line(each, clock) for each in reversed(found)),
    )


def _of(unit: str, traffic: str) -> str:
    return gettext("%(unit)s for %(traffic)s") % {"unit": unit, "traffic": traffic_named([traffic])}


def _line(each: DayCount, clock: Clock) -> Line:
    if each.counts == 1 or each.low == each.high:
        words = amount(each.low if each.floor else None, each.high if each.ceiling else None, each.method)
    else:
        words = amount(each.low, each.high, Method.REPORTED)
        words = gettext("%(range)s by different counts") % {"range": words}
    voices = [apart(label) for label in each.labels[:3]]
    if len(each.labels) > 3:
        voices.append(gettext("others"))
    return Line(clock.short_day(each.day), capital(words), listed(voices))


def _counts_svg(found: Sequence[DayCount], first: date, most: int, title: str) -> SafeString:
    """From the least to the most of each day: a dot where they are one, a thin line where there is no floor."""
    solid, thin = [], []
    for x, low, high, each in _placed(found, first, max(most, 1)):
        solid.append(f"M{x} {low}V{high}")
        if not each.floor:
            thin.append(f"M{x} {TALL}V{high}")
        if not each.ceiling:
            thin.append(f"M{x} {low}V4")
    ground = format_html('<path class="ground" d="M0 {}H{}"/>', TALL, WIDE)
    drawn = format_html_join(
        "",
        '<path class="{}" d="{}"/>',
        (("thin", mark_safe("".join(thin))), ("solid", mark_safe("".join(solid)))),
    )
    return format_html(
        '<svg role="img" viewBox="0 0 {} {}" preserveAspectRatio="none"><title>{}</title>{}{}</svg>',
        WIDE, TALL, title, ground, drawn,
    )  # fmt: skip


def _placed(found: Sequence[DayCount], first: date, most: int) -> Iterator[tuple[int, int, int, DayCount]]:
    step = WIDE // COUNTED_DAYS
    for each in found:
        x = (each.day - first).days * step + step // 2
        low, high = (TALL - round(n / most * (TALL - 6)) for n in (each.low, each.high))
        yield x, low, high, each
