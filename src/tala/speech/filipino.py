"""Filipino misheard, written as words: what the weights spell by ear is looked up by its sound.

Base weights hear Filipino by its sounds and write many words that are none ("tunggul", "habangginagawa").
Each word that is none, or was hardly heard, may stand for Filipino words that sound like it, for words it was
run together from, or for part of a word that was torn apart. Of all ways to write a sentence the one is taken
that is likeliest as a wording and nearest in sound. The words as recognised stay in `raw`; what was heard
well, numbers, dates and names are never touched, and nobody is made to swear (`careful.py`).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from tala.speech import wording
from tala.speech.bysound import alike, apart, is_word
from tala.speech.careful import figures_near, is_fact, is_figure, turns_sense, unwelcome, unwelcome_near
from tala.speech.certainty import GUESSED, certainty
from tala.speech.spelling import key, lexicon, sounds_like, written
from tala.transcript import Word

_ENDS = (".", "!", "?")
_EDGES = re.compile(r"^([^\w]*)(.*?)([^\w]*)$", re.DOTALL)
_TORN_MS = 300
"""A longer pause stands between words."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What it costs to write something else than was recognised, in nats; fitted on synthesised speech."""

    sure: float = 0.95
    """Words recognised with this probability and more keep their sounds; only the spelling may change."""
    doubtful: float = 0.5
    """Words of Filipino or English recognised with less may be others."""
    change: float = 2.0
    """Each changed sound of a word recognised with no certainty at all, and"""
    certain: float = 5.0
    """more of it for one recognised with certainty."""
    known: float = 4.0
    """To write something else for a word that is one."""
    part: float = 3.0
    """To part a word, and"""
    join: float = 2.0
    """to join two."""
    least_zipf: float = 3.0
    """Words less common than this are not put in place of another."""
    wording: float = 0.8
    """How much the wording counts against the sound."""
    beam: int = 8
    """Ways to write what came before that are followed."""


class _Choice(NamedTuple):
    """Words that may be written for one or two recognised ones, and what that costs."""

    cost: float
    words: tuple[str, ...]
    used: int = 1
    changed: bool = True


class _Path(NamedTuple):
    """The cheapest way to write all up to here that ends in the same two words."""

    cost: float
    before: wording.Context
    choices: tuple[_Choice, ...]


def spelled(words: Sequence[Word], language: str) -> list[Word]:
    """Words as people write them, with their confidence as the chance that they are right.

    Args:
        words: as recognised, their confidence the probability that the weights gave them.
        language: they were read in.
    """
    return [
        word.model_copy(update={"confidence": certainty(word.confidence, kind)})
        for word, kind in as_written(words, language)
    ]


def as_written(words: Sequence[Word], language: str) -> list[tuple[Word, str]]:
    """Names in any language as people write them, and in Filipino what is no word by its sound.

    Each word comes with the kind that its certainty goes by: its language, or GUESSED.
    """
    named = written(words)
    if language != "tl":
        return [(word, language) for word in named]
    kept = {id(word) for word in named}
    return [(word, language if id(word) in kept else GUESSED) for word in corrected(named)]


def corrected(words: Sequence[Word], weights: Weights | None = None) -> list[Word]:
    """Words read as Filipino, those misheard replaced by what they sound like in their sentence."""
    weights = weights or Weights()
    choices = [list(_choices(words, index, weights)) for index in range(len(words))]
    if all(len(some) == 1 for some in choices):
        return list(words)
    done: list[Word] = []
    reached = 0
    for choice in _likeliest(words, choices, weights):
        some = words[reached : reached + choice.used]
        done += _rewritten(some, choice.words) if choice.changed else some
        reached += choice.used
    return done


def _likeliest(
    words: Sequence[Word], choices: Sequence[Sequence[_Choice]], weights: Weights
) -> tuple[_Choice, ...]:
    """The choices that make the likeliest text."""
    model = wording.load()
    paths: list[dict[wording.Context, _Path]] = [{} for _ in range(len(words) + 1)]
    paths[0][wording.BEGINNING] = _Path(0.0, wording.BEGINNING, ())
    for index, some in enumerate(choices):
        for path in sorted(paths[index].values())[: weights.beam]:
            for choice in some:
                cost, before = path.cost + choice.cost, path.before
                for token in wording.tokens(" ".join(choice.words)):
                    cost -= weights.wording * model.log_probability(token, before)
                    before = (before[1], token)
                end = index + choice.used
                if _ends(words[end - 1]):
                    before = wording.BEGINNING
                known = paths[end].get(before)
                if known is None or cost < known.cost:
                    paths[end][before] = _Path(cost, before, (*path.choices, choice))
    return min(paths[-1].values()).choices


def _ends(word: Word) -> bool:
    return word.text.rstrip("\"'”’)").endswith(_ENDS)


