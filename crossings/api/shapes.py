"""The shapes of all answers as JSON Schema (2020-12), for the OpenAPI document. Their words are the vocabulary's."""

from __future__ import annotations

from typing import Any

from crossings.api.problems import KINDS, TYPES
from crossings.domain import vocabulary as v
from crossings.ledger import Outcome

Shape = dict[str, Any]

TEXT: Shape = {"type": "string"}
WHOLE: Shape = {"type": "integer"}
NUMBER: Shape = {"type": "number"}
FLAG: Shape = {"type": "boolean"}
MOMENT: Shape = {"type": "string", "format": "date-time"}
ADDRESS: Shape = {"type": "string", "description": "An http(s) address, or empty."}
COUNTRY: Shape = {"type": "string", "pattern": "^[A-Z]{2}$", "description": "ISO 3166-1 alpha-2, or XK."}


def words(kind: type[v.Word]) -> Shape:
    return {"type": "string", "enum": kind.words()}


def many(item: Shape) -> Shape:
    return {"type": "array", "items": item}


def maybe(shape: Shape) -> Shape:
    if "$ref" in shape:
        return {"anyOf": [shape, {"type": "null"}]}
    found = {**shape, "type": [shape["type"], "null"]}
    if "enum" in shape:
        found["enum"] = [*shape["enum"], None]
    return found


def ref(name: str) -> Shape:
    return {"$ref": f"#/components/schemas/{name}"}


def thing(description: str = "", optional: tuple[str, ...] = (), /, **properties: Shape) -> Shape:
    """An object; all its properties are always there, but for the optional ones."""
    required = [name for name in properties if name not in optional]
    made: Shape = {"type": "object", "properties": properties, "required": required}
    return {**made, "description": description} if description else made


NEXT = {**maybe(TEXT), "description": "The full address of the next page; null: this was the last."}
HEAD = {"version": WHOLE, "position": WHOLE, "as_of": maybe(MOMENT)}
CONDITION = {
    "effect": words(v.Effect),
    "who": many(words(v.Who)),
    "goods": many(words(v.Goods)),
    "hs": many({**TEXT, "description": "A code or range of the Harmonized System."}),
    "vehicle": many(words(v.Vehicle)),
    "country": COUNTRY,
    "country_of": words(v.CountryOf),
    "documents": many(words(v.Document)),
    "limit": thing(count=WHOLE, per=words(v.LimitPer)),
    "how": words(v.How),
    "days": many(words(v.Weekday)),
    "hours": {"type": "array", "items": TEXT, "minItems": 2, "maxItems": 2},
    "fee": thing(amount=WHOLE, currency=TEXT),
    "text": TEXT,
}
FACT = {
    "traffic": words(v.Traffic),
    "to": COUNTRY,
    "state": words(v.State),
    "since": {**maybe(MOMENT), "description": "Null: nobody has spoken of this lane."},
    "since_precision": words(v.Precision),
    "gates": {
        "type": "object",
        "additionalProperties": words(v.State),
        "description": 'By side; a stop on the road is a gate of its own, such as "PL:road".',
    },
    "last_known": {**maybe(words(v.State)), "description": "The state before it became unknown."},
    "held_by": many(ref("Holder")),
    "conditions": many(ref("ShownCondition")),
}
QUEUE = {
    "side": maybe(COUNTRY),
    "traffic": maybe(words(v.Traffic)),
    "to": maybe(COUNTRY),
    "measure": words(v.Measure),
    "unit": words(v.Unit),
    "low": {**maybe(WHOLE), "description": "At least so many; null: no lower bound was given."},
    "high": {**maybe(WHOLE), "description": "At most so many; null: no upper bound was given."},
    "per": maybe(words(v.Per)),
    "place": words(v.QueuePlace),
    "loaded": maybe(FLAG),
}
SHOWN_QUEUE = {
    **QUEUE,
    "method": words(v.Method),
    "observed_at": MOMENT,
    "precision": words(v.Precision),
    "source": {**TEXT, "description": "Its source's public label."},
    "reading": WHOLE,
}
SHORT = {
    "state": {**words(v.State), "description": '"open" only where that is sure (current).'},
    "last_reported": {**maybe(words(v.State)), "description": 'What was last reported where `state` is "unknown".'},
}
LINE = {
    "slug": TEXT,
    "name": TEXT,
    "countries": many(COUNTRY),
    **SHORT,
    "known_lanes": WHOLE,
    "open_lanes": WHOLE,
    "since": maybe(MOMENT),
    "confirmed_at": maybe(MOMENT),
}
SAID = {
    "declared_by": maybe(COUNTRY),
    "one_gate": FLAG,
    "effective_at": maybe(MOMENT),
    "precision": words(v.Precision),
    "until": maybe({**TEXT, "description": "A time, or a date: the end of that local day."}),
    "basis": words(v.Basis),
    "where": words(v.Where),
    "by": words(v.By),
    "by_name": TEXT,
    "lanes": many(ref("LaneState")),
    "reason": maybe(words(v.Reason)),
    "note": TEXT,
    "attribution": TEXT,
    "url": ADDRESS,
    "reported_at": MOMENT,
}
CROSSING = {
    "slug": TEXT,
    "name": TEXT,
    "names": {"type": "object", "additionalProperties": TEXT, "description": "By language."},
    "countries": many(COUNTRY),
    "location": maybe(thing(lat=NUMBER, lon=NUMBER, verified=FLAG)),
    "codes": many(TEXT),
    "sides": many(thing(country=COUNTRY, place=TEXT, timezone=TEXT)),
    "status": ref("Status"),
    "queues": many(ref("Queue")),
    "version": {**WHOLE, "description": "Moves whenever any public byte of the crossing moves."},
    "position": {**WHOLE, "description": "Of its last change."},
    "updated_at": maybe(MOMENT),
}
NOW_AT = {"crossing": TEXT, "version": WHOLE, "position": WHOLE, "status": ref("Status")}

