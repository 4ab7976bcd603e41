"""How a word sounds, and finding names by sound.

A recogniser that does not know a name writes other letters for the same sounds ("singkwenta" → "sinkwinta",
"Pasig" → "Passig"). A sound key keeps what Filipino ears keep apart: p/f, b/v, e/i, o/u, s/z and c/k/q fall
together.
"""

import re
from collections.abc import Hashable, Iterable
from functools import cache, lru_cache
from typing import Final

from rapidfuzz.distance import OSA
from wordfreq import get_frequency_dict

_REWRITES: Final = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        ("ph", "p"), ("gh", "g"), ("th", "t"), ("sh", "s"), ("tsi|tsy|ch", "tsi"), ("ck", "k"),
        ("qu(?=[ei])", "k"),
        ("ny(?=[aeiou])", "n"), ("ow(?![aeiou])", "au"),
        ("q", "k"), ("c(?=[eiy])", "s"), ("c", "k"), ("x", "ks"), ("dy|di(?=[aou])", "j"), ("w", "u"),
        ("h", ""),
    )
)  # fmt: skip
_LETTERS: Final = str.maketrans("fvzoey", "pbsuii")
_DOUBLED: Final = re.compile(r"(.)\1+")

_RARE: Final = 8e-7
"""Words rarer than this in everyday English or Filipino are not ordinary: mostly names and typing errors."""
_COMMON: Final = 8e-6


@lru_cache(maxsize=65536)
def sound_key(word: str) -> str:
    """The sound of a lower-case word without accents; words that sound alike share it."""
    for pattern, sound in _REWRITES:
        word = pattern.sub(sound, word)
    return _DOUBLED.sub(r"\1", word.translate(_LETTERS))


@cache
def ordinary_words() -> frozenset[str]:
    """Everyday words of English and Filipino: never guessed to be a misheard name."""
    return frozenset(
        word
        for language in ("en", "fil")
        for word, frequency in get_frequency_dict(language, "small").items()
        if frequency > _RARE
    )


@cache
def everyday_words() -> frozenset[str]:
    """The commonest of them, which nobody is called unless a list of names says so."""
    return frozenset(
        word
        for language in ("en", "fil")
        for word, frequency in get_frequency_dict(language, "small").items()
        if frequency > _COMMON
    )


def _shorter(key: str) -> Iterable[str]:
    """The key with one sound left out."""
    for index in range(len(key)):
        yield key[:index] + key[index + 1 :]


class SoundIndex[T: Hashable]:
    """Names by sound, also with one sound too many, missing or wrong.

    Longer names may be two sounds off. Every name and every query is known by its key and by the keys with
    one sound left out, so a lookup is a few dictionary reads however many names there are.
    """

    def __init__(self, names: Iterable[tuple[str, T]], *, least: int = 5) -> None:
        """`names` are (words of the name, what it stands for); keys shorter than `least` match exactly
        only."""
        self._least = least
        self._exact: dict[str, list[T]] = {}
        self._near: dict[str, set[str]] = {}
        for name, value in names:
            key = sound_key(name.replace(" ", ""))
            values = self._exact.setdefault(key, [])
            if value not in values:
                values.append(value)
        for key in self._exact:
            if len(key) >= least:
                for shorter in _shorter(key):
                    self._near.setdefault(shorter, set()).add(key)

    def exact(self, heard: str) -> list[T]:
        """What sounds just like this."""
        return self._exact.get(sound_key(heard), [])

    def find(self, heard: str) -> tuple[list[T], float]:
        """What sounds most like this, and how much so from 0 to 1; ([], 0) when nothing does."""
        key = sound_key(heard)
        if key in self._exact:
            return self._exact[key], 1.0
        if len(key) < self._least:
            return [], 0.0
        near = set(self._near.get(key, ()))
        for shorter in _shorter(key):
            if shorter in self._exact and len(shorter) >= self._least:
                near.add(shorter)
            near |= self._near.get(shorter, set())
        best, least = "", 99
        for candidate in sorted(near):
            distance = OSA.distance(key, candidate, score_cutoff=2)
            allowed = 1 if max(len(key), len(candidate)) < 9 else 2
            if distance <= allowed and distance < least and key[0] == candidate[0]:
                best, least = candidate, distance
        if not best:
            return [], 0.0
        return self._exact[best], 1 - least / max(len(key), len(best))
