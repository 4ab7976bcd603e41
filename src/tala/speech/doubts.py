"""What a person should be told about a transcript: nothing heard, words or a language that are uncertain."""

from collections.abc import Iterator, Sequence
from statistics import fmean

from tala.speech.certainty import certainty
from tala.speech.decoding import Heard
from tala.speech.languages import KIN, betrayed, is_foreign
from tala.transcript import Warning_

SURE_SECONDS = 3.0
"""Less speech than this tells no language."""
SURE_LANGUAGE = 0.5
SURE_WORDS = 0.5
"""Share of a passage's words that are likely right, below which it may be misheard, or if"""
MANY_LOW = 0.3
"""this share of its words is less certain than"""
LOW_WORD = 0.25

type Passage = tuple[float, Heard]
"""Seconds of sound, and what was read from them."""


def warnings(
    passages: Sequence[Passage], words: Sequence[str], *, hear_language: bool
) -> tuple[Warning_, ...]:
    """Warnings about a transcript, each with what to do.

    Args:
        passages: all that was read.
        words: as recognised, before they were written as Filipino.
        hear_language: whether the language was heard from the sound; else the caller said it.
    """
    spoken = [(seconds, heard) for seconds, heard in passages if heard.words]
    if not spoken or not words:
        return (Warning_(code="no_speech", message="No speech was heard in this recording."),)
    found = [*_about_words([heard for _, heard in spoken]), *_about_language(spoken, words, hear_language)]
    return tuple(found)


def is_doubtful(heard: Heard) -> bool:
    """Whether a passage may be misheard: its reading looks bad, or the weights are unsure of its words."""
    chances = [certainty(word.probability, heard.language) for word in heard.words]
    low = sum(chance < LOW_WORD for chance in chances)
    return bool(heard.doubts) or fmean(chances) < SURE_WORDS or low >= MANY_LOW * len(chances)


def _about_words(spoken: Sequence[Heard]) -> Iterator[Warning_]:
    doubtful = sum(map(is_doubtful, spoken))
    if doubtful:
        yield Warning_(
            code="doubtful_passages",
            message=f"{doubtful} of {len(spoken)} passages may be misheard:"
            " please listen to the recording and check the text.",
        )
    again = sum(1 for one in spoken if one.fallbacks and not is_doubtful(one))
    if again:
        yield Warning_(
            code="read_again",
            message=f"{again} of {len(spoken)} passages were hard to hear and were read more than once:"
            " please check the text.",
        )


def _about_language(
    spoken: Sequence[Passage], words: Sequence[str], hear_language: bool
) -> Iterator[Warning_]:
    seconds = sum(length for length, _ in spoken)
    told = hear_language and seconds >= SURE_SECONDS
    foreign = sum(length for length, heard in spoken if is_foreign(heard.languages))
    other = betrayed(words)
    if other or (told and foreign > seconds / 2):
        language = f"{other}, which is not" if other else "a language that is not"
        yield Warning_(
            code="language_not_heard_well",
            message=f"This sounds like {language} heard well: a person should listen to the recording.",
        )
    elif told and sum(length * _certainty(heard) for length, heard in spoken) < SURE_LANGUAGE * seconds:
        yield Warning_(
            code="language_uncertain",
            message="It is not certain which language was spoken, so words may be misheard:"
            " please listen to the recording.",
        )


def _certainty(heard: Heard) -> float:
    """How sure the weights are of the language a passage was written in; Filipino's kin count as Filipino."""
    codes = ("tl", *KIN) if heard.language == "tl" else (heard.language,)
    return sum(heard.languages.get(code, 0.0) for code in codes)
