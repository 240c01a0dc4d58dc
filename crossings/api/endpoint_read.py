"""What may be said of an endpoint, checked."""

from __future__ import annotations

from typing import Any

from crossings.domain.faults import Fault, Refused
from crossings.domain.fields import COUNTRY, MOST_IN_A_LIST, Fields
from crossings.domain.vocabulary import ChangeType, Confidence, Traffic, Turn
from crossings.matching import Names
from crossings.outbound import OutboundError, read_url

LONGEST_URL = 500


def read_endpoint(data: Any, *, new: bool) -> dict[str, Any]:
    """The columns that were given; of a new one, with its url. Raises Refused."""
    faults: list[Fault] = []
    read = Fields(data, "", faults)
    found: dict[str, Any] = {
        "url": _url(read, required=new or "url" in read.data),
        "crossings": _crossings(read),
        "countries": _countries(read, "countries"),
        "traffic": [word.value for word in read.words("traffic", Traffic)],
        "to": _countries(read, "to"),
        "types": [word.value for word in read.words("types", ChangeType)],
        "turn": str(read.word("turn", Turn) or ""),
        "least_confidence": str(read.word("least_confidence", Confidence) or ""),
    }
    read.no_others()
    if faults:
        raise Refused(faults)
    return {name: value for name, value in found.items() if name in read.data}


def _url(read: Fields, *, required: bool) -> str:
    url = read.text("url", LONGEST_URL)
    if not url:
        if required and not read.faults:
            read.fault("url", "required", "The https:// address to which messages are posted.")
        return ""
    try:
        read_url(url)
    except OutboundError as error:
        read.fault("url", "url_not_allowed", error.detail)
    return url


def _texts(read: Fields, key: str, expected: str) -> list[tuple[int, str]]:
    value = read.get(key)
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > MOST_IN_A_LIST:
        read.fault(key, "not_a_list", f"A list of at most {MOST_IN_A_LIST} is expected, of {expected}.")
        return []
    found = []
    for index, each in enumerate(value):
        if isinstance(each, str) and each.strip() and "\x00" not in each:
            found.append((index, each.strip()))
        else:
            read.fault(f"{key}/{index}", "not_a_text", f"A text is expected: {expected}.")
    return found


def _countries(read: Fields, key: str) -> list[str]:
    codes = []
    for index, each in _texts(read, key, "ISO 3166-1 alpha-2 codes, such as PK"):
        codes.append(each.upper())
        if not COUNTRY.match(codes[-1]):
            read.fault(f"{key}/{index}", "unknown_country", "An ISO 3166-1 alpha-2 code is expected, such as PK.")
    return list(dict.fromkeys(codes))


def _crossings(read: Fields) -> list[str]:
    given = _texts(read, "crossings", "slugs, names or codes of crossings")
    names = Names.load() if given else None
    slugs = []
    for index, each in given:
        try:
            assert names is not None
            slugs.append(names.find(each).slug)
        except Refused as refused:
            for fault in refused.faults:
                read.fault(f"crossings/{index}", fault.code, fault.detail)
    return list(dict.fromkeys(slugs))
