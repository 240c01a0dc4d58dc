"""What a crossing is called in the active language."""

from __future__ import annotations

from typing import Any

from django.utils.translation import get_language

Json = dict[str, Any]
Name = tuple[str, str]
"""A language, empty where it is the page's own or not known, and a name."""

MORE_NAMES = {"fa-af": "fa"}
"""The language in which crossings are named for the readers of another."""


def own_name(crossing: Json) -> Name:
    """As the readers of the page's language call it, where that is known."""
    language = get_language() or "en"
    for code in (language, MORE_NAMES.get(language, "")):
        if crossing["names"].get(code):
            return "", crossing["names"][code]
    return "" if language == "en" else "en", crossing["name"]
