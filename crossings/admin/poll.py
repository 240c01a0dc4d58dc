"""Polls: when, how long, how much, and what came of each item."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crossings.admin import wording
from crossings.admin.house import LookOnly
from crossings.admin.report import linked
from crossings.ingest.outcome import WORTH_A_LOOK
from crossings.models import Poll, RawBatch

Json = dict[str, Any]
ITEMS_SHOWN = 200


class Failed(admin.SimpleListFilter):
    title = _("outcome")
    parameter_name = "outcome"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("failed", _("Failed")), ("fine", _("Done"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() is None:
            return queryset
        return queryset.exclude(error="") if self.value() == "failed" else queryset.filter(error="")


@admin.register(Poll)
class PollAdmin(LookOnly):
    source_at = "source"
    list_display = ("started", "source", "took", "size", "came", "error", "file_name")
    list_filter = (Failed, "source")
    list_select_related = ("source",)
    search_fields = ("file_name", "error")
    ordering = ("-started_at", "-pk")
    fields = ("source", "started", "took", "size", "file_name", "reply", "error", "detail", "came", "items_shown",
              "sha256", "batch_link")  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Poll]:
        """A list needs none of the items, of which there may be thousands a row."""
        return super().get_queryset(request).defer("items", "detail")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.fields

    @admin.display(description=_("begun"), ordering="started_at")
    def started(self, poll: Poll) -> str:
        return wording.when(None, poll.started_at, timezone.now())

    @admin.display(description=_("the reply’s own time"))
    def reply(self, poll: Poll) -> str:
        return wording.when(None, poll.reply_at, timezone.now())

    @admin.display(description=_("what came, as it came"))
    def batch_link(self, poll: Poll) -> SafeString | str:
        batch = RawBatch.objects.filter(poll=poll).defer("body").first()
        return linked(batch) if batch else "–"

    @admin.display(description=_("took"))
    def took(self, poll: Poll) -> str:
        if poll.finished_at is None:
            return gettext("not finished")
        return gettext("%(n)s s") % {"n": f"{(poll.finished_at - poll.started_at).total_seconds():.1f}"}

    @admin.display(description=_("bytes"), ordering="bytes")
    def size(self, poll: Poll) -> str:
        return f"{poll.bytes:,}"

    @admin.display(description=_("what came of it"))
    def came(self, poll: Poll) -> str:
        commonest = sorted(poll.counts.items(), key=lambda each: -each[1])
        return ", ".join(f"{outcome} {count:,}" for outcome, count in commonest) or "–"

    @admin.display(description=_("items"))
    def items_shown(self, poll: Poll) -> SafeString:
        """Those that need somebody first."""
        items = sorted(poll.items, key=lambda item: item["outcome"] not in WORTH_A_LOOK)
        rows = ((item["at"], item["outcome"], _what(item)) for item in items[:ITEMS_SHOWN])
        body = format_html_join("", "<tr><th>{}</th><td>{}</td><td>{}</td></tr>", rows)
        more = len(items) - ITEMS_SHOWN
        rest = gettext("and %(n)s more") % {"n": more} if more > 0 else ""
        return format_html('<div class="scroll"><table>{}</table>{}</div>', body, rest)


def _what(item: Json) -> SafeString:
    """A link to what it became; the faults of what was refused."""
    links = [(kind, item[kind]) for kind in ("report", "reading", "draft") if item.get(kind)]
    linked = format_html_join(" ", '<a href="{}">{} {}</a>', (
        (reverse(f"admin:crossings_{kind}_change", args=[pk]), kind, pk) for kind, pk in links
    ))  # fmt: skip
    faults = "; ".join(f"{fault['pointer']} {fault['detail']}" for fault in item.get("faults", ()))
    known = {"at", "outcome", "faults", "report", "reading", "draft", "detail"}
    rest = {name: value for name, value in item.items() if name not in known}
    told = " ".join(
        part for part in (item.get("detail", ""), faults, json.dumps(rest, ensure_ascii=False) if rest else "") if part
    )
    return format_html("{} {}", linked, told)
