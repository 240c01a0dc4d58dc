"""The page before the form: which crossing, or which several."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib import admin
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext

from crossings.admin.house import acting, page
from crossings.matching import Names
from crossings.models import Crossing, Paste, Report
from crossings.phrases.countries import country

RECENT = 6
LOOKED_BACK = 60
"""Reports."""


@dataclass(frozen=True, slots=True)
class Border:
    """The crossings between two countries; `code` names them all at once."""

    name: str
    code: str
    crossings: list[Crossing]


def pick(
    model_admin: admin.ModelAdmin, request: HttpRequest, names: Names, asked: str, fault: str,
    pasted: Paste | None = None,
) -> HttpResponse:  # fmt: skip
    title = gettext("Log an update: which crossing?")
    known = names.by_slug.values()
    return page(
        request, model_admin, "log_pick.html", title=title, asked=asked, fault=fault, borders=_borders(known),
        recent=_recent(acting(request), names), countries=_countries(known), paste=pasted,
    )  # fmt: skip


def _borders(known: Iterable[Crossing]) -> list[Border]:
    found: dict[str, Border] = {}
    for crossing in sorted(known, key=str):
        code = "-".join(sorted(crossing.countries))
        name = " – ".join(country(each) for each in crossing.countries)
        found.setdefault(code, Border(name, code, [])).crossings.append(crossing)
    return sorted(found.values(), key=lambda border: border.name)


def _countries(known: Iterable[Crossing]) -> list[tuple[str, str]]:
    """Those with gates on more than one border: the others' gates are those of that border."""
    borders: dict[str, set[frozenset[str]]] = {}
    for crossing in known:
        for code in crossing.countries:
            borders.setdefault(code, set()).add(frozenset(crossing.countries))
    return sorted((country(code), code) for code, found in borders.items() if len(found) > 1)


def _recent(user: User, names: Names) -> list[Crossing]:
    """Those of which this person logged something last, the newest first."""
    mine = (
        Report.objects.filter(recorded_by=user).order_by("-pk").values_list("crossing__slug", flat=True)[:LOOKED_BACK]
    )
    found = [names.by_slug[slug] for slug in dict.fromkeys(mine) if slug in names.by_slug]
    return found[:RECENT]
