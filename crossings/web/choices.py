"""The fields of our own forms in which one chooses among words."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    choices: tuple[Choice, ...]

    @property
    def told(self) -> str:
        return gettext(", ").join(each.label for each in self.choices if each.chosen)
