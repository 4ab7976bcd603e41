"""When each word of a synthesised text is spoken, from the length that the synthesiser gave each phoneme."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

ABBREVIATION = re.compile(r"\b(?!DOLE|OWWA|TESDA|COMELEC)[A-Z]{2,6}\b")
_MARKS = ".,?!;:"
_SILENT = "_^$ "
_CLAUSE_END = re.compile(r"[.,?!;:]+(?:\s|$)")

_HOP_MS = 5
_REACH_MS = 120
_QUIET_DB = -38.0

type Span = tuple[int, int]
type Samples = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Word:
    """A word as written and the time it is spoken."""

    text: str
    start_ms: int
    end_ms: int

    def later(self, ms: int) -> "Word":
        """The same word, so much later."""
        return Word(self.text, self.start_ms + ms, self.end_ms + ms)


def clause_spans(letters: Iterable[tuple[str, int]], start: int) -> list[list[Span]]:
    """Samples from and to of each group of phonemes between spaces, clause by clause.

    Args:
        letters: phonemes in order, each with its length in samples; pads ("_") belong to the phoneme before.
        start: the sample at which the first one begins.
    """
    clauses: list[list[Span]] = [[]]
    begin: int | None = None
    end = at = start
    for letter, length in [*letters, (" ", 0)]:
        if letter in " " + _MARKS and begin is not None:
            clauses[-1].append((begin, end))
            begin = None
        if letter in _MARKS and clauses[-1]:
            clauses.append([])
        at += length
        if letter not in _SILENT + _MARKS:
            begin = at - length if begin is None else begin
        if begin is not None:
            end = at
    return clauses if clauses[-1] else clauses[:-1]


def words(text: str, clauses: list[list[Span]], rate: int) -> tuple[Word, ...]:
    """Words with times; clauses in which words were run together, as "for a" is, are left out.

    Args:
        text: as written, without marks for the synthesiser.
        clauses: spans in samples, as `clause_spans` gives them.
        rate: samples a second.
    """
    written = [clause.split() for clause in _CLAUSE_END.split(text) if clause.strip()]
    if len(written) != len(clauses):
        return ()
    timed: list[Word] = []
    for texts, spans in zip(written, clauses, strict=True):
        # An abbreviation is a group a letter.
        groups = [len(word) if ABBREVIATION.fullmatch(word) else 1 for word in texts]
        if sum(groups) != len(spans):
            continue
        at = 0
        for word, count in zip(texts, groups, strict=True):
            start, end = spans[at][0], spans[at + count - 1][1]
            timed.append(Word(word, round(start * 1000 / rate), round(end * 1000 / rate)))
            at += count
    return tuple(timed)


def at_onsets(timed: tuple[Word, ...], samples: Samples, rate: int) -> tuple[Word, ...]:
    """Words that follow silence begin where their sound does: the lengths told are only about right."""
    hop = rate * _HOP_MS // 1000
    power = np.square(samples[: len(samples) // hop * hop].reshape(-1, hop)).mean(axis=1)
    loud = 10 * np.log10(power + 1e-12) > 10 * np.log10(power.max() + 1e-12) + _QUIET_DB
    reach = _REACH_MS // _HOP_MS
    moved: list[Word] = []
    for word in timed:
        at = min(word.start_ms // _HOP_MS, len(loud) - 1)
        behind = moved[-1].end_ms // _HOP_MS if moved else 0
        before = loud[max(behind, at - reach) : at + 1][::-1]
        after = loud[at : at + reach]
        if not loud[at] and after.any():
            at += int(np.argmax(after))
        elif loud[at] and not before.all():
            at -= int(np.argmin(before)) - 1
        moved.append(replace(word, start_ms=min(at * _HOP_MS, word.end_ms)))
    return tuple(moved)
