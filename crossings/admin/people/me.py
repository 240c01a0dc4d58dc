"""What everybody sets for themselves: the language of the desk."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crossings.admin.house import acting
from crossings.admin.people.second import second_factor_of
from crossings.models import Duty


def languages() -> list[tuple[str, str]]:
    """Each in its own name."""
    own = {"en": "English", "ps": "پښتو", "fa-af": "دری", "ur": "اردو"}
    return [(code, own.get(code, name)) for code, name in settings.LANGUAGES]


class MeForm(forms.Form):
    language = forms.ChoiceField(label=_("Language of the desk"), choices=languages, widget=forms.RadioSelect)


def me(request: HttpRequest) -> HttpResponse:
    person = acting(request)
    duty = Duty.objects.filter(user=person).first()
    first = {"language": (duty.language if duty else "") or "en"}
    form = MeForm(request.POST if request.method == "POST" else None, initial=first)
    if form.is_valid():
        Duty.objects.update_or_create(user=person, defaults=form.cleaned_data)
        messages.success(request, gettext("Kept."))
        return HttpResponseRedirect(reverse("desk:me"))
    frame = admin.site.each_context(request)
    return TemplateResponse(request, "admin/crossings/people/me.html", {
        **frame, "title": gettext("My settings"), "form": form, "second": second_factor_of(person),
        "needed": settings.SECOND_FACTOR, "roles": [group.name for group in person.groups.all()],
        "countries": duty.countries if duty else [],
    })  # fmt: skip
