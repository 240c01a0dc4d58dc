"""What was held waits here for a person: accepted, perhaps corrected, merged or rejected. The decision stays."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext

from crossings.domain.claims import Claim, stamp
from crossings.domain.readings import Reading as Count
from crossings.domain.vocabulary import Basis
from crossings.ingest import read_claim, read_reading
from crossings.ledger import Guard, NeedsSecond, Outcome, Result, confirm, record_many
from crossings.matching import Names, Suggestion
from crossings.models import Crossing, Draft, Reading, Report
from crossings.phrases.text import plain
from crossings.phrases.times import Clock

Json = dict[str, Any]
Lanes = dict[tuple[str, str], str]

NEAR = timedelta(hours=24)
"""What two sources say to hold from within such a time may be the same event."""
IN_HAND = timedelta(minutes=10)
"""So long a draft that somebody looks at is theirs, unless they look again."""
MOST_COMPARED = 2000
MOST_AROUND = 30


class Decided(Exception):
    """Somebody has decided on this draft already; the text says who, when and how."""


class Unacceptable(Exception):
    """It cannot be decided so, and the text says why."""


def accept(
    draft: Draft,
    *,
    by: User,
    now: datetime,
    content: Json | None = None,
    count: Json | None = None,
    how_known: str = "",
    guard: Guard | None = None,
) -> Result:
    """Record what the draft says, or what `content` says instead (the contract's JSON), as its source's word.

    A text has to come with the claim that somebody read in it, `content`. `count`: a reading it tells of besides.
    Raises Decided; Refused with every fault of `content` and `count`; Unacceptable; Overtaken and NeedsSecond where
    `guard` forbids it.
    """
    with transaction.atomic():
        row = _undecided(draft)
        items = said(row, content, count)
        results = record_many(row.source, items, now=now, by=by, how_known=how_known, vouched=True, guard=guard)
        for result in results:
            if result.outcome not in (Outcome.RECORDED, Outcome.SAME):
                raise Unacceptable(result.detail or result.outcome.label)
            row.report_id, row.reading_id = result.report or row.report_id, result.reading or row.reading_id
        if row.crossing_id is None:
            row.crossing = Crossing.objects.get(slug=items[0].crossing)
        _decide(draft, row, Draft.Decision.ACCEPTED, by, now)
        _take_on(row, by, now, guard and Guard(alone=guard.alone, now=now))
    return results[0]


def said(row: Draft, content: Json | None, count: Json | None) -> list[Claim | Count]:
    """What is to be recorded. The id is the source's: with it, what it sends again is known to be the same."""
    names, found = Names.load(), []
    if row.kind == Draft.Kind.ENTRY and content is None and count is None:
        raise Unacceptable("A text says nothing to the board: write down what it claims.")
    content = row.content if content is None and row.kind != Draft.Kind.ENTRY else content
    if content is not None:
        read = read_reading if row.kind == Draft.Kind.READING else read_claim
        found.append(read(_as_it_came(row, content), names, row.source))
    if count is not None:
        found.append(read_reading(_as_it_came(row, count), names, row.source))
    return found


def _as_it_came(row: Draft, said: Json) -> Json:
    """With the source's id, and where it left out when it said it, the time it came: a night in the queue must not
    make old news fresh.
    """
    return {**said, "id": row.external_id, "reported_at": said.get("reported_at") or stamp(row.created_at)}


def reject(draft: Draft, *, by: User, now: datetime, reason: str) -> None:
    """Turn it down; what repeats it is only noted from now on. Raises Decided."""
    with transaction.atomic():
        row = _undecided(draft)
        row.decision_reason = reason
        _decide(draft, row, Draft.Decision.REJECTED, by, now)


def merge(draft: Draft, into: Report | Reading | Draft, *, by: User, now: datetime, confirms: bool = False) -> None:
    """Say that it tells what `into` tells already. `confirms`: its source bears the report out, as of when it spoke.

    Merged with another draft it takes on that one's report, and confirms it, once that is accepted.
    Raises Decided; Unacceptable, also where a confirmation would loosen a sensitive crossing.
    """
    with transaction.atomic():
        rows = _locked(draft, _root(into) if isinstance(into, Draft) else None)
        row, target = rows[draft.pk], into
        _check_undecided(row)
        if isinstance(into, Draft):
            other = rows[_root(into).pk]
            target = _target(row, other)
            row.same_as = other
        _check_alike(row, target)
        row.confirms = confirms
        if isinstance(target, Report):
            row.report = target
        elif isinstance(target, Reading):
            row.reading = target
        row.crossing_id = row.crossing_id or target.crossing_id
        _decide(draft, row, Draft.Decision.MERGED, by, now)
        if row.same_as is not None and not (row.report or row.reading):
            Draft.objects.filter(same_as=row).update(same_as=row.same_as)
        _bear_out(row, by, now)
    draft.refresh_from_db()


def _bear_out(row: Draft, by: User, now: datetime) -> None:
    """What it confirms, and what was merged with it; one person alone loosens no sensitive crossing so."""
    try:
        if row.report is not None and row.confirms:
            _confirm(row, row.report, by, now, Guard(now=now))
        _take_on(row, by, now, Guard(now=now))
    except NeedsSecond:
        words = gettext("A second person would have to agree: merge it without confirming, or log it as an update.")
        raise Unacceptable(words) from None


def _root(draft: Draft) -> Draft:
    """The draft with which it was merged in the end; itself, where it was not."""
    while draft.decision == Draft.Decision.MERGED and draft.same_as is not None:
        draft = draft.same_as
    return draft


def _target(row: Draft, other: Draft) -> Report | Reading | Draft:
    """What that draft became."""
    if other.pk == row.pk:
        raise Unacceptable("It cannot be merged with itself.")
    if other.decision == Draft.Decision.REJECTED:
        raise Unacceptable(f"{other} was rejected: reject this one, too, or accept it.")
    became = other.report or other.reading
    if became is None and other.decision:
        raise Unacceptable(f"{other} was decided at this moment: look at it again.")
    return became or other


def _check_alike(row: Draft, target: Report | Reading | Draft) -> None:
    if isinstance(target, Report | Reading) and hasattr(target, "retraction"):
        raise Unacceptable(f"{target} was retracted: reject this, or accept it.")
    if row.crossing_id and target.crossing_id and row.crossing_id != target.crossing_id:
        raise Unacceptable("They speak of different crossings.")
    is_count = isinstance(target, Reading) or (isinstance(target, Draft) and target.kind == Draft.Kind.READING)
    if row.kind != Draft.Kind.ENTRY and is_count != (row.kind == Draft.Kind.READING):
        raise Unacceptable("A count and a claim never say the same.")


def _take_on(row: Draft, by: User, now: datetime, guard: Guard | None) -> None:
    """What was merged with this draft becomes what it became."""
    if not (row.report_id or row.reading_id):
        return
    for follower in Draft.objects.select_for_update(of=("self",)).filter(same_as=row).select_related("source"):
        follower.report_id, follower.reading_id = row.report_id, row.reading_id
        follower.crossing_id = follower.crossing_id or row.crossing_id
        follower.save()
        if follower.confirms and row.report is not None:
            _confirm(follower, row.report, by, now, guard)


def _confirm(row: Draft, report: Report, by: User, now: datetime, guard: Guard | None) -> None:
    """As of when its source spoke; one who spoke before it began bears nothing out."""
    at = min(heard(row), now)
    if at >= (report.effective_at or report.reported_at):
        confirm([report], source=row.source, at=at, now=now, by=by, guard=guard)


def heard(draft: Draft) -> datetime:
    """When its source said it, or else when we received it."""
    said = draft.content.get("reported_at") or draft.content.get("published_at")
    return datetime.fromisoformat(said) if said else draft.created_at


def _locked(*drafts: Draft | None) -> dict[int, Draft]:
    """In the order of their keys, so that no two who merge wait for each other."""
    rows = Draft.objects.select_for_update(of=("self",)).select_related("source", "decided_by", "report", "reading")
    wanted = {draft.pk for draft in drafts if draft is not None}
    return {row.pk: row for row in rows.filter(pk__in=wanted).order_by("pk")}


def _undecided(draft: Draft) -> Draft:
    row = _locked(draft)[draft.pk]
    _check_undecided(row)
    return row


def _check_undecided(row: Draft) -> None:
    if row.decision:
        raise Decided(decided_how(row))


def decided_how(row: Draft) -> str:
    """Who decided what, and when, of one that was decided."""
    assert row.decided_at is not None
    crossing = row.crossing
    zones = (crossing.timezone_a, crossing.timezone_b) if crossing else ("UTC",)
    when = plain(Clock(row.decided_at, zones).when(row.decided_at))
    told = {"who": str(row.decided_by or gettext("its source")), "when": when}
    if row.decision == Draft.Decision.ACCEPTED:
        return gettext("It was accepted by %(who)s on %(when)s.") % told
    if row.decision == Draft.Decision.MERGED:
        return gettext("It was merged by %(who)s on %(when)s.") % told
    return gettext("It was rejected by %(who)s on %(when)s.") % told


def _decide(draft: Draft, row: Draft, decision: Draft.Decision, by: User, now: datetime) -> None:
    row.decision, row.decided_by, row.decided_at = decision, by, now
    row.in_hand_of = row.in_hand_until = None
    row.save()
    draft.refresh_from_db()


# Who is working on what


def take_in_hand(draft: Draft, by: User, now: datetime, *, over: bool = False) -> bool:
    """Say that this person is working on it, for ten minutes more. Whether it is theirs now: another's stays theirs
    until it runs out, unless it is taken `over`.
    """
    rows = Draft.objects.filter(pk=draft.pk, decision="")
    if not over:
        rows = rows.filter(Q(in_hand_of=None) | Q(in_hand_of=by) | Q(in_hand_until__lte=now))
    taken = bool(rows.update(in_hand_of=by, in_hand_until=now + IN_HAND))
    draft.refresh_from_db(fields=["in_hand_of", "in_hand_until", "decision"])
    return taken


def let_go(draft: Draft, by: User) -> None:
    """Work on it no more; what another took over stays theirs."""
    Draft.objects.filter(pk=draft.pk, in_hand_of=by).update(in_hand_of=None, in_hand_until=None)


def in_other_hands(draft: Draft, person: User, now: datetime) -> bool:
    """Whether somebody else is working on it."""
    until = draft.in_hand_until
    return draft.in_hand_of_id not in (None, person.pk) and until is not None and until > now


# What says the same


def alike(one: Draft, other: Draft) -> bool:
    """Whether two claims may tell of one event: a crossing, lanes in common, all of those in the same state, and
    said to hold from within a day of each other.
    """
    claims = one.kind == other.kind == Draft.Kind.REPORT and one.crossing_id == other.crossing_id
    return claims and _alike(one.content, other.content) and abs(_moment(one) - _moment(other)) <= NEAR


def says_the_same(draft: Draft, report: Report) -> bool:
    """As alike(), of a report around its time; of two sides that acted it is never the same."""
    sides = {draft.content.get("declared_by"), report.declared_by} - {None, ""}
    told = {"lanes": report.lanes, "basis": report.basis}
    return draft.kind == Draft.Kind.REPORT and len(sides) < 2 and _alike(draft.content, told)


def covers(draft: Draft, report: Report) -> bool:
    """Whether it says of every lane of the report what that says, so that it may confirm it as a whole."""
    said, reported = (states_of(lanes) for lanes in (draft.content.get("lanes", []), report.lanes))
    return draft.kind == Draft.Kind.REPORT and reported.items() <= said.items()


def near(drafts: Sequence[Draft], *, decided: bool = False) -> dict[int, list[Draft]]:
    """For each of these drafts those that say the same, without itself: what waits, with `decided` also the rest.

    One query, whatever their number.
    """
    crossings = {draft.crossing_id for draft in drafts if draft.kind == Draft.Kind.REPORT}
    rows = Draft.objects.filter(kind=Draft.Kind.REPORT, crossing__in=crossings or {0})
    rows = rows if decided else rows.filter(decision="")
    by_crossing: dict[int | None, list[Draft]] = defaultdict(list)
    for row in rows.select_related("source", "crossing", "decided_by").order_by("-pk")[:MOST_COMPARED]:
        by_crossing[row.crossing_id].append(row)
    return {
        draft.pk: [row for row in by_crossing[draft.crossing_id] if row.pk != draft.pk and alike(draft, row)]
        for draft in drafts
    }


def around(draft: Draft) -> list[Report] | list[Reading]:
    """Reported, or counted, at its crossing within a day: what says the same first, what was retracted last."""
    if draft.crossing_id is None:
        return []
    at = _moment(draft)
    if draft.kind == Draft.Kind.READING:
        counts = Reading.objects.filter(crossing=draft.crossing_id, measure=draft.content["measure"])
        counts = counts.filter(observed_at__range=(at - NEAR, at + NEAR)).order_by("-observed_at", "-pk")
        return list(_whole(counts)[:MOST_AROUND])
    when = Q(effective_at__range=(at - NEAR, at + NEAR)) | Q(
        effective_at=None, reported_at__range=(at - NEAR, at + NEAR)
    )
    rows = Report.objects.filter(when, crossing=draft.crossing_id).order_by("-effective_at", "-pk")
    found = _whole(rows)[:MOST_AROUND]
    return sorted(found, key=lambda report: (hasattr(report, "retraction"), not says_the_same(draft, report)))


def _whole(rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.select_related("source", "crossing", "retraction")


def suggested(draft: Draft, names: Names | None = None) -> list[Suggestion]:
    """Of which crossings a text may speak; of those of `names`, if given."""
    return (names or Names.load()).suggest(text_of(draft))


def text_of(draft: Draft) -> str:
    return f"{draft.content.get('title', '')} . {draft.content.get('text', '')}"


def _moment(draft: Draft) -> datetime:
    """The time it speaks of; where it names none, when it was said."""
    at = draft.content.get("effective_at") or draft.content.get("observed_at")
    return datetime.fromisoformat(at) if at else heard(draft)


def _alike(one: Json, other: Json) -> bool:
    said, also = states_of(one["lanes"]), states_of(other["lanes"])
    common = said.keys() & also.keys()
    announced = [each.get("basis") == Basis.ANNOUNCED for each in (one, other)]
    return bool(common) and announced[0] == announced[1] and all(said[lane] == also[lane] for lane in common)


def states_of(lanes: list[Json]) -> Lanes:
    """By lane, what is said of it."""
    return {(lane["traffic"], lane["to"]): lane["state"] for lane in lanes}
