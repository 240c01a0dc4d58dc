"""Would one be let through? The one answer that the page and the API give. Nothing of what was asked is stored."""

from __future__ import annotations

from datetime import datetime

from crossings.domain.claims import stamp
from crossings.domain.conditions import Condition
from crossings.domain.fitting import Fitted, NeedKind
from crossings.domain.passage import AtGate, Coming, Passage, lane_seen
from crossings.domain.passage import passage as judge
from crossings.domain.traveller import Asking
from crossings.evidence import cards, current_status, points_before, witnesses
from crossings.models import Crossing
from crossings.serializers import Json

NOTICE = "What sources report, not permission to cross."


def passage(crossing: Crossing, asking: Asking, now: datetime) -> Json:
    """How the crossing stands now for whoever asks. A fixed number of queries, in none of which the traveller is."""
    border, at = crossing.border(), {crossing.pk: now}
    status, shown = current_status({crossing.pk: border}, points_before(at, inclusive=True), at)[crossing.pk]
    heard = witnesses(at, {crossing.pk: border.fresh_for}).get(crossing.pk, [])
    place = [each.lane for each in status.lanes].index(asking.lane)
    seen = lane_seen(border, status.lanes[place], heard, status.announced, now)
    found = judge(border, seen, asking.traveller, now)
    return {
        "crossing": crossing.slug,
        "traffic": asking.lane[0].value,
        "to": asking.lane[1],
        "at": stamp(now),
        "answer": found.answer.value,
        **{name: shown["lanes"][place][name] for name in ("state", "confidence", "now", "next_opening")},
        "doubts": [doubt.value for doubt in found.doubts],
        "questions": _questions(found),
        "gates": [_gate_json(each) for each in found.gates],
        "coming": [_coming_json(each) for each in seen.coming],
        "claims": _claims_json(found),
        "notice": NOTICE,
    }


def _questions(found: Passage) -> list[str]:
    """The fields that were not told and would matter."""
    fits = [fit for each in found.gates for fit in (*each.ways, *each.unless)]
    return list(dict.fromkeys(need.part for fit in fits for need in fit.needs if need.kind is NeedKind.ASKED))


def _gate_json(found: AtGate) -> Json:
    gate = found.gate
    side, _, road = gate.key.partition(":")
    return {
        "side": side,
        "where": road or "gate",
        "state": gate.state.value,
        "confidence": gate.confidence.value,
        "confirmed_at": stamp(gate.confirmed_at),
        "answer": found.level.answer.value,
        "doubts": [doubt.value for doubt in found.doubts],
        "ways": [_fitted_json(each, gate.said_by) for each in found.ways],
        "refused_by": [_condition_json(each, gate.said_by) for each in found.refused_by],
        "unless": [_fitted_json(each, gate.said_by) for each in found.unless],
        "conditions": [_condition_json(each, gate.said_by) for each in gate.conditions],
        "reports": list(gate.reports),
        "against": list(gate.against),
    }


def _fitted_json(fit: Fitted, side: str) -> Json:
    needs = [{"part": need.part, "kind": need.kind.value, "words": list(need.words)} for need in fit.needs]
    return {"condition": _condition_json(fit.condition, side), "needs": needs}


def _condition_json(condition: Condition, side: str) -> Json:
    return {"side": side or None, **condition.as_json()}


def _coming_json(coming: Coming) -> Json:
    return {
        "kind": coming.kind.value,
        "state": coming.state.value,
        "at": stamp(coming.at),
        "precision": coming.precision.value,
        "side": coming.side or None,
        "report": coming.report,
    }


def _claims_json(found: Passage) -> list[Json]:
    """The sources of every claim it rests on, by their public labels."""
    known = cards(found.reports)
    return [
        {
            "label": known[report].label,
            "kind": known[report].kind,
            "url": known[report].url,
            "report": report,
            "reported_at": stamp(known[report].reported_at),
        }
        for report in found.reports
        if report in known
    ]
