"""Component tala_categories: the grounds of a complaint, best first, each with the words it rests on.

A linear model reads the whole text. The main ground is its most likely one; further grounds stand beside it
where their own probability is high. Evidence is the stretch of a clause that speaks loudest for the ground.
Where nothing speaks for any ground the component abstains.
"""

import json
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from spacy.language import Language

from tala.cases import taxonomy
from tala.extract import features
from tala.extract.clauses import Clauses, clauses_of
from tala.extract.features import Block, Vector
from tala.extract.linear import Floats, Head, Linear, sigmoid, softmax
from tala.extract.spans import span_of
from tala.extract.words import extend
from tala.facts import Category, Span
from tala.facts import Language as Lang

FACTORY: Final = "tala_categories"
GRADES: Final = ("low", "medium", "high")
LANGUAGES: Final[tuple[Lang, ...]] = ("en", "fil", "taglish")
extend("categories", ())
extend("sentence_categories", ())
extend("urgency_scores", None)
extend("language", "en")

_LONGEST_EVIDENCE: Final = 12  # words
_MOST_EVIDENCE: Final = 2  # stretches a ground
_SPOKEN_SENTENCE: Final = 25  # words taken together where no punctuation ends a sentence


def heads() -> tuple[Head, ...]:
    """What the model answers: the main ground, every ground for itself, how urgent, in which language."""
    codes = taxonomy.load().codes
    return (
        Head("main", "choice", codes),
        Head("grounds", "labels", codes),
        Head("urgency", "choice", GRADES),
        Head("language", "choice", LANGUAGES),
    )


class Calibration(NamedTuple):
    """How scores become probabilities and probabilities decisions; fitted on texts kept from training."""

    temperature: float = 1.0
    further: tuple[float, ...] = ()  # least probability of each ground to stand beside the main one
    abstain: float = 0.0  # least probability of the main ground


class SentenceCategory(NamedTuple):
    """The ground a sentence speaks for most, with its probability."""

    start: int
    end: int
    code: str
    score: float


class Categories:
    """The component. Untrained it abstains from everything."""

    def __init__(self, name: str = FACTORY) -> None:
        self.name = name
        self.model: Linear | None = None
        self.calibration = Calibration()

    def __call__(self, doc: Any) -> Any:
        """Set `doc._.categories` and `doc._.urgency_scores`."""
        clauses = clauses_of(doc)
        if self.model is None or not clauses.words:
            return doc
        seen = features.blocks(clauses)
        vector = features.vector(seen)
        scores = self.model.logits(vector)
        doc._.urgency_scores = softmax(scores[self.model.columns("urgency")])
        doc._.language = LANGUAGES[int(scores[self.model.columns("language")].argmax())]
        doc._.categories = tuple(
            Category(code=code, score=round(score, 3), evidence=self._evidence(clauses, seen, vector, code))
            for code, score in self._decide(scores)
        )
        return doc

    def probabilities(self, scores: Floats) -> Floats:
        """Calibrated chance of each ground to be the main one."""
        assert self.model is not None
        return softmax(scores[self.model.columns("main")] / self.calibration.temperature)

    def _decide(self, scores: Floats) -> list[tuple[str, float]]:
        assert self.model is not None
        known = taxonomy.load()
        main = self.probabilities(scores)
        best = int(main.argmax())
        if main[best] < self.calibration.abstain:
            return []
        decided = [(known.codes[best], float(main[best]))]
        if not known[decided[0][0]].complaint:
            return decided
        alone = sigmoid(scores[self.model.columns("grounds")])
        further = [
            (code, float(alone[k]))
            for k, code in enumerate(known.codes)
            if k != best and known[code].complaint and alone[k] >= self._threshold(k)
        ]
        return decided + sorted(further, key=lambda found: -found[1])

    def _threshold(self, ground: int) -> float:
        return self.calibration.further[ground] if self.calibration.further else 0.5

    def sentences(self, clauses: Clauses) -> tuple[SentenceCategory, ...]:
        """What each sentence speaks for, taken alone; long unpunctuated stretches are cut at clauses."""
        assert self.model is not None
        found: list[SentenceCategory] = []
        for first, last in _sentences(clauses):
            part = Clauses(clauses.text, clauses.words[first : last + 1])
            chances = self.probabilities(self.model.logits(features.vector(features.blocks(part))))
            best = int(chances.argmax())
            start, end = clauses.span(first, last)
            found.append(SentenceCategory(start, end, taxonomy.load().codes[best], float(chances[best])))
        return tuple(found)

    def _evidence(
        self, clauses: Clauses, seen: Iterable[Block], vector: Vector, code: str
    ) -> tuple[Span, ...]:
        """The stretches of words that speak loudest for a ground."""
        assert self.model is not None
        column = taxonomy.load().codes.index(code)
        # What speaks for this ground more than for the others.
        weights = self.model.weights[vector.indices, self.model.columns("main")]
        telling = vector.values * (weights[:, column] - weights.mean(axis=1))
        order = np.argsort(vector.indices)
        known, worth = vector.indices[order], telling[order].astype(np.float64)
        slots, first, last = (np.concatenate(part) for part in zip(*seen, strict=True))
        lengths = last - first + 1
        shares = worth[np.searchsorted(known, slots, side="right") - 1] / lengths
        # Every word of a feature gets its share.
        within = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        places = np.repeat(first, lengths) + within
        loudness = np.bincount(places, np.repeat(shares, lengths), len(clauses.words))
        stretches = _stretches(clauses, loudness.astype(np.float32))
        return tuple(span_of(clauses, first, last) for first, last in stretches)

    # -- keeping -------------------------------------------------------------------------------------

    def to_disk(self, path: Any, *, exclude: Iterable[str] = ()) -> None:
        """Write weights and calibration into a folder."""
        folder = Path(path)
        folder.mkdir(parents=True, exist_ok=True)
        if self.model is not None:
            self.model.save(folder / "weights.npz")
        text = json.dumps(self.calibration._asdict(), indent=2) + "\n"
        (folder / "calibration.json").write_text(text, encoding="utf-8")

    def from_disk(self, path: Any, *, exclude: Iterable[str] = ()) -> "Categories":
        """Read what `to_disk` wrote."""
        folder = Path(path)
        if (folder / "weights.npz").is_file():
            self.model = Linear.load(folder / "weights.npz", heads())
        stored = json.loads((folder / "calibration.json").read_text(encoding="utf-8"))
        self.calibration = Calibration(stored["temperature"], tuple(stored["further"]), stored["abstain"])
        return self


