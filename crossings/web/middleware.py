"""What every answer of the site carries, whoever made it."""

from collections.abc import Callable
from functools import cache

from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse

from crossings.web import style

HEADER = "Content-Security-Policy"
Answer = Callable[[HttpRequest], HttpResponse]


class ContentSecurity:
    """Gives each answer its Content-Security-Policy, unless its view gave it one, and none of the admin to a cache.

    Stands outside of LocaleMiddleware: a public page's language is in its address, so no answer but the admin's
    varies with Accept-Language, and a cache in front needs to keep one copy only.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        admin = request.path_info.startswith(admin_path())
        response.headers.setdefault(HEADER, style.ADMIN if admin else style.PUBLIC)
        if admin:
            response.headers.setdefault("Cache-Control", "private, no-store")
        elif response.headers.get("Vary"):
            _drop_language(response)
        return response


@cache
def admin_path() -> str:
    try:
        return reverse("admin:index")
    except NoReverseMatch:
        return "/admin/"


def _drop_language(response: HttpResponse) -> None:
    kept = [name for name in response.headers["Vary"].split(", ") if name.lower() != "accept-language"]
    if kept:
        response.headers["Vary"] = ", ".join(kept)
    else:
        del response.headers["Vary"]
