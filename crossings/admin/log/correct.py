"""Correct: take a report back and say instead what is right, in one act and one preview."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils.translation import gettext

from crossings import ledger, proposals
from crossings.admin import speakers, wording
from crossings.admin.house import ReasonForm, acting, check, may_log
from crossings.admin.log import preview, told
from crossings.admin.log.entry import Entry
from crossings.admin.log.flow import Flow
from crossings.admin.log.rights import may_take_back, within_or_404
from crossings.admin.log.saved import Saved
from crossings.admin.log.typed import typed
from crossings.domain.claims import Claim, stamp
from crossings.ledger.transaction import in_transaction, lock_crossings
from crossings.models import Report, Retraction, Source

Json = dict[str, Any]


def correct(model_admin: admin.ModelAdmin, request: HttpRequest, report: Report) -> HttpResponse:
    within_or_404(request, report.crossing)
    check(may_log(request) and may_take_back(request, report))
    flow = CorrectFlow(model_admin, request, report)
    if request.method == "POST":
        return flow.sent()
    if hasattr(report, "retraction"):
        messages.info(request, gettext("It was retracted before: log what is right as an update."))
        return HttpResponseRedirect(told.address(report))
    return flow.begin()


def content_of(report: Report) -> Json:
    """The report as the contract's JSON of a claim, its times to the second."""
    as_they_are = ("one_gate", "precision", "basis", "where", "by", "by_name", "lanes", "note", "attribution", "url",
                   "visibility")  # fmt: skip
    until = report.until_date.isoformat() if report.until_date else stamp(report.until)
    return {
        **{name: getattr(report, name) for name in as_they_are}, "declared_by": report.declared_by or None,
        "reason": report.reason or None, "effective_at": stamp(report.effective_at), "until": until,
        "reported_at": stamp(report.reported_at.replace(microsecond=0)),
    }  # fmt: skip


class CorrectEntry(Entry):
    """The form filled in with a report. It speaks in the same name, or in that of whoever said what is right."""

    def __init__(self, report: Report, user: User, now: datetime, data: Any = None) -> None:
        self.report = report
        super().__init__(report.crossing, user, now, data)
        self.because = ReasonForm(data if data is not None and "because-reason" in data else None, prefix="because")
        self.because.use_required_attribute = False
        sources: Any = self.form.fields["source"]
        known = {value for value, _ in sources.choices}
        if report.source.slug not in known and report.source.slug != speakers.own_slug(user):
            # A colleague's word, or that of a service that is asked by itself: nobody else speaks in its name.
            self.form.fields["source"].help_text = gettext(
                "It was said by %(who)s, in whose name you cannot speak."
            ) % {"who": report.source.public_label}
        places: Any = self.form.fields["crossing"]
        places.choices = [(self.crossing.slug, self.crossing.name)]

    def read(self) -> bool:
        valid = super().read()
        because = self.because.is_valid()
        if valid and not any(isinstance(item, Claim) for item in self.items):
            self.form.add_error("lane_all", gettext("Choose how at least one lane stands, or retract the report."))
            return False
        return valid and because

    def forms(self) -> list[Form]:
        return [*super().forms(), self.because]

    def lost(self) -> bool:
        """Whether the form, as it is filled in at first, says anything else than the report."""
        if not super().read():
            return True
        [claim] = [item for item in self.items if isinstance(item, Claim)]
        said, report = claim.as_json(), content_of(self.report)
        same = all(said[name] == value for name, value in report.items() if name != "lanes")
        return not (same and _in_order(said["lanes"]) == _in_order(report["lanes"]))


def _in_order(lanes: list[Json]) -> list[str]:
    return sorted(json.dumps(lane, sort_keys=True) for lane in lanes)


