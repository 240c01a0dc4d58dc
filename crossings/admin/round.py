"""The round: a person's crossings one after the other, one tap each where it is as before.

What was done on it is read off the ledger, so that it can be left at any moment and taken up again anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext

from crossings import board, ledger, proposals, rights
from crossings.admin import wording
from crossings.admin.house import acting, check, may_log, page
from crossings.admin.speakers import own_source
from crossings.board.edition import afresh, current_json
from crossings.domain.vocabulary import HowKnown
from crossings.models import Confirmation, Crossing, Duty, Proposal, Report, Round, Source
from crossings.phrases.countries import country

URL = "admin:crossings_crossing_round_changelist"
MOST_SHOWN = 100
LITTLE = timedelta(minutes=1)
"""How far a telephone's clock may run before ours."""
OLDEST = timedelta(hours=24)
LONG = timedelta(hours=12)
DONE = "done"
HOW = "round_how"
"""Where the session keeps how the person knows."""


@dataclass(slots=True)
class Stop:
    """A crossing on the round. `seen`: how it stood when this was shown. `known`: there is something to confirm.
    `done`: how it was done with, "" where it is left. `why`: what has to be said of the last tap.
    """

    crossing: Crossing
    stands: list[wording.Standing]
    heard: str
    seen: str
    known: bool
    done: str = ""
    why: str = ""

    @property
    def border(self) -> str:
        return " – ".join(country(each) for each in self.crossing.countries)

    @property
    def fate(self) -> str:
        return {
            "": "",
            Confirmation.__name__: gettext("As before: confirmed."),
            Report.__name__: gettext("An update was logged."),
            Proposal.__name__: gettext("It waits for a second person: the board does not say it yet."),
        }[self.done]

    @property
    def told(self) -> str:
        return told_of(self.why)


def told_of(why: str) -> str:
    """What the person has to be told of a tap that was not taken."""
    return {
        "overtaken": gettext("Something was reported meanwhile. This is how it stands now: is it still so?"),
        "too_old": gettext("That tap is more than a day old. Is it still so now?"),
        "ahead": gettext("That tap came from a clock that runs before ours. Is it so now?"),
        "nothing": gettext("Nothing is known of it that could be confirmed: log what you learned."),
        "how": gettext("Choose above how you know, then tap again."),
    }.get(why, "")


def how_choices() -> list[tuple[str, str]]:
    return [
        (HowKnown.WAS_TOLD.value, gettext("I called")),
        (HowKnown.SAW_IT.value, gettext("I saw it")),
        (HowKnown.MEDIA.value, gettext("I read it")),
    ]


def my_crossings(user: User) -> QuerySet[Crossing]:
    """Those this person chose, or all that they look after; by border."""
    own = rights.crossings_of(user).order_by("country_a", "country_b", "name")
    chosen = list(Duty.crossings.through.objects.filter(duty__user=user).values_list("crossing_id", flat=True))
    return own.filter(pk__in=chosen) if chosen else own


def round_of(user: User) -> Round | None:
    return Round.objects.filter(user=user, ended_at=None).first()


def done_with(user: User, crossings: Sequence[int], since: datetime, until: datetime | None = None) -> dict[int, str]:
    """What this person did at each crossing in that time: three queries."""
    end = until or timezone.now() + LITTLE
    found: dict[int, str] = {}
    for model, who, when in (
        (Confirmation, "recorded_by", "recorded_at"),
        (Report, "recorded_by", "recorded_at"),
        (Proposal, "proposed_by", "proposed_at"),
    ):
        rows = model._default_manager.filter(
            **{who: user, f"{when}__gte": since, f"{when}__lte": end, "crossing_id__in": crossings}
        )
        found |= dict.fromkeys(rows.values_list("crossing_id", flat=True), model.__name__)
    return found


def stops_of(crossings: Sequence[Crossing], now: datetime) -> list[Stop]:
    """As the public sees them now."""
    fresh = afresh(crossings, now)
    return [_stop(each, current_json(each, fresh.get(each.pk))["status"], now) for each in crossings]


