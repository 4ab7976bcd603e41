"""Which language was spoken, as far as the weights and the words written can tell."""

import re
import tomllib
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from importlib import resources

KIN = ("id", "ms", "jw", "su", "mg", "haw", "mi")
"""Languages that the weights take Filipino for: its kin, far better represented in what they learned from."""

_FOREIGN = 0.6
_LEAST_MARKERS = 4
_LEAST_KINDS = 3
_LEAST_SHARE = 0.08


def filipino_share(chances: dict[str, float]) -> float:
    """Share of Filipino, against English, in what the weights say of the language."""
    filipino = chances.get("tl", 0.0) + sum(chances.get(code, 0.0) for code in KIN)
    return (filipino + 1e-6) / (filipino + chances.get("en", 0.0) + 2e-6)


def is_foreign(chances: dict[str, float]) -> bool:
    """Whether the weights are sure of a language that is neither English nor Filipino nor its kin."""
    best = max(chances, key=lambda code: chances[code], default="en")
    return best not in ("en", "tl", *KIN) and chances[best] >= _FOREIGN


@lru_cache(maxsize=1)
def _markers() -> dict[str, frozenset[str]]:
    data = tomllib.loads((resources.files("tala.data") / "other_languages.toml").read_text(encoding="utf-8"))
    return {name: frozenset(words) for name, words in data["markers"].items()}


def betrayed(texts: Sequence[str]) -> str | None:
    """The language of the Philippines beside Filipino that its small words betray, None if none does."""
    words = re.findall(r"[a-z']+", " ".join(texts).lower())
    counts = Counter(words)
    best: tuple[int, str] | None = None
    for name, markers in _markers().items():
        hits = [word for word in counts if word in markers]
        total = sum(counts[word] for word in hits)
        if (
            len(hits) >= _LEAST_KINDS
            and total >= _LEAST_MARKERS
            and total >= _LEAST_SHARE * len(words)
            and (best is None or total > best[0])
        ):
            best = (total, name)
    return best[1] if best else None
