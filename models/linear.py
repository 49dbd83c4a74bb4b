"""First stage of the feature family: logistic regressions on text and cues.

It looks at an utterance and the words around it. The second stage, `models.context`, looks at
what the first one thought of the utterances around it, so that focus and activity follow
the topic and a challenge is seen against the claim before it.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from models.augment import degrade, snippets
from models.conversation import Utterance
from models.features import Featuriser, Numbers, numbers
from models.heads import HEADS, WIDTH, Matrix, link, targets
from models.labelled import LabelledConversation

Talk = tuple[Utterance, ...]
Report = Callable[[str], None]


class LinearStage:
    """One logistic regression per head on sparse text features."""

    def __init__(self) -> None:
        self.featuriser = Featuriser()
        self.weights: npt.NDArray[np.float32] = np.zeros((0, WIDTH), dtype=np.float32)
        self.bias: npt.NDArray[np.float32] = np.zeros(WIDTH, dtype=np.float32)

    def predict(self, talks: Sequence[Talk], dense: Sequence[Numbers]) -> Matrix:
        """Probabilities for every utterance of `talks`, shape (utterances, `WIDTH`).

        Args:
            talks: Whole conversations.
            dense: The `numbers` of each.
        """
        return link(self.featuriser.transform(talks, dense) @ self.weights + self.bias)

    def fit_out_of_fold(
        self, corpus: Sequence[LabelledConversation], report: Report, folds: int = 5
    ) -> tuple[list[Talk], Matrix]:
        """Fit on `corpus`, clean and degraded (half of that in snippets), predict it out of fold.

        Folds keep an author on one side, as the second stage must see first-stage
        results as good, or as bad, as those on people never heard before.

        Returns:
            The conversations, clean ones then degraded ones, and their matrix.
        """
        clean = [c.conversation.utterances for c in corpus]
        talks = [*clean, *_degraded(clean)]
        self.featuriser.fit(talks)
        rows = self.featuriser.transform(talks, [numbers(talk) for talk in talks])
        authors = np.repeat([c.author for c in corpus], [len(t) for t in clean])
        groups = np.concatenate([authors, authors])
        self.weights = np.zeros((rows.shape[1], WIDTH), dtype=np.float32)
        out = np.zeros((rows.shape[0], WIDTH), dtype=np.float32)
        n_folds = min(folds, len(set(groups)))
        splits = list(GroupKFold(n_folds).split(rows, groups=groups))
        for head in HEADS:
            report(head.key)
            wanted = np.tile(targets(head, corpus), 2)
            for train, held_out in splits:
                weights, bias = _fit(rows, wanted, train, len(head.classes))
                out[held_out, head.columns] = rows[held_out] @ weights + bias
            everything = np.arange(rows.shape[0])
            weights, bias = _fit(rows, wanted, everything, len(head.classes))
            self.weights[:, head.columns], self.bias[head.columns] = weights, bias
        # Three digits are enough, and pack into half the space.
        self.weights = self.weights.astype(np.float16).astype(np.float32)
        return talks, link(out)


def _degraded(clean: Sequence[Talk]) -> list[Talk]:
    """Degraded copies; of every second conversation only snippets, as all that is known."""
    out: list[Talk] = []
    for i, talk in enumerate(clean):
        noisy = degrade(talk, seed=i)
        out += [noisy[s.start : s.stop] for s in snippets(len(talk), i)] if i % 2 else [noisy]
    return out


def _fit(
    rows: Any,
    wanted: npt.NDArray[np.int64],
    chosen: npt.NDArray[np.int64],
    classes: int,
    c: float = 2.0,
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Weights (features, classes) and bias (classes) from the chosen rows that have a label."""
    chosen = chosen[wanted[chosen] >= 0]
    y = wanted[chosen]
    seen = np.unique(y)
    weights = np.zeros((rows.shape[1], classes), dtype=np.float32)
    bias = np.full(classes, -8.0, dtype=np.float32)
    if len(seen) < 2:  # A label that the training data never varies.
        if classes > 1 and len(seen):
            bias[seen[0]] = 8.0
        return weights, bias
    model = LogisticRegression(C=c, max_iter=300, tol=1e-3).fit(rows[chosen], y)
    if classes == 1:
        return model.coef_.T.astype(np.float32), model.intercept_.astype(np.float32)
    if len(seen) == 2:
        weights[:, seen[1]], bias[seen] = model.coef_[0], [0.0, model.intercept_[0]]
        return weights, bias
    weights[:, seen], bias[seen] = model.coef_.T, model.intercept_
    return weights, bias
