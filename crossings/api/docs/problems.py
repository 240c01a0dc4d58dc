"""What goes wrong, and how it is said."""

from html import escape

from crossings.api.docs.section import Section
from crossings.api.problems import KINDS

# The type of a problem leads to its row.
ROWS = "".join(
    f'<tr id="{kind}"><td><code>{kind}</code></td><td>{status}</td><td>{escape(title)}</td></tr>'
    for kind, (status, title) in KINDS.items()
)
HTML = f"""
<p>Every error is <code>application/problem+json</code> (RFC 9457). <code>errors</code> names each fault by JSON
pointer, with a stable <code>code</code> and a sentence. After a 503 send the same again; <code>Retry-After</code> says
when.</p>
<table><tr><th>Type</th><th>Status</th><th>Title</th></tr>{ROWS}</table>
"""

SECTION = Section("problems", "Problems", HTML)
