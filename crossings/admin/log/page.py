"""The page: choose a crossing or several, fill in, preview, save."""

from __future__ import annotations

import json
import uuid
from functools import cached_property
from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext

from crossings import pasting, proposals, rights
from crossings.admin.house import acting, check, may_log
from crossings.admin.log import chips, shortcuts, told
from crossings.admin.log.entry import Entry, Item
from crossings.admin.log.flow import Flow
from crossings.admin.log.many import ManyEntry, group_of, is_of_many
from crossings.admin.log.parts import sides, zone_of
from crossings.admin.log.pick import pick
from crossings.admin.log.preview import Many, of_entries
from crossings.admin.log.saved import Saved
from crossings.admin.log.typed import begun
from crossings.domain.claims import Claim
from crossings.domain.faults import Refused
from crossings.matching import Names
from crossings.models import Crossing, Draft, Paste, Proposal, Reading, Report

Row = Report | Reading | Draft

ROUND = "admin:crossings_crossing_round_changelist"


def log(model_admin: admin.ModelAdmin, request: HttpRequest) -> HttpResponse:
    check(may_log(request))
    if "token" in request.GET:
        return _whether_saved(request)
    names = Names.of(rights.crossings_of(request.user))
    if is_of_many(request):
        return _log_many(model_admin, request, names)
    pasted = _pasted(request)
    first = pasted.crossing.slug if pasted and pasted.crossing else ""
    asked = str(request.POST.get("crossing") or request.GET.get("crossing") or first)
    try:
        crossing = names.find(asked)
    except Refused as refused:
        return pick(model_admin, request, names, asked, refused.faults[0].detail if asked else "", pasted)
    flow = LogFlow(model_admin, request, crossing, pasted)
    return flow.sent() if request.method == "POST" else flow.begin()


def _pasted(request: HttpRequest) -> Paste | None:
    """The pasted text that is logged from."""
    asked = str(request.POST.get("paste") or request.GET.get("paste") or "")
    if not asked:
        return None
    return get_object_or_404(pasting.seen_by(acting(request)), pk=int(asked[:18]) if asked.isdecimal() else 0)


def _whether_saved(request: HttpRequest) -> HttpResponse:
    """For the script that keeps what was typed: whether this form of this person was saved."""
    try:
        token = uuid.UUID(request.GET["token"])
    except ValueError:
        raise Http404 from None
    act = Saved(token)
    mine = {"recorded_by": acting(request)}
    saved = act.of(Report).filter(**mine).exists() or act.of(Reading).filter(**mine).exists()
    return JsonResponse({"saved": saved or act.proposals().filter(proposed_by=acting(request)).exists()})


def _log_many(model_admin: admin.ModelAdmin, request: HttpRequest, names: Names) -> HttpResponse:
    data = request.POST if request.method == "POST" else request.GET
    asked = data.get("many", "").split() if request.method == "POST" else _named(request, names)
    offered = [names.by_slug[slug] for slug in dict.fromkeys(asked) if slug in names.by_slug]
    if not offered:
        return pick(model_admin, request, names, "", gettext("Tick at least one crossing."))
    flow = ManyFlow(model_admin, request, offered)
    return flow.sent() if request.method == "POST" else flow.begin()


def _named(request: HttpRequest, names: Names) -> list[str]:
    """The crossings asked for: by slug, or all between two countries, or all of one."""
    wanted = {code for code in request.GET.get("all", "").upper().split("-") if code}
    of_all = [slug for slug, each in names.by_slug.items() if wanted and wanted <= set(each.countries)]
    return [*request.GET.getlist("crossing"), *sorted(of_all)]


