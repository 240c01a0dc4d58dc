"""The queue of drafts at speed: one screen for each, decided by one key, and the next one at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from crossings import drafts, ledger, pasting, reviewing, rights
from crossings.admin import draft_told as told
from crossings.admin import paste_told, wording
from crossings.admin.draft_acts import QUEUE, accepted, in_queue, may_decide, preview_of, reject_form, rejected
from crossings.admin.house import acting, check, page
from crossings.admin.log import stood
from crossings.admin.log.told import overtaken
from crossings.domain.faults import Refused
from crossings.domain.fields import row_number
from crossings.matching import Names
from crossings.models import Draft

MOST_BESIDE = 8
UNDONE_FOR = timedelta(hours=1)
"""So long what was accepted last is offered to be undone in the queue."""


@dataclass(frozen=True, slots=True)
class Place:
    """One draft in the queue, with those before and after it that nobody else is working on."""

    draft: Draft
    number: int
    of: int
    previous: Draft | None
    following: Draft | None


def review(model_admin: admin.ModelAdmin, request: HttpRequest) -> HttpResponse:
    check(may_decide(request))
    rows = reviewing.queue(acting(request))
    if request.method == "POST":
        return _act(model_admin, request, rows)
    asked = str(request.GET.get("draft", ""))
    place = _place(rows, row_number(asked), request)
    if place is None:
        _leave(request)
        waiting = sum(drafts.in_other_hands(row, acting(request), timezone.now()) for row in rows)
        return page(
            request, model_admin, "review/done.html", title=gettext("Review"), others=waiting, last=_last(request)
        )
    if asked and str(place.draft.pk) != asked:
        return HttpResponseRedirect(in_queue(place.draft.pk))
    return _screen(model_admin, request, place)


def _place(rows: Sequence[Draft], pk: int, request: HttpRequest) -> Place | None:
    """The draft asked for; else the first that is nobody else's."""
    now, user = timezone.now(), acting(request)
    free = [row for row in rows if not drafts.in_other_hands(row, user, now)]
    draft = next((row for row in rows if row.pk == pk), None) or next(iter(free), None)
    if draft is None:
        return None
    at = rows.index(draft)
    earlier = [row for row in rows[:at] if row in free]
    later = [row for row in rows[at + 1 :] if row in free]
    return Place(draft, at + 1, len(rows), earlier[-1] if earlier else None, later[0] if later else None)


def _act(model_admin: admin.ModelAdmin, request: HttpRequest, rows: Sequence[Draft]) -> HttpResponse:
    """Accept, reject, hold on, take over, leave: of one draft of the queue."""
    action, asked = request.POST.get("action", ""), str(request.POST.get("draft", ""))
    draft = next((row for row in rows if row.pk == row_number(asked)), None)
    user, now = acting(request), timezone.now()
    if action == "leave":
        if draft is not None:
            drafts.let_go(draft, user)
        return HttpResponse(status=204)
    if draft is None:
        return _gone(request, asked)
    if action == "hold":
        return HttpResponse(status=204 if drafts.take_in_hand(draft, user, now) else 409)
    if action == "over":
        drafts.take_in_hand(draft, user, now, over=True)
        return HttpResponseRedirect(in_queue(draft.pk))
    place = _place(rows, draft.pk, request)
    assert place is not None
    if action == "accept" and draft.kind != Draft.Kind.ENTRY:
        return _accept(model_admin, request, place)
    if action == "reject":
        return _reject(model_admin, request, place)
    return HttpResponseRedirect(in_queue(draft.pk))


def _gone(request: HttpRequest, asked: str) -> HttpResponse:
    """Somebody else was quicker, and is named."""
    row = reviewing.seen_by(acting(request)).filter(pk=row_number(asked)).first()
    if row is not None and row.decision:
        messages.error(request, f"{row}: {gettext('It was decided before.')} {drafts.decided_how(row)}")
    elif row is not None:
        messages.warning(request, gettext("%(draft)s waits for a second person.") % {"draft": row})
    return HttpResponseRedirect(in_queue(0))


def _onward(place: Place) -> HttpResponse:
    following = place.following or place.previous
    return HttpResponseRedirect(in_queue(following.pk if following else 0))


def _accept(model_admin: admin.ModelAdmin, request: HttpRequest, place: Place) -> HttpResponse:
    try:
        accepted(model_admin, request, place.draft)
    except ledger.Overtaken:
        assert place.draft.crossing is not None
        lines = stood.meanwhile([place.draft.crossing], request.POST, timezone.now())
        return _screen(model_admin, request, place, notice=overtaken(lines))
    if place.draft.decision or place.draft.proposals.filter(decision="").exists():
        drafts.let_go(place.draft, acting(request))
        return _onward(place)
    return HttpResponseRedirect(in_queue(place.draft.pk))


@dataclass(frozen=True, slots=True)
class Last:
    """What this person accepted last, and where it is undone."""

    draft: Draft
    url: str


