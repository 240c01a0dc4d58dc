"""Sources: who speaks, how far they are trusted, and where and how often they are asked."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from crossings.admin import wording
from crossings.admin.fields import MINUTE, CountriesField, CountryField, LengthField
from crossings.admin.house import Undeletable, act, acting
from crossings.admin.people.person import check_grant
from crossings.admin.source_acts import glance, poll_now, retry
from crossings.domain.vocabulary import SourceKind
from crossings.feeds import FORMATS, FeedError
from crossings.feeds.sheet_cells import Reader
from crossings.ledger import Guard, NeedsSecond, touch_source
from crossings.models import Crossing, Source
from crossings.outbound import OutboundError, read_headers, read_url

WEIGHED = ("kind", "country", "trusted", "active")
"""What of a source moves how its word is weighed."""
STAFF = "staff-"


class Unshown(forms.Textarea):
    """A text that is never shown again once it was typed."""

    def format_value(self, value: Any) -> str | None:
        return None


class SourceForm(forms.ModelForm):
    """A secret is written, and never read: the headers themselves are no field of this form."""

    country = CountryField(
        label=_("Speaks for"), required=False, help_text=_("For an authority: its side, in two letters, such as PK.")
    )
    countries = CountriesField(
        label=_("Countries"),
        help_text=_("Only crossings with a side in one of these: two letters, one a line. None: all."),
    )  # fmt: skip
    format = forms.ChoiceField(
        label=_("Format"), required=False, choices=lambda: [("", "–"), *((name, name) for name in FORMATS)],
        help_text=_("In which form its address answers."),
    )  # fmt: skip
    url = forms.URLField(label=_("Address for readers"), required=False, max_length=500, assume_scheme="https")
    interval = LengthField(MINUTE, least=MINUTE, label=_("Asked every (minutes)"))
    options = forms.JSONField(
        label=_("Options of its format"), required=False, widget=forms.Textarea(attrs={"rows": 5, "dir": "ltr"}),
        help_text=_("A JSON object; a sheet’s columns and zone: "
                    '{"columns": {"Gate": "crossing", "Status": "state"}, "timezone": "Asia/Kabul"}'),
    )  # fmt: skip
    new_headers = forms.CharField(
        label=_("Headers sent with each request"), required=False,
        widget=Unshown(attrs={"rows": 2, "dir": "ltr", "autocomplete": "off", "spellcheck": "false"}),
        help_text=_("One a line, as in Authorization: Bearer …. Kept encrypted and never shown again. Left empty: as"
                    " they are."),
    )  # fmt: skip
    drop_headers = forms.BooleanField(label=_("Send no headers of ours any more"), required=False)

    editor: User

    class Meta:
        model = Source
        exclude = ("headers",)
        help_texts = {
            "address": _("https://… or file:/a/drop/folder. Empty: it is not polled. A folder may stay empty for long:"
                         " only one that cannot be read raises an alarm.")
        }  # fmt: skip

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"]
        if slug.lower().startswith(STAFF):
            raise ValidationError(gettext("That is how our own staff are named: choose another."))
        return slug

    def clean_address(self) -> str:
        address: str = self.cleaned_data["address"].strip()
        if not address:
            return ""
        if address.startswith("file:"):
            place = address.removeprefix("file:").removeprefix("//")
            if not place.startswith("/") or ".." in place.split("/"):
                raise ValidationError(gettext("A folder is given whole, from the root: file:/srv/drop/partner."))
            return address
        try:
            read_url(address)
        except OutboundError as error:
            raise ValidationError(
                gettext("An address such as https://example.org/feed.json or file:/a/drop/folder is expected. %(why)s")
                % {"why": error.detail}
            ) from None
        return address

    def clean_countries(self) -> list[str]:
        countries: list[str] = self.cleaned_data["countries"]
        check_grant(self.editor, countries)
        return countries

    def clean_options(self) -> dict[str, Any]:
        options = self.cleaned_data["options"]
        if options is None:
            return {}
        if not isinstance(options, dict):
            raise ValidationError(gettext("A JSON object is expected, such as {}."))
        return options

    def clean_new_headers(self) -> str:
        text: str = self.cleaned_data["new_headers"].strip()
        try:
            found = read_headers(text)
        except OutboundError as error:
            raise ValidationError(error.detail) from None
        if not all(found.values()):
            raise ValidationError(gettext("A header is written Name: value, one a line."))
        return text

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if given.get("new_headers") and given.get("drop_headers"):
            self.add_error("drop_headers", gettext("Give new headers, or send none: not both."))
        if given.get("format") == "sheet" and given.get("options"):
            try:
                Reader(given["options"])
            except FeedError as error:
                self.add_error("options", error.detail)
        if given.get("kind") == SourceKind.AUTHORITY and not given.get("country") and "country" not in self.errors:
            self.add_error("country", gettext("An authority speaks for one side: give its country, such as PK."))
        if given.get("address") and not given.get("format") and "format" not in self.errors:
            self.add_error("format", gettext("Say in which format this address answers."))
        if given.get("format") and not given.get("address") and "address" not in self.errors:
            self.add_error("address", gettext("A format needs an address to be asked; or choose no format."))
        return given

    def _post_clean(self) -> None:
        """How its word is weighed may not loosen a sensitive crossing by one person alone: it is tried, and undone."""
        super()._post_clean()  # type: ignore[misc]
        changed = [name for name in WEIGHED if name in self.changed_data and name in self.fields]
        if self.errors or not (self.instance.pk and changed):
            return
        now = timezone.now()
        with transaction.atomic():
            self.instance.save(update_fields=changed)
            try:
                touch_source(self.instance, now=now, guard=Guard(now=now))
            except NeedsSecond as needs:
                words = gettext(
                    "So weighed, lanes of %(crossing)s, which is sensitive, would stand looser: log that as an update,"
                    " to which a second person agrees."
                )
                self.add_error(changed[0], words % {"crossing": Crossing.objects.get(slug=needs.slug)})
            transaction.set_rollback(True)


class Polled(admin.SimpleListFilter):
    title = _("polling")
    parameter_name = "polling"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("failing", _("Failing")), ("polled", _("Polled")), ("no", _("Not polled"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "failing":
            return queryset.filter(state__failing_since__isnull=False)
        if self.value() == "polled":
            return queryset.exclude(address="")
        return queryset.filter(address="") if self.value() == "no" else queryset


@admin.register(Source)
class SourceAdmin(Undeletable):
    source_at = ""
    form = SourceForm
    list_display = ("name", "public_label", "kind", "country", "trusted", "active", "format", "last_success", "failing")
    list_filter = ("kind", "trusted", "active", Polled)
    list_select_related = ("state",)
    search_fields = ("name", "slug", "public_label")
    filter_horizontal = ("crossings",)
    prepopulated_fields = {"slug": ("name",)}
    polling = ("last_poll", "last_success", "failing", "next_due", "last_reply")
    fieldsets = (
        (None, {"fields": ("name", "slug", "public_label", "kind", "country", "url", "trusted", "active")}),
        (_("Polling"), {"fields": ("address", "format", "options", "interval", *polling)}),
        (_("Secrets"), {"fields": ("headers_set", "new_headers", "drop_headers")}),
        (_("Which crossings it may speak of"), {"fields": ("countries", "crossings")}),
        (_("For staff"), {"fields": ("note",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Source]:
        return super().get_queryset(request).select_related("state")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        return type("SourceForm", (super().get_form(request, obj, change, **options),), {"editor": acting(request)})

    def save_model(self, request: HttpRequest, obj: Source, form: Any, change: bool) -> None:
        given = form.cleaned_data
        if given.get("new_headers") or given.get("drop_headers") or not change:
            obj.headers = given.get("new_headers", "")
            super().save_model(request, obj, form, change)
        else:
            # What no key of ours opens reads as empty: written back, it would be lost.
            names = {field.name for field in obj._meta.concrete_fields if not field.primary_key}
            obj.save(update_fields=names - {"headers"})
        if change and {"public_label", *WEIGHED} & set(form.changed_data):
            now = timezone.now()
            touch_source(obj, now=now, guard=Guard(now=now))

    def get_readonly_fields(self, request: HttpRequest, obj: Source | None = None) -> tuple[str, ...]:
        """A colleague's own source is what it is: whether they may speak is said where their account is."""
        staff = ("kind", "trusted", "active") if obj and obj.kind == SourceKind.STAFF else ()
        return (*self.polling, "headers_set", *(("slug",) if obj else ()), *staff)

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        return {} if obj else super().get_prepopulated_fields(request, obj)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(partial(glance, self))
        at_a_glance = path("glance/", view, name="crossings_source_glance_changelist")
        does = {"poll": poll_now, "retry": retry}
        return [at_a_glance, *(act(self, name, partial(do, self)) for name, do in does.items()), *super().get_urls()]

    @admin.display(description=_("headers that are set"))
    def headers_set(self, source: Source) -> str:
        """Their names alone."""
        try:
            return ", ".join(read_headers(source.headers)) or gettext("none")
        except OutboundError:
            return gettext("some that cannot be sent")

    def _state(self, source: Source, name: str) -> str:
        at = getattr(source.state, name) if hasattr(source, "state") else None
        return wording.ago(at, timezone.now())

    @admin.display(description=_("last poll"))
    def last_poll(self, source: Source) -> str:
        return self._state(source, "last_polled_at")

    @admin.display(description=_("last success"), ordering="state__last_success_at")
    def last_success(self, source: Source) -> str:
        return self._state(source, "last_success_at")

    @admin.display(description=_("failing since"), ordering="state__failing_since")
    def failing(self, source: Source) -> str:
        if not hasattr(source, "state") or source.state.failing_since is None:
            return wording.NO_TIME
        since = self._state(source, "failing_since")
        form = ngettext("%(since)s, %(n)s time", "%(since)s, %(n)s times", source.state.failures)
        return form % {"since": since, "n": source.state.failures}

    @admin.display(description=_("next due"))
    def next_due(self, source: Source) -> str:
        return self._state(source, "next_due_at")

    @admin.display(description=_("newest reply, by its own time"))
    def last_reply(self, source: Source) -> str:
        return self._state(source, "last_reply_at")
