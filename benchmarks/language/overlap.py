"""How much of the evaluation texts the training corpus shares, by runs of words."""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any


def runs(text: str, length: int) -> Iterator[tuple[str, ...]]:
    """Every run of `length` words, without case and punctuation."""
    words = re.findall(r"[^\W_]+", text.casefold())
    return zip(*(words[start:] for start in range(length)), strict=False)


def texts_of(node: Any) -> Iterator[str]:
    """Every string under a `text` key of a JSON value."""
    if isinstance(node, dict):
        for name, value in node.items():
            if name == "text" and isinstance(value, str):
                yield value
            else:
                yield from texts_of(value)
    elif isinstance(node, list):
        for value in node:
            yield from texts_of(value)


def corpus_texts(folder: Path) -> Iterator[str]:
    """Training texts: every `text` of every JSONL file in the folder."""
    for file in sorted(folder.rglob("*.jsonl")):
        with file.open(encoding="utf-8") as lines:
            for line in lines:
                if line.strip():
                    yield from texts_of(json.loads(line))


def shared(texts: Iterable[str], corpus: Iterable[str], length: int) -> int:
    """How many of `texts` share a run of `length` words with the corpus."""
    known: set[tuple[str, ...]] = set()
    for training in corpus:
        known.update(runs(training, length))
    return sum(any(run in known for run in runs(text, length)) for text in texts)
