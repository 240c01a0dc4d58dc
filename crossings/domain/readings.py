"""A counted or estimated queue or flow: frozen, checked, to and from the contract's JSON."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crossings.domain.border import Border
from crossings.domain.claims import sha256_of, stamp
from crossings.domain.faults import Fault, Refused
from crossings.domain.fields import Fields
from crossings.domain.vocabulary import Measure, Method, Per, Precision, QueuePlace, Traffic, Unit

MOST = 10_000_000


@dataclass(frozen=True, slots=True)
class Reading:
    """One count. It is a range: "up to 6,000" has only a `high`, "more than 5,000" only a `low`.

    `side`, `traffic` and `to` are "" where not said (side: both sides together, or not said). Times are in UTC.
    """

    crossing: str
    measure: Measure
    unit: Unit
    observed_at: datetime
    low: int | None = None
    high: int | None = None
    precision: Precision = Precision.EXACT
    side: str = ""
    traffic: Traffic | None = None
    to: str = ""
    per: Per | None = None
    place: QueuePlace = QueuePlace.GATE
    loaded: bool | None = None
    method: Method = Method.REPORTED
    note: str = ""
    attribution: str = ""
    url: str = ""
    external_id: str = ""
    reported_at: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.external_id or None,
            "crossing": self.crossing,
            "side": self.side or None,
            "traffic": self.traffic.value if self.traffic else None,
            "to": self.to or None,
            "measure": self.measure.value,
            "unit": self.unit.value,
            "low": self.low,
            "high": self.high,
            "per": self.per.value if self.per else None,
            "place": self.place.value,
            "loaded": self.loaded,
            "method": self.method.value,
            "observed_at": stamp(self.observed_at),
            "precision": self.precision.value,
            "attribution": self.attribution,
            "url": self.url,
            "reported_at": stamp(self.reported_at),
            "note": self.note,
        }

    def digest(self) -> str:
        return sha256_of(self.as_json())


def reading_from_json(data: Any, border: Border, *, pointer: str = "") -> Reading:
    """Check one reading of the contract's JSON. Raises Refused with every fault found."""
    faults: list[Fault] = []
    read = Fields(data, pointer, faults)
    read.get("crossing")
    side, to = (border.side_named(read, key) for key in ("side", "to"))
    measure, unit, per = read.word("measure", Measure), read.word("unit", Unit), read.word("per", Per)
    for key in ("measure", "unit", "observed_at"):
        if read.get(key) is None:
            read.fault(key, "required", "This field is needed.")
    if measure in (Measure.PASSED, Measure.TURNED_BACK) and read.get("per") is None:
        read.fault("per", "required", "A flow needs `per`: hour or day.")
    low, high = read.number("low", 0, MOST), read.number("high", 0, MOST)
    if read.get("low") is None and read.get("high") is None:
        read.fault("low", "required", "A reading needs a `low`, a `high`, or both.")
    if low is not None and high is not None and low > high:
        read.fault("high", "out_of_range", "`high` must not be below `low`.")
    precision = read.word("precision", Precision, Precision.EXACT) or Precision.EXACT
    observed_at = border.time_named(read, "observed_at", precision, side)
    traffic = read.word("traffic", Traffic)
    place = read.word("place", QueuePlace, QueuePlace.GATE) or QueuePlace.GATE
    loaded = read.optional_flag("loaded")
    method = read.word("method", Method, Method.REPORTED) or Method.REPORTED
    note, attribution = read.text("note", 2000, public=True), read.text("attribution", 200, public=True)
    url, external_id, reported_at = read.link("url"), read.text("id", 200), read.moment("reported_at")
    read.no_others()
    if faults or measure is None or unit is None or observed_at is None:
        raise Refused(faults)
    return Reading(
        crossing=border.slug, measure=measure, unit=unit, observed_at=observed_at, low=low, high=high,
        precision=precision, side=side, traffic=traffic, to=to, per=per, place=place, loaded=loaded, method=method,
        note=note, attribution=attribution, url=url, external_id=external_id, reported_at=reported_at,
    )  # fmt: skip
