"""What staff decide on a draft: accept it, merge it with what says the same, reject it. Each is a page of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crossings import drafts, ledger, proposals, rights
from crossings.admin import draft_told as told
from crossings.admin import wording
from crossings.admin.house import ReasonForm, act_page, acting, check
from crossings.admin.log import stood
from crossings.admin.log.preview import SECOND, Shown, of_act
from crossings.admin.log.told import overtaken, tell_proposed
from crossings.domain.faults import Refused
from crossings.models import Draft, Proposal, Reading, Report

Target = Report | Reading | Draft


def may_decide(request: HttpRequest) -> bool:
    return bool(request.user.has_perm("crossings.change_draft"))


QUEUE = "queue"
"""In the address of an act: it was come to from the queue, and which draft is the next there."""


def back(request: HttpRequest, draft: Draft) -> HttpResponse:
    """To the page of the draft; who came from the queue goes on there."""
    following = str(request.GET.get(QUEUE, ""))
    if following.isdecimal():
        return HttpResponseRedirect(in_queue(int(following)))
    return HttpResponseRedirect(reverse("admin:crossings_draft_change", args=[draft.pk]))


def in_queue(pk: int) -> str:
    """The address of one draft in the queue, 0 for whichever comes first."""
    return reverse("admin:crossings_draft_review") + (f"?draft={pk}" if pk else "")


def as_come(request: HttpRequest) -> str:
    """What an act's address goes on with where it was come to from the queue."""
    following = str(request.GET.get(QUEUE, ""))
    return f"?{QUEUE}={following}" if following.isdecimal() else ""


def in_hand(request: HttpRequest, draft: Draft) -> None:
    """Whoever opens one of its forms is working on it, unless somebody else is, which is then told."""
    now, user = timezone.now(), acting(request)
    if not drafts.take_in_hand(draft, user, now):
        messages.warning(request, told.in_hand(draft, now))


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
        return back(request, draft)
    if draft.kind == Draft.Kind.ENTRY:
        return HttpResponseRedirect(reverse("admin:crossings_draft_correct", args=[draft.pk]) + as_come(request))
    form = AlsoForm(_sent(request), _("Merge with it what says the same"), drafts.near([draft])[draft.pk])
    notice: Any = ""
    try:
        if form.is_valid():
            row = accepted(model_admin, request, draft)
            if row is not None:
                _merge_also(model_admin, request, form.chosen(), row)
            return back(request, draft)
        in_hand(request, draft)
    except ledger.Overtaken:
        assert draft.crossing is not None
        notice = overtaken(stood.meanwhile([draft.crossing], request.POST, timezone.now()))
    return _accept_page(model_admin, request, draft, form, notice)


def _merge_also(
    model_admin: admin.ModelAdmin, request: HttpRequest, others: Sequence[Draft], row: Report | Reading
) -> None:
    for other in others:
        sure = isinstance(row, Report) and drafts.covers(other, row)
        _merged(model_admin, request, other, row, confirms=sure)


def accepted(model_admin: admin.ModelAdmin, request: HttpRequest, draft: Draft) -> Report | Reading | None:
    """Accept it as it stands, and tell what came of it. What it became; None where it came to nothing, or where a
    second person has to agree. Raises ledger.Overtaken.
    """
    now = timezone.now()
    try:
        done = proposals.accept(draft, by=acting(request), now=now, seen=stood.seen(request.POST))
    except drafts.Decided as decided:
        messages.error(request, str(decided))
    except (Refused, drafts.Unacceptable) as error:
        fault = gettext("It cannot be accepted as it stands: %(why)s. Correct it, reject it, or log it by hand.")
        messages.error(request, fault % {"why": error})
    else:
        if isinstance(done, Proposal):
            tell_proposed(model_admin, request, [done])
            return None
        model_admin.log_change(request, draft, gettext("Accepted."))
        row = draft.report or draft.reading
        assert row is not None
        messages.success(request, told.accepted(draft, row, now))
        return row
    return None


