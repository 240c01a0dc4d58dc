"""One act at several crossings: one form, which makes a claim for each of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crossings.admin.log.conditions import ConditionForm
from crossings.admin.log.entry import Entry
from crossings.admin.log.form import LogForm
from crossings.domain.vocabulary import Traffic
from crossings.models import Crossing

Json = dict[str, Any]


def is_of_many(request: HttpRequest) -> bool:
    if request.method == "POST":
        return "many" in request.POST
    return "all" in request.GET or len(request.GET.getlist("crossing")) > 1


def group_of(crossings: Sequence[Crossing]) -> Crossing:
    """What they have in common, as if it were one crossing: their countries, and all the traffic they carry."""
    first = crossings[0]
    common = [each for each in first.countries if all(each in other.countries for other in crossings)]
    traffic = [each.value for each in Traffic if any(each in crossing.traffic for crossing in crossings)]
    return Crossing(
        slug="", name=gettext("several crossings"), traffic=traffic, country_a=(common or [""])[0],
        country_b=common[1] if len(common) > 1 else "", timezone_a=first.timezone_a, timezone_b=first.timezone_b,
    )  # fmt: skip


def _zones(crossing: Crossing) -> set[str]:
    return {crossing.timezone_a, crossing.timezone_b}


class ManyForm(LogForm):
    crossing = forms.MultipleChoiceField(
        label=_("At which crossings"), widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Tick at least one crossing.")},
    )  # fmt: skip

    def set_zones(self, crossings: Sequence[Crossing]) -> None:
        """Another zone than each crossing's own can be meant only where all have the same two."""
        own = gettext("each crossing: of the side that acted, else of its first")
        zones: Any = self.fields["zone"]
        alike = all(_zones(each) == _zones(crossings[0]) for each in crossings)
        zones.choices = [("", own), *(zones.choices[1:] if alike else [])]


class OneOfMany(Entry):
    """The same form for one of them."""

    def _form(self, data: Any, initial: Json | None) -> LogForm:
        form = LogForm(data, self.crossing, self.now, initial, [(self.crossing.slug, self.crossing.name)])
        form.suffix = f":{self.crossing.slug}"
        return form


class ManyEntry(Entry):
    """After read(): the claims of all that were ticked. `left_out` carry none of the lanes that were chosen."""

    def __init__(
        self, offered: Sequence[Crossing], group: Crossing, user: User, now: datetime, data: Any = None,
        initial: Json | None = None,
    ) -> None:  # fmt: skip
        self.offered = offered
        self.entries: list[Entry] = []
        self.left_out: list[Crossing] = []
        super().__init__(group, user, now, data, {"crossing": [each.slug for each in offered], **(initial or {})})

    def _form(self, data: Any, initial: Json | None) -> LogForm:
        form = ManyForm(data, self.crossing, self.now, initial, [(each.slug, each.name) for each in self.offered])
        form.set_zones(self.offered)
        return form

    @property
    def crossings(self) -> list[Crossing]:
        return [entry.crossing for entry in self.entries]

    def read(self) -> bool:
        rows = [row for row in self.conditions if row.filled]
        valid = [each.is_valid() for each in (self.form, *rows)]
        self._check_rows_apply(rows)
        if not all(valid) or self._faulty(rows):
            self._find_more(rows)
            return False
        self.source = self._speaker()
        ticked = self.form.cleaned_data["crossing"]
        for crossing in self.offered:
            if crossing.slug in ticked:
                self._read_one(crossing)
        if not self.entries and not self._faulty(rows):
            self.form.add_error("lane_all", gettext("None of these crossings carries what was chosen here."))
        self.items = [item for entry in self.entries for item in entry.items]
        return not self._faulty(rows)

    def _find_more(self, rows: list[ConditionForm]) -> None:
        """Each crossing's own claim tells of its faults."""

    def _read_one(self, crossing: Crossing) -> None:
        entry = OneOfMany(crossing, self.user, self.now, self._data_for(crossing))
        entry.form.full_clean()
        if entry.form.lanes():
            if entry.read():
                self.entries.append(entry)
            else:
                self._take_faults(entry)
        else:
            self.left_out.append(crossing)

    def _data_for(self, crossing: Crossing) -> Any:
        """What was sent, without what this crossing does not carry; times that are meant are meant here, too."""
        sent: Any = self.form.data
        data = sent.copy()
        data["crossing"] = crossing.slug
        for name in [name for name in data if name.startswith("queue_")]:
            del data[name]
        rows = [row for row in self.conditions if row.filled]
        chosen = _chosen(crossing, data)
        for row in rows:
            named = row.cleaned_data.get("traffic")
            if not chosen or (named and named not in chosen):
                for name in row.fields:
                    data.pop(f"{row.prefix}-{name}", None)
        meant = {value.split(" ")[0] for value in self.form.ticked()}
        if meant:
            form = OneOfMany(crossing, self.user, self.now, data).form
            data.setlist("sure", [each.value for each in form.asked if each.field in meant])
        return data

    def _take_faults(self, entry: Entry) -> None:
        """Shown in the one form, with the crossing's name."""
        named = gettext("%(crossing)s: %(fault)s")
        pairs: list[tuple[forms.Form, forms.Form]] = [(entry.form, self.form)]
        pairs += list(zip(entry.conditions, self.conditions, strict=True))
        for found, shown in pairs:
            if isinstance(found, ConditionForm) and not found.filled:
                continue
            for name, faults in found.errors.items():
                field = name if name in shown.fields else None
                for fault in faults:
                    shown.add_error(field, named % {"crossing": entry.crossing, "fault": fault})


def _chosen(crossing: Crossing, data: Any) -> set[str]:
    """The traffic that the form puts on conditions at this crossing, as far as it carries it."""
    found = set()
    for traffic in crossing.traffic:
        names = ["lane_all", f"lane_{traffic}_both", *(f"lane_{traffic}_{to}" for to in crossing.countries)]
        if any(data.get(name) == "restricted" for name in names):
            found.add(traffic)
    return found
