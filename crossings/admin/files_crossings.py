"""Crossings as rows of a file, and rows as what the form of a crossing is sent: the same rules hold for both."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from datetime import datetime
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext

from crossings import ledger
from crossings.admin.crossing import SIDES, CrossingForm
from crossings.feeds import FeedError
from crossings.files.cells import Cell
from crossings.files.reading import Table, table_of
from crossings.files.taking import Fate, Line, told
from crossings.ledger import Guard, NeedsSecond
from crossings.models import Crossing
from crossings.rights import within

FIELDS = {
    "slug": "slug", "name": "name", "names": "names", "aliases": "aliases", "codes": "codes", "traffic": "traffic",
    "side_a.country": "country_a", "side_a.place": "place_a", "side_a.timezone": "timezone_a",
    "side_b.country": "country_b", "side_b.place": "place_b", "side_b.timezone": "timezone_b",
    "location.lat": "latitude", "location.lon": "longitude", "location.verified": "position_verified",
    "must_speak": "must_speak", "fresh_for.hours": "fresh_for", "forget_after.days": "forget_after", "hours": "hours",
    "hours_note": "hours_note", "note": "note", "sensitive": "sensitive",
}  # fmt: skip
"""By column."""
COLUMNS = {field: column for column, field in FIELDS.items()}
MOST_ROWS = 1_000
PARTED = re.compile(r"[;|,\s]+")
FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
Values = dict[str, Any]
Saved = Callable[[Crossing, bool, list[str]], None]
"""Told of each crossing that was saved: whether it is new, and the columns that changed."""


def crossing_rows(crossings: Iterable[Crossing]) -> Iterator[list[Cell]]:
    """With the header."""
    yield list(FIELDS)
    for crossing in crossings:
        values = _values(CrossingForm(instance=crossing))
        yield [_cell(name, values[name], crossing) for name in FIELDS.values()]


def _values(form: forms.ModelForm) -> Values:
    """What the form's fields hold, as a browser would send it back."""
    values = {name: form[name].value() for name in form.fields}
    return {name: "" if value is None else value for name, value in values.items()}


def _cell(name: str, value: Any, crossing: Crossing) -> Cell:
    if name == "must_speak":
        return "; ".join(getattr(crossing, f"country_{side}") for side in value)
    if isinstance(value, list):
        return "; ".join(map(str, value))
    return value if isinstance(value, bool | int | float) else str(value)


def take_crossings(body: bytes, person: User, now: datetime, saved: Saved, *, trial: bool) -> list[Line]:
    """What becomes of each row: a crossing is made or changed, never deleted. Raises FeedError."""
    table = table_of(body)
    _check_header(table)
    known = {each.slug: each for each in Crossing.objects.all()}
    met: dict[str, int] = {}
    lines: list[Line] = []
    # On trial all rows see each other, and are undone; else each is done for itself.
    with transaction.atomic() if trial else nullcontext():
        for number, cells in table.rows.items():
            given = {name: cell for name, cell in zip(table.header, cells, strict=True) if cell}
            row = _Row(number, given, known.get(given.get("slug", "")), person, now)
            if number in table.faults:
                lines.append(Line(row.at, Fate.REFUSED, details=told(table.faults[number])))
                continue
            first = met.setdefault(given.get("slug", ""), number)
            lines.append(row.take(None if trial else saved) if first == number else row.refused("slug", _twice(first)))
        if trial:
            transaction.set_rollback(True)
    return lines


def _check_header(table: Table) -> None:
    strange = [name for name in table.header if name not in FIELDS]
    if strange or "slug" not in table.header:
        got = ", ".join(strange[:5] or table.header[:5])[:200] or "nothing"
        expected = f"The first row names the columns: slug, and of {', '.join(FIELDS)}; got {got}."
        raise FeedError("csv_header_mismatch", expected)
    if len(table.rows) > MOST_ROWS:
        raise FeedError("too_many_items", f"At most {MOST_ROWS:,} crossings a file; this has {len(table.rows):,}.")


