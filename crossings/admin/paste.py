"""Pasted texts: looked over once more, kept without what is private, read, and logged from."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crossings import pasting, rights
from crossings.admin import paste_told as told
from crossings.admin import wording
from crossings.admin.house import LookOnly, act, acting, check, may_log, page
from crossings.admin.report import linked, person
from crossings.domain.faults import Refused
from crossings.domain.fields import phone_number_in
from crossings.domain.pasted import LONGEST, Cleaned
from crossings.matching import Names
from crossings.models import Paste

SHORT = 120
OTHER = "other"
ROLES = (
    ("", _("not said")),
    ("driver", _("driver")),
    ("customs agent", _("customs agent")),
    ("customs official", _("customs official")),
    ("border official", _("border official")),
    ("trader", _("trader")),
    ("traveller", _("traveller")),
    ("resident near the crossing", _("resident near the crossing")),
    ("aid worker", _("aid worker")),
    ("journalist", _("journalist")),
    ("press", _("press or public channel")),
    (OTHER, _("another role:")),
)


class PasteForm(forms.Form):
    """`looked`: the person has seen what would be kept."""

    text = forms.CharField(
        label=_("The message, as it came"), strip=False,
        widget=forms.Textarea(attrs={"rows": 10, "dir": "auto", "spellcheck": "false"}),
        help_text=_("Nothing is kept yet: names and telephone numbers are taken out first, and you look it over."),
        error_messages={"required": _("Paste the message here.")},
    )  # fmt: skip
    role = forms.ChoiceField(
        label=_("Who told us"), required=False, choices=ROLES, help_text=_("A role, for staff only. Never a name.")
    )
    other = forms.CharField(
        label=_("Another role"), required=False, max_length=200,
        help_text=_("Such as “guard at the scanner”. No names of persons, no telephone numbers."),
    )  # fmt: skip
    looked = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        self.use_required_attribute = False

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        if not text.strip():
            raise forms.ValidationError(_("Paste the message here."))
        if len(text) > LONGEST:
            words = gettext("At most %(most)s characters are read; this has %(n)s: paste the part that matters.")
            raise forms.ValidationError(words % {"most": LONGEST, "n": len(text)})
        if self.data.get("looked") and phone_number_in(text):
            raise forms.ValidationError(_("Telephone numbers are not kept here: take it out."))
        return text

    def clean_other(self) -> str:
        text: str = self.cleaned_data["other"]
        if pasting.looked_over(text).taken_out:
            raise forms.ValidationError(_("A role is expected here, without names and telephone numbers."))
        return text

    @property
    def informant(self) -> str:
        given = self.cleaned_data
        if given.get("other"):
            return str(given["other"])
        return "" if given.get("role") == OTHER else str(given.get("role") or "")


def may_paste(request: HttpRequest) -> bool:
    return bool(request.user.has_perm("crossings.add_paste"))


@admin.register(Paste)
class PasteAdmin(LookOnly):
    list_display = ("number", "came", "in_short", "crossing", "informant", "pasted_by", "became")
    list_display_links = ("number",)
    list_select_related = ("crossing", "pasted_by")
    search_fields = ("text", "informant")
    ordering = ("-pasted_at", "-pk")
    fieldsets = (
        (None, {"fields": ("came", "pasted_by", "told_by", "crossing", "left_out")}),
        (_("What was logged from it"), {"fields": ("became",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Paste]:
        mine = pasting.seen_by(acting(request)).select_related("crossing", "pasted_by")
        return mine.prefetch_related("reports__crossing", "reports__retraction").order_by("-pasted_at", "-pk")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [name for _, options in self.fieldsets for name in options["fields"]]  # type: ignore[misc]

    def get_urls(self) -> list[URLPattern]:
        new = path("new/", self.admin_site.admin_view(self.new), name="crossings_paste_new")
        return [new, act(self, "choose", self.choose), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(request, {"may_paste": may_paste(request), **(extra_context or {})})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        paste = self.get_object(request, object_id)
        shown = _shown(request, paste) if paste is not None and self.has_view_permission(request, paste) else {}
        more = {"may_log": may_log(request), **shown, **(extra_context or {})}
        return super().change_view(request, object_id, form_url, more)

    def new(self, request: HttpRequest) -> HttpResponse:
        """Pasted, looked over, kept: the text as it came is never stored."""
        check(may_paste(request))
        form = PasteForm(request.POST if request.method == "POST" else None)
        if not form.is_bound or (not form.is_valid() and not form.data.get("looked")):
            return self._page(request, form, None)
        if not form.is_valid():
            return self._page(request, form, pasting.looked_over(form.data.get("text", "")[:LONGEST]))
        if not form.cleaned_data["looked"]:
            return self._look(request, form)
        try:
            paste = pasting.keep(form.cleaned_data["text"], form.informant, acting(request), timezone.now())
        except Refused as refused:
            for fault in refused.faults:
                form.add_error("other" if fault.pointer == "/informant" else "text", fault.detail)
            return self._page(request, form, Cleaned(form.cleaned_data["text"]))
        self.log_addition(request, paste, [{"added": {}}])
        messages.success(request, gettext("Kept, for staff only. Of which crossing does it speak?"))
        return HttpResponseRedirect(reverse("admin:crossings_paste_change", args=[paste.pk]))

    def _look(self, request: HttpRequest, form: PasteForm) -> HttpResponse:
        found = pasting.looked_over(form.cleaned_data["text"])
        data = request.POST.copy()
        data["text"], data["looked"] = found.text, "yes"
        return self._page(request, PasteForm(data), found)

    def _page(self, request: HttpRequest, form: PasteForm, found: Cleaned | None) -> HttpResponse:
        title = gettext("Look it over before it is kept") if found else gettext("Paste a message")
        if found:
            form.fields["text"].label = gettext("What will be kept")
            form.fields["text"].help_text = gettext(
                "Put [name] where a name still stands. What was taken out by mistake, write in again."
            )
        return page(
            request, self, "paste/new.html", form=form, found=found, title=title,
            taken=told.taken_out(found.taken_out) if found else "",
        )  # fmt: skip

    def choose(self, request: HttpRequest, paste: Paste) -> HttpResponse:
        """Of which crossing it speaks; on to the form, filled in as far as the text safely says."""
        check(may_log(request))
        back = reverse("admin:crossings_paste_change", args=[paste.pk])
        if request.method != "POST":
            return HttpResponseRedirect(back)
        names = Names.of(rights.crossings_of(request.user))
        try:
            crossing = names.find(str(request.POST.get("crossing", "")).strip())
        except Refused as refused:
            messages.error(request, refused.faults[0].detail)
            return HttpResponseRedirect(back)
        pasting.choose(paste, crossing)
        asked = urlencode({"crossing": crossing.slug, "paste": paste.pk})
        return HttpResponseRedirect(f"{reverse('admin:crossings_report_log')}?{asked}")

    @admin.display(description=_("text"), ordering="pk")
    def number(self, paste: Paste) -> str:
        return f"#{paste.pk}"

    @admin.display(description=_("pasted"), ordering="pasted_at")
    def came(self, paste: Paste) -> str:
        return wording.when(paste.crossing, paste.pasted_at, timezone.now())

    @admin.display(description=_("begins"))
    def in_short(self, paste: Paste) -> str:
        text = " ".join(paste.text.split())
        return text if len(text) <= SHORT else text[: SHORT - 1] + "…"

    @admin.display(description=_("who told us"))
    def told_by(self, paste: Paste) -> str:
        return paste.informant or gettext("not said")

    @admin.display(description=_("left out"))
    def left_out(self, paste: Paste) -> str:
        return told.taken_out(paste.taken_out) or "–"

    @admin.display(description=_("logged from it"))
    def became(self, paste: Paste) -> SafeString | str:
        rows = ((linked(row), row.crossing, wording.said(row)) for row in paste.reports.all())
        return format_html_join("; ", "{} ({}: {})", rows) or "–"


def _shown(request: HttpRequest, paste: Paste) -> dict[str, Any]:
    """The text with what was found in it marked, and the crossings it may speak of."""
    user = acting(request)
    names = Names.load()
    suggested = pasting.suggested(paste.text, user, names)
    crossing = paste.crossing if paste.crossing and rights.within(user, paste.crossing) else None
    crossing = crossing or (suggested[0][0] if suggested else None)
    found = pasting.read(paste.text, paste.pasted_at, crossing, names) if crossing else []
    named = told.where_named(paste.text, [words for _, _, words in suggested])
    return {
        "suggested": suggested, "about": crossing, "marked": told.marked(paste.text, found, named),
        "found": told.lines(paste.text, found, crossing) if crossing else [], "person": person(paste.pasted_by),
    }  # fmt: skip
