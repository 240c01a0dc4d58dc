"""What each door says of itself in the OpenAPI document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeVar

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema

from crossings.api.problems import CONTENT_TYPE as PROBLEM
from crossings.api.shapes import COUNTRY, MOMENT, TEXT, Shape, ref, words
from crossings.domain.vocabulary import State, Traffic

JSON = "application/json"
F = TypeVar("F", bound=Callable[..., Any])


Where = Literal["query", "path", "header"]


def parameter(name: str, schema: Shape, description: str, where: Where = "query") -> OpenApiParameter:
    return OpenApiParameter(name, schema, where, description=description, required=where == "path")


def count(default: int, most: int) -> OpenApiParameter:
    schema = {"type": "integer", "minimum": 1, "maximum": most, "default": default}
    return parameter("limit", schema, "How many at most.")


SLUG = parameter("slug", TEXT, "The crossing's slug.", "path")
NUMBER = parameter("number", {"type": "integer"}, "The report's number, `report`.", "path")
REPORT_OR_OWN = parameter("id", TEXT, "The report's number, or, where it is no number, the id you gave it.", "path")
DRAFT = parameter("number", {"type": "integer"}, "The draft's number, `draft`.", "path")
CURSOR = parameter("cursor", TEXT, "Out of `next` of the page before.")
AT = parameter("at", MOMENT, "How it stood at that moment; a date alone means its first instant in UTC.")
AS_KNOWN_AT = parameter("as_known_at", MOMENT, "What was recorded, confirmed or retracted later is left out.")
FROM = parameter("from", MOMENT, "Only what overlaps [from, to).")
TO = parameter("to", MOMENT, "Only what overlaps [from, to).")
FILTERS = [
    parameter("country", COUNTRY, "Either side."),
    parameter("state", words(State), "With traffic or to: of such a lane. `open` only where that is sure."),
    parameter("traffic", words(Traffic), "Only crossings that carry it."),
    parameter("to", COUNTRY, "The country entered."),
    parameter("q", TEXT, "A part of any name, alias or code, in any script."),
]
HOLDS = parameter("If-None-Match", TEXT, "The ETag of the answer you hold.", "header")
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
) -> Callable[[F], F]:
    """A public GET. `name` is what generated clients call it."""
    schema = ref(shape) if isinstance(shape, str) else shape
    answers: dict[Any, Any] = {
        (200, media): OpenApiResponse(schema, "The answer."),
        304: OpenApiResponse(description="What you hold is still so."),
        (400, PROBLEM): problem("A parameter is wrong; the problem names it."),
        (503, PROBLEM): problem("The database does not answer; see Retry-After."),
    }
    if any(each.location == "path" for each in parameters):
        answers[404, PROBLEM] = problem("There is no such thing.")
    return extend_schema(
        operation_id=name,
        summary=summary,
        description=about,
        parameters=[*parameters, HOLDS, ETAG],
        responses=answers,
        auth=[],
        tags=[tag],
    )


def asks(name: str, summary: str, shape: str, *parameters: OpenApiParameter, about: str = "") -> Callable[[F], F]:
    """A GET with a key: of what is the key's own source's alone."""
    problems = {
        401: "No key, or none that is valid.",
        404: "There is no such thing, or it is another source's.",
        503: "The database does not answer; see Retry-After.",
    }
    responses: dict[Any, Any] = {(200, JSON): OpenApiResponse(ref(shape), "The answer.")}
    responses |= {(status, PROBLEM): problem(meaning) for status, meaning in problems.items()}
    return extend_schema(
        operation_id=name,
        summary=summary,
        description=about,
        parameters=list(parameters),
        responses=responses,
        tags=["pushing"],
    )


def writes(
    name: str,
    summary: str,
    sent: str,
    answers: dict[int, tuple[str, str]],
    *parameters: OpenApiParameter,
    about: str = "",
    conflict: bool = False,
) -> Callable[[F], F]:
    """A POST with a key. `answers` names the shape and the meaning of each success."""
    responses: dict[Any, Any] = {
        (status, JSON): OpenApiResponse(ref(shape), meaning) for status, (shape, meaning) in answers.items()
    }
    problems = {
        400: "The body is no JSON; the problem says where.",
        401: "No key, or none that is valid.",
        403: "The key may not speak of that.",
        413: "The body, or the number of its items, is too large; it was not read.",
        415: "The content type is not application/json.",
        422: "The content cannot be taken; every fault is named. Nothing was stored.",
        503: "The database does not answer; send it again after Retry-After.",
    }
    if conflict:
        problems[409] = "The same id was sent before with other content."
    if parameters:
        problems[404] = "There is no such thing."
    responses |= {(status, PROBLEM): problem(meaning) for status, meaning in problems.items()}
    return extend_schema(
        operation_id=name,
        summary=summary,
        description=about,
        parameters=list(parameters),
        request={JSON: ref(sent)},
        responses=responses,
        tags=["pushing"],
    )
