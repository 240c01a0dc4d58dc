"""Every address of the desk, for tests that walk over all of them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.urls import URLPattern, URLResolver, reverse

Rows = dict[str, models.Model]
"""By the name of their model, one of each."""


def first_rows() -> Rows:
    found = {model._meta.model_name or "": model._default_manager.first() for model in admin.site._registry}
    return {name: row for name, row in found.items() if row is not None}


def addresses(patterns: Any, space: str = "") -> Iterator[tuple[str, URLPattern]]:
    """The names of all addresses of the desk."""
    for each in patterns:
        if isinstance(each, URLResolver):
            yield from addresses(each.url_patterns, each.namespace or space)
        elif isinstance(each, URLPattern) and each.name and space in ("admin", "desk"):
            yield f"{space}:{each.name}", each


def address(name: str, pattern: URLPattern, rows: Rows) -> str:
    """Of the first row, where it is about one."""
    crossing = rows["crossing"]
    known: dict[str, Any] = {
        "token": uuid.UUID(int=7) if "uuid" in str(pattern.pattern) else "nobody", "app_label": "crossings",
        "content_type_id": ContentType.objects.get_for_model(type(crossing)).pk, "url": "nowhere",
        "object_id": next(
            (row.pk for model, row in sorted(rows.items(), key=lambda each: -len(each[0]))
             if f"_{model}_" in name or f"_{model}." in name), crossing.pk,
        ),
    }  # fmt: skip
    known["id"] = known["object_id"]
    wanted = pattern.pattern.converters or pattern.pattern.regex.groupindex
    return reverse(name, kwargs={key: known.get(key, known["object_id"]) for key in wanted})
