"""The one JSON shape of a crossing, a period, a report, a reading and a change. Plain dictionaries, no queries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crossings.domain.announcements import Announcement
from crossings.domain.border import Border, Lane
from crossings.domain.claims import stamp
from crossings.domain.conditions import condition_from_stored
from crossings.domain.gates import Holder, Term
from crossings.domain.hours import Now
from crossings.domain.said import Said
from crossings.domain.status import LaneStatus, Status
from crossings.domain.timeline import LaneFact, Period
from crossings.domain.vocabulary import By, Passing, Precision, State, Traffic, Where
from crossings.models import Crossing, Reading, Report

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Card:
    """What the public may know of a report beside its claim: its source's label, never its name."""

    label: str
    kind: str
    url: str
    reason: str
    note: str
    reported_at: datetime


def crossing_json(crossing: Crossing, current: Json) -> Json:
    """The contract's crossing: what it is, and `current`, how it stands (current_json)."""
    location = None
    if crossing.latitude is not None and crossing.longitude is not None:
        location = {"lat": crossing.latitude, "lon": crossing.longitude, "verified": crossing.position_verified}
    return {
        "slug": crossing.slug,
        "name": crossing.name,
        "names": crossing.names,
        "countries": list(crossing.countries),
        "location": location,
        "codes": crossing.codes,
        "sides": [
            {"country": crossing.country_a, "place": crossing.place_a, "timezone": crossing.timezone_a},
            {"country": crossing.country_b, "place": crossing.place_b, "timezone": crossing.timezone_b},
        ],
        **current,
    }


def status_json(border: Border, status: Status, cards: dict[int, Card]) -> Json:
    leading = next((cards[word.report] for word in _leading(status) if word.report in cards), None)
    return {
        "state": status.state.value,
        "known_lanes": status.known_lanes,
        "since": stamp(status.since),
        "since_precision": status.since_precision.value,
        "confirmed_at": stamp(status.confirmed_at),
        "lanes": [_lane_json(border, each) for each in status.lanes],
        "reason": (leading.reason or None) if leading else None,
        "note": leading.note if leading else "",
        "announced": [_announcement_json(each, cards) for each in status.announced if each.said.report in cards],
        "conflicts": _conflicts_json(status, cards),
        "sources": [_source_json(word.report, cards[word.report]) for word in status.rests_on if word.report in cards],
    }


def reports_shown(status: Status) -> set[int]:
    """The reports whose cards status_json needs."""
    shown = {word.report for word in status.rests_on} | {each.said.report for each in status.announced}
    return shown | {word.report for each in status.lanes for _, word in each.trust.against}


def _leading(status: Status) -> list[Said]:
    """The claims on which the strictest lanes rest, the newest first: theirs are the reason and the note."""
    held = {
        gate.ruling.report
        for each in status.lanes
        if each.fact.state in (State.CLOSED, State.RESTRICTED)
        for gate in each.seen.holding()
        if gate.ruling
    }
    words = [word for word in status.rests_on if not held or word.report in held]
    return sorted(words, key=lambda word: (word.rank, word.report), reverse=True)


def _lane_json(border: Border, lane: LaneStatus) -> Json:
    """`loosened` names the gates whose state comes from what was seen to pass (rule 2) and not from their own side: by
    `gates` alone such a gate reads as if its side had said so.
    """
    return {
        **fact_json(lane.lane, lane.fact),
        "gates": {key: gate.state.value for key, gate in lane.seen.gates.items()},
        "loosened": [key for key, gate in lane.seen.gates.items() if gate.loosened],
        "held_by": [_holder_json(each) for each in lane.seen.holders],
        "conditions": [_term_json(each) for each in lane.seen.terms],
        "confidence": lane.trust.confidence.value,
        "confirmed_at": stamp(lane.trust.confirmed_at),
        "reports": list(lane.seen.reports),
        **_now_json(border, lane.now),
    }


def _now_json(border: Border, now: Now) -> Json:
    """`next_opening` in UTC and in both sides' local time, each with its offset."""
    opening = None
    if now.passing is Passing.OUTSIDE_HOURS and now.next_opening:
        local = [
            {"side": side.country, "time": now.next_opening.astimezone(side.zone).isoformat(timespec="minutes")}
            for side in border.sides
        ]
        opening = {"at": stamp(now.next_opening), "local": local}
    return {"now": now.passing.value, "next_opening": opening}


def fact_json(lane: Lane, fact: LaneFact) -> Json:
    """A lane through a stretch of time, as in a period."""
    return {
        "traffic": lane[0].value,
        "to": lane[1],
        "state": fact.state.value,
        "since": stamp(fact.since) if fact.reported else None,
        "since_precision": fact.since_precision.value,
        "gates": {key: state.value for key, state in fact.gates},
        "last_known": fact.last_known.value if fact.last_known else None,
        "held_by": [_holder_json(each) for each in fact.holders],
        "conditions": [_term_json(each) for each in fact.terms],
    }


