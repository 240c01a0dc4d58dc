"""Undo: what one form recorded, at one crossing or at many, taken back in one act."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from crossings import ledger, proposals, rights
from crossings.admin import wording
from crossings.admin.house import ReasonForm, acting, check, may_log, page
from crossings.admin.log import stood, told
from crossings.admin.log.preview import Many, of_acts
from crossings.admin.log.saved import Saved
from crossings.ledger.transaction import in_transaction, lock_crossings
from crossings.models import Crossing, Proposal, Reading, Report

Target = Report | Reading


class Act:
    """What one form came to, and what of it still stands."""

    def __init__(self, saved: Saved) -> None:
        rows: list[Target] = [
            *saved.of(Report).select_related("crossing", "source", "retraction").order_by("crossing_id"),
            *saved.of(Reading).select_related("crossing", "source", "retraction").order_by("crossing_id"),
        ]
        self.rows = rows
        self.standing = [row for row in rows if not hasattr(row, "retraction")]
        self.waiting = list(saved.proposals().filter(decision="").select_related("crossing"))

    @property
    def crossings(self) -> list[Crossing]:
        found = {row.crossing_id: row.crossing for row in self.standing}
        return [found[pk] for pk in sorted(found)]

    def is_of(self, user: Any) -> bool:
        theirs = [*(row.recorded_by_id for row in self.rows), *(each.proposed_by_id for each in self.waiting)]
        return all(pk == user.pk for pk in theirs)

    def within(self, user: Any) -> bool:
        rows: list[Target | Proposal] = [*self.rows, *self.waiting]
        return bool(rows) and all(rights.within(user, row.crossing) for row in rows)


def may_undo(request: HttpRequest, act: Act) -> bool:
    return may_log(request) if act.is_of(acting(request)) else request.user.has_perm("crossings.retract_report")


def one_of_many(request: HttpRequest, report: Report) -> dict[str, Any]:
    """For the report's page: of how many it is that were logged in one act, and the way to undo that; else nothing."""
    saved = Saved.of_many(report)
    act = Act(saved) if saved else None
    if saved is None or act is None or len(act.rows) < 2:
        return {}
    able = act.within(request.user) and (act.standing or act.waiting) and may_undo(request, act)
    url = reverse("admin:crossings_report_undo", args=[saved.token]) if able else ""
    return {"one_act": len(act.rows), "undo_act": url}


def undo(model_admin: admin.ModelAdmin, request: HttpRequest, token: uuid.UUID) -> HttpResponse:
    act, now = Act(Saved(token)), timezone.now()
    if not act.within(acting(request)):
        raise Http404
    check(may_undo(request, act))
    if not act.standing and not act.waiting:
        messages.info(request, gettext("It was taken back before; nothing more was done."))
        return HttpResponseRedirect(reverse("admin:crossings_report_log"))
    form, notice = UndoForm(request.POST if request.method == "POST" else None), ""
    if form.is_valid():
        try:
            return _done(model_admin, request, act, _undo(act, form, request, now))
        except ledger.Overtaken:
            notice = told.overtaken(stood.meanwhile(act.crossings, request.POST, now))
    return page(
        request, model_admin, "log_undo.html", title=gettext("Undo"), form=form, notice=notice, rows=_told(act, now),
        waiting=act.waiting, stood=stood.marks(act.crossings), shown=_preview(act, now),
    )  # fmt: skip


class UndoForm(ReasonForm):
    def __init__(self, data: Any) -> None:
        super().__init__(data)
        self.use_required_attribute = False


def _told(act: Act, now: datetime) -> list[str]:
    form = gettext("%(crossing)s: %(what)s")
    said = [row for row in act.standing if isinstance(row, Report)]
    counted = [row for row in act.standing if isinstance(row, Reading)]
    return [
        *(form % {"crossing": row.crossing, "what": wording.said(row)} for row in said),
        *(form % {"crossing": row.crossing, "what": wording.counted(row, now)} for row in counted),
    ]


def _preview(act: Act, now: datetime) -> Many:
    def work() -> None:
        for row in act.standing:
            ledger.retract(row, reason="-", now=now)

    shown = of_acts(act.crossings, now, work, notes={}) if act.standing else {}
    return Many([(each, shown[each.slug]) for each in act.crossings], [])


def _undo(act: Act, form: forms.Form, request: HttpRequest, now: datetime) -> list[Proposal]:
    """All of it or nothing. What a second person has to agree to is proposed; what waits is withdrawn."""
    user, reason, seen = acting(request), form.cleaned_data["reason"], stood.seen(request.POST)

    def work() -> list[Proposal]:
        # All locks first: else two such acts could wait for each other.
        lock_crossings([row.crossing_id for row in act.standing])
        found: dict[int, Proposal] = {}
        asked = dict(seen)
        for row in act.standing:
            done = proposals.retract(row, reason=reason, by=user, now=now, seen=asked)
            asked.pop(row.crossing.slug, None)  # from here on it stands as we left it
            found |= {each.pk: each for each in (done.proposals if done else [])}
        for waiting in act.waiting:
            proposals.refuse(waiting, by=user, now=now, reason=reason)
        return list(found.values())

    return in_transaction(work)


def _done(model_admin: admin.ModelAdmin, request: HttpRequest, act: Act, proposed: list[Proposal]) -> HttpResponse:
    taken = [row for row in act.standing if row.crossing_id not in {each.crossing_id for each in proposed}]
    for row in taken:
        model_admin.log_change(request, row, gettext("Retracted."))
    if taken:
        n = len({row.crossing_id for row in taken})
        done = ngettext("Taken back at %(n)s crossing.", "Taken back at %(n)s crossings.", n) % {"n": n}
        stays = gettext("It counts no more, and stays to be seen as retracted.")
        messages.success(request, f"{done} {stays}")
    for waiting in act.waiting:
        model_admin.log_change(request, waiting.crossing, gettext("Withdrew what waited for a second person."))
        messages.success(request, gettext("%(crossing)s: withdrawn.") % {"crossing": waiting.crossing})
    told.tell_proposed(model_admin, request, proposed)
    return HttpResponseRedirect(reverse("admin:crossings_report_log"))
