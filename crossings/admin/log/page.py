"""The page: choose a crossing, fill in, preview, save."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext

from crossings import ledger
from crossings.admin import wording
from crossings.admin.house import acting, check, may_log, page
from crossings.admin.log.entry import Entry, Item
from crossings.admin.log.flow import Flow
from crossings.domain.claims import Claim
from crossings.domain.faults import Refused
from crossings.ledger import Outcome, Result
from crossings.matching import Names
from crossings.models import Crossing, Draft, Reading, Report
from crossings.phrases.countries import country

Row = Report | Reading | Draft


def log(model_admin: admin.ModelAdmin, request: HttpRequest) -> HttpResponse:
    check(may_log(request))
    names = Names.load()
    asked = str(request.POST.get("crossing") or request.GET.get("crossing") or "")
    try:
        crossing = names.find(asked)
    except Refused as refused:
        return _pick(model_admin, request, names, asked, refused.faults[0].detail if asked else "")
    flow = LogFlow(model_admin, request, crossing)
    return flow.sent() if request.method == "POST" else flow.show(flow.entry_of(None))


def _pick(model_admin: admin.ModelAdmin, request: HttpRequest, names: Names, asked: str, fault: str) -> HttpResponse:
    borders: dict[str, list[Crossing]] = {}
    for crossing in names.by_slug.values():
        border = " – ".join(country(each) for each in crossing.countries)
        borders.setdefault(border, []).append(crossing)
    title = gettext("Log an update: which crossing?")
    return page(request, model_admin, "log_pick.html", title=title, asked=asked, fault=fault, borders=sorted(
        (border, sorted(found, key=str)) for border, found in borders.items()
    ))  # fmt: skip


class LogFlow(Flow):
    """An update, logged in one's own name or in that of whoever said it."""

    def entry_of(self, data: Any) -> Entry:
        initial = {"source": self.request.GET["source"]} if self.request.GET.get("source") else None
        return Entry(self.crossing, acting(self.request), self.now, data, initial)

    def frame(self, entry: Entry) -> dict[str, Any]:
        title = gettext("Log an update: %(crossing)s") % {"crossing": self.crossing}
        return {"template": "log.html", "title": title}

    def known_before(self, entry: Entry) -> HttpResponse | None:
        """The same form sent again: told so where nothing changed since; else it has to become another update."""
        found = [_recorded(entry, item) for item in entry.items]
        if not any(found):
            return None
        first = next(row for row in found if row)
        if all(row and row.digest == item.digest() for row, item in zip(found, entry.items, strict=True)):
            messages.info(self.request, gettext("This was already recorded; nothing was recorded twice."))
            return HttpResponseRedirect(address(first))
        if any(row and row.digest != item.digest() for row, item in zip(found, entry.items, strict=True)):
            self.data["token"] = str(uuid.uuid4())
            return self.again(entry, notice=format_html(
                gettext('This form was saved before, with other content: <a href="{}">{}</a>. To correct that, retract'
                        " it. What stands here is not saved: preview and save it to record it as another update."),
                address(first), first,
            ))  # fmt: skip
        return None

    def save(self, entry: Entry) -> HttpResponse:
        assert entry.source is not None
        how_known = entry.form.cleaned_data["how_known"]
        results = ledger.record_many(entry.source, entry.items, now=self.now, by=entry.user, how_known=how_known)
        for result in results:
            self._tell(result)
        return HttpResponseRedirect(address(_row(results[0])))

    def _tell(self, result: Result) -> None:
        row = _row(result)
        if result.outcome is Outcome.RECORDED and not isinstance(row, Draft):
            self.model_admin.log_addition(self.request, row, [{"added": {}}])
            done = gettext("Recorded: %(row)s.") % {"row": row}
            messages.success(self.request, f"{done} {wording.what_became(row, self.now)}")
        elif result.outcome is Outcome.DRAFT:
            words = gettext("It waits as a draft (%(why)s): the board does not say it yet.")
            messages.warning(self.request, words % {"why": result.detail})
        elif result.outcome is Outcome.SAME:
            messages.info(self.request, gettext("This was already recorded; nothing was recorded twice."))
        else:
            messages.error(self.request, result.detail or gettext(result.outcome.label))


def _recorded(entry: Entry, item: Item) -> Row | None:
    ours = {"source": entry.source, "external_id": entry.external_id}
    claim = isinstance(item, Claim)
    kind = Draft.Kind.REPORT if claim else Draft.Kind.READING
    draft = Draft.objects.filter(**ours, kind=kind, report=None, reading=None).first()
    if draft or not claim:
        return draft or Reading.objects.filter(**ours).first()
    return Report.objects.filter(**ours).first()


def _row(result: Result) -> Row:
    if result.report:
        return Report.objects.get(pk=result.report)
    if result.reading:
        return Reading.objects.get(pk=result.reading)
    return Draft.objects.get(pk=result.draft or 0)


def address(row: Row) -> str:
    return reverse(f"admin:crossings_{row._meta.model_name}_change", args=[row.pk])
