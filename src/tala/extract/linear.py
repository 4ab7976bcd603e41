"""Several linear classifiers over one sparse text vector, trained together.

Heads are independent: a "choice" head gives one probability distribution, a "labels" head a probability for
each label. Training minimises the regularised log loss with AdaGrad over batches in a seeded order: the same
weights every time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from tala.extract.features import SIZE, Vector

type Floats = NDArray[np.floating[Any]]

_BATCH: Final = 192


@dataclass(frozen=True, slots=True)
class Head:
    """Some columns of the weights that answer one question."""

    name: str
    kind: Literal["choice", "labels"]
    labels: tuple[str, ...]


class Linear:
    """Weights of all heads, `SIZE` rows and one column for each label, with a bias each."""

    def __init__(self, heads: Sequence[Head], weights: Floats, bias: Floats) -> None:
        self.heads = tuple(heads)
        self.weights = weights
        self.bias = bias
        self._columns: dict[str, slice] = {}
        start = 0
        for head in heads:
            self._columns[head.name] = slice(start, start + len(head.labels))
            start += len(head.labels)

    def logits(self, vector: Vector) -> Floats:
        """Scores of every label of every head before they become probabilities."""
        result: Floats = vector.values @ self.weights[vector.indices] + self.bias
        return result

    def columns(self, head: str) -> slice:
        """Which columns of the logits belong to a head."""
        return self._columns[head]

    def save(self, file: Path) -> None:
        """Write the weights in 8 bits, scaled by column: 4 times smaller, the same decisions."""
        scale = np.maximum(np.abs(self.weights).max(axis=0), 1e-9) / 127
        rounded = np.rint(self.weights / scale).astype(np.int8)
        rows = np.flatnonzero(rounded.any(axis=1)).astype(np.int32)
        np.savez_compressed(
            file, rows=rows, weights=rounded[rows], scale=scale.astype(np.float32), bias=self.bias
        )

    @classmethod
    def load(cls, file: Path, heads: Sequence[Head]) -> "Linear":
        """Read weights written by `save`."""
        with np.load(file, allow_pickle=False) as stored:
            weights = np.zeros((SIZE, stored["weights"].shape[1]), np.float32)
            weights[stored["rows"]] = stored["weights"] * stored["scale"]
            return cls(heads, weights, stored["bias"])


def softmax(scores: Floats) -> Floats:
    """Probabilities of a choice; the last axis sums to 1."""
    shifted = np.exp(scores - scores.max(axis=-1, keepdims=True))
    result: Floats = shifted / shifted.sum(axis=-1, keepdims=True)
    return result


def sigmoid(scores: Floats) -> Floats:
    """Probability of each label on its own."""
    result: Floats = 1.0 / (1.0 + np.exp(-np.clip(scores, -30, 30)))
    return result


@dataclass(frozen=True, slots=True)
class _Batch:
    """Some texts as a dense matrix over the features that occur in them."""

    rows: NDArray[np.intp]
    features: NDArray[np.int32]
    values: Floats


def _batches(vectors: Sequence[Vector], order: NDArray[np.intp]) -> Iterator[_Batch]:
    for start in range(0, len(order), _BATCH):
        rows = order[start : start + _BATCH]
        picked = [vectors[i] for i in rows]
        features, columns = np.unique(np.concatenate([v.indices for v in picked]), return_inverse=True)
        values = np.zeros((len(rows), len(features)), np.float32)
        lengths = [len(v.indices) for v in picked]
        values[np.repeat(np.arange(len(rows)), lengths), columns] = np.concatenate([v.values for v in picked])
        yield _Batch(rows, features, values)


def _errors(heads: Sequence[Head], scores: Floats, goal: Floats) -> Floats:
    """Gradient of the log loss by the scores."""
    errors = np.empty_like(scores)
    start = 0
    for head in heads:
        span = slice(start, start + len(head.labels))
        start = span.stop
        if head.kind == "choice":
            known = goal[:, span].sum(axis=1, keepdims=True)
            errors[:, span] = softmax(scores[:, span]) * known - goal[:, span]
        else:
            errors[:, span] = sigmoid(scores[:, span]) - goal[:, span]
    return errors


def train(
    vectors: Sequence[Vector],
    heads: Sequence[Head],
    targets: dict[str, Floats],
    counts: Floats,
    *,
    size: int = SIZE,
    penalty: float = 5e-5,
    rate: float = 6.0,
    epochs: int = 10,
    dropped: float = 0.3,
    seed: int = 1,
) -> Linear:
    """Fit all heads.

    Args:
        vectors: one a text.
        heads: what to learn.
        targets: for each head an array of texts × labels; a row of a choice sums to 1, or to 0: unknown.
        counts: how much each text counts, one on average.
        size: rows of the weights; every index of a vector is below it.
        penalty: strength of the squared penalty on weights.
        rate: first step length of AdaGrad; it falls to a tenth over the epochs.
        epochs: passes over the texts.
        dropped: share of the features a text is shown without, others each time, so that no decision comes to
            rest on few words.
        seed: of the order of the texts and of what is dropped.
    """
    wanted = np.concatenate([targets[head.name] for head in heads], axis=1)
    width = wanted.shape[1]
    weights, bias = np.zeros((size, width), np.float32), np.zeros(width, np.float32)
    seen, seen_bias = np.full((size, width), 1e-4, np.float32), np.full(width, 1e-4, np.float32)
    shuffle = np.random.default_rng(seed)
    for epoch in range(epochs):
        step = np.float32(rate * (1 - 0.9 * epoch / max(epochs - 1, 1)))
        for batch in _batches(vectors, shuffle.permutation(len(vectors))):
            near = weights[batch.features]
            kept = shuffle.random(batch.values.shape, dtype=np.float32) >= dropped
            values = batch.values * kept / np.float32(1 - dropped)
            errors = _errors(heads, values @ near + bias, wanted[batch.rows]) * counts[batch.rows, None]
            gradient = values.T @ errors / len(batch.rows) + np.float32(penalty) * near
            seen[batch.features] += gradient**2
            weights[batch.features] = near - step * 0.1 * gradient / np.sqrt(seen[batch.features])
            slope = errors.mean(axis=0)
            seen_bias += slope**2
            bias -= step * 0.1 * slope / np.sqrt(seen_bias)
    return Linear(heads, weights, bias)
