"""Whether two texts share a run of words, once names, numbers, dates, places and agencies are masked."""

import re
from typing import Final

from tala.extract.clauses import split

RUN: Final = 8
_MASK: Final = "_"
_SPEAKERS: Final = frozenset({"i", "i'm", "i've", "i'd", "i'll"})
_NUMBERS: Final = frozenset(
    "one two three four five six seven eight nine ten eleven twelve fifteen twenty thirty forty fifty sixty eighty ninety "
    "hundred thousand isa isang dalawa dalawang tatlo tatlong apat lima limang anim pito pitong walo walong siyam sampu "
    "sampung labing daan daang raan libo libong mil singkwenta bente otso diyes kinse a-diyes monday tuesday wednesday "
    "thursday friday saturday sunday lunes martes miyerkules huwebes biyernes sabado linggo january february march april "
    "may june july august september october november december enero pebrero marso abril mayo hunyo hulyo agosto setyembre "
    "oktubre nobyembre disyembre".split()
)


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
        hidden = named or spelled.isupper() and len(spelled) > 1 or word.norm in _NUMBERS or word.norm[:1].isdigit()
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
