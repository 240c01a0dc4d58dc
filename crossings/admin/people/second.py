"""The second factor: a code from the phone besides the password (RFC 6238), and ten codes on paper for who loses it."""

from __future__ import annotations

import io
import secrets
from base64 import b32encode, b64encode
from collections.abc import Iterable
from math import ceil
from typing import Any

import segno
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django_otp import devices_for_user, login, match_token
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from crossings.domain.fields import digits

PAPER_CODES = 10


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("Code"), max_length=24,
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "autofocus": True, "dir": "ltr"}
        ),
    )  # fmt: skip

    def clean_code(self) -> str:
        return digits("".join(self.cleaned_data["code"].split())).lower()


def second_factor_of(person: User) -> bool:
    """Whether they have one that is set up."""
    return any(devices_for_user(person))


def _staff(request: HttpRequest) -> User:
    if not (isinstance(request.user, User) and request.user.is_staff and request.user.is_active):
        raise PermissionDenied
    return request.user


def _show(request: HttpRequest, template: str, **context: Any) -> HttpResponse:
    frame = admin.site.each_context(request)
    answer = TemplateResponse(request, f"admin/crossings/people/{template}", {**frame, **context})
    answer["Cache-Control"] = "no-store"
    return answer


def _onward(request: HttpRequest) -> str:
    """Where they wanted to go."""
    asked = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(asked, {request.get_host()}, require_https=request.is_secure())
    return asked if safe else reverse("admin:index")


def ask(request: HttpRequest) -> HttpResponse:
    """The code, after the password."""
    person = _staff(request)
    if not second_factor_of(person):
        return HttpResponseRedirect(reverse("desk:second_new"))
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        wait = _wait(devices_for_user(person))
        device = match_token(person, form.cleaned_data["code"])
        if device is not None:
            login(request, device)
            return HttpResponseRedirect(_onward(request))
        form.add_error("code", _too_fast(wait) if wait else gettext("That is not the code of this moment."))
    return _show(request, "second.html", title=gettext("Your second factor"), form=form, next=_onward(request))


def set_up(request: HttpRequest) -> HttpResponse:
    """The first one, or, for who has shown theirs, another: the old one ends."""
    person = _staff(request)
    if second_factor_of(person) and not person.is_verified():  # type: ignore[attr-defined]
        return HttpResponseRedirect(reverse("desk:second"))
    device, _made = TOTPDevice.objects.get_or_create(user=person, confirmed=False, defaults={"name": "phone"})
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        wait = _wait([device])
        if device.verify_token(form.cleaned_data["code"]):
            codes = _confirm(person, device)
            login(request, device)
            messages.success(request, gettext("Your second factor is set up."))
            title = gettext("Codes for the day you lose your phone")
            return _show(request, "second_paper.html", title=title, codes=codes, next=_onward(request))
        wrong = gettext("That is not the code shown now. Is the clock of your phone right?")
        form.add_error("code", _too_fast(wait) if wait else wrong)
    title = gettext("Set up your second factor")
    secret = b32encode(device.bin_key).decode()
    return _show(
        request, "second_new.html", title=title, form=form, picture=_picture(device.config_url),
        link=device.config_url,
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)), next=_onward(request),
    )  # fmt: skip


def _wait(devices: Iterable[Any]) -> int:
    """For how many seconds a code, even the right one, is refused after a wrong one; 0 where it is not."""
    now, longest = timezone.now(), 0
    for device in devices:
        allowed, told = device.verify_is_allowed()
        if not allowed and told and told.get("locked_until"):
            longest = max(longest, ceil((told["locked_until"] - now).total_seconds()), 1)
    return longest


def _too_fast(wait: int) -> str:
    form = ngettext(
        "Too fast: wait %(n)s second and try again.", "Too fast: wait %(n)s seconds and try again.", wait
    )  # fmt: skip
    return form % {"n": wait}


def _picture(url: str) -> str:
    out = io.BytesIO()
    segno.make(url, micro=False).save(out, kind="svg", scale=5, border=4)
    return f"data:image/svg+xml;base64,{b64encode(out.getvalue()).decode()}"


def _confirm(person: User, device: TOTPDevice) -> list[str]:
    """Make it the one that counts; the codes for paper, which are told once."""
    codes = ["".join(secrets.choice("abcdefghjkmnpqrstuvwxyz23456789") for _ in range(8)) for _ in range(PAPER_CODES)]
    with transaction.atomic():
        TOTPDevice.objects.filter(user=person).exclude(pk=device.pk).delete()
        StaticDevice.objects.filter(user=person).delete()
        device.confirmed = True
        device.save()
        paper = StaticDevice.objects.create(user=person, name="paper")
        StaticToken.objects.bulk_create([StaticToken(device=paper, token=code) for code in codes])
    return codes
