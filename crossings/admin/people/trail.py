"""What everybody did at the desk, in order. The database refuses to change or to forget any of it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import CharField, Model, Q, QuerySet
from django.db.models.functions import Cast
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from crossings import rights
from crossings.admin import wording
from crossings.admin.house import LookOnly
from crossings.models import Crossing, Draft, Paste, Proposal, Reading, Report

AT_A_CROSSING: dict[type[Model], str] = {
    Crossing: "", Report: "crossing", Reading: "crossing", Draft: "crossing", Proposal: "crossing", Paste: "crossing",
}  # fmt: skip


@admin.register(LogEntry)
class TrailAdmin(LookOnly):
    list_display = ("when", "user", "what", "about", "told")
    list_display_links = ("when",)
    list_filter = ("action_flag", "content_type", ("user", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("user", "content_type")
    search_fields = ("object_repr", "change_message", "user__username")
    ordering = ("-pk",)
    fields = ("when", "user", "what", "about", "told")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[LogEntry]:
        """Who looks after some countries sees what was done to their crossings, and what they did themselves."""
        rows: QuerySet[LogEntry] = super().get_queryset(request)
        if rights.countries_of(request.user) is None:
            return rows
        seen = Q(user=request.user.pk)
        for model, place in AT_A_CROSSING.items():
            own = rights.limited(model._default_manager.all(), request.user, place)
            keys = own.annotate(as_text=Cast("pk", CharField())).values("as_text")
            seen |= Q(content_type=ContentType.objects.get_for_model(model), object_id__in=keys)
        return rows.filter(seen)

    @admin.display(description=_("when"), ordering="pk")
    def when(self, entry: LogEntry) -> str:
        return wording.when(None, entry.action_time, timezone.now())

    @admin.display(description=_("of what kind"))
    def what(self, entry: LogEntry) -> str:
        return str(entry.content_type.name) if entry.content_type else wording.NO_TIME

    @admin.display(description=_("about"))
    def about(self, entry: LogEntry) -> SafeString | str:
        url = entry.get_admin_url()
        return format_html('<a href="{}">{}</a>', url, entry.object_repr) if url else entry.object_repr

    @admin.display(description=_("what was done"))
    def told(self, entry: LogEntry) -> str:
        return str(entry.get_change_message()) or entry.get_action_flag_display()
