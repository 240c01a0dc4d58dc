"""The stylesheets, put into each page so that a page is one request, and the policy that lets in nothing else."""

import base64
import hashlib
import re
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "static/crossings"
SHEETS = ("site", "filters", "board", "map", "crossing", "passage")
"""Every page has the first; others may follow it."""


def squeezed(css: str) -> str:
    """Without comments and needless space."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    css = re.sub(r"\s+", " ", css)
    return re.sub(r" ?([{};,>]) ?", r"\1", css).replace(": ", ":").replace(";}", "}").strip()


def hashed(css: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()}'"


CSS = {name: squeezed((FOLDER / f"{name}.css").read_text()) for name in SHEETS}

PUBLIC = (
    f"default-src 'none'; style-src 'self' {' '.join(map(hashed, CSS.values()))}; img-src 'self' data:; "
    "script-src 'self'; worker-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
ADMIN = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
