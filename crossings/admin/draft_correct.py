"""Correct a draft and accept it: in the form by which staff log an update, or, where that cannot hold it, as JSON.

What a text claims is written down in the same form.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crossings import drafts
from crossings.admin import draft_told as told
from crossings.admin import wording
from crossings.admin.draft_acts import back, decided_before, may_decide
from crossings.admin.draft_form import Correction, expressible, filled_in, typed
from crossings.admin.house import act_page, acting, check, page
from crossings.admin.log import preview
from crossings.admin.log.entry import Entry
from crossings.admin.log.flow import Flow
from crossings.domain.claims import Claim
from crossings.domain.faults import Refused
from crossings.domain.readings import Reading as Count
from crossings.ingest import read_claim
from crossings.matching import Names
from crossings.models import Crossing, Draft

Json = dict[str, Any]


def correct(model_admin: admin.ModelAdmin, request: HttpRequest, draft: Draft) -> HttpResponse:
    check(may_decide(request))
    if decided_before(request, draft):
        return back(draft)
    if draft.kind == Draft.Kind.READING or "content" in request.POST:
        return _as_json(model_admin, request, draft)
    names = Names.load()
    asked = str(request.POST.get("crossing") or request.GET.get("crossing") or "")
    try:
        crossing = names.find(asked) if asked else draft.crossing
    except Refused as refused:
        return _pick(model_admin, request, draft, names, asked, refused.faults[0].detail)
    if crossing is None:
        return _pick(model_admin, request, draft, names)
    flow = CorrectFlow(model_admin, request, crossing, draft)
    if request.method == "POST":
        return flow.sent()
    return flow.begin(names) or _as_json(model_admin, request, draft)


def _pick(
    model_admin: admin.ModelAdmin, request: HttpRequest, draft: Draft, names: Names, asked: str = "", fault: str = ""
) -> HttpResponse:
    title = gettext("%(draft)s: of which crossing does it speak?") % {"draft": draft}
    known = sorted(names.by_slug.values(), key=str)
    return page(
        request, model_admin, "draft/pick.html", title=title, original=draft, asked=asked, fault=fault, known=known,
        suggested=drafts.suggested(draft), evidence=told.lines_of(draft),
    )  # fmt: skip


class CorrectFlow(Flow):
    """What a draft says, corrected and accepted as its source's word."""

    def __init__(self, model_admin: admin.ModelAdmin, request: HttpRequest, crossing: Crossing, draft: Draft) -> None:
        super().__init__(model_admin, request, crossing)
        self.draft = draft

    def entry_of(self, data: Any, initial: Json | None = None) -> Correction:
        return Correction(self.draft, self.crossing, acting(self.request), self.now, data, initial)

    def begin(self, names: Names) -> HttpResponse | None:
        """The form filled in with all that the draft says; None where it cannot hold that."""
        if self.draft.kind == Draft.Kind.ENTRY:
            return self.show(self.entry_of(None, _of_text(self.draft, self.crossing)))
        try:
            claim = read_claim(self.draft.content, names, self.draft.source)
        except Refused:
            return None
        user = acting(self.request)
        if not expressible(self.draft, claim, user, self.now):
            return None
        return self.show(self.entry_of(filled_in(self.draft, self.crossing, user, self.now)))

    def frame(self, entry: Entry) -> dict[str, Any]:
        text = self.draft.kind == Draft.Kind.ENTRY
        title = gettext("Write down what %(draft)s claims") if text else gettext("Correct and accept %(draft)s")
        return {
            "template": "draft/correct.html", "title": title % {"draft": self.draft}, "original": self.draft,
            "evidence": told.lines_of(self.draft), "url": told.link(self.draft),
            "send_to": reverse("admin:crossings_draft_correct", args=[self.draft.pk]),
        }  # fmt: skip

    def save(self, entry: Entry) -> HttpResponse:
        said: dict[type, Json] = {type(item): item.as_json() for item in entry.items}
        try:
            drafts.accept(
                self.draft, by=entry.user, now=self.now, content=said.get(Claim), count=said.get(Count),
                how_known=entry.form.cleaned_data["how_known"],
            )  # fmt: skip
        except drafts.Decided as decided:
            messages.error(self.request, str(decided))
        except (Refused, drafts.Unacceptable) as error:
            return self.again(entry, notice=gettext("It cannot be accepted so: %(why)s") % {"why": error})
        else:
            _tell(self.model_admin, self.request, self.draft, self.now)
        return back(self.draft)


