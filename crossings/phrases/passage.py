"""Would I be let through? The answer of board.passage in words, gate by gate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy

from crossings.domain.fitting import NeedKind
from crossings.domain.passage import BLINDING, Answer, ComingKind, Doubt
from crossings.domain.vocabulary import Document, How, Passing, State
from crossings.phrases.conditions import UNCOUNTED, phrase
from crossings.phrases.countries import country
from crossings.phrases.holders import gate_name
from crossings.phrases.labels import label
from crossings.phrases.story import Voice, voice
from crossings.phrases.text import capital, listed
from crossings.phrases.times import Clock, moment
from crossings.phrases.words import directions_named, hours_now, traffic_named

Json = dict[str, Any]

MARKS = {
    Answer.LET_THROUGH: State.OPEN,
    Answer.ONLY_WITH: State.RESTRICTED,
    Answer.TURNED_BACK: State.CLOSED,
    Answer.NOT_KNOWN: State.UNKNOWN,
}
HEADINGS: dict[str, Promise] = {
    Answer.LET_THROUGH: gettext_lazy("Reported to be let through"),
    Answer.ONLY_WITH: gettext_lazy("Only with…"),
    Answer.TURNED_BACK: gettext_lazy("Reported to be turned back"),
    Answer.NOT_KNOWN: gettext_lazy("Not known"),
}
MEANINGS: dict[str, Promise] = {
    Answer.LET_THROUGH: gettext_lazy("Every gate is reported to let you through, by what you told."),
    Answer.ONLY_WITH: gettext_lazy("Without what is named here you would be turned back."),
    Answer.TURNED_BACK: gettext_lazy("One gate that turns you back is enough."),
    Answer.NOT_KNOWN: gettext_lazy("What the sources report is not enough to say."),
}
AT_THE_GATE: dict[str, Promise] = {
    Answer.LET_THROUGH: gettext_lazy("reported to let you through"),
    Answer.ONLY_WITH: gettext_lazy("only with…"),
    Answer.TURNED_BACK: gettext_lazy("reported to turn you back"),
    Answer.NOT_KNOWN: gettext_lazy("not known"),
}
DOUBTS: dict[str, Promise] = {
    Doubt.NOT_HEARD: gettext_lazy("Nothing is known of this gate now."),
    Doubt.TERMS_UNKNOWN: gettext_lazy("It lets pass on conditions that are not known to us."),
    Doubt.UNJUDGED: gettext_lazy("Some may not pass, and we cannot tell from their words whether you are meant."),
    Doubt.LOOSENED: gettext_lazy("Nobody has said so of this gate itself: traffic was seen to pass."),
    Doubt.SINGLE: gettext_lazy("Only one source says so."),
    Doubt.ASSUMED: gettext_lazy("It is assumed: nobody has said so since it was to change."),
    Doubt.STALE: gettext_lazy("Nobody has confirmed it lately."),
    Doubt.DISPUTED: gettext_lazy("Sources disagree."),
}
QUESTIONS: dict[str, Promise] = {
    "who": gettext_lazy("what you are"),
    "nationality": gettext_lazy("your nationality"),
    "family_in": gettext_lazy("where you have close family"),
    "documents": gettext_lazy("which papers you have"),
    "goods": gettext_lazy("what you carry"),
    "hs": gettext_lazy("the customs codes of what you carry"),
    "vehicle": gettext_lazy("what you drive"),
    "vehicle_country": gettext_lazy("where your vehicle is registered"),
    "origin": gettext_lazy("where the goods come from"),
    "destination": gettext_lazy("where the goods go"),
}


@dataclass(frozen=True, slots=True)
class Way:
    """Whom a condition names, and what it hangs on for whoever asks."""

    who: str
    hangs_on: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GateTold:
    """`ways` are those on which one passes, `unless` those whom it may mean and who do not."""

    name: str
    mark: str
    word: str
    lines: tuple[str, ...]
    ways: tuple[Way, ...]
    unless: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """`wanting` is what is missing, in short; `note` what is known of the hours. Where nothing is missing but the hour,
    the heading says so, and when it opens."""

    mark: str
    heading: str
    lane: str
    meaning: str
    wanting: tuple[str, ...]
    warnings: tuple[str, ...]
    note: str
    gates: tuple[GateTold, ...]
    questions: str
    voices: tuple[Voice, ...]


def told(found: Json, clock: Clock, shuts: datetime | None = None) -> Told:
    """`shuts` is when the crossing's own hours end, where that is near at hand."""
    answer = found["answer"]
    only_shut = answer == Answer.ONLY_WITH and all(each["answer"] != Answer.ONLY_WITH for each in found["gates"])
    lane = gettext("%(traffic)s %(direction)s") % {
        "traffic": traffic_named([found["traffic"]]),
        "direction": directions_named([found["to"]]),
    }
    questions = listed([str(QUESTIONS[field]) for field in found["questions"]])
    gates = tuple(_gate(each, found["traffic"], clock) for each in found["gates"])
    unknown_hours = found["now"] == Passing.HOURS_UNKNOWN
    return Told(
        mark=MARKS[answer].value,
        heading=capital(hours_now(found, clock)) if only_shut else str(HEADINGS[answer]),
        lane=capital(lane),
        meaning="" if only_shut else str(MEANINGS[answer]),
        wanting=tuple(_wanting(gates)) if answer == Answer.ONLY_WITH else (),
        warnings=tuple(_warnings(found, clock, only_shut, shuts)),
        note=gettext("Its opening hours are not known to us.") if unknown_hours else "",
        gates=gates,
        questions=gettext("We could say more if you told: %(what)s.") % {"what": questions} if questions else "",
        voices=tuple(dict.fromkeys(voice(each, clock) for each in found["claims"])),
    )


