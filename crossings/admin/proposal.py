"""What waits for a second person: looked at with what it would do, agreed to, refused, or withdrawn."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crossings import drafts, ledger, proposals
from crossings.admin import draft_told, wording
from crossings.admin.acts import free_texts
from crossings.admin.house import OwnCrossings, ReasonForm, SeenByLoggers, act, act_page, acting, check, may_log
from crossings.admin.log.preview import Shown, of_act
from crossings.admin.report import bullets, dated, linked
from crossings.admin.work import kind_of
from crossings.domain.faults import Refused
from crossings.domain.fields import row_number
from crossings.domain.vocabulary import HowKnown
from crossings.models import Crossing, Draft, Proposal, Reading, Report
from crossings.phrases.times import moment

PREVIEWED = set(Proposal.Kind) - {Proposal.Kind.REDACTION, Proposal.Kind.UNMARKING}
CANNOT = (proposals.NotNow, Refused, drafts.Decided, drafts.Unacceptable)
"""Why a proposal cannot be done any more; the text says it."""


class Waiting(admin.SimpleListFilter):
    """Only what waits, unless something else is asked for."""

    title = _("decision")
    parameter_name = "decided"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("agreed", _("Agreed")), ("refused", _("Refused")), ("withdrawn", _("Withdrawn")), ("any", _("All"))]

    def choices(self, changelist: Any) -> Any:
        found = list(super().choices(changelist))
        found[0]["display"] = _("Waiting")
        return found

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset if self.value() == "any" else queryset.filter(decision=self.value() or "")


def may_decide(request: HttpRequest) -> bool:
    return bool(request.user.has_perm("crossings.decide_proposal"))


def is_own(request: HttpRequest, row: Proposal) -> bool:
    return row.proposed_by_id == request.user.pk


@admin.register(Proposal)
class ProposalAdmin(SeenByLoggers):
    crossing_at = "crossing"
    list_display = ("number", "crossing", "what", "proposed_by", "proposed", "reason", "decision", "decided_by")
    list_display_links = ("number",)
    list_filter = (Waiting, "kind", ("crossing", OwnCrossings))
    list_select_related = ("crossing", "proposed_by", "decided_by")
    search_fields = ("crossing__name", "crossing__slug")
    ordering = ("-proposed_at", "-pk")
    fieldsets = (
        (None, {"fields": ("crossing_link", "what", "says", "upon", "proposed_by", "proposed", "why", "how_known")}),
        (_("Decision"), {"fields": ("decision", "decided_by", "decided", "decision_reason")}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [name for _, options in self.fieldsets for name in options["fields"]]  # type: ignore[misc]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Proposal]:
        return super().get_queryset(request).select_related(*self.list_select_related, "crossing__current")

    def get_urls(self) -> list[URLPattern]:
        does = {"agree": agree, "refuse": refuse}
        return [*(act(self, name, partial(do, self)) for name, do in does.items()), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        check(self.has_view_permission(request))
        row = get_object_or_404(self.get_queryset(request), pk=row_number(object_id))
        context: dict[str, Any] = {"title": f"{kind_of(row)}: {row.crossing}", "own": is_own(request, row)}
        if not row.decision:
            context |= {"may_decide": may_decide(request), "may_log": may_log(request), **_would_do(request, row)}
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})

    @admin.display(description=_("proposal"), ordering="pk")
    def number(self, row: Proposal) -> str:
        return f"#{row.pk}"

    @admin.display(description=_("crossing"))
    def crossing_link(self, row: Proposal) -> SafeString:
        return linked(row.crossing)

    @admin.display(description=_("what"), ordering="kind")
    def what(self, row: Proposal) -> str:
        return kind_of(row)

    @admin.display(description=_("in words"))
    def says(self, row: Proposal) -> SafeString:
        return bullets(lines_of(row))

    @admin.display(description=_("upon"))
    def upon(self, row: Proposal) -> SafeString | str:
        target = row.report or row.reading or row.draft
        return linked(target) if target else "–"

    @admin.display(description=_("proposed"), ordering="proposed_at")
    def proposed(self, row: Proposal) -> str:
        return dated(row, "proposed_at")

    @admin.display(description=_("reason"))
    def why(self, row: Proposal) -> str:
        return row.reason or "–"

    @admin.display(description=_("how they know"))
    def how_known(self, row: Proposal) -> str:
        known = row.content.get("how_known")
        return gettext(HowKnown(known).label) if known else "–"

    @admin.display(description=_("decided"))
    def decided(self, row: Proposal) -> str:
        return dated(row, "decided_at")


def lines_of(row: Proposal) -> list[str]:
    """What it would do, in words."""
    of: dict[str, Callable[[Proposal], list[str]]] = {
        Proposal.Kind.UPDATE: _items,
        Proposal.Kind.CORRECTION: lambda row: [_takes_back(row), *_items(row)],
        Proposal.Kind.CONFIRMATION: _confirmed,
        Proposal.Kind.RETRACTION: lambda row: [_takes_back(row)],
        Proposal.Kind.REDACTION: _blanks,
        Proposal.Kind.ACCEPTANCE: _accepted,
        Proposal.Kind.UNMARKING: lambda row: [gettext("One person alone may then loosen and redact there.")],
    }
    return of[row.kind](row)


def _items(row: Proposal) -> list[str]:
    assert row.source is not None
    form = gettext("%(source)s says: %(words)s")
    return [
        form % {"source": row.source.public_label, "words": line}
        for each in row.content["items"]
        for line in _worded(row, each["kind"], each)
    ]


def _worded(row: Proposal, kind: str, content: wording.Json) -> list[str]:
    """A claim or a reading in the contract's JSON, told as that of a draft is."""
    source = row.source or (row.draft.source if row.draft else None)
    told = wording.drafted(Draft(kind=kind, crossing=row.crossing, source=source, content=content))
    return [*told, *([content["note"]] if content.get("note") else [])]


