"""The condition rows: each names whom or what a lane on conditions lets pass, and for which traffic it holds."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crossings.admin.log.parts import LongSelect, capital, line, select, traffic_named, words
from crossings.admin.moments import Text, clock_field
from crossings.domain.vocabulary import (
    CountryOf,
    Document,
    Effect,
    Goods,
    How,
    LimitPer,
    Traffic,
    Vehicle,
    Weekday,
    Who,
    Word,
)
from crossings.models import Crossing
from crossings.phrases.countries import NAMES, country
from crossings.phrases.words import TRAFFIC_ORDER

Json = dict[str, Any]

MOST_ROWS = 6
FIRST_ROWS = 2
LISTS = ("who", "goods", "vehicle", "documents")
RARE = ("how", "country_of", "hs", "days", "opens", "closes", "fee", "currency")
"""What is seldom said: out of the way until it is asked for."""
PARTS = ("effect", *LISTS, "country", "country_of", "hs", "how", "days", "hours", "fee", "limit", "text")
"""Of the contract's JSON."""


def several(label: Text, kind: type[Word]) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=label, required=False, choices=lambda: words(kind), widget=forms.CheckboxSelectMultiple
    )


class ConditionForm(forms.Form):
    effect = select(_("Effect"), Effect, first=Effect.ALLOW)
    traffic = forms.ChoiceField(label=_("On which lanes"), required=False)
    who = several(_("Who"), Who)
    country = forms.ChoiceField(label=_("Of or in which country"), required=False, widget=LongSelect)
    documents = several(_("With which documents (all of them)"), Document)
    goods = several(_("Which goods"), Goods)
    vehicle = several(_("Which vehicles"), Vehicle)
    count = forms.IntegerField(label=_("At most how many"), required=False)
    per = select(_("counted"), LimitPer, first=LimitPer.DAY)
    text = line(_("What no word above says"), 500, _("Public."))
    how = select(_("How they pass"), How, blank=_("not said"))
    country_of = select(_("That country is the one of the"), CountryOf, blank=_("person, or not said"))
    hs = line(_("Customs codes (HS)"), 500, _("With commas: 01-24, 2523."))
    days = several(_("On which days"), Weekday)
    opens = clock_field(_("From (local time of its gate)"))
    closes = clock_field(_("To"))
    fee = forms.IntegerField(label=_("For a fee of"), required=False)
    currency = line(_("Currency"), 3, _("Three letters, such as PKR."))

    def __init__(self, data: Any, crossing: Crossing, number: int) -> None:
        super().__init__(data, prefix=f"c{number}")
        self.number = number
        carried = [traffic for traffic in TRAFFIC_ORDER if traffic in crossing.traffic]
        lanes = [(traffic.value, capital(traffic_named([traffic]))) for traffic in carried]
        self.fields["traffic"].choices = [("", _("every lane on conditions")), *lanes]  # type: ignore[attr-defined]
        self.fields["country"].choices = country_choices(crossing)  # type: ignore[attr-defined]
        self.use_required_attribute = False

    @property
    def filled(self) -> bool:
        """Whether anything was typed; a row that was not sent at all is empty."""
        beside = {"effect": (None, "", Effect.ALLOW), "per": (None, "", *LimitPer)}
        sent = {name: self[name].data for name in self.fields}
        return any(value not in beside[name] if name in beside else bool(value) for name, value in sent.items())

    def short_lists(self) -> list[Any]:
        return [self[name] for name in LISTS]

    @property
    def rare_used(self) -> bool:
        return any(self[name].data or (self.is_bound and self[name].errors) for name in RARE)

    def clean_currency(self) -> str:
        code: str = self.cleaned_data["currency"].strip().upper()
        return code

    def clean(self) -> Json:
        given = self.cleaned_data
        for one, other in (("opens", "closes"), ("closes", "opens"), ("fee", "currency"), ("currency", "fee")):
            there = {name for name in (one, other) if given.get(name) not in (None, "")}
            if there == {one} and other not in self.errors:
                self.add_error(other, gettext("Give this, too."))
        return given

    def holds_for(self, traffic: Traffic) -> bool:
        return self.cleaned_data.get("traffic") in ("", traffic.value)

    def as_json(self) -> Json:
        given = self.cleaned_data
        found: Json = {"effect": given.get("effect") or Effect.ALLOW.value}
        found |= {name: given[name] for name in (*LISTS, "country", "text") if given.get(name)}
        if given.get("count") is not None:
            found["limit"] = {"count": given["count"], "per": given.get("per") or LimitPer.DAY.value}
        return found | self._rare_json()

    def _rare_json(self) -> Json:
        given = self.cleaned_data
        found: Json = {name: given[name] for name in ("how", "country_of", "days") if given.get(name)}
        codes = [code.strip() for code in str(given.get("hs") or "").replace("–", "-").split(",") if code.strip()]
        if codes:
            found["hs"] = codes
        if given.get("opens") is not None and given.get("closes") is not None:
            found["hours"] = [f"{given[name]:%H:%M}" for name in ("opens", "closes")]
        if given.get("fee") is not None and given.get("currency"):
            found["fee"] = {"amount": given["fee"], "currency": given["currency"]}
        return found

    def field_at(self, part: str) -> str:
        """The field that holds this part of the condition's JSON; "" where none does."""
        name = {"limit": "count", "hours": "opens"}.get(part, part)
        return name if name in self.fields else ""


def country_choices(crossing: Crossing) -> list[tuple[str, str]]:
    """The two sides first, then all others by name."""
    rest = sorted((country(code), code) for code in NAMES if code not in crossing.countries)
    sides = [(code, country(code)) for code in crossing.countries]
    return [("", "–"), *sides, *((code, name) for name, code in rest)]
