"""Source -> fetch -> feed -> ledger. One bad item never sinks the rest, one bad source never the next."""

from crossings.ingest.outcome import Taken, Tally
from crossings.ingest.poll import Busy, close_interrupted, due, ingest_file, ingest_source, poll, take_left_behind
from crossings.ingest.raw import begin_anew, forget_old, left_behind
from crossings.ingest.read import read_claim, read_reading
from crossings.ingest.take_back import TakenBack, read_retraction, reason_of, take_back
from crossings.ingest.watch import massive_closures, quiet_sources

__all__ = [
    "Busy",
    "Taken",
    "TakenBack",
    "Tally",
    "begin_anew",
    "close_interrupted",
    "due",
    "forget_old",
    "ingest_file",
    "ingest_source",
    "left_behind",
    "massive_closures",
    "poll",
    "quiet_sources",
    "read_claim",
    "read_reading",
    "read_retraction",
    "reason_of",
    "take_back",
    "take_left_behind",
]
