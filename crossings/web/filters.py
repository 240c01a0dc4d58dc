"""What of the board and the map is asked for: read from an address, and written into the addresses of their links.

`?for=` names a traffic, `?to=` the country entered, `?country=` either side, `?q=` a name, `?state=` how it stands.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.utils.translation import gettext, pgettext

from crossings.board import Filters
from crossings.domain.fields import clean
from crossings.domain.vocabulary import State, Traffic
from crossings.matching import key
from crossings.phrases.countries import NAMES, country
from crossings.phrases.text import capital
from crossings.phrases.words import TRAFFIC_ORDER, directions_named, traffic_named

FIELDS = {"for": "traffic", "to": "to", "country": "country", "state": "state", "q": "q"}
"""In the order in which an address names them, so that what is the same has one address."""
LONGEST_Q = 80
FIRST_COUNTRIES = 4
"""So many are offered at once; the others in a list of their own."""


@dataclass(frozen=True, slots=True)
class Chip:
    """A link that changes one filter; `chosen` where that is how it stands."""

    words: str
    url: str
    chosen: bool


def read_filters(query: Mapping[str, str]) -> Filters:
    """What cannot be meant is left out: a page answers what it can. A name of a country asks for its crossings."""
    to, at = (_code(query.get(name, "")) for name in ("to", "country"))
    traffic, state = query.get("for", ""), query.get("state", "")
    q = " ".join(clean(query.get("q", "")[: 2 * LONGEST_Q]).split())[:LONGEST_Q].strip()
    named = _named(q) if q and not at else ""
    return Filters(
        country=at or named,
        state=state if state in State.words() else "",
        traffic=traffic if traffic in Traffic.words() else "",
        to=to,
        q="" if named else q,
    )


def _code(given: str) -> str:
    code = given[:10].strip().upper()
    return code if code in NAMES else ""


def _named(q: str) -> str:
    wanted = key(q)
    return next((code for code, name in NAMES.items() if wanted in (key(name), key(country(code)))), "")


def heading(filters: Filters) -> str:
    """What the page is of: "Goods trucks to Afghanistan"."""
    parts = []
    if filters.traffic or filters.to:
        what = traffic_named([filters.traffic]) if filters.traffic else gettext("all traffic")
        ways = directions_named([filters.to]) if filters.to else ""
        form = gettext("%(what)s %(ways)s") if ways else gettext("%(what)s, both ways")
        parts.append(capital(form % {"what": what, "ways": ways}))
    if filters.country:
        parts.append(gettext("crossings of %(country)s") % {"country": country(filters.country)})
    return capital(gettext(" · ").join(parts))


def address(here: str, filters: Filters, **also: str) -> str:
    """The page `here` with these filters; `also` are parameters of its own."""
    given = {name: getattr(filters, field) for name, field in FIELDS.items()} | also
    text = urlencode({name: value for name, value in given.items() if value})
    return f"{here}?{text}" if text else here


def traffic_chips(here: str, filters: Filters, every: str, **also: str) -> list[Chip]:
    """`every` says what no filter stands for."""
    all_of_it = Chip(every, address(here, replace(filters, traffic=""), **also), not filters.traffic)
    return [all_of_it] + [
        Chip(
            capital(traffic_named([each])),
            address(here, replace(filters, traffic=each.value), **also),
            filters.traffic == each,
        )
        for each in TRAFFIC_ORDER
    ]


def way_chips(here: str, filters: Filters, countries: Iterable[str], **also: str) -> list[Chip]:
    both = Chip(pgettext("directions", "Both ways"), address(here, replace(filters, to=""), **also), not filters.to)
    return [both] + [
        Chip(capital(directions_named([code])), address(here, replace(filters, to=code), **also), filters.to == code)
        for code in countries
    ]


def country_chips(here: str, filters: Filters, countries: Iterable[str]) -> list[Chip]:
    every = Chip(gettext("All countries"), address(here, replace(filters, country="")), not filters.country)
    return [every] + [
        Chip(country(code), address(here, replace(filters, country=code)), filters.country == code)
        for code in sorted(countries, key=country)
    ]


def offered(pairs: Iterable[Collection[str]], filters: Filters) -> list[str]:
    """The countries to which a way is offered at once: those with the most crossings; of one country, it and its
    neighbours."""
    wanted = filters.country
    count = Counter(code for pair in pairs if not wanted or wanted in pair for code in pair)
    found = [code for code, _ in sorted(count.items(), key=lambda item: (-item[1], item[0]))]
    first = found if filters.country else found[:FIRST_COUNTRIES]
    return [*first, filters.to] if filters.to and filters.to not in first else first
