"""What came of each item, as the poll's row keeps it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from crossings.domain.faults import Fault
from crossings.domain.vocabulary import Word
from crossings.ledger import Outcome, Result

MOST_NAMED = 2000
"""Items a row names; of a bigger batch, only those beyond that need somebody, as many again."""
LONGEST_DETAIL = 500
MOST_FAULTS = 20
"""Of one item."""


class Taken(Word):
    """What may come of an item, or of a whole reply, beside the ledger's own outcomes."""

    REFUSED = "refused"
    RETRACTED = "retracted"
    UNCHANGED = "unchanged", "the same bytes as last time"
    OLDER = "older", "older than the last reply taken: left aside"


WORTH_A_LOOK = {Taken.REFUSED.value, Outcome.CONFLICT.value, Outcome.DRAFT.value}


@dataclass(slots=True)
class Tally:
    counts: Counter[str] = field(default_factory=Counter)
    items: list[dict[str, Any]] = field(default_factory=list)
    new_reports: int = 0

    def add(self, at: str, outcome: Word, **more: Any) -> None:
        self.counts[outcome.value] += 1
        room = MOST_NAMED if outcome.value not in WORTH_A_LOOK else 2 * MOST_NAMED
        if len(self.items) < room:
            self.items.append({"at": storable(at), "outcome": outcome.value, **more})

    def result(self, at: str, result: Result) -> None:
        found = {"report": result.report, "reading": result.reading, "draft": result.draft, "detail": result.detail}
        self.new_reports += result.outcome is Outcome.RECORDED and result.report is not None
        self.add(at, result.outcome, **{key: value for key, value in found.items() if value})

    def refuse(self, at: str, faults: Iterable[Fault]) -> None:
        first = islice(faults, MOST_FAULTS)
        told = [{key: storable(text) for key, text in fault.as_json().items()} for fault in first]
        self.add(at, Taken.REFUSED, faults=told)

    @property
    def refused(self) -> int:
        return self.counts[Taken.REFUSED.value]

    def first_fault(self) -> str:
        """The first refusal in words, for the log."""
        for item in self.items:
            for fault in item.get("faults", ()):
                return f"{item['at']} {fault['pointer']} {fault['code']}: {fault['detail']}"
        return ""


def storable(text: str) -> str:
    """What the database takes for text: what was sent may be quoted in a fault."""
    return text[:LONGEST_DETAIL].replace("\x00", "\ufffd").encode(errors="replace").decode()
