"""Sentences of the training corpus that are spoken to fit the recogniser, English words marked as such."""

import re
import zlib
from collections.abc import Iterator

from wordfreq import zipf_frequency

from tala.extract import corpus

_ONE_IN = 8
_EVERYDAY_ZIPF = 5.2
_AHEAD = 0.25
"""A word is English where it is so much more common there than in Filipino, as powers of ten."""
_LEAST_WORDS, _WANTED_WORDS = 4, 14
_WORD = re.compile(r"[A-Za-z][A-Za-z'’-]*")


def is_spoken(example: corpus.Example) -> bool:
    """Whether a text is among those spoken: one in eight of those that a person wrote as one."""
    return (
        not example.composed and example.language != "en" and zlib.crc32(example.text.encode()) % _ONE_IN == 0
    )


def passages() -> Iterator[str]:
    """One to three sentences each, with English words in braces as the voices want them; no figures."""
    for example in corpus.read(corpus.FOLDER):
        if is_spoken(example) and not any(c.isdigit() for c in example.text):
            piece = ""
            for sentence in re.findall(r"[^.!?]+[.!?]*", example.text):
                piece += sentence
                if len(piece.split()) >= _WANTED_WORDS:
                    yield marked(piece.strip())
                    piece = ""
            if len(piece.split()) >= _LEAST_WORDS:
                yield marked(piece.strip())


def marked(text: str) -> str:
    """The text with its English words in braces."""
    braced = _WORD.sub(lambda word: f"{{{word[0]}}}" if _is_english(word[0]) else word[0], text)
    return braced.replace("} {", " ")


def _is_english(word: str) -> bool:
    plain = re.sub(r"[^a-z'-]", "", word.lower())
    english, filipino = zipf_frequency(plain, "en"), zipf_frequency(plain, "fil")
    return filipino < _EVERYDAY_ZIPF and english > max(3.0, filipino + _AHEAD)
