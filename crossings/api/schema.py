"""The OpenAPI 3.1 document, made from the doors themselves and the shapes."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from typing import Any

from django.http import HttpRequest
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import extend_schema

from crossings.api.endpoint_shapes import ENDPOINTS, MESSAGES
from crossings.api.inputs import INPUTS
from crossings.api.passage_shapes import PASSAGE
from crossings.api.public import Answer, PublicView, to_bytes
from crossings.api.shapes import SHAPES


class KeyScheme(OpenApiAuthenticationExtension):
    target_class = "crossings.api.auth.ApiKeyAuthentication"
    name = "key"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "description": "A key: `Authorization: Bearer KEY`."}


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    """Made once in the life of a process: it changes with the code alone."""
    made: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    schemas = made["components"].setdefault("schemas", {})
    schemas |= SHAPES | INPUTS | PASSAGE | ENDPOINTS
    made["webhooks"] = MESSAGES
    made["info"]["description"] = "Who may pass which border crossing, and who says so. A guide: /api/docs/."
    made["servers"] = [{"url": "/"}]
    return made


@lru_cache(maxsize=1)
def printed() -> tuple[str, bytes]:
    """Its tag and its bytes."""
    body = to_bytes(document())
    return hashlib.sha256(body).hexdigest()[:16], body


def kept_text() -> str:
    """As it is kept in the tree, for eyes and for diffs."""
    return json.dumps(document(), ensure_ascii=False, indent=1) + "\n"


class Schema(PublicView):
    @extend_schema(exclude=True)
    def get(self, request: HttpRequest) -> Answer:
        tag, body = printed()
        return Answer(tag, lambda: body, "application/vnd.oai.openapi+json")
