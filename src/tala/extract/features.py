"""What the learned components see of a text: hashed features in six blocks, each of unit length.

Words and neighbouring words by sound, pieces of words, ideas (data/concepts.toml) alone and in pairs
within a clause, the phrases of data/grounds.toml and data/cues.toml, words by what they mean in English with
their neighbours, and meanings alone, which training spreads over words of like meaning. Ideas and meanings
carry what is learned from one language to the other; sounds and pieces carry it over misspellings.
"""

import re
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tala.extract import datafiles, evidence, meanings
from tala.extract.clauses import Clauses, Word
from tala.extract.clauses import sound as sound_key
from tala.extract.lexicon import Hit, Lexicon
from tala.extract.roots import root

BITS: Final = 18
_MASK: Final = (1 << BITS) - 1
MEANT: Final = 1 << BITS  # slots from here on are of meanings alone
SIZE: Final = 2 << BITS
_NEGATIONS: Final = datafiles.words("negations")
_NEGATION_REACH: Final = 4
_DIGITS: Final = re.compile(r"\d+")


# A hashed feature and the words it was seen at, first and last included. A plain tuple: texts have hundreds.
type Feature = tuple[int, int, int]


class Vector(NamedTuple):
    """A text as a sparse vector: distinct feature indices with their values."""

    indices: NDArray[np.int32]
    values: NDArray[np.float32]


@lru_cache(maxsize=500_000)
def _hash(name: str) -> int:
    return zlib.crc32(name.encode()) & _MASK


@lru_cache(maxsize=65_536)
def meant_slot(word: str) -> int:
    """The slot of an English word that stands for its meaning alone."""
    return MEANT + (zlib.crc32(word.encode()) & _MASK)


@lru_cache(maxsize=65_536)
def _spelling(norm: str) -> str:
    return _DIGITS.sub("0", norm)


@lru_cache(maxsize=65_536)
def _pieces(sound: str) -> tuple[int, ...]:
    """Hashed pieces of three to five letters of a word as it sounds."""
    edged = f"<{_DIGITS.sub('0', sound)}>"
    return tuple(
        {_hash(f"p{edged[i : i + size]}") for size in (3, 4, 5) for i in range(len(edged) - size + 1)}
    )


@lru_cache(maxsize=65_536)
def _word(norm: str, sound: str) -> tuple[int, int, int]:
    return _hash(f"w{_spelling(norm)}"), _hash(f"s{_DIGITS.sub('0', sound)}"), _hash(f"r{_heard_root(norm)}")


@lru_cache(maxsize=65_536)
def _heard_root(norm: str) -> str:
    return _DIGITS.sub("0", sound_key(root(norm)))


@cache
def _ideas() -> Lexicon:
    return Lexicon(datafiles.read("concepts.toml")["concepts"], by_root=True)


def _words(words: tuple[Word, ...]) -> Iterator[Feature]:
    reach = clause = -1
    for i, word in enumerate(words):
        for slot in _word(word.norm, word.sound):
            yield slot, i, i
        if word.clause != clause:
            clause, reach = word.clause, -1
        if i <= reach:
            yield _hash(f"n{_heard_root(word.norm)}"), i, i
        if word.norm in _NEGATIONS:
            reach = i + _NEGATION_REACH
        if i and words[i - 1].sentence == word.sentence:
            yield _hash(f"b{_heard_root(words[i - 1].norm)} {_heard_root(word.norm)}"), i - 1, i
            if i > 1 and words[i - 2].sentence == word.sentence:
                yield _hash(f"j{_heard_root(words[i - 2].norm)} {_heard_root(word.norm)}"), i - 2, i


def _letters(words: tuple[Word, ...]) -> list[Feature]:
    return [(piece, i, i) for i, word in enumerate(words) for piece in _pieces(word.sound)]


def _thoughts(words: tuple[Word, ...]) -> Iterator[Feature]:
    by_clause: dict[int, list[Hit]] = defaultdict(list)
    for hit in _ideas().find(words):
        yield _hash(f"i{hit.label}"), hit.first, hit.last
        by_clause[words[hit.first].clause].append(hit)
    for hits in by_clause.values():
        for position, one in enumerate(hits):
            for other in hits[position + 1 : position + 9]:
                if other.label != one.label and other.first > one.last:
                    yield _hash(f"q{one.label} {other.label}"), one.first, other.last


def _phrases(clauses: Clauses) -> Iterator[Feature]:
    for hit in evidence.phrases(clauses):
        yield _hash(f"t{hit.label}"), hit.first, hit.last
    for hit in evidence.urgent(clauses):
        yield _hash(f"u{hit.label}"), hit.first, hit.last


def _in_english(words: tuple[Word, ...], told: list[tuple[int, tuple[str, ...]]]) -> Iterator[Feature]:
    """Meanings by their roots: alone, denied, and after one another within a clause."""
    denied = {
        j
        for i, word in enumerate(words)
        if word.norm in _NEGATIONS
        for j in range(i + 1, min(i + 1 + _NEGATION_REACH, len(words)))
        if words[j].clause == word.clause
    }
    before: tuple[int, tuple[str, ...]] | None = None
    for i, meant in told:
        roots = tuple(root(word) for word in meant)
        near = before if before and words[before[0]].clause == words[i].clause else None
        for stem in roots:
            yield _hash(f"g{stem}"), i, i
            if i in denied:
                yield _hash(f"gn{stem}"), i, i
            if near:
                for other in near[1]:
                    yield _hash(f"g2{other} {stem}"), near[0], i
        before = (i, roots)


# Weight of each block: how much of a text's length in feature space it may take.
_WEIGHTS: Final = (1.0, 0.8, 1.0, 0.6, 1.0, 2.0)


def blocks(clauses: Clauses) -> tuple[list[Feature], ...]:
    """The features of a text, block by block."""
    words = clauses.words
    told = meanings.told(words)
    return (
        list(_words(words)),
        _letters(words),
        list(_thoughts(words)),
        list(_phrases(clauses)),
        list(_in_english(words, told)),
        [(meant_slot(word), i, i) for i, meant in told for word in meant],
    )


def vector(features: Iterable[Iterable[Feature]]) -> Vector:
    """The sparse vector of a text's features: each block of unit length, times its weight."""
    indices: list[NDArray[np.int32]] = []
    values: list[NDArray[np.floating[Any]]] = []
    for weight, block in zip(_WEIGHTS, features, strict=True):
        ids, counts = np.unique(
            np.fromiter((feature[0] for feature in block), dtype=np.int32), return_counts=True
        )
        if not len(ids):
            continue
        damped = np.sqrt(counts.astype(np.float32))
        indices.append(ids)
        values.append(weight * damped / np.linalg.norm(damped))
    if not indices:
        return Vector(np.zeros(0, np.int32), np.zeros(0, np.float32))
    return Vector(np.concatenate(indices), np.concatenate(values).astype(np.float32))
