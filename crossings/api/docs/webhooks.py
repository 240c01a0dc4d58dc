"""Being told: webhooks to the Standard Webhooks specification."""

from crossings.api.docs.section import Section, table
from crossings.domain.retries import SCHEDULE

SEND = """curl -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' \\\n  """
KEY = """curl -H "Authorization: Bearer $KEY" """
LINES = f"""
# Closures of Torkham and Chaman for goods trucks; the answer shows the secret, once
{SEND}{{base}}/api/v1/webhooks/ -d '{{"url": "https://partner.example/hooks",
  "crossings": ["torkham"], "traffic": ["cargo"], "turn": "tighter"}}'

# How it fares, and what was sent
{KEY}{{base}}/api/v1/webhooks/7/
{KEY}'{{base}}/api/v1/webhooks/7/deliveries/?limit=20'

# Choose anew
{SEND}{{base}}/api/v1/webhooks/7/ -X PATCH -d '{{"turn": null, "types": ["lanes.changed"]}}'

# A new secret (both sign for a day); the challenge again; delete
{KEY}-X POST {{base}}/api/v1/webhooks/7/rotation/
{KEY}-X POST {{base}}/api/v1/webhooks/7/challenge/
{KEY}-X DELETE {{base}}/api/v1/webhooks/7/
"""


def _span(seconds: float) -> str:
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


ANSWERS = [
    ("2xx", "taken"),
    ("410", "send nothing more to this address"),
    (
        "429, 502, 503, 504, none within 10 s",
        "the receiver rests, at most half an hour at a time or as long as <code>Retry-After</code> asks, up to an hour;"
        " then everything follows in order",
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
believe it; there are two while a secret is being replaced. <code>webhook-id</code> is the same whenever a message is
sent again: keep those you had. Order is kept unless you refuse a message.</p>
<p>Empty lists choose everything. Traffic, <code>to</code>, <code>turn</code> and <code>least_confidence</code> have to
fit one lane of the change; what names no lane (a retraction, a correction) is of all. What turns tighter is told
whatever its confidence.</p>
{table(("Your answer", "Means"), ANSWERS)}
<p>After three days of nothing but failures the endpoint is paused, and the contact of the key told. What changes is
kept for a week: <code>POST resumption/</code>, and all of it is sent. The log is kept for a month;
<code>POST deliveries/{{position}}/redelivery/</code> sends one of it again. A receiver that lost more goes on with
<code>changes/?after=</code>.</p>
"""

SECTION = Section("told", "Being told", HTML, LINES)