def _of_text(draft: Draft, crossing: Crossing) -> Json:
    """What may be taken over from a text. Since when it holds, nobody but a reader can tell."""
    at = draft.content.get("published_at")
    said = typed({"reported_at": at, "lanes": []}, crossing)
    return {"when": "at", "url": told.link(draft), "zone": crossing.timezone_a,
            **{name: said.get(name, "") for name in ("said_day", "said_clock")}}  # fmt: skip


def _tell(model_admin: admin.ModelAdmin, request: HttpRequest, draft: Draft, now: datetime) -> None:
    model_admin.log_change(request, draft, gettext("Corrected and accepted."))
    row = draft.report or draft.reading
    assert row is not None
    done = (gettext("Accepted as corrected."), wording.what_became(row, now), gettext("What was sent stays here."))
    messages.success(request, " ".join(done))


class JsonForm(forms.Form):
    content = forms.CharField(
        label=_("What it says, in the contract’s JSON"), strip=False,
        widget=forms.Textarea(attrs={"rows": 24, "dir": "ltr", "spellcheck": "false"}),
    )  # fmt: skip
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def clean_content(self) -> Json:
        try:
            found = json.loads(self.cleaned_data["content"])
        except (ValueError, RecursionError) as error:
            raise forms.ValidationError(gettext("This is no JSON: %(why)s.") % {"why": error}) from None
        if not isinstance(found, dict):
            raise forms.ValidationError(gettext("One JSON object is expected here."))
        return found

    def show(self, refused: Refused) -> None:
        faults = [f"{fault.pointer or '/'} {fault.detail}" for fault in refused.faults]
        self.add_error("content", forms.ValidationError([forms.ValidationError(fault) for fault in faults]))


def _as_json(model_admin: admin.ModelAdmin, request: HttpRequest, draft: Draft) -> HttpResponse:
    """Sent once it is previewed, sent again unchanged it is accepted."""
    now, user = timezone.now(), acting(request)
    sent = request.POST.copy() if request.method == "POST" else None
    form, shown = JsonForm(sent, initial={"content": json.dumps(draft.content, indent=2, ensure_ascii=False)}), None
    form.use_required_attribute = False
    if sent is not None and form.is_valid():
        content = form.cleaned_data["content"]
        print_of_it = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
        try:
            if form.cleaned_data["seen"] == print_of_it:
                drafts.accept(draft, by=user, now=now, content=content)
                _tell(model_admin, request, draft, now)
                return back(draft)
            shown = _preview(draft, content, request, now)
            sent["seen"] = print_of_it
        except Refused as refused:
            form.show(refused)
        except drafts.Decided as decided:
            messages.error(request, str(decided))
            return back(draft)
        except drafts.Unacceptable as error:
            form.add_error(None, str(error))
    return act_page(
        request, model_admin, draft, form, title=gettext("Correct and accept %(draft)s") % {"draft": draft},
        verb=gettext("Accept as it stands here") if shown else gettext("Preview"), about=told.lines_of(draft),
        shown=shown,
    )  # fmt: skip


def _preview(draft: Draft, content: Json, request: HttpRequest, now: datetime) -> preview.Shown:
    def work() -> None:
        drafts.accept(Draft.objects.get(pk=draft.pk), by=acting(request), now=now, content=content)

    named = content.get("crossing")
    crossing = Names.load().find(named) if isinstance(named, str) else draft.crossing
    assert crossing is not None
    return preview.of_act(crossing, now, work)
