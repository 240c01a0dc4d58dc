"""What each door says of itself in the OpenAPI document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeVar

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema

from crossings.api.problems import CONTENT_TYPE as PROBLEM
from crossings.api.shapes import COUNTRY, MOMENT, TEXT, Shape, ref, words
from crossings.domain.vocabulary import State, Traffic

JSON = "application/json"
TELLING = "being told"
F = TypeVar("F", bound=Callable[..., Any])


Where = Literal["query", "path", "header"]


def parameter(name: str, schema: Shape, description: str, where: Where = "query") -> OpenApiParameter:
    return OpenApiParameter(name, schema, where, description=description, required=where == "path")


def count(default: int, most: int) -> OpenApiParameter:
    schema = {"type": "integer", "minimum": 1, "maximum": most, "default": default}
    return parameter("limit", schema, "How many at most.")


SLUG = parameter("slug", TEXT, "The crossing's slug.", "path")
NUMBER = parameter("number", {"type": "integer"}, "The report's number, `report`.", "path")
REPORT_OR_OWN = parameter("id", TEXT, "Of a report of yours: its number, or the id you gave it.", "path")
BY_NUMBER, BY_ID = "number", "id"
BY = parameter("by", {**TEXT, "enum": [BY_NUMBER, BY_ID]}, "Which of both `id` is; without it, whichever it is.")
ENDPOINT = parameter("number", {"type": "integer"}, "The endpoint's number, `id`.", "path")
POSITION = parameter("position", {"type": "integer"}, "Of the change.", "path")
DRAFT = parameter("number", {"type": "integer"}, "The draft's number, `draft`.", "path")
CURSOR = parameter("cursor", TEXT, "Out of `next` of the page before.")
AT = parameter("at", MOMENT, "How it stood at that moment; a date alone means its first instant in UTC.")
AS_KNOWN_AT = parameter("as_known_at", MOMENT, "What was recorded, confirmed or retracted later is left out.")
FROM = parameter("from", MOMENT, "Only what overlaps [from, to).")
TO = parameter("to", MOMENT, "Only what overlaps [from, to).")
BOX = {**TEXT, "pattern": "^[^,]+,[^,]+,[^,]+,[^,]+$", "examples": ["60.5,29.3,77.8,38.5"]}
FILTERS = [
    parameter("country", COUNTRY, "Either side."),
    parameter("state", words(State), "With traffic or to: of such a lane. `open` only where that is sure."),
    parameter("traffic", words(Traffic), "Only crossings that carry it."),
    parameter("to", COUNTRY, "The country entered."),
    parameter("q", TEXT, "A part of any name, alias or code, in any script."),
    parameter("bbox", BOX, "west,south,east,north in degrees; west > east goes across the antimeridian."),
    parameter("updated_since", MOMENT, "Only crossings whose `updated_at` is that or later."),
]
HOLDS = parameter("If-None-Match", TEXT, "The ETag of the answer you hold.", "header")
ONCE = parameter(
    "Idempotency-Key",
    {**TEXT, "minLength": 1, "maxLength": 255, "pattern": "^[!-~]([ -~]*[!-~])?$"},
    "A name of your own for this request: sent again under the same one within a day, it is answered as before.",
    "header",
)
REPLAYED = OpenApiParameter(
    "Idempotency-Replayed",
    {"type": "string", "const": "true"},
    "header",
    description="The answer was given before under this Idempotency-Key.",
    response=True,
)
THROTTLED = "Too many requests, or too many wrong keys; Retry-After says when the next may come."
ETAG = OpenApiParameter("ETag", TEXT, "header", description="Names this content.", response=[200, 304])


def problem(meaning: str) -> OpenApiResponse:
    return OpenApiResponse(ref("Problem"), meaning)


def reads(
    name: str,
    summary: str,
    shape: str | Shape,
    *parameters: OpenApiParameter,
    about: str = "",
    media: str = JSON,
    tag: str = "reading",
    missing: str = "",
) -> Callable[[F], F]:
    """A public GET. `name` is what generated clients call it, `missing` what a 404 means where nothing is named."""
    schema = ref(shape) if isinstance(shape, str) else shape
    answers: dict[Any, Any] = {
        (200, media): OpenApiResponse(schema, "The answer."),
        304: OpenApiResponse(description="What you hold is still so."),
        (400, PROBLEM): problem("A parameter is wrong; the problem names it."),
        (503, PROBLEM): problem("The database does not answer; see Retry-After."),
    }
    if missing or any(each.location == "path" for each in parameters):
        answers[404, PROBLEM] = problem(missing or "There is no such thing.")
    return extend_schema(
        operation_id=name,
        summary=summary,
        description=about,
        parameters=[*parameters, HOLDS, ETAG],
        responses=answers,
        auth=[],
        tags=[tag],
    )


def asks(
    name: str, summary: str, shape: str, *parameters: OpenApiParameter, about: str = "", tag: str = "pushing"
) -> Callable[[F], F]:
    """A GET with a key: of what is the key's own source's alone."""
    problems = {
        401: "No key, or none that is valid.",
        404: "There is no such thing, or it is another source's.",
        429: THROTTLED,
        503: "The database does not answer; see Retry-After.",
    }
    if tag == TELLING:
        problems |= {400: "A parameter is wrong; the problem names it.", 403: "The key lacks the scope."}
    responses: dict[Any, Any] = {(200, JSON): OpenApiResponse(ref(shape), "The answer.")}
    responses |= {(status, PROBLEM): problem(meaning) for status, meaning in problems.items()}
    return extend_schema(
        operation_id=name,
        summary=summary,
        description=about,
        parameters=list(parameters),
        responses=responses,
        tags=[tag],
    )


def acts(
    name: str, summary: str, status: int, shape: str, meaning: str, *parameters: OpenApiParameter, about: str = ""
) -> Callable[[F], F]:
    """A POST with a key and without a body, for an Idempotency-Key. No `shape`: a DELETE, nothing is answered."""
    kept = [ONCE, REPLAYED] if shape else []
    held = {
        400: "The Idempotency-Key is none.",
        409: "It is as it stands not for its owner to do, or the first request of its Idempotency-Key is at work.",
    }
    problems = (held if shape else {}) | {
        401: "No key, or none that is valid.",
        403: "The key lacks the scope.",
        404: "There is no such thing, or it is another key's.",
        422: "It cannot be done as it stands; the problem says why.",
        429: THROTTLED,
        503: "The database does not answer; send it again after Retry-After.",
    }
    done = {(status, JSON): OpenApiResponse(ref(shape), meaning)} if shape else {status: OpenApiResponse(None, meaning)}
    return extend_schema(
        operation_id=name,
        summary=summary,
        description=about,
        parameters=[*parameters, *kept],
        request=None,
        responses={**done, **{(code, PROBLEM): problem(told) for code, told in problems.items()}},
        tags=[TELLING],
    )


def writes(
    name: str,
    summary: str,
    sent: str,
    answers: dict[int, tuple[str, str]],
    *parameters: OpenApiParameter,
    about: str = "",
    conflict: str = "",
    kept: bool = True,
    tag: str = "pushing",
) -> Callable[[F], F]:
    """A POST with a key. `answers` names the shape and the meaning of each success; `kept`: for an Idempotency-Key."""
    responses: dict[Any, Any] = {
        (status, JSON): OpenApiResponse(ref(shape), meaning) for status, (shape, meaning) in answers.items()
    }
    problems = {
        400: "The body is no JSON, or a parameter is wrong; the problem says where.",
        401: "No key, or none that is valid.",
        403: "The key may not do that, or not speak of that; the problem says which.",
        413: "The body, or the number of its items, is too large; it was not read.",
        415: "The content type is not application/json.",
        422: "The content cannot be taken; every fault is named. Nothing was stored.",
        429: THROTTLED,
        503: "The database does not answer; send it again after Retry-After.",
    }
    conflicts = [conflict] if conflict else []
    conflicts += ["The first request of this Idempotency-Key is still being worked on."] if kept else []
    if conflicts:
        problems[409] = " Or: ".join(conflicts)
    if parameters:
        problems[404] = "There is no such thing."
    responses |= {(status, PROBLEM): problem(meaning) for status, meaning in problems.items()}
    return extend_schema(
        operation_id=name,
        summary=summary,
        description=about,
        parameters=[*parameters, ONCE, REPLAYED] if kept else list(parameters),
        request={JSON: ref(sent)},
        responses=responses,
        tags=[tag],
    )
