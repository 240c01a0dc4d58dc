"""Following: every change, in order, none left out."""

from crossings.api.docs.section import Section

LINES = """
# From the start; then again with after= the position of the last answer
curl '{base}/api/v1/changes/?after=0&limit=100'
# Ask for the board only where it moved: 304 and no body while it stands
curl -H 'If-None-Match: "77"' {base}/api/v1/crossings/
"""
HTML = """
{lines}
<p>Positions number the changes without gaps in the order in which they became visible: go on from
<code>position</code>, at once while <code>more</code> is true. <code>version</code> moves with every public byte, also
where nothing was announced (a new count, a confirmation); it is the ETag. Poll every few seconds if you like: a 304
costs next to nothing.</p>
<p>Asked for what lies beyond the last change, <code>changes/</code> answers none, and as <code>position</code> that of
the last one. Where that is less than your <code>after</code> you followed another life of this database: it was
restored from a copy, and its numbers begin anew from there. Look at the board, then go on from the
<code>position</code> given; what you handled since may come again under other numbers.</p>
<p>While our records cannot be reached you are given the last good answer, marked: <code>Age</code> says how many
seconds ago it was known to be so, <code>Warning: 110</code> that it may have changed since. Behind a cache of ours an
answer may be two seconds old.</p>
"""

SECTION = Section("follow", "Following", HTML, LINES)
