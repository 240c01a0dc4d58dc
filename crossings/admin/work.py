"""Conflicts and silence as work: what needs somebody, what presses most first, each with its one next action.

A fixed number of queries, whatever there is; only of countries that the person looks after, and what their role sees.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib import admin
from django.db.models import F, Max
from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from crossings import rights
from crossings.admin import draft_told, wording
from crossings.admin.house import check, may_log, page
from crossings.admin.waiting import drafts_waiting
from crossings.admin.wording import Json
from crossings.admin.work_part import Line, Part, address, listed, part_of, sees, some_of
from crossings.board.edition import afresh, current_json
from crossings.domain.vocabulary import Basis, Confidence, Outcome, State
from crossings.models import Alarm, Crossing, Draft, Proposal, RawBatch, Report, Source
from crossings.phrases import words
from crossings.phrases.countries import country
from crossings.phrases.lanes import ordered
from crossings.phrases.story import announcement, conflicts
from crossings.phrases.text import plain
from crossings.phrases.times import moment

SOON = timedelta(hours=24)
LATELY = timedelta(days=3)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Stands:
    """A crossing as the public sees it now."""

    crossing: Crossing
    status: Json
    now: datetime

    @property
    def lanes(self) -> list[Json]:
        return ordered(self.status.get("lanes", []))

    def told(self, lanes: Sequence[Json]) -> str:
        """These of its lanes in the board's words, those that stand alike together."""
        clock = wording.clock_at(self.crossing, self.now)
        found = wording.standings({"status": {"lanes": lanes}}, clock)
        form = gettext("%(lanes)s: %(words)s")
        return gettext("; ").join(form % {"lanes": each.lanes, "words": each.words} for each in found)

    def log(self) -> str:
        return reverse("admin:crossings_report_log") + f"?crossing={self.crossing.slug}"

    def page(self) -> str:
        return address("crossings_crossing_change", self.crossing.pk)


def desk(model_admin: admin.ModelAdmin, request: HttpRequest) -> HttpResponse:
    check(model_admin.has_view_permission(request))
    parts = parts_of(request, timezone.now())
    return page(request, model_admin, "work.html", title=gettext("What needs somebody"), parts=parts)


def parts_of(request: HttpRequest, now: datetime) -> list[Part]:
    found = [*_of_crossings(request, now), *(make(request, now) for make in (_proposals, _drafts))]
    of_sources = [_alarms(request, now), _failing(request, now), _aside(request, now)]
    disputed, due, half, stale, silent, proposed, drafts = found
    parts = [disputed, due, of_sources[0], half, proposed, *of_sources[1:], drafts, stale, silent]
    return [part for part in parts if part.lines]


# Crossings


def _of_crossings(request: HttpRequest, now: datetime) -> list[Part]:
    own = list(rights.crossings_of(request.user).select_related("current").order_by("name"))
    fresh = afresh(own, now)
    stands = [Stands(each, current_json(each, fresh.get(each.pk))["status"], now) for each in own]
    logs = may_log(request)

    def lines(of: Callable[[Stands, bool], Line | None]) -> list[Line]:
        return [line for each in stands for line in [of(each, logs)] if line]

    due = [line for each in stands for line in _due(each, logs)]
    crossings = listed(Crossing)
    return [
        part_of(gettext("Sources disagree"), lines(_disputed), f"{crossings}?trust=disputed"),
        part_of(gettext("Announced, and due"), due, crossings),
        part_of(gettext("Half heard: one side has not spoken"), lines(_half_heard), f"{crossings}?state=unknown"),
        part_of(gettext("Nobody has spoken lately"), lines(_stale), f"{crossings}?trust=stale"),
        _silent(stands, logs, f"{crossings}?state=unknown"),
    ]


def _known(lane: Json, confidence: Confidence) -> bool:
    return bool(lane["confidence"] == confidence and lane["state"] != State.UNKNOWN)


def _disputed(of: Stands, logs: bool) -> Line | None:
    """Both words; what would read as open but for the dispute presses most."""
    lanes = [lane for lane in of.lanes if _known(lane, Confidence.DISPUTED)]
    if not lanes:
        return None
    clock = wording.clock_at(of.crossing, of.now)
    form = gettext("%(who)s says of %(lanes)s (%(gate)s): %(word)s")
    against = [
        form % {"who": each.voice, "lanes": each.lanes, "gate": each.gate, "word": each.theirs}
        for each in conflicts({"status": of.status}, clock)
    ]
    opens = any(lane["state"] == State.OPEN for lane in lanes)
    told = plain(gettext("; ").join([of.told(lanes), *against]))
    verb, url = (gettext("Ask, and log what holds"), of.log()) if logs else (gettext("Look at it"), of.page())
    return Line(of.crossing.name, told, verb, url, rank=0 if opens else 1, pressing=True)