class CorrectFlow(Flow):
    def __init__(self, model_admin: admin.ModelAdmin, request: HttpRequest, report: Report) -> None:
        super().__init__(model_admin, request, report.crossing)
        self.report = report

    def entry_of(self, data: Any) -> CorrectEntry:
        return CorrectEntry(self.report, acting(self.request), self.now, data)

    def begin(self) -> HttpResponse:
        data = self._filled_in()
        notice = ""
        if self.entry_of(data).lost():
            notice = gettext(
                "This form cannot hold all that the report says: what is missing here would be gone. Add it, or retract"
                " the report and log what is right."
            )
        return self.show(self.entry_of(data), errors=False, notice=notice)

    def _filled_in(self) -> QueryDict:
        """Its own times are meant; it speaks in the same name where this person may."""
        data = typed(content_of(self.report), self.crossing)
        data["how_known"] = self.report.how_known
        if self.report.source.slug in dict(speakers.choices()):
            data["source"] = self.report.source.slug
        data.setlist("sure", [each.value for each in self.entry_of(data).form.asked])
        return data

    def frame(self, entry: Entry) -> dict[str, Any]:
        assert isinstance(entry, CorrectEntry)
        since = wording.when(self.crossing, self.report.effective_at, self.now, self.report.precision)
        told_so = gettext("It says: %(what)s (%(when)s)") % {"what": wording.said(self.report), "when": since}
        return {
            "template": "log_correct.html", "title": gettext("Correct %(report)s") % {"report": self.report},
            "original": self.report, "about": [told_so], "because": entry.because,
            "keep_as": f"report {self.report.pk}",
            "send_to": reverse("admin:crossings_report_correct", args=[self.report.pk]), "prefilled": True,
        }  # fmt: skip

    def known_before(self, entry: Entry) -> HttpResponse | None:
        """Sent twice it is done once; taken back by somebody else meanwhile, it is no more to be corrected."""
        saved = Saved(entry.form.cleaned_data["token"])
        done = saved.of(Report).first()
        if done is not None:
            messages.info(self.request, gettext("This was already recorded; nothing was recorded twice."))
            return told.went(self.request, told.address(done))
        waiting = saved.proposals().filter(decision="").first()
        if waiting is not None:
            messages.info(self.request, gettext("This was already proposed; nothing was proposed twice."))
            return told.went(self.request, told.address(waiting))
        if Report.objects.filter(pk=self.report.pk, retraction=None).exists():
            return None
        return self.again(entry, notice=gettext("It was retracted meanwhile: log what is right as an update."))

    def preview_of(self, entry: Entry) -> preview.Shown:
        source, items = entry.source, entry.items
        assert source is not None and isinstance(entry, CorrectEntry)
        notes = []

        def work() -> None:
            report = Report.objects.select_related("crossing").get(pk=self.report.pk)
            # Loosening is judged as it stands in the end, as when it is saved.
            before = _lanes_of(report)
            ledger.retract(report, reason="-", now=self.now, by=entry.user)
            ledger.record_many(source, items, now=self.now, by=entry.user, vouched=True)
            if report.crossing.sensitive and ledger.loosened(before, _lanes_of(report)):
                notes.append(str(preview.SECOND))

        shown = preview.of_act(self.crossing, self.now, work)
        shown.notes[:0] = notes
        return shown

    def save(self, entry: Entry) -> HttpResponse:
        assert isinstance(entry, CorrectEntry) and isinstance(entry.source, Source)
        source, reason, given = entry.source, entry.because.cleaned_data["reason"], entry.form.cleaned_data

        def work() -> proposals.Done:
            # What no longer bears on the status is in no stands(): another's correction of it is seen here.
            lock_crossings([self.report.crossing_id])
            if Retraction.objects.filter(report=self.report).exists():
                raise ledger.Overtaken(self.crossing.slug)
            return proposals.correct(
                self.report, source, entry.items, reason=reason, by=entry.user, now=self.now,
                key=f"form-{given['token']}", how_known=given["how_known"], seen=self.seen(),
            )  # fmt: skip

        done = in_transaction(work)
        told.tell_proposed(self.model_admin, self.request, done.proposals)
        if not done.results:
            return told.went(self.request, told.address(done.proposals[0]))
        self.model_admin.log_change(self.request, self.report, gettext("Retracted, and corrected by another report."))
        for result in done.results:
            told.tell(self.model_admin, self.request, result, self.now)
        return told.went(self.request, told.address(told.row_of(done.results[0])))


def _lanes_of(report: Report) -> Json:
    status: Json = type(report.crossing).objects.select_related("current").get(pk=report.crossing_id).current.status
    return status
