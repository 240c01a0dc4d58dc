"""What a person turned down is not asked again, and what waits for one waits once: a polled source that goes on saying
it is only noted (DESIGN, rule 6).

Only what would be held is ever noted here: what a trusted source may say at once, it says.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.db import connection

from crossings.domain.claims import Claim, sha256_of
from crossings.ledger.outcome import Outcome, Result
from crossings.models import Draft, Report, Source
from crossings.serializers import Json

LOOKED_BACK = 50
"""Drafts, and reports, of a source looked at for one crossing."""
SAID = ("declared_by", "one_gate", "basis", "where", "lanes")
NEW_EACH_TIME = ("id", "effective_at", "reported_at", "precision")


class TurnedDown:
    """The last words of a polled source that were held, and what people decided on them; read on first use.

    A statement feed gives its repeats a new time and so a new id: they are known by what they say.
    """

    def __init__(self, source: Source, crossings: Iterable[int], now: datetime) -> None:
        self.source, self.crossings, self.now = source, sorted(crossings), now
        self.new: dict[int, list[Claim]] = defaultdict(list)
        self.held: dict[int, list[Draft]] | None = None

    def repeats(self, claim: Claim, crossing: int) -> Result | None:
        """Where the source's last word on these lanes says the same: noted, if that was turned down; that very draft,
        if it still waits. Else None.
        """
        content = claim.as_json()
        if any(_overlap(word.as_json(), content) for word in self.new[crossing]):
            return None
        if self.held is None:
            self.held = self._read()
        last = next((row for row in self.held[crossing] if _overlap(row.content, content)), None)
        if last is None or _said(last.content) != _said(content) or self._spoke_since(last, content):
            return None
        if _turned_down(last):
            return Result(Outcome.NOTED, draft=last.pk)
        return self._waits(last) if _but_for_times(last.content) == _but_for_times(content) else None

    def add(self, claim: Claim, crossing: int) -> None:
        """A word of this very batch that was not noted: now it is the last one."""
        self.new[crossing].append(claim)

    def _read(self) -> dict[int, list[Draft]]:
        """By crossing, the newest first."""
        with connection.cursor() as cursor:
            cursor.execute(
                """
                SELECT d.id FROM unnest(%s::bigint[]) AS r(crossing) CROSS JOIN LATERAL (
                    SELECT id FROM crossings_draft d WHERE d.source_id = %s AND d.crossing_id = r.crossing
                    AND d.kind = 'report' ORDER BY d.id DESC LIMIT %s) d
                """,
                [self.crossings, self.source.pk, LOOKED_BACK],
            )
            found = [row[0] for row in cursor.fetchall()]
        rows: dict[int, list[Draft]] = defaultdict(list)
        for row in Draft.objects.filter(pk__in=found).select_related("report__retraction").order_by("-pk"):
            rows[row.crossing_id or 0].append(row)
        return rows

    def _waits(self, last: Draft) -> Result | None:
        """Note on a draft that it was said again. None where somebody decides on it at this moment."""
        # Never waited for: whoever decides holds it, and may wait for what this transaction holds.
        row = Draft.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk=last.pk, decision="").first()
        if row is None:
            return None
        row.repeats, row.repeated_at = row.repeats + 1, self.now
        row.save(update_fields=["repeats", "repeated_at"])
        return Result(Outcome.DRAFT, draft=row.pk, detail=row.get_why_display())

    def _spoke_since(self, last: Draft, content: Json) -> bool:
        """Whether it has said something of these lanes since that was not held."""
        since = Report.objects.filter(
            source=self.source, crossing=last.crossing_id, recorded_at__gt=last.created_at, drafts=None
        )
        words = since.order_by("-pk").values("declared_by", "where", "lanes")[:LOOKED_BACK]
        return any(_overlap(dict(word), content) for word in words)


def _turned_down(row: Draft) -> bool:
    """By a person: what its source itself took back it may say again."""
    if row.decision == Draft.Decision.REJECTED:
        return row.decided_by_id is not None
    taken = getattr(row.report, "retraction", None) if row.decision == Draft.Decision.ACCEPTED else None
    return taken is not None and taken.recorded_by_id is not None


def _overlap(one: Json, other: Json) -> bool:
    """Whether both speak of the same gate of a lane."""
    same_gate = all((one.get(key) or None) == (other.get(key) or None) for key in ("declared_by", "where"))
    return same_gate and bool(_lanes(one) & _lanes(other))


def _lanes(content: Json) -> set[tuple[str, str]]:
    return {(lane["traffic"], lane["to"]) for lane in content["lanes"]}


def _but_for_times(content: Json) -> Json:
    return {key: value for key, value in content.items() if key not in NEW_EACH_TIME}


def _said(content: Json) -> str:
    return sha256_of([content.get(key) for key in SAID])
