"""A form that is filled in, previewed, and saved just as it was previewed: to log an update, or to correct one."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext

from crossings import ledger
from crossings.admin import wording
from crossings.admin.house import page
from crossings.admin.log import chips, preview, stood, stood_before, then, told
from crossings.admin.log.conditions import MOST_ROWS
from crossings.admin.log.entry import Entry
from crossings.admin.log.marked import marked
from crossings.models import Crossing


class Flow:
    """One request about one crossing. A subclass says whose entry it is, what its page is, and what saving does."""

    def __init__(self, model_admin: admin.ModelAdmin, request: HttpRequest, crossing: Crossing) -> None:
        self.model_admin, self.request, self.crossing = model_admin, request, crossing
        self.now: datetime = timezone.now()
        self.stood: list[str] = []

    def entry_of(self, data: Any) -> Entry:
        raise NotImplementedError

    def frame(self, entry: Entry) -> dict[str, Any]:
        """The template, the title and what else the page shows."""
        raise NotImplementedError

    def save(self, entry: Entry) -> HttpResponse:
        """Raises ledger.Overtaken."""
        raise NotImplementedError

    def known_before(self, entry: Entry) -> HttpResponse | None:
        """The answer to a form that was saved already."""
        return None

    def seen(self) -> dict[str, str]:
        """How the crossings stood in the preview that was read, for the guard."""
        return stood.seen(self.request.POST)

    def preview_of(self, entry: Entry) -> Any:
        return preview.of_entry(entry)

    def standing(self, entry: Entry) -> dict[str, Any]:
        """How it stands now: above the form, and in its grid."""
        shown, clock = wording.as_it_stands(self.crossing, self.now), wording.clock_at(self.crossing, self.now)
        entry.form.name_standing(wording.lane_words(shown, clock))
        return {
            "stands": wording.standings(shown, clock), "chips": chips.of_crossing(self.crossing, shown["status"]),
        }  # fmt: skip

    def show(
        self, entry: Entry, *, errors: bool = True, notice: str = "", shown: preview.Shown | None = None
    ) -> HttpResponse:
        frame = self.frame(entry)
        # A form that was only filled in, and never sent, has nothing to mend yet.
        errors = errors and self.request.method == "POST"
        if self.request.method != "POST":
            entry.form.keep_prefilled()
        return page(
            self.request, self.model_admin, frame.pop("template"), entry=entry, form=entry.form,
            rows=entry.rows_shown(), more_rows=len(entry.rows_shown()) < MOST_ROWS, errors=errors, notice=notice,
            shown=shown, stood=self.stood, most_rows=MOST_ROWS, server_now=then.written(self.now),
            faults=marked(entry.forms()) if errors and not shown else [], **self.standing(entry), **frame,
        )  # fmt: skip

    def speaks_of_others(self, entry: Entry) -> str:
        """A notice where the form was turned to another crossing than the page showed."""
        if self.data.get("shown") in (None, "", self.crossing.slug):
            return ""
        self.data["shown"] = self.crossing.slug
        notice = gettext("The form now speaks of %(crossing)s: look at the lanes again.")
        return notice % {"crossing": self.crossing}

    def read_sent(self) -> None:
        self.data = self.request.POST.copy()
        self.data["crossing"] = self.crossing.slug

    def sent(self) -> HttpResponse:
        """Shown again, previewed or saved."""
        self.read_sent()
        stood_before.give_way(self.data)
        saving = self.data.get("action") == "save"
        entry = self.entry_of(self.data)
        notice = self.speaks_of_others(entry)
        if notice:
            return self.again(entry, errors=False, notice=notice)
        if self._another_row(entry):
            return self.again(entry, errors=False)
        if not self._read(entry, saving=saving):
            return self.again(entry)
        known = self.known_before(entry)
        if known is not None:
            return known
        if saving and self.data.get("seen") == entry.fingerprint():
            return self._save(entry)
        changed = gettext("The form was changed after the preview: this is what it says now.") if saving else ""
        return self._preview(entry, notice=changed)

    def _read(self, entry: Entry, *, saving: bool) -> bool:
        asked = "" if saving else then.settle(self.data, self.crossing, self.now)
        valid = entry.read()
        if asked:
            entry.form.errors["when"] = entry.form.error_class([asked])
        return valid

    def _another_row(self, entry: Entry) -> bool:
        """Whether only one more condition was asked for: an empty one, or one of those offered."""
        offered = self.data.get("chip")
        if offered:
            chips.put_in(self.data, entry.conditions, _json(offered))
        elif self.data.get("action") == "more":
            self.data["rows"] = str(min(MOST_ROWS, len(entry.rows_shown()) + 1))
        else:
            return False
        return True

    def again(self, entry: Entry, *, errors: bool = True, notice: str = "") -> HttpResponse:
        self.data["seen"] = ""
        return self.show(entry, errors=errors, notice=notice)

    def _save(self, entry: Entry) -> HttpResponse:
        try:
            return self.save(entry)
        except ledger.Overtaken:
            # The other of two taps may have been quicker: then it was this very form that came between.
            return self.known_before(entry) or self._overtaken(entry)

    def _overtaken(self, entry: Entry) -> HttpResponse:
        notice = told.overtaken(stood.meanwhile(entry.crossings, self.request.POST, self.now))
        fresh = self.entry_of(self.data)
        return self._preview(fresh, notice=notice) if fresh.read() else self.again(fresh, notice=notice)

    def _preview(self, entry: Entry, *, notice: str) -> HttpResponse:
        self.data["seen"] = entry.fingerprint()
        # Before the preview is made: what comes between is then asked about once more, not overlooked.
        self.stood = stood.marks(entry.crossings)
        return self.show(entry, shown=self.preview_of(entry), notice=notice)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
