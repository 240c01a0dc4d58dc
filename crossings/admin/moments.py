"""A day and a time of day, typed in the local time of one side."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crossings.domain.fields import digits
from crossings.models import Crossing
from crossings.phrases.times import zone_name

Text = Any
"""Words, some of them translated only when they are shown."""


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class ClockField(forms.TimeField):
    """A time of day, with or without its colon, in the digits of any script: 17:30, 1730, 930, ۱۷۳۰, 5:30 pm, 1730h."""

    def to_python(self, value: Any) -> time | None:
        if isinstance(value, str):
            value = _colons(digits(value).strip().lower())
        found: time | None = super().to_python(value)
        return found


HALF = re.compile(r"(\d{1,2})(?:[:.٫]?(\d\d))?\s*([ap])\.?\s?m\.?")
"""Of the twelve hours before or after noon."""
WHOLE = re.compile(r"(\d{1,2})[:.٫]?(\d\d)\s*(?:h|hrs?|hours)?\.?")


def _colons(text: str) -> str:
    """As 17:30; what is no such time as it was typed."""
    if (found := HALF.fullmatch(text)) and 1 <= int(found[1]) <= 12:
        return f"{int(found[1]) % 12 + 12 * (found[3] == 'p')}:{found[2] or '00'}"
    whole = WHOLE.fullmatch(text)
    return f"{whole[1]}:{whole[2]}" if whole else text


def clock_input() -> forms.TimeInput:
    return forms.TimeInput(
        format="%H:%M", attrs={"inputmode": "numeric", "dir": "ltr", "autocomplete": "off", "placeholder": "17:30"}
    )


DAY_ERROR = {"invalid": _("A day is written 2023-02-24.")}
CLOCK_ERROR = {"invalid": _("A time of day is written 14:30.")}


def day_field(label: Text, help_text: Text = "", *, required: bool = False) -> forms.DateField:
    return forms.DateField(
        label=label, help_text=help_text, required=required, widget=DayInput(), error_messages=DAY_ERROR
    )


def clock_field(label: Text, help_text: Text = "", *, required: bool = False) -> ClockField:
    return ClockField(
        label=label, help_text=help_text, required=required, widget=clock_input(), error_messages=CLOCK_ERROR
    )


def zone_choices(crossing: Crossing, now: datetime) -> list[tuple[str, str]]:
    """The zones of both sides, each named by its city and what it is ahead of UTC today."""
    zones = dict.fromkeys([crossing.timezone_a, crossing.timezone_b])
    return [
        (zone, gettext("%(city)s time (UTC%(offset)s)") % {"city": zone_name(zone), "offset": _offset(zone, now)})
        for zone in zones
    ]


def _offset(zone: str, now: datetime) -> str:
    text = now.astimezone(ZoneInfo(zone)).strftime("%z")
    return f"{text[:3]}:{text[3:]}"


def instant(day: date, clock: time, zone: str) -> datetime:
    """That local time, in UTC. Raises ValidationError for a time the clocks jumped over, and one past all calendars."""
    local = datetime.combine(day, clock, ZoneInfo(zone))
    try:
        at = local.astimezone(UTC)
    except OverflowError:
        raise forms.ValidationError(gettext("There is no such time.")) from None
    if at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) != local.replace(tzinfo=None):
        words = gettext("There was no such time in %(city)s: the clocks went forward.")
        raise forms.ValidationError(words % {"city": zone_name(zone)})
    return at


class MomentForm(forms.Form):
    """When something was: a day, a time and the zone they are meant in."""

    day = day_field(_("Day"), required=True)
    clock = clock_field(_("Time"), required=True)
    zone = forms.ChoiceField(label=_("Local time of"))

    def set_zones(self, crossing: Crossing, now: datetime) -> None:
        """Offer both sides' zones, and begin with this moment on the first side."""
        field = self.fields["zone"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = zone_choices(crossing, now)
        local = now.astimezone(ZoneInfo(crossing.timezone_a))
        self.initial = {"day": local.date(), "clock": local.time(), "zone": crossing.timezone_a, **self.initial}

    def moment(self) -> datetime | None:
        """In UTC; None where the fields hold none. Faults go to the fields."""
        given = self.cleaned_data
        if not (given.get("day") and given.get("clock") is not None and given.get("zone")):
            return None
        try:
            return instant(given["day"], given["clock"], given["zone"])
        except forms.ValidationError as error:
            self.add_error("clock", error)
            return None
