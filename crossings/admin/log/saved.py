"""What one form saved: found again by its token, which the ids of its claims begin with."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TypeVar

from django.db.models import Q, QuerySet

from crossings.models import Proposal, Reading, Report

R = TypeVar("R", Report, Reading)


@dataclass(frozen=True, slots=True)
class Saved:
    token: uuid.UUID

    @property
    def key(self) -> str:
        return f"form-{self.token}"

    def of(self, model: type[R]) -> QuerySet[R]:
        """Its rows: of one crossing the id is the key itself, of many it goes on with the crossing."""
        ours = Q(external_id=self.key) | Q(external_id__startswith=f"{self.key}:")
        return model._default_manager.filter(ours, recorded_by__isnull=False)

    @classmethod
    def of_many(cls, report: Report) -> Saved | None:
        """The act by which it was logged together with those of other crossings."""
        token, named, slug = report.external_id.removeprefix("form-").partition(":")
        try:
            return cls(uuid.UUID(token)) if named and report.recorded_by_id and slug else None
        except ValueError:
            return None

    def proposals(self) -> QuerySet[Proposal]:
        return Proposal.objects.filter(key__startswith=f"{self.key}:")
