"""The only writers of reports, readings, periods and changes."""

from crossings.domain.loosening import loosened
from crossings.ledger.entries import hold_entry
from crossings.ledger.guard import Guard, NeedsSecond, Overtaken, stands
from crossings.ledger.outcome import Outcome, Result
from crossings.ledger.rebuild import rebuild
from crossings.ledger.record import record_many
from crossings.ledger.redact import redact
from crossings.ledger.settle import settle, touch_crossing, touch_source
from crossings.ledger.undo import confirm, retract

__all__ = [
    "Guard",
    "NeedsSecond",
    "Outcome",
    "Overtaken",
    "Result",
    "confirm",
    "hold_entry",
    "loosened",
    "rebuild",
    "record_many",
    "redact",
    "retract",
    "settle",
    "stands",
    "touch_crossing",
    "touch_source",
]
