"""The staff door: the stock admin, and the pages by which staff say what they learned."""

from crossings.admin.alarm import AlarmAdmin
from crossings.admin.bulletin import BulletinAdmin
from crossings.admin.crossing import CrossingAdmin
from crossings.admin.draft import DraftAdmin
from crossings.admin.endpoint import EndpointAdmin
from crossings.admin.history import ChangeAdmin, PeriodAdmin
from crossings.admin.key import ApiKeyAdmin
from crossings.admin.paste import PasteAdmin
from crossings.admin.people import InvitationAdmin, PersonAdmin, TrailAdmin
from crossings.admin.poll import PollAdmin
from crossings.admin.proposal import ProposalAdmin
from crossings.admin.raw_batch import RawBatchAdmin
from crossings.admin.reading import ReadingAdmin
from crossings.admin.report import ReportAdmin
from crossings.admin.source import SourceAdmin

__all__ = [
    "AlarmAdmin",
    "ApiKeyAdmin",
    "BulletinAdmin",
    "ChangeAdmin",
    "CrossingAdmin",
    "DraftAdmin",
    "EndpointAdmin",
    "InvitationAdmin",
    "PasteAdmin",
    "PeriodAdmin",
    "PersonAdmin",
    "PollAdmin",
    "ProposalAdmin",
    "RawBatchAdmin",
    "ReadingAdmin",
    "ReportAdmin",
    "SourceAdmin",
    "TrailAdmin",
]
