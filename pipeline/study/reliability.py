"""Whether probabilities are what happens: reliability and expected calibration error.

The predictions of one label are put into ten bins of equal width by probability. With n_b
predictions in bin b, their mean probability p_b and the share o_b that came true,
ECE = sum over b of n_b / n · |o_b - p_b| (Naeini, Cooper and Hauskrecht 2015; Guo and others
2017). For a field the prediction is the likeliest class, and it comes true where that is the
label; for a flag it is the flag, and it comes true where the label sets it.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from models.heads import HEAD, Head, Matrix, targets
from models.labelled import LabelledConversation
from pipeline.study.values import MAIN_LABELS, Bin, Reliability

BINS: Final = 10


def reliability(matrix: Matrix, corpus: Sequence[LabelledConversation]) -> list[Reliability]:
    """Reliability of every main label that `corpus` holds.

    Args:
        matrix: Probabilities for the utterances of `corpus`, shape (utterances, heads' width).
        corpus: Labelled conversations.
    """
    found = []
    for label in MAIN_LABELS:
        name, _, value = label.partition("=")
        head = HEAD[name.replace(" ", ".") if " " in name else f"coach.{name}"]
        wanted = targets(head, corpus)
        known = wanted >= 0
        if known.any():
            p, came = _predictions(head, value, matrix[known], wanted[known])
            found.append(measure(label, p, came))
    return found


def measure(label: str, p: npt.NDArray[Any], came: npt.NDArray[np.bool_]) -> Reliability:
    """Bins and calibration error of predictions.

    Args:
        label: Their name.
        p: Probability of each prediction, shape (predictions,).
        came: Whether it came true, shape (predictions,).
    """
    place = np.minimum((p * BINS).astype(int), BINS - 1)
    bins, error = [], 0.0
    for b in range(BINS):
        inside = place == b
        if inside.any():
            predicted, observed = float(p[inside].mean()), float(came[inside].mean())
            error += float(inside.mean()) * abs(observed - predicted)
            bins.append(
                Bin(n=int(inside.sum()), predicted=round(predicted, 3), observed=round(observed, 3))
            )
    return Reliability(label=label, n=len(p), ece=round(error, 3), bins=tuple(bins))


def _predictions(
    head: Head, value: str, rows: Matrix, wanted: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]:
    columns = rows[:, head.columns].astype(np.float64)
    if value:
        chosen = head.classes.index(value)
        return columns[:, chosen], wanted == chosen
    if head.is_flag:
        return columns[:, 0], wanted == 1
    return columns.max(axis=1), wanted == columns.argmax(axis=1)
