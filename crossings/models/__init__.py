from crossings.models.change import Change, Feed
from crossings.models.crossing import Crossing, Current
from crossings.models.draft import Draft
from crossings.models.key import ApiKey
from crossings.models.period import Checkpoint, Period
from crossings.models.poll import Poll
from crossings.models.reading import Reading
from crossings.models.report import Confirmation, Redaction, Report, Retraction
from crossings.models.source import Source, SourceState

__all__ = [
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
    "Reading",
    "Redaction",
    "Report",
    "Retraction",
    "Source",
    "SourceState",
]
