"""The desk's work as parts and their lines, each with its one next action."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import ngettext

SHOWN = 20
"""Lines of one kind."""


@dataclass(frozen=True, slots=True)
class Line:
    """What needs somebody. `rank`: the lower, the more it presses."""

    about: str
    words: str
    verb: str
    url: str
    rank: float = 0
    pressing: bool = False


@dataclass(slots=True)
class Part:
    """Lines of one kind; `more` says how many are not shown, `url` where they are."""

    title: str
    lines: list[Line] = field(default_factory=list)
    more: str = ""
    url: str = ""


def sees(request: HttpRequest, model: type[Model]) -> bool:
    registered = admin.site._registry.get(model)
    return registered is not None and registered.has_view_permission(request)


def listed(model: type[Model], query: str = "") -> str:
    return reverse(f"admin:crossings_{model._meta.model_name}_changelist") + query


def address(name: str, pk: int) -> str:
    return reverse(f"admin:{name}", args=[pk])


def part_of(title: str, lines: list[Line], url: str) -> Part:
    more = len(lines) - SHOWN
    told = ngettext("and %(n)s more", "and %(n)s more", more) % {"n": more} if more > 0 else ""
    return Part(title, sorted(lines, key=lambda line: line.rank)[:SHOWN], told, url)


def some_of(rows: QuerySet[Model], title: str, url: str, line: Callable[[Model], Line]) -> Part:
    found = list(rows[: SHOWN + 1])
    n = rows.count() - SHOWN
    more = ngettext("and %(n)s more", "and %(n)s more", n) % {"n": n} if n > 0 else ""
    return Part(title, [line(row) for row in found[:SHOWN]], more, url)
