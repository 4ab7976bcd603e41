"""Whether two texts share a run of words, once names, numbers, dates, places and agencies are masked."""

import re
from typing import Final

from tala.extract import datafiles
from tala.extract.clauses import split

RUN: Final = 8
_MASK: Final = "_"
_SPEAKERS: Final = frozenset({"i", "i'm", "i've", "i'd", "i'll"})
_NUMBERS: Final = datafiles.words("numbers")


def masked(text: str) -> list[str]:
    """The words of a text with what varies from one teller to the next replaced by one mark."""
    words: list[str] = []
    position = 0
    spans = split(text).words
    for word in spans:
        spelled = text[word.start : word.end]
        gap = text[position : word.start]
        inside = bool(words) and not re.search(r"[.!?]", gap)
        named = inside and spelled[:1].isupper() and spelled.lower() not in _SPEAKERS
        acronym = spelled.isupper() and len(spelled) > 1
        hidden = named or acronym or word.norm in _NUMBERS or word.norm[:1].isdigit()
        shown = _MASK if hidden else word.norm
        if not (shown == _MASK and words and words[-1] == _MASK):
            words.append(shown)
        position = word.end
    return words


class Runs:
    """The runs of words seen so far."""

    def __init__(self) -> None:
        self._seen: set[tuple[str, ...]] = set()

    def add(self, text: str) -> bool:
        """Remember a text; False, and nothing remembered, where a run of it was seen in another."""
        words = masked(text)
        runs = {tuple(words[i : i + RUN]) for i in range(len(words) - RUN + 1)} or {tuple(words)}
        if runs & self._seen:
            return False
        self._seen |= runs
        return True
