"""One side of a call heard on the other's channel: its words are written once, where they were spoken."""

from collections.abc import Sequence

import numpy as np

from tala.speech.spelling import sounds_like
from tala.speech.voice import Pcm
from tala.transcript import Word

_LOUDER_DB = 9.0
_SAME_TIME_MS = 700
_REACH_MS = 60


def own(words: dict[int, list[tuple[Word, str]]], sound: Sequence[Pcm]) -> dict[int, list[tuple[Word, str]]]:
    """The words of each channel without those that leaked into it.

    A word leaked when another channel is far louder while it is said, and the same word, as it sounds, was
    read there at the same time. Both are asked: people do talk at once, and repeat each other.

    Args:
        words: by channel, in order, each with its language.
        sound: samples of each channel at 16 kHz.
    """
    return {
        channel: [
            (word, language)
            for word, language in said
            if not any(
                _leaked(word, [w for w, _ in words.get(other, ())], sound[channel], sound[other])
                for other in range(len(sound))
                if other != channel
            )
        ]
        for channel, said in words.items()
    }


def _leaked(word: Word, elsewhere: Sequence[Word], here: Pcm, there: Pcm) -> bool:
    heard = sounds_like(word.text)
    return (
        any(
            abs(w.start_ms - word.start_ms) <= _SAME_TIME_MS and sounds_like(w.text) == heard
            for w in elsewhere
        )
        and _level(there, word) - _level(here, word) >= _LOUDER_DB
    )


def _level(pcm: Pcm, word: Word) -> float:
    """Level while a word is said, in dB."""
    part = pcm[max(0, word.start_ms - _REACH_MS) * 16 : (word.end_ms + _REACH_MS) * 16].astype(np.float32)
    return 10.0 * float(np.log10(np.square(part).mean() + 1.0)) if len(part) else 0.0
