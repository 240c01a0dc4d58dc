"""What staff do to what was said: confirm it, take it back, blank its free text. Each is a page of its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crossings import ledger, proposals
from crossings.admin import wording
from crossings.admin.house import ReasonForm, act_page, acting, check, may_log
from crossings.admin.log import stood, told
from crossings.admin.log.parts import select
from crossings.admin.log.preview import of_act
from crossings.admin.log.rights import may_take_back, within_or_404
from crossings.admin.moments import MomentForm
from crossings.admin.speakers import own_source
from crossings.domain.holds import AHEAD
from crossings.domain.vocabulary import HowKnown
from crossings.ledger.redact import FREE_TEXT
from crossings.models import Crossing, Proposal, Reading, Report

Target = Report | Reading


def _back(target: Target | Crossing) -> HttpResponse:
    return HttpResponseRedirect(reverse(f"admin:crossings_{target._meta.model_name}_change", args=[target.pk]))


def _sent(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


def retract(model_admin: admin.ModelAdmin, request: HttpRequest, target: Target) -> HttpResponse:
    within_or_404(request, target.crossing)
    check(may_take_back(request, target))
    if hasattr(target, "retraction"):
        messages.info(request, gettext("It was retracted before; nothing more was done."))
        return _back(target)
    form, now, notice = ReasonForm(_sent(request)), timezone.now(), ""
    form.use_required_attribute = False
    if form.is_valid():
        try:
            return _retract(model_admin, request, target, form.cleaned_data["reason"], now)
        except ledger.Overtaken:
            notice = told.overtaken(stood.meanwhile([target.crossing], request.POST, now))
    shown = of_act(target.crossing, now, lambda: ledger.retract(target, reason="-", now=now))
    return act_page(
        request, model_admin, target, form, title=gettext("Retract %(target)s") % {"target": target},
        verb=gettext("Retract"), about=_about(target, now), shown=shown, notice=notice,
        stood=stood.marks([target.crossing]),
    )  # fmt: skip


def _retract(
    model_admin: admin.ModelAdmin, request: HttpRequest, target: Target, reason: str, now: datetime
) -> HttpResponse:
    done = proposals.retract(target, reason=reason, by=acting(request), now=now, seen=stood.seen(request.POST))
    if done is None:
        messages.info(request, gettext("It was retracted before; nothing more was done."))
    elif done.proposals:
        told.tell_proposed(model_admin, request, done.proposals)
    else:
        model_admin.log_change(request, target, gettext("Retracted."))
        messages.success(request, gettext("Retracted: it counts no more, and stays to be seen as retracted."))
    return _back(target)


def _about(target: Target, now: datetime) -> list[str]:
    if isinstance(target, Reading):
        return [f"{target.crossing}: {wording.counted(target, now)}"]
    since = wording.when(target.crossing, target.effective_at, now, target.precision)
    return [f"{target.crossing}: {wording.said(target)} ({since})"]


class ConfirmForm(MomentForm):
    """That it still held at a moment; sent twice, it is the same moment and counts once."""

    how_known = select(_("How we know"), HowKnown, blank=_("not said"))

    def __init__(self, data: Any, crossing: Crossing, reports: Sequence[Report], now: datetime) -> None:
        super().__init__(data)
        self.order_fields(["how_known", "day", "clock", "zone"])
        self.use_required_attribute = False
        self.reports, self.now = reports, now
        self.set_zones(crossing, now)

    def clean(self) -> dict[str, Any]:
        self.at = at = self.moment()
        if at is None:
            return self.cleaned_data
        began = max((report.effective_at or report.reported_at for report in self.reports), default=at)
        if at > self.now + AHEAD:
            self.add_error("day", gettext("This lies ahead of our clock: give the time at which you knew it."))
        elif at < began.replace(second=0, microsecond=0):
            self.add_error("day", gettext("It had not begun then: give a time after its beginning."))
        self.at = max(at, began)
        return self.cleaned_data


def confirm_report(model_admin: admin.ModelAdmin, request: HttpRequest, report: Report) -> HttpResponse:
    within_or_404(request, report.crossing)
    check(may_log(request))
    if hasattr(report, "retraction"):
        messages.error(request, gettext("It was retracted, so it cannot be confirmed. Log an update instead."))
        return _back(report)
    if report.pk not in {source["report"] for source in report.crossing.current.status.get("sources", [])}:
        # Long silence or a newer word has overtaken it: one word today proves nothing of the time between.
        messages.error(request, gettext("The crossing's status no longer rests on it. Log an update instead."))
        return _back(report)
    return _confirm(model_admin, request, report, report.crossing, [report])


def confirm_crossing(model_admin: admin.ModelAdmin, request: HttpRequest, crossing: Crossing) -> HttpResponse:
    """As before: the reports on which its present status rests still hold."""
    within_or_404(request, crossing)
    check(may_log(request))
    sources = wording.as_it_stands(crossing, timezone.now())["status"]["sources"]
    reports = list(Report.objects.filter(pk__in=[each["report"] for each in sources]).select_related("crossing"))
    if not reports:
        messages.error(request, gettext("Nothing is known of it now that could be confirmed. Log an update instead."))
        return _back(crossing)
    return _confirm(model_admin, request, crossing, crossing, reports)


def _confirm(
    model_admin: admin.ModelAdmin, request: HttpRequest, target: Report | Crossing, crossing: Crossing,
    reports: list[Report],
) -> HttpResponse:  # fmt: skip
    now, notice = timezone.now(), ""
    form = ConfirmForm(_sent(request), crossing, reports, now)
    if form.is_valid():
        try:
            _confirmed(model_admin, request, target, form, crossing, now)
            return _back(target)
        except ledger.Overtaken:
            notice = told.overtaken(stood.meanwhile([crossing], request.POST, now))
    stands = wording.standings(wording.as_it_stands(crossing, now), wording.clock_at(crossing, now))
    return act_page(
        request, model_admin, target, form, title=gettext("As before: confirm %(target)s") % {"target": target},
        verb=gettext("As before, confirm"), about=[line for report in reports for line in _about(report, now)],
        standings=stands, notice=notice, stood=stood.marks([crossing]),
    )  # fmt: skip


def _confirmed(
    model_admin: admin.ModelAdmin, request: HttpRequest, target: Report | Crossing, form: ConfirmForm,
    crossing: Crossing, now: datetime,
) -> None:  # fmt: skip
    assert form.at is not None
    user, how_known = acting(request), form.cleaned_data["how_known"]
    new = proposals.confirm(
        crossing, form.reports, source=own_source(user), at=form.at, by=user, now=now, how_known=how_known,
        seen=stood.seen(request.POST),
    )  # fmt: skip
    if isinstance(new, Proposal):
        told.tell_proposed(model_admin, request, [new])
    elif new:
        model_admin.log_change(request, target, gettext("Confirmed."))
        done = gettext("Confirmed: it held still on %(when)s.")
        messages.success(request, done % {"when": wording.when(crossing, form.at, now)})
    else:
        messages.info(request, gettext("This was already confirmed; nothing was recorded twice."))


class RedactForm(ReasonForm):
    fields_to_blank = forms.MultipleChoiceField(
        label=_("What to blank, everywhere it was copied"), widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one.")},
    )  # fmt: skip
    field_order = ["fields_to_blank", "reason"]

    def __init__(self, data: Any, target: Target) -> None:
        super().__init__(data)
        self.use_required_attribute = False
        choices = [(name, f"{label}: {text}") for name, label, text in free_texts(target)]
        self.fields["fields_to_blank"].choices = choices  # type: ignore[attr-defined]


def free_texts(target: Target) -> list[tuple[str, str, str]]:
    """Name, label and content of the free texts that hold anything."""
    labels = {
        "note": gettext("Note"), "attribution": gettext("Said by"), "url": gettext("Address"),
        "by_name": gettext("Who opened or closed it"), "conditions": gettext("Free text of conditions"),
    }  # fmt: skip
    found = []
    for name in FREE_TEXT[type(target)]:
        text = _condition_texts(target) if name == "conditions" else str(getattr(target, name))
        if text:
            found.append((name, labels[name], text))
    return found


def _condition_texts(target: Target) -> str:
    if isinstance(target, Reading):
        return ""
    texts = [term["text"] for lane in target.lanes for term in lane.get("conditions", []) if term.get("text")]
    return " / ".join(dict.fromkeys(texts))


def may_redact(request: HttpRequest) -> bool:
    return request.user.has_perm("crossings.redact_report")


def redact(model_admin: admin.ModelAdmin, request: HttpRequest, target: Target) -> HttpResponse:
    within_or_404(request, target.crossing)
    check(may_redact(request))
    if not free_texts(target):
        messages.info(request, gettext("It holds no free text that could be blanked."))
        return _back(target)
    form = RedactForm(_sent(request), target)
    if form.is_valid():
        given = form.cleaned_data
        now = timezone.now()
        proposed = proposals.redact(
            target, given["fields_to_blank"], reason=given["reason"], by=acting(request), now=now
        )
        if proposed is not None:
            told.tell_proposed(model_admin, request, [proposed])
        else:
            model_admin.log_change(request, target, gettext("Redacted."))
            messages.success(request, gettext("Blanked here and wherever it had been copied. States and times stay."))
        return _back(target)
    about = [
        gettext("The words are gone for good, from the public pages, the API, the changes and the raw polls. Do not"
                " repeat them in the reason. That something was blanked, by whom and why, stays to be seen.")
    ]  # fmt: skip
    title = gettext("Redact %(target)s") % {"target": target}
    return act_page(request, model_admin, target, form, title=title, verb=gettext("Blank these words"), about=about)