def _takes_back(row: Proposal) -> str:
    return gettext("Takes back: %(words)s") % {"words": _target_said(row.report or row.reading, row)}


def _target_said(target: Report | Reading | None, row: Proposal) -> str:
    if isinstance(target, Reading):
        return wording.counted(target, timezone.now())
    assert target is not None
    since = wording.when(row.crossing, target.effective_at, timezone.now(), target.precision)
    return gettext("%(words)s (%(when)s)") % {"words": wording.said(target), "when": since}


def _confirmed(row: Proposal) -> list[str]:
    at = wording.when(row.crossing, moment(row.content["at"]), timezone.now())
    reports = Report.objects.filter(pk__in=row.content["reports"]).select_related("crossing").order_by("pk")
    form = gettext("Still so at %(when)s: %(words)s")
    return [form % {"when": at, "words": wording.said(report)} for report in reports]


def _blanks(row: Proposal) -> list[str]:
    target = row.report or row.reading
    assert target is not None
    wanted = set(row.content["fields"])
    form = gettext("Blanks for good: %(field)s: %(text)s")
    found = [form % {"field": label, "text": text} for name, label, text in free_texts(target) if name in wanted]
    return found or [gettext("It holds none of these words any more.")]


def _accepted(row: Proposal) -> list[str]:
    assert row.draft is not None
    content, count = row.content["content"], row.content["count"]
    found = _worded(row, Draft.Kind.REPORT, content) if content else draft_told.lines_of(row.draft)
    return [*found, *(_worded(row, Draft.Kind.READING, count) if count else [])]


def _would_do(request: HttpRequest, row: Proposal) -> dict[str, Any]:
    """The preview; where it cannot be done any more, why not. `seen` is how the crossing stood for it."""
    stored = row.crossing.current.status if hasattr(row.crossing, "current") else {}
    found: dict[str, Any] = {"seen": ledger.stands(stored)}
    if row.kind not in PREVIEWED:
        return found
    user, now = acting(request), timezone.now()

    def work() -> None:
        proposals.perform(Proposal.objects.get(pk=row.pk), by=user, now=now)

    try:
        shown: Shown = of_act(row.crossing, now, work)
    except (*CANNOT, ledger.Overtaken) as error:
        return {**found, "cannot": str(error) or gettext("It was decided meanwhile.")}
    return {**found, "shown": shown}


def _back(row: Proposal) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:crossings_proposal_change", args=[row.pk]))


def agree(model_admin: admin.ModelAdmin, request: HttpRequest, row: Proposal) -> HttpResponse:
    """Do it, as the second person, if the crossing still stands as the page showed it."""
    check(may_decide(request))
    if request.method != "POST":
        return _back(row)
    seen = {row.crossing.slug: request.POST.get("seen", "")}
    try:
        proposals.agree(row, by=acting(request), now=timezone.now(), seen=seen)
    except ledger.Overtaken:
        messages.warning(
            request, gettext("Something was reported meanwhile: nothing was done. Look again at what it would do now.")
        )
    except CANNOT as error:
        messages.error(request, str(error) or gettext("It cannot be done any more: refuse it, and log what holds."))
    else:
        model_admin.log_change(request, row, gettext("Agreed."))
        messages.success(request, gettext("Agreed, and done."))
    return _back(row)


def refuse(model_admin: admin.ModelAdmin, request: HttpRequest, row: Proposal) -> HttpResponse:
    """By a second person; by whoever proposed it, it is withdrawn."""
    own = is_own(request, row)
    check(may_log(request) if own else may_decide(request))
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if row.decision:
        messages.info(request, gettext("It was decided before."))
        return _back(row)
    if form.is_valid():
        try:
            proposals.refuse(row, by=acting(request), now=timezone.now(), reason=form.cleaned_data["reason"])
        except proposals.NotNow as error:
            messages.error(request, str(error))
        else:
            model_admin.log_change(request, row, gettext("Withdrawn.") if own else gettext("Refused."))
            messages.success(request, gettext("Nothing was done, and nothing will be."))
        return _back(row)
    title, verb = (
        (gettext("Withdraw what you proposed"), gettext("Withdraw"))
        if own
        else (gettext("Refuse what was proposed"), gettext("Refuse"))
    )
    return act_page(request, model_admin, row, form, title=title, verb=verb, about=[kind_of(row), *lines_of(row)])


def unmark(model_admin: admin.ModelAdmin, request: HttpRequest, crossing: Crossing) -> HttpResponse:
    """Propose that a crossing be sensitive no more."""
    check(request.user.has_perm("crossings.change_crossing"))
    back = HttpResponseRedirect(reverse("admin:crossings_crossing_change", args=[crossing.pk]))
    if not crossing.sensitive:
        messages.info(request, gettext("It is not marked as sensitive."))
        return back
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        user, reason = acting(request), form.cleaned_data["reason"]
        row = proposals.unmark(crossing, reason=reason, by=user, now=timezone.now())
        model_admin.log_addition(request, row, [{"added": {}}])
        messages.warning(request, gettext("It waits for a second person: the crossing stays sensitive until then."))
        return _back(row)
    about = [gettext("A second person has to agree. Then one person alone may loosen and redact there.")]
    title = gettext("No longer sensitive: %(crossing)s") % {"crossing": crossing}
    return act_page(request, model_admin, crossing, form, title=title, verb=gettext("Propose it"), about=about)
