"""What came of an act, told to whoever did it, and written down among what staff did."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext

from crossings.admin import wording
from crossings.domain.loosening import SECOND
from crossings.ledger import Outcome, Result
from crossings.models import Draft, Proposal, Reading, Report

Row = Report | Reading | Draft
KEPT = "X-Kept"
"""Sent by the script that keeps what was typed: it has to know that the form was taken before it forgets it."""


def went(request: HttpRequest, url: str) -> HttpResponse:
    """On to the page that shows what was done."""
    return JsonResponse({"go": url}) if request.headers.get(KEPT) else HttpResponseRedirect(url)


def address(row: Row | Proposal) -> str:
    return reverse(f"admin:crossings_{row._meta.model_name}_change", args=[row.pk])


def row_of(result: Result) -> Row:
    if result.report:
        return Report.objects.select_related("crossing").get(pk=result.report)
    if result.reading:
        return Reading.objects.select_related("crossing").get(pk=result.reading)
    return Draft.objects.get(pk=result.draft or 0)


def tell(
    model_admin: admin.ModelAdmin, request: HttpRequest, result: Result, now: datetime, *, after: SafeString | str = ""
) -> None:
    row = row_of(result)
    if result.outcome is Outcome.RECORDED and not isinstance(row, Draft):
        model_admin.log_addition(request, row, [{"added": {}}])
        done = gettext("Recorded: %(row)s.") % {"row": row}
        messages.success(request, format_html("{} {} {}", done, wording.what_became(row, now), after))
    elif result.outcome is Outcome.DRAFT:
        words = gettext("It waits as a draft (%(why)s): the board does not say it yet.")
        messages.warning(request, words % {"why": result.detail})
    elif result.outcome is Outcome.SAME:
        messages.info(request, gettext("This was already recorded; nothing was recorded twice."))
    else:
        messages.error(request, result.detail or gettext(result.outcome.label))


def tell_many(model_admin: admin.ModelAdmin, request: HttpRequest, results: Sequence[Result], token: Any) -> None:
    """In one breath; what did not come to stand on the board, each by itself."""
    rows = [row_of(result) for result in results if result.outcome is Outcome.RECORDED]
    for row in rows:
        model_admin.log_addition(request, row, [{"added": {}}])
    if rows:
        done = ngettext("Recorded at %(n)s crossing: %(names)s.", "Recorded at %(n)s crossings: %(names)s.", len(rows))
        names = gettext(", ").join(str(row.crossing) for row in rows)
        messages.success(request, format_html("{} {}", done % {"n": len(rows), "names": names}, onward(token)))
    for result in results:
        if result.outcome is not Outcome.RECORDED:
            tell(model_admin, request, result, timezone.now())


def tell_proposed(model_admin: admin.ModelAdmin, request: HttpRequest, proposals: Sequence[Proposal]) -> None:
    for proposal in proposals:
        model_admin.log_change(request, proposal.crossing, gettext("Proposed, for a second person to agree."))
        for report in Report.objects.filter(pk__in=proposal.content.get("at_once", ())).select_related("crossing"):
            model_admin.log_addition(request, report, [{"added": {}}])
        told = format_html(
            '{} <a href="{}">{}</a>', _waits(proposal) % {"crossing": proposal.crossing}, address(proposal),
            gettext("See it"),
        )  # fmt: skip
        messages.warning(request, told)


def _waits(proposal: Proposal) -> str:
    if proposal.content.get("at_once"):
        return gettext(
            "%(crossing)s: What it closes is recorded. The rest waits for a second person: the board does not say it"
            " yet."
        )
    if any(str(item["id"]).endswith(SECOND) for item in proposal.content.get("items", ())):
        return gettext(
            "%(crossing)s: What lets more pass waits for a second person: the board does not say it yet. The rest is"
            " recorded."
        )
    return gettext("%(crossing)s: It waits for a second person: the board does not say it yet.")


def onward(token: Any) -> SafeString:
    """What may be done next, after an act was recorded."""
    return format_html(
        '<a href="{}">{}</a> · <a href="{}" data-logged="{}">{}</a>',
        reverse("admin:crossings_report_log"), gettext("Log another"),
        reverse("admin:crossings_report_undo", args=[token]), token, gettext("Undo"),
    )  # fmt: skip


def overtaken(meanwhile: Sequence[str]) -> SafeString:
    return format_html(
        "{} <ul>{}</ul> {}",
        gettext("Nothing is saved yet: something was recorded since you looked."),
        format_html_join("", "<li>{}</li>", ((line,) for line in meanwhile)),
        gettext("Below is what the board says now, and what it will say. Save it if it still holds."),
    )
