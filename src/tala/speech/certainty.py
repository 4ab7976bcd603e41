"""How often a word is right that the weights give some probability: the confidence transcripts state.

The weights are surer of Filipino than they should be, and their probability is that of the word as
recognised, not of what was written for it. A rising curve for each kind of word, fitted on synthesised speech
by `benchmarks/speech/calibrate.py`, says what share of such words was right.
"""

import tomllib
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

FILE = "certainty.toml"
GUESSED = "guessed"
"""Words put in place of others by their sound."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Probabilities, rising, and the share of words that are right there; straight between them."""

    probability: tuple[float, ...]
    right: tuple[float, ...]

    def __post_init__(self) -> None:
        for values in (self.probability, self.right):
            if len(values) < 2 or list(values) != sorted(values) or values[0] < 0 or values[-1] > 1:
                raise ValueError("a curve needs two points or more, rising, from 0 to 1")
        if len(self.probability) != len(self.right) or len(set(self.probability)) < len(self.probability):
            raise ValueError("a curve needs one share for each probability")

    def __call__(self, probability: float) -> float:
        """Share of words that are right at a probability."""
        after = bisect_right(self.probability, probability)
        if after == 0:
            return self.right[0]
        if after == len(self.probability):
            return self.right[-1]
        low, high = self.probability[after - 1 : after + 1]
        share = (probability - low) / (high - low)
        return self.right[after - 1] + share * (self.right[after] - self.right[after - 1])


@lru_cache(maxsize=1)
def curves() -> dict[str, Curve]:
    """The curves of this installation, by language and GUESSED."""
    data = tomllib.loads((resources.files("tala.data") / FILE).read_text(encoding="utf-8"))
    return {
        kind: Curve(tuple(curve["probability"]), tuple(curve["right"]))
        for kind, curve in data["curves"].items()
    }


def certainty(probability: float, kind: str) -> float:
    """Chance that a word is right, 0 to 1, given the weights' probability of it.

    Args:
        probability: of the word as recognised.
        kind: the language it was read in, or GUESSED. A language without a curve of its own has Filipino's.
    """
    known = curves()
    return round(known.get(kind, known["tl"])(probability), 3)
