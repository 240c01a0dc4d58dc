"""The door of the desk: who comes in shows a second factor, hears their own language, and is not in for ever."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import ResolverMatch, reverse
from django.utils import timezone, translation

from crossings.admin.people.second import second_factor_of
from crossings.models import Duty

BEFORE_THE_DOOR = {"admin:login", "admin:logout", "admin:jsi18n", "desk:join", "desk:second", "desk:second_new"}
BEGUN = "desk_begun"
Answer = Callable[[HttpRequest], HttpResponse]


class DeskDoor:
    """Stands behind the session, the person and their second factor."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with translation.override(translation.get_language()):  # theirs ends with their answer
            return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        match = request.resolver_match
        if match is None or not ({"admin", "desk"} & set(match.namespaces)):
            return None
        person = request.user
        if not (isinstance(person, User) and person.is_staff):
            return None
        language = Duty.objects.filter(user=person).values_list("language", flat=True).first()
        if language in dict(settings.LANGUAGES):
            translation.activate(language)
            request.LANGUAGE_CODE = language
        return None if match.view_name in BEFORE_THE_DOOR else self._turned_back(request, person, match)

    def _turned_back(self, request: HttpRequest, person: User, match: ResolverMatch) -> HttpResponse | None:
        now = timezone.now().timestamp()
        if now - request.session.setdefault(BEGUN, now) > settings.SESSION_ENDS_AFTER:
            logout(request)
            return _to("admin:login", request)
        if person.is_verified():  # type: ignore[attr-defined]
            return None
        if second_factor_of(person):
            return _to("desk:second", request)
        return _to("desk:second_new", request) if settings.SECOND_FACTOR else None


def _to(name: str, request: HttpRequest) -> HttpResponse:
    """What was sent is not taken; after the door they come to the page they wanted."""
    onward = request.get_full_path() if request.method == "GET" else reverse("admin:index")
    if request.headers.get("Sec-Fetch-Mode") == "cors" or request.headers.get("Accept") == "application/json":
        return HttpResponse(status=401)
    return HttpResponseRedirect(f"{reverse(name)}?{urlencode({'next': onward})}")


def locked_out(request: HttpRequest, original_response: Any = None, credentials: Any = None) -> HttpResponse:
    """After too many wrong passwords."""
    minutes = round(settings.AXES_COOLOFF_TIME.total_seconds() / 60)
    return TemplateResponse(
        request, "admin/crossings/people/locked.html", {"minutes": minutes, "title": "…"}, status=429
    ).render()