def _known(crossing: Crossing) -> bool:
    """Whether, by what is kept, there is something to confirm."""
    return bool(hasattr(crossing, "current") and crossing.current.status.get("sources"))


def _in_turn(crossings: Iterable[Crossing]) -> list[Crossing]:
    """Those that one tap can do first."""
    return sorted(crossings, key=lambda each: not _known(each))


def _stop(crossing: Crossing, status: wording.Json, now: datetime) -> Stop:
    clock = wording.clock_at(crossing, now)
    stored = crossing.current.status if hasattr(crossing, "current") else {}
    heard = status.get("confirmed_at")
    return Stop(
        crossing=crossing,
        stands=wording.standings({"status": {"lanes": [], **status}}, clock),
        heard=wording.age(crossing, datetime.fromisoformat(heard), now) if heard else "",
        seen=ledger.stands(stored),
        known=bool(status.get("sources")),
    )


def go_round(model_admin: admin.ModelAdmin, request: HttpRequest) -> HttpResponse:
    """The page of the round, and what is sent from it: to begin, one tap, to end."""
    check(may_log(request))
    user, now = acting(request), timezone.now()
    if request.method != "POST":
        return _show(model_admin, request, user, now)
    if "begin" in request.POST:
        Round.objects.get_or_create(user=user, ended_at=None, defaults={"begun_at": now})
    elif "end" in request.POST:
        Round.objects.filter(user=user, ended_at=None).update(ended_at=now)
    else:
        return _tapped(model_admin, request, user, now)
    return HttpResponseRedirect(reverse(URL))


def _show(model_admin: admin.ModelAdmin, request: HttpRequest, user: User, now: datetime) -> HttpResponse:
    mine = list(my_crossings(user).select_related("current"))
    current = round_of(user)
    title = gettext("The round")
    if current is None:
        last = Round.objects.filter(user=user).order_by("-ended_at").first()
        summary = _summary(user, mine, last, now) if last else None
        return page(request, model_admin, "round.html", title=title, of=len(mine), summary=summary)
    done = done_with(user, [each.pk for each in mine], current.begun_at)
    ordered = sorted(_in_turn(mine), key=lambda each: each.pk in done)
    stops = stops_of(ordered[:MOST_SHOWN], now)
    for stop in stops:
        stop.done = done.get(stop.crossing.pk, "")
        if stop.crossing.slug == request.GET.get("look"):
            stop.why = request.GET.get("why", "")
    left = [stop for stop in stops if not stop.done]
    return page(
        request, model_admin, "round.html", title=title, current=current, of=len(mine), done=len(done),
        left=left, asked=[stop for stop in left if stop.known], silent=[stop for stop in left if not stop.known],
        silent_count=sum(not _known(each) for each in mine if each.pk not in done),
        stops_done=[stop for stop in stops if stop.done],
        more=len(mine) - len(stops), how=request.session.get(HOW, ""), hows=how_choices(), user_pk=user.pk,
        now=now.isoformat(), old=wording.age(None, current.begun_at, now) if now - current.begun_at > LONG else "",
    )  # fmt: skip


def _summary(user: User, mine: Sequence[Crossing], last: Round, now: datetime) -> dict[str, object]:
    """What came of a round that ended."""
    done = done_with(user, [each.pk for each in mine], last.begun_at, last.ended_at)
    found = list(done.values())
    return {
        "ended": wording.age(None, last.ended_at or now, now),
        "done": len(done),
        "confirmed": found.count(Confirmation.__name__),
        "logged": found.count(Report.__name__),
        "proposed": found.count(Proposal.__name__),
        "left": [each.name for each in mine if each.pk not in done][:MOST_SHOWN],
    }


