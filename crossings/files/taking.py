"""Reports and readings of a file -> the ledger, in the name of one source: tried first, then done. The same file again
adds nothing: a row is told by its id, or by what identifies it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext

from crossings.domain.claims import Claim, is_ours
from crossings.domain.faults import Fault, Refused
from crossings.domain.readings import Reading as Count
from crossings.domain.vocabulary import Word
from crossings.feeds import Item, Kind
from crossings.files.reading import table_of
from crossings.ingest import read_claim, read_reading
from crossings.ledger import Outcome, Result
from crossings.matching import Names
from crossings.models import Source
from crossings.rights import within

AT_ONCE = 500
"""Items a transaction: what was done stays done where a later one fails, and is the same again the next time."""
MOST_FAULTS = 5
WITHIN = re.compile(r"/lanes/\d+")
NUMBER = re.compile(r"\d+")
SOURCE = "source"
"""The column in which a file that was taken out names whose word a row is."""


class Fate(Word):
    """What becomes, or became, of a row."""

    NEW = "new"
    CHANGED = "changed"
    PROPOSED = "proposed", "waits for a second person"
    DRAFT = "draft", "held as a draft"
    SAME = "same", "the same again"
    LEFT_OUT = "left_out", "left out: it was taken back"
    CONFLICT = "conflict", "the same id with other content"
    OUTSIDE = "outside", "outside of your countries"
    REFUSED = "refused"


OF_OUTCOME = {
    Outcome.RECORDED: Fate.NEW,
    Outcome.SAME: Fate.SAME,
    Outcome.CONFIRMED: Fate.SAME,
    Outcome.NOTED: Fate.SAME,
    Outcome.DRAFT: Fate.DRAFT,
    Outcome.CONFLICT: Fate.CONFLICT,
}
MISSED = (Fate.REFUSED, Fate.CONFLICT, Fate.OUTSIDE)
"""Of these rows nothing is taken."""


@dataclass(slots=True)
class Line:
    """One item of a file. `details` say what is wrong and what would be right, or what changes."""

    at: str
    fate: Fate
    item: Claim | Count | None = None
    details: tuple[str, ...] = ()


class Done(Protocol):
    """What an act of staff came to, as crossings.proposals has it."""

    by_item: list[tuple[Result | None, Any]]


Record = Callable[[Source, Sequence[Claim | Count], str], Done]
"""Records items of a source under a key."""


def told(faults: Iterable[Fault]) -> tuple[str, ...]:
    """ "state: Not one of: open, …", by column."""
    found = [(WITHIN.sub("", fault.pointer).strip("/").replace("/", "."), fault.detail) for fault in faults]
    lines = [f"{column}: {detail}" if column else detail for column, detail in found]
    return tuple(dict.fromkeys(lines))[:MOST_FAULTS]


def said_by(body: bytes) -> dict[int, str]:
    """By the number of a row whose word it is, by slug, where the file names that. Raises FeedError."""
    table = table_of(body)
    if SOURCE not in table.header:
        return {}
    column = table.header.index(SOURCE)
    return {number: cells[column] for number, cells in table.rows.items() if cells[column]}


def take(
    items: Iterable[Item], source: Source, person: User, record: Record, key: str, *, trial: bool,
    speakers: Mapping[int, str] = MappingProxyType({}),
) -> list[Line]:  # fmt: skip
    """What becomes of each item, in order; on trial nothing is kept. What is, by its row, another's word (`speakers`)
    is refused. Raises FeedError as reading goes on.
    """
    names = Names.load()
    lines: list[Line] = []
    waiting: list[Line] = []
    seen: dict[tuple[bool, str], str] = {}
    chunk = 0
    named = dict(Source.objects.filter(slug__in=set(speakers.values())).values_list("slug", "name"))
    for item in items:
        other = _other(item, source, speakers)
        line = _of_another(item, named.get(other, other)) if other else _read(item, names, source, person)
        lines.append(line)
        if line.fate is Fate.NEW:
            waiting.append(line)
        if len(waiting) == AT_ONCE:
            _take(waiting, source, record, f"{key}-{chunk}", seen, trial=trial)
            waiting, chunk = [], chunk + 1
    if waiting:
        _take(waiting, source, record, f"{key}-{chunk}", seen, trial=trial)
    return lines


def _other(item: Item, source: Source, speakers: Mapping[int, str]) -> str:
    """Whose word it is by its rows, where that is not this source."""
    if item.kind is None and not item.faults:
        return ""
    said = (speakers.get(int(number), "") for number in NUMBER.findall(item.at))
    return next((slug for slug in said if slug and slug != source.slug), "")


def _of_another(item: Item, name: str) -> Line:
    words = gettext("This row is the word of %(source)s: choose that source.") % {"source": name}
    return Line(item.at, Fate.REFUSED, details=(words,))


def _read(item: Item, names: Names, source: Source, person: User) -> Line:
    if item.kind is None and not item.faults:
        return Line(item.at, Fate.LEFT_OUT)
    if item.kind is Kind.RETRACTION:
        return Line(item.at, Fate.REFUSED, details=("kind: A file takes nothing back: do that on the report’s page.",))
    try:
        if item.faults:
            raise Refused(list(item.faults))
        read = read_claim if item.kind is Kind.REPORT else read_reading
        said = read(item.data, names, source)
    except Refused as refused:
        return Line(item.at, Fate.REFUSED, details=told(refused.faults))
    if not within(person, names.by_slug[said.crossing]):
        return Line(item.at, Fate.OUTSIDE, details=(f"crossing: {said.crossing}",))
    return Line(item.at, Fate.NEW, said)


def _take(
    lines: list[Line], source: Source, record: Record, key: str, seen: dict[tuple[bool, str], str], *, trial: bool
) -> None:
    items = [line.item for line in lines if line.item is not None]
    with transaction.atomic() if trial else nullcontext():
        done = record(source, items, key)
        if trial:
            transaction.set_rollback(True)
    for line, (result, proposal) in zip(lines, done.by_item, strict=True):
        line.details = (result.detail,) if result is not None and result.detail else ()
        if proposal is not None:
            line.fate, line.details = Fate.PROPOSED, (*_waits(result, proposal), *line.details)
            continue
        assert result is not None
        line.fate = OF_OUTCOME[result.outcome]
        if trial:
            _twice_in_the_file(line, seen)


def _waits(result: Result | None, proposal: Any) -> Iterator[str]:
    if result is not None:
        yield gettext("Only what loosens waits: the rest is taken at once.")
    if proposal.decision:
        yield f"It was proposed before: {proposal.get_decision_display()}."


def _twice_in_the_file(line: Line, seen: dict[tuple[bool, str], str]) -> None:
    """What was undone some rows ago is met again as new."""
    assert line.item is not None
    name, digest = (isinstance(line.item, Claim), line.item.external_id), line.item.digest()
    before = seen.get(name)
    seen.setdefault(name, digest)
    if line.fate is Fate.NEW and before is not None and not (before != digest and is_ours(line.item.external_id)):
        line.fate = Fate.SAME if before == digest else Fate.CONFLICT
