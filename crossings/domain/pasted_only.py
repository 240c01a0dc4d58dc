"""What narrows a word about a whole crossing: "only", "no … allowed", "… allowed", "except", "for patients"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from crossings.domain import pasted_words as w
from crossings.domain.pasted_counts import spans
from crossings.domain.pasted_found import Clause, Found, Place, Why, not_sure
from crossings.domain.pasted_sides import NATIONALS
from crossings.domain.vocabulary import State

ALLOWED = w.words(
    "allowed", "allows", "allowing", "allow", "permitted", "let through", "let in",
    r"(?:may|can|cannot|can't|cant|could) (?:\w+ ){0,2}?(?:pass|cross|enter|go|travel|leave)",
    "banned", "barred", "prohibited", "forbidden", "turned (?:back|away)", "sent back",
    "اجازه", "اجازې", "اجازت", "تېرېدای", "تېرېدلی", "تلای", "تللی شي", "تېریږي", "منع", "ممنوع", r"می ?توانند",
    r"نمی ?توانند", "مجاز", "سکتے", "سکتی", "سکتا", "پابندی",
)  # fmt: skip
ONLY = w.words("only", "just for", "یوازې", "یواځې", "یوازی", "یواځی", "فقط", "تنها", "صرف")
NO_ONE = re.compile(r"(?<!\w)no (?:\w+ )?\Z")
FOR = re.compile(w.flat_pattern(r"(?<!\w)(?:for|to|برای|به روی) (?:\w+ ){0,3}?\Z"))
FOR_AFTER = re.compile(
    w.flat_pattern(r"\A(?: \w+)? (?:لپاره|پر مخ|په مخ|ته|برای|کے لیے|کیلئے|کے لئے|کیلیے|پر روی)(?!\w)")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Words that say something of some only. `traffic`: of which kinds; of all that is said, where it is empty."""

    start: int
    end: int
    traffic: frozenset[str] = frozenset()


def narrowings(sentences: Iterable[Clause], clauses: Sequence[Clause], place: Place) -> list[Narrowing]:
    """Of these sentences; what was read as a condition counts no more."""
    read = [(each.start, each.end) for each in clauses if each.state is State.RESTRICTED]
    found = [each for sentence in sentences for each in _of_sentence(sentence, clauses, place)]
    return [each for each in found if not any(a <= each.start < b for a, b in read)]


def narrowed(told: Iterable[Found], by: Sequence[Narrowing]) -> list[Found]:
    """Without what these words may contradict, each of them named as unsure."""
    kept = [replace(each, value="", why=Why.NARROWED) if _touched(each, by) else each for each in told]
    return [*kept, *(not_sure("lane", each.start, each.end, Why.NARROWED) for each in by)]


def _touched(each: Found, by: Sequence[Narrowing]) -> bool:
    if not each.field.startswith("lane_") or each.value not in (State.OPEN, State.CLOSED):
        return False
    traffic = each.field.split("_")[1]
    return any(traffic == "all" or not narrowing.traffic or traffic in narrowing.traffic for narrowing in by)


def _of_sentence(sentence: Clause, clauses: Sequence[Clause], place: Place) -> Iterator[Narrowing]:
    says = any(sentence.start <= each.start < sentence.end for each in clauses)
    traffic, persons = _traffic(sentence, place), list(_persons(sentence))
    allowed, only = ALLOWED.search(sentence.text), ONLY.search(sentence.text)
    if allowed and (traffic or persons):
        yield _narrowing(sentence, allowed, () if persons else traffic)
    elif only and not says and (traffic or persons):
        yield _narrowing(sentence, only, () if persons else traffic)
    elif only and says and (persons or not traffic):
        yield _narrowing(sentence, only, ())
    if not w.WAITING.search(sentence.text):
        for name, match in [*traffic, *(("", match) for match in persons)]:
            if NO_ONE.search(sentence.text[: match.start()]):
                yield _narrowing(sentence, match, [(name, match)] if name else ())
    if says:
        for match in persons:
            if FOR.search(sentence.text[: match.start()]) or FOR_AFTER.search(sentence.text[match.end() :]):
                yield _narrowing(sentence, match, ())


def _narrowing(sentence: Clause, match: re.Match[str], traffic: Sequence[tuple[str, re.Match[str]]]) -> Narrowing:
    return Narrowing(*sentence.at(match), frozenset(name for name, _ in traffic if name))


def _traffic(sentence: Clause, place: Place) -> list[tuple[str, re.Match[str]]]:
    counted = spans(sentence.text)
    return [
        (traffic.value, match)
        for traffic, pattern in w.TRAFFIC.items()
        if traffic in place.traffic
        for match in pattern.finditer(sentence.text)
        if not any(a <= match.start() < b for a, b in counted)
    ]


def _persons(sentence: Clause) -> Iterator[re.Match[str]]:
    for table in (w.WHO, w.GOODS, NATIONALS):
        for pattern in table.values():
            yield from pattern.finditer(sentence.text)
