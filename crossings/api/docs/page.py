"""The frame of the docs, and their sections in the order in which a partner needs them."""

from __future__ import annotations

from crossings.api.docs import following, meaning, passage, problems, pushing, reading, taking, webhooks

TITLE = "Border-crossing status: the API"
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:0 auto;padding:1rem;color:#1a1a1a;background:#fff}"
    "pre{background:#f2f2f2;padding:.75rem;overflow-x:auto}code{font-size:.92em}table{border-collapse:collapse}"
    "td,th{border-bottom:1px solid #ccc;padding:.2rem .8rem .2rem 0;text-align:left;vertical-align:top}"
)
SECTIONS = (
    meaning.SECTION,
    reading.SECTION,
    following.SECTION,
    taking.SECTION,
    pushing.SECTION,
    webhooks.SECTION,
    passage.SECTION,
    problems.SECTION,
)


def examples(base: str) -> dict[str, str]:
    """The curl lines that are shown, by section."""
    return {each.name: each.examples(base) for each in SECTIONS if each.lines}


def page(base: str) -> str:
    body = "\n".join(each.page(base) for each in SECTIONS)
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{TITLE}</title><style>{STYLE}</style></head><body>
<h1>{TITLE}</h1>
<p>Who may pass which border crossing, in which direction, on what conditions, and who says so. Reading needs no key.
The whole contract as OpenAPI 3.1: <a href="/api/v1/schema/">/api/v1/schema/</a>.</p>

{body}</body></html>
"""
