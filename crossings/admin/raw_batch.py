"""What sources sent, as it came: looked at, saved to a file, and tried again where no worker tries any more."""

from __future__ import annotations

import zlib
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import content_disposition_header
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crossings.admin import wording
from crossings.admin.house import LookOnly, act, act_page, check
from crossings.admin.report import linked
from crossings.admin.source_acts import try_again
from crossings.ingest.raw import SET_ASIDE
from crossings.models import RawBatch

SHOWN_BYTES = 20_000


def may_try(request: HttpRequest) -> bool:
    return bool(request.user.has_perm("crossings.change_source"))


@admin.register(RawBatch)
class RawBatchAdmin(LookOnly):
    source_at = "source"
    list_display = ("number", "source", "received", "state", "size", "why", "attempts", "done")
    list_display_links = ("number",)
    list_filter = ("state", "source")
    list_select_related = ("source", "poll")
    ordering = ("-received_at", "-pk")
    fields = ("source_link", "poll_link", "received", "state", "why", "attempts", "tried", "done", "file", "size",
              "etag", "last_modified", "body_shown")  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[RawBatch]:
        """A list needs nothing of what they hold, which may be megabytes a row."""
        return super().get_queryset(request).defer("body").select_related("source", "poll")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.fields

    def get_urls(self) -> list[URLPattern]:
        does = {"retry": retry, "body": body}
        return [*(act(self, name, partial(do, self)) for name, do in does.items()), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        batch = self.get_object(request, object_id)
        may = may_try(request) and batch is not None and batch.state in SET_ASIDE
        return super().change_view(request, object_id, form_url, {"may_try": may, **(extra_context or {})})

    @admin.display(description=_("batch"), ordering="pk")
    def number(self, batch: RawBatch) -> str:
        return f"#{batch.pk}"

    @admin.display(description=_("received"), ordering="received_at")
    def received(self, batch: RawBatch) -> str:
        return wording.ago(batch.received_at, timezone.now())

    @admin.display(description=_("last tried"))
    def tried(self, batch: RawBatch) -> str:
        return wording.ago(batch.tried_at, timezone.now())

    @admin.display(description=_("bytes"))
    def size(self, batch: RawBatch) -> str:
        return f"{batch.poll.bytes:,}"

    @admin.display(description=_("what is wrong"))
    def why(self, batch: RawBatch) -> str:
        parts = (batch.poll.error, batch.poll.detail) if batch.poll.error else ()
        return ": ".join(part for part in parts if part) or "–"

    @admin.display(description=_("file"))
    def file(self, batch: RawBatch) -> str:
        return batch.poll.file_name or gettext("no file: the answer of an address")

    @admin.display(description=_("source"))
    def source_link(self, batch: RawBatch) -> SafeString:
        return linked(batch.source)

    @admin.display(description=_("poll"))
    def poll_link(self, batch: RawBatch) -> SafeString:
        return linked(batch.poll)

    @admin.display(description=_("as it came"))
    def body_shown(self, batch: RawBatch) -> SafeString:
        start = zlib.decompressobj().decompress(bytes(batch.body), SHOWN_BYTES)
        if b"\x00" in start:
            return format_html("{}", gettext("This is no text, perhaps a spreadsheet: save it to look at it."))
        more = gettext("… the rest is in the file.") if batch.poll.bytes > len(start) else ""
        return format_html('<pre class="stored" dir="ltr">{}</pre>{}', start.decode("utf-8", "replace"), more)


def body(model_admin: RawBatchAdmin, request: HttpRequest, batch: RawBatch) -> HttpResponse:
    """The very bytes, as a file that no browser opens or runs."""
    check(model_admin.has_view_permission(request, batch))
    name = (batch.poll.file_name or "reply").replace("/", "_")
    headers = {
        "Content-Disposition": content_disposition_header(True, f"batch-{batch.pk}-{name}") or "attachment",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
    }
    return HttpResponse(zlib.decompress(batch.body), content_type="application/octet-stream", headers=headers)


def retry(model_admin: RawBatchAdmin, request: HttpRequest, batch: RawBatch) -> HttpResponse:
    """Let it be tried again, from the first try."""
    check(may_try(request))
    back = HttpResponseRedirect(reverse("admin:crossings_rawbatch_change", args=[batch.pk]))
    if batch.state not in SET_ASIDE:
        messages.info(request, gettext("It is not set aside: there is nothing to try again."))
        return back
    if request.method != "POST":
        about = [model_admin.why(batch), gettext("What was worked off already is not recorded twice.")]
        title = gettext("Try %(batch)s again") % {"batch": batch}
        return act_page(request, model_admin, batch, forms.Form(), title=title, verb=gettext("Try again"), about=about)
    try_again(request, [batch.pk])
    model_admin.log_change(request, batch, gettext("Tried again."))
    return back
