"""Being told: webhooks to the Standard Webhooks specification."""

from crossings.api.docs.section import Section, table
from crossings.domain.retries import FIRST_RESTS, LONGEST_ASKED, RESTS, SCHEDULE
from crossings.webhooks.asking import HOST_EVERY, MOST_OF_A_KEY

SEND = """curl -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' \\\n  """
KEY = """curl -H "Authorization: Bearer $KEY" """
LINES = f"""
# Closures of Torkham and Chaman for goods trucks; the answer shows the secret, once
{SEND}{{base}}/api/v1/webhooks/ -d '{{"url": "https://partner.example/hooks",
  "crossings": ["torkham", "chaman"], "traffic": ["cargo"], "turn": "tighter"}}'

# How it fares, and what was sent
{KEY}{{base}}/api/v1/webhooks/7/
{KEY}'{{base}}/api/v1/webhooks/7/deliveries/?limit=20'

# Choose anew
{SEND}{{base}}/api/v1/webhooks/7/ -X PATCH -d '{{"turn": null, "types": ["lanes.changed"]}}'

# A new secret (both sign for a day); the challenge again; delete
{KEY}-H 'Idempotency-Key: rotation-1' -X POST {{base}}/api/v1/webhooks/7/rotation/
{KEY}-X POST {{base}}/api/v1/webhooks/7/challenge/
{KEY}-X DELETE {{base}}/api/v1/webhooks/7/
"""


def _span(seconds: float) -> str:
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


RESTS_TOLD = (
    ", ".join(_span(rest.total_seconds()) for rest in FIRST_RESTS)
    + f", then {_span(RESTS[0][1].total_seconds())} each in the first hour, {_span(RESTS[1][1].total_seconds())} in the"
    f" first day, {_span(RESTS[2][1].total_seconds())} after that"
)
ANSWERS = [
    ("2xx", "taken"),
    ("410", "send nothing more to this address"),
    (
        "429, 502, 503, 504, none within 10 s",
        f"the receiver rests: {RESTS_TOLD}, a tenth more at most, or as long as <code>Retry-After</code> asks, up to"
        f" {_span(LONGEST_ASKED.total_seconds())}; then everything follows in order. <code>POST resumption/</code> ends"
        " a rest",
    ),
    (
        "anything else, a redirect too",
        "this message again after "
        + ", ".join(_span(wait.total_seconds()) for wait in SCHEDULE)
        + "; the next ones do not wait for it",
    ),
]
HTML = f"""
<p>Instead of asking you may be told: every change is posted to your https address within seconds, as
<a href="https://www.standardwebhooks.com/">Standard Webhooks</a> has it. The key needs the scope <code>webhook</code>.
</p>
{{lines}}
<p>First the address is sent <code>{{"type": "endpoint.challenge", "challenge": "…"}}</code>: answer 2xx with that
value in the body. Then come <code>{{"type", "timestamp", "data"}}</code>, <code>data</code> being the change as
<code>changes/</code> has it. Verify <code>webhook-signature</code> with your secret, on the raw body, before you
believe it; there are more while a secret is being replaced: each signs for a day after it was.
<code>webhook-id</code> is the same whenever a message is sent again: keep those you had. Order is kept
unless you refuse a message.</p>
<p>Empty lists choose everything. Traffic, <code>to</code>, <code>turn</code> and <code>least_confidence</code> have to
fit one lane of the change; what names no lane (a retraction, a correction) is of all. What turns tighter is told
whatever its confidence.</p>
{table(("Your answer", "Means"), ANSWERS)}
<p>After three days of nothing but failures the endpoint is paused, and the contact of the key told. What changes is
kept for a week: <code>POST resumption/</code>, and all of it is sent. It also wakes one that rests, or that answered
410: that one goes on with what changes from then on. What our staff paused (<code>paused_by_staff</code>, the reason
in <code>detail</code>) they alone take up again; until then it is answered 409. The log is kept for a month;
<code>POST deliveries/{{position}}/redelivery/</code> sends one of it again. A receiver that lost more goes on with
<code>changes/?after=</code>.</p>
<p>An <code>Idempotency-Key</code> is heeded: a retry is given the same secret again. A host is sent one challenge in
{HOST_EVERY.total_seconds():.0f} seconds, the next ones wait; a key has {MOST_OF_A_KEY} sent an hour, then 429 with
<code>Retry-After</code>.</p>
"""

SECTION = Section("told", "Being told", HTML, LINES)
