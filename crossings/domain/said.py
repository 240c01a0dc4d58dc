"""A recorded claim as the timeline weighs it: what was said, by whom, when it was heard."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from crossings.domain.border import Border, Lane
from crossings.domain.claims import Claim, LaneState
from crossings.domain.vocabulary import FINENESS, STRICTNESS, Basis, By, Precision, SourceKind, State, Where

Rank = tuple[datetime, int]


@dataclass(slots=True, eq=False)
class Said:
    """`report` is our id; `source` the source's slug. `speaks_for` is the side whose authority the source is.

    `reported_at` is when the source said it (left out: when we received it). `confirmations` are the later times
    at which it was said to hold still; only the latest, and the latest by the moment asked, need be given.
    """

    report: int
    source: str
    kind: SourceKind
    lanes: dict[Lane, LaneState]
    effective_at: datetime | None
    reported_at: datetime
    recorded_at: datetime
    precision: Precision = Precision.EXACT
    until: datetime | None = None
    until_dated: bool = False
    side: str = ""
    one_gate: bool = False
    basis: Basis = Basis.OBSERVED
    where: Where = Where.GATE
    by: By = By.AUTHORITY
    speaks_for: str = ""
    confirmations: tuple[datetime, ...] = ()
    retracted: bool = False
    seconded: bool = False
    """Whether the latest confirmation came from another source, our staff say."""
    heard_at: datetime = field(init=False)
    rank: Rank = field(init=False)
    # Asked many times over in the fold, and the same for the one crossing that a claim is about.
    _proves: bool = field(init=False)
    _gates: tuple[str, ...] = field(init=False, default=())
    _ends_at: datetime | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        begins = self.effective_at or self.reported_at
        self.heard_at = max(begins, self.reported_at, *self.confirmations)
        self.rank = (begins, FINENESS[self.precision])
        # An authority of one side speaks of its own gate only (rule 2).
        self.one_gate = self.one_gate or self.kind is SourceKind.AUTHORITY
        # A claim about a road proves nothing about the gate nor about the other road.
        self._proves = not self.one_gate and self.basis is Basis.OBSERVED and self.where is not Where.ROAD

    @classmethod
    def of(
        cls, claim: Claim, report: int, source: str, kind: SourceKind, recorded_at: datetime, **more: object
    ) -> Said:
        return cls(
            report=report, source=source, kind=kind, lanes={each.lane: each for each in claim.lanes},
            effective_at=claim.effective_at, reported_at=claim.reported_at or recorded_at, recorded_at=recorded_at,
            precision=claim.precision, until=claim.until, until_dated=claim.until_date is not None,
            side=claim.declared_by, one_gate=claim.one_gate, basis=claim.basis, where=claim.where, by=claim.by,
            **more,  # type: ignore[arg-type]
        )  # fmt: skip

    @property
    def announced(self) -> bool:
        return self.basis is Basis.ANNOUNCED

    def moves_gates(self) -> bool:
        return not (self.retracted or self.announced or self.effective_at is None)

    def gates(self, border: Border) -> tuple[str, ...]:
        """The gates it sets: of the side named, or of both; a stop on the road is a gate of its own."""
        if not self._gates:
            sides = (self.side,) if self.side else border.countries
            self._gates = sides if self.where is Where.GATE else tuple(f"{side}:road" for side in sides)
        return self._gates

    def forgotten_at(self, border: Border) -> datetime:
        return self.heard_at + border.forget_after

    def ends_at(self, border: Border) -> datetime:
        """When it ceases to count."""
        if self._ends_at is None:
            forgotten = self.forgotten_at(border)
            self._ends_at = self.until if self.until and self.until < forgotten else forgotten
        return self._ends_at

    def runs_out(self, border: Border) -> bool:
        """Whether it ends by its own `until` rather than by silence."""
        return self.until is not None and self.until <= self.forgotten_at(border)

    def loosens(self, gate: str, lane: Lane) -> bool:
        """Whether what it saw pass says something of a gate it does not set (rule 2)."""
        if not self._proves or self.lanes[lane].state not in (State.OPEN, State.RESTRICTED):
            return False
        return gate.endswith(":road") or (self.side != "" and gate != self.side)

    def confirmed_at(self, at: datetime) -> datetime:
        """When it was last heard by that moment."""
        begins = self.effective_at or self.reported_at
        return max((t for t in (self.reported_at, *self.confirmations) if begins < t <= at), default=begins)

    def strictness(self, lane: Lane) -> int:
        return STRICTNESS[self.lanes[lane].state]


def newest(words: list[Said], lane: Lane) -> Said:
    """Rule 1's order: the newest; then the finer; within a source its last word; between sources the stricter.

    Where two sources say the same at the same instant the slug decides, so that order of arrival never does.
    """
    top = max(word.rank for word in words)
    tied = [word for word in words if word.rank == top]
    if len(tied) == 1:
        return tied[0]
    last: dict[str, Said] = {}
    for word in sorted(tied, key=lambda word: (word.recorded_at, word.report)):
        last[word.source] = word
    return max(last.values(), key=lambda word: (word.strictness(lane), word.source))


def newer(word: Said, than: Said, lane: Lane) -> bool:
    if word.rank != than.rank:
        return word.rank > than.rank
    return newest([than, word], lane) is word


LAPSE_DATED = timedelta(hours=24)
LAPSE_UNDATED = timedelta(days=14)