def _choices(words: Sequence[Word], index: int, weights: Weights) -> Iterator[_Choice]:
    """What may be written for the word at an index, and for it and the next one together."""
    word = words[index]
    yield _Choice(0.0, (word.text,), changed=False)
    # A capital inside a sentence begins a name that no list need hold.
    capital = index > 0 and word.text[:1].isupper() and not _ends(words[index - 1])
    if not _stands(word):
        yield from _instead(word, weights, keeps_sound=capital or word.confidence >= weights.sure)
    if index + 1 < len(words):
        yield from _joined(word, words[index + 1], weights)


def _stands(word: Word) -> bool:
    """Whether a word is left alone: a name, a number, or what nobody may be made to say."""
    bare = _bare(word)
    plain = key(bare)
    return (
        word.raw is not None
        or plain in lexicon().names
        or len(plain) < 3
        or any(c.isdigit() for c in plain)
        or bare.isupper()
        or is_fact(bare)
        or turns_sense(bare)
        or unwelcome(bare)
    )


def _instead(word: Word, weights: Weights, *, keeps_sound: bool) -> Iterator[_Choice]:
    bare = _bare(word).lower()
    sound = sounds_like(bare)
    known = is_word(bare)
    if not sound or (known and word.confidence >= weights.doubtful):
        return
    most = 0 if keeps_sound else _most_changed(sound)
    change = weights.change + weights.certain * word.confidence
    for one in alike(sound, most):
        if not _safe(sound, one.word, one.changed):
            # It may well have been this one, so nothing that is farther off is guessed.
            return
        if one.word != bare and one.zipf >= weights.least_zipf:
            yield _Choice(change * one.distance + known * weights.known, (one.word,))
    parts = None if known else apart(sound)
    if parts is not None:
        yield _Choice(weights.part, parts)


def _joined(first: Word, second: Word, weights: Weights) -> Iterator[_Choice]:
    """A word that was torn in two, at least one of them no word."""
    if (
        second.start_ms - first.end_ms > _TORN_MS
        or _EDGES.sub(r"\3", first.text)
        or max(first.confidence, second.confidence) >= weights.sure
        or _stands(first)
        or _stands(second)
        or (is_word(_bare(first).lower()) and is_word(_bare(second).lower()))
    ):
        return
    sound = sounds_like(_bare(first) + _bare(second))
    change = weights.change + weights.certain * max(first.confidence, second.confidence)
    for one in alike(sound, 1):
        if one.zipf >= weights.least_zipf and _safe(sound, one.word, one.changed):
            yield _Choice(weights.join + change * one.distance, (one.word,), used=2)


def _bare(word: Word) -> str:
    return _EDGES.sub(r"\2", word.text)


def _most_changed(sound: str) -> int:
    return 0 if len(sound) < 3 else 1 if len(sound) < 8 else 2 if len(sound) < 12 else 3


@lru_cache(maxsize=20_000)
def _safe(sound: str, word: str, changed: int) -> bool:
    """Whether a word may be written for a sound: nothing that weighs is lost or made."""
    if not changed:
        return True
    if unwelcome_near(sound):
        return False
    near = figures_near(sound)
    if is_figure(word):
        return near == 1
    return not near and not turns_sense(word) and not is_fact(word)


def _rewritten(words: Sequence[Word], found: tuple[str, ...]) -> list[Word]:
    """The words to write for one or two recognised ones, with their times, and them as `raw`."""
    first, last = words[0], words[-1]
    before, after = _EDGES.sub(r"\1", first.text), _EDGES.sub(r"\3", last.text)
    texts = list(found)
    if _bare(first)[:1].isupper():
        texts[0] = texts[0].capitalize()
    texts[0] = before + texts[0]
    texts[-1] += after
    raw = " ".join(word.raw or word.text for word in words)
    whole = first.model_copy(
        update={
            "end_ms": last.end_ms,
            "confidence": min(word.confidence for word in words),
            "raw": raw,
        }
    )
    if len(texts) == 1:
        return [whole.model_copy(update={"text": texts[0]})]
    return _parted(whole, raw, found, texts)


def _parted(whole: Word, raw: str, found: tuple[str, ...], texts: Sequence[str]) -> list[Word]:
    """A word run together from several, parted in time by its letters."""
    made = []
    total = sum(map(len, found))
    reached = 0
    for part, text in zip(found, texts, strict=True):
        ends = [
            (start + (end - start) * place // total)
            for start, end in ((whole.start_ms, whole.end_ms), (0, len(raw)))
            for place in (reached, reached + len(part))
        ]
        made.append(
            whole.model_copy(
                update={"text": text, "start_ms": ends[0], "end_ms": ends[1], "raw": raw[ends[2] : ends[3]]}
            )
        )
        reached += len(part)
    return made
