"""The form as a whole, and the contract's JSON that it makes."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crossings.admin.log.conditions import FIRST_ROWS, MOST_ROWS
from crossings.admin.log.parts import AT, NOW, BacklogPart, LanesPart, WhenPart, WhoPart, WhyPart
from crossings.admin.moments import instant
from crossings.domain.claims import stamp
from crossings.domain.holds import AHEAD, BEFORE_RECORDS
from crossings.domain.vocabulary import Measure, Precision, Visibility
from crossings.models import Crossing

Json = dict[str, Any]
WHOLE_DAYS = (Precision.DAY, Precision.MONTH)


class LogForm(WhoPart, LanesPart, WhenPart, WhyPart, BacklogPart):
    """One claim about one crossing, and perhaps one count.

    `token` names this form, so that sent twice it is recorded once. `now_at` is what "now" meant when the preview was
    shown, and `seen` what the preview showed: saving anything else would save what nobody looked at.
    """

    crossing = forms.ChoiceField(label=_("Crossing"))
    token = forms.UUIDField(widget=forms.HiddenInput)
    now_at = forms.DateTimeField(required=False, widget=forms.HiddenInput, input_formats=["%Y-%m-%dT%H:%M:%S%z"])
    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    shown = forms.SlugField(required=False, widget=forms.HiddenInput)
    rows = forms.IntegerField(required=False, min_value=FIRST_ROWS, max_value=MOST_ROWS, widget=forms.HiddenInput)

    def __init__(self, data: Any, crossing: Crossing, now: datetime, initial: Json | None = None) -> None:
        hidden = {"token": uuid.uuid4(), "crossing": crossing.slug, "shown": crossing.slug, "rows": FIRST_ROWS}
        super().__init__(data, initial={**hidden, **(initial or {})})
        self.use_required_attribute = False
        self.now = now
        known = Crossing.objects.order_by("name", "slug").values_list("slug", "name")
        self.fields["crossing"].choices = list(known)  # type: ignore[attr-defined]
        self.set_who(crossing)
        self.set_lanes(crossing)
        self.set_when(crossing, now)
        self.set_backlog(crossing)

    @property
    def external_id(self) -> str:
        return f"form-{self.cleaned_data.get('token', '')}"

    def clean(self) -> Json:
        given = self.cleaned_data
        self.effective = self._effective()
        self.until = self._ending()
        self.said = self._moment("said_day", "said_clock")
        if self.said is not None and self.said > self.now + AHEAD:
            self.add_error("said_day", gettext("Nobody can have said it yet: this lies ahead of our clock."))
        if not self.lanes() and not self.has_backlog():
            self.add_error("lane_all", gettext("Choose how at least one lane stands, or give a backlog below."))
        if self.has_backlog() and given.get("visibility") == Visibility.STAFF:
            words = gettext("A backlog is always public. Leave it out here, or let the public see the whole update.")
            self.add_error("queue_low", words)
        return given

    def _effective(self) -> datetime | date | None:
        given = self.cleaned_data
        if given.get("when") == NOW:
            at: datetime = given.get("now_at") or self.now
            return at.astimezone(UTC).replace(microsecond=0)
        if given.get("when") != AT:
            return None
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

    def _ending(self) -> datetime | date | None:
        given = self.cleaned_data
        if given.get("until_day") and given.get("until_clock") is None:
            day: date = given["until_day"]
            return day
        return self._moment("until_day", "until_clock")

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
        """The count, as of when it was said. The note is the claim's, where there is one."""
        given = self.cleaned_data
        observed_at = self.said or given["now_at"] or self.now
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
            "observed_at": stamp(observed_at.astimezone(UTC).replace(microsecond=0)),
            "attribution": given["attribution"],
            "url": given["url"],
            "reported_at": stamp(self.said),
            "note": "" if self.lanes() else given["note"],
        }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
