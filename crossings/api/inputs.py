"""The shapes of what may be sent, for the OpenAPI document. What is taken is decided in domain.claims and readings."""

from __future__ import annotations

from crossings.api.shapes import (
    ADDRESS,
    CONDITION,
    COUNTRY,
    FLAG,
    MOMENT,
    SAID,
    TEXT,
    WHOLE,
    Shape,
    many,
    maybe,
    ref,
    thing,
    words,
)
from crossings.domain import vocabulary as v

DATE_TOO: Shape = {**TEXT, "description": "RFC 3339 with a zone; with precision day or month also a date or month."}


def needs(names: tuple[str, ...], /, **properties: Shape) -> Shape:
    return thing("", tuple(name for name in properties if name not in names), **properties)


CLAIM_LANE = needs(
    ("traffic", "state"),
    traffic={"type": "string", "enum": [*v.Traffic.words(), "all"]},
    to={**maybe(COUNTRY), "description": "The country entered; left out: both directions."},
    state=words(v.State),
    conditions=many(ref("ConditionSent")),
)
CLAIM = needs(
    ("crossing", "lanes"),
    **{
        **{
            name: maybe(shape) if "type" in shape and isinstance(shape["type"], str) else shape
            for name, shape in SAID.items()
        },
        "id": {**maybe(TEXT), "description": "Yours; sent again it is the same report. Left out, one is made."},
        "crossing": {**TEXT, "description": "Slug, UN/LOCODE, scheme:code or any name in any script."},
        "effective_at": {**maybe(DATE_TOO), "description": "May be left out only where it is announced."},
        "lanes": {**many(ref("ClaimLane")), "minItems": 1},
        "visibility": maybe(words(v.Visibility)),
    },
)
READING = needs(
    ("crossing", "measure", "unit", "observed_at"),
    id=maybe(TEXT),
    crossing=TEXT,
    side=maybe(COUNTRY),
    traffic=maybe(words(v.Traffic)),
    to=maybe(COUNTRY),
    measure=words(v.Measure),
    unit=words(v.Unit),
    low=maybe(WHOLE),
    high=maybe(WHOLE),
    per=maybe(words(v.Per)),
    place=maybe(words(v.QueuePlace)),
    loaded=maybe(FLAG),
    method=maybe(words(v.Method)),
    observed_at=DATE_TOO,
    precision=maybe(words(v.Precision)),
    attribution=maybe(TEXT),
    url=maybe(ADDRESS),
    reported_at=maybe(MOMENT),
    note=maybe(TEXT),
)

INPUTS: dict[str, Shape] = {
    "ConditionSent": needs((), **CONDITION),
    "ClaimLane": CLAIM_LANE,
    "Claim": CLAIM,
    "ReadingSent": READING,
    "RetractionSent": needs(("reason",), reason=TEXT),
    "BatchSent": needs(
        (),
        reports=many(ref("Claim")),
        readings=many(ref("ReadingSent")),
        retractions=many(needs(("id",), id=TEXT, reason=TEXT)),
    ),
}
