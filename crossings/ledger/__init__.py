"""The only writers of reports, readings, periods and changes."""

from crossings.ledger.entries import hold_entry
from crossings.ledger.outcome import Outcome, Result
from crossings.ledger.rebuild import rebuild
from crossings.ledger.record import record_many
from crossings.ledger.redact import redact
from crossings.ledger.settle import settle, touch_crossing, touch_source
from crossings.ledger.undo import confirm, retract

__all__ = [
    "Outcome",
    "Result",
    "confirm",
    "hold_entry",
    "rebuild",
    "record_many",
    "redact",
    "retract",
    "settle",
    "touch_crossing",
    "touch_source",
]
