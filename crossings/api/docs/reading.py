"""Reading: what stands, what was, who said it."""

from crossings.api.docs.section import Section

LINES = """
# All crossings as they stand now; one of them; what was known of it at a moment
curl {base}/api/v1/crossings/
curl {base}/api/v1/crossings/torkham/
curl '{base}/api/v1/crossings/torkham/?as_known_at=2023-02-23T12:00:00%2B04:30'
# Closed for goods into Pakistan
curl '{base}/api/v1/crossings/?traffic=cargo&to=PK&state=closed'
# Around Afghanistan (west,south,east,north); what moved since a moment; in pages
curl '{base}/api/v1/crossings/?bbox=60.5,29.3,74.9,38.5'
curl '{base}/api/v1/crossings/?updated_since=2023-02-23T12:00:00Z'
curl '{base}/api/v1/crossings/?country=AF&limit=20'
# As a table, as a map layer, as counts
curl -o crossings.csv {base}/api/v1/crossings.csv
curl {base}/api/v1/crossings.geojson
curl {base}/api/v1/summary.json
# What was, who said it, how long the queue was
curl '{base}/api/v1/crossings/torkham/history/?from=2023-02-01&to=2023-03-01'
curl {base}/api/v1/crossings/torkham/reports/
curl '{base}/api/v1/crossings/torkham/readings/?bucket=day'
"""
HTML = """
{lines}
<p>Lists are paged: <code>next</code> is the full address of the next page, or null; the board is given whole unless
<code>limit</code> asks for pages. Its filters go together, for the table and the map alike: <code>country</code>,
<code>state</code>, <code>traffic</code>, <code>to</code>, <code>bbox</code> (leaves out what has no position),
<code>q</code>, <code>updated_since</code>. Unknown parameters are ignored;
wrong ones, those given twice, and a moment (<code>at</code>, <code>as_known_at</code>) asked of an answer that knows
only now, are a 400 that names them.</p>
"""

SECTION = Section("read", "Reading", HTML, LINES)
