from crossings.models.alarm import Alarm
from crossings.models.change import Change, Feed
from crossings.models.crossing import Crossing, Current
from crossings.models.draft import Draft
from crossings.models.key import ApiKey
from crossings.models.period import Checkpoint, Period
from crossings.models.poll import Poll
from crossings.models.raw_batch import RawBatch
from crossings.models.reading import Reading
from crossings.models.report import Confirmation, Redaction, Report, Retraction
from crossings.models.source import Source, SourceState

__all__ = [
    "Alarm",
    "ApiKey",
    "Change",
    "Checkpoint",
    "Confirmation",
    "Crossing",
    "Current",
    "Draft",
    "Feed",
    "Period",
    "Poll",
    "RawBatch",
    "Reading",
    "Redaction",
    "Report",
    "Retraction",
    "Source",
    "SourceState",
]
