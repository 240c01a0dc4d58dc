"""The conditions of a restricted lane in plain words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext, gettext_lazy, ngettext

from crossings.domain.vocabulary import Document, Effect, Goods, How, LimitPer, Traffic, Vehicle, Weekday, Who
from crossings.phrases.countries import country
from crossings.phrases.labels import label
from crossings.phrases.text import apart, listed

Json = dict[str, Any]

EXCEPT, WITH, NOT_KNOWN = "except", "with", "not known"
OTHERWISE_SAID = {
    Who.NATIONALS: gettext_lazy("citizens"),
    Who.RETURNEES: gettext_lazy("people who return home"),
    Who.DEPORTEES: gettext_lazy("deported people"),
}
"""Where a label is too short to stand alone in a sentence."""
ALSO = {
    Who.STRANDED: gettext_lazy("stranded on the way"),
    Who.LISTED: gettext_lazy("on a name list"),
    Who.UNDOCUMENTED: gettext_lazy("without papers"),
}
"""How it is said of people who have been named as something else before."""
UNCOUNTED = (Document.PROOF_OF_FAMILY, Document.CUSTOMS_CLEARED)


@dataclass(frozen=True, slots=True)
class GateTerms:
    """What one gate asks; `side` None: said of both, or of no side. All lists are phrases."""

    side: str | None
    allowed: tuple[str, ...]
    denied: tuple[str, ...]
    first: tuple[str, ...]

    @property
    def name(self) -> str:
        return country(self.side) if self.side else ""

    @property
    def lines(self) -> list[str]:
        """One line a condition, in the order of what matters most at the gate."""
        only = [gettext("only %(who)s") % {"who": each} for each in self.allowed]
        first = [gettext("%(who)s pass first") % {"who": each} for each in self.first]
        return [*only, *(gettext("%(who)s may not pass") % {"who": each} for each in self.denied), *first]

    @property
    def words(self) -> str:
        """All of it in one breath: "citizens of Pakistan and patients, but not students"."""
        parts = [gettext("%(who)s may not pass") % {"who": each} for each in self.denied]
        rest = [gettext("%(who)s pass first") % {"who": each} for each in self.first]
        if not self.allowed:
            return listed([*parts, *rest])
        text = listed(self.allowed)
        if self.denied:
            text = gettext("%(allowed)s, but not %(denied)s") % {"allowed": text, "denied": listed(self.denied)}
        return gettext("; ").join([text, *rest])


@dataclass(frozen=True, slots=True)
class Terms:
    """`kind` says how a restricted lane is to be called: "closed except…", "open, with conditions" or neither."""

    kind: str
    gates: tuple[GateTerms, ...]

    @property
    def words(self) -> str:
        if len(self.gates) == 1:
            return self.gates[0].words
        by_gate = [
            gettext("%(gate)s: %(words)s") % {"gate": gate.name or gettext("both gates"), "words": gate.words}
            for gate in self.gates
        ]
        return gettext("those whom every gate lets through (%(gates)s)") % {"gates": gettext("; ").join(by_gate)}


def terms(lane: Json) -> Terms:
    """All conditions of a lane, gate by gate; across gates, each must let you pass."""
    by_side: dict[str | None, dict[str, list[str]]] = {}
    for condition in lane["conditions"]:
        gate = by_side.setdefault(condition.get("side"), {effect: [] for effect in Effect})
        gate[condition["effect"]].append(phrase(condition, lane["traffic"]))
    gates = tuple(
        GateTerms(side, tuple(said[Effect.ALLOW]), tuple(said[Effect.DENY]), tuple(said[Effect.PRIORITY]))
        for side, said in by_side.items()
    )
    if not gates:
        return Terms(NOT_KNOWN, ())
    return Terms(EXCEPT if any(gate.allowed for gate in gates) else WITH, gates)


def phrase(condition: Json, traffic: str) -> str:
    """Whom or what one condition names: "patients from Afghanistan with a permit, at most 40 a day"."""
    parts = [_subject(condition, traffic), _whence(condition), _documents(condition), _how(condition)]
    text = " ".join(part for part in parts if part)
    more = [part for part in (_limit(condition), _times(condition), _fee(condition)) if part]
    if condition.get("text"):
        said = apart(condition["text"])
        if not more and _says_only_text(condition):
            return said
        more.append(said)
    return gettext(", ").join([text, *more])


def _says_only_text(condition: Json) -> bool:
    return not condition.keys() - {"effect", "side", "text"}


def _subject(condition: Json, traffic: str) -> str:
    land = condition.get("country") if condition.get("country_of", "person") == "person" else None
    who = [_person(word, land, later=index > 0) for index, word in enumerate(condition.get("who", ()))]
    goods = [label(Goods(word)) for word in condition.get("goods", ())]
    if condition.get("hs"):
        goods.append(gettext("goods of customs code %(codes)s") % {"codes": apart(", ".join(condition["hs"]))})
    vehicles = [label(Vehicle(word)) for word in condition.get("vehicle", ())]
    given = [_all_at_once(nouns, people=nouns is who) for nouns in (who, vehicles, goods) if nouns]
    return gettext(" with ").join(given) or _everybody(traffic)


def _person(word: str, land: str | None, *, later: bool) -> str:
    if later and word in ALSO:
        return str(ALSO[Who(word)])
    if land and word == Who.NATIONALS:
        return gettext("citizens of %(country)s") % {"country": country(land)}
    if land and word == Who.FAMILY:
        return gettext("people with close family in %(country)s") % {"country": country(land)}
    return str(OTHERWISE_SAID[Who(word)]) if word in OTHERWISE_SAID else label(Who(word))


def _all_at_once(nouns: list[str], *, people: bool) -> str:
    """What is all of these: the parts of a list combine."""
    if len(nouns) == 1:
        return nouns[0]
    form = gettext("%(one)s who are also %(others)s") if people else gettext("%(one)s that are also %(others)s")
    return form % {"one": nouns[0], "others": listed(nouns[1:])}


def _everybody(traffic: str) -> str:
    if traffic == Traffic.CARGO:
        return gettext("goods trucks")
    return gettext("vehicles") if traffic == Traffic.VEHICLES else gettext("people")


def _whence(condition: Json) -> str:
    if not condition.get("country"):
        return ""
    named = {"country": country(condition["country"])}
    match condition.get("country_of", "person"):
        case "vehicle":
            form = gettext("in vehicles registered in %(country)s")
            return (form if condition.get("who") else gettext("registered in %(country)s")) % named
        case "origin":
            form = gettext("with goods from %(country)s")
            return (gettext("from %(country)s") if condition.get("goods") else form) % named
        case "destination":
            form = gettext("with goods for %(country)s")
            return (gettext("for %(country)s") if condition.get("goods") else form) % named
    told = {Who.NATIONALS, Who.FAMILY} & set(condition.get("who", ()))
    return "" if told else gettext("from %(country)s") % named


def _documents(condition: Json) -> str:
    needed = []
    for each in condition.get("documents", ()):
        name = label(Document(each))
        needed.append(name if each in UNCOUNTED else gettext("a %(document)s") % {"document": name})
    return gettext("with %(documents)s") % {"documents": listed(needed)} if needed else ""


def _how(condition: Json) -> str:
    match condition.get("how"):
        case None:
            return ""
        case How.UNLOAD_AND_RETURN:
            return gettext("to unload and return")
        case How.INSPECTION_ONLY:
            return gettext("for inspection only")
    return label(How(condition["how"]))


def _limit(condition: Json) -> str:
    limit = condition.get("limit")
    if not limit:
        return ""
    return gettext("at most %(count)s %(per)s") % {
        "count": apart(f"{limit['count']:,}"),
        "per": label(LimitPer(limit["per"])),
    }


def _times(condition: Json) -> str:
    parts = []
    if condition.get("days"):
        parts.append(gettext("on %(days)s") % {"days": listed([label(Weekday(day)) for day in condition["days"]])})
    if condition.get("hours"):
        opens, closes = map(apart, condition["hours"])
        side = condition.get("side")
        form = gettext("from %(opens)s to %(closes)s local time")
        if side:
            form = gettext("from %(opens)s to %(closes)s in %(country)s")
        parts.append(form % {"opens": opens, "closes": closes, "country": country(side or "")})
    return " ".join(parts)


def _fee(condition: Json) -> str:
    fee = condition.get("fee")
    return gettext("for a fee of %(sum)s") % {"sum": apart(f"{fee['amount']:,} {fee['currency']}")} if fee else ""


def brief(gates: tuple[GateTerms, ...], most: int = 3) -> str:
    """At most that many conditions in one breath, and how many more there are."""
    lines = [each for gate in gates for each in (gate.allowed or tuple(gate.lines))]
    if len(lines) <= most:
        return listed(lines)
    left = len(lines) - most
    more = ngettext("%(n)s more", "%(n)s more", left) % {"n": apart(left)}
    return listed([*lines[:most], more])
