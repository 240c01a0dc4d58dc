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
from crossings.feeds import FORMATS
from crossings.ingest.folder import FOLDER
from crossings.ingest.outcome import Taken, Tally
from crossings.models import Alarm, Crossing, Period, Poll, Report, Source
from crossings.phrases.text import plain
from crossings.phrases.times import Clock

INTERVALS_OF_SILENCE = 3
AT_LEAST = timedelta(minutes=15)
MANY = 4
LOOKED_BACK = timedelta(minutes=20)
"""Longer than any one task: what a dead worker recorded is seen by the next look."""


def quiet_sources(now: datetime | None = None) -> list[Source]:
    """The polled sources from which nothing usable came for several intervals; each raises one alarm.

    A drop folder is never quiet: it is filled when somebody has news, and one with nothing new is well. One that
    cannot be read, or whose files cannot, raises the alarm of a source that keeps failing.
    """
    now = now or timezone.now()
    rows = Source.objects.filter(active=True, state__isnull=False).exclude(address="").exclude(format="")
    rows = rows.exclude(address__startswith=FOLDER)
    found = []
    for source in rows.select_related("state"):
        heard = source.state.last_success_at or source.created_at
        if now - heard > max(INTERVALS_OF_SILENCE * source.interval, AT_LEAST):
            since = plain(Clock(now, ("UTC",)).when(heard))
            Alarm.sound(Alarm.Kind.QUIET, source, f"Nothing usable since {since}.", now)
            found.append(source)
    return found


def unlike_before(row: Poll, tally: Tally, now: datetime) -> None:
    """Raise an alarm where a batch is mostly refused, names several crossings nobody knows, or, of a state feed, has
    lost half of what it had. What was good in it counts all the same; the next batch as before ends the alarm.
    """
    total, good = sum(tally.counts.values()), sum(tally.counts.values()) - tally.refused
    strangers = sum(fault["code"] == "unknown_crossing" for item in tally.items for fault in item.get("faults", ()))
    why = ""
    if tally.refused >= MANY and tally.refused > total / 2:
        why = f"{tally.refused} of {total} items were refused."
    elif strangers >= MANY:
        why = f"{strangers} items name crossings we do not know."
    elif FORMATS[row.source.format].state_feed and not tally.counts[Taken.OLDER.value]:
        before = _last_count(row)
        why = f"{good} items, the last good batch had {before}." if before >= 2 * MANY and good < before / 2 else ""
    if why:
        Alarm.sound(Alarm.Kind.UNLIKE, row.source, f"{why} {tally.first_fault()}".strip(), now)
    else:
        Alarm.clear(Alarm.Kind.UNLIKE, row.source, now)


def _last_count(row: Poll) -> int:
    done = Poll.objects.filter(source=row.source, error="", finished_at__isnull=False, batch__isnull=False)
    for counts in done.exclude(pk=row.pk).order_by("-pk").values_list("counts", flat=True)[:20]:
        good = sum(counts.values()) - counts.get(Taken.REFUSED.value, 0)
        if good and not counts.get(Taken.OLDER.value):
            return good
    return 0


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
        told = Alarm.objects.filter(kind=Alarm.Kind.MASSIVE, source=each, told_at__gte=newest[each.pk]).exists()
        if count and not told:
            Alarm.sound_also(Alarm.Kind.MASSIVE, each, f"{count} crossings of {country} tightened at once.", now)
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
