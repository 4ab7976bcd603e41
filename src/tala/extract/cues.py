"""Cues: the words around a fact that say what it is, kept as lists in `data/rules/`.

A cue is one or more words in lower case without punctuation. `*` stands for any letters ("demand*"), `…` for
up to three words between two others, `[a b]` for words that may stand or not, and `~` before a Filipino root
for all the verbs made of it ("~singil": siningil, sinisingil, maniningil, singilin). Particles that change
nothing ("po", "daw", "lang", fillers) are left out of both the cues and the text before they are compared.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import Final

from tala.extract.words import PARTICLES, Words

_GAP: Final = r"(?: \S+){0,3} "


def _root(match: re.Match[str]) -> str:
    """A root with its prefixes, infixes, first syllable doubled, and suffixes."""
    first, vowel, rest = match[1], match[2], match[3]
    return rf"\w*{first}(?:in|um)?(?:{vowel}{first})?{vowel}{rest}\w*"


def compiled(cues: Iterable[str]) -> re.Pattern[str]:
    """The cues as one expression over a `Lean` line, whole words only, the longest first."""
    parts = set()
    for cue in cues:
        plain = " ".join(word for word in cue.split() if word not in PARTICLES) or cue
        plain = re.sub(r"\[([^\]]+)\] ", lambda m: "(?:(?:" + m[1].strip().replace(" ", "|") + ")\0)?", plain)
        plain = plain.replace("*", r"\w*").replace(" … ", _GAP)
        parts.add(re.sub(r"~(\w)(\w)(\w+)", _root, plain).replace("\0", " "))
    return re.compile(rf"\b(?:{'|'.join(sorted(parts, key=len, reverse=True))})\b")


class Lean:
    """Words [first, last) of a text without particles, and the way back from a match to the words."""

    def __init__(self, words: Words, first: int, last: int) -> None:
        kept = words.kept
        start = bisect_left(kept, first) if first > 0 else 0
        self._at = kept[start : bisect_left(kept, last)] if last < len(words) else kept[start:]
        norm = words.norm
        self.line = " ".join([norm[index] for index in self._at])

    def find(self, pattern: re.Pattern[str]) -> Iterator[tuple[int, int]]:
        """The word ranges that a pattern matches."""
        for match in pattern.finditer(self.line):
            first = self._at[self.line.count(" ", 0, match.start())]
            yield first, self._at[self.line.count(" ", 0, match.end() - 1)] + 1

    def has(self, pattern: re.Pattern[str]) -> bool:
        """Whether a pattern matches anywhere."""
        return pattern.search(self.line) is not None
