"""Canada's border wait times, https://www.cbsa-asfc.gc.ca/bwt-taf/bwt-eng.csv (bwt-fra.csv): what holds now.

It speaks for the Canadian gate, on the way into Canada alone. Each row has its own time, with its zone's abbreviation;
the list as a whole has none: offices come and go in it, and of each the rows are told apart by their own times.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from crossings.domain.claims import stamp
from crossings.domain.faults import Fault
from crossings.domain.vocabulary import SourceKind, State, Traffic
from crossings.feeds.base import Batch, Context, Format, Item, Kind
from crossings.feeds.cbsa_offices import code_of, slug_of
from crossings.feeds.cbsa_rows import INTO_CANADA, NOT_THERE, Office, lines_of, plain, read_office

WAIT = re.compile(r"(?:(\d{1,3}) ?(?:hours?|heures?|hrs?|h))? ?(?:(\d{1,5}) ?(?:minutes?|min))?\Z")
NO_DELAY, SHUT = {"no delay", "aucun délai"}, {"closed", "fermé"}
NOT_SAID = {"--", "", "n/a"}
MOST_MINUTES = 7 * 24 * 60


def parse(body: bytes, context: Context) -> Batch:
    offices: list[Office] = []
    faulty: list[Item] = []
    for number, line in lines_of(body):
        read = read_office(f"line {number}", line, context.fetched_at)
        offices.append(read) if isinstance(read, Office) else faulty.append(read)
    return Batch(_items(offices, faulty), places=tuple(office.place for office in offices))


def _items(offices: list[Office], faulty: list[Item]) -> Iterator[Item]:
    yield from faulty
    for office in offices:
        for traffic, column in INTO_CANADA.items():
            yield from _of_traffic(office, traffic, plain(office.cells[column]))


def _of_traffic(office: Office, traffic: Traffic, said: str) -> Iterator[Item]:
    if said in NOT_THERE | NOT_SAID:
        return
    wait = WAIT.match(said)
    minutes = int(wait[1] or 0) * 60 + int(wait[2] or 0) if wait else 0
    if not wait and said not in NO_DELAY | SHUT:
        known = ", ".join(sorted(NO_DELAY | SHUT | NOT_THERE))
        fault = Fault(f"/{traffic}", "unknown_word", f'"{said[:80]}" is not known; known: 15 minutes, --, {known}.')
        yield Item(office.at, Kind.REPORT, faults=(fault,))
        return
    if minutes > MOST_MINUTES:
        fault = Fault(f"/{traffic}", "invalid_wait", f'"{said[:40]}" is more than {MOST_MINUTES} minutes.')
        yield Item(office.at, Kind.READING, faults=(fault,))
        return
    state, at = State.CLOSED if said in SHUT else State.OPEN, stamp(office.updated)
    # Officers mend a row without touching its time: another word is another claim.
    name, shared = f"{slug_of(office.name)}-{traffic}", {"crossing": code_of(office.name), "reported_at": at}
    lane = {"traffic": traffic.value, "to": "CA", "state": state.value}
    claim = {"id": f"{name}-{state}-{at}", **shared, "declared_by": "CA", "effective_at": at, "lanes": [lane]}
    yield Item(office.at, Kind.REPORT, claim)
    if state is State.OPEN:
        queue = {"side": "CA", "traffic": traffic.value, "to": "CA", "measure": "waiting", "unit": "minutes"}
        count = {"low": minutes, "high": minutes, "observed_at": at}
        yield Item(office.at, Kind.READING, {"id": f"{name}-{minutes}-{at}", **shared, **queue, **count})


FORMAT = Format(
    "cbsa",
    parse,
    state_feed=True,
    kind=SourceKind.AUTHORITY,
    country="CA",
    public_label="Canada Border Services Agency",
)
