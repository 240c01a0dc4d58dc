"""Files: crossings, reports and readings are taken out, and brought in after a trial that shows row by row what would
happen.

No library for importing fits: its rows are the model's, saved one by one, while ours are the contract's, and the ledger
alone writes them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext

from crossings import proposals, rights
from crossings.admin import speakers, wording
from crossings.admin.files_crossings import crossing_rows, take_crossings
from crossings.admin.files_forms import CROSSINGS, READINGS, REPORTS, XLSX, ExportForm, ImportForm
from crossings.admin.house import acting, check, page
from crossings.domain.claims import Claim, stamp
from crossings.feeds import FeedError
from crossings.files import keep
from crossings.files.cells import Cell
from crossings.files.out import reading_rows, report_rows, reports_between
from crossings.files.reading import items_of, sources_of
from crossings.files.taking import MISSED, Fate, Line, said_by, take
from crossings.files.writing import CSV_TYPE, XLSX_TYPE, csv_pieces, xlsx_file
from crossings.models import Crossing, Reading, Report, Source

Json = dict[str, Any]
MOST_IN_XLSX = 20_000
"""Reports, of up to six rows each, or readings: what is more is for a CSV, which is sent as it is made."""
MOST_SHOWN = 400
"""Rows of a kind: what needs somebody, and the rest."""


def urls(model_admin: admin.ModelAdmin) -> list[URLPattern]:
    """Of the page and its two acts. They hang on bulletins: reports are imported by what these need."""
    view = model_admin.admin_site.admin_view
    return [
        path("files/", view(partial(files, model_admin)), name="crossings_report_files"),
        path("files/export/", view(partial(take_out, model_admin)), name="crossings_report_export"),
        path("files/import/", view(partial(bring_in, model_admin)), name="crossings_report_import"),
    ]


def may_take_out(request: HttpRequest) -> bool:
    return bool(request.user.has_perm("crossings.export_report"))


def may_bring_in(request: HttpRequest) -> bool:
    return bool(request.user.has_perm("crossings.import_report"))


def files(model_admin: admin.ModelAdmin, request: HttpRequest) -> HttpResponse:
    check(may_take_out(request) or may_bring_in(request))
    keep.clear()
    return _page(model_admin, request)


def _page(
    model_admin: admin.ModelAdmin, request: HttpRequest, out: ExportForm | None = None, into: ImportForm | None = None,
    **context: Any,
) -> HttpResponse:  # fmt: skip
    user = acting(request)
    return page(
        request, model_admin, "files/files.html", title=gettext("Files"),
        out=(out or ExportForm(None, user)) if may_take_out(request) else None,
        into=(into or ImportForm(None, None, user)) if may_bring_in(request) else None, **context,
    )  # fmt: skip


# Out


def take_out(model_admin: admin.ModelAdmin, request: HttpRequest) -> HttpResponseBase:
    """Sent as it is read, some rows at a time."""
    check(may_take_out(request))
    form = ExportForm(request.POST if request.method == "POST" else None, acting(request))
    if not form.is_valid():
        return _page(model_admin, request, out=form)
    given = form.cleaned_data
    rows, count = _rows(request, form)
    if given["form"] == XLSX and count > MOST_IN_XLSX:
        words = gettext("These are %(n)s; a spreadsheet takes at most %(most)s: choose CSV, or fewer days.")
        form.add_error("form", words % {"n": f"{count:,}", "most": f"{MOST_IN_XLSX:,}"})
        return _page(model_admin, request, out=form)
    _note_taken_out(request, form, count)
    name = f"{given['what']}-{timezone.now():%Y-%m-%d-%H%M}Z.{given['form']}"
    if given["form"] == XLSX:
        return FileResponse(xlsx_file(rows, given["what"]), as_attachment=True, filename=name, content_type=XLSX_TYPE)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(csv_pieces(rows), content_type=CSV_TYPE, headers=headers)


def _rows(request: HttpRequest, form: ExportForm) -> tuple[Iterable[Sequence[Cell]], int]:
    """Of the countries that the person looks after, and how many there are; the rows with their header."""
    given, own = form.cleaned_data, rights.crossings_of(request.user)
    staff = not given["partner"]
    if given["crossing"]:
        own = own.filter(slug=given["crossing"])
    if given["what"] == CROSSINGS:
        return crossing_rows(own.order_by("slug")), own.count()
    if given["what"] == READINGS:
        counts = Reading.objects.filter(crossing__in=own)
        counts = counts.filter(source__slug=given["source"]) if given["source"] else counts
        counts = counts.filter(observed_at__gte=form.since) if form.since else counts
        counts = counts.filter(observed_at__lt=form.until) if form.until else counts
        return reading_rows(counts, staff=staff), counts.count()
    reports = reports_between(Report.objects.filter(crossing__in=own), form.since, form.until)
    reports = reports.filter(source__slug=given["source"]) if given["source"] else reports
    return report_rows(reports, staff=staff), reports.count()


def _note_taken_out(request: HttpRequest, form: ExportForm, count: int) -> None:
    """Who took out what, in the trail."""
    given = form.cleaned_data
    about: type[Model] = {CROSSINGS: Crossing, READINGS: Reading, REPORTS: Report}[given["what"]]
    chosen = [given["crossing"], given["source"], stamp(form.since), stamp(form.until)]
    told = gettext("Taken out as %(form)s: %(n)s. %(chosen)s") % {
        "form": given["form"].upper(), "n": count, "chosen": ", ".join(each for each in chosen if each),
    }  # fmt: skip
    LogEntry.objects.create(
        user=acting(request), content_type=ContentType.objects.get_for_model(about), object_id=None,
        object_repr=f"{given['what']}.{given['form']}", action_flag=CHANGE, change_message=told.strip(),
    )  # fmt: skip


# In


def bring_in(model_admin: admin.ModelAdmin, request: HttpRequest) -> HttpResponse:
    """Tried first, with nothing kept but the file; then done with just that file."""
    check(may_bring_in(request))
    if request.method != "POST":
        return _page(model_admin, request)
    form = ImportForm(request.POST, request.FILES, acting(request))
    trial = request.POST.get("action") != "take"
    if form.is_valid():
        try:
            lines = _taken(model_admin, request, form, trial=trial)
        except FeedError as error:
            form.refuse(error)
        else:
            return _told(model_admin, request, form, lines, trial=trial)
    if form.kept is not None:
        data = request.POST.copy()
        data[form.add_prefix("token")] = form.kept.token
        form.data = data
    return _page(model_admin, request, into=form, kept_name=form.kept.name if form.kept else "")


def _taken(model_admin: admin.ModelAdmin, request: HttpRequest, form: ImportForm, *, trial: bool) -> list[Line]:
    assert form.kept is not None
    user, now = acting(request), timezone.now()
    if form.cleaned_data["what"] == CROSSINGS:
        return take_crossings(form.kept.body, user, now, partial(_note_saved, model_admin, request), trial=trial)
    source = speakers.chosen(form.cleaned_data["source"], user)

    def record(source: Source, items: Sequence[Any], key: str) -> proposals.Done:
        return proposals.record(source, items, by=user, now=now, key=key)

    known = {"name": form.kept.name, "digest": form.kept.sha256[:12]}
    if not trial:
        # Before it: what a killed process leaves half done stands in the trail, too.
        model_admin.log_change(request, source, gettext("Brings in the file %(name)s (%(digest)s…).") % known)
    key = f"file-{form.kept.sha256[:32]}-{source.pk}"
    body = form.kept.body
    lines = take(items_of(body), source, user, record, key, trial=trial, speakers=said_by(body))
    if not trial and any(line.fate not in (*MISSED, Fate.SAME, Fate.LEFT_OUT) for line in lines):
        told = gettext("Brought in the file %(name)s (%(digest)s…): %(counts)s.")
        model_admin.log_change(request, source, told % {**known, "counts": _counted(lines)})
    return lines


def _note_saved(
    model_admin: admin.ModelAdmin, request: HttpRequest, crossing: Crossing, new: bool, columns: list[str]
) -> None:
    """In the same transaction as the crossing: a trial leaves none."""
    log = model_admin.log_addition if new else model_admin.log_change
    log(request, crossing, gettext("By a file: %(columns)s.") % {"columns": ", ".join(columns)})


def _counted(lines: Iterable[Line]) -> str:
    return ", ".join(f"{fate.label} {n}" for fate, n in Counter(line.fate for line in lines).items())


def _told(
    model_admin: admin.ModelAdmin, request: HttpRequest, form: ImportForm, lines: list[Line], *, trial: bool
) -> HttpResponse:
    assert form.kept is not None
    counts = Counter(line.fate for line in lines)
    taken = sum(n for fate, n in counts.items() if fate not in (*MISSED, Fate.SAME, Fate.LEFT_OUT))
    if not trial and taken:
        messages.success(request, gettext("Done: %(counts)s.") % {"counts": _counted(lines)})
    shown = _shown(lines)
    title = gettext("What this file would do") if trial else gettext("What this file did")
    return page(
        request, model_admin, "files/taken.html", title=title, trial=trial, form=form, token=form.kept.token,
        name=form.kept.name, counts=[(_label(fate), counts[fate]) for fate in Fate if counts[fate]], taken=taken,
        waits=counts[Fate.PROPOSED], lines=[_line(line) for line in shown], left=len(lines) - len(shown),
        speaker=dict(speakers.choices()).get(form.cleaned_data["source"], ""),
        of_crossings=form.cleaned_data["what"] == CROSSINGS, several=_several(form) if trial else "",
    )  # fmt: skip


def _several(form: ImportForm) -> str:
    """The sources that the file names, where it is of several: only the rows of the one chosen are taken."""
    assert form.kept is not None
    named = sources_of(form.kept.body) if form.cleaned_data["what"] != CROSSINGS else []
    return ", ".join(named[:10]) if len(named) > 1 else ""


def _shown(lines: list[Line]) -> list[Line]:
    """What somebody has to look at, and of the rest as much, in the order of the file."""
    looked_at = [line for line in lines if line.fate in MISSED][:MOST_SHOWN]
    rest = [line for line in lines if line.fate not in MISSED][:MOST_SHOWN]
    chosen = {id(line) for line in (*looked_at, *rest)}
    return [line for line in lines if id(line) in chosen]


def _line(line: Line) -> Json:
    said = ""
    if isinstance(line.item, Claim):
        lanes = line.item.as_json()["lanes"]
        carried = [(lane["traffic"], lane["to"]) for lane in lanes]
        said = "; ".join([stamp(line.item.effective_at) or "–", *wording.claimed(lanes, carried)])
    elif line.item is not None:
        low, high = line.item.low, line.item.high
        said = f"{stamp(line.item.observed_at)}; {low if low is not None else ''}–{high if high is not None else ''} "
        said += f"{line.item.unit.label}"
    return {
        "at": line.at, "fate": _label(line.fate), "missed": line.fate in MISSED, "details": line.details,
        "crossing": line.item.crossing if line.item else "", "said": said,
    }  # fmt: skip


def _label(fate: Fate) -> str:
    return str(
        {
            Fate.NEW: gettext("new"),
            Fate.CHANGED: gettext("changed"),
            Fate.PROPOSED: gettext("waits for a second person: the board does not say it yet"),
            Fate.DRAFT: gettext("held as a draft"),
            Fate.SAME: gettext("the same again: nothing to do"),
            Fate.LEFT_OUT: gettext("left out: it was taken back"),
            Fate.CONFLICT: gettext("conflict: the same id was sent with other content"),
            Fate.OUTSIDE: gettext("outside of your countries"),
            Fate.REFUSED: gettext("refused"),
        }[fate]
    )
