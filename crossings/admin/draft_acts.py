"""What staff decide on a draft: accept it, merge it with what says the same, reject it. Each is a page of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crossings import drafts
from crossings.admin import draft_told as told
from crossings.admin import wording
from crossings.admin.house import ReasonForm, act_page, acting, check
from crossings.admin.log.preview import of_act
from crossings.domain.faults import Refused
from crossings.models import Draft, Reading, Report

Target = Report | Reading | Draft


def may_decide(request: HttpRequest) -> bool:
    return bool(request.user.has_perm("crossings.change_draft"))


def back(draft: Draft) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:crossings_draft_change", args=[draft.pk]))


def decided_before(request: HttpRequest, draft: Draft) -> bool:
    """Whether it was, which is then told."""
    if draft.decision:
        messages.info(request, f"{gettext('It was decided before.')} {drafts.decided_how(draft)}")
    return bool(draft.decision)


class AlsoForm(forms.Form):
    """Those that wait and say the same, to be decided with it."""

    also = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, data: Any, label: Any, others: Sequence[Draft]) -> None:
        super().__init__(data)
        self.others = {str(other.pk): other for other in others}
        field = self.fields["also"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.label = label
        field.choices = [
            (key, f"{other}, {other.source}: {told.in_short(other)}") for key, other in self.others.items()
        ]
        if not others:
            del self.fields["also"]

    def chosen(self) -> list[Draft]:
        return [self.others[key] for key in self.cleaned_data.get("also", [])]


class RejectForm(ReasonForm, AlsoForm):
    field_order = ["reason", "also"]


def _sent(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


def accept(model_admin: admin.ModelAdmin, request: HttpRequest, draft: Draft) -> HttpResponse:
    """Publish it as its source's word."""
    check(may_decide(request))
    if decided_before(request, draft):
        return back(draft)
    if draft.kind == Draft.Kind.ENTRY:
        return HttpResponseRedirect(reverse("admin:crossings_draft_correct", args=[draft.pk]))
    form = AlsoForm(_sent(request), _("Merge with it what says the same"), drafts.near([draft])[draft.pk])
    now, user = timezone.now(), acting(request)
    try:
        if not form.is_valid():
            return _accept_page(model_admin, request, draft, form)
        drafts.accept(draft, by=user, now=now)
    except drafts.Decided as decided:
        messages.error(request, str(decided))
    except (Refused, drafts.Unacceptable) as error:
        fault = gettext("It cannot be accepted as it stands: %(why)s. Correct it, reject it, or log it by hand.")
        messages.error(request, fault % {"why": error})
    else:
        model_admin.log_change(request, draft, gettext("Accepted."))
        row = draft.report or draft.reading
        assert row is not None
        messages.success(request, f"{gettext('Accepted.')} {wording.what_became(row, now)}")
        for other in form.chosen():
            sure = isinstance(row, Report) and drafts.covers(other, row)
            _merged(model_admin, request, other, row, confirms=sure)
    return back(draft)


def _accept_page(model_admin: admin.ModelAdmin, request: HttpRequest, draft: Draft, form: AlsoForm) -> HttpResponse:
    now = timezone.now()

    def work() -> None:
        drafts.accept(Draft.objects.get(pk=draft.pk), by=acting(request), now=now)

    assert draft.crossing is not None
    shown = of_act(draft.crossing, now, work)
    title = gettext("Accept %(draft)s") % {"draft": draft}
    about = [*told.lines_of(draft), gettext("Held because: %(why)s") % {"why": told.held_because(draft)}]
    return act_page(request, model_admin, draft, form, title=title, verb=gettext("Accept"), about=about, shown=shown)


