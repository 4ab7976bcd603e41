"""Several linear classifiers over one sparse text vector, trained together.

Heads are independent: a "choice" head gives one probability distribution, a "labels" head a probability for each label.
Training minimises the regularised log loss with limited-memory BFGS: no random numbers, the same weights every time.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from tala.extract.features import SIZE, Vector

type Floats = NDArray[np.float32]

_MEMORY: Final = 8


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
        np.savez_compressed(file, rows=rows, weights=rounded[rows], scale=scale.astype(np.float32), bias=self.bias)

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


class _Matrix:
    """Vectors as one sparse matrix over the features that occur, kept by row and by column."""

    def __init__(self, vectors: Sequence[Vector]) -> None:
        indices = np.concatenate([v.indices for v in vectors])
        self.values = np.concatenate([v.values for v in vectors])[:, None]
        self.features, self.columns = np.unique(indices, return_inverse=True)
        lengths = np.array([len(v.indices) for v in vectors])
        self.row_starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        rows = np.repeat(np.arange(len(vectors)), lengths)
        order = np.argsort(self.columns, kind="stable")
        self.rows_by_column, self.values_by_column = rows[order], self.values[order]
        self.column_starts = np.searchsorted(self.columns[order], np.arange(len(self.features)))

    def times(self, weights: Floats) -> Floats:
        result: Floats = np.add.reduceat(weights[self.columns] * self.values, self.row_starts, axis=0)
        return result

    def transposed_times(self, rows: Floats) -> Floats:
        result: Floats = np.add.reduceat(rows[self.rows_by_column] * self.values_by_column, self.column_starts, axis=0)
        return result


def train(
    vectors: Sequence[Vector],
    heads: Sequence[Head],
    targets: dict[str, Floats],
    example_weights: Floats,
    *,
    penalty: float = 2e-4,
    iterations: int = 60,
) -> Linear:
    """Fit all heads.

    Args:
        vectors: one a text, none of them empty.
        heads: what to learn.
        targets: for each head an array of texts × labels; for a choice each row sums to 1, or to 0 where unknown.
        example_weights: how much each text counts.
        penalty: strength of the squared penalty on weights.
        iterations: most steps of the optimiser.
    """
    matrix = _Matrix(vectors)
    wanted = np.concatenate([targets[head.name] for head in heads], axis=1)
    width, count = wanted.shape[1], example_weights.sum()
    size = len(matrix.features)

    def loss(point: Floats) -> tuple[float, Floats]:
        weights, bias = point[: size * width].reshape(size, width), point[size * width :]
        scores = matrix.times(weights) + bias
        error = np.empty_like(scores)
        total = 0.0
        start = 0
        for head in heads:
            span = slice(start, start + len(head.labels))
            start = span.stop
            goal = wanted[:, span]
            if head.kind == "choice":
                known = goal.sum(axis=1, keepdims=True)
                chance = softmax(scores[:, span])
                total -= float((example_weights[:, None] * goal * np.log(chance + 1e-9)).sum())
                error[:, span] = chance * known - goal
            else:
                chance = sigmoid(scores[:, span])
                logs = goal * np.log(chance + 1e-9) + (1 - goal) * np.log(1 - chance + 1e-9)
                total -= float((example_weights[:, None] * logs).sum())
                error[:, span] = chance - goal
        error *= example_weights[:, None] / count
        gradient = matrix.transposed_times(error) + penalty * weights
        value = total / count + 0.5 * penalty * float((weights**2).sum())
        return value, np.concatenate([gradient.ravel(), error.sum(axis=0)])

    best = _minimise(loss, np.zeros(size * width + width, np.float32), iterations)
    weights = np.zeros((SIZE, width), np.float32)
    weights[matrix.features] = best[: size * width].reshape(size, width)
    return Linear(heads, weights, best[size * width :])


def _minimise(loss: Callable[[Floats], tuple[float, Floats]], point: Floats, iterations: int) -> Floats:
    """Limited-memory BFGS with backtracking."""
    value, gradient = loss(point)
    history: deque[tuple[Floats, Floats, float]] = deque(maxlen=_MEMORY)
    for _ in range(iterations):
        direction = _direction(gradient, history)
        slope = float(gradient @ direction)
        step = 1.0 if history else min(1.0, 1.0 / (float(np.linalg.norm(gradient)) + 1e-12))
        for _ in range(12):
            moved = point + np.float32(step) * direction
            new_value, new_gradient = loss(moved)
            if new_value <= value + 1e-4 * step * slope:
                break
            step *= 0.5
        else:
            break
        change, turn = moved - point, new_gradient - gradient
        curvature = float(change @ turn)
        if curvature > 1e-12:
            history.append((change, turn, curvature))
        done = value - new_value < 1e-6 * max(abs(value), 1.0)
        point, value, gradient = moved, new_value, new_gradient
        if done:
            break
    return point


def _direction(gradient: Floats, history: deque[tuple[Floats, Floats, float]]) -> Floats:
    direction = -gradient
    kept: list[tuple[float, Floats]] = []
    for change, turn, curvature in reversed(history):
        share = float(change @ direction) / curvature
        direction = direction - np.float32(share) * turn
        kept.append((share, change))
    if history:
        _, turn, curvature = history[-1]
        direction = direction * np.float32(curvature / float(turn @ turn))
    for (change, turn, curvature), (share, _) in zip(history, reversed(kept), strict=True):
        back = float(turn @ direction) / curvature
        direction = direction + np.float32(share - back) * change
    return direction
