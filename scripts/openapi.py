"""Writes the OpenAPI document to clients/openapi.json, for whoever makes a client from it: `make schema`."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tracker.settings")

import django  # noqa: E402

django.setup()

from crossings.api.schema import kept_text  # noqa: E402

(ROOT / "clients/openapi.json").write_text(kept_text())
