"""Words of a text as the learned components see them: how they sound, and which clause they stand in.

Recognisers misspell by sound ("tunggul sa" for "tungkol sa") and leave out punctuation, so a word has a
sound key beside its spelling, and a clause also ends at the words that join clauses.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple

from tala.extract import datafiles
from tala.extract.words import extend

_WORD = re.compile(r"[^\W_]+(?:['’.\-][^\W_]+)*", re.UNICODE)
_STOP = re.compile(r"[.!?;:,\n…–—]")
_HARD_STOP = re.compile(r"[.!?\n…]")
_REPEAT = re.compile(r"(.)\1+")

# Words that begin a new clause, in either language.
JOINERS: Final = datafiles.words("joiners")
_MAX_CLAUSE_WORDS = 24


class Word(NamedTuple):
    """One word: its span in the text, folded spelling, sound key, and its clause and sentence by number."""

    start: int
    end: int
    norm: str
    sound: str
    clause: int
    sentence: int


@dataclass(frozen=True, slots=True)
class Clauses:
    """The words of a text, each with its clause, and the text they came from."""

    text: str
    words: tuple[Word, ...]

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Characters from word `first` to word `last`, both included."""
        return self.words[first].start, self.words[last].end


@lru_cache(maxsize=65_536)
def fold(word: str) -> str:
    """Lower case, no accents, straight apostrophes."""
    plain = word.lower().replace("’", "'")
    if plain.isascii():
        return plain
    return "".join(c for c in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(c))


_SOUNDS = (
    ("tion", "syon"),
    ("cia", "sya"),
    ("cio", "syo"),
    ("ch", "ts"),
    ("ph", "p"),
    ("qu", "k"),
    ("ce", "se"),
    ("ci", "si"),
    ("ck", "k"),
    ("c", "k"),
    ("q", "k"),
    ("f", "p"),
    ("v", "b"),
    ("z", "s"),
    ("x", "ks"),
    ("ng", "n"),
    ("g", "k"),
    ("d", "t"),
    ("b", "p"),
    ("o", "u"),
    ("e", "i"),
    ("y", "i"),
    ("w", "u"),
    ("h", ""),
    ("'", ""),
    ("-", ""),
    (".", ""),
)


@lru_cache(maxsize=65_536)
def sound(norm: str) -> str:
    """Key under which words that a recogniser confuses fall together."""
    key = norm
    for written, heard in _SOUNDS:
        key = key.replace(written, heard)
    return _REPEAT.sub(r"\1", key)


def split(text: str) -> Clauses:
    """The words of a text with clause and sentence numbers."""
    words: list[Word] = []
    clause = sentence = length = 0
    previous_end = 0
    for match in _WORD.finditer(text):
        norm = fold(match.group())
        between = text[previous_end : match.start()]
        if words and _STOP.search(between):
            clause, length = clause + 1, 0
            if _HARD_STOP.search(between):
                sentence += 1
        elif length >= _MAX_CLAUSE_WORDS or (length >= 3 and norm in JOINERS):
            clause, length = clause + 1, 0
        words.append(Word(match.start(), match.end(), norm, sound(norm), clause, sentence))
        length += 1
        previous_end = match.end()
    return Clauses(text, tuple(words))


extend("clauses")


def clauses_of(doc: Any) -> Clauses:
    """The words of a `Doc` with their clauses, made once."""
    clauses: Clauses | None = doc._.clauses
    if clauses is None:
        clauses = doc._.clauses = split(doc.text)
    return clauses
