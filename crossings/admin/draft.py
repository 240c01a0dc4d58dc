"""Drafts: what waits for a person, why, beside what says the same; and the decision."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crossings import drafts, reviewing, rights
from crossings.admin import draft_told as told
from crossings.admin import wording
from crossings.admin.draft_acts import accept, may_decide, merge, reject
from crossings.admin.draft_correct import correct
from crossings.admin.house import OwnCrossings, OwnSources, SeenByLoggers, act, acting, pretty
from crossings.admin.report import bullets, linked
from crossings.admin.review import review
from crossings.matching import Names
from crossings.models import Draft

MOST_NAMED = 5


class Waiting(admin.SimpleListFilter):
    """Only what waits, unless something else is asked for."""

    title = _("decision")
    parameter_name = "decided"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("accepted", _("Accepted")), ("merged", _("Merged")), ("rejected", _("Rejected")), ("any", _("All"))]

    def choices(self, changelist: Any) -> Any:
        found = list(super().choices(changelist))
        found[0]["display"] = _("Waiting")
        return found

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset if self.value() == "any" else queryset.filter(decision=self.value() or "")


class Grouped(ChangeList):
    """Those of a page that say the same stand together, where the newest of them would stand."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows = {row.pk: row for row in self.result_list}
        near = drafts.near(list(rows.values()))
        ordered: dict[int, Draft] = {}
        for pk in rows:
            for each in (pk, *(other.pk for other in near[pk])):
                if each in rows and each not in ordered:
                    ordered[each] = rows[each]
        for pk, row in ordered.items():
            row.near = near[pk]  # type: ignore[attr-defined]
        self.result_list = list(ordered.values())


@admin.register(Draft)
class DraftAdmin(SeenByLoggers):
    list_display = ("number", "age", "crossing", "alike", "says", "source", "because", "decision", "decided_by")
    list_display_links = ("number",)
    list_filter = (Waiting, "why", "kind", ("crossing", OwnCrossings), ("source", OwnSources))
    list_select_related = ("crossing", "source", "decided_by", "in_hand_of")
    search_fields = ("crossing__name", "crossing__slug", "external_id")
    ordering = ("-created_at", "-pk")
    fieldsets = (
        (None, {"fields": ("crossing_link", "says_in_full", "because", "source_link", "external_id", "created")}),
        (_("Decision"), {"fields": ("fate", "decision_reason", "became", "took_in")}),
        (_("As it was sent"), {"fields": ("as_sent",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Draft]:
        own = reviewing.seen_by(acting(request)).select_related(*self.list_select_related)
        return own.order_by(*self.ordering)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return Grouped

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [name for _, options in self.fieldsets for name in options["fields"]]  # type: ignore[misc]

    def get_urls(self) -> list[URLPattern]:
        does = {"accept": accept, "correct": correct, "merge": merge, "reject": reject}
        queue = path("review/", self.admin_site.admin_view(partial(review, self)), name="crossings_draft_review")
        return [queue, *(act(self, name, partial(do, self)) for name, do in does.items()), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(request, {"may_decide": may_decide(request), **(extra_context or {})})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        draft = self.get_object(request, object_id)
        beside = _beside(request, draft) if draft is not None and self.has_view_permission(request, draft) else {}
        more = {"may_decide": may_decide(request), **beside, **(extra_context or {})}
        return super().change_view(request, object_id, form_url, more)

    @admin.display(description=_("draft"), ordering="pk")
    def number(self, draft: Draft) -> str:
        return f"#{draft.pk}"

    @admin.display(description=_("waits since"), ordering="created_at")
    def age(self, draft: Draft) -> str:
        return told.age(draft)

    @admin.display(description=_("held because"), ordering="why")
    def because(self, draft: Draft) -> str:
        return told.held_because(draft)

    @admin.display(description=_("received"))
    def created(self, draft: Draft) -> str:
        return told.when(draft.crossing, draft.created_at)

    @admin.display(description=_("says"))
    def says(self, draft: Draft) -> str:
        return told.in_short(draft)

    @admin.display(description=_("says"))
    def says_in_full(self, draft: Draft) -> SafeString:
        return bullets(told.lines_of(draft))

    @admin.display(description=_("the same waits from"))
    def alike(self, draft: Draft) -> SafeString | str:
        others: list[Draft] = getattr(draft, "near", [])
        named = format_html_join(", ", "{} ({})", ((linked(row), row.source) for row in others[:MOST_NAMED]))
        more = len(others) - MOST_NAMED
        return format_html("{} {}", named, gettext("and %(n)s more") % {"n": more} if more > 0 else "") or "–"

    @admin.display(description=_("crossing"))
    def crossing_link(self, draft: Draft) -> SafeString | str:
        return linked(draft.crossing) if draft.crossing else gettext("nobody has said yet")

    @admin.display(description=_("source"))
    def source_link(self, draft: Draft) -> SafeString:
        return linked(draft.source)

    @admin.display(description=_("decision"))
    def fate(self, draft: Draft) -> str:
        return told.fate(draft)

    @admin.display(description=_("became"))
    def became(self, draft: Draft) -> SafeString | str:
        rows = [row for row in (draft.report, draft.reading, draft.same_as) if row]
        return format_html_join(", ", "{}", ((linked(row),) for row in rows)) or "–"

    @admin.display(description=_("merged with it"))
    def took_in(self, draft: Draft) -> SafeString | str:
        return format_html_join(", ", "{}", ((linked(row),) for row in draft.merged.order_by("pk"))) or "–"

    @admin.display(description=_("content"))
    def as_sent(self, draft: Draft) -> SafeString:
        return pretty(draft.content)


def _beside(request: HttpRequest, draft: Draft) -> dict[str, Any]:
    """What helps to decide: what the board says now, and what others said; of a text, where it may belong."""
    now = timezone.now()
    found: dict[str, Any] = {"words": told.words_beside(draft), "says": told.lines_beside(draft)}
    if drafts.in_other_hands(draft, acting(request), now):
        found["in_hand"] = told.in_hand(draft, now)
    found["second"] = draft.proposals.filter(decision="").first()
    if draft.crossing is not None:
        clock = wording.clock_at(draft.crossing, now)
        found["standings"] = wording.standings(wording.as_it_stands(draft.crossing, now), clock)
    if draft.kind == Draft.Kind.ENTRY:
        names = Names.of(rights.crossings_of(request.user))
        found |= {"suggested": drafts.suggested(draft, names), "link": told.link(draft)}
    return found
