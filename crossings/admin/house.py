"""What all pages of the staff door share: who may do what, lists to look at only, pages that do one act."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from crossings import rights
from crossings.domain.fields import clean, phone_number_in

admin.site.site_header = _("Border crossings: staff")
admin.site.site_title = _("Border crossings: staff")
admin.site.index_title = _("The desk")
admin.site.index_template = "admin/crossings/index.html"

LONGEST_REASON = 500


def acting(request: HttpRequest) -> User:
    """The person who acts; only for pages behind the admin's login."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def may_log(request: HttpRequest) -> bool:
    """Who may log an update may also confirm and take back. Asked of nobody, too, before the login."""
    return bool(request.user.has_perm("crossings.add_report"))


def check(allowed: bool) -> None:
    if not allowed:
        raise PermissionDenied


class OwnCrossings(admin.RelatedFieldListFilter):
    """By crossing, of those that this person looks after."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        own = {"pk__in": rights.crossings_of(request.user)}
        return field.get_choices(include_blank=False, ordering=("name",), limit_choices_to=own)


class OwnSources(admin.RelatedFieldListFilter):
    """By source, of those that speak only of countries that this person looks after."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        own = {"pk__in": rights.sources_of(request.user)}
        return field.get_choices(include_blank=False, ordering=("name",), limit_choices_to=own)


class OfOwnCountries(admin.ModelAdmin):
    """Rows outside of the countries that a person looks after are not there: in no list, search, page, act or history.

    `crossing_at` and `source_at` are the ways from a row to its crossing and its source, "" where it is one; None where
    it has none, or where others than those who look after its source may see it.
    """

    crossing_at: str | None = None
    source_at: str | None = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        if self.crossing_at is not None:
            rows = rights.limited(rows, request.user, self.crossing_at)
        if self.source_at is not None:
            rows = rights.of_own_sources(rows, request.user, self.source_at)
        return rows


class LookOnly(OfOwnCountries):
    """To be looked at: history and what is derived from it is never added, edited or deleted by hand."""

    actions = None
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # counting a million reports by each filter

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class SeenByLoggers(LookOnly):
    """Looked at by whoever may log, too: they land there after saving."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_view_permission(request, obj) or may_log(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return super().has_module_permission(request) or may_log(request)


class Undeletable(OfOwnCountries):
    """Edited, but never deleted: what was said stays tied to it."""

    actions = None
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # counting a million reports by each filter

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


View = Callable[..., HttpResponse]


def act(model_admin: admin.ModelAdmin, name: str, view: View) -> URLPattern:
    """The address of an act upon one row: <id>/<name>/, called crossings_<model>_<name>."""

    def found(request: HttpRequest, object_id: int) -> HttpResponse:
        return view(request, get_object_or_404(model_admin.get_queryset(request), pk=object_id))

    opts = model_admin.opts
    return path(
        f"<int:object_id>/{name}/",
        model_admin.admin_site.admin_view(found),
        name=f"{opts.app_label}_{opts.model_name}_{name}",
    )


def page(request: HttpRequest, model_admin: admin.ModelAdmin, template: str, **context: Any) -> TemplateResponse:
    """A page of our own within the admin's frame."""
    frame = model_admin.admin_site.each_context(request)
    return TemplateResponse(request, f"admin/crossings/{template}", {**frame, "opts": model_admin.opts, **context})


def act_page(
    request: HttpRequest, model_admin: admin.ModelAdmin, target: Model, form: forms.Form, **context: Any
) -> TemplateResponse:
    """One act upon one row: what it is about, the form, one button. Give `title`, `verb`, and what else is shown."""
    return page(request, model_admin, "act.html", original=target, form=form, **context)


class ReasonForm(forms.Form):
    """Why: kept with the act for good, so it may hold no telephone number."""

    reason = forms.CharField(
        label=_("Reason"), max_length=LONGEST_REASON, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("One sentence for those who look at this later. It is kept."),
    )  # fmt: skip

    def clean_reason(self) -> str:
        text = clean(self.cleaned_data["reason"])
        if not text:
            raise forms.ValidationError(_("Say why, in a few words."), code="required")
        if phone_number_in(text):
            raise forms.ValidationError(_("Telephone numbers are not kept here: take it out."), code="phone_number")
        return text


def pretty(value: Any) -> SafeString:
    """JSON as it is stored, for eyes."""
    return format_html(
        '<pre class="stored" dir="ltr">{}</pre>', json.dumps(value, indent=2, ensure_ascii=False, sort_keys=False)
    )
