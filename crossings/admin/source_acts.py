"""All sources at a glance, and what is asked of the worker about one: poll it now, try again what was set aside."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from crossings import bell, pulse
from crossings.admin import wording
from crossings.admin.glance import Glance, glances, told_of
from crossings.admin.house import act_page, check, page
from crossings.ingest import begin_anew
from crossings.models import RawBatch, Source

GLANCE = "admin:crossings_source_glance_changelist"


def glance(model_admin: admin.ModelAdmin, request: HttpRequest) -> HttpResponse:
    check(model_admin.has_view_permission(request))
    now = timezone.now()
    age = pulse.heartbeat_age(now)
    rows = [{"of": each, "state": _told(each, now)} for each in glances(model_admin.get_queryset(request), now)]
    return page(
        request, model_admin, "source/glance.html", title=gettext("Sources at a glance"), rows=rows,
        may_change=model_admin.has_change_permission(request), worker_answers=pulse.answers(now),
        worker_age=None if age is None else round(age),
    )  # fmt: skip


def _told(of: Glance, now: datetime) -> dict[str, str]:
    times = {"last_polled": "last_polled_at", "last_success": "last_success_at", "next_due": "next_due_at",
             "failing_since": "failing_since"}  # fmt: skip
    return {name: wording.ago(getattr(of.state, column, None), now) for name, column in times.items()}


def _back(request: HttpRequest, source: Source) -> HttpResponse:
    if request.POST.get("from") == "glance":
        return HttpResponseRedirect(reverse(GLANCE))
    return HttpResponseRedirect(reverse("admin:crossings_source_change", args=[source.pk]))


def tell_if_nobody_works(request: HttpRequest) -> None:
    if not pulse.answers(timezone.now()):
        words = gettext("But no worker has answered of late: it is done once one runs again.")
        messages.warning(request, words)


def poll_now(model_admin: admin.ModelAdmin, request: HttpRequest, source: Source) -> HttpResponse:
    """Ask the worker to poll it out of turn."""
    check(model_admin.has_change_permission(request, source))
    back = _back(request, source)
    if not (source.active and source.address and source.format):
        messages.error(request, gettext("Only an active source with an address and a format can be polled."))
        return back
    if request.method != "POST":
        about = [gettext("%(address)s, format %(format)s") % {"address": source.address, "format": source.format}]
        title = gettext("Poll %(source)s now") % {"source": source}
        return act_page(request, model_admin, source, forms.Form(), title=title, verb=gettext("Poll now"), about=about)
    now = timezone.now()
    # A slot of its own: that of the timetable may have been done already.
    if bell.ring("ingest.poll", source.pk, int(now.timestamp())):
        model_admin.log_change(request, source, gettext("Polled out of turn."))
        asked = gettext("Asked for at %(when)s; what comes of it stands under its polls.")
        messages.success(request, asked % {"when": wording.when(None, now, now)})
        tell_if_nobody_works(request)
    else:
        messages.error(request, gettext("The worker cannot be reached now; the source is polled when it is due."))
    return back


MOST_UNUSABLE = 20
"""Of those that cannot be used, the newest so many are offered: a broken feed leaves one with each poll."""


class RetryForm(forms.Form):
    batches = forms.MultipleChoiceField(
        label=_("What no worker tries any more"), widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one.")},
    )  # fmt: skip

    def __init__(self, data: Any, batches: list[RawBatch]) -> None:
        chosen = [str(batch.pk) for batch in batches if batch.state == RawBatch.State.DEAD]
        super().__init__(data, initial={"batches": chosen})
        self.use_required_attribute = False
        aside = gettext("batch %(n)s, received %(at)s, set aside: %(done)s items were worked off, %(tries)s tries")
        unusable = gettext("batch %(n)s, received %(at)s: it cannot be used (%(why)s)")
        self.fields["batches"].choices = [  # type: ignore[attr-defined]
            (str(batch.pk), (aside if batch.state == RawBatch.State.DEAD else unusable)
             % {**told_of(batch), "why": batch.poll.error})
            for batch in batches
        ]  # fmt: skip


def set_aside(rows: QuerySet[RawBatch]) -> list[RawBatch]:
    """What failed too often, the oldest first; then the newest of what cannot be used. Without what they hold."""
    light = rows.defer("body").select_related("poll")
    dead = light.filter(state=RawBatch.State.DEAD).order_by("received_at", "pk")
    unusable = light.filter(state=RawBatch.State.FAILED).order_by("-received_at", "-pk")
    return [*dead, *unusable[:MOST_UNUSABLE]]


def retry(model_admin: admin.ModelAdmin, request: HttpRequest, source: Source) -> HttpResponse:
    """Let batches be tried again, from the first try; each of their items still counts once."""
    check(model_admin.has_change_permission(request, source))
    aside = set_aside(RawBatch.objects.filter(source=source))
    if not aside:
        messages.info(request, gettext("No batch of this source is set aside."))
        return _back(request, source)
    form = RetryForm(request.POST if request.method == "POST" else None, aside)
    if not form.is_valid():
        title = gettext("Try again what %(source)s sent") % {"source": source}
        about = [gettext("What was worked off already is not recorded twice.")]
        return act_page(request, model_admin, source, form, title=title, verb=gettext("Try again"), about=about)
    try_again(request, [int(pk) for pk in form.cleaned_data["batches"]])
    model_admin.log_change(request, source, gettext("Batches are tried again."))
    return _back(request, source)


def try_again(request: HttpRequest, batches: list[int]) -> None:
    """Ask the worker for these batches, and tell what comes of asking."""
    begun = begin_anew(batches, timezone.now())
    rung = [bell.ring("ingest.take", pk) for pk in begun]
    words = ngettext("%(n)s batch is tried again.", "%(n)s batches are tried again.", len(begun))
    messages.success(request, words % {"n": len(begun)})
    if not all(rung):
        messages.warning(request, gettext("The worker cannot be reached now; it finds them once it can be."))
    else:
        tell_if_nobody_works(request)
