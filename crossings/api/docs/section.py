"""What every section of the docs is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from crossings.domain import vocabulary as v


@dataclass(frozen=True, slots=True)
class Section:
    """`name` is its anchor. `html` shows the curl `lines` at {lines}; {base} is the address of the site, in both.

    The tests run the lines, by the name of their section.
    """

    name: str
    title: str
    html: str
    lines: str = ""

    def examples(self, base: str) -> str:
        return self.lines.strip().replace("{base}", base)

    def page(self, base: str) -> str:
        shown = f"<pre>{escape(self.examples(base))}</pre>"
        body = self.html.replace("{base}", escape(base)).replace("{lines}", shown)
        return f'<h2 id="{self.name}">{self.title}</h2>\n{body.strip()}\n'


def words(title: str, kind: type[v.Word]) -> str:
    """A table of the words of one vocabulary."""
    return table((title, ""), [(f"<code>{word.value}</code>", escape(word.label)) for word in kind])


def table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """Of cells that are HTML already."""
    head = "".join(f"<th>{each}</th>" for each in heads)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"
