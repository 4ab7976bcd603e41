"""The root of a word, so that what is learned of one form serves the others.

Filipino verbs change at the front, inside and at the end ("hingi": hinihingan, nanghingi, pinahingi),
Taglish ones around a hyphen ("ni-reject", "nag-follow"). What is left after taking the affixes off need not
be a real root: it only has to be the same for forms of the same word.
"""

from functools import lru_cache
from typing import Final

_PREFIXES: Final = (
    *(
        "pinagpapa",
        "ipinagpa",
        "nakapag",
        "makapag",
        "nagpapa",
        "magpapa",
        "pinakama",
        "nagkaka",
        "nagsipag",
        "ipinag",
    ),
    *(
        "pinag",
        "pinapa",
        "pinaka",
        "napaka",
        "nakaka",
        "makaka",
        "nagpa",
        "magpa",
        "ipina",
        "nagka",
        "magka",
        "kapag",
    ),
    *(
        "pampa",
        "pang",
        "nang",
        "mang",
        "nag",
        "mag",
        "pag",
        "naka",
        "maka",
        "paki",
        "pina",
        "nai",
        "mai",
        "ipa",
        "nam",
    ),
    *("mam", "pam", "nan", "man", "pan", "na", "ma", "pa", "ka", "ni", "i"),
)
_SUFFIXES: Final = ("ing", "ed", "es", "s", "ng", "hin", "han", "nin", "nan", "in", "an", "ly")
_VOWELS: Final = frozenset("aeiou")
_LEAST: Final = 4  # letters a root must keep


@lru_cache(maxsize=65_536)
def root(norm: str) -> str:
    """The root of a folded word; a short word is its own."""
    word = norm
    if "-" in word:
        parts = [part for part in word.split("-") if part]
        word = parts[-1] if parts and len(parts[-1]) >= 3 else word.replace("-", "")
    word = _front(word)
    word = _inside(word)
    word = _doubled(word)
    return _end(word)


def _front(word: str) -> str:
    for prefix in _PREFIXES:
        if prefix == "i" and word.startswith("in"):
            continue  # an infix before a vowel: "inasikaso"
        if word.startswith(prefix) and len(word) - len(prefix) >= _LEAST:
            return word[len(prefix) :]
    return word


def _inside(word: str) -> str:
    """Without -in- and -um-: "hiningi" → "hingi", "tumanggap" → "tanggap"."""
    if len(word) - 2 < _LEAST:
        return word
    if word[0] not in _VOWELS and word[1:3] in ("in", "um") and word[3] in _VOWELS:
        return word[0] + word[3:]
    if word[:2] in ("in", "um") and word[2] in _VOWELS:
        return word[2:]
    return word


def _doubled(word: str) -> str:
    """Without a first syllable said twice: "bibigay" → "bigay", "aasikaso" → "asikaso"."""
    if len(word) - 2 >= _LEAST and word[:2] == word[2:4]:
        return word[2:]
    if len(word) - 1 >= _LEAST and word[0] == word[1] and word[0] in _VOWELS:
        return word[1:]
    return word


def _end(word: str) -> str:
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= _LEAST:
            word = word[: -len(suffix)]
            break
    return f"{word[:-1]}d" if word.endswith("r") else word  # "bayad": bayaran
