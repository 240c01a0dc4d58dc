"""The human docs at /api/docs/: one page, in the order in which a partner needs it. Its curl lines are run as tests."""

from __future__ import annotations

import hashlib
from html import escape

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_safe

from crossings.api.problems import KINDS
from crossings.api.public import Answer
from crossings.domain import vocabulary as v
from crossings.domain.passage import Answer as Answered
from crossings.ledger import Outcome

TITLE = "Border-crossing status: the API"
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:0 auto;padding:1rem;color:#1a1a1a;background:#fff}"
    "pre{background:#f2f2f2;padding:.75rem;overflow-x:auto}code{font-size:.92em}table{border-collapse:collapse}"
    "td,th{border-bottom:1px solid #ccc;padding:.2rem .8rem .2rem 0;text-align:left;vertical-align:top}"
)

READ = """
# All crossings as they stand now; one of them; what was known of it at a moment
curl {base}/api/v1/crossings/
curl {base}/api/v1/crossings/torkham/
curl '{base}/api/v1/crossings/torkham/?as_known_at=2023-02-23T12:00:00%2B04:30'
# Closed for goods into Pakistan
curl '{base}/api/v1/crossings/?traffic=cargo&to=PK&state=closed'
# As a table, as a map layer, as counts
curl -o crossings.csv {base}/api/v1/crossings.csv
curl {base}/api/v1/crossings.geojson
curl {base}/api/v1/summary.json
# What was, who said it, how long the queue was
curl '{base}/api/v1/crossings/torkham/history/?from=2023-02-01&to=2023-03-01'
curl {base}/api/v1/crossings/torkham/reports/
curl '{base}/api/v1/crossings/torkham/readings/?bucket=day'
"""
FOLLOW = """
# From the start; then again with after= the position of the last answer
curl '{base}/api/v1/changes/?after=0&limit=100'
# Ask for the board only where it moved: 304 and no body while it stands
curl -H 'If-None-Match: "77"' {base}/api/v1/crossings/
"""
CLAIM = """{
  "id": "amu-2023-02-25-4", "crossing": "torkham", "declared_by": "PK",
  "effective_at": "2023-02-24T05:00:00Z", "reason": "security",
  "lanes": [
    {"traffic": "people", "state": "restricted", "conditions": [
      {"who": ["nationals"], "country": "PK"},
      {"who": ["patients"], "country": "AF", "documents": ["permit"]}]},
    {"traffic": "vehicles", "state": "closed"},
    {"traffic": "cargo", "state": "closed"}],
  "note": "Talks on vehicles and goods go on."}"""
READING = """{
  "id": "queue-17", "crossing": "torkham", "side": "PK", "traffic": "cargo",
  "measure": "waiting", "unit": "trucks", "low": 1400, "high": 1400,
  "observed_at": "2023-02-24T07:00:00Z"}"""
PUSH = """
curl -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' \\
  {base}/api/v1/reports/ -d '{claim}'

curl -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' \\
  {base}/api/v1/readings/ -d '{reading}'

# Many at once: up to 5,000, every one with an outcome of its own
curl -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' \\
  {base}/api/v1/batch/ -d '{{"reports": [], "readings": [],
  "retractions": [{{"id": "queue-17", "reason": "miscounted"}}]}}'

# A mistake is taken back, never edited: by its number, the `report` of the answer, or by the id you gave it
curl -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' \\
  {base}/api/v1/reports/41/retraction/ -d '{{"reason": "We mixed up two gates."}}'
"""
ASK = """
# A truck of grapes from Afghanistan on its way to Pakistan
curl -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' \\
  {base}/api/v1/crossings/torkham/passage/ -d '{{"to": "PK", "goods": ["food", "perishables"],
  "origin": "AF", "vehicle": ["loaded"], "nationality": "AF", "documents": ["passport", "visa"]}}'
"""


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    body = page(request.build_absolute_uri("/").rstrip("/")).encode()
    tag = hashlib.sha256(body).hexdigest()[:16]
    made = Answer(tag, lambda: body, "text/html; charset=utf-8", {"Content-Security-Policy": POLICY})
    return made.response(request)


