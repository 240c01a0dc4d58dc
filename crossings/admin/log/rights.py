"""Who may do what to what was said, and where."""

from __future__ import annotations

from django.http import Http404, HttpRequest

from crossings import rights
from crossings.admin.house import acting, may_log
from crossings.models import Crossing, Reading, Report


def within_or_404(request: HttpRequest, crossing: Crossing) -> None:
    """Outside of a person's countries it is as if it were not there."""
    if not rights.within(acting(request), crossing):
        raise Http404


def may_take_back(request: HttpRequest, target: Report | Reading) -> bool:
    """One's own whoever may log, others' whoever has that right."""
    if target.recorded_by_id == acting(request).pk:
        return may_log(request)
    return request.user.has_perm("crossings.retract_report")
