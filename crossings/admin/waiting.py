"""What waits for somebody, for the front page of the desk: counts and links, in a query for each kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin
from django.db.models import BooleanField, Count, F, Func, Min, Model, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext, ngettext

from crossings import rights
from crossings.admin import wording
from crossings.domain.vocabulary import Confidence
from crossings.models import Alarm, Crossing, Draft, Proposal, RawBatch, Source

DAY = timedelta(days=1)
ALARMS_NAMED = 5


@dataclass(frozen=True, slots=True)
class Waits:
    """`pressing`: it should not wait."""

    words: str
    url: str
    pressing: bool = False


def waiting(request: HttpRequest, now: datetime) -> Iterator[Waits]:
    """Of what this person may see, what needs somebody; nothing where all is well. Drafts for who decides on them."""
    kinds = {
        Alarm: _alarms, Proposal: _proposals, Draft: _drafts, Crossing: _crossings, Source: _sources,
        RawBatch: _batches,
    }  # fmt: skip
    decides = request.user.has_perm("crossings.change_draft")
    for model, lines in kinds.items():
        registered = admin.site._registry[model]
        if registered.has_view_permission(request) and (model is not Draft or decides):
            rows = drafts_waiting(request.user) if model is Draft else registered.get_queryset(request)
            yield from lines(rows, now)


def drafts_waiting(person: rights.Person) -> QuerySet[Draft]:
    """Of crossings that this person looks after; a text that names none yet is of those who look after its source."""
    waiting = Draft.objects.filter(decision="")
    texts = rights.of_own_sources(waiting.filter(crossing=None), person, "source")
    own = rights.limited(waiting, person, "crossing")
    return waiting.filter(Q(pk__in=own.values("pk")) | Q(pk__in=texts.values("pk")))


def _list(model: type[Model], query: str = "") -> str:
    return reverse(f"admin:crossings_{model._meta.model_name}_changelist") + query


def _alarms(rows: QuerySet[Any], now: datetime) -> Iterator[Waits]:
    raised = list(rows.filter(cleared_at=None).order_by("-raised_at").select_related("source")[: ALARMS_NAMED + 1])
    for alarm in raised[:ALARMS_NAMED]:
        told = {"what": alarm.get_kind_display(), "source": alarm.source.name}
        told["age"] = wording.age(None, alarm.raised_at, now)
        words = gettext("Alarm: %(what)s (%(source)s, %(age)s)") % told
        yield Waits(words, reverse("admin:crossings_alarm_change", args=[alarm.pk]), pressing=True)
    if len(raised) > ALARMS_NAMED:
        yield Waits(gettext("and more alarms"), _list(Alarm), pressing=True)


def _proposals(rows: QuerySet[Any], now: datetime) -> Iterator[Waits]:
    n = rows.filter(decision="").count()
    if n:
        form = ngettext("%(n)s proposal waits for a second person", "%(n)s proposals wait for a second person", n)
        yield Waits(form % {"n": n}, _list(Proposal), pressing=True)


def _drafts(rows: QuerySet[Any], now: datetime) -> Iterator[Waits]:
    found = rows.aggregate(n=Count("pk"), old=Count("pk", filter=Q(created_at__lt=now - DAY)), oldest=Min("created_at"))
    if not found["n"]:
        return
    words = ngettext("%(n)s draft waits", "%(n)s drafts wait", found["n"]) % {"n": found["n"]}
    if found["old"]:
        told = {"n": found["old"], "oldest": wording.age(None, found["oldest"], now)}
        old = ngettext(
            "%(n)s for more than a day: it came %(oldest)s", "%(n)s for more than a day: the oldest came %(oldest)s",
            found["old"],
        )  # fmt: skip
        words = gettext("%(drafts)s, %(old)s") % {"drafts": words, "old": old % told}
    yield Waits(words, _list(Draft), pressing=bool(found["old"]))


def _crossings(rows: QuerySet[Any], now: datetime) -> Iterator[Waits]:
    found = rows.aggregate(
        disputed=Count("pk", filter=trusted_as(Confidence.DISPUTED, "current__status")),
        stale=Count("pk", filter=trusted_as(Confidence.STALE, "current__status")),
    )
    if found["disputed"]:
        form = ngettext(
            "%(n)s crossing of which sources disagree", "%(n)s crossings of which sources disagree", found["disputed"]
        )
        yield Waits(form % {"n": found["disputed"]}, _list(Crossing, "?trust=disputed"), pressing=True)
    if found["stale"]:
        form = ngettext(
            "%(n)s crossing of which nobody has spoken lately", "%(n)s crossings of which nobody has spoken lately",
            found["stale"],
        )  # fmt: skip
        yield Waits(form % {"n": found["stale"]}, _list(Crossing, "?trust=stale"))


def trusted_as(confidence: Confidence, status: str) -> Func:
    """Of a crossing's current status: whether any lane that is known stands so."""
    path = f'$.lanes[*] ? (@.confidence == "{confidence.value}" && @.state != "unknown")'
    return Func(
        F(status), RawSQL("%s::jsonpath", [path]), function="jsonb_path_exists", output_field=BooleanField()
    )  # fmt: skip


def _sources(rows: QuerySet[Any], now: datetime) -> Iterator[Waits]:
    failing = rows.filter(active=True, state__failing_since__isnull=False).count()
    if failing:
        form = ngettext("%(n)s source fails", "%(n)s sources fail", failing)
        yield Waits(form % {"n": failing}, _list(Source, "?polling=failing"), pressing=True)


def _batches(rows: QuerySet[Any], now: datetime) -> Iterator[Waits]:
    aside = rows.filter(state=RawBatch.State.DEAD).count()
    if aside:
        form = ngettext("%(n)s batch was set aside", "%(n)s batches were set aside", aside)
        yield Waits(form % {"n": aside}, _list(RawBatch, "?state__exact=dead"), pressing=True)