def examples(base: str) -> dict[str, str]:
    """The lines that are shown, by section."""
    return {
        "read": READ.format(base=base).strip(),
        "follow": FOLLOW.format(base=base).strip(),
        "push": PUSH.format(base=base, claim=CLAIM, reading=READING).strip(),
        "ask": ASK.format(base=base).strip(),
    }


def page(base: str) -> str:
    shown = {name: f"<pre>{escape(lines)}</pre>" for name, lines in examples(base).items()}
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{TITLE}</title><style>{STYLE}</style></head><body>
<h1>{TITLE}</h1>
<p>Who may pass which border crossing, in which direction, on what conditions, and who says so. Reading needs no key.
The whole contract as OpenAPI 3.1: <a href="/api/v1/schema/">/api/v1/schema/</a>.</p>

<h2 id="lanes">What an answer means</h2>
<p>A crossing has two gates, one on each side, and up to six lanes: people, vehicles and cargo in each direction, the
direction named by the country entered. A lane is open only if every gate that must speak is. Each lane has a
<b>state</b>, and beside it a <b>confidence</b>. Say "open" to people only of a lane that is both <code>open</code> and
<code>current</code>: the short forms (<code>?state=open</code>, the table, the map, <code>summary.json</code>) do the
same and call all else <code>unknown</code>, with what was last reported beside it.</p>
{_words("State", v.State)}{_words("Confidence", v.Confidence)}
<p>Times are UTC. <code>precision</code> says how well a time is known: a day stands at local noon, and only the date of
it should be shown. Opening hours do not change a state: <code>now</code> says whether a lane passes at this moment.</p>

<h2 id="read">Reading</h2>
{shown["read"]}
<p>Lists are paged: <code>next</code> is the full address of the next page, or null. Unknown parameters are ignored;
wrong ones, those given twice, and a moment (<code>at</code>, <code>as_known_at</code>) asked of an answer that knows
only now, are a 400 that names them.</p>

<h2 id="follow">Following</h2>
{shown["follow"]}
<p>Positions number the changes without gaps in the order in which they became visible: go on from
<code>position</code>, at once while <code>more</code> is true. <code>version</code> moves with every public byte, also
where nothing was announced (a new count, a confirmation); it is the ETag. Poll every few seconds if you like: a 304
costs next to nothing.</p>

<h2 id="push">Pushing</h2>
<p>Keys are given to partners, each for one source. What an untrusted source says waits until a person has looked at it.
Give every item an <code>id</code> of your own: sent twice it is recorded once.</p>
{shown["push"]}
<table><tr><th>Answer</th><th>Means</th></tr>
<tr><td>201</td><td>recorded; the answer says how the crossing stands now</td></tr>
<tr><td>200</td><td>the same again: nothing new</td></tr>
<tr><td>202</td><td>held as a draft; <code>detail</code> says why, and <code>GET drafts/{{draft}}/</code> with the same
key what became of it</td></tr>
<tr><td>207</td><td>a batch: see the outcome of each item ({", ".join(Outcome.words())}, retracted, refused)</td></tr>
</table>

<h2 id="ask">Would it be let through?</h2>
{shown["ask"]}
<p>With a key, so that nobody's journey stands in an address; nothing of it is stored. What is left out stays a
question, an empty list says "none of these". <code>let_through</code> is answered only where every gate is open to
them and sure; it is what sources report, not permission to cross.</p>
{_words("Answer", Answered)}

<h2 id="problems">Problems</h2>
<p>Every error is <code>application/problem+json</code> (RFC 9457). <code>errors</code> names each fault by JSON
pointer, with a stable <code>code</code> and a sentence. After a 503 send the same again; <code>Retry-After</code> says
when.</p>
<table><tr><th>Type</th><th>Status</th><th>Title</th></tr>
{"".join(_kind(kind, *told) for kind, told in KINDS.items())}</table>
</body></html>
"""


def _words(title: str, kind: type[v.Word]) -> str:
    rows = "".join(f"<tr><td><code>{word.value}</code></td><td>{escape(word.label)}</td></tr>" for word in kind)
    return f"<table><tr><th>{title}</th><th></th></tr>{rows}</table>"


def _kind(kind: str, status: int, title: str) -> str:
    return f'<tr id="{kind}"><td><code>{kind}</code></td><td>{status}</td><td>{escape(title)}</td></tr>'


urlpatterns = [path("", docs, name="api-docs")]