def preview_of(draft: Draft, request: HttpRequest) -> Shown:
    """What accepting it would do. Raises Refused, drafts.Unacceptable."""
    now, user = timezone.now(), acting(request)
    notes: list[str] = []

    def work() -> None:
        try:
            with transaction.atomic():
                drafts.accept(Draft.objects.get(pk=draft.pk), by=user, now=now, guard=ledger.Guard(now=now))
        except ledger.NeedsSecond as needs:
            proposals.check_closes_none(drafts.said(draft, None, None), needs)
            notes.append(str(SECOND))
            drafts.accept(Draft.objects.get(pk=draft.pk), by=user, now=now)

    assert draft.crossing is not None
    shown = of_act(draft.crossing, now, work)
    shown.notes[:0] = notes
    return shown


def _accept_page(
    model_admin: admin.ModelAdmin, request: HttpRequest, draft: Draft, form: AlsoForm, notice: Any
) -> HttpResponse:
    assert draft.crossing is not None
    # Before the preview is made: what comes between is then asked about once more, not overlooked.
    marks = stood.marks([draft.crossing])
    try:
        shown = preview_of(draft, request)
    except (Refused, drafts.Unacceptable) as error:
        fault = gettext("It cannot be accepted as it stands: %(why)s. Correct it, reject it, or log it by hand.")
        messages.error(request, fault % {"why": error})
        return back(request, draft)
    title = gettext("Accept %(draft)s") % {"draft": draft}
    about = [*told.lines_of(draft), gettext("Held because: %(why)s") % {"why": told.held_because(draft)}]
    return act_page(
        request, model_admin, draft, form, title=title, verb=gettext("Accept"), about=about, shown=shown, stood=marks,
        notice=notice,
    )  # fmt: skip


def reject(model_admin: admin.ModelAdmin, request: HttpRequest, draft: Draft) -> HttpResponse:
    """Turn it down: what repeats it is only noted from now on."""
    check(may_decide(request))
    if decided_before(request, draft):
        return back(request, draft)
    form = reject_form(request, draft)
    if not form.is_valid():
        in_hand(request, draft)
        title = gettext("Reject %(draft)s") % {"draft": draft}
        return act_page(
            request, model_admin, draft, form, title=title, verb=gettext("Reject"), about=told.lines_of(draft)
        )
    rejected(model_admin, request, draft, form)
    return back(request, draft)


def reject_form(request: HttpRequest, draft: Draft) -> RejectForm:
    form = RejectForm(_sent(request), _("Reject with it what says the same"), drafts.near([draft])[draft.pk])
    form.use_required_attribute = False
    return form


def rejected(model_admin: admin.ModelAdmin, request: HttpRequest, draft: Draft, form: RejectForm) -> None:
    """Reject it, and those chosen with it, and tell what came of it."""
    for each in [draft, *form.chosen()]:
        try:
            drafts.reject(each, by=acting(request), now=timezone.now(), reason=form.cleaned_data["reason"])
        except drafts.Decided as decided:
            messages.error(request, f"{each}: {decided}")
        else:
            model_admin.log_change(request, each, gettext("Rejected."))
            messages.success(request, gettext("%(draft)s: rejected.") % {"draft": each})


class MergeForm(forms.Form):
    into = forms.ChoiceField(label=_("It says the same as"), required=False, widget=forms.RadioSelect)
    report = forms.IntegerField(label=_("or as another report, by its number"), required=False, min_value=1)
    confirms = forms.BooleanField(
        label=_("It confirms that report"), required=False,
        help_text=_("As of when this source spoke. Only where it says of every lane what the report says."),
    )  # fmt: skip

    def __init__(self, data: Any, words: Sequence[told.Word], chosen: str, person: rights.Person) -> None:
        self.person = person
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
            theirs = rights.limited(Report.objects.all(), self.person, "crossing")
            self.target = theirs.filter(pk=given["report"]).first()
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
        return back(request, draft)
    words = [word for word in told.words_beside(draft) if word.holds]
    form = MergeForm(_sent(request), words, str(request.GET.get("with", "")), request.user)
    if form.is_valid() and form.target is not None:
        if _merged(model_admin, request, draft, form.target, confirms=form.cleaned_data["confirms"]):
            return back(request, draft)
    elif not form.is_bound:
        in_hand(request, draft)
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
        draft.refresh_from_db()
        return False
    model_admin.log_change(request, draft, gettext("Merged."))
    messages.success(request, gettext("%(draft)s: merged with %(target)s.") % {"draft": draft, "target": target})
    return True


Act = Callable[[admin.ModelAdmin, HttpRequest, Draft], HttpResponse]
