"""Phrases looked for in the words of a text, by spelling or, for longer words, by sound.

A phrase is written as words: `receipt` the word itself, `receipt*` any word that begins so, `*bayad*` any
word that holds it, `_` any one word, `~` up to three words (and any number of small Filipino ones),
`(no|wala|not any)` one of several, `(po)?` or nothing. A phrase never reaches beyond the end of a written
sentence.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Final, NamedTuple

from tala.extract import datafiles
from tala.extract.clauses import Word, fold, sound
from tala.extract.roots import root

_MIN_SOUND_LENGTH = 5  # shorter sound keys collide too often to be trusted
_MIN_ROOT_LENGTH = 4
_GAP = 3
# Small words that may stand anywhere without carrying the sense.
_ENCLITICS: Final = datafiles.words("enclitics")
_ITEM = re.compile(r"\([^)]*\)\??|\S+")


class Hit(NamedTuple):
    """A phrase found: its label and its first and last word, both included."""

    label: str
    first: int
    last: int


class _Vocabulary(NamedTuple):
    """The words of a text, each once."""

    norms: frozenset[str]
    sounds: frozenset[str]
    roots: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Part:
    """One place in a phrase: the words that may stand there, or a gap."""

    words: frozenset[str] = frozenset()
    sounds: frozenset[str] = frozenset()
    roots: frozenset[str] = frozenset()
    prefixes: tuple[str, ...] = ()
    inside: tuple[str, ...] = ()
    any_word: bool = False
    gap: bool = False

    def matches(self, word: Word) -> bool:
        return (
            self.any_word
            or word.norm in self.words
            or word.sound in self.sounds
            or (bool(self.roots) and root(word.norm) in self.roots)
            or (bool(self.prefixes) and word.norm.startswith(self.prefixes))
            or any(piece in word.norm for piece in self.inside)
        )

    def stands_in(self, vocabulary: _Vocabulary) -> bool:
        """Whether any word of a text can match; True where only trying tells."""
        return (
            self.any_word
            or self.gap
            or bool(self.prefixes)
            or bool(self.inside)
            or not self.words.isdisjoint(vocabulary.norms)
            or not self.sounds.isdisjoint(vocabulary.sounds)
            or not self.roots.isdisjoint(vocabulary.roots)
        )


def _part(alternatives: Iterable[str], *, by_root: bool) -> _Part:
    words, sounds, roots, prefixes, inside = set(), set(), set(), [], []
    for written in alternatives:
        if written in ("_", "~"):
            return _Part(any_word=written == "_", gap=written == "~")
        text = fold(written.strip("*"))
        if written.startswith("*"):
            inside.append(text)
        elif written.endswith("*"):
            prefixes.append(text)
        else:
            words.add(text)
            if len(key := sound(text)) >= _MIN_SOUND_LENGTH:
                sounds.add(key)
            if by_root and len(stem := root(text)) >= _MIN_ROOT_LENGTH:
                roots.add(stem)
    return _Part(frozenset(words), frozenset(sounds), frozenset(roots), tuple(prefixes), tuple(inside))


def _variants(phrase: str, *, by_root: bool) -> Iterator[tuple[_Part, ...]]:
    """Every way to read a phrase. Alternatives of one word each stay together, longer ones multiply."""
    choices: list[list[tuple[_Part, ...]]] = []
    for item in _ITEM.findall(phrase):
        if not item.startswith("("):
            choices.append([(_part([item], by_root=by_root),)])
            continue
        alternatives = [a.split() for a in item.rstrip("?").strip("()").split("|")]
        single = [a[0] for a in alternatives if len(a) == 1]
        ways = [tuple(_part([word], by_root=by_root) for word in a) for a in alternatives if len(a) > 1]
        if single:
            ways.append((_part(single, by_root=by_root),))
        if item.endswith("?") or any(not a for a in alternatives):
            ways.append(())
        choices.append(ways)
    for way in product(*choices):
        parts = tuple(part for parts in way for part in parts)
        if parts and not parts[0].gap:
            yield parts


type _Phrase = tuple[str, tuple[_Part, ...]]


class _Begun(NamedTuple):
    """A phrase that a word begins. `must` is the part behind a leading gap, worth a look before the gap is
    tried: most texts do not hold it anywhere."""

    label: str
    parts: tuple[_Part, ...]
    must: _Part | None


class Lexicon:
    """Labels with their phrases; finds every phrase in the words of a text."""

    def __init__(self, phrases: Mapping[str, Iterable[str]], *, by_root: bool = False) -> None:
        """Labels with their phrases; `by_root` also takes other forms of the same words."""
        self._exact: dict[str, list[_Phrase]] = defaultdict(list)
        self._sounds: dict[str, list[_Phrase]] = defaultdict(list)
        self._roots: dict[str, list[_Phrase]] = defaultdict(list)
        self._prefixes: dict[str, list[_Phrase]] = defaultdict(list)
        self._loose: list[_Phrase] = []
        # Which phrases a word begins is the same in every text.
        self._begun_by = lru_cache(maxsize=65_536)(self._beginning)
        for label, written in phrases.items():
            for phrase in written:
                for parts in _variants(phrase, by_root=by_root):
                    self._add((label, parts))

    def _add(self, phrase: _Phrase) -> None:
        first = phrase[1][0]
        for word in first.words:
            self._exact[word].append(phrase)
        for key in first.sounds:
            self._sounds[key].append(phrase)
        for stem in first.roots:
            self._roots[stem].append(phrase)
        for prefix in first.prefixes:
            self._prefixes[prefix[:3]].append(phrase)
        if first.inside or first.any_word:
            self._loose.append(phrase)

    def _beginning(self, norm: str) -> tuple[_Begun, ...]:
        """The phrases whose first part a word matches, each once."""
        word = Word(0, 0, norm, sound(norm), 0, 0)
        found: dict[int, _Begun] = {}
        for phrases, sure in (
            (self._exact.get(word.norm, ()), True),
            (self._sounds.get(word.sound, ()), True),
            (self._roots.get(root(word.norm), ()) if self._roots else (), True),
            (self._prefixes.get(word.norm[:3], ()), False),
            (self._loose, False),
        ):
            for label, parts in phrases:
                if id(parts) not in found and (sure or parts[0].matches(word)):
                    must = parts[2] if len(parts) > 2 and parts[1].gap else None
                    found[id(parts)] = _Begun(label, parts, must)
        return tuple(found.values())

    def find(self, words: tuple[Word, ...]) -> list[Hit]:
        """Every phrase found, in order of its first word; overlapping ones included."""
        hits: list[Hit] = []
        vocabulary: _Vocabulary | None = None
        for index, word in enumerate(words):
            for label, parts, must in self._begun_by(word.norm):
                if len(parts) == 1:
                    hits.append(Hit(label, index, index))
                    continue
                if must is not None:
                    vocabulary = vocabulary or self._vocabulary(words)
                    if not must.stands_in(vocabulary):
                        continue
                last = _follow(parts, 1, words, index + 1, word.sentence)
                if last is not None:
                    hits.append(Hit(label, index, last))
        return hits

    def _vocabulary(self, words: tuple[Word, ...]) -> _Vocabulary:
        return _Vocabulary(
            frozenset(word.norm for word in words),
            frozenset(word.sound for word in words),
            frozenset(root(word.norm) for word in words) if self._roots else frozenset(),
        )


def _follow(
    parts: tuple[_Part, ...], at: int, words: tuple[Word, ...], index: int, sentence: int
) -> int | None:
    """Index of the last word of a match of parts[at:] that begins at `index` in that sentence, or None."""
    if at == len(parts):
        return index - 1
    part = parts[at]
    if part.gap:
        if at + 1 == len(parts):
            return index - 1
        skipped = 0
        while skipped <= _GAP and index <= len(words):
            last = _follow(parts, at + 1, words, index, sentence)
            if last is not None:
                return last
            skipped += index < len(words) and words[index].norm not in _ENCLITICS
            index += 1
        return None
    if index >= len(words) or words[index].sentence != sentence or not part.matches(words[index]):
        return None
    return _follow(parts, at + 1, words, index + 1, sentence)
