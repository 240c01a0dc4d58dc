"""Would it be let through?"""

from crossings.api.docs.section import Section, words
from crossings.domain.passage import Answer

LINES = """
# A truck of grapes from Afghanistan on its way to Pakistan
curl -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' \\
  {base}/api/v1/crossings/torkham/passage/ -d '{"to": "PK", "goods": ["food", "perishables"],
  "origin": "AF", "vehicle": ["loaded"], "nationality": "AF", "documents": ["passport", "visa"]}'
"""
HTML = f"""
{{lines}}
<p>With a key, so that nobody's journey stands in an address; nothing of it is stored. What is left out stays a
question, an empty list says "none of these". <code>let_through</code> is answered only where every gate is open to
them and sure; it is what sources report, not permission to cross.</p>
{words("Answer", Answer)}
"""

SECTION = Section("ask", "Would it be let through?", HTML, LINES)
