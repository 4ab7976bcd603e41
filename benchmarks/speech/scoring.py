"""Word errors between what was said and what was written, after both are brought to one form."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

FILLERS = frozenset(
    ["uh", "um", "uhm", "umm", "ah", "eh", "ehm", "em", "hm", "hmm", "mm", "mmm", "er", "erm", "ahm"]
)

_UNITS = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15,
    "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19,
    "uno": 1, "dos": 2, "tres": 3, "kuwatro": 4, "kwatro": 4, "singko": 5, "sais": 6, "siyete": 7, "otso": 8,
    "nuwebe": 9, "diyes": 10, "onse": 11, "dose": 12, "trese": 13, "katorse": 14, "kinse": 15, "disisais": 16,
    "disisiyete": 17, "disiotso": 18, "disinuwebe": 19,
    "isa": 1, "isang": 1, "dalawa": 2, "dalawang": 2, "tatlo": 3, "tatlong": 3, "apat": 4, "lima": 5,
    "limang": 5, "anim": 6, "pito": 7, "pitong": 7, "walo": 8, "walong": 8, "siyam": 9, "sampu": 10,
    "sampung": 10,
}  # fmt: skip
_TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80,
    "ninety": 90, "bente": 20, "trenta": 30, "treynta": 30, "kuwarenta": 40, "singkuwenta": 50, "sisenta": 60,
    "sitenta": 70, "otsenta": 80, "nobenta": 90,
    "dalawampu": 20, "dalawampung": 20, "tatlumpu": 30, "tatlumpung": 30, "apatnapu": 40, "apatnapung": 40,
    "limampu": 50, "limampung": 50, "animnapu": 60, "animnapung": 60, "pitumpu": 70, "pitumpung": 70,
    "walumpu": 80, "walumpung": 80, "siyamnapu": 90, "siyamnapung": 90,
}  # fmt: skip
_SCALES = {
    "hundred": 100, "daan": 100, "raan": 100, "daang": 100, "siyento": 100, "siyentos": 100,
    "thousand": 1000, "libo": 1000, "libong": 1000, "mil": 1000,
    "million": 1_000_000, "milyon": 1_000_000, "milyong": 1_000_000,
}  # fmt: skip
# Filipino words for small numbers are also articles and adverbs: alone they stay words.
_ONLY_WITH_SCALE = frozenset({"isa", "isang", "mil"})


def normalised(text: str) -> list[str]:
    """Words of a text without case, punctuation and fillers; numbers as their digits, one a token."""
    flat = unicodedata.normalize("NFKD", text.lower())
    flat = "".join(c for c in flat if not unicodedata.combining(c)).replace("’", "'")
    flat = re.sub(r"(?<=\d)[,.](?=\d{3}\b)", "", flat)
    flat = re.sub(r"[₱$]\s*(\d+)", r"\1 pesos", flat)
    # A broken-off word ends in a hyphen.
    flat = re.sub(r"\b\w+-(?=\s|$)", " ", flat)
    flat = flat.replace("%", " percent ").replace("&", " and ").replace("'", "")
    words = [w for w in re.findall(r"\d+|[^\W\d_]+", flat) if w not in FILLERS]
    return _digits(words)


def _digits(words: Sequence[str]) -> list[str]:
    done: list[str] = []
    index = 0
    while index < len(words):
        value, used = _number(words, index)
        if used:
            done += list(value)
            index += used
        else:
            done.append(words[index])
            index += 1
    return done


def _number(words: Sequence[str], start: int) -> tuple[str, int]:
    """Digits of the number that begins at a word, and how many words it takes; 0 where none begins."""
    first = words[start]
    if first.isdigit():
        after = words[start + 1] if start + 1 < len(words) else ""
        if after in _SCALES:
            return str(int(first) * _SCALES[after]), 2
        return first, 1
    if first in _ONLY_WITH_SCALE and (start + 1 == len(words) or words[start + 1] not in _SCALES):
        return "", 0
    if first in ("double", "triple") and start + 1 < len(words) and words[start + 1] in _UNITS:
        return str(_UNITS[words[start + 1]]) * (2 if first == "double" else 3), 2
    total = part = used = 0
    last = 0  # the size of the last word: a unit after a unit begins another number
    for word in words[start:]:
        if word in _UNITS and last not in (1,):
            if last == 10 and _UNITS[word] > 9:
                break
            part += _UNITS[word]
            last = 1
        elif word in _TENS and last in (0, 100, 1000):
            part += _TENS[word]
            last = 10
        elif word in _SCALES and (used or _SCALES[word] > 1):
            scale = _SCALES[word]
            if not used and word in ("daan", "raan", "daang", "mil"):
                break
            if scale == 100:
                part = max(part, 1) * 100
            else:
                total += max(part, 1) * scale
                part = 0
            last = 100 if scale == 100 else 1000
        elif word in ("and", "at", "t") and last >= 100 and start + used + 1 < len(words):
            after = words[start + used + 1]
            if after not in _UNITS and after not in _TENS:
                break
        else:
            break
        used += 1
    return (str(total + part), used) if used else ("", 0)


@dataclass(frozen=True, slots=True)
class Errors:
    """Edits between a reference and a transcript."""

    wrong: int
    words: int

    def __add__(self, other: "Errors") -> "Errors":
        return Errors(self.wrong + other.wrong, self.words + other.words)

    @property
    def rate(self) -> float:
        """Word error rate, in percent."""
        return 100.0 * self.wrong / self.words if self.words else 0.0


def word_errors(reference: str, written: str) -> Errors:
    """Least substitutions, insertions and deletions between two texts."""
    said, got = normalised(reference), normalised(written)
    return Errors(distance(said, got), len(said))


def letter_errors(reference: str, written: str) -> Errors:
    """The same for letters and the spaces between words."""
    said, got = " ".join(normalised(reference)), " ".join(normalised(written))
    return Errors(distance(said, got), len(said))


def distance(said: Sequence[str], got: Sequence[str]) -> int:
    """Edit distance."""
    row = list(range(len(got) + 1))
    for i, a in enumerate(said, 1):
        before, row[0] = row[0], i
        for j, b in enumerate(got, 1):
            before, row[j] = row[j], min(before + (a != b), row[j] + 1, row[j - 1] + 1)
    return row[-1]


def paired_interval(
    ours: Sequence[Errors], theirs: Sequence[Errors], rounds: int = 2000
) -> tuple[float, float]:
    """95 % interval of the difference of two error rates (ours less theirs, in points), by clip."""
    a = np.array([[e.wrong, e.words] for e in ours], float)
    b = np.array([[e.wrong, e.words] for e in theirs], float)
    picks = np.random.default_rng(1).integers(0, len(a), (rounds, len(a)))
    difference = a[picks, 0].sum(1) / a[picks, 1].sum(1) - b[picks, 0].sum(1) / b[picks, 1].sum(1)
    low, high = np.percentile(100 * difference, [2.5, 97.5])
    return float(low), float(high)
