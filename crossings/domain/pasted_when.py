"""Since when it holds, of all that a text names as a time: filled in where it can be meant in one way only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from crossings.domain.pasted_found import Clause, Found, Place, Why, not_sure
from crossings.domain.pasted_times import Phrase, Sent, phrases
from crossings.domain.vocabulary import Precision

SOON = timedelta(minutes=5)
TO_THE_HOUR = timedelta(minutes=30)
"""So far two clocks may differ for a time to be known to the hour still."""
Told = tuple[Phrase, datetime]


def whens(clauses: Sequence[Clause], said: datetime, heads: Sequence[Sent], place: Place, side: str) -> Iterator[Found]:
    """`side`: the side that acted, whose clock is then meant; "" where it is not known."""
    zone = place.zones[place.sides.index(side)] if side in place.sides else place.zones[0]
    if heads:
        local = heads[-1].at.astimezone(ZoneInfo(zone))
        yield Found("said_day", local.date().isoformat(), heads[-1].start, heads[-1].end, Why.SENT)
        yield Found("said_clock", f"{local:%H:%M}", heads[-1].start, heads[-1].end, Why.SENT)
    told = [
        (phrase, base)
        for clause in clauses
        for base in [_base(clause, said, heads)]
        for phrase in phrases(clause.text, clause.start, base, zone)
    ]
    ahead = any(clause.ahead for clause in clauses)
    since = list(_agreeing(told, zone, place, side, bool(heads), ahead)) if told else []
    yield from since
    if heads and not any(each.field == "zone" for each in since):
        yield Found("zone", zone, heads[-1].start, heads[-1].end, Why.SENT)


def _base(clause: Clause, said: datetime, heads: Sequence[Sent]) -> datetime:
    before = [head.at for head in heads if head.start <= clause.start + len(clause.text)]
    return before[-1] if before else heads[0].at if heads else said


def _agreeing(told: list[Told], zone: str, place: Place, side: str, headed: bool, ahead: bool) -> Iterator[Found]:
    phrase, base = told[0]
    if not all(each.sure for each, _ in told):
        unsure = next(each for each, _ in told if not each.sure)
        yield not_sure("when", unsure.start, unsure.end, Why.TWO_WAYS)
        return
    days, clocks, moments = ({getattr(each, name) for each, _ in told} - {None} for name in ("day", "clock", "at"))
    span = phrase.start, phrase.end
    if max(len(days), len(clocks), len(moments)) > 1 or (moments and (days or clocks)):
        yield not_sure("when", *span, Why.TWO_TIMES)
    elif moments:
        yield from _moment(moments.pop(), base, span, zone, headed)
    elif clocks:
        yield from _clock(next(iter(days), None), clocks.pop(), base, span, zone, place, side, ahead)
    else:
        yield from _day(days.pop(), base, span, zone, ahead)


def _moment(at: datetime, base: datetime, span: tuple[int, int], zone: str, headed: bool) -> Iterator[Found]:
    """Now, or some hours ago."""
    if at == base and not headed:
        yield Found("when", "now", *span, Why.TIME)
        return
    local = at.astimezone(ZoneInfo(zone))
    yield from _at(local.date(), local.time(), zone, Precision.EXACT if at == base else Precision.HOUR, span, Why.TIME)


def _day(day: date, base: datetime, span: tuple[int, int], zone: str, ahead: bool) -> Iterator[Found]:
    noon = datetime.combine(day, time(12), ZoneInfo(zone)).astimezone(UTC)
    if (noon > base + SOON) is not ahead:
        yield not_sure("when", *span, Why.NOT_YET)
        return
    yield from _at(day, None, zone, Precision.DAY, span, Why.TIME)


def _clock(
    day: date | None, clock: time, base: datetime, span: tuple[int, int], zone: str, place: Place, side: str,
    ahead: bool,
) -> Iterator[Found]:  # fmt: skip
    local = datetime.combine(day or base.astimezone(ZoneInfo(zone)).date(), clock, ZoneInfo(zone))
    offsets = {datetime.combine(local.date(), clock, ZoneInfo(each)).utcoffset() or timedelta() for each in place.zones}
    apart = max(offsets) - min(offsets)
    if not side and apart > TO_THE_HOUR:
        yield not_sure("when", *span, Why.SIDE_ZONE)
    elif (local.astimezone(UTC) > base + SOON) is not ahead:
        yield not_sure("when", *span, Why.NOT_YET)
    else:
        known = bool(side) or not apart
        precision, why = (Precision.EXACT, Why.TIME) if known else (Precision.HOUR, Why.TIME_ZONE)
        yield from _at(local.date(), clock, zone, precision, span, why)


def _at(
    day: date, clock: time | None, zone: str, precision: Precision, span: tuple[int, int], why: Why
) -> Iterator[Found]:  # fmt: skip
    given = {"when": "at", "day": day.isoformat(), "zone": zone, "precision": precision.value}
    if clock is not None:
        given["clock"] = f"{clock:%H:%M}"
    for name, value in given.items():
        yield Found(name, value, *span, why)
