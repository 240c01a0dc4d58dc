"""Drafts: what waits for a person, why, and the decision."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crossings import drafts
from crossings.admin import wording
from crossings.admin.house import ReasonForm, SeenByLoggers, act, act_page, acting, check, pretty
from crossings.admin.log.preview import Shown, of_act
from crossings.admin.report import bullets, linked, person
from crossings.domain.faults import Refused
from crossings.models import Draft


class Waiting(admin.SimpleListFilter):
    """Only what waits, unless something else is asked for."""

    title = _("decision")
    parameter_name = "decided"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("accepted", _("Accepted")), ("rejected", _("Rejected")), ("any", _("All"))]

    def choices(self, changelist: Any) -> Any:
        found = list(super().choices(changelist))
        found[0]["display"] = _("Waiting")
        return found

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset if self.value() == "any" else queryset.filter(decision=self.value() or "")


@admin.register(Draft)
class DraftAdmin(SeenByLoggers):
    list_display = ("number", "age", "why", "crossing", "says", "source", "decision", "decided_by")
    list_display_links = ("number",)
    list_filter = (Waiting, "why", "kind", "crossing", "source")
    list_select_related = ("crossing", "source", "decided_by")
    search_fields = ("crossing__name", "crossing__slug", "external_id")
    ordering = ("-created_at", "-pk")
    fieldsets = (
        (None, {"fields": ("crossing_link", "says_in_full", "why", "source_link", "external_id", "created")}),
        (_("Decision"), {"fields": ("decision", "decided", "decision_reason", "became")}),
        (_("As it was sent"), {"fields": ("as_sent",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Draft]:
        return super().get_queryset(request).select_related(*self.list_select_related)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [name for _, options in self.fieldsets for name in options["fields"]]  # type: ignore[misc]

    def get_urls(self) -> list[URLPattern]:
        does = {"accept": accept, "reject": reject}
        return [*(act(self, name, partial(do, self)) for name, do in does.items()), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return super().change_view(
            request, object_id, form_url, {"may_decide": may_decide(request), **(extra_context or {})}
        )

    @admin.display(description=_("draft"), ordering="pk")
    def number(self, draft: Draft) -> str:
        return f"#{draft.pk}"

    @admin.display(description=_("waits since"), ordering="created_at")
    def age(self, draft: Draft) -> str:
        return wording.age(draft.crossing, draft.created_at, timezone.now())

    @admin.display(description=_("received"))
    def created(self, draft: Draft) -> str:
        return wording.when(draft.crossing, draft.created_at, timezone.now())

    @admin.display(description=_("says"))
    def says(self, draft: Draft) -> str:
        return gettext("; ").join(wording.drafted(draft))

    @admin.display(description=_("says"))
    def says_in_full(self, draft: Draft) -> SafeString:
        return bullets(wording.drafted(draft))

    @admin.display(description=_("crossing"))
    def crossing_link(self, draft: Draft) -> SafeString:
        return linked(draft.crossing)

    @admin.display(description=_("source"))
    def source_link(self, draft: Draft) -> SafeString:
        return linked(draft.source)

    @admin.display(description=_("decided"))
    def decided(self, draft: Draft) -> str:
        if not draft.decided_at:
            return "–"
        at = wording.when(draft.crossing, draft.decided_at, timezone.now())
        return gettext("%(when)s by %(who)s") % {"when": at, "who": person(draft.decided_by)}

    @admin.display(description=_("became"))
    def became(self, draft: Draft) -> SafeString | str:
        row = draft.report or draft.reading
        return linked(row) if row else "–"

    @admin.display(description=_("content"))
    def as_sent(self, draft: Draft) -> SafeString:
        return pretty(draft.content)


def may_decide(request: HttpRequest) -> bool:
    return bool(request.user.has_perm("crossings.change_draft"))


def _back(draft: Draft) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:crossings_draft_change", args=[draft.pk]))


def accept(model_admin: DraftAdmin, request: HttpRequest, draft: Draft) -> HttpResponse:
    """Publish it as its source's word."""
    check(may_decide(request))
    now = timezone.now()
    try:
        if request.method != "POST":
            return _accept_page(model_admin, request, draft)
        drafts.accept(draft, by=acting(request), now=now)
    except drafts.Decided as decided:
        messages.info(request, str(decided))
    except (Refused, drafts.Unacceptable) as error:
        fault = gettext("It cannot be accepted as it stands: %(why)s. Reject it, or log it by hand.")
        messages.error(request, fault % {"why": error})
    else:
        model_admin.log_change(request, draft, gettext("Accepted."))
        messages.success(request, gettext("Accepted: the board says it now."))
    return _back(draft)


def _accept_page(model_admin: DraftAdmin, request: HttpRequest, draft: Draft) -> HttpResponse:
    now = timezone.now()

    def work() -> None:
        drafts.accept(Draft.objects.get(pk=draft.pk), by=acting(request), now=now)

    shown: Shown = of_act(draft.crossing, now, work)
    title = gettext("Accept %(draft)s") % {"draft": draft}
    about = [*wording.drafted(draft), gettext("Held because: %(why)s") % {"why": draft.get_why_display()}]
    return act_page(
        request, model_admin, draft, forms.Form(), title=title, verb=gettext("Accept"), about=about, shown=shown
    )


def reject(model_admin: DraftAdmin, request: HttpRequest, draft: Draft) -> HttpResponse:
    """Turn it down: what repeats it is only noted from now on."""
    check(may_decide(request))
    if draft.decision:
        messages.info(request, gettext("It was decided before; nothing more was done."))
        return _back(draft)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        title = gettext("Reject %(draft)s") % {"draft": draft}
        about = wording.drafted(draft)
        return act_page(request, model_admin, draft, form, title=title, verb=gettext("Reject"), about=about)
    try:
        drafts.reject(draft, by=acting(request), now=timezone.now(), reason=form.cleaned_data["reason"])
    except drafts.Decided as decided:
        messages.info(request, str(decided))
    else:
        model_admin.log_change(request, draft, gettext("Rejected."))
        messages.success(request, gettext("Rejected."))
    return _back(draft)
