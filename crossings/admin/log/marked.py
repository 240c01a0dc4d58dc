"""The fields that are marked in a refused form, told above it, each with the way to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django import forms
from django.utils.translation import gettext

from crossings.admin.log.conditions import ConditionForm


@dataclass(frozen=True, slots=True)
class Marked:
    label: str
    words: str
    href: str


def marked(all_of_it: Iterable[forms.Form]) -> list[Marked]:
    return [each for form in all_of_it for each in _of(form)]


def _of(form: forms.Form) -> Iterator[Marked]:
    for name in form.fields:
        field = form[name]
        if form.errors.get(name) and not field.is_hidden:
            label = str(field.label)
            if isinstance(form, ConditionForm):
                label = gettext("Condition %(n)s, %(field)s") % {"n": form.number + 1, "field": label}
            yield Marked(label, " ".join(map(str, form.errors[name])), f"#{field.auto_id}")
