"""New staff come by a link that whoever invites them hands over: it holds once, for a few days."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth import login
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.models import Group, User
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crossings import rights
from crossings.admin import wording
from crossings.admin.fields import CountriesField
from crossings.admin.house import LookOnly, act, act_page, acting, check, page
from crossings.admin.people.person import check_grant
from crossings.models import Duty, Invitation

GOOD_FOR = timedelta(days=7)


def digest_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def still_good() -> dict[str, Any]:
    """Of invitations: those whose link holds."""
    return {"taken_at": None, "withdrawn_at": None, "expires_at__gt": timezone.now()}


class InviteForm(forms.Form):
    name = forms.CharField(label=_("Name of the account"), max_length=150, validators=[UnicodeUsernameValidator()])
    role = forms.ModelChoiceField(label=_("Role"), queryset=Group.objects.all(), empty_label=None)
    countries = CountriesField(
        label=_("Countries"), help_text=_("Crossings with a side in one of these: two letters, one a line. None: all."),
    )  # fmt: skip

    def __init__(self, data: Any, giver: User) -> None:
        super().__init__(data)
        self.giver = giver
        self.use_required_attribute = False

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if User.objects.filter(username__iexact=name).exists():
            raise forms.ValidationError(gettext("Somebody has this name already: choose another."))
        if Invitation.objects.filter(name__iexact=name, **still_good()).exists():
            words = gettext("An invitation for this name is open already: withdraw it first, or choose another name.")
            raise forms.ValidationError(words)
        return name

    def clean_countries(self) -> list[str]:
        countries: list[str] = self.cleaned_data["countries"]
        check_grant(self.giver, countries)
        return countries


@admin.register(Invitation)
class InvitationAdmin(LookOnly):
    list_display = ("name", "role", "looks_after", "invited_by", "invited", "fate")
    list_select_related = ("role", "invited_by", "taken_by")
    ordering = ("-pk",)
    fields = ("name", "role", "looks_after", "invited_by", "invited", "fate")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Invitation]:
        rows: QuerySet[Invitation] = super().get_queryset(request)
        countries = rights.countries_of(request.user)
        if countries is None:
            return rows
        return rows.filter(countries__contained_by=sorted(countries)).exclude(countries=[])

    def has_add_permission(self, request: HttpRequest) -> bool:
        return admin.ModelAdmin.has_add_permission(self, request)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.fields

    def get_urls(self) -> list[URLPattern]:
        return [act(self, "withdraw", partial(withdraw, self)), *super().get_urls()]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """The link stands on the answer itself: not in a cookie, not in a session, not in a cache."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = InviteForm(request.POST if request.method == "POST" else None, acting(request))
        if not form.is_valid():
            return page(request, self, "people/invite.html", title=gettext("Invite somebody"), form=form)
        token, now, given = secrets.token_urlsafe(32), timezone.now(), form.cleaned_data
        row = Invitation.objects.create(
            digest=digest_of(token), name=given["name"], role=given["role"], countries=given["countries"],
            invited_by=acting(request), invited_at=now, expires_at=now + GOOD_FOR,
        )  # fmt: skip
        self.log_addition(request, row, [{"added": {}}])
        link = request.build_absolute_uri(reverse("desk:join", args=[token]))
        answer = page(request, self, "people/invited.html", title=gettext("The link"), link=link, original=row)
        answer["Cache-Control"] = "no-store"
        return answer

    @admin.display(description=_("looks after"))
    def looks_after(self, row: Invitation) -> str:
        return ", ".join(row.countries) or gettext("all countries")

    @admin.display(description=_("invited"))
    def invited(self, row: Invitation) -> str:
        return wording.when(None, row.invited_at, timezone.now())

    @admin.display(description=_("what became of it"))
    def fate(self, row: Invitation) -> str:
        now = timezone.now()
        if row.taken_at:
            return gettext("taken on %(when)s") % {"when": wording.when(None, row.taken_at, now)}
        if row.withdrawn_at:
            return gettext("withdrawn on %(when)s") % {"when": wording.when(None, row.withdrawn_at, now)}
        form = gettext("good until %(when)s") if row.expires_at > now else gettext("ran out on %(when)s")
        return form % {"when": wording.when(None, row.expires_at, now)}


def withdraw(model_admin: InvitationAdmin, request: HttpRequest, row: Invitation) -> HttpResponse:
    check(request.user.has_perm("crossings.change_invitation"))
    back = HttpResponseRedirect(reverse("admin:crossings_invitation_change", args=[row.pk]))
    if row.taken_at or row.withdrawn_at:
        messages.info(request, gettext("It holds no more."))
        return back
    if request.method != "POST":
        about = [gettext("Whoever opens the link from now on is told that it holds no more.")]
        title = gettext("Withdraw %(row)s") % {"row": row}
        return act_page(request, model_admin, row, forms.Form(), title=title, verb=gettext("Withdraw"), about=about)
    Invitation.objects.filter(pk=row.pk, taken_at=None).update(withdrawn_at=timezone.now())
    model_admin.log_change(request, row, gettext("Withdrawn."))
    messages.success(request, gettext("Withdrawn."))
    return back


def join(request: HttpRequest, token: str) -> HttpResponse:
    """The page behind the link: a password, and the account is there."""
    now = timezone.now()
    with transaction.atomic():
        good = Invitation.objects.select_for_update(of=("self",)).filter(
            digest=digest_of(token), taken_at=None, withdrawn_at=None, expires_at__gt=now
        )
        row = good.select_related("role").first()
        if row is None or User.objects.filter(username__iexact=row.name).exists():
            return TemplateResponse(
                request, "admin/crossings/people/join_gone.html", {"title": gettext("Gone")}, status=404
            )
        person = User(username=row.name, is_staff=True)
        form = SetPasswordForm(person, request.POST if request.method == "POST" else None)
        form.fields["new_password1"].widget.attrs["autofocus"] = True
        if not form.is_valid():
            title = gettext("Welcome, %(name)s") % {"name": row.name}
            answer = TemplateResponse(
                request, "admin/crossings/people/join.html", {"title": title, "form": form, "invitation": row}
            )
            answer["Cache-Control"] = "no-store"
            return answer
        person = form.save()
        person.groups.set([row.role])
        Duty.objects.create(user=person, countries=row.countries)
        row.taken_at, row.taken_by = now, person
        row.save()
    login(request, person, backend="django.contrib.auth.backends.ModelBackend")
    return redirect("desk:second_new")
