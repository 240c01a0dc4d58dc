"""What is to be taken out, and what is to be brought in."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crossings import rights
from crossings.admin import speakers
from crossings.admin.moments import day_field
from crossings.domain.fields import EARLIEST, LATEST
from crossings.feeds import FeedError
from crossings.files.keep import Gone, Kept, keep, kept
from crossings.files.reading import MOST_MIB
from crossings.models import Source

CROSSINGS, REPORTS, READINGS = "crossings", "reports", "readings"
XLSX, CSV = "xlsx", "csv"
ALL = [("", _("all"))]


def midnight(day: Any) -> datetime | None:
    return datetime.combine(day, time(0), UTC) if day else None


class ExportForm(forms.Form):
    what = forms.ChoiceField(
        label=_("What"), choices=[(REPORTS, _("reports")), (READINGS, _("readings")), (CROSSINGS, _("crossings"))]
    )
    form = forms.ChoiceField(
        label=_("As"), choices=[(XLSX, _("spreadsheet (XLSX)")), (CSV, _("CSV, for any number of rows"))]
    )
    crossing = forms.ChoiceField(label=_("Crossing"), required=False)
    source = forms.ChoiceField(label=_("Said by"), required=False)
    start = day_field(_("From (day, UTC)"), _("Of reports and readings: when they take effect, or were counted."))
    end = day_field(_("To (day, UTC, with it)"))
    partner = forms.BooleanField(
        label=_("Only the columns of the partner format"), required=False,
        help_text=_("For another system: without who said it here, and without what was taken back."),
    )  # fmt: skip

    def __init__(self, data: Any, user: User) -> None:
        super().__init__(data, prefix="out")
        self.use_required_attribute = False
        own = rights.crossings_of(user).order_by("name").values_list("slug", "name")
        sources = Source.objects.filter(reports__crossing__in=rights.crossings_of(user)).distinct().order_by("name")
        offered: dict[str, list[Any]] = {
            "crossing": [*ALL, *own], "source": [*ALL, *sources.values_list("slug", "name")]
        }  # fmt: skip
        for name, choices in offered.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = choices

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        for name in ("start", "end"):
            if given.get(name) and not EARLIEST <= given[name].year <= LATEST:
                words = gettext("A year from %(first)s to %(last)s is expected.")
                self.add_error(name, words % {"first": EARLIEST, "last": LATEST})
        start, end = midnight(given.get("start")), midnight(given.get("end"))
        if start and end and end < start:
            self.add_error("end", gettext("A day not before the first is expected."))
        self.since, self.until = start, end + timedelta(days=1) if end else None
        return given


class ImportForm(forms.Form):
    """`kept` is the file once it is valid; it stays where something else is refused."""

    what = forms.ChoiceField(
        label=_("What"), choices=[(REPORTS, _("reports and readings")), (CROSSINGS, _("crossings"))]
    )
    source = forms.ChoiceField(
        label=_("Who says so"), initial=speakers.OWN, help_text=_("Of reports and readings: in whose name.")
    )
    file = forms.FileField(
        label=_("File"), required=False, widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.csv"})
    )
    token = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any, files: Any, user: User) -> None:
        super().__init__(data, files, prefix="in")
        self.use_required_attribute = False
        self.user = user
        self.kept: Kept | None = None
        field = self.fields["source"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = speakers.choices()
        self.fields["file"].help_text = gettext(
            "XLSX of at most 5 MiB, 5,000 rows and 60,000 cells, or CSV (UTF-8) of at most %(mib)s MiB and 10,000 rows."
        ) % {"mib": MOST_MIB}

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        sent = given.get("file")
        if isinstance(sent, UploadedFile):
            self._keep(sent)
        elif "file" not in self.errors:
            try:
                self.kept = kept(given.get("token") or "", self.user)
            except Gone:
                words = gettext("Choose a file.")
                if given.get("token"):
                    words = gettext("The file is no longer kept: choose it again. What was brought in stays.")
                self.add_error("file", words)
        return given

    def _keep(self, sent: UploadedFile) -> None:
        if (sent.size or 0) > MOST_MIB * 2**20:
            words = gettext("It has %(size).1f MiB; at most %(most)s are read at once: send several files.")
            self.add_error("file", words % {"size": (sent.size or 0) / 2**20, "most": MOST_MIB})
            return
        try:
            self.kept = keep(sent.read(), sent.name or "", self.user)
        except OSError:
            self.add_error("file", gettext("The file cannot be kept at the moment: try again later."))

    def refuse(self, error: FeedError) -> None:
        """What is wrong with the whole file."""
        self.add_error("file", error.detail)
        self.kept = None
