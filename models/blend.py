"""Combining tagger families: per head, a weighted sum of their log-probabilities.

Few numbers, fitted on conversations that neither family was trained on, so the result is
calibrated as well.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from models.heads import HEADS, Head, Matrix

_PULL = 2.0  # Strength of the pull towards an even blend without bias.


def _log(matrix: Matrix, head: Head) -> npt.NDArray[np.float64]:
    """Log-probabilities of a head's classes; a flag gets a column for "no" first."""
    p = np.clip(matrix[:, head.columns].astype(np.float64), 1e-5, 1 - 1e-5)
    return np.log(np.hstack([1 - p, p]) if head.is_flag else p)


class Blend:
    """Weights per family and a bias per class, by head key."""

    def __init__(self) -> None:
        self.weights: dict[str, npt.NDArray[np.float64]] = {}
        self.bias: dict[str, npt.NDArray[np.float64]] = {}

    def fit(self, families: list[Matrix], wanted: dict[str, npt.NDArray[np.int64]]) -> "Blend":
        """Fit on matrices of the same utterances, one per family, and targets by head key."""
        for head in HEADS:
            known = wanted[head.key] >= 0
            logs = np.stack([_log(m, head)[known] for m in families])
            y = wanted[head.key][known]
            k, c = len(families), logs.shape[2]

            def loss(x: npt.NDArray[np.float64], logs: Any = logs, y: Any = y, k: int = k) -> float:
                scores = np.tensordot(x[:k], logs, axes=1) + x[k:]
                norm = np.logaddexp.reduce(scores, axis=1)
                pull = _PULL * (np.sum((x[:k] - 1 / k) ** 2) + np.sum(x[k:] ** 2))
                return float((norm - scores[np.arange(len(y)), y]).sum() + pull)

            start = np.concatenate([np.full(k, 1 / k), np.zeros(c)])
            bounds = [(0.0, None)] * k + [(None, None)] * c
            best = minimize(loss, start, method="L-BFGS-B", bounds=bounds).x
            self.weights[head.key], self.bias[head.key] = best[:k], best[k:]
        return self

    def predict(self, families: list[Matrix]) -> Matrix:
        """Blended probabilities, same shape as each family's."""
        out = families[0].copy()
        for head in HEADS:
            logs = np.stack([_log(m, head) for m in families])
            scores = np.tensordot(self.weights[head.key], logs, axes=1) + self.bias[head.key]
            p = np.exp(scores - np.logaddexp.reduce(scores, axis=1, keepdims=True))
            out[:, head.columns] = p[:, 1:] if head.is_flag else p
        return out