def _tapped(model_admin: admin.ModelAdmin, request: HttpRequest, user: User, now: datetime) -> HttpResponse:
    slug, _, seen = request.POST.get("tap", "").partition(":")
    if "\x00" in slug:
        raise Http404
    crossing = rights.crossings_of(user).select_related("current").filter(slug=slug).first()
    if crossing is None:
        raise Http404
    how = request.POST.get("how", "")
    if how in dict(how_choices()):
        request.session[HOW] = how
    sent_at = request.POST.get("at")
    why = _why_not(how, sent_at, now) or confirm(
        model_admin, request, crossing, seen, _moment(sent_at) or now, how, now
    )
    if "application/json" in request.headers.get("Accept", ""):
        return _told(request, user, crossing, why, now)
    after = _next(user, crossing) if why == DONE else f"?look={slug}&why={why}#c-{slug}"
    return HttpResponseRedirect(reverse(URL) + after)


def _why_not(how: str, sent_at: str | None, now: datetime) -> str:
    if how not in dict(how_choices()):
        return "how"
    at = _moment(sent_at)
    if sent_at and (at is None or at < now - OLDEST):
        return "too_old"
    return "ahead" if at and at > now + LITTLE else ""


def _moment(text: str | None) -> datetime | None:
    """None for what is none."""
    try:
        at = parse_datetime(text or "")
    except ValueError:
        return None
    return at if at and at.tzinfo else None


def confirm(
    model_admin: admin.ModelAdmin, request: HttpRequest, crossing: Crossing, seen: str, at: datetime, how: str,
    now: datetime,
) -> str:  # fmt: skip
    """Say that it was as before at the moment of the tap; why not, or DONE. The same tap twice is one confirmation."""
    user = acting(request)
    source = own_source(user)
    current = round_of(user)
    if _repeated(source, crossing, at) or (current and done_with(user, [crossing.pk], current.begun_at)):
        return DONE
    sources = board.sheet(crossing.slug, now).json()["status"].get("sources", [])
    reports = list(Report.objects.filter(pk__in=[each["report"] for each in sources], retraction=None))
    if not reports:
        return "nothing"
    if any(report.effective_at and report.effective_at > at for report in reports):
        return "overtaken"
    try:
        made = proposals.confirm(
            crossing, reports, source=source, at=at, by=user, now=now, how_known=how, seen={crossing.slug: seen}
        )
    except ledger.Overtaken:
        return "overtaken"
    if isinstance(made, Proposal):
        model_admin.log_addition(request, made, [{"added": {}}])
    elif made:
        model_admin.log_change(request, crossing, gettext("Confirmed on the round: as before."))
    return DONE


def _repeated(source: Source, crossing: Crossing, at: datetime) -> bool:
    key = f"confirm-{source.pk}-{at.isoformat()}-{crossing.slug}:"
    return (
        Confirmation.objects.filter(crossing=crossing, source=source, confirmed_at=at).exists()
        or Proposal.objects.filter(key__startswith=key).exists()
    )


def _told(request: HttpRequest, user: User, crossing: Crossing, why: str, now: datetime) -> HttpResponse:
    """The row as it is now, for a page that stays open."""
    crossing = Crossing.objects.select_related("current").get(pk=crossing.pk)
    [stop] = stops_of([crossing], now)
    current = round_of(user)
    since = current.begun_at if current else now - OLDEST
    stop.done = done_with(user, [crossing.pk], since).get(crossing.pk, "")
    if why == DONE:
        stop.done = stop.done or Confirmation.__name__
    else:
        stop.why = why
    row = render_to_string("admin/crossings/round_row.html", {"stop": stop}, request)
    return JsonResponse({"outcome": DONE if why == DONE else "look", "row": row})


def _next(user: User, crossing: Crossing) -> str:
    """The anchor of the next that is left, after this one."""
    current = round_of(user)
    mine = [(each.pk, each.slug) for each in _in_turn(my_crossings(user).select_related("current"))]
    done = done_with(user, [pk for pk, _ in mine], current.begun_at) if current else {}
    place = next((n for n, (pk, _) in enumerate(mine) if pk == crossing.pk), 0)
    left = [slug for pk, slug in [*mine[place:], *mine[:place]] if pk not in done]
    return f"#c-{left[0]}" if left else ""
