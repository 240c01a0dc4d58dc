"""Which crossing is meant by a name, an alias or a code, in any script. Only exact hits link; nothing is guessed."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from crossings.domain.border import Border
from crossings.domain.faults import Refused
from crossings.models import Crossing, Source

MOST_CANDIDATES = 10
LONGEST_NAME = 200

# One letter typed on different keyboards, and letters that hold their stroke where no decomposition takes it off.
SAME_LETTER = str.maketrans(
    {
        **dict.fromkeys("يىېۍے", "ی"),
        **dict.fromkeys("كڪ", "ک"),
        **dict.fromkeys("ګڭ", "گ"),
        **dict.fromkeys("ةەہھۃ", "ه"),
        **dict.fromkeys("ءـ'’‘ʼʹʻ`´‛′\u200b\u200c\u200d\u2060\ufeff", ""),
        **dict(zip("łøđðħıŧ", "loddhit", strict=True)),
        "æ": "ae",
        "œ": "oe",
        "þ": "th",
    }
)


@lru_cache(maxsize=8192)
def fold(text: str) -> str:
    """The name as it is compared: no case, marks, apostrophes or keyboard variants; all else between words is one
    space; digits in Latin script."""
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    out: list[str] = []
    bare = True
    for letter in text:
        if unicodedata.combining(letter):
            if not bare:  # in other scripts a mark is a letter of its own
                out.append(letter)
            continue
        bare = _loses_marks(letter)
        kind = unicodedata.category(letter)
        if kind == "Nd":
            out.append(str(unicodedata.digit(letter)))
        elif kind in ("Lm", "Cf", "Sk") or letter == "'":
            out.append(letter.translate(SAME_LETTER))
        else:
            out.append(" " if kind[0] in "PZCS" else letter)
    return " ".join(unicodedata.normalize("NFC", "".join(out)).translate(SAME_LETTER).split())


def _loses_marks(letter: str) -> bool:
    return letter < "\u0250" or "\u0600" <= letter <= "\u077f" or "\u1e00" <= letter <= "\u1eff"


def key(text: str) -> str:
    """What the index is asked for: people part compound names in every way, so words are not parted here."""
    return fold(text).replace(" ", "")


@dataclass
class Names:
    """Every crossing by all it is called. Loaded with one query; as old as its load."""

    by_slug: dict[str, Crossing]
    by_key: dict[str, list[Crossing]]
    borders: dict[str, Border] = field(default_factory=dict)
    grants: dict[int, frozenset[int]] = field(default_factory=dict)

    @classmethod
    def load(cls) -> Names:
        return cls.of(Crossing.objects.all())

    @classmethod
    def of(cls, crossings: Iterable[Crossing]) -> Names:
        names = cls({}, {})
        for crossing in crossings:
            names.add(crossing)
        return names

    def add(self, crossing: Crossing) -> None:
        self.by_slug[crossing.slug] = crossing
        called = [crossing.slug, crossing.name, *crossing.names.values(), *crossing.aliases, *crossing.codes]
        for each in {key(str(name)) for name in called} - {""}:
            self.by_key.setdefault(each, []).append(crossing)

    def find(self, text: str) -> Crossing:
        """The one crossing of that slug, code or name. Raises Refused: unknown_crossing, ambiguous_crossing."""
        found = self.by_slug.get(text)
        if found is not None:
            return found
        hits = self.by_key.get(key(text), []) if len(text) <= LONGEST_NAME else []
        if len(hits) == 1:
            return hits[0]
        if hits:
            slugs = ", ".join(sorted(hit.slug for hit in hits)[:MOST_CANDIDATES])
            raise Refused.one(
                "", "ambiguous_crossing", f'"{text}" fits several crossings: name one by its slug, {slugs}.'
            )
        raise Refused.one(
            "",
            "unknown_crossing",
            f'No crossing is called "{text[:80]}". Name it by its slug, a UN/LOCODE (AFRKH), scheme:code (cbp:250401)'
            " or any of its names.",
        )

    def border(self, crossing: Crossing) -> Border:
        """The crossing as the rules see it, made once."""
        border = self.borders.get(crossing.slug)
        if border is None:
            border = self.borders[crossing.slug] = crossing.border()
        return border

    def granted(self, source: Source, crossing: Crossing) -> bool:
        """Whether the source may speak of it: of all crossings, where none was chosen for it."""
        if source.pk not in self.grants:
            self.grants[source.pk] = frozenset(source.crossings.values_list("pk", flat=True))
        return not self.grants[source.pk] or crossing.pk in self.grants[source.pk]
