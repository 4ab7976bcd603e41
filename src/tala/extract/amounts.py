"""Sums of money, and which of them were asked for or taken without right.

Component `tala_amounts`. Cues around a sum (`data/rules/amounts.toml`) speak for or against its being
improper; a cue between two sums counts for the one it leads to or follows. A sum repeated, or told per head,
counts once; a sum taken back is gone.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Final, NamedTuple

from spacy.language import Language

from tala.extract.corrections import denied, takes_back
from tala.extract.cues import Lean, compiled
from tala.extract.datafiles import read
from tala.extract.money import Sum, find_sums
from tala.extract.numbers import Number
from tala.extract.words import Words, extend, words_of
from tala.facts import Amount

FACTORY: Final = "tala_amounts"
extend("amounts", ())
extend("claimed", ())

_WINDOW: Final = 14
"""Words on each side of a sum in which a cue speaks of it."""
_PRIORS: Final = ((2.5, 1.0), (2.0, 0.8))
"""Weight of the strongest cue anywhere, and what it lends to every sum of the text."""
_LEAST: Final = 0.7
_EXPLAINED: Final = 1.5
_TURN: Final = re.compile(
    r"\b(?:but|pero|kaso|however|ngunit|subalit|apan|although|even though|while|whereas|samantalang|instead|"
    r"imbes|sa halip)\b"
)
_FOR: Final = re.compile(r"\b(?:for|para|so|upang|nang|pang|release|approval|bago|before)\b")
_LINKED: Final = re.compile(r"^(?:\S+ ){0,5}(?:at|and|plus|tapos|then|or|o|saka|tsaka|also)(?: \S+){0,4}$")


class _Cue(NamedTuple):
    """Words that speak for (positive weight) or against a sum beside them being improper."""

    weight: float
    side: str
    window: int
    direct: bool
    pattern: re.Pattern[str]


class _Heard(NamedTuple):
    """A cue found: its words [first, last)."""

    group: int
    cue: _Cue
    first: int
    last: int


_POSTED_LIFT: Final = 1.8


@cache
def _posted() -> frozenset[int]:
    """The groups of cues that name the right sum: posted, on the receipt."""
    return frozenset(index for index, cue in enumerate(_cues()) if cue.weight <= -3.1)


@cache
def _cues() -> tuple[_Cue, ...]:
    lists = read("rules/amounts.toml")
    return tuple(
        _Cue(
            sign * row["weight"],
            row["side"],
            row.get("window", _WINDOW),
            row.get("direct", False),
            compiled(row["cues"]),
        )
        for kind, sign in (("improper", 1.0), ("proper", -1.0))
        for row in lists[kind]
    )


def _heard(words: Words, first: int, last: int) -> list[_Heard]:
    """The cues among words [first, last). One inside a longer one is not heard: "not in the charter" says
    "not"."""
    if last <= first:
        return []
    found = sorted(_all_heard(words, first, last), key=lambda cue: cue.first - cue.last)
    kept: list[_Heard] = []
    for cue in found:
        if not any(
            other.first <= cue.first and cue.last <= other.last and cue.cue.weight * other.cue.weight < 0
            for other in kept
        ):
            kept.append(cue)
    return kept


def _all_heard(words: Words, first: int, last: int) -> Iterator[_Heard]:
    stretch = Lean(words, first, last)
    for group, cue in enumerate(_cues()):
        for start, end in stretch.find(cue.pattern):
            yield _Heard(group, cue, start, end)


def _distance(words: Words, one: Sum, heard: _Heard) -> float:
    """How far a cue stands from a sum, in words; sentence ends and turns of thought add to it."""
    ahead = heard.first < one.first
    first, last = (heard.last, one.first) if ahead else (one.last, heard.first)
    distance = float(max(last - first, 0))
    if any(words.stops_before(index) for index in range(first, last + 1)):
        distance += 6
    between = words.slice(first, last)
    if _TURN.search(between):
        distance += 6
    if heard.cue.direct and _FOR.search(between):
        distance += _WINDOW
    return distance + (5 if heard.cue.side == ("before" if ahead else "after") else 0)


def _scores(words: Words, sums: list[Sum]) -> list[float]:
    """How much speaks for each sum being improper; negative where more speaks for an ordinary one."""
    best: list[dict[int, float]] = [{} for _ in sums]
    edges = [0, *(one.last for one in sums)]
    for index, floor in enumerate(edges):
        left = sums[index - 1] if index else None
        right = sums[index] if index < len(sums) else None
        first, last = floor, right.first if right else len(words)
        if left and not right:
            last = min(last, left.last + _WINDOW)
        elif right and not left:
            first = max(first, right.first - _WINDOW)
        for cue in _heard(words, first, last):
            near = [
                (_distance(words, one, cue), -at, at)
                for at, one in ((index - 1, left), (index, right))
                if one
            ]
            distance, _, at = min(near)
            if distance <= cue.cue.window:
                value = cue.cue.weight * (1 - 0.05 * distance)
                known = best[at].get(cue.group, 0.0)
                best[at][cue.group] = max(known, value, key=abs)
    scores = [sum(groups.values()) for groups in best]
    posted = [one.php for one, groups in zip(sums, best, strict=True) if _posted() & groups.keys()]
    for index, one in enumerate(sums):
        # where the right sum is named beside it, the larger one is what was asked
        if (
            posted
            and one.php > min(posted)
            and not _posted() & best[index].keys()
            and scores[index] > -_POSTED_LIFT
        ):
            scores[index] += _POSTED_LIFT
    for index in range(1, len(sums)):
        between = words.slice(sums[index - 1].last, sums[index].first)
        if not best[index] and sums[index].first - sums[index - 1].last <= 8 and _LINKED.match(between):
            scores[index] = 0.8 * scores[index - 1]
    return scores


def find_amounts(words: Words, numbers: tuple[Number, ...], claimed: set[int]) -> list[tuple[Sum, bool]]:
    """The sums of a text in order, each once, and whether it is improper."""
    sums = find_sums(words, numbers, claimed)
    kept = [
        one
        for index, one in enumerate(sums)
        if not (index + 1 < len(sums) and takes_back(words, one.last, sums[index + 1].first))
        and not denied(words, one.first, one.last)
    ]
    if not kept:
        return []
    whole = Lean(words, 0, len(words))
    strongest = max((cue.weight for cue in _cues() if whole.has(cue.pattern)), default=0.0)
    prior = next((lent for weight, lent in _PRIORS if strongest >= weight), 0.0)
    found: dict[float, tuple[Sum, float]] = {}
    scores = _scores(words, kept)
    if max(scores) >= _EXPLAINED:
        prior *= 0.5  # the strong cue has its sum already
    for one, score in zip(kept, scores, strict=True):
        total = score + prior
        known = found.get(one.php)
        found[one.php] = (known[0], max(known[1], total)) if known else (one, total)
    return [(one, score > _LEAST) for one, score in found.values()]


def _find(doc: Any) -> Any:
    words = words_of(doc)
    claimed = {index for first, last in doc._.claimed for index in range(first, last)}
    doc._.amounts = tuple(
        Amount(php=one.php, improper=improper, **words.place(one.first, one.last))
        for one, improper in find_amounts(words, doc._.numbers, claimed)
    )
    return doc


def _make(nlp: Any, name: str) -> Any:
    _cues()
    return _find


Language.factory(FACTORY, func=_make)
