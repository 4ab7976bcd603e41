"""Finding the names of a list in a text: as spelled, as spelled out letter by letter, and by sound."""

from collections.abc import Hashable, Iterable, Iterator
from functools import cache
from typing import Final, NamedTuple

from tala.extract.datafiles import word_list
from tala.extract.sound import SoundIndex, ordinary_words
from tala.extract.words import Words, normal


class Match[T](NamedTuple):
    """A name found at words [first, last). `score` is 1 for a name as spelled, less for one that only sounds
    alike."""

    values: tuple[T, ...]
    first: int
    last: int
    score: float


def split(name: str) -> tuple[str, ...]:
    """A name as the words of a text would be."""
    return tuple(Words(name).norm)


class Phrases[T: Hashable]:
    """Names of one or more words, the longest first. A name may stand for several values."""

    def __init__(self, names: Iterable[tuple[str, T]]) -> None:
        known: dict[tuple[str, ...], list[T]] = {}
        for name, value in names:
            values = known.setdefault(split(name), [])
            if value not in values:
                values.append(value)
        self._starting: dict[str, list[tuple[tuple[str, ...], tuple[T, ...]]]] = {}
        for phrase, values in sorted(known.items(), key=lambda item: -len(item[0])):
            if phrase:
                self._starting.setdefault(phrase[0], []).append((phrase, tuple(values)))

    def at(self, words: Words, index: int) -> Match[T] | None:
        """The longest name that begins at a word."""
        norm = words.norm
        for phrase, values in self._starting.get(norm[index], ()):
            last = index + len(phrase)
            if len(phrase) == 1 or tuple(norm[index:last]) == phrase:
                return Match(values, index, last, 1.0)
        return None

    def find(self, words: Words) -> Iterator[Match[T]]:
        """All names of a text, not overlapping."""
        index = 0
        while index < len(words):
            match = self.at(words, index)
            if match:
                yield match
            index = match.last if match else index + 1


_LETTER_NAMES: Final = {
    "a": "a ay ey ei eh", "b": "b be bee bi by", "c": "c see si ce sea cee", "d": "d dee di de",
    "e": "e ee i",
    "f": "f ef eff ep", "g": "g gee ji dyi jee ge", "h": "h aitch eych each ets eyts eits heych",
    "i": "i eye ay ai",
    "j": "j jay dyey jey",
    "k": "k kay key kei", "l": "l el ell il", "m": "m em im", "n": "n en in and", "o": "o oh ow owe",
    "p": "p pee pi pe", "q": "q queue cue kyu que", "r": "r ar are or", "s": "s es ess as is iss",
    "t": "t tee tea ti te",
    "u": "u you yu yoo", "v": "v vee vi bee", "w": "w dobolyu dabolyu dobelyu",
    "x": "x ex eks", "y": "y why wai way",
    "z": "z zee si zi",
}  # fmt: skip


@cache
def _letters_of(word: str) -> frozenset[str]:
    return frozenset(letter for letter, names in _LETTER_NAMES.items() if word in names.split())


class Acronyms[T: Hashable]:
    """Acronyms said letter by letter: "l t o", "el tee oh", "S.S.S."."""

    def __init__(self, acronyms: Iterable[tuple[str, T]]) -> None:
        self._values: dict[str, list[T]] = {}
        self._prefixes: set[str] = set()
        for acronym, value in acronyms:
            letters = normal(acronym)
            if len(letters) >= 3 and letters.isalpha():
                self._values.setdefault(letters, []).append(value)
                self._prefixes |= {letters[:end] for end in range(1, len(letters) + 1)}

    def at(self, words: Words, index: int) -> Match[T] | None:
        """The longest acronym spelled from a word on."""
        if not _letters_of(words.norm[index]) and words.norm[index] not in _DOUBLE:
            return None
        spelled: set[tuple[str, int]] = {("", 0)}
        best: tuple[str, int] | None = None
        position = index
        while position < len(words) and spelled:
            word = words.norm[position]
            letters = _letters_of(word)
            doubled = word in _DOUBLE and words.at(position + 1) in {"u", "you", "yu"}
            if doubled:
                letters = frozenset("w")
            if position > index and "-" not in (gap := words.gap(position)) and gap.strip(" .,") != "":
                break
            if not letters:
                break
            plain = int(len(word) == 1 or word in _PLAIN_NAMES)
            spelled = {
                (prefix + letter, count + plain)
                for prefix, count in spelled
                for letter in letters
                if prefix + letter in self._prefixes
            }
            position += 2 if doubled else 1
            for acronym, count in spelled:
                if acronym in self._values and count >= 2:
                    best = (acronym, position)
        if best is None:
            return None
        return Match(tuple(self._values[best[0]]), index, best[1], 0.95)


_DOUBLE: Final = frozenset({"double", "doble", "dobol"})
_PLAIN_NAMES: Final = word_list("gazetteer_plain_names")
"""Names of letters that are hardly words of their own."""


class Heard[T: Hashable]:
    """Names by sound over windows of one to three words, with guards against everyday words."""

    def __init__(self, names: Iterable[tuple[str, T]], *, least: int = 5, widest: int = 3) -> None:
        self._index = SoundIndex(names, least=least)
        self._widest = widest

    def at(self, words: Words, index: int) -> Match[T] | None:
        """The name a window beginning at a word sounds most like."""
        ordinary = ordinary_words()
        best: Match[T] | None = None
        everyday = True
        heard = ""
        for last in range(index + 1, min(index + self._widest, len(words)) + 1):
            word = words.norm[last - 1]
            if not word[0].isalpha() or (last > index + 1 and words.stops_before(last - 1)):
                break
            heard += word
            everyday = everyday and word in ordinary
            if len(heard) < 5:
                continue
            if everyday:
                values = self._index.exact(heard) if last > index + 1 and len(heard) >= 7 else []
                score = 1.0 if values else 0.0
            else:
                values, score = self._index.find(heard)
            if values and (best is None or score > best.score):
                best = Match(tuple(values), index, last, 0.9 * score)
        return best
