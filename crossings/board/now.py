"""How crossings stand: all of them now, or one now, at a moment, and as it was known at a moment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import NamedTuple

from crossings.board.edition import Edition, afresh, current_json, edition, row_of, tag
from crossings.board.paging import Page, bad_cursor, cursor_of, read_id
from crossings.board.short import crossing_word, lane_word
from crossings.domain.claims import stamp
from crossings.domain.faults import Refused
from crossings.evidence import current_status, known_status, points_before, queues
from crossings.matching import key
from crossings.models import Crossing
from crossings.serializers import Json, crossing_json

AHEAD = timedelta(minutes=5)
"""How far a clock may run before ours."""


class Box(NamedTuple):
    """In degrees. Where `west` lies east of `east` it goes across the antimeridian."""

    west: float
    south: float
    east: float
    north: float

    def holds(self, latitude: float | None, longitude: float | None) -> bool:
        if latitude is None or longitude is None or not self.south <= latitude <= self.north:
            return False
        if self.west <= self.east:
            return self.west <= longitude <= self.east
        return longitude >= self.west or longitude <= self.east


@dataclass(frozen=True, slots=True)
class Filters:
    """`country` is either side, `to` the country entered; `q` a part of any name, alias or code in any script. `bbox`
    leaves out what has no position, `updated_since` what changed before that moment.
    """

    country: str = ""
    state: str = ""
    traffic: str = ""
    to: str = ""
    q: str = ""
    bbox: Box | None = None
    updated_since: datetime | None = None

    def take(self, crossing: Crossing, status: Json) -> bool:
        if self.country and self.country not in crossing.countries:
            return False
        if self.q and not called(crossing, self.q):
            return False
        if self.bbox and not self.bbox.holds(crossing.latitude, crossing.longitude):
            return False
        if not (self.traffic or self.to):
            return self.state in ("", crossing_word(status)[0])
        lanes = [lane for lane in status["lanes"] if self._speaks_of(lane)]
        return any(not self.state or self._stands(lane) for lane in lanes)

    def changed(self, updated_at: str | None) -> bool:
        if not self.updated_since:
            return True
        return updated_at is not None and datetime.fromisoformat(updated_at) >= self.updated_since

    def _speaks_of(self, lane: Json) -> bool:
        return self.traffic in ("", lane["traffic"]) and self.to in ("", lane["to"])

    def _stands(self, lane: Json) -> bool:
        """`open` only where that is sure (rule 7), else such a lane is unknown."""
        word: str = lane_word(lane)[0]
        return word == self.state


def called(crossing: Crossing, text: str) -> bool:
    """Whether the text is part of anything the crossing is called."""
    wanted = key(text)
    names = [crossing.slug, crossing.name, crossing.place_a, crossing.place_b]
    names += [*crossing.names.values(), *crossing.aliases, *crossing.codes]
    return bool(wanted) and any(wanted in key(str(name)) for name in names)


def chosen(filters: Filters, of: Edition, after: int = 0) -> Iterator[tuple[Crossing, Json]]:
    """The crossings these filters leave, by name, each with how it stands; those that follow the one with the id
    `after`, where one is given. One query. Raises Refused where that one is no more.
    """
    for each in Crossing.objects.select_related("current").order_by("name", "slug"):
        if after:
            after = 0 if each.pk == after else after
            continue
        fresh = of.afresh.get(each.pk)
        if not fresh and not row_of(each).status:
            continue  # made since the edition was read
        current = current_json(each, fresh)
        if filters.changed(current["updated_at"]) and filters.take(each, current["status"]):
            yield each, current
    if after:
        raise bad_cursor()


def board(filters: Filters, now: datetime, of: Edition | None = None) -> Json:
    of = of or edition(now)
    return {**of.head(), "crossings": [crossing_json(each, current) for each, current in chosen(filters, of)]}


def board_page(filters: Filters, of: Edition, *, cursor: str, limit: int) -> Page:
    """The board in pages. A filter may leave nothing of a crossing named by the cursor: its place still counts.

    Raises Refused for a cursor that is none.
    """
    found = list(islice(chosen(filters, of, read_id(cursor) if cursor else 0), limit + 1))
    content = {**of.head(), "crossings": [crossing_json(*each) for each in found[:limit]]}
    return Page(content, cursor_of(found[limit - 1][0].pk) if len(found) > limit else None)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One crossing as it stands now; `tag` changes with any of its public bytes."""

    crossing: Crossing
    current: Json
    tag: str

    def json(self) -> Json:
        return crossing_json(self.crossing, self.current)


def sheet(slug: str, now: datetime) -> Sheet:
    """One query while the worker keeps up. Raises Crossing.DoesNotExist."""
    found = Crossing.objects.select_related("current").get(slug=slug)
    fresh = afresh([found], now)
    return Sheet(found, current_json(found, fresh.get(found.pk)), tag(row_of(found).version, fresh))


def crossing(slug: str, at: datetime | None = None, as_known_at: datetime | None = None, *, now: datetime) -> Json:
    """One crossing: now, `at` a moment, `as_known_at` one. With `as_known_at` alone: how it was thought to stand then.

    Raises Crossing.DoesNotExist, and Refused for a moment more than five minutes ahead.
    """
    not_ahead(now, at=at, as_known_at=as_known_at)
    if at is None and as_known_at is None:
        return sheet(slug, now).json()
    found = Crossing.objects.select_related("current").get(slug=slug)
    moment = at or as_known_at or now
    asked = {"at": stamp(moment), "as_known_at": stamp(as_known_at)}
    current = {**current_json(found, None), **_standing_at(found, moment, as_known_at)}
    return {**crossing_json(found, current), **asked}


def _standing_at(crossing: Crossing, at: datetime, as_known_at: datetime | None) -> Json:
    ats = {crossing.pk: at}
    if as_known_at is None:
        borders = {crossing.pk: crossing.border()}
        _, status = current_status(borders, points_before(ats, inclusive=True), ats)[crossing.pk]
    else:
        _, status = known_status(crossing.pk, crossing.border(), as_known_at, at)
    return {"status": status, "queues": queues(ats, as_known_at).get(crossing.pk, [])}


def not_ahead(now: datetime, **moments: datetime | None) -> None:
    """Raises Refused, with the name as its pointer, for a moment that has not come."""
    for name, moment in moments.items():
        if moment is not None and moment > now + AHEAD:
            raise Refused.one(name, "in_the_future", f"This lies ahead of our clock, {stamp(now)}: nobody knows yet.")
