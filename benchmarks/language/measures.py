"""The arithmetic: what one answer scores, and what many together score, with bootstrap confidence intervals.

Every measure of one text is three counts: true and false positives and false negatives. A measure that is a
share of texts, as accuracy, uses (right, 0, wrong); see `Kind`.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Counts = tuple[int, int, int]
RESAMPLES: Final = 1000
SEED: Final = 20_260_101
NOT_COMPLAINTS: Final = frozenset({"other_jurisdiction", "inquiry_or_feedback"})


class Kind(Enum):
    """How counts become one number."""

    SHARE = "share"  # tp / (tp + fn): the share of texts that hold
    F1 = "F1"  # 2 tp / (2 tp + fp + fn), over all texts together


@dataclass(frozen=True, slots=True)
class Measure:
    """A named measure; `lower_is_better` for shares of mistakes."""

    name: str
    kind: Kind
    goal: float | None = None
    lower_is_better: bool = False


MEASURES: Final = (
    Measure("main category", Kind.SHARE, 0.88),
    Measure("complaint or not", Kind.SHARE, 0.96),
    Measure("agency", Kind.SHARE, 0.93),
    Measure("city or municipality", Kind.SHARE, 0.93),
    Measure("incident date", Kind.SHARE, 0.90),
    Measure("incident date wrong", Kind.SHARE, 0.04, lower_is_better=True),
    Measure("improper amounts", Kind.F1, 0.88),
    Measure("all amounts", Kind.F1, 0.95),
    Measure("people with role", Kind.F1, 0.85),
    Measure("urgency", Kind.SHARE, 0.85),
    Measure("urgent or not", Kind.SHARE),
    Measure("anonymity", Kind.SHARE, 0.97),
    Measure("callback", Kind.SHARE),
    Measure("emergency", Kind.SHARE),
    Measure("phones and e-mails", Kind.F1),
    Measure("language", Kind.SHARE),
)
MACRO_F1: Final = Measure("macro-F1 of categories", Kind.F1, 0.80)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with the middle 95 % of its bootstrap resamples; `n` is what it rests on."""

    value: float
    low: float
    high: float
    n: int


