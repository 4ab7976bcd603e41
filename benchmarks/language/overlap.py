"""How much of the evaluation texts the training corpus shares, by runs of words."""

import re
from collections.abc import Iterable, Iterator


def runs(text: str, length: int) -> Iterator[tuple[str, ...]]:
    """Every run of `length` words, without case and punctuation."""
    words = re.findall(r"[^\W_]+", text.casefold())
    return zip(*(words[start:] for start in range(length)), strict=False)


def shared(texts: Iterable[str], corpus: Iterable[str], length: int) -> int:
    """How many of `texts` share a run of `length` words with the corpus."""
    known: set[tuple[str, ...]] = set()
    for training in corpus:
        known.update(runs(training, length))
    return sum(any(run in known for run in runs(text, length)) for text in texts)