def _twice(first: int) -> str:
    return gettext("It stands in row %(n)s already.") % {"n": first}


class _Row:
    """One row. An empty cell changes nothing."""

    def __init__(
        self, number: int, given: dict[str, str], crossing: Crossing | None, person: User, now: datetime
    ) -> None:
        self.at, self.given, self.person, self.now = f"row {number}", given, person, now
        self.crossing, self.new = crossing, crossing is None

    def take(self, saved: Saved | None) -> Line:
        if not self.person.has_perm("crossings.add_crossing" if self.new else "crossings.change_crossing"):
            return self.refused("slug", gettext("Your role does not have this act."))
        if self.crossing is not None and not within(self.person, self.crossing):
            return Line(self.at, Fate.OUTSIDE, details=(f"slug: {self.crossing.slug}",))
        kind = type("CrossingForm", (CrossingForm,), {"editor": self.person})
        before = _values(kind(instance=self.crossing or Crossing()))
        data = {**before, **self._typed()}
        form = kind(data, instance=self.crossing or Crossing())
        if not form.is_valid():
            return Line(self.at, Fate.REFUSED, details=tuple(_faults(form)))
        if not form.changed_data and not self.new:
            return Line(self.at, Fate.SAME, details=(self.given["slug"],))
        fixed = {"country_a", "country_b"} & set(form.changed_data)
        if fixed and self.crossing and (self.crossing.reports.exists() or self.crossing.readings.exists()):
            words = gettext("Something was said of this crossing: its countries stay as they are.")
            return self.refused(COLUMNS[min(fixed)], words)
        return self._save(form, _changes(form, before, data), saved)

    def _save(self, form: forms.ModelForm, changes: list[str], saved: Saved | None) -> Line:
        try:
            with transaction.atomic():
                crossing = form.save()
                if saved is not None:
                    ledger.touch_crossing(crossing, now=self.now, by=self.person, guard=Guard())
                    saved(crossing, self.new, [COLUMNS[name] for name in form.changed_data])
        except NeedsSecond:
            words = gettext("Lanes of this sensitive crossing would stand looser: that is for two persons.")
            return self.refused("slug", words)
        fate = Fate.NEW if self.new else Fate.CHANGED
        return Line(self.at, fate, details=(crossing.slug, *changes))

    def refused(self, column: str, words: str) -> Line:
        return Line(self.at, Fate.REFUSED, details=(f"{column}: {words}",))

    def _typed(self) -> Values:
        """The cells as the form's fields are sent."""
        found: Values = {}
        for column, cell in self.given.items():
            name = FIELDS[column]
            if name == "traffic":
                found[name] = PARTED.split(cell.lower())
            elif name == "must_speak":
                found[name] = [self._side(country) for country in PARTED.split(cell.upper())]
            elif name in ("position_verified", "sensitive"):
                found[name] = FLAGS.get(cell.lower(), True)
            else:
                found[name] = cell
        return found

    def _side(self, country: str) -> str:
        for side, _ in SIDES:
            of_the_file = self.given.get(f"side_{side}.country", "").upper()
            if country == (of_the_file or getattr(self.crossing, f"country_{side}", "")):
                return side
        return country


def _changes(form: forms.ModelForm, before: Values, after: Values) -> list[str]:
    """ "note: before → after"."""
    form_ = gettext("%(column)s: %(before)s → %(after)s")
    return [
        form_ % {"column": COLUMNS[name], "before": _brief(before[name]), "after": _brief(after[name])}
        for name in form.changed_data
        if name in COLUMNS
    ]


def _brief(value: Any) -> str:
    text = "; ".join(map(str, value)) if isinstance(value, list) else str(value)
    text = " / ".join(text.splitlines())
    return (text if len(text) <= 200 else f"{text[:199]}…") or "–"


def _faults(form: forms.ModelForm) -> Iterator[str]:
    for name, messages in form.errors.items():
        for message in messages:
            yield f"{COLUMNS[name]}: {message}" if name in COLUMNS else str(message)