def _due(of: Stands, logs: bool) -> Iterator[Line]:
    """Announcements that are due, will be within a day, or lapsed lately with nobody having spoken since."""
    clock = wording.clock_at(of.crossing, of.now)
    heard = moment(of.status.get("confirmed_at"))
    for each in of.status.get("announced", []):
        at = moment(each["at"])
        if each["basis"] != Basis.ANNOUNCED or at is None or at > of.now + SOON:
            continue
        ended = each["outcome"]
        lapsed = ended == Outcome.LAPSED and at > of.now - LATELY and not (heard and heard > at)
        if ended and not lapsed:
            continue
        told = announcement(each, _sides(of), clock)
        due = told.due.words if told.due else ""
        parts = [told.words, due, told.outcome]
        line = plain(gettext("; ").join(part for part in parts if part))
        verb, url = (_asks(each, at <= of.now), of.log()) if logs else (gettext("Look at it"), of.page())
        rank = (at - of.now).total_seconds() if at > of.now else -1.0
        yield Line(of.crossing.name, line, verb, url, rank=rank, pressing=at <= of.now)


def _sides(of: Stands) -> Json:
    return {"status": of.status, "countries": list(of.crossing.countries)}


def _asks(said: Json, due: bool) -> str:
    if not due:
        return gettext("Ask whether it stands, and log it")
    states = {lane["state"] for lane in said["lanes"]}
    if states == {State.OPEN}:
        return gettext("Did it open? Log it")
    return gettext("Did it close? Log it") if states == {State.CLOSED} else gettext("Did it come about? Log it")


def _half_heard(of: Stands, logs: bool) -> Line | None:
    lanes = [
        lane for lane in of.lanes
        if lane["state"] == State.UNKNOWN and 0 < len(words.silent_sides(lane)) < len(lane["gates"])
    ]  # fmt: skip
    if not lanes:
        return None
    silent = dict.fromkeys(side.partition(":")[0] for lane in lanes for side in words.silent_sides(lane))
    sides = gettext(" and ").join(country(side) for side in silent)
    verb = gettext("Ask in %(side)s, and log what they say") % {"side": sides}
    clock = wording.clock_at(of.crossing, of.now)
    why = dict.fromkeys(part for lane in lanes for part in words.unknown_details(lane, clock)[:1])
    told = plain(gettext("; ").join([of.told(lanes), *why]))
    return Line(of.crossing.name, told, verb, of.log()) if logs else Line(
        of.crossing.name, told, gettext("Look at it"), of.page()
    )  # fmt: skip


def _stale(of: Stands, logs: bool) -> Line | None:
    """The longest unheard first."""
    lanes = [lane for lane in of.lanes if _known(lane, Confidence.STALE)]
    if not lanes:
        return None
    heard = min((at for at in (moment(lane["confirmed_at"]) for lane in lanes) if at), default=of.now)
    verb, url = gettext("Ask, and say whether it is as before"), address("crossings_crossing_confirm", of.crossing.pk)
    if not logs:
        verb, url = gettext("Look at it"), of.page()
    return Line(of.crossing.name, of.told(lanes), verb, url, rank=heard.timestamp())


def _silent(stands: Sequence[Stands], logs: bool, url: str) -> Part:
    """Of which nothing is known: never heard of, or forgotten. Those of which something was known once come first, then
    those with most kinds of traffic.
    """
    silent = [of for of in stands if _is_silent(of)]
    told = Report.objects.filter(crossing__in=[of.crossing.pk for of in silent])
    last = dict(told.order_by().values_list("crossing").annotate(Max("reported_at"))) if silent else {}
    lines = []
    for of in silent:
        heard = last.get(of.crossing.pk)
        form = gettext("Not known any more: last heard of %(age)s") if heard else gettext("Never heard of")
        told_of = form % {"age": wording.age(of.crossing, heard, of.now)} if heard else form
        verb, url_of = (gettext("Ask, and log what holds"), of.log()) if logs else (gettext("Look at it"), of.page())
        rank = (0 if heard else 10) - len(of.crossing.traffic)
        lines.append(Line(of.crossing.name, told_of, verb, url_of, rank=rank))
    title = ngettext("Silent: %(n)s crossing", "Silent: %(n)s crossings", len(lines)) % {"n": len(lines)}
    return part_of(title, lines, url)


def _is_silent(of: Stands) -> bool:
    """What is half heard has a line already."""
    return all(
        lane["state"] == State.UNKNOWN and len(words.silent_sides(lane)) in (0, len(lane["gates"])) for lane in of.lanes
    )


# What waits, and what fails. Each kind is asked for once, with one more than is shown and their number.


