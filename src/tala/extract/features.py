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


class Block(NamedTuple):
    """Hashed features of one kind, and for each the words it was seen at, first and last included."""

    slots: NDArray[np.int32]
    first: NDArray[np.int32]
    last: NDArray[np.int32]


# A feature before it is put with others in a block.
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


@lru_cache(maxsize=65_536)
def _denied(norm: str) -> int:
    return _hash(f"n{_heard_root(norm)}")


@lru_cache(maxsize=262_144)
def _pair(kind: str, one: str, other: str) -> int:
    return _hash(f"{kind}{_heard_root(one)} {_heard_root(other)}")


def _words(words: tuple[Word, ...]) -> Iterator[Feature]:
    reach = clause = -1
    one = two = ""  # the word before, and the one before that, of the same sentence
    sentence = -1
    for i, (_, _, norm, sound, in_clause, in_sentence) in enumerate(words):
        for slot in _word(norm, sound):
            yield slot, i, i
        if in_clause != clause:
            clause, reach = in_clause, -1
        if in_sentence != sentence:
            sentence, one, two = in_sentence, "", ""
        if i <= reach:
            yield _denied(norm), i, i
        if norm in _NEGATIONS:
            reach = i + _NEGATION_REACH
        if one:
            yield _pair("b", one, norm), i - 1, i
            if two:
                yield _pair("j", two, norm), i - 2, i
        one, two = norm, one


def _letters(words: tuple[Word, ...]) -> Block:
    pieces = [_pieces(word.sound) for word in words]
    at = np.repeat(np.arange(len(words), dtype=np.int32), [len(some) for some in pieces])
    return Block(np.array([slot for some in pieces for slot in some], np.int32), at, at)


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


@lru_cache(maxsize=65_536)
def _meaning(kind: str, word: str) -> int:
    return _hash(f"{kind}{root(word)}")


@lru_cache(maxsize=262_144)
def _meanings(kind: str, one: str, other: str) -> int:
    return _hash(f"{kind}{root(one)} {root(other)}")


def _in_english(words: tuple[Word, ...], told: list[tuple[int, tuple[str, ...]]]) -> Iterator[Feature]:
    """Meanings by their roots: alone, denied, and after one another within a clause."""
    denied: set[int] = set()
    for i, word in enumerate(words):
        if word.norm in _NEGATIONS:
            until = min(i + 1 + _NEGATION_REACH, len(words))
            denied.update(j for j in range(i + 1, until) if words[j].clause == word.clause)
    before: tuple[int, tuple[str, ...]] | None = None
    for i, meant in told:
        near = before if before and words[before[0]].clause == words[i].clause else None
        for english in meant:
            yield _meaning("g", english), i, i
            if i in denied:
                yield _meaning("gn", english), i, i
            if near:
                for other in near[1]:
                    yield _meanings("g2", other, english), near[0], i
        before = (i, meant)


# Weight of each block: how much of a text's length in feature space it may take.
_WEIGHTS: Final = (1.0, 0.8, 1.0, 0.6, 1.0, 2.0)


def _block(features: Iterable[Feature]) -> Block:
    found = np.array(list(features), np.int32).reshape(-1, 3)
    return Block(found[:, 0], found[:, 1], found[:, 2])


def blocks(clauses: Clauses) -> tuple[Block, ...]:
    """The features of a text, block by block."""
    words = clauses.words
    told = meanings.told(words)
    return (
        _block(_words(words)),
        _letters(words),
        _block(_thoughts(words)),
        _block(_phrases(clauses)),
        _block(_in_english(words, told)),
        _block((meant_slot(word), i, i) for i, meant in told for word in meant),
    )


def vector(features: Iterable[Block]) -> Vector:
    """The sparse vector of a text's features: each block of unit length, times its weight."""
    indices: list[NDArray[np.int32]] = []
    values: list[NDArray[np.floating[Any]]] = []
    for weight, block in zip(_WEIGHTS, features, strict=True):
        if not len(block.slots):
            continue
        ids, counts = np.unique(block.slots, return_counts=True)
        damped = np.sqrt(counts.astype(np.float32))
        indices.append(ids)
        values.append(weight * damped / np.linalg.norm(damped))
    if not indices:
        return Vector(np.zeros(0, np.int32), np.zeros(0, np.float32))
    return Vector(np.concatenate(indices), np.concatenate(values).astype(np.float32))