def key(text: str) -> str:
    """A name for comparing: no case, accents, punctuation or doubled spaces."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(ch for ch in plain if not unicodedata.combining(ch))
    return " ".join(re.sub(r"[^\w]+", " ", kept).split())


def share(holds: bool) -> Counts:
    """Counts of a yes-or-no measure."""
    return (1, 0, 0) if holds else (0, 0, 1)


def overlap(expected: Iterable[Hashable], got: Iterable[Hashable]) -> Counts:
    """Counts of two bags of facts."""
    wanted, found = Counter(expected), Counter(got)
    hits = (wanted & found).total()
    return hits, found.total() - hits, wanted.total() - hits


def codes(facts: Mapping[str, Any]) -> list[str]:
    """Category codes, main first, of an answer or a label."""
    return [c if isinstance(c, str) else c["code"] for c in facts.get("categories") or ()]


def _code(facts: Mapping[str, Any]) -> str | None:
    agency = facts.get("agency")
    code = agency.get("code") if isinstance(agency, Mapping) else agency
    return key(code) if code else None


def _place(facts: Mapping[str, Any]) -> str | None:
    location = facts.get("location")
    name = location.get("name") if isinstance(location, Mapping) else location
    return key(name) if name else None


def _day(facts: Mapping[str, Any]) -> str | None:
    when = facts.get("incident_date")
    day = when.get("date") if isinstance(when, Mapping) else when
    return str(day) if day else None


def _sums(facts: Mapping[str, Any], *, improper_only: bool) -> list[float]:
    return [
        round(float(amount["php"]), 2)
        for amount in facts.get("amounts") or ()
        if not improper_only or amount["improper"]
    ]


def _people(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(key(person["name"]), person["role"]) for person in facts.get("people") or ()]


def _contacts(facts: Mapping[str, Any]) -> list[str]:
    values = [*(facts.get("phones") or ()), *(facts.get("emails") or ())]
    return [(value if isinstance(value, str) else value["value"]).casefold() for value in values]


def _is_complaint(facts: Mapping[str, Any]) -> bool:
    if "is_complaint" in facts:
        return bool(facts["is_complaint"])
    found = codes(facts)
    return bool(found) and found[0] not in NOT_COMPLAINTS


def judge(gold: Mapping[str, Any], got: Mapping[str, Any], *, language: str = "") -> dict[str, Counts]:
    """Counts of every measure for one text. A fact the label does not speak of is not judged."""
    expected, found = codes(gold), codes(got)
    right_day, day = _day(gold), _day(got)
    counts = {
        "main category": share(expected[:1] == found[:1]),
        "complaint or not": share(_is_complaint(gold) == _is_complaint(got)),
        "agency": share(_code(gold) == _code(got)),
        "improper amounts": overlap(_sums(gold, improper_only=True), _sums(got, improper_only=True)),
        "all amounts": overlap(_sums(gold, improper_only=False), _sums(got, improper_only=False)),
        "people with role": overlap(_people(gold), _people(got)),
        "urgency": share(gold.get("urgency") == got.get("urgency")),
        "urgent or not": share((gold.get("urgency") == "high") == (got.get("urgency") == "high")),
        "anonymity": share(bool(gold.get("wants_anonymity")) == bool(got.get("wants_anonymity"))),
    }
    if "location" in gold:
        counts["city or municipality"] = share(_place(gold) == _place(got))
    if "incident_date" in gold:
        counts["incident date"] = share(right_day == day)
        counts["incident date wrong"] = share(day is not None and day != right_day)
    for name, field in (("callback", "wants_callback"), ("emergency", "emergency")):
        if field in gold:
            counts[name] = share(bool(gold[field]) == bool(got.get(field)))
    if "phones" in gold or "emails" in gold:
        counts["phones and e-mails"] = overlap(_contacts(gold), _contacts(got))
    if language:
        counts["language"] = share(language == got.get("language"))
    return counts


def _value(totals: NDArray[np.float64], kind: Kind) -> NDArray[np.float64]:
    """One number for each row of summed counts; a row with nothing to find and nothing found is perfect."""
    tp, fp, fn = totals[..., 0], totals[..., 1], totals[..., 2]
    above, below = (tp, tp + fn) if kind is Kind.SHARE else (2 * tp, 2 * tp + fp + fn)
    return np.divide(above, below, out=np.ones_like(above), where=below > 0)


def _resampled(rows: NDArray[np.float64], resamples: int) -> NDArray[np.float64]:
    """Sums of counts over `resamples` draws of as many texts with replacement; the first axis is the draw."""
    draws = np.random.default_rng(SEED).integers(0, len(rows), size=(resamples, len(rows)))
    weights = np.stack([np.bincount(draw, minlength=len(rows)) for draw in draws]).astype(np.float64)
    return np.tensordot(weights, rows, axes=1)


def estimate(counts: Sequence[Counts], kind: Kind, *, resamples: int = RESAMPLES) -> Estimate:
    """The measure over texts.

    Raises:
        ValueError: where there is no text.
    """
    if not counts:
        raise ValueError("There is nothing to measure")
    rows = np.asarray(counts, dtype=np.float64)
    low, high = np.percentile(_value(_resampled(rows, resamples), kind), [2.5, 97.5])
    n = len(counts) if kind is Kind.SHARE else int(rows[:, 0].sum() + rows[:, 2].sum())
    return Estimate(float(_value(rows.sum(axis=0), kind)), float(low), float(high), n)


def category_counts(
    pairs: Sequence[tuple[list[str], list[str]]], categories: Sequence[str]
) -> NDArray[np.float64]:
    """Counts of each category of each text, from (expected, found) codes: texts × categories × 3."""
    rows = np.zeros((len(pairs), len(categories), 3))
    for text, (expected, found) in enumerate(pairs):
        for column, code in enumerate(categories):
            wanted, given = code in expected, code in found
            rows[text, column] = (wanted and given, given and not wanted, wanted and not given)
    return rows


def macro_f1(rows: NDArray[np.float64], *, resamples: int = RESAMPLES) -> Estimate:
    """The mean over categories of each one's F1; categories that no text bears are left out."""
    borne = rows[:, :, 0].sum(axis=0) + rows[:, :, 2].sum(axis=0) > 0
    rows = rows[:, borne]
    if not rows.size:
        raise ValueError("There is nothing to measure")
    value = _value(rows.sum(axis=0), Kind.F1).mean()
    low, high = np.percentile(_value(_resampled(rows, resamples), Kind.F1).mean(axis=1), [2.5, 97.5])
    return Estimate(float(value), float(low), float(high), int(borne.sum()))


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers whose score lies in [low, high): their mean score and the share of them that is right."""

    low: float
    high: float
    n: int
    confidence: float
    accuracy: float


def calibration(scored: Sequence[tuple[float, bool]], *, bins: int = 10) -> tuple[list[Bin], float]:
    """Reliability of main-category scores in equal bins, and the expected calibration error."""
    edges = np.linspace(0.0, 1.0, bins + 1)
    found: list[Bin] = []
    for low, high in pairwise(edges):
        inside = [(s, ok) for s, ok in scored if low <= s < high or (high == 1.0 and s == 1.0)]
        if inside:
            confidence = float(np.mean([s for s, _ in inside]))
            accuracy = float(np.mean([ok for _, ok in inside]))
            found.append(Bin(float(low), float(high), len(inside), confidence, accuracy))
    total = sum(b.n for b in found)
    error = sum(b.n * abs(b.confidence - b.accuracy) for b in found) / total if total else 0.0
    return found, error
