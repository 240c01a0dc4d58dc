"""The form as a whole, and the contract's JSON that it makes."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crossings.admin.log import stood_before
from crossings.admin.log.asked import Asked, Typed, asked_back
from crossings.admin.log.conditions import FIRST_ROWS, MOST_ROWS
from crossings.admin.log.parts import (
    AN_HOUR_AGO,
    AT,
    AT_A_CLOCK,
    NOW,
    TODAY,
    YESTERDAY,
    BacklogPart,
    LanesPart,
    LongSelect,
    WhenPart,
    WhoPart,
    WhyPart,
    zone_of,
)
from crossings.admin.moments import instant
from crossings.domain.claims import stamp
from crossings.domain.holds import AHEAD, BEFORE_RECORDS
from crossings.domain.vocabulary import Measure, Precision, Visibility
from crossings.models import Crossing

Json = dict[str, Any]
WHOLE_DAYS = (Precision.DAY, Precision.MONTH)
FOLDED = {
    "speaker": ("attribution", "how_known"),
    "holder": ("basis", "where", "by", "by_name"),
    "times": ("until_day", "until_clock", "said_day", "said_clock"),
    "readers": ("url", "visibility"),
    "backlog": ("queue_low", "queue_high", "queue_unit", "queue_side", "queue_traffic", "queue_place", "queue_method",
                "queue_day", "queue_clock"),
}  # fmt: skip
"""What is seldom typed: out of the way until it is asked for."""


class LogForm(WhoPart, LanesPart, WhenPart, WhyPart, BacklogPart):
    """One claim about one crossing, and perhaps one count.

    `token` names this form, so that sent twice it is recorded once. `now_at` is what "now" meant when the preview was
    shown, or was chosen on the phone, and `seen` what the preview showed: saving anything else would save what nobody
    looked at.
    """

    suffix = ""
    """Of the id, where one form makes a claim of each of several crossings."""
    crossing: Any = forms.ChoiceField(label=_("Crossing"), widget=LongSelect)
    token = forms.UUIDField(widget=forms.HiddenInput)
    now_at = forms.DateTimeField(required=False, widget=forms.HiddenInput, input_formats=["%Y-%m-%dT%H:%M:%S%z"])
    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    shown = forms.SlugField(required=False, widget=forms.HiddenInput)
    prefilled = forms.CharField(required=False, widget=forms.HiddenInput)
    rows = forms.IntegerField(required=False, min_value=FIRST_ROWS, max_value=MOST_ROWS, widget=forms.HiddenInput)

    def __init__(
        self, data: Any, crossing: Crossing, now: datetime, initial: Json | None = None,
        known: Sequence[tuple[str, str]] = (),
    ) -> None:  # fmt: skip
        hidden = {"token": uuid.uuid4(), "crossing": crossing.slug, "shown": crossing.slug, "rows": FIRST_ROWS}
        super().__init__(data, initial={**hidden, **(initial or {})})
        self.use_required_attribute = False
        self.now = now
        self._asked: list[Asked] = []
        self.fields["crossing"].choices = list(known)  # type: ignore[attr-defined]
        self.set_who(crossing)
        self.set_lanes(crossing)
        self.set_when(crossing, now)
        self.set_backlog(crossing)

    def keep_prefilled(self) -> None:
        """Note in the page which lanes it was filled in with before anybody touched it."""
        held: Any = self.data if self.is_bound else self.initial
        held[stood_before.FIELD] = stood_before.kept(self.lane_values())

    @property
    def external_id(self) -> str:
        return f"form-{self.cleaned_data.get('token', '')}{self.suffix}"

    def clean(self) -> Json:
        given = self.cleaned_data
        if "zone" in given:
            given["zone"] = given["zone"] or zone_of(self.place, given.get("declared_by") or "")
        if given.get("when") == AN_HOUR_AGO and given.get("precision") in ("", Precision.EXACT):
            given["precision"] = Precision.HOUR.value
        self.effective = self._effective()
        self.until = self._day_or_moment("until_day", "until_clock")
        self.said = self._said()
        self.counted = self._day_or_moment("queue_day", "queue_clock")
        if self.said is not None and self.said > self.now + AHEAD:
            self.add_error("said_day", gettext("Nobody can have said it yet: this lies ahead of our clock."))
        counted = self._noon(self.counted)
        if counted is not None and counted > self.now + AHEAD and not self._today(self.counted):
            self.add_error("queue_day", gettext("Nobody can have counted it yet: this lies ahead of our clock."))
        if not self.lanes() and not self.has_backlog():
            self.add_error("lane_all", gettext("Choose how at least one lane stands, or give a backlog below."))
        if self.has_backlog() and given.get("visibility") == Visibility.STAFF:
            words = gettext("A backlog is always public. Leave it out here, or let the public see the whole update.")
            self.add_error("queue_low", words)
        self._ask_back()
        return given

    def _ask_back(self) -> None:
        given = self.cleaned_data
        day_only = Precision.EXACT if given.get("said_clock") is not None else Precision.DAY
        self._asked = list(asked_back(
            Typed(self.begins_at, self._noon(self.effective), given.get("precision") or Precision.EXACT),
            Typed("until_day", self._noon(self.until), _finely(self.until)),
            Typed("said_day", self.said, day_only), Typed("queue_day", self._noon(self.counted), _finely(self.counted)),
            basis=given.get("basis") or "", crossing=self.place, now=self.now,
        ))  # fmt: skip
        for each in self._asked:
            if each.value not in self.ticked() and each.field not in self.errors:
                self.add_error(each.field, each.question)

    def ticked(self) -> list[str]:
        """The times of which it was said that they are meant."""
        found: list[str] = self.data.getlist("sure") if hasattr(self.data, "getlist") else []
        return found

    @property
    def asked(self) -> list[Asked]:
        """The times asked back, ticked or not."""
        return self._asked if self.is_bound and self.errors is not None else []

    def opened(self) -> dict[str, bool]:
        """The parts that are folded away, and whether anything in them was typed or is wrong."""
        return {part: any(self._used(name) for name in names) for part, names in FOLDED.items()}

    def _used(self, name: str) -> bool:
        first = self.fields[name].initial
        return bool(self.is_bound and self.errors.get(name)) or str(self[name].value() or "") not in ("", str(first))

    def _then(self) -> datetime:
        """What "now" means: the moment of the preview that was read."""
        at: datetime = self.cleaned_data.get("now_at") or self.now
        return at.astimezone(UTC).replace(microsecond=0)

    def _effective(self) -> datetime | date | None:
        given = self.cleaned_data
        if given.get("when") in (NOW, AN_HOUR_AGO):
            return self._then() - timedelta(hours=given["when"] == AN_HOUR_AGO)
        if given.get("when") not in AT_A_CLOCK:
            return None
        if given["when"] != AT and given.get("zone"):
            today = self._then().astimezone(ZoneInfo(given["zone"])).date()
            given["day"] = today - timedelta(days=given["when"] == YESTERDAY)
        if not given.get("day"):
            self._missing("day", gettext("Give the day, or choose “now”."))
            return None
        if given["day"].year < BEFORE_RECORDS.year:
            self.add_error("day", gettext("Our records begin in 1990: a year such as 2023 is expected."))
            return None
        if given.get("precision") in WHOLE_DAYS:
            day: date = given["day"]
            return day
        if given.get("clock") is None:
            self._missing("clock", gettext("Give the time, or say below that only the day is known."))
            return None
        return self._moment("day", "clock")

    @property
    def begins_at(self) -> str:
        """The field in which its beginning was typed."""
        return "clock" if self.cleaned_data.get("when") in (TODAY, YESTERDAY) else "day"

    def _day_or_moment(self, day: str, clock: str) -> datetime | date | None:
        given = self.cleaned_data
        if given.get(day) and given.get(clock) is None:
            found: date = given[day]
            return found
        return self._moment(day, clock)

    def _said(self) -> datetime | None:
        """A day alone stands at its noon; today, at this moment where noon is still to come."""
        typed = self._day_or_moment("said_day", "said_clock")
        noon = self._noon(typed)
        if noon is None or isinstance(typed, datetime):
            return noon
        return min(noon, self.now.replace(microsecond=0)) if self._today(typed) else noon

    def _noon(self, typed: datetime | date | None) -> datetime | None:
        zone = self.cleaned_data.get("zone")
        if typed is None or isinstance(typed, datetime) or not zone:
            return typed if isinstance(typed, datetime) else None
        try:
            return datetime.combine(typed, time(12), ZoneInfo(zone)).astimezone(UTC)
        except OverflowError:
            return None

    def _today(self, day: date | None) -> bool:
        zone = self.cleaned_data.get("zone")
        return zone is not None and self.now.astimezone(ZoneInfo(zone)).date() == day

    def _moment(self, day: str, clock: str) -> datetime | None:
        given = self.cleaned_data
        if not given.get(day) and given.get(clock) is None:
            return None
        if not given.get(day):
            self._missing(day, gettext("Give the day, too."))
            return None
        if given.get(clock) is None:
            self._missing(clock, gettext("Give the time, too."))
            return None
        if not given.get("zone"):
            return None
        try:
            return instant(given[day], given[clock], given["zone"])
        except forms.ValidationError as error:
            self.add_error(clock, error)
            return None

    def _missing(self, field: str, words: str) -> None:
        """What is not there has to be given; what is there and wrong has its own words already."""
        if field not in self.errors:
            self.add_error(field, words)

    def claim_json(self) -> Json:
        """All of the claim but its lanes; of a form with faults, what can be had."""
        given = self.cleaned_data
        return {
            "id": self.external_id,
            "crossing": self.place.slug,
            "declared_by": given.get("declared_by") or None,
            "one_gate": given.get("one_gate"),
            "effective_at": self._stamped_start(),
            "until": stamp(self.until) if isinstance(self.until, datetime) else _iso(self.until),
            "reported_at": stamp(self.said),
            **{name: given.get(name) or None for name in ("precision", "basis", "where", "by", "reason", "visibility")},
            **{name: given.get(name) for name in ("by_name", "note", "attribution", "url")},
        }

    def _stamped_start(self) -> str | None:
        if isinstance(self.effective, datetime):
            return stamp(self.effective)
        month = self.cleaned_data.get("precision") == Precision.MONTH and self.effective
        return f"{self.effective:%Y-%m}" if month else _iso(self.effective)

    def reading_json(self) -> Json:
        """The count. The note is the claim's, where there is one."""
        given = self.cleaned_data
        observed_at, precision = self._observed()
        return {
            "id": self.external_id,
            "crossing": self.place.slug,
            "measure": Measure.WAITING.value,
            "side": given["queue_side"] or None,
            "traffic": given["queue_traffic"] or None,
            "unit": given["queue_unit"],
            "low": given["queue_low"],
            "high": given["queue_high"],
            "place": given["queue_place"],
            "method": given["queue_method"],
            "observed_at": observed_at,
            "precision": precision,
            "attribution": given["attribution"],
            "url": given["url"],
            "reported_at": stamp(self.said),
            "note": "" if self.lanes() else given["note"],
        }

    def _observed(self) -> tuple[str | None, str]:
        """When it was counted, and how well that is known: as typed; else as of the update, or when it was said, where
        that is earlier.
        """
        latest = (self.said or self.cleaned_data.get("now_at") or self.now).astimezone(UTC).replace(microsecond=0)
        typed, precision = self.effective, self.cleaned_data.get("precision") or Precision.EXACT
        if self.counted is not None:
            typed, precision = self.counted, _finely(self.counted)
        at = self._noon(typed)
        if at is None or (at > latest and not isinstance(self.counted, datetime)):
            return stamp(latest), Precision.EXACT
        if isinstance(typed, datetime):
            return stamp(typed), precision
        return (f"{typed:%Y-%m}" if precision == Precision.MONTH else _iso(typed)), precision


def _finely(typed: datetime | date | None) -> str:
    return Precision.EXACT if isinstance(typed, datetime) else Precision.DAY


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
