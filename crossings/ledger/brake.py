"""Openings walk: a source that loosens many crossings at once, or flips one lane again and again, waits for a person.

Only what loosens is ever held here; a closure runs.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from django.db import connection
from django.db.models import Q

from crossings.domain.border import Lane
from crossings.domain.claims import Claim, lanes_from_stored
from crossings.domain.holds import FLAPS, MASSIVE_AT_LEAST, TOGETHER, Why, flaps, loosens, massive
from crossings.domain.readings import Reading
from crossings.domain.vocabulary import State
from crossings.ledger.transaction import Touched, lane_states
from crossings.models import Alarm, Crossing, Draft, Report, Retraction, Source
from crossings.serializers import Json

Word = tuple[datetime, str, dict[Lane, State]]
"""When, at which crossing (slug), what of which lanes."""


class Brake:
    """Looks at one transaction's claims of one source, and at what it said within ten minutes of them before."""

    def __init__(self, source: Source, items: Sequence[Claim | Reading], touched: dict[int, Touched]) -> None:
        self.source = source
        self.by_slug = {each.crossing.slug: each for each in touched.values()}
        self.loosening = [item for item in items if isinstance(item, Claim) and self._loosens(item)]
        self.words: list[Word] = []
        self.freed: list[tuple[datetime, str]] = []
        if self.loosening:
            moments = [item.effective_at for item in self.loosening if item.effective_at]
            window = Q(effective_at__gte=min(moments) - TOGETHER, effective_at__lte=max(moments) + TOGETHER)
            self.words = self._said_before(window)
            self.freed = [(item.effective_at, item.crossing) for item in self.loosening if item.effective_at]
            spoken_of = Report.objects.filter(window, source=source).values_list("crossing__slug", flat=True).distinct()
            if len({slug for _, slug in self.freed}.union(spoken_of)) >= MASSIVE_AT_LEAST:
                self.freed += self._freed_before(min(moments) - TOGETHER, max(moments) + TOGETHER) + self._held_before(
                    min(moments) - TOGETHER
                )
        self.countries = _of_countries() if len({slug for _, slug in self.freed}) >= MASSIVE_AT_LEAST else {}

    def why(self, claim: Claim) -> Why | None:
        """Why this claim is held; None where it may pass."""
        if claim.effective_at is None or claim not in self.loosening:
            return None
        near = {slug for at, slug in self.freed if abs(at - claim.effective_at) <= TOGETHER}
        countries = self.by_slug[claim.crossing].crossing.countries
        for country in countries:
            slugs = self.countries.get(country, set())
            if massive(len(near & slugs), len(slugs)):
                return Why.MASSIVE
        return Why.FLAPPING if self._flapping(claim) else None

    def passed(self, claim: Claim) -> None:
        """Note a claim that was let through, for those after it in the same transaction."""
        if claim.effective_at is not None:
            lanes = {lane.lane: lane.state for lane in claim.lanes}
            self.words.append((claim.effective_at, claim.crossing, lanes))

    def _loosens(self, claim: Claim) -> bool:
        each = self.by_slug[claim.crossing]
        # Of old news nothing is freed now: the lane came to stand as it does after that.
        return claim.effective_at is not None and loosens(claim, lane_states(each, by=claim.effective_at))

    def _flapping(self, claim: Claim) -> bool:
        at = claim.effective_at
        assert at is not None
        for lane in claim.lanes:
            said = [
                (when, lanes[lane.lane])
                for when, slug, lanes in self.words
                if slug == claim.crossing and lane.lane in lanes and abs(when - at) <= TOGETHER
            ]
            if len(said) >= FLAPS - 1 and flaps([*said, (at, lane.state)]):
                return True
        return False

    def _said_before(self, window: Q) -> list[Word]:
        rows = Report.objects.filter(window, source=self.source, crossing__slug__in=self.by_slug, retraction=None)
        return [
            (at, slug, {lane: state.state for lane, state in lanes_from_stored(text).items()})
            for at, slug, text in rows.extra(select={"text": "lanes::text"}).values_list(
                "effective_at", "crossing__slug", "text"
            )
            if at is not None
        ] + self._held_flaps()

    def _held_flaps(self) -> list[Word]:
        """What was held for flapping was said too: or an opening would pass whenever the others had been held."""
        drafts = Draft.objects.filter(
            source=self.source, crossing__slug__in=self.by_slug, why=Why.FLAPPING, decision=""
        )
        rows = drafts.values_list("content__effective_at", "crossing__slug", "content__lanes").order_by("-pk")[:200]
        return [
            (
                datetime.fromisoformat(at),
                slug,
                {lane: s.state for lane, s in lanes_from_stored(json.dumps(said)).items()},
            )
            for at, slug, said in rows
            if at
        ]

    def _freed_before(self, since: datetime, until: datetime) -> list[tuple[datetime, str]]:
        """Where this source's earlier reports within the window began a looser period. One query."""
        with connection.cursor() as cursor:
            cursor.execute(
                """
                SELECT r.effective_at, c.slug, a.lanes::text, b.lanes::text
                FROM (SELECT DISTINCT crossing_id, effective_at FROM crossings_report
                    WHERE source_id = %s AND effective_at BETWEEN %s AND %s) r
                JOIN crossings_period a ON a.crossing_id = r.crossing_id AND a.start = r.effective_at
                CROSS JOIN LATERAL (SELECT lanes FROM crossings_period p WHERE p.crossing_id = r.crossing_id
                    AND p.start < r.effective_at ORDER BY p.start DESC LIMIT 1) b
                JOIN crossings_crossing c ON c.id = r.crossing_id
                """,
                [self.source.pk, since, until],
            )
            return [
                (at, slug)
                for at, slug, after, before in cursor.fetchall()
                if _looser(json.loads(before), json.loads(after))
            ]

    def _held_before(self, since: datetime) -> list[tuple[datetime, str]]:
        drafts = Draft.objects.filter(source=self.source, why=Why.MASSIVE, decision="")
        rows = drafts.values_list("content__effective_at", "crossing__slug")
        return [(datetime.fromisoformat(at), slug) for at, slug in rows if at and datetime.fromisoformat(at) >= since]


