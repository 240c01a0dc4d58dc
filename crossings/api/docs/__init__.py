"""The human docs at /api/docs/: one page, a file for each section. Their curl lines are run as tests."""

from __future__ import annotations

import hashlib

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_safe

from crossings.api.docs.page import POLICY, examples, page
from crossings.api.public import Answer

__all__ = ["docs", "examples", "urlpatterns"]


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    body = page(request.build_absolute_uri("/").rstrip("/")).encode()
    tag = hashlib.sha256(body).hexdigest()[:16]
    made = Answer(tag, lambda: body, "text/html; charset=utf-8", {"Content-Security-Policy": POLICY})
    return made.response(request)


urlpatterns = [path("", docs, name="api-docs")]
