"""Crossings: their facts are edited, how they stand is looked at, confirmed, or changed by logging an update."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from functools import partial
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crossings import ledger, rights
from crossings.admin import acts, wording
from crossings.admin.fields import DAY, HOUR, MINUTE, CountryField, LengthField, LinesField, NamesField
from crossings.admin.hours import HoursField
from crossings.admin.house import Undeletable, act, acting, may_log
from crossings.admin.log.parts import words
from crossings.admin.proposal import unmark
from crossings.admin.round import go_round
from crossings.admin.round_mine import choose
from crossings.admin.waiting import trusted_as
from crossings.admin.work import desk
from crossings.domain.vocabulary import Confidence, State, Traffic
from crossings.matching import key
from crossings.models import Crossing
from crossings.phrases.text import capital

SIDES = (("a", _("the first side")), ("b", _("the second side")))


class CrossingForm(forms.ModelForm):
    """`must_speak` is chosen by side, and kept as countries."""

    names = NamesField(label=_("Names in other languages"), help_text=_("One a line: ps: تورخم"))
    aliases = LinesField(label=_("Other names and spellings"), help_text=_("One a line, in any script."))
    codes = LinesField(label=_("Codes"), help_text=_("One a line: UN/LOCODEs and others, such as AFRKH or cbp:250401."))
    traffic = forms.MultipleChoiceField(
        label=_("What it carries"), choices=lambda: words(Traffic), widget=forms.CheckboxSelectMultiple
    )
    country_a = CountryField(label=_("First side: country"))
    country_b = CountryField(label=_("Second side: country"))
    must_speak = forms.MultipleChoiceField(
        label=_("Who must be heard before a lane counts as open"), choices=SIDES, required=False,
        widget=forms.CheckboxSelectMultiple, help_text=_("None chosen: both."),
    )  # fmt: skip
    fresh_for = LengthField(
        HOUR, least=MINUTE, label=_("Fresh for (hours)"), help_text=_("A word stays fresh so long.")
    )
    forget_after = LengthField(
        DAY, least=HOUR, label=_("Forget after (days)"), help_text=_("Silence this long ends knowledge.")
    )
    hours = HoursField(
        label=_("Opening hours"), longest=2000,
        help_text=_("One a line, local time of that side: PK 07:00-19:00 mon-fri cargo to AF except 2026-08-14."),
    )  # fmt: skip

    editor: User

    class Meta:
        model = Crossing
        exclude = ()
        labels = {"sensitive": _("Sensitive")}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        crossing = self.instance
        self.initial["must_speak"] = [side for side, _ in SIDES if self._country(side) in (crossing.must_speak or [])]
        if crossing.pk is None:
            self.initial.update(fresh_for=timedelta(hours=24), forget_after=timedelta(days=60))

    def _country(self, side: str) -> str:
        """As it was sent; as it is, where it was not."""
        name = f"country_{side}"
        return str(getattr(self, "cleaned_data", {}).get(name) or getattr(self.instance, name) or "")

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"]
        if slug != slug.lower():
            raise ValidationError(gettext("Lower-case letters, digits and hyphens are expected, such as torkham."))
        return slug

    def clean_codes(self) -> list[str]:
        """A code that two crossings share would name neither."""
        codes: list[str] = self.cleaned_data["codes"]
        wanted = {key(code): code for code in codes}
        for other in Crossing.objects.exclude(pk=self.instance.pk).only("name", "codes"):
            for code in other.codes:
                if key(code) in wanted:
                    taken = gettext("%(code)s is a code of %(crossing)s already.")
                    raise ValidationError(taken % {"code": code, "crossing": other.name})
        return codes

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        self._names_no_other([name], own_names=False)
        return name

    def clean_names(self) -> dict[str, str]:
        names: dict[str, str] = self.cleaned_data["names"]
        self._names_no_other(names.values())
        return names

    def clean_aliases(self) -> list[str]:
        aliases: list[str] = self.cleaned_data["aliases"]
        self._names_no_other(aliases)
        return aliases

    def _names_no_other(self, names: Iterable[str], *, own_names: bool = True) -> None:
        """Two may share an alias, and then it names neither; what is another's address, code or own name is its."""
        wanted = {key(name): name for name in names}
        for other in Crossing.objects.exclude(pk=self.instance.pk).only("slug", "name", "codes") if wanted else ():
            for called in (other.slug, *other.codes, *([other.name] if own_names else [])):
                if key(called) in wanted:
                    taken = gettext("%(name)s names another crossing already: %(crossing)s.")
                    raise ValidationError(taken % {"name": wanted[key(called)], "crossing": other.name})

    def clean_timezone_a(self) -> str:
        return self._zone("timezone_a")

    def clean_timezone_b(self) -> str:
        return self._zone("timezone_b")

    def _zone(self, name: str) -> str:
        zone: str = self.cleaned_data[name]
        if zone not in available_timezones():
            raise ValidationError(gettext("Zones are named as in Asia/Kabul."))
        return zone

    def _set_aside_what_is_wrong(self) -> None:
        """The model would blame a field for what its neighbour got wrong."""
        for name in ("timezone_a", "timezone_b"):
            if name in self.errors:
                setattr(self.instance, name, "UTC")
        if {"country_a", "country_b"} & self.errors.keys():
            self.cleaned_data |= {"hours": [], "must_speak": []}

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        self._set_aside_what_is_wrong()
        given["must_speak"] = [self._country(side) for side in given.get("must_speak", ())]
        self._check_rights(given)
        for name, most in (("latitude", 90), ("longitude", 180)):
            if given.get(name) is not None and abs(given[name]) > most:
                self.add_error(name, gettext("A number from -%(most)s to %(most)s is expected.") % {"most": most})
        if (given.get("latitude") is None) != (given.get("longitude") is None):
            self.add_error("longitude", gettext("Give both latitude and longitude, or neither."))
        return given

    def _check_rights(self, given: dict[str, Any]) -> None:
        """Who looks after some countries makes and moves crossings there only; what is sensitive stays so until a
        second person agrees.
        """
        own = rights.countries_of(self.editor)
        sides = {self._country(side) for side, _ in SIDES}
        if own is not None and sides and own.isdisjoint(sides) and not {"country_a", "country_b"} & self.errors.keys():
            words = gettext("One side has to lie in a country that you look after: %(own)s.")
            self.add_error("country_a", words % {"own": ", ".join(sorted(own))})
        if self.instance.pk and self.instance.sensitive and not given.get("sensitive"):
            words = gettext(
                "A second person has to agree: leave it ticked, and use “No longer sensitive…” on its page."
            )
            self.add_error("sensitive", words)
        shorter = given.get("forget_after") and given["forget_after"] < self.instance.forget_after
        if self.instance.pk and self.instance.sensitive and shorter:
            words = gettext("At a sensitive crossing a closure is not made to be forgotten sooner by one person alone.")
            self.add_error("forget_after", words)

    def _post_clean(self) -> None:
        """How a sensitive crossing's word is weighed may not be eased by one person alone: it is tried, and undone."""
        super()._post_clean()  # type: ignore[misc]
        if self.errors or not (self.instance.pk and self.instance.sensitive and self.changed_data):
            return
        now = timezone.now()
        with transaction.atomic():
            self.instance.save()
            try:
                ledger.touch_crossing(self.instance, now=now, guard=ledger.Guard(now=now))
            except ledger.NeedsSecond:
                words = gettext(
                    "So weighed, lanes of this sensitive crossing would stand looser: that is for two persons."
                )
                self.add_error(next(name for name in self.changed_data if name in self.fields), words)
            transaction.set_rollback(True)


