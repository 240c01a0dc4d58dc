"""The API stands in front of everything that makes pages personal: no session, no cookie, no language."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve

from crossings.api.problems import Problem, problem_of
from crossings.api.public import ANY_ORIGIN

PREFIX = "/api/"
NO_BODY = (204, 304)


class ApiDoor:
    """Middleware: answers what is asked under /api/ itself, past all middleware that comes after it.

    So no answer of the API can come to depend on a cookie or a language, and reading costs next to nothing.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(PREFIX):
            return self.get_response(request)
        answer = self._answer(request)
        if isinstance(answer, HttpResponse) and answer.status_code not in NO_BODY:
            answer.headers.setdefault("Content-Length", str(len(answer.content)))
        return answer

    @staticmethod
    def _answer(request: HttpRequest) -> HttpResponseBase:
        try:
            request.get_host()  # raises for a host that is not ours
            found = resolve(request.path_info)
            request.resolver_match = found
            answer: HttpResponseBase = found.func(request, *found.args, **found.kwargs)
            return answer
        except Resolver404:
            return _nothing_here(request)
        except Exception as error:
            return problem_of(error).response()


def _nothing_here(request: HttpRequest) -> HttpResponse:
    try:
        resolve(request.path_info + "/")
    except Resolver404:
        return Problem("not-found", headers=ANY_ORIGIN).response()
    query = request.META.get("QUERY_STRING", "")
    answer = HttpResponsePermanentRedirect(f"{request.path}/{'?' if query else ''}{query}", headers=ANY_ORIGIN)
    answer.status_code = 308  # keeps the method and the body, unlike 301
    return answer
