"""How crossings stood when a page was shown, kept in the page: so that nobody overrules unseen what came meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Q, Subquery
from django.utils.translation import gettext

from crossings import ledger
from crossings.admin import wording
from crossings.models import Crossing, Report, Retraction

FIELD = "stood"
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Stood:
    """One crossing. `report` and `retraction` are its last of these: later ones were recorded meanwhile, for they are
    numbered under the crossing's lock.
    """

    slug: str
    digest: str
    report: int
    retraction: int

    def __str__(self) -> str:
        return f"{self.slug} {self.digest} {self.report} {self.retraction}"


def marks(crossings: Iterable[Crossing]) -> list[str]:
    """What a page keeps in its hidden fields: one value a crossing. One query."""
    said = Report.objects.filter(crossing=OuterRef("pk")).order_by("-pk").values("pk")[:1]
    taken = Retraction.objects.filter(report__crossing=OuterRef("pk")).order_by("-pk").values("pk")[:1]
    rows = Crossing.objects.filter(pk__in=[crossing.pk for crossing in crossings]).order_by("slug")
    found = rows.annotate(said=Subquery(said), taken=Subquery(taken))
    return [
        str(Stood(slug, ledger.stands(status or {}), report or 0, retraction or 0))
        for slug, status, report, retraction in found.values_list("slug", "current__status", "said", "taken")
    ]


def stood_in(data: Any) -> dict[str, Stood]:
    """By slug, what a sent page kept; what is no such mark is left out."""
    found: dict[str, Stood] = {}
    for text in data.getlist(FIELD):
        slug, *rest = text.split(" ")
        if len(rest) == 3 and all(each.isdecimal() for each in rest[1:]):
            found[slug] = Stood(slug, rest[0], int(rest[1][:18]), int(rest[2][:18]))
    return found


def seen(data: Any) -> dict[str, str]:
    """For the guard of an act."""
    return {slug: stood.digest for slug, stood in stood_in(data).items()}


def meanwhile(crossings: Sequence[Crossing], data: Any, now: datetime) -> list[str]:
    """Who said what of these crossings since the page that sent `data` was shown, one line each; and where nobody did,
    that time alone moved it.
    """
    lines = []
    for crossing in crossings:
        stood = stood_in(data).get(crossing.slug)
        if stood is not None and stood.digest != str(marks([crossing])[0]).split(" ")[1]:
            named = gettext("%(crossing)s: %(what)s")
            found = _said_since(crossing, stood, now) or [gettext("what was said of it ran out meanwhile.")]
            lines += [named % {"crossing": crossing, "what": each} for each in found]
    return lines


def _said_since(crossing: Crossing, stood: Stood, now: datetime) -> list[str]:
    new = Report.objects.filter(crossing=crossing, pk__gt=stood.report).select_related("recorded_by", "source")
    gone = Retraction.objects.filter(
        Q(report__crossing=crossing) & Q(pk__gt=stood.retraction) & ~Q(report__pk__gt=stood.report)
    ).select_related("recorded_by", "report__crossing")
    said = gettext("%(who)s recorded on %(when)s: %(what)s; which side acted: %(side)s")
    taken = gettext("%(who)s took back on %(when)s: %(what)s")
    return [
        *(
            said % {**_told(each, each, now), "side": wording.side_named(each.declared_by)}
            for each in new.order_by("pk")
        ),
        *(taken % _told(each, each.report, now) for each in gone.order_by("pk") if each.report),
    ]


def _told(act: Report | Retraction, report: Report, now: datetime) -> Json:
    who = act.recorded_by.get_username() if act.recorded_by else report.source.name
    return {"who": who, "when": wording.when(report.crossing, act.recorded_at, now), "what": wording.said(report)}
