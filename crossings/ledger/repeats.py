"""State feeds (rule 6): lane by lane, what repeats the source's last word only confirms it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, Subquery

from crossings.domain.claims import Claim, LaneState
from crossings.domain.readings import Reading as Count
from crossings.ledger.outcome import Outcome, Result
from crossings.ledger.transaction import Touched
from crossings.models import Confirmation, Period, Report, Retraction, Source
from crossings.serializers import Json


class LastWords:
    """The source's last word on each lane the items speak of. Items of a state feed name one lane each."""

    def __init__(self, source: Source, items: Sequence[Claim | Count], ids: dict[str, int]) -> None:
        self.source = source
        self.past: dict[tuple[int, datetime], list[Json]] = {}
        wanted = {
            (ids[item.crossing], lane.traffic.value, lane.to)
            for item in items
            if isinstance(item, Claim)
            for lane in item.lanes
        }
        self.last = self._read(sorted(wanted))

    def _read(self, wanted: list[tuple[int, str, str]]) -> dict[tuple[int, str, str], Report]:
        if not wanted:
            return {}
        crossings, traffic, to = (list(column) for column in zip(*wanted, strict=True))
        with connection.cursor() as cursor:
            cursor.execute(
                """
                SELECT r.crossing_id, r.traffic, r.to, w.id
                FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS r(crossing_id, traffic, "to")
                CROSS JOIN LATERAL (SELECT id FROM crossings_report w WHERE w.crossing_id = r.crossing_id
                    AND w.source_id = %s AND w.lanes->0->>'traffic' = r.traffic AND w.lanes->0->>'to' = r.to
                    ORDER BY w.effective_at DESC, w.id DESC LIMIT 1) w
                """,
                [crossings, traffic, to, self.source.pk],
            )
            found = cursor.fetchall()
        taken_back = Exists(Retraction.objects.filter(report=OuterRef("pk")))
        heard = Confirmation.objects.filter(report=OuterRef("pk")).order_by("-confirmed_at").values("confirmed_at")[:1]
        rows = Report.objects.only("crossing", "effective_at", *SAID)
        rows = rows.annotate(taken_back=taken_back, heard_at=Subquery(heard))
        reports = rows.in_bulk([row[3] for row in found])
        return {(row[0], row[1], row[2]): reports[row[3]] for row in found}

    def repeats(self, claim: Claim, each: Touched, confirmations: list[Confirmation], now: datetime) -> Result | None:
        """A confirmation where the claim repeats the last word; None where it is news.

        What repeats a word that was taken back is only noted, until the source says something else; what repeats
        while the gate is unknown (the last word was forgotten) is a new claim. What is older than the last time this
        source was heard to say otherwise is left aside.
        """
        lane = claim.lanes[0]
        last: Any = self.last.get((each.crossing.pk, lane.traffic.value, lane.to))
        if last is None:
            return None
        at = claim.effective_at or now
        if not _same_said(last, claim):
            overtaken = not last.taken_back and last.heard_at is not None and at < last.heard_at
            return Result(Outcome.SAME, report=last.pk) if overtaken else None
        if last.taken_back:
            return Result(Outcome.NOTED, report=last.pk)
        if last.effective_at and at <= last.effective_at:
            return Result(Outcome.SAME, report=last.pk)
        if self._gate_unknown(each, lane, claim.declared_by, at, now):
            return None
        confirmations.append(
            Confirmation(
                report=last, crossing_id=last.crossing_id, source_id=self.source.pk, confirmed_at=at, recorded_at=now
            )
        )
        return Result(Outcome.CONFIRMED, report=last.pk)

    def _gate_unknown(self, each: Touched, lane: LaneState, side: str, at: datetime, now: datetime) -> bool:
        """Whether a gate the claim sets was unknown at the claim's own time."""
        sides = [side] if side else each.crossing.countries
        for row in each.current.status.get("lanes", []) if at > now - LATELY else self._lanes_at(each, at):
            if (row["traffic"], row["to"]) == lane.lane:
                return any(row["gates"].get(key, "unknown") == "unknown" for key in sides)
        return True

    def _lanes_at(self, each: Touched, at: datetime) -> list[Json]:
        """For a reply of the past: the lanes of the period then current."""
        key = each.crossing.pk, at
        if key not in self.past:
            found = Period.objects.filter(crossing=each.crossing, start__lte=at).order_by("-start").first()
            self.past[key] = found.lanes if found else []
        return self.past[key]


LATELY = timedelta(minutes=30)
SAID = ("declared_by", "one_gate", "basis", "where", "by", "lanes", "reason")


def _same_said(report: Report, claim: Claim) -> bool:
    said = claim.as_json()
    return all((getattr(report, key) or None) == (said[key] or None) for key in SAID)
