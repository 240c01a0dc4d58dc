"""The one stylesheet, put into each page so that a page is one request, and the policy that lets in nothing else."""

import base64
import hashlib
import re
from pathlib import Path

SOURCE = Path(__file__).parent.parent / "static/crossings/site.css"


def squeezed(css: str) -> str:
    """Without comments and needless space."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    css = re.sub(r"\s+", " ", css)
    return re.sub(r" ?([{};,>]) ?", r"\1", css).replace(": ", ":").replace(";}", "}").strip()


CSS = squeezed(SOURCE.read_text())
HASH = base64.b64encode(hashlib.sha256(CSS.encode()).digest()).decode()

PUBLIC = (
    f"default-src 'none'; style-src 'self' 'sha256-{HASH}'; img-src 'self' data:; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
ADMIN = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
