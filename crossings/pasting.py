"""Pasted texts: kept for staff alone, without what is private, and read to fill in the form by which staff log."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext

from crossings import rights
from crossings.domain.faults import Refused
from crossings.domain.fields import clean, phone_number_in
from crossings.domain.pasted import LONGEST, Cleaned, Found, Place, cleaned, found, marked
from crossings.domain.vocabulary import State
from crossings.matching import Names, Suggestion
from crossings.models import Crossing, Paste

SENT_TWICE = timedelta(minutes=10)
NAMED = 100.0
"""The score of a name that stands in the text word for word."""
MOST_SUGGESTED = 5
Filled = dict[str, str | list[str]]


def looked_over(text: str) -> Cleaned:
    """What would be kept of it. One query: the names of crossings and places are never taken for persons."""
    called: list[str] = []
    for row in Crossing.objects.all():
        called += [*_called(row), row.place_a, row.place_b]
    return cleaned(text, called)


def keep(text: str, informant: str, by: User, now: datetime, crossing: Crossing | None = None) -> Paste:
    """Keep a text that was looked over. Sent twice within ten minutes by one person it is kept once.

    Raises Refused (pointers /text, /informant): nothing, too long, a telephone number.
    """
    text, informant = clean(text), clean(informant)
    _check("/text", text, LONGEST)
    _check("/informant", informant, 200)
    if not text:
        raise Refused.one("/text", "required", gettext("Paste the message here."))
    with transaction.atomic():
        # Of two that come at once the second waits here, and then finds the first.
        User.objects.select_for_update(no_key=True).get(pk=by.pk)
        lately = Paste.objects.filter(pasted_by=by, pasted_at__gte=now - SENT_TWICE, informant=informant)
        same = lately.filter(text=text).first()
        return same or Paste.objects.create(
            text=text, informant=informant, taken_out=marked(text), pasted_by=by, pasted_at=now, crossing=crossing
        )


def _check(pointer: str, text: str, longest: int) -> None:
    if len(text) > longest:
        words = gettext("At most %(most)s characters; this has %(n)s.") % {"most": longest, "n": len(text)}
        raise Refused.one(pointer, "text_too_long", words)
    if phone_number_in(text):
        raise Refused.one(pointer, "phone_number", gettext("Telephone numbers are not kept here: take it out."))


def seen_by(person: rights.Person) -> QuerySet[Paste]:
    """The pasted texts this person may see: of their crossings, and their own; of no crossing, who looks after all."""
    rows = Paste.objects.all()
    if rights.countries_of(person) is None:
        return rows
    of_theirs = rights.limited(Paste.objects.all(), person, "crossing")
    return rows.filter(Q(pk__in=of_theirs.values("pk")) | Q(pasted_by_id=person.pk))


def suggested(text: str, person: rights.Person, names: Names | None = None) -> list[Suggestion]:
    """The crossings of this person of which it may speak, the likeliest first."""
    names = names or Names.load()
    return [each for each in names.suggest(text) if rights.within(person, each[0])][:MOST_SUGGESTED]


def read(text: str, said: datetime, crossing: Crossing, names: Names | None = None) -> list[Found]:
    """What a text says of this crossing; `said`: when it came, where it does not tell itself when it was sent."""
    return found(text, said, _place(text, crossing, names or Names.load()))


def _place(text: str, crossing: Crossing, names: Names) -> Place:
    called, others = _called(crossing), []
    for each, score, words in names.suggest(text):
        if each.pk == crossing.pk:
            called.append(words)
        elif score >= NAMED:
            others += _called(each)
    return Place(
        (crossing.country_a, crossing.country_b), (crossing.timezone_a, crossing.timezone_b), tuple(crossing.traffic),
        tuple(called), tuple(set(others) - set(called)),
    )  # fmt: skip


def _called(crossing: Crossing) -> list[str]:
    return [crossing.name, crossing.slug, *map(str, crossing.names.values()), *map(str, crossing.aliases)]


def fill(paste: Paste, crossing: Crossing, now: datetime) -> Filled:
    """The log form's fields as far as the text safely says: nothing of the text itself, nor of who told us. Since when
    it holds is left unchosen where the text does not say, so that the person has to choose.
    """
    return {"when": "", **filled(read(paste.text, min(paste.pasted_at, now), crossing))}


def filled(told: Iterable[Found]) -> Filled:
    """What was found, as fields of the log form."""
    certain = [each for each in told if each.value]
    values: Filled = {each.field: each.value for each in certain if each.field not in ("who", "goods", "nationals")}
    if values.get("when") == "now":
        values.pop("zone", None)
    held = [name for name, value in values.items() if name.startswith("lane_") and value == State.RESTRICTED]
    rows = [each for each in certain if each.field in ("who", "goods", "nationals")] if held else []
    for number, each in enumerate(rows[:6]):
        # Alternatives are conditions of their own: who is any of these passes.
        values[f"c{number}-effect"] = "allow"
        if each.field == "nationals":
            values[f"c{number}-who"], values[f"c{number}-country"] = ["nationals"], each.value
        else:
            values[f"c{number}-{each.field}"] = [each.value]
    if len(rows) > 2:
        values["rows"] = str(min(len(rows), 6))
    return values


def choose(paste: Paste, crossing: Crossing) -> None:
    """Say of which crossing it speaks first; others may be logged from it, too."""
    Paste.objects.filter(pk=paste.pk, crossing=None).update(crossing=crossing)
    paste.refresh_from_db()


def logged(paste: Paste, reports: Sequence[int]) -> None:
    """Note that these reports, by their numbers, were logged from it."""
    paste.reports.add(*reports)
    first = paste.reports.select_related("crossing").order_by("pk").first()
    if first is not None:
        choose(paste, first.crossing)
