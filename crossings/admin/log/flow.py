"""A form that is filled in, previewed, and saved just as it was previewed: to log an update, or to correct a draft."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext

from crossings.admin.house import page
from crossings.admin.log import preview
from crossings.admin.log.conditions import MOST_ROWS
from crossings.admin.log.entry import Entry
from crossings.models import Crossing

NOW_FORMAT = "%Y-%m-%dT%H:%M:%S+0000"


class Flow:
    """One request about one crossing. A subclass says whose entry it is, what its page is, and what saving does."""

    def __init__(self, model_admin: admin.ModelAdmin, request: HttpRequest, crossing: Crossing) -> None:
        self.model_admin, self.request, self.crossing = model_admin, request, crossing
        self.now: datetime = timezone.now()

    def entry_of(self, data: Any) -> Entry:
        raise NotImplementedError

    def frame(self, entry: Entry) -> dict[str, Any]:
        """The template, the title and what else the page shows."""
        raise NotImplementedError

    def save(self, entry: Entry) -> HttpResponse:
        raise NotImplementedError

    def known_before(self, entry: Entry) -> HttpResponse | None:
        """The answer to a form that was saved already."""
        return None

    def show(
        self, entry: Entry, *, errors: bool = True, notice: str = "", shown: preview.Shown | None = None
    ) -> HttpResponse:
        frame = self.frame(entry)
        return page(
            self.request, self.model_admin, frame.pop("template"), entry=entry, form=entry.form,
            rows=entry.rows_shown(), more_rows=len(entry.rows_shown()) < MOST_ROWS, errors=errors, notice=notice,
            shown=shown, stands=None if shown else preview.standing(self.crossing, self.now), **frame,
        )  # fmt: skip

    def sent(self) -> HttpResponse:
        """Shown again, previewed or saved."""
        self.data = self.request.POST.copy()
        self.data["crossing"] = self.crossing.slug
        saving = self.data.get("action") == "save"
        if not saving:
            self.data["now_at"] = self.now.strftime(NOW_FORMAT)
        entry = self.entry_of(self.data)
        if self.data.get("shown") not in (None, "", self.crossing.slug):
            self.data["shown"] = self.crossing.slug
            notice = gettext("The form now speaks of %(crossing)s: look at the lanes again.")
            return self.again(entry, errors=False, notice=notice % {"crossing": self.crossing})
        if self.data.get("action") == "more":
            self.data["rows"] = str(min(MOST_ROWS, len(entry.rows_shown()) + 1))
            return self.again(entry, errors=False)
        if not entry.read():
            return self.again(entry)
        known = self.known_before(entry)
        if known is not None:
            return known
        if saving and self.data.get("seen") == entry.fingerprint():
            return self.save(entry)
        return self._preview(entry, changed=saving)

    def again(self, entry: Entry, *, errors: bool = True, notice: str = "") -> HttpResponse:
        self.data["seen"] = ""
        return self.show(entry, errors=errors, notice=notice)

    def _preview(self, entry: Entry, *, changed: bool) -> HttpResponse:
        notice = gettext("The form was changed after the preview: this is what it says now.") if changed else ""
        self.data["seen"] = entry.fingerprint()
        return self.show(entry, shown=preview.of_entry(entry), notice=notice)
