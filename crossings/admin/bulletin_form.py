"""What a bulletin is to tell of: its name, the crossings and the hour."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crossings.admin.moments import clock_field, day_field, instant
from crossings.domain.fields import clean, phone_number_in
from crossings.models import Crossing
from crossings.phrases.countries import country
from crossings.phrases.short import one_line
from crossings.phrases.times import zone_name

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
NOW, AT = "now", "at"


class BulletinForm(forms.Form):
    """`chosen` and `at` (UTC) are there once it is valid."""

    name = forms.CharField(
        label=_("Name"), max_length=120,
        help_text=_("Such as “Morning bulletin”. The next of the same name marks what changed since this one."),
    )  # fmt: skip
    countries = forms.MultipleChoiceField(
        label=_("All crossings of"), required=False, widget=forms.CheckboxSelectMultiple
    )
    crossings = forms.MultipleChoiceField(
        label=_("Crossings one by one"), required=False, widget=forms.CheckboxSelectMultiple
    )
    when = forms.ChoiceField(
        label=_("As they stand"), choices=[(NOW, _("now")), (AT, _("at the hour below"))], initial=NOW,
        widget=forms.RadioSelect,
    )  # fmt: skip
    day = day_field(_("Day"))
    clock = clock_field(_("Time"))
    zone = forms.ChoiceField(label=_("Local time of"), required=False)

    def __init__(self, data: Any, crossings: list[Crossing], now: datetime) -> None:
        super().__init__(data)
        self.use_required_attribute = False
        self.own, self.now = crossings, now
        self.chosen: list[Crossing] = []
        self.at = now
        lands = sorted({land for each in crossings for land in each.countries}, key=country)
        zones = sorted({zone for each in crossings for zone in (each.timezone_a, each.timezone_b)}, key=zone_name)
        offered: dict[str, list[tuple[str, str]]] = {
            "countries": [(land, country(land)) for land in lands],
            "crossings": [(each.slug, f"{each.name} ({' – '.join(each.countries)})") for each in crossings],
            "zone": [*((zone, zone_name(zone)) for zone in zones), ("UTC", "UTC")],
        }
        for name, choices in offered.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = choices

    def clean_name(self) -> str:
        name = one_line(clean(self.cleaned_data["name"]))
        if not name:
            raise forms.ValidationError(gettext("Give it a name."), code="required")
        if phone_number_in(name):
            raise forms.ValidationError(gettext("Telephone numbers are not kept here: take it out."))
        return name

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        lands, slugs = set(given.get("countries", ())), set(given.get("crossings", ()))
        self.chosen = [each for each in self.own if each.slug in slugs or not lands.isdisjoint(each.countries)]
        if not self.chosen and not {"countries", "crossings"} & self.errors.keys():
            self.add_error("countries", gettext("Choose a country, or crossings one by one."))
        if given.get("when") == AT:
            self._read_hour(given)
        return given

    def _read_hour(self, given: dict[str, Any]) -> None:
        for name in ("day", "clock"):
            if given.get(name) is None and name not in self.errors:
                self.add_error(name, gettext("Say which, or choose “now”."))
        if {"day", "clock", "zone"} & self.errors.keys():
            return
        try:
            self.at = instant(given["day"], given["clock"], given["zone"] or "UTC")
        except forms.ValidationError as error:
            self.add_error("clock", error)
            return
        if self.at > self.now:
            self.add_error("day", gettext("This lies ahead of our clock: nobody knows yet. Give a time that has come."))
        elif self.at < EARLIEST:
            self.add_error("day", gettext("A day from 1990 on is expected."))
