"""What nobody would notice otherwise: a source that has gone quiet, and one that shuts many crossings at once.

The lanes of a quiet source go stale by themselves, and a closure is published at once: these only raise alarms.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import F
from django.utils import timezone

from crossings.domain.holds import TOGETHER, massive
from crossings.domain.vocabulary import STRICTNESS, Basis, State, Visibility
from crossings.models import Alarm, Crossing, Period, Report, Source

INTERVALS_OF_SILENCE = 3
AT_LEAST = timedelta(minutes=15)
LOOKED_BACK = timedelta(minutes=20)
"""Longer than any one task: what a dead worker recorded is seen by the next look."""


def quiet_sources(now: datetime | None = None) -> list[Source]:
    """The polled sources from which nothing usable came for several intervals; each raises one alarm."""
    now = now or timezone.now()
    rows = Source.objects.filter(active=True, state__isnull=False).exclude(address="").exclude(format="")
    found = []
    for source in rows.select_related("state"):
        heard = source.state.last_success_at or source.created_at
        if now - heard > max(INTERVALS_OF_SILENCE * source.interval, AT_LEAST):
            Alarm.sound(Alarm.Kind.QUIET, source, f"Nothing usable since {heard:%d %b %H:%M} UTC.", now)
            found.append(source)
    return found


def massive_closures(now: datetime, source: Source | None = None) -> list[Source]:
    """The sources whose latest words tightened more than a fifth of a country's crossings; each raises one alarm."""
    said: dict[int, dict[int, datetime]] = defaultdict(dict)
    newest: dict[int, datetime] = {}
    for pk, crossing, at, recorded in _words_that_stand(now - LOOKED_BACK, source):
        said[pk][crossing] = at
        newest[pk] = max(recorded, newest.get(pk, recorded))
    found = []
    for each in Source.objects.filter(pk__in=[pk for pk, crossings in said.items() if massive(len(crossings), 0)]):
        country, count = _worst_hit(_tightened(said[each.pk]))
        # Once a person has cleared it, only newer words raise it again.
        told = Alarm.objects.filter(kind=Alarm.Kind.MASSIVE, source=each, raised_at__gte=newest[each.pk]).exists()
        if count and not told:
            Alarm.sound(Alarm.Kind.MASSIVE, each, f"{count} crossings of {country} tightened at once.", now)
            found.append(each)
    return found


def _words_that_stand(since: datetime, source: Source | None) -> Iterable[tuple[int, int, datetime, datetime]]:
    """Source, crossing, effective and recorded time of the reports with which a present period began."""
    rows = Report.objects.filter(
        crossing__periods__end=None,
        crossing__periods__start=F("effective_at"),
        recorded_at__gt=since,
        retraction=None,
        visibility=Visibility.PUBLIC,
    ).exclude(basis=Basis.ANNOUNCED)
    rows = rows.filter(source=source) if source else rows
    return rows.values_list("source", "crossing", "effective_at", "recorded_at")  # type: ignore[return-value]


def _tightened(said: dict[int, datetime]) -> dict[int, datetime]:
    """Of these, the crossings whose present period is stricter than the one before it."""
    now = {period.crossing_id: period for period in Period.objects.filter(crossing__in=said, end=None)}
    ended = Period.objects.filter(crossing__in=said, end__in=set(said.values()))
    before = {period.crossing_id: period for period in ended if period.end == said[period.crossing_id]}
    return {pk: at for pk, at in said.items() if pk in now and _stricter(before.get(pk), now[pk])}


def _stricter(before: Period | None, after: Period) -> bool:
    was = {(lane["traffic"], lane["to"]): State(lane["state"]) for lane in before.lanes} if before else {}
    return any(
        State(lane["state"]) in (State.RESTRICTED, State.CLOSED)
        and STRICTNESS[State(lane["state"])] > STRICTNESS[was.get((lane["traffic"], lane["to"]), State.UNKNOWN)]
        for lane in after.lanes
    )


def _worst_hit(tightened: dict[int, datetime]) -> tuple[str, int]:
    """The country with most crossings tightened within ten minutes; a count of 0 where nowhere it is massive."""
    countries: dict[str, set[int]] = defaultdict(set)
    for pk, *pair in Crossing.objects.values_list("pk", "country_a", "country_b"):
        for country in pair:
            countries[country].add(pk)
    worst = "", 0
    for country, crossings in countries.items():
        moments = sorted(at for pk, at in tightened.items() if pk in crossings)
        together = max((bisect_right(moments, at + TOGETHER) - index for index, at in enumerate(moments)), default=0)
        if massive(together, len(crossings)) and together > worst[1]:
            worst = country, together
    return worst
