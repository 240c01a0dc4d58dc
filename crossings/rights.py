"""Who of the staff looks after what: rights per country. What a person may do there, their groups say."""

from __future__ import annotations

from typing import TypeVar

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Model, Q, QuerySet

from crossings.models import Crossing, Duty, Source

M = TypeVar("M", bound=Model)
Person = User | AnonymousUser
NOBODY = frozenset({""})
"""Countries that no crossing has."""


def countries_of(person: Person) -> frozenset[str] | None:
    """The countries this person looks after; None: all. One query a person, kept on the object."""
    if not isinstance(person, User):
        return NOBODY
    if not hasattr(person, "countries_looked_after"):
        duty = None if person.is_superuser else Duty.objects.filter(user=person).first()
        found = frozenset(duty.countries) if duty and duty.countries else None
        person.countries_looked_after = found  # type: ignore[attr-defined]
    kept: frozenset[str] | None = person.countries_looked_after  # type: ignore[attr-defined]
    return kept


def within(person: Person, crossing: Crossing) -> bool:
    """Whether one of its sides lies in a country this person looks after."""
    countries = countries_of(person)
    return countries is None or not countries.isdisjoint(crossing.countries)


def crossings_of(person: Person) -> QuerySet[Crossing]:
    return limited(Crossing.objects.all(), person, "")


def limited(rows: QuerySet[M], person: Person, path: str) -> QuerySet[M]:
    """Of these rows those whose crossing this person looks after. `path`: the way to it, "" from a crossing itself."""
    countries = countries_of(person)
    if countries is None:
        return rows
    to = f"{path}__" if path else ""
    return rows.filter(Q(**{f"{to}country_a__in": countries}) | Q(**{f"{to}country_b__in": countries}))


def of_own_sources(rows: QuerySet[M], person: Person, path: str) -> QuerySet[M]:
    """Of these rows those of sources that speak only of countries this person looks after: a source of all the world
    belongs to those who look after all of it. `path`: the way to the source, "" from sources themselves.
    """
    countries = countries_of(person)
    if countries is None:
        return rows
    name = f"{path}__countries" if path else "countries"
    return rows.filter(**{f"{name}__contained_by": sorted(countries)}).exclude(**{name: []})


def may_grant(person: Person, countries: list[str]) -> bool:
    """Whether this person may give another these countries (none: all): nobody gives more than they have."""
    own = countries_of(person)
    return own is None or bool(countries and own.issuperset(countries))


def looked_after_by(person: Person, other: User) -> bool:
    """Whether `other` is someone this person may manage: nobody above them, and of no country beyond theirs."""
    if isinstance(person, User) and person.is_superuser:
        return True
    theirs = countries_of(other)
    return not other.is_superuser and may_grant(person, sorted(theirs or []))


def sources_of(person: Person) -> QuerySet[Source]:
    return of_own_sources(Source.objects.all(), person, "")