def reject(model_admin: admin.ModelAdmin, request: HttpRequest, draft: Draft) -> HttpResponse:
    """Turn it down: what repeats it is only noted from now on."""
    check(may_decide(request))
    if decided_before(request, draft):
        return back(draft)
    form = RejectForm(_sent(request), _("Reject with it what says the same"), drafts.near([draft])[draft.pk])
    if not form.is_valid():
        title = gettext("Reject %(draft)s") % {"draft": draft}
        return act_page(
            request, model_admin, draft, form, title=title, verb=gettext("Reject"), about=told.lines_of(draft)
        )
    for each in [draft, *form.chosen()]:
        try:
            drafts.reject(each, by=acting(request), now=timezone.now(), reason=form.cleaned_data["reason"])
        except drafts.Decided as decided:
            messages.error(request, f"{each}: {decided}")
        else:
            model_admin.log_change(request, each, gettext("Rejected."))
            messages.success(request, gettext("%(draft)s: rejected.") % {"draft": each})
    return back(draft)


class MergeForm(forms.Form):
    into = forms.ChoiceField(label=_("It says the same as"), required=False, widget=forms.RadioSelect)
    report = forms.IntegerField(label=_("or as another report, by its number"), required=False, min_value=1)
    confirms = forms.BooleanField(
        label=_("It confirms that report"), required=False,
        help_text=_("As of when this source spoke. Only where it says of every lane what the report says."),
    )  # fmt: skip

    def __init__(self, data: Any, words: Sequence[told.Word], chosen: str) -> None:
        known = {word.key: f"{word.title}: {'; '.join(word.lines)}" for word in words}
        super().__init__(data, initial={"into": chosen if chosen in known else ""})
        self.use_required_attribute = False
        field = self.fields["into"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = list(known.items())
        if not known:
            del self.fields["into"]

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        self.target: Target | None = None
        if not self.errors and bool(given.get("into")) == bool(given.get("report")):
            raise forms.ValidationError(gettext("Choose one, or give the number of a report."))
        if given.get("report"):
            self.target = Report.objects.filter(pk=given["report"]).first()
            if self.target is None:
                self.add_error("report", gettext("There is no such report."))
        elif given.get("into"):
            kind, _, pk = given["into"].partition("-")
            models: dict[str, type[Target]] = {"draft": Draft, "report": Report, "reading": Reading}
            self.target = models[kind]._default_manager.get(pk=pk)
        return given


def merge(model_admin: admin.ModelAdmin, request: HttpRequest, draft: Draft) -> HttpResponse:
    """Say that it tells what is told already."""
    check(may_decide(request))
    if decided_before(request, draft):
        return back(draft)
    words = told.words_beside(draft)
    form = MergeForm(_sent(request), words, str(request.GET.get("with", "")))
    if form.is_valid() and form.target is not None:
        if _merged(model_admin, request, draft, form.target, confirms=form.cleaned_data["confirms"]):
            return back(draft)
    elif not form.is_bound:
        kind, _, pk = str(form.initial["into"]).partition("-")
        chosen = Report.objects.filter(pk=pk).first() if kind == "report" else None
        form.initial["confirms"] = chosen is not None and drafts.covers(draft, chosen)
    stands = None
    if draft.crossing is not None:
        now = timezone.now()
        clock = wording.clock_at(draft.crossing, now)
        stands = wording.standings(wording.as_it_stands(draft.crossing, now), clock)
    return act_page(
        request, model_admin, draft, form, title=gettext("Merge %(draft)s") % {"draft": draft},
        verb=gettext("Merge"), about=told.lines_of(draft), standings=stands,
    )  # fmt: skip


def _merged(
    model_admin: admin.ModelAdmin, request: HttpRequest, draft: Draft, target: Target, *, confirms: bool
) -> bool:
    """Whether it could be; what came of it is told."""
    try:
        drafts.merge(draft, target, by=acting(request), now=timezone.now(), confirms=confirms)
    except (drafts.Decided, drafts.Unacceptable) as error:
        messages.error(request, f"{draft}: {error}")
        return False
    model_admin.log_change(request, draft, gettext("Merged."))
    messages.success(request, gettext("%(draft)s: merged with %(target)s.") % {"draft": draft, "target": target})
    return True


Act = Callable[[admin.ModelAdmin, HttpRequest, Draft], HttpResponse]
