"""Names that speakers give as their own without a verb: by a label, below a letter, after "I" or "my name".

"Name: Ana Cruz", "… maraming salamat po, Ana Cruz", "you may use my name, Ana Cruz", "I, Ana Cruz, …",
"ako na po ang nagrereklamo, si Ana Cruz". A signature is the last thing said, but for an address or a number.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final

from tala.extract.datafiles import word_list
from tala.extract.names import TITLES, name_words
from tala.extract.words import Words

_LABELS: Final = word_list("people_labels_self")
_CLOSINGS: Final = word_list("people_closings")
_BETWEEN: Final = word_list("people_after_closings")
_AFTER_MY_NAME: Final = word_list("people_after_my_name")
_BEFORE_SI: Final = word_list("people_ako_si")
_MINE: Final = re.compile(r"(?:my|my own|my full|ang aking|aking) name$|(?:pangalan|name|ngalan) ko(?:ng)?$")
_DASH: Final = re.compile(r"[-–—\n]")
_GREETINGS: Final = word_list("people_greetings")
_HERE: Final = frozenset({"ito", "to", "here", "speaking"})
_FIRST: Final = 12  # words within which a call begins
_TAIL: Final = 10  # words that may follow a signature: an address, a number
_FAR: Final = 6
_PLACE: Final = 5  # words of an address that may stand in the sentence of a signature


def introduced(words: Words, name_at: Callable[[int], int]) -> Iterator[tuple[int, int]]:
    """Words [first, last) of names given so; `name_at` tells where a full name that begins at a word ends, or
    that word where none does."""
    for index, word in enumerate(words.norm):
        follows = index + 1
        if word in _LABELS and words.gap(follows).strip() == ":" and _opens(words, index):
            yield from _named(follows, name_at)
        elif word in {"i", "ako"} and words.gap(follows).strip() == ",":
            first = follows
            if (last := name_at(first)) > first and words.gap(last).strip() == ",":
                yield first, last
        elif word == "me" and words.gap(follows).strip() == ",":
            yield from _named(follows, name_at)
        elif word == "lingkod":
            yield from _named(follows + (words.at(follows) == "si"), name_at)
        elif word in _HERE and index <= _FIRST:
            yield from _before_here(words, index, name_at)
        elif word == "ako":
            yield from _after_ako(words, follows, name_at)
        elif word in {"name", "pangalan", "ngalan", "ko", "kong"} and _MINE.search(words.before(follows, 3)):
            yield from _after_my_name(words, follows, name_at)
    yield from _heading(words, name_at)
    yield from _signature(words, name_at)


def _named(first: int, name_at: Callable[[int], int]) -> Iterator[tuple[int, int]]:
    if (last := name_at(first)) > first:
        yield first, last


def _opens(words: Words, index: int) -> bool:
    """Whether a label opens a text, a line or a sentence."""
    return index < 2 or words.stops_before(index) or words.stops_before(index - 1)


def _before_here(words: Words, index: int, name_at: Callable[[int], int]) -> Iterator[tuple[int, int]]:
    """ "Nanay Belen po ito", "good morning, rowena here": the name with which a call begins."""
    last = index
    if words.at(index + 1) in {"in", "at", "sa"} and words.norm[index] == "here":
        return  # "captain Cruz here in Navotas"
    while words.at(last - 1) in {"po", "ho", "nga", "pala"}:
        last -= 1
    for first in range(max(last - 4, 0), last):
        lead = first
        while lead > 0 and not words.stops_before(lead) and words.norm[lead - 1] in TITLES | _GREETINGS:
            lead -= 1
        opens = lead == 0 or words.stops_before(lead)
        if not opens or words.norm[first] in TITLES or words.norm[first] in _GREETINGS:
            continue
        alone = last - first == 1 and words.norm[first] in name_words().given
        if alone or name_at(first) == last:
            yield first, last
            return


def _after_ako(words: Words, index: int, name_at: Callable[[int], int]) -> Iterator[tuple[int, int]]:
    """ "Ako po ang nagrereklamo, si Ana Cruz"."""
    first = index
    while words.at(first) in _BEFORE_SI and first - index < _FAR:
        first += 1
    if first > index and words.at(first) == "si":
        yield from _named(first + 1, name_at)


def _after_my_name(words: Words, index: int, name_at: Callable[[int], int]) -> Iterator[tuple[int, int]]:
    """ "You may use my name in this, Ana Cruz": behind a comma, and nothing but small words between."""
    first = index
    while first - index < _FAR and not words.stops_before(first):
        if words.gap(first).strip() == ",":
            while words.at(first) in {"si", "it", "its", "is", "ay"}:
                first += 1
            yield from _named(first, name_at)
            return
        if words.at(first) not in _AFTER_MY_NAME:
            return
        first += 1


def _heading(words: Words, name_at: Callable[[int], int]) -> Iterator[tuple[int, int]]:
    """ "Ana Cruz, Lipa City. The clerk…": a first sentence that is a name and a place."""
    if len(words) < _TAIL:
        return
    last = name_at(0)
    ends = any(words.stops_before(index) for index in range(last, last + _PLACE))
    if last > 1 and ends and (words.gap(last).strip() in {",", ".", ":", "-"} or words.stops_before(last)):
        yield 0, last


def _signature(words: Words, name_at: Callable[[int], int]) -> Iterator[tuple[int, int]]:
    """The name under a letter: the last words but for an address or a number, behind thanks, a closing or a
    dash, or a last sentence that is nothing else."""
    count = len(words)
    for first in range(max(count - _TAIL - 4, 1), count):
        last = name_at(first)
        if last == first or last - first < 2:
            continue
        tail = words.text[words.end[last - 1] :]
        dashed = _DASH.search(words.gap(first)) is not None
        ends = last == count or tail.lstrip(" ")[:1] in {",", "\n", ".", "-", "("}
        goes_on = any(words.stops_before(i) and words.gap(i).strip() for i in range(last + 1, count))
        if not ends or (goes_on and not dashed):
            continue
        lead = first
        while lead > 0 and words.norm[lead - 1] in _BETWEEN and not words.gap(lead).strip(" ,"):
            lead -= 1
        apart = words.stops_before(first) and count - last < _PLACE and not goes_on
        if dashed or apart or words.norm[lead - 1] in _CLOSINGS:
            yield first, last
            return
