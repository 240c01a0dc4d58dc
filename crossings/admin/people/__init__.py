"""The people of the desk: accounts, roles and countries, invitations, the second factor, and what everybody did."""

from crossings.admin.people.invitation import InvitationAdmin
from crossings.admin.people.person import PersonAdmin
from crossings.admin.people.trail import TrailAdmin

__all__ = ["InvitationAdmin", "PersonAdmin", "TrailAdmin"]