def watch_retractions(source: Source, now: datetime) -> None:
    """Raise an alarm where a source has taken back closures at many crossings of a country within ten minutes: it is
    its right, and it opens them as surely as saying so would.
    """
    shut = Q(report__lanes__contains=[{"state": State.CLOSED.value}])
    shut |= Q(report__lanes__contains=[{"state": State.RESTRICTED.value}])
    rows = Retraction.objects.filter(shut, source=source, recorded_at__gt=now - TOGETHER)
    slugs = set(rows.values_list("report__crossing__slug", flat=True))
    if len(slugs) < MASSIVE_AT_LEAST:
        return
    for country, crossings in _of_countries().items():
        if massive(len(slugs & crossings), len(crossings)):
            line = f"Closures at {len(slugs & crossings)} crossings of {country} were taken back within ten minutes."
            Alarm.sound_also(Alarm.Kind.MASSIVE, source, line, now)


def _of_countries() -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for slug, *countries in Crossing.objects.values_list("slug", "country_a", "country_b"):
        for country in countries:
            found[country].add(slug)
    return found


def _looser(before: list[Json], after: list[Json]) -> bool:
    was = {(lane["traffic"], lane["to"]): State(lane["state"]) for lane in before}
    return any(
        was.get((lane["traffic"], lane["to"])) in (State.RESTRICTED, State.CLOSED)
        and State(lane["state"]) is not was[lane["traffic"], lane["to"]]
        and State(lane["state"]) in (State.OPEN, State.RESTRICTED)
        for lane in after
    )
