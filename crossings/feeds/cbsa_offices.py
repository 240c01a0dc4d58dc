"""The offices of Canada's border wait-time list as crossings: sides, zones, and which of them the US list knows too."""

from __future__ import annotations

import re
import unicodedata
from datetime import timedelta

from crossings.domain.border import Side
from crossings.domain.fields import clean
from crossings.domain.vocabulary import Traffic
from crossings.feeds.base import Place

FRESH_FOR = timedelta(hours=3)
LOCATION = re.compile(
    r"(?P<here>[^/]{1,100}), ?(?P<province>[A-Z]{2}) ?/ ?(?P<there>[^/]{1,100}), ?(?P<state>[A-Z]{2})\Z"
)
PROVINCES = {
    "NB": "America/Moncton", "QC": "America/Toronto", "ON": "America/Toronto", "MB": "America/Winnipeg",
    "SK": "America/Regina", "AB": "America/Edmonton", "BC": "America/Vancouver", "YT": "America/Whitehorse",
}  # fmt: skip
STATES = {
    "ME": "America/New_York", "NH": "America/New_York", "VT": "America/New_York", "NY": "America/New_York",
    "MI": "America/Detroit", "MN": "America/Chicago", "ND": "America/Chicago", "MT": "America/Denver",
    "ID": "America/Los_Angeles", "WA": "America/Los_Angeles", "AK": "America/Anchorage",
}  # fmt: skip
WEST_OF_LAKE_SUPERIOR = "America/Winnipeg"
# By the office's name as a slug, in both languages: the same crossing in the list of the US service (feeds.cbp).
US_PORTS = {
    "abbotsford-huntingdon": "300901",
    "aldergrove": "302301",
    "ambassador-bridge": "380001",
    "pont-ambassador": "380001",
    "blue-water-bridge": "380201",
    "pont-blue-water": "380201",
    "boundary-bay": "300403",
    "cornwall": "070401",
    "cornwall-traffic-office": "070401",
    "coutts": "331001",
    "douglas-peace-arch": "300402",
    "edmundston": "010901",
    "emerson": "340101",
    "fort-erie-peace-bridge": "090101",
    "peace-bridge": "090101",
    "pont-peace": "090101",
    "fort-frances-bridge": "360401",
    "niagara-falls-rainbow-bridge": "090102",
    "rainbow-bridge": "090102",
    "pont-rainbow": "090102",
    "pacific-highway": "300401",
    "prescott": "070101",
    "queenston-lewiston-bridge": "090104",
    "pont-queenston-lewiston": "090104",
    "sault-ste-marie": "380301",
    "st-armand-philipsburg": "021201",
    "st-bernard-de-lacolle": "071201",
    "st-stephen": "011501",
    "st-stephen-3rd-bridge": "011503",
    "stanstead": "020901",
    "thousand-islands-bridge": "070801",
    "pont-des-mille-iles": "070801",
    "windsor-and-detroit-tunnel": "380002",
    "woodstock-road": "010601",
}


def slug_of(office: str) -> str:
    """The office's name in lower-case ASCII; what may pass there, "(Travellers only)", is no part of it."""
    office = re.sub(r"\((travell?ers|commercial|voyageurs)[^()]*\)", "", office, flags=re.IGNORECASE)
    plain = unicodedata.normalize("NFKD", office).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60]


def code_of(office: str) -> str:
    slug = slug_of(office)
    return f"cbp:{US_PORTS[slug]}" if slug in US_PORTS else f"cbsa:{slug}"


def sides_of(location: str) -> tuple[Side, Side] | None:
    """The Canadian and the US side of "St. Stephen, NB/Calais, ME"; None where it is not written so."""
    said = LOCATION.match(location)
    if said is None or said["province"] not in PROVINCES or said["state"] not in STATES:
        return None
    zone = PROVINCES[said["province"]]
    if (said["province"], said["state"]) == ("ON", "MN"):
        zone = WEST_OF_LAKE_SUPERIOR
    return Side("CA", clean(said["here"]), zone), Side("US", clean(said["there"]), STATES[said["state"]])


def place_of(office: str, sides: tuple[Side, Side], traffic: tuple[Traffic, ...]) -> Place:
    return Place(
        code=code_of(office),
        slug=slug_of(office),
        name=clean(office)[:120],
        sides=sides,
        traffic=traffic,
        must_speak=("CA",),
        fresh_for=FRESH_FOR,
    )
