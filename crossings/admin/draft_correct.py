"""Correct a draft and accept it: in the form by which staff log an update, or, where that cannot hold it, as JSON.

What a text claims is written down in the same form.
"""

from __future__ import annotations

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
from crossings.admin.draft_acts import back, decided_before, may_decide
from crossings.admin.draft_form import Correction, expressible, typed
from crossings.admin.house import act_page, acting, check, page
from crossings.admin.log import preview
from crossings.admin.log.conditions import MOST_ROWS
from crossings.domain.claims import Claim, sha256_of
from crossings.domain.faults import Refused
from crossings.domain.readings import Reading as Count
from crossings.ingest import read_claim
from crossings.matching import Names
from crossings.models import Crossing, Draft

Json = dict[str, Any]
NOW_FORMAT = "%Y-%m-%dT%H:%M:%S+0000"


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
    if request.method == "POST":
        return _Sent(model_admin, request, draft, crossing).answer()
    return _begin(model_admin, request, draft, crossing, names)


def _begin(
    model_admin: admin.ModelAdmin, request: HttpRequest, draft: Draft, crossing: Crossing, names: Names
) -> HttpResponse:
    now, user = timezone.now(), acting(request)
    if draft.kind == Draft.Kind.ENTRY:
        return _form(model_admin, request, Correction(draft, crossing, user, now, initial=_of_text(draft, crossing)))
    try:
        claim = read_claim(draft.content, names, draft.source)
        whole = expressible(draft, claim, user, now)
    except Refused:
        whole = False
    if not whole:
        return _as_json(model_admin, request, draft)
    return _form(model_admin, request, Correction(draft, crossing, user, now, typed(draft.content, crossing)))


def _of_text(draft: Draft, crossing: Crossing) -> Json:
    """What may be taken over from a text. Since when it holds, nobody but a reader can tell."""
    at = draft.content.get("published_at")
    said = typed({"reported_at": at, "lanes": []}, crossing)
    return {"when": "at", "url": told.link(draft), "zone": crossing.timezone_a,
            **{name: said.get(name, "") for name in ("said_day", "said_clock")}}  # fmt: skip


def _pick(
    model_admin: admin.ModelAdmin, request: HttpRequest, draft: Draft, names: Names, asked: str = "", fault: str = ""
) -> HttpResponse:
    title = gettext("%(draft)s: of which crossing does it speak?") % {"draft": draft}
    known = sorted(names.by_slug.values(), key=str)
    return page(
        request, model_admin, "draft/pick.html", title=title, original=draft, asked=asked, fault=fault, known=known,
        suggested=drafts.suggested(draft), evidence=told.lines_of(draft),
    )  # fmt: skip


def _form(
    model_admin: admin.ModelAdmin, request: HttpRequest, entry: Correction, *, errors: bool = True, notice: str = "",
    shown: preview.Shown | None = None,
) -> HttpResponse:  # fmt: skip
    draft = entry.draft
    text = draft.kind == Draft.Kind.ENTRY
    title = gettext("Write down what %(draft)s claims") if text else gettext("Correct and accept %(draft)s")
    return page(
        request, model_admin, "draft/correct.html", title=title % {"draft": draft}, original=draft, entry=entry,
        form=entry.form, rows=entry.rows_shown(), more_rows=len(entry.rows_shown()) < MOST_ROWS, errors=errors,
        notice=notice, shown=shown, stands=None if shown else preview.standing(entry.crossing, entry.now),
        evidence=told.lines_of(draft), url=told.link(draft),
        send_to=reverse("admin:crossings_draft_correct", args=[draft.pk]),
    )  # fmt: skip


class _Sent:
    """The form as it was sent: to be shown again, previewed, or accepted just as it was previewed."""

    def __init__(self, model_admin: admin.ModelAdmin, request: HttpRequest, draft: Draft, crossing: Crossing) -> None:
        self.model_admin, self.request, self.draft = model_admin, request, draft
        self.data = request.POST.copy()
        self.saving = self.data.get("action") == "save"
        self.now: datetime = timezone.now()
        if not self.saving:
            self.data["now_at"] = self.now.strftime(NOW_FORMAT)
        self.entry = Correction(draft, crossing, acting(request), self.now, self.data)

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
        if self.saving and self.data.get("seen") == self.entry.fingerprint():
            return self._accept()
        self.data["seen"] = self.entry.fingerprint()
        notice = gettext("The form was changed after the preview: this is what it says now.") if self.saving else ""
        return _form(self.model_admin, self.request, self.entry, shown=preview.of_entry(self.entry), notice=notice)

    def _again(self, *, errors: bool = True, notice: str = "") -> HttpResponse:
        self.data["seen"] = ""
        return _form(self.model_admin, self.request, self.entry, errors=errors, notice=notice)

    def _accept(self) -> HttpResponse:
        said: dict[type, Json] = {type(item): item.as_json() for item in self.entry.items}
        how_known = self.entry.form.cleaned_data["how_known"]
        try:
            drafts.accept(
                self.draft, by=acting(self.request), now=self.now, content=said.get(Claim), count=said.get(Count),
                how_known=how_known,
            )  # fmt: skip
        except drafts.Decided as decided:
            messages.error(self.request, str(decided))
        except (Refused, drafts.Unacceptable) as error:
            return self._again(notice=gettext("It cannot be accepted so: %(why)s") % {"why": error})
        else:
            _tell(self.model_admin, self.request, self.draft)
        return back(self.draft)


def _tell(model_admin: admin.ModelAdmin, request: HttpRequest, draft: Draft) -> None:
    model_admin.log_change(request, draft, gettext("Corrected and accepted."))
    messages.success(request, gettext("Accepted as corrected: the board says it now. What was sent stays on its page."))


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
        print_of_it = sha256_of(content)
        try:
            if form.cleaned_data["seen"] == print_of_it:
                drafts.accept(draft, by=user, now=now, content=content)
                _tell(model_admin, request, draft)
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
