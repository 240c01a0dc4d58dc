"""Alarms: what somebody has to look at, and that somebody did."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crossings.admin import wording
from crossings.admin.house import SeenByLoggers, act, act_page, check
from crossings.admin.report import linked
from crossings.models import Alarm


def may_clear(request: HttpRequest) -> bool:
    return bool(request.user.has_perm("crossings.change_alarm"))


class Raised(admin.SimpleListFilter):
    """Only those that are still raised, unless something else is asked for."""

    title = _("raised")
    parameter_name = "raised"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("over", _("Over")), ("any", _("All"))]

    def choices(self, changelist: Any) -> Any:
        found = list(super().choices(changelist))
        found[0]["display"] = _("Raised now")
        return found

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "any":
            return queryset
        return queryset.filter(cleared_at__isnull=self.value() != "over")


@admin.register(Alarm)
class AlarmAdmin(SeenByLoggers):
    source_at = "source"
    list_display = ("kind", "source", "told", "raised", "cleared")
    list_display_links = ("kind",)
    list_filter = (Raised, "kind", "source")
    list_select_related = ("source",)
    ordering = ("-raised_at", "-pk")
    fields = ("kind", "source_link", "told", "raised", "cleared", "batch_link")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.fields

    def get_urls(self) -> list[URLPattern]:
        return [act(self, "clear", partial(clear, self)), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return super().change_view(
            request, object_id, form_url, {"may_clear": may_clear(request), **(extra_context or {})}
        )

    @admin.display(description=_("what it is about"))
    def told(self, alarm: Alarm) -> SafeString:
        return format_html_join("", "{}<br>", ((line,) for line in alarm.detail.splitlines()))

    @admin.display(description=_("since"), ordering="raised_at")
    def raised(self, alarm: Alarm) -> str:
        return wording.ago(alarm.raised_at, timezone.now())

    @admin.display(description=_("over since"), ordering="cleared_at")
    def cleared(self, alarm: Alarm) -> str:
        return wording.ago(alarm.cleared_at, timezone.now())

    @admin.display(description=_("source"))
    def source_link(self, alarm: Alarm) -> SafeString:
        return linked(alarm.source)

    @admin.display(description=_("batch"))
    def batch_link(self, alarm: Alarm) -> SafeString | str:
        return linked(alarm.batch) if alarm.batch else "–"


def clear(model_admin: AlarmAdmin, request: HttpRequest, alarm: Alarm) -> HttpResponse:
    """Say that somebody has looked; where it is still so, it is raised again."""
    check(may_clear(request))
    back = HttpResponseRedirect(reverse("admin:crossings_alarm_change", args=[alarm.pk]))
    if alarm.cleared_at:
        messages.info(request, gettext("It is over already."))
        return back
    if request.method != "POST":
        about = [*alarm.detail.splitlines(), gettext("Where it is still so at the next look, it is raised again.")]
        title = gettext("Dealt with: %(alarm)s") % {"alarm": alarm}
        return act_page(request, model_admin, alarm, forms.Form(), title=title, verb=gettext("Dealt with"), about=about)
    Alarm.clear(alarm.kind, alarm.source, timezone.now())
    model_admin.log_change(request, alarm, gettext("Dealt with."))
    messages.success(request, gettext("Dealt with: it is over."))
    return back