def _sentences(clauses: Clauses) -> list[tuple[int, int]]:
    """First and last word of each sentence, or of about 25 words where none is marked."""
    bounds: list[tuple[int, int]] = []
    first = 0
    words = clauses.words
    for i in range(1, len(words) + 1):
        ends = i == len(words) or words[i].sentence != words[i - 1].sentence
        cut = not ends and i - first >= _SPOKEN_SENTENCE and words[i].clause != words[i - 1].clause
        if ends or cut:
            bounds.append((first, i - 1))
            first = i
    return bounds


def _stretches(clauses: Clauses, loudness: NDArray[np.float32]) -> list[tuple[int, int]]:
    """Up to two stretches within clauses whose words together speak loudest."""
    words = clauses.words
    quiet = float(np.clip(loudness, 0, None).mean())
    clause = np.array([word.clause for word in words])
    begins = np.flatnonzero(np.diff(clause, prepend=clause[0] - 1))
    # Sums of up to twelve words from each word on, none beyond its clause.
    reach = np.arange(_LONGEST_EVIDENCE)
    ahead = np.minimum(np.arange(len(words))[:, None] + reach, len(words) - 1)
    outside = (clause[ahead] != clause[:, None]) | (np.arange(len(words))[:, None] + reach >= len(words))
    values = np.where(outside, np.float32(-np.inf), (loudness - quiet)[ahead])
    sums = np.cumsum(values, axis=1)
    ends = sums.argmax(axis=1)
    best = sums.max(axis=1)
    found: list[tuple[float, int, int]] = []
    for start, stop in pairwise((*begins.tolist(), len(words))):
        at = start + int(best[start:stop].argmax())
        found.append((float(best[at]), at, at + int(ends[at])))
    ranked = sorted(found, reverse=True)[:_MOST_EVIDENCE]
    kept = [(a, b) for value, a, b in ranked if value >= 0.5 * ranked[0][0]]
    return sorted(kept)


@Language.factory(FACTORY)
def make(nlp: Any, name: str) -> Categories:
    """The component, before it is trained or loaded."""
    return Categories(name)
