"""One filled-in form: what was typed, the claim and the count it makes, and where its faults stand."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.forms import Form
from django.utils.translation import gettext

from crossings import rights
from crossings.admin import speakers
from crossings.admin.log.conditions import FIRST_ROWS, MOST_ROWS, PARTS, ConditionForm
from crossings.admin.log.faults import CLAIM_FIELDS, READING_FIELDS, Places
from crossings.admin.log.form import LogForm
from crossings.domain.claims import Claim, claim_from_json, sha256_of, stamp
from crossings.domain.faults import Refused
from crossings.domain.fields import row_number
from crossings.domain.holds import AHEAD
from crossings.domain.readings import Reading
from crossings.domain.vocabulary import Basis, Precision, State
from crossings.ingest import read_claim, read_reading
from crossings.matching import Names
from crossings.models import Crossing, Source

Json = dict[str, Any]
Item = Claim | Reading
HALF_A_DAY = timedelta(hours=12)


class Entry:
    """`data` is what was sent, None for a form to fill in. After read(): `items` and `source`."""

    def __init__(
        self, crossing: Crossing, user: User, now: datetime, data: Any = None, initial: Json | None = None
    ) -> None:
        self.crossing, self.user, self.now = crossing, user, now
        self.form = self._form(data, initial)
        self.conditions = [ConditionForm(data, crossing, number) for number in range(MOST_ROWS)]
        self.items: list[Item] = []
        self.source: Source | None = None

    def _form(self, data: Any, initial: Json | None) -> LogForm:
        known = rights.crossings_of(self.user).order_by("name", "slug").values_list("slug", "name")
        return LogForm(data, self.crossing, self.now, initial, list(known))

    @property
    def crossings(self) -> list[Crossing]:
        """Those it speaks of."""
        return [self.crossing]

    @property
    def external_id(self) -> str:
        return self.form.external_id

    def read(self) -> bool:
        """Whether it can be taken. If not, every fault stands beside its field."""
        rows = [row for row in self.conditions if row.filled]
        valid = [each.is_valid() for each in (self.form, *rows)]
        self._check_rows_apply(rows)
        if not all(valid) or self._faulty(rows):
            self._find_more(rows)
            return False
        self.source = self._speaker()
        self._read_claim(rows, self.source)
        self._read_count(self.source)
        return not self._faulty(rows)

    def _speaker(self) -> Source:
        """In whose name the form speaks."""
        return speakers.chosen(self.form.cleaned_data["source"], self.user)

    def _faulty(self, rows: list[ConditionForm]) -> bool:
        return any(each.errors for each in (self.form, *rows))

    def _check_rows_apply(self, rows: list[ConditionForm]) -> None:
        conditional = {traffic for (traffic, _), (state, _) in self.form.lanes().items() if state is State.RESTRICTED}
        for row in rows:
            if row.is_valid() and not any(row.holds_for(traffic) for traffic in conditional):
                words = gettext(
                    "None of these lanes is on conditions: choose that for one in the grid, or clear this row."
                )
                row.add_error("traffic", words)

    def _find_more(self, rows: list[ConditionForm]) -> None:
        """What else is wrong with a form that was refused already, so that all is told at once."""
        lanes, places = self._lanes([row for row in rows if row.is_valid()])
        data = {**self.form.claim_json(), "lanes": lanes or [{"traffic": "all", "state": "unknown"}]}
        if self.form.effective is None and self.form.errors.keys() & {"when", "day", "clock", "zone", "precision"}:
            data["effective_at"] = stamp(self.now)
        try:
            claim_from_json(data, self.crossing.border())
        except Refused as refused:
            places.show(refused.faults, self.form)

    def _lanes(self, rows: list[ConditionForm]) -> tuple[list[Json], Places]:
        """The lanes chosen, with the conditions of each, and where everything stands in the form."""
        places = Places()
        places.put_all(CLAIM_FIELDS, self.form)
        lanes = []
        for index, ((traffic, to), (state, field)) in enumerate(self.form.lanes().items()):
            lane: Json = {"traffic": traffic.value, "to": to, "state": state.value}
            places.put(f"/lanes/{index}", self.form, field)
            if state is State.RESTRICTED:
                holding = [row for row in rows if row.holds_for(traffic)]
                lane["conditions"] = [row.as_json() for row in holding]
                for place, row in enumerate(holding):
                    _put_condition(places, f"/lanes/{index}/conditions/{place}", row)
            lanes.append(lane)
        return lanes, places

    def _read_claim(self, rows: list[ConditionForm], source: Source) -> None:
        lanes, places = self._lanes(rows)
        if not lanes:
            return
        try:
            claim = read_claim({**self.form.claim_json(), "lanes": lanes}, Names.of([self.crossing]), source)
        except Refused as refused:
            places.show(refused.faults, self.form)
            return
        self._check_begun(claim)
        self.items.append(claim)

    def _check_begun(self, claim: Claim) -> None:
        """What is seen has begun; the ledger would hold anything else as a draft."""
        if claim.basis is not Basis.OBSERVED or claim.effective_at is None or claim.effective_at <= self.now + AHEAD:
            return
        if claim.precision is Precision.DAY and claim.effective_at - self.now < HALF_A_DAY:
            words = gettext(
                "A day known no better stands at its noon, which is still to come: give the hour, or “now”."
            )
        else:
            words = gettext(
                "This lies ahead of our clock. What is only expected is announced, what was decided is ordered: choose"
                " that under “Is it so already?”."
            )
        self.form.add_error(self.form.begins_at, words)

    def _read_count(self, source: Source) -> None:
        if not self.form.has_backlog():
            return
        places = Places()
        places.put_all(READING_FIELDS, self.form)
        try:
            self.items.append(read_reading(self.form.reading_json(), Names.of([self.crossing]), source))
        except Refused as refused:
            places.show(refused.faults, self.form)

    def fingerprint(self) -> str:
        """Tells what would be recorded, and in whose name: the same form unchanged has the same."""
        return sha256_of([self.source.slug if self.source else "", *(item.digest() for item in self.items)])

    def forms(self) -> list[Form]:
        """All in which a fault may stand."""
        return [self.form, *(row for row in self.conditions if row.filled)]

    def rows_shown(self) -> list[ConditionForm]:
        """The rows that a page shows: as many as before, and all that are filled."""
        before = row_number(str(self.form["rows"].value())) or FIRST_ROWS
        filled = max((row.number + 1 for row in self.conditions if row.filled), default=0)
        return self.conditions[: max(before, filled)]


def _put_condition(places: Places, pointer: str, row: ConditionForm) -> None:
    places.put(pointer, row, "traffic")
    for part in PARTS:
        places.put(f"{pointer}/{part}", row, row.field_at(part))
