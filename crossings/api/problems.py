"""Every error of the API is a problem (RFC 9457) that names each fault by JSON pointer."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ObjectDoesNotExist, RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpResponse
from rest_framework import exceptions

from crossings.domain.faults import Fault, Refused

log = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
TYPES = "/api/docs/#"
RETRY_AFTER_S = 5

# The last part of the problem's type: its HTTP status and its title.
KINDS: dict[str, tuple[int, str]] = {
    "bad-request": (400, "The request cannot be read"),
    "invalid-parameter": (400, "A parameter is wrong"),
    "invalid-body": (400, "The body cannot be read"),
    "no-key": (401, "A valid key is needed"),
    "not-allowed": (403, "This key may not do that"),
    "not-found": (404, "There is nothing here"),
    "method-not-allowed": (405, "This address does not take that method"),
    "conflict": (409, "The same id was sent before with other content"),
    "in-progress": (409, "The same request is still being worked on"),
    "too-large": (413, "The body is too large"),
    "wrong-content-type": (415, "The body has the wrong content type"),
    "invalid-content": (422, "The content cannot be taken"),
    "too-many-requests": (429, "Too many requests"),
    "error": (500, "Something went wrong here"),
    "unavailable": (503, "The service is not available for the moment"),
}


class Problem(Exception):
    """An answer that ends the request. `kind` is a key of KINDS; `more` are members beside the standard ones."""

    def __init__(
        self, kind: str, detail: str = "", faults: Sequence[Fault] = (), *, headers: Any = (), more: Any = ()
    ) -> None:
        super().__init__(detail)
        self.kind, self.detail, self.faults = kind, detail, faults
        self.headers: dict[str, str] = dict(headers)
        self.more: dict[str, Any] = dict(more)

    @classmethod
    def of_parameters(cls, refused: Refused) -> Problem:
        """Faults whose pointers are names of query parameters."""
        faults = [{"parameter": fault.pointer, **fault.as_json(), "pointer": ""} for fault in refused.faults]
        names = ", ".join(dict.fromkeys(fault.pointer for fault in refused.faults))
        return cls("invalid-parameter", f"Wrong: {names}.", more={"errors": faults})

    def response(self) -> HttpResponse:
        status, title = KINDS[self.kind]
        body = {
            "type": TYPES + self.kind,
            "title": title,
            "status": status,
            "detail": self.detail or title + ".",
            "errors": [fault.as_json() for fault in self.faults],
            **self.more,
        }
        # In ASCII: what is wrong with a text may be that it cannot be encoded.
        response = HttpResponse(json.dumps(body), content_type=CONTENT_TYPE, status=status, headers=self.headers)
        response.headers["Cache-Control"] = "no-store"
        return response


def handler(exc: Exception, context: dict[str, Any]) -> HttpResponse:
    """What the REST framework asks for an exception's answer."""
    return problem_of(exc).response()


def problem_of(exc: Exception) -> Problem:
    match exc:
        case Problem():
            return exc
        case Refused():
            return _refused(exc)
        case Http404() | ObjectDoesNotExist() | exceptions.NotFound():
            return Problem("not-found")
        case OperationalError() | InterfaceError():
            log.warning("The database did not answer: %s", exc)
            return no_database()
        case RequestDataTooBig():
            return Problem("too-large")
        case SuspiciousOperation():
            return Problem("bad-request")
        case exceptions.APIException():
            return _of_framework(exc)
    log.error("A request failed", exc_info=exc)
    return Problem("error")


def no_database() -> Problem:
    return Problem("unavailable", "Send it again in a moment.", headers={"Retry-After": str(RETRY_AFTER_S)})


def _refused(refused: Refused) -> Problem:
    not_granted = all(fault.code == "crossing_not_granted" for fault in refused.faults)
    count = len(refused.faults)
    kind = "not-allowed" if refused.faults and not_granted else "invalid-content"
    return Problem(kind, f"{count} fault{'' if count == 1 else 's'}; nothing was stored.", refused.faults)


def _of_framework(exc: exceptions.APIException) -> Problem:
    headers = {}
    wait = getattr(exc, "wait", None)  # of a throttled one
    if wait:
        headers["Retry-After"] = str(int(wait) + 1)
    if isinstance(exc, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        headers["WWW-Authenticate"] = 'Bearer realm="api"'
        return Problem("no-key", "Send a valid key: Authorization: Bearer KEY.", headers=headers)
    kind = next((kind for kind, (status, _) in KINDS.items() if status == exc.status_code), "bad-request")
    return Problem(kind, headers=headers)
