"""How likely a wording is in Filipino and Taglish: a small language model of words.

Counts of one, two and three words in a row (`models/tala-wording`) rest on how common each word is in
Filipino and English, and that on how its letters follow each other, so that no word is impossible. It weighs
readings of the same sound against each other; it knows nothing of sound.
"""

import gzip
import math
import re
from collections import defaultdict
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from wordfreq import top_n_list, zipf_frequency

from tala.errors import TalaError
from tala.settings import PROJECT_ROOT

FOLDER = PROJECT_ROOT / "models" / "tala-wording"
COUNTS = "counts.tsv.gz"
START, END, FIGURES = "<s>", "</s>", "#"
"""Before and after a sentence, and any number in figures."""

_ENGLISH = 0.25
"""Share of English in how common a word is; the rest is Filipino."""
_UNSEEN = 1e-3
"""Share of words that no list has."""
_LETTERS = 4
_SURE = {1: 4.0, 2: 2.0, 3: 2.0}
"""How much is kept for words not seen after these: the higher, the more."""
_SENTENCE = re.compile(r"[.!?]+")
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*|\d+")

type Context = tuple[str, str]
"""The two words before."""

BEGINNING: Context = (START, START)


def tokens(text: str) -> list[str]:
    """The words of a text as the model counts them: lower case, parted at hyphens, figures as one sign."""
    flat = text.lower().replace("’", "'").replace("-", " ")
    return [FIGURES if word.isdigit() else word for word in _WORD.findall(flat)]


def sentences(text: str) -> list[list[str]]:
    """The words of each sentence of a text."""
    return [words for words in map(tokens, _SENTENCE.split(text)) if words]


@dataclass(slots=True)
class _Followers:
    """What was seen after one or two words: how often in all, and how many different words."""

    total: int = 0
    kinds: int = 0


@dataclass(frozen=True, slots=True)
class Wording:
    """The model; make it with `load`."""

    counts: dict[tuple[str, ...], int]
    followers: dict[tuple[str, ...], _Followers]
    letters: dict[str, float]
    _alone: dict[str, float] = field(default_factory=dict)

    def log_probability(self, word: str, before: Context) -> float:
        """Natural logarithm of the chance of a word after two others (of `tokens`)."""
        chance = self._unconditional(word)
        for known in (before[1:], before):
            seen = self.followers.get(known)
            if seen is None:
                break
            share = seen.total / (seen.total + _SURE[len(known) + 1] * seen.kinds)
            chance = share * self.counts.get((*known, word), 0) / seen.total + (1 - share) * chance
        return math.log(chance)

    def text(self, text: str) -> float:
        """Natural logarithm of the chance of all words of a text."""
        total = 0.0
        for words in sentences(text):
            before = BEGINNING
            for word in words:
                total += self.log_probability(word, before)
                before = (before[1], word)
        return total

    def _unconditional(self, word: str) -> float:
        known = self._alone.get(word)
        if known is None:
            seen = self.followers[()]
            share = seen.total / (seen.total + _SURE[1] * seen.kinds)
            known = share * self.counts.get((word,), 0) / seen.total + (1 - share) * self._listed(word)
            self._alone[word] = known
        return known

    def _listed(self, word: str) -> float:
        """Chance of a word by the word lists, or by its letters where they lack it."""
        if not word.replace("'", "").isalpha():
            return 1e-7
        filipino, english = zipf_frequency(word, "fil"), zipf_frequency(word, "en")
        listed = (1 - _ENGLISH) * _share(filipino) + _ENGLISH * _share(english)
        return (1 - _UNSEEN) * listed + _UNSEEN * self._spelling(word)

    def _spelling(self, word: str) -> float:
        chance = 1.0
        padded = "^" * (_LETTERS - 1) + word + "$"
        for end in range(_LETTERS, len(padded) + 1):
            for size in range(_LETTERS, 0, -1):
                found = self.letters.get(padded[end - size : end])
                if found is not None:
                    chance *= found
                    break
            else:
                chance *= 1e-4
        return chance


def _share(zipf: float) -> float:
    return 10.0 ** (zipf - 9) if zipf else 0.0


@lru_cache(maxsize=1)
def load(folder: Path = FOLDER) -> Wording:
    """The model of this installation.

    Raises:
        TalaError: `model_missing` where its counts are absent or damaged.
    """
    counts: dict[tuple[str, ...], int] = {}
    followers: dict[tuple[str, ...], _Followers] = defaultdict(_Followers)
    try:
        with gzip.open(folder / COUNTS, "rt", encoding="utf-8") as lines:
            for line in lines:
                words, _, count = line.rstrip("\n").partition("\t")
                run = tuple(words.split(" "))
                counts[run] = int(count)
                before = followers[run[:-1]]
                before.total += int(count)
                before.kinds += 1
    except (OSError, EOFError, ValueError) as problem:
        raise TalaError(
            "model_missing",
            "The model of Filipino wording is absent or damaged: restore models/tala-wording from the"
            " repository.",
        ) from problem
    return Wording(counts, dict(followers), _spellings())


def _spellings() -> dict[str, float]:
    """Chance of each letter after up to three others in Filipino words; shorter runs are discounted."""
    runs: dict[str, float] = defaultdict(float)
    for word in top_n_list("fil", 20_000):
        if word.isalpha():
            # Common words count more, but not by as much as they are more common.
            weight = 10 ** (0.35 * zipf_frequency(word, "fil"))
            padded = "^" * (_LETTERS - 1) + word + "$"
            for end in range(_LETTERS, len(padded) + 1):
                for size in range(1, _LETTERS + 1):
                    runs[padded[end - size : end]] += weight
    totals: dict[str, float] = defaultdict(float)
    for run, weight in runs.items():
        totals[run[:-1]] += weight
    return {run: weight / totals[run[:-1]] * 0.4 ** (_LETTERS - len(run)) for run, weight in runs.items()}
