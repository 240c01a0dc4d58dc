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
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crossings import drafts, ledger, pasting, proposals, rights
from crossings.admin import draft_told as told
from crossings.admin.draft_acts import as_come, back, decided_before, in_hand, may_decide
from crossings.admin.draft_form import Correction, expressible, filled_in, typed
from crossings.admin.house import act_page, acting, check, page
from crossings.admin.log import preview, stood
from crossings.admin.log.entry import Entry
from crossings.admin.log.flow import Flow
from crossings.admin.log.told import overtaken, tell_proposed, went
from crossings.domain.claims import Claim
from crossings.domain.faults import Refused
from crossings.domain.readings import Reading as Count
from crossings.ingest import read_claim
from crossings.matching import Names
from crossings.models import Crossing, Draft, Proposal

Json = dict[str, Any]


def correct(model_admin: admin.ModelAdmin, request: HttpRequest, draft: Draft) -> HttpResponse:
    check(may_decide(request))
    if decided_before(request, draft):
        return back(request, draft)
    if draft.kind == Draft.Kind.READING or "content" in request.POST:
        return _as_json(model_admin, request, draft)
    if request.method != "POST":
        in_hand(request, draft)
    names = _names(request)
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


def _names(request: HttpRequest) -> Names:
    """Of the crossings this person looks after: what is said of others is not theirs to accept."""
    return Names.of(rights.crossings_of(request.user))


def _pick(
    model_admin: admin.ModelAdmin, request: HttpRequest, draft: Draft, names: Names, asked: str = "", fault: str = ""
) -> HttpResponse:
    title = gettext("%(draft)s: of which crossing does it speak?") % {"draft": draft}
    known = sorted(names.by_slug.values(), key=str)
    return page(
        request, model_admin, "draft/pick.html", title=title, original=draft, asked=asked, fault=fault, known=known,
        suggested=drafts.suggested(draft, names), evidence=told.lines_of(draft),
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
            return self.show(self.entry_of(_of_text(self.draft, self.crossing)), errors=False)
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
            "send_to": reverse("admin:crossings_draft_correct", args=[self.draft.pk]) + as_come(self.request),
        }  # fmt: skip

    def save(self, entry: Entry) -> HttpResponse:
        said: dict[type, Json] = {type(item): item.as_json() for item in entry.items}
        try:
            done = proposals.accept(
                self.draft, by=entry.user, now=self.now, content=said.get(Claim), count=said.get(Count),
                how_known=entry.form.cleaned_data["how_known"], seen=self.seen(),
            )  # fmt: skip
        except drafts.Decided as decided:
            messages.error(self.request, str(decided))
        except (Refused, drafts.Unacceptable) as error:
            return self.again(entry, notice=gettext("It cannot be accepted so: %(why)s") % {"why": error})
        else:
            _tell(self.model_admin, self.request, self.draft, self.now, done)
        return went(self.request, back(self.request, self.draft).headers["Location"])


def _of_text(draft: Draft, crossing: Crossing) -> QueryDict:
    """What may be taken over from a text, as far as it is safe. Where that is not told, since when it holds nobody but
    a reader can tell.
    """
    data = typed({"reported_at": draft.content.get("published_at"), "lanes": []}, crossing)
    text = f"{draft.content.get('title', '')}\n{draft.content.get('text', '')}"
    found = pasting.filled(pasting.read(text, drafts.heard(draft), crossing))
    for name, value in {"when": "at", "url": told.link(draft), **found}.items():
        if not (name.startswith("said_") and data.get(name)):
            data.setlist(name, value if isinstance(value, list) else [value])
    return data


def _tell(
    model_admin: admin.ModelAdmin, request: HttpRequest, draft: Draft, now: datetime, done: ledger.Result | Proposal
) -> None:
    if isinstance(done, Proposal):
        tell_proposed(model_admin, request, [done])
        return
    model_admin.log_change(request, draft, gettext("Corrected and accepted."))
    row = draft.report or draft.reading
    assert row is not None
    stays = gettext("What was sent stays here.")
    messages.success(request, told.accepted(draft, row, now, gettext("Accepted as corrected."), stays=stays))


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
    notice: Any = ""
    marks: list[str] = []
    if sent is not None and form.is_valid():
        content = form.cleaned_data["content"]
        try:
            crossing = _meant(content, draft, request)
            # Whose alias it is only one's own names tell: among all names it may be another crossing's.
            content["crossing"] = crossing.slug
            print_of_it = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
            if form.cleaned_data["seen"] == print_of_it:
                try:
                    done = proposals.accept(draft, by=user, now=now, content=content, seen=stood.seen(request.POST))
                    _tell(model_admin, request, draft, now, done)
                    return back(request, draft)
                except ledger.Overtaken:
                    notice = overtaken(stood.meanwhile([crossing], request.POST, now))
            marks = stood.marks([crossing])
            shown = _preview(draft, content, crossing, request, now)
            sent["seen"] = print_of_it
        except Refused as refused:
            form.show(refused)
        except drafts.Decided as decided:
            messages.error(request, str(decided))
            return back(request, draft)
        except drafts.Unacceptable as error:
            form.add_error(None, str(error))
    return act_page(
        request, model_admin, draft, form, title=gettext("Correct and accept %(draft)s") % {"draft": draft},
        verb=gettext("Accept as it stands here") if shown else gettext("Preview"), about=told.lines_of(draft),
        shown=shown, stood=marks, notice=notice,
    )  # fmt: skip


def _meant(content: Json, draft: Draft, request: HttpRequest) -> Crossing:
    """The crossing it names, of those this person looks after. Raises Refused."""
    named = content.get("crossing")
    if not isinstance(named, str):
        raise Refused.one("/crossing", "required", gettext("A crossing is named here, such as torkham."))
    crossing = _names(request).find(named)
    if not rights.within(request.user, crossing):
        raise Http404
    return crossing


def _preview(draft: Draft, content: Json, crossing: Crossing, request: HttpRequest, now: datetime) -> preview.Shown:
    def work() -> None:
        drafts.accept(Draft.objects.get(pk=draft.pk), by=acting(request), now=now, content=content)

    return preview.of_act(crossing, now, work)
