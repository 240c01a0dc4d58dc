"""Columns that hold vocabulary words."""

from typing import Any

from django.db import models

from crossings.domain.vocabulary import Word


class WordField(models.CharField):
    """A column for one word of the vocabulary. New words need no migration: the choices are not written there."""

    def __init__(self, kind: type[Word] | None = None, **options: Any) -> None:
        if kind is not None:
            options["choices"] = [(word.value, word.label) for word in kind]
        super().__init__(**{"max_length": 20, **options})

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("choices", None)
        return name, path, args, kwargs
