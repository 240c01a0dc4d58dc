"""What reading is measured against: a Django view without middleware that returns the same bytes and headers.

Run as a server of its own: `CONSTANT` names a JSON file with the headers, and beside it `.body` with the bytes.
"""

import json
import os
from pathlib import Path

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse
from django.urls import re_path

HEADERS = Path(os.environ["CONSTANT"])
GIVEN: dict[str, str] = json.loads(HEADERS.read_text())
BODY = HEADERS.with_suffix(".body").read_bytes()


def constant(request: HttpRequest) -> HttpResponse:
    return HttpResponse(BODY, headers=GIVEN)


urlpatterns = [re_path("", constant)]

settings.configure(ROOT_URLCONF=__name__, MIDDLEWARE=[], ALLOWED_HOSTS=["*"], SECRET_KEY="of no use here")
django.setup(set_prefix=False)
application = WSGIHandler()
