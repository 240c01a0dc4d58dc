"""What the ledger derived and announced: changes and periods, to look at."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crossings.admin import wording
from crossings.admin.house import LookOnly, OwnCrossings, pretty
from crossings.admin.report import bullets
from crossings.models import Change, Period


@admin.register(Change)
class ChangeAdmin(LookOnly):
    crossing_at = "crossing"
    list_display = ("position", "type", "crossing", "recorded")
    list_filter = ("type", ("crossing", OwnCrossings))
    list_select_related = ("crossing",)
    search_fields = ("crossing__name", "crossing__slug")
    ordering = ("-position",)
    fields = ("position", "type", "crossing", "recorded", "as_sent")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.fields

    @admin.display(description=_("recorded"), ordering="position")
    def recorded(self, change: Change) -> str:
        return wording.when(change.crossing, change.recorded_at, timezone.now())

    @admin.display(description=_("as it was sent"))
    def as_sent(self, change: Change) -> SafeString:
        return pretty(change.body)


@admin.register(Period)
class PeriodAdmin(LookOnly):
    crossing_at = "crossing"
    list_display = ("crossing", "state", "begins", "ends")
    list_display_links = ("begins",)
    list_filter = ("state", ("crossing", OwnCrossings))
    list_select_related = ("crossing",)
    search_fields = ("crossing__name", "crossing__slug")
    ordering = ("-start", "crossing")
    fields = ("crossing", "state", "begins", "ends", "lanes_shown", "reports", "as_stored")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.fields

    @admin.display(description=_("from"), ordering="start")
    def begins(self, period: Period) -> str:
        return wording.when(period.crossing, period.start, timezone.now(), period.start_precision)

    @admin.display(description=_("to"), ordering="end")
    def ends(self, period: Period) -> str:
        return wording.when(period.crossing, period.end, timezone.now()) if period.end else gettext("lasts")

    @admin.display(description=_("lanes"))
    def lanes_shown(self, period: Period) -> SafeString:
        return bullets(wording.claimed(period.lanes, wording.carried(period.crossing)))

    @admin.display(description=_("as it is stored"))
    def as_stored(self, period: Period) -> SafeString:
        return pretty(period.lanes)
