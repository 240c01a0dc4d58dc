"""The contract's JSON as a source sends it -> checked claims and readings of crossings we know."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from crossings.domain.border import Border, Side
from crossings.domain.claims import Claim, claim_from_json, identity
from crossings.domain.faults import Fault, Refused
from crossings.domain.readings import Reading, reading_from_json
from crossings.domain.vocabulary import Traffic
from crossings.matching import Names
from crossings.models import Crossing, Source

T = TypeVar("T", Claim, Reading)

# Stands in for a crossing that is not known, so that what else is wrong with an item is said in the same answer.
NOWHERE = Border("", (Side("", "", "UTC"), Side("", "", "UTC")), tuple(Traffic), ())
ONLY_THE_CROSSING_CAN_TELL = {"not_a_side", "not_carried", "lane_twice", "side_required", "invalid_interval"}


def read_claim(data: Any, names: Names, source: Source, pointer: str = "") -> Claim:
    """Check one claim of the contract's JSON that this source sends. It comes back with an id.

    Raises Refused with every fault found, each with its JSON pointer, which begins with `pointer`.
    """

    def check(border: Border) -> Claim:
        return claim_from_json(data, border, speaks_for=source.speaks_for, pointer=pointer)

    claim = _checked(data, names, source, pointer, check)
    if claim.external_id:
        return claim
    at = claim.effective_at or claim.reported_at
    parts = (claim.crossing, claim.declared_by, claim.where.value, claim.basis.value, at)
    return replace(claim, external_id=identity(source.slug, "report", *parts))


def read_reading(data: Any, names: Names, source: Source, pointer: str = "") -> Reading:
    """Check one reading of the contract's JSON that this source sends; as read_claim."""

    def check(border: Border) -> Reading:
        return reading_from_json(data, border, pointer=pointer)

    count = _checked(data, names, source, pointer, check)
    if count.external_id:
        return count
    traffic = count.traffic.value if count.traffic else ""
    kind = (count.measure.value, count.unit.value, count.place.value, traffic, count.to)
    parts = (count.crossing, count.side, count.observed_at, *kind)
    return replace(count, external_id=identity(source.slug, "reading", *parts))


def _checked(data: Any, names: Names, source: Source, pointer: str, check: Callable[[Border], T]) -> T:
    if not isinstance(data, dict):
        raise Refused.one(pointer, "not_an_object", "A JSON object is expected here.")
    try:
        border = names.border(_crossing_of(data, names, source, pointer))
    except Refused as refused:
        raise Refused(refused.faults + _other_faults(check)) from None
    return check(border)


def _crossing_of(data: dict[str, Any], names: Names, source: Source, pointer: str) -> Crossing:
    named, at = data.get("crossing"), f"{pointer}/crossing"
    if named is None:
        raise Refused.one(at, "required", "Say which crossing: a slug, a UN/LOCODE, scheme:code or a name.")
    if not isinstance(named, str):
        raise Refused.one(at, "not_a_text", "A text is expected.")
    try:
        crossing = names.find(named)
    except Refused as refused:
        raise Refused([replace(fault, pointer=at) for fault in refused.faults]) from None
    if not names.granted(source, crossing):
        raise Refused.one(at, "crossing_not_granted", f"This source may not speak of {crossing.slug}.")
    return crossing


def _other_faults(check: Callable[[Border], object]) -> list[Fault]:
    try:
        check(NOWHERE)
    except Refused as refused:
        return [fault for fault in refused.faults if fault.code not in ONLY_THE_CROSSING_CAN_TELL]
    return []
