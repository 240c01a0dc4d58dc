"""Passing it on: a crossing as a short text, for messages and for the previews that they show."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse

from crossings.phrases.names import own_name
from crossings.phrases.short import as_of, message
from crossings.web.look import Look
from crossings.web.respond import TEXT, answer, public, short_hash

Json = dict[str, Any]


@public
def share(request: HttpRequest, slug: str) -> HttpResponseBase:
    """`share.txt`: the message and nothing else. It is never told of another moment than was meant."""
    look = Look(request, slug)
    if look.moments.fault:
        return HttpResponse(
            f"{look.moments.fault}\n", status=400, content_type=TEXT, headers={"Cache-Control": "no-store"}
        )
    version = f"{look.sheet.tag}-{short_hash(look.moments.query, request.get_host())}"
    return answer(request, version, look.now, lambda: shared(look)["message"].text + "\n", TEXT)


def shared(look: Look) -> Json:
    """For parts/share.html and parts/og.html."""
    query = look.moments.query
    address = look.request.build_absolute_uri(reverse("web:crossing", args=[look.slug]) + query)
    return {
        "message": message(look.json, own_name(look.json)[1], look.moments.clock, address),
        "as_of": as_of(look.moments.clock),
        "txt_url": reverse("web:share", args=[look.slug]) + query,
    }
