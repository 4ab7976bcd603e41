"""A text as words: lower case, no accents, no punctuation, each with its place in the text.

Recognisers write without reliable capitals or punctuation, so rules read this view. `line` is the words
joined by single spaces; cues are regular expressions over it, and `word_at` leads from a match back to words
and so to the text.
"""

import re
import unicodedata
from bisect import bisect_right
from functools import cached_property, lru_cache
from typing import Any, Final, TypedDict

from spacy.tokens import Doc

from tala.extract.datafiles import word_list

_WORD: Final = re.compile(r"\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|[^\W\d_]+(?:['’‘`][^\W\d_]+)*")
_STOP: Final = re.compile(r"[.!?;\n]")
_CASED_MARKS: Final = str.maketrans("", "", "'’‘`")

FILLERS: Final = word_list("words_fillers")
PARTICLES: Final = word_list("cues_particles")


class Place(TypedDict):
    """Where a fact stands in the text: code points, end exclusive."""

    start: int
    end: int
    text: str


@lru_cache(maxsize=65536)
def normal(word: str) -> str:
    """One word in lower case without accents and apostrophes."""
    word = word.casefold().translate(_CASED_MARKS)
    if word.isascii():
        return word
    return "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))


class Words:
    """The words of one text. Indices are of words; `end` indices are exclusive."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.norm: list[str] = []
        self.start: list[int] = []
        self.end: list[int] = []
        for match in _WORD.finditer(text):
            self.norm.append(normal(match.group()))
            self.start.append(match.start())
            self.end.append(match.end())

    def __len__(self) -> int:
        return len(self.norm)

    def at(self, index: int) -> str:
        """The word at an index, empty outside of the text."""
        return self.norm[index] if 0 <= index < len(self.norm) else ""

    def gap(self, index: int) -> str:
        """What stands in the text between the word before and this one."""
        if not 0 < index < len(self.norm):
            return ""
        return self.text[self.end[index - 1] : self.start[index]]

    def stops_before(self, index: int) -> bool:
        """Whether written punctuation ends a sentence before this word. Absent punctuation says nothing."""
        return index in self._stops

    def place(self, first: int, last: int) -> Place:
        """The stretch of text from word `first` up to, without, word `last`."""
        start, end = self.start[first], self.end[last - 1]
        return Place(start=start, end=end, text=self.text[start:end])

    @cached_property
    def line(self) -> str:
        """All words joined by single spaces."""
        return " ".join(self.norm)

    @cached_property
    def _stops(self) -> frozenset[int]:
        """The words before which a sentence ends."""
        text = self.text
        gaps = zip(self.end, self.start[1:], strict=False)
        return frozenset(
            index
            for index, (end, start) in enumerate(gaps, 1)
            if text[end:start] != " " and _STOP.search(text, end, start)
        )

    @cached_property
    def kept(self) -> list[int]:
        """The words that are no particles."""
        return [index for index, word in enumerate(self.norm) if word not in PARTICLES]

    @cached_property
    def _line_starts(self) -> list[int]:
        starts, position = [], 0
        for word in self.norm:
            starts.append(position)
            position += len(word) + 1
        return starts

    def word_at(self, offset: int) -> int:
        """The word that holds an offset of `line`."""
        return bisect_right(self._line_starts, offset) - 1

    def offset(self, index: int) -> int:
        """Where a word begins in `line`; for the end index, one past the end of `line` and a space."""
        return self._line_starts[index] if index < len(self.norm) else len(self.line) + 1

    def slice(self, first: int, last: int) -> str:
        """Words `first` up to `last` as a line, clipped to the text."""
        return " ".join(self.norm[max(first, 0) : max(last, 0)])

    def before(self, index: int, count: int, *, across: bool = False) -> str:
        """Up to `count` words before a word, not past the end of a sentence unless `across`."""
        return self.slice(max(index - count, 0) if across else self.reach_back(index, count), index)

    def after(self, index: int, count: int, *, across: bool = False) -> str:
        """Up to `count` words from a word on, not past the end of a sentence unless `across`."""
        return self.slice(index, index + count if across else self.reach_on(index, count))

    def reach_back(self, index: int, count: int) -> int:
        """The first of up to `count` words before a word that stand in its sentence."""
        first, floor, stops = index, max(index - count, 0), self._stops
        while first > floor and first not in stops:
            first -= 1
        return first

    def reach_on(self, index: int, count: int) -> int:
        """The end of up to `count` words from a word on that stand in one sentence with the word before."""
        last, ceiling, stops = index, min(index + count, len(self.norm)), self._stops
        while last < ceiling and last not in stops:
            last += 1
        return last

    def by_index(self, start: int, end: int) -> tuple[int, int]:
        """The word range that code points [start, end) of the text touch."""
        first = bisect_right(self.end, start)
        last = bisect_right(self.start, end - 1)
        return first, max(last, first)


def extend(name: str, default: object = None) -> None:
    """Register a `Doc` extension once."""
    if not Doc.has_extension(name):
        Doc.set_extension(name, default=default)


def words_of(doc: Any) -> Words:
    """The words of a `Doc`, made once."""
    words: Words | None = doc._.words
    if words is None:
        words = doc._.words = Words(doc.text)
    return words


extend("words")
extend("filed_at")
