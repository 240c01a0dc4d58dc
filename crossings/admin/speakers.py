"""In whose name staff speak: their own source, or one whose word they pass on."""

from __future__ import annotations

import re

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils.text import slugify
from django.utils.translation import gettext

from crossings.domain.vocabulary import SourceKind
from crossings.models import Source

OWN = "own"
AS_A_SLUG = re.compile(r"[A-Za-z0-9_-]{1,70}\Z")


def own_slug(user: User) -> str:
    name = user.get_username()
    # A name that a slug cannot hold could collide with another's once it is bent into one.
    return f"staff-{name}" if AS_A_SLUG.match(name) else f"staff-{slugify(name)[:50]}-{user.pk}"


def own_source(user: User) -> Source:
    """The source as which this member of staff speaks, made on first use."""
    given = {
        "name": f"{user.get_full_name() or user.get_username()} (staff)",
        "public_label": "our staff",
        "kind": SourceKind.STAFF,
        "trusted": True,
    }
    return Source.objects.get_or_create(slug=own_slug(user), defaults=given)[0]


def others() -> QuerySet[Source]:
    """Whose word staff may pass on: nobody speaks as a colleague, nor as a service that is asked by itself."""
    return Source.objects.filter(active=True, address="").exclude(kind=SourceKind.STAFF)


def choices() -> list[tuple[str, str]]:
    """One query."""
    found = [
        (slug, name if trusted else gettext("%(name)s (not trusted: waits as a draft)") % {"name": name})
        for slug, name, trusted in others().values_list("slug", "name", "trusted")
    ]
    return [(OWN, gettext("I, as our staff")), *found]


def chosen(value: str, user: User) -> Source:
    """The source behind one of the choices. Raises Source.DoesNotExist."""
    return own_source(user) if value == OWN else others().get(slug=value)
