"""A claim back into the fields of the form by which staff log an update, where they can hold all of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.http import QueryDict
from django.utils.translation import gettext

from crossings.admin.log.entry import Entry
from crossings.admin.log.typed import typed
from crossings.admin.speakers import OWN
from crossings.domain.claims import Claim
from crossings.models import Crossing, Draft, Source

Json = dict[str, Any]

__all__ = ["Correction", "expressible", "filled_in", "typed"]


class Correction(Entry):
    """The form filled in for a draft: it speaks in the name of the draft's source, and of nobody else."""

    def __init__(
        self, draft: Draft, crossing: Crossing, user: User, now: datetime, data: Any = None, initial: Json | None = None
    ) -> None:
        super().__init__(crossing, user, now, data, initial)
        self.draft = draft
        self.form.fields["source"].choices = [(OWN, draft.source.name)]  # type: ignore[attr-defined]

    def _speaker(self) -> Source:
        return self.draft.source

    def read(self) -> bool:
        valid = super().read()
        if valid and self.draft.kind == Draft.Kind.REPORT and not any(isinstance(each, Claim) for each in self.items):
            self.form.add_error("lane_all", gettext("Choose how at least one lane stands, or reject the draft."))
            return False
        return valid

    def holds(self, claim: Claim) -> bool:
        """Whether what the fields say is that very claim, but for its id."""
        if not self.read():
            return False
        [said] = [item for item in self.items if isinstance(item, Claim)]
        return replace(said, external_id=claim.external_id) == claim


def filled_in(draft: Draft, crossing: Crossing, user: User, now: datetime) -> QueryDict:
    """The fields of the form as the draft has them. Its own times are meant: its source said them."""
    data = typed(draft.content, crossing)
    data.setlist("sure", [each.value for each in Correction(draft, crossing, user, now, data).form.asked])
    return data


def expressible(draft: Draft, claim: Claim, user: User, now: datetime) -> bool:
    """Whether the form can hold this draft's claim whole."""
    assert draft.crossing is not None
    data = filled_in(draft, draft.crossing, user, now)
    return Correction(draft, draft.crossing, user, now, data).holds(claim)
