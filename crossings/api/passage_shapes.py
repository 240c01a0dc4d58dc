"""The shapes of passage for the OpenAPI document: what is told of a traveller or load, and what is answered."""

from __future__ import annotations

from crossings.api.inputs import needs
from crossings.api.shapes import COUNTRY, MOMENT, TEXT, WHOLE, Shape, many, maybe, ref, thing, words
from crossings.domain import vocabulary as v
from crossings.domain.fitting import NeedKind
from crossings.domain.passage import Answer, ComingKind, Doubt

PASSAGE: dict[str, Shape] = {
    "PassageAsked": needs(
        ("to",),
        to={**COUNTRY, "description": "The country entered."},
        traffic={**maybe(words(v.Traffic)), "description": "Left out: by what is carried and driven."},
        who={**maybe(many(words(v.Who))), "description": "All that holds; nationals and foreigners by `nationality`."},
        nationality={**maybe(COUNTRY), "description": "Of a truck, its driver's; the documents too."},
        family_in={**maybe(many(COUNTRY)), "description": "Where close family lives."},
        documents={**maybe(many(words(v.Document))), "description": "All that are held."},
        goods={**maybe(many(words(v.Goods))), "description": "All that holds of the load."},
        hs=maybe(many({**TEXT, "description": "A code of the Harmonized System."})),
        vehicle=maybe(many(words(v.Vehicle))),
        vehicle_country=maybe(COUNTRY),
        origin={**maybe(COUNTRY), "description": "Of the goods."},
        destination={**maybe(COUNTRY), "description": "Of the goods."},
    ),
    "Passage": thing(
        "What the sources' words come to. `let_through` only where every gate is open to them and sure.",
        crossing=TEXT,
        traffic=words(v.Traffic),
        to=COUNTRY,
        at=MOMENT,
        answer=words(Answer),
        state=words(v.State),
        confidence=words(v.Confidence),
        now=words(v.Passing),
        next_opening=maybe(thing(at=MOMENT, local=many(thing(side=COUNTRY, time=TEXT)))),
        doubts={**many(words(Doubt)), "description": "Why it is not known, or not sure."},
        questions={**many(TEXT), "description": "The fields that were left out and would matter."},
        gates=many(ref("PassageGate")),
        coming={**many(ref("PassageComing")), "description": "Closings and other conditions near at hand."},
        claims={**many(ref("SourceShown")), "description": "The claims it rests on, and those against them."},
        notice=TEXT,
    ),
    "PassageGate": thing(
        "What one gate comes to; the one that goes least far decides.",
        side=COUNTRY,
        where=words(v.Where),
        state=words(v.State),
        confidence=words(v.Confidence),
        confirmed_at=maybe(MOMENT),
        answer=words(Answer),
        doubts=many(words(Doubt)),
        ways={**many(ref("PassageFit")), "description": "The permissions that fit, or may."},
        refused_by={**many(ref("ShownCondition")), "description": "The denials that fit."},
        unless={**many(ref("PassageFit")), "description": "The denials that may fit."},
        conditions={**many(ref("ShownCondition")), "description": "All that the gate sets."},
        reports=many(WHOLE),
        against={**many(WHOLE), "description": "What other sources say instead."},
    ),
    "PassageFit": thing(
        "A condition, and what it hangs on.",
        condition=ref("ShownCondition"),
        needs=many(
            thing(
                "`part` is a part of the condition; of what was not told, the field that would tell it.",
                part=TEXT,
                kind=words(NeedKind),
                words=many(TEXT),
            )
        ),
    ),
    "PassageComing": thing(
        "What is announced or ordered within two days, or a stated end of what holds.",
        kind=words(ComingKind),
        state=words(v.State),
        at={**maybe(MOMENT), "description": "Null: no time was named."},
        precision=words(v.Precision),
        side=maybe(COUNTRY),
        report=WHOLE,
    ),
}
