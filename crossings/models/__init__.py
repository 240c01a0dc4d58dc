from crossings.models.alarm import Alarm
from crossings.models.bulletin import Bulletin
from crossings.models.change import Change, Feed
from crossings.models.crossing import Crossing, Current
from crossings.models.draft import Draft
from crossings.models.key import ApiKey, IdempotencyKey
from crossings.models.paste import Paste
from crossings.models.period import Checkpoint, Period
from crossings.models.person import Duty, Invitation, Round
from crossings.models.poll import Poll
from crossings.models.proposal import Proposal
from crossings.models.raw_batch import RawBatch
from crossings.models.reading import Reading
from crossings.models.report import Confirmation, Redaction, Report, Retraction
from crossings.models.source import Source, SourceState
from crossings.models.subscription import Notice, Subscription, Told
from crossings.models.webhook import Attempt, Challenge, Delivery, Endpoint

__all__ = [
    "Alarm",
    "ApiKey",
    "Attempt",
    "Bulletin",
    "Challenge",
    "Change",
    "Checkpoint",
    "Confirmation",
    "Crossing",
    "Current",
    "Delivery",
    "Draft",
    "Duty",
    "Endpoint",
    "Feed",
    "IdempotencyKey",
    "Invitation",
    "Notice",
    "Paste",
    "Period",
    "Poll",
    "Proposal",
    "RawBatch",
    "Reading",
    "Redaction",
    "Report",
    "Retraction",
    "Round",
    "Source",
    "SourceState",
    "Subscription",
    "Told",
]
