"""Acts of staff. At a sensitive crossing what loosens or redacts is only proposed, until a second person agrees.

What closes is never held up: of an act that closes and opens, what closes is recorded at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext

from crossings import drafts, ledger
from crossings.domain.claims import Claim
from crossings.domain.loosening import Parts, closings
from crossings.domain.readings import Reading as Count
from crossings.ingest import read_claim, read_reading
from crossings.ledger import Guard, NeedsSecond, Outcome, Result
from crossings.ledger.put_right import pass_later, put_right
from crossings.ledger.transaction import in_transaction
from crossings.matching import Names
from crossings.models import Crossing, Current, Draft, Proposal, Reading, Report, Source

Json = dict[str, Any]
Item = Claim | Count
Seen = Mapping[str, str]
"""By slug: ledger.stands() of each crossing as it was when the person looked."""

ONCE = (Proposal.Kind.UPDATE, Proposal.Kind.CORRECTION, Proposal.Kind.CONFIRMATION)


class NotNow(Exception):
    """The proposal cannot be decided so, and the text says why."""


@dataclass(slots=True)
class Done:
    """What an act came to: recorded, or waiting for a second person. `by_item`: of each item in turn, what was recorded
    and what waits, one of them or both.
    """

    results: list[Result] = field(default_factory=list)
    proposals: list[Proposal] = field(default_factory=list)
    by_item: list[tuple[Result | None, Proposal | None]] = field(default_factory=list)


def record(
    source: Source, items: Sequence[Item], *, by: User, now: datetime, key: str, how_known: str = "",
    seen: Seen | None = None,
) -> Done:  # fmt: skip
    """Record these items, of one crossing or of many, all of them or none; lanes of sensitive crossings that would be
    loosened are proposed. `key` names the act: sent twice it is done once. Raises ledger.Overtaken.
    """

    def work() -> Done:
        parts, waits = _as_before(items, key), {}
        results = _record_parts(parts, source, by, now, how_known, seen or {})
        for slug in parts.crossings:
            content = {"items": [_as_json(item, now) for item in parts.waiting(slug)], "how_known": how_known}
            waits[slug] = _propose(Proposal.Kind.UPDATE, slug, key, by, now, source=source, content=content)
        found = Done(results, list(waits.values()))
        following = iter(results)
        for index, item in enumerate(items):
            result = next(following) if parts.at_once(index) is not None else None
            found.by_item.append((result, waits[item.crossing] if parts.held[index] else None))
        return found

    return in_transaction(work)


def recorded_at_once(items: Sequence[Item], key: str) -> list[Item]:
    """Of the items of an act that was done before, what did not have to wait for a second person."""
    return _as_before(items, key).all_at_once()


def _record_parts(parts: Parts, source: Source, by: User, now: datetime, how_known: str, seen: Seen) -> list[Result]:
    """Record what need not wait, once it is found which lanes have to."""
    while True:
        try:
            with transaction.atomic():
                left, guard = parts.all_at_once(), Guard(seen, now=now)
                return ledger.record_many(source, left, now=now, by=by, how_known=how_known, guard=guard)
        except NeedsSecond as needs:
            parts.hold(needs.slug, needs.lanes)


def _as_before(items: Sequence[Item], key: str) -> Parts:
    """What was proposed when the same act was sent before is recorded by a second person, or by nobody."""
    parts = Parts(items)
    for row in Proposal.objects.filter(kind=Proposal.Kind.UPDATE, key__startswith=f"{key}:").select_related("crossing"):
        parts.hold_as_before(row.crossing.slug, row.content["items"])
    return parts


def retract(target: Report | Reading, *, reason: str, by: User, now: datetime, seen: Seen | None = None) -> Done | None:
    """Take it back; None where it was taken back before. Raises ledger.Overtaken."""
    guard = Guard(seen or {}, now=now)

    def work() -> bool:
        done = ledger.retract(target, reason=reason, now=now, by=by, guard=guard)
        if done and target.crossing.sensitive and pass_later(target, [], now):
            raise NeedsSecond(target.crossing.slug, [])
        return done

    try:
        return Done() if in_transaction(work) else None
    except NeedsSecond as needs:
        key = f"retract-{_name(target)}"
        row = _propose(Proposal.Kind.RETRACTION, needs.slug, key, by, now, target=target, reason=reason)
        return Done(proposals=[row])


def correct(
    target: Report, source: Source, items: Sequence[Item], *, reason: str, by: User, now: datetime, key: str,
    how_known: str = "", seen: Seen | None = None,
) -> Done:  # fmt: skip
    """Take a report back and record what is right instead, in one act. Where a second person has to agree to that, what
    it closes is recorded at once, beside the report. Raises ledger.Overtaken.
    """

    def work() -> Done:
        before = Proposal.objects.filter(kind=Proposal.Kind.CORRECTION, key__startswith=f"{key}:").first()
        if before is not None:
            return Done(proposals=[before])
        try:
            with transaction.atomic():
                return Done(put_right(target, source, items, reason, by, now, how_known, Guard(seen or {}, now=now)))
        except NeedsSecond as needs:
            slug, parts = needs.slug, _closings(items, needs)
        closed = _record_parts(parts, source, by, now, how_known, seen or {})
        content = {
            "items": [_as_json(item, now) for item in parts.waiting(slug)], "how_known": how_known,
            "at_once": [result.report for result in closed if result.report],
        }  # fmt: skip
        row = _propose(
            Proposal.Kind.CORRECTION, slug, key, by, now, target=target, source=source, content=content, reason=reason
        )
        return Done(proposals=[row])

    return in_transaction(work)


def _closings(items: Sequence[Item], needs: NeedsSecond) -> Parts:
    """At once goes what closes a lane that stands looser, except those lanes to which a second person has to agree."""
    slugs = {item.crossing for item in items}
    rows = Current.objects.filter(crossing__slug__in=slugs).values_list("crossing__slug", "status")
    return closings(items, dict(rows), {needs.slug: needs.lanes})


def confirm(
    crossing: Crossing, reports: Sequence[Report], *, source: Source, at: datetime, by: User, now: datetime,
    how_known: str = "", seen: Seen | None = None,
) -> int | Proposal:  # fmt: skip
    """Say that these reports of one crossing still held at `at`; how many confirmations are new. Raises Overtaken."""
    try:
        return ledger.confirm(
            reports, source=source, at=at, now=now, by=by, how_known=how_known, guard=Guard(seen or {}, now=now)
        )
    except NeedsSecond as needs:
        content = {"reports": [report.pk for report in reports], "at": at.isoformat(), "how_known": how_known}
        key = f"confirm-{source.pk}-{at.isoformat()}-{needs.slug}"
        return _propose(Proposal.Kind.CONFIRMATION, needs.slug, key, by, now, source=source, content=content)


def redact(target: Report | Reading, fields: Sequence[str], *, reason: str, by: User, now: datetime) -> Proposal | None:
    """Blank these fields for good; at a sensitive crossing propose to."""
    if not target.crossing.sensitive:
        ledger.redact(target, fields, reason=reason, now=now, by=by)
        return None
    key = f"redact-{_name(target)}-{','.join(sorted(fields))}"
    content = {"fields": sorted(fields)}
    return _propose(
        Proposal.Kind.REDACTION, target.crossing.slug, key, by, now, target=target, content=content, reason=reason
    )


def accept(
    draft: Draft, *, by: User, now: datetime, content: Json | None = None, count: Json | None = None,
    how_known: str = "", seen: Seen | None = None,
) -> Result | Proposal:  # fmt: skip
    """As drafts.accept(), and at a sensitive crossing perhaps only proposed: not so what closes another lane, too."""
    try:
        return drafts.accept(
            draft, by=by, now=now, content=content, count=count, how_known=how_known, guard=Guard(seen or {}, now=now)
        )
    except NeedsSecond as needs:
        check_closes_none(drafts.said(draft, content, count), needs)
        said = {"content": content, "count": count, "how_known": how_known}
        return _propose(Proposal.Kind.ACCEPTANCE, needs.slug, f"accept-{draft.pk}", by, now, draft=draft, content=said)


def check_closes_none(items: Sequence[Item], needs: NeedsSecond) -> None:
    """Raises drafts.Unacceptable where these also close what stands looser: that must not wait for a second person."""
    if _closings(items, needs).all_at_once():
        raise drafts.Unacceptable(
            gettext("what it closes need not wait for the second person whom the rest needs: correct it to what it"
                    " closes, accept that, then log the rest as an update")
        )  # fmt: skip


def unmark(crossing: Crossing, *, reason: str, by: User, now: datetime) -> Proposal:
    """Propose that it be sensitive no more."""
    return _propose(Proposal.Kind.UNMARKING, crossing.slug, f"unmark-{crossing.slug}", by, now, reason=reason)


def _name(target: Report | Reading) -> str:
    return f"{target._meta.model_name}-{target.pk}"


def _as_json(item: Item, now: datetime) -> Json:
    """With when it was said: a night in the queue must not make old news fresh."""
    said = item if item.reported_at is not None else replace(item, reported_at=now)
    return {"kind": "report" if isinstance(item, Claim) else "reading", **said.as_json()}


def _propose(
    kind: Proposal.Kind, slug: str, key: str, by: User, now: datetime, *, target: Report | Reading | None = None,
    draft: Draft | None = None, source: Source | None = None, content: Json | None = None, reason: str = "",
) -> Proposal:  # fmt: skip
    """The proposal that waits; where the same waits already, that one. What a form or a tap sent is proposed once, even
    when it comes again after the decision; what was refused of a row may be proposed anew.
    """
    same = list(Proposal.objects.filter(key__startswith=f"{key}:{slug}:").order_by("pk"))
    found = next((row for row in same if not row.decision or kind in ONCE), None)
    if found is not None:
        return found
    nth = len(same)
    row, _ = Proposal.objects.get_or_create(
        key=f"{key}:{slug}:{nth}",
        defaults={
            "kind": kind, "crossing": Crossing.objects.get(slug=slug), "draft": draft, "source": source,
            "report": target if isinstance(target, Report) else None,
            "reading": target if isinstance(target, Reading) else None,
            "content": content or {}, "reason": reason, "proposed_by": by, "proposed_at": now,
        },
    )  # fmt: skip
    return row


def agree(proposal: Proposal, *, by: User, now: datetime, seen: Seen | None = None) -> None:
    """Do what was proposed. Raises NotNow, ledger.Overtaken, Refused, drafts.Decided, drafts.Unacceptable."""

    def work() -> None:
        row = _undecided(proposal)
        if row.proposed_by_id == by.pk:
            raise NotNow(gettext("Whoever proposed it cannot agree to it: a second person has to."))
        perform(row, by=by, now=now, seen=seen)
        _decide(row, Proposal.Decision.AGREED, by, now)

    in_transaction(work)
    proposal.refresh_from_db()


def refuse(proposal: Proposal, *, by: User, now: datetime, reason: str) -> None:
    """Turn it down; whoever proposed it takes it back so. Raises NotNow."""
    with transaction.atomic():
        row = _undecided(proposal)
        own = row.proposed_by_id == by.pk
        _decide(row, Proposal.Decision.WITHDRAWN if own else Proposal.Decision.REFUSED, by, now, reason)
    proposal.refresh_from_db()


def _undecided(proposal: Proposal) -> Proposal:
    row = Proposal.objects.select_for_update(of=("self",)).get(pk=proposal.pk)
    if row.decision:
        raise NotNow(
            gettext("It was decided before, by %(who)s: %(what)s.")
            % {"who": row.decided_by, "what": row.get_decision_display()}
        )
    return row


def _decide(row: Proposal, decision: Proposal.Decision, by: User, now: datetime, reason: str = "") -> None:
    row.decision, row.decided_by, row.decided_at, row.decision_reason = decision, by, now, reason
    row.save()


def perform(row: Proposal, *, by: User, now: datetime, seen: Seen | None = None) -> None:
    """Do what the proposal says, in the name of whoever proposed it; for agree(), and for its preview."""
    guard, proposer, kind = Guard(seen or {}, alone=False), row.proposed_by, row.kind
    how_known = row.content.get("how_known", "")
    if kind == Proposal.Kind.UPDATE:
        assert row.source is not None
        _all_taken(
            ledger.record_many(
                row.source, _items(row), now=now, by=proposer, how_known=how_known, vouched=True, guard=guard
            )
        )
    elif kind == Proposal.Kind.CORRECTION:
        assert row.source is not None and row.report is not None
        _still_counts(row.report)
        _all_taken(put_right(row.report, row.source, _items(row), row.reason, proposer, now, how_known, guard))
    elif kind == Proposal.Kind.CONFIRMATION:
        assert row.source is not None
        reports = list(Report.objects.filter(pk__in=row.content["reports"], retraction=None))
        if not reports:
            raise NotNow(gettext("What it speaks of was taken back meanwhile."))
        at = datetime.fromisoformat(row.content["at"])
        ledger.confirm(reports, source=row.source, at=at, now=now, by=proposer, how_known=how_known, guard=guard)
    elif kind == Proposal.Kind.RETRACTION:
        _still_counts(_target(row))
        ledger.retract(_target(row), reason=row.reason, now=now, by=proposer, guard=guard)
    elif kind == Proposal.Kind.REDACTION:
        ledger.redact(_target(row), row.content["fields"], reason=row.reason, now=now, by=proposer)
    elif kind == Proposal.Kind.ACCEPTANCE:
        assert row.draft is not None
        said = {name: row.content[name] for name in ("content", "count")}
        drafts.accept(row.draft, by=proposer, now=now, how_known=how_known, guard=guard, **said)
    else:
        Crossing.objects.filter(pk=row.crossing_id).update(sensitive=False)


def _still_counts(target: Report | Reading) -> None:
    if hasattr(target, "retraction"):
        raise NotNow(gettext("What it speaks of was taken back meanwhile."))


def _all_taken(results: Sequence[Result]) -> None:
    left = next((each for each in results if each.outcome not in (Outcome.RECORDED, Outcome.SAME)), None)
    if left is not None:
        raise NotNow(left.detail or left.outcome.label)


def _target(row: Proposal) -> Report | Reading:
    target = row.report or row.reading
    assert target is not None
    return target


def _items(row: Proposal) -> list[Item]:
    names = Names.of([row.crossing])
    assert row.source is not None
    found: list[Item] = []
    for each in row.content["items"]:
        content = {key: value for key, value in each.items() if key != "kind"}
        read = read_claim if each["kind"] == "report" else read_reading
        found.append(read(content, names, row.source))
    return found