def fact_from_json(data: Json, start: datetime) -> tuple[Lane, LaneFact]:
    """The reverse of fact_json, for periods out of the database."""
    since = datetime.fromisoformat(data["since"]) if data["since"] else start
    fact = LaneFact(
        state=State(data["state"]),
        since=since,
        since_precision=Precision(data["since_precision"]),
        gates=tuple((key, State(state)) for key, state in data["gates"].items()),
        holders=tuple(Holder(h["side"] or "", Where(h["where"]), By(h["by"])) for h in data["held_by"]),
        terms=tuple(_term_from_json(term) for term in data["conditions"]),
        last_known=State(data["last_known"]) if data["last_known"] else None,
        reported=data["since"] is not None,
    )
    return (Traffic(data["traffic"]), data["to"]), fact


def _holder_json(holder: Holder) -> Json:
    return {"side": holder.side or None, "where": holder.where.value, "by": holder.by.value}


def _term_json(term: Term) -> Json:
    return {"side": term[0] or None, **term[1].as_json()}


def _term_from_json(data: Json) -> Term:
    return data["side"] or "", condition_from_stored(data)


def _announcement_json(announcement: Announcement, cards: dict[int, Card]) -> Json:
    """`basis` tells what was announced from what is ordered: an order leaves the list, without an outcome, when it
    takes effect.
    """
    word = announcement.said
    return {
        "report": word.report,
        "basis": word.basis.value,
        "at": stamp(word.effective_at),
        "precision": word.precision.value,
        "lanes": [state.as_json() for state in word.lanes.values()],
        "by": word.side or None,
        "source": cards[word.report].label,
        "said_at": stamp(word.reported_at),
        "outcome": announcement.outcome.value if announcement.outcome else None,
        "ended_at": stamp(announcement.ended_at),
    }


def _conflicts_json(status: Status, cards: dict[int, Card]) -> list[Json]:
    found = []
    for each in status.lanes:
        for gate, word in each.trust.against:
            if word.report in cards:
                side, _, road = gate.partition(":")
                found.append(
                    {
                        "traffic": each.lane[0].value,
                        "to": each.lane[1],
                        "side": side,
                        "where": road or "gate",
                        "state": word.lanes[each.lane].state.value,
                        "report": word.report,
                        "source": cards[word.report].label,
                        "reported_at": stamp(word.confirmed_at(status.at)),
                    }
                )
    return found


def _source_json(report: int, card: Card) -> Json:
    return {
        "label": card.label,
        "kind": card.kind,
        "url": card.url,
        "report": report,
        "reported_at": stamp(card.reported_at),
    }


def queue_json(reading: Reading, label: str) -> Json:
    return {
        "side": reading.side or None,
        "traffic": reading.traffic or None,
        "to": reading.to or None,
        "measure": reading.measure,
        "unit": reading.unit,
        "low": reading.low,
        "high": reading.high,
        "per": reading.per or None,
        "place": reading.place,
        "loaded": reading.loaded,
        "method": reading.method,
        "observed_at": stamp(reading.observed_at),
        "precision": reading.precision,
        "source": label,
        "reading": reading.pk,
    }


def period_json(period: Period) -> Json:
    """What is stored of a period and shown of it."""
    return {
        "start": stamp(period.start),
        "start_precision": period.start_precision.value,
        "end": stamp(period.end),
        "state": period.state.value,
        "lanes": [fact_json(lane, fact) for lane, fact in period.lanes.items()],
        "reports": list(period.reports),
    }


def report_json(report: Report, label: str, retracted: bool) -> Json:
    """A public claim with its source's label; the contract's claim and what we know of it."""
    return {
        "report": report.pk,
        "id": report.external_id,
        "crossing": report.crossing.slug,
        "source": label,
        "source_kind": report.source.kind,
        "declared_by": report.declared_by or None,
        "one_gate": report.one_gate,
        "effective_at": stamp(report.effective_at),
        "precision": report.precision,
        "until": report.until_date.isoformat() if report.until_date else stamp(report.until),
        "basis": report.basis,
        "where": report.where,
        "by": report.by,
        "by_name": report.by_name,
        "lanes": report.lanes,
        "reason": report.reason or None,
        "note": report.note,
        "attribution": report.attribution,
        "url": report.url,
        "reported_at": stamp(report.reported_at),
        "recorded_at": stamp(report.recorded_at),
        "backfilled": report.backfilled,
        "retracted": retracted,
    }


def reading_json(reading: Reading, label: str) -> Json:
    return {
        **queue_json(reading, label),
        "id": reading.external_id,
        "crossing": reading.crossing.slug,
        "note": reading.note,
        "attribution": reading.attribution,
        "url": reading.url,
        "reported_at": stamp(reading.reported_at),
    }


def lanes_by_name(lanes: Iterable[Json]) -> dict[str, Json]:
    return {f"{lane['traffic']}>{lane['to']}": lane for lane in lanes}
