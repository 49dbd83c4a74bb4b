"""The second stage: an utterance's labels in the light of those around it."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.signal import lfilter
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from models.conversation import Utterance
from models.features import Numbers
from models.heads import HEADS, WIDTH, Head, Matrix
from models.linear import Report

_REACH: Final = 3  # Neighbours either side seen one by one.
_SPANS: Final = (4.0, 12.0)  # Half-widths, in utterances, of the topic averages.
_CLIP: Final = 5.0
_SIDE_COLUMNS: Final = {
    side: np.array(
        [
            any(h.columns.start <= c < h.columns.stop and h.side == side for h in HEADS)
            for c in range(WIDTH)
        ]
    )
    for side in ("coach", "coachee")
}


def _masked(matrix: Matrix, talk: tuple[Utterance, ...]) -> Matrix:
    """Log-odds with the columns of the other side set to 0."""
    odds = np.log(np.clip(matrix, 1e-4, 1 - 1e-4) / (1 - np.clip(matrix, 1e-4, 1 - 1e-4)))
    keep = np.array([_SIDE_COLUMNS["coach" if u.role == "coach" else "coachee"] for u in talk])
    masked: Matrix = (np.clip(odds, -_CLIP, _CLIP) * keep).astype(np.float32)
    return masked


def _shifted(values: Matrix, by: int) -> Matrix:
    out = np.zeros_like(values)
    if by > 0:
        out[by:] = values[:-by]
    else:
        out[:by] = values[-by:]
    return out


def _smoothed(probabilities: Matrix, weight: npt.NDArray[np.float32], span: float) -> Matrix:
    """Average over neighbours with weights falling off exponentially."""
    known = np.column_stack([probabilities * weight[:, None], weight]).astype(np.float64)
    decay = [1.0, -float(np.exp(-1 / span))]
    # Sums over what came before and over what comes after, without the utterance itself.
    before = lfilter([1.0], decay, known, axis=0) - known
    after = lfilter([1.0], decay, known[::-1], axis=0)[::-1] - known
    sums = before + after
    return np.asarray(sums[:, :-1] / np.maximum(sums[:, -1:], 1e-6), dtype=np.float32)


def context_features(matrix: Matrix, talk: tuple[Utterance, ...], dense: Numbers) -> Matrix:
    """What the second stage sees of one conversation.

    Args:
        matrix: First-stage probabilities, shape (utterances, `WIDTH`).
        talk: The utterances, in order.
        dense: Their `numbers`.

    Returns:
        Own and neighbouring log-odds, who spoke them, averages over the stretch and over
        the whole conversation, and the cues; shape (utterances, features).
    """
    odds = _masked(matrix, talk)
    speakers = np.array([hash(u.speaker) for u in talk])
    blocks: list[Any] = [odds]
    for by in range(-_REACH, _REACH + 1):
        if by:
            same = np.zeros((len(talk), 1), dtype=np.float32)
            inside = slice(by, None) if by > 0 else slice(None, by)
            moved = np.roll(speakers, by) == speakers
            same[inside, 0] = moved[inside]
            blocks += [_shifted(odds, by) if abs(by) < len(talk) else odds * 0, same]
    is_coach = np.array([u.role == "coach" for u in talk], dtype=np.float32)
    for side, weight in (("coach", is_coach), ("coachee", 1 - is_coach)):
        part = matrix[:, _SIDE_COLUMNS[side]]
        blocks += [4 * _smoothed(part, weight, span) for span in (*_SPANS, 1e6)]
    return np.hstack([*blocks, dense]).astype(np.float32)


class ContextStage:
    """Boosted trees per head on first-stage results in context.

    What a neighbour's result means depends on who spoke it and on the words between, which a
    sum of weights cannot say.
    """

    def __init__(self) -> None:
        self.models: dict[str, HistGradientBoostingClassifier] = {}

    def fit(self, rows: Matrix, wanted: dict[str, npt.NDArray[np.int64]], report: Report) -> None:
        """Fit on context features (utterances, features) and targets by head key."""
        for head in HEADS:
            labelled = wanted[head.key] >= 0
            y = wanted[head.key][labelled]
            if len(np.unique(y)) > 1:
                report(head.key)
                self.models[head.key] = _trees().fit(rows[labelled], y)

    def predict(
        self,
        matrices: Matrix,
        talks: Sequence[tuple[Utterance, ...]],
        dense: Sequence[Numbers],
    ) -> Matrix:
        """Second-stage probabilities for all of `talks`, shape (utterances, `WIDTH`)."""
        parts, start = [], 0
        for talk, found in zip(talks, dense, strict=True):
            parts.append(context_features(matrices[start : start + len(talk)], talk, found))
            start += len(talk)
        rows = np.vstack(parts, dtype=np.float64)  # As trees want them, and not for each anew.
        is_coach = np.array([u.role == "coach" for talk in talks for u in talk], dtype=bool)
        out = matrices.copy()
        # The other cores are the transformer's; threads that wait for each other would wait long.
        with threadpool_limits(1, user_api="openmp"):
            for side, chosen in (("coach", is_coach), ("coachee", ~is_coach)):
                own = rows[chosen]
                for head in HEADS:
                    model = self.models.get(head.key)
                    if head.side == side and model is not None and len(own):
                        out[chosen, head.columns] = _probabilities(model, own, head)
        return out


def _trees() -> HistGradientBoostingClassifier:
    return HistGradientBoostingClassifier(
        max_iter=150,
        learning_rate=0.06,
        max_leaf_nodes=15,
        min_samples_leaf=40,
        l2_regularization=5.0,
        max_features=0.3,
        # Held-out rows would be degraded copies of rows that are learned from.
        early_stopping=False,
        random_state=1,
    )


def _probabilities(
    model: HistGradientBoostingClassifier, rows: npt.NDArray[np.float64], head: Head
) -> Matrix:
    found = model.predict_proba(rows)
    if head.is_flag:
        return np.asarray(found[:, 1:2], dtype=np.float32)
    out = np.zeros((len(rows), len(head.classes)), dtype=np.float32)
    out[:, model.classes_] = found
    return out