def _wanting(gates: Sequence[GateTold]) -> Iterator[str]:
    """What hangs on the way that is nearest, gate by gate; where there are several, that is for the gates to tell."""
    for gate in gates:
        if len(gate.ways) == 1 and not gate.unless:
            yield from gate.ways[0].hangs_on or (gate.ways[0].who,)


def _warnings(found: Json, clock: Clock, headed: bool, shuts: datetime | None) -> Iterator[str]:
    """What concerns the lane as a whole, whatever its gates say."""
    if found["now"] == Passing.OUTSIDE_HOURS and not headed:
        yield capital(gettext("%(hours)s.") % {"hours": hours_now(found, clock)})
    if shuts:
        yield gettext("What holds now was said to last only until %(when)s.") % {"when": clock.when(shuts)}
    of_gates = {doubt for gate in found["gates"] for doubt in gate["doubts"]}
    yield from (str(DOUBTS[doubt]) for doubt in found["doubts"] if doubt in DOUBTS and doubt not in of_gates)
    yield from (_coming(each, clock) for each in found["coming"])


def _coming(coming: Json, clock: Clock) -> str:
    at = moment(coming["at"])
    known = {
        "when": clock.when(at, coming["precision"]) if at else gettext("no time was named"),
        "side": country(coming["side"]) if coming["side"] else gettext("nobody named"),
    }
    if coming["kind"] == ComingKind.ENDS:
        return gettext("What holds now was said to last only until %(when)s.") % known
    if coming["kind"] == ComingKind.ORDERED and coming["state"] == State.CLOSED:
        return gettext("A closing is ordered (%(side)s): %(when)s.") % known
    if coming["kind"] == ComingKind.ORDERED:
        return gettext("Other conditions are ordered (%(side)s): %(when)s.") % known
    if coming["state"] == State.CLOSED:
        return gettext("A closing is announced (%(side)s): %(when)s.") % known
    return gettext("Other conditions are announced (%(side)s): %(when)s.") % known


def _gate(gate: Json, traffic: str, clock: Clock) -> GateTold:
    key = gate["side"] if gate["where"] == "gate" else f"{gate['side']}:{gate['where']}"
    only_with, unsure = gate["answer"] == Answer.ONLY_WITH, gate["answer"] == Answer.NOT_KNOWN
    doubtful = unsure and not BLINDING & set(gate["doubts"])
    return GateTold(
        name=gate_name(key),
        mark=MARKS[gate["answer"]].value,
        word=gettext("not sure") if doubtful else str(AT_THE_GATE[gate["answer"]]),
        lines=tuple(_lines(gate, traffic, clock)),
        ways=_ways(gate["ways"], traffic) if only_with or gate["doubts"] else (),
        unless=_ways(gate["unless"], traffic) if gate["answer"] != Answer.TURNED_BACK else (),
    )


def _lines(gate: Json, traffic: str, clock: Clock) -> Iterator[str]:
    if gate["state"] == State.CLOSED:
        yield gettext("It is reported closed.")
    elif gate["state"] == State.OPEN:
        yield gettext("It is reported open.")
    for each in gate["refused_by"]:
        yield gettext("May not pass: %(who)s.") % {"who": phrase(each, traffic)}
    if gate["answer"] == Answer.TURNED_BACK and gate["conditions"] and not gate["refused_by"]:
        allowed = [phrase(each, traffic) for each in gate["conditions"] if each["effect"] == "allow"]
        yield gettext("Only these are reported to pass: %(who)s.") % {"who": gettext("; ").join(allowed)}
        yield gettext("By what you told you are not among them.")
    yield from (str(DOUBTS[doubt]) for doubt in gate["doubts"] if doubt in DOUBTS)
    at = moment(gate["confirmed_at"])
    if at:
        yield gettext("Last heard of %(age)s.") % {"age": clock.age(at)}


def _ways(fits: Sequence[Json], traffic: str) -> tuple[Way, ...]:
    return tuple(
        Way(
            capital(phrase(each["condition"], traffic)),
            tuple(dict.fromkeys(_hangs_on(need) for need in each["needs"] if not _ends(need))),
        )
        for each in fits
    )


def _ends(need: Json) -> bool:
    """Whether it is only that it holds for some hours more, which whom it names tells already."""
    return need["kind"] == NeedKind.BOUND and need["part"] in ("hours", "days")


def _hangs_on(need: Json) -> str:
    match need["kind"], need["part"]:
        case NeedKind.ASKED, field:
            return gettext("You have not told %(what)s.") % {"what": QUESTIONS[field]}
        case NeedKind.MISSING, "documents":
            return gettext("You would need: %(papers)s.") % {"papers": listed([paper(each) for each in need["words"]])}
        case NeedKind.MISSING, _:
            return gettext("Not at this hour or on this day.")
        case NeedKind.BOUND, "limit":
            return gettext("Whether there is still room under the limit is not known.")
        case NeedKind.BOUND, "fee":
            return gettext("The fee has to be paid.")
        case NeedKind.BOUND, "how":
            return gettext("Only in this manner: %(how)s.") % {"how": label(How(need["words"][0]))}
        case _, "who":
            return gettext("Whose citizens are meant was not said.")
        case _, "goods":
            return gettext("Of a mixed load each part has to be let through.")
    return gettext("Whether this means you cannot be judged from what you told.")


def paper(word: str) -> str:
    name = label(Document(word))
    return name if word in UNCOUNTED else gettext("a %(document)s") % {"document": name}
