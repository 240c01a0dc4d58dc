"""Bulletins: made of chosen crossings at an hour, looked at, issued; then read, printed, sent on and kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core import signing
from django.db import transaction
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import get_language, get_language_bidi, gettext, gettext_lazy, override

from crossings import bulletins, rights
from crossings.admin import files, wording
from crossings.admin.bulletin_form import BulletinForm
from crossings.admin.house import LookOnly, act, acting, check, page
from crossings.board.many import many
from crossings.bulletins import Rows
from crossings.domain.claims import sha256_of
from crossings.domain.fields import row_number
from crossings.files.writing import XLSX_TYPE, xlsx_file
from crossings.models import Bulletin, Crossing

Json = dict[str, Any]
SALT = "bulletin"
MOST_AGAIN = 5
COLUMNS = {
    "cargo": gettext_lazy("Cargo"),
    "aid": gettext_lazy("Humanitarian"),
    "people": gettext_lazy("People"),
    "queue": gettext_lazy("Queue"),
    "checked": gettext_lazy("Last checked"),
    "role": gettext_lazy("By which role"),
    "wfp": gettext_lazy("WFP word"),
    "planned": gettext_lazy("Planned"),
}


def may_issue(request: HttpRequest) -> bool:
    return bool(request.user.has_perm("crossings.add_bulletin"))


@admin.register(Bulletin)
class BulletinAdmin(LookOnly):
    """Of crossings outside of a person's countries not even a bulletin that also tells of others is shown."""

    list_display = ("name", "hour", "made_by", "issued")
    search_fields = ("name",)
    ordering = ("-made_at", "-pk")
    list_select_related = ("made_by",)
    change_list_template = "admin/crossings/bulletin/change_list.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Bulletin]:
        return bulletins.visible(acting(request))

    def get_urls(self) -> list[URLPattern]:
        new = path("new/", self.admin_site.admin_view(partial(make, self)), name="crossings_bulletin_new")
        return [new, act(self, "xlsx", partial(workbook, self)), *files.urls(self), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(request, {"may_issue": may_issue(request), **(extra_context or {})})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        check(self.has_view_permission(request))
        bulletin = self.get_object(request, object_id)
        if bulletin is None:
            raise Http404
        return read(self, request, bulletin)

    @admin.display(description=gettext_lazy("as they stood"), ordering="at")
    def hour(self, bulletin: Bulletin) -> str:
        return wording.when(None, bulletin.at, timezone.now())

    @admin.display(description=gettext_lazy("issued"), ordering="made_at")
    def issued(self, bulletin: Bulletin) -> str:
        return wording.ago(bulletin.made_at, timezone.now())


# Making one


def make(model_admin: admin.ModelAdmin, request: HttpRequest) -> HttpResponse:
    """Choose, look, issue. `?again=` one as last time: of its crossings, now."""
    check(may_issue(request))
    now, user = timezone.now(), acting(request)
    own = list(rights.crossings_of(user).order_by("name", "slug"))
    if "bulletin" in request.POST:
        return _issue(model_admin, request, own, now)
    again = str(request.GET.get("again", ""))
    if again.isdecimal() and request.method == "GET":
        last = bulletins.visible(user).filter(pk=row_number(again)).first()
        if last is None:
            raise Http404
        slugs = {row["slug"] for row in last.rows if not row["gone"]}
        return _preview(model_admin, request, last.name, [each for each in own if each.slug in slugs], now, now)
    form = BulletinForm(request.POST if request.method == "POST" else None, own, now)
    if form.is_valid():
        return _preview(model_admin, request, form.cleaned_data["name"], form.chosen, form.at, now)
    return page(
        request, model_admin, "bulletin/new.html", title=gettext("New bulletin"), form=form,
        lasts=_lasts(bulletins.visible(user)),
    )  # fmt: skip


def _lasts(seen: QuerySet[Bulletin]) -> list[Bulletin]:
    """The newest of each name."""
    newest = seen.order_by("name", "-made_at", "-pk").distinct("name").defer("rows")
    return sorted(newest, key=lambda each: each.made_at, reverse=True)[:MOST_AGAIN]


def _preview(
    model_admin: admin.ModelAdmin, request: HttpRequest, name: str, chosen: Sequence[Crossing], at: datetime,
    now: datetime, notice: str = "",
) -> HttpResponse:  # fmt: skip
    last = bulletins.last_of(name, acting(request))
    found = _rows(chosen, at, now, last)
    meant = {
        "name": name, "slugs": [each.slug for each in chosen], "at": at.isoformat(), "made_at": now.isoformat(),
        "since": last.pk if last else None, "seen": sha256_of(found),
    }  # fmt: skip
    return page(
        request, model_admin, "bulletin/preview.html", title=gettext("Bulletin: %(name)s") % {"name": name},
        token=signing.dumps(meant, salt=SALT, compress=True), notice=notice, first=last is None, last=last,
        **_table(found, at, get_language() or "en"),
    )  # fmt: skip


def _rows(chosen: Sequence[Crossing], at: datetime, made_at: datetime, last: Bulletin | None) -> Rows:
    return bulletins.marked(bulletins.rows(many(chosen, at), at, made_at), last.rows if last else None)


def _issue(model_admin: admin.ModelAdmin, request: HttpRequest, own: Sequence[Crossing], now: datetime) -> HttpResponse:
    """Just what was shown; where that is no more what would go out, it is shown again."""
    try:
        meant = signing.loads(str(request.POST["bulletin"]), salt=SALT, max_age=24 * 3600)
    except signing.BadSignature:
        messages.error(request, gettext("This form is too old: choose again."))
        return HttpResponseRedirect(reverse("admin:crossings_bulletin_new"))
    name, at, made_at = meant["name"], datetime.fromisoformat(meant["at"]), datetime.fromisoformat(meant["made_at"])
    chosen = [each for each in own if each.slug in set(meant["slugs"])]
    user = acting(request)
    sent = Bulletin.objects.filter(name=name, made_by=user, made_at=made_at).first()
    if sent is None:
        last = bulletins.last_of(name, user)
        found = _rows(chosen, at, made_at, last)
        if sha256_of(found) != meant["seen"]:
            notice = gettext("Not issued yet: since it was shown, something of it changed. This is what it says now.")
            return _preview(model_admin, request, name, chosen, at, now, notice)
        try:
            with transaction.atomic():
                sent, new = bulletins.issue(name, at, found, by=user, made_at=made_at, since=meant["since"])
                if new:
                    model_admin.log_addition(request, sent, gettext("Issued."))
        except bulletins.Overtaken:
            notice = gettext("Not issued yet: another of this name went out meanwhile. It is now compared with that.")
            return _preview(model_admin, request, name, chosen, at, now, notice)
    messages.success(request, gettext("Issued: it is kept just as it stands here."))
    return HttpResponseRedirect(reverse("admin:crossings_bulletin_change", args=[sent.pk]))


# Reading one


def read(model_admin: admin.ModelAdmin, request: HttpRequest, bulletin: Bulletin) -> HttpResponse:
    language = _language(request)
    address = request.build_absolute_uri("/")
    text = bulletins.message(bulletin.name, bulletin.at, bulletin.rows, language, address)
    return page(
        request, model_admin, "bulletin/issued.html", title=bulletin.name, original=bulletin, text=text,
        lines=text.count("\n") + 2, address=request.build_absolute_uri(request.path),
        languages=[{"code": code, "name": name, "chosen": code == language} for code, name in settings.LANGUAGES],
        issued=wording.when(None, bulletin.made_at, timezone.now()), may_issue=may_issue(request),
        **_table(bulletin.rows, bulletin.at, language),
    )  # fmt: skip


def _language(request: HttpRequest) -> str:
    asked = str(request.GET.get("language", ""))
    return asked if asked in dict(settings.LANGUAGES) else get_language() or "en"


def workbook(model_admin: admin.ModelAdmin, request: HttpRequest, bulletin: Bulletin) -> Any:
    check(model_admin.has_view_permission(request))
    with override(_language(request)):
        language = get_language() or "en"
        header = [gettext("Road"), gettext("Sides"), gettext("Direction"), *(str(each) for each in COLUMNS.values())]
        head = [[bulletin.name], [bulletins.as_of(bulletin.rows, bulletin.at)], []]
        lines = [_line(row, way) for row in _shown(bulletin.rows, language) for way in row["ways"]]
        file = xlsx_file([*head, [*header, gettext("Changed")], *lines], "Bulletin")
    name = f"{slugify(bulletin.name) or 'bulletin'}-{bulletin.at:%Y-%m-%d-%H%M}Z.xlsx"
    return FileResponse(file, as_attachment=True, filename=name, content_type=XLSX_TYPE)


def _line(row: Json, way: Json) -> list[str]:
    news = [row["flag"], *(f"{cell['label']} ({cell['was']})" for cell in way["cells"] if cell["changed"])]
    told = [cell["text"] for cell in way["cells"]]
    return [row["name"], row["sides"], way["direction"], *told, "; ".join(filter(None, news))]


def _table(found: Rows, at: datetime, language: str) -> Json:
    """What bulletin/table.html needs."""
    with override(language):
        return {
            "rows": _shown(found, language), "columns": list(COLUMNS.values()), "as_of": bulletins.as_of(found, at),
            "said_in": language, "direction": "rtl" if get_language_bidi() else "ltr",
            "news": sum(bool(row["changed"] or row["new"] or row["gone"]) for row in found),
        }  # fmt: skip


def _shown(found: Rows, language: str) -> list[Json]:
    return [_row(row, language) for row in found]


def _row(row: Json, language: str) -> Json:
    said = bulletins.in_language(row, language)
    flags = {"new": gettext("new"), "gone": gettext("not in this bulletin any more")}
    flag = next((word for name, word in flags.items() if row[name]), "")
    was = row["was"].get(language) or row["was"].get("en", {})
    order = row.get("to") or sorted(said["ways"])
    ways = [] if row["gone"] else [_way(to, said["ways"][to], row["changed"], was) for to in order]
    ways = ways or [{"direction": "", "cells": []}]
    return {"name": said["name"], "sides": said["sides"], "flag": flag, "ways": ways, "gone": row["gone"]}


def _way(to: str, way: Json, changed: list[str], was: Json) -> Json:
    cells = [
        {
            "name": name, "label": str(label), "text": way[name], "changed": f"{to}.{name}" in changed,
            "was": was.get(f"{to}.{name}", ""), "untranslated": name == "wfp", "none": way[name] == bulletins.NOTHING,
        }
        for name, label in COLUMNS.items()
    ]  # fmt: skip
    return {"direction": way["direction"], "cells": cells}