class LastReported(admin.SimpleListFilter):
    """By what was last reported, whether or not that is still sure."""

    title = _("last reported")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(state.value, capital(gettext(state.label))) for state in State]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(current__state=self.value()) if self.value() else queryset


class Trust(admin.SimpleListFilter):
    """Those with any lane of which the sources disagree, or of which nobody has spoken lately."""

    title = _("how far to trust it")
    parameter_name = "trust"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(word.value, capital(gettext(word.label))) for word in (Confidence.DISPUTED, Confidence.STALE)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        for word in (Confidence.DISPUTED, Confidence.STALE):
            if self.value() == word:
                return queryset.filter(trusted_as(word, "current__status"))
        return queryset


@admin.register(Crossing)
class CrossingAdmin(Undeletable):
    crossing_at = ""
    form = CrossingForm
    list_display = ("name", "sides", "state", "stands", "told", "slug")
    list_filter = (LastReported, Trust, "country_a", "country_b")
    search_fields = ("name", "slug", "aliases", "names", "codes", "place_a", "place_b")
    search_help_text = _("Any name in any script, or a code.")
    ordering = ("name",)
    list_select_related = ("current",)
    prepopulated_fields = {"slug": ("name",)}
    fieldsets = (
        (None, {"fields": ("name", "slug", "names", "aliases", "codes", "traffic")}),
        (_("First side"), {"fields": ("country_a", "place_a", "timezone_a")}),
        (_("Second side"), {"fields": ("country_b", "place_b", "timezone_b")}),
        (_("Where"), {"fields": ("latitude", "longitude", "position_verified")}),
        (_("How its word is weighed"), {"fields": ("must_speak", "fresh_for", "forget_after", "sensitive")}),
        (_("Hours and notes"), {"fields": ("hours", "hours_note", "note")}),
    )

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_view_permission(request, obj) or may_log(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return super().has_module_permission(request) or may_log(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Crossing]:
        return super().get_queryset(request).select_related("current")

    def get_readonly_fields(self, request: HttpRequest, obj: Crossing | None = None) -> tuple[str, ...]:
        """Its address stays; its countries do once something was said of them."""
        if obj is None:
            return ()
        return ("slug", "country_a", "country_b") if obj.reports.exists() or obj.readings.exists() else ("slug",)

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        return {} if obj else super().get_prepopulated_fields(request, obj)

    def get_urls(self) -> list[URLPattern]:
        pages = {"round": go_round, "round/mine": choose, "work": desk}
        own = [
            path(
                f"{name}/", self.admin_site.admin_view(partial(do, self)),
                name=f"crossings_crossing_{name.replace('/', '_')}_changelist",
            )
            for name, do in pages.items()
        ]  # fmt: skip
        does = {"confirm": acts.confirm_crossing, "unmark": unmark}
        return [*own, *(act(self, name, partial(do, self)) for name, do in does.items()), *super().get_urls()]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        return type("CrossingForm", (super().get_form(request, obj, change, **options),), {"editor": acting(request)})

    def save_model(self, request: HttpRequest, obj: Crossing, form: forms.ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if form.changed_data or not change:
            now = timezone.now()
            ledger.touch_crossing(obj, now=now, by=acting(request), guard=ledger.Guard(now=now))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        context: dict[str, Any] = {"may_log": may_log(request), **(extra_context or {})}
        crossing = self.get_object(request, object_id)
        if crossing is not None:
            now = timezone.now()
            shown, clock = wording.as_it_stands(crossing, now), wording.clock_at(crossing, now)
            context |= {
                "standings": wording.standings(shown, clock),
                "queues": wording.counts(shown["queues"], clock),
                "known": bool(shown["status"]["sources"]),
            }
        return super().change_view(request, object_id, form_url, context)

    @admin.display(description=_("sides"), ordering="country_a")
    def sides(self, crossing: Crossing) -> str:
        return " – ".join(crossing.countries)

    @admin.display(description=_("state"), ordering="current__state")
    def state(self, crossing: Crossing) -> str:
        return wording.one_word(crossing)

    @admin.display(description=_("goods trucks, or what comes first"))
    def stands(self, crossing: Crossing) -> str:
        return wording.in_short(crossing, timezone.now())

    @admin.display(description=_("last confirmed"), ordering="current__status__confirmed_at")
    def told(self, crossing: Crossing) -> str:
        return wording.last_heard(crossing, timezone.now())
