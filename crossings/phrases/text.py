"""Pieces of sentences. Names, numbers and dates inside a sentence stand between Unicode isolates (FSI, PDI), so that
a sentence in either direction of writing keeps them whole; templates turn the isolates into <bdi>.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext

from crossings.domain.fields import BIDI_CONTROLS

FSI, PDI = "\u2068", "\u2069"


def apart(text: object) -> str:
    """The text between isolates; none of its own can end them early."""
    return f"{FSI}{str(text).translate(BIDI_CONTROLS)}{PDI}"


def plain(text: str) -> str:
    """A sentence for where isolates are of no use: a title, a log."""
    return text.replace(FSI, "").replace(PDI, "")


def listed(parts: Sequence[str]) -> str:
    """a; a and b; a, b and c."""
    if len(parts) < 2:
        return "".join(parts)
    return gettext("%(list)s and %(last)s") % {"list": gettext(", ").join(parts[:-1]), "last": parts[-1]}


def capital(text: str) -> str:
    """With a capital at its beginning, past an isolate."""
    return text[:1] + capital(text[1:]) if text.startswith(FSI) else text[:1].upper() + text[1:]


def spaced(*parts: str) -> str:
    """What there is of them, with spaces between."""
    return " ".join(part for part in parts if part)
