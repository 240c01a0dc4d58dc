"""People are deactivated, never deleted: their name stands by what they did. Nobody gives more than they have."""

from __future__ import annotations

from functools import partial
from typing import Any

from axes.utils import reset
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_otp import devices_for_user
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from crossings import rights
from crossings.admin import wording
from crossings.admin.fields import CountriesField
from crossings.admin.house import LookOnly, act, act_page, acting, check
from crossings.models import Crossing, Duty

admin.site.unregister(User)
admin.site.unregister(Group)
# Their pages would show the secrets from which the codes are made.
admin.site.unregister(TOTPDevice)
admin.site.unregister(StaticDevice)


@admin.register(Group)
class RoleAdmin(LookOnly, GroupAdmin):
    """The roles are made by a migration, and looked at here."""

    filter_horizontal = ()


class DutyForm(forms.ModelForm):
    countries = CountriesField(
        label=_("Countries"), help_text=_("Crossings with a side in one of these: two letters, one a line. None: all."),
    )  # fmt: skip

    class Meta:
        model = Duty
        fields = ("countries", "crossings", "language")

    giver: User
    """Who gives these rights."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["crossings"].queryset = rights.crossings_of(self.giver)  # type: ignore[attr-defined]

    def clean_countries(self) -> list[str]:
        countries: list[str] = self.cleaned_data["countries"]
        check_grant(self.giver, countries)
        return countries


def check_grant(giver: User, countries: list[str]) -> None:
    """Raises ValidationError for countries beyond those of whoever gives them."""
    if not rights.may_grant(giver, countries):
        own = ", ".join(sorted(rights.countries_of(giver) or []))
        words = gettext("You can give only what you look after yourself: one or more of %(own)s.")
        raise ValidationError(words % {"own": own})


class DutyInline(admin.StackedInline):
    model = Duty
    extra = 1
    max_num = 1
    can_delete = False
    filter_horizontal = ("crossings",)
    verbose_name = _("what they look after")

    def get_formset(self, request: HttpRequest, obj: Any = None, **options: Any) -> Any:
        form = type("DutyForm", (DutyForm,), {"giver": acting(request)})
        return super().get_formset(request, obj, form=form, **options)


@admin.register(User)
class PersonAdmin(UserAdmin):
    actions = None
    change_form_template = "admin/crossings/people/person.html"
    inlines = (DutyInline,)
    list_display = ("username", "roles", "looks_after", "is_active", "last_login", "second_factor")
    list_filter = ("groups", "is_active")
    search_fields = ("username", "first_name", "last_name")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Who"), {"fields": ("first_name", "last_name", "email")}),
        (_("Role"), {"fields": ("is_active", "groups")}),
        (_("When"), {"fields": ("last_login", "date_joined")}),
    )
    all_powers = (_("Beyond the roles"), {"fields": ("is_staff", "is_superuser", "user_permissions")})
    readonly_fields = ("last_login", "date_joined")

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Those whom this person may manage, and themselves."""
        rows: QuerySet[User] = super().get_queryset(request).select_related("duty").prefetch_related("groups")
        countries = rights.countries_of(request.user)
        if not getattr(request.user, "is_superuser", False):
            rows = rows.filter(is_superuser=False)
        if countries is None:
            return rows
        theirs = Q(duty__countries__contained_by=sorted(countries)) & ~Q(duty__countries=[])
        return rows.filter(theirs | Q(pk=request.user.pk))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return self.add_fieldsets
        return (*self.fieldsets, self.all_powers) if acting(request).is_superuser else self.fieldsets

    def get_inline_instances(self, request: HttpRequest, obj: Any = None) -> Any:
        return super().get_inline_instances(request, obj) if obj else []

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Nobody raises themselves."""
        own = obj is not None and obj.pk == request.user.pk and not acting(request).is_superuser
        return (*self.readonly_fields, "username", "groups", "is_active") if own else self.readonly_fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        """New people are invited; only who has all powers makes an account by hand."""
        return bool(getattr(request.user, "is_superuser", False))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or rights.looked_after_by(acting(request), obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change and {"is_active", "groups", "password"} & set(form.changed_data):
            end_sessions(obj)

    def get_urls(self) -> list[URLPattern]:
        does = {"end_sessions": end_their_sessions, "new_second": take_second_factor, "let_in": let_in}
        return [*(act(self, name, partial(do, self)) for name, do in does.items()), *super().get_urls()]

    @admin.display(description=_("role"))
    def roles(self, person: User) -> str:
        named = ", ".join(group.name for group in person.groups.all())
        return named or (gettext("all") if person.is_superuser else wording.NO_TIME)

    @admin.display(description=_("looks after"))
    def looks_after(self, person: User) -> str:
        countries = getattr(getattr(person, "duty", None), "countries", [])
        return ", ".join(countries) or gettext("all countries")

    @admin.display(description=_("second factor"), boolean=True)
    def second_factor(self, person: User) -> bool:
        return any(devices_for_user(person))


def end_sessions(person: User) -> int:
    """Sign them out everywhere; how many sessions that ended."""
    now = timezone.now()
    own = [
        row.pk
        for row in Session.objects.filter(expire_date__gt=now).iterator()
        if row.get_decoded().get("_auth_user_id") == str(person.pk)
    ]
    return Session.objects.filter(pk__in=own).delete()[0]


def _back(person: User) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:auth_user_change", args=[person.pk]))


def _asked(
    model_admin: PersonAdmin, request: HttpRequest, person: User, *, title: str, verb: str, about: str
) -> HttpResponse | None:
    """The page that asks before it is done; None once it was asked."""
    check(model_admin.has_change_permission(request, person))
    if request.method == "POST":
        return None
    return act_page(request, model_admin, person, forms.Form(), title=title, verb=verb, about=[about])


def end_their_sessions(model_admin: PersonAdmin, request: HttpRequest, person: User) -> HttpResponse:
    about = gettext("Wherever they are signed in, they have to sign in again.")
    title = gettext("Sign %(person)s out everywhere") % {"person": person}
    page = _asked(model_admin, request, person, title=title, verb=gettext("Sign out"), about=about)
    if page is None:
        end_sessions(person)
        model_admin.log_change(request, person, gettext("Signed out everywhere."))
        messages.success(request, gettext("Signed out everywhere."))
    return page or _back(person)


def take_second_factor(model_admin: PersonAdmin, request: HttpRequest, person: User) -> HttpResponse:
    about = gettext(
        "For who lost their phone: make sure that it is they who ask. At the next sign-in they set up another."
    )
    title = gettext("Take away the second factor of %(person)s") % {"person": person}
    page = _asked(model_admin, request, person, title=title, verb=gettext("Take it away"), about=about)
    if page is None:
        for device in list(devices_for_user(person, confirmed=None)):
            device.delete()
        end_sessions(person)
        model_admin.log_change(request, person, gettext("Second factor taken away."))
        messages.success(request, gettext("Taken away; they are signed out everywhere."))
    return page or _back(person)


def let_in(model_admin: PersonAdmin, request: HttpRequest, person: User) -> HttpResponse:
    about = gettext("After too many wrong passwords a name is locked out for a while, at that address. This ends it.")
    title = gettext("Let %(person)s try again") % {"person": person}
    page = _asked(model_admin, request, person, title=title, verb=gettext("Let them try"), about=about)
    if page is None:
        reset(username=person.get_username())
        model_admin.log_change(request, person, gettext("Lock-out ended."))
        messages.success(request, gettext("They can try again at once."))
    return page or _back(person)


def round_of(person: User) -> QuerySet[Crossing]:
    """Those chosen for their round that they look after; none chosen: all that they look after."""
    own = rights.crossings_of(person)
    chosen = own.filter(pk__in=Duty.crossings.through.objects.filter(duty__user=person).values("crossing"))
    return chosen if chosen.exists() else own
