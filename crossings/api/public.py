"""Public reading: the same bytes for everybody, so that they can be kept by anybody on the way."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from rest_framework.views import APIView

from crossings.api.auth import Anyone
from crossings.api.parameters import Parameters
from crossings.api.problems import Problem, problem_of
from crossings.domain.faults import Refused
from crossings.etags import holds
from crossings.serializers import Json

KEPT = "public, max-age=1, stale-while-revalidate=2, stale-if-error=86400"
NOT_KEPT = "private, no-store"
ANY_ORIGIN = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "ETag"}
MOMENTS = ("at", "as_known_at")
ASK_INSTEAD = (
    "Not taken here. One crossing at a moment: crossings/{slug}/?at=&as_known_at=; its past as it was known:"
    " crossings/{slug}/history/?as_known_at=."
)
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "If-None-Match",
    "Access-Control-Max-Age": "86400",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """`make` is called only where the client does not hold what `tag` names."""

    tag: str
    make: Callable[[], Json | bytes]
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)

    def response(self, request: HttpRequest) -> HttpResponse:
        kept = NOT_KEPT if "HTTP_AUTHORIZATION" in request.META else KEPT
        headers = {"ETag": f'"{self.tag}"', "Cache-Control": kept, **ANY_ORIGIN}
        if holds(request.META.get("HTTP_IF_NONE_MATCH", ""), f'"{self.tag}"'):
            return bare(304, headers)
        content = self.make()
        body = content if isinstance(content, bytes) else to_bytes(content)
        return HttpResponse(body, content_type=self.content_type, headers={**headers, **self.headers})


def bare(status: int, headers: dict[str, str]) -> HttpResponse:
    """Without a body, and so without a word on its type."""
    response = HttpResponse(status=status, headers=headers)
    del response.headers["Content-Type"]
    return response


def to_bytes(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


class PublicView(APIView):
    """A public GET. It looks at no cookie and no key, and so skips what the framework does for those.

    A subclass answers `get` with an Answer; `query` gathers what is wrong with the parameters. `moments` are those of
    MOMENTS that it obeys: an answer about now must not pass for one about then.
    """

    authentication_classes = []
    permission_classes = [Anyone]
    http_method_names = ["get", "head", "options"]
    moments: tuple[str, ...] = ()
    now: datetime
    query: Parameters

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.now, self.query = timezone.now(), Parameters(request)
        try:
            if request.method == "OPTIONS":
                return bare(204, ANY_ORIGIN | PREFLIGHT)
            if request.method not in ("GET", "HEAD"):
                raise Problem("method-not-allowed", headers={"Allow": "GET, HEAD, OPTIONS"})
            return self._answer(request, **kwargs)
        except Exception as error:
            problem = problem_of(error)
            problem.headers |= ANY_ORIGIN
            return problem.response()

    def _answer(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        try:
            answer: Answer = self.get(request, **kwargs)  # type: ignore[attr-defined]
            for name in MOMENTS:
                if name not in self.moments:
                    self.query.not_taken(name, ASK_INSTEAD)
            self.query.check()
            return answer.response(request)
        except Refused as refused:
            raise Problem.of_parameters(refused) from None