def _last(request: HttpRequest) -> Last | None:
    """Read off the drafts, not off the messages: these are gone with the next page."""
    mine = Draft.objects.filter(
        decision=Draft.Decision.ACCEPTED, decided_by=acting(request), decided_at__gte=timezone.now() - UNDONE_FOR
    )
    draft = mine.select_related("report__retraction", "reading__retraction").order_by("-decided_at", "-pk").first()
    row = (draft.report or draft.reading) if draft else None
    if draft is None or row is None or hasattr(row, "retraction"):
        return None
    return Last(draft, reverse(f"admin:crossings_{row._meta.model_name}_retract", args=[row.pk]))


def _reject(model_admin: admin.ModelAdmin, request: HttpRequest, place: Place) -> HttpResponse:
    form = reject_form(request, place.draft)
    if not form.is_valid():
        return _screen(model_admin, request, place, rejecting=form)
    rejected(model_admin, request, place.draft, form)
    return _onward(place)


def _leave(request: HttpRequest) -> None:
    user = acting(request)
    for row in Draft.objects.filter(in_hand_of=user, decision=""):
        drafts.let_go(row, user)


def _screen(
    model_admin: admin.ModelAdmin, request: HttpRequest, place: Place, *, rejecting: Any = None, notice: Any = ""
) -> HttpResponse:
    draft, now, user = place.draft, timezone.now(), acting(request)
    # One person works on one draft.
    for row in Draft.objects.filter(in_hand_of=user, decision="").exclude(pk=draft.pk):
        drafts.let_go(row, user)
    mine = drafts.take_in_hand(draft, user, now)
    words = told.words_beside(draft)
    following = place.following or place.previous
    more = f"?{QUEUE}={following.pk if following else 0}"
    same = next((word for word in words if word.same), None)
    return page(
        request, model_admin, "review/screen.html", title=gettext("Review: %(draft)s") % {"draft": draft}, place=place,
        original=draft, mine=mine, in_hand="" if mine else told.in_hand(draft, now), words=words[:MOST_BESIDE],
        evidence=_evidence(draft), held=told.held_because(draft), age=told.age(draft), link=told.link(draft),
        said=told.when(draft.crossing, drafts.heard(draft)), pressing=reviewing.tightens(draft), notice=notice,
        correct=_url("correct", draft) + more, more=more,
        merge=_url("merge", draft) + more + (f"&with={same.key}" if same else ""),
        rejecting=rejecting, last=_last(request), **_about(request, draft, now),
    )  # fmt: skip


def _url(act: str, draft: Draft) -> str:
    return reverse(f"admin:crossings_draft_{act}", args=[draft.pk])


def _about(request: HttpRequest, draft: Draft, now: datetime) -> dict[str, Any]:
    """What the board says, what accepting would change; of a text, what was found in it."""
    if draft.kind == Draft.Kind.ENTRY:
        return _found(request, draft)
    assert draft.crossing is not None
    clock = wording.clock_at(draft.crossing, now)
    about: dict[str, Any] = {
        "crossing": draft.crossing, "stood": stood.marks([draft.crossing]),
        "standings": wording.standings(wording.as_it_stands(draft.crossing, now), clock),
    }  # fmt: skip
    try:
        return {**about, "shown": preview_of(draft, request)}
    except (Refused, drafts.Unacceptable) as error:
        return {**about, "fault": error}


def _evidence(draft: Draft) -> list[SafeString]:
    """What was sent, of a claim with the names of its crossing marked."""
    if draft.kind == Draft.Kind.ENTRY:
        return []
    names = [draft.crossing.name, *draft.crossing.names.values(), *draft.crossing.aliases] if draft.crossing else []
    lines = [*told.lines_of(draft), *(str(draft.content.get(name) or "") for name in ("note", "attribution"))]
    return [paste_told.marked(line, [], paste_told.where_named(line, names)) for line in lines if line]


def _found(request: HttpRequest, draft: Draft) -> dict[str, Any]:
    """Of a text: the crossings it may speak of and why, and what it says of the likeliest."""
    names = Names.of(rights.crossings_of(request.user))
    suggested = drafts.suggested(draft, names)[: pasting.MOST_SUGGESTED]
    title, body = str(draft.content.get("title", "")), str(draft.content.get("text", ""))
    text = f"{title}\n{body}"
    asked = str(request.GET.get("crossing", ""))
    crossing = draft.crossing or names.by_slug.get(asked) or (suggested[0][0] if suggested else None)
    found = pasting.read(text, drafts.heard(draft), crossing, names) if crossing else []
    named = paste_told.where_named(text, [words for _, _, words in suggested])
    about: dict[str, Any] = {
        "suggested": suggested, "crossing": crossing, "marked": paste_told.marked(text, found, named),
        "found": paste_told.lines(text, found, crossing) if crossing else [],
    }  # fmt: skip
    if crossing is not None:
        now = timezone.now()
        clock = wording.clock_at(crossing, now)
        about["standings"] = wording.standings(wording.as_it_stands(crossing, now), clock)
    return about
