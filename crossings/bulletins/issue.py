"""Bulletins are kept as they went out, each once; and who may see them."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import AnonymousUser, User
from django.db import connection, transaction
from django.db.models import F, Func, JSONField, QuerySet

from crossings.bulletins.table import Rows
from crossings.models import Bulletin
from crossings.rights import countries_of, crossings_of

LOCK = 0x42554C4C


class Overtaken(Exception):
    """Another bulletin of that name went out since this one was compared with the last."""


def visible(person: User | AnonymousUser) -> QuerySet[Bulletin]:
    """Those all of whose crossings, also the ones they tell to be gone, this person looks after."""
    found = Bulletin.objects.all()
    if countries_of(person) is None:
        return found
    slugs = Func(F("rows"), template="jsonb_path_query_array(%(expressions)s, '$[*].slug')", output_field=JSONField())
    return found.annotate(slugs=slugs).filter(
        slugs__contained_by=list(crossings_of(person).values_list("slug", flat=True))
    )


def last_of(name: str, person: User | AnonymousUser) -> Bulletin | None:
    """The last one of that name that this person sees."""
    return visible(person).filter(name=name).order_by("-made_at", "-pk").first()


def issue(
    name: str, at: datetime, rows: Rows, *, by: User, made_at: datetime, since: int | None
) -> tuple[Bulletin, bool]:
    """Keep it; and whether it is new: the same person's of that name and moment, to the microsecond, is the same form
    sent again. `since`: the one it was compared with. Raises Overtaken.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        again = Bulletin.objects.filter(name=name, made_by=by, made_at=made_at).first()
        if again is not None:
            return again, False
        last = last_of(name, by)
        if (last.pk if last else None) != since:
            raise Overtaken
        return Bulletin.objects.create(name=name, at=at, rows=rows, made_by=by, made_at=made_at), True
