"""What rewriting by sound leaves alone: facts that were heard, and words that nobody may be made to say."""

import csv
import tomllib
from collections.abc import Set
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from itertools import product
from typing import Any

from rapidfuzz.distance import Levenshtein

from tala.speech.spelling import key, sounds_like

_NEAR_SOUNDS = 5
"""Numbers and dates of so many sounds are guarded when one of these is misheard, too,"""
_NEVER_SOUNDS = 7
"""and so are words that nobody is made to say; shorter ones sound like too much else."""


@dataclass(frozen=True, slots=True)
class Care:
    """Words by key (letters and digits alone, lower case)."""

    never: frozenset[str]
    stems: tuple[str, ...]
    sense: frozenset[str]
    figures: frozenset[str]
    """Numbers, money, months and days of the week."""
    dates: frozenset[str]
    """The months and days of the week among them."""
    names: frozenset[str]
    """Places and people's names."""
    figure_sounds: tuple[str, ...]
    """How figures sound, those long enough to be told when misheard, and"""
    never_sounds: tuple[str, ...]
    """how words sound that nobody is made to say."""


@lru_cache(maxsize=1)
def care() -> Care:
    """What this installation is careful with."""
    lists = {name: text.split() for name, text in _toml("spoken_words.toml").items()}
    dates = _linked(lists["days"])
    figures = _linked(lists["numbers"]) | _counted(lists["units"]) | dates
    never = _linked(lists["never"])
    return Care(
        never,
        tuple(map(key, lists["stems"])),
        _linked(lists["sense"]),
        figures,
        dates,
        _names(),
        _sounds(figures, _NEAR_SOUNDS),
        _sounds(never | set(lists["stems"]), _NEVER_SOUNDS),
    )


def unwelcome(word: str) -> bool:
    """Whether a word is one that nobody is made to say."""
    plain = key(word)
    return plain in care().never or any(stem in plain for stem in care().stems)


def is_figure(word: str) -> bool:
    """Whether a word is a number, money, a month or a day of the week."""
    return key(word) in care().figures


def is_date(word: str) -> bool:
    """Whether a word is a month or a day of the week."""
    return key(word) in care().dates


def is_fact(word: str) -> bool:
    """Whether a word is a number, a date, a place or a person's name: what was heard of those stands."""
    return is_figure(word) or key(word) in care().names


def turns_sense(word: str) -> bool:
    """Whether a word makes a sentence mean the contrary."""
    return key(word) in care().sense


@lru_cache(maxsize=20_000)
def figures_near(sound: str) -> int:
    """How many numbers and dates sound like this but for one sound."""
    return _near(sound, care().figure_sounds)


@lru_cache(maxsize=20_000)
def unwelcome_near(sound: str) -> bool:
    """Whether this sounds like a word nobody is made to say, but for one sound."""
    return _near(sound, care().never_sounds) > 0


def _near(sound: str, others: tuple[str, ...]) -> int:
    return sum(
        abs(len(other) - len(sound)) <= 1 and Levenshtein.distance(other, sound, score_cutoff=1) <= 1
        for other in others
    )


def _sounds(words: Set[str], least: int) -> tuple[str, ...]:
    return tuple(sorted({sound for sound in map(sounds_like, words) if len(sound) >= least}))


def _counted(units: list[str]) -> frozenset[str]:
    """The numbers that Filipino makes of its units: ikalima, labinlima, limampu, limandaan…"""
    before = ("", "ika", "pang", "labing", "labin", "labim", "alas")
    links = ("", "m", "n", "ng", "na")
    behind = ("pu", "daan", "raan", "libo")
    made = [a + unit for a, unit in product(before, units)]
    made += [a + unit + link + b for a, unit, link, b in product(("", "ika"), units, links, behind)]
    return _linked(made)


def _linked(words: list[str]) -> frozenset[str]:
    """Words, and the same bound to the next one by a linker."""
    plain = [key(word) for word in words]
    bound = [word + ("g" if word[-1] == "n" else "ng") for word in plain if word[-1] in "aeioun"]
    return frozenset(plain + bound)


def _names() -> frozenset[str]:
    people = _toml("names.toml")
    weak = {key(word) for word in people["weak"]}
    names = {key(name) for group in ("given", "surnames") for name in people[group]} - weak
    places = (resources.files("tala.data") / "places.tsv").read_text(encoding="utf-8")
    for row in csv.reader(places.splitlines(), delimiter="\t"):
        names |= {key(row[1])} | {key(part) for part in row[1].split() if len(part) >= 5}
    return frozenset(names)


def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads((resources.files("tala.data") / name).read_text(encoding="utf-8"))
