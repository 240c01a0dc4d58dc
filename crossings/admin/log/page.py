"""The page: choose a crossing, fill in, preview, save."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext

from crossings import ledger
from crossings.admin.house import acting, check, may_log, page
from crossings.admin.log import preview
from crossings.admin.log.conditions import MOST_ROWS
from crossings.admin.log.entry import Entry
from crossings.domain.claims import Claim
from crossings.domain.faults import Refused
from crossings.ledger import Outcome, Result
from crossings.matching import Names
from crossings.models import Crossing, Draft, Reading, Report
from crossings.phrases.countries import country

NOW_FORMAT = "%Y-%m-%dT%H:%M:%S+0000"


def log(model_admin: admin.ModelAdmin, request: HttpRequest) -> HttpResponse:
    check(may_log(request))
    names = Names.load()
    asked = str(request.POST.get("crossing") or request.GET.get("crossing") or "")
    try:
        crossing = names.find(asked)
    except Refused as refused:
        return _pick(model_admin, request, names, asked, refused.faults[0].detail if asked else "")
    if request.method == "POST":
        return _Sent(model_admin, request, crossing).answer()
    initial = {"source": request.GET["source"]} if request.GET.get("source") else None
    return _form(model_admin, request, Entry(crossing, acting(request), timezone.now(), initial=initial))


def _pick(model_admin: admin.ModelAdmin, request: HttpRequest, names: Names, asked: str, fault: str) -> HttpResponse:
    borders: dict[str, list[Crossing]] = {}
    for crossing in names.by_slug.values():
        border = " – ".join(country(each) for each in crossing.countries)
        borders.setdefault(border, []).append(crossing)
    title = gettext("Log an update: which crossing?")
    return page(request, model_admin, "log_pick.html", title=title, asked=asked, fault=fault, borders=sorted(
        (border, sorted(found, key=str)) for border, found in borders.items()
    ))  # fmt: skip


def _form(
    model_admin: admin.ModelAdmin, request: HttpRequest, entry: Entry, *, errors: bool = True, notice: str = "",
    shown: preview.Shown | None = None,
) -> HttpResponse:  # fmt: skip
    title = gettext("Log an update: %(crossing)s") % {"crossing": entry.crossing}
    return page(
        request, model_admin, "log.html", title=title, entry=entry, form=entry.form, rows=entry.rows_shown(),
        more_rows=len(entry.rows_shown()) < MOST_ROWS, errors=errors, notice=notice, shown=shown,
        stands=None if shown else preview.standing(entry.crossing, entry.now),
    )  # fmt: skip


class _Sent:
    """A form that was sent: to be shown again, previewed or saved."""

    def __init__(self, model_admin: admin.ModelAdmin, request: HttpRequest, crossing: Crossing) -> None:
        self.model_admin, self.request = model_admin, request
        self.data = request.POST.copy()
        self.data["crossing"] = crossing.slug
        self.saving = self.data.get("action") == "save"
        self.now: datetime = timezone.now()
        if not self.saving:
            self.data["now_at"] = self.now.strftime(NOW_FORMAT)
        self.entry = Entry(crossing, acting(request), self.now, self.data)

    def answer(self) -> HttpResponse:
        slug = self.entry.crossing.slug
        if self.data.get("shown") not in (None, "", slug):
            self.data["shown"] = slug
            notice = gettext("The form now speaks of %(crossing)s: look at the lanes again.")
            return self._again(errors=False, notice=notice % {"crossing": self.entry.crossing})
        if self.data.get("action") == "more":
            self.data["rows"] = str(min(MOST_ROWS, len(self.entry.rows_shown()) + 1))
            return self._again(errors=False)
        if not self.entry.read():
            return self._again()
        return self._known_before() or (self._save() if self._was_seen() else self._preview())

    def _again(self, *, errors: bool = True, notice: str = "") -> HttpResponse:
        self.data["seen"] = ""
        return _form(self.model_admin, self.request, self.entry, errors=errors, notice=notice)

    def _was_seen(self) -> bool:
        return self.saving and self.data.get("seen") == self.entry.fingerprint()

    def _preview(self) -> HttpResponse:
        notice = gettext("The form was changed after the preview: this is what it says now.") if self.saving else ""
        self.data["seen"] = self.entry.fingerprint()
        shown = preview.of_entry(self.entry)
        return _form(self.model_admin, self.request, self.entry, shown=shown, notice=notice)

    def _known_before(self) -> HttpResponse | None:
        """The same form sent again: told so where nothing changed since; else it has to become another update."""
        found = [self._recorded(item) for item in self.entry.items]
        if not any(found):
            return None
        first = next(row for row in found if row)
        if all(row and row.digest == item.digest() for row, item in zip(found, self.entry.items, strict=True)):
            messages.info(self.request, gettext("This was already recorded; nothing was recorded twice."))
            return HttpResponseRedirect(address(first))
        if any(row and row.digest != item.digest() for row, item in zip(found, self.entry.items, strict=True)):
            self.data["token"] = str(uuid.uuid4())
            return self._again(notice=format_html(
                gettext('This form was saved before, with other content: <a href="{}">{}</a>. To correct that, retract'
                        " it. What stands here is not saved: preview and save it to record it as another update."),
                address(first), first,
            ))  # fmt: skip
        return None

    def _recorded(self, item: Any) -> Report | Reading | Draft | None:
        ours = {"source": self.entry.source, "external_id": self.entry.external_id}
        claim = isinstance(item, Claim)
        kind = Draft.Kind.REPORT if claim else Draft.Kind.READING
        draft = Draft.objects.filter(**ours, kind=kind, report=None, reading=None).first()
        if draft or not claim:
            return draft or Reading.objects.filter(**ours).first()
        return Report.objects.filter(**ours).first()

    def _save(self) -> HttpResponse:
        entry = self.entry
        assert entry.source is not None
        how_known = entry.form.cleaned_data["how_known"]
        results = ledger.record_many(entry.source, entry.items, now=self.now, by=entry.user, how_known=how_known)
        for result in results:
            self._tell(result)
        return HttpResponseRedirect(address(_row(results[0])))

    def _tell(self, result: Result) -> None:
        row = _row(result)
        if result.outcome is Outcome.RECORDED:
            self.model_admin.log_addition(self.request, row, [{"added": {}}])
            done = gettext("Recorded: %(row)s.")
            messages.success(self.request, done % {"row": row})
        elif result.outcome is Outcome.DRAFT:
            words = gettext("It waits as a draft (%(why)s): the board does not say it yet.")
            messages.warning(self.request, words % {"why": result.detail})
        elif result.outcome is Outcome.SAME:
            messages.info(self.request, gettext("This was already recorded; nothing was recorded twice."))
        else:
            messages.error(self.request, result.detail or gettext(result.outcome.label))


def _row(result: Result) -> Report | Reading | Draft:
    if result.report:
        return Report.objects.get(pk=result.report)
    if result.reading:
        return Reading.objects.get(pk=result.reading)
    return Draft.objects.get(pk=result.draft or 0)


def address(row: Report | Reading | Draft) -> str:
    return reverse(f"admin:crossings_{row._meta.model_name}_change", args=[row.pk])