def _proposals(request: HttpRequest, now: datetime) -> Part:
    title = gettext("Waits for a second person")
    if not sees(request, Proposal):
        return Part(title)
    rows = rights.limited(Proposal.objects.filter(decision=""), request.user, "crossing")
    decides = request.user.has_perm("crossings.decide_proposal")

    def line(row: Proposal) -> Line:
        told = {"who": row.proposed_by.get_username(), "age": wording.age(row.crossing, row.proposed_at, now)}
        form = gettext("%(what)s, proposed by %(who)s %(age)s") % {"what": kind_of(row), **told}
        own = row.proposed_by_id == request.user.pk
        verb = gettext("Agree or refuse") if decides and not own else gettext("Look at it")
        return Line(row.crossing.name, form, verb, address("crossings_proposal_change", row.pk), pressing=True)

    rows = rows.select_related("crossing", "proposed_by").order_by("proposed_at", "pk")
    return some_of(rows, title, listed(Proposal), line)  # type: ignore[arg-type]


def kind_of(row: Proposal) -> str:
    return {
        Proposal.Kind.UPDATE: gettext("An update"),
        Proposal.Kind.CORRECTION: gettext("A correction"),
        Proposal.Kind.CONFIRMATION: gettext("A confirmation"),
        Proposal.Kind.RETRACTION: gettext("A retraction"),
        Proposal.Kind.REDACTION: gettext("A redaction"),
        Proposal.Kind.ACCEPTANCE: gettext("A draft to be accepted"),
        Proposal.Kind.UNMARKING: gettext("That it be sensitive no more"),
    }[Proposal.Kind(row.kind)]


def _drafts(request: HttpRequest, now: datetime) -> Part:
    """The oldest first."""
    title = gettext("Drafts")
    if not sees(request, Draft):
        return Part(title)
    decides = request.user.has_perm("crossings.change_draft")

    def line(row: Draft) -> Line:
        about = row.crossing.name if row.crossing else gettext("A text")
        told = {"says": draft_told.in_short(row), "who": row.source.name}
        told["age"] = wording.age(row.crossing, row.created_at, now)
        form = gettext("%(says)s (%(who)s, it came %(age)s)")
        verb = gettext("Review it") if decides else gettext("Look at it")
        return Line(about, form % told, verb, review(row), pressing=row.created_at < now - DAY)

    rows = drafts_waiting(request.user).select_related("crossing", "source").order_by("created_at", "pk")
    return some_of(rows, title, listed(Draft), line)  # type: ignore[arg-type]


def review(row: Draft) -> str:
    try:
        return address("crossings_draft_review", row.pk)
    except NoReverseMatch:
        return address("crossings_draft_change", row.pk)


def _alarms(request: HttpRequest, now: datetime) -> Part:
    title = gettext("Alarms")
    if not sees(request, Alarm):
        return Part(title)
    rows = rights.of_own_sources(Alarm.objects.filter(cleared_at=None), request.user, "source")
    clears = request.user.has_perm("crossings.change_alarm")

    def line(row: Alarm) -> Line:
        told = {"what": row.get_kind_display(), "age": wording.age(None, row.raised_at, now)}
        form = gettext("%(what)s, %(age)s") % told
        verb = gettext("Look, and say it is dealt with") if clears else gettext("Look at it")
        return Line(row.source.name, form, verb, address("crossings_alarm_change", row.pk), pressing=True)

    return some_of(rows.select_related("source").order_by("raised_at"), title, listed(Alarm), line)  # type: ignore[arg-type]


def _failing(request: HttpRequest, now: datetime) -> Part:
    title = gettext("Sources that fail")
    if not sees(request, Source):
        return Part(title)
    rows = rights.sources_of(request.user).filter(active=True, state__failing_since__isnull=False)

    def line(row: Source) -> Line:
        since = row.state.failing_since or now
        told = {"n": row.state.failures, "age": wording.age(None, since, now)}
        form = ngettext("failed once, %(age)s", "failed %(n)s times in a row, first %(age)s", row.state.failures)
        url = reverse("admin:crossings_source_glance_changelist")
        return Line(row.name, form % told, gettext("See what came of its polls"), url)

    rows = rows.select_related("state").order_by(F("state__failing_since").asc())
    return some_of(rows, title, listed(Source, "?polling=failing"), line)  # type: ignore[arg-type]


def _aside(request: HttpRequest, now: datetime) -> Part:
    title = gettext("Batches set aside")
    if not sees(request, RawBatch):
        return Part(title)
    dead = RawBatch.objects.filter(state=RawBatch.State.DEAD)
    rows = rights.of_own_sources(dead, request.user, "source").defer("body")
    tries = request.user.has_perm("crossings.change_source")

    def line(row: RawBatch) -> Line:
        told = {"age": wording.age(None, row.received_at, now), "n": row.attempts}
        form = ngettext("received %(age)s, tried once", "received %(age)s, tried %(n)s times", row.attempts) % told
        verb = gettext("Look, and try it again") if tries else gettext("Look at it")
        return Line(row.source.name, form, verb, address("crossings_rawbatch_change", row.pk))

    rows = rows.select_related("source").order_by("received_at")
    return some_of(rows, title, listed(RawBatch, "?state__exact=dead"), line)  # type: ignore[arg-type]
