"""Which crossing is meant by a name, an alias or a code, in any script. Only exact hits link; what is close, or stands
within a text, is suggested to a person.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

import ahocorasick  # type: ignore[import-not-found]
from rapidfuzz import fuzz, process

from crossings.domain.border import Border
from crossings.domain.faults import Refused
from crossings.models import Crossing, Source

MOST_CANDIDATES = 10
LONGEST_NAME = 200
CLOSE = 80.0
"""Of 100: every misspelling that was tried scored more, every wrong name less."""
CLOSE_IN_A_TEXT = 88.0
"""Among many words some come near a name by chance."""
SHORTEST_CLOSE = 5
A_NAME = 6
"""Words; what has more is a text, in which names are looked for."""
WORDS_COMPARED = 80
LONGEST_TEXT = 20_000
MOST_MEANT = 3
MOST_LOOKED_UP = 40
"""Unknown names of one load for which close ones are sought: a batch may hold thousands."""

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


Suggestion = tuple[Crossing, float, str]
Hit = tuple[str, float, int, int]
"""A folded name, its score, and where it stands among the words of the text."""


def _pieces(text: str) -> tuple[list[str], list[str]]:
    """The text's words as they are compared, and for each the word as it was written."""
    pieces, words = [], []
    for word in text.split():
        for piece in fold(word).split():
            pieces.append(piece)
            words.append(word.strip(".,;:!?()[]{}\"'«»“”„‘’،؛؟۔"))
    return pieces, words


def _shortest(name: str) -> int:
    """How long a name must be to be looked for; other scripts say more with fewer letters."""
    return 4 if name.isascii() else 3


@dataclass
class Names:
    """Every crossing by all it is called. Loaded with one query; as old as its load."""

    by_slug: dict[str, Crossing]
    by_key: dict[str, list[Crossing]]
    borders: dict[str, Border] = field(default_factory=dict)
    folded: dict[str, list[Crossing]] = field(default_factory=dict)
    scanner: ahocorasick.Automaton | None = None
    meant: dict[str, str] = field(default_factory=dict)
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
        for each in {fold(str(name)) for name in called} - {""}:
            self.folded.setdefault(each, []).append(crossing)
        for each in {key(str(name)) for name in called} - {""}:
            self.by_key.setdefault(each, []).append(crossing)
        self.scanner = None

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
            " or any of its names." + self._did_you_mean(text),
        )

    def _did_you_mean(self, text: str) -> str:
        if len(text) > LONGEST_NAME or (text not in self.meant and len(self.meant) >= MOST_LOOKED_UP):
            return ""
        if text not in self.meant:
            slugs = [crossing.slug for crossing, _, _ in self.suggest(text)[:MOST_MEANT]]
            last = f"{', '.join(slugs[:-1])} or {slugs[-1]}" if len(slugs) > 1 else "".join(slugs)
            self.meant[text] = f" Did you mean {last}?" if last else ""
        return self.meant[text]

    def suggest(self, text: str) -> list[Suggestion]:
        """The crossings that a name or a longer text may mean, the likeliest first: each with a score of at most 100
        and the words that matched. For a person to choose from; it never links.
        """
        pieces, words = _pieces(text[:LONGEST_TEXT])
        best: dict[str, Suggestion] = {}
        close = self._close_name if len(pieces) <= A_NAME else self._close_words
        for name, score, start, end in (*self._within(pieces), *close(pieces)):
            for crossing in self.folded[name]:
                if crossing.slug not in best or best[crossing.slug][1] < score:
                    best[crossing.slug] = crossing, round(score, 1), " ".join(dict.fromkeys(words[start:end]))
        return sorted(best.values(), key=lambda found: (-found[1], found[0].slug))

    def _within(self, pieces: list[str]) -> Iterator[Hit]:
        """Names that stand in the text word for word."""
        if self.scanner is None:
            self.scanner = ahocorasick.Automaton()
            for name in self.folded:
                if len(name) >= _shortest(name):
                    self.scanner.add_word(f" {name} ", name)
            self.scanner.make_automaton()
        if not len(self.scanner):
            return
        text = f" {' '.join(pieces)} "
        for end, name in self.scanner.iter(text):
            before = text.count(" ", 0, end - len(name))
            yield name, 100.0, before - 1, before + name.count(" ")

    def _close_name(self, pieces: list[str]) -> Iterator[Hit]:
        name = " ".join(pieces)
        if len(name) >= _shortest(name):
            found = process.extract(name, self.folded.keys(), scorer=fuzz.WRatio, score_cutoff=CLOSE, limit=10)
            for near, score, _ in found:
                yield near, min(score, 99.0), 0, len(pieces)

    def _close_words(self, pieces: list[str]) -> Iterator[Hit]:
        """Names that some words of the text, at its beginning, come near, in one word or parted."""
        names = {name: name.replace(" ", "") for name in self.folded}
        names = {name: whole for name, whole in names.items() if len(whole) >= SHORTEST_CLOSE and whole.isalpha()}
        for start in range(min(len(pieces), WORDS_COMPARED)):
            for end in range(start + 1, min(start + 3, len(pieces)) + 1):
                said = "".join(pieces[start:end])
                if len(said) >= SHORTEST_CLOSE:
                    near = process.extractOne(said, names, scorer=fuzz.ratio, score_cutoff=CLOSE_IN_A_TEXT)
                    if near is not None:
                        yield near[2], min(near[1], 99.0), start, end

    def border(self, crossing: Crossing) -> Border:
        """The crossing as the rules see it, made once."""
        border = self.borders.get(crossing.slug)
        if border is None:
            border = self.borders[crossing.slug] = crossing.border()
        return border

    def granted(self, source: Source, crossing: Crossing) -> bool:
        """Whether the source may speak of it: of all, where neither crossing nor country was chosen for it."""
        chosen = self._chosen(source)
        sides = {crossing.country_a, crossing.country_b}
        return (not chosen or crossing.pk in chosen) and (
            not source.countries or not sides.isdisjoint(source.countries)
        )

    def speaks_of_all(self, source: Source) -> bool:
        return not source.countries and not self._chosen(source)

    def _chosen(self, source: Source) -> frozenset[int]:
        if source.pk not in self.grants:
            self.grants[source.pk] = frozenset(source.crossings.values_list("pk", flat=True))
        return self.grants[source.pk]
