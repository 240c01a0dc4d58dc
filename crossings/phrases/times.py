"""Times and ages in words. Everything comes in UTC and goes out in the local times of both sides."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.dateformat import format as format_date
from django.utils.translation import gettext, ngettext, pgettext

from crossings.domain.vocabulary import Precision
from crossings.phrases.countries import zone_name
from crossings.phrases.solar import solar_day
from crossings.phrases.text import apart

MANY_DAYS = 75
"""From here on months are counted."""
COARSE = (Precision.DAY, Precision.MONTH)
HOURS_MATTER = timedelta(hours=48)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def moment(stamp: str | None) -> datetime | None:
    return datetime.fromisoformat(stamp) if stamp else None


@dataclass(frozen=True, slots=True)
class Stamped:
    """A time as a page shows it: its words, and UTC for the machine."""

    utc: str
    words: str


@dataclass(frozen=True, slots=True)
class Clock:
    """The moment a page speaks from and the zones of the two sides.

    `past` is a page asked for as it stood: ages then count back from that moment. `dated` are the moments that stand
    for a whole day, as far as they are known not to be told by the precision that comes with them.
    """

    now: datetime
    zones: tuple[str, ...]
    past: bool = False
    dated: frozenset[datetime] = frozenset()

    def precision(self, at: datetime, given: str = Precision.EXACT) -> str:
        """How finely a moment is known."""
        return Precision.DAY if given not in COARSE and at in self.dated else given

    def local(self, at: datetime) -> datetime:
        """On the first side."""
        return at.astimezone(ZoneInfo(self.zones[0]))

    def midnight(self, day: date) -> datetime:
        """When that day begins on the first side."""
        return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(self.zones[0]))

    def short_day(self, day: date) -> str:
        """A day in few words: "23 Feb"."""
        return self._date(self.midnight(day), brief=True)

    def is_noon(self, at: datetime) -> bool:
        """Whether it stands where a day stands that is known by its date alone."""
        return any(f"{at.astimezone(ZoneInfo(zone)):%H%M%S%f}" == "120000000000" for zone in self.zones)

    def is_dated(self, stamp: str | None, given: str = Precision.EXACT) -> bool:
        at = moment(stamp)
        return at is not None and self.precision(at, given) in COARSE

    def stamped(self, stamp: str | None, precision: str = Precision.EXACT, *, brief: bool = False) -> Stamped | None:
        at = moment(stamp)
        return Stamped(stamp or "", self.when(at, precision, brief=brief)) if at else None

    def stamped_day(self, stamp: str | None) -> Stamped | None:
        at = moment(stamp)
        return Stamped(stamp or "", self.day(at)) if at else None

    def when(self, at: datetime, precision: str = Precision.EXACT, *, brief: bool = False) -> str:
        """The time as finely as it is known: a month, a day, or both sides' local times with their zones named.

        `brief` drops the weekday, the year where it is this one, and the hour where it is long past.
        """
        precision = self.precision(at, precision)
        if precision == Precision.MONTH:
            return apart(format_date(self._noonlike(at), pgettext("month format", "F Y")))
        if precision == Precision.DAY:
            return self._day(at, brief)
        if brief and abs(self.now - at) > HOURS_MATTER:
            return self.day(at, brief=True)
        return self._local_times(at, about=precision == Precision.HOUR, brief=brief)

    def day(self, at: datetime, *, brief: bool = False) -> str:
        """The day on the first side, whatever the hour."""
        return self._date(self.local(at), brief)

    def _day(self, at: datetime, brief: bool) -> str:
        for zone in self.zones:
            local = at.astimezone(ZoneInfo(zone))
            if (local.hour, local.minute) == (0, 0):
                # A stretch known to last until a date ends with that day.
                return gettext("the end of %(day)s") % {"day": self._date(local - DAY, brief)}
        return self._date(self._noonlike(at), brief)

    def _noonlike(self, at: datetime) -> datetime:
        """In the zone in which the day was meant: there it stands at noon."""
        sides = [at.astimezone(ZoneInfo(zone)) for zone in self.zones]
        return next((local for local in sides if (local.hour, local.minute) == (12, 0)), sides[0])

    def _date(self, local: datetime, brief: bool) -> str:
        if not brief:
            gregorian, solar = apart(format_date(local, pgettext("day format", "l j M Y"))), solar_day(local.date())
            return f"{gregorian} ({solar})" if solar else gregorian
        this_year = local.year == self.now.astimezone(local.tzinfo).year
        form = pgettext("short day format", "j M") if this_year else pgettext("day format with year", "j M Y")
        return apart(format_date(local, form))

    def _local_times(self, at: datetime, *, about: bool, brief: bool) -> str:
        by_time: dict[tuple[str, str], list[str]] = {}
        for zone in dict.fromkeys(self.zones):
            local = at.astimezone(ZoneInfo(zone))
            by_time.setdefault((self._date(local, brief), format_date(local, "H:i")), []).append(zone_name(zone))
        parts, last_day = [], ""
        for (day, time), places in by_time.items():
            text = apart(f"{time} {'/'.join(places)}")
            text = gettext("about %(time)s") % {"time": text} if about else text
            parts.append(text if day == last_day else gettext("%(day)s, %(time)s") % {"day": day, "time": text})
            last_day = day
        return " / ".join(parts)

    def age(self, at: datetime, precision: str = Precision.EXACT) -> str:
        """How long before the clock's moment: "3 hours ago"; on a past page "3 hours earlier".

        Of what is known to the day or the month no length is told that nobody measured: "today", "on 23 Feb".
        """
        precision = self.precision(at, precision)
        if precision in COARSE:
            return self._dated_age(at, precision)
        passed = abs(self.now - at)
        if passed < 2 * MINUTE:
            return gettext("at that moment") if self.past else gettext("just now")
        if at < self.now:
            return self._before(span(passed))
        # A past page may rest on what was only said later.
        form = gettext("%(span)s later") if self.past else gettext("in %(span)s")
        return form % {"span": span(passed)}

    def _dated_age(self, at: datetime, precision: str) -> str:
        meant = self._noonlike(at)
        if precision == Precision.MONTH:
            return gettext("in %(month)s") % {"month": self.when(at, precision)}
        if self.now.astimezone(meant.tzinfo).date() == meant.date():
            return gettext("the same day") if self.past else gettext("today")
        return gettext("on %(day)s") % {"day": self._date(meant, brief=True)}

    def _before(self, length: str) -> str:
        form = gettext("%(span)s earlier") if self.past else gettext("%(span)s ago")
        return form % {"span": length}


def length(start: datetime, end: datetime, *, exact: bool) -> str:
    """How long a stretch lasted, in days where its ends are known no better."""
    if exact:
        return span(end - start)
    days = round((end - start) / DAY)
    if days == 0:
        return gettext("less than a day")
    return span(days * DAY) if days >= MANY_DAYS else ngettext("%(n)s day", "%(n)s days", days) % {"n": apart(days)}


def span(passed: timedelta) -> str:
    """A length of time in its largest fitting unit."""
    steps = (
        (60 * MINUTE, MINUTE, lambda n: ngettext("%(n)s minute", "%(n)s minutes", n)),
        (36 * HOUR, HOUR, lambda n: ngettext("%(n)s hour", "%(n)s hours", n)),
        (MANY_DAYS * DAY, DAY, lambda n: ngettext("%(n)s day", "%(n)s days", n)),
        (730 * DAY, 30.44 * DAY, lambda n: ngettext("%(n)s month", "%(n)s months", n)),
    )
    for limit, unit, form in steps:
        if passed < limit:
            n = max(int(passed / unit), 1)
            return str(form(n)) % {"n": apart(n)}
    n = int(passed / (365.25 * DAY))
    return ngettext("%(n)s year", "%(n)s years", n) % {"n": apart(n)}
