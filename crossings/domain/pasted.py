"""What a forwarded message or a piece of press text says of one crossing, as far as it can be told safely.

Nothing found here is more than a suggestion to a person. What is denied, asked, hoped for, heard of or long past gives
nothing; what can be read in two ways gives nothing and is named as unsure. The fields are those of the form by which
staff log an update, and `who`, `goods` and `nationals` of its conditions.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from itertools import pairwise

from crossings.domain import pasted_words as w
from crossings.domain.pasted_counts import counts, spans
from crossings.domain.pasted_found import Clause, Found, Place, Why, not_sure
from crossings.domain.pasted_only import ONLY, narrowed, narrowings
from crossings.domain.pasted_private import LONGEST, Cleaned, cleaned, marked
from crossings.domain.pasted_sides import ACTED, FROM, NATIONALS, TO
from crossings.domain.pasted_times import sent
from crossings.domain.pasted_when import whens
from crossings.domain.vocabulary import Basis, State, Traffic

__all__ = ["LONGEST", "Cleaned", "Found", "Place", "Why", "cleaned", "found", "marked", "sent"]

SENTENCE = re.compile(r"[?؟!…]+|[۔;؛]+|\n+|(?<!\d)\.+(?=\s|\Z)|(?<=\d)\.+(?=\s|\Z)")
CONTRAST = w.words(
    "but", "however", "while", "although", "though", "whereas", "ولې", "خو", "اما", "ولی", "لیکن", "مگر", "البتہ",
    "جبکہ", "تاہم", "لاکن",
)  # fmt: skip
PART = re.compile(rf"[,،:]\s|(?<!\w)(?:and|{w.flat_pattern('او|و|اور|یا')})(?!\w)|{CONTRAST.pattern}")
BOTH_WAYS = w.words(
    "both (?:ways|directions|sides)", "دواړو خواوو", "هر دو طرف", "هردو طرف", "دونوں طرف", "دونوں جانب", "دواړو لورو"
)
SEVERAL = ("who", "goods", "nationals", "lane")
"""Fields that may be found more than once."""


def found(text: str, said: datetime, place: Place) -> list[Found]:
    """What this text says of the place, in the order of the text; of each field one value at most.

    `said` is when it was said, where no head of a message in it tells that; aware, as all times here.
    """
    text = text[:LONGEST]
    flat = w.flat(text)
    heads = sent(text, said, place.zones[0])
    clauses, doubts = _clauses(flat, place)
    if any(clause.ahead for clause in clauses) and not all(clause.ahead for clause in clauses):
        doubts += [not_sure("lane", *clause.span, Why.LATER) for clause in clauses if clause.ahead]
        clauses = [clause for clause in clauses if not clause.ahead]
    told = _agreed([each for clause in clauses for each in _of_clause(clause, place)])
    spoken = [each for each in _sentences(flat, place) if _doubt(each.text) not in (Why.ASKED, Why.PAST)]
    told = narrowed(told, narrowings(spoken, clauses, place)) if clauses else told
    side = next((each.value for each in told if each.field == "declared_by"), "")
    told += whens(clauses, said, heads, place, side)
    if any(clause.ahead for clause in clauses):
        told.append(Found("basis", Basis.ANNOUNCED.value, *clauses[0].span, Why.AHEAD))
        if not any(each.field == "when" and each.value for each in told):
            told.append(Found("when", "unsaid", *clauses[0].span, Why.AHEAD))
    certain = [each for each in _sentences(flat, place) if _doubt(each.text) not in (Why.ASKED, Why.MAYBE, Why.PAST)]
    told += counts(certain, place.sides, place.traffic)
    return sorted([*told, *doubts], key=lambda each: (each.start, each.end, each.field))


def _agreed(told: list[Found]) -> list[Found]:
    """Of a field with two values none is sure."""
    values: dict[str, list[Found]] = defaultdict(list)
    for each in told:
        values[each.field].append(each)
    if any(each.value == State.RESTRICTED for each in told) and _value(values, "lane_all") == State.OPEN:
        # "Reopened. Only patients may pass": open to all is not what was said.
        values["lane_all"] = [replace(values["lane_all"][0], value="", why=Why.TWO_WAYS)]
    kept: list[Found] = []
    for name, found_here in values.items():
        one = len({each.value for each in found_here}) == 1
        if name in SEVERAL:
            kept += {(each.field, each.value): each for each in reversed(found_here)}.values()
        else:
            kept.append(found_here[0] if one else not_sure(name, found_here[0].start, found_here[0].end, Why.TWO_WAYS))
    return kept


def _value(values: dict[str, list[Found]], name: str) -> str:
    return values[name][0].value if name in values else ""


# Which clauses tell how it stands


def _sentences(flat: str, place: Place) -> Iterator[Clause]:
    """Those that speak of the place: by its name, or because no other was named since."""
    own, others = _names(place.called), _names(place.others)
    here, start = True, 0
    for stop in [*SENTENCE.finditer(flat), None]:
        end = stop.end() if stop else len(flat)
        for part in _by_place(Clause(start, flat[start:end]), own, others):
            names = bool(own and own.search(part.text)), bool(others and others.search(part.text))
            here = names[0] if any(names) else here
            if here and part.text.strip():
                yield part
        start = end


def _names(called: Iterable[str]) -> re.Pattern[str] | None:
    wanted = sorted({w.flat(each.strip()) for each in called if len(each.strip()) > 2}, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, wanted))})(?!\w)") if wanted else None


def _by_place(sentence: Clause, own: re.Pattern[str] | None, others: re.Pattern[str] | None) -> list[Clause]:
    """A sentence in parts where it contrasts, and where it says two things of two places."""
    both = own and others and own.search(sentence.text) and others.search(sentence.text)
    return _parts(sentence, PART if both and len(set(_states(sentence))) > 1 else CONTRAST)


def _parts(clause: Clause, by: re.Pattern[str]) -> list[Clause]:
    cuts = [0, *(each.start() for each in by.finditer(clause.text)), len(clause.text)]
    return [Clause(clause.start + a, clause.text[a:b]) for a, b in pairwise(cuts) if a < b]


def _doubt(text: str) -> Why | None:
    """Why nothing that stands in this sentence counts."""
    if w.ASKED.search(text.strip()):
        return Why.ASKED
    for pattern, why in ((w.MAYBE, Why.MAYBE), (w.PAST, Why.PAST), (w.NEGATED, Why.DENIED)):
        if pattern.search(text):
            return why
    return None


def _states(clause: Clause) -> dict[State, tuple[int, int]]:
    """The states it tells of, each where it first stands."""
    idle = [each.span() for each in w.NO_STATE.finditer(clause.text)]
    hits: dict[State, tuple[int, int]] = {}
    for state, pattern in w.STATES.items():
        for each in pattern.finditer(clause.text):
            if not any(a < each.end() and each.start() < b for a, b in idle):
                hits.setdefault(state, clause.at(each))
    return hits


def _clauses(flat: str, place: Place) -> tuple[list[Clause], list[Found]]:
    """Those that say how it stands; and where it seemed so, and is not sure."""
    clauses: list[Clause] = []
    doubts: list[Found] = []
    for sentence in _sentences(flat, place):
        hits = _states(sentence)
        doubt = _doubt(sentence.text)
        if doubt:
            doubts += [not_sure("lane", *span, doubt) for span in list(hits.values())[:1]]
            continue
        for part in _parts(sentence, PART) if len(hits) > 1 else [sentence]:
            if _excepts_what_passes(part):
                doubts.append(
                    not_sure("lane", *next(iter(_states(part).values()), (part.start, part.end)), Why.NARROWED)
                )
                continue
            clause = _with_state(part)
            if clause is None and len(_states(part)) > 1:
                doubts.append(not_sure("lane", *next(iter(_states(part).values())), Why.TWO_WAYS))
            elif clause is not None and not clause.ahead and w.SUBJUNCTIVE.search(clause.text):
                doubts.append(not_sure("lane", *clause.span, Why.MAYBE))
            elif clause is not None:
                clauses.append(clause)
    return clauses, doubts


def _with_state(part: Clause) -> Clause | None:
    hits = _states(part)
    if len(hits) > 1:
        return None
    held = w.EXCEPT.search(part.text) or w.CONDITIONAL.search(part.text)
    only = w.ONLY.search(part.text)
    if held is None and only and w.MAY_PASS.search(part.text) and any(True for _ in _who(part)):
        held = only
    if held is not None:
        return replace(part, state=State.RESTRICTED, span=part.at(held), ahead=_is_ahead(part.text))
    if not hits:
        return None
    state, span = next(iter(hits.items()))
    return replace(part, state=state, span=span, ahead=_is_ahead(part.text))


def _excepts_what_passes(part: Clause) -> bool:
    """ "Open except for …", "closed only for …", or except for what is no person and no goods."""
    states = _states(part)
    if w.EXCEPT.search(part.text):
        return bool(states) and (State.OPEN in states or not any(True for _ in _who(part)))
    only = w.ONLY.search(part.text)
    if only is None or State.CLOSED not in states or not any(True for _ in _who(part)):
        return False
    return any(_states(each) and w.ONLY.search(each.text) for each in _parts(part, PART))


def _is_ahead(text: str) -> bool:
    told = [each[0] for each in w.AHEAD.finditer(text)]
    if any(not w.BARE_BE.fullmatch(each) for each in told):
        return True
    return bool(told and w.PASHTO_WILL.search(text))


# What one clause says


def _of_clause(clause: Clause, place: Place) -> Iterator[Found]:
    assert clause.state is not None
    who = list(_who(clause)) if clause.state is State.RESTRICTED else []
    traffic = _traffic(clause, place)
    persons = any(each.field in ("who", "nationals") for each in who)
    if persons and not traffic and Traffic.PEOPLE in place.traffic:
        traffic = {Traffic.PEOPLE.value: clause.span}
    to, span = _direction(clause, place)
    why = {State.OPEN: Why.OPEN, State.CLOSED: Why.CLOSED}.get(clause.state, Why.CONDITIONS)
    if to is None:
        yield not_sure("lane", *span, Why.TWO_WAYS)
    elif not traffic and not to:
        yield Found("lane_all", clause.state.value, *clause.span, why)
    else:
        for each in traffic or dict.fromkeys(place.traffic, clause.span):
            yield Found(f"lane_{each}_{to or 'both'}", clause.state.value, *clause.span, why)
    yield from who
    yield from _acted(clause, place)


def _traffic(clause: Clause, place: Place) -> dict[str, tuple[int, int]]:
    """Of which traffic it is said: in the part of the clause that says it, and in what only goes on listing."""
    if w.ALL_TRAFFIC.search(clause.text):
        return {}
    parts = _parts(clause, PART)
    mine = next((n for n, part in enumerate(parts) if part.start <= clause.span[0] < part.end), 0)
    wanted = [parts[mine], *(part for part in parts if ONLY.search(part.text) and part is not parts[mine])]
    for around in (parts[mine + 1 :], parts[:mine][::-1]):
        for part in around:
            if not _lists(part.text):
                break
            wanted.append(part)
    named: dict[str, tuple[int, int]] = {}
    for part in wanted:
        counted = spans(part.text)
        for traffic, pattern in w.TRAFFIC.items():
            for match in pattern.finditer(part.text):
                if traffic in place.traffic and not any(a <= match.start() < b for a, b in counted):
                    named.setdefault(traffic.value, part.at(match))
    return named


def _lists(text: str) -> bool:
    """Whether this part names traffic and nothing more."""
    for pattern in (*w.TRAFFIC.values(), w.LISTING):
        text = pattern.sub(" ", text)
    return not text.strip(" ,،:.!\n")


def _who(clause: Clause) -> Iterator[Found]:
    for name, table in (("who", w.WHO), ("goods", w.GOODS), ("nationals", NATIONALS)):
        for word, pattern in table.items():
            if match := pattern.search(clause.text):
                yield Found(name, word, *clause.at(match), Why.CONDITIONS)


def _direction(clause: Clause, place: Place) -> tuple[str | None, tuple[int, int]]:
    """The country entered; "" where none is named; None where that is not sure."""
    if BOTH_WAYS.search(clause.text):
        return "", (0, 0)
    a, b = place.sides
    to: dict[str, tuple[int, int]] = {}
    for code, other in ((a, b), (b, a)):
        for table, entered in ((TO, code), (FROM, other)):
            pattern = table.get(code)
            if pattern and (match := pattern.search(clause.text)):
                to.setdefault(entered, clause.at(match))
    if len(to) > 1:
        return None, next(iter(to.values()))
    return next(iter(to.items()), ("", (0, 0)))


def _acted(clause: Clause, place: Place) -> Iterator[Found]:
    hits = {code: match for code in place.sides if code in ACTED and (match := ACTED[code].search(clause.text))}
    if len(hits) == 1:
        code, match = next(iter(hits.items()))
        yield Found("declared_by", code, *clause.at(match), Why.ACTED)
    elif hits:
        yield not_sure("declared_by", *clause.at(next(iter(hits.values()))), Why.BOTH)