SHAPES: dict[str, Shape] = {
    "Condition": thing("Who or what may pass; every part given must hold.", tuple(CONDITION)[1:], **CONDITION),
    "ShownCondition": thing(
        "A condition and whose gate sets it.", tuple(CONDITION)[1:], side=maybe(COUNTRY), **CONDITION
    ),
    "Holder": thing(
        "Who holds a lane shut or on conditions.", side=maybe(COUNTRY), where=words(v.Where), by=words(v.By)
    ),
    "LaneState": thing(
        "",
        ("conditions",),
        traffic=words(v.Traffic), to=COUNTRY, state=words(v.State), conditions=many(ref("Condition")),
    ),
    "PeriodLane": thing("A lane through a stretch of time.", **FACT),
    "Lane": thing(
        "A lane as it stands.",
        **FACT,
        loosened={
            **many(TEXT), "description": "The gates of which nobody said so: traffic was seen to pass the other one."
        },
        confidence=words(v.Confidence), confirmed_at=maybe(MOMENT), reports=many(WHOLE), now=words(v.Passing),
        next_opening=maybe(thing(at=MOMENT, local=many(thing(side=COUNTRY, time=TEXT)))),
    ),
    "Announcement": thing(
        "What was announced, which moves no gate, or ordered for a time to come.",
        report=WHOLE, basis=words(v.Basis), at=maybe(MOMENT), precision=words(v.Precision),
        lanes=many(ref("LaneState")),
        by=maybe(COUNTRY), source=TEXT, said_at=MOMENT, outcome=maybe(words(v.Outcome)), ended_at=maybe(MOMENT),
    ),
    "Conflict": thing(
        "What another source says of a gate instead.",
        traffic=words(v.Traffic), to=COUNTRY, side=COUNTRY, where=words(v.Where), state=words(v.State),
        report=WHOLE, source=TEXT, reported_at=MOMENT,
    ),
    "SourceShown": thing(label=TEXT, kind=words(v.SourceKind), url=ADDRESS, report=WHOLE, reported_at=MOMENT),
    "Status": thing(
        "How a crossing stands. Show people the lanes; the one word is for machines.",
        state=words(v.State), known_lanes=WHOLE, since=maybe(MOMENT), since_precision=words(v.Precision),
        confirmed_at=maybe(MOMENT), lanes=many(ref("Lane")), reason=maybe(words(v.Reason)), note=TEXT,
        announced=many(ref("Announcement")), conflicts=many(ref("Conflict")), sources=many(ref("SourceShown")),
    ),
    "Queue": thing("A counted or estimated queue or flow: a range.", **SHOWN_QUEUE),
    "Crossing": thing(**CROSSING),
    "CrossingAsked": thing(
        "`at` and `as_known_at` are there where they were asked for.", ("at", "as_known_at"),
        **CROSSING, at=MOMENT, as_known_at=maybe(MOMENT),
    ),
    "Board": thing(
        "`next` is there where a page was asked for.", ("next",), **HEAD, crossings=many(ref("Crossing")), next=NEXT
    ),
    "Period": thing(
        "A stretch [start, end) in which no lane's state, conditions or holders changed.",
        start=MOMENT, start_precision=words(v.Precision), end=maybe(MOMENT), state=words(v.State),
        lanes=many(ref("PeriodLane")), reports=many(WHOLE),
        said_to_begin=many(thing(at=MOMENT, precision=words(v.Precision), report=WHOLE)),
    ),
    "History": thing(crossing=TEXT, periods=many(ref("Period")), next=NEXT),
    "Report": thing(
        report=WHOLE, id=TEXT, crossing=TEXT, source=TEXT, source_kind=words(v.SourceKind), **SAID,
        recorded_at=MOMENT, backfilled=FLAG, retracted=FLAG,
    ),
    "Reports": thing(crossing=TEXT, reports=many(ref("Report")), next=NEXT),
    "Reading": thing(
        **SHOWN_QUEUE, id=TEXT, crossing=TEXT, note=TEXT, attribution=TEXT, url=ADDRESS, reported_at=MOMENT
    ),
    "ReadingRange": thing(
        "The lowest and the highest of what was counted in [start, end).",
        start=MOMENT, end=MOMENT, **QUEUE, count=WHOLE,
    ),
    "Readings": thing(
        "",
        ("bucket",),
        crossing=TEXT, bucket=TEXT, readings=many({"anyOf": [ref("Reading"), ref("ReadingRange")]}), next=NEXT,
    ),
    "LaneChange": thing(
        "",
        ("state", "conditions"),
        traffic=words(v.Traffic), to=COUNTRY, state=words(v.State), conditions=many(ref("Condition")),
        before={"description": "The state, or the parts that changed."}, after={},
    ),
    "Change": thing(
        "What was announced, as it was sent.",
        position=WHOLE, type=words(v.ChangeType), crossing=TEXT, at=MOMENT, at_precision=words(v.Precision),
        recorded_at=MOMENT, lanes=many(ref("LaneChange")),
        range=maybe(thing(**{"from": MOMENT, "to": maybe(MOMENT)})), reports=many(WHOLE), status=ref("Status"),
    ),
    "Changes": thing(
        changes=many(ref("Change")),
        position={**WHOLE, "description": "Where to go on: the next `after`."}, more=FLAG,
    ),
    "NotOpen": thing(**LINE),
    "Summary": thing(
        **HEAD, crossings=WHOLE, counts=thing(**dict.fromkeys(v.State.words(), WHOLE)),
        not_open=many(ref("NotOpen")),
    ),
    "Feature": thing(
        type={"const": "Feature"}, id=TEXT,
        geometry=maybe(thing(type={"const": "Point"}, coordinates=many(NUMBER))),
        properties=thing(
            **LINE, position_verified=FLAG, updated_at=maybe(MOMENT),
            lanes=many(
                thing(
                    traffic=words(v.Traffic), to=COUNTRY, **SHORT, confidence=words(v.Confidence),
                    since=maybe(MOMENT), confirmed_at=maybe(MOMENT),
                )
            ),
        ),
    ),
    "FeatureCollection": thing(type={"const": "FeatureCollection"}, **HEAD, features=many(ref("Feature"))),
    "Recorded": thing(
        "What came of it, and how the crossing stands now.", ("report", "reading", "draft", "detail"),
        outcome=words(Outcome), report=WHOLE, reading=WHOLE, draft=WHOLE, detail=TEXT, **NOW_AT,
    ),
    "Draft": thing(
        "What became of a claim or reading that was held.",
        draft=WHOLE, id=TEXT, kind={**TEXT, "enum": ["report", "reading"]}, crossing=TEXT,
        state={
            **TEXT, "enum": ["waiting", "accepted", "merged", "rejected", "withdrawn"],
            "description": "Merged: it says the same as another report. Withdrawn: its source took it back.",
        },
        why={**TEXT, "description": "Why it was held."}, received_at=MOMENT, decided_at=maybe(MOMENT),
        report={**maybe(WHOLE), "description": "The report it became, or was merged with."}, reading=maybe(WHOLE),
    ),
    "Retracted": thing(
        "`draft`: what was taken back was still held as one.", ("report", "draft"),
        outcome={"enum": ["retracted", "same"]}, report=WHOLE, draft=WHOLE, **NOW_AT,
    ),
    "BatchResult": thing(
        "What came of one item. `status` is what it would have been answered alone.",
        ("id", "report", "reading", "draft", "detail", "errors"),
        pointer={**TEXT, "description": "Where it stands in what was sent."}, id=TEXT,
        outcome={"enum": [*Outcome.words(), "retracted", "refused"]}, status=WHOLE,
        report=WHOLE, reading=WHOLE, draft=WHOLE, detail=TEXT, errors=many(ref("Fault")),
    ),
    "BatchResults": thing(
        counts={"type": "object", "additionalProperties": WHOLE, "description": "Items by outcome."},
        results=many(ref("BatchResult")), version=WHOLE, position=WHOLE,
    ),
    "Fault": thing(
        "",
        ("parameter",),
        pointer={**TEXT, "description": "JSON pointer (RFC 6901) into what was sent."}, code=TEXT, detail=TEXT,
        parameter={**TEXT, "description": "The query parameter that is wrong."},
    ),
    "Problem": thing(
        "RFC 9457.", ("report", "reading", "draft"),
        type={**TEXT, "enum": [TYPES + kind for kind in KINDS]}, title=TEXT, status=WHOLE, detail=TEXT,
        errors=many(ref("Fault")), report=WHOLE, reading=WHOLE, draft=WHOLE,
    ),
}  # fmt: skip
