"""What an answer means."""

from crossings.api.docs.section import Section, words
from crossings.domain import vocabulary as v

HTML = f"""
<p>A crossing has two gates, one on each side, and up to six lanes: people, vehicles and cargo in each direction, the
direction named by the country entered. A lane is open only if every gate that must speak is. Each lane has a
<b>state</b>, and beside it a <b>confidence</b>. Say "open" to people only of a lane that is both <code>open</code> and
<code>current</code>: the short forms (<code>?state=open</code>, the table, the map, <code>summary.json</code>) do the
same and call all else <code>unknown</code>, with what was last reported beside it.</p>
{words("State", v.State)}{words("Confidence", v.Confidence)}
<p>Times are UTC. <code>precision</code> says how well a time is known: a day stands at local noon, and only the date of
it should be shown. Opening hours do not change a state: <code>now</code> says whether a lane passes at this moment.</p>
"""

SECTION = Section("lanes", "What an answer means", HTML)
