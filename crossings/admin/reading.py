"""Readings: counted queues and flows, looked at and retracted."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from crossings.admin import acts, wording
from crossings.admin.house import OwnCrossings, OwnSources, SeenByLoggers, act, may_log
from crossings.admin.report import Retracted, briefly, dated, linked, redactions_of, retraction_of
from crossings.models import Reading


@admin.register(Reading)
class ReadingAdmin(SeenByLoggers):
    crossing_at = "crossing"
    list_display = ("number", "crossing", "says", "seen", "source", "counts", "came", "recorded_by")
    list_display_links = ("number",)
    list_filter = (Retracted, "measure", ("crossing", OwnCrossings), ("source", OwnSources))
    list_select_related = ("crossing", "source", "retraction", "recorded_by")
    search_fields = ("crossing__name", "crossing__slug", "external_id", "note")
    ordering = ("-pk",)
    fieldsets = (
        (None, {"fields": ("crossing_link", "says", "observed", "reported", "recorded", "backfilled")}),
        (_("Who says so"), {"fields": ("source_link", "attribution", "url", "note", "external_id", "recorded_by")}),
        (_("What became of it"), {"fields": ("retraction_shown", "redactions_shown")}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [name for _, options in self.fieldsets for name in options["fields"]]  # type: ignore[misc]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Reading]:
        return super().get_queryset(request).select_related(*self.list_select_related)

    def get_urls(self) -> list[URLPattern]:
        does = {"retract": acts.retract, "redact": acts.redact}
        return [*(act(self, name, partial(do, self)) for name, do in does.items()), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        rights = {"may_log": may_log(request), "may_redact": acts.may_redact(request)}
        return super().change_view(request, object_id, form_url, {**rights, **(extra_context or {})})

    @admin.display(description=_("reading"), ordering="pk")
    def number(self, reading: Reading) -> str:
        return f"#{reading.pk}"

    @admin.display(description=_("says"))
    def says(self, reading: Reading) -> str:
        return wording.counted(reading, timezone.now())

    @admin.display(description=_("counted"), ordering="observed_at")
    def seen(self, reading: Reading) -> str:
        return briefly(reading, "observed_at")

    @admin.display(description=_("recorded"), ordering="recorded_at")
    def came(self, reading: Reading) -> str:
        return briefly(reading, "recorded_at")

    @admin.display(description=_("counted"))
    def observed(self, reading: Reading) -> str:
        return dated(reading, "observed_at")

    @admin.display(description=_("said at"))
    def reported(self, reading: Reading) -> str:
        return dated(reading, "reported_at")

    @admin.display(description=_("recorded"))
    def recorded(self, reading: Reading) -> str:
        return dated(reading, "recorded_at")

    @admin.display(description=_("it counts"), boolean=True)
    def counts(self, reading: Reading) -> bool:
        return not hasattr(reading, "retraction")

    @admin.display(description=_("crossing"))
    def crossing_link(self, reading: Reading) -> SafeString:
        return linked(reading.crossing)

    @admin.display(description=_("source"))
    def source_link(self, reading: Reading) -> SafeString:
        return linked(reading.source)

    @admin.display(description=_("retraction"))
    def retraction_shown(self, reading: Reading) -> str:
        return retraction_of(reading)

    @admin.display(description=_("redactions"))
    def redactions_shown(self, reading: Reading) -> SafeString:
        return redactions_of(reading)
