"""Filipino misheard, written as words: what the weights spell by ear is looked up by its sound.

Base weights hear Filipino by its sounds and write many words that are none ("tunggul", "habangginagawa").
What is neither Filipino nor English is replaced by the Filipino word that sounds most like it, or by the
words it was run together from. The word as recognised stays in `raw`; known words are never touched, nor what
was heard well, numbers, dates and names, and nobody is made to swear (`careful.py`).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz import process
from rapidfuzz.distance import Levenshtein
from wordfreq import top_n_list, zipf_frequency

from tala.speech.careful import figures_near, is_fact, is_figure, turns_sense, unwelcome, unwelcome_near
from tala.speech.spelling import key, lexicon, sounds_like, written
from tala.transcript import Word

_KNOWN_ZIPF = 2.6
_ALL = 9.0
"""Zipf of a word that is every word."""
_ROOT_ZIPF = 3.6
_EVERYDAY_ZIPF = 5.0
_MOST_PARTS = 4
_ENDS = (".", "!", "?")
_EDGES = re.compile(r"^([^\w]*)(.*?)([^\w]*)$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Weights:
    """How much a change of sound costs against how common a word is; fitted on synthesised speech."""

    known: float = _KNOWN_ZIPF
    """Words more common than this (zipf, in Filipino or English) stand as they are."""
    least: float = 3.3
    """Words less common than this are not put in place of another."""
    sure: float = 0.95
    """Words recognised with this probability and more keep their sounds; only the spelling may change."""
    change: float = 2.2
    """What each changed sound costs, in powers of ten."""
    unknown: float = 3.0
    """What it costs to leave a word that is none, and"""
    unknown_letter: float = 0.9
    """for each sound of it."""


@dataclass(frozen=True, slots=True)
class _Words:
    """Filipino words by sound, the most common for each."""

    by_sound: dict[str, tuple[str, float]]
    by_length: dict[int, list[str]]


@lru_cache(maxsize=1)
def _words() -> _Words:
    by_sound: dict[str, tuple[str, float]] = {}
    for word in top_n_list("fil", 40_000):
        if not word.replace("-", "").replace("'", "").isalpha() or unwelcome(word):
            continue
        sound = sounds_like(word)
        zipf = zipf_frequency(word, "fil")
        # Loans that are commoner in English would turn Filipino into it.
        if zipf < _EVERYDAY_ZIPF and zipf_frequency(word, "en") > zipf:
            continue
        if sound and zipf > by_sound.get(sound, ("", 0.0))[1]:
            by_sound[sound] = (word, zipf)
    by_length: dict[int, list[str]] = {}
    for sound in by_sound:
        by_length.setdefault(len(sound), []).append(sound)
    return _Words(by_sound, by_length)


@lru_cache(maxsize=50_000)
def commonness(word: str) -> float:
    """Zipf frequency of a word in Filipino or English, whichever is higher; letters only, lower case."""
    return max(float(zipf_frequency(word, "fil")), float(zipf_frequency(word, "en")))


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
def is_word(text: str, known: float) -> bool:
    """Whether a word, lower case, is Filipino or English, or a common root with Filipino affixes."""
    if commonness(text) >= known:
        return True
    plain = key(text)
    if commonness(plain) >= known:
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


def plausibility(text: str) -> float:
    """Share of a text's letters that stand in words of Filipino or English; 1 without letters."""
    good = total = 0
    for token in text.lower().split():
        bare = _EDGES.sub(r"\2", token)
        if bare and not any(c.isdigit() for c in bare):
            total += len(bare)
            good += len(bare) * is_word(bare, _KNOWN_ZIPF)
    return good / total if total else 1.0


def spelled(words: Sequence[Word], language: str) -> list[Word]:
    """Words as people write them: names in any language, and in Filipino what is no word by its sound."""
    named = written(words)
    return corrected(named) if language == "tl" else named


