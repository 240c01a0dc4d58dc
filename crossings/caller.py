"""From which address a request came."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest


def address_of(request: HttpRequest) -> str:
    """The address that our outermost proxy saw; with no proxy of ours in front, the one that called."""
    seen = request.headers.get("X-Forwarded-For", "").split(",")[-settings.PROXIES :] if settings.PROXIES else []
    return (seen[0] if seen else "").strip() or str(request.META.get("REMOTE_ADDR", ""))
