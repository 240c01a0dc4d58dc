"""What an If-None-Match holds, the same for the API, the pages and what stands before both."""

from __future__ import annotations

from django.utils.http import parse_etags


def holds(if_none_match: str, *tags: str) -> bool:
    """Whether that header names one of the tags, which are quoted and without a W/. Weak ones count as well: a proxy
    weakens tags when it compresses.
    """
    return any(each == "*" or each.removeprefix("W/") in tags for each in parse_etags(if_none_match))