class LogFlow(Flow):
    """An update, logged in one's own name or in that of whoever said it; perhaps from a pasted text."""

    def __init__(
        self, model_admin: admin.ModelAdmin, request: HttpRequest, crossing: Crossing, pasted: Paste | None = None
    ) -> None:
        super().__init__(model_admin, request, crossing)
        self.pasted = pasted

    def begin(self) -> HttpResponse:
        """The form to fill in, or filled in as far as the pasted text says."""
        if self.pasted is None:
            return self.show(self.entry_of(None))
        data = begun(self.entry_of(None), pasting.fill(self.pasted, self.crossing, self.now))
        return self.show(self.entry_of(data), errors=False)

    def entry_of(self, data: Any) -> Entry:
        return Entry(self.crossing, acting(self.request), self.now, data, self._initial() if data is None else None)

    def _initial(self) -> dict[str, Any]:
        asked = self.request.GET
        initial = shortcuts.chosen(self.shortcuts, asked.get("do", ""))
        return {**initial, **({"source": asked["source"]} if asked.get("source") else {})}

    @cached_property
    def shortcuts(self) -> list[shortcuts.Shortcut]:
        return shortcuts.of_crossing(self.crossing)

    def frame(self, entry: Entry) -> dict[str, Any]:
        title = gettext("Log an update: %(crossing)s") % {"crossing": self.crossing}
        place = self.crossing
        zones = {side: zone_of(place, side) for side in ("", *place.countries)}
        keep_as = f"{place.slug} paste {self.pasted.pk}" if self.pasted else place.slug
        return {
            "template": "log.html", "title": title, "shortcuts": self.shortcuts, "asks": f"crossing={place.slug}",
            "zones": json.dumps(zones), "keep_as": keep_as, "confirms": place,
            "prefilled": "do" in self.request.GET, "paste": self.pasted,
            "from_round": self.from_round,
        }  # fmt: skip

    def known_before(self, entry: Entry) -> HttpResponse | None:
        """The same form sent again: told so where nothing changed since; else it has to become another update."""
        items = proposals.recorded_at_once(entry.items, f"form-{entry.form.cleaned_data['token']}")
        found = [_recorded(entry, item) for item in items]
        if not any(found):
            return self._proposed_before(entry)
        first = next(row for row in found if row)
        if all(row and row.digest == item.digest() for row, item in zip(found, items, strict=True)):
            messages.info(self.request, gettext("This was already recorded; nothing was recorded twice."))
            return told.went(self.request, self.landing(first))
        if any(row and row.digest != item.digest() for row, item in zip(found, items, strict=True)):
            self.data["token"] = str(uuid.uuid4())
            return self.again(entry, notice=format_html(
                gettext('This form was saved before, with other content: <a href="{}">{}</a>. To correct that, retract'
                        " it. What stands here is not saved: preview and save it to record it as another update."),
                told.address(first), first,
            ))  # fmt: skip
        return None

    def _proposed_before(self, entry: Entry) -> HttpResponse | None:
        proposed = Saved(entry.form.cleaned_data["token"]).proposals().first()
        if proposed is None:
            return None
        messages.info(self.request, gettext("This was already proposed; nothing was proposed twice."))
        return told.went(self.request, told.address(proposed))

    def landing(self, row: Row | Proposal) -> str:
        """Where one is once it is saved: on the round again, for who came from there."""
        return reverse(ROUND) if self.from_round else told.address(row)

    @property
    def from_round(self) -> bool:
        return "round" in (self.request.POST.get("back"), self.request.GET.get("back"))

    def save(self, entry: Entry) -> HttpResponse:
        assert entry.source is not None
        given, token = entry.form.cleaned_data, entry.form.cleaned_data["token"]
        done = proposals.record(
            entry.source, entry.items, by=entry.user, now=self.now, key=f"form-{token}", how_known=given["how_known"],
            seen=self.seen(),
        )  # fmt: skip
        if self.pasted is not None:
            pasting.logged(self.pasted, [result.report for result in done.results if result.report])
        self.tell(done, token)
        told.tell_proposed(self.model_admin, self.request, done.proposals)
        first = told.row_of(done.results[0]) if done.results else done.proposals[0]
        return told.went(self.request, self.landing(first))

    def tell(self, done: proposals.Done, token: Any) -> None:
        for number, result in enumerate(done.results):
            after = "" if number else told.onward(token)
            told.tell(self.model_admin, self.request, result, self.now, after=after)


class ManyFlow(LogFlow):
    """One act at several crossings: one form, one preview, one save, a claim for each."""

    def __init__(self, model_admin: admin.ModelAdmin, request: HttpRequest, offered: list[Crossing]) -> None:
        self.offered = offered
        super().__init__(model_admin, request, group_of(offered))

    def entry_of(self, data: Any) -> ManyEntry:
        initial = self._initial() if data is None else None
        return ManyEntry(self.offered, self.crossing, acting(self.request), self.now, data, initial)

    def read_sent(self) -> None:
        self.data = self.request.POST.copy()

    def speaks_of_others(self, entry: Entry) -> str:
        return ""

    def preview_of(self, entry: Entry) -> Many:
        assert isinstance(entry, ManyEntry)
        shown = of_entries(entry)
        return Many([(each, shown[each.slug]) for each in entry.crossings], entry.left_out)

    def standing(self, entry: Entry) -> dict[str, Any]:
        return {"chips": chips.of_countries(sides(self.crossing)), "stands": None}

    @cached_property
    def shortcuts(self) -> list[shortcuts.Shortcut]:
        between = set(self.crossing.countries)
        alike = {each.slug for each in Crossing.objects.all() if set(each.countries) == between}
        return shortcuts.of_many(self.crossing, whole=alike == {each.slug for each in self.offered})

    def frame(self, entry: Entry) -> dict[str, Any]:
        slugs = [each.slug for each in self.offered]
        return {
            "template": "log.html", "title": gettext("Log one act at several crossings"), "many": " ".join(slugs),
            "offered": self.offered,
            "shortcuts": self.shortcuts, "asks": "&".join(f"crossing={slug}" for slug in slugs), "zones": "",
            "keep_as": " ".join(slugs), "prefilled": "do" in self.request.GET,
        }  # fmt: skip

    def landing(self, row: Row | Proposal) -> str:
        return reverse("admin:crossings_report_log")

    def tell(self, done: proposals.Done, token: Any) -> None:
        told.tell_many(self.model_admin, self.request, done.results, token)


def _recorded(entry: Entry, item: Item) -> Row | None:
    ours = {"source": entry.source, "external_id": item.external_id}
    claim = isinstance(item, Claim)
    kind = Draft.Kind.REPORT if claim else Draft.Kind.READING
    draft = Draft.objects.filter(**ours, kind=kind, report=None, reading=None).first()
    if draft or not claim:
        return draft or Reading.objects.filter(**ours).first()
    return Report.objects.filter(**ours).first()
