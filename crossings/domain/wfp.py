"""The words that WFP's logistics systems have for the state of a road: those of SDI-T for ports and bridges, Unknown,
Open, Closed, Planned and Restricted (reference/field.md, part c; VOCABULARY.md, last paragraph). They stay English.
"""

from __future__ import annotations

from collections.abc import Iterable

from crossings.domain.vocabulary import State, Word


class Wfp(Word):
    OPEN = "Open"
    RESTRICTED = "Restricted"
    CLOSED = "Closed"
    PLANNED = "Planned"
    UNKNOWN = "Unknown"


WORDS = {
    State.OPEN: Wfp.OPEN,
    State.UNKNOWN: Wfp.UNKNOWN,
    State.RESTRICTED: Wfp.RESTRICTED,
    State.CLOSED: Wfp.CLOSED,
}
"""By the state as a short form may say it (rule 7): "open" only where the lane's confidence is `current`. What is
announced is Planned beside the word that holds, never in its place.
"""


def wfp_word(states: Iterable[State]) -> Wfp:
    """One word for the lanes of one direction, as rule 8 has it for a crossing."""
    found = {WORDS[state] for state in states} or {Wfp.UNKNOWN}
    if len(found) == 1:
        return found.pop()
    return Wfp.UNKNOWN if found == {Wfp.OPEN, Wfp.UNKNOWN} else Wfp.RESTRICTED
