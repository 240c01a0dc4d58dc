"""The service worker: it stands at the root of the site, for it may only keep pages that lie below it."""

from __future__ import annotations

import hashlib

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from crossings.web.style import FOLDER

WORKER = (FOLDER / "sw.js").read_bytes()
ETAG = f'W/"{hashlib.sha256(WORKER).hexdigest()[:16]}"'


@require_safe
def worker(request: HttpRequest) -> HttpResponseBase:
    """Asked for anew each time, so that a faulty one can be replaced."""
    response = get_conditional_response(request, etag=ETAG) or HttpResponse(
        WORKER, content_type="text/javascript; charset=utf-8"
    )
    response.headers["ETag"] = ETAG
    response.headers["Cache-Control"] = "no-cache"
    return response
