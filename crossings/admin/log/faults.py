"""From the faults of the contract's JSON back to the fields in which they were typed."""

from __future__ import annotations

from dataclasses import dataclass, field

from django import forms
from django.utils.translation import gettext_lazy as _

from crossings.domain.faults import Fault

# What the rules say in the words of the JSON, said in those of the form.
SAID = {
    "invalid_interval": _("The end lies before the beginning: give a later one, or leave it empty."),
    "side_required": _("Choose above which side’s gate it is."),
    "crossing_not_granted": _("This source may not speak of this crossing: choose another."),
    "empty_condition": _("A condition must say who, what or how many; or clear this row."),
    "unknown_word": _("Choose one of the words offered."),
}
SAID_AT = {
    "effective_at": _("Say since when it holds; only an announcement may leave this out."),
    "low": _("Give a whole number, at least one of the two."),
    "high": _("This must not be less than “at least”."),
}
SAID_OF_CONDITIONS = {
    "hs": _("Customs codes are written 01-24, 2523: digits, with commas between."),
    "fee": _("A fee is a whole number and a currency of three letters, such as PKR."),
    "country": _("Say which country."),
}
CLAIM_FIELDS = {
    "crossing": "source", "effective_at": "day", "until": "until_day", "reported_at": "said_day", "lanes": "lane_all",
    **{name: name for name in ("declared_by", "one_gate", "precision", "basis", "where", "by", "by_name", "reason",
                               "note", "attribution", "url", "visibility")},
}  # fmt: skip
READING_FIELDS = {
    "crossing": "source", "observed_at": "queue_day", "reported_at": "said_day", "attribution": "attribution",
    "url": "url", "note": "note",
    **{name: f"queue_{name}" for name in ("side", "traffic", "unit", "low", "high", "place", "method")},
}  # fmt: skip


@dataclass(slots=True)
class Places:
    """Which form and field each part of the JSON came from, by the beginning of its pointer."""

    fields: dict[str, tuple[forms.Form, str]] = field(default_factory=dict)

    def put(self, pointer: str, form: forms.Form, name: str) -> None:
        self.fields[pointer] = form, name

    def put_all(self, names: dict[str, str], form: forms.Form) -> None:
        for key, name in names.items():
            self.put(f"/{key}", form, name)

    def show(self, faults: list[Fault], form: forms.Form) -> None:
        """Each fault once beside its field, unless that has a fault already; what has no field, above all."""
        told: set[tuple[int, str, str]] = set()
        before = {(id(owner), name) for owner, _ in [*self.fields.values(), (form, "")] for name in owner.errors}
        for fault in faults:
            owner, name = self._find(fault.pointer) or (form, "")
            words = str(_of_a_condition(fault) or SAID.get(fault.code) or self._of_the_part(fault) or fault.detail)
            if (id(owner), name, words) not in told and (id(owner), name) not in before:
                told.add((id(owner), name, words))
                owner.add_error(name or None, forms.ValidationError(words, code=fault.code))

    def _find(self, pointer: str) -> tuple[forms.Form, str] | None:
        while pointer:
            if pointer in self.fields:
                return self.fields[pointer]
            pointer = pointer.rpartition("/")[0]
        return None

    @staticmethod
    def _of_the_part(fault: Fault) -> str:
        told = (fault.code == "required" or "`" in fault.detail) and fault.pointer.count("/") == 1
        return str(SAID_AT.get(fault.pointer.strip("/"), "")) if told else ""


def _of_a_condition(fault: Fault) -> str:
    _, within, part = fault.pointer.rpartition("/conditions/")
    return str(SAID_OF_CONDITIONS.get(part.partition("/")[2], "")) if within else ""
