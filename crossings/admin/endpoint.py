"""Webhook endpoints: how each of them fares, what was sent to it, and what can be done for its owner."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crossings import webhooks
from crossings.admin import wording
from crossings.admin.house import LookOnly, ReasonForm, act, act_page, check
from crossings.admin.report import linked
from crossings.models import Delivery, Endpoint

DELIVERIES_SHOWN = 50
CHOICES = ("crossings", "countries", "traffic", "to", "types", "turn", "least_confidence")


def may_act(request: HttpRequest) -> bool:
    return bool(request.user.has_perm("crossings.change_endpoint"))


class Failing(admin.SimpleListFilter):
    title = _("failing")
    parameter_name = "failing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Failing")), ("no", _("Fine"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset if self.value() is None else queryset.filter(failing_since__isnull=self.value() == "no")


@admin.register(Endpoint)
class EndpointAdmin(LookOnly):
    source_at = "key__source"
    list_display = ("number", "source", "url", "standing", "failing", "waits", "tried")
    list_display_links = ("number",)
    list_filter = ("state", "held", Failing, "key__source")
    search_fields = ("url", "key__prefix", "key__source__slug", "key__source__name")
    ordering = ("-created_at", "-pk")
    fields = ("source", "key_link", "url", "standing", "in_state", "failing", "detail", "rests", "tried", "waits",
              "chosen", "both_sign", "made", "log")  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Endpoint]:
        rows = super().get_queryset(request).defer("secret", "old_secrets").select_related("key__source")
        return webhooks.with_waiting(rows)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.fields

    def get_urls(self) -> list[URLPattern]:
        does = {"pause": pause, "resume": resume, "redeliver": redeliver}
        return [*(act(self, name, partial(do, self)) for name, do in does.items()), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        more = {"may_act": may_act(request), **(extra_context or {})}
        return super().change_view(request, object_id, form_url, more)

    @admin.display(description=_("endpoint"), ordering="pk")
    def number(self, endpoint: Endpoint) -> str:
        return f"#{endpoint.pk}"

    @admin.display(description=_("source"), ordering="key__source__name")
    def source(self, endpoint: Endpoint) -> str:
        return str(endpoint.key.source)

    @admin.display(description=_("key"))
    def key_link(self, endpoint: Endpoint) -> SafeString:
        return linked(endpoint.key)

    @admin.display(description=_("state"), ordering="state")
    def standing(self, endpoint: Endpoint) -> str:
        return gettext("paused by our staff") if endpoint.held else endpoint.get_state_display()

    @admin.display(description=_("in this state since"))
    def in_state(self, endpoint: Endpoint) -> str:
        return wording.ago(endpoint.since, timezone.now())

    @admin.display(description=_("failing since"), ordering="failing_since")
    def failing(self, endpoint: Endpoint) -> str:
        return wording.ago(endpoint.failing_since, timezone.now())

    @admin.display(description=_("not asked again before"))
    def rests(self, endpoint: Endpoint) -> str:
        return wording.when(None, endpoint.rests_until, timezone.now())

    @admin.display(description=_("last tried"), ordering="tried_at")
    def tried(self, endpoint: Endpoint) -> str:
        return wording.ago(endpoint.tried_at, timezone.now())

    @admin.display(description=_("waiting"), ordering="waiting")
    def waits(self, endpoint: Endpoint) -> str:
        return f"{endpoint.waiting:,}"  # type: ignore[attr-defined]

    @admin.display(description=_("told of"))
    def chosen(self, endpoint: Endpoint) -> SafeString | str:
        chosen = [(name, getattr(endpoint, name)) for name in CHOICES if getattr(endpoint, name)]
        rows = ((name, value if isinstance(value, str) else ", ".join(value)) for name, value in chosen)
        return format_html_join("", "<code>{}</code>: {}<br>", rows) or gettext("everything")

    @admin.display(description=_("old secret signs until"))
    def both_sign(self, endpoint: Endpoint) -> str:
        return wording.when(None, endpoint.old_secret_until, timezone.now())

    @admin.display(description=_("made"))
    def made(self, endpoint: Endpoint) -> str:
        return wording.when(None, endpoint.created_at, timezone.now())

    @admin.display(description=_("the last deliveries"))
    def log(self, endpoint: Endpoint) -> SafeString | str:
        rows = endpoint.deliveries.select_related("change__crossing").prefetch_related("tries").order_by("-change")
        found = list(rows[:DELIVERIES_SHOWN])
        again = reverse("admin:crossings_endpoint_redeliver", args=[endpoint.pk])
        lines = format_html_join(
            "",
            '<tr><td><a href="{}?position={}">{}</a></td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>',
            ((again, row.change_id, webhooks.id_of(row.change_id), row.change.type, row.change.crossing,
              row.get_state_display(), _tries(row)) for row in found),
        )  # fmt: skip
        return format_html("<table><tbody>{}</tbody></table>", lines) if found else gettext("none yet")


def _tries(row: Delivery) -> SafeString | str:
    now = timezone.now()
    tries = (
        (wording.when(None, each.at, now), each.status or gettext("no answer"), each.took_ms, each.detail)
        for each in row.tries.all()
    )
    return format_html_join("", "{}: {} ({} ms) {}<br>", tries) or wording.NO_TIME


def back(endpoint: Endpoint) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:crossings_endpoint_change", args=[endpoint.pk]))


def pause(model_admin: EndpointAdmin, request: HttpRequest, endpoint: Endpoint) -> HttpResponse:
    check(may_act(request))
    if endpoint.state != Endpoint.State.ACTIVE:
        messages.info(request, gettext("Nothing is sent to it as it is."))
        return back(endpoint)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        about = [
            gettext("Nothing is sent until it is taken up again; what changes meanwhile is kept for a week."),
            gettext("Its owner reads the reason, and cannot take it up again."),
        ]
        title = gettext("Pause %(endpoint)s") % {"endpoint": endpoint}
        return act_page(request, model_admin, endpoint, form, title=title, verb=gettext("Pause"), about=about)
    if not webhooks.hold(endpoint, form.cleaned_data["reason"], timezone.now()):
        messages.warning(request, gettext("Its owner moved it or took it away meanwhile: nothing was paused."))
        return back(endpoint)
    model_admin.log_change(request, endpoint, gettext("Paused."))
    messages.success(request, gettext("Paused. Its owner is told where the key has an address."))
    return back(endpoint)


def resume(model_admin: EndpointAdmin, request: HttpRequest, endpoint: Endpoint) -> HttpResponse:
    check(may_act(request))
    if endpoint.state in (Endpoint.State.UNPROVEN, Endpoint.State.OFF):
        messages.info(request, gettext("Only its owner can do that: it has yet to show that it is theirs."))
        return back(endpoint)
    if request.method != "POST":
        about = [gettext("What waits is sent at once, in order: %(count)s.") % {"count": model_admin.waits(endpoint)}]
        title = gettext("Take up %(endpoint)s again") % {"endpoint": endpoint}
        verb = gettext("Take it up again")
        return act_page(request, model_admin, endpoint, forms.Form(), title=title, verb=verb, about=about)
    webhooks.take_up(endpoint, timezone.now(), by_staff=True)
    model_admin.log_change(request, endpoint, gettext("Taken up again."))
    messages.success(request, gettext("Taken up again."))
    return back(endpoint)


class PositionForm(forms.Form):
    position = forms.IntegerField(label=_("Position of the change"), min_value=1, max_value=10**18)


def redeliver(model_admin: EndpointAdmin, request: HttpRequest, endpoint: Endpoint) -> HttpResponse:
    check(may_act(request))
    form = PositionForm(request.POST if request.method == "POST" else None, initial=request.GET.dict())
    delivery = None
    if form.is_valid():
        delivery = endpoint.deliveries.filter(change=form.cleaned_data["position"]).first()
        if delivery is None:
            form.add_error("position", gettext("It was not to be told of that change, or the log no longer has it."))
    if delivery is None:
        about = [gettext("It goes out under the same id: a receiver that had it can tell.")]
        title = gettext("Send to %(endpoint)s once more") % {"endpoint": endpoint}
        return act_page(request, model_admin, endpoint, form, title=title, verb=gettext("Send again"), about=about)
    webhooks.again(delivery, timezone.now())
    model_admin.log_change(request, endpoint, gettext("Change %(n)s sent again.") % {"n": delivery.change_id})
    messages.success(request, gettext("It is on its way."))
    return back(endpoint)
