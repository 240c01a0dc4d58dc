"""The parts of the form: who says so, which lanes, when, why, and the backlog. Every part is optional to type."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.forms import BoundField
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crossings.admin import speakers
from crossings.admin.moments import Text, clock_field, day_field, zone_choices
from crossings.domain.border import Lane
from crossings.domain.vocabulary import (
    Basis,
    By,
    HowKnown,
    Method,
    Precision,
    QueuePlace,
    Reason,
    State,
    Traffic,
    Unit,
    Visibility,
    Where,
    Word,
)
from crossings.models import Crossing
from crossings.phrases.countries import country
from crossings.phrases.text import capital
from crossings.phrases.words import TRAFFIC_ORDER, traffic_named

Choices = list[tuple[str, Any]]


class LongSelect(forms.Select):
    """A select of many options, written at once: Django renders a template for each, which took half of the page."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        chosen = set(self.format_value(value))
        tag = flatatt(self.build_attrs(self.attrs, {**(attrs or {}), "name": name}))
        options = format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            ((key, flatatt({"selected": str(key) in chosen}), label) for key, label in self.choices),
        )
        return format_html("<select{}>{}</select>", tag, options)


def words(kind: type[Word], blank: Text | None = None) -> Choices:
    """A vocabulary as choices, with a first one for nothing chosen where `blank` names it."""
    found = [(word.value, capital(gettext(word.label))) for word in kind]
    return found if blank is None else [("", blank), *found]


def select(
    label: Text, kind: type[Word], *, blank: Text | None = None, first: str = "", help_text: Text = ""
) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label, required=False, choices=lambda: words(kind, blank), initial=first, help_text=help_text
    )


def line(label: Text, limit: int, help_text: Text = "") -> forms.CharField:
    return forms.CharField(label=label, required=False, max_length=limit, help_text=help_text)


def sides(crossing: Crossing) -> list[str]:
    """Its countries; several crossings at once may have only one in common, or none."""
    return [each for each in crossing.countries if each]


def zone_of(crossing: Crossing, side: str) -> str:
    """The zone of the side that acted, else of the first."""
    return crossing.timezone_b if side == crossing.country_b else crossing.timezone_a


class WhoPart(forms.Form):
    source = forms.ChoiceField(label=_("Who says so"), initial=speakers.OWN, widget=LongSelect)
    attribution = line(
        _("Said by"), 200, _("The role of whoever is quoted, such as “customs official”. Public: no names of contacts.")
    )
    how_known = select(_("How we know"), HowKnown, blank=_("not said"))
    declared_by = forms.ChoiceField(label=_("Which side acted"), required=False, widget=forms.RadioSelect)
    one_gate = forms.BooleanField(
        label=_("Only this side’s gate"), required=False,
        help_text=_("“Our gate is open, theirs not yet”: nothing is said of the other gate."),
    )  # fmt: skip
    basis = select(_("Is it so already?"), Basis, first=Basis.OBSERVED)
    where = select(_("Where"), Where, first=Where.GATE)
    by = select(_("Who opened or closed it in fact"), By, first=By.AUTHORITY)
    by_name = line(_("Their name"), 200, _("Of an organisation, never of a private person. Public."))

    def set_who(self, crossing: Crossing) -> None:
        self.fields["source"].choices = speakers.choices()  # type: ignore[attr-defined]
        named = [(each, country(each)) for each in sides(crossing)]
        self.fields["declared_by"].choices = [("", gettext("nobody named")), *named]  # type: ignore[attr-defined]


LANE_STATES = (
    (State.OPEN, _("open")),
    (State.RESTRICTED, _("on conditions")),
    (State.CLOSED, _("closed")),
    (State.UNKNOWN, _("not known")),
)
LANE = "lane_"
ALL_LANES = f"{LANE}all"
BOTH_WAYS = "_both"


def lane_field(traffic: str, to: str) -> str:
    return f"{LANE}{traffic}_{to}"


def both_field(traffic: str) -> str:
    return f"{LANE}{traffic}{BOTH_WAYS}"


@dataclass(frozen=True, slots=True)
class GridRow:
    name: str
    both: BoundField
    ways: list[BoundField]