def corrected(words: Sequence[Word], weights: Weights | None = None) -> list[Word]:
    """Words read as Filipino, those that are none replaced by what they sound like."""
    weights = weights or Weights()
    made: list[Word] = []
    for word in words:
        # What was written as a name is no misspelling.
        named = word.raw is not None or key(word.text) in lexicon().names
        # A capital inside a sentence begins a name that no list need hold.
        capital = bool(made) and word.text[:1].isupper() and not made[-1].text.endswith(_ENDS)
        doubted = word.confidence < weights.sure and not capital
        made += [word] if named else _corrected(word, weights, doubted=doubted)
    return made


def _corrected(word: Word, weights: Weights, *, doubted: bool) -> list[Word]:
    edges = _EDGES.match(word.text)
    if edges is None:
        return [word]
    before, bare, after = edges.groups()
    plain = key(bare)
    if len(plain) < 4 or any(c.isdigit() for c in plain) or bare.isupper():
        return [word]
    if is_word(bare.lower(), weights.known) or is_fact(bare):
        return [word]
    found = replacement(bare.lower(), weights, doubted=doubted)
    if found is None:
        return [word]
    if bare[0].isupper():
        found = (found[0].capitalize(), *found[1:])
    texts = [before + found[0], *found[1:]]
    texts[-1] += after
    raw = word.raw or word.text
    if len(texts) == 1:
        return [word.model_copy(update={"text": texts[0], "raw": raw})]
    # A word run together from several is parted in time by its letters.
    made = []
    total = sum(map(len, found))
    reached = 0
    for part, text in zip(found, texts, strict=True):
        ends = [
            (start + (end - start) * place // total)
            for start, end in ((word.start_ms, word.end_ms), (0, len(raw)))
            for place in (reached, reached + len(part))
        ]
        made.append(
            word.model_copy(
                update={"text": text, "start_ms": ends[0], "end_ms": ends[1], "raw": raw[ends[2] : ends[3]]}
            )
        )
        reached += len(part)
    return made


class _Option(NamedTuple):
    """Words that may stand for a sound; the higher the score the likelier, in powers of ten."""

    score: float
    words: tuple[str, ...]
    changed: int
    """Sounds that differ from what was heard."""


@lru_cache(maxsize=20_000)
def replacement(word: str, weights: Weights, *, doubted: bool = True) -> tuple[str, ...] | None:
    """The Filipino word or two that sound most like `word`, None where nothing is near enough or safe.

    Args:
        word: what was recognised, lower case, no word of Filipino or English.
        weights: what changes cost.
        doubted: whether it was heard badly; else only words of the very same sound are meant.
    """
    sound = sounds_like(word)
    options = [*_alone(sound, weights), *_apart(sound)]
    if not options:
        return None
    best = max(options)
    likely = best.score >= -weights.unknown - weights.unknown_letter * len(sound)
    return best.words if likely and (not best.changed or (doubted and _safe(sound, best.words))) else None


def _safe(sound: str, words: tuple[str, ...]) -> bool:
    """Whether words that sound otherwise may be written for a sound: nothing that weighs is lost or made."""
    if unwelcome_near(sound):
        return False
    near = figures_near(sound)
    if any(map(is_figure, words)):
        return near == 1
    return not near and not any(turns_sense(word) or is_fact(word) for word in words)


def _alone(sound: str, weights: Weights) -> list[_Option]:
    table = _words()
    most = 0 if len(sound) < 4 else 1 if len(sound) < 8 else 2 if len(sound) < 12 else 3
    near = [
        s
        for length in range(len(sound) - most, len(sound) + most + 1)
        for s in table.by_length.get(length, ())
    ]
    found = process.extract(
        sound, near, scorer=Levenshtein.distance, processor=None, score_cutoff=most, limit=12
    )
    options: list[_Option] = []
    for candidate, distance, _ in found:
        word, zipf = table.by_sound[candidate]
        if zipf >= weights.least:
            options.append(_Option(zipf - _ALL - weights.change * distance, (word,), distance))
    return options


def _apart(sound: str) -> list[_Option]:
    """The likeliest way to part a sound into two to four common words."""
    table = _words()
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
                made = (before[0] + zipf - _ALL - (start != seam), (*before[1], word))
                now = best[end]
                if now is None or made[0] > now[0]:
                    best[end] = made
    whole = best[-1]
    return [_Option(*whole, changed=0)] if whole is not None and len(whole[1]) > 1 else []
