"""Which crossings are a person's own on the round."""

from __future__ import annotations

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crossings import rights
from crossings.admin.house import acting, check, may_log, page
from crossings.admin.round import URL
from crossings.models import Crossing, Duty
from crossings.phrases.countries import country

Tick = tuple[Crossing, bool]


class MineForm(forms.Form):
    crossings = forms.ModelMultipleChoiceField(
        queryset=Crossing.objects.none(), required=False, label=_("My crossings"),
        error_messages={"invalid_choice": _("One of these is no crossing that you look after: choose again.")},
    )  # fmt: skip

    def __init__(self, data: object, user: User) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        self.fields["crossings"].queryset = rights.crossings_of(user)  # type: ignore[attr-defined]


def choose(model_admin: admin.ModelAdmin, request: HttpRequest) -> HttpResponse:
    check(may_log(request))
    user = acting(request)
    duty = Duty.objects.filter(user=user).first()
    form = MineForm(request.POST if request.method == "POST" else None, user)
    if form.is_valid():
        duty = duty or Duty.objects.get_or_create(user=user)[0]
        duty.crossings.set(form.cleaned_data["crossings"])
        model_admin.log_change(request, duty, gettext("Chose the crossings of the round."))
        messages.success(request, gettext("These are your crossings now."))
        return HttpResponseRedirect(reverse(URL))
    ticked = set(request.POST.getlist("crossings")) if request.method == "POST" else _chosen(duty)
    title = gettext("My crossings")
    return page(request, model_admin, "round_mine.html", title=title, form=form, borders=_borders(user, ticked))


def _chosen(duty: Duty | None) -> set[str]:
    return {str(pk) for pk in duty.crossings.values_list("pk", flat=True)} if duty else set()


def _borders(user: User, ticked: set[str]) -> list[tuple[str, list[Tick]]]:
    found: dict[str, list[Tick]] = {}
    for each in rights.crossings_of(user).order_by("name"):
        border = " – ".join(country(code) for code in each.countries)
        found.setdefault(border, []).append((each, str(each.pk) in ticked))
    return sorted(found.items())
