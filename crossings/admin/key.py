"""API keys: made, shown once, revoked."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crossings import rights
from crossings.admin import wording
from crossings.admin.house import LookOnly, act, act_page, acting, check, page
from crossings.admin.moments import day_field
from crossings.admin.report import linked
from crossings.domain.fields import LATEST
from crossings.domain.keys import end_of, new_key
from crossings.domain.vocabulary import Scope
from crossings.models import ApiKey, Source
from crossings.models.key import MOST_RATE, RATE

SCOPES = {
    Scope.REPORT: _("push reports and readings"),
    Scope.BACKFILL: _("push what is older than seven days"),
    Scope.WEBHOOK: _("be told of changes by webhooks"),
}


class KeyForm(forms.Form):
    source = forms.ModelChoiceField(label=_("For which source"), queryset=Source.objects.none())
    name = forms.CharField(
        label=_("Name"), max_length=200, required=False, help_text=_("To tell keys apart: which program holds it.")
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may be used for"), choices=[(scope.value, label) for scope, label in SCOPES.items()],
        initial=Scope.words, required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("With none of these it may only ask for passage."),
    )  # fmt: skip
    rate = forms.IntegerField(
        label=_("Requests a minute at most"), required=False, min_value=1, max_value=MOST_RATE, initial=RATE,
        help_text=_("A whole batch counts as one."),
    )  # fmt: skip
    contact = forms.EmailField(
        label=_("Its owner’s e-mail address"),
        required=False,
        help_text=_("Who is told when one of its webhooks fails."),
    )
    expires = day_field(_("Good until the end of (UTC)"), _("Left empty: until it is revoked."))

    def __init__(self, data: Any, user: User) -> None:
        super().__init__(data)
        self.use_required_attribute = False
        source = self.fields["source"]
        assert isinstance(source, forms.ModelChoiceField)
        source.queryset = rights.sources_of(user).filter(active=True)

    def clean_expires(self) -> Any:
        day = self.cleaned_data["expires"]
        if day and day < timezone.now().date():
            raise forms.ValidationError(_("This day is past: give a later one, or none."))
        if day and day.year > LATEST:
            words = gettext("A year of at most %(last)s is expected; left empty it is good until it is revoked.")
            raise forms.ValidationError(words % {"last": LATEST})
        return day


@admin.register(ApiKey)
class ApiKeyAdmin(LookOnly):
    source_at = "source"
    list_display = ("shown", "source", "name", "may", "standing", "made", "expires", "used")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter), "source")
    list_select_related = ("source",)
    search_fields = ("prefix", "name", "source__slug", "source__name")
    ordering = ("-created_at", "-pk")
    fields = (
        "shown", "source_link", "name", "may", "rate", "contact", "standing", "made", "expires", "revoked", "used",
    )  # fmt: skip

    def has_add_permission(self, request: HttpRequest) -> bool:
        return admin.ModelAdmin.has_add_permission(self, request)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.fields

    def get_urls(self) -> list[URLPattern]:
        return [act(self, "revoke", partial(revoke, self)), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return super().change_view(
            request, object_id, form_url, {"may_revoke": may_revoke(request), **(extra_context or {})}
        )

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """The key stands on the answer itself: not in a cookie, not in a session, not in a cache."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = KeyForm(request.POST if request.method == "POST" else None, acting(request))
        if not form.is_valid():
            return page(request, self, "key_add.html", title=gettext("Make an API key"), form=form)
        made = new_key()
        given = form.cleaned_data
        row = ApiKey.objects.create(
            prefix=made.prefix, hash=made.hash, source=given["source"], name=given["name"], scopes=given["scopes"],
            rate=given["rate"] or RATE, contact=given["contact"], expires_at=end_of(given["expires"]),
        )  # fmt: skip
        self.log_addition(request, row, [{"added": {}}])
        answer = page(request, self, "key_made.html", title=gettext("The key"), key=made.key, original=row)
        answer["Cache-Control"] = "no-store"
        return answer

    @admin.display(description=_("key"), ordering="prefix")
    def shown(self, key: ApiKey) -> str:
        return f"bct_{key.prefix}_…"

    @admin.display(description=_("source"))
    def source_link(self, key: ApiKey) -> SafeString:
        return linked(key.source)

    @admin.display(description=_("may"))
    def may(self, key: ApiKey) -> str:
        return ", ".join(str(SCOPES[scope]) for scope in SCOPES if scope.value in key.scopes) or wording.NO_TIME

    @admin.display(description=_("made"), ordering="created_at")
    def made(self, key: ApiKey) -> str:
        return wording.when(None, key.created_at, timezone.now())

    @admin.display(description=_("good until"), ordering="expires_at")
    def expires(self, key: ApiKey) -> str:
        return wording.when(None, key.expires_at, timezone.now())

    @admin.display(description=_("revoked"))
    def revoked(self, key: ApiKey) -> str:
        return wording.when(None, key.revoked_at, timezone.now())

    @admin.display(description=_("last used"), ordering="last_used_at")
    def used(self, key: ApiKey) -> str:
        return wording.ago(key.last_used_at, timezone.now())

    @admin.display(description=_("good"), boolean=True)
    def standing(self, key: ApiKey) -> bool:
        now = timezone.now()
        return not key.revoked_at and (key.expires_at is None or key.expires_at > now) and key.source.active


def may_revoke(request: HttpRequest) -> bool:
    return bool(request.user.has_perm("crossings.change_apikey"))


def revoke(model_admin: ApiKeyAdmin, request: HttpRequest, key: ApiKey) -> HttpResponse:
    check(may_revoke(request))
    back = HttpResponseRedirect(reverse("admin:crossings_apikey_change", args=[key.pk]))
    if key.revoked_at:
        messages.info(request, gettext("It was revoked before."))
        return back
    if request.method != "POST":
        about = [gettext("Whoever holds it is refused from that moment on. This cannot be undone.")]
        title = gettext("Revoke %(key)s") % {"key": key}
        return act_page(request, model_admin, key, forms.Form(), title=title, verb=gettext("Revoke"), about=about)
    ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now())
    model_admin.log_change(request, key, gettext("Revoked."))
    messages.success(request, gettext("Revoked."))
    return back
