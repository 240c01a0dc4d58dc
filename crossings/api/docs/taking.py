"""Taking everything along: the dump, and the feeds for people."""

from crossings.api.docs.section import Section

LINES = """
# Everything public in one file, made every night, and its checksum
curl -f -O {base}/api/v1/dump.ndjson.gz
curl -f -O {base}/api/v1/dump.sha256
"""
HTML = """
{lines}
<p><code>sha256sum -c dump.sha256</code> says whether it came whole. An object a line: <code>kind</code> is
<code>dump</code> (the head: when it was made, and the <code>position</code> from which <code>changes/</code> goes on),
<code>crossing</code>, <code>source</code> (a public label), <code>report</code>, <code>reading</code>,
<code>retraction</code>, <code>period</code> or <code>change</code>, in the shapes of the other answers. Both are a 404
until the first one is made, some minutes after the very first start, and where something was redacted until a new one
is made: <code>-f</code> keeps curl from saving that problem as if it were the data.</p>
<p>For a feed reader: <code>/feed.atom</code>, <code>/feed.atom?country=AF</code>, <code>/c/torkham/feed.atom</code>;
in other languages under <code>/ps/</code>, <code>/fa-af/</code> and <code>/ur/</code>.</p>
"""

SECTION = Section("dump", "Taking everything along", HTML, LINES)
