"""Filipino words by their sound: which there are, which sound alike, what they are run together from."""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz import process
from rapidfuzz.distance import Levenshtein
from wordfreq import top_n_list, zipf_frequency

from tala.speech import wording
from tala.speech.careful import unwelcome
from tala.speech.spelling import key, sounds_like

KNOWN_ZIPF = 2.6
"""Words more common than this, in Filipino or English, are words."""
_COMPLAINT_ZIPF = 3.1
"""What a word of complaints has at least."""
_ROOT_ZIPF = 3.6
_EVERYDAY_ZIPF = 5.0
_EVERY_WORD_ZIPF = 9.0
"""Zipf of a word that is every word."""
_MOST_PARTS = 4
_MOST_ALIKE = 12
_NEAR = {
    frozenset(pair) for pair in ("pb", "pf", "bf", "td", "kg", "sC", "tC", "nm", "lr", "ai", "au", "iu", "sd")
}
"""Sounds that small weights confuse."""
_NEAR_COST = 0.6
_VOWELS = frozenset("aiu")
_DROPPED_VOWEL = 0.8


class Alike(NamedTuple):
    """A word and how far its sound is from another: 1 for a sound that is wholly another."""

    distance: float
    word: str
    zipf: float
    changed: int
    """Sounds that differ."""


@dataclass(frozen=True, slots=True)
class Words:
    """Filipino words by sound, the most common for each."""

    by_sound: dict[str, tuple[str, float]]
    by_length: dict[int, list[str]]


@lru_cache(maxsize=1)
def words() -> Words:
    by_sound: dict[str, tuple[str, float]] = {}
    for word in {*top_n_list("fil", 40_000), *_of_complaints()}:
        if not word.replace("-", "").replace("'", "").isalpha() or unwelcome(word):
            continue
        sound = sounds_like(word)
        zipf = _filipino(word)
        # Loans that are commoner in English would turn Filipino into it.
        if zipf < _EVERYDAY_ZIPF and zipf_frequency(word, "en") > zipf:
            continue
        if sound and (zipf, word) > by_sound.get(sound, ("", 0.0))[::-1]:
            by_sound[sound] = (word, zipf)
    by_length: dict[int, list[str]] = {}
    for sound in by_sound:
        by_length.setdefault(len(sound), []).append(sound)
    return Words(by_sound, by_length)


@lru_cache(maxsize=50_000)
def commonness(word: str) -> float:
    """Zipf frequency of a word in Filipino or English, whichever is higher; letters only, lower case."""
    return max(_filipino(word), float(zipf_frequency(word, "en")))


def _filipino(word: str) -> float:
    listed = float(zipf_frequency(word, "fil"))
    return max(listed, _COMPLAINT_ZIPF) if word in _of_complaints() else listed


@lru_cache(maxsize=1)
def _of_complaints() -> frozenset[str]:
    """Words that complaints have more than once; lists of all that is written in Filipino lack some."""
    counts = wording.load().counts
    return frozenset(run[0] for run, count in counts.items() if len(run) == 1 and count > 1)


_PREFIXES = (
    *("i", "ni", "na", "ma", "ka", "pa", "um", "in", "mag", "nag", "pag", "maka", "naka", "paka", "makapag"),
    *("nakapag", "ipag", "ipa", "ipina", "iki", "paki", "pinaka", "magpa", "nagpa", "pagpa", "mang", "nang"),
    *(
        "pang",
        "man",
        "nan",
        "pan",
        "mam",
        "nam",
        "pam",
        "ini",
        "isi",
        "tag",
        "taga",
        "pinag",
        "ikina",
        "napaka",
    ),
    *("pagka", "magka", "nagka"),
)
_SUFFIXES = ("", "an", "in", "han", "hin", "ng", "g")


@lru_cache(maxsize=50_000)
def is_word(text: str) -> bool:
    """Whether a word, lower case, is Filipino or English, or a common root with Filipino affixes."""
    if commonness(text) >= KNOWN_ZIPF:
        return True
    plain = key(text)
    if commonness(plain) >= KNOWN_ZIPF:
        return True
    stems = {plain, *(plain[len(p) :] for p in _PREFIXES if plain.startswith(p) and len(plain) - len(p) >= 4)}
    # "nan" and "nam" swallow the first letter of a root: tanghali, nananghali.
    stems |= {
        letter + plain[3:]
        for ends, letters in (("n", "ts"), ("m", "pb"))
        if len(plain) > 7 and plain[0] in "mnp" and plain[1:3] == "a" + ends
        for letter in letters
    }
    for stem in stems:
        # The first syllable said twice tells what is not done yet.
        twice = next((n for n in (2, 3) if len(stem) > 2 * n and stem[:n] == stem[n : 2 * n]), 0)
        for root in {stem, stem[twice:]}:
            for suffix in _SUFFIXES:
                bare = root.removesuffix(suffix) if suffix else root
                if len(bare) >= 4 and bare != plain and commonness(bare) >= _ROOT_ZIPF:
                    return True
    return False


@lru_cache(maxsize=20_000)
def alike(sound: str, most: int) -> tuple[Alike, ...]:
    """The words whose sound differs in up to `most` sounds, the nearest and commonest first."""
    table = words()
    near = [
        s
        for length in range(max(1, len(sound) - most), len(sound) + most + 1)
        for s in table.by_length.get(length, ())
    ]
    found = [
        Alike(distance(sound, candidate), *table.by_sound[candidate], changed)
        for candidate, changed, _ in process.extract(
            sound, near, scorer=Levenshtein.distance, processor=None, score_cutoff=most, limit=None
        )
    ]
    # A sound more costs about as much as a word a hundred times as rare.
    return tuple(sorted(found, key=lambda one: 2 * one.distance - one.zipf)[:_MOST_ALIKE])


def distance(heard: str, meant: str) -> float:
    """How far two words' sounds are apart; sounds that are easily confused count for less."""
    row = [0.0]
    for b in meant:
        row.append(row[-1] + _dropped(b))
    for a in heard:
        before, row[0] = row[0], row[0] + _dropped(a)
        for j, b in enumerate(meant, 1):
            change = 0.0 if a == b else _NEAR_COST if frozenset((a, b)) in _NEAR else 1.0
            before, row[j] = row[j], min(before + change, row[j] + _dropped(a), row[j - 1] + _dropped(b))
    return row[-1]


def _dropped(sound: str) -> float:
    return _DROPPED_VOWEL if sound in _VOWELS else 1.0


@lru_cache(maxsize=20_000)
def apart(sound: str) -> tuple[str, ...] | None:
    """The likeliest way to part a sound into two to four common words."""
    table = words()
    best: list[tuple[float, tuple[str, ...]] | None] = [None] * (len(sound) + 1)
    best[0] = (0.0, ())
    for end in range(2, len(sound) + 1):
        for start in range(max(0, end - 14), end - 1):
            # Where two words share a sound at the seam, it is written once.
            for seam in (start, start - 1) if start else (start,):
                before = best[start]
                found = table.by_sound.get(sound[max(0, seam) : end])
                if before is None or found is None or len(before[1]) == _MOST_PARTS:
                    continue
                word, zipf = found
                # Short words are everywhere in long ones: they must be very common.
                if zipf < (5.5 if len(word) <= 3 else 4.0):
                    continue
                made = (before[0] + zipf - _EVERY_WORD_ZIPF - (start != seam), (*before[1], word))
                now = best[end]
                if now is None or made[0] > now[0]:
                    best[end] = made
    whole = best[-1]
    return whole[1] if whole is not None and len(whole[1]) > 1 else None
