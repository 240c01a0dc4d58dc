"""All sources at a glance, and what is asked of the worker about one: poll it now, try again what was set aside."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crossings import bell, pulse
from crossings.admin.glance import Glance, ago, glances, unfinished, utc
from crossings.admin.house import act_page, check, page
from crossings.domain.claims import stamp
from crossings.models import Alarm, RawBatch, Source

GLANCE = "admin:crossings_source_glance_changelist"


def glance(model_admin: admin.ModelAdmin, request: HttpRequest) -> HttpResponse:
    check(model_admin.has_view_permission(request))
    now = timezone.now()
    age = pulse.heartbeat_age(now)
    rows = [{"of": each, "state": _told(each, now)} for each in glances(Source.objects.all(), now)]
    return page(
        request, model_admin, "source/glance.html", title=gettext("Sources at a glance"), rows=rows,
        may_change=model_admin.has_change_permission(request), worker_answers=pulse.answers(now),
        worker_age=None if age is None else round(age),
    )  # fmt: skip


def _told(of: Glance, now: datetime) -> dict[str, str]:
    times = {"last_polled": "last_polled_at", "last_success": "last_success_at", "next_due": "next_due_at",
             "failing_since": "failing_since"}  # fmt: skip
    return {name: ago(getattr(of.state, column, None), now) for name, column in times.items()}


def _back(request: HttpRequest, source: Source) -> HttpResponse:
    if request.POST.get("from") == "glance":
        return HttpResponseRedirect(reverse(GLANCE))
    return HttpResponseRedirect(reverse("admin:crossings_source_change", args=[source.pk]))


def _tell_if_nobody_works(request: HttpRequest) -> None:
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
        messages.success(request, asked % {"when": stamp(now.replace(microsecond=0))})
        _tell_if_nobody_works(request)
    else:
        messages.error(request, gettext("The worker cannot be reached now; the source is polled when it is due."))
    return back


class RetryForm(forms.Form):
    batches = forms.MultipleChoiceField(
        label=_("Set aside after too many tries"), widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one.")},
    )  # fmt: skip

    def __init__(self, data: Any, batches: list[RawBatch]) -> None:
        chosen = [str(batch.pk) for batch in batches]
        super().__init__(data, initial={"batches": chosen})
        self.use_required_attribute = False
        form = gettext("batch %(n)s, received %(at)s: %(done)s items were worked off, %(tries)s tries")
        self.fields["batches"].choices = [  # type: ignore[attr-defined]
            (str(batch.pk), form % {
                "n": batch.pk, "at": utc(batch.received_at), "done": f"{batch.done:,}", "tries": batch.attempts,
            })
            for batch in batches
        ]  # fmt: skip


def retry(model_admin: admin.ModelAdmin, request: HttpRequest, source: Source) -> HttpResponse:
    """Let batches that were set aside be tried again, from the first try; each of their items still counts once."""
    check(model_admin.has_change_permission(request, source))
    aside = list(unfinished(RawBatch.objects.filter(source=source, state=RawBatch.State.DEAD)))
    if not aside:
        messages.info(request, gettext("No batch of this source is set aside."))
        return _back(request, source)
    form = RetryForm(request.POST if request.method == "POST" else None, aside)
    if not form.is_valid():
        title = gettext("Try again what %(source)s sent") % {"source": source}
        about = [gettext("What was worked off already is not recorded twice.")]
        return act_page(request, model_admin, source, form, title=title, verb=gettext("Try again"), about=about)
    dead = RawBatch.objects.filter(source=source, state=RawBatch.State.DEAD)
    chosen = [int(pk) for pk in form.cleaned_data["batches"]]
    again = dead.filter(pk__in=chosen).update(state=RawBatch.State.WAITING, attempts=0, tried_at=None)
    if not dead.exists():
        Alarm.clear(Alarm.Kind.POISON, source, timezone.now())
    rung = [bell.ring("ingest.take", pk) for pk in chosen]
    model_admin.log_change(request, source, gettext("Batches are tried again."))
    messages.success(request, gettext("%(n)s to be tried again.") % {"n": again})
    if not all(rung):
        messages.warning(request, gettext("The worker cannot be reached now; it finds them once it can be."))
    else:
        _tell_if_nobody_works(request)
    return _back(request, source)
