"""Pushing: reports and readings with a key."""

from crossings.api.docs.section import Section, table, words
from crossings.api.once import ABANDONED, MOST_KEPT
from crossings.domain.vocabulary import Scope
from crossings.ledger import Outcome
from crossings.models import IdempotencyKey
from crossings.models.key import RATE

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
SEND = """curl -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' \\\n  """
LINES = f"""
{SEND}{{base}}/api/v1/reports/ -d '{CLAIM}'

{SEND}{{base}}/api/v1/readings/ -d '{READING}'

# Many at once: up to 5,000, every one with an outcome of its own
{SEND}{{base}}/api/v1/batch/ -H 'Idempotency-Key: 2023-02-25-1' -d '{{"reports": [], "readings": [],
  "retractions": [{{"id": "queue-17", "reason": "miscounted"}}]}}'

# A mistake is taken back, never edited: by its number, the `report` of the answer, or by the id you gave it
{SEND}'{{base}}/api/v1/reports/41/retraction/?by=number' -d '{{"reason": "We mixed up two gates."}}'
{SEND}'{{base}}/api/v1/reports/amu-2023-02-25-4/retraction/?by=id' -d '{{"reason": "We mixed up two gates."}}'
"""
ABANDONED_S = f"{ABANDONED.total_seconds():.0f}"
ANSWERS: list[tuple[str, ...]] = [
    (
        "201",
        "recorded; the answer says how the crossing stands now, and <code>detail</code>, where it is there, that it was"
        " not published as it was sent, or that its time is odd",
    ),
    ("200", "the same again: nothing new"),
    (
        "202",
        "held as a draft; <code>detail</code> says why, and <code>GET drafts/{draft}/</code> with the same key what"
        " became of it",
    ),
    ("207", f"a batch: see the outcome of each item ({', '.join(Outcome.words())}, retracted, refused)"),
]
HTML = f"""
<p>Keys are given to partners, each for one source, which may be granted certain countries or crossings only. What an
untrusted source says waits until a person has looked at it. Give every item an <code>id</code> of your own: sent twice
it is recorded once.</p>
{{lines}}
{table(("Answer", "Means"), ANSWERS)}
{words("What a key may do", Scope)}
<p>Say <code>by=number</code> or <code>by=id</code> where your own ids are numbers: without it whichever is a report of
yours is taken back, and where one of them has it for its number and another for its id, neither: the answer is 409,
<code>ambiguous_id</code>, and names both. Nobody can take back another source's.</p>
<p>What was seen cannot lie ahead: a closure of a trusted source that is timed more than some minutes ahead of our
clock, or before 1990, is published at once, as of when it was said, and <code>detail</code> says so. What is decreed
for a time to come has <code>"basis": "ordered"</code>, what is only expected <code>"announced"</code>.</p>
<p>A key that lacks what it needs is answered 403, <code>scope_missing</code>. Without <code>backfill</code> what is
older than seven days is held as a draft, but for what makes a lane stricter: of a trusted source that is published at
once, with an alarm on our side, and <code>detail</code> says so. Each key has its rate, {RATE:,} requests a minute
unless agreed otherwise; a batch counts as one. Beyond it the answer is 429, and <code>Retry-After</code> says in how
many seconds the next may come.</p>
<h3 id="idempotency-key">Sent, and the answer lost?</h3>
<p>Send the same again. With an <code>Idempotency-Key</code> (1 to 255 printable ASCII characters, a new one for each
request) you are given the very answer of the first time, marked <code>Idempotency-Replayed: true</code>, for
{IdempotencyKey.KEPT.total_seconds() / 3600:.0f} hours. While the first is still being worked on, 409, and
<code>Retry-After</code> says when it will be over even if it was cut off on our side (within {ABANDONED_S} seconds);
whoever asks sooner may be answered sooner. Under the same key with another body or address, 422,
<code>idempotency_key_reused</code>. Answers from 500 on, 429s, and those of more than {MOST_KEPT >> 20} MiB are not
kept, nor those that carry words which were redacted since: the request is then worked anew, and what was recorded comes
out as <code>same</code>.</p>
"""

SECTION = Section("push", "Pushing", HTML, LINES)
