"""Reports: logged, looked at, confirmed, retracted and redacted; never edited."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crossings.admin import acts, wording
from crossings.admin.house import OwnCrossings, OwnSources, SeenByLoggers, act, may_log
from crossings.admin.log import correct, log, one_of_many, undo
from crossings.models import Confirmation, Report

CONFIRMATIONS_SHOWN = 50


class Retracted(admin.SimpleListFilter):
    title = _("retraction")
    parameter_name = "retracted"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("no", _("It counts")), ("yes", _("Retracted"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset if self.value() is None else queryset.filter(retraction__isnull=self.value() == "no")


def dated(row: Any, name: str) -> str:
    """A time of the row in its crossing's local times."""
    return wording.when(row.crossing, getattr(row, name), timezone.now(), _precision(row, name))


def briefly(row: Any, name: str) -> str:
    """The same for lists."""
    return wording.when(row.crossing, getattr(row, name), timezone.now(), _precision(row, name), brief=True)


def _precision(row: Any, name: str) -> str:
    return row.precision if name in ("effective_at", "observed_at") else "exact"


def person(user: User | None) -> str:
    return user.get_username() if user else gettext("no person: a program")


@admin.register(Report)
class ReportAdmin(SeenByLoggers):
    crossing_at = "crossing"
    list_display = ("number", "crossing", "says", "began", "counts", "side", "source", "basis", "came", "recorded_by")
    list_display_links = ("number",)
    list_filter = (Retracted, "basis", ("crossing", OwnCrossings), ("source", OwnSources))
    list_select_related = ("crossing", "source", "retraction", "recorded_by")
    search_fields = ("crossing__name", "crossing__slug", "external_id", "note")
    search_help_text = _("The crossing’s name, the source’s own id, words of the note.")
    ordering = ("-pk",)
    fieldsets = (
        (None, {"fields": ("crossing_link", "says_in_full", "side", "one_gate", "basis", "where", "by", "by_name")}),
        (_("When"), {"fields": ("since", "until_shown", "reported", "recorded", "backfilled")}),
        (
            _("Who says so"),
            {"fields": ("source_shown", "attribution", "how_known", "url", "external_id", "recorded_by")},
        ),
        (_("Why"), {"fields": ("reason", "note", "visibility")}),
        (_("What became of it"), {"fields": ("retraction_shown", "redactions_shown", "confirmations_shown")}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [name for _, options in self.fieldsets for name in options["fields"]]  # type: ignore[misc]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Report]:
        return super().get_queryset(request).select_related(*self.list_select_related)

    def get_urls(self) -> list[URLPattern]:
        inside = self.admin_site.admin_view
        logging = path("log/", inside(partial(log, self)), name="crossings_report_log")
        undoing = path("undo/<uuid:token>/", inside(partial(undo, self)), name="crossings_report_undo")
        does = {
            "retract": acts.retract, "confirm": acts.confirm_report, "redact": acts.redact, "correct": correct,
        }  # fmt: skip
        acting = [act(self, name, partial(do, self)) for name, do in does.items()]
        return [logging, undoing, *acting, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(request, {"may_log": may_log(request), **(extra_context or {})})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        rights = {"may_log": may_log(request), "may_redact": acts.may_redact(request)}
        report = self.get_object(request, object_id)
        act = one_of_many(request, report) if report is not None else {}
        return super().change_view(request, object_id, form_url, {**rights, **act, **(extra_context or {})})

    @admin.display(description=_("report"), ordering="pk")
    def number(self, report: Report) -> str:
        return f"#{report.pk}"

    @admin.display(description=_("says"))
    def says(self, report: Report) -> str:
        return wording.said(report)

    @admin.display(description=_("says"))
    def says_in_full(self, report: Report) -> SafeString:
        return bullets(wording.claimed(report.lanes, wording.carried(report.crossing)))

    @admin.display(description=_("crossing"))
    def crossing_link(self, report: Report) -> SafeString:
        return linked(report.crossing)

    @admin.display(description=_("since"))
    def since(self, report: Report) -> str:
        return dated(report, "effective_at") if report.effective_at else gettext("no time named")

    @admin.display(description=_("since"), ordering="effective_at")
    def began(self, report: Report) -> str:
        return briefly(report, "effective_at") if report.effective_at else gettext("no time named")

    @admin.display(description=_("recorded"), ordering="recorded_at")
    def came(self, report: Report) -> str:
        return briefly(report, "recorded_at")

    @admin.display(description=_("until"))
    def until_shown(self, report: Report) -> str:
        return report.until_date.isoformat() if report.until_date else dated(report, "until")

    @admin.display(description=_("side"), ordering="declared_by")
    def side(self, report: Report) -> str:
        return wording.side_named(report.declared_by)

    @admin.display(description=_("it counts"), boolean=True)
    def counts(self, report: Report) -> bool:
        return not hasattr(report, "retraction")

    @admin.display(description=_("said at"))
    def reported(self, report: Report) -> str:
        return dated(report, "reported_at")

    @admin.display(description=_("recorded"))
    def recorded(self, report: Report) -> str:
        return dated(report, "recorded_at")

    @admin.display(description=_("source"))
    def source_shown(self, report: Report) -> SafeString:
        kind = report.source.get_kind_display()
        return format_html("{} – {} (“{}”)", linked(report.source), kind, report.source.public_label)

    @admin.display(description=_("retraction"))
    def retraction_shown(self, report: Report) -> str:
        return retraction_of(report)

    @admin.display(description=_("redactions"))
    def redactions_shown(self, report: Report) -> SafeString:
        return redactions_of(report)

    @admin.display(description=_("confirmations"))
    def confirmations_shown(self, report: Report) -> SafeString:
        found = Confirmation.objects.filter(report=report).select_related("source", "recorded_by")
        newest = list(found.order_by("-confirmed_at", "-pk")[: CONFIRMATIONS_SHOWN + 1])
        lines = [_confirmed(report, each) for each in newest[:CONFIRMATIONS_SHOWN]]
        if len(newest) > CONFIRMATIONS_SHOWN:
            lines.append(gettext("and older ones"))
        return bullets(lines)


def _confirmed(report: Report, each: Confirmation) -> str:
    parts = [each.source.name, person(each.recorded_by) if each.recorded_by else "", each.get_how_known_display()]
    at = wording.when(report.crossing, each.confirmed_at, timezone.now())
    return f"{at} ({', '.join(part for part in parts if part)})"


def retraction_of(target: Any) -> str:
    """Who took it back, when and why."""
    taken = getattr(target, "retraction", None)
    if taken is None:
        return "–"
    at = wording.when(target.crossing, taken.recorded_at, timezone.now())
    who = taken.source.name if taken.source and not taken.recorded_by else person(taken.recorded_by)
    return gettext("%(when)s by %(who)s: %(reason)s") % {"when": at, "who": who, "reason": taken.reason}


def redactions_of(target: Any) -> SafeString:
    form = gettext("%(when)s by %(who)s: %(fields)s – %(reason)s")
    return bullets(
        form % {
            "when": wording.when(target.crossing, each.recorded_at, timezone.now()), "who": person(each.recorded_by),
            "fields": ", ".join(each.fields), "reason": each.reason,
        }
        for each in target.redactions.select_related("recorded_by").order_by("pk")
    )  # fmt: skip


def bullets(lines: Iterable[str]) -> SafeString:
    items = format_html_join("", "<li>{}</li>", ((line,) for line in lines))
    return format_html('<ul class="told">{}</ul>', items) if items else format_html("{}", "–")


def linked(row: Any) -> SafeString:
    """A link to the row's own page."""
    return format_html(
        '<a href="{}">{}</a>', reverse(f"admin:crossings_{row._meta.model_name}_change", args=[row.pk]), row
    )