class LanesPart(forms.Form):
    """The grid: a lane left alone takes what is chosen for both ways, then for all; else it is left out."""

    def set_lanes(self, crossing: Crossing) -> None:
        self.place = crossing
        self.fields[ALL_LANES] = self._state(_("All lanes"), _("each as chosen below"))
        for traffic in self.traffic:
            what = traffic_named([traffic])
            both = gettext("%(traffic)s, both ways") % {"traffic": what}
            self.fields[both_field(traffic)] = self._state(both, _("each as chosen"))
            for to in sides(crossing):
                way = gettext("%(traffic)s to %(country)s") % {"traffic": what, "country": country(to)}
                self.fields[lane_field(traffic, to)] = self._state(way, _("as before"))

    @property
    def traffic(self) -> list[Traffic]:
        return [traffic for traffic in TRAFFIC_ORDER if traffic in self.place.traffic]

    @staticmethod
    def _state(label: Text, blank: Text) -> forms.ChoiceField:
        choices = [("", blank), *((state.value, name) for state, name in LANE_STATES)]
        return forms.ChoiceField(label=capital(str(label)), required=False, choices=choices)

    def lane_values(self) -> dict[str, Any]:
        return {name: self[name].value() for name in self.fields if name.startswith(LANE)}

    def all_lanes(self) -> BoundField:
        return self[ALL_LANES]

    def grid(self) -> Iterator[GridRow]:
        for traffic in self.traffic:
            ways = [self[lane_field(traffic, to)] for to in sides(self.place)]
            yield GridRow(capital(traffic_named([traffic])), self[both_field(traffic)], ways)

    def headings(self) -> list[str]:
        return [gettext("to %(country)s") % {"country": country(to)} for to in sides(self.place)]

    def name_standing(self, standing: dict[Lane, str]) -> None:
        """Say with “as before” how each lane stands, in the board's words."""
        for traffic in self.traffic:
            ways = [standing.get((traffic, to), "") for to in sides(self.place)]
            for to, word in zip(sides(self.place), ways, strict=True):
                self._name_before(lane_field(traffic, to), word)
            self._name_before(both_field(traffic), ways[0] if ways and len(set(ways)) == 1 else "")

    def _name_before(self, name: str, word: str) -> None:
        if word:
            field: Any = self.fields[name]
            field.choices = [("", gettext("as before (%(word)s)") % {"word": word}), *field.choices[1:]]

    def lanes(self) -> dict[Lane, tuple[State, str]]:
        """What was chosen: the state of each lane named, and the field that said so."""
        found: dict[Lane, tuple[State, str]] = {}
        for traffic in self.traffic:
            for to in sides(self.place) or [""]:
                for field in (lane_field(traffic, to), both_field(traffic), ALL_LANES):
                    if self.cleaned_data.get(field):
                        found[traffic, to] = State(self.cleaned_data[field]), field
                        break
        return found


NOW, AN_HOUR_AGO, TODAY, YESTERDAY, AT, UNSAID = "now", "hour", "today", "yesterday", "at", "unsaid"
AT_A_CLOCK = (TODAY, YESTERDAY, AT)


class WhenPart(forms.Form):
    when = forms.ChoiceField(
        label=_("Since when"), initial=NOW, widget=forms.RadioSelect, error_messages={"required": _("Say since when.")},
        choices=(
            (NOW, _("now")), (AN_HOUR_AGO, _("an hour ago")), (TODAY, _("today at")), (YESTERDAY, _("yesterday at")),
            (AT, _("another day")), (UNSAID, _("not said (announcements only)")),
        ),
    )  # fmt: skip
    clock = clock_field(_("Time"), _("Four digits will do: 1730."))
    day = day_field(_("Day"))
    zone = forms.ChoiceField(label=_("All times here are local time of"), required=False)
    precision = forms.ChoiceField(
        label=_("How well the time is known"), required=False, initial=Precision.EXACT, widget=forms.RadioSelect,
        choices=lambda: list(reversed(words(Precision))),
    )  # fmt: skip
    until_day = day_field(_("Until (day)"), _("Only where an end was named."))
    until_clock = clock_field(_("Until (time)"), _("Left empty: until the end of that day."))
    said_day = day_field(_("Said on (day)"), _("When the source said it. Left empty: just now."))
    said_clock = clock_field(_("Said at (time)"), _("Left empty: known to the day."))

    def set_when(self, crossing: Crossing, now: datetime) -> None:
        own = gettext("the side that acted, else of the first")
        self.fields["zone"].choices = [("", own), *zone_choices(crossing, now)]  # type: ignore[attr-defined]


class WhyPart(forms.Form):
    reason = select(_("Why"), Reason, blank=_("not said"))
    note = forms.CharField(
        label=_("Note"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Public. No names of contacts, no telephone numbers, no number plates."),
    )  # fmt: skip
    url = forms.CharField(
        label=_("Address of the article or notice"), required=False, max_length=1000,
        widget=forms.TextInput(attrs={"inputmode": "url", "placeholder": "https://"}),
    )  # fmt: skip
    visibility = select(
        _("Who may see it"), Visibility, first=Visibility.PUBLIC,
        help_text=_("What is for staff only moves nothing on the board."),
    )  # fmt: skip


class BacklogPart(forms.Form):
    queue_low = forms.IntegerField(
        label=_("At least"), required=False, help_text=_("“More than 5,000” has only this one.")
    )
    queue_high = forms.IntegerField(label=_("At most"), required=False, help_text=_("“Up to 6,000” has only this one."))
    queue_unit = select(_("Of what"), Unit, first=Unit.TRUCKS)
    queue_side = forms.ChoiceField(label=_("On which side"), required=False)
    queue_traffic = forms.ChoiceField(label=_("For which traffic"), required=False)
    queue_place = select(_("Where it stands"), QueuePlace, first=QueuePlace.GATE)
    queue_method = select(_("How it is known"), Method, first=Method.REPORTED)
    queue_day = day_field(_("Counted on (day)"), _("Left empty: as of the time of the update."))
    queue_clock = clock_field(_("Counted at (time)"), _("Left empty: known to the day."))

    def set_backlog(self, crossing: Crossing) -> None:
        named = [(each, country(each)) for each in sides(crossing)]
        self.fields["queue_side"].choices = [("", gettext("both together, or not said")), *named]  # type: ignore[attr-defined]
        carried = [traffic for traffic in TRAFFIC_ORDER if traffic in crossing.traffic]
        lanes = [(traffic.value, capital(traffic_named([traffic]))) for traffic in carried]
        self.fields["queue_traffic"].choices = [("", gettext("not said")), *lanes]  # type: ignore[attr-defined]

    def has_backlog(self) -> bool:
        return self.cleaned_data.get("queue_low") is not None or self.cleaned_data.get("queue_high") is not None
